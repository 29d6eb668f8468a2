"""What learners did: its database kept in order, backed up and put back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ..settings import read_settings
from .shared import DataOption, group

app = typer.Typer()
database_app = group("The database of what learners did.")


@database_app.command("upgrade")
def db_upgrade(data: DataOption = None) -> None:
    """Bring the database's tables to this version."""
    from ..log import open_database

    settings = read_settings(data=data)
    settings.make_data()
    open_database(settings.database_url).close()
    print("The database is up to date.")


@app.command()
def backup(
    to: Annotated[Path | None, typer.Option("--to", help="The file to write.")] = None,
    data: DataOption = None,
) -> None:
    """Write everything that cannot be made again into one file, while the portal runs.

    It holds private keys and reflections: keep it where only you can read it.
    """
    from ..keeping import backup as back_up

    now = datetime.now(UTC)
    settings = read_settings(data=data)
    kept = back_up(settings, to or Path(f"groundwork-{now:%Y%m%d-%H%M%S}.tar.gz"), now=now)
    print(
        f"{kept.path}: {', '.join(kept.databases)} and {kept.files} files, "
        f"{kept.bytes / 1_000_000:.1f} MB"
    )


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")],
    force: Annotated[
        bool, typer.Option("--force", help="Replace the work that is here already.")
    ] = False,
    data: DataOption = None,
) -> None:
    """Put a backup back, with the portal stopped; nothing there is overwritten without --force."""
    from ..keeping import restore as put_back

    kept = put_back(read_settings(data=data), source, force=force)
    print(f"{source}: {', '.join(kept.databases)} and {kept.files} files are back.")
