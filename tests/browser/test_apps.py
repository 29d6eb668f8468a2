"""The learner's apps and the queue of events, against a stand-in for the portal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from browser.pages import (
    ARGUMENTS,
    CHROMIUM,
    ITEMS,
    LESSON,
    MODULE,
    Reply,
    keyless,
    served,
    write_site,
)

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed here.")

ADDRESS = f"modules/{LESSON}.html"
PRACTICE = [ITEMS["single"], ITEMS["sort"]]
GRADED = [keyless(ITEMS[kind]) for kind in ("multiple", "match", "order", "mark")]
REFLECTION = json.dumps(ITEMS["reflection"])


def app(name: str, inside: str = "") -> str:
    return f'<div class="gw-app" data-app="{name}" data-module="{MODULE}">{inside}</div>'


class Portal:
    """What the portal answers, kept as small as the apps can tell."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.events: list[dict[str, Any]] = []
        self.attempts: list[dict[str, Any]] = []
        self.reflections: list[dict[str, Any]] = []
        self.form = "B"
        self.record: dict[str, str] | None = None
        self.name = ""

    def __call__(self, method: str, path: str, body: Any) -> Reply:
        match method, path.partition("?")[0].removeprefix("/api/").split("/")[0]:
            case "GET", "progress":
                return 200, self.progress()
            case "POST", "events":
                return 200, {"results": [self.event(event) for event in body["events"]]}
            case "GET", "quizzes":
                purpose = path.rpartition("=")[2]
                form = "A" if purpose == "precheck" else self.form
                return 200, {
                    "module": MODULE,
                    "form": form,
                    "purpose": purpose,
                    "version": "v1",
                    "pass_share": 0.8,
                    "items": GRADED,
                }
            case "POST", "attempts":
                return self.attempt(body)
            case "PUT", "reflections":
                self.reflections.append(body)
                return 200, {}
            case "PUT", "me":
                self.name = body["name"]
                return 200, body
            case "GET", "me":
                return 200, {"name": self.name, "language": "en"}
            case "POST", "records":
                return self.issue()
        return 404, {"detail": "There is no such page."}

    def event(self, event: dict[str, Any]) -> dict[str, str]:
        if event["id"] in {known["id"] for known in self.events}:
            return {"id": event["id"], "status": "repeated"}
        self.events.append(event)
        return {"id": event["id"], "status": "accepted"}

    def attempt(self, body: dict[str, Any]) -> Reply:
        if body["form"] not in {self.form, "A"}:
            return 409, {"detail": f"Form {body['form']} was not handed out; form A is next."}
        self.attempts.append(body)
        told: dict[str, Any] = {"attempt_id": body["attempt_id"], "score": 1.5, "max_score": 4.0}
        if body["purpose"] == "precheck":
            objectives = {"periods": {"text": "Tell periods apart", "score": 1.5, "max": 4.0}}
            return 201, told | {"passed": None, "items": {}, "objectives": objectives}
        self.form = "A"
        feedback = (
            "<p><strong>Not yet.</strong></p><p onclick='x()'>It <em>may</em> soothe.</p>"
            "<script>document.title = 'hacked'</script><img src=x onerror=alert(1)>"
            "<p><a href='javascript:alert(1)'>bad</a> <a href='//evil.example'>worse</a>"
            " <a href='lesson.html#part'>Read this part again</a></p>"
        )
        items = {
            item["id"]: {"score": 0.5, "max": 1.0, "feedback_html": feedback} for item in GRADED
        }
        return 201, told | {"passed": False, "items": items}

    def issue(self) -> Reply:
        if not self.name:
            missing = ["Type your name as the record is to print it."]
            return 409, {"detail": "The record needs a name to print.", "missing": missing}
        files = {kind: f"/records/1.{kind}" for kind in ("json", "pdf", "png")}
        self.record = {"id": "1", "page": "/records/1", **files}
        return 201, self.record

    def progress(self) -> dict[str, Any]:
        answered = [event["item"] for event in self.events if event["type"] == "practice"]
        finished = any(event["type"] == "lesson_finished" for event in self.events)
        ids = [item["id"] for item in PRACTICE]
        status = "finished" if finished else "reading" if answered else "not_started"
        written = self.reflections[-1] if self.reflections else None
        quizzes = [one for one in self.attempts if one["purpose"] == "quiz"]
        module = {
            "id": MODULE,
            "title": "Brain architecture",
            "href": f"modules/{MODULE}/index.html",
            "minutes": 90,
            "minutes_done": 15 if finished else 0,
            "status": "in_progress",
            "lessons": [
                {
                    "id": LESSON,
                    "title": "The buffering adult",
                    "href": ADDRESS,
                    "minutes": 15,
                    "status": status,
                    "answered": [name for name in ids if name in answered],
                    "missing": [name for name in ids if name not in answered],
                }
            ],
            "precheck": None,
            "quiz": {
                "attempts": len(quizzes),
                "best": {"score": 1.5, "max_score": 4.0} if quizzes else None,
                "passed": False,
                "next_form": self.form,
            },
            "reflection": written
            and written | {"at": "2026-11-01T10:00:00Z", "complete": all(written["met"])},
            "record": self.record,
            "missing": [] if quizzes else ["Pass the quiz."],
        }
        area = {"area": "tf", "label": "Development", "minutes": 65, "done": 12}
        return {
            "learner": {"name": self.name, "language": "en"},
            "modules": [module],
            "minutes_by_area": [area],
            "continue": {"href": ADDRESS, "title": "The buffering adult"},
        }


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)


@pytest.fixture
def portal(tmp_path: Path) -> Portal:
    return Portal(tmp_path)


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
def lesson(portal: Portal) -> Iterator[str]:
    write_site(portal.folder, PRACTICE)
    with served(portal.folder, portal) as address:
        yield f"{address}/{ADDRESS}"


@pytest.fixture
def quiz(portal: Portal) -> Iterator[str]:
    write_site(portal.folder, [], apps=app("quiz"))
    with served(portal.folder, portal) as address:
        yield f"{address}/{ADDRESS}"


def check_single(page: Page) -> None:
    box = page.locator('section[data-type="single"]')
    box.get_by_role("radio").first.check()
    box.get_by_role("button", name="Check").click()


def wait_until(page: Page, what: str, holds: Any) -> None:
    for _ in range(100):
        if holds():
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never came true: {what}")


def events_of(route: Route) -> list[dict[str, Any]]:
    sent = route.request.post_data_json
    assert isinstance(sent, dict)
    return list(sent["events"])


# Events


def test_checked_question_is_sent_once_with_what_was_said(
    page: Page, portal: Portal, lesson: str
) -> None:
    page.goto(lesson)
    page.get_by_role("radio", name="Fairly sure").first.check()

    check_single(page)

    wait_until(page, "the event arrives", lambda: len(portal.events) == 1)
    event = portal.events[0]
    assert (event["type"], event["lesson"]) == ("practice", LESSON)
    assert (event["item"], event["answer"]) == ("an-afraid-father", "name")
    assert event["confidence"] == 2
    expect(page.locator(".gw-status").first).to_have_attribute("data-status", "reading")


def test_answers_given_offline_arrive_in_order_and_once(
    page: Page, portal: Portal, lesson: str
) -> None:
    page.goto(lesson)
    expect(page.get_by_role("button", name="Check").first).to_be_visible()
    page.context.set_offline(True)
    check_single(page)
    page.locator('section[data-type="single"]').get_by_role("button", name="Try again").click()
    page.get_by_role("radio", name="She knew").check()
    page.locator('section[data-type="single"]').get_by_role("button", name="Check").click()
    page.wait_for_timeout(200)
    assert portal.events == []

    page.context.set_offline(False)

    wait_until(page, "both arrive", lambda: len(portal.events) == 2)
    assert [event["answer"] for event in portal.events] == ["name", "settled"]
    page.reload()
    page.wait_for_timeout(300)
    assert len(portal.events) == 2


def test_lost_reply_is_sent_again_under_the_same_id(
    page: Page, portal: Portal, lesson: str
) -> None:
    sent: list[str] = []

    def lose_first(route: Route) -> None:
        sent.append(events_of(route)[0]["id"])
        if len(sent) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/api/events", lose_first)
    page.goto(lesson)
    check_single(page)
    wait_until(page, "the first try", lambda: len(sent) == 1)

    page.reload()

    wait_until(page, "the second try", lambda: len(sent) == 2)
    assert sent[0] == sent[1]
    assert len(portal.events) == 1


def test_one_refused_event_does_not_hold_up_the_rest(
    page: Page, portal: Portal, lesson: str
) -> None:
    def refuse_bad(route: Route) -> None:
        if any(event.get("item") == "bad" for event in events_of(route)):
            route.fulfill(status=422, json={"detail": "events: no"})
        else:
            route.continue_()

    page.route("**/api/events", refuse_bad)
    page.goto(lesson)
    expect(page.get_by_role("button", name="Check").first).to_be_visible()
    page.evaluate("""localStorage.setItem('gw:/::queue:000000000000001-000001-x',
        JSON.stringify({ id: 'x', type: 'practice', item: 'bad' }))""")

    check_single(page)

    wait_until(page, "the good one arrives", lambda: len(portal.events) == 1)
    left = "Object.keys(localStorage).filter((key) => key.includes(':queue:')).length"
    wait_until(page, "nothing waits", lambda: page.evaluate(left) == 0)


def test_two_tabs_send_each_event_once(page: Page, portal: Portal, lesson: str) -> None:
    other = page.context.new_page()
    page.goto(lesson)
    other.goto(lesson)
    expect(other.get_by_role("button", name="Check").first).to_be_visible()
    page.context.set_offline(True)
    check_single(page)
    box = other.locator('section[data-type="sort"]')
    for card in box.locator(".gw-card").all():
        card.get_by_role("radio").first.focus()
        other.keyboard.press("Space")
    box.get_by_role("button", name="Check").click()

    page.context.set_offline(False)

    wait_until(page, "both arrive", lambda: len(portal.events) == 2)
    page.wait_for_timeout(300)
    assert len({event["id"] for event in portal.events}) == len(portal.events) == 2


def test_lesson_is_finished_under_the_portal(page: Page, portal: Portal, lesson: str) -> None:
    page.goto(lesson)
    check_single(page)
    finish = page.get_by_role("button", name="I have finished this lesson")
    finish.click()
    expect(page.locator(".gw-finish-told").get_by_role("link")).to_have_count(1)
    box = page.locator('section[data-type="sort"]')
    box.get_by_role("radio").first.focus()
    page.keyboard.press("Space")
    box.get_by_role("button", name="Check").click()

    finish.click()

    expect(page.locator(".gw-finish-told")).to_contain_text("You have finished this lesson.")
    expect(page.locator(".gw-meter-words")).to_have_text("15 of 90 minutes done")
    assert portal.events[-1]["type"] == "lesson_finished"


def test_way_back_is_shown(page: Page, lesson: str) -> None:
    page.goto(lesson)

    link = page.get_by_role("link", name="Continue where you left off: The buffering adult")

    expect(link).to_have_attribute("href", lesson)


# Quiz


def begin(page: Page, quiz: str) -> None:
    page.goto(quiz)
    expect(page.get_by_text("You pass with 3.2 of 4 points (80 percent).")).to_be_visible()
    expect(page.get_by_text("There is no clock.", exact=False)).to_be_visible()
    page.get_by_role("button", name="Begin the quiz").click()


def test_quiz_is_taken_and_told(page: Page, portal: Portal, quiz: str) -> None:
    begin(page, quiz)
    expect(page.get_by_role("heading", name="Question 1 of 4")).to_be_focused()
    page.get_by_role("checkbox").first.check()
    page.reload()
    page.get_by_role("button", name="Go on where you stopped").click()
    expect(page.get_by_role("checkbox").first).to_be_checked()
    page.get_by_role("button", name="Send my answers").click()
    warning = page.get_by_role("group", name="Send my answers")
    expect(warning).to_be_focused()
    expect(warning).to_contain_text("2, 3, 4")

    page.get_by_role("button", name="Send as it is").click()

    expect(page.get_by_role("heading", name="Not passed yet: 1.5 of 4 points.")).to_be_focused()
    assert portal.attempts[0]["answers"] == {"who-can-buffer": ["uncle"]}
    feedback = page.locator(".gw-feedback").first
    expect(feedback.locator("em").first).to_have_text("may")
    expect(feedback.get_by_role("link")).to_have_count(1)
    assert feedback.locator("script, img, [onclick]").count() == 0
    assert page.title() == "The buffering adult"
    page.get_by_role("button", name="Take the other form").click()
    expect(page.get_by_role("heading", name="Question 1 of 4")).to_be_visible()


def test_phone_asks_one_question_at_a_time(page: Page, quiz: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    begin(page, quiz)

    expect(page.locator(".gw-items > li:visible")).to_have_count(1)
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="Question 2 of 4")).to_be_focused()
    page.get_by_role("button", name="Question 4, not answered").click()
    expect(page.get_by_role("heading", name="Question 4 of 4")).to_be_focused()
    expect(page.get_by_role("button", name="Send my answers")).to_be_visible()
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_role("heading", name="Question 3 of 4")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    page.get_by_role("button", name="Keep this order").click()
    expect(page.get_by_text("This order is your answer.")).to_be_focused()
    expect(page.get_by_role("button", name="Question 3, answered")).to_be_visible()


def send_unanswered(page: Page) -> None:
    page.get_by_role("button", name="Send my answers").click()
    page.get_by_role("button", name="Send as it is").click()


def test_lost_connection_keeps_the_attempt_and_its_id(
    page: Page, portal: Portal, quiz: str
) -> None:
    begin(page, quiz)
    page.get_by_role("checkbox").first.check()
    page.context.set_offline(True)
    send_unanswered(page)
    expect(page.get_by_text("kept in this browser and nothing is lost")).to_be_visible()
    kept = page.evaluate(f"JSON.parse(localStorage['gw:/::attempt:{MODULE}']).attempt_id")
    page.context.set_offline(False)

    expect(page.get_by_role("heading", name="Not passed yet")).to_be_visible()

    assert [attempt["attempt_id"] for attempt in portal.attempts] == [kept]


def test_form_that_is_no_longer_next_is_loaded_again(page: Page, portal: Portal, quiz: str) -> None:
    begin(page, quiz)
    page.get_by_role("checkbox").first.check()
    portal.form = "A"

    send_unanswered(page)

    expect(page.get_by_text("Form B was not handed out; form A is next.")).to_be_focused()
    expect(page.get_by_role("checkbox").first).to_be_checked()
    send_unanswered(page)
    expect(page.get_by_role("heading", name="Not passed yet")).to_be_visible()
    assert portal.attempts[0]["form"] == "A"


def test_precheck_tells_by_objective_only(page: Page, portal: Portal, quiz: str) -> None:
    page.goto(quiz)
    page.get_by_role("button", name="Take the pre-check first").click()
    send_unanswered(page)

    expect(page.get_by_role("row", name="Tell periods apart 1.5 of 4")).to_be_visible()
    assert page.locator(".gw-item").count() == 0
    assert portal.attempts[0]["purpose"] == "precheck"


# Reflection, progress, record


def test_reflection_is_drafted_saved_and_found_again(page: Page, portal: Portal) -> None:
    script = f'<script type="application/json" class="gw-item">{REFLECTION}</script>'
    write_site(portal.folder, [], apps=app("reflection", script))
    with served(portal.folder, portal) as address:
        page.goto(f"{address}/{ADDRESS}")
        page.get_by_role("textbox", name="Your reflection").fill("<b>She</b> watches you.")
        page.reload()
        box = page.get_by_role("textbox", name="Your reflection")
        expect(box).to_have_value("<b>She</b> watches you.")
        page.get_by_role("checkbox", name="Frightens nobody").check()
        page.get_by_role("button", name="Save my reflection").click()

        expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
        sent = {"text": "<b>She</b> watches you.", "met": [False, True, False]}
        assert portal.reflections == [sent | {"since": "never"}]
        page.reload()
        expect(page.get_by_text("Saved on")).to_be_visible()
        expect(page.get_by_role("checkbox", name="Frightens nobody")).to_be_checked()


def test_progress_is_a_house_and_a_table(page: Page, portal: Portal) -> None:
    write_site(portal.folder, [], apps=app("progress"))
    with served(portal.folder, portal) as address:
        page.goto(f"{address}/{ADDRESS}")

        expect(page.get_by_role("row", name="The buffering adult 15 0 of 2")).to_be_visible()
        expect(page.locator(".gw-house > svg")).to_have_attribute("aria-hidden", "true")
        expect(page.get_by_role("row", name="Development 12 65")).to_be_visible()
        expect(page.get_by_text("Pass the quiz.")).to_be_visible()


@pytest.mark.parametrize(
    ("met", "status", "words"),
    [([True, True, False], "reading", "begun"), ([True] * 3, "finished", "finished")],
)
def test_reflection_is_done_only_once_it_is_complete(
    page: Page, portal: Portal, met: list[bool], status: str, words: str
) -> None:
    portal.reflections.append({"text": "Hers.", "met": met})
    write_site(portal.folder, [], apps=app("progress"))
    with served(portal.folder, portal) as address:
        page.goto(f"{address}/{ADDRESS}")

        expect(page.get_by_role("row", name=f"Reflection {words}")).to_be_visible()
        dot = page.locator('li[data-kind="reflection"] .gw-status')
        expect(dot).to_have_attribute("data-status", status)


def test_what_is_missing_is_listed_once_on_a_page(page: Page, portal: Portal) -> None:
    write_site(portal.folder, [], apps=app("progress") + app("record"))
    with served(portal.folder, portal) as address:
        page.goto(f"{address}/{ADDRESS}")

        expect(page.get_by_text("the list above says what is")).to_be_visible()
        expect(page.get_by_text("Pass the quiz.")).to_have_count(1)


def test_heavy_question_may_be_replaced_by_its_alternative(page: Page, tmp_path: Path) -> None:
    lighter = ITEMS["sort"] | {"alternative_to": ITEMS["single"]["id"]}
    write_site(tmp_path, [ITEMS["single"], lighter])
    with served(tmp_path) as address:
        page.goto(f"{address}/{ADDRESS}")
        finish = page.get_by_role("button", name="I have finished this lesson")
        finish.click()
        expect(page.locator(".gw-finish-told").get_by_role("link")).to_have_count(2)

        check_single(page)
        finish.click()

        expect(page.locator(".gw-finish-told")).to_contain_text("You have finished this lesson.")


def test_two_people_on_one_browser_are_kept_apart(page: Page, portal: Portal, lesson: str) -> None:
    told = portal.progress
    who = {"id": "5e1f"}
    portal.progress = lambda: told() | {"learner": {"name": "", **who}}  # type: ignore[method-assign]
    page.goto(lesson)
    check_single(page)
    wait_until(page, "the event arrives", lambda: len(portal.events) == 1)
    who["id"] = "0the"
    portal.events.clear()

    page.reload()

    box = page.locator('section[data-type="single"]')
    expect(box.get_by_role("button", name="Check")).to_be_visible()
    expect(box.get_by_role("radio").first).not_to_be_checked()


def test_record_is_made_once_the_name_is_there(page: Page, portal: Portal) -> None:
    portal.attempts.append({"purpose": "quiz"})
    write_site(portal.folder, [], apps=app("record"))
    with served(portal.folder, portal) as address:
        page.goto(f"{address}/{ADDRESS}")
        page.get_by_role("button", name="Make my completion record").click()
        expect(page.get_by_text("Type your name as the record")).to_be_visible()
        page.get_by_role("textbox", name="Name to print").fill("Ana <i>Ruiz</i>")
        page.get_by_role("button", name="Save the name").click()
        expect(page.get_by_text("Saved: Ana <i>Ruiz</i>")).to_be_visible()

        page.get_by_role("button", name="Make my completion record").click()

        link = page.get_by_role("link", name="PDF to print or send")
        expect(link).to_have_attribute("href", f"{address}/records/1.pdf")
        expect(page.get_by_text("self-issued")).to_be_visible()


@pytest.mark.parametrize("name", ["quiz", "reflection", "record"])
def test_without_a_portal_an_app_says_how_to_start_it(
    page: Page, tmp_path: Path, name: str
) -> None:
    script = f'<script type="application/json" class="gw-item">{REFLECTION}</script>'
    write_site(tmp_path, [], apps=app(name, script if name == "reflection" else ""))
    with served(tmp_path) as address:
        page.goto(f"{address}/{ADDRESS}")

        expect(page.locator(".gw-app code")).to_have_text("make serve")
        if name == "reflection":
            page.get_by_role("textbox").fill("Mine alone.")
            page.reload()
            expect(page.get_by_role("textbox")).to_have_value("Mine alone.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["quiz", "reflection", "progress", "record"])
def test_axe_finds_nothing_in_an_app(
    browser: Browser, portal: Portal, name: str, scheme: Any
) -> None:
    script = f'<script type="application/json" class="gw-item">{REFLECTION}</script>'
    write_site(portal.folder, [], apps=app(name, script if name == "reflection" else ""))
    context = browser.new_context(color_scheme=scheme, viewport={"width": 390, "height": 844})
    page = context.new_page()
    with served(portal.folder, portal) as address:
        page.goto(f"{address}/{ADDRESS}")
        expect(page.locator(".gw-app .gw-button, .gw-house").first).to_be_visible()
        states = [snapshot(page)]
        if name == "quiz":
            page.get_by_role("button", name="Begin the quiz").click()
            states.append(snapshot(page))
            page.get_by_role("button", name="Question 4").click()
            send_unanswered(page)
            expect(page.get_by_role("heading", name="Not passed yet")).to_be_visible()
            states.append(snapshot(page))
    context.close()

    assert states == [""] * len(states)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_question_when_reviewed(
    browser: Browser, portal: Portal, scheme: Any
) -> None:
    kinds = [keyless(ITEMS[kind]) for kind in ITEMS if kind not in {"scenario", "reflection"}]
    asked = portal.__call__

    def reviewed(method: str, path: str, body: Any) -> Reply:
        status, told = asked(method, path, body)
        if path.startswith("/api/quizzes"):
            told = told | {"items": kinds}
        if path == "/api/attempts":
            feedback = "<p><strong>Partly right.</strong></p><p><a href='x.html'>Read</a></p>"
            one = {"score": 0.5, "max": 1.0, "feedback_html": feedback}
            told = told | {"items": {item["id"]: one for item in kinds}}
        return status, told

    write_site(portal.folder, [], apps=app("quiz"))
    context = browser.new_context(color_scheme=scheme, viewport={"width": 390, "height": 844})
    page = context.new_page()
    with served(portal.folder, reviewed) as address:
        page.goto(f"{address}/{ADDRESS}")
        page.get_by_role("button", name="Begin the quiz").click()
        page.get_by_role("button", name=f"Question {len(kinds)}").click()
        send_unanswered(page)
        expect(page.locator(".gw-feedback")).to_have_count(len(kinds))
        found = snapshot(page)
    context.close()

    assert found == ""


def snapshot(page: Page) -> str:
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    text = json.dumps(found.response["violations"])[:1500]
    return text if found.violations_count else ""
