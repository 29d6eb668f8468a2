"""What learners did in the portal, handed in to their course's nbgrader folder.

A course has one gradebook, whether its learners work in the portal or in notebooks. The portal
writes rows into it; what formgrader opens for reading and grading is a notebook. So before it
grades, `groundwork grade` lets the portal hand in, as `nbgrader collect` would: the notebook
that was released, the answers beside it, and when. From there on a submission is a submission,
to our grading, to nbgrader's own, to formgrader and to feedback.

Of each quiz the attempt that counts is handed in, and of a reflection the latest state. What a
learner handed in through nbgrader is replaced only by later work.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session

from .coursefolder import CourseFolder
from .gradebook import best_attempt, student_id
from .grading import MOST_BYTES
from .handins import DamageError, read_timestamp
from .log import Attempt, Enrolment, store
from .rebuilding import SECRET_FILE, TIMESTAMP_FILE
from .settings import SELF_STUDY, Settings
from .worksheets import ANSWERS_FILE, QUIZ_FILE, REFLECTION, SAT_AS

MARK = "portal"
"""In an answers file: which attempt or reflection it was written from."""
HANDED_IN = "handed in by the portal"
LEFT = "left in the portal (it is not released here; run `groundwork quizzes build`)"
TAKEN_BACK = "taken back by the portal"


@dataclass(frozen=True, slots=True)
class Work:
    """One piece of a learner's work in the portal, as it is handed in."""

    assignment: str
    mark: str
    at: datetime
    version: str | None
    answers: Callable[[], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Collected:
    """Whose work on an assignment it was, and what became of it."""

    assignment: str
    learners: tuple[str, ...]
    what: str

    def __str__(self) -> str:
        return f"{self.assignment}: {len(self.learners)} {self.what}"


def is_portals(course: CourseFolder, settings: Settings) -> bool:
    """Whether the portal writes this folder's gradebook, so that its learners are these.

    Self-study has no instructor, so nothing of it is handed in.
    """
    if course.course_id in {"", SELF_STUDY}:
        return False
    return _place(course.gradebook_url) == _place(settings.gradebook(course.course_id))


def _place(url: str) -> URL | Path:
    address = make_url(url)
    if address.get_backend_name() == "sqlite" and address.database:
        return Path(address.database).resolve()
    return address


def collect(
    session: Session, course: CourseFolder, *, only: str | None = None
) -> Iterator[Collected]:
    """Hand in what is new in the log of this course, assignment by assignment.

    What no longer counts there, because an attempt was set aside or a learner's work was
    erased, is taken out of the folder again.
    """
    found: dict[tuple[str, str], list[str]] = {}
    counts: set[tuple[str, str]] = set()
    for enrolment in store.enrolments(session, course.course_id):
        student = student_id(enrolment.learner.key)
        for work in _work(session, course, enrolment, only):
            counts.add((work.assignment, student))
            if not course.folder("release", ".", work.assignment).is_dir():
                found.setdefault((work.assignment, LEFT), []).append(enrolment.learner.key)
            elif _hand_in(course, student, work):
                found.setdefault((work.assignment, HANDED_IN), []).append(enrolment.learner.key)
    for assignment, student in _withdrawn(course, counts, only):
        found.setdefault((assignment, TAKEN_BACK), []).append(student)
    for (assignment, what), learners in sorted(found.items()):
        yield Collected(assignment, tuple(learners), what)


def _withdrawn(
    course: CourseFolder, counts: Collection[tuple[str, str]], only: str | None
) -> Iterator[tuple[str, str]]:
    """Remove what the portal handed in and no longer has."""
    for assignment, folders in course.submitted().items():
        for student, folder in folders.items() if only in (None, assignment) else ():
            if (assignment, student) not in counts and from_portal(folder):
                for step in ("submitted", "autograded", "feedback"):
                    shutil.rmtree(course.folder(step, student, assignment), ignore_errors=True)
                yield assignment, student


def from_portal(folder: Path) -> str | None:
    """Which work of the portal a submission was written from; None when a learner sent it."""
    path = folder / ANSWERS_FILE
    try:
        if path.is_symlink() or path.stat().st_size > MOST_BYTES:
            return None
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    mark = found.get(MARK) if isinstance(found, dict) else None
    return mark if isinstance(mark, str) else None


def _work(
    session: Session, course: CourseFolder, enrolment: Enrolment, only: str | None
) -> Iterator[Work]:
    attempts = store.attempts(session, enrolment)
    for module in sorted({attempt.module for attempt in attempts}):
        for kind in SAT_AS:
            name = f"{module}-{kind}"
            best = best_attempt(attempts, module, kind) if only in (None, name) else None
            if best:
                mark = f"attempt {best.attempt_id}"
                yield Work(name, mark, best.finished, best.version, partial(_given, best))
    for module, saved in store.latest_reflections(session, enrolment).items():
        name = f"{module}-{REFLECTION}"
        if only in (None, name):
            version, item = _asked(course.folder("release", ".", name))
            answers = {item: saved.text} if item else {}
            yield Work(name, f"reflection {saved.id}", saved.at, version, partial(dict, answers))


def _given(attempt: Attempt) -> dict[str, Any]:
    """The questions that were answered, read from the log only when they are needed."""
    return {item: answer for item, answer in attempt.answers.items() if answer is not None}


def _asked(release: Path) -> tuple[str | None, str | None]:
    """The version and the one item of a released reflection."""
    try:
        quiz = json.loads((release / QUIZ_FILE).read_bytes())
    except OSError:
        return None, None
    return quiz["version"], quiz["items"][0]["id"]


def _hand_in(course: CourseFolder, student: str, work: Work) -> bool:
    """Put work where `nbgrader collect` would; False when it is there or later work is."""
    folder = course.folder("submitted", student, work.assignment)
    at = work.at.astimezone(UTC).replace(tzinfo=None)
    if folder.is_dir():
        known = from_portal(folder)
        if known == work.mark or (known is None and not _is_older(folder, at)):
            return False
    fresh = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(course.folder("release", ".", work.assignment), fresh)
    answers = {
        "quiz": work.assignment,
        "version": work.version,
        "answers": work.answers(),
        MARK: work.mark,
    }
    (fresh / ANSWERS_FILE).write_text(json.dumps(answers, ensure_ascii=False), encoding="utf-8")
    (fresh / TIMESTAMP_FILE).write_text(f"{at:%Y-%m-%d %H:%M:%S.%f} UTC", encoding="utf-8")
    # `nbgrader release_feedback` names each page after it, and ends where there is none.
    (fresh / SECRET_FILE).write_text(secrets.token_hex(32), encoding="utf-8")
    if folder.exists():
        shutil.rmtree(folder)
    fresh.rename(folder)
    return True


def _is_older(folder: Path, at: datetime) -> bool:
    """Whether what a learner sent came before a time; without its own it is left alone."""
    try:
        sent = read_timestamp(folder)
    except DamageError:
        return False
    return sent is not None and sent < at
