"""Marks given by hand, the same in formgrader and in the portal, whichever was used.

For a reflection both sides remember what they last agreed on. Where only one has changed since,
its word goes to the other; where both have, the portal's stands, formgrader's is kept as an
entry that does not stand yet, and the reflection waits for a person to look again. A score that
was typed over a quiz question counts in the log as a rescoring does: noted, and never taking a
pass away.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from . import audit, feedback
from .audit import Act
from .curriculum import Curriculum
from .feedback import FORMGRADER
from .gradebook import best_attempt, nbgrader_api, open_gradebook, student_id
from .log import (
    Attempt,
    Cohort,
    Database,
    Enrolment,
    Learner,
    Member,
    Rescore,
    Rescoring,
    SharedMark,
    store,
)
from .scoring import passed
from .worksheets import REFLECTION, Worksheet, worksheets


class Word(NamedTuple):
    """A score and a comment, as both sides can hold them."""

    score: float
    comment: str


@dataclass(frozen=True, slots=True)
class Agreed:
    """What was brought over: entries from formgrader, marks to it, where they disagree."""

    read: int = 0
    written: int = 0
    disagree: int = 0


def agree(
    database: Database, curriculum: Curriculum, gradebook_url: str, course: str, *, now: datetime
) -> Agreed:
    """Bring the marks of a course's gradebook and of the log together; again changes nothing.

    Call it after `write_gradebook`, which makes the rows. The gradebook is committed first: what
    of the log's part is then lost is found again the next time.
    """
    nbgrader_api()
    sheets = {sheet.name: sheet for sheet in worksheets(curriculum)}
    with open_gradebook(gradebook_url) as book, database.write() as session:
        _hold(book, session, course)
        side = _Side(session, course, now)
        counts = [side.reflection(row, sheets[row.sheet]) for row in _reflections(book, sheets)]
        overruled = side.overrule(curriculum, sheets, _typed_over(book, sheets))
        book.flush()
        book.commit()
    return Agreed(
        read=counts.count("read") + overruled,
        written=counts.count("written"),
        disagree=counts.count("disagree"),
    )


def _hold(book: Session, session: Session, course: str) -> None:
    """One at a time, also where several processes serve a portal; files are locked already."""
    book.get(nbgrader_api().Course, course, with_for_update=True)
    session.execute(select(Cohort.id).where(Cohort.course == course).with_for_update())


@dataclass(slots=True)
class _Row:
    """A graded cell of one student's worksheet, with nbgrader's own rows."""

    sheet: str
    student: str
    cell: str
    grade: Any
    comment: Any = None

    @property
    def word(self) -> Word | None:
        if self.grade.manual_score is None:
            return None
        said = self.comment.manual_comment if self.comment is not None else None
        return Word(float(self.grade.manual_score), said or "")

    def write(self, word: Word, *, look_again: bool) -> None:
        self.grade.manual_score = word.score
        self.grade.needs_manual_grade = look_again
        if self.comment is not None:
            self.comment.manual_comment = word.comment or None


def _graded(book: Session, names: list[str]) -> Any:
    api = nbgrader_api()
    return (
        select(api.Grade, api.Assignment.name, api.SubmittedAssignment.student_id, api.BaseCell)
        .join(api.SubmittedNotebook, api.SubmittedNotebook.id == api.Grade.notebook_id)
        .join(
            api.SubmittedAssignment,
            api.SubmittedAssignment.id == api.SubmittedNotebook.assignment_id,
        )
        .join(api.Assignment, api.Assignment.id == api.SubmittedAssignment.assignment_id)
        .join(api.BaseCell, api.BaseCell.id == api.Grade.cell_id)
        .where(api.Assignment.name.in_(names))
    )


def _reflections(book: Session, sheets: Mapping[str, Worksheet]) -> Iterator[_Row]:
    """The one graded cell of every reflection that was handed in, with its comment."""
    api = nbgrader_api()
    names = [name for name, sheet in sheets.items() if _kind(sheet) == REFLECTION]
    comments = {
        (row.notebook_id, name): row
        for row, name in book.execute(
            select(api.Comment, api.BaseCell.name)
            .join(api.BaseCell, api.BaseCell.id == api.Comment.cell_id)
            .where(api.BaseCell.name.in_([sheets[name].items[0].id for name in names]))
        )
    }
    for grade, sheet, student, cell in book.execute(_graded(book, names)):
        yield _Row(sheet, student, cell.name, grade, comments.get((grade.notebook_id, cell.name)))


def _typed_over(book: Session, sheets: Mapping[str, Worksheet]) -> list[_Row]:
    """The quiz questions whose score a person has typed over, and need not look at again."""
    api = nbgrader_api()
    names = [name for name, sheet in sheets.items() if _kind(sheet) != REFLECTION]
    query = _graded(book, names).where(
        api.Grade.manual_score.isnot(None), api.Grade.needs_manual_grade.is_(False)
    )
    return [
        _Row(sheet, student, cell.name, grade)
        for grade, sheet, student, cell in book.execute(query)
    ]


def _kind(sheet: Worksheet) -> str:
    return sheet.name.removeprefix(f"{sheet.module}-")


class _Side:
    """The log's side of one course."""

    def __init__(self, session: Session, course: str, now: datetime) -> None:
        self.session = session
        self.course = course
        self.act = Act(FORMGRADER, now, "marked in formgrader")
        self.people = {
            student_id(key): enrolment
            for enrolment, key in session.execute(
                select(Enrolment, Learner.key).join(Learner).where(Enrolment.course == course)
            )
        }
        self.members = {
            member.enrolment_id: member.id
            for member in session.scalars(select(Member).where(Member.course == course))
        }
        self.marks = feedback.marks_of_course(session, course)
        self.saved = feedback.handed_in(session, course)
        self.disputed = feedback.disputed(session, course)
        self.shared = {
            (row.enrolment_id, row.module): row
            for row in session.scalars(
                select(SharedMark)
                .join(Enrolment, Enrolment.id == SharedMark.enrolment_id)
                .where(Enrolment.course == course)
            )
        }

    def reflection(self, row: _Row, sheet: Worksheet) -> str | None:
        """Bring one reflection together; say which way its mark went, if any."""
        enrolment = self.people.get(row.student)
        if enrolment is None:
            return None
        where = enrolment.id, sheet.module
        mark = self.marks.get(enrolment.id, {}).get(sheet.module)
        ours = Word(mark.score, mark.comment) if mark else None
        kept = self.shared.get(where)
        shared = Word(kept.score, kept.comment) if kept else None
        theirs = row.word
        if theirs == ours:
            went = None
        elif theirs == shared:
            went = "written"
        elif ours == shared:
            went = "read"
        else:
            went = "disagree"
        if went in ("read", "disagree") and theirs is not None:
            self._enter(enrolment, sheet.module, theirs, stands=went == "read")
            ours = theirs if went == "read" else ours
        if ours is None:
            return went
        self._write(row, where, ours)
        self._share(enrolment.id, sheet.module, ours)
        return went

    def _write(self, row: _Row, where: tuple[int, str], word: Word) -> None:
        enrolment_id, module = where
        saved = self.saved.get(enrolment_id, {}).get(module)
        mark = self.marks.get(enrolment_id, {}).get(module)
        waits = saved is not None and feedback.state(saved, mark) == "waiting"
        row.write(word, look_again=waits or where in self.disputed)

    def _enter(self, enrolment: Enrolment, module: str, word: Word, *, stands: bool) -> None:
        saved = self.saved.get(enrolment.id, {}).get(module)
        entry = feedback.add(
            self.session,
            enrolment.id,
            module,
            score=word.score,
            comment=word.comment,
            reflection_id=saved.id if saved else None,
            source=FORMGRADER,
            stands=stands,
            act=self.act,
        )
        audit.note(
            self.session, self.act, "reflection.assess", course=self.course,
            member_id=self.members.get(enrolment.id),
            after={"module": module, "assessment": entry.id, "complete": entry.complete},
        )  # fmt: skip
        if stands:
            self.marks.setdefault(enrolment.id, {})[module] = entry
            self.disputed.discard((enrolment.id, module))
        else:
            self.disputed.add((enrolment.id, module))

    def _share(self, enrolment_id: int, module: str, word: Word) -> None:
        row = self.shared.get((enrolment_id, module))
        if row is None:
            row = SharedMark(enrolment_id=enrolment_id, module=module)
            self.session.add(row)
            self.shared[enrolment_id, module] = row
        row.score, row.comment = word

    def overrule(
        self, curriculum: Curriculum, sheets: Mapping[str, Worksheet], rows: list[_Row]
    ) -> int:
        """Let the scores that a person typed over quiz questions count; return for how many."""
        typed: dict[tuple[str, str], dict[str, float]] = {}
        for row in rows:
            typed.setdefault((row.student, row.sheet), {})[row.cell] = float(row.grade.manual_score)
            # As the next writing will have it, so that nobody is asked to look again.
            row.grade.auto_score = row.grade.manual_score
        count = 0
        for (student, name), scores in typed.items():
            enrolment = self.people.get(student)
            sheet = sheets[name]
            if enrolment is None:
                continue
            attempts = store.attempts(self.session, enrolment, module=sheet.module)
            attempt = best_attempt(attempts, sheet.module, _kind(sheet))
            if attempt is None:
                continue
            fresh = {item: given for item, given in scores.items() if item in attempt.scores}
            if any(attempt.scores[item] != given for item, given in fresh.items()):
                share = curriculum.course.by_id[sheet.module].meta.pass_share
                self._rescore(attempt, sheet, fresh, share=share)
                count += 1
        return count

    def _rescore(
        self, attempt: Attempt, sheet: Worksheet, given: Mapping[str, float], *, share: float
    ) -> None:
        scores = {**attempt.scores, **given}
        total = float(sum(scores.values()))
        passes = attempt.passed
        if passes is not None:
            passes = passes or passed(total, maximum=attempt.max_score, share=share)
        note = Rescoring(
            at=self.act.at,
            by=FORMGRADER,
            quiz=sheet.name,
            version=attempt.version,
            take_away=False,
            effect={"attempt": attempt.id, "typed": dict(given)},
        )
        self.session.add(note)
        self.session.flush()
        self.session.add(
            Rescore(
                rescoring_id=note.id,
                attempt_id=attempt.id,
                scores=scores,
                score=total,
                passed=passes,
            )
        )
        audit.note(
            self.session, self.act, "attempt.overrule", course=self.course,
            member_id=self.members.get(attempt.enrolment_id),
            before={"score": attempt.score}, after={"quiz": sheet.name, "score": total},
        )  # fmt: skip
