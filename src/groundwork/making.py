"""Making the book: a build in a process of its own, and only when something changed."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from .errors import BuildError, GroundworkError
from .settings import Settings

STAMP = ".groundwork-stamp"
SOURCES = (
    "_config.yml", "_toc.yml", "*.md", "modules/**/*", "assets/**/*", "locales/**/*.po",
)  # fmt: skip
PACKAGE = Path(__file__).parent
STEP = re.compile(r"^(\x1b\[[0-9;]*m)*(reading sources|writing output)\.\.\. .*\[ *(\d+)%\]")
NOISE = re.compile(r"\x1b\[[0-9;]*m")


def inputs(settings: Settings) -> Iterator[Path]:
    """Every file whose change makes the built book stale."""
    for pattern in SOURCES:
        yield from settings.root.glob(pattern)
    yield from settings.quizzes.glob("**/*.yml")
    for pattern in ("*.py", "theme/**/*", "widgets/*", "vendor/*"):
        yield from PACKAGE.glob(pattern)


def fingerprint(settings: Settings) -> str:
    """A digest of the names, sizes and times of the inputs; no file is read."""
    lines = []
    for path in sorted(set(inputs(settings))):
        if path.is_file() and "__pycache__" not in path.parts:
            stat = path.stat()
            lines.append(f"{path} {stat.st_size} {stat.st_mtime_ns}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def is_stale(settings: Settings) -> bool:
    """Whether the book was never built, or something changed since."""
    return built_from(settings) != fingerprint(settings)


def built_from(settings: Settings) -> str:
    """The fingerprint of what the book was built from; empty where there is no book."""
    stamp = settings.book / STAMP
    return stamp.read_text(encoding="utf-8") if stamp.is_file() else ""


def build_book(settings: Settings, *, say: Callable[[str], None]) -> None:
    """Build the book, warnings as errors; raise `BuildError` with what went wrong."""
    before = fingerprint(settings)
    say("Building the book …")
    finish(start(settings), settings, before, say=say)


def start(settings: Settings, *, waiting: bool = False) -> subprocess.Popen[str]:
    """Start a build; a waiting one loads its code and begins at a line on its input."""
    command = [sys.executable, "-m", f"{__package__}.binding"]
    environ = os.environ | {
        "GROUNDWORK_QUIZZES": str(settings.quizzes),
        "PYTHONWARNINGS": "ignore",
        "NO_COLOR": "1",
    }
    try:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
            [*command, *(["--wait"] if waiting else []), str(settings.root)],
            stdin=subprocess.PIPE if waiting else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environ,
            cwd=settings.root,
        )  # fmt: skip
    except OSError as error:
        raise GroundworkError(f"Jupyter Book could not be started: {error.strerror}") from error


def finish(
    process: subprocess.Popen[str], settings: Settings, before: str, *, say: Callable[[str], None]
) -> None:
    """See a build through, and note the fingerprint it was begun with.

    Raise `BuildError` with what an author can act on.
    """
    with process:
        lines = _follow(process)
    if process.returncode != 0:
        raise BuildError(_why(lines))
    (settings.book / STAMP).write_text(before, encoding="utf-8")
    say("The book is built.")


def _follow(process: subprocess.Popen[str]) -> list[str]:
    """Show a build's progress on a terminal, and keep what it says."""
    lines: list[str] = []
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("Reading and writing pages", total=200)
        for line in process.stdout or ():
            lines.append(NOISE.sub("", line.rstrip()))
            step = STEP.match(line)
            if step:
                offset = 100 if step[2] == "writing output" else 0
                progress.update(task, completed=offset + int(step[3]))
    return lines


def _why(lines: list[str]) -> str:
    """The lines of a failed build that an author can act on."""
    telling = [line for line in lines if re.search(r"WARNING|ERROR|rror:|CRITICAL", line)]
    return "\n".join(telling or lines[-10:]) or "The build stopped without saying why."
