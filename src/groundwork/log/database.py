"""Opening the database: embedded SQLite for one person, PostgreSQL for cohorts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, SQLAlchemyError
from sqlalchemy.orm import Session

from ..errors import SettingsError

BUSY_SECONDS = 20
KEPT, MORE = 10, 10
"""Connections to a server that one process keeps open, and those it opens in a rush besides."""
MIGRATIONS = Path(__file__).parent / "migrations"


class Database:
    """One database of the log; each unit of work is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writer = engine.execution_options(groundwork_write=True)
        self._turn = Lock() if engine.dialect.name == "sqlite" else None

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for looking; it changes nothing."""
        with Session(self.engine) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session in which everything happens or nothing does."""
        with (
            self._in_turn(),
            Session(self._writer, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """Let the writers of this process into a SQLite file one after another.

        SQLite lets those who wait sleep, up to a tenth of a second each time; a lock of ours
        wakes the next one at once. Whoever waited too long hears it from SQLite.
        """
        held = self._turn is not None and self._turn.acquire(timeout=BUSY_SECONDS)
        try:
            yield
        finally:
            if self._turn is not None and held:
                self._turn.release()

    def upgrade(self) -> None:
        """Bring the tables to this version's shape; safe to run at every start."""
        with self.engine.connect() as connection:
            if _version(connection) == _newest_version():
                return
        # Loading Alembic takes half a second, which only a start that needs it should wait.
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with self._writer.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


def _version(connection: Connection) -> str | None:
    """The migration a database was last brought to, if any."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _newest_version() -> str:
    """The last migration there is: the file of each begins with its number."""
    return max(path.name.partition("_")[0] for path in MIGRATIONS.glob("versions/[0-9]*.py"))


def open_database(url: str) -> Database:
    """Open a database and bring its tables up to date.

    Raise `SettingsError` with one sentence when the server, file or disk refuses.
    """
    address = make_url(url)
    if address.get_backend_name() == "sqlite" and address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    database = Database(_engine(url))
    try:
        database.upgrade()
    except SQLAlchemyError as error:
        database.close()
        reason = error.orig if isinstance(error, DatabaseError) else error
        shown = address.render_as_string(hide_password=True)
        raise SettingsError(f"The database {shown} cannot be used: {reason}") from error
    return database


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, pool_size=KEPT, max_overflow=MORE)
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """Write-ahead log, real durability, real foreign keys; what is deleted is overwritten."""
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at once, so that two writers queue instead of failing late."""
    write = connection.get_execution_options().get("groundwork_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
