"""A quiz in real JupyterLab 4 and Notebook 7: answered, kept over a restart, handed in."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from groundwork.assignments import build_course
from groundwork.curriculum import load_curriculum
from groundwork.settings import read_settings
from small_course import CURRICULUM, FORM_A, nbgrader

from .pages import ARGUMENTS, CHROMIUM

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="no chromium here")
SECONDS = 60_000
ITEM = ".gw-item"
KERNEL = ".jp-KernelName:has-text('Python 3'), .jp-Toolbar-kernelName:has-text('Python 3')"
LISTENS = """async () => (await (await fetch("/api/sessions")).json())
    .some(({ kernel }) => kernel.connections && kernel.execution_state === "idle")"""


@dataclass
class Desk:
    """A learner's folder with a fetched quiz, and the Jupyter server that shows it."""

    folder: Path
    exchange: Path
    address: str

    def has_kept(self, answer: str, page: Page) -> None:
        """Wait until the file beside the notebook says what was just chosen."""
        kept = self.folder / FORM_A / "answers.json"
        for _ in range(100):
            if kept.exists() and answers_in(kept) == {"a-first-step": answer}:
                return
            page.wait_for_timeout(100)
        raise AssertionError(f"{answer} is not kept")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """What `nbgrader fetch_assignment` leaves a learner with, served by Jupyter as it comes."""
    course, folder, exchange = tmp_path / "steps", tmp_path / "home", tmp_path / "exchange"
    build_course(load_curriculum(read_settings({"GROUNDWORK_ROOT": str(CURRICULUM)})), course)
    exchange.mkdir(mode=0o777)
    exchange.chmod(0o777)
    (tmp_path / "jupyter").mkdir()
    (tmp_path / "jupyter" / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.Exchange.root = {str(exchange)!r}\n"
        "c.CourseDirectory.course_id = 'steps'\n"
    )
    shutil.copytree(course / "release" / FORM_A, folder / FORM_A)
    shutil.copytree(course / "release" / FORM_A, exchange / "steps" / "outbound" / FORM_A)
    (exchange / "steps" / "inbound").mkdir(mode=0o733)
    (exchange / "steps" / "inbound").chmod(0o733)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    words += [f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token="]
    environ = os.environ | {"JUPYTER_CONFIG_DIR": str(tmp_path / "jupyter")}
    server = subprocess.Popen(words, cwd=folder, env=environ, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/api", server)
        yield Desk(folder, exchange, address)
    finally:
        server.terminate()
        server.wait(20)


def answers_in(file: Path) -> object:
    return json.loads(file.read_text(encoding="utf-8"))["answers"]


def wait_for(address: str, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        assert server.poll() is None, "Jupyter did not start"
        try:
            urlopen(address)  # noqa: S310  # our own server
            return
        except URLError:
            time.sleep(0.2)
    raise AssertionError("Jupyter does not answer")


def run_all(page: Page, *, restart: bool) -> None:
    """Restart the kernel, if asked, and run every cell, from the menus."""
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=SECONDS)
    # Jupyter asks which kernel to start where somebody runs a cell before there is one.
    page.wait_for_selector(KERNEL, timeout=SECONDS)
    page.wait_for_function(LISTENS, timeout=SECONDS)
    page.get_by_role("menuitem", name="Kernel" if restart else "Run", exact=True).click()
    words = re.compile("^Restart Kernel and Run All Cells" if restart else "^Run All Cells$")
    page.get_by_role("menuitem", name=words).click()
    if restart:
        page.locator(".jp-Dialog .jp-mod-accept").click()
    expect(page.locator(ITEM)).to_have_count(7, timeout=SECONDS)


def test_an_answer_outlives_the_kernel_in_lab_and_notebook_and_is_handed_in(desk: Desk) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 1400})
        page.goto(f"{desk.address}/lab/tree/{FORM_A}/{FORM_A}.ipynb")
        run_all(page, restart=False)
        page.get_by_label("Look at you").check()
        desk.has_kept("look", page)

        run_all(page, restart=True)
        expect(page.get_by_label("Look at you")).to_be_checked(timeout=SECONDS)

        page.goto(f"{desk.address}/notebooks/{FORM_A}/{FORM_A}.ipynb")
        run_all(page, restart=True)
        expect(page.get_by_label("Look at you")).to_be_checked(timeout=SECONDS)
        page.get_by_label("About time").check()
        desk.has_kept("late", page)
        browser.close()

    nbgrader(desk.folder, "submit", FORM_A, JUPYTER_CONFIG_DIR=str(desk.folder.parent / "jupyter"))
    (handed_in,) = (desk.exchange / "steps" / "inbound").glob("*/answers.json")
    assert answers_in(handed_in) == {"a-first-step": "late"}
