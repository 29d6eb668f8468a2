"""The application: its routes, its door, and what it says when something does not fit."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.middleware import Middleware

from .. import __doc__ as about
from ..curriculum import Curriculum, load_curriculum
from ..errors import (
    AnswerError,
    ConflictError,
    GroundworkError,
    KeysMissingError,
    NotEarnedError,
)
from ..log import open_database
from ..settings import Settings
from . import accounts, api, mine, pages, portfolio_api, portfolio_pages, teach, teach_work
from .accounts import SignedOutError, sign_in_url
from .bookfiles import Book
from .gradebook_copy import GradebookCopy
from .groups import GroupsCopy
from .house import House
from .hub import Hub, HubError, HubSession
from .languages import Speaker, Tongues
from .security import Door, Names, clean_prefix
from .statuskeeper import StatusKeeper
from .templating import page

log = logging.getLogger(__name__)

BUSY = "The log of this portal cannot be written just now; nothing was half saved. Try again soon."
NO_HUB = "Who you are cannot be checked just now; nothing was changed. Try again soon."
NO_KEYS = "The questions of this quiz are not on this machine, so it cannot be given here."


def create_app(
    settings: Settings,
    curriculum: Curriculum | None = None,
    *,
    prefix: str = "/",
    host: str = "127.0.0.1",
    hub: Hub | None = None,
) -> FastAPI:
    """Make the portal; `host` is where it listens, `prefix` the path it lives under.

    With a `hub` it is that Hub's service and has accounts; without one, one local learner.
    """
    prefix = clean_prefix(prefix)
    settings.make_data()
    curriculum = curriculum or load_curriculum(settings)
    database = open_database(settings.database_url)
    portal = House(
        settings=settings,
        curriculum=curriculum,
        database=database,
        book=Book(settings.book),
        gradebook=GradebookCopy(settings, curriculum, database),
        tongues=Tongues(curriculum),
        prefix=prefix,
        hub=HubSession(hub) if hub else None,
        groups=GroupsCopy(hub, database) if hub else None,
    )

    keeper = StatusKeeper(settings, database) if settings.public_url and settings.issuer else None

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        portal.gradebook.start(loaded=portal.hub is not None)
        if keeper:
            keeper.start()
        if portal.groups:
            portal.groups.start()
        yield
        if portal.groups:
            portal.groups.stop()
        if keeper:
            keeper.stop()
        portal.gradebook.stop()
        database.close()

    app = FastAPI(
        title="Groundwork",
        description=about or "",
        docs_url=None,  # the documentation pages load from a CDN
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
        middleware=[
            Middleware(
                Door,
                names=Names(host, settings.public_url or (hub.public_url if hub else None)),
                prefix=prefix,
            ),
            Middleware(Speaker, catalogs=portal.tongues.catalogs, prefix=prefix),
        ],
        exception_handlers=HANDLERS,
    )
    app.state.house = portal
    app.add_api_route("/healthz", healthz, tags=["portal"])
    portfolio = (portfolio_api.router, portfolio_api.files, portfolio_pages.router)
    teaching = (teach_work.router, teach.router, mine.router)
    for router in (
        accounts.router, api.router, api.files, *portfolio, *teaching, pages.router,
    ):  # fmt: skip
        app.include_router(router)
    return app


async def healthz() -> dict[str, str]:
    """Whether the portal is up."""
    return {"status": "ok"}


def refused(request: Request, status: int, sentence: str, **more: Any) -> Response:
    """Say no in one sentence: as a page to a reader, as JSON to a program."""
    portal: House = request.app.state.house
    path = request.url.path.removeprefix(portal.prefix).lstrip("/")
    wants_page = "text/html" in request.headers.get("accept", "")
    if wants_page and not path.startswith("api/"):
        return page(
            portal,
            "problem.html",
            status=status,
            missing_page=status == 404,
            sentence=sentence,
            built=portal.book.built,
        )
    return Plain({"detail": sentence, **more}, status)


async def on_signed_out(request: Request, _: Exception) -> Response:
    """Nobody is signed in: a reader is sent to sign in and come back, a program is told."""
    portal: House = request.app.state.house
    path = request.url.path.removeprefix(portal.prefix)
    reads = request.method == "GET" and "text/html" in request.headers.get("accept", "")
    if reads and not path.startswith("api/"):
        return RedirectResponse(sign_in_url(portal, request), 303)
    answer = refused(request, 401, accounts.SIGN_IN)
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


class Plain(JSONResponse):
    """JSON in ASCII, so that whatever was sent can be quoted back."""

    def render(self, content: Any) -> bytes:
        """Write the body."""
        import json

        return json.dumps(content, separators=(",", ":")).encode("ascii")


async def on_http(request: Request, error: AnyHTTPException) -> Response:
    """A route said no, or there is no route."""
    if isinstance(error.detail, list):
        return Plain({"detail": error.detail}, error.status_code)
    answer = refused(request, error.status_code, error.detail)
    for name, value in (error.headers or {}).items():
        answer.headers[name] = value
    return answer


async def on_unfit(_: Request, error: RequestValidationError) -> Response:
    """What was sent does not fit its model; each detail names the field."""
    details = [{"loc": list(one["loc"]), "msg": one["msg"]} for one in error.errors()]
    return Plain({"detail": details}, 422)


async def on_ours(request: Request, error: GroundworkError) -> Response:
    """One of our own errors, in its own words where they are for a learner."""
    match error:
        case AnswerError():
            loc = ["body", *error.field.split(".")]
            return Plain({"detail": [{"loc": loc, "msg": str(error)}]}, 422)
        case NotEarnedError():
            return refused(request, 409, str(error), missing=list(error.missing))
        case ConflictError():
            return refused(request, 409, str(error))
        case HubError():
            log.warning("%s", error)
            return refused(request, 503, NO_HUB)
        case KeysMissingError():
            log.warning("%s", error)
            return refused(request, 503, NO_KEYS)
    log.warning("%s %s: %s", request.method, request.url.path, error)
    return refused(
        request, 503, "This cannot be done here just now; whoever runs the portal was told why."
    )


async def on_database(request: Request, error: DBAPIError | PoolTimeout) -> Response:
    """The database is locked, full or gone; the transaction was undone."""
    log.warning(
        "%s %s: the database refused: %s", request.method, request.url.path, _first_line(error)
    )
    answer = refused(request, 503, BUSY)
    answer.headers["Retry-After"] = "5"
    return answer


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


HANDLERS: dict[int | type[Exception], Any] = {
    AnyHTTPException: on_http,
    HTTPException: on_http,
    RequestValidationError: on_unfit,
    GroundworkError: on_ours,
    SignedOutError: on_signed_out,
    DBAPIError: on_database,
    PoolTimeout: on_database,
}
