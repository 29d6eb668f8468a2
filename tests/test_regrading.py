"""A corrected key in a course folder: shown, then written whole; no pass is lost unasked."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

import parity
from corrected_key import FAR_OFF, RIGHT_AFTER, correct_key, sit
from groundwork import autograde, grading
from groundwork.assignments import build_course
from groundwork.cli import app
from groundwork.curriculum import load_curriculum
from groundwork.gradebook import nbgrader_api, read_scores
from groundwork.log import Database, Rescoring, open_database
from groundwork.marking import Marked
from groundwork.settings import read_settings
from small_course import CURRICULUM, FORM_A, MODULE, PRE, RIGHT, add_code, hand_in

HANDED_IN = {"gains": RIGHT_AFTER | FAR_OFF, "loses": RIGHT | FAR_OFF, "stays": RIGHT}
BEFORE = {"gains": 5.0, "loses": 6.0, "stays": 7.0}
AFTER = {"gains": 6.0, "loses": 5.0, "stays": 6.0}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project and a course folder in its data folder, graded with the key as it was."""
    folder = tmp_path_factory.mktemp("rescoring")
    shutil.copytree(CURRICULUM, folder / "project")
    course = folder / "data" / "courses" / "spring"
    build_course(load_curriculum(read_settings({"GROUNDWORK_ROOT": str(CURRICULUM)})), course)
    for student, answers in HANDED_IN.items():
        hand_in(course, student, FORM_A, answers)
    hand_in(course, "early", PRE, RIGHT)
    return folder


@pytest.fixture
def project(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(built, tmp_path / "all")
    project = tmp_path / "all" / "project"
    monkeypatch.setenv("GROUNDWORK_ROOT", str(project))
    monkeypatch.setenv("GROUNDWORK_DATA", str(tmp_path / "all" / "data"))
    monkeypatch.setenv("GROUNDWORK_QUIZZES", str(project / "quizzes"))
    return project


@pytest.fixture
def course(project: Path) -> Path:
    """The course folder, graded with the key as it was; then the key is corrected."""
    folder = project.parent / "data" / "courses" / "spring"
    run("grade", "--course", str(folder))
    correct_key(project)
    return folder


@pytest.fixture
def log(project: Path) -> Iterator[Database]:
    opened = open_database(read_settings().database_url)
    yield opened
    opened.close()


def run(*words: str) -> list[str]:
    grading._form.cache_clear()  # a command is a process of its own and reads the keys anew
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output.splitlines()


def rescore(course: Path, *more: str) -> list[str]:
    return run("grade", "--course", str(course), "--quiz", FORM_A, "--rescore", *more)


def scores(course: Path) -> dict[str, float]:
    found = read_scores(f"sqlite:///{course}/gradebook.db")
    return {student: earned for (quiz, student), (earned, _) in found.items() if quiz == FORM_A}


def shown(course: Path, student: str) -> str:
    return (course / "autograded" / student / FORM_A / f"{FORM_A}.ipynb").read_text("utf-8")


def test_a_preview_shows_who_would_gain_and_who_keeps_a_pass_and_changes_nothing(
    course: Path,
) -> None:
    said = rescore(course, "--preview")

    assert said == [
        f"{FORM_A}: 3 submissions read with the key as it is now; "
        "3 change their score, 1 gain a pass, 1 lose one",
        "  gains a pass: gains (spring), handed in: 5 -> 6 of 7",
        "  keeps its pass: loses (spring), handed in: 6 -> 5 of 7",
        "  A pass that is recorded is kept; --take-away takes it away.",
    ]
    assert scores(course) == BEFORE


def test_rescoring_a_course_folder_is_written_noted_and_shown_in_the_notebooks(
    course: Path, log: Database
) -> None:
    before = {student: shown(course, student) for student in HANDED_IN}

    said = rescore(course)

    assert said[-1] == f"{FORM_A}: written, and noted in the log as rescoring 1"
    assert scores(course) == AFTER | {"loses": BEFORE["loses"]}
    after = {student: shown(course, student) for student in HANDED_IN}
    assert {who for who in HANDED_IN if after[who] != before[who]} == {"gains", "stays"}
    with log.read() as session:
        note = session.scalars(select(Rescoring)).one()
    told = note.effect["submissions"]
    assert (told["course"], told["gained"], told["kept"]) == ("spring", ["gains"], ["loses"])
    assert {one["student"] for one in told["changed"]} == {"gains", "stays"}


def test_passes_are_taken_away_when_that_is_asked_for(course: Path, log: Database) -> None:
    rescore(course, "--take-away")

    assert scores(course) == AFTER
    with log.read() as session:
        assert session.scalars(select(Rescoring)).one().effect["submissions"]["taken"] == ["loses"]


def test_rescoring_again_writes_nothing_and_notes_nothing(course: Path, log: Database) -> None:
    rescore(course)
    before = parity.results(course)

    said = rescore(course)

    assert not any("written" in line for line in said)
    assert parity.results(course) == before
    with log.read() as session:
        assert len(session.scalars(select(Rescoring)).all()) == 1


def test_a_persons_score_stands_and_they_are_asked_to_look_again(course: Path) -> None:
    with nbgrader_api().Gradebook(f"sqlite:///{course}/gradebook.db", "spring") as book:
        grade = book.find_grade("a-first-step", FORM_A, FORM_A, "stays")
        grade.manual_score, grade.needs_manual_grade = 1.0, False
        book.db.commit()

    rescore(course)

    assert scores(course)["stays"] == 7.0
    assert parity.results(course)["stays"]["needs"]


def test_all_quizzes_of_a_folder_without_a_name_and_new_work_is_left_to_be_graded(
    course: Path,
) -> None:
    hand_in(course, "new", FORM_A, RIGHT)

    said = run("grade", "--course", str(course), "--rescore")

    assert [line.split(":")[0] for line in said if "read with" in line] == [PRE, FORM_A]
    assert "new" not in scores(course)
    assert scores(course)["stays"] == 6.0


def test_a_course_folder_and_its_portal_are_rescored_together_and_no_other_course(
    course: Path, project: Path, log: Database
) -> None:
    before = load_curriculum(read_settings({"GROUNDWORK_ROOT": str(CURRICULUM)}))
    sit(log, before, "portal", RIGHT, course="spring")
    sit(log, before, "elsewhere", RIGHT, course="fall")
    run("grade", "--course", str(course))

    said = rescore(course)

    assert [line.split(" read")[0] for line in said if " read with" in line] == [
        f"{FORM_A}: 1 attempts",
        f"{FORM_A}: 3 submissions",
    ]
    assert scores(course)["portal"] == 6.0
    with log.read() as session:
        effect = session.scalars(select(Rescoring)).one().effect
    assert (effect["considered"], effect["changed"]) == (1, 1)


def test_rescoring_the_log_brings_the_notebooks_of_its_work_along(
    project: Path, log: Database
) -> None:
    folder = project.parent / "data" / "courses" / "spring"
    before = load_curriculum(read_settings({"GROUNDWORK_ROOT": str(CURRICULUM)}))
    sit(log, before, "portal", RIGHT, course="spring")
    run("grade", "--course", str(folder))
    first = shown(folder, "portal")
    correct_key(project)

    run("grade", "--rescore", FORM_A)

    assert scores(folder)["portal"] == 6.0
    assert scores(folder)["stays"] == 7.0, "what was handed in is rescored with --course"
    assert shown(folder, "portal") != first


def test_a_failure_in_the_middle_leaves_every_row_as_it_was(
    course: Path, log: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(autograde, "BATCH", 1)
    write, calls = autograde.Desk.write_files, iter((False, True))

    def fail(desk: autograde.Desk, marked: list[Marked]) -> None:
        if next(calls):
            raise OSError("the disk is full")
        write(desk, marked)

    monkeypatch.setattr(autograde.Desk, "write_files", fail)
    grading._form.cache_clear()
    done = CliRunner().invoke(
        app, ["grade", "--course", str(course), "--quiz", FORM_A, "--rescore"]
    )

    assert isinstance(done.exception, OSError)
    assert scores(course) == BEFORE
    with log.read() as session:
        assert session.scalars(select(Rescoring)).all() == []


def test_notebooks_with_code_are_not_rescored_and_that_is_said(course: Path) -> None:
    add_code(course, students=["rosa"])
    config = course / "nbgrader_config.py"
    config.write_text(f"{config.read_text()}\nc.Autograde.post_convert_hook = print\n")

    done = CliRunner().invoke(
        app, ["grade", "--course", str(course), "--quiz", FORM_A, "--rescore"]
    )

    assert "graded by nbgrader itself" in str(done.exception)
    assert "--force" in str(done.exception)


def test_without_a_terminal_it_does_not_wait_for_an_answer(course: Path) -> None:
    command = [sys.executable, "-m", "groundwork", "grade", "--rescore", FORM_A]
    with subprocess.Popen(
        [*command, "--course", str(course)],
        env=dict(os.environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.wait(timeout=60) == 0

    assert scores(course)["gains"] == 6.0


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--rescore"],
        ["--preview", "--course", "."],
        ["--take-away", "--course", "."],
        ["--rescore", FORM_A, "--quiz", PRE],
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(words: list[str], project: Path) -> None:
    assert CliRunner().invoke(app, ["grade", *words]).exit_code == 2


@pytest.mark.parametrize("words", [[FORM_A], ["--quiz", FORM_A], [MODULE]])
def test_the_quiz_to_rescore_stands_after_the_flag_or_in_quiz(
    words: list[str], project: Path, log: Database
) -> None:
    sit(log, load_curriculum(read_settings()), "stays", RIGHT)
    correct_key(project)

    said = run("grade", "--rescore", *words)

    assert said[-1] == f"{FORM_A}: written, and noted in the log as rescoring 1"
