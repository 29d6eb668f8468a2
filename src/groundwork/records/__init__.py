"""Completion records: composed, signed, printed and verified.

Plain values in, files and verdicts out; nothing here opens a database or a socket.
"""

from .credential import StatusEntry
from .facts import AgendaItem, AreaMinutes, Completion, Issuer, Person, Picture, printed_name
from .issuer import load_issuer, own_issuer
from .issuing import IssuedRecord, issue
from .keys import (
    PublicKey,
    SigningKey,
    all_keys,
    did_document,
    did_key,
    did_web,
    signing_key,
)
from .sandbox import warm
from .statuslist import free_entry, status_list
from .trust import KnownIssuer, OwnIssuer, TrustedIssuers, load_trusted_issuers
from .verify import IssuerClaim, Verdict, verify

__all__ = [
    "AgendaItem",
    "AreaMinutes",
    "Completion",
    "IssuedRecord",
    "Issuer",
    "IssuerClaim",
    "KnownIssuer",
    "OwnIssuer",
    "Person",
    "Picture",
    "PublicKey",
    "SigningKey",
    "StatusEntry",
    "TrustedIssuers",
    "Verdict",
    "all_keys",
    "did_document",
    "did_key",
    "did_web",
    "free_entry",
    "issue",
    "load_issuer",
    "load_trusted_issuers",
    "own_issuer",
    "printed_name",
    "signing_key",
    "status_list",
    "verify",
    "warm",
]
