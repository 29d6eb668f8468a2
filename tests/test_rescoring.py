"""A corrected key: shown first, written whole, noted; and nobody loses a pass unasked."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from corrected_key import FAR_OFF, NOW, RIGHT_AFTER, correct_key, read, sit
from groundwork import rescoring
from groundwork.cli import app
from groundwork.curriculum import Curriculum
from groundwork.errors import ConflictError
from groundwork.gradebook import read_scores, write_gradebook
from groundwork.log import Attempt, Database, Rescore, Rescoring, open_database
from groundwork.progress import module_progress, read_work
from groundwork.settings import SELF_STUDY
from small_course import FORM_A, MODULE, PRE, RIGHT
from small_portal import small_settings


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return small_settings(tmp_path).root


def rescore(log: Database, curriculum: Curriculum, *, take_away: bool = False) -> int | None:
    with log.write() as session:
        plan = rescoring.plan(session, curriculum, FORM_A)
        return rescoring.apply(session, plan, take_away=take_away, by="rosa", at=NOW)


def standing(log: Database, curriculum: Curriculum, learner: str) -> tuple[float, bool]:
    """What counts for a learner now: the best score, and whether the quiz is passed."""
    with log.read() as session:
        work = read_work(session, learner, SELF_STUDY)
        module = curriculum.course.by_id[MODULE]
        quiz = module_progress(curriculum, module, work).quiz
        assert quiz.best
        return quiz.best.score, quiz.passed


@pytest.fixture
def sat(database: Database, project: Path) -> Iterator[Database]:
    """Three learners: one gains by the correction, one loses a pass, one keeps without it."""
    before = read(project)
    sit(database, before, "gains", RIGHT_AFTER | FAR_OFF)
    sit(database, before, "loses", RIGHT | FAR_OFF)
    sit(database, before, "stays", RIGHT)
    sit(database, before, "stays", RIGHT, purpose="precheck")
    yield database


def test_a_plan_shows_scores_and_passes_and_changes_nothing(sat: Database, project: Path) -> None:
    after = correct_key(project)

    with sat.read() as session:
        plan = rescoring.plan(session, after, FORM_A)
        lines = list(plan.lines(take_away=False))

    assert lines[0] == (
        f"{FORM_A}: 3 attempts read with the key as it is now; "
        "3 change their score, 1 gain a pass, 1 lose one"
    )
    assert [line.split(" (")[0].strip() for line in lines[1:3]] == [
        "gains a pass: gains",
        "keeps its pass: loses",
    ]
    assert "--take-away" in lines[3]
    assert standing(sat, after, "loses")[0] == 6.0


def test_after_rescoring_progress_and_gradebook_count_the_new_scores(
    sat: Database, project: Path, tmp_path: Path
) -> None:
    after = correct_key(project)

    rescore(sat, after)

    assert standing(sat, after, "gains") == (6.0, True)
    assert standing(sat, after, "stays") == (6.0, True)
    url = f"sqlite:///{tmp_path}/book.db"
    with sat.read() as session:
        write_gradebook(session, after, url, SELF_STUDY)
    scores = read_scores(url)
    assert scores[FORM_A, "gains"] == (6.0, 7.0)
    assert scores[FORM_A, "stays"] == (6.0, 7.0)
    assert scores[PRE, "stays"] == (7.0, 7.0), "a pre-check is another quiz"


def test_a_pass_is_kept_unless_it_is_to_be_taken_away(sat: Database, project: Path) -> None:
    after = correct_key(project)

    rescore(sat, after)
    assert standing(sat, after, "loses") == (5.0, True)

    rescore(sat, after, take_away=True)
    assert standing(sat, after, "loses") == (5.0, False)


def test_an_attempt_keeps_what_it_was_given_and_who_rescored_is_noted(
    sat: Database, project: Path
) -> None:
    after = correct_key(project)

    note = rescore(sat, after)

    with sat.read() as session:
        attempts = session.scalars(select(Attempt).where(Attempt.purpose == "quiz")).all()
        written = session.get(Rescoring, note)
        assert written
        assert [a.given_passed for a in attempts] == [False, True, True]
        assert [a.given_score for a in attempts] == [a.told["score"] for a in attempts]
        assert [a.score for a in attempts] == [6.0, 5.0, 6.0]
        assert (written.by, written.quiz, written.take_away) == ("rosa", FORM_A, False)
        assert written.effect["changed"] == 3
        assert len(written.effect["gained"]) == len(written.effect["kept"]) == 1


def test_rescoring_again_changes_nothing(sat: Database, project: Path) -> None:
    after = correct_key(project)
    rescore(sat, after)

    assert rescore(sat, after) is None

    with sat.read() as session:
        assert len(session.scalars(select(Rescore)).all()) == 3


def test_a_correction_taken_back_gives_everybody_what_they_had(
    sat: Database, project: Path
) -> None:
    before = read(project)
    was = {who: standing(sat, before, who) for who in ("gains", "loses", "stays")}
    rescore(sat, correct_key(project), take_away=True)

    rescore(sat, before, take_away=True)

    assert {who: standing(sat, before, who) for who in was} == was


def test_answers_to_other_questions_are_left_alone_and_counted(
    database: Database, project: Path
) -> None:
    before = read(project)
    sit(database, before, "old", RIGHT, version="an-older-one")
    sit(database, before, "odd", RIGHT | {"a-first-step": "gone"}, version="an-older-one")
    after = correct_key(project)

    with database.read() as session:
        plan = rescoring.plan(session, after, FORM_A)

    assert (plan.considered, plan.left) == (2, 1)
    assert [change.learner for change in plan.changes] == ["old"]


def test_all_of_it_is_written_or_nothing(sat: Database, project: Path) -> None:
    after = correct_key(project)

    with pytest.raises(RuntimeError), sat.write() as session:
        plan = rescoring.plan(session, after, FORM_A)
        rescoring.apply(session, plan, take_away=True, by="rosa", at=NOW)
        raise RuntimeError

    with sat.read() as session:
        assert session.scalars(select(Rescoring)).all() == []
        assert session.scalars(select(Rescore)).all() == []


def test_an_unknown_quiz_is_one_sentence_that_names_those_there_are(project: Path) -> None:
    with pytest.raises(ConflictError, match=f"There is no quiz nothing; there are {PRE}"):
        rescoring.quizzes_of(read(project), "nothing")


def test_a_modules_id_stands_for_all_its_quizzes(project: Path) -> None:
    assert rescoring.quizzes_of(read(project), MODULE) == [PRE, FORM_A, f"{MODULE}-b"]


def test_the_command_shows_and_then_does_it(
    log_url: str, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROUNDWORK_ROOT", str(project))
    monkeypatch.setenv("GROUNDWORK_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GROUNDWORK_DATABASE_URL", log_url)
    log = open_database(log_url)
    sit(log, read(project), "loses", RIGHT | FAR_OFF)
    correct_key(project)
    run = CliRunner().invoke

    shown = run(app, ["grade", "--rescore", FORM_A, "--preview"])
    done = run(app, ["grade", "--rescore", FORM_A])
    again = run(app, ["grade", "--rescore", FORM_A])
    log.close()

    assert shown.exit_code == done.exit_code == again.exit_code == 0
    assert "keeps its pass: loses (self-study), attempt 1: 6 -> 5 of 7" in shown.output
    assert "written" not in shown.output
    assert "written, and noted in the log as rescoring 1" in done.output
    assert "written" not in again.output
    url = f"sqlite:///{tmp_path}/data/courses/{SELF_STUDY}/gradebook.db"
    assert read_scores(url) == {(FORM_A, "loses"): (5.0, 7.0)}
