"""The answer a reviewer gets: one word, then why, decided by what is proven."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from .contents import claimed_name, record_id, record_of, text_of
from .reading import Finding, is_series, issuer_did, members
from .sandbox import examine_safely
from .trust import KnownIssuer, OwnIssuer, TrustedIssuers, key_ring

Status = Literal[
    "valid",
    "revoked",
    "superseded",
    "expired",
    "tampered",
    "unknown_issuer",
    "status_unknown",
    "unreadable",
]
Standing = Literal["valid", "revoked", "superseded"]


@dataclass(frozen=True, slots=True)
class IssuerClaim:
    """Who a record is from; `self` is this portal, `unknown` is only what the file says."""

    did: str | None
    name: str | None
    trust: Literal["listed", "self", "unknown"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The object of `POST /api/verify`; `record` is None unless a signature proves it."""

    status: Status
    issuer: IssuerClaim
    page_proven: bool | None
    record: dict[str, Any] | None
    reasons: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {**asdict(self), "reasons": list(self.reasons)}


def verify(
    data: bytes,
    *,
    issuers: TrustedIssuers,
    own: OwnIssuer | None,
    page_hashes: Callable[[str], str | None],
    status: Callable[[str], Standing | None],
    successors: Callable[[str], str | None] = lambda _: None,
) -> Verdict:
    """Say what a JSON, PDF or PNG file proves.

    `page_hashes` gives the stored SHA-256 (hex) of the PDF this portal issued for a
    record id, `status` where that record stands, `successors` the address of the record
    that replaced it; each gives None for an id it lacks.
    """
    finding = _examined(data, key_ring(issuers, own))
    credential = finding.credential or {}
    did = issuer_did(credential)
    known = own if own and own.did == did else issuers.find(did)
    if finding.outcome not in ("genuine", "expired", "early"):
        return _unproven(finding, known)
    verdict = _proven(
        finding,
        credential,
        known,
        page=_page(data, finding, credential, known, page_hashes),
        standing=status(record_id(credential)) if isinstance(known, OwnIssuer) else None,
    )
    newer = successors(record_id(credential)) if verdict.status == "superseded" else None
    if newer is None:
        return verdict
    return replace(verdict, reasons=(*verdict.reasons, f"The newer record: {newer}"))


def _examined(data: bytes, keys: Mapping[str, str]) -> Finding:
    """Read a file; the credentials inside a series are each checked on their own, too."""
    finding = examine_safely(data, keys)
    if finding.outcome != "genuine" or not is_series(finding.credential):
        return finding
    inside = [json.dumps(member).encode() for member in members(finding.credential or {})]
    with ThreadPoolExecutor(max_workers=2) as both:
        for found in both.map(lambda member: examine_safely(member, keys), inside):
            if found.outcome != "genuine":
                both.shutdown(cancel_futures=True)
                return replace(finding, outcome=found.outcome, why=f"{INSIDE} {found.why}")
    return finding


INSIDE = "One of the records inside does not hold."


def _unproven(finding: Finding, known: KnownIssuer | None) -> Verdict:
    """A file whose signature proves nothing, so that nothing in it is shown as a record."""
    claim = IssuerClaim(
        issuer_did(finding.credential or {}) or None, claimed_name(finding.credential), "unknown"
    )
    if finding.outcome == "unreadable":
        return Verdict("unreadable", claim, None, None, (finding.why,))
    if finding.outcome == "no_key":
        return _without_key(claim, known)
    return Verdict("tampered", claim, None, None, (finding.why, "Rely on nothing in this file."))


def _without_key(claim: IssuerClaim, known: KnownIssuer | None) -> Verdict:
    if isinstance(known, OwnIssuer):
        why = "It names this portal as issuer, but is signed with a key that is not ours."
        return Verdict("tampered", claim, None, None, (why, "Rely on nothing in this file."))
    if known is None:
        why = (
            f"It names {claim.did} as issuer. Nobody here vouches for that issuer, "
            "and its key is not on file, so the signature was not checked."
        )
        return Verdict("unknown_issuer", claim, None, None, (why,))
    listed = IssuerClaim(known.did, known.name, "listed")
    if not known.keys:
        why = (
            f"It names {known.name}, which is on our list, but no key of theirs is on file, "
            "so the signature could not be checked."
        )
        return Verdict("status_unknown", listed, None, None, (why,))
    why = (
        f"It names {known.name}, but the key it is signed with is not one we have on file "
        "for them: either they have a newer one, or this is not theirs."
    )
    return Verdict("unknown_issuer", claim, None, None, (why,))


def _proven(
    finding: Finding,
    credential: dict[str, Any],
    known: KnownIssuer | None,
    *,
    page: tuple[bool | None, tuple[str, ...]],
    standing: Standing | None,
) -> Verdict:
    page_proven, about_page = page
    status, reasons = _standing(finding, credential, known, standing)
    ordered = (*about_page, *reasons) if page_proven is False else (*reasons, *about_page)
    return Verdict(status, _claim(credential, known), page_proven, record_of(credential), ordered)


def _claim(credential: dict[str, Any], known: KnownIssuer | None) -> IssuerClaim:
    if known is None:
        return IssuerClaim(issuer_did(credential), claimed_name(credential), "unknown")
    trust: Literal["self", "listed"] = "self" if isinstance(known, OwnIssuer) else "listed"
    return IssuerClaim(known.did, known.name, trust)


def _standing(
    finding: Finding,
    credential: dict[str, Any],
    known: KnownIssuer | None,
    standing: Standing | None,
) -> tuple[Status, tuple[str, ...]]:
    """Whether a record with a good signature still counts, and from whom."""
    unchanged = "The signature is good: nothing was changed since it was signed."
    if known is None:
        return "unknown_issuer", (
            unchanged,
            "Nobody here vouches for whoever signed it. A record that a learner's own copy "
            "of Groundwork issued looks like this.",
        )
    if _withdrawn(credential, known):
        return "revoked", (f"{known.name} has withdrawn the key it was signed with.",)
    if finding.outcome == "expired":
        return "expired", (unchanged, f"It was valid until {text_of(credential, 'validUntil')}.")
    if finding.outcome == "early":
        starts = text_of(credential, "validFrom")
        return "status_unknown", (unchanged, f"It is dated in the future: {starts}.")
    if isinstance(known, OwnIssuer):
        status, reasons = _own_standing(standing, unchanged)
        return status, (*reasons, *_self_issued(known))
    if "credentialStatus" in credential:
        return "status_unknown", (
            unchanged,
            f"It is from {known.name}, which is on our list. Whether they revoked it since "
            "was not checked: this page asks no other host.",
        )
    return "valid", (unchanged, f"It is from {known.name}, which is on our list.")


def _own_standing(standing: Standing | None, unchanged: str) -> tuple[Status, tuple[str, ...]]:
    if standing == "revoked":
        return "revoked", (unchanged, "We issued it and have revoked it since.")
    if standing == "superseded":
        return "superseded", (unchanged, "We issued it and have replaced it by a newer record.")
    if standing is None:
        return "status_unknown", (
            unchanged,
            "It is signed with our key, but we have no entry of it, so we cannot say "
            "whether it still stands.",
        )
    return "valid", (unchanged, "It was issued here, and it still stands.")


def _self_issued(own: OwnIssuer) -> tuple[str, ...]:
    if not own.did.startswith("did:key:"):
        return ()
    return ("It is self-issued: nobody outside this machine vouches for it.",)


def _withdrawn(credential: dict[str, Any], known: KnownIssuer) -> bool:
    """Whether a key that signed it, or a record inside it, has been withdrawn since."""
    signed = [credential, *(members(credential) if is_series(credential) else ())]
    used = {str(one["proof"]["verificationMethod"]).partition("#")[2] for one in signed}
    return any(key.name in used and not key.active for key in known.keys)


def _page(
    data: bytes,
    finding: Finding,
    credential: dict[str, Any],
    known: KnownIssuer | None,
    page_hashes: Callable[[str], str | None],
) -> tuple[bool | None, tuple[str, ...]]:
    """Whether the PDF around the credential is the one its issuer made."""
    if finding.carrier == "png":
        return None, ("The picture proves nothing; read what is shown here.",)
    if finding.carrier != "pdf":
        return None, ()
    issued = page_hashes(record_id(credential)) if isinstance(known, OwnIssuer) else None
    if issued is None:
        return None, (
            "The page of the PDF is not proven, only the credential attached to it: "
            "read what is shown here, not what the page says.",
        )
    if hashlib.sha256(data).hexdigest() == issued:
        return True, ("The page is the one we issued, byte for byte.",)
    return False, (
        "The page is not the one we issued for this record. "
        "Read what is shown here, not what the page says.",
    )
