"""Forgetting: what is removed of people, and what of them must stay for records to hold.

There is one walk for everybody who is forgotten, one person who asks for it (`learners`) or the
learners of a cohort whose time is over (`empty`). What belongs to them is found by following
every foreign key from the rows that name them, so a table that is added later belongs to them
without anybody remembering it. A record that was issued stays verifiable by whoever has it.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    Column,
    ColumnElement,
    String,
    Table,
    delete,
    exists,
    make_url,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from . import audit, cohorts
from .audit import Act
from .cohorts import Role
from .errors import ConflictError
from .gradebook import forget_student, forget_students, student_id
from .log import Base, Cohort, Enrolment, Learner, Member, Record, SavedComment
from .settings import Settings

Theirs = dict[Table, ColumnElement[bool]]
"""The tables with rows about somebody, those that others point to first, and how to find them."""

WRITTEN_BY = frozenset(("by", "made_by"))
"""Columns that name who did something; of whoever is forgotten they name nobody."""

KEPT: dict[str, frozenset[str]] = {
    "record": frozenset(
        (
            *("id", "enrolment_id", "module", "title", "issued", "status", "successor", "reason"),
            *("pdf_sha256", "key_name", "status_list", "status_index"),
        )
    ),
    "record_act": frozenset(("id", "record_id", "at", "by", "act", "other")),
    "audit": frozenset(("id", "course", "action", "by", "at")),
}
"""Rows that outlive a person, and the columns that then still say something.

Whoever holds an issued file can still have it checked; that something was done in a course,
when and by whom, is the course's, and what it said of the person is not.
"""

REASON_KEEPS = frozenset(("status",))
"""What stays of the reason for a record: its place in the status list."""

HANDED_IN = ("submitted", "autograded", "feedback", "attention")
"""The folders of a course in which learners' work lies."""


def table_of(model: type[Base]) -> Table:
    """The table of a class of rows."""
    return Base.metadata.tables[model.__tablename__]


def nobody() -> str:
    """A name that is nobody's, in the place of one that is forgotten."""
    return f"removed:{uuid4().hex}"


# --- the walk --------------------------------------------------------------------------------


def belonging(to: Mapping[type[Base], ColumnElement[bool]]) -> Theirs:
    """Everything that hangs on some rows, by foreign keys, and those rows themselves."""
    named = {table_of(model): condition for model, condition in to.items()}
    found: Theirs = {}
    for table in Base.metadata.sorted_tables:
        ways: list[ColumnElement[bool]] = [
            way.parent.in_(select(way.column).where(found[way.column.table]))
            for way in sorted(table.foreign_keys, key=lambda way: way.parent.name)
            if way.column.table in found
        ]
        if table in named:
            ways.append(named[table])
        if ways:
            found[table] = or_(*ways)
    return found


def forget(session: Session, theirs: Theirs) -> dict[str, int]:
    """Remove rows about people, or what they say of them; return how many went, by table.

    An enrolment with records in it stays for them, and so does its learner: give those to nobody.
    """
    session.flush()
    rows: dict[str, int] = {}
    for table in reversed(theirs):
        if table.name in KEPT:
            _blank(session, table, theirs[table])
            continue
        condition = theirs[table]
        if table is table_of(Enrolment):
            condition &= table.c.id.not_in(select(table_of(Record).c.enrolment_id))
        if table is table_of(Learner):
            condition &= table.c.id.not_in(select(table_of(Enrolment).c.learner_id))
        removed = int(getattr(session.execute(delete(table).where(condition)), "rowcount", 0))
        if removed:
            rows[table.name] = removed
    return rows


def _blank(session: Session, table: Table, theirs: ColumnElement[bool]) -> None:
    """Let rows that stay say nothing but what is kept of them."""
    for row in session.execute(select(table).where(theirs)).mappings().all():
        blank = blanks(table, row, keeps=KEPT[table.name])
        if "reason" in row:
            blank["reason"] = {
                name: row["reason"][name] for name in REASON_KEEPS & row["reason"].keys()
            }
        session.execute(update(table).where(table.c.id == row["id"]).values(blank))


def blanks(table: Table, row: Mapping[Any, Any], *, keeps: frozenset[str]) -> dict[str, Any]:
    """Nothing, for every column of a row but those that are kept."""
    return {
        column.name: _nothing(column, row) for column in table.columns if column.name not in keeps
    }


def _nothing(column: Column[Any], row: Mapping[Any, Any]) -> Any:
    """What a column holds that holds nothing; a day is that of issue, which names nobody."""
    if column.nullable:
        return None
    held = row[column.name]
    return row["issued"] if isinstance(held, datetime) else type(held)()


def name_nobody(
    session: Session, keys: Collection[str], instead: str, *, within: Theirs | None = None
) -> None:
    """Where people are named as who did something, name nobody; everywhere unless said."""
    for table in Base.metadata.sorted_tables if within is None else within:
        for column in table.columns:
            if column.name not in WRITTEN_BY or not isinstance(column.type, String):
                continue
            named = column.in_(keys) if within is None else column.in_(keys) & within[table]
            session.execute(update(table).where(named).values({column.name: instead}))


# --- a cohort --------------------------------------------------------------------------------


def empty(session: Session, cohort: Cohort, *, act: Act) -> int:
    """Remove the personal data of an archived cohort's learners; return of how many.

    Raise `ConflictError` before the stated time. Who taught, and sums of evaluations, stay.
    """
    due = cohorts.removable_from(cohort)
    if due is None:
        raise ConflictError(f"{cohort.name} is not archived, or its data are gone already.")
    if act.at < due:
        until = due.astimezone(cohorts.zone(cohort.time_zone)).date().isoformat()
        raise ConflictError(f"The personal data of {cohort.name} are kept until {until}.")
    count = _forget_learners(session, cohort.course)
    # What readers kept to say again may be about one text.
    session.execute(delete(SavedComment).where(SavedComment.course == cohort.course))
    cohort.emptied = act.at
    cohort.version += 1
    audit.note(session, act, "cohort.empty", course=cohort.course, after={"learners": count})
    session.flush()
    return count


def _forget_learners(session: Session, course: str) -> int:
    """Forget all who learned in a course, as far as that course goes; return how many."""
    learn = (Member.course == course) & (Member.role == Role.LEARNER)
    members = session.scalars(select(Member).where(learn)).all()
    enrolments = session.scalars(select(Enrolment).where(Enrolment.course == course)).all()
    people = {one.learner_id for one in enrolments}
    keys = {one.key for one in members if one.key} | {one.learner.key for one in enrolments}
    # Whoever learned here first and teaches now stays as who taught.
    others = (Member.course == course) & (Member.role != Role.LEARNER)
    keys -= {key for key in session.scalars(select(Member.key).where(others)) if key}
    session.execute(update(Member).where(others).values(enrolment_id=None))
    theirs = belonging({Member: learn, Enrolment: Enrolment.course == course})
    name_nobody(session, keys, nobody(), within=theirs | _tables_of(course))
    forget(session, theirs)
    session.expire_all()
    for kept in session.scalars(select(Enrolment).where(Enrolment.course == course)).all():
        kept.learner = Learner(key=nobody(), name="", language="en", created=kept.created)
    session.flush()
    _remove_learners(session, people)
    return len(members)


def _tables_of(course: str) -> Theirs:
    """The rows that say which course they are of."""
    return {
        table: table.c.course == course
        for table in Base.metadata.sorted_tables
        if "course" in table.c
    }


def _remove_learners(session: Session, people: Collection[int]) -> None:
    """Remove those of whom nothing else is kept here, no other course and no portfolio."""
    table = table_of(Learner)
    other = [
        exists().where(way.parent == table.c.id)
        for of_it in Base.metadata.sorted_tables
        for way in of_it.foreign_keys
        if way.column.table is table
    ]
    session.execute(delete(table).where(table.c.id.in_(people), ~or_(*other)))
    session.expire_all()


# --- gradebooks and folders ------------------------------------------------------------------


def forget_files(settings: Settings, course: str) -> None:
    """Remove a course's learners from its gradebook, and their work from its folders.

    Call it after the commit of `empty`; it can be called again.
    """
    address = make_url(settings.gradebook(course))
    if address.get_backend_name() == "sqlite" and address.database:
        for end in ("", "-wal", "-shm", "-journal"):
            Path(f"{address.database}{end}").unlink(missing_ok=True)
    else:
        forget_students(settings.gradebook(course))
    folders = [settings.course_folder(course) / name for name in HANDED_IN]
    exchanged = _exchange(settings, course)
    for folder in (*folders, exchanged / "inbound", exchanged / "feedback"):
        _remove_inside(folder)


def forget_files_of(settings: Settings, course: str, key: str) -> None:
    """The same for one learner."""
    forget_student(settings.gradebook(course), key)
    student = student_id(key)
    for name in HANDED_IN:
        shutil.rmtree(settings.course_folder(course) / name / student, ignore_errors=True)
    inbound = _exchange(settings, course) / "inbound"
    for handed_in in inbound.glob("*") if inbound.is_dir() else ():
        if handed_in.name.startswith(f"{student}+"):
            shutil.rmtree(handed_in)


def _exchange(settings: Settings, course: str) -> Path:
    """Where nbgrader passes a course's work from hand to hand."""
    return settings.data / "exchange" / course


def _remove_inside(folder: Path) -> None:
    """Empty a folder, which stays with the rights that nbgrader gave it."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
