"""A worker's whole path by keyboard, from the front page to a record that verifies."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import httpx
import pikepdf
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from browser.keyboard import answer_rightly, press, tab_to
from browser.pages import ARGUMENTS, CHROMIUM
from groundwork.curriculum import Curriculum, load_curriculum
from groundwork.gradebook import read_scores
from groundwork.items import Scenario
from groundwork.settings import SELF_STUDY, Settings, read_settings
from record_samples import contexts

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed here.")

NAME = "Ana <i>María</i> Ruiz"
REFLECTION = "Her brain is being built every day, and <b>you</b> are already part of it."


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def portal(project: Path, data: Path, port: int) -> Iterator[str]:
    """The real server in a process of its own."""
    environ = os.environ | {"GROUNDWORK_ROOT": str(project)}
    command = [
        sys.executable, "-m", "groundwork", "serve", "--port", str(port), "--data", str(data)
    ]  # fmt: skip
    process = subprocess.Popen(
        command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(400):
            try:
                httpx.get(f"{address}/healthz", timeout=2).raise_for_status()
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)


@pytest.fixture(scope="module")
def curriculum(project_settings: Settings) -> Curriculum:
    return load_curriculum(project_settings)


def do_lesson(page: Page, curriculum: Curriculum, lesson_id: str) -> None:
    lesson = curriculum.course.lesson(lesson_id)
    assert lesson
    for name in lesson.items:
        item = curriculum.practice[name]
        box = page.locator(f'section[data-item="{name}"]')
        if isinstance(item, Scenario):
            lead(page, curriculum, name)
            continue
        answer_rightly(page, box, item)
        press(page, box.get_by_role("button", name="Check"))
        expect(box.locator(".gw-told")).to_contain_text("Right.")
    press(page, page.get_by_role("button", name="I have finished this lesson"))
    expect(page.locator(".gw-finish-told")).to_contain_text("You have finished this lesson.")


def lead(page: Page, curriculum: Curriculum, name: str) -> None:
    """Take the recommended way through a conversation."""
    item = curriculum.practice[name]
    assert isinstance(item, Scenario)
    box = page.locator(f'section[data-item="{name}"]')
    step = item.steps[0]
    while step.choices:
        choice = next(choice for choice in step.choices if choice.recommended)
        press(page, box.get_by_role("button", name=choice.text[:40]))
        if choice.next is None:
            return
        step = next(step for step in item.steps if step.id == choice.next)


def test_a_worker_goes_from_the_front_page_to_a_record_that_verifies(
    browser: Browser, book: Path, project: Path, curriculum: Curriculum, tmp_path: Path
) -> None:
    module = curriculum.course.modules[0]
    port, data = free_port(), tmp_path / "data"
    with portal(project, data, port) as address:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))

        page.goto(address)
        press(page, page.get_by_role("link", name=re.compile("^Begin with")))
        page.wait_for_url(re.compile(module.id))
        for lesson in module.lessons[:2]:
            page.goto(f"{address}/{lesson.href}")
            do_lesson(page, curriculum, lesson.id)

    with portal(project, data, port) as address:
        page.goto(address)
        onward = page.get_by_role("link", name=re.compile("Continue"))
        press(page, onward)
        page.wait_for_url(re.compile(module.lessons[2].stem))
        done = page.locator('[data-kind="lesson"] .gw-status[data-status="finished"]')
        expect(done.first).to_be_attached()
        for lesson in module.lessons[2:]:
            page.goto(f"{address}/{lesson.href}")
            do_lesson(page, curriculum, lesson.id)

        take_quiz(page, address, curriculum)
        write_reflection(page, address, module.id)
        record = make_record(page, address)
        verify_on_the_page(page, address, record, tmp_path)

        assert complaints == []

    verify_without_our_code(project, record, tmp_path)
    verify_from_the_terminal(project, data, record)
    settings = read_settings({"GROUNDWORK_ROOT": str(project)}, data=data)
    scores = read_scores(settings.gradebook(SELF_STUDY))
    assert any("02-brain-architecture-b" in str(row) for row in scores)


def take_quiz(page: Page, address: str, curriculum: Curriculum) -> None:
    """Fail on purpose with form B, see what is told, and pass with form A."""
    module = curriculum.course.modules[0]
    page.goto(f"{address}/modules/{module.id}/quiz.html")
    expect(page.get_by_text("You pass with 9.6 of 12 points (80 percent).")).to_be_visible()
    press(page, page.get_by_role("button", name="Begin the quiz"))
    press(page, page.get_by_role("button", name="Send my answers"))
    press(page, page.get_by_role("button", name="Send as it is"))
    expect(page.get_by_role("heading", name=re.compile("Not passed yet"))).to_be_focused()
    told = page.locator('[data-app="quiz"]').inner_text()
    form_b = curriculum.quizzes[module.id].form("B")
    assert not [w for item in form_b.items for w in item.key()["why"].values() if w[:40] in told]

    press(page, page.get_by_role("button", name="Take the other form"))
    expect(page.get_by_role("heading", name="Question 1 of 12")).to_be_visible()
    form_a = curriculum.quizzes[module.id].form("A")
    boxes = page.locator(".gw-items > li")
    expect(boxes).to_have_count(len(form_a.items))
    for place, item in enumerate(form_a.items):
        answer_rightly(page, boxes.nth(place), item)
    press(page, page.get_by_role("button", name="Send my answers"))
    expect(page.get_by_role("heading", name=re.compile("Passed"))).to_be_focused()


def write_reflection(page: Page, address: str, module: str) -> None:
    page.goto(f"{address}/modules/{module}/reflection.html")
    tab_to(page, page.get_by_role("textbox", name="Your reflection"))
    page.keyboard.type(REFLECTION)
    for place in range(3):
        press(page, page.locator('[data-app="reflection"] input').nth(place), "Space")
    press(page, page.get_by_role("button", name="Save my reflection"))
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    page.reload()
    expect(page.get_by_role("textbox", name="Your reflection")).to_have_value(REFLECTION)


def make_record(page: Page, address: str) -> bytes:
    page.goto(f"{address}/progress.html")
    tab_to(page, page.get_by_role("textbox", name="Name to print"))
    page.keyboard.type(NAME)
    press(page, page.get_by_role("button", name="Save the name"))
    expect(page.get_by_text(f"Saved: {NAME}")).to_be_visible()
    press(page, page.get_by_role("button", name="Make my completion record"))
    link = page.get_by_role("link", name="PDF to print or send")
    expect(link).to_be_visible(timeout=20_000)
    answer = page.request.get(link.get_attribute("href") or "")
    assert answer.ok
    return answer.body()


def attached_credential(pdf: bytes) -> bytes:
    with pikepdf.open(BytesIO(pdf)) as document:
        (attached,) = document.attachments.values()
        return bytes(attached.get_file().read_bytes())


def verify_on_the_page(page: Page, address: str, record: bytes, folder: Path) -> None:
    (folder / "record.pdf").write_bytes(record)
    page.goto(f"{address}/verify")
    page.locator("input[type=file]").set_input_files(folder / "record.pdf")
    press(page, page.get_by_role("button", name="Check it"))
    expect(page.locator(".gw-verdict")).to_have_attribute("data-status", "valid")
    expect(page.get_by_text(NAME).first).to_be_visible()
    expect(page.locator("main")).to_contain_text("Infant and young child development")


def verify_without_our_code(project: Path, record: bytes, folder: Path) -> None:
    """Digital Bazaar's libraries, in Node, offline."""
    if not shutil.which("node") or not (project / "tests/independent/node_modules").is_dir():
        pytest.skip("Node and its verifier are not here; make test installs them")
    credential = folder / "credential.json"
    credential.write_bytes(attached_credential(record))
    verifier = project / "tests/independent/verify.mjs"
    command = ["node", str(verifier), str(credential), str(contexts())]

    done = subprocess.run(command, capture_output=True, text=True)

    assert json.loads(done.stdout)["verified"] is True, done.stdout + done.stderr


def verify_from_the_terminal(project: Path, data: Path, record: bytes) -> None:
    path = data / "record.pdf"
    path.write_bytes(record)
    command = [sys.executable, "-m", "groundwork", "record", "verify", str(path), "--json"]
    environ = os.environ | {"GROUNDWORK_ROOT": str(project), "GROUNDWORK_DATA": str(data)}

    done = subprocess.run(command, capture_output=True, text=True, env=environ)

    verdict = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert verdict["status"] == "valid"
    assert verdict["page_proven"] is True
    assert NAME in json.dumps(verdict["record"], ensure_ascii=False)
