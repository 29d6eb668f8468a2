"""Review: which practice questions come back, and when, replayed from the log each time.

A question joins with its first answer that was not wholly right; from then on py-fsrs, with its
defaults, spaces it by every answer. Nothing is stored but the answers themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fsrs import Card, Rating, Scheduler

from .calibration import is_right
from .curriculum import Curriculum
from .items import SCORED
from .log.store import Practiced
from .scoring import EPSILON

HANDFUL = 8
"""As many questions as come back on one day."""

SURE = 3
SCHEDULER = Scheduler(enable_fuzzing=False)  # the same log must always give the same days


@dataclass(frozen=True, slots=True)
class Due:
    """A question that has come back, and the lesson it stands in."""

    item: str
    lesson: str


@dataclass(frozen=True, slots=True)
class Review:
    """The handful of today, how many more wait, and when the next one comes after these."""

    due: list[Due]
    waiting: int
    next: datetime | None


@dataclass(slots=True)
class _Replayed:
    """Cards by item, and when each item was last answered as one that was due."""

    cards: dict[str, Card]
    reviewed: dict[str, datetime]


def review(
    curriculum: Curriculum, answers: Sequence[Practiced], *, since: datetime, now: datetime
) -> Review:
    """What is due now; `since` is when the learner's day began, for the handful."""
    lessons = {
        item: lesson.id
        for module in curriculum.course.modules
        for lesson in module.lessons
        for item in lesson.items
        if isinstance(curriculum.practice.get(item), SCORED)
    }
    replayed = _replay([answer for answer in answers if answer.item in lessons])
    cards = sorted(replayed.cards.items(), key=lambda pair: (pair[1].due, pair[0]))
    due = [item for item, card in cards if card.due <= now]
    done = sum(at >= since for at in replayed.reviewed.values())
    today = due[: max(0, HANDFUL - done)]
    return Review(
        due=[Due(item, lessons[item]) for item in today],
        waiting=len(due) - len(today),
        next=min(_coming(cards, due, today, since, now), default=None),
    )


def _coming(
    cards: Sequence[tuple[str, Card]],
    due: Sequence[str],
    today: Sequence[str],
    since: datetime,
    now: datetime,
) -> Iterator[datetime]:
    """When questions come after those of today: one that waits comes tomorrow."""
    if len(due) > len(today):
        yield since + timedelta(days=1)
    yield from (card.due for _, card in cards if card.due > now)


def _replay(answers: Sequence[Practiced]) -> _Replayed:
    replayed = _Replayed({}, {})
    for answer in sorted(answers, key=lambda answer: answer.at):
        card = replayed.cards.get(answer.item)
        if answer.score is None or (card is None and is_right(answer)):
            continue
        if card is None:
            card = Card(card_id=0, due=answer.at)
        elif card.due <= answer.at:
            replayed.reviewed[answer.item] = answer.at
        replayed.cards[answer.item], _ = SCHEDULER.review_card(card, rating(answer), answer.at)
    return replayed


def rating(answer: Practiced) -> Rating:
    """What py-fsrs is told of an answer: again, hard (partly), good, or easy (right and sure)."""
    if is_right(answer):
        return Rating.Easy if answer.confidence == SURE else Rating.Good
    return Rating.Hard if answer.score is not None and answer.score > EPSILON else Rating.Again
