"""One person, whole: everything that is kept about them, handed over or erased.

What belongs to a person is found by the walk of `forgetting`, from the tables of learners and
members.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, or_, select, update
from sqlalchemy.orm import Session

from . import portfolio as portfolios
from .belongings import belongings
from .errors import SettingsError
from .facts import Facts
from .forgetting import (
    Theirs,
    belonging,
    blanks,
    forget,
    forget_files_of,
    name_nobody,
    nobody,
    table_of,
)
from .log import Enrolment, Learner, Member, PortfolioFile, PortfolioTraining, Record
from .settings import Settings

ABOUT = """Everything that this Groundwork portal keeps about you.

person.json       your name as records print it, your language, your sign-in name
courses/          for each course: progress.json, which another portal or browser can take in
                  (My progress, “Bring progress from a file”)
portfolio/        your own entries (portfolio.json, which another portal can take in), a table of
                  trainings, and the files you kept with them
records/          your completion records: JSON, PDF and badge
tables.json       the same and the rest, as it lies in the database, row by row

Somebody else's eyes should not see this file. Keep it where only you can read it.
"""


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did: rows removed by table, and records that stay without their owner."""

    rows: Mapping[str, int]
    records: int
    courses: tuple[str, ...]
    key: str


# What belongs to a person


def person_tables() -> tuple[Table, ...]:
    """Every table with a row about a person, those that others point to first."""
    return tuple(_theirs("", set()))


def _theirs(key: str, emails: set[str]) -> Theirs:
    """Where a person is named, and everything that hangs on it."""
    named = or_(Member.key == key, Member.email.in_(emails))
    return belonging({Learner: Learner.key == key, Member: named})


def _emails(session: Session, key: str) -> set[str]:
    """The addresses under which a person was enrolled, so that a second row is theirs too."""
    rows = session.scalars(select(Member.email).where(or_(Member.key == key, Member.email == key)))
    return {email for email in rows if email}


def find(session: Session, key: str) -> tuple[str, set[str]]:
    """A person by sign-in name or e-mail address; raise `SettingsError` when there is none."""
    emails = _emails(session, key)
    if session.scalar(select(Learner.id).where(Learner.key == key)) is not None:
        return key, emails
    named = session.scalar(
        select(Member.key).where(or_(Member.key == key, Member.email == key)).limit(1)
    )
    if named:
        return named, emails | _emails(session, named)
    if emails:
        return key, emails
    raise SettingsError(f"Nobody here has the sign-in name or e-mail address {key!r}.")


# Handing over


def everything(session: Session, key: str, facts: Facts, *, now: dt.datetime) -> bytes:
    """All that is kept about a person as a ZIP: JSON for programs, files as they are."""
    key, _ = find(session, key)
    learner = portfolios.learner_of(session, key)
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("about.txt", ABOUT)
        archive.writestr("tables.json", _json(rows_about(session, key)))
        if learner is not None:
            for name, data in _files(session, learner, facts, now=now):
                archive.writestr(name, data)
    return whole.getvalue()


def _files(
    session: Session, learner: Learner, facts: Facts, *, now: dt.datetime
) -> Iterator[tuple[str, bytes | str]]:
    person = {"name": learner.name, "language": learner.language, "sign_in": learner.key}
    yield "person.json", _json(person)
    enrolments = session.scalars(select(Enrolment).where(Enrolment.learner_id == learner.id)).all()
    for enrolment in enrolments:
        told = belongings(session, enrolment, learner, now=now)
        yield f"courses/{enrolment.course}/progress.json", _json(told)
        for record in session.scalars(select(Record).where(Record.enrolment_id == enrolment.id)):
            for kind in ("json", "pdf", "png"):
                yield f"records/{record.id}.{kind}", getattr(record, kind)
    portfolio = portfolios.read_portfolio(session, learner)
    yield "portfolio/portfolio.json", _json(portfolios.as_file(portfolio, now=now))
    yield "portfolio/trainings.csv", portfolios.as_csv(portfolio, facts)
    files = session.execute(
        select(PortfolioTraining.entry_id, PortfolioFile)
        .join(PortfolioFile, PortfolioFile.training_id == PortfolioTraining.id)
        .where(PortfolioTraining.learner_id == learner.id)
    )
    for entry_id, kept in files:
        yield f"portfolio/files/{entry_id}/{kept.name}", kept.data


def rows_about(session: Session, key: str) -> dict[str, list[dict[str, Any]]]:
    """Every row about a person by table; of files only the size."""
    key, emails = find(session, key)
    told: dict[str, list[dict[str, Any]]] = {}
    for table, condition in _theirs(key, emails).items():
        rows = session.execute(select(table).where(condition)).mappings().all()
        if rows:
            told[table.name] = [{name: _plain(value) for name, value in r.items()} for r in rows]
    return told


def _plain(value: Any) -> Any:
    return f"{len(value)} bytes" if isinstance(value, bytes) else value


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, default=_as_text)


def _as_text(value: Any) -> str:
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


# Erasing


def erase(session: Session, key: str) -> Erased:
    """Erase a person: all rows about them but what keeps an issued file checkable.

    A record keeps its id, hash and status and loses everything that says whose it is. What the
    person did for others stays done, by nobody who can be named.
    """
    key, emails = find(session, key)
    instead = nobody()
    theirs = _theirs(key, emails)
    courses = session.scalars(
        select(Enrolment.course).join(Learner).where(Learner.key == key)
    ).all()
    records = len(session.scalars(select(Record.id).where(theirs[table_of(Record)])).all())
    rows = forget(session, theirs)
    _empty_shell(session, theirs[table_of(Learner)], instead)
    name_nobody(session, {key}, instead)
    session.expire_all()
    return Erased(rows, records, tuple(courses), key)


def _empty_shell(session: Session, theirs: ColumnElement[bool], instead: str) -> None:
    """Where records stay, let what holds them say nothing of the person."""
    table = table_of(Learner)
    for row in session.execute(select(table).where(theirs)).mappings().all():
        blank = blanks(table, row, keeps=frozenset(("id", "created")))
        blank |= {"key": instead, "language": "en"}
        session.execute(update(table).where(table.c.id == row["id"]).values(blank))


def erase_copies(settings: Settings, erased: Erased) -> None:
    """Take a person out of the gradebooks and course folders that were written from the log."""
    for course in erased.courses:
        forget_files_of(settings, course, erased.key)
