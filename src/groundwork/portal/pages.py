"""What a browser asks for by hand: the book, a record's page, the verify page, who issues."""

from __future__ import annotations

import hashlib
import json
from html import escape
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool

from ..curriculum import area_rows
from ..hours import METHOD
from ..log import store
from ..progress import record_links
from ..recordbook import published
from ..records import Issuer, did_document, load_issuer, public_keys, ring
from ..settings import SELF_STUDY
from ..verifying import verify_file
from .accounts import AnAccount, AVisitor, AWho, sign_in_url, verifying, who_of
from .api import told_progress
from .bookfiles import Book, File, age_of, pack
from .house import House, Who, house
from .templating import page
from .verdicts import WORDS, answers

AHouse = Annotated[House, Depends(house)]

HIDDEN = {"X-Robots-Tag": "noindex"}
STATUS_SECONDS = 300
"""How long a copy of a status list may be used; a revocation is seen after that at the latest."""
NOT_BUILT = "The book is not built yet. Run “make serve” or “groundwork build”, then look again."

router = APIRouter(include_in_schema=False)


@router.get("/verify")
def get_verify(portal: AHouse, who: AVisitor) -> Response:
    """The plainest page: a file in, one word out."""
    return page(portal, "verify.html", who=who, verdict=None, word=None)


@router.post("/verify", dependencies=[Depends(verifying)])
async def post_verify(request: Request, portal: AHouse, who: AVisitor) -> Response:
    """The same without any script: the form is sent, the page says the word."""
    async with request.form(max_files=1, max_fields=5) as form:
        sent = form.get("file")
        data = b"" if sent is None or isinstance(sent, str) else await sent.read()
    if not data:
        word = "Choose a file first."
        return page(portal, "verify.html", status=422, who=who, verdict=None, word=word)
    verdict = await run_in_threadpool(verify_file, portal.settings, data, database=portal.database)
    return page(
        portal,
        "verify.html",
        who=who,
        verdict=verdict.to_dict(),
        word=WORDS[verdict.status],
        answers=answers(verdict),
    )


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
        if record is None or store.owner_of(session, record) != who.key:
            raise HTTPException(404, "There is no such file.")
        data: bytes = getattr(record, kind)
        name = f"groundwork-{record.module or 'series'}-{record.id[:8]}.{kind}"
    disposition = "inline" if kind == "png" else f'attachment; filename="{name}"'
    headers = {"Content-Disposition": disposition, "Cache-Control": "private, no-cache", **HIDDEN}
    return Response(data, media_type=media, headers=headers)


@router.get("/records/{record_id}")
def get_record(record_id: str, portal: AHouse, who: AVisitor) -> Response:
    """The public page of a record: title, name, dates and status, no score."""
    with portal.database.read() as session:
        record = store.record(session, record_id)
        if record is None:
            raise HTTPException(404, "There is no such record.")
        successor = record_links(record.successor, root=portal.prefix) if record.successor else None
        return page(
            portal,
            "record.html",
            who=who,
            headers=HIDDEN,
            record=record,
            issuer=_issuer(portal),
            successor=successor,
        )


def _issuer(portal: House) -> Issuer | None:
    """Who issues here, once there is a key; looking makes none."""
    keys = public_keys(portal.settings.keys)
    return load_issuer(portal.settings, keys[-1]) if keys else None


@router.get("/issuer")
def get_issuer(portal: AHouse, who: AVisitor) -> Response:
    """Who issues, how hours come about, and what changed in each module."""
    course = portal.curriculum.course
    areas = {
        module.id: area_rows(portal.curriculum.facts, portal.curriculum.minutes[module.id].areas)
        for module in course.modules
    }
    return page(
        portal,
        "issuer.html",
        who=who,
        issuer=_issuer(portal),
        keys=ring(portal.settings.keys),
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
    document = did_document(issuer.did, public_keys(portal.settings.keys))
    return JSONResponse(document, media_type="application/did+json")


@router.get("/status/{number}")
def get_status(number: int, request: Request, portal: AHouse) -> Response:
    """The signed list of an organization's withdrawn records, as it was last signed."""
    with portal.database.read() as session:
        kept = published(session, number)
    if kept is None:
        raise HTTPException(404, "There is no such status list.")
    digest = hashlib.sha256(kept.body).hexdigest()[:24]
    age = f"public, max-age={STATUS_SECONDS}"
    return answer(request, kept.body, None, "application/vc+ld+json", digest, age)


@router.api_route("/{address:path}", methods=["GET", "HEAD"])
def get_book(address: str, request: Request, portal: AHouse, found: AnAccount) -> Response:
    """A page or file of the built book, pages with the learner's progress in them.

    A browser that keeps a page on its device asks with `kept`, and gets it as it was built.
    """
    book = portal.book
    who = who_of(portal, found) if not address else None
    if tag := _remembered(portal, who):
        return RedirectResponse(f"{portal.prefix}{tag}/", 307)
    path = book.find(address)
    if path is None:
        return _not_there(portal, book, address)
    file = book.read(path)
    if file.kind.startswith("text/html") and "kept" not in request.query_params:
        return _woven(file, request, portal, who or who_of(portal, found))
    return answer(
        request,
        file.data,
        file.packed,
        file.kind,
        file.digest,
        age_of(address, request.query_params),
    )


def _remembered(portal: House, who: Who | None) -> str | None:
    """The language a learner chose, where the book has it; it decides only where one comes in.

    Every other address is a choice of its own.
    """
    if who is None or not portal.tongues.catalogs:
        return None
    with portal.database.read() as session:
        enrolment = store.enrolment_of(session, who.key, who.course)
        chosen = enrolment.learner.language if enrolment else ""
    return chosen if chosen in portal.tongues.catalogs else None


def _not_there(portal: House, book: Book, address: str) -> Response:
    if not book.built:
        raise HTTPException(503, NOT_BUILT)
    if book.is_folder(address):
        return RedirectResponse(f"{portal.prefix}{address}/", 307)
    raise HTTPException(404, "There is no such page.")


def _woven(file: File, request: Request, portal: House, who: Who | None) -> Response:
    """A page of the book with a learner's progress in it, or with the way to sign in."""
    if who is None:
        body = file.woven(f' data-sign-in="{escape(sign_in_url(portal, request))}"'.encode(), b"")
    else:
        body = file.woven(_attributes(portal, who).encode(), _progress(portal, who).encode())
    digest = hashlib.sha256(body).hexdigest()[:24]
    return answer(request, body, None, file.kind, digest, "private, no-cache", packing=True)


def _attributes(portal: House, who: Who) -> str:
    if portal.hub is None or not who.shown:
        return f' data-portal="{escape(portal.prefix)}"'
    several = " data-several" if who.several else ""
    teaches = " data-teaches" if who.teaches else ""
    cohort = " data-cohort" if who.course != SELF_STUDY else ""
    return (
        f' data-portal="{escape(portal.prefix)}" data-signed-in="{escape(who.key)}"'
        f"{several}{teaches}{cohort}"
    )


def _progress(portal: House, who: Who) -> str:
    """A learner's progress for a page that they went to; a script that fetched it gets none."""
    if not who.shown:
        return ""
    told = told_progress(portal, who).model_dump(mode="json", by_alias=True)
    return f'<script type="application/json" id="gw-progress">{script_json(told)}</script>'


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
