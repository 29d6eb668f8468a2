"""Verifying on this machine: a file, the issuers it trusts and the records it issued."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from sqlalchemy import make_url

from .log import Database, open_database, store
from .records import (
    OwnIssuer,
    Verdict,
    load_issuer,
    load_trusted_issuers,
    own_issuer,
    public_keys,
    verify,
)
from .records.verify import Standing
from .settings import Settings


def verify_file(settings: Settings, data: bytes, *, database: Database | None = None) -> Verdict:
    """Say what a file proves; without a database of our own, nothing was issued here.

    Looking makes nothing: no data folder, no key and no database.
    """
    opened = None if database else _existing(settings)
    using = database or opened
    try:
        return verify(
            data,
            issuers=load_trusted_issuers(settings.trusted_issuers),
            own=our_own(settings),
            page_hashes=lambda record: _hash(using, record),
            status=lambda record: _standing(using, record),
            successors=lambda record: _successor(settings, using, record),
        )
    finally:
        if opened:
            opened.close()


def our_own(settings: Settings) -> OwnIssuer | None:
    """The issuer that this machine is, once it has a key."""
    keys = public_keys(settings.keys)
    return own_issuer(load_issuer(settings, keys[-1]), keys) if keys else None


def _existing(settings: Settings) -> Database | None:
    address = make_url(settings.database_url)
    if address.get_backend_name() == "sqlite" and not Path(address.database or "").is_file():
        return None
    return open_database(settings.database_url)


def _hash(database: Database | None, record_id: str) -> str | None:
    if database is None:
        return None
    with database.read() as session:
        record = store.record(session, record_id)
        return record.pdf_sha256 if record else None


def _standing(database: Database | None, record_id: str) -> Standing | None:
    if database is None:
        return None
    with database.read() as session:
        record = store.record(session, record_id)
    return next((s for s in get_args(Standing) if record and record.status == s), None)


def _successor(settings: Settings, database: Database | None, record_id: str) -> str | None:
    """Where the record is that replaced another, through however many corrections."""
    if database is None:
        return None
    newest = None
    with database.read() as session:
        record = store.record(session, record_id)
        while record is not None and record.successor is not None:
            newest = record.successor
            record = store.record(session, newest)
    return newest and f"{settings.public_url or ''}/records/{newest}"
