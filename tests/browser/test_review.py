"""What comes back, how sure one was, and progress as a file, with a portal and without one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from browser.pages import ARGUMENTS, CHROMIUM, ITEMS, LESSON, Reply, served, write_site
from browser.test_apps import Portal, app, snapshot, wait_until

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed here.")

ADDRESS = f"modules/{LESSON}.html"
SINGLE, SORT = ITEMS["single"]["id"], ITEMS["sort"]["id"]
PRACTICE = [ITEMS["single"], ITEMS["sort"], ITEMS["order"], ITEMS["estimate"]]
PAGES = app("progress") + app("review")


def practiced(number: int, item: str, *, days: float, **more: Any) -> dict[str, Any]:
    """An event as this browser's own log holds it, from some days ago."""
    at = (datetime.now(UTC) - timedelta(days=days)).isoformat()
    event = {"id": f"event-{number}", "type": "practice", "lesson": LESSON, "item": item, "at": at}
    return event | {"answer": "name", "score": 0.0} | more


def progress_file(*events: Any, **more: Any) -> bytes:
    return json.dumps(
        {"format": "groundwork-progress", "version": 1, "events": events} | more
    ).encode()


class Server(Portal):
    """The stand-in portal, with what comes back and what can be taken away."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.due = [{"item": SINGLE, "lesson": LESSON}, {"item": SORT, "lesson": LESSON}]
        self.since = ""

    def __call__(self, method: str, path: str, body: Any) -> Reply:
        if path.startswith("/api/review"):
            self.since = path
            answered = {event["item"] for event in self.events}
            left = [one for one in self.due if one["item"] not in answered]
            soon = (datetime.now(UTC) + timedelta(days=3)).isoformat()
            return 200, {"due": left, "waiting": 0, "next": soon}
        if path == "/api/export":
            return 200, {"format": "groundwork-progress", "version": 1, "events": self.events}
        return super().__call__(method, path, body)

    def progress(self) -> dict[str, Any]:
        counts = [(1, 4, 1), (2, 0, 0), (3, 10, 4)]
        names = ("confidence", "n", "right")
        return super().progress() | {
            "calibration": [dict(zip(names, row, strict=True)) for row in counts]
        }


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    crashes: list[str] = []
    page.on("pageerror", lambda error: crashes.append(str(error)))
    yield page
    context.close()
    assert crashes == []


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[str]:
    """A page with both apps on a plain file server."""
    write_site(tmp_path, [], apps=PAGES, practice=PRACTICE)
    with served(tmp_path) as address:
        yield f"{address}/{ADDRESS}"


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


@pytest.fixture
def portal(server: Server) -> Iterator[str]:
    """The same page under a portal."""
    write_site(server.folder, [], apps=PAGES, practice=PRACTICE)
    with served(server.folder, server) as address:
        yield f"{address}/{ADDRESS}"


def remember(page: Page, address: str, *events: dict[str, Any]) -> None:
    """Put events into this browser's own log, and open the page with them."""
    page.goto(address)
    expect(page.locator(".gw-transfer")).to_be_visible()
    page.evaluate(
        "(all) => all.forEach((e) => "
        "localStorage.setItem(`gw:/::log:${e.at}${e.id}`, JSON.stringify(e)))",
        list(events),
    )
    page.reload()


def bring(page: Page, content: bytes, name: str = "progress.json") -> None:
    chooser = page.get_by_label("Bring progress from a file")
    chooser.set_input_files({"name": name, "mimeType": "application/json", "buffer": content})


def log_of(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate(
        "Object.keys(localStorage).filter((key) => key.includes(':log:'))"
        ".map((key) => JSON.parse(localStorage[key]))"
    )
    return sorted(found, key=lambda event: str(event["at"]))


# What comes back


def test_missed_question_comes_back_and_is_answered_by_keyboard(page: Page, alone: str) -> None:
    remember(
        page, alone,
        practiced(1, SINGLE, days=2),
        practiced(2, SORT, days=2, score=1.0),
    )  # fmt: skip
    review = page.locator('[data-app="review"]')
    expect(review.get_by_role("heading", name="Question 1 of 1")).to_be_visible()
    review.get_by_role("radio").first.focus()
    page.keyboard.press("ArrowDown")
    review.get_by_role("button", name="Check").focus()
    page.keyboard.press("Enter")
    expect(review.locator(".gw-told").first).to_contain_text("Right.")
    review.get_by_role("button", name="Next question").focus()
    page.keyboard.press("Enter")

    expect(review.get_by_text("That was all for now.")).to_be_visible()
    assert review.evaluate("node => node.contains(document.activeElement)")
    assert (log_of(page)[-1]["item"], log_of(page)[-1]["score"]) == (SINGLE, 1)
    page.reload()
    expect(review.get_by_text("Nothing has come back today.")).to_be_visible()


def test_first_page_says_how_questions_come_back(page: Page, alone: str) -> None:
    page.goto(alone)

    expect(page.get_by_text("A question that you do not get wholly right")).to_be_visible()
    expect(page.get_by_text("a plain ladder is used")).to_be_visible()


@pytest.mark.parametrize(
    ("answers", "due"),
    [
        ([(9, 0.0, None)], True),
        ([(9, 0.5, None)], True),
        ([(9, 1.0, None)], False),
        ([(0.001, 0.0, None)], False),
        ([(9, 0.0, None), (8.9, 1.0, None)], True),
        ([(9, 0.0, None), (8.9, 1.0, None), (2, 1.0, None)], False),
        ([(9, 0.0, None), (8.9, 1.0, None), (4, 1.0, None)], True),
        ([(9, 0.0, None), (2, 1.0, 3)], False),
        ([(9, 0.0, None), (2, 1.0, 2)], True),
    ],
)
def test_plain_ladder_keeps_its_rungs(
    page: Page, alone: str, answers: list[tuple[float, float, int | None]], due: bool
) -> None:
    events = [
        practiced(n, SINGLE, days=days, score=score, **({"confidence": sure} if sure else {}))
        for n, (days, score, sure) in enumerate(answers)
    ]

    remember(page, alone, *events)

    review = page.locator('[data-app="review"]')
    said = "Question 1 of 1" if due else "Nothing has come back today."
    expect(review.get_by_text(said)).to_be_visible()


def test_learner_may_put_off_or_stop_and_go_on(page: Page, server: Server, portal: str) -> None:
    page.goto(portal)
    review = page.locator('[data-app="review"]')
    expect(review.get_by_role("heading", name="Question 1 of 2")).to_be_visible()
    review.get_by_role("button", name="Not today").click()
    expect(review.get_by_role("heading", name="Question 2 of 2")).to_be_focused()
    page.reload()
    expect(review.get_by_role("heading", name="Question 1 of 1")).to_be_visible()

    review.get_by_role("button", name="That is enough for today").click()

    expect(review.get_by_text("You stopped for today.")).to_be_focused()
    page.reload()
    review.get_by_role("button", name="Go on after all").click()
    expect(review.get_by_role("heading", name="Question 1 of 1")).to_be_focused()
    assert "since=" in server.since


def test_review_under_the_portal_sends_ordinary_answers(
    page: Page, server: Server, portal: str
) -> None:
    server.due = server.due[:1]
    page.goto(portal)
    review = page.locator('[data-app="review"]')
    review.get_by_role("radio", name="She knew just where").check()
    review.get_by_role("radio", name="Sure", exact=True).focus()
    page.keyboard.press("Space")
    review.get_by_role("button", name="Check").click()

    wait_until(page, "the event arrives", lambda: len(server.events) == 1)
    event = server.events[0]
    assert set(event) == {"id", "type", "lesson", "at", "item", "answer", "confidence"}
    assert (event["item"], event["lesson"], event["confidence"]) == (SINGLE, LESSON, 3)
    review.get_by_role("button", name="Next question").click()
    expect(review.get_by_text("The next one comes back on")).to_be_visible()


# How sure


def test_calibration_is_a_picture_and_a_table_with_kind_words(page: Page, portal: str) -> None:
    page.goto(portal)

    table = page.locator(".gw-calibration")
    expect(table.get_by_role("row", name="Sure 4 of 10")).to_be_visible()
    expect(table.get_by_role("row", name="Fairly sure no answers yet")).to_be_visible()
    expect(table).to_contain_text("6 of 10 answers had a surprise in them")
    lit = table.get_by_role("row", name="Sure 4 of 10").locator(".gw-h-light")
    expect(lit).to_have_count(4)
    expect(table.locator("svg").first).to_have_attribute("aria-hidden", "true")


def test_calibration_waits_for_a_few_answers_and_counts_fresh_ones(page: Page, alone: str) -> None:
    items = [item["id"] for item in PRACTICE]
    first = [practiced(n, item, days=5 - n / 100, confidence=2) for n, item in enumerate(items)]
    again = practiced(8, SINGLE, days=4.9, confidence=2, score=1.0)
    remember(page, alone, *first, again)
    expect(page.locator(".gw-transfer")).to_be_visible()
    expect(page.locator(".gw-calibration")).to_have_count(0)

    remember(page, alone, practiced(9, SINGLE, days=2, confidence=2, score=1.0))

    expect(page.get_by_role("row", name="Fairly sure 1 of 5")).to_be_visible()


# Progress as a file


def test_progress_goes_from_a_browser_to_a_portal_and_counts_once(
    page: Page, browser: Browser, alone: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    remember(page, alone, practiced(1, SINGLE, days=2, confidence=1), practiced(2, SORT, days=1))
    with page.expect_download() as download:
        page.get_by_role("button", name="Take my progress with me").click()
    taken = Path(download.value.path()).read_bytes()
    assert "score" not in json.loads(taken)["events"][0]
    server = Server(tmp_path_factory.mktemp("portal"))
    write_site(server.folder, [], apps=PAGES, practice=PRACTICE)
    with served(server.folder, server) as address:
        there = browser.new_page()
        there.goto(f"{address}/{ADDRESS}")

        bring(there, taken)
        expect(there.get_by_text("Taken in: 2 answers and 0 finished lessons.")).to_be_visible()
        expect(there.locator(".gw-brought")).to_be_focused()
        bring(there, taken)
        expect(there.get_by_text("2 were here already.")).to_be_visible()

        assert [event["id"] for event in server.events] == ["event-1", "event-2"]
        there.close()


def test_progress_comes_into_a_browser_without_losing_what_is_there(page: Page, alone: str) -> None:
    page.goto(alone)
    page.evaluate(
        "(id) => localStorage.setItem(`gw:/::answer:${id}`,"
        ' \'{"answer":"settled","result":{"score":1}}\')',
        SINGLE,
    )
    events = [
        practiced(1, SINGLE, days=3),
        practiced(2, SORT, days=3, answer=ITEMS["sort"]["key"]["category"]),
        practiced(3, "a-response-in-order", days=3, answer=ITEMS["order"]["key"]["order"]),
        practiced(4, "how-much-overlap", days=3, answer=40),
        practiced(5, SORT, days=2, answer={"shot": "moon"}),
        practiced(6, "from-elsewhere", days=2),
        {
            "id": "end",
            "type": "lesson_finished",
            "lesson": LESSON,
            "at": datetime.now(UTC).isoformat(),
        },
    ]

    bring(page, progress_file(*events, attempts=[{}, {}]))

    told = page.locator(".gw-brought")
    expect(told).to_contain_text("Taken in: 4 answers and 1 finished lessons.")
    expect(told).to_contain_text("1 could not be taken, for example: an answer that does not fit")
    expect(told).to_contain_text("1 belong to something this course does not have.")
    expect(told).to_contain_text("2 quiz results were left in the file.")
    kept = page.evaluate(f"JSON.parse(localStorage['gw:/::answer:{SINGLE}']).answer")
    assert kept == "settled"
    assert len(log_of(page)) == 5
    expect(page.get_by_role("row", name="The buffering adult 15 4 of 4 finished")).to_be_visible()


DEEP = b'{"format":"groundwork-progress","events":[' + b"[" * 50_000 + b"]" * 50_000 + b"]}"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not a progress file"),
        (b"\x00\xff\xfe", "not a progress file"),
        (b"null", "not a progress file"),
        (b'{"events": []}', "not a progress file"),
        (b'{"format": "groundwork-progress", "events": {"length": 3}}', "not a progress file"),
        (DEEP, "nothing was taken"),
        (progress_file(), "holds no self-check"),
        (progress_file(None, 7, "x", [], {"type": "practice"}), "holds no self-check"),
        (progress_file(practiced(1, "__proto__", days=1)), "holds no self-check"),
        (progress_file(practiced(1, SINGLE, days=1) | {"at": "soon"}), "holds no self-check"),
        (progress_file(practiced(1, SINGLE, days=1) | {"id": "<img src=x>"}), "no self-check"),
        (progress_file(practiced(1, SINGLE, days=1, answer="x" * 6000)), "holds no self-check"),
        (b" " * 5_000_001, "larger than any progress file"),
    ],
)
def test_foreign_file_is_refused_in_one_sentence_and_nothing_is_lost(
    page: Page, alone: str, content: bytes, says: str
) -> None:
    remember(page, alone, practiced(1, SINGLE, days=2))
    before = page.evaluate("JSON.stringify(localStorage)")

    bring(page, content)

    expect(page.locator(".gw-transfer [role=status]")).to_contain_text(says)
    assert page.evaluate("JSON.stringify(localStorage)") == before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_these_pages(browser: Browser, portal: str, scheme: Any) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": 320, "height": 700})
    page = context.new_page()
    page.goto(portal)
    expect(page.locator(".gw-calibration")).to_be_visible()
    expect(page.get_by_role("heading", name="Question 1 of 2")).to_be_visible()

    assert snapshot(page) == ""
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    context.close()
