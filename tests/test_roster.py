"""A roster is shown before it is taken in, reads what Excel writes, and names every bad line."""

import json
from pathlib import Path
from typing import Any

import pytest

from groundwork import cohorts, roster
from groundwork.errors import AnswerError
from groundwork.log import Database
from small_cohort import ACT, COURSE, learner, make

CASES = json.loads((Path(__file__).parent / "cases" / "rosters.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_file_of_people_is_read_as_it_is_written(case: dict[str, Any]) -> None:
    data = case["text"].encode(case["encoding"])

    if "refused" in case:
        with pytest.raises(AnswerError) as error:
            roster.read_roster(data)
        assert str(error.value) == case["refused"]
        return
    rows, problems = roster.read_roster(data)

    assert [[r.person.key, r.person.email, r.person.name] for r in rows] == case["people"]
    assert [str(problem) for problem in problems] == case.get("problems", [])


def test_the_preview_says_what_will_change_and_changes_nothing(database: Database) -> None:
    with database.write() as session:
        make(session)
        learner(session, "ana", "Ana", email="ana@example.org")
        learner(session, "bo", "Bo")
        cohorts.dismiss(session, learner(session, "cy", "Cy"), act=ACT)
        learner(session, "dan", "Dan")
    data = b"name,email,user\nAna,ana@example.org,\nRobert,,bo\nCy,,cy\nEve,eve@example.org,\n"

    with database.write() as session:
        made = roster.preview(session, COURSE, data)

    assert list(made.lines()) == [
        "new: Eve (eve@example.org)",
        "comes back, with everything they did: Cy (cy)",
        "changes: Bo (bo) -> Robert (bo)",
        "stays, though not in the file: Dan",
        "1 new, 1 come back, 1 change, 1 stay as they are",
    ]
    with database.read() as session:
        names = [one.name for one in cohorts.members(session, COURSE, cohorts.Role.LEARNER)]
        assert names == ["Ana", "Bo", "Dan"]


def test_a_roster_is_taken_in_as_a_whole_or_not_at_all(database: Database) -> None:
    with database.write() as session:
        make(session)
        learner(session, "dan", "Dan")
    good = b"name,user\nAna,ana\nBo,bo\n"

    with pytest.raises(AnswerError, match="line 3: Bo has neither"), database.write() as session:
        roster.apply(session, COURSE, b"name,user\nAna,ana\nBo,\n", act=ACT)
    with database.read() as session:
        assert len(cohorts.members(session, COURSE, cohorts.Role.LEARNER)) == 1

    with database.write() as session:
        roster.apply(session, COURSE, good, remove_absent=True, act=ACT)
    with database.read() as session:
        people = cohorts.members(session, COURSE, cohorts.Role.LEARNER)
        assert [one.key for one in people] == ["ana", "bo"]
        assert all(one.enrolment_id for one in people)


def test_a_roster_again_changes_nothing(database: Database) -> None:
    data = b"name,email,user\nAna,ana@example.org,ana\nBo,bo@example.org,\n"
    with database.write() as session:
        make(session)
        roster.apply(session, COURSE, data, act=ACT)

    with database.read() as session:
        made = roster.preview(session, COURSE, data)

    assert (made.added, made.returned, made.changed, made.same) == ([], [], [], 2)


def test_staff_on_a_roster_is_a_bad_line(database: Database) -> None:
    with database.write() as session:
        make(session)

        made = roster.preview(session, COURSE, b"name,user\nInes,ines\n")

    assert [str(problem) for problem in made.problems] == ["line 2: Ines (ines) is instructor here"]


def test_somebody_who_waits_under_an_address_becomes_one_with_their_account(
    database: Database,
) -> None:
    with database.write() as session:
        make(session)
        roster.apply(session, COURSE, b"name,email\nAna,ana@example.org\n", act=ACT)
        learner(session, "ana")
        roster.apply(session, COURSE, b"name,email,user\nAna,ana@example.org,ana\n", act=ACT)

    with database.read() as session:
        people = cohorts.members(session, COURSE, cohorts.Role.LEARNER)
        assert [(one.key, one.email) for one in people] == [("ana", "ana@example.org")]
