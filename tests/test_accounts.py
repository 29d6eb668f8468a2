"""Behind a Hub everybody has their own: signed in by it, shown to nobody else, one at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from groundwork import cohorts
from groundwork.audit import Act
from groundwork.cohorts import Newcomer, Role, Terms
from groundwork.errors import SettingsError
from groundwork.portal import gradebook_copy
from groundwork.portal.accounts import COOKIE, CSRF_COOKIE, SESSION_COOKIE
from groundwork.portal.groups import GroupsCopy
from groundwork.portal.hub import read_hub
from groundwork.portal.limits import Limit
from groundwork.settings import Settings
from small_portal import FIRST, FIRST_CHECK, MODULE, Client, attempt, event, portal, small_settings
from stub_hub import ACCESS, PREFIX, StubHub, stub_hub

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
ACT = Act("admin", NOW)
OPEN: list[Client] = []
"""The browsers of a test, to be closed after it."""
PAGE = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}


@pytest.fixture
def hub() -> Iterator[StubHub]:
    with stub_hub() as found:
        yield found


@pytest.fixture
def settings(tmp_path: Path, log_url: str) -> Settings:
    found = small_settings(tmp_path, database_url=log_url)
    found.make_data()
    return found


@pytest.fixture
def client(settings: Settings, hub: StubHub) -> Iterator[Client]:
    with portal(settings, hub=hub.hub(), prefix=PREFIX) as client:
        yield client
        while OPEN:
            OPEN.pop().close()


def sign_in(
    client: Client, hub: StubHub, name: str, *, page: str = "", **model: Any
) -> httpx.Response:
    """Go the way a browser goes; the Hub's own pages between are skipped."""
    begun = client.get("sign-in", params={"next": page})
    assert begun.status_code == 303
    asked = parse_qs(urlsplit(begun.headers["location"]).query)
    token, code = f"token-{name}-{len(hub.tokens)}", f"code-{name}-{len(hub.tokens)}"
    hub.knows(token, name, **model)
    hub.codes[code] = token
    return client.get("oauth_callback", params={"code": code, "state": asked["state"][0]})


def arm(client: Client) -> None:
    """Send the token along, as the portal's own pages do."""
    client.headers["X-CSRF-Token"] = client.cookies[CSRF_COOKIE]


def of_person(client: Client, hub: StubHub, name: str, **model: Any) -> Client:
    """A browser of its own in which somebody has signed in."""
    own = Client(base_url=client.base_url, timeout=30)
    OPEN.append(own)
    own.house = client.house
    if "session_id" in model:
        own.cookies.set(SESSION_COOKIE, model["session_id"])
    assert sign_in(own, hub, name, **model).status_code == 303
    arm(own)
    return own


def make_cohort(client: Client, course: str = "spring", **terms: Any) -> None:
    with client.house.database.write() as session:
        said = Terms(name=course.title(), **terms)
        known = client.house.curriculum.course.by_id
        cohorts.create(session, course, said, known=known, act=ACT)


def admit(client: Client, name: str, role: Role = Role.LEARNER, course: str = "spring") -> None:
    with client.house.database.write() as session:
        cohorts.admit(session, course, Newcomer(key=name), role, act=ACT)


# --- signing in -------------------------------------------------------------------------------


def test_whoever_signs_in_comes_back_to_the_page_they_left(client: Client, hub: StubHub) -> None:
    page = f"{PREFIX}modules/{MODULE}/quiz.html"

    back = sign_in(client, hub, "ana", page=page)

    assert back.status_code == 303
    assert back.headers["location"] == page
    assert (
        client.get(back.headers["location"].removeprefix(PREFIX), headers=PAGE).text.count(
            'data-signed-in="ana"'
        )
        == 1
    )


def test_cookies_are_for_this_path_this_site_and_no_script(client: Client, hub: StubHub) -> None:
    back = sign_in(client, hub, "ana")

    set_ = {one.partition("=")[0]: one for one in back.headers.get_list("set-cookie")}
    assert re.search(rf"HttpOnly; Path={PREFIX}; SameSite=lax", set_[COOKIE])
    assert "HttpOnly" not in set_[CSRF_COOKIE]
    assert f"Path={PREFIX}" in set_[CSRF_COOKIE]


def test_over_tls_cookies_stay_on_tls(settings: Settings, hub: StubHub) -> None:
    public = "https://training.example.org/services/groundwork/"
    with portal(settings, hub=hub.hub(public_url=public), prefix=PREFIX) as client:
        begun = client.get("sign-in")

    assert "Secure" in begun.headers["set-cookie"]


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        f"{PREFIX}/evil.example",
        f"{PREFIX}..//evil.example/",
        f"{PREFIX}%2e%2e/%2e%2e/hub/admin",
        "/hub/admin",
        f"{PREFIX}\\evil.example",
        f"{PREFIX}a%0d%0aSet-Cookie: a=b",
    ],
)
def test_nobody_is_sent_elsewhere_after_signing_in(
    client: Client, hub: StubHub, elsewhere: str
) -> None:
    assert sign_in(client, hub, "ana", page=elsewhere).headers["location"] == PREFIX


def test_a_sign_in_that_was_not_begun_here_is_refused(client: Client, hub: StubHub) -> None:
    hub.knows("token-eve", "eve")
    hub.codes["code-eve"] = "token-eve"

    for state in ("", "made-up-by-somebody-else"):
        back = client.get("oauth_callback", params={"code": "code-eve", "state": state})

        assert back.status_code == 400
        assert "sign in again" in back.json()["detail"]
    assert COOKIE not in client.cookies


def test_the_state_of_another_browser_is_refused(client: Client, hub: StubHub) -> None:
    begun = client.get("sign-in")
    state = parse_qs(urlsplit(begun.headers["location"]).query)["state"][0]
    hub.knows("token-eve", "eve")
    hub.codes["code-eve"] = "token-eve"

    with httpx.Client(base_url=client.base_url) as other:
        back = other.get("oauth_callback", params={"code": "code-eve", "state": state})

    assert back.status_code == 400


def test_two_tabs_may_sign_in_at_once(client: Client, hub: StubHub) -> None:
    first = parse_qs(urlsplit(client.get("sign-in").headers["location"]).query)["state"][0]
    client.get("sign-in")
    hub.knows("token-ana", "ana")
    hub.codes["code-ana"] = "token-ana"

    back = client.get("oauth_callback", params={"code": "code-ana", "state": first})

    assert back.status_code == 303


def test_a_used_code_and_a_refusal_at_the_hub_are_said_plainly(
    client: Client, hub: StubHub
) -> None:
    state = parse_qs(urlsplit(client.get("sign-in").headers["location"]).query)["state"][0]

    used = client.get("oauth_callback", params={"code": "used", "state": state})
    denied = client.get("oauth_callback", params={"error": "access_denied", "state": state})

    assert used.status_code == 503
    assert denied.status_code == 403
    assert "invalid_grant" not in used.text + denied.text


def test_a_service_or_somebody_without_access_is_not_let_in(client: Client, hub: StubHub) -> None:
    assert sign_in(client, hub, "eve", scopes=["self"]).status_code == 403
    assert sign_in(client, hub, "robot", kind="service").status_code == 403
    assert sign_in(client, hub, "local").status_code == 403


# --- who is asking ----------------------------------------------------------------------------


def test_nobody_reads_the_book_and_checks_records_and_nothing_else(client: Client) -> None:
    for public in ("", f"modules/{MODULE}/quiz.html", "verify", "issuer", "healthz"):
        assert client.get(public, headers=PAGE).status_code == 200, public
    front = client.get("", headers=PAGE).text
    assert "data-portal" not in front
    assert "gw-progress" not in front
    assert f'data-sign-in="{PREFIX}sign-in?next=' in front
    for private in ("api/me", "api/progress", "api/attempts", "api/export", "api/courses"):
        refused = client.get(private)

        assert refused.status_code == 401, private
        assert refused.json() == {"detail": "Sign in first."}
    assert client.post("api/events", json={"events": []}).status_code == 401


def test_a_page_of_ones_own_sends_to_the_sign_in_and_back(client: Client) -> None:
    sent = client.get("records/1.pdf", headers=PAGE)

    assert sent.status_code == 303
    back = parse_qs(urlsplit(sent.headers["location"]).query)["next"]
    assert back == [f"{PREFIX}records/1.pdf"]


def test_each_sees_only_their_own(client: Client, hub: StubHub) -> None:
    ana, ben = of_person(client, hub, "ana"), of_person(client, hub, "ben")
    done = event("practice", FIRST, item=FIRST_CHECK, answer="stand")
    ana.post("api/events", json={"events": [done]})
    ana.put("api/me", json={"name": "Ana Ruiz"})

    assert ana.get("api/progress").json()["learner"]["name"] == "Ana Ruiz"
    assert len(ana.get("api/export").json()["events"]) == 1
    assert ben.get("api/progress").json()["learner"]["name"] == ""
    assert ben.get("api/export").json()["events"] == []


def test_a_changed_cookie_is_nobody_and_never_asks_the_hub(client: Client, hub: StubHub) -> None:
    sign_in(client, hub, "ana")
    hub.knows("token-admin", "admin", admin=True)
    asked = len(hub.asked)

    client.cookies.set(COOKIE, "token-admin." + "0" * 64, path=PREFIX)

    with httpx.Client(base_url=client.base_url, headers=PAGE) as forger:
        forger.cookies.set(COOKIE, "token-admin." + "0" * 64)
        assert forger.get("api/me").status_code == 401
    assert len(hub.asked) == asked


def test_a_token_that_the_hub_no_longer_knows_is_nobody(client: Client, hub: StubHub) -> None:
    ana = of_person(client, hub, "ana")
    assert ana.get("api/me").status_code == 200
    hub.tokens.clear()

    assert client.house.hub is not None
    client.house.hub._oauth.cache.clear()

    assert ana.get("api/me").status_code == 401


def test_signing_out_of_the_hub_ends_it_here_at_once(client: Client, hub: StubHub) -> None:
    ana = of_person(client, hub, "ana", session_id="first")
    assert ana.get("api/me").status_code == 200

    hub.tokens.clear()
    ana.cookies.delete(SESSION_COOKIE)

    assert ana.get("api/me").status_code == 401


def test_somebody_elses_session_at_the_hub_is_not_this_one(client: Client, hub: StubHub) -> None:
    ana = of_person(client, hub, "ana", session_id="anas")

    ana.cookies.set(SESSION_COOKIE, "bens")

    assert ana.get("api/me").status_code == 401


def test_without_the_hub_the_book_of_nobody_goes_on_and_a_learner_is_asked_to_wait(
    client: Client, hub: StubHub
) -> None:
    ana = of_person(client, hub, "ana")
    ana.cookies.set(SESSION_COOKIE, "new")
    hub.broken = True

    assert client.get("", headers=PAGE).status_code == 200
    refused = ana.get("api/me")
    assert refused.status_code == 503
    assert "cannot be checked just now" in refused.json()["detail"]


def test_a_program_shows_its_token_and_needs_nothing_else(client: Client, hub: StubHub) -> None:
    hub.knows("program", "ana")

    for scheme in ("token", "Bearer"):
        asked = {"Authorization": f"{scheme} program"}
        assert client.put("api/me", json={"name": "Ana"}, headers=asked).status_code == 200
    assert client.get("api/me", headers={"Authorization": "token none"}).status_code == 401


def test_signing_out_takes_the_cookies_and_goes_to_the_hub(client: Client, hub: StubHub) -> None:
    ana = of_person(client, hub, "ana")
    form = ana.get("verify", headers=PAGE).text
    token = re.findall(r'name="csrf" value="([0-9a-f]{64})"', form)[0]
    del ana.headers["X-CSRF-Token"]

    out = ana.post("sign-out", data={"csrf": token}, headers=PAGE)

    assert (out.status_code, out.headers["location"]) == (303, "/hub/logout")
    assert COOKIE not in ana.cookies
    assert ana.get("sign-out", headers=PAGE).status_code == 404


# --- another page of the same origin -----------------------------------------------------------


def test_a_cookie_alone_changes_nothing_and_tells_a_script_nothing(
    client: Client, hub: StubHub
) -> None:
    ana = of_person(client, hub, "ana")
    del ana.headers["X-CSRF-Token"]
    of_script = {
        "Sec-Fetch-Mode": "cors",
        "Sec-Fetch-Site": "same-origin",
        "Origin": str(ana.base_url).removesuffix(PREFIX),
    }

    for headers in (of_script, {"X-CSRF-Token": "0" * 64}, {"X-CSRF-Token": ""}):
        assert ana.put("api/me", json={"name": "Eve"}, headers=headers).status_code == 403
        assert ana.get("api/export", headers=headers).status_code == 403
    assert ana.post("sign-out", headers=PAGE).status_code == 403
    page = ana.get("", headers=of_script).text
    assert "data-portal" in page
    assert "gw-progress" not in page
    assert ana.cookies[CSRF_COOKIE] not in page


def test_the_token_of_one_sign_in_is_none_for_another(client: Client, hub: StubHub) -> None:
    ana, ben = of_person(client, hub, "ana"), of_person(client, hub, "ben")

    stolen = {"X-CSRF-Token": ben.cookies[CSRF_COOKIE]}

    assert ana.put("api/me", json={"name": "Eve"}, headers=stolen).status_code == 403


# --- courses ------------------------------------------------------------------------------------


def test_somebody_in_one_cohort_learns_there(client: Client, hub: StubHub) -> None:
    make_cohort(client)
    admit(client, "ana")
    ana = of_person(client, hub, "ana")

    told = ana.get("api/courses").json()

    assert told["course"] == "spring"
    assert [one["course"] for one in told["courses"]] == ["spring"]


def test_somebody_in_none_studies_alone_or_in_the_open_course(client: Client, hub: StubHub) -> None:
    ana = of_person(client, hub, "ana")
    assert ana.get("api/courses").json()["course"] == "self-study"

    make_cohort(client, "everybody", open=True)

    assert ana.get("api/courses").json()["course"] == "everybody"
    ana.put("api/me", json={"name": "Ana"})
    with client.house.database.read() as session:
        assert cohorts.role_in(session, "ana", "everybody") == "learner"


def test_the_course_chosen_last_holds_on_every_device(client: Client, hub: StubHub) -> None:
    for course in ("autumn", "spring"):
        make_cohort(client, course)
        admit(client, "ana", course=course)
    phone = of_person(client, hub, "ana")
    other = {"autumn": "spring", "spring": "autumn"}[phone.get("api/courses").json()["course"]]

    assert phone.put("api/me", json={"course": other}).status_code == 200

    laptop = of_person(client, hub, "ana")
    assert laptop.get("api/courses").json()["course"] == other
    done = event("practice", FIRST, item=FIRST_CHECK, answer="stand")
    laptop.post("api/events", json={"events": [done]})
    assert len(phone.get("api/export").json()["events"]) == 1


def test_a_course_that_is_not_theirs_cannot_be_chosen(client: Client, hub: StubHub) -> None:
    make_cohort(client)
    ana = of_person(client, hub, "ana")

    refused = ana.put("api/me", json={"course": "spring"})

    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"] == ["body", "course"]


def test_whoever_was_dismissed_meanwhile_writes_nothing_there(client: Client, hub: StubHub) -> None:
    make_cohort(client)
    admit(client, "ana")
    ana = of_person(client, hub, "ana")
    with client.house.database.write() as session:
        found = cohorts.member_of(session, "ana", "spring")
        assert found is not None
        cohorts.dismiss(session, found, act=ACT)

    assert ana.get("api/courses").json()["course"] == "self-study"


def test_who_teaches_does_not_stand_in_the_cohorts_own_books(client: Client, hub: StubHub) -> None:
    make_cohort(client)
    admit(client, "ines", Role.INSTRUCTOR)
    ines = of_person(client, hub, "ines")

    ines.put("api/me", json={"name": "Ines"})

    assert ines.get("api/courses").json()["course"] == "self-study"


def test_an_invitation_is_read_by_anybody_and_accepted_once_signed_in(
    client: Client, hub: StubHub
) -> None:
    make_cohort(client)
    with client.house.database.write() as session:
        token = cohorts.invite(session, "spring", act=Act("admin", datetime.now(UTC))).token
    seen = client.get(f"join/{token}", headers=PAGE)
    assert "/hub/signup?invitation=" in seen.text
    assert client.post(f"join/{token}").status_code == 401
    ana = of_person(client, hub, "ana")

    assert ana.post(f"join/{token}").status_code == 303

    assert ana.get("api/courses").json()["course"] == "spring"
    assert client.get("join/none", headers=PAGE).status_code == 409


def test_an_invitation_offers_no_account_where_the_hub_makes_none(
    client: Client, settings: Settings, hub: StubHub
) -> None:
    make_cohort(client)
    with client.house.database.write() as session:
        token = cohorts.invite(session, "spring", act=Act("admin", datetime.now(UTC))).token
    environ = {
        "JUPYTERHUB_API_TOKEN": "t", "JUPYTERHUB_API_URL": "u",
        "JUPYTERHUB_SERVICE_NAME": "groundwork", "GROUNDWORK_SIGN_UP": "closed",
    }  # fmt: skip
    told = read_hub(environ)
    assert told is not None

    with portal(settings, hub=hub.hub(makes_accounts=told.makes_accounts), prefix=PREFIX) as closed:
        seen = closed.get(f"join/{token}", headers=PAGE).text

    assert "signup" not in seen
    assert "sign-in?next=" in seen


# --- how often ----------------------------------------------------------------------------------


def test_a_limit_gives_a_burst_then_its_rate_to_each_name() -> None:
    moment = [0.0]
    limit = Limit(burst=2, rate=0.5, clock=lambda: moment[0])

    waits = [limit.take("ana") for _ in range(3)]

    assert waits == [0.0, 0.0, 2.0]
    assert limit.take("ben") == 0.0
    moment[0] = 2.0
    assert limit.take("ana") == 0.0


def test_who_asks_too_often_hears_when_to_come_back(client: Client, hub: StubHub) -> None:
    limits = client.house.limits
    limits.sign_in, limits.verify, limits.submit = (Limit(burst=1, rate=0.01) for _ in range(3))
    of = {"X-Forwarded-For": "198.51.100.7, 203.0.113.4"}

    first = client.get("sign-in", headers=of)
    again = client.get("sign-in", headers=of)
    elsewhere = client.get("sign-in", headers={"X-Forwarded-For": "198.51.100.7, 203.0.113.5"})

    assert [first.status_code, again.status_code, elsewhere.status_code] == [303, 429, 303]
    assert 90 <= int(again.headers["Retry-After"]) <= 101
    assert again.json()["detail"].startswith("That was a little too often.")
    sent = {"file": ("a.json", b"{}")}
    assert client.post("api/verify", files=sent).status_code == 200
    assert client.post("api/verify", files=sent).status_code == 429


def test_handing_in_is_counted_for_each_person(client: Client, hub: StubHub) -> None:
    ana, ben = of_person(client, hub, "ana"), of_person(client, hub, "ben")
    client.house.limits.submit = Limit(burst=1, rate=0.01)

    sent = [one.post("api/attempts", json=attempt("B", {})).status_code for one in (ana, ana, ben)]

    assert sent == [201, 429, 201]


# --- the Hub's groups and settings ---------------------------------------------------------------


def test_the_hubs_groups_follow_the_cohort(client: Client, hub: StubHub) -> None:
    make_cohort(client)
    for name, role in (("ana", Role.LEARNER), ("new", Role.LEARNER), ("ines", Role.INSTRUCTOR)):
        admit(client, name, role)
    hub.users = {"ana", "ines", "old"}
    hub.groups["nbgrader-spring"] = {"old"}
    copy = GroupsCopy(hub.hub(), client.house.database)

    copy.write()
    copy.write()

    assert hub.groups == {"nbgrader-spring": {"ana"}, "formgrade-spring": {"ines"}}
    hub.users.add("new")
    copy.write()
    assert hub.groups["nbgrader-spring"] == {"ana", "new"}


def test_only_a_service_of_the_hub_has_accounts() -> None:
    in_a_lab = {"JUPYTERHUB_API_TOKEN": "t", "JUPYTERHUB_API_URL": "u", "JUPYTERHUB_USER": "ana"}

    assert read_hub({}) is None
    assert read_hub(in_a_lab) is None
    found = read_hub(in_a_lab | {"JUPYTERHUB_SERVICE_NAME": "groundwork"})
    assert found is not None
    assert (found.prefix, found.scopes) == (PREFIX, frozenset([ACCESS]))
    assert "t" not in repr(found).split("api_token")[0][:4]
    with pytest.raises(SettingsError, match="needs JUPYTERHUB_API_TOKEN"):
        read_hub({"JUPYTERHUB_SERVICE_NAME": "groundwork"})


# --- several processes ----------------------------------------------------------------------------


def test_one_process_at_a_time_writes_a_gradebook(tmp_path: Path) -> None:
    alone = partial(gradebook_copy._alone, tmp_path)

    with alone("spring") as first, alone("spring") as second, alone("autumn") as other:
        assert (first, second, other) == (True, False, True)
    with alone("spring") as again:
        assert again
