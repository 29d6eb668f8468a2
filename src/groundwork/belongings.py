"""Belongings: everything of one learner's in one plain object, to keep or to take elsewhere."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from . import attendance, cohorts, feedback
from .log import Enrolment, Event, Learner, store
from .portfolio import read_portfolio, told

FORMAT = "groundwork-progress"
VERSION = 1
TYPES = ("practice", "lesson_finished", "active")
OF_AN_EVENT = ("item", "answer", "confidence", "seconds")


def belongings(
    session: Session, enrolment: Enrolment | None, learner: Learner | None, *, now: datetime
) -> dict[str, Any]:
    """A learner's events under their first ids, quiz results, reflections, names of records.

    Their portfolio too, without its files, wherever they are enrolled. From a cohort also what
    was said of the reflections, and the live sessions attended.
    """
    whole: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "exported": now,
        "events": [],
        "attempts": [],
        "reflections": [],
        "feedback": {},
        "live": [],
        "records": [],
        "portfolio": told(read_portfolio(session, learner)),
    }
    if enrolment is None:
        return whole
    return whole | {
        "events": [_event(event) for event in store.events(session, enrolment, TYPES)],
        "attempts": [
            {
                name: getattr(attempt, name)
                for name in (
                    "attempt_id", "module", "form", "purpose", "answers", "score", "max_score",
                    "passed", "started", "finished",
                )
            }
            for attempt in store.attempts(session, enrolment, whole=True)
        ],
        "reflections": [
            {name: getattr(saved, name) for name in ("module", "text", "met", "complete", "at")}
            for saved in store.latest_reflections(session, enrolment).values()
        ],
        "feedback": feedback.plain(feedback.marks(session, [enrolment.id]).get(enrolment.id, {})),
        "live": _live(session, enrolment),
        "records": [
            {name: getattr(record, name) for name in ("id", "module", "title", "issued", "status")}
            for record in store.records(session, enrolment)
        ],
    }  # fmt: skip


def _live(session: Session, enrolment: Enrolment) -> list[dict[str, Any]]:
    """The live sessions of a learner's cohort, and the minutes that count."""
    member = cohorts.member_of(session, enrolment.learner.key, enrolment.course)
    if member is None:
        return []
    return [
        {"title": one.title, "module": one.module, "at": one.starts, "minutes": one.minutes}
        for one in attendance.attended(session, enrolment.course, [member.id]).get(member.id, [])
    ]


def _event(event: Event) -> dict[str, Any]:
    """An event as `POST /api/events` takes it, so that it counts once wherever it is brought."""
    given = {name: getattr(event, name) for name in OF_AN_EVENT}
    return {
        "id": event.event_id,
        "type": event.type,
        "lesson": event.lesson,
        "at": event.at,
        **{name: value for name, value in given.items() if value is not None},
    }
