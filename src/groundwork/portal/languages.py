"""The language of an answer: that of the page it is for.

A page of another language lies below its tag (`es/…`), and what its scripts ask of the API
names the language in `Accept-Language`. Nothing here guesses from where somebody is.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ..curriculum import Curriculum
from ..language import ENGLISH, Catalog, speaking, spoken
from ..translation import offered_languages, translated


class Tongues:
    """The languages that a portal's book has, and the curriculum in each."""

    def __init__(self, curriculum: Curriculum) -> None:
        self.catalogs: Mapping[str, Catalog] = {
            one.tag: one for one in offered_languages(curriculum)
        }
        self._written = curriculum
        self._told = {tag: translated(curriculum, one) for tag, one in self.catalogs.items()}

    def curriculum(self) -> Curriculum:
        """The curriculum in the language that is spoken now."""
        return self._told.get(spoken().tag, self._written)


class Speaker:
    """Sets the language in which one request is answered."""

    def __init__(self, app: ASGIApp, *, catalogs: Mapping[str, Catalog], prefix: str) -> None:
        self.app = app
        self.catalogs = catalogs
        self.prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer in the language of the page."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        with speaking(self._catalog(scope)):
            await self.app(scope, receive, send)

    def _catalog(self, scope: Scope) -> Catalog:
        first, _, rest = scope["path"].removeprefix(self.prefix).lstrip("/").partition("/")
        if first != "api":
            return self.catalogs.get(first, ENGLISH)
        if rest.startswith("records"):
            return ENGLISH  # a record says the same, from whichever page it was asked for
        asked = Headers(scope=scope).get("accept-language", "")
        return self.catalogs.get(asked, ENGLISH)
