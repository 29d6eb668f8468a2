"""The book without a network: kept, read, answered, brought up to date, and sent once."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import httpx
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from browser.keyboard import answer_rightly, press
from browser.pages import ARGUMENTS, CHROMIUM, POLICY
from browser.test_worker import free_port
from groundwork import offline
from groundwork.curriculum import Curriculum, load_curriculum
from groundwork.portal import accounts, pages
from groundwork.portal.house import Who
from groundwork.settings import SELF_STUDY, Settings, read_settings
from small_portal import portal as served_portal

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed here.")

MODULE, OTHER = "02-brain-architecture", "04-secure-attachment"
TITLE = "Brain architecture"
LESSON = f"modules/{MODULE}/serve-and-return.html"
FOLDER = "library/training/"
KEPT = """async () => {
  const found = [];
  for (const name of await caches.keys()) {
    for (const { url } of await (await caches.open(name)).keys()) found.push(url);
  }
  return found;
}"""
TEXTS_KEPT = """async () => {
  const found = [];
  for (const name of await caches.keys()) {
    for (const reply of await (await caches.open(name)).matchAll()) {
      const kind = reply.headers.get("content-type") ?? "";
      if (kind.startsWith("text/html")) found.push(await reply.text());
    }
  }
  return found;
}"""
NARROW = "() => document.documentElement.scrollWidth <= 320"
WORKERS = "async () => (await navigator.serviceWorker.getRegistrations()).length"
AXE = """async () => (await axe.run(document, { resultTypes: ["violations"] })).violations.flatMap(
  (rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")}`))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture(scope="module")
def curriculum(project_settings: Settings) -> Curriculum:
    return load_curriculum(project_settings)


class _Files(SimpleHTTPRequestHandler):
    """A plain file server below which the book lies in a folder."""

    def __init__(self, *args: Any, site: Site, **more: Any) -> None:
        self.site = site
        super().__init__(*args, **more)

    def do_GET(self) -> None:
        self.site.asked.append(self.path)
        sleep(self.site.slow if "?kept=" in self.path else 0)
        if self.site.stuck and self.path.endswith(self.site.stuck):
            sleep(6)
            return
        super().do_GET()

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base names it so
        return


class Site:
    """The built book on a plain file server, under a subfolder, that can go away and come back."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.html = top / FOLDER
        self.asked: list[str] = []
        self.slow = 0.0
        self.stuck = ""
        self.port = 0
        self.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/{FOLDER}"

    def start(self) -> None:
        handler = partial(_Files, directory=str(self.top), site=self)
        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        self.port = self.server.server_port
        Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def kept(self) -> list[str]:
        """The files that a worker fetched to keep them."""
        return [path.partition("?")[0] for path in self.asked if "?kept=" in path]

    def rebuild(self, page: str, curriculum: Curriculum, old: str, new: str) -> None:
        """Serve another build, in which words of one page have changed."""
        path = self.html / page
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
        names = [str(one.relative_to(self.html))[:-5] for one in self.html.rglob("*.html")]
        offline.write(self.html, names, [module.id for module in curriculum.course.modules])


@pytest.fixture
def site(book: Path, tmp_path: Path) -> Iterator[Site]:
    shutil.copytree(book, tmp_path / FOLDER, ignore=shutil.ignore_patterns("reports", ".*"))
    site = Site(tmp_path)
    yield site
    site.stop()


@contextmanager
def network_cut(context: BrowserContext, site: Site) -> Iterator[None]:
    """No network for pages, and nobody there for their worker."""
    context.set_offline(True)
    site.stop()
    yield
    site.start()
    context.set_offline(False)


def keep(page: Page, address: str, name: str = TITLE) -> None:
    page.goto(f"{address}keep.html")
    page.get_by_role("button", name=f"Keep {name}").click()
    expect(page.locator(".gw-keep-told")).to_contain_text(f"Kept: {name}")


def test_a_module_is_kept_by_keyboard_and_read_and_answered_with_the_network_cut(
    context: BrowserContext, site: Site
) -> None:
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{site.address}index.html")
    assert page.evaluate(WORKERS) == 0

    press(page, page.locator("main").get_by_role("link", name="Keep it on this device"))
    site.slow = 0.02
    press(page, page.get_by_role("button", name=f"Keep {TITLE}"))
    expect(page.get_by_role("button", name="Stop")).to_be_focused()
    bar = page.get_by_role("progressbar", name=f"Fetching the files of {TITLE}")
    expect(bar).to_have_attribute("aria-valuetext", re.compile(r"of \d.*MB"))
    expect(page.get_by_role("button", name=f"Remove {TITLE}")).to_be_focused()
    expect(page.get_by_role("status")).to_have_text(
        f"Kept: {TITLE}. You can read it without a connection now."
    )
    assert all(url.startswith(f"{site.address}_kept/") for url in page.evaluate(KEPT))

    with network_cut(context, site):
        page.goto(f"{site.address}{LESSON}")
        expect(page.get_by_text("You are reading the copy kept on this device.")).to_be_visible()
        assert page.evaluate("document.fonts.check('600 16px \"Groundwork Reading\"')")
        check = page.locator("section.gw-check").first
        check.get_by_role("radio").first.click()
        check.get_by_role("button", name="Check").click()
        expect(check.locator(".gw-told").first).to_be_visible()

        page.goto(f"{site.address}modules/{OTHER}/base-and-haven.html?from=here")
        expect(page.get_by_role("heading", name="You are offline")).to_be_visible()
        expect(page.get_by_text("The page you asked for is not kept")).to_be_visible()
        here = page.locator(".gw-kept-module")
        expect(here).to_have_count(1)
        press(page, here.get_by_role("link", name="Serve and return"))
        expect(page.locator("h1")).to_contain_text("Serve and return")
        expect(page.locator("section.gw-check .gw-told").first).to_be_visible()

        page.goto(f"{site.address}es/modules/{MODULE}/")
        expect(page.locator("html")).to_have_attribute("data-kept", re.compile("."))
        assert page.evaluate("document.documentElement.lang") == "es"
        page.goto(f"{site.address}modules/{OTHER}/")
        expect(page.get_by_role("heading", name="You are offline")).to_be_visible()

    press(page, page.get_by_role("link", name="Try that page again"))
    page.wait_for_url(re.compile(f"{OTHER}/index.html$"))
    assert complaints == []


def test_a_module_is_whole_or_not_kept_when_the_device_is_full(
    context: BrowserContext, site: Site
) -> None:
    page = context.new_page()
    page.goto(f"{site.address}keep.html")
    origin = site.address.removesuffix(f"/{FOLDER}")
    limit = partial(context.new_cdp_session(page).send, "Storage.overrideQuotaForOrigin")
    button = page.get_by_role("button", name=f"Keep {TITLE}")
    told = page.locator(".gw-keep-told")
    full = f"not enough room on this device for {TITLE}, so nothing of it was kept"

    limit({"origin": origin, "quotaSize": 1_000_000})
    button.click()
    expect(told).to_contain_text(full)
    expect(button).to_be_focused()
    assert len(site.kept()) > 1
    assert page.evaluate(KEPT) == []

    limit({"origin": origin})
    button.click()
    expect(told).to_contain_text(f"Kept: {TITLE}")
    page.get_by_role("button", name=f"Remove {TITLE}").click()
    expect(told).to_contain_text(f"Removed: {TITLE}")
    assert page.evaluate(KEPT) == []
    assert page.evaluate(WORKERS) == 0


def test_a_file_that_comes_other_than_listed_is_not_kept(
    context: BrowserContext, site: Site
) -> None:
    page = context.new_page()
    (site.html / LESSON).write_text("Sign in to this network", encoding="utf-8")
    page.goto(f"{site.address}keep.html")

    page.get_by_role("button", name=f"Keep {TITLE}").click()

    expect(page.locator(".gw-keep-told")).to_contain_text("A file came other than the book lists")
    assert page.evaluate(KEPT) == []


def test_keeping_can_be_stopped_and_another_tab_sees_what_is_kept(
    context: BrowserContext, site: Site
) -> None:
    page, beside = context.new_page(), context.new_page()
    keep(page, site.address)
    beside.goto(f"{site.address}keep.html")
    expect(beside.get_by_role("button", name=f"Remove {TITLE}")).to_be_visible()
    site.slow = 0.8

    page.get_by_role("button", name="Keep the whole book").click()
    expect(page.get_by_role("button", name="Stop")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".gw-keep-told")).to_have_text(
        "Stopped. Nothing of the whole book was kept."
    )
    expect(page.get_by_role("button", name=f"Remove {TITLE}")).to_be_visible()

    site.slow = 0
    page.get_by_role("button", name="Keep the whole book").click()
    expect(page.get_by_role("button", name="Remove everything")).to_be_focused()
    expect(beside.get_by_role("button", name="Remove everything")).to_be_visible()
    listed = json.loads((site.html / offline.LIST).read_text(encoding="utf-8"))
    digests = {digest for digest, _ in listed["files"].values()}
    kept = {url.rpartition("/")[2] for url in page.evaluate(KEPT)}
    assert kept == digests | {"asked", f"book-{listed['version']}"}


def test_a_newer_version_fetches_what_changed_and_waits_for_the_button(
    context: BrowserContext, site: Site, curriculum: Curriculum
) -> None:
    page, beside = context.new_page(), context.new_page()
    keep(page, site.address)
    page.goto(f"{site.address}modules/{MODULE}/reflection.html")
    area = page.get_by_role("textbox", name="Your reflection")
    area.fill("A draft in the middle of")
    page.evaluate("window.unmoved = true")
    site.asked.clear()

    site.rebuild(LESSON, curriculum, "Serve and return", "Serve, and return")
    beside.goto(f"{site.address}index.html")

    button = page.get_by_role("button", name="Load it now")
    expect(page.get_by_role("status").filter(has_text="A newer version is ready.")).to_be_visible()
    assert site.kept() == [f"/{FOLDER}{LESSON}"]
    area.press_sequentially(" a sentence")
    assert page.evaluate("window.unmoved") is True
    expect(beside.locator(".gw-notice")).to_have_count(0)

    press(page, button)
    page.wait_for_function("window.unmoved === undefined")
    expect(area).to_have_value("A draft in the middle of a sentence")
    with network_cut(context, site):
        page.goto(f"{site.address}{LESSON}")
        expect(page.locator("h1")).to_contain_text("Serve, and return")


def test_a_kept_page_comes_from_the_device_when_the_network_is_too_slow(
    context: BrowserContext, site: Site
) -> None:
    page = context.new_page()
    keep(page, site.address)
    site.stuck = LESSON

    page.goto(f"{site.address}{LESSON}")

    expect(page.get_by_text("You are reading the copy kept on this device.")).to_be_visible()


def test_axe_finds_nothing_on_the_panel_or_the_offline_page_by_day_or_by_night(
    context: BrowserContext, site: Site
) -> None:
    context.add_init_script(AXE_SCRIPT)
    page = context.new_page()
    found: dict[str, list[str]] = {}

    def look(name: str) -> None:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            found[f"{name}, {scheme}"] = page.evaluate(AXE)

    page.goto(f"{site.address}keep.html")
    site.slow = 1
    page.get_by_role("button", name=f"Keep {TITLE}").click()
    expect(page.get_by_role("progressbar", name="Fetching")).to_be_visible()
    look("while it is kept")
    site.slow = 0
    expect(page.get_by_role("button", name=f"Remove {TITLE}")).to_be_visible(timeout=40_000)
    look("when it is kept")
    with network_cut(context, site):
        page.goto(f"{site.address}modules/{OTHER}/quiz.html")
        expect(page.locator(".gw-kept-module")).to_be_visible()
        expect(page.locator(".gw-notice p")).not_to_be_empty()
        look("offline")
        page.set_viewport_size({"width": 320, "height": 700})
        page.wait_for_function(NARROW)
        page.goto(f"{site.address}keep.html")
        expect(page.get_by_text("You are offline. Modules can be kept")).to_be_visible()
        look("the panel offline")
        page.wait_for_function(NARROW)

    assert {name: faults for name, faults in found.items() if faults} == {}


# --- under a portal --------------------------------------------------------------------------


SERVE = """import os, pathlib, sys
from groundwork.portal.serving import serve
from groundwork.settings import read_settings
serve(read_settings(os.environ, data=pathlib.Path(sys.argv[1])), port=int(sys.argv[2]))"""
"""What `groundwork serve` does, without building the book first."""


class Portal:
    """A portal with the built book, in a process of its own that can be killed."""

    def __init__(self, project: Path, data: Path) -> None:
        self.project, self.data, self.port = project, data, free_port()
        self.address = f"http://127.0.0.1:{self.port}/"
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-c", SERVE, str(self.data), str(self.port)]
        environ = os.environ | {"GROUNDWORK_ROOT": str(self.project)}
        self.process = subprocess.Popen(
            command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(400):
            try:
                httpx.get(f"{self.address}healthz", timeout=2).raise_for_status()
                return
            except httpx.HTTPError:
                sleep(0.1)
        raise AssertionError("the portal did not start")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=20)

    def rows(self, select: str) -> list[Any]:
        with closing(sqlite3.connect(self.data / "groundwork.db")) as database:
            return database.execute(select).fetchall()


@pytest.fixture
def portal(project: Path, book: Path, tmp_path: Path) -> Iterator[Portal]:
    portal = Portal(project, tmp_path / "data")
    yield portal
    portal.kill()


def test_what_is_done_while_the_portal_is_dead_arrives_once_and_in_order(
    context: BrowserContext, portal: Portal, curriculum: Curriculum
) -> None:
    page, beside = context.new_page(), context.new_page()
    keep(page, portal.address)
    page.goto(f"{portal.address}modules/{MODULE}/quiz.html")
    page.get_by_role("button", name="Begin the quiz").click()
    page.locator(".gw-items input[type=radio]").first.check()
    portal.kill()

    lesson = curriculum.course.lesson(f"{MODULE}/serve-and-return")
    assert lesson
    page.goto(f"{portal.address}{LESSON}")
    expect(page.get_by_text("What you do waits in this browser")).to_be_visible()
    beside.goto(f"{portal.address}modules/{MODULE}/reflection.html")
    for number, name in enumerate(lesson.items):
        item = curriculum.practice[name]
        tab = (page, beside)[number % 2]
        tab.bring_to_front()
        if number < 2:
            tab.goto(f"{portal.address}{LESSON}")
        box = tab.locator(f'section[data-item="{name}"]')
        box.locator("input, select, button").first.focus()
        answer_rightly(tab, box, item)
        press(tab, box.get_by_role("button", name="Check"))
    page.bring_to_front()
    page.get_by_role("button", name="I have finished this lesson").click()
    expect(page.locator(".gw-finish-told")).to_contain_text("Kept in this browser.")
    page.reload()
    expect(page.locator(".gw-finish-told")).to_contain_text("Kept in this browser.")
    expect(page.locator(".gw-side .gw-status-word", has_text="waiting to be sent")).to_have_count(1)

    beside.goto(f"{portal.address}modules/{MODULE}/reflection.html")
    for words in ("A first thought", " and a second one."):
        beside.get_by_role("textbox", name="Your reflection").press_sequentially(words)
        beside.get_by_role("button", name="Save my reflection").click()
        status = beside.get_by_role("status").filter(has_text="It will be sent when the portal")
        expect(status).to_be_visible()

    page.goto(f"{portal.address}modules/{MODULE}/quiz.html")
    expect(page.get_by_text("A quiz is scored by the portal")).to_be_visible()
    page.get_by_role("button", name="Go on where you stopped").click()
    expect(page.locator(".gw-items input[type=radio]").first).to_be_checked()
    assert portal.rows("SELECT count(*) FROM event") == [(0,)]

    portal.start()
    for tab in (page, beside):
        tab.evaluate("dispatchEvent(new Event('online'))")
    expect(beside.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    page.goto(f"{portal.address}{LESSON}")
    expect(page.locator(".gw-finish-told")).to_contain_text("You have finished this lesson.")

    events = portal.rows("SELECT type, item FROM event WHERE type != 'active' ORDER BY id")
    practiced = [("practice", name) for name in lesson.items]
    assert events == [*practiced, ("lesson_finished", None)]
    texts = portal.rows("SELECT text FROM reflection ORDER BY id")
    assert texts == [("A first thought",), ("A first thought and a second one.",)]
    kept = page.evaluate("Object.keys(localStorage).filter((key) => key.includes(':queue:'))")
    assert kept == []
    assert not [url for url in page.evaluate(KEPT) if "_kept" not in url]
    pages = page.evaluate(TEXTS_KEPT)
    assert pages
    assert not [text for text in pages if "gw-progress" in text]


@pytest.fixture
def settings(project: Path, book: Path, tmp_path: Path) -> Settings:
    return read_settings({"GROUNDWORK_ROOT": str(project)}, data=tmp_path / "data")


def test_an_answer_arrives_although_the_script_that_sends_it_did_not_come_at_first(
    context: BrowserContext, settings: Settings
) -> None:
    page = context.new_page()
    page.clock.install()
    page.route("**/queue.js", lambda route: route.abort())
    with served_portal(settings) as client:
        page.goto(f"{client.base_url}{LESSON}")
        first = page.locator('section.gw-check[data-type="single"]').first
        first.get_by_role("radio").first.check()
        with page.expect_event("requestfailed", lambda request: "queue.js" in request.url):
            first.get_by_role("button", name="Check").click()

        with page.expect_response("**/api/events"):
            page.clock.run_for(31_000)

        assert [one["type"] for one in client.get("api/export").json()["events"]] == ["practice"]


def test_somebody_else_neither_sees_nor_sends_what_the_one_before_did(
    context: BrowserContext, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = ["ana"]

    def who_of(*_: Any) -> Who:
        return Who(key=here[0], course=SELF_STUDY)

    monkeypatch.setattr(accounts, "who_of", who_of)
    monkeypatch.setattr(pages, "who_of", who_of)
    with served_portal(settings) as client:
        address = str(client.base_url)
        page = context.new_page()
        keep(page, address)
        page.goto(f"{address}{LESSON}")
        first = page.locator('section.gw-check[data-type="single"]').first
        context.set_offline(True)
        first.get_by_role("radio").first.check()
        first.get_by_role("button", name="Check").click()
        expect(first.locator(".gw-told").first).to_be_visible()

        here[0] = "ben"
        context.set_offline(False)
        page.evaluate("dispatchEvent(new Event('online'))")
        expect(page.get_by_text("Somebody else is signed in here now.")).to_be_visible()
        assert client.get("api/export").json()["events"] == []

        page.get_by_role("button", name="Load this page again").click()
        finish = page.get_by_role("button", name="I have finished this lesson")
        page.wait_for_function("localStorage.length > 0 && !document.querySelector('.gw-notice')")
        expect(finish).to_be_visible()
        expect(first.locator(".gw-told").first).to_be_hidden()
        context.set_offline(True)
        page.reload()
        expect(finish).to_be_visible()
        expect(first.locator(".gw-told").first).to_be_hidden()
        context.set_offline(False)

        here[0] = "ana"
        page.reload()
        expect(first.locator(".gw-told").first).to_be_visible()
        expect(page.get_by_text("What waited in this browser has arrived.")).to_be_visible()
        assert [one["type"] for one in client.get("api/export").json()["events"]] == ["practice"]
