"""Search: lessons, claims and the glossary, by keyboard, without a server of its own."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from browser.pages import ARGUMENTS, CHROMIUM, served
from groundwork.curriculum import load_curriculum
from groundwork.settings import Settings

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed here.")

INDEX = "_static/gw/search.json"
MOST_BYTES_A_MODULE = 40_000
"""What four modules, their claims and words weigh, compressed, shared among the modules."""

LESSON = "modules/02-brain-architecture/serve-and-return.html"
FOUND = """async (query) => {
  const { prepare, find } = await import("./_static/search.js");
  const { things, misspelled } = find(prepare(window.small), query);
  return { titles: things.map((thing) => thing.title), misspelled: misspelled.map(([one]) => one) };
}"""
SMALL = {
    "pages": [
        ["a.html", "First module, lesson 1", True, [
            ["", "Serve and return", "A baby bangs a spoon and an adult answers."],
            ["turns", "Taking turns", "Waiting is part of the exchange with babies."],
        ]],
        ["b.html", "", False, [["", "About", "Who made this, and why."]]],
    ],
    "claims": [["B2", "claim-b2", "strong evidence", "Cortisol rises through the day in Perú."]],
    "terms": [["term-haven", "Safe haven", "haven of safety", "Whom a child turns to."]],
}  # fmt: skip


def axe(page: Page, place: str) -> list[str]:
    """What axe finds wrong in a part of a page."""
    page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(
        "async (place) => (await axe.run(place)).violations.map((rule) => rule.id)", place
    )
    return found


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


def test_the_index_holds_every_lesson_claim_and_word_and_stays_small(
    book: Path, project_settings: Settings
) -> None:
    text = (book / INDEX).read_bytes()
    index = json.loads(text)
    curriculum = load_curriculum(project_settings)
    modules = curriculum.course.modules

    assert {row[0] for row in index["pages"]} >= {
        lesson.href for module in modules for lesson in module.lessons
    }
    assert len(index["claims"]) == len(curriculum.ledger.claims)
    assert len(index["terms"]) == len(curriculum.glossary.terms)
    assert len(gzip.compress(text)) <= MOST_BYTES_A_MODULE * len(modules)


def test_the_index_has_a_lessons_words_and_questions_but_no_mark_and_no_hidden_page(
    book: Path,
) -> None:
    pages = {row[0]: row[3] for row in json.loads((book / INDEX).read_text())["pages"]}
    words = " ".join(part[2] for part in pages[LESSON])

    assert "serve and return" in words  # also where the glossary marks it
    assert "Match each child’s serve with the return that fits it best." in words
    assert not re.search(r"B38|strong evidence|<|show\(", words)
    assert "gallery.html" not in pages


@pytest.mark.parametrize(
    ("query", "titles", "misspelled"),
    [
        ("BÁNGS", ["Serve and return"], []),
        ("peru", ["B2, strong evidence"], []),
        ("b2", ["B2, strong evidence"], []),
        ("spoon answers", ["Serve and return"], []),
        ("serve turns", ["Taking turns"], []),
        ("spoon cortisol", [], []),
        ("cortisole", ["B2, strong evidence"], ["cortisole"]),
        ("cotrisol", ["B2, strong evidence"], ["cotrisol"]),
        ("exch", ["Taking turns"], []),
        ("haven of safety", ["Safe haven"], []),
        ("baby", ["Serve and return", "Taking turns"], []),
        ("zebra", [], []),
    ],
)
def test_words_are_found_without_case_accents_or_one_wrong_letter(
    page: Page, site: str, query: str, titles: list[str], misspelled: list[str]
) -> None:
    page.goto(f"{site}/search.html")
    page.evaluate("(small) => { window.small = small; }", SMALL)
    found = page.evaluate(FOUND, query)

    assert sorted(found["titles"]) == sorted(titles)
    assert found["misspelled"] == misspelled


def test_a_title_comes_before_a_word_in_passing(page: Page, site: str) -> None:
    page.goto(f"{site}/search.html")
    page.evaluate("(small) => { window.small = small; }", SMALL)

    assert page.evaluate(FOUND, "turns")["titles"] == ["Taking turns", "Safe haven"]


def test_a_slash_opens_a_box_and_its_results_are_walked_by_arrow_and_by_tab(
    page: Page, site: str
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{site}/{LESSON}")
    page.keyboard.press("/")
    box = page.get_by_role("dialog", name="Search")
    field = box.get_by_role("searchbox", name="Words to look for")
    expect(field).to_be_focused()
    assert not any(INDEX in url for url in asked)

    page.keyboard.type("buffering adult")
    expect(box.get_by_role("heading", name="Lessons")).to_be_visible()
    expect(box.get_by_role("status")).to_have_text(
        re.compile(r"^Found: \d+ lessons, \d+ claims?, .*\.$")
    )
    assert len([url for url in asked if INDEX in url]) == 1

    assert axe(page, ".gw-box") == []
    links = box.locator(".gw-results li > a")
    page.keyboard.press("ArrowDown")
    expect(links.first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(field).to_be_focused()
    page.keyboard.press("Tab")
    expect(links.first).to_be_focused()
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()

    page.keyboard.press("/")
    expect(field).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"search\.html\?q=buffering(%20|\+)adult"))
    expect(page.get_by_role("searchbox")).to_have_value("buffering adult")
    expect(page.get_by_role("heading", name="Lessons")).to_be_visible()


def test_the_page_groups_what_it_finds_and_leads_to_the_very_place(page: Page, site: str) -> None:
    page.goto(f"{site}/search.html")
    page.get_by_role("searchbox").fill("attachment")
    groups = page.locator(".gw-results h2")
    expect(groups).to_have_text(["Lessons", "Claims", "Glossary", "Other pages"])
    claims = page.get_by_role("region", name="Claims")
    first = claims.get_by_role("link").first
    expect(first).to_have_text(
        re.compile(r"^[A-Z]+\d+, (strong evidence|some evidence|contested)$")
    )
    claims.get_by_role("button", name=re.compile(r"^Show all \d+$")).click()
    expect(claims.get_by_role("link").nth(5)).to_be_focused()

    term = (
        page.get_by_role("region", name="Glossary")
        .locator("li")
        .filter(has_text="young child’s bond")
    )
    expect(term.locator("mark")).to_have_count(0)  # the word stands in its name, not its meaning
    term.get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"glossary\.html#term-attachment$"))
    page.go_back()
    expect(page.get_by_role("searchbox")).to_have_value("attachment")


def test_a_misspelling_says_what_is_shown_in_its_place(page: Page, site: str) -> None:
    page.goto(f"{site}/search.html?q=atachment")

    expect(page.get_by_role("status")).to_have_text(
        re.compile("^Nothing has “atachment”. Shown instead: attachment")
    )


def test_markup_in_what_is_found_is_shown_as_text(page: Page, site: str) -> None:
    hostile: dict[str, Any] = SMALL | {"claims": [["B1", "claim-b1", "high", "<img src=x> stress"]]}
    page.route(f"**/{INDEX}", lambda route: route.fulfill(json=hostile))
    page.goto(f"{site}/search.html?q=stress")

    expect(page.get_by_text("<img src=x> stress")).to_be_visible()
    expect(page.locator(".gw-results img")).to_have_count(0)


def test_an_index_out_of_reach_is_said_and_asked_for_again(page: Page, site: str) -> None:
    def refuse(route: Route) -> None:
        route.abort()

    page.route(f"**/{INDEX}", refuse)
    page.goto(f"{site}/search.html")
    page.get_by_role("searchbox").fill("stress")
    expect(page.get_by_role("status")).to_have_text(re.compile("could not be loaded"))

    page.unroute(f"**/{INDEX}", refuse)
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_role("heading", name="Lessons")).to_be_visible()
