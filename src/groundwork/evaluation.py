"""Evaluations: five minutes before the certificate, and again after two to three months.

Answering is optional. An answer is kept without a name, a time or a number that counts up, apart
from the note that its writer was asked; instructors read sums only, and no sum of fewer than ten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from .errors import AnswerError, ConflictError
from .log import Evaluation, EvaluationAsked, Member, Record

FEWEST = 10
"""Counts below this are not told."""
LONGEST_TEXT = 2000
FOLLOW_UP_FROM, FOLLOW_UP_TO = timedelta(days=60), timedelta(days=90)
SCALE = ("Strongly disagree", "Disagree", "Neither", "Agree", "Strongly agree")
FormName = Literal["course", "follow_up"]


@dataclass(frozen=True, slots=True)
class Question:
    """One question: on a scale of five, of some choices, or in words."""

    id: str
    text: str
    choices: tuple[str, ...] = ()

    @property
    def in_words(self) -> bool:
        """Whether it is answered in words."""
        return not self.choices


FORMS: Mapping[FormName, tuple[Question, ...]] = {
    "course": (
        Question("useful", "What I learned is useful in my work with families.", SCALE),
        Question("clear", "The lessons were clear.", SCALE),
        Question("fair", "The quiz asked about what the lessons taught.", SCALE),
        Question("respect", "The course spoke of families with respect.", SCALE),
        Question("access", "I could read and do everything I needed to.", SCALE),
        Question("time", "The stated hours were about what I needed.", SCALE),
        Question("sessions", "The live sessions added to the lessons.", (*SCALE, "I had none")),
        Question("use", "What will you do differently?"),
        Question("better", "What should be better?"),
    ),
    "follow_up": (
        Question("changed", "I have changed something in how I work.", SCALE),
        Question("supported", "My supervisor or agency supports that change.", SCALE),
        Question("families", "Families have noticed a difference.", SCALE),
        Question("what", "What did you change?"),
        Question("barriers", "What stands in the way?"),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """The answers to one question together; what fewer than ten people said is None."""

    id: str
    text: str
    answered: int | None
    counts: Mapping[str, int | None]
    mean: float | None
    words: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """An evaluation as instructors see it; too few answers give no sums at all."""

    form: FormName
    answered: int | None
    sums: Sequence[Sum]


def to_ask(session: Session, member: Member, *, now: datetime) -> FormName | None:
    """The form to show somebody now: the follow-up in its time, else the course's, else none."""
    asked = set(
        session.scalars(select(EvaluationAsked.form).where(EvaluationAsked.member_id == member.id))
    )
    finished = finished_at(session, member)
    in_time = finished is not None and FOLLOW_UP_FROM <= now - finished <= FOLLOW_UP_TO
    if in_time and "follow_up" not in asked:
        return "follow_up"
    return None if "course" in asked else "course"


def finished_at(session: Session, member: Member) -> datetime | None:
    """When somebody's first record in this cohort was issued, from which the follow-up counts."""
    if member.enrolment_id is None:
        return None
    query = select(Record.issued).where(Record.enrolment_id == member.enrolment_id)
    return session.scalar(query.order_by(Record.issued).limit(1))


def answer(session: Session, member: Member, form: FormName, answers: Mapping[str, Any]) -> None:
    """Keep somebody's answers without their name; each question may be left out.

    Raise `ConflictError` when they have answered or declined before.
    """
    kept = _checked(form, answers)
    _note_asked(session, member, form)
    if kept:
        session.add(Evaluation(id=uuid4().hex, course=member.course, form=form, answers=kept))
    session.flush()


def decline(session: Session, member: Member, form: FormName) -> None:
    """Somebody would rather not answer; they are not asked again."""
    _note_asked(session, member, form)


def _note_asked(session: Session, member: Member, form: FormName) -> None:
    try:
        with session.begin_nested():
            session.add(EvaluationAsked(member_id=member.id, form=form))
    except IntegrityError:
        raise ConflictError("You have answered this evaluation. Thank you.") from None


def _checked(form: FormName, answers: Mapping[str, Any]) -> dict[str, Any]:
    questions = {question.id: question for question in FORMS[form]}
    kept: dict[str, Any] = {}
    for name, value in answers.items():
        question = questions.get(name)
        if question is None:
            raise AnswerError(f"there is no question {name[:40]!r}", field="answers")
        if value in (None, ""):
            continue
        if not isinstance(value, str):
            raise AnswerError("an answer is text", field=f"answers.{name}")
        if question.choices and value not in question.choices:
            raise AnswerError(f"{value[:40]!r} is none of its choices", field=f"answers.{name}")
        if len(value) > LONGEST_TEXT:
            raise AnswerError(
                f"at most {LONGEST_TEXT:,} characters are kept", field=f"answers.{name}"
            )
        if value.strip():
            kept[name] = value
    return kept


def summary(session: Session, course: str, form: FormName) -> Summary:
    """What everybody said together."""
    rows = session.scalars(
        select(Evaluation.answers)
        .where(Evaluation.course == course, Evaluation.form == form)
        .order_by(Evaluation.id)
    ).all()
    if len(rows) < FEWEST:
        return Summary(form=form, answered=None, sums=())
    return Summary(
        form=form,
        answered=len(rows),
        sums=[_sum(question, rows) for question in FORMS[form]],
    )


def _sum(question: Question, rows: Sequence[Mapping[str, Any]]) -> Sum:
    said = [row[question.id] for row in rows if question.id in row]
    enough = len(said) >= FEWEST
    scaled = [SCALE.index(one) + 1 for one in said if one in SCALE]
    on_scale = question.choices[: len(SCALE)] == SCALE and len(scaled) >= FEWEST
    return Sum(
        id=question.id,
        text=question.text,
        answered=len(said) if enough else None,
        counts=_told(question, said) if enough else dict.fromkeys(question.choices),
        mean=round(fmean(scaled), 1) if on_scale else None,
        words=sorted(said, key=str.casefold) if enough and question.in_words else (),
    )


def _told(question: Question, said: Sequence[str]) -> dict[str, int | None]:
    """How many chose what; a small count that would follow from the rest takes another with it."""
    counts = {choice: said.count(choice) for choice in question.choices}
    hidden = {choice for choice, count in counts.items() if count < FEWEST}
    others = sorted(counts.keys() - hidden, key=lambda choice: counts[choice])
    if hidden and others and sum(counts[choice] for choice in hidden) < FEWEST:
        hidden.add(others[0])
    return {choice: None if choice in hidden else count for choice, count in counts.items()}
