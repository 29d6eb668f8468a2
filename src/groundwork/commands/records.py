"""Completion records, from a terminal."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from ..settings import read_settings
from .shared import DataOption, group

record_app = group("Completion records.")


@record_app.command("verify")
def record_verify(
    file: Annotated[Path, typer.Argument(help="A record: JSON, PDF or PNG.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole verdict.")] = False,
    data: DataOption = None,
) -> None:
    """Say whether a record is genuine, unchanged and still valid.

    Exit 0 when it is and its page is not known to be another one; 1 when not; 2 without a file.
    """
    from ..verifying import verify_file

    if not file.is_file():
        print(f"There is no file {file}.", file=sys.stderr)
        raise typer.Exit(2)
    verdict = verify_file(read_settings(data=data), file.read_bytes())
    if as_json:
        print(json.dumps(verdict.to_dict(), indent=2, ensure_ascii=False))
    else:
        print(verdict.status)
        for reason in verdict.reasons:
            print(f"  {reason}")
    whole = verdict.status == "valid" and verdict.page_proven is not False
    raise typer.Exit(0 if whole else 1)
