"""The certificate: one PDF (PDF/A-3a and PDF/UA-1) that carries its own credential."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

from ..language import filled
from ..language import gettext as _
from . import words
from .facts import Completion, Earned, Issuer, Person, Picture, SeriesCompletion
from .typesetting import Unprintable, masked, typeset

LAGOON = "#1d6a73"
STANDARDS = ["a-3a", "ua-1"]
_AREAS_ON_THE_WALL = 6
_SOME_ID = "6b1f0c9e-5a0b-4d53-9a51-2f9d3e4b7c10"


def certificate(earned: Earned, issuer: Issuer, credential: bytes, *, issued: datetime) -> bytes:
    """Return the certificate with `credential` attached, the same bytes for the same input."""
    with words.in_language_of(earned):
        page = _page(earned, issuer, issued)
        unprintable = _(words.UNPRINTABLE)
    try:
        return _set(page, credential, issued)
    except Unprintable:
        return _set({**masked(page), "unprintable": unprintable}, credential, issued)


def _set(page: dict[str, Any], credential: bytes, issued: datetime) -> bytes:
    return typeset(
        "certificate.typ",
        {"page": json.dumps(page), "credential": credential.decode()},
        format="pdf",
        pdf_standards=STANDARDS,
        timestamp=int(issued.timestamp()),
    )


def _page(earned: Earned, issuer: Issuer, issued: datetime) -> dict[str, Any]:
    address = page_url(earned, issuer)
    return {
        "words": words.certificate_labels(earned),
        "language": earned.language,
        "document_title": filled("{title}: certificate of completion", title=earned.title),
        "color": issuer.color or LAGOON,
        "id": str(earned.id),
        "name": earned.name,
        "title": earned.title,
        "about": _about(earned),
        "panes": _panes(earned),
        "areas_line": _areas_line(earned),
        "self_issued": _(words.SELF_ISSUED) if issuer.kind == "self" else "",
        "unprintable": "",
        "issuer": _issuer(issuer, issued),
        "qr": qr_code(address) if address else None,
        "page_url": address or "",
        "check": _("Scan, or give this file to a verify page.")
        if address
        else _("Give this file to a verify page."),
        "footer": filled("{title} · record {id}", title=earned.title, id=earned.id),
        "covers": filled("What this record covers: {title}", title=earned.title),
        **_covered(earned),
        "areas": [
            {"name": area.label, "under": area.domain, "minutes": area.minutes}
            for area in earned.minutes_by_area
        ],
        "areas_total": {
            "name": filled("In all ({hours})", hours=words.hours_text(earned.minutes)),
            "minutes": earned.minutes,
        },
        "sections": list(_sections(earned, issuer, issued)),
        "is_not": list(words.what_it_is_not(earned)),
    }


def _about(earned: Earned) -> str:
    ages = words.ages_text(earned)
    if isinstance(earned, SeriesCompletion):
        return filled(
            "A Groundwork series of {count} modules, about children from {ages}",
            count=len(earned.modules),
            ages=ages,
        )
    return filled(
        "Groundwork {module}, content version {version}, about children from {ages}",
        module=earned.module,
        version=earned.version,
        ages=ages,
    )


def _areas_line(earned: Earned) -> str:
    """The areas on page 1; what a line cannot hold is counted, and stands on page 2."""
    shown = [
        filled("{area} {minutes} min", area=area.label, minutes=area.minutes)
        for area in earned.minutes_by_area
    ]
    more = len(shown) - _AREAS_ON_THE_WALL
    if more > 1:
        shown[_AREAS_ON_THE_WALL:] = [filled("{count} more areas on page 2", count=more)]
    return " · ".join(shown)


def _covered(earned: Earned) -> dict[str, Any]:
    """The parts of the training: an agenda with objectives, or the modules of a series."""
    total = {"name": _("In all"), "minutes": earned.minutes}
    if isinstance(earned, Completion):
        return {
            "objectives": list(earned.objectives),
            "agenda": [{"name": item.title, "minutes": item.minutes} for item in earned.agenda],
            "agenda_total": {**total, "minutes": sum(item.minutes for item in earned.agenda)},
        }
    rows = [
        {
            "name": module.title,
            "under": filled(
                "Version {version}, completed {day}",
                version=module.version,
                day=words.day(module.completed),
            ),
            "minutes": module.minutes,
        }
        for module in earned.modules
    ]
    return {"objectives": [], "agenda": rows, "agenda_total": total}


def _panes(earned: Earned) -> list[dict[str, str]]:
    series = isinstance(earned, SeriesCompletion)
    return [
        {
            "large": words.hours_text(earned.minutes),
            "small": filled("{minutes} by the clock", minutes=words.minutes_text(earned.minutes)),
        },
        {
            "large": words.day(earned.completed),
            "small": filled("completed; started {day}", day=words.day(earned.started)),
        },
        {
            "large": _("Passed"),
            "small": _("every quiz and reflection") if series else _("quiz and written reflection"),
        },
        {
            "large": _(earned.delivery.partition(",")[0]),
            "small": filled(
                "{minutes} led by an instructor", minutes=words.minutes_text(earned.live_minutes)
            ),
        },
    ]


def _issuer(issuer: Issuer, issued: datetime) -> dict[str, Any]:
    return {
        "name": issuer.name,
        "lines": list(words.issuer_lines(issuer)),
        "issued": filled("Issued {day}", day=words.day(issued)),
        "signatory": issuer.signatory and _person(issuer.signatory),
        "signature": issuer.signature and _picture(issuer.signature),
        "logo": issuer.logo and _picture(issuer.logo),
    }


def _person(person: Person) -> dict[str, str]:
    return {"name": person.name, "qualifications": person.qualifications}


def _picture(picture: Picture) -> dict[str, Any]:
    content = picture.data.decode() if picture.kind == "svg" else list(picture.data)
    return {"kind": picture.kind, "content": content}


def _sections(earned: Earned, issuer: Issuer, issued: datetime) -> Iterator[dict[str, Any]]:
    yield _section(
        _("How the minutes were counted"),
        earned.hours_method,
        words.delivery_text(earned),
        words.equity_text(earned),
    )
    yield _section(_("How learning was checked"), *_checked(earned))
    yield _section(_("Who stands behind it"), *_people(earned, issuer, issued))


def _section(title: str, *paragraphs: str) -> dict[str, Any]:
    return {"title": title, "paragraphs": list(paragraphs)}


def _checked(earned: Earned) -> Iterator[str]:
    if isinstance(earned, Completion):
        yield words.assessment_text(earned)
        yield words.reflection_text(earned)
        return
    yield _(
        "Each module ends in a quiz that was passed and a written reflection that is complete. "
        "The records of the modules, with form, score and pass mark, "
        "are in the attached credential."
    )


def _people(earned: Earned, issuer: Issuer, issued: datetime) -> Iterator[str]:
    yield filled("Written by {names}.", names=", ".join(earned.authors))
    for part, person in earned.people:
        yield words.person_text(part, person)
    yield filled(
        "Issued {day} by {name} ({did}).", day=words.day(issued), name=issuer.name, did=issuer.did
    )
    if issuer.kind == "self":
        yield _(words.SELF_ISSUED)


def page_url(earned: Earned, issuer: Issuer) -> str | None:
    """The public page of a record, where there is a public address."""
    return issuer.public_url and f"{issuer.public_url}/records/{earned.id}"


def qr_code(text: str) -> dict[str, Any]:
    """A QR code as an SVG picture, quiet zone left to the page."""
    import segno

    mask = _mask(text.rpartition("/")[0])
    drawing = io.BytesIO()
    segno.make(text, error="m", micro=False, mask=mask).save(
        drawing, kind="svg", border=0, dark="#21303a", light=None
    )
    return _picture(Picture(drawing.getvalue(), "svg"))


@lru_cache(maxsize=16)
def _mask(address: str) -> int:
    """The pattern that suits the records of an address best; trying all takes most of the time."""
    import segno

    return int(segno.make(f"{address}/{_SOME_ID}", error="m", micro=False).mask)
