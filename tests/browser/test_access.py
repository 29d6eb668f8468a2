"""Every page of the book: nothing for axe to find, nothing cut off, headings in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, sync_playwright

from browser.pages import ARGUMENTS, CHROMIUM, served

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed here.")

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
OF_COLOR = ["color-contrast", "link-in-text-block"]
"""The rules that a change from light to dark can break; all others are the same in both."""

READY = """() => document.fonts.status === "loaded"
  && [...document.querySelectorAll(".gw-check-static")].every((one) => one.hidden)"""
AXE = """async (options) => (await axe.run(document, options)).violations.flatMap(
  (rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")}`))"""
HEADINGS = """() => [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
  .filter((one) => one.checkVisibility()).map((one) => Number(one.localName[1]))"""
THIN = """() => document
  .querySelectorAll(".gw-evidence:nth-of-type(n+41), .gw-terms > :nth-child(n+81)")
  .forEach((one) => one.remove())"""
"""Entries of one make, by the hundred: axe reads all of them once, then only the first."""

ACROSS = "() => document.documentElement.scrollWidth"


@dataclass(slots=True)
class Visit:
    """What one page looked like to axe, to a narrow screen and to a reader of headings."""

    name: str
    language: str = ""
    violations: list[str] = field(default_factory=list)
    width: int = 0
    headings: list[int] = field(default_factory=list)


def _axe(page: Page, *, without: Sequence[str] = (), **run_only: Any) -> list[str]:
    options = {
        "runOnly": run_only,
        "rules": {name: {"enabled": False} for name in without},
        "resultTypes": ["violations"],
        "preload": False,
    }
    found: list[str] = page.evaluate(AXE, options)
    return found


def _visit(page: Page, address: str, name: str) -> Visit:
    """Look at a page wide and narrow, by day and by night, loading it once.

    Colors take axe most of its time: they are read wide by day and narrow by night.
    """
    seen = Visit(name)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.goto(f"{address}/{name}")
    page.wait_for_function(READY)
    seen.language = page.evaluate("document.documentElement.lang")
    seen.headings = page.evaluate(HEADINGS)
    seen.violations += [f"light 1280 {one}" for one in _axe(page, type="tag", values=WCAG)]
    page.set_viewport_size({"width": 320, "height": 700})
    seen.width = page.evaluate(ACROSS)
    page.evaluate(THIN)
    page.set_viewport_size({"width": 390, "height": 800})
    narrow = _axe(page, type="tag", values=WCAG, without=OF_COLOR)
    seen.violations += [f"light 390 {one}" for one in narrow]
    page.emulate_media(color_scheme="dark")
    seen.violations += [f"dark 390 {one}" for one in _axe(page, type="rule", values=OF_COLOR)]
    return seen


@pytest.fixture(scope="module")
def visits(book: Path) -> Iterator[list[Visit]]:
    """Every page of the book, visited once in one browser."""
    names = sorted(str(path.relative_to(book)) for path in book.rglob("*.html"))
    with served(book) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context()
        context.add_init_script(AXE_SCRIPT)
        page = context.new_page()
        yield [_visit(page, address, name) for name in names if not name.startswith("reports/")]
        browser.close()


def test_axe_finds_nothing_on_any_page_by_day_or_by_night(visits: list[Visit]) -> None:
    assert len(visits) > 20
    assert {visit.name: visit.violations for visit in visits if visit.violations} == {}


def test_no_page_scrolls_sideways_on_the_smallest_phone(visits: list[Visit]) -> None:
    assert {visit.name: visit.width for visit in visits if visit.width > 320} == {}


def test_headings_begin_with_the_title_and_skip_no_level(visits: list[Visit]) -> None:
    skipping = {
        visit.name: visit.headings
        for visit in visits
        if visit.headings[:1] != [1] or any(b > a + 1 for a, b in pairwise(visit.headings))
    }

    assert skipping == {}


def test_every_page_says_its_language(visits: list[Visit]) -> None:
    other = {"es": "es"}  # by the folder that the pages of a language lie in
    said = {visit.name: visit.language for visit in visits}

    assert said == {name: other.get(name.split("/")[0], "en") for name in said}
