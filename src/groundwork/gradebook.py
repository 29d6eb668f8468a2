"""nbgrader's gradebook, written from the log: as often as wanted, always the same result.

One database is one course. Rows have the shape that nbgrader's own generate step makes, so
either may come first. What a person entered (a score, a comment, a due date) is left alone, and
so is a notebook that a learner handed in later than what counts in the log.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, inspect, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DatabaseError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from .curriculum import Curriculum
from .errors import ConflictError, SettingsError
from .log import Attempt, Enrolment, Learner, Reflection, store
from .settings import SELF_STUDY
from .worksheets import KERNEL, REFLECTION, SAT_AS, Cell, Worksheet, worksheets

BUSY_SECONDS = 20
LONGEST_NAME = 128
SELF_ASSESSED = "self-assessed"
NOT_YET = "self-assessed: not yet"
NO_RESPONSE = "No response."
"""What nbgrader says of an answer in words that was left empty."""
LONGEST_DATABASE = 63
"""Bytes of a name that PostgreSQL keeps; it cuts off the rest without a word."""
TABLES_LOCK = 0x67726164
"""Whoever makes a gradebook's tables on PostgreSQL holds this lock."""
SAFE_NAME = str.maketrans({"<": "‹", ">": "›"})
"""formgrader prints names as they are, as text in one place and as HTML in another."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What one cell earned; no score means that a person has to give it."""

    score: float | None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """What a learner handed in for one worksheet, by the name of each graded cell.

    `known` are the times of all attempts at it in the log, also of those that do not count.
    """

    worksheet: str
    at: datetime
    marks: dict[str, Mark]
    known: Collection[datetime] = ()


def write_gradebook(
    session: Session,
    curriculum: Curriculum,
    gradebook_url: str,
    course: str,
    learners: Collection[str] | None = None,
    *,
    breathe: Callable[[], None] = lambda: None,
) -> None:
    """Write a course's gradebook from the log, for all its learners or those of some keys.

    A cohort that names its modules has those, and others only where somebody worked in them.
    `breathe` is called after every few rows, so that a process with more to do can pause.

    Everything is written in one transaction under the gradebook's one lock, and the log is
    read after the lock is held, so that the last writer has seen everything. Call it after
    the log's own commit.
    """
    sheets = list(worksheets(curriculum, store.modules_in_use(session, course) or None))
    with open_gradebook(gradebook_url) as book:
        writer = _Writer(book, course)
        for sheet in sheets:
            writer.put_worksheet(sheet)
            breathe()
        for enrolment in store.enrolments(session, course):
            if learners is None or enrolment.learner.key in learners:
                student = writer.put_student(enrolment.learner)
                for submission in submissions(session, enrolment, sheets):
                    writer.put_submission(student, submission)
                for name, times in set_aside(session, enrolment, sheets):
                    writer.take_back(student, name, times)
                breathe()


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
        best = best_attempt(attempts, sheet.module, kind)
        if best:
            yield _sat(sheet, best, _times(attempts, sheet.module, kind))


def set_aside(
    session: Session, enrolment: Enrolment, sheets: Sequence[Worksheet]
) -> Iterator[tuple[str, Collection[datetime]]]:
    """The worksheets of which a learner has attempts, and none that counts any more; and when."""
    attempts = store.attempts(session, enrolment)
    if not any(attempt.set_aside for attempt in attempts):
        return
    for sheet in sheets:
        kind = sheet.name.removeprefix(f"{sheet.module}-")
        if kind not in SAT_AS:
            continue
        times = _times(attempts, sheet.module, kind)
        if times and best_attempt(attempts, sheet.module, kind) is None:
            yield sheet.name, times


def _times(attempts: Sequence[Attempt], module: str, kind: str) -> Collection[datetime]:
    """When every attempt at a worksheet was handed in, also those that do not count."""
    return {
        one.finished
        for one in attempts
        if one.module == module and (one.purpose, one.form) == SAT_AS[kind]
    }


def best_attempt(attempts: Sequence[Attempt], module: str, kind: str) -> Attempt | None:
    """The attempt at a worksheet that counts: the best, and of equals the first; none set aside."""
    sat = [
        one
        for one in attempts
        if one.module == module and (one.purpose, one.form) == SAT_AS[kind] and not one.set_aside
    ]
    return max(sat, key=lambda attempt: (attempt.score, -attempt.number), default=None)


def _sat(sheet: Worksheet, attempt: Attempt, times: Collection[datetime]) -> Submission:
    marks = {item.id: Mark(float(attempt.scores.get(item.id, 0.0))) for item in sheet.items}
    return Submission(sheet.name, attempt.finished, marks, times)


def _reflected(sheet: Worksheet, saved: Reflection, course: str) -> Submission:
    if course != SELF_STUDY and not saved.assessed_by:
        mark = Mark(None) if saved.text.strip() else Mark(0.0, NO_RESPONSE)
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


def forget_student(gradebook_url: str, key: str) -> None:
    """Take a learner and all they handed in out of a gradebook, where there is one."""
    if not _is_there(gradebook_url):
        return
    with open_gradebook(gradebook_url) as book:
        student = book.get(nbgrader_api().Student, student_id(key))
        if student is not None:
            _delete_student(book, student)


def forget_students(gradebook_url: str) -> None:
    """Take everybody and all they handed in out of a gradebook, where there is one."""
    if not _is_there(gradebook_url):
        return
    with open_gradebook(gradebook_url) as book:
        for student in book.scalars(select(nbgrader_api().Student)).all():
            _delete_student(book, student)


def _is_there(gradebook_url: str) -> bool:
    address = make_url(gradebook_url)
    return address.get_backend_name() != "sqlite" or Path(address.database or "").is_file()


def _delete_student(book: Session, student: Any) -> None:
    for handed_in in list(student.submissions):
        _delete_submission(book, handed_in)
    book.expire(student)
    book.delete(student)


def _delete_submission(book: Session, handed_in: Any) -> None:
    """Remove a submission and what hangs on it; nbgrader's tables do not do that themselves."""
    for notebook in list(handed_in.notebooks):
        for row in (*notebook.grades, *notebook.comments):
            book.delete(row)
        book.delete(notebook)
    book.delete(handed_in)
    book.flush()


def nbgrader_api() -> ModuleType:
    """`nbgrader.api`, imported late because that takes two seconds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import nbgrader.api
    api: ModuleType = nbgrader.api
    return api


@contextmanager
def open_gradebook(url: str) -> Iterator[Session]:
    """One transaction on a gradebook, which is made when there is none.

    That is a file, or on a PostgreSQL server a database; and nbgrader's tables in it.
    Raise `SettingsError` with one sentence when the server, file or disk refuses.
    """
    address = make_url(url)
    if address.get_backend_name() == "sqlite" and address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = _engine(url)
    try:
        with _connected(engine) as connection, Session(connection) as book, book.begin():
            _make_tables(book.connection())
            yield book
    except SQLAlchemyError as error:
        shown = address.render_as_string(hide_password=True)
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise SettingsError(f"The gradebook {shown} cannot be used: {reason}") from error


@lru_cache(maxsize=16)
def _engine(url: str) -> Engine:
    """What connects to a gradebook: kept with the SQL it has compiled, but no connection."""
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, poolclass=NullPool)
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _take_the_lock)
    return engine


def _connected(engine: Engine) -> Connection:
    """A connection to a gradebook, whose database is made on its server if it is not there."""
    try:
        return engine.connect()
    except OperationalError:
        if engine.dialect.name != "postgresql":
            raise
    _make_database(engine.url)
    return engine.connect()


def _make_database(address: URL) -> None:
    """Make a course's database on its server, if it is not there."""
    name = address.database or ""
    if len(name.encode()) > LONGEST_DATABASE:
        raise SettingsError(
            f"PostgreSQL cannot tell names of more than {LONGEST_DATABASE} bytes apart; "
            f"give this course a shorter one than {name}."
        )
    engine = create_engine(
        address.set(database="postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    there = text("SELECT 1 FROM pg_database WHERE datname = :name")
    with engine.connect() as server:
        if server.scalar(there, {"name": name}):
            return
        quoted = engine.dialect.identifier_preparer.quote_identifier(name)
        try:
            server.exec_driver_sql(f"CREATE DATABASE {quoted}")
        except DatabaseError:
            # Somebody else who grades this course may have been faster.
            if not server.scalar(there, {"name": name}):
                raise


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """We say BEGIN ourselves; what is deleted is overwritten."""
    connection.isolation_level = None
    connection.execute("PRAGMA secure_delete=ON").close()


def _take_the_lock(connection: Connection) -> None:
    """Queue behind any other writer now, instead of failing at the end."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _make_tables(connection: Connection) -> None:
    """Do what nbgrader does with an empty database, without its call to a program on PATH."""
    if inspect(connection).get_table_names():
        return
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": TABLES_LOCK})
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
        """Make or update what a learner handed in for one worksheet.

        A notebook that they handed in later stands, and so does one of which nobody knows when.
        """
        api = self.api
        notebook = self.notebooks[submission.worksheet]
        at = _naive(submission.at)
        handed_in = self._one(
            api.SubmittedAssignment, assignment_id=notebook.assignment_id, student_id=student.id
        )
        if handed_in is not None and _stands(handed_in, at, submission.known):
            return
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

    def take_back(self, student: Any, worksheet: str, times: Collection[datetime]) -> None:
        """Forget what a learner had handed in at these times, since it counts no more."""
        handed_in = self._one(
            self.api.SubmittedAssignment,
            assignment_id=self.notebooks[worksheet].assignment_id,
            student_id=student.id,
        )
        if handed_in is not None and _is_ours(handed_in, times):
            _delete_submission(self.book, handed_in)

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


def _naive(at: datetime) -> datetime:
    """A time as nbgrader keeps it."""
    return at.astimezone(UTC).replace(tzinfo=None)


def _is_ours(handed_in: Any, times: Collection[datetime]) -> bool:
    """Whether a row was written from the log, and not from a notebook."""
    return handed_in.timestamp in {_naive(one) for one in times}


def _stands(handed_in: Any, at: datetime, times: Collection[datetime]) -> bool:
    """Whether a row is from a notebook that came after a time, or nobody knows when."""
    if handed_in.timestamp is None:
        grades = [one for notebook in handed_in.notebooks for one in notebook.grades]
        if any(one.auto_score is not None or one.manual_score is not None for one in grades):
            return True
        # A reflection waits for a person's mark, and so does the empty row that nbgrader makes
        # for an extension granted beforehand.
        waits = any(one.needs_manual_grade for one in grades)
        return waits and handed_in.extension is None
    return handed_in.timestamp > at and not _is_ours(handed_in, times)


def checksum(cell: Cell) -> str:
    """The checksum nbgrader gives a cell, by which it knows that a learner changed it."""
    from nbformat import from_dict
    from nbgrader.utils import compute_checksum

    return str(compute_checksum(from_dict(cell.node())))  # type: ignore[no-untyped-call]
