"""How long the book takes to build, beside stock Jupyter Book on the same words.

Run with `make bench`. A copy of the content is built from nothing, with one lesson changed
and with nothing changed; a stock book of the same words (see stockbook.py) is built in the
same run. Then the copy is served with `--watch`, and a change is timed from the moment its
file is saved until the page says it.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from urllib.error import URLError
from urllib.request import urlopen

from stockbook import build_stock_book, write_stock_book

from groundwork.curriculum import load_curriculum
from groundwork.making import SOURCES, build_book, is_stale
from groundwork.settings import Settings, read_settings

PROJECT = Path(__file__).parents[1]
ROUNDS = 3
LONGEST_WAIT = 60
LESSON = "modules/02-brain-architecture/how-brains-are-built"
DRAWING = "assets/figures/brain-clocks.svg"
DATA = "assets/figures/data/brain_growth.csv"
VALUE = re.compile(r"^(total brain volume relative to 2-4 weeks,12,)[\d.]+", re.M)


def copy(folder: Path) -> Settings:
    """The content in a folder of its own."""
    for pattern in (*SOURCES, "quizzes/**/*"):
        for path in PROJECT.glob(pattern):
            if path.is_file():
                place = folder / path.relative_to(PROJECT)
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, place)
    return read_settings({"GROUNDWORK_ROOT": str(folder)}, data=folder / "data")


def timed(work: Callable[[], object]) -> float:
    """Seconds a piece of work takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def several(change: Callable[[], object], work: Callable[[], object]) -> float:
    """The median of some rounds, each after a change that is not timed."""
    times = []
    for _ in range(ROUNDS):
        change()
        times.append(timed(work))
    return median(times)


def add_words(path: Path) -> str:
    """Add a word to the end of a page, one that it did not have."""
    word = f"word{time.time_ns()}"
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{word}\n", encoding="utf-8")
    return word


def add_words_to_notebook(path: Path) -> None:
    """The same for a notebook."""
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"source": "', f'"source": "word{time.time_ns()} ', 1))


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """The portal that watches, in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", "groundwork", "serve", "--watch", "--port", str(port),
        "--data", str(settings.data),
    ]  # fmt: skip
    environ = os.environ | {"GROUNDWORK_ROOT": str(settings.root)}
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL)  # noqa: S603
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def fetch(address: str) -> str:
    """A page as it is served now; empty while nobody answers."""
    try:
        with urlopen(address) as answer:  # noqa: S310 - our own address
            return str(answer.read().decode())
    except URLError:
        return ""


def says(page: str, word: str) -> bool:
    """Whether a page holds a word."""
    return word in fetch(page)


def differs(page: str, before: str) -> bool:
    """Whether a page is another than it was."""
    return fetch(page) not in ("", before)


def until(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + LONGEST_WAIT
    while not true():
        if time.monotonic() > end:
            raise SystemExit("The change was never served.")
        time.sleep(0.02)


def served_after(settings: Settings) -> dict[str, float]:
    """Seconds from a saved file to a page that says it, by what was changed."""
    root = settings.root
    with serving(settings) as address:
        page = f"{address}/{LESSON}.html"
        until(lambda: bool(fetch(page)))
        time.sleep(5)  # an author reads before saving; the waiting build loads meanwhile
        found: dict[str, list[float]] = {"words": [], "drawing": [], "data of a chart": []}
        for number in range(ROUNDS):
            word = add_words(root / f"{LESSON}.md")
            found["words"].append(timed(partial(until, partial(says, page, word))))
            time.sleep(5)
            before = fetch(page)
            drawing = root / DRAWING
            drawing.write_text(drawing.read_text().replace("</svg>", f"<!--{number}--></svg>", 1))
            found["drawing"].append(timed(partial(until, partial(differs, page, before))))
            time.sleep(5)
            before = fetch(page)
            rows = (root / DATA).read_text(encoding="utf-8")
            (root / DATA).write_text(VALUE.sub(rf"\g<1>2.{number + 1}1", rows), encoding="utf-8")
            found["data of a chart"].append(timed(partial(until, partial(differs, page, before))))
            time.sleep(5)
    return {name: median(times) for name, times in found.items()}


def report(folder: Path) -> None:
    """Build, change, serve and print."""
    ours, stock = copy(folder / "ours"), folder / "stock"
    pages = write_stock_book(load_curriculum(ours), stock)
    os.environ["GROUNDWORK_ROOT"] = str(ours.root)  # where the stock book's charts find their data

    def build() -> None:
        build_book(ours, say=lambda _: None)

    def again() -> None:
        build_stock_book(stock)

    lesson, notebook = ours.root / f"{LESSON}.md", stock / f"{LESSON}.ipynb"
    rows = {
        "from nothing": (timed(build), timed(again)),
        "one lesson changed": (
            several(lambda: add_words(lesson), build),
            several(lambda: add_words_to_notebook(notebook), again),
        ),
        "nothing changed": (
            several(lambda: None, lambda: is_stale(ours)),
            several(lambda: None, again),
        ),
    }
    print(f"{len(pages)} pages of the same words; medians of {ROUNDS}, from nothing once\n")
    print(f"{'':22}{'ours':>9}{'stock':>9}{'ratio':>8}")
    for name, (mine, theirs) in rows.items():
        print(f"{name:22}{mine:8.2f}s{theirs:8.2f}s{theirs / mine:8.1f}")
    print("\nserved with --watch, from saving the file to the page that says it")
    for name, seconds in served_after(ours).items():
        print(f"{name:22}{seconds:8.2f}s")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="groundwork-bench-") as made:
        report(Path(made))
