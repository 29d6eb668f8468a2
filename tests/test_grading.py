"""A graded cell ends in a plain number, whatever a learner handed in."""

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from groundwork.attention import notices, set_notice
from groundwork.errors import KeysMissingError
from groundwork.grading import (
    MOST_BYTES,
    answer_in_words,
    find_key,
    grade,
    quizzes_folder,
    read_answers,
    told,
)
from groundwork.items import load_form
from groundwork.scoring import score

CURRICULUM = Path(__file__).parent / "cases" / "curriculum"
QUIZZES = CURRICULUM / "quizzes"
FORM_A = load_form(QUIZZES / "01-small-steps" / "form-a.yml")
QUIZ = "01-small-steps-a"
PARTLY: dict[str, Any] = {
    "a-first-step": "look",
    "a-who-helps": ["father"],
    "a-in-order": ["roll", "crawl", "go", "stand"],
    "a-goes-with": {"shoe": "foot", "glove": "foot"},
    "a-now-or-later": {"smile": "before", "jump": "before", "grasp": "before", "hop": "after"},
    "a-spot-it": ["rose", "went", "fell"],
    "a-how-many": 15,
}


def sidecar(answers: Any = None, quiz: Any = QUIZ) -> bytes:
    given = PARTLY if answers is None else answers
    data = {"quiz": quiz, "version": FORM_A.version, "answers": given}
    return json.dumps(data).encode()


HOSTILE: dict[str, bytes] = {
    "missing": b"",
    "empty": b" ",
    "truncated": sidecar()[:-20],
    "a list": b"[1, 2]",
    "a number": b"1",
    "no answers": b'{"quiz": "01-small-steps-a"}',
    "answers are a list": sidecar(["look"]),
    "another quiz": sidecar(quiz="01-small-steps-b"),
    "the pre-check": sidecar(quiz="01-small-steps-pre"),
    "a quiz that is a list": sidecar(quiz=["01-small-steps-a"]),
    "a quiz that is a map": sidecar(quiz={"01-small-steps-a": 1}),
    "not UTF-8": "{'é'}".encode("latin-1"),
    "UTF-16": sidecar().decode().encode("utf-16"),
    "nested deep": b'{"answers": ' + b"[" * 100_000,
    "nested maps": b'{"a":' * 100_000,
    "oversize": b" " * (MOST_BYTES + 1),
    "NUL": b"\x00" * 100,
}
MISFITS: dict[str, Any] = {
    "NaN": float("nan"),
    "infinity": float("inf"),
    "true": True,
    "text": "12",
    "null": None,
    "list": [12],
    "map": {"12": 12},
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a submission during nbgrader's autograde."""
    folder = tmp_path / "autograded" / "rosa" / QUIZ
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    monkeypatch.setenv("GROUNDWORK_QUIZZES", str(QUIZZES))
    return folder


@pytest.mark.parametrize("item", FORM_A.items, ids=lambda item: item.id)
def test_a_cell_earns_what_the_answer_scores(here: Path, item: Any) -> None:
    (here / "answers.json").write_bytes(sidecar())

    earned = grade(item.id)

    assert type(earned) is float
    assert earned == score(item, PARTLY[item.id]).score > 0


@pytest.mark.parametrize("case", HOSTILE)
def test_an_answers_file_that_cannot_be_used_earns_nothing(
    here: Path, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if case != "missing":
        (here / "answers.json").write_bytes(HOSTILE[case])

    earned = grade("a-first-step")

    assert (type(earned), earned) == (float, 0.0)
    assert read_answers(here / "answers.json", [QUIZ]).problem
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("case", MISFITS)
def test_an_answer_of_the_wrong_kind_earns_nothing(here: Path, case: str) -> None:
    (here / "answers.json").write_bytes(sidecar({"a-how-many": MISFITS[case]}))

    assert grade("a-how-many") == 0.0


def test_a_number_too_long_for_a_float_earns_nothing(here: Path) -> None:
    digits = b"1" + b"0" * 400
    (here / "answers.json").write_bytes(sidecar({"a-how-many": 5}).replace(b"5}", digits + b"}"))

    assert grade("a-how-many") == 0.0


def test_a_link_is_not_followed(here: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "answers.json"
    elsewhere.write_bytes(sidecar())
    (here / "answers.json").symlink_to(elsewhere)

    assert grade("a-first-step") == 0.0


def test_a_folder_or_pipe_in_place_of_the_file_earns_nothing(here: Path) -> None:
    os.mkfifo(here / "answers.json")

    assert grade("a-first-step") == 0.0


def test_a_file_saved_by_a_windows_editor_is_read(here: Path) -> None:
    (here / "answers.json").write_bytes(b"\xef\xbb\xbf" + sidecar())

    assert grade("a-first-step") == 1.0


@pytest.mark.parametrize("item", FORM_A.items, ids=lambda item: item.id)
def test_what_a_cell_prints_holds_nothing_of_the_key(
    here: Path, item: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "answers.json").write_bytes(sidecar())

    grade(item.id)

    printed = capsys.readouterr().out
    assert printed.startswith(item.stem)
    chosen = [o.why for o in getattr(item, "options", []) if o.id in PARTLY[item.id]]
    assert printed.count("SECRET") == len(chosen)
    assert all(why in printed for why in chosen)
    assert PARTLY[item.id] is not None and "No answer" not in printed


def test_a_pre_check_gives_no_reasons_because_its_questions_come_again(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pre = here.parent / "01-small-steps-pre"
    pre.mkdir()
    (pre / "answers.json").write_bytes(sidecar(quiz=pre.name))
    monkeypatch.chdir(pre)

    grade("a-first-step")

    printed = capsys.readouterr().out
    assert printed.endswith("The answer:\n- Look at you\n")


def test_reasons_are_given_only_of_an_answer_that_fits() -> None:
    item = FORM_A.by_id["a-who-helps"]

    for answer in (["father", "walker", "nobody"], [[], "father"]):
        assert "SECRET" not in told(item, answer, score(item, answer), QUIZ)


def test_an_answer_is_told_in_the_words_the_learner_saw() -> None:
    item = FORM_A.by_id["a-goes-with"]
    answer = {"shoe": "hand", "glove": "hand"}

    told = answer_in_words(item, answer, score(item, answer))

    assert told == "What goes with what?\n\nThe answer:\n- A shoe: A hand\n- A glove: A hand"


def test_without_keys_grading_is_refused(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "answers.json").write_bytes(sidecar())
    monkeypatch.setenv("GROUNDWORK_QUIZZES", str(tmp_path / "nowhere"))

    with pytest.raises(KeysMissingError, match="set GROUNDWORK_QUIZZES"):
        grade("a-first-step")


def test_an_item_without_key_is_refused_by_its_name(here: Path) -> None:
    with pytest.raises(KeysMissingError, match="no graded item 'a-unknown'"):
        grade("a-unknown")


def test_a_key_that_cannot_be_read_is_refused_without_quoting_it(tmp_path: Path) -> None:
    module = tmp_path / "01-small-steps"
    module.mkdir()
    (module / "form-a.yml").write_text("items: SECRET-A-01", encoding="utf-8")

    with pytest.raises(KeysMissingError) as error:
        find_key(tmp_path, "a-first-step")

    assert "SECRET" not in str(error.value)
    assert error.value.__suppress_context__


def test_keys_are_found_in_the_project_around_the_course(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "_toc.yml").touch()
    (tmp_path / "quizzes").mkdir()
    deep = tmp_path / "data" / "course" / "autograded"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    for name in ("GROUNDWORK_QUIZZES", "GROUNDWORK_ROOT"):
        monkeypatch.delenv(name, raising=False)

    assert quizzes_folder() == tmp_path / "quizzes"


@pytest.mark.parametrize(("answers", "says"), [(PARTLY, "is saved"), ({}, "not answered")])
def test_a_learner_who_runs_the_cell_is_told_kindly(
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answers: dict[str, Any],
    says: str,
) -> None:
    monkeypatch.delenv("NBGRADER_EXECUTION")
    monkeypatch.delenv("GROUNDWORK_QUIZZES")
    (here / "answers.json").write_bytes(sidecar(answers))

    number = grade("a-first-step")

    assert (type(number), number) == (float, 0.0)
    said = capsys.readouterr()
    assert says in said.out
    assert "not your score" in said.out
    assert said.err == ""


@pytest.mark.parametrize(("answers", "number"), [({"a-first-step": "late"}, 1.0), ({}, 0.0)])
def test_validate_finds_what_is_unanswered_not_what_is_wrong(
    here: Path, monkeypatch: pytest.MonkeyPatch, answers: dict[str, Any], number: float
) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    (here / "answers.json").write_bytes(sidecar(answers))

    assert grade("a-first-step") == number


def test_nothing_a_scorer_says_reaches_stderr(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def noisy(*_: object) -> object:
        warnings.warn("loud", stacklevel=1)
        print("louder", file=sys.stderr)
        return score(FORM_A.items[0], "look")

    monkeypatch.setattr("groundwork.scoring.score", noisy)
    (here / "answers.json").write_bytes(sidecar())

    assert grade("a-first-step") == 1.0
    assert capsys.readouterr().err == ""


def test_importing_it_stays_light() -> None:
    code = "import sys, groundwork.grading; print(*sorted(sys.modules))"

    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()

    assert "groundwork.grading" in loaded
    assert not {"nbgrader", "pydantic", "yaml", "sqlalchemy", "ipywidgets"} & set(loaded)


def test_the_list_for_a_person_holds_each_submission_once_and_forgets_what_is_mended(
    tmp_path: Path,
) -> None:
    for problem in ("There is no answers.json.", "answers.json is a link."):
        set_notice(tmp_path, QUIZ, "rosa", problem)
    set_notice(tmp_path, QUIZ, "sana", "There is no answers.json.")
    set_notice(tmp_path, QUIZ, "sana", None)

    assert [(n.student, n.problem) for n in notices(tmp_path)] == [
        ("rosa", "answers.json is a link.")
    ]
