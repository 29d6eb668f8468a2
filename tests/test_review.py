"""A missed question comes back by py-fsrs, and sureness is held against what was right."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from fsrs import Card, Rating, Scheduler

from groundwork.calibration import Sureness, calibration
from groundwork.curriculum import Curriculum, load_curriculum
from groundwork.log.store import Practiced
from groundwork.review import HANDFUL, Due, Review, rating, review
from small_portal import FIRST, FIRST_CHECK, NOON, SECOND, SECOND_CHECKS, small_settings

CLIMB, FEEL = SECOND_CHECKS
LATER = NOON + timedelta(days=30)


@pytest.fixture(scope="module")
def curriculum(tmp_path_factory: pytest.TempPathFactory) -> Curriculum:
    folder: Path = tmp_path_factory.mktemp("small")
    return load_curriculum(small_settings(folder))


def answer(
    item: str = FIRST_CHECK,
    *,
    score: float | None = 0.0,
    at: datetime = NOON,
    confidence: int | None = None,
) -> Practiced:
    return Practiced(item, at, score, confidence)


def look(curriculum: Curriculum, *answers: Practiced, at: datetime = LATER) -> Review:
    return review(curriculum, answers, since=at - timedelta(hours=12), now=at)


def test_only_what_was_not_wholly_right_comes_back(curriculum: Curriculum) -> None:
    right = answer(CLIMB, score=1.0)

    assert look(curriculum, right) == Review([], 0, None)
    assert look(curriculum, right, answer()).due == [Due(FIRST_CHECK, FIRST)]
    assert look(curriculum, answer(CLIMB, score=0.5)).due == [Due(CLIMB, SECOND)]


def test_what_is_unscored_or_no_longer_in_the_course_never_comes(curriculum: Curriculum) -> None:
    answers = answer(FEEL, score=None), answer("gone-with-the-wind")

    assert look(curriculum, *answers) == Review([], 0, None)


def test_days_are_those_of_py_fsrs_with_its_defaults(curriculum: Curriculum) -> None:
    times = [NOON + timedelta(minutes=minutes) for minutes in (0, 2, 14, 9_000)]
    answers = [
        answer(score=score, at=at, confidence=confidence)
        for at, score, confidence in zip(times, (0.0, 1.0, 1.0, 1.0), (1, None, 2, 3), strict=True)
    ]
    card = Card(card_id=1, due=NOON)
    scheduler = Scheduler(enable_fuzzing=False)
    ratings = (Rating.Again, Rating.Good, Rating.Good, Rating.Easy)
    for at, given in zip(times, ratings, strict=True):
        card, _ = scheduler.review_card(card, given, at)

    told = look(curriculum, *answers, at=times[-1] + timedelta(minutes=1))

    assert [rating(one) for one in answers] == list(ratings)
    assert told.due == []
    assert told.next == card.due
    assert card.due - times[-1] > timedelta(days=5)


def test_the_same_log_gives_the_same_days_in_whatever_order_it_was_heard(
    curriculum: Curriculum,
) -> None:
    answers = [answer(at=NOON + timedelta(days=n), score=float(n > 0)) for n in (0, 1, 4, 12)]

    assert look(curriculum, *answers) == look(curriculum, *reversed(answers))


def test_partly_right_is_hard() -> None:
    assert rating(answer(score=0.5)) is Rating.Hard
    assert rating(answer(score=1 / 3 * 3)) is Rating.Good


def test_a_day_brings_a_handful_and_the_rest_waits(
    curriculum: Curriculum, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groundwork.review.HANDFUL", 1)
    missed = [answer(), answer(CLIMB, at=NOON + timedelta(minutes=1))]

    told = look(curriculum, *missed)
    after = look(
        curriculum, *missed, answer(score=1.0, at=LATER - timedelta(hours=1), confidence=3)
    )

    assert HANDFUL == 8
    assert (told.due, told.waiting) == ([Due(FIRST_CHECK, FIRST)], 1)
    assert (after.due, after.waiting) == ([], 1)
    assert after.next == LATER + timedelta(hours=12)


def test_sureness_counts_fresh_answers_by_step() -> None:
    answers = [
        answer("a", score=1.0, confidence=3),
        answer("a", score=0.0, confidence=3, at=NOON + timedelta(minutes=5)),
        answer("a", score=0.0, confidence=3, at=NOON + timedelta(days=2)),
        answer("b", score=0.5, confidence=1),
        answer("c", score=1.0),
        answer("d", score=None, confidence=2),
    ]

    assert calibration(answers) == [Sureness(1, 1, 0), Sureness(2, 0, 0), Sureness(3, 2, 1)]
