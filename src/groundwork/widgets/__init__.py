"""Widgets: the questions as they are shown, in pages and in notebooks, from one source."""

from pathlib import Path

HERE = Path(__file__).parent
FILES = tuple(sorted(path for path in HERE.iterdir() if path.suffix in {".js", ".css"}))
"""What a built page loads, all of it from one folder."""
