"""One completion in, its three files out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from .badge import badge
from .credential import StatusEntry, compose, sign
from .facts import Earned, Issuer, SeriesCompletion
from .keys import SigningKey
from .pdf import certificate
from .series import sign_series


@dataclass(frozen=True, slots=True)
class IssuedRecord:
    """The files of one record; the PDF and the PNG carry the bytes of `json`."""

    id: UUID
    json: bytes
    pdf: bytes
    png: bytes

    @property
    def sha256s(self) -> dict[str, str]:
        """The hash of each file, to be kept: the PDF's proves its page later."""
        return {
            kind: hashlib.sha256(data).hexdigest()
            for kind, data in (("json", self.json), ("pdf", self.pdf), ("png", self.png))
        }


def issue(
    earned: Earned,
    issuer: Issuer,
    key: SigningKey,
    *,
    issued: datetime,
    status: StatusEntry | None = None,
    members: Sequence[bytes] = (),
) -> IssuedRecord:
    """Return the signed files of a completion, the same for the same input.

    An organization gives each record a `status` of its own; a learner's machine none.
    A series also needs the signed records of its modules as `members`, in their order.
    """
    if isinstance(earned, SeriesCompletion):
        credential = sign_series(earned, issuer, key, members, issued=issued, status=status)
    else:
        document = compose(earned, issuer, issued=issued, status=status)
        credential = sign(document, issuer, key, created=issued)
    return IssuedRecord(
        id=earned.id,
        json=credential,
        pdf=certificate(earned, issuer, credential, issued=issued),
        png=badge(earned, issuer, credential),
    )
