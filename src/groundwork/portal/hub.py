"""The Hub, as its service sees it: where it is, and who a browser or program belongs to."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ..errors import GroundworkError, SettingsError

CACHE_SECONDS = 60
"""How long the Hub's word about a token is believed without asking again."""
LONGEST_TOKEN = 200


class HubError(GroundworkError):
    """The Hub cannot be reached, or does not answer as it should."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """The Hub that this portal is a service of, as its environment tells."""

    api_url: str
    api_token: str = field(repr=False)
    client_id: str
    prefix: str
    base_url: str = "/"
    host: str = ""
    callback: str = ""
    scopes: frozenset[str] = frozenset()
    public_url: str | None = None
    proxies: int = 1
    names_are_emails: bool = False
    makes_accounts: bool = True
    """Whether people can ask the Hub for an account, or only come with one of somewhere else."""

    @property
    def home(self) -> str:
        """Where the Hub's own pages begin."""
        return f"{self.host}{self.base_url}hub/"


def read_hub(environ: Mapping[str, str]) -> Hub | None:
    """Read where the Hub is; None when this portal is nobody's service.

    A terminal in somebody's JupyterLab knows of the Hub as well, but is no service of it.
    """
    name = environ.get("JUPYTERHUB_SERVICE_NAME")
    if not name:
        return None
    missing = [
        one for one in ("JUPYTERHUB_API_TOKEN", "JUPYTERHUB_API_URL") if not environ.get(one)
    ]
    if missing:
        raise SettingsError(f"A service of the Hub needs {' and '.join(missing)}.")
    base = environ.get("JUPYTERHUB_BASE_URL") or "/"
    prefix = environ.get("JUPYTERHUB_SERVICE_PREFIX") or f"{base}services/{name}/"
    scopes = environ.get("JUPYTERHUB_OAUTH_ACCESS_SCOPES")
    return Hub(
        api_url=environ["JUPYTERHUB_API_URL"],
        api_token=environ["JUPYTERHUB_API_TOKEN"],
        client_id=environ.get("JUPYTERHUB_CLIENT_ID") or f"service-{name}",
        prefix=prefix,
        base_url=base,
        host=environ.get("JUPYTERHUB_HOST") or "",
        callback=environ.get("JUPYTERHUB_OAUTH_CALLBACK_URL") or f"{prefix}oauth_callback",
        scopes=frozenset(json.loads(scopes) if scopes else [f"access:services!service={name}"]),
        public_url=environ.get("JUPYTERHUB_PUBLIC_URL") or None,
        proxies=_proxies(environ.get("GROUNDWORK_PROXIES") or "1"),
        names_are_emails=environ.get("GROUNDWORK_NAMES_ARE_EMAILS") == "1",
        makes_accounts=environ.get("GROUNDWORK_SIGN_UP") != "closed",
    )


def _proxies(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 9:
        raise SettingsError(
            f"GROUNDWORK_PROXIES is the number of proxies before the portal, not {text!r}."
        )
    return int(text)


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody whom the Hub knows.

    `shown` is false when a browser's cookie is all that speaks for the request: then it may
    have been asked by a script of another page of the same origin, and nothing of theirs is told.
    """

    name: str
    admin: bool
    groups: frozenset[str]
    token: str = field(repr=False)
    shown: bool


class HubSession:
    """Signing in with the Hub's OAuth, and asking it whose a token is."""

    def __init__(self, hub: Hub) -> None:
        try:
            from jupyterhub.services.auth import HubOAuth  # type: ignore[import-untyped]
        except ImportError as error:
            raise SettingsError(
                "Accounts need JupyterHub; install Groundwork with its cohort extra (make cohort)."
            ) from error
        self.hub = hub
        self._oauth = HubOAuth(
            api_url=hub.api_url,
            api_token=hub.api_token,
            oauth_client_id=hub.client_id,
            base_url=hub.prefix,
            hub_host=hub.host,
            hub_prefix=f"{hub.base_url}hub/",
            oauth_redirect_uri=hub.callback,
            access_scopes=set(hub.scopes),
            cache_max_age=CACHE_SECONDS,
        )
        self._secret = hashlib.sha256(b"groundwork portal " + hub.api_token.encode()).digest()

    @property
    def login_url(self) -> str:
        """Where a browser is sent to sign in; the state is still to be added."""
        return str(self._oauth.login_url)

    def seal(self, text: str, *, purpose: str) -> str:
        """A text that this portal, and nobody else, has written for a purpose."""
        return f"{text}.{self.mark(text, purpose=purpose)}"

    def unseal(self, sealed: str | None, *, purpose: str) -> str | None:
        """The text of a sealed one; None for whatever this portal did not write."""
        text, _, mark = (sealed or "").rpartition(".")
        right = self.mark(text, purpose=purpose)
        return text if text and hmac.compare_digest(mark.encode(), right.encode()) else None

    def mark(self, text: str, *, purpose: str) -> str:
        """A mark that only this portal can make; one for a purpose is none for another."""
        message = f"{purpose}\0{text}".encode("utf-8", "replace")
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()

    async def token_for(self, code: str) -> str:
        """The token that a finished sign-in is worth."""
        token = await self._asked(self._oauth.token_for_code(code, sync=False))
        return str(token)

    async def model_of(self, token: str, *, session_id: str) -> dict[str, Any] | None:
        """Whom a token stands for, if it may use this portal and its session still runs."""
        if not token or len(token) > LONGEST_TOKEN or not token.isascii():
            return None
        model = await self._asked(
            self._oauth.user_for_token(token, session_id=session_id, sync=False)
        )
        if not model or model.get("kind") != "user":
            return None
        if not self._oauth.check_scopes(self._oauth.access_scopes, model):
            return None
        of_session = model.get("session_id")
        if of_session and of_session != session_id:
            return None
        found: dict[str, Any] = model
        return found

    @staticmethod
    async def _asked(answer: Any) -> Any:
        from tornado.web import HTTPError

        try:
            return await answer
        except (HTTPError, OSError, ValueError, KeyError) as error:
            raise HubError(f"The Hub did not answer: {error}") from error

    def is_https(self, forwarded: str | None) -> bool:
        """Whether browsers reach this portal over TLS, so that cookies must be kept to it."""
        if self.hub.public_url:
            return urlsplit(self.hub.public_url).scheme == "https"
        return (forwarded or "").partition(",")[0].strip().lower() == "https"
