"""Fixtures used by more than one test file."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text

from groundwork.log import Database, open_database
from groundwork.making import build_book, is_stale
from groundwork.settings import Settings, read_settings

PROJECT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def project() -> Path:
    """The folder of the project."""
    return PROJECT


@pytest.fixture(scope="session")
def project_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The project's content, with a data folder of its own."""
    data = tmp_path_factory.mktemp("data")
    return read_settings({"GROUNDWORK_ROOT": str(PROJECT)}, data=data)


@pytest.fixture(scope="session")
def book(project_settings: Settings) -> Path:
    """The built book, built again when something changed."""
    if is_stale(project_settings):
        build_book(project_settings, say=print)
    return project_settings.book


DATABASES = ["sqlite", *(["server"] if os.environ.get("TEST_DATABASE_URL") else [])]


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database: a SQLite file, and a new one on the server of TEST_DATABASE_URL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'log.db'}"
        return
    with server_database() as url:
        yield url


@contextmanager
def server_database(like: str | None = None) -> Iterator[str]:
    """A new database on the server of TEST_DATABASE_URL: empty, or a copy of another there."""
    server = make_url(os.environ["TEST_DATABASE_URL"])
    name = f"groundwork_{uuid4().hex}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        copied = f" TEMPLATE {make_url(like).database}" if like else ""
        connection.execute(text(f"CREATE DATABASE {name}{copied}"))
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()


@pytest.fixture(scope="session", params=DATABASES)
def new_log(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """An empty log brought up to date once, for tests that take a copy each."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('log') / 'log.db'}"
        open_database(url).close()
        yield url
        return
    with server_database() as url:
        open_database(url).close()
        yield url


@pytest.fixture
def log_url(new_log: str, tmp_path: Path) -> Iterator[str]:
    """A log of a test's own, empty and up to date, in each kind of database."""
    if new_log.startswith("sqlite"):
        path = tmp_path / "log.db"
        shutil.copy(new_log.removeprefix("sqlite:///"), path)
        yield f"sqlite:///{path}"
        return
    with server_database(like=new_log) as url:
        yield url


@pytest.fixture
def database(log_url: str) -> Iterator[Database]:
    """An open, empty log."""
    opened = open_database(log_url)
    yield opened
    opened.close()
