"""A cohort on the small curriculum, for tests: people, and what they did, put into the log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from groundwork import cohorts, reflections, sittings
from groundwork.audit import Act
from groundwork.cohorts import Newcomer, Role, Terms
from groundwork.curriculum import Curriculum
from groundwork.log import Attempt, Enrolment, Event, Member, Reflection
from groundwork.sittings import Sitting
from small_portal import FIRST, FIRST_CHECK, MODULE, NOON, SECOND, SECOND_CHECKS, right_answers

COURSE = "fall-2026"
ACT = Act("ines", NOON, "a test")
CHICAGO = "America/Chicago"


def at(days: float = 0) -> Act:
    """The instructor acts so many days after noon."""
    return Act("ines", NOON + timedelta(days=days), "a test")


def make(session: Session, *, modules: tuple[str, ...] = (MODULE,), **terms: Any) -> None:
    """A cohort in Chicago with an instructor."""
    said = {"name": "Fall 2026", "time_zone": CHICAGO} | terms
    cohorts.create(session, COURSE, Terms(**said), modules=modules, known=[MODULE], act=ACT)
    teacher = Newcomer(key="ines", name="Ines Vogel", qualifications="LCSW, IMH-E")
    cohorts.admit(session, COURSE, teacher, Role.INSTRUCTOR, act=ACT)


def learner(session: Session, key: str, name: str = "", **more: Any) -> Member:
    """Somebody with an account, in the cohort."""
    person = Newcomer(key=key, name=name or key.title(), **more)
    return cohorts.admit(session, COURSE, person, act=ACT)


def place(member: Member) -> Enrolment:
    """Where a learner's work belongs."""
    assert member.enrolment is not None
    return member.enrolment


def read_lessons(session: Session, member: Member, *, when: datetime = NOON) -> None:
    """Answer every self-check, and say that both lessons are finished."""
    told: list[dict[str, Any]] = [
        {"type": "practice", "lesson": FIRST, "item": FIRST_CHECK, "score": 1.0},
        {"type": "lesson_finished", "lesson": FIRST},
        *(
            {"type": "practice", "lesson": SECOND, "item": item, "score": 1.0}
            for item in SECOND_CHECKS
        ),
        {"type": "lesson_finished", "lesson": SECOND},
    ]
    for one in told:
        session.add(
            Event(
                enrolment_id=place(member).id, event_id=uuid4().hex, at=when, received=when, **one
            )
        )
    session.flush()


def sit(
    session: Session,
    curriculum: Curriculum,
    member: Member,
    *,
    right: bool = True,
    form: str = "B",
    purpose: str = "quiz",
    when: datetime = NOON,
) -> Attempt:
    """Take the quiz, with every answer right or none."""
    answers = right_answers(curriculum.quizzes[MODULE].form(form)) if right else {}
    sitting = Sitting(
        attempt_id=uuid4().hex,
        module=MODULE,
        form=form,  # type: ignore[arg-type]
        purpose=purpose,  # type: ignore[arg-type]
        answers=answers,
        started=when,
        finished=when + timedelta(minutes=9),
    )
    attempt, new = sittings.receive(session, curriculum, place(member), sitting, now=when)
    assert new
    return attempt


def reflect(
    session: Session, member: Member, text: str = "What I saw.", *, when: datetime = NOON
) -> Reflection:
    """Save a reflection with its lines ticked."""
    return reflections.save(
        session, place(member), module=MODULE, text=text, met=(True, True, True), at=when
    )


def utc(day: str) -> datetime:
    """A moment written as text."""
    return datetime.fromisoformat(day).astimezone(UTC)
