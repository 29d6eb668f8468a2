"""Practice: the events a lesson page sends, each taken or refused for a reason of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

from . import cohorts, schedule
from .course import Lesson
from .curriculum import Curriculum
from .errors import AnswerError, ConflictError
from .items import Item, Reflection
from .log import Enrolment, Event, store
from .scoring import score
from .settings import SELF_STUDY


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One event as it arrives: a practice answer, a finished lesson, or active seconds."""

    id: str
    type: Literal["practice", "lesson_finished", "active"]
    lesson: str
    at: datetime
    item: str | None = None
    answer: Any = None
    confidence: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one event; `reason` says why one was refused."""

    id: str | None
    status: Literal["accepted", "repeated", "refused"]
    reason: str | None = None


def receive(
    session: Session,
    curriculum: Curriculum,
    enrolment: Enrolment,
    happenings: Sequence[Happening],
    *,
    now: datetime,
) -> list[Outcome]:
    """Log what fits, in the order it came; one bad event never blocks the rest."""
    store.hold(session, enrolment)
    known = store.known_events(session, enrolment, [happening.id for happening in happenings])
    practiced = store.practiced(session, enrolment)
    ended = _ended(session, enrolment)
    outcomes = []
    for happening in happenings:
        if happening.id in known:
            outcomes.append(Outcome(happening.id, "repeated"))
            continue
        if ended:
            # Refused one by one, not as a whole, so that no page sends them again for ever.
            outcomes.append(Outcome(happening.id, "refused", ended))
            continue
        try:
            event = _event(curriculum, happening, practiced)
        except AnswerError as refusal:
            outcomes.append(Outcome(happening.id, "refused", str(refusal)))
            continue
        event.enrolment_id = enrolment.id
        event.received = now
        session.add(event)
        known.add(happening.id)
        if event.item:
            practiced.add(event.item)
        outcomes.append(Outcome(happening.id, "accepted"))
    session.flush()
    return outcomes


def _ended(session: Session, enrolment: Enrolment) -> str | None:
    """Why nothing can be added to a course any more; None while it can."""
    cohort = cohorts.find(session, enrolment.course) if enrolment.course != SELF_STUDY else None
    if cohort is None:
        return None
    try:
        schedule.check_running(cohort)
    except ConflictError as refusal:
        return str(refusal)
    return None


def _event(curriculum: Curriculum, happening: Happening, practiced: set[str]) -> Event:
    """Turn what arrived into a row of the log, or refuse it."""
    lesson = curriculum.course.lesson(happening.lesson)
    if lesson is None:
        raise AnswerError(f"There is no lesson {happening.lesson[:160]!r}.", field="lesson")
    event = Event(event_id=happening.id, type=happening.type, lesson=lesson.id, at=happening.at)
    if happening.type == "practice":
        item = _practice_item(curriculum, lesson, happening)
        event.item = item.id
        event.confidence = happening.confidence
        event.answer = happening.answer
        event.score = _score(item, happening.answer)
    elif happening.type == "lesson_finished":
        _check_answered(curriculum, lesson, practiced)
    else:
        event.seconds = happening.seconds
    return event


def _practice_item(curriculum: Curriculum, lesson: Lesson, happening: Happening) -> Item:
    item = curriculum.practice.get(happening.item or "")
    if item is None or item.id not in lesson.items:
        raise AnswerError(
            f"The lesson {lesson.id} has no self-check {(happening.item or '')[:80]!r}.",
            field="item",
        )
    return item


def _score(item: Item, answer: Any) -> float | None:
    """What a practice answer earns; a reflection is written, not scored, and may stay private."""
    if isinstance(item, Reflection):
        return None
    if answer is None:
        raise AnswerError(f"The event has no answer to {item.id}.", field="answer")
    result = score(item, answer)
    if result.problems:
        raise AnswerError(
            f"The answer to {item.id} cannot be read: {'; '.join(result.problems)}.",
            field="answer",
        )
    return result.score


def _check_answered(curriculum: Curriculum, lesson: Lesson, practiced: set[str]) -> None:
    missing = curriculum.open_checks(lesson, practiced)
    if missing:
        raise AnswerError(
            f"These self-checks are not answered yet: {', '.join(missing)}.", field="lesson"
        )
