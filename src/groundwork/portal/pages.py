"""What a browser asks for by hand: the book, a record's page, the verify page, who issues."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool

from ..completions import STATUS_LIST, status_entries
from ..curriculum import area_rows
from ..hours import METHOD
from ..log import store
from ..progress import record_links
from ..records import Issuer, all_keys, did_document, load_issuer, signing_key, status_list
from ..verifying import verify_file
from .api import told_progress
from .bookfiles import Book, File, age_of, pack
from .house import House, Who, house, learner, now

AHouse = Annotated[House, Depends(house)]
AWho = Annotated[Who, Depends(learner)]

HIDDEN = {"X-Robots-Tag": "noindex"}
NOT_BUILT = "The book is not built yet. Run “make serve” or “groundwork build”, then look again."
TEMPLATES = Environment(
    loader=FileSystemLoader(
        [Path(__file__).parent / "templates", Path(__file__).parents[1] / "theme"]
    ),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def day(date: dt.date | str) -> str:
    """A day as it is read aloud; what is no date stays as it was written."""
    try:
        known = dt.date.fromisoformat(date) if isinstance(date, str) else date
    except ValueError:
        return str(date)
    return f"{known.day} {known:%B %Y}"


TEMPLATES.filters["day"] = day

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

router = APIRouter(include_in_schema=False)


def page(
    portal: House,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **words: Any,
) -> HTMLResponse:
    """Render one of the portal's own pages."""
    text = TEMPLATES.get_template(template).render(root=portal.prefix, **words)
    return HTMLResponse(text, status, dict(headers or {}))


@router.get("/verify")
def get_verify(portal: AHouse) -> Response:
    """The plainest page: a file in, one word out."""
    return page(portal, "verify.html", verdict=None, word=None)


@router.post("/verify")
async def post_verify(request: Request, portal: AHouse) -> Response:
    """The same without any script: the form is sent, the page says the word."""
    async with request.form(max_files=1, max_fields=5) as form:
        sent = form.get("file")
        data = b"" if sent is None or isinstance(sent, str) else await sent.read()
    if not data:
        return page(portal, "verify.html", status=422, verdict=None, word="Choose a file first.")
    verdict = await run_in_threadpool(verify_file, portal.settings, data, database=portal.database)
    return page(portal, "verify.html", verdict=verdict.to_dict(), word=WORDS[verdict.status])


@router.get("/records/{record_id}.json")
def get_record_json(record_id: str, portal: AHouse, who: AWho) -> Response:
    """The signed credential, for its owner."""
    return _record_file(portal, who, record_id, "json", "application/vc+ld+json")


@router.get("/records/{record_id}.pdf")
def get_record_pdf(record_id: str, portal: AHouse, who: AWho) -> Response:
    """The certificate with the credential attached, for its owner."""
    return _record_file(portal, who, record_id, "pdf", "application/pdf")


@router.get("/records/{record_id}.png")
def get_record_png(record_id: str, portal: AHouse, who: AWho) -> Response:
    """The badge picture, for its owner."""
    return _record_file(portal, who, record_id, "png", "image/png")


def _record_file(portal: House, who: Who, record_id: str, kind: str, media: str) -> Response:
    with portal.database.read() as session:
        record = store.record(session, record_id)
        enrolment = store.enrolment_of(session, who.key, who.course)
        if record is None or enrolment is None or record.enrolment_id != enrolment.id:
            raise HTTPException(404, "There is no such file.")
        data: bytes = getattr(record, kind)
        name = f"groundwork-{record.module or 'series'}-{record.id[:8]}.{kind}"
    disposition = "inline" if kind == "png" else f'attachment; filename="{name}"'
    headers = {"Content-Disposition": disposition, "Cache-Control": "private, no-cache", **HIDDEN}
    return Response(data, media_type=media, headers=headers)


@router.get("/records/{record_id}")
def get_record(record_id: str, portal: AHouse) -> Response:
    """The public page of a record: title, name, dates and status, no score."""
    with portal.database.read() as session:
        record = store.record(session, record_id)
        if record is None:
            raise HTTPException(404, "There is no such record.")
        successor = record_links(record.successor, root=portal.prefix) if record.successor else None
        return page(
            portal,
            "record.html",
            headers=HIDDEN,
            record=record,
            issuer=_issuer(portal),
            successor=successor,
        )


def _issuer(portal: House) -> Issuer | None:
    """Who issues here, once there is a key; looking makes none."""
    keys = all_keys(portal.settings.keys) if portal.settings.keys.is_dir() else ()
    return load_issuer(portal.settings, keys[-1].public) if keys else None


@router.get("/issuer")
def get_issuer(portal: AHouse) -> Response:
    """Who issues, how hours come about, and what changed in each module."""
    course = portal.curriculum.course
    areas = {
        module.id: area_rows(portal.curriculum.facts, portal.curriculum.minutes[module.id].areas)
        for module in course.modules
    }
    return page(
        portal,
        "issuer.html",
        issuer=_issuer(portal),
        method=METHOD,
        modules=course.modules,
        minutes=portal.curriculum.minutes,
        areas=areas,
    )


@router.get("/.well-known/did.json")
def get_did(portal: AHouse) -> Response:
    """The keys of an organization; a learner's own machine publishes none."""
    issuer = _issuer(portal)
    if issuer is None or issuer.kind == "self":
        raise HTTPException(404, "No organization issues here.")
    keys = [key.public for key in all_keys(portal.settings.keys)]
    return JSONResponse(did_document(issuer.did, keys), media_type="application/did+json")


@router.get("/status/{number}")
def get_status(number: int, portal: AHouse) -> Response:
    """The signed list of an organization's withdrawn records."""
    issuer = _issuer(portal)
    if issuer is None or issuer.kind == "self" or number != STATUS_LIST:
        raise HTTPException(404, "There is no such status list.")
    with portal.database.read() as session:
        withdrawn = status_entries(store.record_standings(session), withdrawn=True)
    key = signing_key(portal.settings.keys)
    body = status_list(number, withdrawn, issuer, key, at=now())
    return Response(body, media_type="application/vc+ld+json")


@router.api_route("/{address:path}", methods=["GET", "HEAD"])
def get_book(address: str, request: Request, portal: AHouse, who: AWho) -> Response:
    """A page or file of the built book, pages with the learner's progress in them."""
    book = portal.book
    path = book.find(address)
    if path is None:
        return _not_there(portal, book, address)
    file = book.read(path)
    if file.kind.startswith("text/html"):
        return _woven(file, request, portal, who)
    return answer(
        request,
        file.data,
        file.packed,
        file.kind,
        file.digest,
        age_of(address, request.query_params),
    )


def _not_there(portal: House, book: Book, address: str) -> Response:
    if not book.built:
        raise HTTPException(503, NOT_BUILT)
    if book.is_folder(address):
        return RedirectResponse(f"{portal.prefix}{address}/", 307)
    raise HTTPException(404, "There is no such page.")


def _woven(file: File, request: Request, portal: House, who: Who) -> Response:
    told = told_progress(portal, who).model_dump(mode="json", by_alias=True)
    attributes = f' data-portal="{escape(portal.prefix)}"'
    element = f'<script type="application/json" id="gw-progress">{script_json(told)}</script>'
    body = file.woven(attributes.encode(), element.encode())
    digest = hashlib.sha256(body).hexdigest()[:24]
    return answer(request, body, None, file.kind, digest, "private, no-cache", packing=True)


def script_json(data: Any) -> str:
    """JSON that can stand inside a script element: no `<` can end it."""
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")


def answer(
    request: Request,
    body: bytes,
    packed: bytes | None,
    kind: str,
    digest: str,
    age: str,
    *,
    packing: bool = False,
) -> Response:
    """Answer with a file: nothing when the browser has it, compressed when it may be."""
    headers = {"ETag": f'W/"{digest}"', "Cache-Control": age, "Vary": "Accept-Encoding"}
    if digest in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", "").lower():
        packed = pack(body) if packing else packed
        if packed is not None:
            headers["Content-Encoding"] = "gzip"
            body = packed
    # `kind` is set as it is: Starlette would add a charset to some kinds a second time.
    return Response(body, headers={**headers, "Content-Type": kind})
