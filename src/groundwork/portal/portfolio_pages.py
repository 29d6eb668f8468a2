"""The portfolio as pages: every entry can be written, changed and removed without a script."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from .. import portfolio as portfolios
from .. import portfolio_entries as entries
from ..errors import AnswerError, ConflictError
from ..learners import everything
from ..log import PortfolioFile, PortfolioTraining
from ..portfolio import Meeting, Part, Portfolio, Training
from ..portfolio_pdf import Appended, portfolio_pdf
from . import portfolio_forms as forms
from .accounts import AWho, submitting
from .areachart import NARROW, WIDE, chart
from .house import House, Who, house, now
from .portfolio_api import (
    download,
    drop_file,
    file_of,
    issued_files,
    keep_file,
    portfolio_in,
    read,
    remove,
    save,
    save_plan,
    take_in,
)
from .templating import TEMPLATES, page

AHouse = Annotated[House, Depends(house)]
List = Literal["trainings", "supervision", "parts"]

router = APIRouter(prefix="/portfolio", include_in_schema=False)

HIDDEN = {"X-Robots-Tag": "noindex"}
TEMPLATES.filters["hours"] = entries.hours
MOST_FIELDS = 2 * forms.MOST_ROWS + 40

NAMES: dict[str, tuple[str, str]] = {
    "trainings": ("Add a training", "Change a training"),
    "supervision": ("Add reflective supervision", "Change a meeting"),
    "parts": ("Add work, a reference or a paper", "Change a line of your list"),
}
"""What the form of each list is called when it adds and when it changes."""

DONE = {"saved": "Saved.", "removed": "Removed.", "file": "The file was removed."}
KINDS = (
    ("work", "Work", "What you did, for whom, and since when. Overlapping days count once."),
    ("reference", "References", "Who rates or recommends you. Tick it when theirs is in."),
    ("paper", "Papers", "Transcripts, licenses, the signed Code of Ethics, the membership."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A form as it is shown: what was typed, and what is wrong with it."""

    name: str
    entry_id: str
    typed: Mapping[str, str]
    version: int = 0
    problems: Mapping[str, str] | None = None
    conflict: str = ""
    there: Mapping[str, str] | None = None
    file: portfolios.Proof | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as a form sent it: what it is called, and its bytes."""

    name: str
    data: bytes


@router.get("")
def get_portfolio(portal: AHouse, who: AWho, done: str = "") -> Response:
    """The whole portfolio, with what is missing of what the association printed."""
    return _whole(portal, who, said=DONE.get(done, ""))


def _whole(
    portal: House,
    who: Who,
    *,
    status: int = 200,
    said: str = "",
    problems: Mapping[str, str] | None = None,
    refused: tuple[str, ...] = (),
) -> Response:
    portfolio = read(portal, who)
    facts = portal.curriculum.facts
    areas = portfolios.by_area(portfolio, facts)
    labels = {area.id: area.label for area in facts.areas.values()}
    return page(
        portal,
        "portfolio.html",
        status=status,
        headers=HIDDEN,
        who=who,
        portfolio=portfolio,
        totals=portfolios.totals(portfolio),
        areas=areas,
        labels=labels,
        facts=facts.facts,
        rules=facts.endorsement,
        association=facts.endorsement.association(portfolio.plan.association),
        category=facts.endorsement.category(portfolio.plan.category),
        gap=portfolios.gap(portfolio, facts.endorsement, today=_today()),
        wide=chart(areas, WIDE),
        narrow=chart(areas, NARROW),
        kinds=KINDS,
        said=said,
        problems=problems or {},
        refused=refused,
        today=_today(),
    )


def _today() -> date:
    return now().date()


@router.post("/plan")
async def post_plan(request: Request, portal: AHouse, who: AWho) -> Response:
    """Choose the association, the category and the days."""
    typed, _ = await _form(request)
    reading = forms.read_plan(typed)
    if not isinstance(reading.entry, entries.PlanEntry):
        return await run_in_threadpool(_whole, portal, who, status=422, problems=reading.problems)
    try:
        await run_in_threadpool(save_plan, portal, who, reading.entry, version=_version(typed))
    except AnswerError as error:
        problems = {error.field: str(error)}
        return await run_in_threadpool(_whole, portal, who, status=422, problems=problems)
    except ConflictError as error:
        problems = {"plan": str(error)}
        return await run_in_threadpool(_whole, portal, who, status=409, problems=problems)
    return _back(portal, "saved", "plan")


def _back(portal: House, done: str, place: str) -> Response:
    return RedirectResponse(f"{portal.prefix}portfolio?done={done}#{place}", 303)


async def _form(request: Request) -> tuple[dict[str, str], Sent | None]:
    """The text fields of a form and its file, if one was chosen."""
    async with request.form(max_files=1, max_fields=MOST_FIELDS) as form:
        typed = {
            name: value.replace("\r\n", "\n")
            for name, value in form.items()
            if isinstance(value, str)
        }
        file = form.get("file")
        data = await file.read() if isinstance(file, UploadFile) else b""
        named = (file.filename or "") if isinstance(file, UploadFile) else ""
    return typed, Sent(named, data) if data else None


def _version(typed: Mapping[str, str]) -> int:
    text = typed.get("version", "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


# One entry


@router.get("/{name}/new")
def get_new(name: List, portal: AHouse, who: AWho, kind: str = "work") -> Response:
    """An empty form; its id is made now, so that sent twice it is one entry."""
    typed = {"kind": kind if kind in {one[0] for one in KINDS} else "work", "form": "individual"}
    return _sheet(portal, who, Sheet(name=name, entry_id=entries.new_id(), typed=typed))


@router.get("/{name}/{entry_id}")
def get_entry(name: List, entry_id: str, portal: AHouse, who: AWho) -> Response:
    """The form of an entry that is there."""
    return _sheet(portal, who, _of(read(portal, who), name, entry_id))


def _of(portfolio: Portfolio, name: str, entry_id: str) -> Sheet:
    entry = _find(portfolio, name, entry_id)
    if entry is None:
        raise HTTPException(404, "There is no such entry in your portfolio.")
    return Sheet(
        name=name,
        entry_id=entry_id,
        typed=forms.typed_of(entry),
        version=entry.version,
        file=entry.file if isinstance(entry, Training) else None,
    )


def _find(portfolio: Portfolio, name: str, entry_id: str) -> Training | Meeting | Part | None:
    listed: Mapping[str, Any] = {
        "trainings": [one for one in portfolio.trainings if one.origin == "elsewhere"],
        "supervision": portfolio.supervision,
        "parts": portfolio.parts,
    }
    return next((one for one in listed[name] if one.id == entry_id), None)


def _sheet(portal: House, who: Who, sheet: Sheet, *, status: int = 200) -> Response:
    facts = portal.curriculum.facts
    domains: dict[str, list[Any]] = {}
    for area in facts.areas.values():
        domains.setdefault(area.domain, []).append(area)
    adds, changes = NAMES[sheet.name]
    return page(
        portal,
        "portfolio_entry.html",
        status=status,
        headers=HIDDEN,
        who=who,
        sheet=sheet,
        title=changes if sheet.version else adds,
        typed=sheet.typed,
        problems=sheet.problems or {},
        domains=domains,
        rows=forms.area_rows(sheet.typed),
        kinds=KINDS,
        today=_today(),
    )


@router.post("/{name}/{entry_id}", dependencies=[Depends(submitting)])
async def post_entry(
    name: List, entry_id: str, request: Request, portal: AHouse, who: AWho
) -> Response:
    """Save an entry; what does not fit is shown again with what was typed."""
    typed, file = await _form(request)
    return await run_in_threadpool(_save, portal, who, name, entry_id, typed, file)


def _save(
    portal: House,
    who: Who,
    name: str,
    entry_id: str,
    typed: Mapping[str, str],
    file: Sent | None,
) -> Response:
    sheet = Sheet(name=name, entry_id=entry_id, typed=typed, version=_version(typed))
    reading = forms.read_form(name, typed)
    problems = dict(reading.problems)
    proof = None
    if file:
        try:
            proof = entries.read_proof(file.name, file.data)
        except AnswerError as error:
            problems["file"] = str(error)
    if problems or reading.entry is None or isinstance(reading.entry, entries.PlanEntry):
        return _again(portal, who, sheet, problems, status=422)
    try:
        save(portal, who, name, reading.entry, entry_id=entry_id, version=sheet.version)
        if proof:
            keep_file(portal, who, entry_id, proof)
    except AnswerError as error:
        return _again(portal, who, sheet, {forms.form_field(error.field): str(error)}, status=422)
    except ConflictError as error:
        return _again(portal, who, sheet, {}, status=409, conflict=str(error))
    return _back(portal, "saved", name)


def _again(
    portal: House,
    who: Who,
    sheet: Sheet,
    problems: Mapping[str, str],
    *,
    status: int,
    conflict: str = "",
) -> Response:
    """The form again, with what is wrong; after a conflict it is about what is there now."""
    there = _find(read(portal, who), sheet.name, sheet.entry_id)
    shown = Sheet(
        name=sheet.name,
        entry_id=sheet.entry_id,
        typed=sheet.typed,
        version=there.version if conflict and there else sheet.version,
        problems=problems,
        conflict=conflict,
        there=forms.typed_of(there) if conflict and there else None,
        file=there.file if isinstance(there, Training) else None,
    )
    return _sheet(portal, who, shown, status=status)


@router.post("/{name}/{entry_id}/remove", dependencies=[Depends(submitting)])
async def post_remove(
    name: List, entry_id: str, request: Request, portal: AHouse, who: AWho
) -> Response:
    """Take an entry out, its file with it."""
    typed, _ = await _form(request)
    await run_in_threadpool(
        remove, portal, who, name, entries.check_id(entry_id), version=_version(typed)
    )
    return _back(portal, "removed", name)


@router.post("/trainings/{entry_id}/file/remove", dependencies=[Depends(submitting)])
def post_file_remove(entry_id: str, portal: AHouse, who: AWho) -> Response:
    """Forget the file of a training."""
    drop_file(portal, who, entries.check_id(entry_id))
    return _back(portal, "file", "trainings")


@router.get("/trainings/{entry_id}/file")
def get_file(entry_id: str, portal: AHouse, who: AWho) -> Response:
    """The file of a training, as it was given."""
    name, kind, data = file_of(portal, who, entry_id)
    return download(data, name=name, kind=kind)


# To type and to take along


@router.get("/copy")
def get_copy(portal: AHouse, who: AWho) -> Response:
    """One line for each training in the order of the application form."""
    portfolio = read(portal, who)
    return page(
        portal,
        "portfolio_copy.html",
        headers=HIDDEN,
        who=who,
        fields=portfolios.COPY_FIELDS,
        facts=portal.curriculum.facts.facts,
        lines=portfolios.copy_lines(portfolio, portal.curriculum.facts),
        supervision=list(reversed(portfolio.supervision)),
    )


@router.get("/portfolio.pdf")
def get_pdf(portal: AHouse, who: AWho) -> Response:
    """The portfolio with its certificates and files, as one PDF."""
    portfolio = read(portal, who)
    made = portfolio_pdf(portfolio, portal.curriculum.facts, _appended(portal, who), today=_today())
    return download(made, name=f"portfolio-{_today()}.pdf", kind="application/pdf")


def _appended(portal: House, who: Who) -> list[Appended]:
    with portal.database.read() as session:
        learner = portfolios.learner_of(session, who.key)
        if learner is None:
            return []
        issued = [
            Appended(title, f"groundwork-{record_id}.pdf", "application/pdf", True, pdf)
            for record_id, title, pdf in issued_files(session, learner)
        ]
        kept = session.execute(
            select(PortfolioTraining.title, PortfolioFile)
            .join(PortfolioFile, PortfolioFile.training_id == PortfolioTraining.id)
            .where(PortfolioTraining.learner_id == learner.id)
            .order_by(PortfolioTraining.ends, PortfolioTraining.id)
        )
        return issued + [
            Appended(title, one.name, one.kind, False, one.data) for title, one in kept
        ]


@router.get("/trainings.csv")
def get_csv(portal: AHouse, who: AWho) -> Response:
    """Every training as a table."""
    data = portfolios.as_csv(read(portal, who), portal.curriculum.facts)
    return download(data, name=f"trainings-{_today()}.csv", kind="text/csv; charset=utf-8")


@router.get("/portfolio.json")
def get_json(portal: AHouse, who: AWho) -> Response:
    """The person's own entries, to keep or to bring to another portal."""
    whole = portfolios.as_file(read(portal, who), now=now())
    data = json.dumps(whole, indent=1, ensure_ascii=False, default=_as_text).encode()
    return download(data, name=f"portfolio-{_today()}.json", kind="application/json")


def _as_text(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


@router.get("/everything.zip")
def get_everything(portal: AHouse, who: AWho) -> Response:
    """All that this portal keeps about the person, for them alone."""
    with portal.database.read() as session:
        if portfolios.learner_of(session, who.key) is None:
            raise HTTPException(404, "Nothing is kept about you here yet.")
        whole = everything(session, who.key, portal.curriculum.facts, now=now())
    return download(whole, name=f"groundwork-about-me-{_today()}.zip", kind="application/zip")


@router.post("/bring", dependencies=[Depends(submitting)])
async def post_bring(request: Request, portal: AHouse, who: AWho) -> Response:
    """Take in the entries of a file that another portal gave."""
    _, file = await _form(request)
    return await run_in_threadpool(_bring, portal, who, file.data if file else b"")


def _bring(portal: House, who: Who, data: bytes) -> Response:
    if not data:
        return _whole(portal, who, status=422, problems={"bring": "Choose a file first."})
    try:
        whole = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        whole = None
    try:
        taken = take_in(portal, who, portfolio_in(whole))
    except HTTPException as error:
        return _whole(portal, who, status=422, problems={"bring": error.detail[0]["msg"]})  # type: ignore[index]  # ours
    except AnswerError as error:
        return _whole(portal, who, status=422, problems={"bring": str(error)})
    said = f"Taken in: {taken.added} new, {taken.known} were here already."
    if taken.refused:
        said += f" {len(taken.refused)} could not be taken."
    return _whole(portal, who, said=said, refused=taken.refused)
