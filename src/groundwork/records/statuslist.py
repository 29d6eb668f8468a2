"""The signed list in which an organization's records can be looked up as revoked."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Container
from datetime import datetime, timedelta

from .credential import StatusEntry
from .facts import Issuer
from .keys import SigningKey, verification_method

SIZE = 131_072
FRESH = timedelta(days=28)


def free_entry(list_number: int, taken: Container[int]) -> StatusEntry:
    """Return an unused place, drawn at random so that its number tells nothing.

    A list is filled to half at most, so that a free place is soon found.
    """
    while True:
        index = secrets.randbelow(SIZE)
        if index not in taken:
            return StatusEntry(list_number, index)


def status_list(
    list_number: int, revoked: Collection[int], issuer: Issuer, key: SigningKey, *, at: datetime
) -> bytes:
    """Return what `/status/{n}` answers; sign it again on each change and every week."""
    from openbadgeslib.ob3 import add_data_integrity_proof, build_status_list_credential

    document = build_status_list_credential(
        issuer.did,
        f"{issuer.public_url}/status/{list_number}",
        "revocation",
        revoked,
        SIZE,
        issued=at,
        valid_until=at + FRESH,
    )
    signed = add_data_integrity_proof(
        document, key.pem(), verification_method(issuer.did, key.public), created=at
    )
    return (json.dumps(signed, indent=2) + "\n").encode()
