"""What twenty questions weigh and how soon they answer, beside stock Jupyter Book.

Run with `make bench`. Two pages of one lesson are built with Groundwork, one with twenty
questions and one with none; the same twenty, as ipywidgets (a group of radio buttons or
check boxes and a button each), are built with Jupyter Book as it comes. Chromium then
loads each page and everything it asks for, all from this computer, and nothing is timed
against a limit.

Counted: the body of every answer, compressed with gzip -9 where it is text or code and
plain where it is not (fonts, pictures). The stock page loads its widget manager from a
CDN; its bytes are taken from the npm package of the version the page names, which is
fetched once into _build/bench when the network is there (or given with
--html-manager FILE). Without it the manager is counted from the one that ipywidgets
installs for the classic notebook, which is smaller, and the stock page is not timed.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from threading import Thread
from typing import Any

import nbformat
import widgetsnbextension  # type: ignore[import-untyped]
import yaml
from nbclient import NotebookClient
from playwright.sync_api import Browser, Response, Route, sync_playwright

from groundwork.items import Multiple, Single, load_form
from groundwork.making import build_book
from groundwork.settings import read_settings

PROJECT = Path(__file__).parents[1]
CACHE = PROJECT / "_build" / "bench"
SMALL = PROJECT / "tests" / "cases" / "curriculum"
MODULE = "01-small-steps"
QUESTIONS = 20
ROUNDS = 5
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
OPEN = {"Access-Control-Allow-Origin": "*"}
INTEGRITY = re.compile(r' integrity="[^"]*"')
PACKED = re.compile(r"text/|javascript|json|xml|svg")
PLUGGED = {
    "html-manager": re.compile(r"@jupyter-widgets/html-manager@([\d.]+)/dist/embed-amd\.js"),
    "requirejs": re.compile(r"require\.js/([\d.]+)/require(?:\.min)?\.js"),
}
PACKAGES = {
    "html-manager": ("@jupyter-widgets/html-manager", "package/dist/embed-amd.js"),
    "requirejs": ("requirejs", "package/require.js"),
}

ANSWERED = """
(() => {
  const ready = (OPTION, BUTTON, ANSWER) => {
    let chosen = false;
    const look = () => {
      if (document.querySelector(ANSWER)) {
        const loaded = performance.getEntriesByType("navigation")[0].loadEventEnd;
        window.answeredAfter = Math.max(0, performance.now() - loaded);
        return;
      }
      const option = document.querySelector(OPTION);
      if (option && !chosen) {
        chosen = true;
        option.click();
        if (BUTTON) document.querySelector(BUTTON).click();
      }
      setTimeout(look, 1);
    };
    addEventListener("load", () => setTimeout(look, 0));
  };
  ready(...ARGUMENTS);
})();
"""
OURS = [
    '.gw-check[data-type="single"] .gw-item input[type="radio"]',
    '.gw-check[data-type="single"] .gw-item .gw-actions button',
    '.gw-check[data-type="single"] .gw-why:not([hidden])',
]
STOCK = [
    '.widget-radio-box input[type="radio"]',
    "",
    '.widget-radio-box input[type="radio"]:checked',
]


@dataclass
class Loaded:
    """A page as a browser got it."""

    page: int
    total: int
    answered: float | None
    files: dict[str, int] = field(default_factory=dict)


def kilo(count: float) -> str:
    """Bytes as people read them."""
    return f"{count / 1000:,.1f} kB"


def packed(body: bytes, kind: str) -> int:
    """The size of a body on the wire."""
    return len(gzip.compress(body, 9, mtime=0)) if PACKED.search(kind) else len(body)


# The pages


def our_pages(folder: Path) -> Path:
    """Build a course of two lessons, `none` and `twenty`; return the folder of the book."""
    shutil.copytree(SMALL, folder)
    shutil.copy(PROJECT / "_config.yml", folder)
    lessons = folder / "modules" / MODULE
    items = twenty()
    practice = {"items": [item | {"objective": "walk", "claims": ["B1"]} for item in items]}
    for item in practice["items"]:
        item.pop("section", None)
    (folder / "quizzes" / MODULE / "practice.yml").write_text(
        yaml.safe_dump(practice, allow_unicode=True, sort_keys=False), encoding="utf-8"
    )
    checks = "".join(f"\n```{{self-check}} {item['id']}\n```\n" for item in items)
    for name, body in {"none": "", "twenty": checks}.items():
        head = f"---\ntitle: A lesson with {name}\nareas: {{walking: 1.0}}\n---\n"
        text = f"{head}\n# A lesson with {name}\n\nOne sentence.\n{body}"
        (lessons / f"{name}.md").write_text(text, encoding="utf-8")
    (folder / "index.md").write_text("# A course\n\nOne sentence.\n", encoding="utf-8")
    (folder / "_toc.yml").write_text(
        "format: jb-book\nroot: index\nchapters:\n"
        + "".join(f"  - file: modules/{MODULE}/{name}\n" for name in ("index", "none", "twenty")),
        encoding="utf-8",
    )
    settings = read_settings({"GROUNDWORK_ROOT": str(folder)})
    build_book(settings, say=lambda _: None)
    return settings.book


def twenty() -> list[dict[str, Any]]:
    """Twenty practice items of the project, as written; single first, so that one can be timed."""
    form = PROJECT / "quizzes" / "02-brain-architecture" / "practice.yml"
    items: list[dict[str, Any]] = yaml.safe_load(form.read_text(encoding="utf-8"))["items"]
    return sorted(items, key=lambda item: item["type"] != "single")[:QUESTIONS]


def choices() -> list[tuple[str, list[str], bool]]:
    """Twenty questions to choose from: stem, options, and whether one only is right."""
    found = []
    for path in sorted(PROJECT.glob("quizzes/*/*.yml")):
        for item in load_form(path).items:
            if isinstance(item, Single | Multiple):
                texts = [option.text for option in item.options]
                found.append((item.stem, texts, isinstance(item, Single)))
    return sorted(found, key=lambda one: not one[2])[:QUESTIONS]


def stock_page(folder: Path) -> Path:
    """Build one page of twenty ipywidgets questions with Jupyter Book as it comes."""
    folder.mkdir()
    (folder / "_config.yml").write_text("title: Stock\nexecute: {execute_notebooks: 'off'}\n")
    (folder / "_toc.yml").write_text("format: jb-book\nroot: twenty\n")
    write: Any = nbformat  # typed in part
    cells = [write.v4.new_markdown_cell("# A page with twenty\n\nOne sentence.")]
    for stem, options, single in choices():
        cells.append(write.v4.new_code_cell(_question(stem, options, single=single)))
    notebook = write.v4.new_notebook(cells=cells)
    client = NotebookClient(notebook, kernel_name="python3", store_widget_state=True)
    client.extra_arguments = ["--log-level=40"]
    client.execute()
    write.write(notebook, folder / "twenty.ipynb")
    subprocess.run(  # noqa: S603  # our own interpreter and arguments
        [
            sys.executable, "-c", "from jupyter_book.cli.main import main; main()",
            "build", str(folder), "--quiet",
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder / "_build" / "html"


def _question(stem: str, options: list[str], *, single: bool) -> str:
    boxes = (
        f"choice = widgets.RadioButtons(options={options!r}, value=None)"
        if single
        else f"choice = widgets.VBox([widgets.Checkbox(description=o) for o in {options!r}])"
    )
    return (
        "import ipywidgets as widgets\n"
        f"stem = widgets.HTML({stem!r})\n{boxes}\n"
        "check = widgets.Button(description='Check')\nfeedback = widgets.Output()\n"
        "widgets.VBox([stem, choice, check, feedback])"
    )


def from_npm(name: str, version: str) -> bytes | None:
    """One file of an npm package, from the cache or fetched into it; None without a network."""
    package, member = PACKAGES[name]
    kept = CACHE / f"{name}-{version}.js"
    if not kept.is_file():
        CACHE.mkdir(parents=True, exist_ok=True)
        command = ["npm", "pack", "--silent", f"{package}@{version}"]
        try:
            made = subprocess.run(  # noqa: S603  # names and versions of our own
                command, cwd=CACHE, check=True, capture_output=True, text=True
            )
        except (OSError, subprocess.CalledProcessError):
            return None
        archive = CACHE / made.stdout.strip().splitlines()[-1]
        with tarfile.open(fileobj=io.BytesIO(archive.read_bytes())) as opened:
            found = opened.extractfile(member)
            kept.write_bytes(found.read() if found else b"")
        archive.unlink()
    return kept.read_bytes()


def plugged(page: str, manager: Path | None) -> dict[str, bytes]:
    """The files of other hosts that a stock page needs to show a widget, as far as we have them."""
    found = {}
    for name, pattern in PLUGGED.items():
        named = pattern.search(page)
        data = manager.read_bytes() if manager and name == "html-manager" else None
        if named and data is None:
            data = from_npm(name, named[1])
        if data:
            found[name] = data
    return found


# The browser


class Quiet(SimpleHTTPRequestHandler):
    """A plain file server that says nothing."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base names it so
        return


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on a free port; yield its address."""
    handler = partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def load(
    browser: Browser, address: str, *, timed: list[str] | None = None,
    elsewhere: dict[str, bytes] | None = None,
) -> Loaded:  # fmt: skip
    """Load a page in a fresh browser profile; what other hosts would send comes from memory."""
    context = browser.new_context()
    page = context.new_page()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))

    def route(asked: Route) -> None:
        url = asked.request.url
        for name, data in (elsewhere or {}).items():
            if PLUGGED[name].search(url):
                asked.fulfill(body=data, content_type="text/javascript", headers=OPEN)
                return
        asked.abort()

    page.route(re.compile(r"^https?://(?!127\.0\.0\.1)"), route)
    if timed:
        page.add_init_script(ANSWERED.replace("ARGUMENTS", json.dumps(timed)))
    page.goto(address, wait_until="load")
    answered = None
    if timed:
        answered = page.wait_for_function("window.answeredAfter", timeout=60_000).json_value()
    page.wait_for_load_state("networkidle")
    files = {}
    for answer in answers:
        if answer.ok and not answer.url.startswith("data:"):
            kind = answer.headers.get("content-type", "")
            files[answer.url.removeprefix(address.rsplit("/", 1)[0])] = packed(answer.body(), kind)
    size = packed(answers[0].body(), "text/html")
    context.close()
    return Loaded(size, sum(files.values()), answered, files)


def several(browser: Browser, address: str, **choices: Any) -> Loaded:
    """The same page loaded some times: its weight once, its time as the median."""
    rounds = [load(browser, address, **choices) for _ in range(ROUNDS)]
    times = [one.answered for one in rounds if one.answered is not None]
    rounds[0].answered = median(times) if times else None
    return rounds[0]


# The report


def report(folder: Path, manager: Path | None) -> None:
    """Build, load and print."""
    print("Building our two pages and the stock one …", flush=True)
    ours, stock = our_pages(folder / "ours"), stock_page(folder / "stock")
    page = stock / "twenty.html"
    source = page.read_text(encoding="utf-8")
    elsewhere = plugged(source, manager)
    page.write_text(INTEGRITY.sub("", source), encoding="utf-8")  # npm's require.js is not minified
    whole = set(elsewhere) == set(PLUGGED)
    with sync_playwright() as playwright, served(ours) as here, served(stock) as there:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        lessons = f"{here}/modules/{MODULE}"
        none = load(browser, f"{lessons}/none.html")
        full = several(browser, f"{lessons}/twenty.html", timed=OURS)
        beside = several(
            browser, f"{there}/twenty.html", timed=STOCK if whole else None, elsewhere=elsewhere
        )
        browser.close()
    _ours(ours, none, full)
    _stock(beside, elsewhere, page=page)
    _times(full, beside)


def _ours(book: Path, none: Loaded, full: Loaded) -> None:
    static = book / "_static" / "gw"
    module = {name: static / name for name in ("item.js", "score.js", "item.css", "host.js")}
    sizes = {name: packed(path.read_bytes(), "text/") for name, path in module.items()}
    print(f"\nGroundwork, a lesson with {QUESTIONS} questions and one with none (compressed)")
    print(f"  page              {kilo(full.page):>12} and {kilo(none.page)}")
    print(f"  all that is loaded {kilo(full.total):>11} and {kilo(none.total)}")
    print(f"  the questions add {kilo(full.total - none.total):>12}  (at most 40 kB is promised)")
    parts = ", ".join(f"{name} {kilo(size)}" for name, size in sizes.items())
    print(f"  question module   {kilo(sum(sizes.values())):>12}  (at most 25 kB: {parts})")


def _stock(beside: Loaded, elsewhere: dict[str, bytes], *, page: Path) -> None:
    print(f"\nStock Jupyter Book, a page with {QUESTIONS} ipywidgets questions")
    raw = len(page.read_bytes())
    print(f"  page              {kilo(beside.page):>12} compressed, {kilo(raw)} as it is")
    print(f"  all that is loaded {kilo(beside.total):>11} compressed")
    manager = elsewhere.get("html-manager")
    how = "of it: embed-amd.js of the npm package of the version that the page names"
    if manager is None:
        folder = Path(widgetsnbextension.__file__).parent / "static"
        manager = (folder / "extension.js").read_bytes()
        how = "to add: not to be had here, so counted from the smaller one of the classic notebook"
    small = packed(manager, "text/javascript")
    print(f"  widget manager    {kilo(small):>12} compressed, {kilo(len(manager))} as it is")
    print(f"                     ({how})")


def _times(full: Loaded, beside: Loaded) -> None:
    print(f"\nFrom the load event to an answered click, median of {ROUNDS}, no network between")
    print(f"  (load of this machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors)")
    print(f"  Groundwork        {full.answered or 0:>9,.0f} ms  (reason shown in the page)")
    if beside.answered is None or full.answered is None:
        print("  stock                    not timed: its widget manager is not here")
        return
    print(
        f"  stock             {beside.answered:>9,.0f} ms  (chosen; no feedback without a kernel)"
    )
    print(f"  stock / Groundwork {beside.answered / max(full.answered, 1):>8,.1f}")


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--html-manager", type=Path, help="embed-amd.js, instead of npm's")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="groundwork-bench-") as folder:
        report(Path(folder), chosen.html_manager)


if __name__ == "__main__":
    main()
