"""The paths of docs/access.md that no other test walks, and what a screen reader is given."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from browser.keyboard import answer_rightly, press, tab_to
from browser.pages import ARGUMENTS, CHROMIUM, served
from groundwork.curriculum import load_curriculum
from groundwork.settings import Settings

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed here.")

MODULE = "modules/02-brain-architecture"
LESSON = f"{MODULE}/serve-and-return.html"
PAGES = [
    "index.html", f"{MODULE}/index.html", LESSON, f"{MODULE}/quiz.html",
    f"{MODULE}/reflection.html", f"{MODULE}/handout.html", "progress.html", "review.html",
    "evidence.html", "glossary.html", "search.html", "about.html",
]  # fmt: skip
ONCE = ("banner", "main", "contentinfo")
NAMED = ("navigation", "region")
WORKED = ("button", "link", "textbox", "searchbox", "checkbox", "radio", "combobox", "slider")


@dataclass(frozen=True, slots=True)
class Node:
    """One node of the accessibility tree, as a screen reader gets it."""

    role: str
    name: str
    live: str


def tree(page: Page) -> list[Node]:
    """The accessibility tree of a page, without what is hidden from it."""
    session = page.context.new_cdp_session(page)
    nodes: list[dict[str, Any]] = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    return [_node(node) for node in nodes if not node["ignored"]]


def _node(node: dict[str, Any]) -> Node:
    states = {state["name"]: state["value"].get("value") for state in node.get("properties", [])}
    name = node.get("name", {}).get("value", "")
    return Node(node["role"]["value"], name, states.get("live", ""))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)


@pytest.fixture(scope="module")
def site(book: Path) -> Iterator[str]:
    with served(book) as address:
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_its_landmarks_once_and_a_name_for_everything(
    page: Page, site: str, name: str
) -> None:
    page.goto(f"{site}/{name}")
    page.wait_for_load_state("networkidle")
    nodes = tree(page)
    roles = Counter(node.role for node in nodes)

    assert {role: roles[role] for role in ONCE} == dict.fromkeys(ONCE, 1)
    assert [node for node in nodes if node.role in (*NAMED, *WORKED) and not node.name] == []
    places = Counter((node.role, node.name) for node in nodes if node.role in NAMED)
    assert [place for place, number in places.items() if number > 1] == []


def test_the_first_stop_of_tab_leads_past_the_navigation(page: Page, site: str) -> None:
    page.goto(f"{site}/{LESSON}")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the text")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_both_menus_of_a_phone_open_lead_and_shut_by_keyboard(page: Page, site: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{site}/{LESSON}")
    for summary, menu, link in (
        (page.locator(".gw-menu > summary"), "Site", "My progress"),
        (page.locator(".gw-side > summary"), "This module", "The buffering adult"),
    ):
        landmark = page.get_by_role("navigation", name=menu)
        expect(landmark).to_be_hidden()
        press(page, summary)
        tab_to(page, landmark.get_by_role("link", name=link))
        page.keyboard.press("Escape")
        expect(landmark).to_be_hidden()
        expect(summary).to_be_focused()


def test_the_page_is_made_dark_by_keyboard_and_stays_so(page: Page, site: str) -> None:
    page.goto(f"{site}/{LESSON}")
    press(page, page.get_by_role("button", name="Dark page"))
    expect(page.get_by_role("button", name="Light page")).to_be_focused()
    page.reload()

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_claims_mark_says_how_sure_it_is_and_leads_to_its_entry_and_back(
    page: Page, site: str
) -> None:
    page.goto(f"{site}/{LESSON}")
    mark = page.get_by_role("link", name=re.compile("^Evidence B38 some evidence$")).first
    press(page, mark)
    expect(page).to_have_url(re.compile(r"evidence\.html#claim-b38$"))
    expect(page.locator("#claim-b38")).to_be_in_viewport()
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('#claim-b38').contains(document.activeElement)")
    page.go_back()

    expect(page).to_have_url(re.compile(LESSON))


def test_an_answer_is_announced_and_the_figure_says_each_step(
    page: Page, site: str, project_settings: Settings
) -> None:
    curriculum = load_curriculum(project_settings)
    item = curriculum.practice[curriculum.course.modules[0].lessons[1].items[0]]
    page.goto(f"{site}/{LESSON}")
    figure = page.locator(".gw-figure[data-live]").first
    press(page, figure.get_by_role("button", name="Next"))
    step = figure.locator("output")
    expect(step).to_have_attribute("aria-live", "polite")
    expect(step).not_to_be_empty()

    box = page.locator(f'section[data-item="{item.id}"]')
    answer_rightly(page, box, item)
    press(page, box.get_by_role("button", name="Check"))
    focused = page.evaluate("document.activeElement.innerText")
    spoken = [node.name for node in tree(page) if node.live]
    heard = " ".join([focused, *box.get_by_role("status").all_inner_texts(), *spoken])
    assert "Right." in heard
