"""The database of what learners did, kept in order."""

from __future__ import annotations

from ..settings import read_settings
from .shared import DataOption, group

database_app = group("The database of what learners did.")


@database_app.command("upgrade")
def db_upgrade(data: DataOption = None) -> None:
    """Bring the database's tables to this version."""
    from ..log import open_database

    settings = read_settings(data=data)
    settings.make_data()
    open_database(settings.database_url).close()
    print("The database is up to date.")
