"""Rescoring in a course folder: after a corrected key, what was handed in is graded again.

The same as `rescoring` does for the portal's attempts: it is shown first, then written in one
transaction of the gradebook. Who would fall below passing keeps what they have, unless the
instructor says otherwise.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from . import rescoring
from .autograde import Desk, batches, marker_of, new_work
from .collecting import collect, from_portal, is_portals
from .coursefolder import CONFIG_NAME, CourseFolder, read_course
from .curriculum import Curriculum
from .errors import ConflictError
from .gradebook import open_gradebook, student_id, write_gradebook
from .log import Database
from .marking import Marked, Marker
from .marksheet import Points, hold, read_notebooks, read_points
from .rescoring import Change, Plan
from .scoring import passed
from .settings import Settings
from .worksheets import PRECHECK, SAT_AS


class Regrading:
    """One quiz of a course folder, to be graded again with the key as it is now."""

    def __init__(self, course: CourseFolder, quiz: str) -> None:
        self.course = course
        self.quiz = quiz
        with open_gradebook(course.gradebook_url) as book:
            found = read_notebooks(book, quiz)
        marker = marker_of(course, quiz, found) if found else None
        if isinstance(marker, str):
            raise ConflictError(
                f"{quiz} is graded by nbgrader itself ({marker}), which cannot say beforehand "
                "what would change; grade it again with --force."
            )
        self._desk = Desk(course, marker) if isinstance(marker, Marker) else None
        self._folders = course.submitted().get(quiz, {})

    def plan(self, *, share: float | None) -> Plan:
        """Mark again what learners handed in themselves; change nothing.

        `share` of the points passes, if it is a quiz that one passes. What is not graded yet
        is left to be graded, and what the portal handed in is the log's to plan.
        """
        fresh = new_work(self.course, self.quiz, self._folders)
        graded = {who: path for who, path in self._folders.items() if who not in fresh}
        own = {who: path for who, path in graded.items() if not from_portal(path)}
        changes: list[Change] = []
        if self._desk is None:
            return Plan(self.quiz, "", 0, 0, changes, in_log=False)
        for some in batches(own):
            marked = self._desk.mark(some)
            with open_gradebook(self.course.gradebook_url) as book:
                held = read_points(book, self._desk.marker.kept, [student for student, _ in some])
            changes += filter(None, (self._change(one, held, share) for one in marked))
        return Plan(self.quiz, "", len(own), 0, changes, in_log=False)

    def _change(
        self, one: Marked, held: Mapping[str, Mapping[str, Points]], share: float | None
    ) -> Change | None:
        """What would change for a submission that is in the gradebook, or None."""
        points, marks = held.get(one.hand_in.student), one.marks.points
        if not points or all(marks.get(name) == row.auto for name, row in points.items()):
            return None
        before = sum(row.total(row.auto) for row in points.values())
        after = sum(row.total(marks.get(name)) for name, row in points.items())
        cells = self._desk.marker.kept.cells if self._desk else {}
        maximum = sum(cells[name].points or 0.0 for name in points)
        known = share is not None
        return Change(
            attempt=None,
            learner=one.hand_in.student,
            course=self.course.course_id,
            number=None,
            before=before,
            after=after,
            max_score=maximum,
            passed_before=passed(before, maximum=maximum, share=share or 0.0) if known else None,
            passes=passed(after, maximum=maximum, share=share or 0.0) if known else None,
            scores={name: earned or 0.0 for name, earned in marks.items()},
        )

    def from_portal(self) -> set[str]:
        """Whose submission the portal has handed in."""
        return {who for who, path in self._folders.items() if from_portal(path)}

    def write(self, students: Collection[str]) -> None:
        """Grade some submissions again, all or none of them."""
        again = {who: path for who, path in self._folders.items() if who in students}
        if self._desk is None or not again:
            return
        with open_gradebook(self.course.gradebook_url) as book:
            hold(book, self.course.course_id)
            for some in batches(again):
                # The files first: a run that ends here is seen by the next one by its rows.
                marked = self._desk.write_rows(book, self._desk.mark(some))
                self._desk.write_files(marked)


class Rescorer:
    """Rescoring of one quiz or several, in the log, in a course folder, or in both.

    With a course folder it is that course only: what was handed in there, and in the log the
    attempts of its learners if the portal writes its gradebook. Without one, all courses in
    the log.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        curriculum: Curriculum,
        folder: Path | None,
        name: str | None,
    ) -> None:
        self.settings = settings
        self.database = database
        self.curriculum = curriculum
        self.course = read_course(folder) if folder else None
        names = [name] if name else [module.id for module in curriculum.course.modules]
        self.quizzes = [quiz for one in names for quiz in rescoring.quizzes_of(curriculum, one)]
        if self.course and not name:
            # What an instructor has given code of their own is nobody's to rescore here.
            self.quizzes = [quiz for quiz in self.quizzes if _is_data(self.course, quiz)]

    @property
    def _with_log(self) -> bool:
        return self.course is None or is_portals(self.course, self.settings)

    def plans(self) -> Iterator[Plan]:
        """What would change, quiz by quiz; of a course folder only what is in it."""
        for quiz in self.quizzes:
            in_log, in_folder = self._plan(quiz)
            found = [plan for plan in (in_log, in_folder) if plan and plan.considered]
            yield from found or ([in_folder or in_log] if len(self.quizzes) == 1 else [])

    def _plan(self, quiz: str) -> tuple[Plan, Plan | None]:
        with self.database.read() as session:
            in_log = self._plan_log(session, quiz)
        if self.course is None:
            return in_log, None
        return in_log, Regrading(self.course, quiz).plan(share=self._share(quiz))

    def _plan_log(self, session: Session, quiz: str) -> Plan:
        if not self._with_log:
            module, _, kind = quiz.rpartition("-")
            form = self.curriculum.quizzes[module].form("A" if SAT_AS[kind][1] == "A" else "B")
            return Plan(quiz, form.version, 0, 0)
        course = self.course.course_id if self.course else None
        return rescoring.plan(session, self.curriculum, quiz, course=course)

    def _share(self, quiz: str) -> float | None:
        """The share of the points that passes; None where there is nothing to pass."""
        module, _, kind = quiz.rpartition("-")
        if kind == PRECHECK:
            return None
        return self.curriculum.course.by_id[module].meta.pass_share

    def write(self, *, take_away: bool, by: str) -> Iterator[str]:
        """Write what changes, each quiz with its note in one transaction; say what was written.

        The log is read once more for it, so what came in meanwhile is in it.
        """
        touched: dict[str, set[str]] = {}
        for quiz in self.quizzes:
            note, changed = self._write(quiz, take_away=take_away, by=by)
            if note is not None:
                yield f"{quiz}: written, and noted in the log as rescoring {note}"
            for change in changed:
                touched.setdefault(change.course, set()).add(change.learner)
        for course, learners in sorted(touched.items()):
            with self.database.read() as session:
                address = self.settings.gradebook(course)
                write_gradebook(session, self.curriculum, address, course, learners)
            self._show_again(course, {student_id(learner) for learner in learners})

    def _write(self, quiz: str, *, take_away: bool, by: str) -> tuple[int | None, list[Change]]:
        """Write one quiz; return its note, and what changed in the log."""
        with self.database.write() as session:
            in_log = self._plan_log(session, quiz)
            again = Regrading(self.course, quiz) if self.course else None
            handed_in = again.plan(share=self._share(quiz)) if again else None
            note = rescoring.apply(
                session,
                in_log,
                take_away=take_away,
                by=by,
                at=datetime.now(UTC),
                handed_in=handed_in,
            )
            if again and handed_in:
                # Inside, so that there is no note of what the gradebook refused.
                again.write({one.learner for one in handed_in.written(take_away=take_away)})
        return note, in_log.written(take_away=take_away)

    def _show_again(self, course: str, students: set[str]) -> None:
        """Where formgrader shows the portal's work, hand in what counts now and grade it again."""
        folder = self.course.root if self.course else self.settings.course_folder(course)
        if not (folder / f"{CONFIG_NAME}.py").is_file():
            return
        there = read_course(folder)
        if not is_portals(there, self.settings):
            return
        for quiz in self.quizzes:
            with self.database.read() as session:
                for _ in collect(session, there, only=quiz):
                    pass
            again = Regrading(there, quiz) if _is_data(there, quiz) else None
            if again:
                again.write(students & again.from_portal())


def _is_data(course: CourseFolder, quiz: str) -> bool:
    with open_gradebook(course.gradebook_url) as book:
        found = read_notebooks(book, quiz)
    return not found or not isinstance(marker_of(course, quiz, found), str)
