"""nbgrader's gradebook, written from the log: as often as wanted, always the same result.

One database is one course. Rows have the shape that nbgrader's own generate step makes, so
either may come first. What a person entered (a score, a comment, a due date) is left alone.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from .curriculum import Curriculum
from .errors import ConflictError, SettingsError
from .log import Attempt, Enrolment, Learner, Reflection, store
from .settings import SELF_STUDY
from .worksheets import FORM_A, FORM_B, KERNEL, PRECHECK, REFLECTION, Cell, Worksheet, worksheets

BUSY_SECONDS = 20
LONGEST_NAME = 128
SELF_ASSESSED = "self-assessed"
NOT_YET = "self-assessed: not yet"
SAFE_NAME = str.maketrans({"<": "‹", ">": "›"})
"""formgrader prints names as they are, as text in one place and as HTML in another."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What one cell earned; no score means that a person has to give it."""

    score: float | None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """What a learner handed in for one worksheet, by the name of each graded cell."""

    worksheet: str
    at: datetime
    marks: dict[str, Mark]


def write_gradebook(
    session: Session,
    curriculum: Curriculum,
    gradebook_url: str,
    course: str,
    learners: Collection[str] | None = None,
) -> None:
    """Write a course's gradebook from the log, for all its learners or those of some keys.

    Everything is written in one transaction under the gradebook's one lock, and the log is
    read after the lock is held, so that the last writer has seen everything. Call it after
    the log's own commit.
    """
    sheets = list(worksheets(curriculum))
    with open_gradebook(gradebook_url) as book:
        writer = _Writer(book, course)
        for sheet in sheets:
            writer.put_worksheet(sheet)
        for enrolment in store.enrolments(session, course):
            if learners is None or enrolment.learner.key in learners:
                student = writer.put_student(enrolment.learner)
                for submission in submissions(session, enrolment, sheets):
                    writer.put_submission(student, submission)


def submissions(
    session: Session, enrolment: Enrolment, sheets: Sequence[Worksheet]
) -> Iterator[Submission]:
    """What the log says a learner handed in: the best attempt of each form, and the reflection."""
    attempts = store.attempts(session, enrolment)
    for sheet in sheets:
        kind = sheet.name.removeprefix(f"{sheet.module}-")
        if kind == REFLECTION:
            saved = store.reflection(session, enrolment, sheet.module)
            if saved:
                yield _reflected(sheet, saved, enrolment.course)
            continue
        asked = {
            PRECHECK: ("precheck", "A"),
            FORM_A: ("quiz", "A"),
            FORM_B: ("quiz", "B"),
        }[kind]
        sat = [a for a in attempts if a.module == sheet.module and (a.purpose, a.form) == asked]
        if sat:
            yield _sat(sheet, max(sat, key=lambda attempt: (attempt.score, -attempt.number)))


def _sat(sheet: Worksheet, attempt: Attempt) -> Submission:
    marks = {item.id: Mark(float(attempt.scores.get(item.id, 0.0))) for item in sheet.items}
    return Submission(sheet.name, attempt.finished, marks)


def _reflected(sheet: Worksheet, saved: Reflection, course: str) -> Submission:
    if course != SELF_STUDY:
        mark = Mark(None)
    elif saved.complete:
        mark = Mark(1.0, SELF_ASSESSED)
    else:
        mark = Mark(0.0, NOT_YET)
    return Submission(sheet.name, saved.at, {sheet.items[0].id: mark})


def student_id(key: str) -> str:
    """A learner's key as nbgrader's student id, which is also the name of a folder."""
    written = quote(key, safe="@+ ")
    return written if written.strip(".") else written.replace(".", "%2E")


def read_scores(gradebook_url: str) -> dict[tuple[str, str], tuple[float, float]]:
    """Return (score, maximum) by (assignment, student), as nbgrader's own API reads them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with nbgrader_api().Gradebook(gradebook_url) as book:
            return {
                (assignment.name, submission.student_id): (submission.score, submission.max_score)
                for assignment in book.assignments
                for submission in assignment.submissions
            }


def nbgrader_api() -> ModuleType:
    """`nbgrader.api`, imported late because that takes two seconds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import nbgrader.api
    api: ModuleType = nbgrader.api
    return api


@contextmanager
def open_gradebook(url: str) -> Iterator[Session]:
    """One transaction on a gradebook, whose folder and tables are made when there are none.

    Raise `SettingsError` with one sentence when the server, file or disk refuses.
    """
    address = make_url(url)
    if address.get_backend_name() == "sqlite" and address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = _engine(url)
    try:
        with Session(engine) as book, book.begin():
            _make_tables(book.connection())
            yield book
    except SQLAlchemyError as error:
        shown = address.render_as_string(hide_password=True)
        reason = str(error).splitlines()[0]
        raise SettingsError(f"The gradebook {shown} cannot be used: {reason}") from error
    finally:
        engine.dispose()


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, poolclass=NullPool)
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _say_begin_ourselves)
    event.listen(engine, "begin", _take_the_lock)
    return engine


def _say_begin_ourselves(connection: Any, _record: Any) -> None:
    connection.isolation_level = None


def _take_the_lock(connection: Connection) -> None:
    """Queue behind any other writer now, instead of failing at the end."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _make_tables(connection: Connection) -> None:
    """Do what nbgrader does with an empty database, without its call to a program on PATH."""
    if inspect(connection).get_table_names():
        return
    from alembic.script import ScriptDirectory
    from nbgrader.dbutil import ALEMBIC_DIR

    nbgrader_api().Base.metadata.create_all(connection)
    head = ScriptDirectory(ALEMBIC_DIR).get_current_head()
    connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
    connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": head})


class _Writer:
    """Puts rows into one gradebook: made when absent, changed when different."""

    def __init__(self, book: Session, course: str) -> None:
        self.book = book
        self.api = nbgrader_api()
        # On PostgreSQL this row is the lock; SQLite has locked the file already.
        if book.get(self.api.Course, course, with_for_update=True) is None:
            book.add(self.api.Course(id=course))
            book.flush()
        self.course = course
        self.notebooks: dict[str, Any] = {}

    def put_worksheet(self, sheet: Worksheet) -> None:
        """Make or update the rows of a worksheet's assignment, notebook and cells."""
        api = self.api
        assignment = self._one(api.Assignment, name=sheet.name)
        if assignment is None:
            assignment = api.Assignment(name=sheet.name, course_id=self.course)
            self.book.add(assignment)
            self.book.flush()
        notebook = self._one(api.Notebook, name=sheet.name, assignment_id=assignment.id)
        if notebook is None:
            notebook = api.Notebook(
                name=sheet.name, assignment=assignment, kernelspec=json.dumps(KERNEL)
            )
            self.book.add(notebook)
            self.book.flush()
        self._put_cells(notebook, sheet)
        self.notebooks[sheet.name] = notebook

    def _put_cells(self, notebook: Any, sheet: Worksheet) -> None:
        wanted = {cell.name for cell in sheet.cells}
        kept = {cell.name: cell for cell in notebook.source_cells}
        if kept and set(kept) != wanted:
            self._forget_cells(notebook)
            kept = {}
        for cell in sheet.cells:
            row = kept.get(cell.name)
            if row is None:
                row = self._add_cell(notebook, cell)
            row.source, row.cell_type, row.locked = cell.source, cell.type, not cell.by_hand
            row.checksum = checksum(cell)
        self.book.flush()

    def _add_cell(self, notebook: Any, cell: Cell) -> Any:
        api = self.api
        row = api.SourceCell(name=cell.name, cell_type=cell.type, notebook=notebook)
        self.book.add(row)
        if cell.points is not None:
            self.book.add(
                api.GradeCell(
                    name=cell.name,
                    max_score=cell.points,
                    cell_type=cell.type,
                    notebook=notebook,
                )
            )
        if cell.by_hand:
            self.book.add(api.SolutionCell(name=cell.name, notebook=notebook))
        return row

    def _forget_cells(self, notebook: Any) -> None:
        """Make room for other cells; with submissions that cannot be done, as in nbgrader."""
        if notebook.submissions:
            raise ConflictError(
                f"The gradebook holds work for other questions than {notebook.name} asks now; "
                "give the items their old ids again, or start a new course."
            )
        for row in (*notebook.source_cells, *notebook._base_cells):
            self.book.delete(row)
        self.book.flush()
        self.book.expire(notebook)

    def put_student(self, learner: Learner) -> Any:
        """Make or update a learner's row; a name once known is not taken away."""
        key = student_id(learner.key)
        student = self.book.get(self.api.Student, key)
        if student is None:
            student = self.api.Student(id=key)
            self.book.add(student)
        words = learner.name.translate(SAFE_NAME).split()
        if words:
            student.first_name = " ".join(words[:-1])[:LONGEST_NAME] or None
            student.last_name = words[-1][:LONGEST_NAME]
        self.book.flush()
        return student

    def put_submission(self, student: Any, submission: Submission) -> None:
        """Make or update what a learner handed in for one worksheet."""
        api = self.api
        notebook = self.notebooks[submission.worksheet]
        at = submission.at.astimezone(UTC).replace(tzinfo=None)
        handed_in = self._one(
            api.SubmittedAssignment, assignment_id=notebook.assignment_id, student_id=student.id
        )
        newer = handed_in is not None and handed_in.timestamp != at
        if handed_in is None:
            handed_in = api.SubmittedAssignment(
                assignment_id=notebook.assignment_id, student_id=student.id
            )
            self.book.add(handed_in)
        handed_in.timestamp = at
        self.book.flush()
        sheet = self._one(
            api.SubmittedNotebook, assignment_id=handed_in.id, notebook_id=notebook.id
        )
        if sheet is None:
            sheet = api.SubmittedNotebook(assignment_id=handed_in.id, notebook_id=notebook.id)
            self.book.add(sheet)
            self.book.flush()
        self._put_grades(notebook, sheet, submission.marks, newer=newer)
        self._put_comments(notebook, sheet, submission.marks)

    def _put_grades(
        self, notebook: Any, sheet: Any, marks: dict[str, Mark], *, newer: bool
    ) -> None:
        kept = {grade.cell_id: grade for grade in sheet.grades}
        for cell in notebook.grade_cells:
            grade = kept.get(cell.id)
            if grade is None:
                grade = self.api.Grade(cell_id=cell.id, notebook_id=sheet.id)
                self.book.add(grade)
            mark = marks.get(cell.name, Mark(0.0))
            changed = newer or grade.auto_score != mark.score
            grade.auto_score = mark.score
            if grade.manual_score is None:
                grade.needs_manual_grade = mark.score is None
            elif changed:
                # A person's score stands, and they are asked to look again, as in nbgrader.
                grade.needs_manual_grade = True

    def _put_comments(self, notebook: Any, sheet: Any, marks: dict[str, Mark]) -> None:
        kept = {comment.cell_id: comment for comment in sheet.comments}
        for cell in notebook.solution_cells:
            comment = kept.get(cell.id)
            if comment is None:
                comment = self.api.Comment(cell_id=cell.id, notebook_id=sheet.id)
                self.book.add(comment)
            comment.auto_comment = marks[cell.name].comment if cell.name in marks else None

    def _one(self, table: Any, **values: Any) -> Any:
        return self.book.scalar(select(table).filter_by(**values))


def checksum(cell: Cell) -> str:
    """The checksum nbgrader gives a cell, by which it knows that a learner changed it."""
    from nbformat import from_dict
    from nbgrader.utils import compute_checksum

    return str(compute_checksum(from_dict(cell.node())))  # type: ignore[no-untyped-call]
