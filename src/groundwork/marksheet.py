"""Rows of nbgrader's gradebook, read and written many at once, without importing nbgrader.

What is written is what its `autograde` would leave: a row is made when absent, changed when
different, and what a person entered stays.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

from sqlalchemy import (
    Boolean,
    DateTime,
    Interval,
    TableClause,
    bindparam,
    case,
    column,
    func,
    insert,
    select,
    table,
    update,
)
from sqlalchemy.orm import Session

from .worksheets import Cell

COURSE = table("course", column("id"))
ASSIGNMENT = table(
    "assignment", column("id"), column("name"), column("course_id"), column("duedate", DateTime())
)
NOTEBOOK = table("notebook", column("id"), column("name"), column("assignment_id"))
BASE_CELL = table("base_cell", column("id"), column("name"), column("notebook_id"), column("type"))
GRADE_CELL = table("grade_cells", column("id"), column("max_score"))
SOURCE_CELL = table(
    "source_cell",
    column("name"),
    column("cell_type"),
    column("source"),
    column("checksum"),
    column("notebook_id"),
)
STUDENT = table("student", column("id"))
HANDED_IN = table(
    "submitted_assignment",
    column("id"),
    column("assignment_id"),
    column("student_id"),
    column("timestamp", DateTime()),
    column("extension", Interval()),
)
SHEET = table(
    "submitted_notebook",
    column("id"),
    column("notebook_id"),
    column("assignment_id"),
    column("flagged", Boolean()),
    column("late_submission_penalty"),
)
GRADE = table(
    "grade",
    column("id"),
    column("cell_id"),
    column("notebook_id"),
    column("auto_score"),
    column("manual_score"),
    column("extra_credit"),
    column("needs_manual_grade", Boolean()),
)
COMMENT = table(
    "comment", column("id"), column("cell_id"), column("notebook_id"), column("auto_comment")
)
Penalty = Callable[[str, float, float], float | None]
"""What late work loses: (student, score, seconds late)."""


@dataclass(frozen=True, slots=True)
class KeptNotebook:
    """A notebook as the gradebook keeps it, and where its submissions' rows belong."""

    id: str
    name: str
    assignment_id: str
    duedate: datetime | None
    cells: Mapping[str, Cell]
    grade_ids: Mapping[str, str]
    comment_ids: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Marks:
    """What one submission earned: points by cell (None: by a person), comments by cell.

    `doubtful` sends every cell to a person, whatever it earned.
    """

    student: str
    timestamp: datetime | None
    points: dict[str, float | None]
    comments: dict[str, str | None] = field(default_factory=dict)
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Points:
    """What a cell earned by program and by person, a person's before a program's."""

    auto: float | None
    manual: float | None
    extra: float | None

    def total(self, auto: float | None) -> float:
        """What it counts, as nbgrader adds, if a program gave it `auto`."""
        given = auto if self.manual is None else self.manual
        return 0.0 if given is None else given + (self.extra or 0.0)


def read_notebooks(book: Session, assignment: str) -> list[KeptNotebook] | None:
    """The notebooks of an assignment, or None when the gradebook does not know it."""
    found = book.execute(
        select(ASSIGNMENT.c.id, ASSIGNMENT.c.duedate).where(ASSIGNMENT.c.name == assignment)
    ).first()
    if found is None:
        return None
    rows = book.execute(
        select(NOTEBOOK.c.id, NOTEBOOK.c.name).where(NOTEBOOK.c.assignment_id == found.id)
    )
    return [_kept(book, row.id, row.name, found) for row in rows.all()]


def _kept(book: Session, notebook_id: str, name: str, assignment: Any) -> KeptNotebook:
    bases = book.execute(
        select(BASE_CELL.c.id, BASE_CELL.c.name, BASE_CELL.c.type, GRADE_CELL.c.max_score)
        .outerjoin_from(BASE_CELL, GRADE_CELL, GRADE_CELL.c.id == BASE_CELL.c.id)
        .where(BASE_CELL.c.notebook_id == notebook_id)
    ).all()
    points = {row.name: float(row.max_score) for row in bases if row.type == "GradeCell"}
    by_hand = {row.name: row.id for row in bases if row.type in {"SolutionCell", "TaskCell"}}
    sources = book.execute(select(SOURCE_CELL).where(SOURCE_CELL.c.notebook_id == notebook_id))
    return KeptNotebook(
        id=notebook_id,
        name=name,
        assignment_id=assignment.id,
        duedate=assignment.duedate,
        cells={
            row.name: Cell(
                name=row.name,
                source=row.source,
                type=row.cell_type,
                points=points.get(row.name),
                by_hand=row.name in by_hand,
                checksum=row.checksum,
            )
            for row in sources
        },
        grade_ids={row.name: row.id for row in bases if row.type == "GradeCell"},
        comment_ids=by_hand,
    )


def hold(book: Session, course: str) -> None:
    """Wait for any other writer of this gradebook, and make the course's row if need be.

    On SQLite whoever begins to write has the file already.
    """
    query = select(COURSE.c.id).where(COURSE.c.id == course)
    if book.execute(query.with_for_update()).first() is None:
        book.execute(insert(COURSE), {"id": course})


def write_marks(
    book: Session, kept: KeptNotebook, all_marks: Sequence[Marks], penalty: Penalty | None
) -> None:
    """Write what some submissions earned, in a few statements however many they are."""
    _put_students(book, [marks.student for marks in all_marks])
    handed_in, before = _put_submissions(book, kept, all_marks)
    known, fresh = _put_sheets(book, kept, [row["id"] for row in handed_in.values()], before)
    sheets = {student: (known | fresh)[row["id"]] for student, row in handed_in.items()}
    given = {marks.student: marks for marks in all_marks}
    _put_grades(book, kept, {sheets[student]: given[student] for student in given}, known.values())
    _put_penalties(book, kept, handed_in, sheets, list(known.values()), penalty)


def extended_without_date(
    book: Session, kept: KeptNotebook, timestamps: Mapping[str, datetime | None]
) -> set[str]:
    """Who was granted more time although there is no due date, over which nbgrader stumbles.

    It does so when it knows when the work came, from now or from before.
    """
    if kept.duedate is not None:
        return set()
    rows = book.execute(
        select(HANDED_IN.c.student_id, HANDED_IN.c.timestamp).where(
            HANDED_IN.c.assignment_id == kept.assignment_id,
            HANDED_IN.c.student_id.in_(list(timestamps)),
            HANDED_IN.c.extension.is_not(None),
        )
    )
    return {student for student, before in rows if timestamps[student] or before}


def read_points(
    book: Session, kept: KeptNotebook, students: Sequence[str]
) -> dict[str, dict[str, Points]]:
    """What some submissions hold now, by student and by the name of the cell."""
    names = {cell: name for name, cell in kept.grade_ids.items()}
    rows = book.execute(
        select(
            HANDED_IN.c.student_id,
            GRADE.c.cell_id,
            GRADE.c.auto_score,
            GRADE.c.manual_score,
            GRADE.c.extra_credit,
        )
        .join_from(GRADE, SHEET, SHEET.c.id == GRADE.c.notebook_id)
        .join(HANDED_IN, HANDED_IN.c.id == SHEET.c.assignment_id)
        .where(SHEET.c.notebook_id == kept.id, HANDED_IN.c.student_id.in_(students))
    )
    found: dict[str, dict[str, Points]] = {}
    for student, cell, auto, manual, extra in rows:
        found.setdefault(student, {})[names[cell]] = Points(auto, manual, extra)
    return found


def _put_students(book: Session, students: Sequence[str]) -> None:
    known = set(book.execute(select(STUDENT.c.id).where(STUDENT.c.id.in_(students))).scalars())
    _insert(book, STUDENT, [{"id": student} for student in students if student not in known])


def _put_submissions(
    book: Session, kept: KeptNotebook, all_marks: Sequence[Marks]
) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Make or update what was handed in; return the rows by student, and the ids of the old."""
    found = book.execute(
        select(HANDED_IN).where(
            HANDED_IN.c.assignment_id == kept.assignment_id,
            HANDED_IN.c.student_id.in_([marks.student for marks in all_marks]),
        )
    )
    rows = {row.student_id: dict(row._mapping) for row in found}
    before = [row["id"] for row in rows.values()]
    fresh, moved = [], []
    for marks in all_marks:
        row = rows.get(marks.student)
        if row is None:
            row = {
                "id": new_id(),
                "assignment_id": kept.assignment_id,
                "student_id": marks.student,
                "timestamp": marks.timestamp,
                "extension": None,
            }
            rows[marks.student] = row
            fresh.append(row)
        elif marks.timestamp is not None and row["timestamp"] != marks.timestamp:
            row["timestamp"] = marks.timestamp
            moved.append({"row": row["id"], "timestamp": marks.timestamp})
    _insert(book, HANDED_IN, fresh)
    _update(book, HANDED_IN, ["timestamp"], moved)
    return rows, before


def _put_sheets(
    book: Session, kept: KeptNotebook, handed_in: Sequence[str], before: Sequence[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Make the row of each submission's notebook; return those found and those made."""
    query = select(SHEET.c.assignment_id, SHEET.c.id).where(
        SHEET.c.notebook_id == kept.id, SHEET.c.assignment_id.in_(before)
    )
    known = {row.assignment_id: row.id for row in (book.execute(query) if before else ())}
    fresh = {one: new_id() for one in handed_in if one not in known}
    made = [
        {"id": sheet, "notebook_id": kept.id, "assignment_id": one, "flagged": False}
        for one, sheet in fresh.items()
    ]
    _insert(book, SHEET, made)
    return known, fresh


def _put_grades(
    book: Session, kept: KeptNotebook, marked: Mapping[str, Marks], known: Collection[str]
) -> None:
    grades = {
        (row.notebook_id, row.cell_id): row
        for row in (_rows(book, GRADE, list(known)) if known else ())
    }
    comments = {
        (row.notebook_id, row.cell_id): row
        for row in (_rows(book, COMMENT, list(known)) if known and kept.comment_ids else ())
    }
    new_grades, changed_grades = [], []
    new_comments, changed_comments = [], []
    for sheet, marks in marked.items():
        for name, cell in kept.grade_ids.items():
            points = marks.points.get(name)
            row = grades.get((sheet, cell))
            manual = row is not None and row.manual_score is not None
            asked = points is None or manual or marks.doubtful
            values: dict[str, Any] = {"auto_score": points, "needs_manual_grade": asked}
            if row is None:
                values |= _ids(cell, sheet)
                new_grades.append(values)
            elif (row.auto_score, row.needs_manual_grade) != (points, asked):
                changed_grades.append({"row": row.id} | values)
        for name, cell in kept.comment_ids.items():
            said = marks.comments.get(name)
            row = comments.get((sheet, cell))
            if row is None:
                new_comments.append(_ids(cell, sheet) | {"auto_comment": said})
            elif row.auto_comment != said:
                changed_comments.append({"row": row.id, "auto_comment": said})
    _insert(book, GRADE, new_grades)
    _update(book, GRADE, ["auto_score", "needs_manual_grade"], changed_grades)
    _insert(book, COMMENT, new_comments)
    _update(book, COMMENT, ["auto_comment"], changed_comments)


def new_id() -> str:
    """The key of a new row: 32 hex digits, as nbgrader's own, and in half the time of a UUID."""
    return token_hex(16)


def _ids(cell: str, sheet: str) -> dict[str, Any]:
    return {"id": new_id(), "cell_id": cell, "notebook_id": sheet}


def _rows(book: Session, rows: TableClause, sheets: Sequence[str]) -> Sequence[Any]:
    return book.execute(select(rows).where(rows.c.notebook_id.in_(sheets))).all()


def _put_penalties(
    book: Session,
    kept: KeptNotebook,
    handed_in: Mapping[str, Mapping[str, Any]],
    sheets: Mapping[str, str],
    known: Sequence[str],
    penalty: Penalty | None,
) -> None:
    """Take back every penalty, then give those that the course's rule gives now."""
    query = select(SHEET.c.id).where(
        SHEET.c.id.in_(known), SHEET.c.late_submission_penalty.is_not(None)
    )
    lost: dict[str, float | None] = dict.fromkeys(book.scalars(query) if known else ())
    late = {student: seconds_late(kept.duedate, row) for student, row in handed_in.items()}
    late = {student: seconds for student, seconds in late.items() if seconds > 0}
    if penalty and late:
        scores = _scores(book, [sheets[student] for student in late])
        for student, seconds in late.items():
            sheet = sheets[student]
            points = penalty(student, scores.get(sheet, 0.0), seconds)
            if points is not None or sheet in lost:
                lost[sheet] = points
    changed = [{"row": sheet, "late_submission_penalty": points} for sheet, points in lost.items()]
    _update(book, SHEET, ["late_submission_penalty"], changed)


def seconds_late(duedate: datetime | None, handed_in: Mapping[str, Any]) -> float:
    """How late something was handed in, extensions granted; 0 when it was not."""
    if duedate is None or handed_in["timestamp"] is None:
        return 0.0
    due = duedate + (handed_in["extension"] or timedelta())
    late: timedelta = handed_in["timestamp"] - due
    return max(0.0, late.total_seconds())


def _scores(book: Session, sheets: Sequence[str]) -> dict[str, float]:
    """The points of each submitted notebook, a person's before a program's, as nbgrader adds."""
    given = func.coalesce(GRADE.c.manual_score, GRADE.c.auto_score)
    extra = func.coalesce(GRADE.c.extra_credit, 0.0)
    earned = case((given.is_not(None), given + extra), else_=0.0)
    rows = book.execute(
        select(GRADE.c.notebook_id, func.sum(earned))
        .where(GRADE.c.notebook_id.in_(sheets))
        .group_by(GRADE.c.notebook_id)
    )
    return {sheet: float(total or 0.0) for sheet, total in rows}


def _insert(book: Session, rows: TableClause, values: Iterable[dict[str, Any]]) -> None:
    many = list(values)
    if many:
        book.connection().execute(insert(rows), many)


def _update(
    book: Session, rows: TableClause, names: Sequence[str], values: Sequence[dict[str, Any]]
) -> None:
    if values:
        change = update(rows).where(rows.c.id == bindparam("row"))
        book.connection().execute(
            change.values({name: bindparam(name) for name in names}), list(values)
        )
