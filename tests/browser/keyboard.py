"""Answering any question as a person without a mouse would."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page, expect

from groundwork.items import (
    Estimate,
    Item,
    Mark,
    Match,
    Multiple,
    Order,
    Reflection,
    Scenario,
    Single,
    Sort,
)

MOST_TABS = 400


def tab_to(page: Page, target: Locator) -> None:
    """Walk with the Tab key until a thing has the focus."""
    for _ in range(MOST_TABS):
        if target.evaluate("node => node === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the Tab key does not lead to {target}")


def press(page: Page, target: Locator, key: str = "Enter") -> None:
    """Walk to a thing and press a key on it."""
    tab_to(page, target)
    page.keyboard.press(key)


def answer_rightly(page: Page, box: Locator, item: Item) -> None:  # noqa: C901 - a case a type
    """Give the right answer to an item shown in a box, by keyboard alone."""
    shown = item.shown()
    match item:
        case Single():
            places = [option["id"] for option in shown["options"]]
            _pick(page, box.locator("input"), places.index(next(iter(item.right()))))
        case Multiple():
            for place, option in enumerate(shown["options"]):
                if option["id"] in item.right():
                    press(page, box.locator("input[type=checkbox]").nth(place), "Space")
        case Match():
            rights = [part["id"] for part in shown["right"]]
            for place, part in enumerate(shown["left"]):
                tab_to(page, box.locator("select").nth(place))
                page.keyboard.type(chr(ord("A") + rights.index(item.pairs[part["id"]])))
        case Sort():
            names = [part["id"] for part in shown["categories"]]
            wanted = {card.id: card.category for card in item.cards}
            for place, card in enumerate(shown["cards"]):
                inputs = box.locator(".gw-card").nth(place).locator("input")
                _pick(page, inputs, names.index(wanted[card["id"]]))
        case Mark():
            for phrase in item.segments():
                if not isinstance(phrase, str) and phrase["id"] in item.right():
                    name = phrase["text"]
                    press(page, box.get_by_role("button", name=name, exact=False).first, "Space")
        case Order():
            _order(page, box, [step.id for step in item.steps])
        case Estimate():
            tab_to(page, box.get_by_role("spinbutton"))
            page.keyboard.type(f"{item.value:g}")
        case Scenario():
            raise AssertionError("a scenario is led, not answered")
        case Reflection():
            tab_to(page, box.get_by_role("textbox"))
            page.keyboard.type("Something of my own.")


def _pick(page: Page, radios: Locator, place: int) -> None:
    """Choose one of a group of radio buttons: Tab to the group, arrows within it."""
    tab_to(page, radios.first)
    page.keyboard.press("Space")
    for _ in range(place):
        page.keyboard.press("ArrowDown")


def _order(page: Page, box: Locator, wanted: list[str]) -> None:
    """Pick each step up, move it to its place, and put it down."""
    expect(box.locator("li[data-id]")).to_have_count(len(wanted))
    for place, step in enumerate(wanted):
        now: list[Any] = box.locator("li[data-id]").evaluate_all(
            "all => all.map(n => n.dataset.id)"
        )
        grip = box.locator(f'li[data-id="{step}"] .gw-grip')
        moves = now.index(step) - place
        if not moves:
            continue
        press(page, grip, "Space")
        for _ in range(moves):
            page.keyboard.press("ArrowUp")
        page.keyboard.press("Space")
