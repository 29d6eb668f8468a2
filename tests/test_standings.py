"""Who has earned what: the quick view of everybody agrees with the close look at each."""

import random
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from groundwork import attendance, cohorts, feedback, finishing, schedule
from groundwork.attendance import Meeting
from groundwork.cohorts import Newcomer
from groundwork.curriculum import Curriculum, load_curriculum
from groundwork.feedback import Verdict
from groundwork.finishing import award_all, standings
from groundwork.log import Database, Record, store
from groundwork.settings import Settings
from small_cohort import ACT, COURSE, at, learner, make, place, read_lessons, reflect, sit
from small_portal import MODULE, NOON, small_settings


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder: Path = tmp_path_factory.mktemp("small")
    return small_settings(folder)


@pytest.fixture(scope="module")
def curriculum(settings: Settings) -> Curriculum:
    return load_curriculum(settings)


def by_chance(
    session: Any, curriculum: Curriculum, planned: list[Any], number: int, chance: random.Random
) -> None:
    """Somebody who did some of it, in any order, and what others said of that."""
    member = learner(session, f"learner-{number}", "" if number % 7 == 0 else f"L {number}")
    if chance.random() < 0.8:
        read_lessons(session, member)
    forms = ("B", "A")[: chance.choice([0, 1, 1, 2])]
    for form in forms:
        sit(session, curriculum, member, right=chance.random() < 0.7, form=form)
    if forms and chance.random() < 0.15:
        schedule.set_aside(session, place(member), MODULE, purpose="quiz", act=at(1))
    for days in range(chance.choice([0, 1, 1, 2])):
        reflect(session, member, f"Draft {days}.", when=at(days).at)
    saved = store.reflection(session, place(member), MODULE)
    if saved and cohorts.cohort_of(session, COURSE).reads_reflections and chance.random() < 0.8:
        complete_ = chance.random() < 0.7
        feedback.assess(
            session, COURSE, place(member).id, MODULE,
            Verdict(met=(True,) * 3, complete=complete_, comment="" if complete_ else "More."),
            reflection_id=saved.id, seen=0, act=at(3),
        )  # fmt: skip
        if chance.random() < 0.2:
            reflect(session, member, "After that.", when=at(4).at)
    for one in planned:
        if chance.random() < 0.8:
            attendance.tap(session, one, member, present=chance.random() < 0.8, act=at(2))


@pytest.mark.parametrize("reads", [True, False])
def test_a_glance_at_everybody_says_the_same_as_a_close_look_at_each(
    database: Database, curriculum: Curriculum, settings: Settings, reads: bool
) -> None:
    chance = random.Random(11)  # noqa: S311  # no secret
    with database.write() as session:
        make(session, reads_reflections=reads, sponsor="An association")
        meetings = [
            Meeting(title="Together", starts=NOON, minutes=60, module=MODULE),
            Meeting(title="Of all", starts=NOON, minutes=60),
            Meeting(title="Who likes", starts=NOON, minutes=60, required=False),
        ]
        planned = [attendance.schedule_session(session, COURSE, one, act=ACT) for one in meetings]
        for number in range(24):
            by_chance(session, curriculum, planned, number, chance)
        cohorts.admit(session, COURSE, Newcomer(email="cy@example.org"), act=ACT)
    list(award_all(database, curriculum, settings, COURSE, act=at(4)))
    with database.write() as session:
        late = Meeting(title="At last", starts=NOON, minutes=60, module=MODULE)
        last = attendance.schedule_session(session, COURSE, late, act=ACT)

        before = compared(session, curriculum)
        attendance.cancel_session(session, last, version=1, act=ACT)
        after = compared(session, curriculum)

    assert {len(one.earned) for one in before} == {0}
    assert {len(one.earned) for one in after} == {0, 1}
    assert {len(one.recorded) for one in after} == {0, 1}


def compared(session: Any, curriculum: Curriculum) -> list[finishing.Standing]:
    """The standings of everybody, once it is sure that all three ways to them agree."""
    close = standings(session, curriculum, COURSE)
    glance = finishing.at_a_glance(session, curriculum, COURSE, now=at(5).at)
    people = [cohorts.member(session, COURSE, one.member_id) for one in close]

    assert list(map(said, glance)) == list(map(said, close))
    assert [finishing.standing_of(session, curriculum, person) for person in people] == close
    return close


def said(standing: finishing.Standing) -> dict[str, Any]:
    """A standing without the words in which a module's reasons are put."""
    told = asdict(standing)
    assert all(told["missing"].values())
    return told | {"missing": sorted(standing.missing), "complete": standing.complete}


def test_making_records_goes_on_where_it_stopped(
    database: Database, curriculum: Curriculum, settings: Settings
) -> None:
    with database.write() as session:
        make(session, reads_reflections=False)
        for key in ("ana", "bo", "cy"):
            member = learner(session, key, key.title())
            read_lessons(session, member)
            sit(session, curriculum, member)
            reflect(session, member)
    making = award_all(database, curriculum, settings, COURSE, act=at(2))
    first = next(making)
    making.close()
    with database.read() as session:
        kept = [record.name for record in session.scalars(select(Record))]

    rest = list(award_all(database, curriculum, settings, COURSE, after=first.member_id, act=at(3)))

    assert kept == ["Ana"]
    assert [(one.name, one.new) for one in rest] == [("Bo", 1), ("Cy", 1)]
