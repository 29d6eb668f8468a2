"""The door: who may ask, how much they may send, and what every answer carries.

A portal without accounts must not be usable by another web page that the same browser
shows, nor under a name that somebody else's DNS points here.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..errors import SettingsError

log = logging.getLogger(__name__)

JSON_LIMIT = 1_000_000
FILE_LIMIT = 5 * 1024 * 1024
MULTIPART_ROOM = 16 * 1024
PROOF_ROOM = 1024 * 1024
"""So that a file a little too large is refused by the form it was sent with, in its words."""
PROOFS = re.compile(r"(/api)?/portfolio/(trainings/|bring$)")
READ_ON = 32 * 1024 * 1024
"""How much of a body that is too large is still read, so that its sender hears why."""

LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))
EVERYWHERE = frozenset(("0.0.0.0", "::", ""))  # noqa: S104  # compared with, never bound
LOOKING = frozenset(("GET", "HEAD", "OPTIONS"))

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: with it browsers send `Origin: null` from our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def clean_prefix(prefix: str) -> str:
    """The path that everything lives under, with a slash at both ends."""
    inner = prefix.strip("/")
    if any(sign in inner for sign in " ?#\\\"'<>%") or ".." in inner:
        raise SettingsError(f"The prefix {prefix!r} is not a plain path like /services/name/.")
    return f"/{inner}/" if inner else "/"


@dataclass(frozen=True, slots=True)
class Names:
    """The names this portal answers to: loopback, where it listens, its public address."""

    host: str
    public_url: str | None = None

    def knows(self, host: str) -> bool:
        """Whether a Host header names this portal.

        A number cannot be rebound by anybody's DNS, so where we listen everywhere, any will do.
        """
        name = _host_name(host)
        if name is None:
            return False
        if name in LOOPBACK or name == self.host.strip("[]").lower() or name in self._public():
            return True
        return self.host in EVERYWHERE and _is_number(name)

    def ours(self, origin: str, *, host: str) -> bool:
        """Whether an Origin header is this portal, as reached under a Host header."""
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        if parts.scheme not in ("http", "https"):
            return False
        if self.public_url and origin.lower() == _origin(self.public_url):
            return True
        return parts.netloc.lower() == host.lower()

    def _public(self) -> Iterator[str]:
        name = urlsplit(self.public_url or "").hostname
        if name:
            yield name


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _host_name(host: str) -> str | None:
    """The name in a Host header, without its port; None where it is not one."""
    try:
        parts = urlsplit(f"//{host}")
        parts.port  # noqa: B018  # raises on a port that is no number
    except ValueError:
        return None
    return parts.hostname if parts.netloc == host and "@" not in host else None


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class Door:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, *, names: Names, prefix: str) -> None:
        self.app = app
        self.names = names
        self.prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        answer = _Answer(send, scope)
        try:
            await self._http(scope, receive, answer)
        except Exception:  # the last resort: whatever broke, say one sentence
            log.exception("%s %s failed", scope["method"], scope["path"])
            if answer.begun:
                raise
            await answer.say(500, "Something broke here. It was noted; nothing was half saved.")

    async def _http(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        if f"{scope['path']}/" == self.prefix:
            await answer.redirect(self.prefix)
            return
        refusal = self._refusal(scope)
        if refusal:
            await answer.say(*refusal)
            return
        body = await _body(scope, receive, limit=self._limit(scope))
        if body is None:
            await answer.say(413, f"More than {self._limit(scope):,} bytes are not taken here.")
            return
        # Whether a proxy cut the prefix off or not, Starlette then finds the same route.
        inside = {**scope, "root_path": self.prefix.rstrip("/")}
        await self.app(inside, _Replay(body, receive), answer)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self.names.knows(hosts[0]):
            return 421, "This portal does not answer to that name."
        if scope["method"] in LOOKING:
            return None
        site = headers.get("sec-fetch-site")
        if site not in (None, "same-origin", "none"):
            return 403, "Another site may not do this in your name."
        origin = headers.get("origin")
        if origin is not None and not self.names.ours(origin, host=hosts[0]):
            return 403, "Another site may not do this in your name."
        return None

    def _limit(self, scope: Scope) -> int:
        path = f"/{scope['path'].removeprefix(self.prefix).lstrip('/')}"
        if path in ("/verify", "/api/verify"):
            return FILE_LIMIT + MULTIPART_ROOM
        if PROOFS.match(path):
            return FILE_LIMIT + PROOF_ROOM
        return JSON_LIMIT


async def _body(scope: Scope, receive: Receive, *, limit: int) -> bytes | None:
    """Read a whole body, counting as it comes; None when it is larger than the limit."""
    kept, seen = bytearray(), 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None  # half a body is none, and nobody is there to hear of it
        piece = message.get("body", b"")
        seen += len(piece)
        if seen <= limit:
            kept += piece
        else:
            kept.clear()
        if not message.get("more_body") or seen > READ_ON:
            return bytes(kept) if seen <= limit else None


class _Replay:
    """Hands a body that was read on to the application, then what comes after it."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self.body: bytes | None = body
        self.receive = receive

    async def __call__(self) -> Message:
        if self.body is None:
            return await self.receive()
        body, self.body = self.body, None
        return {"type": "http.request", "body": body, "more_body": False}


class _Answer:
    """Sends an answer on with the headers that every answer carries."""

    def __init__(self, send: Send, scope: Scope) -> None:
        self.send = send
        self.scope = scope
        self.begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers.setdefault("Cache-Control", "no-store")
        await self.send(message)

    async def say(self, status: int, sentence: str) -> None:
        """Answer with one sentence, in the shape of every refusal."""
        body = json.dumps({"detail": sentence}).encode()
        await self._whole(status, body, {"content-type": "application/json"})

    async def redirect(self, to: str) -> None:
        """Send whoever left the last slash off to where the pages are."""
        await self._whole(308, b"", {"location": to})

    async def _whole(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        headers["content-length"] = str(len(body))
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await self({"type": "http.response.start", "status": status, "headers": raw})
        sent = b"" if self.scope["method"] == "HEAD" else body
        await self({"type": "http.response.body", "body": sent})
