"""Listening: what is said of a section, one at a time, and nothing without a voice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from browser.keyboard import press
from browser.pages import ARGUMENTS, CHROMIUM, served
from browser.test_search import axe

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed here.")

LESSON = "modules/02-brain-architecture/serve-and-return.html"
A_VOICE = """(() => {
  const said = [];
  let now = null;
  const speechSynthesis = Object.assign(new EventTarget(), {
    getVoices: () => [{ lang: "LANGUAGE", default: true, localService: true }],
    speak: (saying) => { now = saying; said.push(saying.text); },
    cancel: () => { const cut = now; now = null; cut?.onerror?.({ error: "canceled" }); },
  });
  Object.defineProperty(window, "speechSynthesis", { value: speechSynthesis });
  window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
  window.heard = {
    said,
    rate: () => now?.rate,
    silent: () => !now,
    end: () => { const one = now; now = null; one?.onend?.(); },
  };
})()"""
SPEAK_ALL = (
    "() => { for (let n = 0; n < 200 && !heard.silent(); n += 1) heard.end(); return heard.said; }"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)


@pytest.fixture(scope="module")
def site(book: Path) -> Iterator[str]:
    with served(book) as address:
        yield address


def opened(browser: Browser, site: str, language: str, name: str = LESSON) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.add_init_script(A_VOICE.replace("LANGUAGE", language))
    page.goto(f"{site}/{name}")
    page.wait_for_load_state("networkidle")
    return page


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    page = opened(browser, site, "en-US")
    yield page
    page.context.close()


def test_a_section_is_read_in_sentences_without_marks_and_with_its_questions_named(
    page: Page,
) -> None:
    page.get_by_role("button", name="Listen to “The exchange”").click()
    said = page.evaluate(SPEAK_ALL)

    assert said[:2] == ["The exchange.", "The name comes from tennis."]
    assert said.count("Some evidence.") == 1
    assert "A question follows." in said
    assert "A picture." in said
    assert not [text for text in said if "B38" in text or "Check yourself" in text or not text]
    assert not [text for text in said if "Noticing serves" in text]
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)


def test_reading_pauses_goes_on_takes_another_speed_and_stops_by_keyboard(page: Page) -> None:
    opener = page.get_by_role("button", name="Listen to “Noticing serves”")
    press(page, opener)
    controls = page.get_by_role("group", name="Reading aloud: Noticing serves")
    expect(controls.get_by_role("button", name="Pause")).to_be_focused()
    assert axe(page, ".gw-player") == []
    page.evaluate("heard.end()")
    page.keyboard.press("Enter")
    assert page.evaluate("heard.silent()")
    cut = page.evaluate("heard.said.at(-1)")

    page.keyboard.press("Enter")
    assert page.evaluate("[heard.said.at(-1), heard.rate()]") == [cut, 1]
    controls.get_by_role("combobox", name="Speed").select_option("1.5")
    assert page.evaluate("[heard.said.at(-1), heard.rate()]") == [cut, 1.5]

    press(page, controls.get_by_role("button", name="Stop"))
    assert page.evaluate("heard.silent()")
    expect(controls).to_have_count(0)
    expect(opener).to_be_focused()


def test_one_section_is_read_at_a_time_and_none_after_leaving(page: Page) -> None:
    page.get_by_role("button", name="Listen to “Noticing serves”").click()
    page.get_by_role("button", name="Listen to “Talk, and turns”").click()
    expect(page.locator(".gw-player")).to_have_count(1)
    assert page.evaluate("heard.said.at(-1)") == "Talk, and turns."

    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
    assert page.evaluate("heard.silent()")


def test_without_a_voice_for_the_page_there_is_nothing_to_press(
    browser: Browser, site: str
) -> None:
    for language, name in (("fr-FR", LESSON), ("en-US", "evidence.html")):
        page = opened(browser, site, language, name)
        expect(page.locator(".gw-listen")).to_have_count(0)
        page.context.close()
