"""One learner, whole: handed over or erased."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ..settings import read_settings
from .shared import DataOption, group, say

learner_app = group("Everything about one learner.")
app = typer.Typer()

LearnerArgument = Annotated[
    str, typer.Argument(help="Sign-in name or e-mail address; “local” is who studies alone here.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@learner_app.command("export")
def learner_export(
    learner: LearnerArgument,
    to: Annotated[Path, typer.Option("--to", help="The ZIP file to write.")],
    data: DataOption = None,
) -> None:
    """Write everything that is kept about a learner into a ZIP file."""
    from ..curriculum import load_curriculum
    from ..learners import everything
    from ..log import open_database

    settings = read_settings(data=data)
    facts = load_curriculum(settings).facts
    database = open_database(settings.database_url)
    try:
        with database.read() as session:
            whole = everything(session, learner, facts, now=datetime.now(UTC))
    finally:
        database.close()
    _write_private(to, whole)
    say(f"{to} holds everything about {learner}. It is private: hand it to them alone.")


def _write_private(path: Path, data: bytes) -> None:
    """Write a file that nobody else on this machine may read."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)


@learner_app.command("erase")
def learner_erase(
    learner: LearnerArgument, yes: YesOption = False, data: DataOption = None
) -> None:
    """Erase a learner: name, answers, reflections, portfolio. Issued files stay checkable."""
    from ..learners import erase, erase_copies
    from ..log import open_database

    settings = read_settings(data=data)
    if not yes:
        typer.confirm(
            f"Erase everything about {learner}? This cannot be undone; "
            "“groundwork learner export” would keep a copy for them.",
            abort=True,
        )
    database = open_database(settings.database_url)
    try:
        with database.write() as session:
            erased = erase(session, learner)
    finally:
        database.close()
    erase_copies(settings, erased)
    say(f"Erased {learner}: {sum(erased.rows.values())} rows.")
    if erased.records:
        say(
            f"{erased.records} issued records keep their id, hash and status, so that the files "
            "can still be checked; nothing here says any more whose they are."
        )
    say("Backups made before still hold this person; remove them when their time has come.")


@app.command("erase-learner")
def erase_learner(
    learner: LearnerArgument, yes: YesOption = False, data: DataOption = None
) -> None:
    """The same as “learner erase”."""
    learner_erase(learner, yes=yes, data=data)
