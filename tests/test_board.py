"""The board says of everybody at once what progress says of each, and who is stuck and why."""

from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import event

from groundwork import attendance, cohorts, feedback, schedule
from groundwork.attendance import Meeting
from groundwork.board import Board, Cell, board
from groundwork.curriculum import Curriculum, load_curriculum
from groundwork.feedback import Verdict
from groundwork.log import Database, Event, Member, store
from groundwork.progress import ModuleProgress, module_progress, work_of
from groundwork.schedule import Days
from small_cohort import ACT, COURSE, at, learner, make, place, read_lessons, reflect, sit
from small_portal import FIRST, MODULE, NOON, small_settings

LATER = NOON + timedelta(days=1)


@pytest.fixture(scope="module")
def curriculum(tmp_path_factory: pytest.TempPathFactory) -> Curriculum:
    folder: Path = tmp_path_factory.mktemp("small")
    return load_curriculum(small_settings(folder))


def assess(session: Any, member: Member, *, complete: bool, days: float = 0) -> None:
    row = feedback.handed_in(session, COURSE)[place(member).id][MODULE]
    said = feedback.said_of(session, row.enrolment_id, MODULE)
    verdict = Verdict(met=(complete,) * 3, complete=complete, comment="So.")
    feedback.assess(
        session, COURSE, row.enrolment_id, MODULE, verdict,
        reflection_id=row.id, seen=said[-1].id if said else 0, act=at(days),
    )  # fmt: skip


def shown(
    database: Database, curriculum: Curriculum, *, now: datetime = LATER
) -> dict[str, tuple[Cell, str | None]]:
    with database.read() as session:
        made = board(session, curriculum, COURSE, now=now)
    return {line.key or "": (line.cells[0], line.stuck) for line in made.lines}


def test_the_board_shows_each_step(database: Database, curriculum: Curriculum) -> None:
    with database.write() as session:
        make(session)
        people = {key: learner(session, key) for key in ("none", "read", "quiz", "wrote", "all")}
        read_lessons(session, people["read"])
        sit(session, curriculum, people["read"], right=False)
        for key in ("quiz", "wrote", "all"):
            read_lessons(session, people[key])
            sit(session, curriculum, people[key])
        for key in ("wrote", "all"):
            reflect(session, people[key])
        assess(session, people["all"], complete=True)

        made = board(session, curriculum, COURSE, now=LATER)

    steps = {line.key: line.cells[0].step for line in made.lines}
    assert steps == {
        "none": "not_started",
        "read": "reading",
        "quiz": "quiz_passed",
        "wrote": "reflection_in",
        "all": "complete",
    }
    assert made.counts[MODULE] == dict.fromkeys(made.counts[MODULE], 1)
    assert made.waiting == 1
    seen = {line.key: line.seen for line in made.lines}
    assert (seen["none"], seen["read"]) == (None, NOON)


def test_the_board_agrees_with_progress_whatever_people_did(
    database: Database, curriculum: Curriculum
) -> None:
    random = Random(7)  # noqa: S311  # the same people each time
    with database.write() as session:
        make(session)
        starts = NOON - timedelta(days=2)
        said = Meeting(title="One", starts=starts, minutes=60, module=MODULE)
        planned = attendance.schedule_session(session, COURSE, said, act=ACT)
        people = [learner(session, f"user{n:02}") for n in range(40)]
        for member in people:
            _live_a_little(session, curriculum, planned, member, random)

        lines = board(session, curriculum, COURSE, now=LATER).lines
        module = curriculum.course.by_id[MODULE]
        for line in lines:
            enrolment = store.enrolment_of(session, line.key or "", COURSE)
            assert enrolment is not None
            told = module_progress(curriculum, module, work_of(session, enrolment))
            _check_same(line.cells[0], told)
    assert len({line.cells[0].step for line in lines}) >= 4


def _live_a_little(
    session: Any, curriculum: Curriculum, planned: Any, member: Member, random: Random
) -> None:
    """Do some of what can be done, by chance."""
    if random.random() < 0.7:
        read_lessons(session, member)
    for form in ("B", "A"):
        if random.random() < 0.6:
            sit(session, curriculum, member, right=random.random() < 0.6, form=form)
        else:
            break
    if random.random() < 0.2 and store.attempts(session, place(member)):
        schedule.set_aside(session, place(member), MODULE, purpose="quiz", act=ACT)
    if random.random() < 0.7:
        reflect(session, member, "" if random.random() < 0.1 else "Words.")
        if MODULE in feedback.handed_in(session, COURSE).get(place(member).id, {}):
            if random.random() < 0.7:
                assess(session, member, complete=random.random() < 0.7)
            if random.random() < 0.3:
                reflect(session, member, "Other words.")
    if random.random() < 0.7:
        attendance.tap(session, planned, member, present=random.random() < 0.8, act=ACT)


def _check_same(cell: Cell, told: ModuleProgress) -> None:
    assert (cell.step == "complete") == (told.status == "complete")
    assert (cell.step == "not_started") == (told.status == "not_started")
    assert cell.passed == told.quiz.passed
    assert cell.attempts == told.quiz.attempts
    assert cell.lessons_done == sum(one.status == "finished" for one in told.lessons)
    assert cell.reflection == (told.reflection.state if told.reflection else "none")
    assert cell.live_missing == sum(one.required and not one.present for one in told.live)
    best = told.quiz.best
    assert cell.best == (best.score / best.max_score if best else None)


def test_a_required_live_session_holds_up_a_module_that_is_otherwise_complete(
    database: Database, curriculum: Curriculum
) -> None:
    with database.write() as session:
        make(session)
        ana = learner(session, "ana")
        read_lessons(session, ana)
        sit(session, curriculum, ana)
        reflect(session, ana)
        assess(session, ana, complete=True)
        said = Meeting(title="One", starts=NOON, minutes=60, module=MODULE)
        planned = attendance.schedule_session(session, COURSE, said, act=ACT)

    assert shown(database, curriculum)["ana"][0].step == "reflection_in"
    with database.write() as session:
        member = cohorts.member(session, COURSE, ana.id)
        planned = attendance.session_of(session, COURSE, planned.id)
        attendance.make_up(session, planned, member, minutes=50, note="A call", act=ACT)
    assert shown(database, curriculum)["ana"][0].step == "complete"


def test_who_is_stuck_is_said_with_the_reason(database: Database, curriculum: Curriculum) -> None:
    with database.write() as session:
        make(session)
        days = Days(due_on=date(2026, 11, 20))
        schedule.set_days(session, COURSE, MODULE, days, version=1, act=ACT)
        people = {key: learner(session, key) for key in ("fails", "back", "quiet", "waits", "new")}
        sit(session, curriculum, people["fails"], right=False)
        sit(session, curriculum, people["fails"], right=False, form="A")
        for key in ("back", "waits"):
            read_lessons(session, people[key])
            sit(session, curriculum, people[key])
            reflect(session, people[key])
        assess(session, people["back"], complete=False)
        session.add(
            Event(
                enrolment_id=place(people["quiet"]).id, event_id="1", type="active",
                lesson=FIRST, at=NOON, received=NOON, seconds=30.0,
            )
        )  # fmt: skip

    soon = shown(database, curriculum, now=NOON + timedelta(days=11))
    late = shown(database, curriculum, now=NOON + timedelta(days=20))

    assert {key: why for key, (_, why) in soon.items()} == {
        "fails": "The quiz is not passed after 2 attempts; the best is 0%.",
        "back": "The reflection came back 11 days ago and was not sent again.",
        "quiet": "Begun, and nothing heard for 11 days.",
        "waits": None,
        "new": None,
    }
    assert late["new"][1] == "It was due 2 days ago."
    assert late["waits"][1] is None
    assert late["new"][0].late


def test_the_board_asks_the_database_the_same_few_questions_however_many_learn(
    database: Database, curriculum: Curriculum
) -> None:
    def questions(session: Any) -> int:
        asked: list[str] = []

        def hear(*args: Any) -> None:
            asked.append(args[2])

        event.listen(database.engine, "before_cursor_execute", hear)
        try:
            board(session, curriculum, COURSE, now=LATER)
        finally:
            event.remove(database.engine, "before_cursor_execute", hear)
        return len(asked)

    with database.write() as session:
        make(session)
        for n in range(3):
            read_lessons(session, learner(session, f"a{n}"))
    with database.read() as session:
        few = questions(session)
    with database.write() as session:
        for n in range(30):
            read_lessons(session, learner(session, f"b{n}"))
    with database.read() as session:
        many = questions(session)

    assert few == many
    assert many <= 15


def test_who_has_not_signed_in_yet_is_on_the_board(
    database: Database, curriculum: Curriculum
) -> None:
    with database.write() as session:
        make(session)
        cohorts.admit(session, COURSE, cohorts.Newcomer(email="ana@example.org"), act=ACT)

        made: Board = board(session, curriculum, COURSE, now=LATER)

    assert [(line.name, line.cells[0].step, line.seen) for line in made.lines] == [
        ("ana@example.org", "not_started", None)
    ]
