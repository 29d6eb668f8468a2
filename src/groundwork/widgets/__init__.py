"""Widgets: the questions as they are shown, in pages and in notebooks, from one source."""

import re
from pathlib import Path

HERE = Path(__file__).parent
FILES = tuple(sorted(path for path in HERE.iterdir() if path.suffix in {".js", ".css"}))
"""What a built page loads, all of it from one folder."""

FOR_READERS = re.compile(r"^[ \t]*/\*.*?\*/[ \t]*\n|^[ \t]+", re.M | re.S)


def served(path: Path) -> str:
    """A script or style sheet as a browser gets it: without whole-line comments and indentation.

    They are a tenth of its weight, and are for those who read the source.
    """
    return FOR_READERS.sub("", path.read_text(encoding="utf-8"))
