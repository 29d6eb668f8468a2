"""What the instructor's pages set going: formgrader's marks fetched, records made in pieces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest
from sqlalchemy import select

from groundwork import feedback
from groundwork.gradebook import nbgrader_api, open_gradebook, write_gradebook
from groundwork.log import Record
from groundwork.portal import gradebook_copy, teach_work
from groundwork.settings import Settings
from small_cohort import COURSE, learner, make, read_lessons, reflect, sit
from small_portal import MODULE, Client, portal, small_settings
from stub_hub import PREFIX, StubHub, stub_hub
from test_accounts import OPEN, of_person

PAGE = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}
LEARNERS = ("rosa", "tom", "una")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return small_settings(tmp_path)


@pytest.fixture
def hub() -> Iterator[StubHub]:
    with stub_hub() as found:
        yield found


@pytest.fixture
def reads() -> bool:
    return True


@pytest.fixture
def client(
    settings: Settings, hub: StubHub, reads: bool, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Client]:
    """A portal that caught up with an empty log, then three learners who handed in everything."""
    monkeypatch.setattr(gradebook_copy, "FIRST", 0.0)
    with portal(settings, hub=hub.hub(), prefix=PREFIX) as client:
        house = client.house
        with house.database.write() as session:
            make(session, reads_reflections=reads)
            for key in LEARNERS:
                member = learner(session, key)
                read_lessons(session, member)
                sit(session, house.curriculum, member)
                reflect(session, member)
        yield client
        while OPEN:
            OPEN.pop().close()


def test_the_queue_asks_for_what_was_marked_in_formgrader(
    client: Client, hub: StubHub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gradebook_copy, "QUIET", 0.05)
    ines = of_person(client, hub, "ines")
    address = settings.gradebook(COURSE)
    with client.house.database.read() as session:
        write_gradebook(session, client.house.curriculum, address, COURSE)
    nbgrader_api()  # takes seconds to import, and is not what is waited for
    mark_everything(address)

    ines.get(f"teach/{COURSE}/reflections", headers=PAGE)

    end = monotonic() + 20
    while waiting(client) and monotonic() < end:
        sleep(0.05)
    assert waiting(client) == 0


def mark_everything(address: str) -> None:
    """Call every reflection complete, as an instructor does in formgrader."""
    api = nbgrader_api()
    with open_gradebook(address) as book:
        for grade in book.scalars(select(api.Grade).where(api.Grade.needs_manual_grade)):
            grade.manual_score, grade.needs_manual_grade = 1.0, False


def waiting(client: Client) -> int:
    with client.house.database.read() as session:
        return len(feedback.queue(session, COURSE))


@pytest.mark.parametrize("reads", [False])
def test_records_are_made_in_pieces_and_each_piece_is_kept(
    client: Client, hub: StubHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teach_work, "PIECE", 0.0)
    ines = of_person(client, hub, "ines")
    path, counts = f"teach/{COURSE}/finish", []
    sent: dict[str, str] = {}
    for _ in LEARNERS:
        page = ines.post(path, data=sent, headers=PAGE).text
        counts.append(made(client))
        found = re.search(r'name="after" value="(\d+)"', page)
        sent = {"after": found[1]} if found else {}

    last = ines.post(path, data=sent, headers=PAGE).text

    assert counts == [1, 2, 3]
    assert "Go on making records" not in last
    assert made(client) == 3


def made(client: Client) -> int:
    with client.house.database.read() as session:
        return len(session.scalars(select(Record.id).where(Record.module == MODULE)).all())


def test_a_course_of_many_is_written_some_at_a_time_until_all_are_in(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gradebook_copy, "QUIET", 0.01)
    monkeypatch.setattr(gradebook_copy, "BETWEEN", 0.01)
    monkeypatch.setattr(gradebook_copy, "MOST_AT_ONCE", 1)
    nbgrader_api()

    client.house.gradebook.changed(COURSE)

    end = monotonic() + 20
    while len(handed_in(settings)) < len(LEARNERS) and monotonic() < end:
        sleep(0.05)
    assert handed_in(settings) == set(LEARNERS)


def test_writing_pauses_after_each_learner_for_longer_than_it_took(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, paused = iter(range(1000)), list[float]()
    monkeypatch.setattr(gradebook_copy, "monotonic", lambda: next(clock) / 100)
    monkeypatch.setattr(gradebook_copy, "sleep", paused.append)
    house = client.house
    with house.database.read() as session:
        write_gradebook(
            session, house.curriculum, settings.gradebook(COURSE), COURSE,
            breathe=gradebook_copy._Breath().take,
        )  # fmt: skip

    assert len(paused) > len(LEARNERS)
    assert all(seconds == pytest.approx(0.05) for seconds in paused)


def handed_in(settings: Settings) -> set[str]:
    """Whose work the gradebook has."""
    api = nbgrader_api()
    with open_gradebook(settings.gradebook(COURSE)) as book:
        return set(book.scalars(select(api.SubmittedAssignment.student_id)))
