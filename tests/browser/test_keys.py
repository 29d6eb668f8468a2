"""Shortcuts of one key: what they do, when they hold still, and how they are switched off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from browser.keyboard import press
from browser.pages import ARGUMENTS, CHROMIUM, served

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed here.")

LESSON = "modules/02-brain-architecture/serve-and-return.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)


@pytest.fixture
def page(browser: Browser, book: Path) -> Iterator[Page]:
    with served(book) as address:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.goto(f"{address}/{LESSON}")
        yield page
        context.close()


def test_a_question_mark_lists_the_keys_and_escape_closes_the_list(page: Page) -> None:
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("heading")).to_be_focused()
    expect(dialog.locator("kbd")).to_have_text(["/", "n", "p", "m", "?", "Esc"])

    page.keyboard.press("n")
    page.keyboard.press("Escape")

    expect(dialog).to_be_hidden()
    expect(page).to_have_url(re.compile(LESSON))


@pytest.mark.parametrize(
    ("key", "leads"), [("n", "timing-and-second-chances"), ("p", "how-brains-are-built")]
)
def test_n_and_p_turn_the_page(page: Page, key: str, leads: str) -> None:
    page.keyboard.press(key)

    expect(page).to_have_url(re.compile(leads))


def test_a_slash_leads_to_the_search_field(page: Page) -> None:
    page.keyboard.press("/")

    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("n/p?")
    expect(page.get_by_role("searchbox")).to_have_value("n/p?")


def test_m_leads_into_the_menu(page: Page) -> None:
    page.keyboard.press("m")

    expect(page.locator(".gw-side a[aria-current]")).to_be_focused()


def test_no_key_does_anything_while_something_else_has_the_focus(page: Page) -> None:
    page.locator(".gw-side a[aria-current]").focus()

    for key in "n/?":
        page.keyboard.press(key)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Control+p")

    expect(page).to_have_url(re.compile(LESSON))
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_keys_can_be_switched_off_and_on_again(page: Page) -> None:
    opener = page.get_by_role("button", name="Keyboard shortcuts")
    press(page, opener)
    box = page.get_by_role("checkbox", name="Use these shortcuts")
    expect(box).to_be_checked()
    press(page, box, "Space")
    press(page, page.get_by_role("button", name="Close"))
    page.reload()

    page.keyboard.press("n")
    page.keyboard.press("?")
    expect(page).to_have_url(re.compile(LESSON))
    expect(page.get_by_role("dialog")).to_have_count(0)

    press(page, opener)
    press(page, box, "Space")
    press(page, page.get_by_role("button", name="Close"))
    page.reload()
    page.keyboard.press("n")
    expect(page).to_have_url(re.compile("timing-and-second-chances"))
