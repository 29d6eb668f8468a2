"""Serving the preview on this computer, under the portal's own door and policy."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from fastapi import FastAPI, HTTPException, Response
from fastapi.responses import JSONResponse
from starlette.middleware import Middleware

from ..portal.bookfiles import Book
from ..portal.security import Door, Names
from ..portal.serving import address_of, listen, server_of
from ..settings import Settings
from . import Preview, quiz_files

HOST = "127.0.0.1"
HERE = Path(__file__).parent
SHELVES = {
    "preview": Book(HERE),
    "gw": Book(HERE.parent / "widgets"),
    "theme": Book(HERE.parent / "theme" / "static"),
}
"""What the page loads, by the first part of its address."""
LOADED = frozenset((".js", ".css", ".svg", ".woff2"))


def create_app(preview: Preview) -> FastAPI:
    """Make the preview: one page, its files, and the state that it asks for."""
    app = FastAPI(
        openapi_url=None,
        redirect_slashes=False,
        middleware=[Middleware(Door, names=Names(HOST), prefix="/")],
    )

    @app.get("/")
    def page() -> Response:
        return Response((HERE / "page.html").read_bytes(), media_type="text/html")

    @app.get("/state")
    def state(seen: str = "") -> Response:
        if seen == preview.stamp():
            return Response(status_code=204)
        return JSONResponse(preview.state())

    @app.get("/{shelf}/{address:path}")
    def file(shelf: str, address: str) -> Response:
        book = SHELVES.get(shelf)
        path = book.find(address) if book else None
        if not book or not path or path.suffix not in LOADED:
            raise HTTPException(404, "There is nothing here.")
        found = book.read(path)
        return Response(found.data, media_type=found.kind)

    return app


def serve(settings: Settings, quiz: str, *, port: int) -> None:
    """Show a quiz file, or all files of a module, until stopped."""
    preview = Preview(settings, quiz_files(quiz, settings))
    with listen(HOST, port) as listening:
        print(address_of(HOST, listening.getsockname()[1], "/"), flush=True)
        with suppress(KeyboardInterrupt):
            server_of(create_app(preview)).run(sockets=[listening])
