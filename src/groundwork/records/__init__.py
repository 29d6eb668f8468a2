"""Completion records: composed, signed, printed and verified.

Plain values in, files and verdicts out; nothing here opens a database or a socket.
"""

from .browser import definitions, listed_issuers
from .credential import StatusEntry
from .facts import (
    AgendaItem,
    AreaMinutes,
    Completion,
    Earned,
    Issuer,
    Person,
    Picture,
    SeriesCompletion,
    printed_name,
)
from .issuer import load_issuer, own_issuer
from .issuing import IssuedRecord, issue
from .keys import (
    PublicKey,
    RingKey,
    SigningKey,
    did_document,
    did_key,
    did_web,
    public_keys,
    retire,
    ring,
    rotate,
    signing_key,
)
from .press import Job, issue_many, pool
from .sandbox import warm
from .statuslist import FRESH, SIZE, free_entry, status_list
from .trust import KnownIssuer, OwnIssuer, TrustedIssuers, load_trusted_issuers
from .verify import IssuerClaim, Verdict, verify

__all__ = [
    "FRESH",
    "SIZE",
    "AgendaItem",
    "AreaMinutes",
    "Completion",
    "Earned",
    "IssuedRecord",
    "Issuer",
    "IssuerClaim",
    "Job",
    "KnownIssuer",
    "OwnIssuer",
    "Person",
    "Picture",
    "PublicKey",
    "RingKey",
    "SeriesCompletion",
    "SigningKey",
    "StatusEntry",
    "TrustedIssuers",
    "Verdict",
    "definitions",
    "did_document",
    "did_key",
    "did_web",
    "free_entry",
    "issue",
    "issue_many",
    "listed_issuers",
    "load_issuer",
    "load_trusted_issuers",
    "own_issuer",
    "pool",
    "printed_name",
    "public_keys",
    "retire",
    "ring",
    "rotate",
    "signing_key",
    "status_list",
    "verify",
    "warm",
]
