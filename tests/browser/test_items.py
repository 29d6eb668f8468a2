"""Every kind of question, in a plain page under a strict policy, by keyboard alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from browser.pages import ARGUMENTS, CHROMIUM, ITEMS, LESSON, served, write_site

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed here.")

ADDRESS = f"modules/{LESSON}.html"
SCORED = [kind for kind in ITEMS if kind not in {"scenario", "reflection"}]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("site")
    write_site(folder, list(ITEMS.values()))
    with served(folder) as address:
        yield address


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, site: str) -> Iterator[Page]:
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    open_page(page, site)
    yield page
    assert complaints == []


def open_page(page: Page, site: str) -> None:
    page.goto(f"{site}/{ADDRESS}")
    expect(page.get_by_role("button", name="I have finished this lesson")).to_be_visible()


def check(page: Page, kind: str) -> Locator:
    return page.locator(f'section[data-type="{kind}"]')


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def tab_to(page: Page, target: Locator) -> None:
    """Walk with the Tab key, as a person would, until a thing has the focus."""
    for _ in range(80):
        if target.evaluate("node => node === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("the Tab key does not lead there")


def enter(page: Page, kind: str) -> None:
    """Put the focus just before a question, so that Tab leads into it."""
    check(page, kind).evaluate(
        "node => { const h = node.querySelector('h2'); h.tabIndex = -1; h.focus(); }"
    )


def answer_single(page: Page, box: Locator) -> None:
    tab_to(page, box.locator("input").first)
    press(page, "ArrowDown")


def answer_multiple(page: Page, box: Locator) -> None:
    for name in ("An uncle", "His teacher"):
        tab_to(page, box.get_by_role("checkbox", name=name))
        press(page, "Space")


def answer_match(page: Page, box: Locator) -> None:
    for left, letter in (("points", "B"), ("turns", "A"), ("drops", "C")):
        tab_to(page, box.get_by_role("combobox", name=left))
        page.keyboard.type(letter)


def answer_order(page: Page, box: Locator) -> None:
    grip = box.get_by_role("button", name="Move: His brain")
    tab_to(page, grip)
    press(page, "Space", "ArrowUp", "ArrowUp", "ArrowUp")
    expect(box.get_by_role("status").last).to_have_text(
        "His brain takes the sound for danger: place 1 of 4."
    )
    press(page, "Space")
    expect(grip).to_be_focused()
    heart = box.get_by_role("button", name="Move up: His heart")
    tab_to(page, heart)
    press(page, "Enter", "Enter", "Enter")
    expect(heart).to_be_focused()
    down = box.get_by_role("button", name="Move down: His heart")
    tab_to(page, down)
    press(page, "Space")


def answer_sort(page: Page, box: Locator) -> None:
    for number, moves in enumerate((0, 1, 2)):
        first = box.locator(".gw-card").nth(number).locator("input").first
        tab_to(page, first)
        press(page, "Space", *["ArrowRight"] * moves)


def answer_mark(page: Page, box: Locator) -> None:
    for name, key in (("She looked", "Enter"), ("She made", "Space")):
        tab_to(page, box.get_by_role("button", name=name))
        press(page, key)


def answer_estimate(page: Page, box: Locator) -> None:
    tab_to(page, box.get_by_role("slider"))
    press(page, *["ArrowLeft"] * 7)
    expect(box.get_by_role("spinbutton")).to_have_value("43")


ANSWERS: dict[str, Callable[[Page, Locator], None]] = {
    "single": answer_single,
    "multiple": answer_multiple,
    "match": answer_match,
    "order": answer_order,
    "sort": answer_sort,
    "mark": answer_mark,
    "estimate": answer_estimate,
}


def answer_right(page: Page, kind: str) -> Locator:
    box = check(page, kind)
    enter(page, kind)
    ANSWERS[kind](page, box)
    tab_to(page, box.get_by_role("button", name="Check"))
    press(page, "Enter")
    return box


@pytest.mark.parametrize("kind", SCORED)
def test_question_is_answered_and_checked_by_keyboard_alone(page: Page, kind: str) -> None:
    box = answer_right(page, kind)

    verdict = box.locator(".gw-told")
    expect(verdict).to_contain_text("Right.")
    expect(verdict).to_be_focused()
    tab_to(page, box.get_by_role("button", name="Try again"))
    press(page, "Enter")
    expect(box.get_by_role("button", name="Check")).to_be_visible()
    expect(verdict).to_be_hidden()
    assert box.evaluate("node => node.contains(document.activeElement)")


@pytest.mark.parametrize("kind", SCORED)
def test_checked_question_is_there_after_a_reload(page: Page, site: str, kind: str) -> None:
    answer_right(page, kind)

    open_page(page, site)

    expect(check(page, kind).locator(".gw-told")).to_contain_text("Right.")
    expect(check(page, kind).get_by_role("button", name="Check")).to_be_hidden()


def test_reason_stands_inside_the_choice_it_belongs_to(page: Page) -> None:
    box = check(page, "single")
    box.get_by_role("radio").first.check()
    box.get_by_role("button", name="Check").click()

    chosen = box.locator(".gw-option").first
    expect(chosen).to_contain_text("A kind thought, early.")
    expect(chosen).to_contain_text("Your choice: not this one.")
    expect(box.locator(".gw-option").nth(1)).to_contain_text("This one fits.")
    expect(box.locator(".gw-option").nth(2).locator(".gw-why")).to_be_hidden()
    box.get_by_role("button", name="All the reasons").click()
    expect(box.locator(".gw-option").nth(2)).to_contain_text("It is over, and it went well.")
    expect(box.get_by_role("link", name="Reread this part")).to_have_attribute(
        "href", "#who-buffers"
    )


def test_nothing_is_checked_before_an_answer(page: Page) -> None:
    box = check(page, "multiple")
    button = box.get_by_role("button", name="Check")

    button.click()

    expect(box.locator(".gw-note", has_text="Answer first")).to_be_visible()
    expect(button).to_be_focused()


def test_hint_opens_on_request(page: Page) -> None:
    box = check(page, "single")
    hint = box.get_by_role("button", name="Hint")

    hint.click()

    expect(hint).to_have_attribute("aria-expanded", "true")
    expect(box.locator(".gw-hint")).to_have_text("Look at who she ran to, and what happened next.")
    expect(box.locator(".gw-hint em")).to_have_text("who")


def test_picked_up_step_goes_back_with_escape(page: Page) -> None:
    box = check(page, "order")
    before = box.locator("li").all_inner_texts()
    grip = box.get_by_role("button", name="Move: Cortisol")
    grip.focus()

    press(page, "Space", "ArrowDown", "ArrowDown", "Escape")

    assert box.locator("li").all_inner_texts() == before
    expect(grip).to_be_focused()


def test_step_is_dragged_by_its_grip(page: Page) -> None:
    box = check(page, "order")
    box.scroll_into_view_if_needed()
    grip = box.get_by_role("button", name="Move: His brain").bounding_box()
    top = box.locator("li").first.bounding_box()
    assert grip
    assert top

    page.mouse.move(grip["x"] + 10, grip["y"] + 10)
    page.mouse.down()
    page.mouse.move(grip["x"] + 10, top["y"] + 5, steps=12)
    page.mouse.up()

    expect(box.locator("li").first).to_contain_text("His brain takes the sound")


GRIPS = {
    "sort": ("Move: The family loses", "Tolerable", "ArrowRight"),
    "match": ("Move: A baby of three months", "“A dog! You saw a dog.”", "ArrowDown"),
}


def chosen(page: Page, kind: str) -> str | None:
    """What the second card of a question stands at, by its own control."""
    card = check(page, kind).locator(".gw-rows > .gw-card").nth(1)
    control = "input:checked" if kind == "sort" else "select"
    found: str | None = card.evaluate(
        "(card, control) => card.querySelector(control)?.value || null", control
    )
    return found


@pytest.mark.parametrize("kind", GRIPS)
def test_card_is_picked_up_moved_and_put_down_by_keyboard(page: Page, kind: str) -> None:
    name, second, key = GRIPS[kind]
    box = check(page, kind)
    grip = box.get_by_role("button", name=name)
    said = box.get_by_role("status").last
    enter(page, kind)
    tab_to(page, grip)

    press(page, "Space")
    expect(said).to_contain_text("Picked up: nowhere yet. Arrow keys move it")
    expect(grip).to_have_attribute("aria-pressed", "true")
    press(page, key, key)
    expect(said).to_contain_text(second)
    press(page, "Space")

    expect(said).to_contain_text(f"Put down: {second}")
    expect(grip).to_be_focused()
    expect(grip).to_have_attribute("aria-pressed", "false")
    assert chosen(page, kind) == {"sort": "bear", "match": "word"}[kind]


@pytest.mark.parametrize("kind", GRIPS)
def test_card_that_is_held_goes_back_with_escape(page: Page, kind: str) -> None:
    name, _, key = GRIPS[kind]
    grip = check(page, kind).get_by_role("button", name=name)
    grip.focus()
    press(page, "Space", key, "Space", "Space", key, key, "Escape")

    assert chosen(page, kind) == {"sort": "good", "match": "wait"}[kind]
    expect(grip).to_be_focused()
    expect(check(page, kind).get_by_role("status").last).to_contain_text("Put back:")


@pytest.mark.parametrize("kind", GRIPS)
@pytest.mark.parametrize("target", ["tray", "elsewhere"])
def test_card_is_dragged_onto_what_it_belongs_to(page: Page, kind: str, target: str) -> None:
    box = check(page, kind)
    box.evaluate("node => node.scrollIntoView()")
    grip = box.locator(".gw-grip").nth(1).bounding_box()
    place = box.locator(".gw-partners li").nth(1).bounding_box()
    assert grip
    assert place
    aim = (place["x"] + 30, place["y"] + 10) if target == "tray" else (5, grip["y"])

    page.mouse.move(grip["x"] + 10, grip["y"] + 10)
    page.mouse.down()
    page.mouse.move(place["x"] + 30, place["y"] + 10, steps=5)
    page.mouse.move(*aim, steps=5)
    page.mouse.up()

    wanted = {"sort": "bear", "match": "word"}[kind]
    assert chosen(page, kind) == (wanted if target == "tray" else None)
    assert box.locator(".gw-held, .gw-over").count() == 0
    assert box.locator(".gw-card").nth(1).evaluate("card => card.style.transform") == ""


@pytest.mark.parametrize("kind", ["sort", "match", "order"])
def test_card_is_dragged_by_touch_on_a_small_phone(browser: Browser, site: str, kind: str) -> None:
    context = browser.new_context(
        viewport={"width": 320, "height": 640}, has_touch=True, reduced_motion="reduce"
    )
    page = context.new_page()
    open_page(page, site)
    box = check(page, kind)
    before = box.locator(".gw-card").first.inner_text()
    box.locator(".gw-grip").nth(1).evaluate("node => node.scrollIntoView({ block: 'end' })")
    grip = box.locator(".gw-grip").nth(1).bounding_box()
    assert grip
    finger = context.new_cdp_session(page)

    def touch(kind_: str, *points: dict[str, float]) -> None:
        finger.send("Input.dispatchTouchEvent", {"type": kind_, "touchPoints": list(points)})

    touch("touchStart", {"x": grip["x"] + 12, "y": grip["y"] + 12})
    touch("touchMove", {"x": grip["x"] + 20, "y": 20})
    if kind == "order":
        page.wait_for_function(
            "([box, text]) => box.querySelector('.gw-card').innerText !== text",
            arg=[box.element_handle(), before],
        )
    else:
        place = box.locator(".gw-partners li").nth(1)
        expect(place).to_be_in_viewport()
        touch("touchMove", {"x": grip["x"] + 20, "y": 320})
        page.wait_for_timeout(100)
        spot = place.bounding_box()
        assert spot
        touch("touchMove", {"x": spot["x"] + 30, "y": spot["y"] + 12})
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    touch("touchEnd")

    if kind == "order":
        assert box.locator(".gw-card").first.inner_text() != before
    else:
        assert chosen(page, kind) == {"sort": "bear", "match": "word"}[kind]
    context.close()


def test_number_is_told_with_its_source_and_tolerance_on_one_scale(page: Page) -> None:
    box = check(page, "estimate")
    box.get_by_role("spinbutton").fill("60")

    box.get_by_role("button", name="Check").click()

    for words in ("Your estimate: 60", "The number: 42", "Counts in full: 38 to 46"):
        expect(box.locator(".gw-legend")).to_contain_text(words)
    expect(box.get_by_role("link", name="Cohen 1988 (B9, strong evidence)")).to_be_visible()
    places = box.locator(".gw-scale i").evaluate_all("all => all.map((i) => i.style.left)")
    assert places == ["38%", "42%", "60%"]
    box.get_by_role("button", name="Try again").click()
    expect(box.locator(".gw-scale, .gw-legend, .gw-source").first).to_be_hidden()


@pytest.mark.parametrize("kind", [kind for kind in ITEMS if kind != "reflection"])
def test_focus_is_never_lost(page: Page, kind: str) -> None:
    box = check(page, kind)
    inside = "node => node.contains(document.activeElement)"
    if kind == "scenario":
        for name in ("Don’t worry", "That number", "Take back", "Start again"):
            box.get_by_role("button", name=name).click()
            assert box.evaluate(inside), name
        return
    answer_right(page, kind)
    assert box.evaluate(inside)
    for name in ("All the reasons", "Try again"):
        more = box.get_by_role("button", name=name)
        if more.is_visible():
            more.click()
            assert box.evaluate(inside), name


def test_conversation_is_led_and_rewound_by_keyboard(page: Page) -> None:
    box = check(page, "scenario")
    enter(page, "scenario")
    tab_to(page, box.get_by_role("button", name="Don’t worry"))
    press(page, "Enter")
    expect(box.locator(".gw-next").last).to_be_focused()
    tab_to(page, box.get_by_role("button", name="Take back"))
    press(page, "Enter")
    assert box.evaluate("node => node.contains(document.activeElement)")
    tab_to(page, box.get_by_role("button", name="What have you heard"))
    press(page, "Enter")
    tab_to(page, box.get_by_role("button", name="That number"))
    press(page, "Enter")

    mine, best = box.locator(".gw-paths section").all()
    expect(mine).to_contain_text("Your path")
    expect(mine.locator("li").first).to_contain_text("As recommended. Ask first")
    expect(mine.locator("li").last).not_to_contain_text("As recommended.")
    expect(best).to_contain_text("The recommended path")
    expect(best.locator("li").last).to_contain_text("“Look what she did just now")
    expect(best.locator("li").last).to_contain_text("He sees what he already does.")


def test_recommended_path_is_confirmed_and_not_shown_twice(page: Page) -> None:
    box = check(page, "scenario")

    box.get_by_role("button", name="What have you heard").click()
    box.get_by_role("button", name="Look what she did").click()

    expect(box).to_contain_text("You took the recommended path.")
    expect(box.locator(".gw-paths section")).to_have_count(1)


def test_conversation_is_read_in_the_order_it_happens(page: Page) -> None:
    box = check(page, "scenario")
    box.get_by_role("button", name="Don’t worry").click()

    spoken = box.locator(".gw-talk").inner_text().split("\n")

    order = ["They say", "You say", "What happens", "Coach's note", "They say"]
    assert [line for line in spoken if line in order] == order
    expect(box.get_by_role("group", name="You say").get_by_role("button")).to_have_count(2)


def test_lesson_is_finished_once_every_question_is_answered(page: Page, site: str) -> None:
    finish = page.get_by_role("button", name="I have finished this lesson")
    finish.click()
    told = page.locator(".gw-finish-told")
    expect(told).to_be_focused()
    expect(told.get_by_role("link")).to_have_count(len(ITEMS))
    for kind in SCORED:
        answer_right(page, kind)
    check(page, "scenario").get_by_role("button", name="Don’t worry").click()
    check(page, "scenario").get_by_role("button", name="That number").click()
    check(page, "reflection").get_by_role("textbox").fill("She watches you.")

    finish.click()

    expect(told).to_contain_text("You have finished this lesson.")
    expect(page.locator(".gw-status").first).to_have_attribute("data-status", "finished")
    expect(page.locator(".gw-meter-words")).to_have_text("15 of 90 minutes done")
    open_page_again(page, site)
    expect(page.locator(".gw-finish-told")).to_contain_text("You have finished this lesson.")
    expect(page.locator(".gw-status-word").first).to_have_text("(finished)")


def open_page_again(page: Page, site: str) -> None:
    page.goto(f"{site}/{ADDRESS}")


def test_other_tab_sees_the_answer(context: BrowserContext, page: Page, site: str) -> None:
    other = context.new_page()
    open_page(other, site)

    answer_right(page, "single")

    expect(check(other, "single").locator(".gw-told")).to_contain_text("Right.")


@pytest.mark.parametrize("trouble", ["off", "full"])
def test_page_works_when_storage_does_not(browser: Browser, site: str, trouble: str) -> None:
    broken = {
        "off": "Object.defineProperty(window, 'localStorage',"
        " { get() { throw new DOMException('no', 'SecurityError'); } });",
        "full": "Storage.prototype.setItem = () =>"
        " { throw new DOMException('full', 'QuotaExceededError'); };",
    }
    context = browser.new_context()
    context.add_init_script(broken[trouble])
    page = context.new_page()
    open_page(page, site)

    box = answer_right(page, "single")

    expect(box.locator(".gw-told")).to_contain_text("Right.")
    expect(box).to_contain_text("This browser does not keep answers.")
    context.close()


@pytest.mark.parametrize("kept", ['{"answer":["x",5],"result":{"score":1}}', '{"answ', "[1]", "7"])
def test_spoiled_storage_does_not_break_the_page(page: Page, site: str, kept: str) -> None:
    page.evaluate(
        "([ids, kept]) => ids.forEach((id) => localStorage.setItem(`gw:/::answer:${id}`, kept))",
        [[item["id"] for item in ITEMS.values()], kept],
    )

    open_page(page, site)

    for kind in SCORED:
        answer_right(page, kind)
        expect(check(page, kind).locator(".gw-told")).to_contain_text("Right.")


def test_markup_in_an_item_is_shown_as_text(browser: Browser, tmp_path: Path) -> None:
    evil = "<img src=x onerror=document.title='hacked'> *<b>loud</b>*"
    item = json.loads(json.dumps(ITEMS["single"]))
    item["stem"] = item["options"][0]["text"] = item["key"]["why"]["name"] = evil
    write_site(tmp_path, [item])
    with served(tmp_path) as address:
        page = browser.new_page()
        open_page(page, address)
        check(page, "single").get_by_role("radio").first.check()
        check(page, "single").get_by_role("button", name="Check").click()

        expect(check(page, "single").locator("em").first).to_have_text("<b>loud</b>")
        assert page.title() == "The buffering adult"
        assert check(page, "single").locator("img, .gw-item b b").count() == 0
        page.close()


@pytest.mark.parametrize("state", ["open", "held", "right", "partly", "wrong"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, site: str, scheme: Any, state: str) -> None:
    context = browser.new_context(
        color_scheme=scheme, reduced_motion="reduce", viewport={"width": 390, "height": 844}
    )
    page = context.new_page()
    open_page(page, site)
    if state == "right":
        for kind in SCORED:
            answer_right(page, kind)
    if state == "held":
        check(page, "sort").locator(".gw-grip").first.focus()
        press(page, "Space", "ArrowRight")
    if state == "partly":
        answer_partly(page)
    if state == "wrong":
        answer_wrong(page)
        for more in page.get_by_role("button", name="All the reasons").all():
            more.click()

    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})

    assert found.generate_snapshot() == "", json.dumps(found.response["violations"], indent=1)[
        :3000
    ]
    context.close()


def answer_partly(page: Page) -> None:
    """Answer every question that can be partly right so that it is."""
    check(page, "multiple").get_by_role("checkbox", name="An uncle").check()
    check(page, "match").get_by_role("combobox", name="points").select_option("word")
    check(page, "order").get_by_role("button", name="Move up: His heart").click()
    check(page, "sort").locator(".gw-card").first.get_by_role("radio").first.focus()
    press(page, "Space")
    check(page, "mark").get_by_role("button", name="She looked").click()
    check(page, "estimate").get_by_role("spinbutton").fill("52")
    for kind in ("multiple", "match", "order", "sort", "mark", "estimate"):
        check(page, kind).get_by_role("button", name="Check").click()
        expect(check(page, kind).locator(".gw-told")).to_contain_text("Partly right.")


def answer_wrong(page: Page) -> None:
    """Answer every question at least partly wrong, and the conversation to its end."""
    check(page, "single").get_by_role("radio").first.check()
    for number in (0, 1):
        check(page, "multiple").get_by_role("checkbox").nth(number).check()
    for choice, value in enumerate(("wait", "wait", "again")):
        check(page, "match").get_by_role("combobox").nth(choice).select_option(value)
    check(page, "order").get_by_role("button", name="Move up: His heart").click()
    for number in range(3):
        check(page, "sort").locator(".gw-card").nth(number).get_by_role("radio").first.focus()
        press(page, "Space")
    check(page, "mark").get_by_role("button", name="a good father").click()
    check(page, "estimate").get_by_role("spinbutton").fill("60")
    check(page, "scenario").get_by_role("button", name="Don’t worry").click()
    check(page, "scenario").get_by_role("button", name="That number").click()
    for kind in SCORED:
        check(page, kind).get_by_role("button", name="Check").click()


@pytest.mark.parametrize("width", [320, 1280])
def test_nothing_scrolls_sideways_and_everything_fits_a_thumb(
    browser: Browser, site: str, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    open_page(page, site)

    small = page.evaluate("""() => [...document.querySelectorAll('.gw-item *, .gw-finish *')]
      .filter((node) => node.matches('button, select, [role=button], [type=number]')
        || node.matches('label:has(input)'))
      .filter((node) => node.checkVisibility())
      .map((node) => [node.textContent, node.getBoundingClientRect()])
      .filter(([, box]) => box.width < 24 || box.height < 24)
      .map(([text]) => text)""")

    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert small == []
    page.close()


def test_page_without_questions_loads_no_question_code(browser: Browser, tmp_path: Path) -> None:
    write_site(tmp_path, [], apps="<p>Nothing to answer here.</p>")
    with served(tmp_path) as address:
        page = browser.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url.rsplit("/", 1)[-1]))
        page.goto(f"{address}/{ADDRESS}")
        page.wait_for_load_state("networkidle")

        assert "host.js" in asked
        assert not {"item.js", "score.js", "course.js"} & set(asked)
        page.close()


STEMS = [
    ("He was calm. What do you say?", "What do you say?"),
    ("What fits, then? Choose all that apply.", "What fits, then? Choose all that apply."),
    ("Here is Dee’s note. Mark what she saw.", "Mark what she saw."),
    ("She asks: “Is it late? Can he catch up?”", "She asks: “Is it late? Can he catch up?”"),
    ("You meet Dr. Lee. What now?", "What now?"),
]


@pytest.mark.parametrize(("stem", "asked"), STEMS)
def test_question_stands_out_from_its_situation(
    browser: Browser, tmp_path: Path, stem: str, asked: str
) -> None:
    write_site(tmp_path, [{**ITEMS["single"], "stem": stem}])
    with served(tmp_path) as address:
        page = browser.new_page()
        open_page(page, address)

        expect(page.locator(".gw-ask")).to_have_text(asked)
        expect(page.get_by_role("group", name=stem)).to_be_visible()
        page.close()
