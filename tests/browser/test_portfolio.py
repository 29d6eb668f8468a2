"""A portfolio by keyboard: chosen, filled, held against what is asked, copied, and brought."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect, sync_playwright

import groundwork
from browser.keyboard import press, tab_to
from browser.pages import ARGUMENTS, CHROMIUM
from browser.test_access import ACROSS, AXE, WCAG
from small_portal import portal
from small_portfolio import settings_in

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed here.")

STATIC = Path(groundwork.__file__).parent / "theme" / "static"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings = settings_in(tmp_path_factory.mktemp("portfolio"))
    shutil.copytree(STATIC, settings.book / "_static", dirs_exist_ok=True)
    with portal(settings) as client:
        yield str(client.base_url)


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        yield context.new_page()
        browser.close()


def test_a_portfolio_is_kept_by_keyboard_and_axe_finds_nothing(address: str, page: Page) -> None:
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))

    choose(page, address)
    look(page)
    add_training(page)
    expect(page.get_by_text("28 h short")).to_be_visible()
    add_supervision(page)
    look(page)
    change_training(page)
    copy_line(page, address)
    look(page)

    assert [one for one in complaints if "422" not in one] == []  # a form that did not fit


def choose(page: Page, address: str) -> None:
    page.goto(f"{address}portfolio")
    tab_to(page, page.get_by_label("Association"))
    page.keyboard.type("Conn")
    tab_to(page, page.get_by_role("combobox", name="Category"))
    page.keyboard.type("Infant Family S")
    press(page, page.get_by_role("button", name="Save this choice"))
    expect(page.get_by_role("status")).to_have_text("Saved.")
    expect(page.get_by_text("At least 30 clock hours")).to_be_visible()
    expect(page.get_by_text("Not known here").first).to_be_visible()


def add_training(page: Page) -> None:
    press(page, page.get_by_role("link", name="Add a training from elsewhere"))
    tab_to(page, page.get_by_label("Title, as it stands"))
    page.keyboard.type("Attuned conversations")
    tab_to(page, page.get_by_label("First day"))
    page.keyboard.type("02032026")
    tab_to(page, page.get_by_label("Clock hours"))
    page.keyboard.type("2")
    tab_to(page, page.get_by_label("Area 1", exact=True))
    page.keyboard.type("tf-att")
    tab_to(page, page.get_by_label("Hours for area 1"))
    page.keyboard.type("3")
    expect(page.get_by_role("status")).to_contain_text("but the training has 2 h")
    press(page, page.get_by_role("button", name="Save"))
    expect(page.get_by_role("alert")).to_contain_text("Nothing was saved yet.")
    look(page)
    tab_to(page, page.get_by_label("Hours for area 1"))
    page.keyboard.press("Control+A")
    page.keyboard.type("1:30")
    expect(page.get_by_role("status")).to_contain_text("1.5 of 2 h")
    press(page, page.get_by_role("button", name="Another area"))
    expect(page.get_by_label("Area 5", exact=True)).to_be_focused()
    press(page, page.get_by_role("button", name="Save"))
    expect(page.get_by_role("heading", name="Attuned conversations")).to_be_visible()


def add_supervision(page: Page) -> None:
    press(page, page.get_by_role("link", name="Add reflective supervision"))
    tab_to(page, page.get_by_label("Date"))
    page.keyboard.type("03032026")
    tab_to(page, page.get_by_label("Minutes"))
    page.keyboard.type("90")
    tab_to(page, page.get_by_label("Who provided it"))
    page.keyboard.type("Dana Whitfield")
    press(page, page.get_by_role("button", name="Save"))
    expect(page.get_by_text("22.5 h short")).to_be_visible()


def change_training(page: Page) -> None:
    press(page, page.get_by_role("link", name="Change Attuned conversations"))
    expect(page.get_by_label("Hours for area 1")).to_have_value("1.5")
    tab_to(page, page.get_by_label("Trainer or presenter"))
    page.keyboard.type("R. Okafor, LCSW")
    press(page, page.get_by_role("button", name="Save"))
    expect(page.get_by_text("R. Okafor, LCSW")).to_be_visible()


def copy_line(page: Page, address: str) -> None:
    page.goto(f"{address}portfolio")
    press(page, page.get_by_role("link", name="Copy sheet"))
    press(page, page.get_by_role("button", name="Copy the whole line of Attuned conversations"))
    expect(page.get_by_role("status")).to_contain_text("Copied: Attuned conversations")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.split("\t")[:4] == [
        "Attuned conversations", "02/03/2026", "2", "R. Okafor, LCSW"
    ]  # fmt: skip


def look(page: Page) -> None:
    """Nothing for axe to find by day and by night, and nothing cut off on the narrowest screen."""
    page.evaluate(AXE_SCRIPT)
    options = {"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations"]}
    for width, scheme in ((1280, "light"), (390, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        assert page.evaluate(AXE, options) == [], (width, scheme)
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate(ACROSS) == 320
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")
