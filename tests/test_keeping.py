"""A backup taken while people work restores to a consistent portal, and overwrites nothing."""

import io
import stat
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from time import monotonic, sleep
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text

from groundwork.curriculum import load_curriculum
from groundwork.errors import ConflictError, SettingsError
from groundwork.gradebook import read_scores, write_gradebook
from groundwork.keeping import backup, in_use, restore
from groundwork.log import open_database, store
from groundwork.records import signing_key
from groundwork.settings import SELF_STUDY, Settings
from small_portal import (
    FIRST,
    FIRST_CHECK,
    MODULE,
    attempt,
    event,
    finish_lessons,
    portal,
    right_answers,
    small_settings,
)

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Iterator[Settings]:
    """A portal's settings; on a server the gradebooks are databases of their own too."""
    found = small_settings(tmp_path / "here", database_url=database_url)
    if not database_url.startswith("sqlite"):
        server = make_url(database_url)
        name = f"{server.database}_{{course}}"
        url = server.set(database="BOOK").render_as_string(hide_password=False)
        found = replace(found, gradebook_url=url.replace("/BOOK", f"/{name}"))
    yield found
    if not database_url.startswith("sqlite"):
        drop(found.gradebook(SELF_STUDY))


@pytest.fixture
def elsewhere(settings: Settings, tmp_path: Path) -> Iterator[Settings]:
    """Another machine, empty, with databases of the same kind."""
    data = tmp_path / "there" / "data"
    if settings.database_url.startswith("sqlite"):
        yield replace(
            settings, data=data, database_url=f"sqlite:///{data}/groundwork.db",
            gradebook_url=f"sqlite:///{data}/courses/{{course}}/gradebook.db",
        )  # fmt: skip
        return
    server = make_url(settings.database_url)
    name = f"groundwork_{uuid4().hex[:12]}"
    url = server.set(database=name).render_as_string(hide_password=False)
    found = replace(
        settings, data=data, database_url=url,
        gradebook_url=url.replace(f"/{name}", f"/{name}_{{course}}"),
    )  # fmt: skip
    yield found
    drop(found.database_url)
    drop(found.gradebook(SELF_STUDY))


def drop(url: str) -> None:
    address = make_url(url)
    server = create_engine(address.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{address.database}" WITH (FORCE)'))
    server.dispose()


def work(settings: Settings) -> None:
    """What somebody did: lessons, a quiz, a gradebook, a key, and a file of an instructor's."""
    with portal(settings) as client:
        finish_lessons(client)
        form = client.house.curriculum.quizzes[MODULE].form("B")
        client.post("api/attempts", json=attempt("B", right_answers(form)))
    write_book_of(settings)
    signing_key(settings.keys)
    own = settings.data / "people" / "ines"
    own.mkdir(parents=True, mode=0o700)
    (own / "notes.txt").write_text("mine")
    (own / "course").symlink_to(settings.data / "courses" / SELF_STUDY)


def write_book_of(settings: Settings) -> None:
    database = open_database(settings.database_url)
    with database.read() as session:
        curriculum = load_curriculum(settings)
        write_gradebook(session, curriculum, settings.gradebook(SELF_STUDY), SELF_STUDY)
    database.close()


def counts(settings: Settings) -> tuple[int, int]:
    """How many events and attempts a log holds."""
    database = open_database(settings.database_url)
    try:
        with database.read() as session:
            enrolment = store.enrolment_of(session, "local", SELF_STUDY)
            assert enrolment is not None
            events = store.events(session, enrolment, ["practice", "lesson_finished"])
            return len(events), len(store.attempts(session, enrolment))
    finally:
        database.close()


def event_ids(settings: Settings) -> set[str]:
    database = open_database(settings.database_url)
    with database.read() as session:
        enrolment = store.enrolment_of(session, "local", SELF_STUDY)
        found = store.events(session, enrolment, ["practice"]) if enrolment else []
        ids = {one.event_id for one in found}
    database.close()
    return ids


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_was_kept_is_all_back_on_another_machine(
    settings: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    work(settings)
    file = tmp_path / "kept.tar.gz"

    backup(settings, file, now=NOW)
    restore(elsewhere, file)

    assert mode_of(file) == 0o600
    assert counts(elsewhere) == counts(settings)
    books = [read_scores(one.gradebook(SELF_STUDY)) for one in (settings, elsewhere)]
    assert books[0] == books[1] != {}
    assert signing_key(elsewhere.keys).pem() == signing_key(settings.keys).pem()
    assert [mode_of(path) for path in elsewhere.keys.glob("*.pem")] == [0o600]
    assert mode_of(elsewhere.data / "people" / "ines") == 0o700
    assert (elsewhere.data / "people" / "ines" / "notes.txt").read_text() == "mine"


def test_a_backup_taken_while_people_work_holds_whole_answers(
    settings: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    done, sent = Flag(), list[str]()
    with portal(settings) as client:

        def keep_sending() -> None:
            while not done.is_set():
                one = event("practice", FIRST, item=FIRST_CHECK, answer="stand")
                if client.post("api/events", json={"events": [one]}).is_success:
                    sent.append(one["id"])

        thread = Thread(target=keep_sending)
        thread.start()
        until = monotonic() + 10
        while len(sent) < 5 and monotonic() < until:
            sleep(0.01)
        before = list(sent)
        backup(settings, tmp_path / "kept.tar.gz", now=NOW)
        done.set()
        thread.join()

    restore(elsewhere, tmp_path / "kept.tar.gz")

    kept = event_ids(elsewhere)
    assert set(before) <= kept <= set(sent)
    assert len(kept) >= 5


def test_nothing_is_overwritten_unless_forced(settings: Settings, tmp_path: Path) -> None:
    work(settings)
    file = tmp_path / "kept.tar.gz"
    backup(settings, file, now=NOW)
    (settings.data / "people" / "ines" / "notes.txt").write_text("newer")

    with pytest.raises(ConflictError, match="--force"):
        restore(settings, file)

    assert (settings.data / "people" / "ines" / "notes.txt").read_text() == "newer"
    restore(settings, file, force=True)
    assert (settings.data / "people" / "ines" / "notes.txt").read_text() == "mine"
    assert counts(settings) == (5, 1)
    with pytest.raises(ConflictError, match="there already"):
        backup(settings, file, now=NOW)


def test_a_running_portal_is_not_restored_under(tmp_path: Path) -> None:
    settings = small_settings(tmp_path / "here")
    work(settings)
    backup(settings, tmp_path / "kept.tar.gz", now=NOW)

    with in_use(settings.data), pytest.raises(ConflictError, match="is running"):
        restore(settings, tmp_path / "kept.tar.gz", force=True)


def packed(*names: str) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = 4
            tar.addfile(member, io.BytesIO(b"evil"))
    return made.getvalue()


@pytest.mark.parametrize(
    "content",
    [b"", b"no archive", packed("../evil"), packed("/tmp/evil"), packed("x"), packed("about.json")],  # noqa: S108
    ids=["empty", "text", "above", "absolute", "foreign", "unreadable"],
)
def test_what_is_no_backup_changes_nothing(tmp_path: Path, content: bytes) -> None:
    settings = small_settings(tmp_path / "here")
    work(settings)
    (tmp_path / "file").write_bytes(content)

    with pytest.raises(SettingsError, match="backup of Groundwork"):
        restore(settings, tmp_path / "file", force=True)

    assert counts(settings) == (5, 1)
    assert not (tmp_path / "evil").exists()


def test_half_a_backup_is_refused(tmp_path: Path) -> None:
    settings = small_settings(tmp_path / "here")
    work(settings)
    file = tmp_path / "kept.tar.gz"
    backup(settings, file, now=NOW)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])

    with pytest.raises(SettingsError, match="not a whole backup"):
        restore(settings, file, force=True)

    assert counts(settings) == (5, 1)
