"""Limits: how often the same address or person may ask for what costs most.

Each process counts for itself: with two portal workers somebody may ask twice as often.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from time import monotonic

MOST_KEPT = 20_000
"""Names remembered by one limit; the one not seen for longest is forgotten first."""


class Limit:
    """A bucket of tokens for each name: `burst` at once, then `rate` more each second."""

    def __init__(self, *, burst: int, rate: float, clock: Callable[[], float] = monotonic) -> None:
        self.burst = burst
        self.rate = rate
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, name: str) -> float:
        """Take one; return 0, or the seconds until there will be one again."""
        with self._lock:
            now = self._clock()
            left, since = self._left.pop(name, (float(self.burst), now))
            left = min(self.burst, left + (now - since) * self.rate)
            wait = 0.0 if left >= 1 else (1 - left) / self.rate
            self._left[name] = (left if wait else left - 1, now)
            if len(self._left) > MOST_KEPT:
                self._left.popitem(last=False)
            return wait


class Limits:
    """The limits of one portal with accounts.

    A class in one room shares one address, so what is counted by address leaves room for it.
    """

    def __init__(self) -> None:
        self.sign_in = Limit(burst=120, rate=2.0)
        self.verify = Limit(burst=30, rate=0.5)
        self.submit = Limit(burst=20, rate=0.2)
