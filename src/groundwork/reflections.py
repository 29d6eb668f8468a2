"""Reflections: saved as often as the learner likes, each state kept, the latest one counts."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from . import cohorts, schedule
from .errors import AnswerError, ConflictError
from .language import day
from .log import Enrolment, Reflection, store
from .settings import SELF_STUDY

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
    since: datetime | Literal["never"] | None = None,
) -> Reflection:
    """Add a state of a reflection, unless it is what was saved last.

    `since` is when the state was saved that this one was written upon. One that came before,
    and is sent again because the answer was lost, is then not added a second time, and one
    that would hide what was saved elsewhere meanwhile is refused with `ConflictError`.

    Where nobody reads it, it is complete when there is text and the learner ticked all of its
    rubric; where somebody does, their word completes it (see `feedback`).
    """
    if len(text) > MOST_CHARACTERS:
        raise AnswerError(
            f"the text has {len(text):,} characters; at most {MOST_CHARACTERS:,} are kept",
            field="text",
        )
    store.hold(session, enrolment)
    read = _is_read(session, enrolment)
    latest = store.reflection(session, enrolment, module)
    if latest and latest.text == text and latest.met == list(met):
        return latest
    if latest and since is not None and _came_before(session, enrolment, module, since, text, met):
        return latest
    saved = Reflection(
        enrolment_id=enrolment.id,
        module=module,
        text=text,
        met=list(met),
        complete=not read and bool(text.strip()) and all(met),
        assessed_by="" if read else THEMSELVES,
        at=at,
    )
    session.add(saved)
    session.flush()
    return saved


def _came_before(
    session: Session,
    enrolment: Enrolment,
    module: str,
    since: datetime | Literal["never"],
    text: str,
    met: tuple[bool, bool, bool],
) -> bool:
    """Whether a state is among those saved since; refuse it where only others are."""
    moment = None if since == "never" else since
    later = store.reflections_since(session, enrolment, module, moment)
    if any(one.text == text and one.met == list(met) for one in later):
        return True
    if later:
        raise ConflictError(
            f"This reflection was saved somewhere else on {day(later[-1].at)}. Your text here is "
            "not lost: load this page again to see both, and save the one that should count."
        )
    return False


def _is_read(session: Session, enrolment: Enrolment) -> bool:
    """Whether a person reads the reflections of this course; refuse where it has ended."""
    if enrolment.course == SELF_STUDY:
        return False
    cohort = cohorts.find(session, enrolment.course)
    if cohort is None:
        return False
    schedule.check_running(cohort)
    return cohort.reads_reflections
