"""Belongings: everything of one learner's in one plain object, to keep or to take elsewhere."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from .log import Enrolment, Event, store

FORMAT = "groundwork-progress"
VERSION = 1
TYPES = ("practice", "lesson_finished", "active")
OF_AN_EVENT = ("item", "answer", "confidence", "seconds")


def belongings(session: Session, enrolment: Enrolment | None, *, now: datetime) -> dict[str, Any]:
    """A learner's events under their first ids, quiz results, reflections and names of records."""
    told: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "exported": now,
        "events": [],
        "attempts": [],
        "reflections": [],
        "records": [],
    }
    if enrolment is None:
        return told
    return told | {
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
        "records": [
            {name: getattr(record, name) for name in ("id", "module", "title", "issued", "status")}
            for record in store.records(session, enrolment)
        ],
    }  # fmt: skip


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
