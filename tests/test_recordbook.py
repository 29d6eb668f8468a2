"""Records are issued, corrected and revoked with a reason, and nothing is ever edited."""

import json
from collections.abc import Generator, Iterator
from concurrent.futures import Executor, Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from groundwork import awarding, recordbook
from groundwork.audit import Act
from groundwork.awarding import Due, award_all, issue_all, plan
from groundwork.cli import app
from groundwork.completions import award, award_series
from groundwork.curriculum import Curriculum, load_curriculum
from groundwork.errors import ConflictError, NotEarnedError
from groundwork.log import Database, Enrolment, Record, RecordAct, open_database, store
from groundwork.recordbook import Desk, correct_name, open_desk, published, reissue, revoke
from groundwork.records import did_document, press, public_keys
from groundwork.settings import SELF_STUDY, Settings
from groundwork.verifying import verify_file
from record_samples import completion
from small_portal import MODULE, complete_module, portal, small_settings

AT = datetime(2026, 11, 25, 12, tzinfo=UTC)
WHY = Act("coordinator", AT, "The name was misspelled.")


class Here(Executor):
    """Works at once, in this process."""

    def submit(self, call: Any, /, *given: Any, **named: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(call(*given, **named))
        return done


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An organization whose one learner has done everything; nothing is issued yet."""
    folder = tmp_path_factory.mktemp("office")
    issuer = folder / "issuer.yml"
    issuer.write_text("name: A training office\ncontact: office@example.org\n", encoding="utf-8")
    settings = small_settings(folder, issuer=issuer, public_url="https://training.example.org")
    form_b = load_curriculum(settings).quizzes[MODULE].form("B")
    with portal(settings) as client:
        complete_module(client, form_b)
    return settings


@pytest.fixture
def settings(office: Settings, log_url: str, tmp_path: Path) -> Settings:
    """A portal of its own with that learner's work in it."""
    data = tmp_path / "data"
    data.mkdir()
    new = replace(office, data=data, database_url=log_url)
    copy_log(office.database_url, log_url)
    return new


def copy_log(old: str, new: str) -> None:
    """Every row of one log into an empty one."""
    from groundwork.log import Base

    source, target = open_database(old), open_database(new)
    with source.engine.connect() as there, target.engine.begin() as here:
        for table in Base.metadata.sorted_tables:
            rows = [dict(row) for row in there.execute(select(table)).mappings()]
            if rows:
                here.execute(table.insert(), rows)
            if rows and here.dialect.name == "postgresql" and "id" in rows[0]:
                counter = func.pg_get_serial_sequence(table.name, "id")
                here.execute(select(func.setval(counter, func.max(table.c.id))))
    source.close()
    target.close()


@pytest.fixture
def log(settings: Settings) -> Iterator[Database]:
    opened = open_database(settings.database_url)
    yield opened
    opened.close()


@pytest.fixture
def curriculum(settings: Settings) -> Curriculum:
    return load_curriculum(settings)


@pytest.fixture
def desk(settings: Settings) -> Desk:
    return open_desk(settings)


def issued(
    log: Database, curriculum: Curriculum, settings: Settings, *, series: bool = False
) -> str:
    """The id of the learner's record of the module, or of the series."""
    with log.write() as session:
        enrolment = learner(session)
        module = curriculum.course.by_id[MODULE]
        if series:
            return award_series(session, curriculum, settings, enrolment, now=AT)[0].id
        return award(session, curriculum, settings, enrolment, module, now=AT)[0].id


def learner(session: Any) -> Enrolment:
    found = store.enrolment_of(session, "local", SELF_STUDY)
    assert found
    return found


def file_of(log: Database, record_id: str) -> bytes:
    with log.read() as session:
        data: bytes = session.get_one(Record, record_id).json
        return data


def status(settings: Settings, log: Database, record_id: str) -> str:
    return verify_file(settings, file_of(log, record_id), database=log).status


def is_withdrawn(log: Database, record_id: str) -> bool:
    """Whether the published status list says so, as anybody else would read it."""
    from openbadgeslib.ob3 import decode_encoded_list, set_indices

    entry = json.loads(file_of(log, record_id))["credentialStatus"]
    with log.read() as session:
        kept = published(session, int(entry["statusListCredential"].rpartition("/")[2]))
        assert kept
        encoded = json.loads(kept.body)["credentialSubject"]["encodedList"]
    return int(entry["statusListIndex"]) in set_indices(decode_encoded_list(encoded))


def notes(log: Database, record_id: str) -> list[tuple[str, str, str]]:
    with log.read() as session:
        return [(one.act, one.by, one.why) for one in recordbook.acts(session, record_id)]


# Issuing


def test_record_is_noted_with_who_and_why(
    log: Database, curriculum: Curriculum, settings: Settings
) -> None:
    record = issued(log, curriculum, settings)

    ((act, by, why),) = notes(log, record)
    assert (act, by) == ("issued", "local")
    assert "quiz passed" in why
    assert not is_withdrawn(log, record)


def test_series_is_issued_with_the_records_of_its_modules(
    log: Database, curriculum: Curriculum, settings: Settings
) -> None:
    series = issued(log, curriculum, settings, series=True)
    again = issued(log, curriculum, settings, series=True)

    assert series == again
    verdict = verify_file(settings, file_of(log, series), database=log)
    assert verdict.status == "valid"
    assert verdict.record
    assert [module["module"] for module in verdict.record["modules"]] == [MODULE]
    with log.read() as session:
        assert session.scalar(select(func.count(Record.id))) == 2


def test_series_that_is_not_complete_says_what_is_missing(
    log: Database, curriculum: Curriculum, settings: Settings
) -> None:
    with log.write() as session, pytest.raises(NotEarnedError) as error:
        newcomer = store.enrol(session, "newcomer", SELF_STUDY, at=AT)
        award_series(session, curriculum, settings, newcomer, now=AT)

    assert all(sentence.startswith("Small steps: ") for sentence in error.value.missing)


# Correcting and revoking


def test_corrected_name_makes_new_records_and_withdraws_the_old(
    log: Database, curriculum: Curriculum, settings: Settings, desk: Desk
) -> None:
    old_series = issued(log, curriculum, settings, series=True)
    old = issued(log, curriculum, settings)
    old_file = file_of(log, old)

    with log.write() as session:
        made = correct_name(session, desk, learner(session), "Ada King", WHY)
        module, series = (one.id for one in made)

    assert file_of(log, old) == old_file
    assert [status(settings, log, one) for one in (old, old_series)] == ["superseded"] * 2
    assert [status(settings, log, one) for one in (module, series)] == ["valid"] * 2
    assert is_withdrawn(log, old)
    assert is_withdrawn(log, old_series)
    assert notes(log, old)[-1] == ("superseded", "coordinator", WHY.why)
    verdict = verify_file(settings, file_of(log, series), database=log)
    assert verdict.record
    assert verdict.record["learner"] == "Ada King"
    assert verdict.record["modules"][0]["id"] == module
    assert issued(log, curriculum, settings) == module


def test_superseded_record_points_to_its_newest_successor(
    log: Database, curriculum: Curriculum, settings: Settings, desk: Desk
) -> None:
    old = issued(log, curriculum, settings)
    for name in ("Ada King", "Ada Byron"):
        with log.write() as session:
            (newest,) = correct_name(session, desk, learner(session), name, WHY)

    verdict = verify_file(settings, file_of(log, old), database=log)

    assert f"https://training.example.org/records/{newest.id}" in verdict.reasons[-1]


def test_revoked_record_takes_its_series_with_it(
    log: Database, curriculum: Curriculum, settings: Settings, desk: Desk
) -> None:
    series = issued(log, curriculum, settings, series=True)
    record = issued(log, curriculum, settings)

    with log.write() as session:
        revoke(session, desk, recordbook.find(session, record[:8]), WHY)

    assert [status(settings, log, one) for one in (record, series)] == ["revoked"] * 2
    assert is_withdrawn(log, record)
    assert is_withdrawn(log, series)
    assert record in notes(log, series)[-1][2]


@pytest.mark.parametrize("why", ["", "  "])
def test_nothing_is_revoked_without_a_reason(
    why: str, log: Database, curriculum: Curriculum, settings: Settings, desk: Desk
) -> None:
    record = issued(log, curriculum, settings)

    with log.write() as session, pytest.raises(ConflictError, match="Say why"):
        revoke(session, desk, recordbook.find(session, record), replace(WHY, why=why))

    assert status(settings, log, record) == "valid"


def test_record_that_no_longer_stands_cannot_be_changed(
    log: Database, curriculum: Curriculum, settings: Settings, desk: Desk
) -> None:
    record = issued(log, curriculum, settings)
    with log.write() as session:
        revoke(session, desk, recordbook.find(session, record), WHY)

    with log.write() as session:
        found = recordbook.find(session, record)
        with pytest.raises(ConflictError, match="revoked already"):
            revoke(session, desk, found, WHY)
        with pytest.raises(ConflictError, match="revoked already"):
            reissue(session, desk, [found], WHY)


def test_record_is_found_by_the_beginning_of_its_id_if_only_one_is(
    log: Database, curriculum: Curriculum, settings: Settings
) -> None:
    record = issued(log, curriculum, settings)

    with log.read() as session:
        assert recordbook.find(session, record[:6]).id == record
        for wrong in ("", "zzz", "%"):
            with pytest.raises(ConflictError, match="no record"):
                recordbook.find(session, wrong)


# Keys and status lists


def test_rotated_key_signs_from_now_on_and_old_records_stay_good(
    log: Database, curriculum: Curriculum, settings: Settings
) -> None:
    old = issued(log, curriculum, settings)
    with log.write() as session:
        desk = recordbook.rotate_key(session, settings, at=AT + timedelta(days=400))
        kept = published(session, 1)
        assert kept
        assert kept.key_name == desk.key.name == "2027"

    document = did_document("did:web:x.example", public_keys(settings.keys))
    assert len(document["assertionMethod"]) == 2
    assert status(settings, log, old) == "valid"
    with log.write() as session:
        (new,) = reissue(session, desk, [recordbook.find(session, old)], WHY)
    assert json.loads(file_of(log, new.id))["proof"]["verificationMethod"].endswith("#2027")


def test_compromised_key_takes_its_records_down_until_they_are_issued_again(
    log: Database, curriculum: Curriculum, settings: Settings
) -> None:
    series = issued(log, curriculum, settings, series=True)
    (key,) = public_keys(settings.keys)
    with log.write() as session:
        desk = recordbook.retire_key(session, settings, key.name, WHY, compromised=True)

    document = did_document("did:web:x.example", public_keys(settings.keys))
    assert document["assertionMethod"] == [f"did:web:x.example#{desk.key.name}"]
    assert status(settings, log, series) == "revoked"
    with log.write() as session:
        again = reissue(session, desk, recordbook.signed_with(session, key.name), WHY)
        names = [one.id for one in again]
    assert [status(settings, log, one) for one in names] == ["valid"] * 2


def test_award_does_not_hand_out_what_a_withdrawn_key_signed(
    log: Database, curriculum: Curriculum, settings: Settings
) -> None:
    old = issued(log, curriculum, settings)
    (key,) = public_keys(settings.keys)
    with log.write() as session:
        recordbook.retire_key(session, settings, key.name, WHY, compromised=True)

    new = issued(log, curriculum, settings)

    assert new != old
    assert status(settings, log, new) == "valid"


def test_lost_private_key_leaves_old_records_good(
    log: Database, curriculum: Curriculum, settings: Settings
) -> None:
    old = issued(log, curriculum, settings)
    for file in settings.keys.glob("*.pem"):
        file.unlink()

    assert status(settings, log, old) == "valid"
    assert open_desk(settings).key.public not in public_keys(settings.keys)[:1]
    assert status(settings, log, old) == "valid"


def test_learners_own_machine_does_not_change_keys(
    log: Database, settings: Settings, tmp_path: Path
) -> None:
    alone = replace(settings, public_url=None, issuer=None)

    with log.write() as session, pytest.raises(ConflictError, match="another"):
        recordbook.rotate_key(session, alone, at=AT)


def test_status_list_is_signed_again_every_week_and_not_before(
    log: Database, curriculum: Curriculum, settings: Settings, desk: Desk
) -> None:
    issued(log, curriculum, settings)

    def refreshed(days: int) -> list[int]:
        with log.write() as session:
            at = AT + timedelta(days=days)
            return recordbook.refresh_status_lists(session, desk, at=at)

    assert [refreshed(6), refreshed(7), refreshed(8)] == [[], [1], []]


def test_status_list_that_is_half_full_is_followed_by_another(
    log: Database, curriculum: Curriculum, settings: Settings, desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    issued(log, curriculum, settings)
    monkeypatch.setattr(recordbook, "SIZE", 4)

    with log.read() as session:
        places = recordbook.next_entries(session, desk, 4)

    assert [place.list_number for place in places] == [1, 2, 2, 3]


def test_portal_serves_the_list_as_it_was_signed(settings: Settings) -> None:
    with portal(settings) as client:
        assert client.post("api/records", json={"series": True}).status_code == 201
        first, second = client.get("status/1"), client.get("status/1")
        known = client.get("status/1", headers={"If-None-Match": first.headers["etag"]})

    assert first.content == second.content
    assert "max-age" in first.headers["cache-control"]
    assert known.status_code == 304


# Everybody at once


def crowd(log: Database, count: int) -> list[Due]:
    with log.write() as session:
        return [
            Due(
                store.enrol(session, f"learner-{number}", SELF_STUDY, at=AT).id,
                completion(id=uuid4(), name=f"Learner {number} “Nº 7” <ñ>", score=10 + number / 50),
                {"content": str(number)},
            )
            for number in range(count)
        ]


def test_records_of_a_batch_are_the_bytes_of_single_ones(log: Database, desk: Desk) -> None:
    from groundwork.records import StatusEntry, issue

    due = crowd(log, 5)
    made = sum(
        issue_all(log, desk, due, act=replace(WHY, why="earned"), executor=Here(), workers=1)
    )

    assert made == 5
    with log.read() as session:
        for one in due:
            record = session.get_one(Record, str(one.completion.id))
            assert record.status_list
            assert record.status_index is not None
            entry = StatusEntry(record.status_list, record.status_index)
            alone = issue(one.completion, desk.issuer, desk.key, issued=AT, status=entry)
            assert (record.json, record.pdf, record.png) == (alone.json, alone.pdf, alone.png)


def test_run_that_was_killed_goes_on_and_issues_to_nobody_twice(
    log: Database, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(press, "SHEET", 2)
    due = crowd(log, 6)

    def run(of: list[Due]) -> Iterator[int]:
        return issue_all(log, desk, of, act=WHY, executor=Here(), workers=1)

    killed = cast("Generator[int]", run(due))
    assert next(killed) == 2
    killed.close()
    again = [replace(one, completion=replace(one.completion, id=uuid4())) for one in due]
    assert sum(run(again)) == 4

    with log.read() as session:
        holders = session.scalars(select(Record.enrolment_id)).all()
        assert sorted(holders) == sorted(one.enrolment_id for one in due)
        assert session.scalar(select(func.count(RecordAct.id))) == 6


def test_private_key_does_not_travel(log: Database, desk: Desk) -> None:
    import pickle

    sent: list[bytes] = []

    class Listening(Here):
        def submit(self, call: Any, /, *given: Any, **named: Any) -> Future[Any]:
            sent.append(pickle.dumps(given))
            return super().submit(call, *given, **named)

    made = issue_all(log, desk, crowd(log, 1), act=WHY, executor=Listening(), workers=1)

    assert sum(made) == 1
    secret = desk.key.private.private_bytes_raw()
    assert len(sent) == 2
    assert not any(secret in data for data in sent)


def test_plan_says_who_has_not_earned_a_record_and_why(
    log: Database, curriculum: Curriculum, settings: Settings
) -> None:
    from groundwork.log import Event

    with log.write() as session:
        other = store.enrol(session, "other", SELF_STUDY, at=AT)
        session.add(
            Event(
                enrolment_id=other.id, event_id="1", type="active", item=None,
                lesson=f"{MODULE}/first-lesson", answer=None, score=None, confidence=None,
                seconds=5.0, at=AT, received=AT,
            )
        )  # fmt: skip
    modules = list(curriculum.course.modules)
    with log.read() as session:
        told = plan(session, curriculum, settings, SELF_STUDY, modules=modules, series=True)

    assert [one.completion.name for one in told.due] == ["Ada Lovelace"]
    assert told.again == [(told.due[0].enrolment_id, None)]
    assert {one.learner for one in told.not_yet} == {"other"}
    assert all(one.missing for one in told.not_yet)
    made = award_all(
        log, curriculum, settings, told, by="coordinator", at=AT, executor=Here(), workers=1
    )
    assert sum(made) == 2


def test_module_whose_minutes_are_not_claimed_has_no_record_and_says_why(
    log: Database, curriculum: Curriculum, settings: Settings
) -> None:
    module = curriculum.course.by_id[MODULE]
    shown = replace(module, meta=module.meta.model_copy(update={"claimed": False}))
    course = replace(curriculum.course, modules=(shown,))

    with log.write() as session, pytest.raises(NotEarnedError, match="has no record") as told:
        award(
            session, replace(curriculum, course=course), settings, learner(session), shown, now=AT
        )

    assert "not claimed as training hours" in told.value.missing[0]
    with log.read() as session:
        assert session.scalar(select(func.count(Record.id))) == 0


# From a terminal


def test_commands_issue_correct_list_and_revoke(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROUNDWORK_ROOT", str(settings.root))
    monkeypatch.setenv("GROUNDWORK_DATA", str(settings.data))
    monkeypatch.setenv("GROUNDWORK_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("GROUNDWORK_PUBLIC_URL", settings.public_url or "")
    monkeypatch.setenv("GROUNDWORK_ISSUER", str(settings.issuer))
    monkeypatch.setattr(awarding, "pool", lambda _: Here())

    def run(*words: str) -> str:
        done = CliRunner().invoke(app, list(words))
        assert done.exit_code == 0, done.output + str(done.exception)
        return done.output

    assert "1 issued, 0 had theirs before" in run("record", "issue", "--all", "--module", MODULE)
    assert "issued before" in run("record", "issue", "local", "--module", MODULE)
    assert "series" in run("record", "issue", "local", "--series")
    (old,) = [line.split()[0] for line in run("record", "list").splitlines() if MODULE in line]
    corrected = run("record", "correct", old[:8], "--name", "Ada King", "--reason", "misspelled")
    assert corrected.count("Ada King") == 2
    new = corrected.split()[0]
    assert "revoked" in run("record", "revoke", new, "--reason", "not theirs")
    history = run("record", "list", "local", "--history")
    assert "misspelled" in history
    assert f"superseded -> {new}" in history
    assert "2026" in run("keys", "list")
    assert "signs from now on" in run("keys", "rotate")
    assert "signs from now on" in run(
        "keys", "retire", "2026", "--compromised", "--reason", "a laptop was stolen"
    )
    assert "withdrawn" in run("keys", "list")
    assert "signed: 1" in run("record", "status", "--all")
