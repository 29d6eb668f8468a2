"""What a lesson weighs and how soon it can be used, beside the same lesson in stock Jupyter Book.

Run with `make bench`. Both pages are loaded by Lighthouse as a phone on a slow network would
on its first visit; the stock page's words, questions and theme are those of stockbook.py.
Ours comes from the portal, theirs from a file server that compresses. Lighthouse is fetched
once into benchmarks/lighthouse by npm.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from statistics import median
from threading import Thread
from typing import Any, BinaryIO

from building import copy, fetch, serving, until
from stockbook import build_stock_book, write_stock_book

from groundwork.curriculum import load_curriculum
from groundwork.making import build_book

HERE = Path(__file__).parent
LIGHTHOUSE = HERE / "lighthouse"
LESSON = "modules/02-brain-architecture/how-brains-are-built.html"
ROUNDS = 5
CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
)
MEASURED = {
    "first paint, ms": "first-contentful-paint",
    "largest paint, ms": "largest-contentful-paint",
    "interactive, ms": "interactive",
    "blocked, ms": "total-blocking-time",
    "layout shift": "cumulative-layout-shift",
    "bytes": "total-byte-weight",
}
COMPARED = ("requests", "interactive, ms", "bytes")


class Packing(SimpleHTTPRequestHandler):
    """A file server that compresses text, as any public one does."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base names it so
        return

    def send_head(self) -> BytesIO | BinaryIO | None:
        path = Path(self.translate_path(self.path.split("?")[0]))
        if path.suffix not in (".html", ".css", ".js", ".svg", ".json") or not path.is_file():
            return super().send_head()
        body = gzip.compress(path.read_bytes(), 6)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return BytesIO(body)


@contextmanager
def files(folder: Path) -> Iterator[str]:
    """Serve a folder on a free port; yield its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Packing, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def look(address: str, result: Path) -> dict[str, float]:
    """One visit: Lighthouse's scores, and what it measured."""
    command = [
        str(LIGHTHOUSE / "node_modules/.bin/lighthouse"), address, "--quiet", "--output=json",
        f"--output-path={result}", f"--chrome-flags={FLAGS}",
        "--only-categories=performance,accessibility,best-practices",
    ]  # fmt: skip
    environ = os.environ | {"CHROME_PATH": CHROMIUM}
    subprocess.run(command, check=True, capture_output=True, env=environ)  # noqa: S603
    told = json.loads(result.read_text(encoding="utf-8"))
    audits = told["audits"]
    asked = [
        row
        for row in audits["network-requests"]["details"]["items"]
        if not row["url"].startswith("data:")
    ]
    return {
        **{name: row["score"] * 100 for name, row in told["categories"].items()},
        "requests": len(asked),
        **{name: audits[audit]["numericValue"] for name, audit in MEASURED.items()},
    }


def several(address: str, folder: Path) -> dict[str, float]:
    """The median of some visits, number by number."""
    visits = [look(address, folder / "visit.json") for _ in range(ROUNDS)]
    return {name: median(visit[name] for visit in visits) for name in visits[0]}


def report(folder: Path) -> None:
    """Build both books, visit both pages and print."""
    ours, stock = copy(folder / "ours"), folder / "stock"
    build_book(ours, say=lambda _: None)
    write_stock_book(load_curriculum(ours), stock)
    os.environ["GROUNDWORK_ROOT"] = str(ours.root)  # where the stock book's charts find their data
    build_stock_book(stock)
    with serving(ours) as address, files(stock / "_build" / "html") as there:
        until(lambda: bool(fetch(f"{address}/{LESSON}")))
        mine, theirs = several(f"{address}/{LESSON}", folder), several(f"{there}/{LESSON}", folder)
    print(f"the same lesson, a first visit by Lighthouse; medians of {ROUNDS}\n")
    print(f"{'':22}{'ours':>12}{'stock':>12}{'ratio':>8}")
    for name, value in mine.items():
        ratio = f"{theirs[name] / value:8.1f}" if value and name in COMPARED else ""
        print(f"{name:22}{value:12,.2f}{theirs[name]:12,.2f}{ratio}")


def main() -> None:
    """Fetch Lighthouse when it is not there yet, and report."""
    if not shutil.which("npm"):
        sys.exit("Lighthouse needs Node and npm; install them and try again.")
    if not (LIGHTHOUSE / "node_modules").is_dir():
        command = ["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
        subprocess.run(command, cwd=LIGHTHOUSE, check=True)  # noqa: S603
    with tempfile.TemporaryDirectory(prefix="groundwork-bench-") as made:
        report(Path(made))


if __name__ == "__main__":
    main()
