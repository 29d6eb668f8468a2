"""A lesson in Spanish, in a browser: its questions score the same, and progress is one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from browser.pages import ARGUMENTS, CHROMIUM, served

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed here.")

LESSON = "modules/02-brain-architecture/how-brains-are-built.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that hears its own errors and every file that is not there."""
    context = browser.new_context()
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("response", lambda one: wrong.append(one.url) if one.status >= 400 else None)
    yield page
    context.close()
    assert wrong == []


@pytest.fixture(scope="module")
def address(book: Path) -> Iterator[str]:
    with served(book) as address:
        yield address


def test_an_answer_given_in_spanish_is_kept_for_the_english_page_too(
    page: Page, address: str
) -> None:
    page.goto(f"{address}/es/{LESSON}")
    check = page.locator("#check-pruning-worry")
    check.locator("input[value=ordinary]").check()
    check.get_by_role("button", name="Comprobar").click()

    expect(check.locator(".gw-told")).to_have_text("Correcto. Esa corresponde.")
    page.locator(".gw-tongue").click()

    expect(page).to_have_url(f"{address}/{LESSON}")
    expect(check.locator(".gw-told")).to_have_text("Right. That one fits.")
    page.get_by_role("link", name="Español", exact=True).click()
    expect(check.locator(".gw-told")).to_have_text("Correcto. Esa corresponde.")


def test_a_moving_figure_speaks_spanish_when_it_is_moved(page: Page, address: str) -> None:
    page.goto(f"{address}/es/{LESSON}")
    figure = page.locator('[data-figure="synapse-growth"]')
    figure.scroll_into_view_if_needed()
    slider = figure.get_by_role("slider", name="Edad")
    slider.focus()
    page.keyboard.press("End")

    expect(figure.get_by_text("30 años: en la audición, la poda neta ha terminado")).to_be_visible()
    assert figure.locator("svg text", has_text="birth").count() == 0
    assert figure.locator("svg text", has_text="nacer").count() > 0


def test_finishing_and_progress_are_told_in_spanish(page: Page, address: str) -> None:
    page.goto(f"{address}/es/{LESSON}")
    page.get_by_role("button", name="Terminé esta lección").click()
    expect(page.get_by_text("Antes, responda lo que está pendiente:")).to_be_visible()

    page.goto(f"{address}/es/progress.html")
    room = page.get_by_role("link", name="Cómo se construye el cerebro")
    expect(room).to_have_attribute("href", f"{address}/es/{LESSON}")
    expect(page.locator("tr[data-status=reading]").first).to_contain_text("empezada")
