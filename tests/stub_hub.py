"""A Hub that says what a test wants: whose a token is, what a code is worth, which groups."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

from groundwork.portal.hub import Hub

PREFIX = "/services/groundwork/"
ACCESS = "access:services!service=groundwork"
SERVICE_TOKEN = "the-service"  # noqa: S105  # of a Hub that is not one


@dataclass
class StubHub:
    """What the Hub knows; tests change it."""

    address: str = ""
    tokens: dict[str, dict[str, Any]] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    groups: dict[str, set[str]] = field(default_factory=dict)
    users: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    broken: bool = False

    def knows(self, token: str, name: str, **more: Any) -> None:
        """Let a token stand for somebody."""
        self.users.add(name)
        self.tokens[token] = {
            "kind": "user", "name": name, "admin": False, "groups": [], "scopes": [ACCESS],
            "session_id": None, **more,
        }  # fmt: skip

    def hub(self, **changes: Any) -> Hub:
        """The Hub, as its service's environment tells of it."""
        told = {
            "api_url": f"{self.address}/hub/api",
            "api_token": SERVICE_TOKEN,
            "client_id": "service-groundwork",
            "prefix": PREFIX,
            "callback": f"{PREFIX}oauth_callback",
            "scopes": frozenset([ACCESS]),
        }
        return Hub(**told | changes)

    def answer(self, method: str, path: str, token: str, body: bytes) -> tuple[int, Any]:
        """What the Hub's API says."""
        self.asked.append(f"{method} {path}")
        if self.broken:
            return 502, {}
        if path == "/hub/api/user":
            return (200, self.tokens[token]) if token in self.tokens else (403, {})
        if path == "/hub/api/oauth2/token":
            code = parse_qs(body.decode()).get("code", [""])[0]
            found = self.codes.pop(code, None)
            return (200, {"access_token": found}) if found else (400, {"error": "invalid_grant"})
        if path.startswith("/hub/api/groups/") and token == SERVICE_TOKEN:
            return self._group(method, path.split("/")[4:], body)
        return 404, {}

    def _group(self, method: str, path: list[str], body: bytes) -> tuple[int, Any]:
        name = path[0]
        if len(path) == 1 and method == "POST":
            self.groups[name] = set()
        if name not in self.groups:
            return 404, {}
        if len(path) == 2:
            named = set(json.loads(body)["users"])
            if not named <= self.users:
                return 400, {}
            self.groups[name] ^= named
        return 200, {"name": name, "users": sorted(self.groups[name])}


@contextmanager
def stub_hub() -> Iterator[StubHub]:
    """Serve a Hub from a thread."""
    hub = StubHub()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._do()

        def do_POST(self) -> None:
            self._do()

        def do_DELETE(self) -> None:
            self._do()

        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            token = self.headers.get("Authorization", "").partition(" ")[2]
            status, told = hub.answer(self.command, self.path, token, body)
            data = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hub.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, args=[0.02])
        thread.start()
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()
