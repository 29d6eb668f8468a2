"""A lesson on paper, and without any script: what is asked, room to write, answers at the end."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from browser.pages import ARGUMENTS, CHROMIUM, PACKAGE, served
from browser.test_apps import snapshot
from groundwork.items import Item
from groundwork.paper import answers_html, question_html, reasons_html
from test_paper import FIELDS, item

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed here.")

LESSON = "modules/02-brain-architecture/how-brains-are-built.html"
KINDS: list[Item] = [item(kind) for kind in FIELDS]
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Plain</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="groundwork.css"></head>
<body><main class="gw-main"><div class="gw-prose"><h1>Plain</h1>{checks}{answers}</div></main>
</body></html>"""
CHECK = """<section class="gw-check" data-type="{kind}" aria-label="Check {n}">
<h2 class="gw-check-title">Check yourself<span class="gw-on-paper"> {n}</span></h2>
<div class="gw-check-static">{question}
<details><summary>Answer and reasons</summary>{reasons}</details></div>
</section>"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)


@pytest.fixture
def lesson(browser: Browser, book: Path) -> Iterator[Page]:
    """A real lesson on which a question was answered."""
    with served(book) as address:
        page = browser.new_page()
        page.goto(f"{address}/{LESSON}")
        box = page.locator('section[data-type="single"]').first
        box.get_by_role("radio").first.check()
        box.get_by_role("button", name="Check").click()
        yield page
        page.close()


@pytest.fixture
def plain(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """One question of every kind, as it stands without any script."""
    css = PACKAGE / "theme" / "static" / "groundwork.css"
    (tmp_path / "groundwork.css").write_bytes(css.read_bytes())
    checks = "".join(
        CHECK.format(n=n, kind=one.type, question=question_html(one), reasons=reasons_html(one))
        for n, one in enumerate(KINDS, start=1)
    )
    answers = answers_html([(one, ()) for one in KINDS])
    (tmp_path / "index.html").write_text(
        PAGE.format(checks=checks, answers=answers), encoding="utf-8"
    )
    with served(tmp_path) as address:
        page = browser.new_page(viewport={"width": 320, "height": 700})
        page.goto(f"{address}/index.html")
        yield page
        page.close()


def test_printout_has_the_questions_room_to_write_and_the_answers_last(lesson: Page) -> None:
    answers = lesson.locator(".gw-answers")
    expect(answers).to_be_hidden()

    lesson.emulate_media(media="print")

    expect(answers).to_be_visible()
    for check in lesson.locator("section.gw-check").all():
        expect(check.locator(".gw-check-static")).to_be_visible()
        expect(check.locator("div.gw-item")).to_be_hidden()
        expect(check.locator("details")).to_be_hidden()
        lines = check.evaluate("node => parseFloat(getComputedStyle(node, '::after').height)")
        assert lines > 60
    last = answers.evaluate("node => node.getBoundingClientRect().top")
    tops = lesson.locator(".gw-prose > *:not(.gw-answers)").evaluate_all(
        "all => all.map((node) => node.getBoundingClientRect().top)"
    )
    assert last > max(tops)


def test_answers_begin_a_page_of_their_own(lesson: Page) -> None:
    whole = pikepdf.open(BytesIO(lesson.pdf(format="Letter")))
    lesson.locator(".gw-answers").evaluate("node => node.remove()")
    without = pikepdf.open(BytesIO(lesson.pdf(format="Letter")))

    assert len(whole.pages) == len(without.pages) + 1


def test_every_kind_reads_well_without_script(plain: Page) -> None:
    expect(plain.locator(".gw-answers")).to_be_hidden()
    for details in plain.locator("details").all():
        details.locator("summary").click()

    assert snapshot(plain) == ""
    assert plain.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    talk = plain.locator('[data-type="scenario"]').inner_text()
    assert talk.index("They say: First") < talk.index("Second BRANCH") < talk.index("Last")
