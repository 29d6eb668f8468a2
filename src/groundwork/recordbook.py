"""The book of records: issued, corrected, revoked, each in one transaction with its reason.

Nothing in a record is ever edited. A correction is a new record; the one before is withdrawn
and points to it. What is withdrawn is shown by the signed status list, which is signed again
in the same transaction.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from .audit import Act
from .errors import ConflictError
from .log import Enrolment, Record, RecordAct, SignedStatusList, store
from .records import (
    SIZE,
    Completion,
    Earned,
    IssuedRecord,
    Issuer,
    RingKey,
    SeriesCompletion,
    SigningKey,
    StatusEntry,
    free_entry,
    issue,
    load_issuer,
    printed_name,
    public_keys,
    retire,
    ring,
    rotate,
    signing_key,
    status_list,
)
from .settings import Settings

RESIGN_AFTER = timedelta(days=7)
"""A status list is good for four weeks, so that a missed week or two harms nobody."""
VALID, SUPERSEDED, REVOKED = "valid", "superseded", "revoked"


@dataclass(frozen=True, slots=True)
class Desk:
    """Who issues on this machine, and the key it signs with."""

    issuer: Issuer
    key: SigningKey
    withdrawn: frozenset[str] = frozenset()
    """The names of the keys that were compromised."""


def open_desk(settings: Settings) -> Desk:
    """Sit down to issue; the first time makes a key."""
    key = signing_key(settings.keys)
    withdrawn = frozenset(one.name for one in public_keys(settings.keys) if not one.active)
    return Desk(load_issuer(settings, key.public), key, withdrawn)


# --- issuing ---------------------------------------------------------------------------------


def enter(
    session: Session,
    desk: Desk,
    enrolment: Enrolment,
    earned: Earned,
    act: Act,
    *,
    reason: dict[str, Any],
    replaces: Sequence[Record] = (),
) -> Record:
    """Issue a record, note why it was earned, and withdraw the ones it replaces."""
    entry = next_entry(session, desk)
    files = issue(
        earned,
        desk.issuer,
        desk.key,
        issued=act.at,
        status=entry,
        members=_members(session, earned),
    )
    record = row(desk, enrolment.id, earned, files, entry=entry, at=act.at, reason=reason)
    keep(session, record, act, replaces=replaces)
    publish(session, desk, [record], replaces, at=act.at)
    return record


def publish(
    session: Session, desk: Desk, new: Sequence[Record], old: Sequence[Record], *, at: datetime
) -> None:
    """Sign the lists in which something was withdrawn, and those that were just begun."""
    begun = {number for number in _lists_of(new) if published(session, number) is None}
    sign_status_lists(session, desk, begun | _lists_of(old), at=at)


def row(
    desk: Desk,
    enrolment_id: int,
    earned: Earned,
    files: IssuedRecord,
    *,
    entry: StatusEntry | None,
    at: datetime,
    reason: dict[str, Any],
) -> Record:
    """A record as the log keeps it."""
    return Record(
        id=str(earned.id),
        enrolment_id=enrolment_id,
        module=earned.module if isinstance(earned, Completion) else None,
        name=earned.name,
        title=earned.title,
        started=earned.started,
        completed=earned.completed,
        issued=at,
        status=VALID,
        reason={**reason, "status": asdict(entry) if entry else None},
        json=files.json,
        pdf=files.pdf,
        png=files.png,
        pdf_sha256=files.sha256s["pdf"],
        key_name=desk.key.name,
        status_list=entry and entry.list_number,
        status_index=entry and entry.index,
        facts=earned.to_plain(),
    )


def keep(session: Session, record: Record, act: Act, *, replaces: Sequence[Record] = ()) -> None:
    """Add a record to the log, and withdraw the ones it replaces."""
    session.add(record)
    session.flush()
    before = replaces[-1].id if replaces else None
    session.add(_note(record, act, "issued", other=before))
    for old in replaces:
        old.status = SUPERSEDED
        old.successor = record.id
        session.add(_note(old, act, "superseded", other=record.id))
    session.flush()


def keep_all(session: Session, records: Sequence[Record], act: Act) -> None:
    """Add many first records to the log, each with its note, in few statements."""
    session.add_all(records)
    session.flush()
    session.add_all([_note(record, act, "issued") for record in records])
    session.flush()


def _note(record: Record, act: Act, what: str, *, other: str | None = None) -> RecordAct:
    return RecordAct(record_id=record.id, at=act.at, by=act.by, act=what, why=act.why, other=other)


def _members(session: Session, earned: Earned) -> list[bytes]:
    """The signed records of a series' modules, in the series' order."""
    if isinstance(earned, Completion):
        return []
    names = [str(module.id) for module in earned.modules]
    found = session.execute(select(Record.id, Record.json).where(Record.id.in_(names)))
    files = {name: data for name, data in found}
    return [files[name] for name in names]


def completion_of(record: Record) -> Completion:
    """What the record of a module says, as data."""
    return Completion.from_plain(_facts(record))


def series_of(record: Record) -> SeriesCompletion:
    """What the record of a series says, as data."""
    return SeriesCompletion.from_plain(_facts(record))


def _facts(record: Record) -> dict[str, Any]:
    if record.facts is None:
        raise ConflictError(
            f"What record {record.id} says is not kept here as data: it was erased, or issued "
            "before that was kept. Issue it anew (groundwork record issue)."
        )
    return record.facts


# --- correcting and revoking -----------------------------------------------------------------


def revoke(session: Session, desk: Desk, record: Record, act: Act) -> list[Record]:
    """Withdraw a record for good, and every series that holds it; return what was withdrawn."""
    _check_valid(record)
    _check_reason(act)
    series = _series_of(session, record)
    for one in (record, *series):
        one.status = REVOKED
    session.add(_note(record, act, REVOKED))
    for one in series:
        why = f"It holds record {record.id}, which was revoked: {act.why}"
        session.add(_note(one, replace(act, why=why), REVOKED, other=record.id))
    session.flush()
    sign_status_lists(session, desk, _lists_of([record, *series]), at=act.at)
    return [record, *series]


def correct_name(
    session: Session, desk: Desk, enrolment: Enrolment, name: str, act: Act
) -> list[Record]:
    """Print another name: on every valid record of a learner, since they have one name."""
    name = printed_name(name)
    _check_reason(act)
    enrolment.learner.name = name
    valid = [one for one in store.records(session, enrolment) if one.status == VALID]
    modules = [one for one in valid if one.module and one.name != name]
    return _again(session, desk, modules, act, name=name)


def reissue(session: Session, desk: Desk, records: Sequence[Record], act: Act) -> list[Record]:
    """Issue records again as they were earned, signed with today's key."""
    _check_reason(act)
    for record in records:
        _check_valid(record)
    modules = {one.id: one for one in records if one.module}
    for series in (one for one in records if one.module is None):
        for part in _modules_in(session, series):
            modules.setdefault(part.id, part)
    return _again(session, desk, list(modules.values()), act)


def _again(
    session: Session, desk: Desk, modules: Sequence[Record], act: Act, *, name: str | None = None
) -> list[Record]:
    """Issue modules again, then each series that holds one of them."""
    made: dict[str, Record] = {}
    for old in modules:
        completion = completion_of(old)
        completion = replace(completion, id=uuid4(), name=name or completion.name)
        made[old.id] = _replace(session, desk, old, completion, act)
    return [*made.values(), *renew_series(session, desk, made, modules, act, name=name)]


def renew_series(
    session: Session,
    desk: Desk,
    made: Mapping[str, Record],
    modules: Sequence[Record],
    act: Act,
    *,
    name: str | None = None,
) -> list[Record]:
    """Issue each series again that holds one of these modules, with the new records in it.

    `made` has the record that replaced a module's, by the old one's id.
    """
    series = {one.id: one for record in modules for one in _series_of(session, record)}
    renewed = []
    for old in series.values():
        whole = series_of(old)
        parts = tuple(
            completion_of(made[str(part.id)]) if str(part.id) in made else part
            for part in whole.modules
        )
        again = replace(whole, id=uuid4(), name=name or whole.name, modules=parts)
        renewed.append(_replace(session, desk, old, again, act))
    return renewed


def _replace(session: Session, desk: Desk, old: Record, earned: Earned, act: Act) -> Record:
    enrolment = session.get_one(Enrolment, old.enrolment_id)
    reason = {name: value for name, value in old.reason.items() if name != "status"}
    reason["content"] = fingerprint(earned, desk.issuer)
    return enter(session, desk, enrolment, earned, act, reason=reason, replaces=[old])


def _check_valid(record: Record) -> None:
    if record.status == REVOKED:
        raise ConflictError(f"Record {record.id} is revoked already.")
    if record.status == SUPERSEDED:
        raise ConflictError(
            f"Record {record.id} was replaced by {record.successor}; go on with that one."
        )


def _check_reason(act: Act) -> None:
    if not act.why.strip():
        raise ConflictError("Say why; the reason is kept with the record.")


def _series_of(session: Session, record: Record) -> list[Record]:
    """The valid series records that hold a module's record."""
    if record.module is None:
        return []
    query = select(Record).where(
        Record.enrolment_id == record.enrolment_id,
        Record.module.is_(None),
        Record.status == VALID,
    )
    return [
        one
        for one in session.scalars(query.options(*store.WITHOUT_FILES))
        if record.id in {part["id"] for part in (one.facts or {}).get("modules", ())}
    ]


def _modules_in(session: Session, series: Record) -> Sequence[Record]:
    names = [part["id"] for part in (series.facts or {}).get("modules", ())]
    query = select(Record).where(Record.id.in_(names), Record.status == VALID)
    return session.scalars(query.options(*store.WITHOUT_FILES)).all()


def fingerprint(earned: Earned, issuer: Issuer) -> str:
    """A hash of what a record says and who says it, its own id and the days aside."""
    said = earned.to_plain()
    for part in ("id", "started", "completed"):
        said.pop(part, None)
    return hashlib.sha256(json.dumps([said, issuer.did], sort_keys=True).encode()).hexdigest()


# --- looking ---------------------------------------------------------------------------------


def find(session: Session, record_id: str) -> Record:
    """The record of an id, or of the beginning of one; raise `ConflictError` if none or many."""
    query = select(Record).where(Record.id.startswith(record_id, autoescape=True)).limit(2)
    found = session.scalars(query.options(*store.WITHOUT_FILES)).all() if record_id else ()
    if len(found) != 1:
        many = "more than one record" if found else "no record"
        raise ConflictError(f"There is {many} whose id begins with {record_id!r}.")
    return found[0]


def listed(session: Session, *, course: str | None = None, key: str | None = None) -> list[Record]:
    """The records of a course, or of a learner in it, oldest first."""
    query = select(Record).join(Enrolment, Enrolment.id == Record.enrolment_id)
    if course is not None:
        query = query.where(Enrolment.course == course)
    if key is not None:
        query = query.where(Enrolment.learner.has(key=key))
    return list(session.scalars(query.order_by(Record.issued).options(*store.WITHOUT_FILES)))


def signed_with(session: Session, key_name: str) -> list[Record]:
    """The valid records that a key signed."""
    query = select(Record).where(Record.key_name == key_name, Record.status == VALID)
    return list(session.scalars(query.order_by(Record.issued).options(*store.WITHOUT_FILES)))


def acts(session: Session, record_id: str) -> Sequence[RecordAct]:
    """What was done with a record, in order."""
    query = select(RecordAct).where(RecordAct.record_id == record_id).order_by(RecordAct.id)
    return session.scalars(query).all()


# --- the status lists ------------------------------------------------------------------------


def next_entry(session: Session, desk: Desk) -> StatusEntry | None:
    """A free place in the newest status list; only an organization keeps one."""
    places = next_entries(session, desk, 1)
    return places[0] if places else None


def next_entries(session: Session, desk: Desk, count: int) -> list[StatusEntry]:
    """Free places for several records; a new list is begun when one is half full."""
    if desk.issuer.kind == "self":
        return []
    number = session.scalar(select(func.max(Record.status_list))) or 1
    taken = _taken(session, number)
    places = []
    for _ in range(count):
        if len(taken) >= SIZE // 2:
            number, taken = number + 1, set()
        places.append(free_entry(number, taken))
        taken.add(places[-1].index)
    return places


def _taken(session: Session, number: int) -> set[int]:
    query = select(Record.status_index).where(Record.status_list == number)
    return {index for index in session.scalars(query) if index is not None}


def published(session: Session, number: int) -> SignedStatusList | None:
    """A status list as it is served."""
    return session.get(SignedStatusList, number)


def sign_status_lists(
    session: Session, desk: Desk, numbers: Iterable[int], *, at: datetime
) -> list[int]:
    """Sign some status lists as the records stand now; return their numbers."""
    if desk.issuer.kind == "self":
        return []
    signed = sorted(set(numbers))
    for number in signed:
        kept = _held(session, number, at=at)
        query = select(Record.status_index).where(
            Record.status_list == number, Record.status != VALID
        )
        withdrawn = [index for index in session.scalars(query) if index is not None]
        kept.body = status_list(number, withdrawn, desk.issuer, desk.key, at=at)
        kept.key_name, kept.signed = desk.key.name, at
    session.flush()
    return signed


def _held(session: Session, number: int, *, at: datetime) -> SignedStatusList:
    """The row of a list, locked, so that two who withdraw records at once both count."""
    try:
        with session.begin_nested():
            if session.get(SignedStatusList, number) is None:
                session.add(SignedStatusList(number=number, key_name="", signed=at, body=b""))
    except IntegrityError:
        pass  # somebody else began it just now
    query = select(SignedStatusList).where(SignedStatusList.number == number)
    return session.scalars(query.with_for_update().execution_options(populate_existing=True)).one()


def refresh_status_lists(
    session: Session, desk: Desk, *, at: datetime, all_of_them: bool = False
) -> list[int]:
    """Sign again the lists that are a week old, missing, or signed with a key of the past."""
    used = session.scalars(select(Record.status_list).distinct()).all()
    numbers = {number for number in used if number is not None}
    kept = {
        number: (key_name, signed)
        for number, key_name, signed in session.execute(
            select(SignedStatusList.number, SignedStatusList.key_name, SignedStatusList.signed)
        )
    }
    due = {
        number
        for number in numbers
        if all_of_them
        or number not in kept
        or kept[number][0] != desk.key.name
        or at - kept[number][1] >= RESIGN_AFTER
    }
    return sign_status_lists(session, desk, due, at=at)


def _lists_of(records: Iterable[Record]) -> set[int]:
    return {one.status_list for one in records if one.status_list is not None}


# --- keys ------------------------------------------------------------------------------------


def keys(settings: Settings) -> tuple[RingKey, ...]:
    """Every key of this machine, oldest first."""
    return ring(settings.keys)


def rotate_key(session: Session, settings: Settings, *, at: datetime) -> Desk:
    """Begin to sign with a new key; the status lists follow at once."""
    _check_organization(settings)
    rotate(settings.keys, at=at)
    return _with_new_key(session, settings, at=at)


def retire_key(
    session: Session, settings: Settings, name: str, act: Act, *, compromised: bool
) -> Desk:
    """Stop signing with a key; a compromised one is withdrawn with everything it signed."""
    _check_organization(settings)
    _check_reason(act)
    retire(settings.keys, name, reason=act.why, compromised=compromised, at=act.at)
    return _with_new_key(session, settings, at=act.at)


def _with_new_key(session: Session, settings: Settings, *, at: datetime) -> Desk:
    desk = open_desk(settings)
    refresh_status_lists(session, desk, at=at)
    return desk


def _check_organization(settings: Settings) -> None:
    if settings.public_url is None:
        raise ConflictError(
            "On a learner's own machine the key is the issuer: another key would be another "
            "issuer. Keys are changed by an organization (GROUNDWORK_PUBLIC_URL)."
        )
