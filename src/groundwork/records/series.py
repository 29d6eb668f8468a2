"""The record of a whole series: a CLR 2.0 credential with the module records inside.

Its first member is an Open Badges 3.0 credential of the series, which says what it all adds
up to; the others are the module records, verbatim. Everything the envelope itself says is
said by that first member as well, so that nothing rests on the envelope's words alone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from ..errors import RecordError
from .credential import (
    StatusEntry,
    achievement_id,
    check_plain,
    compose,
    identifier,
    moment,
    profile,
    sign,
    status_entry,
    written,
)
from .facts import Issuer, SeriesCompletion
from .keys import SigningKey, verification_method
from .reading import CLR_CONTEXTS, CREDENTIAL_LIMIT


def sign_series(
    series: SeriesCompletion,
    issuer: Issuer,
    key: SigningKey,
    members: Sequence[bytes],
    *,
    issued: datetime,
    status: StatusEntry | None,
) -> bytes:
    """Return the signed CLR as bytes; `members` are the module records in the series' order."""
    from openbadgeslib.errors import LibOpenBadgesException
    from openbadgeslib.ob3 import add_data_integrity_proof, bundled_clr_contexts

    assertion = compose(series, issuer, issued=issued, status=status)
    assertion["id"] = assertion_id(series.id)
    first = json.loads(sign(assertion, issuer, key, created=issued))
    modules = [json.loads(member) for member in members]
    _check_members(series, issuer, modules)
    document = _envelope(series, issuer, [first, *modules], issued=issued, status=status)
    try:
        signed = add_data_integrity_proof(
            document,
            key.pem(),
            verification_method(issuer.did, key.public),
            created=issued,
            extra_contexts=bundled_clr_contexts(),
        )
    except LibOpenBadgesException as error:
        raise RecordError(f"The record of the series cannot be signed: {error}") from error
    data = written(signed, indent=None)  # it holds many, and has to stay readable by all
    if len(data) > CREDENTIAL_LIMIT:
        raise RecordError(
            f"A series of {len(modules)} modules makes a credential of {len(data)} bytes; "
            f"verifiers read {CREDENTIAL_LIMIT} at most."
        )
    return data


def assertion_id(series: UUID) -> str:
    """The name of the credential inside that speaks of the series as a whole."""
    return uuid5(series, "series").urn


def _check_members(
    series: SeriesCompletion, issuer: Issuer, members: Sequence[dict[str, Any]]
) -> None:
    wanted = [module.id.urn for module in series.modules]
    if [member["id"] for member in members] != wanted:
        raise RecordError("The series needs the records of exactly its modules, in their order.")
    if any(member["issuer"]["id"] != issuer.did for member in members):
        raise RecordError("A module record in the series is from another issuer.")


def _envelope(
    series: SeriesCompletion,
    issuer: Issuer,
    members: list[dict[str, Any]],
    *,
    issued: datetime,
    status: StatusEntry | None,
) -> dict[str, Any]:
    document = {
        "@context": list(CLR_CONTEXTS),
        "id": series.id.urn,
        "type": ["VerifiableCredential", "ClrCredential"],
        "name": members[0]["name"],
        "description": members[0]["description"],
        "issuer": profile(issuer),
        "validFrom": moment(issued),
        "awardedDate": moment(issued),
        "partial": True,
        "credentialSubject": {
            "type": ["ClrSubject"],
            "identifier": identifier(series.name),
            "verifiableCredential": members,
            "association": [
                {
                    "type": "Association",
                    "associationType": "isParentOf",
                    "sourceId": achievement_id(series),
                    "targetId": achievement_id(module),
                }
                for module in series.modules
            ],
        },
    }
    if status is not None:
        document["credentialStatus"] = status_entry(status, issuer)
    check_plain(document)
    return document
