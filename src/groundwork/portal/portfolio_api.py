"""The portfolio's HTTP contract: a person's own entries, for them alone.

Everything here belongs to the person and not to a course, and no role sees another's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

from fastapi import APIRouter, Depends, HTTPException, Response, UploadFile
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from .. import portfolio as portfolios
from .. import portfolio_entries as entries
from ..errors import ConflictError
from ..log import Learner, PortfolioTraining, Record
from ..portfolio import Portfolio, read_portfolio
from .accounts import AWho, same_learner
from .house import House, Who, house, now
from .reading import JSONRoute, check_kept

AHouse = Annotated[House, Depends(house)]
T = TypeVar("T")

router = APIRouter(
    prefix="/api/portfolio",
    route_class=JSONRoute,
    tags=["portfolio"],
    dependencies=[Depends(same_learner)],
)
files = APIRouter(prefix="/api/portfolio", tags=["portfolio"], dependencies=[Depends(same_learner)])

Version = Annotated[int, Field(ge=0)]


class PlanIn(entries.PlanEntry):
    """`PUT /api/portfolio/plan`; `version` is the one that was read, 0 for none yet."""

    version: Version = 0


class TrainingIn(entries.TrainingEntry):
    """A training; a new one may bring its own `id`, so that sent twice it is one."""

    id: str | None = None
    version: Version = 0


class SupervisionIn(entries.SupervisionEntry):
    """A meeting; a new one may bring its own `id`, so that sent twice it is one."""

    id: str | None = None
    version: Version = 0


class PartIn(entries.PartEntry):
    """Work, a reference or a paper; a new one may bring its own `id`."""

    id: str | None = None
    version: Version = 0


class Saved(BaseModel):
    """Under which id something is kept, and which version it has now."""

    id: str
    version: int


class TakenOut(BaseModel):
    """What became of the entries of a file."""

    added: int
    known: int
    refused: list[str]


def person(session: Session, key: str) -> Learner:
    """The person who writes, known from their first entry on."""
    found = portfolios.learner_of(session, key)
    if found is None:
        found = Learner(key=key, name="", language="en", created=now())
        session.add(found)
        session.flush()
    return found


def write(portal: House, who: Who, do: Callable[[Session, Learner], T]) -> T:
    """Do one piece of writing in a person's portfolio; all of it happens or nothing does."""
    for _ in range(3):
        try:
            with portal.database.write() as session:
                return do(session, person(session, who.key))
        except IntegrityError:
            continue  # the same request came twice at once; look what the other one wrote
    raise ConflictError("Too many things happened at once. Please try again.")


def read(portal: House, who: Who) -> Portfolio:
    """A person's portfolio as it is now."""
    with portal.database.read() as session:
        return read_portfolio(session, portfolios.learner_of(session, who.key))


def save(
    portal: House, who: Who, name: str, entry: entries.Written, *, entry_id: str, version: int
) -> tuple[Saved, bool]:
    """Write an entry of a list; return it and whether it is new."""
    entries.check_id(entry_id)

    def do(session: Session, learner: Learner) -> tuple[Saved, bool]:
        row, new = entries.save(
            session,
            learner,
            name,
            entry,
            entry_id=entry_id,
            version=version,
            facts=portal.curriculum.facts,
            at=now(),
        )
        return Saved(id=row.entry_id, version=row.version), new

    return write(portal, who, do)


def remove(portal: House, who: Who, name: str, entry_id: str, *, version: int) -> None:
    """Take an entry out of a list."""
    write(
        portal,
        who,
        lambda session, learner: entries.remove(session, learner, name, entry_id, version=version),
    )


def keep_file(portal: House, who: Who, entry_id: str, proof: entries.Proof) -> None:
    """Keep a file with a training of one's own."""

    def do(session: Session, learner: Learner) -> None:
        entries.attach(session, _training(session, learner, entry_id), proof, at=now())

    write(portal, who, do)


def drop_file(portal: House, who: Who, entry_id: str) -> None:
    """Forget the file of a training of one's own."""
    write(
        portal,
        who,
        lambda session, learner: entries.detach(session, _training(session, learner, entry_id)),
    )


def _training(session: Session, learner: Learner, entry_id: str) -> PortfolioTraining:
    row = entries.row_of(session, learner, "trainings", entry_id, hold=True)
    if not isinstance(row, PortfolioTraining):
        raise HTTPException(404, "There is no such training.")
    return row


def file_of(portal: House, who: Who, entry_id: str) -> tuple[str, str, bytes]:
    """The name, kind and bytes of a file of one's own, or a 404."""
    with portal.database.read() as session:
        learner = portfolios.learner_of(session, who.key)
        row = entries.row_of(session, learner, "trainings", entry_id)
        kept = entries.file_of(session, row) if isinstance(row, PortfolioTraining) else None
        if kept is None:
            raise HTTPException(404, "There is no such file.")
        return kept.name, kept.kind, kept.data


def take_in(portal: House, who: Who, told: Any) -> entries.Taken:
    """Add the entries of a portfolio file, or of a progress file that holds one."""

    def do(session: Session, learner: Learner) -> entries.Taken:
        return entries.take_in(session, learner, told, facts=portal.curriculum.facts, at=now())

    return write(portal, who, do)


def portfolio_in(whole: Any) -> Any:
    """The portfolio of a file; raise a 422 for a file that is none of ours."""
    known = (portfolios.FORMAT, "groundwork-progress")
    if not isinstance(whole, dict) or whole.get("format") not in known:
        message = "This is not a portfolio or progress file of Groundwork."
        raise HTTPException(422, [{"loc": ["body", "format"], "msg": message}])
    try:
        check_kept(whole)
    except ValueError as error:
        message = f"This file cannot be taken in: {error}."
        raise HTTPException(422, [{"loc": ["body"], "msg": message}]) from error
    return whole.get("portfolio")


@router.get("")
def get_portfolio(portal: AHouse, who: AWho) -> dict[str, Any]:
    """The whole portfolio with what it adds up to and what is asked."""
    portfolio = read(portal, who)
    facts = portal.curriculum.facts
    told_gap = portfolios.gap(portfolio, facts.endorsement, today=now().date())
    return {
        "name": portfolio.name,
        "plan": asdict(portfolio.plan),
        "trainings": [asdict(one) for one in portfolio.trainings],
        "supervision": [asdict(one) for one in portfolio.supervision],
        "parts": [asdict(one) for one in portfolio.parts],
        "totals": asdict(portfolios.totals(portfolio)),
        "areas": [asdict(one) for one in portfolios.by_area(portfolio, facts) if one.minutes],
        "gap": told_gap and asdict(told_gap),
        "copy": portfolios.copy_lines(portfolio, facts),
        "decides": "Your association decides.",
    }


@router.put("/plan")
def put_plan(sent: PlanIn, portal: AHouse, who: AWho) -> Saved:
    """Choose the association, the category and the days."""
    version = save_plan(portal, who, _without(sent, entries.PlanEntry), version=sent.version)
    return Saved(id="plan", version=version)


def save_plan(portal: House, who: Who, entry: entries.PlanEntry, *, version: int) -> int:
    """Write which Endorsement somebody works toward; return the version it has now."""

    def do(session: Session, learner: Learner) -> int:
        row = entries.save_plan(
            session, learner, entry, version=version, facts=portal.curriculum.facts, at=now()
        )
        return row.version

    return write(portal, who, do)


E = TypeVar("E", bound=BaseModel)


def _without(sent: BaseModel, model: type[E]) -> E:
    """What was sent without its id and version; it was checked already."""
    return model.model_construct(**{name: getattr(sent, name) for name in model.model_fields})


def _routes(name: str, model: type[BaseModel]) -> None:
    """The three ways to write in one list: add, change, remove."""
    written = entries.TABLES[name][0]

    def post(sent: Any, response: Response, portal: AHouse, who: AWho) -> Saved:
        entry = _without(sent, written)
        saved, new = save(
            portal, who, name, entry, entry_id=sent.id or entries.new_id(), version=sent.version
        )
        response.status_code = 201 if new else 200
        return saved

    def put(entry_id: str, sent: Any, portal: AHouse, who: AWho) -> Saved:
        entry = _without(sent, written)
        return save(portal, who, name, entry, entry_id=entry_id, version=sent.version)[0]

    def delete(entry_id: str, version: Version, portal: AHouse, who: AWho) -> None:
        remove(portal, who, name, entry_id, version=version)

    for function in (post, put):
        function.__annotations__["sent"] = model
    word = entries.TABLES[name][2]
    router.post(f"/{name}", status_code=201, name=f"post_{name}", summary=f"Add a {word}.")(post)
    router.put(f"/{name}/{{entry_id}}", name=f"put_{name}", summary=f"Change a {word}.")(put)
    router.delete(
        f"/{name}/{{entry_id}}", status_code=204, name=f"delete_{name}", summary=f"Remove a {word}."
    )(delete)


_routes("trainings", TrainingIn)
_routes("supervision", SupervisionIn)
_routes("parts", PartIn)


@router.post("/bring")
def post_bring(sent: dict[str, Any], portal: AHouse, who: AWho) -> TakenOut:
    """Take in the entries of a portfolio or progress file; what is here stays as it is."""
    taken = take_in(portal, who, portfolio_in(sent))
    return TakenOut(added=taken.added, known=taken.known, refused=list(taken.refused))


@files.post("/trainings/{entry_id}/file", status_code=201)
def post_file(entry_id: str, file: UploadFile, portal: AHouse, who: AWho) -> dict[str, Any]:
    """Keep a PDF, JPG or PNG of at most 5 MB with a training, in place of the one before."""
    proof = entries.read_proof(file.filename or "", file.file.read())
    keep_file(portal, who, entry_id, proof)
    return {"name": proof.name, "kind": entries.KINDS[proof.ending], "size": len(proof.data)}


@files.delete("/trainings/{entry_id}/file", status_code=204)
def delete_file(entry_id: str, portal: AHouse, who: AWho) -> None:
    """Forget the file of a training."""
    drop_file(portal, who, entry_id)


@files.get("/trainings/{entry_id}/file")
def get_file(entry_id: str, portal: AHouse, who: AWho) -> Response:
    """The file of a training, as it was given."""
    name, kind, data = file_of(portal, who, entry_id)
    return download(data, name=name, kind=kind)


def download(data: bytes, *, name: str, kind: str) -> Response:
    """An answer that is saved and not shown, and that nobody keeps on the way."""
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "Cache-Control": "private, no-store",
        "X-Robots-Tag": "noindex",
    }
    return Response(data, media_type=kind, headers=headers)


def issued_files(session: Session, learner: Learner) -> list[tuple[str, str, bytes]]:
    """The id, title and certificate of each record that a portfolio counts."""
    counted = {
        one.id for one in read_portfolio(session, learner).trainings if one.origin == "groundwork"
    }
    rows = session.execute(
        select(Record.id, Record.title, Record.pdf)
        .where(Record.id.in_(counted))
        .order_by(Record.completed)
    )
    return [(record_id, title, pdf) for record_id, title, pdf in rows]
