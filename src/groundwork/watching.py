"""Building the book again as soon as something it is made of changes, for those who write it.

A build that has loaded its code waits from the start, so that a saved file is served
within seconds.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from .errors import GroundworkError
from .making import PACKAGE, built_from, fingerprint, finish, start
from .settings import Settings

BEAT = 0.25
"""Seconds between two looks; a change is built when it is still the same one look later."""


@contextmanager
def watching(settings: Settings, *, say: Callable[[str], None]) -> Iterator[None]:
    """Watch while something else goes on."""
    watcher = Watcher(settings, say)
    thread = Thread(target=watcher.watch, name="watching", daemon=True)
    thread.start()
    try:
        yield
    finally:
        watcher.ended.set()
        thread.join()


class Watcher:
    """Looks at the book's sources in turn, and has a build ready."""

    def __init__(self, settings: Settings, say: Callable[[str], None]) -> None:
        self.settings = settings
        self.say = say
        self.ended = Event()
        self.ready: subprocess.Popen[str] | None = None
        self.code = ""

    def watch(self) -> None:
        """Look and build until told to end."""
        seen = built = built_from(self.settings)
        self._prepare()
        while not self.ended.wait(BEAT):
            now = fingerprint(self.settings)
            if now == seen and now != built:
                built = now
                self._build(now)
            seen = now
        self._dismiss()

    def _build(self, now: str) -> None:
        if self.code != _code():
            self._dismiss()
        process = self.ready or start(self.settings, waiting=True)
        self.ready = None
        try:
            if process.stdin:
                process.stdin.write("go\n")
                process.stdin.flush()
            finish(process, self.settings, now, say=self.say)
        except GroundworkError as error:
            self.say(str(error))
        except OSError as error:
            self.say(f"The book was not built: {error.strerror}")
        self._prepare()

    def _prepare(self) -> None:
        self.code = _code()
        self.ready = start(self.settings, waiting=True)

    def _dismiss(self) -> None:
        """Let the waiting build go; without a line on its input it ends by itself."""
        if self.ready is None:
            return
        with self.ready as process:
            if process.stdin:
                process.stdin.close()
        self.ready = None


def _code() -> str:
    """What the package's code was like when a waiting build loaded it."""
    return " ".join(str(path.stat().st_mtime_ns) for path in sorted(PACKAGE.rglob("*.py")))
