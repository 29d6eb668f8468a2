"""The log is only added to, keeps times in UTC, and is the same on every database."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from threading import Thread

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

from groundwork.errors import SettingsError
from groundwork.log import Base, Database, Enrolment, Event, Record, open_database, store

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def learner(session: Session, key: str = "local") -> Enrolment:
    return store.enrol(session, key, "self-study", at=NOON)


def event(enrolment: Enrolment, event_id: str, **fields: object) -> Event:
    given = {"type": "active", "lesson": "m/one", "at": NOON, "received": NOON} | fields
    return Event(enrolment_id=enrolment.id, event_id=event_id, **given)


def test_the_migrations_make_the_tables_that_the_code_expects(database: Database) -> None:
    with database.engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)

    assert differences == []


def test_opening_again_keeps_what_is_there(database: Database, log_url: str) -> None:
    with database.write() as session:
        learner(session)

    again = open_database(log_url)

    with again.read() as session:
        assert store.enrolment_of(session, "local", "self-study") is not None
    again.close()


def test_a_file_that_is_no_database_is_refused_in_one_sentence(tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "log.db").write_text("This is a shopping list. " * 100)

    with pytest.raises(SettingsError, match=r"cannot be used: .*not a database"):
        open_database(f"sqlite:///{tmp_path / 'log.db'}")


def test_a_learner_is_enrolled_once(database: Database) -> None:
    with database.write() as session:
        first = learner(session).id
    with database.write() as session:
        second = learner(session).id

    assert first == second


def test_two_requests_at_once_enrol_one_learner(database: Database) -> None:
    found: list[int] = []

    def come() -> None:
        with database.write() as session:
            found.append(learner(session).id)

    threads = [Thread(target=come) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 6
    assert len(set(found)) == 1


def test_the_second_writer_asks_sqlite_only_when_the_first_is_done(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'log.db'}")
    asked = list[object]()
    sqlalchemy.event.listen(database.engine.pool, "checkout", lambda raw, *_: asked.append(raw))
    second = Thread(target=_enrol_one, args=[database])

    with database.write() as session:
        learner(session, "first")
        second.start()
        second.join(0.2)
        alone = len(asked)
    second.join()
    database.close()

    assert (alone, len(asked)) == (1, 2)


def _enrol_one(database: Database) -> None:
    with database.write() as session:
        learner(session, "second")


def test_times_come_back_in_utc(database: Database) -> None:
    here = NOON.astimezone(timezone(timedelta(hours=-5)))
    with database.write() as session:
        session.add(event(learner(session), "1", at=here))

    with database.read() as session:
        stored = store.events(session, learner(session), ["active"])[0].at

    assert stored == NOON
    assert stored.tzinfo is UTC


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="no time zone"), database.write() as session:
        session.add(event(learner(session), "1", at=NOON.replace(tzinfo=None)))
        session.flush()


def test_an_event_is_kept_once(database: Database) -> None:
    with database.write() as session:
        session.add(event(learner(session), "1"))

    with pytest.raises(IntegrityError), database.write() as session:
        session.add(event(learner(session), "1"))


def test_an_error_leaves_nothing_half_done(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.write() as session:
        session.add(event(learner(session), "1"))
        session.flush()
        raise ZeroDivisionError

    with database.read() as session:
        assert store.enrolment_of(session, "local", "self-study") is None


def test_only_answered_items_are_practiced(database: Database) -> None:
    with database.write() as session:
        enrolment = learner(session)
        session.add(event(enrolment, "1", type="practice", item="a", answer=["x"], score=0.0))
        session.add(event(enrolment, "2", type="practice", item="a", answer=["y"], score=1.0))
        session.add(event(enrolment, "3", seconds=9.0))

        assert store.practiced(session, enrolment) == {"a"}


def test_the_lesson_touched_last_comes_first(database: Database) -> None:
    with database.write() as session:
        enrolment = learner(session)
        for number, lesson in enumerate(("m/one", "m/two", "n/three", "m/one")):
            session.add(event(enrolment, str(number), lesson=lesson))
            session.flush()

        assert store.touched_lessons(session, enrolment) == ["m/one", "n/three", "m/two"]


def test_a_module_began_with_its_first_event(database: Database) -> None:
    with database.write() as session:
        enrolment = learner(session)
        session.add(event(enrolment, "1", at=NOON))
        session.add(event(enrolment, "2", at=NOON - timedelta(days=3)))
        session.add(event(enrolment, "3", lesson="mm/one", at=NOON - timedelta(days=9)))

        assert store.began(session, enrolment, "m") == NOON - timedelta(days=3)
        assert store.began(session, enrolment, "other") is None


def test_a_records_files_are_read_only_when_asked_for(database: Database) -> None:
    with database.write() as session:
        row = Record(
            id="r1",
            enrolment_id=learner(session).id,
            module="m",
            name="Ada",
            title="T",
            started=NOON,
            completed=NOON,
            issued=NOON,
            reason={},
            json=b"{}",
            pdf=b"%PDF",
            png=b"PNG",
            pdf_sha256="0" * 64,
        )
        session.add(row)

    with database.read() as session:
        found = store.record(session, "r1")
        assert found is not None
        assert "pdf" not in found.__dict__
        assert found.pdf == b"%PDF"
