"""An instructor's week on the real JupyterHub, from a cohort's page to a record that holds."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect

import groundwork
from groundwork.curriculum import load_curriculum
from small_portal import (
    FIRST,
    FIRST_CHECK,
    MODULE,
    SECOND,
    SECOND_CHECKS,
    attempt,
    event,
    right_answers,
)

from . import test_hub
from .keyboard import press, tab_to
from .test_access import ACROSS, AXE, OF_COLOR, WCAG
from .test_hub import PORTAL, Running, called, opened, sign_in, sign_up

hub = test_hub.hub
browser = test_hub.browser
pytestmark = test_hub.pytestmark

STATIC = Path(groundwork.__file__).parent / "theme" / "static"
COURSE = "winter"
ROSTER = "name,user\nAna Ruiz,ana\n"
SAW = "I watched a baby reach for a spoon, and her father wait until she had it."
AGAIN = f"{SAW} He said, “You found it.”"
ASKED = "What did the father say then?"
UNFOLD = "document.querySelectorAll('main details').forEach((one) => { one.open = true; })"
HERE = f"/{PORTAL}"
TEACH = f"{HERE}teach"


def test_a_week_from_a_cohorts_first_page_to_a_record_that_holds(
    browser: Browser, hub: Running
) -> None:
    shutil.copytree(STATIC, hub.settings.book / "_static", dirs_exist_ok=True)
    complaints: list[str] = []
    people = Week(browser, hub, complaints)

    people.make_accounts("ines", "ana", "carl")
    people.make_the_cohort()
    ines = people.come_in("ines", TEACH)
    link = enrol(ines)
    set_days(ines)
    plan_a_session(ines)

    ana = people.come_in("ana", f"{HERE}my-course")
    ben = people.come_by_link("ben", link)
    carl = people.come_in("carl", f"{HERE}my-course")
    learn(ana, hub)
    hand_in(ana, SAW)
    hand_in(ben, "I watched a baby look at a lamp.")
    see_who_is_where(ines)
    read_two_by_keyboard(ines)
    expect_feedback(ana)
    hand_in(ana, AGAIN)
    read_one_that_was_sent_again(ines)
    tap_attendance(ines)
    give_records(ines)
    look_at_the_rest(ines)

    record = the_record_of(ana)
    it_verifies(ana, record)
    nothing_of_hers_is_for_another(carl, record)
    assert [one for one in complaints if "status of 40" not in one] == []  # refused on purpose


class Week:
    """The people of a week, each with a browser of their own."""

    def __init__(self, browser: Browser, hub: Running, complaints: list[str]) -> None:
        self.browser = browser
        self.hub = hub
        self.complaints = complaints
        self.admin = self._page()

    def _page(self) -> Page:
        page = opened(self.browser)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda said: self.complaints.append(said.text) if said.type == "error" else None,
        )
        return page

    def make_accounts(self, *names: str) -> None:
        """The first administrator makes an account by link, and approves those who wait."""
        signup = f"{self.hub.address}hub/signup"
        for name in names:
            page = self._page()
            sign_up(page, signup, name)
            expect(page.get_by_text("waits until an administrator approves it")).to_be_visible()
            page.context.close()
        sign_up(self.admin, f"{signup}?invitation={self.hub.first_admin}", "ada")
        expect(self.admin.get_by_text("You can sign in now.")).to_be_visible()
        self.admin.goto(f"{self.hub.address}hub/login?next=%2Fhub%2Fauthorize")
        sign_in(self.admin, "ada")
        for name in names:
            row = self.admin.get_by_role("row").filter(has=self.admin.get_by_text(name, exact=True))
            row.get_by_role("button", name="Authorize").click()
            expect(row.get_by_role("button", name="Unauthorize")).to_be_visible()

    def make_the_cohort(self) -> None:
        """The administrator makes a cohort from the page, and names who leads it."""
        page = self.admin
        page.goto(self._address(TEACH))
        if not page.get_by_label("Short name").is_visible():
            page.get_by_text("A new cohort").click()
        page.get_by_label("Name", exact=True).fill("Winter together")
        page.get_by_label("Short name").fill(COURSE)
        page.get_by_label("User name").fill("ines")
        page.get_by_label("Their name, as records print it").fill("Ines Vogel")
        page.get_by_label("Their qualifications").fill("LCSW")
        page.get_by_label("Name, as records print it", exact=True).fill("An association")
        look(page)
        page.get_by_role("button", name="Make the cohort").click()
        expect(page.get_by_role("status")).to_contain_text("The cohort is made.")

    def come_in(self, name: str, page_path: str) -> Page:
        """Somebody with an account goes to a page, and signs in on the way."""
        page = self._page()
        page.goto(self._address(page_path))
        sign_in(page, name)
        page.wait_for_url(f"**{page_path}")
        return page

    def come_by_link(self, name: str, link: str) -> Page:
        """Somebody is let in by a link: an account, and then the cohort."""
        page = self._page()
        page.goto(self._address(link))
        page.get_by_role("link", name="Make an account").click()
        sign_up(page, page.url, name)
        page.get_by_role("link", name="Sign in").click()
        sign_in(page, name)
        page.get_by_role("button", name="Join this cohort").click()
        page.wait_for_url(f"**{HERE}")
        return page

    def _address(self, path: str) -> str:
        return self.hub.address.rstrip("/") + path


def to(page: Page, path: str) -> None:
    """Go to a page of the portal by its path."""
    page.goto(page.evaluate("location.origin") + path)


def look(page: Page) -> None:
    """Nothing for axe to find by day and by night, and nothing cut off on the narrowest screen."""
    page.evaluate(AXE_SCRIPT)
    for width, scheme, only in (
        (1280, "light", {"type": "tag", "values": WCAG}),
        (390, "dark", {"type": "rule", "values": OF_COLOR}),
    ):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        options = {"runOnly": only, "resultTypes": ["violations"], "preload": False}
        assert page.evaluate(AXE, options) == [], (page.url, width, scheme)
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate(ACROSS) == 320, page.url
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")


# --- the instructor prepares -----------------------------------------------------------------


def enrol(ines: Page) -> str:
    """One learner by a list, one by a link, one by hand; where the link leads."""
    look(ines)
    ines.get_by_role("link", name="Winter together").click()
    look(ines)  # a board with nobody on it
    ines.get_by_role("link", name="People", exact=True).click()
    ines.get_by_text("From a list (CSV)").click()
    ines.get_by_label("Roster").set_input_files(
        {"name": "roster.csv", "mimeType": "text/csv", "buffer": ROSTER.encode()}
    )
    ines.get_by_role("button", name="Show what would change").click()
    expect(ines.get_by_role("region", name="What the roster would change")).to_contain_text(
        "Ana Ruiz"
    )
    look(ines)
    ines.get_by_role("button", name="Take it in").click()
    expect(ines.get_by_role("status")).to_have_text("The roster is taken in.")

    ines.get_by_text("By a link").click()
    ines.get_by_label("Seats").fill("1")
    ines.get_by_role("button", name="Make a link").click()
    link = ines.get_by_label("The link, shown this once").input_value()

    ines.get_by_text("One person", exact=True).click()
    ines.get_by_label("Name", exact=True).fill("Carl Weiss")
    ines.get_by_label("User name").fill("carl")
    ines.get_by_role("button", name="Add", exact=True).click()
    expect(ines.get_by_role("heading", name="Learners (2)")).to_be_visible()
    look(ines)
    return HERE + link.split(HERE, 1)[1]


def set_days(ines: Page) -> None:
    """The module has been open since yesterday, and is due in two weeks."""
    ines.get_by_role("link", name="Days", exact=True).click()
    today = datetime.now(UTC).date()
    ines.get_by_label("Opens").first.fill((today - timedelta(days=1)).isoformat())
    ines.get_by_label("Due").first.fill((today + timedelta(days=14)).isoformat())
    ines.get_by_role("button", name="Save").first.click()
    expect(ines.get_by_role("status")).to_have_text("Saved.")
    look(ines)


def plan_a_session(ines: Page) -> None:
    """An hour together, which was this morning."""
    ines.get_by_role("link", name="Live sessions").click()
    ines.get_by_label("Title").fill("Our first hour")
    ines.get_by_label("Begins").fill(f"{datetime.now(UTC):%Y-%m-%d}T01:00")
    ines.get_by_label("Belongs to").select_option(MODULE)
    ines.get_by_role("button", name="Plan it").click()
    expect(ines.get_by_role("link", name="Our first hour")).to_be_visible()
    look(ines)


# --- learners work ---------------------------------------------------------------------------


def learn(ana: Page, hub: Running) -> None:
    """Read both lessons, answer their self-checks, pass the quiz: what the pages' scripts send."""
    look(ana)
    form = load_curriculum(hub.settings).quizzes[MODULE].form("B")
    events = [
        event("practice", FIRST, item=FIRST_CHECK, answer="stand"),
        event("lesson_finished", FIRST),
        event("practice", SECOND, item=SECOND_CHECKS[0], answer=["stairs", "sofa"]),
        event("practice", SECOND, item=SECOND_CHECKS[1]),
        event("lesson_finished", SECOND),
    ]
    told: Any = called(ana, "POST", f"{HERE}api/events", {"events": events})[1]
    assert [one["status"] for one in told["results"]] == ["accepted"] * 5
    passed: Any = called(ana, "POST", f"{HERE}api/attempts", attempt("B", right_answers(form)))[1]
    assert passed["passed"]


def hand_in(page: Page, text: str) -> None:
    written = {"text": text, "met": [True, True, True]}
    assert called(page, "PUT", f"{HERE}api/reflections/{MODULE}", written)[0] == 200


def expect_feedback(ana: Page) -> None:
    to(ana, f"{HERE}my-course")
    expect(ana.get_by_text("Your reflection: not yet")).to_be_visible()
    expect(ana.get_by_text(ASKED)).to_be_visible()
    look(ana)


# --- the instructor watches, reads, counts and finishes --------------------------------------


def see_who_is_where(ines: Page) -> None:
    to(ines, f"{TEACH}/{COURSE}")
    table = ines.get_by_role("table")
    for name, step in (
        ("Ana Ruiz", "reflection in"),
        ("ben", "reading"),
        ("Carl Weiss", "not started"),
    ):
        expect(table.get_by_role("row").filter(has_text=name)).to_contain_text(step)
    look(ines)


def read_two_by_keyboard(ines: Page) -> None:
    """Ana's comes back with a question, Ben's is complete; no pointer, and the next is there."""
    press(ines, ines.get_by_role("link", name="2 reflections wait to be read"))
    expect(ines.get_by_role("heading", name="Reflections")).to_be_visible()
    look(ines)
    press(ines, ines.get_by_role("link", name="Read the first of 2"))
    expect(ines.get_by_role("heading", name="Ana Ruiz: Small steps")).to_be_visible()
    look(ines)
    expect(ines.locator("#verdict")).to_be_focused()
    ines.keyboard.press("1")
    expect(ines.get_by_role("checkbox").first).to_be_checked()
    tab_to(ines, ines.get_by_label("A word to them"))
    ines.keyboard.type(ASKED)
    press(ines, ines.get_by_label("Keep this comment"), "Space")
    ines.keyboard.press("n")
    expect(ines.get_by_role("heading", name="ben: Small steps")).to_be_visible()
    expect(ines.locator("#verdict")).to_be_focused()
    for key in "123c":
        ines.keyboard.press(key)
    expect(ines.get_by_text("None waits.")).to_be_visible()


def read_one_that_was_sent_again(ines: Page) -> None:
    to(ines, f"{TEACH}/{COURSE}/reflections")
    expect(ines.get_by_text("sent again", exact=False).first).to_be_visible()
    press(ines, ines.get_by_role("link", name="Read the first of 1"))
    expect(ines.get_by_text("“You found it.”")).to_be_visible()
    press(ines, ines.get_by_role("button", name=ASKED))
    expect(ines.get_by_label("A word to them")).to_have_value(ASKED)
    ines.keyboard.press("Control+A")
    ines.keyboard.type("Thank you.")
    look(ines)
    press(ines, ines.get_by_role("button", name="Complete"))
    expect(ines.get_by_text("None waits.")).to_be_visible()


def tap_attendance(ines: Page) -> None:
    """On a phone: two were there, one was not."""
    to(ines, f"{TEACH}/{COURSE}/sessions")
    ines.get_by_role("link", name="Our first hour").click()
    look(ines)
    ines.set_viewport_size({"width": 390, "height": 800})
    ines.get_by_text("Ana Ruiz").first.click()
    ines.get_by_text("ben").first.click()
    ines.get_by_role("button", name="Save the list").click()
    expect(ines.get_by_role("status")).to_have_text("Saved.")
    expect(ines.get_by_role("checkbox", name="Ana Ruiz")).to_be_checked()
    expect(ines.get_by_role("checkbox", name="Carl Weiss")).not_to_be_checked()
    ines.set_viewport_size({"width": 1280, "height": 900})


def give_records(ines: Page) -> None:
    ines.get_by_role("link", name="Records", exact=True).click()
    expect(ines.get_by_role("heading", name="Not everything yet (2)")).to_be_visible()
    look(ines)
    ines.get_by_role("button", name="Make 1 record").click()
    expect(ines.get_by_role("status")).to_contain_text("1 made, 0 were there before.")
    look(ines)


def look_at_the_rest(ines: Page) -> None:
    """The pages that the week has not led to."""
    for name in (f"stats/{MODULE}", "evaluation", "people"):
        to(ines, f"{TEACH}/{COURSE}/{name}")
        look(ines)
    for link, heading in (("Ana Ruiz", "Ana Ruiz"), ("Settings", "Settings")):
        ines.get_by_role("link", name=link).click()
        expect(ines.get_by_role("heading", name=heading, level=2)).to_be_visible()
        ines.evaluate(UNFOLD)
        look(ines)


# --- the learner's record --------------------------------------------------------------------


def the_record_of(ana: Page) -> dict[str, Any]:
    to(ana, f"{HERE}my-course")
    expect(ana.get_by_text("Complete.", exact=True)).to_be_visible()
    look(ana)
    ana.get_by_role("link", name="without your name").click()
    look(ana)
    told: Any = called(ana, "GET", f"{HERE}api/progress")[1]
    found: dict[str, Any] = told["modules"][0]["record"]
    return found


def it_verifies(ana: Page, record: dict[str, Any]) -> None:
    """Whoever is given the file has it checked on the page."""
    signed = ana.context.request.get(ana.evaluate("location.origin") + record["json"]).body()
    to(ana, f"{HERE}verify")
    ana.get_by_label("Record (PDF, PNG or JSON").set_input_files(
        {"name": "record.json", "mimeType": "application/json", "buffer": signed}
    )
    ana.get_by_role("button", name="Check it").click()
    for said in ("Ana Ruiz", "Small steps", "Ines Vogel", "LCSW", "An association"):
        expect(ana.locator("main")).to_contain_text(said)


def nothing_of_hers_is_for_another(carl: Page, record: dict[str, Any]) -> None:
    to(carl, f"{HERE}my-course")
    expect(carl.locator("main")).not_to_contain_text("Ana")
    expect(carl.locator("main")).not_to_contain_text(ASKED)
    assert called(carl, "GET", f"{HERE}api/attempts")[1] == {"attempts": []}
    for path in (record["json"], f"{TEACH}/{COURSE}", f"{TEACH}/{COURSE}/people"):
        answer = carl.goto(carl.evaluate("location.origin") + path)
        assert answer is not None
        assert answer.status in (403, 404), path
