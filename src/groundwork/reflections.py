"""Reflections: saved as often as the learner likes, each state kept, the latest one counts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from .errors import AnswerError
from .log import Enrolment, Reflection, store

MOST_CHARACTERS = 20_000
THEMSELVES = "the learner"


def save(
    session: Session,
    enrolment: Enrolment,
    *,
    module: str,
    text: str,
    met: tuple[bool, bool, bool],
    at: datetime,
) -> Reflection:
    """Add a state of a reflection, unless it is what was saved last.

    In self-study it is complete when there is text and the learner ticked all of its rubric.
    """
    if len(text) > MOST_CHARACTERS:
        raise AnswerError(
            f"the text has {len(text):,} characters; at most {MOST_CHARACTERS:,} are kept",
            field="text",
        )
    store.hold(session, enrolment)
    latest = store.reflection(session, enrolment, module)
    if latest and latest.text == text and latest.met == list(met):
        return latest
    saved = Reflection(
        enrolment_id=enrolment.id,
        module=module,
        text=text,
        met=list(met),
        complete=bool(text.strip()) and all(met),
        assessed_by=THEMSELVES,
        at=at,
    )
    session.add(saved)
    session.flush()
    return saved
