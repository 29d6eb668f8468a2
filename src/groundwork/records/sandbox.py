"""A process of its own, bounded in time and memory, that reads strangers' files.

A worker stays for many files, so that a check costs no start-up. A file that needs
more than it may have ends its worker and is reported as unreadable.
"""

from __future__ import annotations

import atexit
import json
import struct
import subprocess
import sys
from collections.abc import Mapping
from threading import BoundedSemaphore, Lock, Timer
from typing import IO, cast

from .reading import FILE_LIMIT, Finding, examine

CPU_SECONDS = 1.5
WALL_SECONDS = 10.0  # only a stopped machine takes that long
MEMORY = 256 * 1024 * 1024
_WORKERS = 2
_FILES_PER_WORKER = 500
_TOO_MUCH = Finding("unreadable", "Checking the file took more time or memory than any record.")


class _Worker:
    """One child process and the pipes to it."""

    def __init__(self) -> None:
        self.left = _FILES_PER_WORKER
        self.process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
            [sys.executable, "-P", "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def examine(self, data: bytes, keys: Mapping[str, str]) -> Finding | None:
        """Return the finding, or None if the worker did not survive the file."""
        self.left -= 1
        timer = Timer(WALL_SECONDS, self.process.kill)
        timer.start()
        try:
            _send(cast("IO[bytes]", self.process.stdin), json.dumps(dict(keys)).encode(), data)
            (answer,) = _receive(cast("IO[bytes]", self.process.stdout), 1)
        except (OSError, EOFError):
            return None
        finally:
            timer.cancel()
        return Finding(**json.loads(answer))

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self.process.kill()
        self.process.communicate()


class _Pool:
    """A few workers, made when needed, each lent to one caller at a time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._slots = BoundedSemaphore(_WORKERS)
        self._idle: list[_Worker] = []

    def examine(self, data: bytes, keys: Mapping[str, str]) -> Finding:
        with self._slots:
            worker = self._take()
            finding = worker.examine(data, keys)
            if finding is None or not worker.left:
                worker.close()
            else:
                self._give(worker)
            return finding or _TOO_MUCH

    def warm(self) -> None:
        """Have one worker ready."""
        self._give(self._take())

    def close(self) -> None:
        """End all idle workers."""
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> _Worker:
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.process.poll() is None:
                    return worker
                worker.close()
        return _Worker()

    def _give(self, worker: _Worker) -> None:
        with self._lock:
            self._idle.append(worker)


_POOL = _Pool()
atexit.register(_POOL.close)
warm = _POOL.warm


def examine_safely(data: bytes, keys: Mapping[str, str]) -> Finding:
    """`reading.examine`, in a bounded process."""
    if len(data) > FILE_LIMIT:
        return examine(data, keys)  # refused by its size alone
    return _POOL.examine(data, keys)


def _send(pipe: IO[bytes], *parts: bytes) -> None:
    for part in parts:
        pipe.write(struct.pack(">I", len(part)) + part)
    pipe.flush()


def _receive(pipe: IO[bytes], count: int) -> list[bytes]:
    return [_exactly(pipe, struct.unpack(">I", _exactly(pipe, 4))[0]) for _ in range(count)]


def _exactly(pipe: IO[bytes], size: int) -> bytes:
    data = pipe.read(size)
    if len(data) < size:
        raise EOFError
    return data


def _work() -> None:
    """Examine files from standard input until it ends."""
    import openbadgeslib.ob3  # noqa: F401  # loaded before memory is bounded
    import pikepdf  # noqa: F401
    import pyld.jsonld  # noqa: F401

    _bound_memory()
    while True:
        try:
            keys, data = _receive(sys.stdin.buffer, 2)
        except EOFError:
            return
        _bound_time(CPU_SECONDS)
        finding = examine(data, json.loads(keys))
        _bound_time(0)
        _send(sys.stdout.buffer, json.dumps(finding.to_dict()).encode())


def _bound_memory() -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


def _bound_time(seconds: float) -> None:
    """End this process after so much more of its own working time; 0 lifts the bound."""
    if sys.platform != "win32":
        import signal

        signal.setitimer(signal.ITIMER_PROF, seconds)


if __name__ == "__main__":
    _work()
