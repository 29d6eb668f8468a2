"""Serving the portal on this machine, until somebody stops it."""

from __future__ import annotations

import errno
import logging
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from ..errors import SettingsError
from ..settings import Settings
from .security import EVERYWHERE, LOOPBACK, clean_prefix

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

SHUTDOWN_SECONDS = 5
WAITING = 256
HIGHEST_PORT = 65_535

REASONS = {
    errno.EADDRINUSE: "is already in use; stop what uses it or choose another with --port (PORT=)",
    errno.EACCES: "may not be used by you; choose one above 1024 with --port (PORT=)",
    errno.EADDRNOTAVAIL: "is not on an address of this machine; choose another with --host (HOST=)",
}


def serve(
    settings: Settings, *, host: str = "127.0.0.1", port: int = 8000, prefix: str = "/"
) -> None:
    """Serve until stopped; raise `SettingsError` when the folder or the port cannot be used."""
    prefix = clean_prefix(prefix)
    settings.make_data()
    with listen(host, port) as listening:
        _run(settings, listening, host=host, prefix=prefix)


def listen(host: str, port: int) -> socket.socket:
    """Take a port, so that nobody hears of an address that does not work."""
    if not 0 <= port <= HIGHEST_PORT:
        raise SettingsError(f"Port {port} is none; choose one from 0 to {HIGHEST_PORT}.")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise SettingsError(f"{host}:{port} is no address that can be listened on.") from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(WAITING)
    except OSError as error:
        listening.close()
        reason = REASONS.get(error.errno or 0, f"cannot be used ({error.strerror})")
        raise SettingsError(f"Port {port} on {host} {reason}.") from error
    return listening


def address_of(host: str, port: int, prefix: str) -> str:
    """The address to open in a browser."""
    name = "127.0.0.1" if host in EVERYWHERE else f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}{prefix}"


def server_of(app: FastAPI) -> uvicorn.Server:
    """The web server around a portal: quiet, trusting no forwarded headers, naming nobody."""
    import uvicorn

    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        lifespan="on",
        ws="none",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    return uvicorn.Server(config)


def _run(settings: Settings, listening: socket.socket, *, host: str, prefix: str) -> None:
    from .app import create_app

    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    app = create_app(settings, prefix=prefix, host=host)
    if host not in LOOPBACK:
        print(
            "There are no accounts yet: everybody who reaches this address shares one progress.",
            file=sys.stderr,
        )
    print(address_of(host, listening.getsockname()[1], prefix), flush=True)
    with suppress(KeyboardInterrupt):
        server_of(app).run(sockets=[listening])
