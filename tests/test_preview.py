"""The preview shows an author a file as it stands, says what is wrong, and recovers."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from browser.pages import ARGUMENTS, CHROMIUM
from groundwork.errors import SettingsError
from groundwork.portal.security import POLICY
from groundwork.portal.serving import listen, server_of
from groundwork.preview import Preview, quiz_files
from groundwork.preview.serving import create_app
from groundwork.settings import Settings, read_settings

SMALL = Path(__file__).parent / "cases" / "curriculum"
MODULE = "01-small-steps"
EVERY_TYPE = Path(__file__).parent / "cases" / "exports" / "every-type.yml"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    root = tmp_path / "project"
    shutil.copytree(SMALL, root)
    return read_settings({"GROUNDWORK_ROOT": str(root)})


@pytest.fixture
def form_a(settings: Settings) -> Path:
    return settings.quizzes / MODULE / "form-a.yml"


@contextmanager
def served(preview: Preview) -> Iterator[str]:
    """Serve a preview from a thread; yield its address."""
    listening = listen("127.0.0.1", 0)
    server = server_of(create_app(preview))
    thread = Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        while not server.started and thread.is_alive():
            sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


def replaced(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def state_of(settings: Settings, path: Path) -> dict[str, Any]:
    return Preview(settings, [path]).state()


def test_an_item_is_shown_with_its_key_reasons_claims_and_messages(
    settings: Settings, form_a: Path
) -> None:
    (file,) = state_of(settings, form_a)["files"]

    item = file["items"][0]
    assert file["name"] == f"quizzes/{MODULE}/form-a.yml"
    assert (item["id"], item["type"], item["line"]) == ("a-first-step", "single", 2)
    assert item["item"]["key"]["correct"] == ["look"]
    assert item["answers"][0] == {
        "text": "Look at you", "verdict": "right", "why": "SECRET-A-01 it notices.",
    }  # fmt: skip
    assert [claim["id"] for claim in item["claims"]] == ["B1"]
    assert all(claim["text"] for claim in item["claims"])
    assert [one["level"] for one in item["messages"]] == ["warning"]
    assert "have not 20 to 60 words" in item["messages"][0]["text"]


def test_what_concerns_the_whole_file_stands_above_its_items(
    settings: Settings, form_a: Path
) -> None:
    (file,) = state_of(settings, form_a)["files"]

    texts = [one["text"] for one in file["messages"]]
    assert any("a graded form has 12 items; this one has 7" in text for text in texts)


def test_an_unreadable_file_says_where_and_recovers_on_the_next_save(
    settings: Settings, form_a: Path
) -> None:
    preview = Preview(settings, [form_a])
    whole = preview.state()["files"][0]

    replaced(form_a, "    stem: A baby stands", "    stim: A baby stands")
    broken = preview.state()["files"][0]
    replaced(form_a, "    stim: A baby stands", "    stem: A baby stands")

    assert broken["errors"] == [
        f"quizzes/{MODULE}/form-a.yml:2: missing 'stem'; add it",
        f"quizzes/{MODULE}/form-a.yml:5: unknown key 'stim'; remove it or correct its spelling",
    ]
    assert broken["items"] == []
    assert preview.state()["files"][0] == whole


def test_another_broken_file_hides_no_item_and_is_named(settings: Settings, form_a: Path) -> None:
    replaced(settings.quizzes / MODULE / "form-b.yml", "items:", "things:")

    state = state_of(settings, form_a)

    assert len(state["files"][0]["items"]) == 7
    assert any(text.startswith(f"quizzes/{MODULE}/form-b.yml:") for text in state["problems"])


def test_a_draft_that_no_contents_list_is_checked_too(settings: Settings) -> None:
    for folder in (settings.root / "modules", settings.quizzes):
        shutil.copytree(folder / MODULE, folder / "02-draft")
    draft = settings.quizzes / "02-draft" / "practice.yml"
    replaced(draft, "objective: walk", "objective: fly")

    (file,) = state_of(settings, draft)["files"]

    texts = [one["text"] for item in file["items"] for one in item["messages"]]
    assert any("names the objective 'fly'" in text for text in texts)


def test_a_file_outside_the_course_is_read_alone_and_says_so(settings: Settings) -> None:
    (file,) = state_of(settings, EVERY_TYPE)["files"]

    assert [item["type"] for item in file["items"]] == [
        "single", "multiple", "match", "order", "sort", "mark", "estimate", "scenario",
        "reflection",
    ]  # fmt: skip
    assert "stands in no module's folder" in file["messages"][0]["text"]
    by_id = {item["id"]: item["answers"] for item in file["items"]}
    assert by_id["talking"][0]["verdict"] == "at first, recommended, then the end"
    assert len(by_id["thinking"]) == 3


def test_a_module_means_all_its_files_in_order(settings: Settings) -> None:
    names = [path.name for path in quiz_files(MODULE, settings)]

    assert names == ["practice.yml", "form-a.yml", "form-b.yml", "reflection.yml"]
    with pytest.raises(SettingsError, match="no quiz file and no module nowhere"):
        quiz_files("nowhere", settings)


def test_it_answers_to_this_computer_only_and_with_the_portals_policy(
    settings: Settings, form_a: Path
) -> None:
    with served(Preview(settings, [form_a])) as address, httpx.Client(base_url=address) as client:
        page = client.get("/")
        state = client.get("/state")
        again = client.get("/state", params={"seen": state.json()["stamp"]})
        foreign = client.get("/state", headers={"Host": "elsewhere.example"})
        outside = [
            client.get(path).status_code
            for path in ("/gw/item.py", "/gw/../items.py", "/preview/page.html", "/quizzes/x.js")
        ]

    assert page.headers["content-security-policy"] == POLICY
    assert (state.status_code, again.status_code, foreign.status_code) == (200, 204, 421)
    assert outside == [404] * 4


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed here.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser.new_page()
        browser.close()


def test_the_page_follows_each_save_and_keeps_the_answer_of_what_did_not_change(
    page: Page, settings: Settings, form_a: Path
) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    with served(Preview(settings, [form_a])) as address:
        page.goto(address)
        first = page.locator("#item-a-first-step")
        first.get_by_role("radio", name="About time").check()
        first.get_by_role("button", name="Check", exact=True).click()
        expect(first.locator(".gw-check")).to_contain_text("SECRET-A-02")

        replaced(form_a, "Who can help a baby to walk?", "Who may help?")
        expect(page.locator("#item-a-who-helps .gw-check")).to_contain_text("Who may help?")
        expect(first.locator(".gw-check")).to_contain_text("SECRET-A-02")

        replaced(form_a, "    stem: Who may help?", "\tstem: Who may help?")
        expect(page.locator(".pv-messages").first).to_contain_text("form-a.yml:15: a tab stands")
        expect(page.locator(".pv-status")).to_contain_text("cannot be read")

        replaced(form_a, "\tstem: Who may help?", "    stem: Who could help?")
        expect(page.locator("#item-a-who-helps .gw-check")).to_contain_text("Who could help?")
        expect(page.locator(".pv-status")).to_contain_text("Read at")
    assert complaints == []


def test_every_type_of_question_is_shown(page: Page, settings: Settings) -> None:
    with served(Preview(settings, [EVERY_TYPE])) as address:
        page.goto(address)
        expect(page.locator(".pv-item")).to_have_count(9)
        for item in page.locator(".pv-item").all():
            expect(item.locator(".gw-item, .gw-question").first).to_be_visible()
            expect(item.get_by_text("Key and reasons")).to_be_visible()
