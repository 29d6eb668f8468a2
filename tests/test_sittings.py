"""The server decides which form is next, tells only what may be told, and counts once."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Thread
from typing import Any
from uuid import uuid4

import pytest

from groundwork.curriculum import Curriculum, load_curriculum
from groundwork.errors import AnswerError, ConflictError, KeysMissingError
from groundwork.items import Form
from groundwork.log import Attempt, Database, store
from groundwork.portal.house import House, Who
from groundwork.portal.languages import Tongues
from groundwork.sittings import Sitting, hand_out, next_form, receive
from small_portal import MODULE, NOON, right_answers, small_settings

ADA = Who("ada", "self-study")


@pytest.fixture
def curriculum(tmp_path: Path) -> Curriculum:
    return load_curriculum(small_settings(tmp_path))


@pytest.fixture
def sit(database: Database, curriculum: Curriculum) -> Callable[..., tuple[dict[str, Any], bool]]:
    """Receive one sitting in a transaction of its own, as the portal does."""
    house = _house(database, curriculum)

    def sit(sitting: Sitting, who: Who = ADA) -> tuple[dict[str, Any], bool]:
        def work(session: Any, enrolment: Any) -> tuple[Attempt, bool]:
            return receive(session, curriculum, enrolment, sitting, now=NOON)

        row, new = house.work(who, work)
        return row.told, new

    return sit


def _house(database: Database, curriculum: Curriculum) -> House:
    nothing: Any = None
    return House(
        settings=nothing,
        curriculum=curriculum,
        database=database,
        book=nothing,
        gradebook=nothing,
        tongues=Tongues(curriculum),
        prefix="/",
    )


def sitting(form: Any = "B", answers: dict[str, Any] | None = None, **more: Any) -> Sitting:
    fields: dict[str, Any] = {
        "attempt_id": str(uuid4()),
        "module": MODULE,
        "form": form,
        "purpose": "quiz",
        "answers": answers or {},
        "started": NOON,
        "finished": NOON,
    }
    return Sitting(**fields | more)


def form(curriculum: Curriculum, name: str) -> Form:
    return curriculum.quizzes[MODULE].form(name)


def secrets(form: Form) -> list[str]:
    """Every reason in a form; each is marked as a secret in the small curriculum."""
    return [
        part for part in json.dumps([i.key() for i in form.items]).split('"') if "SECRET" in part
    ]


def sat(*purposes: str) -> list[Attempt]:
    return [Attempt(purpose=purpose) for purpose in purposes]


@pytest.mark.parametrize(
    ("before", "purpose", "expected"),
    [
        ([], "quiz", "B"),
        (["quiz"], "quiz", "A"),
        (["quiz", "quiz"], "quiz", "B"),
        (["precheck"], "quiz", "B"),
        (["precheck", "quiz"], "quiz", "A"),
        ([], "precheck", "A"),
    ],
)
def test_the_quiz_begins_with_b_and_alternates_and_the_precheck_is_a(
    before: list[str], purpose: Any, expected: str
) -> None:
    assert next_form(sat(*before), purpose) == expected


@pytest.mark.parametrize("before", [["precheck"], ["quiz"], ["precheck", "quiz"]])
def test_the_precheck_is_taken_once_and_only_before_the_quiz(before: list[str]) -> None:
    with pytest.raises(ConflictError):
        next_form(sat(*before), "precheck")


def test_a_form_is_handed_out_without_its_key(curriculum: Curriculum) -> None:
    module = curriculum.module(MODULE)

    handout = hand_out(curriculum, module, [], purpose="quiz")

    told = json.dumps(handout.items)
    assert "SECRET" not in told
    for word in ("correct", "why", "pairs", "category", "value", "tolerance", "zero_at", "key"):
        assert f'"{word}"' not in told
    assert handout.items[0]["section_href"] == "first-lesson.html#standing"


def test_without_its_keys_a_quiz_is_not_given(curriculum: Curriculum) -> None:
    quizzes = {MODULE: replace(curriculum.quizzes[MODULE], graded={})}

    with pytest.raises(KeysMissingError):
        hand_out(
            replace(curriculum, quizzes=quizzes), curriculum.module(MODULE), [], purpose="quiz"
        )


def test_every_right_answer_passes_with_the_whole_score(
    sit: Callable[..., Any], curriculum: Curriculum
) -> None:
    told, new = sit(sitting("B", right_answers(form(curriculum, "B"))))

    assert new
    assert told["passed"] is True
    assert told["score"] == told["max_score"] == len(form(curriculum, "B").items)


def test_until_it_is_passed_only_the_reasons_of_chosen_options_are_told(
    sit: Callable[..., Any],
) -> None:
    told, _ = sit(sitting("B", {"b-first-step": "late", "b-who-helps": ["aunt", "screen"]}))

    said = json.dumps(told)
    assert told["passed"] is False
    assert {one for one in ("02", "05", "07") if f"SECRET-B-{one}" in said} == {"02", "05", "07"}
    assert said.count("SECRET") == 3
    assert 'href=\\"first-lesson.html#standing\\"' in said


def test_after_passing_everything_is_told(sit: Callable[..., Any], curriculum: Curriculum) -> None:
    told, _ = sit(sitting("B", right_answers(form(curriculum, "B"))))

    said = json.dumps(told)
    assert all(secret in said for secret in secrets(form(curriculum, "B")))


def test_the_precheck_tells_by_objective_only(
    sit: Callable[..., Any], curriculum: Curriculum
) -> None:
    answers = right_answers(form(curriculum, "A"))

    told, _ = sit(sitting("A", answers, purpose="precheck"))

    assert told["passed"] is None
    assert told["items"] == {}
    assert told["objectives"] == {"walk": {"text": "Take a small step.", "score": 7.0, "max": 7.0}}
    assert "SECRET" not in json.dumps(told)


def test_a_share_just_reached_passes(sit: Callable[..., Any], curriculum: Curriculum) -> None:
    answers = right_answers(form(curriculum, "B"))
    del answers["b-spot-it"]

    told, _ = sit(sitting("B", answers))

    assert told["score"] == 6
    assert told["passed"] is True  # 6 of 7 is above 0.8


def test_the_same_attempt_again_is_answered_the_same_and_kept_once(
    sit: Callable[..., Any], database: Database
) -> None:
    once = sitting("B", {"b-first-step": "look"})

    first = sit(once)
    again = sit(replace(once, answers={}))

    assert first == (again[0], True)
    assert again[1] is False
    with database.read() as session:
        enrolment = store.enrolment_of(session, ADA.key, ADA.course)
        assert enrolment is not None
        assert len(store.attempts(session, enrolment)) == 1


def test_a_form_that_is_not_next_conflicts(sit: Callable[..., Any]) -> None:
    with pytest.raises(ConflictError, match="form B is next"):
        sit(sitting("A"))


def test_a_form_that_changed_in_between_conflicts(sit: Callable[..., Any]) -> None:
    with pytest.raises(ConflictError, match="changed"):
        sit(sitting("B", version="of yesterday"))


def test_an_item_of_the_other_form_is_named(sit: Callable[..., Any]) -> None:
    with pytest.raises(AnswerError, match="a-first-step") as error:
        sit(sitting("B", {"a-first-step": "look"}))

    assert error.value.field == "answers"


def test_an_answer_of_the_wrong_kind_earns_nothing_and_is_named(sit: Callable[..., Any]) -> None:
    told, _ = sit(sitting("B", {"b-first-step": ["look"], "b-how-many": "twelve"}))

    assert told["score"] == 0
    assert "could not be read" in told["items"]["b-first-step"]["feedback_html"]


def test_an_attempt_that_ends_before_it_starts_is_refused(sit: Callable[..., Any]) -> None:
    with pytest.raises(AnswerError) as error:
        sit(sitting("B", started=NOON.replace(hour=13)))

    assert error.value.field == "finished"


def test_somebody_elses_attempt_id_shows_nothing_of_theirs(sit: Callable[..., Any]) -> None:
    theirs = sitting("B", {"b-first-step": "look"})
    sit(theirs, Who("grace", "self-study"))

    with pytest.raises(ConflictError, match="already in use"):
        sit(theirs)


def test_one_attempt_sent_many_times_at_once_is_one_row(sit: Callable[..., Any]) -> None:
    once = sitting("B", {"b-first-step": "look"})

    answers = together(6, lambda _: sit(once))

    assert [new for _, new in answers].count(True) == 1
    assert all(told == answers[0][0] for told, _ in answers)


def test_two_tabs_at_once_take_one_form_once(sit: Callable[..., Any]) -> None:
    def submit(_: int) -> Any:
        try:
            return sit(sitting("B"))
        except ConflictError as conflict:
            return conflict

    answers = together(4, submit)

    assert sum(isinstance(answer, ConflictError) for answer in answers) == 3


def together(count: int, do: Callable[[int], Any]) -> list[Any]:
    """Do something in several threads that start at the same moment."""
    barrier = Barrier(count)
    results: list[Any] = []

    def run(number: int) -> None:
        barrier.wait()
        results.append(do(number))

    threads = [Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == count
    return results
