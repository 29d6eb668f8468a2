"""Calibration: how sure a learner said they were, held against how often they were right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .log.store import Practiced
from .scoring import EPSILON

LEVELS = (1, 2, 3)
FRESH = timedelta(days=1)
"""Sooner after the last look at its reasons, an answer is memory and no judgment."""


@dataclass(frozen=True, slots=True)
class Sureness:
    """One of the three steps of "How sure are you?": of `n` answers so many were right."""

    confidence: int
    n: int
    right: int


def calibration(answers: Sequence[Practiced]) -> list[Sureness]:
    """Count the answers that were given fresh and with a confidence, for each step."""
    told = [answer for answer in fresh(answers) if answer.confidence and answer.score is not None]
    return [
        Sureness(
            level,
            sum(answer.confidence == level for answer in told),
            sum(answer.confidence == level and is_right(answer) for answer in told),
        )
        for level in LEVELS
    ]


def is_right(answer: Practiced) -> bool:
    """Whether an answer earned its whole point."""
    return answer.score is not None and answer.score >= 1 - EPSILON


def fresh(answers: Sequence[Practiced]) -> Iterator[Practiced]:
    """The first answer to each item, and each that comes a day or more after the one before."""
    last: dict[str, datetime] = {}
    for answer in sorted(answers, key=lambda answer: answer.at):
        before = last.get(answer.item)
        last[answer.item] = answer.at
        if before is None or answer.at - before >= FRESH:
            yield answer
