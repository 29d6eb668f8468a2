"""One completion in, its three files out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from .badge import badge
from .credential import StatusEntry, compose, sign
from .facts import Completion, Issuer
from .keys import SigningKey
from .pdf import certificate


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
    completion: Completion,
    issuer: Issuer,
    key: SigningKey,
    *,
    issued: datetime,
    status: StatusEntry | None = None,
) -> IssuedRecord:
    """Return the signed files of a completion, the same for the same input.

    An organization gives each record a `status` of its own; a learner's machine none.
    """
    credential = sign(
        compose(completion, issuer, issued=issued, status=status), issuer, key, created=issued
    )
    return IssuedRecord(
        id=completion.id,
        json=credential,
        pdf=certificate(completion, issuer, credential, issued=issued),
        png=badge(completion, issuer, credential),
    )
