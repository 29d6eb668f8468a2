"""Feedback: reflections read by a person, against the rubric; complete, or not yet and why.

A reflection waits from the moment it is saved with words in it. What a reader says is an entry
about the text they read, and the latest entry counts. Once it is complete it stays so; when it
comes back as not yet, it waits again as soon as the learner saves another text.
It is never graded by what somebody feels or discloses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from . import audit, cohorts
from .audit import Act
from .curriculum import Curriculum
from .errors import AnswerError, ConflictError
from .items import Reflection as ReflectionItem
from .log import Assessment, Enrolment, Member, Reflection, SavedComment, store

PORTAL, FORMGRADER = "portal", "formgrader"
COMPLETE, NOT_YET = 1.0, 0.0
"""The points of a reflection in the gradebook."""
LONGEST_COMMENT = 5000
MOST_COMMENTS = 200
State = Literal["waiting", "not_yet", "complete"]
_MARKS = select(Assessment).where(
    Assessment.id.in_(
        select(func.max(Assessment.id))
        .where(
            Assessment.enrolment_id.in_(bindparam("enrolments", expanding=True)),
            Assessment.stands,
        )
        .group_by(Assessment.enrolment_id, Assessment.module)
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A reflection in the queue.

    `again` means that it was returned and sent once more; `disagrees`, that formgrader and the
    portal were told different things about it.
    """

    enrolment_id: int
    member_id: int
    name: str
    module: str
    at: datetime
    again: bool
    disagrees: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a reader said, once."""

    id: int
    met: list[bool]
    complete: bool
    comment: str
    by: str
    at: datetime
    source: str
    stands: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A reflection laid open for its reader; `seen` goes back with the verdict."""

    enrolment_id: int
    member_id: int
    name: str
    module: str
    prompt: str
    rubric: Sequence[str]
    text: str
    claimed: list[bool]
    at: datetime
    reflection_id: int
    state: State
    said: list[Said] = field(default_factory=list)
    earlier_texts: int = 0

    @property
    def seen(self) -> int:
        """The latest thing said of it when it was laid open; 0 for nothing."""
        return self.said[-1].id if self.said else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A reader's word: which lines of the rubric are met, complete or not yet, a comment."""

    met: tuple[bool, ...]
    complete: bool
    comment: str = ""

    def __post_init__(self) -> None:
        if len(self.comment) > LONGEST_COMMENT:
            raise AnswerError(f"at most {LONGEST_COMMENT:,} characters are kept", field="comment")
        if not self.complete and not self.comment.strip():
            raise AnswerError(
                "say what is still needed, so that the learner can go on", field="comment"
            )


# --- where reflections stand -----------------------------------------------------------------


def marks(session: Session, enrolment_ids: Sequence[int]) -> dict[int, dict[str, Assessment]]:
    """What counts as said of each reflection, by enrolment and module."""
    return _by_learner(session.scalars(_MARKS, {"enrolments": list(enrolment_ids)}).all())


def marks_of_course(session: Session, course: str) -> dict[int, dict[str, Assessment]]:
    """The same for everybody in a course."""
    latest = (
        select(func.max(Assessment.id))
        .join(Enrolment, Enrolment.id == Assessment.enrolment_id)
        .where(Enrolment.course == course, Assessment.stands)
        .group_by(Assessment.enrolment_id, Assessment.module)
    )
    return _by_learner(session.scalars(select(Assessment).where(Assessment.id.in_(latest))).all())


def _by_learner(rows: Sequence[Assessment]) -> dict[int, dict[str, Assessment]]:
    found: dict[int, dict[str, Assessment]] = {}
    for row in rows:
        found.setdefault(row.enrolment_id, {})[row.module] = row
    return found


class HandedIn(NamedTuple):
    """That a reflection is in, without its words."""

    id: int
    enrolment_id: int
    module: str
    at: datetime
    complete: bool


def handed_in(session: Session, course: str) -> dict[int, dict[str, HandedIn]]:
    """The latest state of everybody's reflections that have words in them, without the words."""
    latest = (
        select(func.max(Reflection.id))
        .join(Enrolment, Enrolment.id == Reflection.enrolment_id)
        .where(Enrolment.course == course)
        .group_by(Reflection.enrolment_id, Reflection.module)
    )
    rows = session.execute(
        select(
            Reflection.id,
            Reflection.enrolment_id,
            Reflection.module,
            Reflection.at,
            Reflection.complete,
        ).where(Reflection.id.in_(latest), func.trim(Reflection.text) != "")
    )
    found: dict[int, dict[str, HandedIn]] = {}
    for row in rows:
        found.setdefault(row.enrolment_id, {})[row.module] = HandedIn(*row)
    return found


def state(saved: Reflection | HandedIn | None, mark: Assessment | None) -> State:
    """Where a reflection stands that somebody reads: one that is saved or spoken of."""
    if mark is None:
        return "waiting"
    if mark.complete:
        return "complete"
    return "waiting" if saved is not None and is_newer(saved, mark) else "not_yet"


def is_newer(saved: Reflection | HandedIn, mark: Assessment) -> bool:
    """Whether a text was saved after what was said of it."""
    if mark.reflection_id is None:
        return saved.at > mark.at
    return saved.id > mark.reflection_id


def queue(session: Session, course: str, *, module: str | None = None) -> list[Waiting]:
    """What waits to be read, the longest waiting first; of people who are in the cohort now."""
    if not cohorts.cohort_of(session, course).reads_reflections:
        return []
    people = {
        member.enrolment_id: member
        for member in cohorts.members(session, course, cohorts.Role.LEARNER)
        if member.enrolment_id is not None
    }
    said = marks_of_course(session, course)
    open_ = disputed(session, course)
    found = []
    for enrolment_id, modules in handed_in(session, course).items():
        member = people.get(enrolment_id)
        if member is None:
            continue
        for row in modules.values():
            mark = said.get(enrolment_id, {}).get(row.module)
            disagrees = (enrolment_id, row.module) in open_
            if module not in (None, row.module):
                continue
            if state(row, mark) == "waiting" or disagrees:
                found.append(
                    Waiting(
                        enrolment_id=enrolment_id,
                        member_id=member.id,
                        name=cohorts.shown_name(member),
                        module=row.module,
                        at=row.at,
                        again=mark is not None,
                        disagrees=disagrees,
                    )
                )
    return sorted(found, key=lambda one: (one.at, one.enrolment_id, one.module))


def disputed(session: Session, course: str) -> set[tuple[int, str]]:
    """The reflections of which formgrader last said something that does not stand yet."""
    rows = session.execute(
        select(Assessment.enrolment_id, Assessment.module, Assessment.id, Assessment.stands)
        .join(Enrolment, Enrolment.id == Assessment.enrolment_id)
        .where(Enrolment.course == course)
        .order_by(Assessment.id)
    )
    last = {(enrolment, module): stands for enrolment, module, _, stands in rows}
    return {where for where, stands in last.items() if not stands}


# --- reading ---------------------------------------------------------------------------------


def read(
    session: Session, curriculum: Curriculum, course: str, enrolment_id: int, module: str
) -> Reading:
    """Lay a reflection open; raise `ConflictError` when there is none of this course to read."""
    _check_read(session, course)
    enrolment = _enrolment(session, course, enrolment_id)
    saved = store.reflection(session, enrolment, module)
    if saved is None or module not in curriculum.course.by_id:
        raise ConflictError("There is no such reflection in this cohort.")
    item = _item(curriculum, module)
    member = _member(session, enrolment_id)
    texts = session.scalar(
        select(func.count(Reflection.id)).where(
            Reflection.enrolment_id == enrolment_id, Reflection.module == module
        )
    )
    return Reading(
        enrolment_id=enrolment_id,
        member_id=member.id if member else 0,
        name=cohorts.shown_name(member) if member else enrolment.learner.name,
        module=module,
        prompt=item.stem,
        rubric=item.rubric,
        text=saved.text,
        claimed=saved.met,
        at=saved.at,
        reflection_id=saved.id,
        state=state(saved, marks(session, [enrolment_id]).get(enrolment_id, {}).get(module)),
        said=said_of(session, enrolment_id, module),
        earlier_texts=(texts or 1) - 1,
    )


def _item(curriculum: Curriculum, module: str) -> ReflectionItem:
    form = curriculum.quizzes[module].reflection_form
    found = next((item for item in form.items if isinstance(item, ReflectionItem)), None)
    if found is None:
        raise ConflictError(f"{module} has no reflection.")
    return found


def _check_read(session: Session, course: str) -> None:
    """Where nobody reads reflections they are the learner's alone."""
    if not cohorts.cohort_of(session, course).reads_reflections:
        raise ConflictError("The reflections of this course are read by nobody but their writers.")


def _enrolment(session: Session, course: str, enrolment_id: int) -> Enrolment:
    found = session.get(Enrolment, enrolment_id)
    if found is None or found.course != course:
        raise ConflictError("There is no such learner in this cohort.")
    return found


def _member(session: Session, enrolment_id: int) -> Member | None:
    return session.scalar(select(Member).where(Member.enrolment_id == enrolment_id))


def said_of(session: Session, enrolment_id: int, module: str) -> list[Said]:
    """Everything that was said of a reflection, oldest first."""
    rows = session.scalars(
        select(Assessment)
        .where(Assessment.enrolment_id == enrolment_id, Assessment.module == module)
        .order_by(Assessment.id)
    )
    return [
        Said(
            id=row.id,
            met=row.met,
            complete=row.complete,
            comment=row.comment,
            by=row.by,
            at=row.at,
            source=row.source,
            stands=row.stands,
        )
        for row in rows
    ]


def assess(
    session: Session,
    course: str,
    enrolment_id: int,
    module: str,
    verdict: Verdict,
    *,
    reflection_id: int,
    seen: int,
    act: Act,
) -> Assessment:
    """Write down what a reader says of the text they read.

    Raise `ConflictError` when the learner has sent another text since, or another reader has
    spoken: nobody's word is overwritten unread.
    """
    _check_read(session, course)
    enrolment = _enrolment(session, course, enrolment_id)
    store.hold(session, enrolment)
    saved = store.reflection(session, enrolment, module)
    if saved is None:
        raise ConflictError("There is no such reflection in this cohort.")
    if saved.id != reflection_id:
        raise ConflictError("The learner has sent another text since you opened this one.")
    before = said_of(session, enrolment_id, module)
    if (before[-1].id if before else 0) != seen:
        raise ConflictError(
            f"{before[-1].by} has marked this reflection since you opened it. "
            "Look at what they said first."
        )
    row = add(
        session,
        enrolment_id,
        module,
        met=verdict.met,
        score=COMPLETE if verdict.complete else NOT_YET,
        comment=verdict.comment,
        reflection_id=saved.id,
        act=act,
    )
    member = _member(session, enrolment_id)
    audit.note(
        session, act, "reflection.assess", course=course,
        member_id=member.id if member else None,
        before={"complete": before[-1].complete} if before else {},
        after={"module": module, "assessment": row.id, "complete": verdict.complete},
    )  # fmt: skip
    return row


def add(
    session: Session,
    enrolment_id: int,
    module: str,
    *,
    met: Sequence[bool] = (),
    score: float,
    comment: str,
    reflection_id: int | None,
    source: str = PORTAL,
    stands: bool = True,
    act: Act,
) -> Assessment:
    """Add an entry as it is; whoever calls has checked that it may be added.

    The whole point means complete; anything less, as formgrader can say it, means not yet.
    """
    row = Assessment(
        enrolment_id=enrolment_id,
        module=module,
        reflection_id=reflection_id,
        met=list(met),
        score=score,
        complete=score >= COMPLETE,
        comment=comment,
        source=source,
        stands=stands,
        by=act.by,
        at=act.at,
    )
    session.add(row)
    session.flush()
    return row


# --- sentences used again --------------------------------------------------------------------


def comments(session: Session, course: str, module: str | None = None) -> Sequence[SavedComment]:
    """The comment bank of a cohort: what was kept for a module, then for all of them."""
    query = select(SavedComment).where(SavedComment.course == course)
    if module is not None:
        query = query.where(SavedComment.module.is_(None) | (SavedComment.module == module))
    rows = session.scalars(query.order_by(SavedComment.id)).all()
    return sorted(rows, key=lambda row: row.module is None)


def keep_comment(
    session: Session, course: str, text: str, *, module: str | None = None, act: Act
) -> SavedComment:
    """Keep a sentence for the next time."""
    if not text.strip() or len(text) > LONGEST_COMMENT:
        raise AnswerError(f"a comment has 1 to {LONGEST_COMMENT:,} characters", field="text")
    kept = comments(session, course)
    for row in kept:
        if (row.text, row.module) == (text, module):
            return row
    if len(kept) >= MOST_COMMENTS:
        raise ConflictError(f"The bank holds {MOST_COMMENTS} comments at most; drop one first.")
    row = SavedComment(course=course, module=module, text=text, by=act.by, at=act.at)
    session.add(row)
    session.flush()
    return row


def drop_comment(session: Session, course: str, comment_id: int) -> None:
    """Take a sentence out of the bank."""
    row = session.get(SavedComment, comment_id)
    if row is not None and row.course == course:
        session.delete(row)


def plain(said: Mapping[str, Assessment]) -> dict[str, dict[str, Any]]:
    """What was said of a learner's reflections, for their own copy of everything."""
    return {
        module: {"met": row.met, "complete": row.complete, "comment": row.comment, "at": row.at}
        for module, row in said.items()
    }
