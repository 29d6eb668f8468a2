"""Keeping: everything that cannot be made again, in one file, and back from it.

A backup holds the log, each course's gradebook, the signing keys, the course folders, the files
of people who teach, and the Hub's own small database. Each database is read in one transaction
of its own, the log first: whatever the log then lacks no gradebook is asked for, and gradebooks
are written from the log anyway. The book is not in it, for it is built from the project.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, unquote

from sqlalchemy import create_engine, inspect, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from .errors import ConflictError, SettingsError
from .log import Enrolment, open_database
from .settings import Settings

FORMAT = 1
ABOUT = "about.json"
FOLDERS = ("keys", "courses", "people", "hub")
"""What of the data folder is kept as files; their SQLite databases are copied as databases."""
PASSING = (".lock", "locks", "proxy.pid")
SQLITE = b"SQLite format 3\0"
SIDES = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class Kept:
    """What a backup holds."""

    path: Path
    bytes: int
    files: int
    databases: tuple[str, ...]


# --- backing up ------------------------------------------------------------------------------


def backup(settings: Settings, to: Path, *, now: datetime) -> Kept:
    """Write a backup beside its name and then rename it, so that none is ever half there."""
    if to.exists():
        raise ConflictError(f"{to} is there already; name another file.")
    if not settings.data.is_dir():
        raise SettingsError(f"There is no data folder {settings.data}; nothing was ever kept here.")
    to.parent.mkdir(parents=True, exist_ok=True)
    draft = to.with_name(f".{to.name}.part")
    with tempfile.TemporaryDirectory(dir=to.parent, prefix=".groundwork-backup-") as made:
        folder = Path(made)
        databases = _dump_databases(settings, folder)
        _copy_folders(settings.data, folder)
        about = {
            "format": FORMAT,
            "version": version("groundwork"),
            "at": now.isoformat(),
            "databases": databases,
        }
        (folder / ABOUT).write_text(json.dumps(about, indent=2), encoding="utf-8")
        files = _pack(folder, draft)
    draft.replace(to)
    _sync(to.parent)
    return Kept(to, to.stat().st_size, files, tuple(databases))


def _dump_databases(settings: Settings, folder: Path) -> dict[str, str]:
    """Dump the log, then each gradebook on a server; return the name of each dump's kind."""
    dumps = folder / "databases"
    dumps.mkdir()
    kinds = {"log": _dump(settings.database_url, dumps / "log")}
    if make_url(settings.gradebook("x")).get_backend_name() == "sqlite":
        return kinds  # they lie in the course folders
    for course in _courses(settings):
        url = settings.gradebook(course)
        if _is_there(url):
            name = f"gradebook-{quote(course, safe='')}"
            kinds[name] = _dump(url, dumps / name)
    return kinds


def _courses(settings: Settings) -> list[str]:
    database = open_database(settings.database_url)
    try:
        with database.read() as session:
            return sorted(session.scalars(select(Enrolment.course).distinct()))
    finally:
        database.close()


def _is_there(url: str) -> bool:
    engine = create_engine(url, poolclass=NullPool)
    try:
        with engine.connect():
            return True
    except SQLAlchemyError:
        return False
    finally:
        engine.dispose()


def _dump(url: str, to: Path) -> str:
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        if not address.database or not Path(address.database).is_file():
            raise SettingsError(f"There is no database {address.database}; nothing was kept yet.")
        copy_sqlite(Path(address.database), to)
        return "sqlite"
    _run(["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={to}"], address)
    return "postgresql"


def copy_sqlite(database: Path, to: Path) -> None:
    """Copy a database that others write to, as it was at one moment; the copy is one file."""
    with (
        closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=60)) as source,
        closing(sqlite3.connect(to)) as target,
    ):
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")
    to.chmod(0o600)


def _copy_folders(data: Path, folder: Path) -> None:
    for name in FOLDERS:
        if (data / name).is_dir():
            _copy(data / name, folder / "data" / name)


def _copy(source: Path, to: Path) -> None:
    """Copy a tree as it is, modes and links too; a SQLite database in it as a database."""
    to.mkdir(parents=True, exist_ok=True)
    for entry in sorted(source.iterdir()):
        target = to / entry.name
        if entry.is_symlink():
            target.symlink_to(entry.readlink())
        elif entry.is_dir():
            if entry.name not in PASSING:
                _copy(entry, target)
        elif entry.is_file() and entry.name not in PASSING:
            _copy_file(entry, target)
    shutil.copystat(source, to)


def _copy_file(entry: Path, target: Path) -> None:
    try:
        if _is_sqlite(entry):
            copy_sqlite(entry, target)
        elif not (entry.name.endswith(SIDES) and _is_sqlite(_main_of(entry))):
            shutil.copy2(entry, target)
    except FileNotFoundError:
        return  # taken away while we looked: it is not part of what is kept


def _is_sqlite(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(SQLITE)) == SQLITE


def _main_of(side: Path) -> Path:
    return side.with_name(side.name.rpartition("-")[0])


def _pack(folder: Path, draft: Path) -> int:
    """Pack a folder into one file for its owner only; return how many files are in it."""
    files = 0
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as out:
        with tarfile.open(fileobj=out, mode="w:gz", compresslevel=6) as packed:
            packed.add(folder / ABOUT, ABOUT)
            for entry in sorted(folder.rglob("*")):
                name = entry.relative_to(folder).as_posix()
                if name != ABOUT:
                    packed.add(entry, name, recursive=False)
                    files += entry.is_file()
        out.flush()
        os.fsync(out.fileno())
    return files


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# --- who else is here ------------------------------------------------------------------------


@contextmanager
def in_use(data: Path) -> Iterator[None]:
    """Let it be known that a portal runs on a data folder; that ends with the process."""
    with _door(data).open("a") as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        yield


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Refuse while a portal runs on a data folder, and let none begin meanwhile."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _door(data).open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConflictError(
                "A portal is running on this data folder. Stop it, then restore."
            ) from error
        yield


def _door(data: Path) -> Path:
    return data / ".in-use"


# --- restoring -------------------------------------------------------------------------------


def restore(settings: Settings, source: Path, *, force: bool = False) -> Kept:
    """Put a backup back. What is there is not overwritten unless forced.

    Everything is unpacked and looked at before anything is replaced. Stop the portal first.
    """
    with _alone(settings.data), _unpacked(source, beside=settings.data) as folder:
        about = _about(folder, source)
        targets = _targets(settings, about)
        there = [what for what, url in targets.items() if _holds_something(url)]
        there += [name for name in FOLDERS if _is_full(settings.data / name)]
        if there and not force:
            raise ConflictError(
                f"There is work here already ({', '.join(there)}). Nothing was changed; "
                "restore into an empty place, or say --force to replace what is there."
            )
        for name, url in targets.items():
            _load(folder / "databases" / name, url, kind=about["databases"][name])
        _replace_folders(folder / "data", settings.data)
        open_database(settings.database_url).close()  # brought to this version's shape
        files = sum(1 for entry in folder.rglob("*") if entry.is_file())
        return Kept(source, source.stat().st_size, files - 1, tuple(targets))


@contextmanager
def _unpacked(source: Path, *, beside: Path) -> Iterator[Path]:
    """A backup as a folder on the disk where it will go, refusing what is none of ours."""
    beside.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=beside.parent, prefix=".groundwork-restore-") as made:
        try:
            with tarfile.open(source, "r:gz") as packed:
                for member in packed:
                    _unpack(packed, member, Path(made))
        except FileNotFoundError as error:
            raise SettingsError(f"There is no file {source}.") from error
        except (tarfile.TarError, EOFError, OSError) as error:
            raise SettingsError(f"{source} is not a whole backup of Groundwork: {error}") from error
        yield Path(made)


def _unpack(packed: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """Write one member, with its mode; refuse what is no file, folder or link of a backup.

    Links are kept as they were, so nothing may be written through one. Python's own filters
    are younger than the oldest Python that this runs on.
    """
    path = PurePosixPath(member.name)
    place = folder / path
    if (
        path.is_absolute()
        or ".." in path.parts
        or not (member.isfile() or member.isdir() or member.issym())
        or any((folder / above).is_symlink() for above in (path, *path.parents))
    ):
        raise tarfile.ExtractError(f"{member.name!r} does not belong into a backup")
    if member.isdir():
        place.mkdir(parents=True, exist_ok=True)
        place.chmod(member.mode & 0o755 | 0o700)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    if member.issym():
        place.symlink_to(member.linkname)
        return
    data = packed.extractfile(member)
    if data is None:
        raise tarfile.ExtractError(f"{member.name!r} has no content")
    with data, place.open("xb") as file:
        shutil.copyfileobj(data, file)
    place.chmod(member.mode & 0o755 | 0o600)
    os.utime(place, (member.mtime, member.mtime))


def _about(folder: Path, source: Path) -> dict[str, Any]:
    try:
        about: dict[str, Any] = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{source} is not a backup of Groundwork.") from error
    if about.get("format") != FORMAT:
        raise SettingsError(f"{source} was made by another version; restore it with that one.")
    return about


def _targets(settings: Settings, about: dict[str, Any]) -> dict[str, str]:
    """Where each dump goes by this machine's settings; its kind must be the same."""
    targets = {}
    for name, kind in about["databases"].items():
        course = unquote(name.removeprefix("gradebook-"))
        url = settings.database_url if name == "log" else settings.gradebook(course)
        if make_url(url).get_backend_name() != kind:
            raise SettingsError(
                f"The backup's {name} comes from {kind}, and the settings here name "
                f"{make_url(url).get_backend_name()}; restore into the same kind of database."
            )
        targets[name] = url
    return targets


def _holds_something(url: str) -> bool:
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        return bool(address.database) and Path(address.database or "").is_file()
    engine = create_engine(url, poolclass=NullPool)
    try:
        with engine.connect() as connection:
            return bool(inspect(connection).get_table_names())
    except SQLAlchemyError:
        return False
    finally:
        engine.dispose()


def _is_full(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())


def _replace_folders(source: Path, data: Path) -> None:
    """Put each folder in the place of the one there is, which stands beside it until then."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in FOLDERS:
        old, new = data / name, source / name
        if not new.is_dir():
            continue
        aside = data / f".{name}-before-restore"
        shutil.rmtree(aside, ignore_errors=True)
        if old.exists():
            old.rename(aside)
        new.rename(old)
        shutil.rmtree(aside, ignore_errors=True)
    for key in (data / "keys").glob("*"):
        key.chmod(0o600)


def _load(dump: Path, url: str, *, kind: str) -> None:
    address = make_url(url)
    if kind == "sqlite":
        target = Path(address.database or "")
        target.parent.mkdir(parents=True, exist_ok=True)
        for side in SIDES:
            target.with_name(target.name + side).unlink(missing_ok=True)
        shutil.move(dump, target)
        return
    _make_database(address)
    _run(
        ["pg_restore", "--clean", "--if-exists", "--no-owner", "--no-privileges",
         "--single-transaction", "--exit-on-error", f"--dbname={address.database}", str(dump)],
        address,
    )  # fmt: skip


def _make_database(address: URL) -> None:
    if _is_there(address.render_as_string(hide_password=False)):
        return
    engine = create_engine(
        address.set(database="postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    quoted = engine.dialect.identifier_preparer.quote_identifier(address.database or "")
    with engine.connect() as server:
        server.exec_driver_sql(f"CREATE DATABASE {quoted}")


def _run(words: list[str], address: URL) -> None:
    """Run a program of PostgreSQL's; the password goes by its environment, never by its words."""
    told = {
        "PGHOST": address.host,
        "PGPORT": address.port and str(address.port),
        "PGUSER": address.username,
        "PGPASSWORD": address.password,
        "PGDATABASE": address.database,
    }
    environ = os.environ | {name: value for name, value in told.items() if value}
    try:
        done = subprocess.run(words, env=environ, capture_output=True, text=True, check=False)  # noqa: S603  # our own words
    except FileNotFoundError as error:
        raise SettingsError(
            f"{words[0]} is not here; install PostgreSQL's client programs "
            "(postgresql-client) of the server's version."
        ) from error
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        shown = address.render_as_string(hide_password=True)
        raise SettingsError(f"{words[0]} of {shown} failed: {lines[-1] if lines else 'no reason'}")
