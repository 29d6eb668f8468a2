"""Progress is computed from the log each time, and says in sentences what is missing."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from groundwork.curriculum import Curriculum, load_curriculum
from groundwork.log import Attempt, Event, Record, Reflection
from groundwork.progress import ModuleProgress, Work, best_attempt, progress
from small_portal import FIRST, FIRST_CHECK, MODULE, NOON, SECOND, SECOND_CHECKS, small_settings

ALL = frozenset((FIRST_CHECK, *SECOND_CHECKS))


@pytest.fixture(scope="module")
def curriculum(tmp_path_factory: pytest.TempPathFactory) -> Curriculum:
    folder: Path = tmp_path_factory.mktemp("small")
    return load_curriculum(small_settings(folder))


def ended(*lessons: str) -> dict[str, Event]:
    return {lesson: Event(lesson=lesson, at=NOON, received=NOON) for lesson in lessons}


def quiz(number: int, score: float, *, passed: bool, purpose: str = "quiz") -> Attempt:
    return Attempt(
        module=MODULE, purpose=purpose, number=number, score=score, max_score=7.0, passed=passed
    )


def reflection(*, complete: bool) -> dict[str, Reflection]:
    met = [True, True, complete]
    return {MODULE: Reflection(text="Words", met=met, at=NOON, complete=complete)}


DONE: dict[str, Any] = {
    "practiced": ALL,
    "finished": ended(FIRST, SECOND),
    "touched": (SECOND, FIRST),
    "attempts": [quiz(1, 7.0, passed=True)],
    "reflections": reflection(complete=True),
}


def module(curriculum: Curriculum, **work: Any) -> ModuleProgress:
    return progress(curriculum, Work(**work)).modules[0]


def test_whoever_has_done_nothing_has_not_started(curriculum: Curriculum) -> None:
    told = progress(curriculum, Work())

    assert told.modules[0].status == "not_started"
    assert told.modules[0].quiz.next_form == "B"
    assert told.continue_ is None
    assert told.minutes_by_area[0].done == 0


def test_a_lesson_is_finished_when_its_checks_are_answered_and_the_learner_says_so(
    curriculum: Curriculum,
) -> None:
    def status(**work: Any) -> str:
        return module(curriculum, **work).lessons[0].status

    assert status(touched=(FIRST,)) == "reading"
    assert status(practiced=ALL) == "reading"
    assert status(finished=ended(FIRST), touched=(FIRST,)) == "reading"
    assert status(practiced=ALL, finished=ended(FIRST)) == "finished"


def test_open_self_checks_are_listed(curriculum: Curriculum) -> None:
    second = module(curriculum, practiced=frozenset(SECOND_CHECKS[:1])).lessons[1]

    assert second.answered == [SECOND_CHECKS[0]]
    assert second.missing == [SECOND_CHECKS[1]]


def test_a_module_is_complete_with_lessons_quiz_and_reflection(curriculum: Curriculum) -> None:
    told = module(curriculum, **DONE)

    assert told.status == "complete"
    assert told.missing == []
    assert told.minutes_done == told.minutes


@pytest.mark.parametrize(
    ("lacking", "sentence"),
    [
        ({"practiced": ALL - {FIRST_CHECK}}, "“The first step” is not finished: 1 self-check"),
        ({"finished": ended(FIRST)}, "you have not marked it as finished"),
        ({"attempts": []}, "The quiz is not taken yet; 80% of its points pass."),
        ({"attempts": [quiz(1, 2.0, passed=False)]}, "The quiz is not passed yet"),
        ({"reflections": {}}, "The reflection is not written yet."),
        ({"reflections": reflection(complete=False)}, "not yet marked as complete"),
    ],
)
def test_what_is_missing_is_said_in_one_sentence(
    curriculum: Curriculum, lacking: dict[str, Any], sentence: str
) -> None:
    told = module(curriculum, **DONE | lacking)

    assert told.status == "in_progress"
    assert len(told.missing) == 1
    assert sentence in told.missing[0]


def test_the_best_attempt_counts_and_the_precheck_does_not(curriculum: Curriculum) -> None:
    sat = [
        quiz(1, 7.0, passed=True, purpose="precheck"),
        quiz(1, 6.0, passed=True),
        quiz(2, 3.0, passed=False),
    ]

    told = module(curriculum, attempts=sat)

    assert told.quiz.attempts == 2
    assert told.quiz.best is not None
    assert told.quiz.best.score == 6.0
    assert told.quiz.passed
    assert told.quiz.next_form == "B"
    assert told.precheck is not None
    assert told.precheck.score == 7.0


def test_of_equal_attempts_the_first_counts() -> None:
    first, second = quiz(1, 6.0, passed=True), quiz(2, 6.0, passed=True)

    assert best_attempt([second, first]) is first


def test_minutes_done_never_exceed_the_module_and_areas_sum_to_them(
    curriculum: Curriculum,
) -> None:
    works = [
        Work(),
        Work(practiced=ALL, finished=ended(FIRST)),
        Work(attempts=[quiz(1, 7.0, passed=True)]),
        Work(**DONE),
    ]
    for work in works:
        told = progress(curriculum, work)

        assert told.modules[0].minutes_done <= told.modules[0].minutes
        assert sum(area.done for area in told.minutes_by_area) == told.modules[0].minutes_done


@pytest.mark.parametrize(
    ("work", "href"),
    [
        ({"touched": (SECOND, FIRST)}, f"modules/{SECOND}.html"),
        ({"touched": (FIRST,)}, f"modules/{FIRST}.html"),
        (
            {"touched": (FIRST,), "practiced": ALL, "finished": ended(FIRST)},
            f"modules/{SECOND}.html",
        ),
        (DONE | {"attempts": []}, f"modules/{MODULE}/quiz.html"),
        (DONE | {"reflections": {}}, f"modules/{MODULE}/reflection.html"),
        (DONE, None),
    ],
)
def test_continue_leads_to_the_last_open_lesson_or_to_what_comes_next(
    curriculum: Curriculum, work: dict[str, Any], href: str | None
) -> None:
    link = progress(curriculum, Work(**work)).continue_

    assert (link and link.href) == href


def test_the_newest_valid_record_is_linked_under_the_prefix(curriculum: Curriculum) -> None:
    records = [
        Record(id="old", module=MODULE, status="superseded", issued=NOON),
        Record(id="new", module=MODULE, status="valid", issued=NOON + timedelta(days=1)),
    ]

    told = progress(curriculum, Work(records=records), root="/services/groundwork/")

    record = told.modules[0].record
    assert record is not None
    assert record.pdf == "/services/groundwork/records/new.pdf"
