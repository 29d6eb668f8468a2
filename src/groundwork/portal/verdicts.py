"""A verdict in a reviewer's own questions: one word first, then what stands behind it."""

from __future__ import annotations

from ..records import Verdict

WORDS = {
    "valid": "Valid",
    "revoked": "Revoked",
    "superseded": "Replaced",
    "expired": "Expired",
    "tampered": "Changed",
    "unknown_issuer": "Unknown issuer",
    "status_unknown": "Not certain",
    "unreadable": "Unreadable",
}
"""The one word of each verdict."""

UNCHECKED = "Could not be checked."
STILL = {
    "valid": "Yes.",
    "revoked": "No: it was revoked.",
    "superseded": "No: a newer record replaced it.",
    "expired": "No: its time is over.",
    "tampered": "Rely on nothing in this file.",
}


def answers(verdict: Verdict) -> list[tuple[str, str]]:
    """Question and answer, in the order a reviewer asks; what is not proven is not answered."""
    told = [
        ("Genuine?", _genuine(verdict)),
        ("Unchanged?", _unchanged(verdict)),
        ("Still valid?", STILL.get(verdict.status, UNCHECKED)),
    ]
    record = verdict.record
    if record is None:
        return told
    name = verdict.issuer.name or "Somebody without a name"
    vouched = verdict.issuer.trust != "unknown"
    return [
        *told,
        ("From whom?", name if vouched else f"{name}, by its own account; nobody here vouches."),
        ("About whom?", record["learner"] or "Nobody is named."),
        ("For what?", _for_what(record["title"], record["hours"])),
    ]


def _genuine(verdict: Verdict) -> str:
    if verdict.status == "tampered":
        return "No."
    if verdict.record is None:
        return UNCHECKED
    if verdict.issuer.trust == "unknown":
        return "Signed, but nobody here vouches for whoever signed it."
    return "Yes: it carries the signature of its issuer."


def _unchanged(verdict: Verdict) -> str:
    if verdict.status == "tampered":
        return "No, or not signed by whom it names."
    if verdict.record is None:
        return UNCHECKED
    if verdict.page_proven is False:
        return "The credential, yes. The page around it is not the one that was issued."
    return "Yes: nothing was changed since it was signed."


def _for_what(title: str, hours: float | None) -> str:
    return title if hours is None else f"{title}, {hours:g} hours"
