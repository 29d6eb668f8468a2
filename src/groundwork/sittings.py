"""Sittings: which form a learner is handed next, and what becomes of the answers.

The next form follows from the attempts in the log, so that handing out changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

from . import schedule
from .course import Module
from .curriculum import Curriculum, FormName
from .errors import AnswerError, ConflictError
from .items import Form, Item, Shown
from .log import Attempt, Enrolment, store
from .scoring import feedback_html, passed, score

Purpose = Literal["quiz", "precheck"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Handout:
    """A form as it is handed out: every item without its key."""

    module: str
    form: FormName
    purpose: Purpose
    version: str
    pass_share: float
    items: list[Shown]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitting:
    """What comes back: a learner's answers to one form, with the times their clock gave."""

    attempt_id: str
    module: str
    form: FormName
    purpose: Purpose
    answers: Mapping[str, Any]
    started: datetime
    finished: datetime
    version: str | None = None
    seconds: Mapping[str, float] | None = None


def next_form(sat: Sequence[Attempt], purpose: Purpose) -> FormName:
    """The form that follows a learner's attempts at one module.

    The pre-check is form A, once, before the first quiz; the quiz begins with B and alternates,
    also past attempts that were set aside, so that nobody meets the same form twice running.
    """
    quizzes = sum(attempt.purpose == "quiz" for attempt in sat)
    if purpose == "quiz":
        return "A" if quizzes % 2 else "B"
    counted = [attempt for attempt in sat if not attempt.set_aside]
    if any(attempt.purpose == "quiz" for attempt in counted):
        raise ConflictError("The pre-check comes before the first quiz, which you have taken.")
    if counted:
        raise ConflictError("You have taken this pre-check; it is taken once.")
    return "A"


def hand_out(
    curriculum: Curriculum, module: Module, sat: Sequence[Attempt], *, purpose: Purpose
) -> Handout:
    """Return the form that is next for a learner, without keys."""
    name = next_form(sat, purpose)
    form = curriculum.quizzes[module.id].form(name)
    return Handout(
        module=module.id,
        form=name,
        purpose=purpose,
        version=form.version,
        pass_share=module.meta.pass_share,
        items=[_shown(item) for item in form.items],
    )


def _shown(item: Item) -> Shown:
    href = section_href(item)
    return item.shown() | ({"section_href": href} if href else {})


def section_href(item: Item) -> str | None:
    """Where to read again, as a link from any page of the item's module."""
    if not item.section:
        return None
    stem, _, anchor = item.section.partition("#")
    return f"{stem}.html#{anchor}" if anchor else f"{stem}.html"


def receive(
    session: Session,
    curriculum: Curriculum,
    enrolment: Enrolment,
    sitting: Sitting,
    *,
    now: datetime,
) -> tuple[Attempt, bool]:
    """Score an attempt and log it; return it and whether it is new.

    The same `attempt_id` again is the same attempt: nothing is scored or added twice.
    """
    store.hold(session, enrolment)
    known = store.attempt(session, sitting.attempt_id)
    if known:
        return _own(known, enrolment), False
    sat = store.attempts(session, enrolment, module=sitting.module)
    schedule.check_open(
        session,
        enrolment.learner.key,
        enrolment.course,
        curriculum.course.by_id[sitting.module],
        purpose=sitting.purpose,
        sat=sat,
        began=sitting.started,
        now=now,
    )
    form = _expected_form(curriculum, sitting, sat)
    attempt = _scored(
        sitting,
        form,
        curriculum.course.by_id[sitting.module],
        before=[one for one in sat if one.purpose == sitting.purpose],
    )
    attempt.enrolment_id = enrolment.id
    attempt.received = now
    session.add(attempt)
    session.flush()
    return attempt, True


def _own(attempt: Attempt, enrolment: Enrolment) -> Attempt:
    if attempt.enrolment_id != enrolment.id:
        raise ConflictError("This attempt_id is already in use; send the attempt under a new one.")
    return attempt


def _expected_form(curriculum: Curriculum, sitting: Sitting, sat: Sequence[Attempt]) -> Form:
    """The form these answers must be for; raise what does not fit."""
    name = next_form(sat, sitting.purpose)
    if sitting.form != name:
        raise ConflictError(
            f"Form {sitting.form} was not handed out; form {name} is next. Load the quiz again."
        )
    form = curriculum.quizzes[sitting.module].form(name)
    if sitting.version not in (None, form.version):
        raise ConflictError("The quiz has changed since it was handed out. Load it again.")
    unknown = [item for item in sitting.answers if item not in form.by_id]
    if unknown:
        raise AnswerError(f"form {name} has no item {unknown[0][:60]!r}", field="answers")
    if sitting.finished < sitting.started:
        raise AnswerError("finished lies before started", field="finished")
    return form


def _scored(sitting: Sitting, form: Form, module: Module, *, before: Sequence[Attempt]) -> Attempt:
    answers = {item.id: sitting.answers.get(item.id) for item in form.items}
    scores = {item.id: score(item, answers[item.id]).score for item in form.items}
    total = sum(scores.values())
    done: bool | None = None
    if sitting.purpose == "quiz":
        done = passed(total, maximum=form.max_score, share=module.meta.pass_share)
    told: dict[str, Any] = {
        "attempt_id": sitting.attempt_id,
        "score": total,
        "max_score": form.max_score,
        "passed": done,
    }
    if sitting.purpose == "precheck":
        told |= {"items": {}, "objectives": by_objective(module, form, scores)}
    else:
        counted = [attempt for attempt in before if not attempt.set_aside]
        reveal = bool(done) or any(attempt.passed for attempt in counted)
        told |= {"items": _told_items(form, answers, scores, reveal=reveal)}
    return Attempt(
        attempt_id=sitting.attempt_id,
        module=sitting.module,
        purpose=sitting.purpose,
        form=sitting.form,
        version=form.version,
        number=len(before) + 1,
        answers=answers,
        scores=scores,
        score=total,
        max_score=form.max_score,
        passed=done,
        told=told,
        seconds=_item_seconds(sitting, form),
        started=sitting.started,
        finished=sitting.finished,
    )


def _item_seconds(sitting: Sitting, form: Form) -> dict[str, float] | None:
    """How long each of the form's questions was looked at, where the page told."""
    if sitting.seconds is None:
        return None
    return {item: seconds for item, seconds in sitting.seconds.items() if item in form.by_id}


def _told_items(
    form: Form, answers: Mapping[str, Any], scores: Mapping[str, float], *, reveal: bool
) -> dict[str, Any]:
    """What may be said of each item; everything only once the quiz is passed."""
    return {
        item.id: {
            "score": scores[item.id],
            "max": 1.0,
            "feedback_html": feedback_html(
                item, answers[item.id], reveal=reveal, reread=section_href(item)
            ),
        }
        for item in form.items
    }


def by_objective(
    module: Module, form: Form, scores: Mapping[str, float]
) -> dict[str, dict[str, Any]]:
    """The score of each objective that a form asks about, in the module's order."""
    return {
        objective: {
            "text": text,
            "score": sum(scores[item.id] for item in items),
            "max": float(len(items)),
        }
        for objective, text in module.objectives.items()
        if (items := [item for item in form.items if item.objective == objective])
    }
