"""What nbgrader's `autograde` would leave in gradebook and `autograded/`, without its kernels.

Assignments with code of the instructor's own are given to nbgrader itself.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path

from sqlalchemy.orm import Session

from .attention import notices, set_notice
from .coursefolder import CourseFolder, read_course, unchanged_environment
from .errors import ConflictError
from .gradebook import open_gradebook
from .grading import Key, find_key, quizzes_folder
from .handins import Reader
from .marking import Marked, Marker
from .marksheet import (
    KeptNotebook,
    Penalty,
    extended_without_date,
    hold,
    read_notebooks,
    write_marks,
)
from .rebuilding import LEARNERS_FILES, TIMESTAMP_FILE
from .stock import Outcome, Task, grade_in_processes, grade_on_cluster, late_penalty
from .worksheets import ANSWERS_FILE, SETUP, SETUP_SOURCE, Cell, graded_source

BATCH = 250
"""Submissions in one transaction: few enough for a flat memory, enough for speed."""
EXTENSION_WITHOUT_DATE = "More time was granted, but the assignment has no due date."
ARITHMETIC = "by arithmetic"
BY_NBGRADER = "by nbgrader"


@dataclass(frozen=True, slots=True)
class Graded:
    """What became of one assignment: which way it was graded and why, and how many."""

    assignment: str
    way: str
    why: str
    done: int
    skipped: int
    flagged: int

    def __str__(self) -> str:
        skipped = f", {self.skipped} were graded before" if self.skipped else ""
        flagged = f", {self.flagged} for a person to look at" if self.flagged else ""
        return f"{self.assignment}: {self.done} {self.way} ({self.why}){skipped}{flagged}"


@dataclass(frozen=True, slots=True)
class How:
    """How to grade: all again or what is new, and where notebooks with code are run."""

    force: bool = False
    workers: int = 0
    scheduler: str | None = None
    tick: Callable[[int], None] = lambda _: None


def grade_course(root: Path, how: How, *, only: str | None = None) -> Iterator[Graded]:
    """Grade what was handed in, assignment by assignment; say which way each went.

    Raise `KeysMissingError` before anything is graded when the keys are not here.
    """
    course = read_course(root)
    submitted = course.submitted()
    if only is not None and only not in submitted:
        raise ConflictError(f"Nobody has handed in {only}; there is nothing to grade.")
    kept: dict[str, list[KeptNotebook] | None] = {}
    with open_gradebook(course.gradebook_url) as book:
        for name in submitted:
            if only in (None, name):
                kept[name] = read_notebooks(book, name)
    makers = {name: marker_of(course, name, found) for name, found in kept.items() if found}
    for name, found in kept.items():
        if found is None:
            yield Graded(name, "left", "the gradebook does not know it", 0, len(submitted[name]), 0)
            continue
        due = submitted[name] if how.force else new_work(course, name, submitted[name])
        made = makers[name]
        graded = (
            _by_nbgrader(course, name, due, made, how)
            if isinstance(made, str)
            else _by_arithmetic(course, made, due, how)
        )
        yield replace(graded, skipped=len(submitted[name]) - len(due))


def new_work(
    course: CourseFolder, assignment: str, submitted: Mapping[str, Path]
) -> dict[str, Path]:
    """The submissions that are new, or newer than what was graded of them."""
    return {
        student: folder
        for student, folder in submitted.items()
        if _is_newer(folder, course.folder("autograded", student, assignment), assignment)
    }


def _is_newer(folder: Path, graded: Path, assignment: str) -> bool:
    """By nbgrader's rule, a later timestamp; and by ours, a file mended in place."""
    if not graded.is_dir():
        return True
    try:
        before = (graded / f"{assignment}.ipynb").stat().st_mtime_ns
    except OSError:
        return not any(graded.glob("*.ipynb"))
    times = [_mtime(folder / name) for name in (f"{assignment}.ipynb", ANSWERS_FILE)]
    if max(times) > before:
        return True
    now, then = ((place / TIMESTAMP_FILE) for place in (folder, graded))
    try:
        return now.read_bytes() != then.read_bytes()
    except OSError:
        return now.is_file() != then.is_file()


def _mtime(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


# Which way


def marker_of(course: CourseFolder, name: str, found: Sequence[KeptNotebook]) -> Marker | str:
    """What grades an assignment by arithmetic, or why nbgrader itself has to."""
    why = _why_not_data(course, name, found)
    if why:
        return why
    kept = found[0]
    keys: dict[str, Key] = {}
    with unchanged_environment():
        if course.quizzes:
            os.environ["GROUNDWORK_QUIZZES"] = course.quizzes
        for cell in kept.cells.values():
            if cell.points is not None and not cell.by_hand:
                keys[cell.name] = find_key(quizzes_folder(), cell.name, near=name)
    if any(name not in key.worksheets for key in keys.values()):
        return "it asks the questions of another quiz"
    return Marker(kept, keys)


def _why_not_data(course: CourseFolder, name: str, found: Sequence[KeptNotebook]) -> str | None:
    own = course.own_ways()
    if own:
        return own
    if [kept.name for kept in found] != [name]:
        return "it has other notebooks than `groundwork quizzes build` makes"
    kept = found[0]
    if SETUP not in kept.cells:
        return "its notebook holds code of your own"
    odd = [cell.name for cell in kept.cells.values() if not _is_data(cell)]
    if odd:
        return f"its cell {odd[0]!r} is of your own"
    if (
        ANSWERS_FILE not in course.kept_back(name)
        and (course.folder("source", ".", name) / ANSWERS_FILE).exists()
    ):
        return f"its source folder replaces every {ANSWERS_FILE}"
    return None


def _is_data(cell: Cell) -> bool:
    """Whether a cell is one that we make, so that what it does is known without running it."""
    if cell.by_hand:
        return cell.type == "markdown" and cell.points is not None
    if cell.type == "markdown":
        return cell.points is None
    return cell.source == (SETUP_SOURCE if cell.points is None else graded_source(cell.name))


def _by_arithmetic(
    course: CourseFolder, marker: Marker, due: Mapping[str, Path], how: How
) -> Graded:
    desk = Desk(course, marker)
    flagged = 0
    for some in batches(due):
        marked = desk.mark(some)
        with open_gradebook(course.gradebook_url) as book:
            hold(book, course.course_id)
            marked = desk.write_rows(book, marked)
        # Files follow when the rows are safe; a run that ends here is finished by the next.
        desk.write_files(marked)
        flagged += sum(one.notice is not None for one in marked)
        how.tick(len(marked))
    return Graded(marker.kept.name, ARITHMETIC, "its graded cells are data", len(due), 0, flagged)


def batches(due: Mapping[str, Path]) -> Iterator[list[tuple[str, Path]]]:
    """Some submissions at a time."""
    everything = list(due.items())
    for start in range(0, len(everything), BATCH):
        yield everything[start : start + BATCH]


class Desk:
    """Where one assignment is graded: its marker, what late work costs, what lies beside it."""

    def __init__(self, course: CourseFolder, marker: Marker) -> None:
        self.course = course
        self.marker = marker
        self._reader = Reader(course, marker.kept.name, marker.kept.cells)
        self._penalty: Penalty | None = late_penalty(course) if course.late_settings else None
        self._given = _given_files(course, marker.kept.name)
        name = marker.kept.name
        self._listed = {n.student for n in notices(course.root) if n.assignment == name}

    def mark(self, some: Sequence[tuple[str, Path]]) -> list[Marked]:
        """Mark submissions, each a student and a folder; nothing is written."""
        return [self.marker.mark(self._reader.read(*one)) for one in some]

    def write_rows(self, book: Session, marked: Sequence[Marked]) -> list[Marked]:
        """Write rows in the caller's transaction; return what is doubted after a look there."""
        kept = self.marker.kept
        timestamps = {one.hand_in.student: one.hand_in.timestamp for one in marked}
        stumbled = extended_without_date(book, kept, timestamps)
        looked_at = [
            self.marker.doubted(one, EXTENSION_WITHOUT_DATE)
            if one.hand_in.student in stumbled and not one.hand_in.damage
            else one
            for one in marked
        ]
        write_marks(book, kept, [one.marks for one in looked_at], self._penalty)
        return looked_at

    def write_files(self, marked: Sequence[Marked]) -> None:
        """Write the folders that formgrader and feedback read, and the list for a person."""
        name = self.marker.kept.name
        for one in marked:
            _write_folder(self.course, name, one, self._given)
            if one.notice or one.hand_in.student in self._listed:
                set_notice(self.course.root, name, one.hand_in.student, one.notice)


def _given_files(course: CourseFolder, assignment: str) -> dict[str, Given]:
    """The course's own files that lie beside a submission's notebook, by their place."""
    source = course.folder("source", ".", assignment)
    held = set(course.kept_back(assignment))
    ignored = [*course.ignored, "*.ipynb"]
    files = {path.relative_to(source): path for path in source.rglob("*") if path.is_file()}
    return {
        str(place): Given(path.read_bytes())
        for place, path in files.items()
        if str(place) not in held
        and not any(fnmatch(part, pattern) for part in place.parts for pattern in ignored)
    }


def _write_folder(
    course: CourseFolder, assignment: str, one: Marked, given: Mapping[str, Given]
) -> None:
    """Write the folder that formgrader and the feedback read; its notebook comes last."""
    folder = course.folder("autograded", one.hand_in.student, assignment)
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        shutil.rmtree(folder)
        folder.mkdir()
    # Paths are plain strings from here on: as objects they took a fifth of all the time.
    target, handed_in = f"{folder}{os.sep}", f"{one.hand_in.folder}{os.sep}"
    mode = 0o664 if course.groupshared else 0o444
    for place, file in given.items():
        if os.sep in place:
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
        file.put(target + place, mode)
    for name in LEARNERS_FILES:
        if name in given:
            continue
        if name in one.hand_in.beside:
            _write(target + name, one.hand_in.beside[name], mode)
        else:
            _copy_huge(handed_in + name, target + name, mode)
    fresh = f"{target}.{assignment}.new"
    _write(fresh, one.notebook.encode(), mode)
    os.rename(fresh, f"{target}{assignment}.ipynb")  # noqa: PTH104  # as above
    if course.groupshared:
        for shared in (folder, folder.parent, folder.parent.parent):
            shared.chmod(shared.stat().st_mode & 0o777 | 0o2770)


class Given:
    """One of the course's own files, which lies in every graded folder but is stored once.

    Making a file costs ten times as much as giving an existing one another name. Nobody
    writes into these: they are read-only, and are replaced as a whole.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._stored: str | None = None

    def put(self, path: str, mode: int) -> None:
        """Let the file lie at a place as well."""
        try:
            if self._stored:
                os.link(self._stored, path)
                return
        except OSError:
            self._stored = None  # a file system without links, or one with too many of them
        _write(path, self.data, mode)
        self._stored = path


def _copy_huge(path: str, to: str, mode: int) -> None:
    """Copy a learner's file that was too large to be read, if there is one and it is no link."""
    try:
        about = os.lstat(path)
    except OSError:
        return
    if stat.S_ISREG(about.st_mode):
        shutil.copyfile(path, to)
        Path(to).chmod(mode)


def _write(path: str, data: bytes, mode: int) -> None:
    """Write a new file that is read-only from the first moment, as nbgrader leaves them."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(handle, left) :]
        if mode & 0o020:
            os.fchmod(handle, mode)
    finally:
        os.close(handle)


# By nbgrader


def _by_nbgrader(
    course: CourseFolder, assignment: str, due: Mapping[str, Path], why: str, how: How
) -> Graded:
    tasks: list[Task] = [(assignment, student) for student in due]
    outcomes: Iterator[Outcome] = iter(())
    if tasks and how.scheduler:
        outcomes = grade_on_cluster(course.root, tasks, how.scheduler)
    elif tasks:
        outcomes = grade_in_processes(course.root, tasks, how.workers or os.cpu_count() or 1)
    flagged = 0
    for (_, student), reason in outcomes:
        notice = reason and f"nbgrader could not grade this notebook: {reason}"
        set_notice(course.root, assignment, student, notice)
        flagged += notice is not None
        how.tick(1)
    return Graded(assignment, BY_NBGRADER, why, len(due), 0, flagged)
