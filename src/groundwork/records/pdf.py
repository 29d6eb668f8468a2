"""The certificate: one PDF (PDF/A-3a and PDF/UA-1) that carries its own credential."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from . import words
from .facts import Completion, Issuer, Person, Picture
from .typesetting import Unprintable, masked, typeset

LAGOON = "#1d6a73"
STANDARDS = ["a-3a", "ua-1"]
_LABELS = {
    "certificate": "Certificate of completion",
    "completed_training": "completed the training",
    "minutes": "Minutes",
    "part": "Part",
    "area": "Competency area",
    "objectives": "Learning objectives",
    "agenda": "Agenda",
    "areas": "Minutes by competency area",
    "is_not": "What this record is not",
    "signature_alt": "Signature",
    "qr_alt": "QR code that opens",
    "attached": "The signed Open Badges 3.0 credential of this record",
    "not_line": "Not an Endorsement, not reflective supervision, not licensure credit. "
    "What it covers is on page 2; the signed credential is attached to this file.",
}
_UNPRINTABLE = (
    "Letters that no typeface here holds are shown as […]. "
    "The signed credential attached to this file has them in full."
)


def certificate(
    completion: Completion, issuer: Issuer, credential: bytes, *, issued: datetime
) -> bytes:
    """Return the certificate with `credential` attached, the same bytes for the same input."""
    page = _page(completion, issuer, issued)
    try:
        return _set(page, credential, issued)
    except Unprintable:
        return _set({**masked(page), "unprintable": _UNPRINTABLE}, credential, issued)


def _set(page: dict[str, Any], credential: bytes, issued: datetime) -> bytes:
    return typeset(
        "certificate.typ",
        {"page": json.dumps(page), "credential": credential.decode()},
        format="pdf",
        pdf_standards=STANDARDS,
        timestamp=int(issued.timestamp()),
    )


def _page(completion: Completion, issuer: Issuer, issued: datetime) -> dict[str, Any]:
    address = page_url(completion, issuer)
    return {
        "words": _LABELS,
        "language": completion.language,
        "document_title": f"{completion.title}: certificate of completion",
        "color": issuer.color or LAGOON,
        "id": str(completion.id),
        "name": completion.name,
        "title": completion.title,
        "about": f"Groundwork {completion.module}, content version {completion.version}, "
        f"about children from {words.ages_text(completion)}",
        "panes": _panes(completion),
        "areas_line": " · ".join(
            f"{area.label} {area.minutes} min" for area in completion.minutes_by_area
        ),
        "self_issued": words.SELF_ISSUED if issuer.kind == "self" else "",
        "unprintable": "",
        "issuer": _issuer(issuer, issued),
        "qr": qr_code(address) if address else None,
        "page_url": address or "",
        "check": "Scan, or give this file to a verify page."
        if address
        else "Give this file to a verify page.",
        "footer": f"{completion.title} · record {completion.id}",
        "covers": f"What this record covers: {completion.title}",
        "objectives": list(completion.objectives),
        "agenda": [{"name": item.title, "minutes": item.minutes} for item in completion.agenda],
        "agenda_total": {
            "name": "In all",
            "minutes": sum(item.minutes for item in completion.agenda),
        },
        "areas": [
            {"name": area.label, "under": area.domain, "minutes": area.minutes}
            for area in completion.minutes_by_area
        ],
        "areas_total": {
            "name": f"In all ({words.hours_text(completion.minutes)})",
            "minutes": completion.minutes,
        },
        "sections": list(_sections(completion, issuer, issued)),
        "is_not": list(words.what_it_is_not(completion)),
    }


def _panes(completion: Completion) -> list[dict[str, str]]:
    return [
        {
            "large": words.hours_text(completion.minutes),
            "small": f"{words.minutes_text(completion.minutes)} by the clock",
        },
        {
            "large": day(completion.completed),
            "small": f"completed; started {day(completion.started)}",
        },
        {"large": "Passed", "small": "quiz and written reflection"},
        {
            "large": completion.delivery.partition(",")[0],
            "small": f"{words.minutes_text(completion.live_minutes)} led by an instructor",
        },
    ]


def _issuer(issuer: Issuer, issued: datetime) -> dict[str, Any]:
    return {
        "name": issuer.name,
        "lines": list(words.issuer_lines(issuer)),
        "issued": f"Issued {day(issued)}",
        "signatory": issuer.signatory and _person(issuer.signatory),
        "signature": issuer.signature and _picture(issuer.signature),
        "logo": issuer.logo and _picture(issuer.logo),
    }


def _person(person: Person) -> dict[str, str]:
    return {"name": person.name, "qualifications": person.qualifications}


def _picture(picture: Picture) -> dict[str, Any]:
    content = picture.data.decode() if picture.kind == "svg" else list(picture.data)
    return {"kind": picture.kind, "content": content}


def _sections(completion: Completion, issuer: Issuer, issued: datetime) -> Iterator[dict[str, Any]]:
    yield _section(
        "How the minutes were counted",
        completion.hours_method,
        words.delivery_text(completion),
        f"Of these, {words.minutes_text(completion.equity_minutes)} on diversity and equity.",
    )
    yield _section(
        "How learning was checked",
        words.assessment_text(completion),
        words.reflection_text(completion),
    )
    yield _section("Who stands behind it", *_people(completion, issuer, issued))


def _section(title: str, *paragraphs: str) -> dict[str, Any]:
    return {"title": title, "paragraphs": list(paragraphs)}


def _people(completion: Completion, issuer: Issuer, issued: datetime) -> Iterator[str]:
    yield f"Written by {', '.join(completion.authors)}."
    for role, person in (("Instructor", completion.instructor), ("Sponsor", completion.sponsor)):
        if person is not None:
            about = f", {person.qualifications}" if person.qualifications else ""
            yield f"{role}: {person.name}{about}."
    yield f"Issued {day(issued)} by {issuer.name} ({issuer.did})."
    if issuer.kind == "self":
        yield words.SELF_ISSUED


def page_url(completion: Completion, issuer: Issuer) -> str | None:
    """The public page of a record, where there is a public address."""
    return issuer.public_url and f"{issuer.public_url}/records/{completion.id}"


def day(moment: datetime) -> str:
    """A date as a certificate says it."""
    return f"{moment:%B} {moment.day}, {moment.year}"


def qr_code(text: str) -> dict[str, Any]:
    """A QR code as an SVG picture, quiet zone left to the page."""
    import segno

    drawing = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        drawing, kind="svg", border=0, dark="#21303a", light=None
    )
    return _picture(Picture(drawing.getvalue(), "svg"))
