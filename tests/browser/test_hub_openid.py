"""Signing in by OpenID Connect, as docs/operating.md says, with the Hub's database on a server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import create_engine, text

from conftest import server_database
from groundwork import cohorts
from groundwork.cohorts import Newcomer, Role
from groundwork.settings import Settings
from small_portal import small_settings

from . import test_hub
from .test_hub import (
    PORTAL,
    PROJECT,
    free_ports,
    is_signed_in,
    new_cohort,
    opened,
    running_hub,
    wait_for,
)

browser = test_hub.browser
pytestmark = [
    *test_hub.pytestmark,
    pytest.mark.skipif(
        not os.environ.get("TEST_DATABASE_URL"), reason="TEST_DATABASE_URL names no server."
    ),
]
SECRET = "of nobody"  # noqa: S105
PEOPLE = ("ada", "rosa", "ben", "ines")
SECTION = re.compile(r"OpenID Connect, with .*?```python\n(.*?)```", re.DOTALL)


@dataclass
class Place:
    """Where a Hub is started, and started again."""

    settings: Settings
    port: int
    database: str
    extra: Path
    invitation: str

    @contextmanager
    def started(self) -> Iterator[str]:
        """Run the Hub on its database."""
        with running_hub(
            self.settings, self.port, GROUNDWORK_HUB_EXTRA=str(self.extra),
            GROUNDWORK_HUB_DATABASE_URL=self.database, GROUNDWORK_NAMES_ARE_EMAILS="1",
            GROUNDWORK_ADMIN=mail("ada"), OIDC_SECRET=SECRET,
        ) as (address, _):  # fmt: skip
            yield address


def mail(name: str) -> str:
    return f"{name}@example.org"


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An OpenID Connect provider that knows some people."""
    (port,) = free_ports(1)
    address = f"http://localhost:{port}"
    said = tmp_path_factory.mktemp("provider") / "log"
    program = Path(sys.executable).parent / "oidc-provider-mock"
    command = [str(program), f"--port={port}"]
    with said.open("w") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
        try:
            wait_for(f"{address}/.well-known/openid-configuration", process, said)
            for name in PEOPLE:
                httpx.put(f"{address}/users/{name}", json={"email": mail(name)}).raise_for_status()
            yield address
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def place(provider: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A cohort whose roster has addresses, and the settings of the docs for this provider."""
    settings = small_settings(tmp_path_factory.mktemp("openid"))
    invitation = make_cohort(settings)
    (port,) = free_ports(1)
    found = SECTION.search((PROJECT / "docs" / "operating.md").read_text(encoding="utf-8"))
    assert found is not None
    ends = httpx.get(f"{provider}/.well-known/openid-configuration").json()
    lines = (
        found[1]
        .replace("https://training.example.org/", f"http://127.0.0.1:{port}/")
        .replace("https://id.example.org/authorize", ends["authorization_endpoint"])
        .replace("https://id.example.org/token", ends["token_endpoint"])
        .replace("https://id.example.org/userinfo", ends["userinfo_endpoint"])
    )
    assert "example.org" not in lines
    extra = settings.data / "openid.py"
    extra.write_text(lines, encoding="utf-8")
    with server_database() as database:
        yield Place(settings, port, database, extra, invitation)


def make_cohort(settings: Settings) -> str:
    """Make a cohort with an instructor and a learner, known by address; return an invitation."""
    with new_cohort(settings) as (session, act):
        for name, role in (("ines", Role.INSTRUCTOR), ("rosa", Role.LEARNER)):
            person = Newcomer(name=name.title(), email=mail(name))
            cohorts.admit(session, "spring", person, role, act=act)
        return cohorts.invite(session, "spring", act=act).token


def sign_in(page: Page, name: str) -> None:
    """Say at the provider who one is."""
    page.locator("input[name=sub]").fill(name)
    page.get_by_role("button", name="Authorize").click()


def people_of(database: str) -> set[str]:
    """Whom the Hub's database knows."""
    engine = create_engine(database)
    with engine.connect() as connection:
        found = set(connection.scalars(text("SELECT name FROM users")))
    engine.dispose()
    return found


def test_people_sign_in_elsewhere_and_a_roster_of_addresses_finds_them(
    browser: Browser, place: Place
) -> None:
    with place.started() as address:
        portal = f"{address}{PORTAL}"
        rosa = opened(browser)
        rosa.goto(f"{portal}my-course")
        sign_in(rosa, "rosa")
        expect(rosa.get_by_role("heading", name="Spring cohort")).to_be_visible()
        rosa.goto(portal)
        is_signed_in(rosa, mail("rosa"))

        ben = opened(browser)
        ben.goto(f"{portal}join/{place.invitation}")
        expect(ben.get_by_role("link", name="Make an account")).to_have_count(0)
        ben.get_by_role("main").get_by_role("link", name="Sign in").click()
        sign_in(ben, "ben")
        ben.get_by_role("button", name="Join this cohort").click()
        is_signed_in(ben, mail("ben"))

        ada = opened(browser)
        ada.goto(f"{portal}teach")
        sign_in(ada, "ada")
        expect(ada.get_by_role("link", name="Spring cohort")).to_be_visible()

        ines = opened(browser)
        ines.goto(f"{portal}teach/spring")
        sign_in(ines, "ines")
        expect(ines.get_by_role("link", name="Rosa")).to_be_visible()
        ines.wait_for_timeout(2500)  # until the Hub has heard
        ines.goto(f"{address}hub/spawn")
        expect(ines.locator(".jp-DirListing-itemText", has_text="spring")).to_be_visible()

        ben.goto(f"{portal}verify")
        ben.get_by_role("button", name="Sign out").click()
        expect(ben.get_by_role("heading", name="You are signed out")).to_be_visible()

    assert people_of(place.database) == {mail(name) for name in PEOPLE}
    with place.started() as address:
        rosa.goto(f"{address}{PORTAL}my-course")
        expect(rosa.get_by_role("heading", name="Spring cohort")).to_be_visible()
