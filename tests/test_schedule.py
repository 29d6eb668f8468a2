"""What is open for whom: by days in the cohort's own zone, and by what one learner was given."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from groundwork import cohorts, practice, schedule
from groundwork.audit import Act
from groundwork.curriculum import Curriculum, load_curriculum
from groundwork.errors import AnswerError, ConflictError
from groundwork.gradesheet import Wanted, export_csv
from groundwork.log import Database, store
from groundwork.practice import Happening
from groundwork.progress import module_progress, work_of
from groundwork.schedule import Days
from groundwork.settings import SELF_STUDY
from small_cohort import ACT, COURSE, learner, make, place, reflect, sit, utc
from small_portal import FIRST, MODULE, NOON, small_settings

OPENS = date(2026, 11, 1)
DUE = date(2026, 11, 7)


@pytest.fixture(scope="module")
def curriculum(tmp_path_factory: pytest.TempPathFactory) -> Curriculum:
    folder: Path = tmp_path_factory.mktemp("small")
    return load_curriculum(small_settings(folder))


def cohort(session: Any, **days: Any) -> Any:
    """A cohort whose one module has days, and a learner in it."""
    make(session)
    given = {"opens_on": OPENS, "due_on": DUE} | days
    schedule.set_days(session, COURSE, MODULE, Days(**given), version=1, act=ACT)
    return learner(session, "ana")


def state(session: Any, member: Any, when: datetime) -> str:
    planned = schedule.plan(session, COURSE, member, now=when).of(MODULE)
    assert planned is not None
    return planned.state


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("America/Chicago", date(2026, 11, 1), "2026-11-01T05:00+00:00"),
        ("America/Chicago", date(2026, 11, 2), "2026-11-02T06:00+00:00"),
        ("America/Chicago", date(2026, 3, 8), "2026-03-08T06:00+00:00"),
        ("America/Chicago", date(2026, 3, 9), "2026-03-09T05:00+00:00"),
        ("America/Santiago", date(2026, 9, 6), "2026-09-06T04:00+00:00"),
        ("Asia/Kathmandu", date(2026, 11, 1), "2026-10-31T18:15+00:00"),
    ],
)
def test_a_day_begins_where_the_cohort_is_whatever_the_clocks_do(
    zone: str, day: date, begins: str
) -> None:
    found = schedule.day_begins(day, ZoneInfo(zone))

    assert found.astimezone(UTC) == utc(begins)


def test_a_module_waits_is_open_and_is_overdue_by_the_days_of_its_cohort(
    database: Database,
) -> None:
    with database.write() as session:
        ana = cohort(session)

        assert state(session, ana, utc("2026-11-01T04:59+00:00")) == "waiting"
        assert state(session, ana, utc("2026-11-01T05:00+00:00")) == "open"
        assert state(session, ana, utc("2026-11-08T05:59+00:00")) == "open"
        assert state(session, ana, utc("2026-11-08T06:00+00:00")) == "overdue"


def test_an_unopened_quiz_is_refused_with_its_day_and_reading_is_not(
    database: Database, curriculum: Curriculum
) -> None:
    early = utc("2026-10-31T12:00+00:00")
    with database.write() as session:
        ana = cohort(session)

        with pytest.raises(ConflictError) as error:
            sit(session, curriculum, ana, when=early)
        assert str(error.value) == (
            "The quiz of “Small steps” opens on Sunday, November 1, 2026. "
            "You may read its lessons before."
        )
        reflect(session, ana, when=early)
        assert sit(session, curriculum, ana).passed


def test_a_quiz_that_closes_is_refused_after_its_day_but_not_to_who_had_begun(
    database: Database, curriculum: Curriculum
) -> None:
    after = utc("2026-11-08T06:00+00:00")
    module = curriculum.course.by_id[MODULE]
    with database.write() as session:
        cohort(session, closes=True)

        def check(began: datetime, now: datetime) -> None:
            schedule.check_open(
                session, "ana", COURSE, module, purpose="quiz", sat=(), began=began, now=now
            )

        with pytest.raises(ConflictError, match="was due on Saturday, November 7, 2026"):
            check(after, after)
        check(after - timedelta(minutes=5), after + timedelta(minutes=30))
        with pytest.raises(ConflictError, match="is closed"):
            check(after - timedelta(minutes=5), after + timedelta(hours=3))


def test_an_extension_is_for_one_learner(database: Database) -> None:
    late = utc("2026-11-10T12:00+00:00")
    with database.write() as session:
        ana, bo = cohort(session), learner(session, "bo")

        schedule.extend(session, ana, MODULE, due_on=date(2026, 11, 12), act=ACT)

        assert (state(session, ana, late), state(session, bo, late)) == ("open", "overdue")
        schedule.extend(session, ana, MODULE, act=ACT)
        assert state(session, ana, late) == "overdue"


def test_the_precheck_comes_first_where_that_is_wanted(
    database: Database, curriculum: Curriculum
) -> None:
    with database.write() as session:
        ana = cohort(session, precheck_first=True)

        with pytest.raises(ConflictError, match="Take the pre-check of “Small steps” first"):
            sit(session, curriculum, ana)
        sit(session, curriculum, ana, form="A", purpose="precheck")
        sit(session, curriculum, ana)


def test_a_module_of_another_cohort_is_refused(database: Database, curriculum: Curriculum) -> None:
    with database.write() as session:
        make(session, modules=())
        session.add(cohorts.plain_module(COURSE, "02-other"))
        ana = learner(session, "ana")

        with pytest.raises(ConflictError, match="“Small steps” is not part of Fall 2026"):
            sit(session, curriculum, ana)


def test_an_archived_cohort_takes_nothing_more(database: Database, curriculum: Curriculum) -> None:
    with database.write() as session:
        make(session)
        ana = learner(session, "ana")
        row = cohorts.cohort_of(session, COURSE)
        cohorts.archive(session, row, version=row.version, act=ACT)

        with pytest.raises(ConflictError, match="Fall 2026 has ended"):
            sit(session, curriculum, ana)
        with pytest.raises(ConflictError, match="Fall 2026 has ended"):
            reflect(session, ana)
        told = practice.receive(session, curriculum, place(ana), [looked("new")], now=NOON)
    assert [(one.id, one.status) for one in told] == [("new", "refused")]
    assert "Fall 2026 has ended" in str(told[0].reason)


def test_what_an_archived_cohort_took_before_is_known_when_it_is_sent_again(
    database: Database, curriculum: Curriculum
) -> None:
    with database.write() as session:
        make(session)
        ana = learner(session, "ana")
        practice.receive(session, curriculum, place(ana), [looked("old")], now=NOON)
        row = cohorts.cohort_of(session, COURSE)
        cohorts.archive(session, row, version=row.version, act=ACT)

        told = practice.receive(session, curriculum, place(ana), [looked("old")], now=NOON)

    assert [one.status for one in told] == ["repeated"]


def looked(name: str) -> Happening:
    """Some seconds in a lesson."""
    return Happening(id=name, type="active", lesson=FIRST, at=NOON, seconds=5)


def test_studying_alone_asks_no_schedule(database: Database, curriculum: Curriculum) -> None:
    module = curriculum.course.by_id[MODULE]

    with database.read() as session:
        schedule.check_open(session, "local", SELF_STUDY, module, purpose="quiz", sat=(), now=NOON)
        assert not session.in_transaction()


def test_two_who_move_the_same_days_hear_of_each_other(database: Database) -> None:
    with database.write() as session:
        cohort(session)

        with pytest.raises(ConflictError, match="Somebody else changed"):
            schedule.set_days(session, COURSE, MODULE, Days(), version=1, act=ACT)


# --- what one learner was given --------------------------------------------------------------


def test_extra_days_move_every_due_day_until_they_end(database: Database) -> None:
    late = utc("2026-11-10T12:00+00:00")
    with database.write() as session:
        ana = cohort(session)
        given = schedule.accommodate(session, ana, extra_days=5, act=ACT)

        assert state(session, ana, late) == "open"
        assert [one.extra_days for one in schedule.accommodations(session, ana)] == [5]
        schedule.end_accommodation(session, ana, given.id, act=ACT)
        assert state(session, ana, late) == "overdue"
        assert schedule.accommodations(session, ana) == []


def test_accommodations_are_not_in_an_export_unless_asked_for(
    database: Database, curriculum: Curriculum
) -> None:
    with database.write() as session:
        ana = cohort(session)
        schedule.accommodate(session, ana, extra_days=5, alternative="listens", act=ACT)

        plain = export_csv(session, curriculum, COURSE, Wanted(items=False), now=NOON)
        asked = export_csv(session, curriculum, COURSE, Wanted(accommodations=True), now=NOON)

    assert b"listens" not in plain
    assert b"Extra days" not in plain
    assert b"5,listens" in asked


def test_attempts_set_aside_stay_and_count_no_more(
    database: Database, curriculum: Curriculum
) -> None:
    module = curriculum.course.by_id[MODULE]
    with database.write() as session:
        make(session)
        ana = learner(session, "ana")
        first = sit(session, curriculum, ana)
        assert module_progress(curriculum, module, work_of(session, place(ana))).quiz.passed

        schedule.set_aside(session, place(ana), MODULE, purpose="quiz", act=ACT)

        told = module_progress(curriculum, module, work_of(session, place(ana))).quiz
        assert (told.passed, told.attempts, told.best, told.next_form) == (False, 0, None, "A")
        kept = store.attempts(session, place(ana))
        assert [(one.id, one.number, one.set_aside) for one in kept] == [(first.id, 1, True)]
        second = sit(session, curriculum, ana, form="A")
        assert (second.number, second.set_aside) == (2, False)
        with pytest.raises(AnswerError, match="say why"):
            schedule.set_aside(session, place(ana), MODULE, purpose="quiz", act=Act("ines", NOON))


def test_a_precheck_set_aside_may_be_taken_again(
    database: Database, curriculum: Curriculum
) -> None:
    with database.write() as session:
        make(session)
        ana = learner(session, "ana")
        sit(session, curriculum, ana, form="A", purpose="precheck")
        with pytest.raises(ConflictError, match="taken once"):
            sit(session, curriculum, ana, form="A", purpose="precheck")

        schedule.set_aside(session, place(ana), MODULE, purpose="precheck", act=ACT)

        assert sit(session, curriculum, ana, form="A", purpose="precheck").number == 2
