"""What several commands need."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DataOption = Annotated[Path | None, typer.Option("--data", help="Folder of learners' work.")]


def group(words: str) -> typer.Typer:
    """A group of commands; without a command it says what it has."""
    return typer.Typer(no_args_is_help=True, help=words)


def say(line: str) -> None:
    """Print a line at once, so that a log shows it when it happens."""
    print(line, flush=True)
