"""Item statistics: published figures, an independent reckoning, and what may leave the house."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from groundwork import indices, statspage
from groundwork.cli import app
from groundwork.curriculum import Curriculum, load_curriculum
from groundwork.errors import ConflictError
from groundwork.log import Attempt, Database, open_database, store
from groundwork.scoring import passed, score
from groundwork.settings import SELF_STUDY, read_settings
from groundwork.stats import FormStats, Report, exported, report
from groundwork.worksheets import SAT_AS
from small_course import CURRICULUM, FORM_A, FORM_B, MODULE, PRE, RIGHT

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
PUBLISHED = json.loads((Path(__file__).parent / "cases" / "stats" / "attitude.json").read_text())
WRONG_FIRST = {"a-first-step": "late"}


@pytest.fixture(scope="module")
def curriculum() -> Curriculum:
    return load_curriculum(read_settings({"GROUNDWORK_ROOT": str(CURRICULUM)}))


def sit(
    log: Database,
    curriculum: Curriculum,
    quiz: str,
    learner: str,
    answers: dict[str, Any],
    *,
    version: str | None = None,
    seconds: dict[str, float] | None = None,
) -> None:
    """Put an attempt into the log as the portal does."""
    purpose, name = SAT_AS[quiz.rpartition("-")[2]]
    form = curriculum.quizzes[MODULE].form("A" if name == "A" else "B")
    scores = {item.id: score(item, answers.get(item.id)).score for item in form.items}
    total = sum(scores.values())
    with log.write() as session:
        enrolment = store.enrol(session, learner, SELF_STUDY, at=NOW)
        number = store.count_attempts(session, enrolment, module=MODULE, purpose=purpose) + 1
        session.add(
            Attempt(
                attempt_id=f"{learner}-{purpose}-{number}",
                enrolment_id=enrolment.id,
                module=MODULE,
                purpose=purpose,
                form=name,
                version=version or form.version,
                number=number,
                answers=answers,
                scores=scores,
                score=total,
                max_score=form.max_score,
                passed=passed(total, maximum=7, share=0.8) if purpose == "quiz" else None,
                told={},
                seconds=seconds,
                started=NOW,
                finished=NOW + timedelta(minutes=6),
                received=NOW,
            )
        )


def made(log: Database, curriculum: Curriculum, quiz: str = FORM_A) -> Report:
    with log.read() as session:
        return report(session, curriculum, quiz, SELF_STUDY)


def only(log: Database, curriculum: Curriculum) -> FormStats:
    (form,) = made(log, curriculum).forms
    return form


def class_of(log: Database, curriculum: Curriculum, people: int, wrong: int) -> None:
    """People who are right everywhere, of whom the first few miss the first question."""
    for at in range(people):
        sit(log, curriculum, FORM_A, f"p{at}", RIGHT | (WRONG_FIRST if at < wrong else {}))


# The figures


def test_alpha_and_item_rest_correlations_are_those_that_were_published() -> None:
    points = PUBLISHED["points"]
    columns = range(len(PUBLISHED["items"]))
    without = [indices.alpha([row[:at] + row[at + 1 :] for row in points]) for at in columns]

    assert indices.alpha(points) == pytest.approx(PUBLISHED["alpha"], abs=5e-4)
    assert without == pytest.approx(PUBLISHED["alpha_without"], abs=5e-4)
    rest = [indices.item_rest(points, at) for at in columns]
    assert rest == pytest.approx(PUBLISHED["item_rest"], abs=5e-3)


def test_the_interval_of_alpha_is_near_the_published_exact_one() -> None:
    interval = indices.alpha_interval(0.85, people=89, items=7)

    assert (interval.low, interval.high) == pytest.approx((0.7971, 0.8931), abs=2e-3)


@pytest.mark.parametrize("seed", range(5))
def test_indices_agree_with_numpy_on_random_answers(seed: int) -> None:
    random = Random(seed)  # noqa: S311
    skill = [random.gauss(0, 1) for _ in range(60)]
    points = [
        [float(s + random.gauss(0, 1) > at / 3 - 1) * random.choice((1, 0.5)) for at in range(9)]
        for s in skill
    ]
    table = np.array(points)
    covariance = np.cov(table, rowvar=False)
    k = table.shape[1]
    alpha = k / (k - 1) * (1 - np.trace(covariance) / covariance.sum())
    rest = [np.corrcoef(table[:, at], table.sum(1) - table[:, at])[0, 1] for at in range(k)]

    assert indices.alpha(points) == pytest.approx(alpha)
    assert [indices.item_rest(points, at) for at in range(k)] == pytest.approx(rest)


def test_gain_is_the_share_of_what_could_be_gained_and_d_the_paired_one() -> None:
    before, after = [0.4, 0.6] * 10, [0.7, 0.9] * 10

    gain = indices.gain(before, after)

    assert gain.normalized == pytest.approx(0.6)
    assert gain.d == pytest.approx(0.3 / np.std(before, ddof=1))


@pytest.mark.parametrize("points", [[[1.0, 1.0]] * 20, [[0.0, 1.0]] * 20])
def test_where_nobody_differs_there_is_no_index(points: Sequence[Sequence[float]]) -> None:
    assert indices.alpha(points) is None
    assert indices.item_rest(points, 0) is None


# The report


def test_below_twenty_people_no_index_is_given_and_that_is_said(
    database: Database, curriculum: Curriculum
) -> None:
    class_of(database, curriculum, 19, wrong=5)

    told = made(database, curriculum)

    assert (told.forms[0].alpha, {item.rest for item in told.forms[0].items}) == (None, {None})
    assert "No index is given for fewer than 20 people." in told.notes


def test_facility_is_the_share_of_points_and_options_are_counted(
    database: Database, curriculum: Curriculum
) -> None:
    class_of(database, curriculum, 20, wrong=5)

    first = only(database, curriculum).items[0]

    assert first.facility == 0.75
    assert {row.text: row.people for row in first.chosen} == {
        "Look at you": 15,
        "About time": 5,
        "Sit down": 0,
    }


def test_a_key_that_the_best_miss_is_pointed_at(database: Database, curriculum: Curriculum) -> None:
    for at in range(12):
        sit(database, curriculum, FORM_A, f"strong{at}", RIGHT | WRONG_FIRST)
        weak = {"a-first-step": "look", "a-how-many": 30}
        sit(database, curriculum, FORM_A, f"weak{at}", weak)

    first = only(database, curriculum).items[0]

    assert first.rest is not None and first.rest < -0.9
    assert any("check the key" in sentence for sentence in first.advice)
    assert any("“About time”: is it right as well?" in sentence for sentence in first.advice)


def test_only_first_attempts_at_the_questions_of_today_count(
    database: Database, curriculum: Curriculum
) -> None:
    sit(database, curriculum, FORM_A, "rosa", WRONG_FIRST)
    sit(database, curriculum, FORM_A, "rosa", RIGHT)
    sit(database, curriculum, FORM_A, "tom", RIGHT, version="of last year")

    form = only(database, curriculum)

    assert (form.people, form.mean, form.left_out) == (1, 0.0, 1)


def test_seconds_are_the_median_of_what_pages_told(
    database: Database, curriculum: Curriculum
) -> None:
    for at, seconds in enumerate((10.0, 20.0, 60.0)):
        sit(database, curriculum, FORM_A, f"p{at}", RIGHT, seconds={"a-first-step": seconds})

    items = only(database, curriculum).items

    assert (items[0].seconds, items[1].seconds) == (20.0, None)


def test_pairs_are_matched_and_those_who_dropped_out_are_told_of(
    database: Database, curriculum: Curriculum
) -> None:
    for at in range(25):
        low = {"a-first-step": "look", "a-how-many": 12} if at % 2 else {"a-first-step": "look"}
        sit(database, curriculum, PRE, f"p{at}", low)
        if at < 20:
            sit(database, curriculum, FORM_B, f"p{at}", {})
    sit(database, curriculum, FORM_B, "late", {})

    change = made(database, curriculum, MODULE).change

    assert change
    assert (change.gain.pairs, change.only_before, change.only_after) == (20, 5, 1)
    assert change.gain.before == pytest.approx(1.5 / 7)
    assert change.only_before_mean == pytest.approx(7 / 5 / 7)
    assert change.gain.d is not None and change.gain.d < 0


def test_an_unknown_quiz_is_named_with_those_there_are(
    database: Database, curriculum: Curriculum
) -> None:
    with pytest.raises(ConflictError, match=f"there are {PRE}"):
        made(database, curriculum, "no-such-quiz")


# What leaves the house


def test_an_export_shows_no_group_under_ten_and_none_that_can_be_worked_out(
    database: Database, curriculum: Curriculum
) -> None:
    class_of(database, curriculum, 32, wrong=9)

    sent = exported(made(database, curriculum)).forms[0]

    assert [row.people for row in sent.items[0].chosen] == [None, None, 0]
    assert {row.upper for row in sent.items[0].chosen} == {None}
    assert all(count is None or count == 0 or count >= 10 for count in sent.histogram)


def test_an_export_of_nine_people_says_nothing_of_them(
    database: Database, curriculum: Curriculum
) -> None:
    class_of(database, curriculum, 9, wrong=2)

    sent = exported(made(database, curriculum)).forms[0]

    assert (sent.people, sent.mean, sent.items, sent.histogram) == (9, None, [], [])


@pytest.fixture
def data(tmp_path: Path, curriculum: Curriculum, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GROUNDWORK_ROOT", str(CURRICULUM))
    monkeypatch.delenv("GROUNDWORK_DATABASE_URL", raising=False)
    log = open_database(f"sqlite:///{tmp_path / 'groundwork.db'}")
    class_of(log, curriculum, 30, wrong=12)
    log.close()
    return tmp_path


def test_the_command_prints_words_data_and_a_page(data: Path) -> None:
    def run(*words: str) -> str:
        done = CliRunner().invoke(app, ["stats", FORM_A, "--data", str(data), *words])
        assert done.exit_code == 0, done.output
        return done.output

    assert "a-first-step: earned 60%" in run()
    assert json.loads(run("--json"))["forms"][0]["people"] == 30
    page = run("--html")
    assert page.startswith("<!doctype html>") and "a-first-step" in page
    assert "http" not in page


def test_a_page_shows_what_learners_and_authors_wrote_as_text(
    database: Database, curriculum: Curriculum
) -> None:
    class_of(database, curriculum, 20, wrong=5)
    told = made(database, curriculum)
    told.forms[0].items[0].chosen[0] = type(told.forms[0].items[0].chosen[0])(
        "<script>", right=True, people=20, share=1.0
    )

    assert "<script>" not in statspage.body(told)
