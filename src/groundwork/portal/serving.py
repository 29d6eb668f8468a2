"""Serving the portal on this machine, until somebody stops it."""

from __future__ import annotations

import errno
import logging
import multiprocessing
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING, Any

from ..errors import SettingsError
from ..keeping import in_use
from ..settings import Settings
from .hub import Hub
from .security import EVERYWHERE, LOOPBACK, clean_prefix

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

SHUTDOWN_SECONDS = 5
KEPT_SECONDS = 75
"""A connection without requests is kept this long: longer than the minute for which proxies keep
theirs, so that none sends a request into one that is just being closed here."""
TURN_SECONDS = 0.0001
STUCK_SECONDS = 30
"""How long a worker may say nothing, on a busy machine also while it starts, until it is ended."""
WAITING = 256
HIGHEST_PORT = 65_535

REASONS = {
    errno.EADDRINUSE: "is already in use; stop what uses it or choose another with --port (PORT=)",
    errno.EACCES: "may not be used by you; choose one above 1024 with --port (PORT=)",
    errno.EADDRNOTAVAIL: "is not on an address of this machine; choose another with --host (HOST=)",
}


def serve(
    settings: Settings,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    prefix: str = "/",
    workers: int = 1,
    hub: Hub | None = None,
) -> None:
    """Serve until stopped; raise `SettingsError` when the folder or the port cannot be used.

    Several workers share one port and one log. What a process counts for itself, like how often
    somebody asks, each of them counts.
    """
    prefix = clean_prefix(prefix)
    settings.make_data()
    with in_use(settings.data), listen(host, port) as listening:
        _run(settings, listening, host=host, prefix=prefix, workers=workers, hub=hub)


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
    """The web server around a portal."""
    import uvicorn

    return uvicorn.Server(_config(app))


def _config(app: FastAPI | Callable[[], FastAPI], *, workers: int = 1) -> uvicorn.Config:
    """How the web server is: quiet, trusting no forwarded headers, naming nobody."""
    import uvicorn

    return uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        lifespan="on",
        ws="none",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        timeout_keep_alive=KEPT_SECONDS,
        timeout_worker_healthcheck=STUCK_SECONDS,
        factory=workers > 1,
        workers=workers,
    )


def _serve_together(made: Callable[[], FastAPI], listening: socket.socket, *, workers: int) -> None:
    """Serve from several processes; one that dies is started again."""
    from uvicorn.supervisors import Multiprocess

    class Workers(Multiprocess):
        def keep_subprocess_alive(self) -> None:
            for process in self.processes:
                # The worker's end of the pipe, of which the worker has its own: while it is open
                # here too, one that dies when it is asked how it is would be waited for.
                process.child_conn.close()
            super().keep_subprocess_alive()

    config = _config(made, workers=workers)
    with suppress(KeyboardInterrupt):
        Workers(config, sockets=[listening]).run()


def worker(settings: Settings, *, prefix: str, host: str, hub: Hub | None) -> FastAPI:
    """Make the portal of one of several processes."""
    from .app import create_app

    _log_to_terminal()
    # The gradebook is written in a thread; a request that waits for its turn waits this long.
    sys.setswitchinterval(TURN_SECONDS)
    starter = multiprocessing.parent_process()
    if starter is not None:
        Thread(target=_follow, args=[starter], name="parent", daemon=True).start()
    return create_app(settings, prefix=prefix, host=host, hub=hub)


def _follow(starter: Any) -> None:
    """End when the process that started this one is gone, and give the port back.

    One that was killed tells nobody; whoever starts the portal again then needs the port.
    """
    starter.join()
    os.kill(os.getpid(), signal.SIGTERM)


def _log_to_terminal() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)


def _run(
    settings: Settings,
    listening: socket.socket,
    *,
    host: str,
    prefix: str,
    workers: int,
    hub: Hub | None,
) -> None:
    _log_to_terminal()
    made = partial(worker, settings, prefix=prefix, host=host, hub=hub)
    # What is wrong with the content or the database is said here, once, before anybody waits.
    app = made()
    if host not in LOOPBACK and hub is None:
        print(
            "There are no accounts here: everybody who reaches this address shares one progress "
            "(make cohort starts a portal with accounts).",
            file=sys.stderr,
        )
    if hub is None:  # behind a Hub nobody opens this address: its proxy does
        print(address_of(host, listening.getsockname()[1], prefix), flush=True)
    if workers > 1:
        app.state.house.database.close()
        _serve_together(made, listening, workers=workers)
        return
    with suppress(KeyboardInterrupt):
        server_of(app).run(sockets=[listening])
