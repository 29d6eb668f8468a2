"""One person whole: everything about them is handed over, and erased when they ask."""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import JSON, Column, LargeBinary, String, Table, func, insert, select, update
from sqlalchemy.orm import Session

from groundwork.audit import Act
from groundwork.cli import main
from groundwork.curriculum import load_curriculum
from groundwork.errors import SettingsError
from groundwork.forgetting import empty
from groundwork.gradebook import read_scores, student_id, write_gradebook
from groundwork.learners import erase, erase_copies, person_tables, rows_about
from groundwork.log import Base, Cohort, Database, Member, open_database
from groundwork.settings import Settings
from groundwork.verifying import verify_file
from small_portal import MODULE, complete_module, portal, small_settings

MARK = "zzyzx-marigold"
"""A word that stands nowhere else."""

OF_NOBODY = {
    "cohort",
    "cohort_module",
    "evaluation",
    "invite",
    "live_session",
    "rescoring",
    "saved_comment",
    "signed_status_list",
}
"""Tables without a row about one person: what a course is, and sums that nobody is in.

A table that is neither here nor reached from a learner makes a test below fail: say here why
it names nobody, or give it a foreign key to whom it is about.
"""


STAYS = {
    "enrolment": {"course"},
    "record": {"id", "module", "title", "status", "successor", "pdf_sha256", "key_name"},
    "record_act": {"record_id", "act", "other"},
    "audit": {"course", "action"},
}
"""The words that outlive a person: of a course, of a module, and what makes a file checkable."""


@pytest.fixture
def settings(tmp_path: Path, log_url: str) -> Settings:
    return small_settings(tmp_path, database_url=log_url)


@pytest.fixture
def client(settings: Settings) -> Iterator[httpx.Client]:
    with portal(settings) as client:
        yield client


def value(column: Column[Any], number: int) -> Any:
    """Something that a column takes, with the mark in it wherever words fit."""
    kind = getattr(column.type, "impl_instance", column.type)
    if isinstance(kind, JSON):
        return {"words": f"{MARK} {number}"}
    if isinstance(kind, LargeBinary):
        return f"{MARK} {number}".encode()
    if isinstance(kind, String):
        return f"{MARK} {number}"[: kind.length or 100]
    python = kind.python_type
    if python is datetime:
        return datetime(2026, 11, 2, 12, number, tzinfo=UTC)
    return date(2026, 11, 2) if python is date else python(number)


def fill(session: Session, number: int) -> None:
    """One row in every table there is, each pointing to the others of the same number."""
    made: dict[Table, dict[str, Any]] = {}
    for table in Base.metadata.sorted_tables:
        row = {
            column.name: _pointed(column, made) or value(column, number)
            for column in table.columns
            if not (column.primary_key and column.autoincrement is True)
        }
        key = next(iter(table.primary_key))
        if not key.foreign_keys and key.type.python_type is int:
            row[key.name] = number
        session.execute(insert(table).values(row))
        made[table] = row


def _pointed(column: Column[Any], made: dict[Table, dict[str, Any]]) -> Any:
    return next((made[way.column.table][way.column.name] for way in column.foreign_keys), None)


def holding(session: Session, word: str) -> set[str]:
    """The tables in which a word stands, in any column of any row."""
    return {
        table.name
        for table in Base.metadata.sorted_tables
        for row in session.execute(select(table)).mappings()
        if any(word in _shown(cell) for cell in row.values())
    }


def _shown(cell: Any) -> str:
    return (
        cell.decode("utf-8", "replace")
        if isinstance(cell, bytes)
        else json.dumps(cell, default=str)
    )


# Every table


def test_every_table_is_a_person_s_or_said_to_be_nobody_s() -> None:
    reached = {table.name for table in person_tables()}

    assert reached | OF_NOBODY == set(Base.metadata.tables)
    assert not reached & OF_NOBODY


def test_after_erasure_nothing_in_any_table_says_anything_of_the_person(
    database: Database,
) -> None:
    with database.write() as session:
        fill(session, 1)
        fill(session, 2)

    with database.write() as session:
        erase(session, f"{MARK} 1")

    with database.read() as session:
        left = holding(session, f"{MARK} 1")
        assert left - OF_NOBODY == set(STAYS)
        for table in (one for one in person_tables() if one.name in left):
            for row in session.execute(select(table)).mappings():
                said = {name for name, cell in row.items() if f"{MARK} 1" in _shown(cell)}
                assert said <= STAYS[table.name], (table.name, said)


def test_after_a_cohort_is_emptied_nothing_in_any_table_says_anything_of_its_learners(
    database: Database,
) -> None:
    with database.write() as session:
        fill(session, 1)
        fill(session, 2)
        session.execute(update(Member).values(role="learner"))
        session.execute(update(Cohort).values(emptied=None, keep_days=1))
        if session.get_bind().dialect.name == "postgresql":
            for name in ("learner", "audit"):  # `fill` chose its own numbers
                session.execute(select(func.setval(f"{name}_id_seq", 100)))

    with database.write() as session:
        cohort = session.scalars(select(Cohort).where(Cohort.name == f"{MARK} 1")).one()
        empty(session, cohort, act=Act("ines", datetime(2026, 11, 9, tzinfo=UTC)))

    with database.read() as session:
        left = holding(session, f"{MARK} 1")
        own = {name for name in reached_from_a_learner() if name in left}
        assert left - OF_NOBODY - own == set(STAYS)
        assert {row.key for row in session.scalars(select(Member))} == {f"{MARK} 2"}
        assert holding(session, f"{MARK} 2") == set(Base.metadata.tables)


def reached_from_a_learner() -> set[str]:
    """The tables of what is somebody's own, in no course: it goes when they ask for that."""
    return {"learner", *(name for name in Base.metadata.tables if name.startswith("portfolio"))}


def test_erasing_one_person_leaves_another_whole(database: Database) -> None:
    with database.write() as session:
        fill(session, 1)
        fill(session, 2)

    with database.write() as session:
        erase(session, f"{MARK} 1")

    with database.read() as session:
        assert holding(session, f"{MARK} 2") == set(Base.metadata.tables)


def test_what_is_handed_over_has_a_row_of_every_table_about_them(database: Database) -> None:
    with database.write() as session:
        fill(session, 1)

    with database.read() as session:
        rows = rows_about(session, f"{MARK} 1")

    assert set(rows) == {table.name for table in person_tables()}


def test_somebody_who_is_not_here_is_named_in_one_sentence(database: Database) -> None:
    with database.write() as session, pytest.raises(SettingsError, match="Nobody here has"):
        erase(session, "nobody")


# One learner


@pytest.fixture
def record(client: httpx.Client, settings: Settings) -> dict[str, str]:
    """A learner who has done a module, with a record, a portfolio and a file in it."""
    complete_module(
        client, load_curriculum(settings).quizzes[MODULE].form("B"), name="Ada Lovelace"
    )
    made: dict[str, str] = client.post("api/records", json={"module": MODULE}).json()
    workshop = {"title": "A workshop", "starts": "2026-02-03", "minutes": 60, "id": "w1"}
    assert client.post("api/portfolio/trainings", json=workshop).status_code == 201
    proof = {"file": ("proof.pdf", b"%PDF-1.4\n")}
    assert client.post("api/portfolio/trainings/w1/file", files=proof).status_code == 201
    return made


def test_a_learner_downloads_everything_about_them(
    client: httpx.Client, record: dict[str, str]
) -> None:
    answer = client.get("portfolio/everything.zip")

    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = set(archive.namelist())
        person = json.loads(archive.read("person.json"))
        progress = json.loads(archive.read("courses/self-study/progress.json"))
        proof = archive.read("portfolio/files/w1/proof.pdf")
    assert person["name"] == "Ada Lovelace"
    assert progress["reflections"][0]["text"] == "What I saw."
    assert progress["portfolio"]["trainings"][0]["title"] == "A workshop"
    assert proof == b"%PDF-1.4\n"
    assert {f"records/{record['id']}.{kind}" for kind in ("json", "pdf", "png")} <= names


def test_a_record_can_be_checked_after_its_owner_was_erased_and_its_page_names_nobody(
    client: httpx.Client, settings: Settings, record: dict[str, str]
) -> None:
    certificate = client.get(f"records/{record['id']}.pdf").content
    before = verify_file(settings, certificate)

    database = open_database(settings.database_url)
    with database.write() as session:
        erased = erase(session, "local")
    with database.read() as session:
        assert holding(session, "Ada") == set()
    database.close()

    after = verify_file(settings, certificate)
    page = client.get(f"records/{record['id']}").text
    assert erased.records == 1
    assert (after.status, after.page_proven) == (before.status, True)
    assert "Valid" in page
    assert "Ada" not in page
    assert client.get(f"records/{record['id']}.pdf").status_code == 404
    assert client.get("api/me").json()["name"] == ""
    assert client.get("api/portfolio").json()["trainings"] == []


def test_the_gradebook_and_the_course_folder_forget_too(
    client: httpx.Client, settings: Settings, record: dict[str, str]
) -> None:
    gradebook = settings.gradebook("self-study")
    handed_in = settings.course_folder("self-study") / "submitted" / student_id("local")
    (handed_in / "quiz").mkdir(parents=True)
    database = open_database(settings.database_url)
    with database.read() as session:
        write_gradebook(session, load_curriculum(settings), gradebook, "self-study")
    assert any(student == "local" for _, student in read_scores(gradebook))

    with database.write() as session:
        erased = erase(session, "local")
    database.close()
    erase_copies(settings, erased)

    assert not any(student == "local" for _, student in read_scores(gradebook))
    assert not handed_in.exists()


# From a terminal


def run(monkeypatch: pytest.MonkeyPatch, settings: Settings, *words: str) -> int:
    monkeypatch.setenv("GROUNDWORK_ROOT", str(settings.root))
    monkeypatch.setenv("GROUNDWORK_DATABASE_URL", settings.database_url)
    monkeypatch.setattr("sys.argv", ["groundwork", *words, "--data", str(settings.data)])
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_the_commands_hand_over_and_erase(
    record: dict[str, str],
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    to = tmp_path / "ada.zip"

    assert run(monkeypatch, settings, "learner", "export", "local", "--to", str(to)) == 0
    assert zipfile.is_zipfile(to)
    assert to.stat().st_mode & 0o077 == 0

    assert run(monkeypatch, settings, "erase-learner", "local", "--yes") == 0
    assert "1 issued records keep their id" in capsys.readouterr().out

    assert run(monkeypatch, settings, "learner", "erase", "local", "--yes") == 1
    assert capsys.readouterr().err.startswith("Nobody here has")
