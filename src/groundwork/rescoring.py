"""Rescoring: after a corrected key, what attempts count now.

First it is shown what would change, then it is written in one transaction with a note of
when, by whom and with what effect. An attempt keeps what it was given, and a pass that is
recorded is kept too, unless the instructor says that it is to be taken away.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from .curriculum import Curriculum
from .errors import ConflictError
from .items import Form, Item
from .log import Attempt, Enrolment, Learner, Rescore, Rescoring
from .scoring import passed, score
from .worksheets import SAT_AS

Counted = tuple[Mapping[str, Any], float, bool | None]
"""What an attempt counts: points by item, in all, and whether it passes."""


@dataclass(frozen=True, slots=True)
class Change:
    """An attempt that would count something else, and whose it is."""

    attempt: int | None
    learner: str
    course: str
    number: int | None
    before: float
    after: float
    max_score: float
    passed_before: bool | None
    passes: bool | None
    scores: Mapping[str, float]

    def __str__(self) -> str:
        which = f"attempt {self.number}" if self.number else "handed in"
        return (
            f"{self.learner} ({self.course}), {which}: "
            f"{self.before:g} -> {self.after:g} of {self.max_score:g}"
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """What a rescoring would do to the log's attempts, or to submissions in a course folder.

    The log keeps a pass beside a score, so there a pass stays while its score changes. A
    gradebook keeps scores only, so there a submission keeps its pass by keeping its score.
    """

    quiz: str
    version: str
    considered: int
    left: int
    changes: list[Change] = field(default_factory=list)
    in_log: bool = True

    @property
    def gained(self) -> list[Change]:
        """The attempts that would pass and did not."""
        return [change for change in self.changes if change.passes and not change.passed_before]

    @property
    def lost(self) -> list[Change]:
        """The attempts that passed and would not."""
        return [change for change in self.changes if change.passed_before and not change.passes]

    def written(self, *, take_away: bool) -> list[Change]:
        """The changes that would be written."""
        if take_away:
            return self.changes
        kept = {id(change) for change in self.lost}
        return [
            change
            for change in self.changes
            if id(change) not in kept or (self.in_log and change.before != change.after)
        ]

    def lines(self, *, take_away: bool) -> Iterator[str]:
        """The plan in words, one line each."""
        moved = [change for change in self.changes if change.before != change.after]
        what = "attempts" if self.in_log else "submissions"
        yield (
            f"{self.quiz}: {self.considered} {what} read with the key as it is now; "
            f"{len(moved)} change their score, {len(self.gained)} gain a pass, "
            f"{len(self.lost)} lose one"
        )
        if self.left:
            yield f"  {self.left} answered other questions than it asks now and are left alone"
        for change in self.gained:
            yield f"  gains a pass: {change}"
        for change in self.lost:
            yield f"  loses a pass: {change}" if take_away else f"  keeps its pass: {change}"
        if self.lost and not take_away:
            yield "  A pass that is recorded is kept; --take-away takes it away."


def plan(session: Session, curriculum: Curriculum, quiz: str, *, course: str | None = None) -> Plan:
    """Score every attempt at a quiz, of one course or of all, with the key as it is now.

    Nothing is changed.
    """
    module, form, purpose, name = _named(curriculum, quiz)
    share = curriculum.course.by_id[module].meta.pass_share
    counted = _counted(session, module, purpose, name)
    scorer = _Scorer(form)
    changes: list[Change] = []
    considered = left = 0
    for row in _sat(session, module, purpose, name, course):
        considered += 1
        scores = scorer.scores(row.answers, same_version=row.version == form.version)
        if scores is None:
            left += 1
            continue
        change = _change(row, counted.get(row.id), scores, share=share)
        if change:
            changes.append(change)
    return Plan(quiz, form.version, considered, left, changes)


def _sat(
    session: Session, module: str, purpose: str, form: str, course: str | None
) -> Iterator[Any]:
    """The attempts at a quiz, as they were given, and whose they are; a few at a time."""
    query = (
        select(
            Attempt.id,
            Attempt.number,
            Attempt.answers,
            Attempt.given_scores,
            Attempt.given_score,
            Attempt.given_passed,
            Attempt.max_score,
            Attempt.version,
            Learner.key,
            Enrolment.course,
        )
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .join(Learner, Learner.id == Enrolment.learner_id)
        .where(Attempt.module == module, Attempt.purpose == purpose, Attempt.form == form)
        .order_by(Attempt.id)
    )
    if course is not None:
        query = query.where(Enrolment.course == course)
    yield from session.execute(query.execution_options(yield_per=1000))


def _change(
    row: Any, counted: Counted | None, scores: Mapping[str, float], *, share: float
) -> Change | None:
    """What would change for an attempt, or None."""
    given = row.given_scores, row.given_score, row.given_passed
    before, total_before, passed_before = counted or given
    total = sum(scores.values())
    passes = None
    if passed_before is not None:
        passes = passed(total, maximum=row.max_score, share=share)
    if scores == before and passes == passed_before:
        return None
    return Change(
        attempt=row.id,
        learner=row.key,
        course=row.course,
        number=row.number,
        before=total_before,
        after=total,
        max_score=row.max_score,
        passed_before=passed_before,
        passes=passes,
        scores=scores,
    )


def apply(
    session: Session,
    made: Plan,
    *,
    take_away: bool,
    by: str,
    at: datetime,
    handed_in: Plan | None = None,
) -> int | None:
    """Write a plan and the note of it, in the caller's transaction; return the note's id.

    The note also tells what becomes of a course folder's submissions. Nothing is written,
    and None returned, when nothing changes.
    """
    lost = {change.attempt for change in made.lost}
    changes = made.written(take_away=take_away)
    beside = handed_in and _told_of_submissions(handed_in, take_away=take_away)
    if not changes and not beside:
        return None
    note = Rescoring(
        at=at,
        by=by,
        quiz=made.quiz,
        version=made.version,
        take_away=take_away,
        effect={
            "considered": made.considered,
            "left": made.left,
            "changed": len(changes),
            "gained": [change.attempt for change in made.gained],
            "taken" if take_away else "kept": [change.attempt for change in made.lost],
        }
        | ({"submissions": beside} if beside else {}),
    )
    session.add(note)
    session.flush()
    rows = [
        {
            "rescoring_id": note.id,
            "attempt_id": change.attempt,
            "scores": dict(change.scores),
            "score": change.after,
            "passed": change.passes or (change.attempt in lost and not take_away)
            if change.passes is not None
            else None,
        }
        for change in changes
    ]
    if rows:
        session.execute(insert(Rescore), rows)
    return note.id


def _told_of_submissions(made: Plan, *, take_away: bool) -> dict[str, Any] | None:
    """What a note says of a course folder; None when nothing in it changes."""
    changes = made.written(take_away=take_away)
    if not changes:
        return None
    return {
        "course": changes[0].course,
        "considered": made.considered,
        "changed": [
            {"student": change.learner, "before": change.before, "after": change.after}
            for change in changes
        ],
        "gained": [change.learner for change in made.gained],
        "taken" if take_away else "kept": [change.learner for change in made.lost],
    }


def quizzes_of(curriculum: Curriculum, name: str) -> list[str]:
    """The quizzes that a name stands for: one, or with a module's id all of its."""
    if name in curriculum.course.by_id:
        return [f"{name}-{suffix}" for suffix in SAT_AS]
    _named(curriculum, name)
    return [name]


def _named(curriculum: Curriculum, quiz: str) -> tuple[str, Form, str, str]:
    """The module, form, purpose and form name of a quiz, by its name."""
    module, _, suffix = quiz.rpartition("-")
    if module not in curriculum.course.by_id or suffix not in SAT_AS:
        known = [f"{one.id}-{end}" for one in curriculum.course.modules for end in SAT_AS]
        raise ConflictError(f"There is no quiz {quiz}; there are {', '.join(known)}.")
    purpose, name = SAT_AS[suffix]
    form = curriculum.quizzes[module].form("A" if name == "A" else "B")
    return module, form, purpose, name


def _counted(session: Session, module: str, purpose: str, form: str) -> dict[int, Counted]:
    """What attempts count that were rescored before."""
    latest = select(func.max(Rescore.id)).group_by(Rescore.attempt_id)
    rows = session.execute(
        select(Rescore.attempt_id, Rescore.scores, Rescore.score, Rescore.passed)
        .join(Attempt, Attempt.id == Rescore.attempt_id)
        .where(
            Rescore.id.in_(latest),
            Attempt.module == module,
            Attempt.purpose == purpose,
            Attempt.form == form,
        )
    )
    return {attempt: (scores, total, passes) for attempt, scores, total, passes in rows}


class _Scorer:
    """Scores answers to one form; the same answer is scored once."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self._known: dict[tuple[str, str], tuple[float, bool]] = {}

    def scores(self, answers: Mapping[str, Any], *, same_version: bool) -> dict[str, float] | None:
        """The points by item, or None when the answers are to other questions."""
        if not same_version and set(answers) != set(self.form.by_id):
            return None
        found = {item.id: self._score(item, answers.get(item.id)) for item in self.form.items}
        if not same_version and not all(fits for _, fits in found.values()):
            return None
        return {item: earned for item, (earned, _) in found.items()}

    def _score(self, item: Item, answer: Any) -> tuple[float, bool]:
        written = item.id, json.dumps(answer)
        if written not in self._known:
            result = score(item, answer)
            self._known[written] = float(result.score), not result.problems
        return self._known[written]
