"""Live sessions: minutes by a stated rule, from taps or from what a meeting tool knows."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from groundwork import attendance, audit, cohorts, meetings
from groundwork.attendance import Meeting, counted_minutes
from groundwork.errors import AnswerError, ConflictError
from groundwork.log import Database, LiveSession
from small_cohort import ACT, CHICAGO, COURSE, learner, make
from small_portal import MODULE, NOON

CASES = json.loads((Path(__file__).parent / "cases" / "meetings.json").read_text(encoding="utf-8"))
STARTS = datetime(2026, 11, 2, 22, tzinfo=UTC)
ZOOM, TEAMS = (CASES[n]["text"].encode(CASES[n]["encoding"]) for n in (1, 2))


def meet(session: Any, **more: Any) -> LiveSession:
    said: dict[str, Any] = {
        "title": "Session 1",
        "starts": STARTS,
        "minutes": 60,
        "module": MODULE,
    } | more
    return attendance.schedule_session(session, COURSE, Meeting(**said), act=ACT)


def span(start: float, end: float) -> tuple[datetime, datetime]:
    return STARTS + timedelta(minutes=start), STARTS + timedelta(minutes=end)


@pytest.mark.parametrize(
    ("spans", "minutes"),
    [
        ([], 0),
        ([span(0, 60)], 60),
        ([span(-30, 90)], 60),
        ([span(0, 30), span(20, 50)], 50),
        ([span(0, 50), span(10, 20)], 50),
        ([span(40, 60), span(0, 10)], 30),
        ([span(0, 10.5), span(20, 30.4)], 20),
        ([span(-20, -5), span(70, 80)], 0),
        ([span(0, 30), span(30, 60)], 60),
    ],
)
def test_minutes_are_what_the_stays_cover_inside_the_session(
    spans: list[tuple[datetime, datetime]], minutes: int
) -> None:
    assert counted_minutes(spans, starts=STARTS, planned=60) == minutes


@pytest.mark.parametrize(("planned", "needed"), [(60, 50), (90, 75), (45, 38), (1, 1)])
def test_fifty_of_sixty_minutes_make_somebody_present(planned: int, needed: int) -> None:
    assert Meeting(title="One", starts=STARTS, minutes=planned).needed == needed


@pytest.mark.parametrize("case", CASES[1:], ids=lambda case: case["name"])
def test_a_meeting_tools_file_is_read_as_it_is_written(case: dict[str, Any]) -> None:
    data = case["text"].encode(case["encoding"])
    zone = cohorts.zone(CHICAGO)

    if "refused" in case:
        with pytest.raises(AnswerError) as error:
            meetings.read_meeting(data, starts=STARTS, zone=zone)
        assert str(error.value) == case["refused"]
        return
    stays, problems = meetings.read_meeting(data, starts=STARTS, zone=zone)

    found = [
        [one.name, one.email, *(moment.astimezone(UTC).isoformat() for moment in one.span)]
        for one in stays
    ]
    assert found == case["stays"]
    assert [str(problem) for problem in problems] == case.get("problems", [])


def test_a_meeting_is_shown_first_with_who_is_unknown_and_who_is_missing(
    database: Database,
) -> None:
    with database.write() as session:
        make(session)
        learner(session, "ana", "Ana Ruiz")
        learner(session, "cy", "Cy")
        planned = meet(session)

        made = meetings.preview(session, planned, ZOOM)

        assert list(made.lines()) == [
            "Ana Ruiz: 60 min, present",
            "phone: 30 min, but nobody of that name or e-mail is in the cohort",
            "Cy: not in the file",
        ]
        assert all(seat.minutes == 0 for seat in attendance.seats(session, planned))


def test_a_file_becomes_minutes_and_names_can_be_given_to_people(database: Database) -> None:
    with database.write() as session:
        make(session)
        ana, cy = learner(session, "ana", "Ana Ruiz"), learner(session, "cy", "Cy")
        planned = meet(session)

        meetings.apply(session, planned, ZOOM, assigned={"phone": cy.id}, act=ACT)

        seats = {seat.name: seat for seat in attendance.seats(session, planned)}
        assert (seats["Ana Ruiz"].minutes, seats["Ana Ruiz"].present) == (60, True)
        assert (seats["Cy"].minutes, seats["Cy"].present, seats["Cy"].how) == (30, False, "file")
        assert len(seats["Ana Ruiz"].spans) == 2
        [entry, *_] = audit.entries(session, COURSE, member_id=ana.id)
        assert (entry.action, entry.after["minutes"]) == ("attendance", 60)


def test_two_learners_of_one_name_are_told_apart_by_address_only(database: Database) -> None:
    with database.write() as session:
        make(session)
        learner(session, "ana1", "Ana Ruiz")
        learner(session, "ana2", "Ana Ruiz", email="ana@example.org")
        planned = meet(session)

        by_name, by_email = (meetings.preview(session, planned, data) for data in (ZOOM, TEAMS))

        assert by_name.found == []
        assert "Ana Ruiz (she/her)" in by_name.unknown
        assert [one.minutes for one in by_email.found] == [40]


def test_a_name_is_tapped_and_tapped_off_again(database: Database) -> None:
    with database.write() as session:
        make(session)
        ana = learner(session, "ana")
        planned = meet(session)

        attendance.tap(session, planned, ana, present=True, act=ACT)
        there = attendance.attended(session, COURSE, [ana.id])[ana.id][0]
        attendance.tap(session, planned, ana, present=False, act=ACT)
        gone = attendance.attended(session, COURSE, [ana.id])[ana.id][0]

    assert (there.minutes, there.present, there.how) == (60, True, "tap")
    assert (gone.minutes, gone.present) == (0, False)


def test_a_missed_session_is_made_up_and_no_file_takes_that_away(database: Database) -> None:
    with database.write() as session:
        make(session)
        ana = learner(session, "ana", "Ana Ruiz", email="ana@example.org")
        planned = meet(session)
        with pytest.raises(AnswerError, match="say what was done"):
            attendance.make_up(session, planned, ana, minutes=60, note=" ", act=ACT)

        attendance.make_up(session, planned, ana, minutes=55, note="A call", act=ACT)
        made = meetings.apply(session, planned, TEAMS, act=ACT)

        assert made.kept == ["Ana Ruiz"]
        [told] = attendance.attended(session, COURSE, [ana.id])[ana.id]
    assert (told.minutes, told.present, told.how) == (55, True, "make_up")


def test_more_minutes_than_planned_cannot_be_written(database: Database) -> None:
    with database.write() as session:
        make(session)
        ana = learner(session, "ana")
        planned = meet(session)

        with pytest.raises(AnswerError, match="0 to the 60 planned"):
            attendance.correct(session, planned, ana, minutes=61, note="stayed on", act=ACT)


def test_a_session_called_off_is_needed_by_nobody(database: Database) -> None:
    with database.write() as session:
        make(session)
        ana = learner(session, "ana")
        planned = meet(session)

        attendance.cancel_session(session, planned, version=1, act=ACT)

        assert attendance.attended(session, COURSE, [ana.id]) == {}
        with pytest.raises(ConflictError, match="called off"):
            attendance.tap(session, planned, ana, present=True, act=ACT)


def test_staff_and_people_of_other_cohorts_are_on_no_list(database: Database) -> None:
    with database.write() as session:
        make(session)
        planned = meet(session)
        ines = cohorts.member_of(session, "ines", COURSE)
        assert ines is not None

        with pytest.raises(ConflictError, match="Only learners"):
            attendance.tap(session, planned, ines, present=True, act=ACT)
        with pytest.raises(ConflictError, match="no live session of that number"):
            attendance.session_of(session, "other", planned.id)


def test_two_who_change_a_session_hear_of_each_other(database: Database) -> None:
    later = Meeting(title="Session 1", starts=NOON, minutes=90)
    with database.write() as session:
        make(session)
        planned = meet(session)
        attendance.change_session(session, planned, later, version=1, act=ACT)

        with pytest.raises(ConflictError, match="Somebody else changed"):
            attendance.change_session(session, planned, later, version=1, act=ACT)
