"""The copy of the log that nbgrader reads, written in the background by one thread.

The log is the truth: a copy that could not be written is written later, from the log. Where a
portal has several processes, each writes what it hears of, one at a time for each course.
Requests come first: only learners who did something are written, some at a time, and the
thread pauses after each of them for so long that writing takes a small share of its time.
"""

from __future__ import annotations

import fcntl
import gc
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Condition, Thread
from time import monotonic, sleep
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..curriculum import Curriculum
from ..log import Attempt, Database, Enrolment, Learner, Reflection
from ..settings import SELF_STUDY, Settings

log = logging.getLogger(__name__)

QUIET = 1.0
"""Seconds without news before the copy is written, so that a burst is one write."""
FIRST = 3.0
"""Seconds after the start, so that opening the portal is not slowed down."""
RETRY = (5.0, 30.0, 300.0)
REST = 5.0
"""How many times as long as a few rows took the thread pauses before the next."""
LONGEST_REST = 0.1
BETWEEN = 1.0
"""Seconds between two transactions, in which others may write to the gradebook."""
MOST_AT_ONCE = 10
"""Learners written in one transaction; the others of a course follow in the next."""


@dataclass(slots=True)
class _News:
    """What is to be written of a course, and when: some learners, or everybody."""

    at: float
    learners: set[str] = field(default_factory=set)
    everybody: bool = False


class GradebookCopy:
    """Keeps each course's gradebook as new as its log."""

    def __init__(self, settings: Settings, curriculum: Curriculum, database: Database) -> None:
        self.settings = settings
        self.curriculum = curriculum
        self.database = database
        self._changed = Condition()
        self._due: dict[str, _News] = {}
        self._rests_until = 0.0
        self._failures = 0
        self._stopping = False
        self._thread = Thread(target=self._run, name="gradebook", daemon=True)

    def start(self, *, loaded: bool = False) -> None:
        """Catch up with whatever the log holds, then wait for news.

        With `loaded` the code is loaded first: many people wait less for a portal that starts
        some seconds later than for one that loads nbgrader between their requests.
        """
        if loaded:
            _load()
        self._thread.start()

    def stop(self) -> None:
        """Finish what is being written and end; what is left is caught up at the next start."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(timeout=30)

    def changed(self, course: str, *learners: str) -> None:
        """Hear that a course's log has grown: the part of some learners, or of whoever."""
        self._hear(course, _News(0.0, set(learners), everybody=not learners))

    def look(self, course: str) -> None:
        """Bring together what was marked here and in formgrader, which tells nobody."""
        self._hear(course, _News(0.0))

    def _hear(self, course: str, news: _News, *, wait: float | None = None) -> None:
        """Note what is to be written beside what is noted already, the sooner of the two."""
        news.at = monotonic() + (QUIET if wait is None else wait)
        with self._changed:
            known = self._due.setdefault(course, news)
            known.at = min(known.at, news.at)
            known.learners |= news.learners
            known.everybody |= news.everybody
            self._changed.notify()

    def _run(self) -> None:
        self._catch_up()
        while True:
            found = self._next()
            if found is None:
                return
            self._write(*found)
            self._rests_until = monotonic() + BETWEEN

    def _catch_up(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopping, timeout=FIRST)
            if self._stopping:
                return
        try:
            courses = self._courses()
        except Exception as error:  # noqa: BLE001  # nothing in the background may end the thread
            log.warning("The log could not be read for the gradebook: %s", _line(error))
            return
        for course in courses:
            self.changed(course)

    def _courses(self) -> set[str]:
        """The courses in which there is anything to grade."""
        with self.database.read() as session:
            graded = select(Attempt.enrolment_id).union(select(Reflection.enrolment_id))
            query = select(Enrolment.course).where(Enrolment.id.in_(graded)).distinct()
            return set(session.scalars(query))

    def _next(self) -> tuple[str, _News] | None:
        """Wait for a course whose time has come; None when it is time to end."""
        with self._changed:
            while not self._stopping:
                soonest = min(self._due, key=lambda course: self._due[course].at, default=None)
                if soonest is None:
                    self._changed.wait()
                    continue
                left = max(self._due[soonest].at, self._rests_until) - monotonic()
                if left <= 0:
                    return soonest, self._due.pop(soonest)
                self._changed.wait(left)
            return None

    def _write(self, course: str, news: _News) -> None:
        with _alone(self.settings.data / "locks", course) as alone:
            if alone:
                self._write_alone(course, news)
                return
        # Another process is writing, and may have read the log before our news was in it.
        self._hear(course, news)

    def _write_alone(self, course: str, news: _News) -> None:
        try:
            write_gradebook, agree = _load()
            address = self.settings.gradebook(course)
            with self.database.read() as session:
                waiting = _learners(session, course) if news.everybody else news.learners
                first, later = _parted(waiting)
                if news.everybody or first:
                    write_gradebook(
                        session, self.curriculum, address, course, first, breathe=_Breath().take
                    )
            if later:
                self._hear(course, _News(0.0, later))
            elif course != SELF_STUDY:
                agree(self.database, self.curriculum, address, course, now=datetime.now(UTC))
            self._failures = 0
        except Exception as error:  # noqa: BLE001  # whatever it was, the log is safe: try again
            wait = RETRY[min(self._failures, len(RETRY) - 1)]
            self._failures += 1
            log.warning(
                "The gradebook of %s could not be written (%s); again in %.0f s.",
                course,
                _line(error),
                wait,
            )
            self._hear(course, news, wait=wait)


class _Breath:
    """Pauses that are as long as the work before them asks for."""

    def __init__(self) -> None:
        self._last = monotonic()

    def take(self) -> None:
        """Let requests have the processor, for longer than it was taken from them."""
        sleep(min((monotonic() - self._last) * REST, LONGEST_REST))
        self._last = monotonic()


def _load() -> tuple[Callable[..., None], Callable[..., object]]:
    """What writes a gradebook and what brings marks together; it takes seconds to import."""
    from ..gradebook import nbgrader_api, write_gradebook
    from ..handmarks import agree

    nbgrader_api()
    if not gc.get_freeze_count():
        # What is loaded stays until the end. A collector that walks through all of it, again and
        # again, holds up every request for a third of a second.
        gc.collect()
        gc.freeze()
    return write_gradebook, agree


def _learners(session: Session, course: str) -> set[str]:
    """The keys of everybody in a course."""
    query = select(Learner.key).join(Enrolment).where(Enrolment.course == course)
    return set(session.scalars(query))


def _parted(learners: set[str]) -> tuple[set[str], set[str]]:
    """As many as are written at once, and the others."""
    in_turn = sorted(learners)
    return set(in_turn[:MOST_AT_ONCE]), set(in_turn[MOST_AT_ONCE:])


@contextmanager
def _alone(folder: Path, course: str) -> Iterator[bool]:
    """Whether no other process of this machine writes a course's gradebook now.

    The lock ends with its process, however that ends. Processes on several machines queue at
    the gradebook itself, which has a lock of its own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"gradebook-{quote(course, safe='')}").open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
