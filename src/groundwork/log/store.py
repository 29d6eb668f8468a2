"""Read and write the log. Callers own the session, and so the transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, contains_eager, defer

from .cohort_tables import CohortModule
from .tables import Attempt, Enrolment, Event, Learner, Record, Reflection

WITHOUT_FILES = (
    defer(Record.json),
    defer(Record.pdf),
    defer(Record.png),
    defer(Record.facts),
)
"""A record's files are large, and read only when they are asked for."""

# What every request of a learner asks; putting a query together takes nearly as long as the answer.
_ENROLMENT = (
    select(Enrolment)
    .join(Enrolment.learner)
    .where(Learner.key == bindparam("key"), Enrolment.course == bindparam("course"))
    .options(contains_eager(Enrolment.learner))
)
_CHOSEN = select(Learner.chosen).where(Learner.key == bindparam("key"))
_PRACTICED = (
    select(Event.item, Event.at, Event.score, Event.confidence)
    .where(Event.enrolment_id == bindparam("enrolment"), Event.type == "practice")
    .order_by(Event.id)
)
_FIRST_EVENTS = select(Event).where(
    Event.id.in_(
        select(func.min(Event.id))
        .where(Event.enrolment_id == bindparam("enrolment"), Event.type == bindparam("type"))
        .group_by(Event.lesson)
    )
)
_TOUCHED = (
    select(Event.lesson, func.max(Event.id))
    .where(Event.enrolment_id == bindparam("enrolment"))
    .group_by(Event.lesson)
)
_REFLECTIONS = select(Reflection).where(
    Reflection.id.in_(
        select(func.max(Reflection.id))
        .where(Reflection.enrolment_id == bindparam("enrolment"))
        .group_by(Reflection.module)
    )
)
_RECORDS = (
    select(Record)
    .where(Record.enrolment_id == bindparam("enrolment"))
    .order_by(Record.issued)
    .options(*WITHOUT_FILES)
)


def enrol(session: Session, key: str, course: str, *, at: datetime) -> Enrolment:
    """Return the learner's enrolment in a course, made on first use."""
    found = enrolment_of(session, key, course)
    if found:
        return found
    try:
        with session.begin_nested():
            learner = session.scalar(select(Learner).where(Learner.key == key))
            if learner is None:
                learner = Learner(key=key, name="", language="en", created=at)
                session.add(learner)
            enrolment = Enrolment(learner=learner, course=course, created=at)
            session.add(enrolment)
            session.flush()
            return enrolment
    except IntegrityError:
        # Another request enrolled the same person between our look and our write.
        again = enrolment_of(session, key, course)
        if again is None:
            raise
        return again


def enrolment_of(session: Session, key: str, course: str) -> Enrolment | None:
    """The learner's enrolment in a course, if they have done anything in it."""
    return session.scalar(_ENROLMENT, {"key": key, "course": course})


def chosen_course(session: Session, key: str) -> str | None:
    """The course that somebody in several chose last."""
    return session.scalar(_CHOSEN, {"key": key})


def choose_course(session: Session, key: str, course: str, *, at: datetime) -> None:
    """Note the course that somebody chose, and that they learn in it."""
    enrol(session, key, course, at=at).learner.chosen = course


def hold(session: Session, enrolment: Enrolment) -> None:
    """Wait until nobody else writes for this learner; lasts until the transaction ends.

    SQLite has one writer at a time anyway.
    """
    if session.get_bind().dialect.name == "sqlite":
        return
    session.execute(select(Enrolment.id).where(Enrolment.id == enrolment.id).with_for_update())


def enrolments(session: Session, course: str) -> Sequence[Enrolment]:
    """Everybody in a course, in the order they came."""
    return session.scalars(
        select(Enrolment).where(Enrolment.course == course).order_by(Enrolment.id)
    ).all()


def events(session: Session, enrolment: Enrolment, types: Iterable[str]) -> Sequence[Event]:
    """A learner's events of some types, oldest first."""
    return session.scalars(
        select(Event)
        .where(Event.enrolment_id == enrolment.id, Event.type.in_(list(types)))
        .order_by(Event.id)
    ).all()


def known_events(session: Session, enrolment: Enrolment, ids: Iterable[str]) -> set[str]:
    """Which of some event ids are already in the log."""
    return set(
        session.scalars(
            select(Event.event_id).where(
                Event.enrolment_id == enrolment.id, Event.event_id.in_(list(ids))
            )
        )
    )


def practiced(session: Session, enrolment: Enrolment) -> set[str]:
    """The practice items a learner has answered, wherever they stand now."""
    rows = session.scalars(
        select(Event.item)
        .where(Event.enrolment_id == enrolment.id, Event.type == "practice")
        .distinct()
    )
    return {item for item in rows if item}


class Practiced(NamedTuple):
    """One practice answer, without the answer itself."""

    item: str
    at: datetime
    score: float | None
    confidence: int | None


def practice_answers(session: Session, enrolment: Enrolment) -> list[Practiced]:
    """When a learner answered which practice item, and how it went; in the order it was heard."""
    rows = session.execute(_PRACTICED, {"enrolment": enrolment.id})
    return [Practiced(item, at, score, confidence) for item, at, score, confidence in rows if item]


def first_events(session: Session, enrolment: Enrolment, type_: str) -> dict[str, Event]:
    """The first event of a type in each lesson."""
    rows = session.scalars(_FIRST_EVENTS, {"enrolment": enrolment.id, "type": type_})
    return {row.lesson: row for row in rows}


def began(session: Session, enrolment: Enrolment, module: str) -> datetime | None:
    """When a learner first did anything in a module's lessons."""
    return session.scalar(
        select(func.min(Event.at)).where(
            Event.enrolment_id == enrolment.id,
            Event.lesson.startswith(f"{module}/", autoescape=True),
        )
    )


def touched_lessons(session: Session, enrolment: Enrolment) -> list[str]:
    """The lessons a learner has done anything in, the latest first."""
    rows = session.execute(_TOUCHED, {"enrolment": enrolment.id})
    return [lesson for lesson, _ in sorted(rows, key=lambda row: -row[1])]


def attempt(session: Session, attempt_id: str) -> Attempt | None:
    """The attempt of an id, if it was ever received."""
    return session.scalar(select(Attempt).where(Attempt.attempt_id == attempt_id))


def attempts(
    session: Session,
    enrolment: Enrolment,
    *,
    module: str | None = None,
    purpose: str | None = None,
    whole: bool = False,
) -> Sequence[Attempt]:
    """A learner's attempts, oldest first; `whole` with what was answered and told as well.

    That is most of an attempt, and only asked for by whoever shows it.
    """
    query = select(Attempt).where(Attempt.enrolment_id == enrolment.id)
    if not whole:
        query = query.options(defer(Attempt.answers), defer(Attempt.told))
    if module is not None:
        query = query.where(Attempt.module == module)
    if purpose is not None:
        query = query.where(Attempt.purpose == purpose)
    return session.scalars(query.order_by(Attempt.id)).all()


def count_attempts(session: Session, enrolment: Enrolment, *, module: str, purpose: str) -> int:
    """How often a learner has sat a module's quiz or pre-check."""
    query = select(func.count(Attempt.id)).where(
        Attempt.enrolment_id == enrolment.id,
        Attempt.module == module,
        Attempt.purpose == purpose,
    )
    return session.scalar(query) or 0


def reflection(session: Session, enrolment: Enrolment, module: str) -> Reflection | None:
    """The latest state of a learner's reflection."""
    return session.scalar(
        select(Reflection)
        .where(Reflection.enrolment_id == enrolment.id, Reflection.module == module)
        .order_by(Reflection.id.desc())
        .limit(1)
    )


def reflections_since(
    session: Session, enrolment: Enrolment, module: str, since: datetime | None
) -> Sequence[Reflection]:
    """The states of a learner's reflection that were saved after a moment, oldest first."""
    saved = select(Reflection).where(
        Reflection.enrolment_id == enrolment.id, Reflection.module == module
    )
    later = saved if since is None else saved.where(Reflection.at > since)
    return session.scalars(later.order_by(Reflection.id)).all()


def latest_reflections(session: Session, enrolment: Enrolment) -> dict[str, Reflection]:
    """The latest state of each of a learner's reflections, by module."""
    rows = session.scalars(_REFLECTIONS, {"enrolment": enrolment.id})
    return {row.module: row for row in rows}


def modules_in_use(session: Session, course: str) -> set[str]:
    """The modules a cohort names, and others its learners worked in; none where it names none."""
    named = select(CohortModule.module).where(CohortModule.course == course)
    found = set(session.scalars(named))
    if found:
        for table in (Attempt, Reflection):
            worked = select(table.module).join(Enrolment).where(Enrolment.course == course)
            found |= set(session.scalars(worked.distinct()))
    return found


def records(session: Session, enrolment: Enrolment) -> Sequence[Record]:
    """A learner's records, oldest first."""
    return session.scalars(_RECORDS, {"enrolment": enrolment.id}).all()


def record(session: Session, record_id: str) -> Record | None:
    """The record of an id, whoever it belongs to."""
    return session.get(Record, record_id, options=WITHOUT_FILES)


def owner_of(session: Session, record: Record) -> str | None:
    """The key of the learner whose record it is."""
    return session.scalar(
        select(Learner.key).join(Enrolment).where(Enrolment.id == record.enrolment_id)
    )


def record_standings(session: Session) -> Sequence[tuple[str, dict[str, Any]]]:
    """The status of every record ever issued here, and the reason it was issued for."""
    rows = session.execute(select(Record.status, Record.reason).order_by(Record.issued))
    return [(status, reason) for status, reason in rows]


def lesson_seconds(session: Session, course: str) -> Sequence[tuple[str, int, float]]:
    """Active seconds of each learner in each lesson: (lesson, enrolment, seconds)."""
    rows = session.execute(
        select(Event.lesson, Event.enrolment_id, func.sum(Event.seconds))
        .join(Enrolment, Enrolment.id == Event.enrolment_id)
        .where(Event.type == "active", Enrolment.course == course)
        .group_by(Event.lesson, Event.enrolment_id)
    )
    return [(lesson, enrolment, seconds or 0.0) for lesson, enrolment, seconds in rows]
