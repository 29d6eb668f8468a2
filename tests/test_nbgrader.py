"""Stock nbgrader on a course we built: right scores, no key anywhere, no learner's code run."""

import json
import os
import re
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nbformat
import pytest

from groundwork.assignments import build_course
from groundwork.attention import notices
from groundwork.curriculum import Curriculum, load_curriculum
from groundwork.errors import ConflictError, SettingsError
from groundwork.gradebook import nbgrader_api, read_scores, write_gradebook
from groundwork.items import SCORED
from groundwork.log import Attempt, Database, Reflection, open_database, store
from groundwork.scoring import score
from groundwork.settings import SELF_STUDY, read_settings
from small_course import (
    CURRICULUM,
    FORM_A,
    FORM_B,
    GRADES,
    MODULE,
    PARTLY,
    PRE,
    PROJECT,
    REFLECTION,
    RIGHT,
    cell,
    code,
    files,
    grades,
    hand_in,
    markdown,
    nbgrader,
    rows,
)

SECRET = b"SECRET-"
SECRETS = re.compile(rb"SECRET-[A-Z]-\d+")
CHOSEN = {b"SECRET-A-01", b"SECRET-A-02", b"SECRET-A-04", b"SECRET-A-05", b"SECRET-A-07"}
"""The reasons of options that learners chose, which they may read; no others."""
HACKED = b"HACKED-BY-A-LEARNER"
PRINT_KEYS = """\
import os, pathlib
print("HACKED-BY-A-" + "LEARNER")
for path in pathlib.Path(os.environ["GROUNDWORK_QUIZZES"]).rglob("*.yml"):
    print(path.read_text())
"""
MODULE_OF_A_LEARNER = f"{PRINT_KEYS}\ndef grade(item): return 1.0\n"
MARKUP = "Tom & <b>Sana</b> <script>alert('x')</script>\n\n</pre># no $heading$ *here*"


def attack(book: Any) -> None:
    """Everything a learner can do to a notebook to see keys or to have full marks."""
    book["cells"] = [code(PRINT_KEYS), *book["cells"], code(PRINT_KEYS), markdown(MARKUP)]
    book["cells"][0]["metadata"] = {"nbgrader": {"grade_id": "mine", "grade": False}}
    book["cells"][1:-2] = [c for c in book["cells"][1:-2] if "nbgrader" in c["metadata"]]
    for name, source in (("a-first-step", "1.0"), ("groundwork-quiz", PRINT_KEYS)):
        cell(book, name)["source"] = source
    cell(book, "a-who-helps")["metadata"]["tags"] = ["skip-execution"]
    cell(book, "a-in-order")["metadata"]["nbgrader"]["schema_version"] = 2
    cell(book, "a-goes-with")["metadata"]["nbgrader"]["points"] = 100
    cell(book, "a-now-or-later")["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": "1.0"}
    ]
    book["metadata"] |= {
        "widgets": {"x": "<script>"},
        "kernelspec": {"name": "bash", "display_name": "B"},
    }


def damage(book: Any) -> None:
    """What happens to notebooks by accident: deleted, doubled, retyped, turned around."""
    cells = book["cells"]
    twin = json.loads(json.dumps(cell(book, "a-who-helps")))
    twin["id"] = "twin"
    cells.remove(cell(book, "a-first-step"))
    cells.remove(cell(book, "groundwork-quiz"))
    retyped = cell(book, "a-in-order")
    retyped["cell_type"] = "markdown"
    del retyped["outputs"], retyped["execution_count"]
    cells.reverse()
    cells.append(twin)


@pytest.fixture(scope="module")
def curriculum() -> Curriculum:
    return load_curriculum(read_settings({"GROUNDWORK_ROOT": str(CURRICULUM)}))


@pytest.fixture(scope="module")
def built(curriculum: Curriculum, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course as it is after `groundwork quizzes build`."""
    folder = tmp_path_factory.mktemp("courses") / "steps"
    assert build_course(curriculum, folder) == [PRE, FORM_A, FORM_B, REFLECTION]
    return folder


@pytest.fixture(scope="module")
def graded(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The course after learners handed in and an instructor ran nbgrader's own commands."""
    course = tmp_path_factory.mktemp("graded") / "steps"
    shutil.copytree(built, course)
    hand_in(course, "right", FORM_A, RIGHT)
    hand_in(course, "partly", FORM_A, PARTLY)
    hand_in(course, "partly", PRE, PARTLY)
    hand_in(course, "missing", FORM_A, None)
    whole = json.dumps({"quiz": FORM_A, "version": "", "answers": RIGHT}).encode()
    hand_in(course, "truncated", FORM_A, whole[:-30])
    hand_in(course, "foreign", FORM_A, whole.replace(FORM_A.encode(), FORM_B.encode()))
    hand_in(course, "damaged", FORM_A, RIGHT, change=damage)
    hostile = hand_in(course, "hostile", FORM_A, PARTLY, change=attack)
    (hostile / "groundwork").mkdir()
    for name in ("groundwork/__init__.py", "groundwork/grading.py", "ipykernel_launcher.py"):
        (hostile / name).write_text(MODULE_OF_A_LEARNER, encoding="utf-8")
    linked = hand_in(course, "linked", FORM_A, None)
    key = CURRICULUM / "quizzes" / MODULE / "form-a.yml"
    (linked / "answers.json").symlink_to(key)
    (linked / "notes.txt").symlink_to(key)
    hand_in(course, "widget", REFLECTION, {"reflection-01": MARKUP})
    hand_in(course, "silent", REFLECTION, None)

    def write(book: Any) -> None:
        cell(book, "reflection-01")["source"] = MARKUP

    hand_in(course, "written", REFLECTION, None, change=write)
    add_own_notebook(course)
    nbgrader(course, "generate_assignment", "own")
    nbgrader(course, "autograde", "*")
    nbgrader(course, "generate_feedback", "*")
    nbgrader(course, "export")
    return course


def add_own_notebook(course: Path) -> None:
    """An instructor's own assignment, in which learners do write code."""
    about = {"schema_version": 3, "solution": False, "locked": True, "task": False}
    tested = code("x * 2.0", nbgrader=about | {"grade": True, "grade_id": "t", "points": 10})
    book = {"cells": [code("x = 2"), tested], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    for folder in (course / "source" / "own", course / "submitted" / "rosa" / "own"):
        folder.mkdir(parents=True)
        (folder / "own.ipynb").write_text(json.dumps(book), encoding="utf-8")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Database]:
    database = open_database(f"sqlite:///{tmp_path / 'log.db'}")
    yield database
    database.close()


# The course folder


def test_a_built_course_holds_no_key(built: Path) -> None:
    assert [path for path in files(built) if SECRET in path.read_bytes()] == []
    assert [path for path in files(built) if path.name == "answers.json"] == []


@pytest.mark.filterwarnings("error")
def test_notebooks_are_valid_and_cells_are_named_after_their_items(
    built: Path, curriculum: Curriculum
) -> None:
    for folder in ("source", "release"):
        book = nbformat.read(built / folder / FORM_A / f"{FORM_A}.ipynb", as_version=4)  # type: ignore[no-untyped-call]
        nbformat.validate(book)
        graded_cells = [c for c in book.cells if c.metadata.nbgrader.grade]

        items = curriculum.quizzes[MODULE].form("A").items
        assert [c.metadata.nbgrader.grade_id for c in graded_cells] == [i.id for i in items]
        assert {c.metadata.nbgrader.points for c in graded_cells} == {1.0}
        assert all(c.metadata.nbgrader.locked and c.id for c in book.cells)
        assert book.metadata.groundwork.version == curriculum.quizzes[MODULE].form("A").version


def test_building_again_changes_nothing_and_keeps_the_instructors_settings(
    built: Path, curriculum: Curriculum, tmp_path: Path
) -> None:
    course = tmp_path / "steps"
    shutil.copytree(built, course)
    config = course / "nbgrader_config.py"
    config.write_text(config.read_text() + 'c.Exchange.root = "/srv/exchange"\n')
    (course / "source" / FORM_A / "answers.json").write_text("tried out by the instructor")
    before = {path: path.read_bytes() for path in files(course) if path.suffix != ".db"}

    build_course(curriculum, course)

    after = {path: path.read_bytes() for path in files(course) if path.suffix != ".db"}
    del before[course / "source" / FORM_A / "answers.json"]
    assert after == before


def test_building_leaves_this_process_as_it_was(built: Path, curriculum: Curriculum) -> None:
    assert str(CURRICULUM / "quizzes") != os.environ.get("GROUNDWORK_QUIZZES")


# Grading


@pytest.mark.parametrize(
    ("student", "answers"), [("right", RIGHT), ("partly", PARTLY), ("damaged", RIGHT)]
)
def test_nbgrader_gives_what_the_answers_score(
    graded: Path, curriculum: Curriculum, student: str, answers: dict[str, Any]
) -> None:
    items = curriculum.quizzes[MODULE].form("A").items

    expected = {item.id: score(item, answers[item.id]).score for item in items}

    assert grades(graded, student) == expected


@pytest.mark.parametrize("student", ["missing", "truncated", "foreign", "linked"])
def test_answers_that_cannot_be_used_earn_nothing_and_are_put_on_a_persons_list(
    graded: Path, student: str
) -> None:
    assert set(grades(graded, student).values()) == {0.0}
    assert len([n for n in notices(graded) if n.student == student]) == 1


def test_the_list_says_what_is_wrong_and_names_nobody_else(graded: Path) -> None:
    said = {(n.assignment, n.student): n.problem for n in notices(graded)}

    assert said[FORM_A, "missing"] == "There is no answers.json."
    assert "cut off" in said[FORM_A, "truncated"]
    assert f"answers '{FORM_B}'" in said[FORM_A, "foreign"]
    assert {student for _, student in said} == {"missing", "truncated", "foreign", "linked"}


def test_a_hostile_notebook_earns_what_its_answers_score(
    graded: Path, curriculum: Curriculum
) -> None:
    assert grades(graded, "hostile") == grades(graded, "partly")


@pytest.mark.parametrize("folder", ["source", "release", "autograded", "feedback", "attention"])
def test_no_key_and_no_learners_code_shows_anywhere(graded: Path, folder: str) -> None:
    found = files(graded / folder)

    assert found
    shown = {secret for path in found for secret in SECRETS.findall(path.read_bytes())}
    assert shown == (CHOSEN if folder in {"autograded", "feedback"} else set())
    assert [path for path in found if HACKED in path.read_bytes()] == []


def test_no_key_is_in_the_gradebook_or_the_export(graded: Path) -> None:
    for name in ("gradebook.db", "grades.csv"):
        assert SECRET not in (graded / name).read_bytes()


def test_a_learners_own_files_do_not_come_near_the_kernel(graded: Path) -> None:
    left = {path.name for path in (graded / "autograded" / "hostile" / FORM_A).iterdir()}

    assert left == {f"{FORM_A}.ipynb", "answers.json", "quiz.json"}


def test_a_reflection_waits_for_a_person_whether_typed_in_widget_or_cell(graded: Path) -> None:
    database = graded / "gradebook.db"

    assert rows(database, GRADES, "widget", REFLECTION) == [("reflection-01", None, 1)]
    assert rows(database, GRADES, "written", REFLECTION) == [("reflection-01", None, 1)]
    assert rows(database, GRADES, "silent", REFLECTION) == [("reflection-01", 0.0, 0)]


@pytest.mark.parametrize(
    ("student", "assignment"),
    [("widget", REFLECTION), ("written", REFLECTION), ("hostile", FORM_A)],
)
def test_learners_markup_is_text_in_feedback(graded: Path, student: str, assignment: str) -> None:
    page = (graded / "feedback" / student / assignment / f"{assignment}.html").read_text("utf-8")

    assert "Tom &amp; &lt;b&gt;Sana&lt;/b&gt; &lt;script&gt;alert(" in page
    assert "<script>alert" not in page
    assert "<b>Sana" not in page
    assert "*here*" in page


def test_feedback_shows_what_was_answered_in_words(graded: Path) -> None:
    page = (graded / "feedback" / "partly" / FORM_A / f"{FORM_A}.html").read_text("utf-8")

    assert "Who can help a baby to walk?" in page
    assert "- A screen" in page


def test_feedback_on_a_precheck_tells_the_score_by_objective_and_of_no_question(
    graded: Path, curriculum: Curriculum
) -> None:
    items = curriculum.quizzes[MODULE].form("A").items
    total = sum(score(item, PARTLY[item.id]).score for item in items)

    page = (graded / "feedback" / "partly" / PRE / f"{PRE}.html").read_text("utf-8")

    body = page[page.index("<body") :]
    assert f"Take a small step.: {round(total, 2):g} of 7" in body
    assert "Who can help a baby to walk?" in body
    assert "- A screen" in body
    assert body.count("Score:") == 1, "of the whole"
    assert "Grade cell" not in body
    assert "Out[" not in body
    assert not SECRETS.search(body.encode())


def test_export_reads_the_same_scores(graded: Path, curriculum: Curriculum) -> None:
    items = curriculum.quizzes[MODULE].form("A").items
    total = sum(score(item, PARTLY[item.id]).score for item in items)

    lines = (graded / "grades.csv").read_text(encoding="utf-8").splitlines()

    row = next(line for line in lines if line.startswith(FORM_A) and ",partly," in line)
    assert f",{total}," in row
    assert row.endswith(",7.0")


def test_grading_without_running_anything_is_no_way_to_full_marks(
    graded: Path, tmp_path: Path
) -> None:
    course = tmp_path / "steps"
    shutil.copytree(graded, course, symlinks=True)

    nbgrader(course, "autograde", FORM_A, "--student=right", "--force", "--no-execute")

    assert set(grades(course, "right").values()) == {0.0}


def test_without_keys_the_run_is_refused_before_anything_is_graded(
    built: Path, tmp_path: Path
) -> None:
    course = tmp_path / "steps"
    shutil.copytree(built, course)
    hand_in(course, "right", FORM_A, RIGHT)

    said = nbgrader(
        course, "autograde", FORM_A, check=False, GROUNDWORK_QUIZZES=str(tmp_path / "nowhere")
    )

    assert "so nothing is graded here; set GROUNDWORK_QUIZZES" in said
    assert not (course / "autograded" / "right" / FORM_A).exists()
    assert set(grades(course, "right").values()) == {None}


def test_building_again_works_with_submissions_and_refuses_other_questions(
    graded: Path, curriculum: Curriculum, tmp_path: Path
) -> None:
    course = tmp_path / "steps"
    shutil.copytree(graded, course, symlinks=True)
    other = tmp_path / "curriculum"
    shutil.copytree(CURRICULUM, other)
    form = other / "quizzes" / MODULE / "form-a.yml"
    form.write_text(form.read_text().replace("a-first-step", "a-new-step"), encoding="utf-8")

    build_course(curriculum, course)

    assert grades(course, "partly") == grades(graded, "partly")
    with pytest.raises(ConflictError, match=r"^nbgrader did not release .*submissions"):
        build_course(load_curriculum(read_settings({"GROUNDWORK_ROOT": str(other)})), course)


def test_an_instructors_own_notebook_is_left_alone(graded: Path) -> None:
    assert grades(graded, "rosa", "own") == {"t": 4.0}


@pytest.mark.skipif(
    not list((PROJECT / "quizzes").glob("*/form-b.yml")), reason="the keys are not here"
)
def test_the_projects_own_quizzes_make_a_course_without_keys(tmp_path: Path) -> None:
    real = load_curriculum(read_settings({"GROUNDWORK_ROOT": str(PROJECT)}))

    names = build_course(real, tmp_path / "own")

    assert len(names) == 4 * len(real.course.modules)
    everything = b"".join(p.read_bytes() for p in files(tmp_path / "own"))
    graded_items = [i for q in real.quizzes.values() for f in q.graded.values() for i in f.items]
    assert all(isinstance(item, SCORED) for item in graded_items)
    for item in graded_items:
        reasons = item.key().get("why", "")
        for why in [reasons] if isinstance(reasons, str) else reasons.values():
            assert json.dumps(why, ensure_ascii=False)[1:-1].encode() not in everything


# The gradebook from the log

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def sit(
    log: Database,
    learner: str,
    scores: dict[str, float],
    *,
    form: str = "A",
    purpose: str = "quiz",
    number: int = 1,
    course: str = SELF_STUDY,
    name: str = "Rosa Diaz",
) -> None:
    """Put an attempt into the log."""
    with log.write() as session:
        enrolment = store.enrol(session, learner, course, at=NOW)
        enrolment.learner.name = name
        session.add(
            Attempt(
                attempt_id=f"{learner}-{course}-{purpose}-{form}-{number}",
                enrolment_id=enrolment.id,
                module=MODULE,
                purpose=purpose,
                form=form,
                version="",
                number=number,
                answers={},
                scores=scores,
                score=sum(scores.values()),
                max_score=7.0,
                passed=None,
                told={},
                started=NOW,
                finished=NOW + timedelta(minutes=number),
                received=NOW,
            )
        )


def reflect(log: Database, learner: str, *, complete: bool, course: str = SELF_STUDY) -> None:
    """Put a state of a reflection into the log."""
    with log.write() as session:
        enrolment = store.enrol(session, learner, course, at=NOW)
        session.add(
            Reflection(
                enrolment_id=enrolment.id,
                module=MODULE,
                text=MARKUP,
                met=[complete] * 3,
                complete=complete,
                assessed_by="the learner" if course == SELF_STUDY else "",
                at=NOW,
            )
        )


def write(log: Database, curriculum: Curriculum, course_folder: Path, **more: Any) -> None:
    with log.read() as session:
        url = f"sqlite:///{course_folder / 'gradebook.db'}"
        write_gradebook(session, curriculum, url, more.pop("course", SELF_STUDY), **more)


def dump(folder: Path) -> list[str]:
    connection = sqlite3.connect(folder / "gradebook.db")
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def test_the_best_attempt_of_each_form_is_in_the_gradebook(
    log: Database, curriculum: Curriculum, tmp_path: Path
) -> None:
    sit(log, "rosa", {"a-first-step": 1.0}, purpose="precheck")
    sit(log, "rosa", {"b-first-step": 1.0, "b-in-order": 1 / 3}, form="B")
    sit(log, "rosa", {"a-first-step": 1.0, "a-spot-it": 0.5}, number=2)
    sit(log, "rosa", {"b-first-step": 0.0, "b-in-order": 2 / 3}, form="B", number=3)
    reflect(log, "rosa", complete=True)

    write(log, curriculum, tmp_path / "courses" / "steps")

    scores = read_scores(f"sqlite:///{tmp_path / 'courses' / 'steps' / 'gradebook.db'}")
    assert scores == {
        (PRE, "rosa"): (1.0, 7.0),
        (FORM_B, "rosa"): (4 / 3, 7.0),
        (FORM_A, "rosa"): (1.5, 7.0),
        (REFLECTION, "rosa"): (1.0, 1.0),
    }


def test_writing_again_changes_nothing(
    log: Database, curriculum: Curriculum, tmp_path: Path
) -> None:
    sit(log, "rosa", {"a-first-step": 1.0})
    reflect(log, "rosa", complete=True)
    reflect(log, "rosa", complete=True, course="a-cohort")
    write(log, curriculum, tmp_path)
    before = dump(tmp_path)

    write(log, curriculum, tmp_path)

    assert dump(tmp_path) == before
    assert SECRET not in (tmp_path / "gradebook.db").read_bytes()
    assert b"script" not in (tmp_path / "gradebook.db").read_bytes()


def test_self_study_is_self_assessed_and_a_cohort_waits_for_a_person(
    log: Database, curriculum: Curriculum, tmp_path: Path
) -> None:
    reflect(log, "rosa", complete=True)
    reflect(log, "sana", complete=False)
    reflect(log, "rosa", complete=True, course="spring")
    write(log, curriculum, tmp_path / "alone")
    write(log, curriculum, tmp_path / "spring", course="spring")

    comments = rows(tmp_path / "alone" / "gradebook.db", "select auto_comment from comment")

    alone, spring = (tmp_path / name / "gradebook.db" for name in ("alone", "spring"))
    assert rows(alone, GRADES, "rosa", REFLECTION) == [("reflection-01", 1.0, 0)]
    assert rows(alone, GRADES, "sana", REFLECTION) == [("reflection-01", 0.0, 0)]
    assert sorted(comments) == [("self-assessed",), ("self-assessed: not yet",)]
    assert rows(spring, GRADES, "rosa", REFLECTION) == [("reflection-01", None, 1)]


def test_what_a_person_gave_stays_and_newer_work_asks_them_to_look_again(
    log: Database, curriculum: Curriculum, tmp_path: Path
) -> None:
    sit(log, "rosa", {"a-first-step": 0.0}, course="spring")
    write(log, curriculum, tmp_path, course="spring")
    with nbgrader_api().Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}", "spring") as book:
        given = book.find_grade("a-first-step", FORM_A, FORM_A, "rosa")
        given.manual_score, given.needs_manual_grade = 0.75, False
        book.db.commit()

    write(log, curriculum, tmp_path, course="spring")
    untouched = rows(tmp_path / "gradebook.db", GRADES, "rosa", FORM_A)
    sit(log, "rosa", {"a-first-step": 1.0}, number=2, course="spring")
    write(log, curriculum, tmp_path, course="spring")

    assert ("a-first-step", 0.0, 0) in untouched
    assert ("a-first-step", 1.0, 1) in rows(tmp_path / "gradebook.db", GRADES, "rosa", FORM_A)
    scores = read_scores(f"sqlite:///{tmp_path / 'gradebook.db'}")
    assert scores[FORM_A, "rosa"] == (0.75, 7.0)


def test_only_the_learners_asked_for_are_written(
    log: Database, curriculum: Curriculum, tmp_path: Path
) -> None:
    sit(log, "rosa", {"a-first-step": 1.0})
    sit(log, "sana", {"a-first-step": 1.0})

    write(log, curriculum, tmp_path, learners=["sana"])

    assert set(read_scores(f"sqlite:///{tmp_path / 'gradebook.db'}")) == {(FORM_A, "sana")}


def test_names_and_keys_cannot_be_markup_or_paths(
    log: Database, curriculum: Curriculum, tmp_path: Path
) -> None:
    sit(log, "../../etc", {}, name="<script>alert(1)</script> O'Neil & Sons")
    sit(log, "..", {}, name="")

    write(log, curriculum, tmp_path)

    found = rows(tmp_path / "gradebook.db", "select id, first_name, last_name from student")
    assert sorted(found) == [
        ("%2E%2E", None, None),
        ("..%2F..%2Fetc", "‹script›alert(1)‹/script› O'Neil &", "Sons"),
    ]


@pytest.mark.parametrize("first", ["log", "build"])
def test_gradebook_and_build_fit_in_either_order(
    log: Database, curriculum: Curriculum, built: Path, tmp_path: Path, first: str
) -> None:
    course = tmp_path / "steps"
    sit(log, "rosa", {"a-first-step": 1.0}, course="steps")
    if first == "build":
        shutil.copytree(built, course)

    write(log, curriculum, course, course="steps")
    build_course(curriculum, course)

    def shape(folder: Path) -> list[list[tuple[Any, ...]]]:
        database = folder / "gradebook.db"
        return [
            sorted(rows(database, query))
            for query in (
                "select name, course_id from assignment",
                "select name, kernelspec from notebook",
                "select name, type from base_cell",
                "select name, cell_type, locked, source, checksum from source_cell",
                "select max_score, cell_type from grade_cells",
                "select version_num from alembic_version",
            )
        ]

    assert shape(course) == shape(built)
    assert read_scores(f"sqlite:///{course / 'gradebook.db'}") == {(FORM_A, "rosa"): (1.0, 7.0)}


def test_many_writers_queue_and_nothing_is_doubled(
    log: Database, curriculum: Curriculum, tmp_path: Path
) -> None:
    for number in range(4):
        sit(log, f"learner-{number}", {"a-first-step": 1.0})
    nbgrader_api()
    failed: list[Exception] = []

    def once(number: int) -> None:
        try:
            write(log, curriculum, tmp_path, learners=[f"learner-{number % 4}"])
        except Exception as error:  # noqa: BLE001  # whatever it is, the test must see it
            failed.append(error)

    writers = [threading.Thread(target=once, args=[number]) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert failed == []
    assert len(read_scores(f"sqlite:///{tmp_path / 'gradebook.db'}")) == 4
    assert rows(tmp_path / "gradebook.db", "pragma integrity_check") == [("ok",)]


def test_a_gradebook_of_other_questions_with_work_in_it_is_not_bent(
    log: Database, curriculum: Curriculum, tmp_path: Path
) -> None:
    sit(log, "rosa", {"a-first-step": 1.0})
    write(log, curriculum, tmp_path)
    before = dump(tmp_path)
    other = tmp_path / "curriculum"
    shutil.copytree(CURRICULUM, other)
    form = other / "quizzes" / MODULE / "form-a.yml"
    form.write_text(form.read_text().replace("a-first-step", "a-new-step"), encoding="utf-8")
    changed = load_curriculum(read_settings({"GROUNDWORK_ROOT": str(other)}))

    with pytest.raises(ConflictError, match="other questions"):
        write(log, changed, tmp_path)

    assert dump(tmp_path) == before


def test_a_gradebook_that_cannot_be_used_is_one_sentence(
    log: Database, curriculum: Curriculum, tmp_path: Path
) -> None:
    (tmp_path / "gradebook.db").write_text("this is no database" * 100)

    with pytest.raises(SettingsError, match=r"^The gradebook sqlite:.* cannot be used: ") as error:
        write(log, curriculum, tmp_path)

    assert "\n" not in str(error.value)
