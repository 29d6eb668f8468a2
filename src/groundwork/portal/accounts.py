"""Accounts: who is asking, what they may do, and how they sign in and out.

Without a Hub there is one local learner and nothing to sign in to. As a service of a Hub the
portal takes the Hub's word for who somebody is, and its own log for what they are in a cohort.

**Why a token beside the cookie.** Behind a Hub the servers of other people share this origin,
unless the Hub gives each a subdomain. `Origin`, `Sec-Fetch-Site` and `SameSite` then cannot
tell their pages from ours. So a cookie alone opens pages that somebody goes to, and nothing
else: whatever a script asks, and whatever changes anything, must also show a token made from
the sign-in (`X-CSRF-Token`, or the field `csrf` of a form). The token lies in a cookie whose
path is this portal, where only scripts of its own pages read it. It is not kept anywhere.
"""

from __future__ import annotations

import hmac
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote, unquote, urlencode

from fastapi import APIRouter, Depends, Header, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from .. import cohorts
from ..cohorts import CourseOf, Role
from ..errors import AnswerError
from ..log import store
from ..settings import SELF_STUDY
from .house import LOCAL, House, Who, house, house_of, now
from .hub import Account, HubSession
from .limits import Limit
from .templating import page

log = logging.getLogger(__name__)

COOKIE = "groundwork-account"
CSRF_COOKIE = "groundwork-csrf"
STATE_COOKIE = "groundwork-state-"
SESSION_COOKIE = "jupyterhub-session-id"
HEADER = "X-CSRF-Token"
STATE_SECONDS = 600
MOST_STATES = 5
LOOKING = ("GET", "HEAD")
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
LOGIN, STATE, CSRF = "login", "state", "csrf"

NOT_OURS = "This did not come from a page of this portal. Load the page again and retry."
SIGN_IN = "Sign in first."
OFTEN = "That was a little too often. Wait {seconds} seconds and try again."
NO_ACCOUNTS = "There are no accounts here. Start a cohort with make cohort."

AHouse = Annotated[House, Depends(house)]
router = APIRouter(include_in_schema=False)


class SignedOutError(Exception):
    """A page or call needs somebody who has signed in, and nobody has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A course that somebody may learn in: theirs, or one that is open to them."""

    course: str
    name: str
    open: bool
    joined: bool
    archived: bool


# --- who is asking ---------------------------------------------------------------------------


async def account(request: Request, portal: AHouse) -> Account | None:
    """Whoever the Hub says is asking; None for nobody, and where there are no accounts."""
    if portal.hub is None:
        return None
    if not hasattr(request.state, "account"):
        request.state.account = await _find_account(request, portal.hub)
    found: Account | None = request.state.account
    return found


AnAccount = Annotated[Account | None, Depends(account)]


async def _find_account(request: Request, hub: HubSession) -> Account | None:
    session_id = request.cookies.get(SESSION_COOKIE, "")
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    if kind.lower() in ("token", "bearer"):
        return await _known(hub, given.strip(), session_id="", shown=True)
    token = hub.unseal(request.cookies.get(COOKIE), purpose=LOGIN)
    if token is None:
        return None
    return await _known(hub, token, session_id=session_id, shown=await _shown(request, hub, token))


async def _known(hub: HubSession, token: str, *, session_id: str, shown: bool) -> Account | None:
    model = await hub.model_of(token, session_id=session_id)
    if model is None or model["name"] == LOCAL:
        return None
    return Account(
        name=model["name"],
        admin=bool(model.get("admin")),
        groups=frozenset(model.get("groups") or ()),
        token=token,
        shown=shown,
    )


async def _shown(request: Request, hub: HubSession, token: str) -> bool:
    """Whether a request that a cookie came with was meant by the person whose cookie it is."""
    right = hub.mark(token, purpose=CSRF)
    given = request.headers.get(HEADER)
    if given is None and _has_form(request):
        # Starlette keeps what was read, so that the route reads it again.
        field = (await request.form()).get("csrf")
        given = field if isinstance(field, str) else None
    if given is not None:
        return hmac.compare_digest(given.encode(), right.encode())
    return request.method in LOOKING and not _is_api(request) and _navigates(request)


def _has_form(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return request.method not in LOOKING and kind in FORMS


def _navigates(request: Request) -> bool:
    """Whether a person goes to a page; a browser too old to say so is believed."""
    return request.headers.get("sec-fetch-mode", "navigate") == "navigate"


def _is_api(request: Request) -> bool:
    portal = house_of(request)
    return request.url.path.removeprefix(portal.prefix).startswith("api/")


def who_of(portal: House, found: Account | None) -> Who | None:
    """An account as a learner in a course; without accounts, the one local learner."""
    if portal.hub is None:
        return Who(key=LOCAL, course=SELF_STUDY)
    if found is None:
        return None
    with portal.database.read() as session:
        own = cohorts.courses_of(session, found.name)
        found_places = _places(session, found.name, own)
        course = _chosen(session, found.name, found_places)
    teaches = any(one.role is not Role.LEARNER for one in own)
    return Who(
        key=found.name,
        course=course,
        admin=found.admin,
        groups=found.groups,
        csrf=portal.hub.mark(found.token, purpose=CSRF) if found.shown else None,
        shown=found.shown,
        several=len(found_places) > 1,
        teaches=found.admin or teaches,
    )


async def visitor(portal: AHouse, found: AnAccount) -> Who | None:
    """Who is asking, where anybody may; None for somebody who has not signed in.

    Whoever is not `shown` may be told apart, but nothing of theirs may be told.
    """
    if found is None:  # nothing to look up, so no thread to wait for
        return who_of(portal, found)
    return await run_in_threadpool(who_of, portal, found)


AVisitor = Annotated[Who | None, Depends(visitor)]


async def learner(who: AVisitor) -> Who:
    """Whoever is signed in: a page sends others to sign in, a call says 401."""
    if who is None:
        raise SignedOutError
    if not who.shown:
        raise HTTPException(403, NOT_OURS)
    return who


AWho = Annotated[Who, Depends(learner)]


async def same_learner(
    portal: AHouse,
    who: AVisitor,
    x_groundwork_learner: Annotated[str | None, Header()] = None,
) -> None:
    """Refuse what one learner's page sends while somebody else is signed in.

    A page may have been open, or kept on a device, since before that.
    """
    if x_groundwork_learner is None or who is None:
        return
    if x_groundwork_learner != portal.opaque_id(who):
        raise HTTPException(412, "Somebody else is signed in here now.")


async def admin(portal: AHouse, who: AWho) -> Who:
    """An administrator of the Hub."""
    if portal.hub is None:
        raise HTTPException(403, NO_ACCOUNTS)
    if not who.admin:
        raise HTTPException(403, "This is for administrators.")
    return who


def staff(*roles: Role, or_admin: bool = False) -> Callable[..., Who]:
    """A dependency: only people of some roles in the course that the address names.

    To whoever is not in the course it does not exist. Use it on paths with `{course}`.
    """

    def of_course(course: str, portal: AHouse, who: AWho) -> Who:
        if portal.hub is None:
            raise HTTPException(403, NO_ACCOUNTS)
        if or_admin and who.admin:
            return who
        with portal.database.read() as session:
            role = cohorts.role_in(session, who.key, course)
        if role is None:
            raise HTTPException(404, "There is no such cohort.")
        if role not in roles:
            raise HTTPException(403, "Your role in this cohort does not include this.")
        return who

    return of_course


# --- which course ----------------------------------------------------------------------------


def places(session: Session, key: str) -> list[Place]:
    """The courses somebody may learn in, the first of which is theirs unless they chose.

    Who teaches or coordinates a cohort does not learn in it: what they try out is kept in
    self-study, so that no board and no gradebook of a cohort counts it.
    """
    return _places(session, key, cohorts.courses_of(session, key))


def _places(session: Session, key: str, of_person: list[CourseOf]) -> list[Place]:
    own = [_place(one, joined=True) for one in of_person if one.role is Role.LEARNER]
    known = {one.course for one in of_person}
    others = [
        Place(course=one.course, name=one.name, open=True, joined=False, archived=False)
        for one in cohorts.open_courses(session)
        if one.course not in known
    ]
    alone = store.enrolment_of(session, key, SELF_STUDY) is not None
    if alone or not (own or others):
        others.append(
            Place(course=SELF_STUDY, name="On my own", open=True, joined=alone, archived=False)
        )
    return own + others


def _place(one: CourseOf, *, joined: bool) -> Place:
    return Place(
        course=one.course, name=one.name, open=one.open, joined=joined, archived=one.archived
    )


def _chosen(session: Session, key: str, found: list[Place]) -> str:
    """The course somebody learns in now: the one they chose last, else the first there is."""
    chosen = store.chosen_course(session, key)
    return chosen if chosen in {place.course for place in found} else found[0].course


def check_choice(session: Session, key: str, course: str) -> None:
    """Refuse a course that somebody may not learn in."""
    if course not in {place.course for place in places(session, key)}:
        raise AnswerError("you are not in a course of that name", field="course")


# --- signing in and out ----------------------------------------------------------------------


@router.get("/sign-in")
def sign_in(request: Request, portal: AHouse, next: str = "") -> Response:  # noqa: A002  # a query
    """Send a browser to the Hub, with a state that only this browser can bring back."""
    hub = _hub(portal)
    hold_back(portal.limits.sign_in, address_of(request, portal))
    state = secrets.token_urlsafe(24)
    answer = RedirectResponse(f"{hub.login_url}&{urlencode({'state': state})}", 303)
    for old in _states(request)[MOST_STATES - 1 :]:
        _forget(answer, portal, old)
    kept = hub.seal(f"{state}.{quote(inside(portal, next), safe='')}", purpose=STATE)
    _set(answer, request, portal, f"{STATE_COOKIE}{state[:8]}", kept, seconds=STATE_SECONDS)
    return answer


@router.get("/oauth_callback")
async def oauth_callback(
    request: Request, portal: AHouse, code: str = "", state: str = "", error: str = ""
) -> Response:
    """Come back from the Hub: only with the state this browser was given, and once."""
    hub = _hub(portal)
    hold_back(portal.limits.sign_in, address_of(request, portal))
    name = f"{STATE_COOKIE}{state[:8]}"
    kept = hub.unseal(request.cookies.get(name), purpose=STATE) or ""
    right, _, page = kept.partition(".")
    if not state or not hmac.compare_digest(state.encode(), right.encode()):
        raise HTTPException(
            400, "This sign-in was begun in another browser or too long ago. Please sign in again."
        )
    if error or not code:
        raise HTTPException(403, "The sign-in was not finished. Please sign in again.")
    token = await hub.token_for(code)
    model = await hub.model_of(token, session_id=request.cookies.get(SESSION_COOKIE, ""))
    if model is None or model["name"] == LOCAL:
        raise HTTPException(403, "This account may not use this portal.")
    await run_in_threadpool(_arrive, portal, hub, model["name"])
    answer = RedirectResponse(inside(portal, unquote(page)), 303)
    _forget(answer, portal, name)
    _set(answer, request, portal, COOKIE, hub.seal(token, purpose=LOGIN))
    csrf = hub.mark(token, purpose=CSRF)
    _set(answer, request, portal, CSRF_COOKIE, csrf, scripts_read=True)
    return answer


def _arrive(portal: House, hub: HubSession, key: str) -> None:
    """Give somebody the places that wait for their address, where the Hub vouches for it."""
    if hub.hub.names_are_emails and cohorts.EMAIL.fullmatch(key):
        with portal.database.write() as session:
            cohorts.claim(session, key, key, at=now())
    portal.groups_changed()


@router.post("/sign-out")
def sign_out(portal: AHouse, who: AWho) -> Response:
    """Sign out here and at the Hub, which ends the sessions of all its services."""
    answer = RedirectResponse(f"{_hub(portal).hub.home}logout", 303)
    _forget(answer, portal, COOKIE)
    _forget(answer, portal, CSRF_COOKIE)
    return answer


def _hub(portal: House) -> HubSession:
    if portal.hub is None:
        raise HTTPException(404, "There is nothing to sign in to here.")
    return portal.hub


def inside(portal: House, page: str) -> str:
    """A page of this portal to go on to; whatever leads elsewhere becomes the front page."""
    read = unquote(page)
    astray = not read.isprintable() or any(sign in read for sign in ("\\", "//", ".."))
    return portal.prefix if astray or not page.startswith(portal.prefix) else page


def sign_in_url(portal: House, request: Request) -> str:
    """Where to sign in and come back to this page."""
    page = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"{portal.prefix}sign-in?{urlencode({'next': page})}"


def _states(request: Request) -> list[str]:
    return [name for name in request.cookies if name.startswith(STATE_COOKIE)]


def _set(
    answer: Response,
    request: Request,
    portal: House,
    name: str,
    value: str,
    *,
    seconds: int | None = None,
    scripts_read: bool = False,
) -> None:
    """Set a cookie of this portal's own path, for no other site, and over TLS where there is."""
    answer.set_cookie(
        name,
        value,
        max_age=seconds,
        path=portal.prefix,
        secure=_hub(portal).is_https(request.headers.get("x-forwarded-proto")),
        httponly=not scripts_read,
        samesite="lax",
    )


def _forget(answer: Response, portal: House, name: str) -> None:
    answer.delete_cookie(name, path=portal.prefix)


# --- invitations -----------------------------------------------------------------------------


@router.get("/join/{token}")
def get_join(token: str, portal: AHouse, who: AVisitor) -> Response:
    """What an invitation leads to, before anybody accepts it."""
    hub = _hub(portal).hub
    hold_back(portal.limits.sign_in, token[:100])
    with portal.database.read() as session:
        place = cohorts.invited_to(session, token, at=now())
        there = who is not None and cohorts.role_in(session, who.key, place.course) is not None
    return page(
        portal,
        "join.html",
        who=who,
        headers={"X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"},
        place=place,
        there=there,
        sign_in=f"{portal.prefix}sign-in?{urlencode({'next': f'{portal.prefix}join/{token}'})}",
        sign_up=f"{hub.home}signup?{urlencode({'invitation': token})}"
        if hub.makes_accounts
        else "",
    )


@router.post("/join/{token}")
def post_join(token: str, portal: AHouse, who: AWho) -> Response:
    """Accept an invitation, and learn in that cohort from now on."""
    hold_back(portal.limits.submit, who.key)
    with portal.database.write() as session:
        place = cohorts.accept_invite(session, token, key=who.key, at=now())
        if place.role is Role.LEARNER:
            store.choose_course(session, who.key, place.course, at=now())
    portal.groups_changed()
    return RedirectResponse(portal.prefix, 303)


# --- how often -------------------------------------------------------------------------------


def hold_back(limit: Limit, name: str) -> None:
    """Take one of what a name may have, or say when there will be one again."""
    wait = limit.take(name)
    if wait:
        seconds = int(wait) + 1
        raise HTTPException(
            429, OFTEN.format(seconds=seconds), headers={"Retry-After": str(seconds)}
        )


def address_of(request: Request, portal: House) -> str:
    """The address a request came from, as the nearest proxies of ours saw it."""
    direct = request.client.host if request.client else ""
    if portal.hub is None:
        return direct
    seen = [one.strip() for one in request.headers.get("x-forwarded-for", "").split(",")]
    proxies = portal.hub.hub.proxies
    return (seen[-proxies] if len(seen) >= proxies else "") or direct


async def verifying(request: Request, portal: AHouse) -> None:
    """Checking a record costs work and needs no account: so often from one address."""
    if portal.hub is not None:
        hold_back(portal.limits.verify, address_of(request, portal))


async def submitting(portal: AHouse, who: AWho) -> None:
    """Handing in: so often by one person."""
    if portal.hub is not None:
        hold_back(portal.limits.submit, who.key)
