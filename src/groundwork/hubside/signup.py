"""Accounts of NativeAuthenticator: who may make one, and who has to wait for approval.

The first administrator comes by a link that is printed where the Hub was started. A learner
comes by the invitation of a cohort. Everybody else waits until an administrator approves.
A name that a roster or the log already knows is never given away by a link: what is kept under
it belongs to somebody, and an administrator has to say that this is them.
"""

from __future__ import annotations

import hmac
import secrets
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from nativeauthenticator import NativeAuthenticator  # type: ignore[import-untyped]
from nativeauthenticator.handlers import SignUpHandler  # type: ignore[import-untyped]
from sqlalchemy import select
from traitlets import Enum, Unicode

from .. import cohorts
from ..errors import ConflictError
from ..log import Database, Learner, Member, open_database

LOCAL = "local"
"""The learner of a portal without accounts; nobody on the Hub may be called so."""
INVITATION: ContextVar[str] = ContextVar("INVITATION", default="")
BY_LINK = "You can sign in now."
WAITS = "Your account waits until an administrator approves it. Tell whoever invited you."
NEEDS_LINK = "Accounts are made here by invitation. Open the link that you were sent."
TAKEN = "That name is taken. Choose another."
DIFFER = "The two passwords are not the same. Type them again."
UNFIT = (
    "Choose a name without spaces, commas or slashes, and a password of at least {length} "
    "characters that is not one of the common ones."
)


class SignUp(SignUpHandler):  # type: ignore[misc]  # not typed upstream
    """The sign-up page, which keeps the invitation it was opened with."""

    def render_template(self, name: str, sync: bool = False, **words: Any) -> Any:
        """Render a page; the form keeps the invitation, and what was typed as a name.

        An awaitable, or with `sync` the page itself, as pages of errors are asked for.
        """
        if name == "signup.html":
            words["invitation"] = self.get_argument("invitation", "")
            words["typed"] = self.get_argument("username", "")
            words["minimum"] = self.authenticator.minimum_password_length
            words["join_url"] = self.authenticator.join_url(words["invitation"])
        return super().render_template(name, sync=sync, **words)

    async def post(self) -> None:
        """Make an account; `create_user` looks at the invitation."""
        INVITATION.set(self.get_body_argument("invitation", ""))
        await super().post()

    def get_result_message(
        self,
        user: Any,
        assume_user_is_human: bool,
        username_already_taken: bool,
        confirmation_matches: bool,
        user_is_admin: bool,
    ) -> tuple[str, str]:
        """Say in one sentence what became of it."""
        if username_already_taken:
            return "alert-danger", TAKEN
        if not confirmation_matches:
            return "alert-danger", DIFFER
        if user is not None:
            good = bool(user.is_authorized)
            return ("alert-success", BY_LINK) if good else ("alert-info", WAITS)
        name = self.authenticator.normalize_username(self.get_body_argument("username", ""))
        if not self.authenticator.may_sign_up(name, INVITATION.get()):
            return "alert-danger", NEEDS_LINK
        return "alert-danger", UNFIT.format(length=self.authenticator.minimum_password_length)


class Authenticator(NativeAuthenticator):  # type: ignore[misc]  # not typed upstream
    """NativeAuthenticator with invitations."""

    sign_up = Enum(
        ["approval", "invitation", "open", "closed"],
        "approval",
        help=(
            "Who may make an account: anybody, who then waits for approval unless invited "
            "(approval); only who was invited (invitation); anybody at once (open); nobody "
            "(closed)."
        ),
    ).tag(config=True)
    log_url = Unicode(help="The database of the portal's log.").tag(config=True)
    first_admin_file = Unicode(
        help="The file of the one link by which the first administrator makes an account."
    ).tag(config=True)

    portal_path = Unicode("/services/groundwork/", help="Where the portal lies.").tag(config=True)

    _database: Database | None = None

    @property
    def database(self) -> Database:
        """The portal's log, where invitations are."""
        if self._database is None:
            self._database = open_database(self.log_url)
        return self._database

    def get_handlers(self, app: Any) -> list[tuple[str, Any]]:
        """NativeAuthenticator's pages, with our sign-up."""
        theirs = super().get_handlers(app)
        return [(path, SignUp if path == r"/signup" else handler) for path, handler in theirs]

    def join_url(self, invitation: str) -> str:
        """Where to go on after a sign-up: to the cohort of the invitation, else to the portal."""
        sign_in = f"{self.portal_path}sign-in"
        if not self._is_invited(invitation):
            return sign_in
        page = f"{self.portal_path}join/{quote(invitation, safe='')}"
        return f"{sign_in}?{urlencode({'next': page})}"

    def validate_username(self, username: str) -> bool:
        """Refuse the name under which a portal without accounts keeps its one learner."""
        return username != LOCAL and bool(super().validate_username(username))

    def create_user(self, username: str, password: str, **more: Any) -> Any:
        """Make an account if this sign-up may, approved when an invitation or rule says so."""
        name = self.normalize_username(username)
        invitation = INVITATION.get()
        if not self.may_sign_up(name, invitation):
            return None
        made = super().create_user(username, password, **more)
        if made is None:
            return None
        made.is_authorized = self.is_approved(name, invitation)
        self.db.commit()
        if name in self.admin_users:
            use_first_admin(Path(self.first_admin_file))
        return made

    def may_sign_up(self, name: str, invitation: str) -> bool:
        """Whether a sign-up is taken at all."""
        if name in self.admin_users:
            return self._is_first_admin(invitation)
        if self.sign_up == "invitation":
            return self._is_invited(invitation)
        return bool(self.sign_up != "closed")

    def is_approved(self, name: str, invitation: str) -> bool:
        """Whether a new account may be used at once."""
        if name in self.admin_users:
            return self._is_first_admin(invitation)
        if self._belongs_to_somebody(name):
            return False
        return self.sign_up == "open" or self._is_invited(invitation)

    def _is_first_admin(self, given: str) -> bool:
        right = read_first_admin(Path(self.first_admin_file))
        return bool(right) and hmac.compare_digest(given.encode(), right.encode())

    def _is_invited(self, token: str) -> bool:
        with self.database.read() as session:
            try:
                cohorts.invited_to(session, token, at=datetime.now(UTC))
            except ConflictError:
                return False
        return True

    def _belongs_to_somebody(self, name: str) -> bool:
        with self.database.read() as session:
            member = session.scalar(select(Member.id).where(Member.key == name).limit(1))
            learner = session.scalar(select(Learner.id).where(Learner.key == name))
        return member is not None or learner is not None


def read_first_admin(path: Path) -> str:
    """The secret of the first administrator's link; empty once it was used."""
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""


def make_first_admin(path: Path) -> str:
    """The secret of the first administrator's link, made when there was none; owner-only.

    Empty once the link was used: then there is an administrator, who makes others.
    """
    found = read_first_admin(path)
    if not found and not _used(path).exists():
        found = secrets.token_urlsafe(24)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_text(found, encoding="ascii")
    return found


def use_first_admin(path: Path) -> None:
    """Make the first administrator's link useless."""
    path.unlink(missing_ok=True)
    _used(path).touch(mode=0o600)


def _used(path: Path) -> Path:
    return path.with_name(f"{path.name}-is-there")
