"""The real JupyterHub: each signs up and in, sees their own, and only who teaches has a Lab."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy.orm import Session

from groundwork import cohorts
from groundwork.audit import Act
from groundwork.cohorts import Role, Terms
from groundwork.curriculum import load_curriculum
from groundwork.log import open_database
from groundwork.settings import Settings
from small_portal import MODULE, small_settings

from .pages import ARGUMENTS, CHROMIUM

PROJECT = Path(__file__).parents[2]
PROXY = PROJECT / "deploy" / "proxy" / "node_modules" / ".bin" / "configurable-http-proxy"
PORTAL = "services/groundwork/"
PASSWORD = "a-quiet-window-7"  # noqa: S105  # of people who are invented
SLOW = 40_000

pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed here."),
    pytest.mark.skipif(not PROXY.exists(), reason="deploy/proxy/install was not run."),
]


@dataclass
class Running:
    """A Hub that runs, and the portal's log behind it."""

    address: str
    settings: Settings
    first_admin: str
    invitations: dict[Role, str]


def free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """JupyterHub as `make cohort` starts it, with a small book and a cohort in its log."""
    settings = small_settings(tmp_path_factory.mktemp("hub"))
    invitations = make_cohort(settings)
    (port,) = free_ports(1)
    with running_hub(settings, port) as (address, said):
        link = re.search(r"invitation=(\S+)", said.read_text())
        assert link is not None
        yield Running(address, settings, link[1], invitations)


@contextmanager
def running_hub(settings: Settings, port: int, **more: str) -> Iterator[tuple[str, Path]]:
    """Start the Hub with more variables; yield its address, and the file with what it says."""
    hub_port, api_port, portal_port = free_ports(3)
    environ = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "GROUNDWORK_ROOT": str(settings.root),
        "GROUNDWORK_DATA": str(settings.data),
        "GROUNDWORK_ADMIN": "ada",
        "GROUNDWORK_PORT": str(port),
        "GROUNDWORK_HUB_PORT": str(hub_port),
        "GROUNDWORK_PROXY_PORT": str(api_port),
        "GROUNDWORK_PORTAL_PORT": str(portal_port),
        "GROUNDWORK_PROXY": str(PROXY),
    } | more  # fmt: skip
    words = [sys.executable, "-m", "jupyterhub", "--config", "deploy/jupyterhub_config.py"]
    said = settings.data / "hub.log"
    with said.open("w") as out:
        process = subprocess.Popen(
            words, cwd=PROJECT, env=environ, stdout=out, stderr=out, start_new_session=True
        )
    address = f"http://127.0.0.1:{port}/"
    try:
        wait_for(f"{address}{PORTAL}healthz", process, said)
        yield address, said
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        proxy = settings.data / "hub" / "proxy.pid"
        if proxy.exists():  # the Hub takes its proxy along, unless it broke
            with suppress(ProcessLookupError):
                os.kill(int(proxy.read_text()), signal.SIGTERM)


@contextmanager
def new_cohort(settings: Settings) -> Iterator[tuple[Session, Act]]:
    """Make a cohort in a new log; whatever else is done to it there is kept with it."""
    settings.make_data()
    database = open_database(settings.database_url)
    act = Act("ada", datetime.now(UTC))
    with database.write() as session:
        known = load_curriculum(settings).course.by_id
        cohorts.create(session, "spring", Terms(name="Spring cohort"), known=known, act=act)
        yield session, act
    database.close()


def make_cohort(settings: Settings) -> dict[Role, str]:
    """Make a cohort; return an invitation into it for each role."""
    with new_cohort(settings) as (session, act):
        return {one: cohorts.invite(session, "spring", role=one, act=act).token for one in Role}


def wait_for(address: str, process: subprocess.Popen[bytes], said: Path) -> None:
    for _ in range(450):
        assert process.poll() is None, said.read_text()[-3000:]
        try:
            with urlopen(address):  # noqa: S310  # our own server
                return
        except HTTPError as error:
            error.close()
        except URLError:
            pass
        time.sleep(0.2)
    raise AssertionError(said.read_text()[-3000:])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=SLOW)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield launched
        launched.close()
    expect.set_options(timeout=5_000)


def opened(browser: Browser) -> Page:
    page = browser.new_context().new_page()
    page.set_default_timeout(SLOW)
    return page


def sign_up(page: Page, address: str, name: str) -> None:
    page.goto(address)
    page.get_by_label("Name to sign in with").fill(name)
    page.get_by_label("Password, at least").fill(PASSWORD)
    page.get_by_label("The same password again").fill(PASSWORD)
    page.get_by_role("button", name="Make my account").click()


def sign_in(page: Page, name: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def come_by_invitation(
    browser: Browser, hub: Running, name: str, role: Role = Role.LEARNER
) -> Page:
    """Follow an invitation to an account and into the cohort."""
    page = opened(browser)
    page.goto(f"{hub.address}{PORTAL}join/{hub.invitations[role]}")
    page.get_by_role("link", name="Make an account").click()
    sign_up(page, page.url, name)
    expect(page.get_by_text("You can sign in now.")).to_be_visible()
    page.get_by_role("link", name="Sign in").click()
    sign_in(page, name)
    page.get_by_role("button", name="Join this cohort").click()
    is_signed_in(page, name)
    return page


def is_signed_in(page: Page, name: str) -> None:
    expect(page.locator("html")).to_have_attribute("data-signed-in", name)


def called(page: Page, method: str, path: str, body: object = None) -> tuple[int, object]:
    """Ask the API from a page, as its own scripts do."""
    told = page.evaluate(
        """async ([method, path, body]) => {
          const token = document.cookie.match(/groundwork-csrf=([0-9a-f]+)/)[1];
          const reply = await fetch(path, {
            method, headers: { "Content-Type": "application/json", "X-CSRF-Token": token },
            body: body === null ? undefined : JSON.stringify(body),
          });
          return [reply.status, await reply.json()];
        }""",
        [method, path, body],
    )
    return told[0], told[1]


def test_two_learners_come_by_invitation_each_sees_their_own_and_none_has_a_server(
    browser: Browser, hub: Running
) -> None:
    ana = come_by_invitation(browser, hub, "ana")
    ben = come_by_invitation(browser, hub, "ben")

    status, _ = called(ana, "PUT", f"/{PORTAL}api/me", {"name": "Ana Ruiz"})

    assert status == 200
    assert called(ana, "GET", f"/{PORTAL}api/me")[1] == {"name": "Ana Ruiz", "language": "en"}
    assert called(ben, "GET", f"/{PORTAL}api/me")[1] == {"name": "", "language": "en"}
    told = called(ben, "GET", f"/{PORTAL}api/courses")[1]
    assert isinstance(told, dict)
    assert told["course"] == "spring"
    ben.goto(f"{hub.address}hub/spawn")
    expect(ben.get_by_text("JupyterLab is for instructors.")).to_be_visible()
    expect(ben.get_by_text("restarting your server")).to_have_count(0)
    ana.goto(f"{hub.address}{PORTAL}verify")
    ana.get_by_role("button", name="Sign out").click()
    ana.wait_for_url("**/hub/login*")
    ana.goto(f"{hub.address}{PORTAL}verify")
    expect(ana.get_by_role("link", name="Sign in")).to_be_visible()


def test_who_teaches_gets_a_lab_with_formgrader_on_the_cohorts_course(
    browser: Browser, hub: Running
) -> None:
    ines = come_by_invitation(browser, hub, "ines", Role.INSTRUCTOR)
    ines.wait_for_timeout(2500)  # until the Hub has heard

    ines.goto(f"{hub.address}hub/spawn")
    expect(ines.locator("#jp-main-dock-panel")).to_be_visible()
    expect(ines.locator(".jp-DirListing-itemText", has_text="spring")).to_be_visible()
    expect(ines.locator(".jp-DirListing-itemText", has_text="lessons")).to_be_visible()
    ines.goto(f"{hub.address}user/ines/formgrader")

    expect(ines.get_by_role("link", name=f"{MODULE}-a", exact=True)).to_be_visible()


def test_accounts_need_the_right_link(browser: Browser, hub: Running) -> None:
    page = opened(browser)
    for name, link, said in (
        ("ada", "guessed", "Accounts are made here by invitation."),
        ("ada", hub.first_admin, "You can sign in now."),
        ("carl", "", "waits until an administrator approves it"),
    ):
        sign_up(page, f"{hub.address}hub/signup?invitation={link}", name)
        expect(page.get_by_role("alert")).to_contain_text(said)
    unasked = page.request.post(f"{hub.address}hub/signup", form={"username": "eve"})
    assert unasked.status == 403
    assert "That is not open to you" in unasked.text()
    page.goto(f"{hub.address}hub/")
    sign_in(page, "ada")
    is_signed_in(page, "ada")
