"""`groundwork grade`: which way each assignment goes, and what a course keeps through it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import parity
from groundwork.assignments import build_course
from groundwork.attention import notices
from groundwork.autograde import Graded, How, grade_course
from groundwork.coursefolder import read_course
from groundwork.curriculum import load_curriculum
from groundwork.errors import ConflictError, SettingsError
from groundwork.gradebook import nbgrader_api, read_scores
from groundwork.settings import read_settings
from parity import Case
from small_course import (
    CURRICULUM,
    FORM_A,
    PARTLY,
    REFLECTION,
    RIGHT,
    add_code,
    code,
    grades,
    hand_in,
    nbgrader,
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("courses") / "steps"
    build_course(load_curriculum(read_settings({"GROUNDWORK_ROOT": str(CURRICULUM)})), folder)
    return folder


@pytest.fixture
def course(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "steps"))


def graded(course: Path, how: How | None = None, only: str | None = None) -> list[Graded]:
    return list(grade_course(course, how or How(), only=only))


def groundwork(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run our own command as a person would."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("GROUNDWORK_")}
    return subprocess.run(
        [sys.executable, "-m", "groundwork", *words],
        env=clean | {"GROUNDWORK_ROOT": str(CURRICULUM)} | environ,
        capture_output=True,
        text=True,
    )


# Which way


def test_quizzes_go_by_arithmetic_and_code_by_nbgrader_and_it_is_said_why(course: Path) -> None:
    hand_in(course, "rosa", FORM_A, PARTLY)
    add_code(course, students=["rosa"])

    said = groundwork("grade", "--course", str(course), "--workers", "1")

    assert said.stderr == ""
    assert said.stdout.splitlines() == [
        f"{FORM_A}: 1 by arithmetic (its graded cells are data)",
        "own: 1 by nbgrader (its notebook holds code of your own)",
    ]
    assert grades(course, "rosa", "own") == {"t": 4.0}


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ("c.Autograde.sanitize_preprocessors = []", "sets other steps"),
        ("c.SaveAutoGrades.enabled = False", "sets SaveAutoGrades.enabled"),
        ("c.Autograde.post_convert_hook = print", "sets Autograde.post_convert_hook"),
        ("c.Autograde.exclude_overwriting = {}", None),
        ("c.Execute.timeout = 60", None),
        ("c.Exchange.root = '/srv/exchange'", None),
    ],
)
def test_what_an_instructor_sets_decides_the_way(
    course: Path, setting: str, why: str | None
) -> None:
    config = course / "nbgrader_config.py"
    config.write_text(f"{config.read_text()}\n{setting}\n")

    said = read_course(course).own_ways()

    assert (why is None and said is None) or (why is not None and why in (said or ""))


def test_a_code_cell_added_to_a_quiz_sends_it_to_nbgrader(course: Path) -> None:
    path = course / "source" / FORM_A / f"{FORM_A}.ipynb"
    book = json.loads(path.read_text())
    about = {"schema_version": 3, "solution": True, "locked": False, "task": False}
    book["cells"].append(code("y = 1", nbgrader=about | {"grade": False, "grade_id": "mine"}))
    path.write_text(json.dumps(book))
    nbgrader(course, "generate_assignment", FORM_A, "--force")
    hand_in(course, "rosa", FORM_A, RIGHT)

    found = graded(course, How(workers=1))

    assert (found[0].way, found[0].why) == ("by nbgrader", "its cell 'mine' is of your own")


def test_an_assignment_the_gradebook_does_not_know_is_left_and_said(course: Path) -> None:
    folder = course / "submitted" / "rosa" / "poem"
    folder.mkdir(parents=True)
    (folder / "poem.ipynb").write_text("{}")

    found = graded(course)

    assert str(found[0]) == "poem: 0 left (the gradebook does not know it), 1 were graded before"


def test_a_notebook_that_came_back_as_released_is_graded_like_one_saved_again(
    course: Path,
) -> None:
    hand_in(course, "ana", FORM_A, PARTLY)
    hand_in(course, "rosa", FORM_A, PARTLY, change=lambda book: book["metadata"].update(mine=1))

    graded(course)

    shown = [course / "autograded" / who / FORM_A / f"{FORM_A}.ipynb" for who in ("ana", "rosa")]
    assert shown[0].read_bytes() == shown[1].read_bytes()
    assert grades(course, "ana") == grades(course, "rosa")


# Refusals


def test_without_keys_nothing_is_graded(course: Path, tmp_path: Path) -> None:
    hand_in(course, "rosa", FORM_A, RIGHT)

    said = groundwork(
        "grade", "--course", str(course), GROUNDWORK_QUIZZES=str(tmp_path / "nowhere")
    )

    assert said.returncode == 1
    assert "set GROUNDWORK_QUIZZES" in said.stderr
    assert not (course / "autograded").exists()
    assert grades(course, "rosa") == {}


def test_a_folder_that_is_no_course_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"holds no nbgrader_config\.py"):
        graded(tmp_path)


def test_a_quiz_nobody_has_handed_in_is_one_sentence(course: Path) -> None:
    with pytest.raises(ConflictError, match="Nobody has handed in 09-nothing"):
        graded(course, only="09-nothing")


# Grading again


def test_only_what_is_new_is_graded_again(course: Path) -> None:
    first = hand_in(course, "rosa", FORM_A, PARTLY)
    (first / "timestamp.txt").write_text("2026-11-20 10:00:00.000000 UTC")
    graded(course)
    hand_in(course, "sana", FORM_A, RIGHT)

    assert [(one.done, one.skipped) for one in graded(course)] == [(1, 1)]

    shutil.rmtree(first)
    again = hand_in(course, "rosa", FORM_A, RIGHT)
    (again / "timestamp.txt").write_text("2026-11-21 10:00:00.000000 UTC")

    assert [(one.done, one.skipped) for one in graded(course)] == [(1, 1)]
    assert set(grades(course, "rosa").values()) == {1.0}


def test_a_notebook_mended_in_place_is_graded_again_and_leaves_the_list(course: Path) -> None:
    folder = hand_in(course, "rosa", FORM_A, RIGHT)
    whole = (folder / f"{FORM_A}.ipynb").read_bytes()
    (folder / f"{FORM_A}.ipynb").write_bytes(whole[:-40])
    graded(course)
    listed = [notice.problem for notice in notices(course)]
    time.sleep(0.01)
    (folder / f"{FORM_A}.ipynb").write_bytes(whole)

    graded(course)

    assert listed == [
        f"{FORM_A}.ipynb is not readable as a notebook; it may have been cut off. "
        "7 of 7 answers were still read and marked; look at them and confirm the scores."
    ]
    assert list(notices(course)) == []
    assert not parity.results(course)["rosa"]["needs"]


def test_a_run_that_ended_in_the_middle_is_finished_by_the_next(course: Path) -> None:
    for number in range(3):
        hand_in(course, f"learner-{number}", FORM_A, RIGHT)
    graded(course)
    before = parity.results(course)
    shutil.rmtree(course / "autograded" / "learner-1")
    (course / "autograded" / "learner-2" / FORM_A / f"{FORM_A}.ipynb").unlink()

    again = graded(course)

    assert [one.done for one in again] == [2]
    assert parity.results(course) == before
    assert len(list((course / "autograded").glob(f"*/{FORM_A}/{FORM_A}.ipynb"))) == 3


def test_what_is_graded_here_can_be_graded_again_by_nbgrader(course: Path) -> None:
    named = parity.prepare(course, [Case(FORM_A, PARTLY), Case(FORM_A, RIGHT, sidecar="cut")])
    graded(course)
    before = parity.results(course)

    assert not parity.grade_by_stock(course, named, processes=1)

    assert parity.results(course) == before


# PostgreSQL, and one gradebook a course


def test_the_same_rows_are_left_on_every_database(
    course: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [
        Case(FORM_A, PARTLY, timestamp="2026-11-23 12:00:00.000000 UTC", sidecar="unknown"),
        Case(FORM_A, RIGHT, changes=(("twin", 5),)),
        Case(REFLECTION, {}, reflection=parity.WORDS),
    ]
    parity.prepare(course, cases)
    graded(course)
    monkeypatch.setenv("GROUNDWORK_GRADEBOOK_URL", database_url)
    build_course(load_curriculum(read_settings({"GROUNDWORK_ROOT": str(CURRICULUM)})), course)

    graded(course, How(force=True))
    graded(course, How(force=True))

    on_file, there = parity.results(course), parity.results(course, database_url)
    for student, result in there.items():
        assert result["cells"] == on_file[student]["cells"]
        assert result["comments"] == on_file[student]["comments"]
        assert result["timestamp"] == on_file[student]["timestamp"]
    assert len(there) == 3


def test_each_course_has_a_gradebook_of_its_own_made_on_demand(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROUNDWORK_GRADEBOOK_URL", f"sqlite:///{tmp_path}/books/{{course}}.db")
    curriculum = load_curriculum(read_settings({"GROUNDWORK_ROOT": str(CURRICULUM)}))
    for name in ("spring", "fall"):
        build_course(curriculum, tmp_path / name)
        hand_in(tmp_path / name, f"learner-of-{name}", FORM_A, RIGHT)

        graded(tmp_path / name)

        scores = read_scores(f"sqlite:///{tmp_path}/books/{name}.db")
        assert scores == {(FORM_A, f"learner-of-{name}"): (7.0, 7.0)}


# Code, in processes of its own


def test_a_process_that_is_killed_in_the_middle_changes_no_result(course: Path) -> None:
    students = [f"learner-{number}" for number in range(3)]
    add_code(course, students=students, pause=0.3)
    command = [sys.executable, "-m", "groundwork", "grade", "--course", str(course)]
    grading = subprocess.Popen(
        [*command, "--workers", "2"],
        env=os.environ | {"GROUNDWORK_ROOT": str(CURRICULUM)},
        stdout=subprocess.PIPE,
        text=True,
    )

    os.kill(_a_worker(course, grading.pid), signal.SIGKILL)
    said, _ = grading.communicate(timeout=120)

    assert said == "own: 3 by nbgrader (its notebook holds code of your own)\n"
    assert [grades(course, student, "own") for student in students] == [{"t": 4.0}] * 3
    assert list(notices(course)) == []


def _a_worker(course: Path, parent: int) -> int:
    """A process of the pool that has begun to grade."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if (course / "autograded").is_dir() and any((course / "autograded").iterdir()):
            children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
            workers = [
                int(child)
                for child in children
                if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
            ]
            if workers:
                return workers[0]
        time.sleep(0.02)
    raise AssertionError("no process ever began to grade")


# The whole way round, by the real commands


def test_from_release_to_feedback_through_a_real_exchange(tmp_path: Path) -> None:
    course, home, exchange = (tmp_path / name for name in ("steps", "learner", "exchange"))
    for folder in (home, exchange):
        folder.mkdir()
    exchange.chmod(0o777)
    settings = (
        f'c.Exchange.root = "{exchange}"\nc.Exchange.cache = "{tmp_path}/cache"\n'
        'c.CourseDirectory.course_id = "steps"\nc.ExchangeCollect.check_owner = False\n'
    )
    built = groundwork("quizzes", "build", "--course", str(course))
    assert built.returncode == 0, built.stderr
    (config := course / "nbgrader_config.py").write_text(config.read_text() + settings)
    (home / "nbgrader_config.py").write_text(f"c = get_config()\n{settings}")

    for name in (FORM_A, REFLECTION):
        nbgrader(course, "release_assignment", name)
    nbgrader(home, "fetch_assignment", FORM_A, REFLECTION)
    for name, answers in ((FORM_A, PARTLY), (REFLECTION, {"reflection-01": parity.WORDS})):
        quiz = json.loads((home / name / "quiz.json").read_text())
        whole = {"quiz": quiz["quiz"], "version": quiz["version"], "answers": answers}
        (home / name / "answers.json").write_text(json.dumps(whole))
        nbgrader(home, "submit", name)
        nbgrader(course, "collect", name)
    learner = next((course / "submitted").iterdir()).name
    said = groundwork("grade", "--course", str(course))
    assert said.stdout.count("by arithmetic") == 2, said.stderr
    _score_reflection(course, learner)
    for name in (FORM_A, REFLECTION):
        nbgrader(course, "generate_feedback", name)
        nbgrader(course, "release_feedback", name)
    nbgrader(home, "fetch_feedback", FORM_A, REFLECTION)
    nbgrader(course, "export")

    lines = (course / "grades.csv").read_text().splitlines()
    scores = {line.split(",")[0]: line.split(",")[-2:] for line in lines if f",{learner}," in line}
    assert scores[REFLECTION] == ["1.0", "1.0"]
    assert scores[FORM_A][0] == str(sum(filter(None, grades(course, learner).values())))
    quiz_page, reflection_page = (
        next((home / name / "feedback").rglob("*.html")).read_text("utf-8")
        for name in (FORM_A, REFLECTION)
    )
    assert "- A screen" in quiz_page
    assert "SECRET-A-07" in quiz_page, "why the option they chose is not right"
    assert "SECRET-A-06" not in quiz_page, "nothing of an option they did not choose"
    assert "SECRET-A-08" not in quiz_page, "nothing of an order they may meet again"
    assert "pairs" not in quiz_page.lower().replace("right pair", "").replace("the pairs", "")
    assert "Thank you for noticing." in reflection_page
    assert "<b>$x$" not in reflection_page


def _score_reflection(course: Path, learner: str) -> None:
    """What formgrader does when an instructor types a score and a comment."""
    with nbgrader_api().Gradebook(f"sqlite:///{course}/gradebook.db", "steps") as book:
        grade = book.find_grade("reflection-01", REFLECTION, REFLECTION, learner)
        assert grade.needs_manual_grade
        grade.manual_score, grade.needs_manual_grade = 1.0, False
        comment = book.find_comment("reflection-01", REFLECTION, REFLECTION, learner)
        comment.manual_comment = "Thank you for noticing."
        book.db.commit()
