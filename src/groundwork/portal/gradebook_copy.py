"""The copy of the log that nbgrader reads, written in the background by one thread.

The log is the truth: a copy that could not be written is written later, from the log.
"""

from __future__ import annotations

import logging
from threading import Condition, Thread
from time import monotonic

from sqlalchemy import select

from ..curriculum import Curriculum
from ..log import Attempt, Database, Enrolment, Reflection
from ..settings import Settings

log = logging.getLogger(__name__)

QUIET = 1.0
"""Seconds without news before the copy is written, so that a burst is one write."""
FIRST = 3.0
"""Seconds after the start, so that opening the portal is not slowed down."""
RETRY = (5.0, 30.0, 300.0)


class GradebookCopy:
    """Keeps each course's gradebook as new as its log."""

    def __init__(self, settings: Settings, curriculum: Curriculum, database: Database) -> None:
        self.settings = settings
        self.curriculum = curriculum
        self.database = database
        self._changed = Condition()
        self._due: dict[str, float] = {}
        self._failures = 0
        self._stopping = False
        self._thread = Thread(target=self._run, name="gradebook", daemon=True)

    def start(self) -> None:
        """Catch up with whatever the log holds, then wait for news."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is being written and end; what is left is caught up at the next start."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(timeout=30)

    def changed(self, course: str) -> None:
        """Hear that a course's log has grown."""
        with self._changed:
            self._due[course] = monotonic() + QUIET
            self._changed.notify()

    def _run(self) -> None:
        self._catch_up()
        while True:
            course = self._next()
            if course is None:
                return
            self._write(course)

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

    def _next(self) -> str | None:
        """Wait for a course whose time has come; None when it is time to end."""
        with self._changed:
            while not self._stopping:
                soonest = min(self._due, key=lambda course: self._due[course], default=None)
                if soonest is None:
                    self._changed.wait()
                    continue
                left = self._due[soonest] - monotonic()
                if left <= 0:
                    del self._due[soonest]
                    return soonest
                self._changed.wait(left)
            return None

    def _write(self, course: str) -> None:
        try:
            from ..gradebook import write_gradebook  # takes seconds to import

            with self.database.read() as session:
                address = self.settings.gradebook(course)
                write_gradebook(session, self.curriculum, address, course)
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
            with self._changed:
                self._due.setdefault(course, monotonic() + wait)


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
