"""Work that came another way than the exchange: from the portal, and out of a folder of zips."""

import json
import os
import shutil
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, delete, make_url, text
from typer.testing import CliRunner

import parity
from conftest import DATABASES
from corrected_key import RIGHT_AFTER, correct_key
from groundwork import grading, rescoring
from groundwork.assignments import build_course
from groundwork.attention import notices
from groundwork.audit import Act
from groundwork.cli import app
from groundwork.curriculum import Curriculum, load_curriculum
from groundwork.gradebook import nbgrader_api, read_scores, write_gradebook
from groundwork.log import Attempt, Database, Reflection, open_database, store
from groundwork.schedule import set_aside
from groundwork.scoring import score
from groundwork.settings import Settings, read_settings
from small_course import (
    CURRICULUM,
    FORM_A,
    MODULE,
    PARTLY,
    REFLECTION,
    RIGHT,
    grades,
    hand_in,
    nbgrader,
)

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
WORDS = "She looked up. <b>I</b> waited & *watched*."


@pytest.fixture(params=DATABASES)
def gradebooks(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where gradebooks are, one for each {course}: files, and databases nobody has made yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/data/courses/{{course}}/gradebook.db"
        return
    server = make_url(os.environ["TEST_DATABASE_URL"])
    start = f"book_{uuid4().hex[:12]}_"
    address = server.set(database=f"{start}COURSE").render_as_string(hide_password=False)
    yield address.replace("COURSE", "{course}")
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        made = connection.scalars(
            text("SELECT datname FROM pg_database WHERE datname LIKE :start"),
            {"start": f"{start}%"},
        ).all()
        for name in made:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    engine.dispose()


class Cohort:
    """A course in the portal, and its folder for nbgrader."""

    def __init__(self, settings: Settings, curriculum: Curriculum, log: Database) -> None:
        self.settings, self.curriculum, self.log = settings, curriculum, log
        self.folder = settings.course_folder("spring")
        self.book = settings.gradebook("spring")

    def sit(self, learner: str, answers: dict[str, Any], *, minute: int = 0) -> None:
        form = self.curriculum.quizzes[MODULE].form("A")
        scores = {item.id: score(item, answers.get(item.id)).score for item in form.items}
        with self.log.write() as session:
            enrolment = store.enrol(session, learner, "spring", at=NOW)
            session.add(
                Attempt(
                    attempt_id=str(uuid4()),
                    enrolment_id=enrolment.id,
                    module=MODULE,
                    purpose="quiz",
                    form="A",
                    version=form.version,
                    number=minute + 1,
                    answers={item.id: answers.get(item.id) for item in form.items},
                    scores=scores,
                    score=sum(scores.values()),
                    max_score=form.max_score,
                    passed=sum(scores.values()) >= 5.6,
                    told={},
                    started=NOW,
                    finished=NOW + timedelta(minutes=minute),
                    received=NOW,
                )
            )

    def reflect(self, learner: str, words: str) -> None:
        with self.log.write() as session:
            enrolment = store.enrol(session, learner, "spring", at=NOW)
            session.add(
                Reflection(
                    enrolment_id=enrolment.id,
                    module=MODULE,
                    text=words,
                    met=[True] * 3,
                    complete=False,
                    assessed_by="",
                    at=NOW,
                )
            )

    def write_gradebook(self) -> None:
        """What the portal does in the background."""
        with self.log.read() as session:
            write_gradebook(session, self.curriculum, self.book, "spring")

    def grade(self, *words: str) -> list[str]:
        done = CliRunner().invoke(app, ["grade", "--course", str(self.folder), *words])
        assert done.exit_code == 0, done.output
        return done.output.splitlines()

    def rows(self) -> dict[str, Any]:
        return {
            student: [*result["cells"].values(), result["timestamp"]]
            for student, result in parity.results(self.folder, self.book).items()
        }

    def full_scores(self) -> set[str]:
        """Who has all points."""
        return {who for (_, who), (earned, _) in read_scores(self.book).items() if earned == 7.0}

    def handed_in_at(self, learner: str) -> datetime:
        with nbgrader_api().Gradebook(self.book, "spring") as book:
            at: datetime = book.find_submission(FORM_A, learner).timestamp
            return at

    def shown(self, learner: str, assignment: str) -> str:
        path = self.folder / "autograded" / learner / assignment / f"{assignment}.ipynb"
        return path.read_text(encoding="utf-8")


@pytest.fixture
def cohort(gradebooks: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cohort]:
    shutil.copytree(CURRICULUM, tmp_path / "project")
    monkeypatch.setenv("GROUNDWORK_ROOT", str(tmp_path / "project"))
    monkeypatch.setenv("GROUNDWORK_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GROUNDWORK_GRADEBOOK_URL", gradebooks)
    settings = read_settings()
    curriculum = load_curriculum(settings)
    build_course(curriculum, settings.course_folder("spring"))
    log = open_database(settings.database_url)
    yield Cohort(settings, curriculum, log)
    log.close()


def test_the_portals_work_is_handed_in_and_leaves_the_rows_the_portal_wrote(
    cohort: Cohort,
) -> None:
    cohort.sit("rosa", PARTLY)
    cohort.reflect("sana", WORDS)
    cohort.write_gradebook()
    before = cohort.rows()

    said = cohort.grade()

    assert said[:2] == [
        f"{FORM_A}: 1 handed in by the portal",
        f"{REFLECTION}: 1 handed in by the portal",
    ]
    assert said[2].startswith(f"{FORM_A}: 1 by arithmetic")
    assert cohort.rows() == before
    assert list(notices(cohort.folder)) == []


def test_formgrader_shows_the_portals_reflection_as_text_and_takes_a_score(
    cohort: Cohort,
) -> None:
    cohort.reflect("sana", WORDS)
    cohort.write_gradebook()
    cohort.grade()

    with nbgrader_api().Gradebook(cohort.book, "spring") as book:
        waiting = [
            (one.student.id, one.needs_manual_grade)
            for one in book.assignment_submissions(REFLECTION)
        ]
        grade = book.find_grade("reflection-01", REFLECTION, REFLECTION, "sana")
        grade.manual_score, grade.needs_manual_grade = 1.0, False
        book.db.commit()
    cohort.write_gradebook()
    cohort.grade()

    assert waiting == [("sana", True)]
    assert "&lt;b&gt;I&lt;/b&gt; waited &amp; *watched*." in cohort.shown("sana", REFLECTION)
    assert read_scores(cohort.book)[REFLECTION, "sana"] == (1.0, 1.0)


def test_grading_again_hands_in_nothing_until_a_better_attempt_counts(cohort: Cohort) -> None:
    cohort.sit("rosa", PARTLY)
    cohort.grade()
    cohort.sit("rosa", {}, minute=1)

    again = cohort.grade()
    cohort.sit("rosa", RIGHT, minute=2)
    better = cohort.grade()

    assert again == [f"{FORM_A}: 0 by arithmetic (its graded cells are data), 1 were graded before"]
    assert better[0] == f"{FORM_A}: 1 handed in by the portal"
    assert read_scores(cohort.book)[FORM_A, "rosa"] == (7.0, 7.0)


def test_what_a_learner_sent_themselves_is_replaced_by_later_work_only(cohort: Cohort) -> None:
    for learner, when in (("earlier", "2026-11-01"), ("later", "2026-11-03"), ("undated", "")):
        folder = hand_in(cohort.folder, learner, FORM_A, PARTLY)
        if when:
            (folder / "timestamp.txt").write_text(f"{when} 12:00:00.000000 UTC")
        cohort.sit(learner, RIGHT)

    said = cohort.grade()

    assert said[0] == f"{FORM_A}: 1 handed in by the portal"
    assert cohort.full_scores() == {"earlier"}

    cohort.write_gradebook()

    assert cohort.full_scores() == {"earlier"}


def test_an_attempt_set_aside_leaves_the_notebook_that_came_after_it(cohort: Cohort) -> None:
    cohort.sit("both", PARTLY)
    cohort.sit("portal", PARTLY)
    cohort.write_gradebook()
    folder = hand_in(cohort.folder, "both", FORM_A, RIGHT)
    (folder / "timestamp.txt").write_text("2026-11-03 12:00:00.000000 UTC")
    cohort.grade()
    with cohort.log.write() as session:
        for enrolment in store.enrolments(session, "spring"):
            set_aside(session, enrolment, MODULE, purpose="quiz", act=Act("ada", NOW, "anew"))

    cohort.write_gradebook()

    assert read_scores(cohort.book) == {(FORM_A, "both"): (7.0, 7.0)}


def test_an_earlier_attempt_that_has_become_the_best_replaces_the_portals_later_rows(
    cohort: Cohort,
) -> None:
    cohort.sit("rosa", RIGHT_AFTER)
    cohort.sit("rosa", RIGHT, minute=1)
    cohort.write_gradebook()
    before = read_scores(cohort.book)[FORM_A, "rosa"], cohort.handed_in_at("rosa")
    corrected = correct_key(cohort.settings.root)
    with cohort.log.write() as session:
        plan = rescoring.plan(session, corrected, FORM_A, course="spring")
        rescoring.apply(session, plan, take_away=True, by="ada", at=NOW)

    cohort.write_gradebook()

    assert before == ((7.0, 7.0), datetime(2026, 11, 2, 12, 1))
    assert read_scores(cohort.book)[FORM_A, "rosa"] == (7.0, 7.0)
    assert cohort.handed_in_at("rosa") == datetime(2026, 11, 2, 12, 0)


# nbgrader's own add_submission warns so on current SQLAlchemy.
@pytest.mark.filterwarnings("ignore:Object of type <Submitted\\w+> not in session")
def test_an_extension_granted_beforehand_does_not_keep_the_portals_work_out(
    cohort: Cohort,
) -> None:
    cohort.write_gradebook()
    with nbgrader_api().Gradebook(cohort.book, "spring") as book:
        book.add_student("rosa")
        book.add_submission(FORM_A, "rosa")
        book.grant_extension(FORM_A, "rosa", days=2)
    cohort.sit("rosa", PARTLY)

    cohort.write_gradebook()

    earned, _ = read_scores(cohort.book)[FORM_A, "rosa"]
    assert earned > 0
    with nbgrader_api().Gradebook(cohort.book, "spring") as book:
        assert book.find_submission(FORM_A, "rosa").extension == timedelta(days=2)


def test_a_corrected_key_is_rescored_for_both_ways_of_handing_in_on_every_database(
    cohort: Cohort,
) -> None:
    hand_in(cohort.folder, "sana", FORM_A, RIGHT)
    cohort.sit("rosa", RIGHT)
    cohort.grade()
    correct_key(cohort.settings.root)
    grading._form.cache_clear()  # a command is a process of its own and reads the keys anew

    said = cohort.grade("--rescore")

    assert said[-1] == f"{FORM_A}: written, and noted in the log as rescoring 1"
    assert {earned for earned, _ in read_scores(cohort.book).values()} == {6.0}
    assert read_scores(cohort.book).keys() == {(FORM_A, "rosa"), (FORM_A, "sana")}


def test_what_no_longer_counts_in_the_portal_is_taken_out_again(cohort: Cohort) -> None:
    cohort.sit("rosa", RIGHT)
    cohort.reflect("rosa", WORDS)
    hand_in(cohort.folder, "sana", FORM_A, PARTLY)
    cohort.grade()
    with cohort.log.write() as session:
        session.execute(delete(Attempt))

    said = cohort.grade()

    assert said[0] == f"{FORM_A}: 1 taken back by the portal"
    for step in ("submitted", "autograded"):
        found = {path.parent.name for path in (cohort.folder / step).glob(f"*/{FORM_A}")}
        assert found == {"sana"}
        assert (cohort.folder / step / "rosa" / REFLECTION).is_dir()


def test_a_folder_whose_gradebook_is_not_the_portals_gets_none_of_its_work(
    cohort: Cohort, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GROUNDWORK_GRADEBOOK_URL")
    elsewhere = tmp_path / "elsewhere" / "spring"
    build_course(cohort.curriculum, elsewhere)
    cohort.sit("rosa", RIGHT)

    CliRunner().invoke(app, ["grade", "--course", str(elsewhere)])

    assert not (elsewhere / "submitted").exists()


def test_stock_nbgrader_grades_the_portals_work_alike_and_its_feedback_is_released(
    cohort: Cohort, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = cohort.folder / "nbgrader_config.py"
    (tmp_path / "exchange").mkdir(mode=0o777)
    (tmp_path / "exchange").chmod(0o777)
    config.write_text(f'{config.read_text()}\nc.Exchange.root = "{tmp_path}/exchange"\n')
    cohort.sit("rosa", PARTLY)
    cohort.grade()
    before = cohort.rows()
    url = os.environ["GROUNDWORK_GRADEBOOK_URL"]

    for words in (["autograde", "--force"], ["generate_feedback"], ["release_feedback"]):
        nbgrader(cohort.folder, *words, FORM_A, GROUNDWORK_GRADEBOOK_URL=url)

    assert cohort.rows() == before
    assert len(list((tmp_path / "exchange" / "spring" / "feedback").glob("*.html"))) == 1


def test_what_zip_collect_unpacked_is_graded_answers_and_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROUNDWORK_ROOT", str(CURRICULUM))
    monkeypatch.setenv("GROUNDWORK_DATA", str(tmp_path / "data"))
    course = tmp_path / "steps"
    build_course(load_curriculum(read_settings()), course)
    config = course / "nbgrader_config.py"
    pattern = r'r".*/(?P<student_id>\w+)_(?P<timestamp>[0-9\-]+)_(?P<file_id>.*)"'
    config.write_text(f"{config.read_text()}\nc.FileNameCollectorPlugin.named_regexp = {pattern}\n")
    folder = hand_in(course, "rosa", FORM_A, PARTLY)
    archive = course / "downloaded" / FORM_A / "archive"
    archive.mkdir(parents=True)
    with zipfile.ZipFile(archive / "all.zip", "w") as everything:
        for name in (f"{FORM_A}.ipynb", "answers.json"):
            everything.write(folder / name, f"rosa_2026-11-20-12-00-00_{name}")
    for path in folder.iterdir():
        path.unlink()

    nbgrader(course, "zip_collect", FORM_A)
    done = CliRunner().invoke(app, ["grade", "--course", str(course)])

    items = load_curriculum(read_settings()).quizzes[MODULE].form("A").items
    assert done.exit_code == 0
    assert json.loads((folder / "answers.json").read_text())["answers"] == PARTLY
    assert grades(course, "rosa") == {item.id: score(item, PARTLY[item.id]).score for item in items}
    assert (folder / "timestamp.txt").is_file()
