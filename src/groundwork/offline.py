"""The book on a device: the list of files a browser keeps, its worker, and the installed app.

Somebody keeps parts: the base, which every page needs, and modules. The list names each
part's files, and each file's digest and size, so that a browser fetches only what it does
not have and can tell whether what came is what was meant.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from . import theme, widgets
from .language import gettext as _

LIST = "_static/gw/offline.json"
VERSION = "_static/gw/version.json"
WORKER = "worker.js"
APP = "groundwork.webmanifest"
BASE = "base"
DIGEST = 32
"""Hexadecimal digits of SHA-256 that stand for a file's content."""

THEME = Path(theme.__file__).parent
OURS = frozenset(("gw", "figures", "vendor"))
"""The folders of static files that are this project's own, whatever is in them."""

LOADED = frozenset((".js", ".css", ".svg", ".woff2", ".json"))
REFERENCE = re.compile(r'(?:href|src)="([^"#?:]+)')
PAPER, LAGOON = "#fffdf9", "#1d6a73"
ICONS = (("icon-192", 192, "any"), ("icon-512", 512, "any"), ("maskable-512", 512, "maskable"))
"""Name, size in pixels and purpose; `maskable` has room around it for a system to cut away."""


def write(html: Path, pages: Iterable[str], modules: Sequence[str]) -> None:
    """Write the list of a built book and the worker that keeps it, at its top.

    A worker serves what lies beside and below it, so this is where it must lie.
    """
    listed = book_files(html, pages, modules)
    for name, data in ((LIST, listed), (VERSION, {"version": listed["version"]})):
        (html / name).write_text(_json(data), encoding="utf-8")
    code = widgets.served(THEME / WORKER)
    (html / WORKER).write_text(code.replace("%VERSION%", listed["version"]), encoding="utf-8")


def book_files(html: Path, pages: Iterable[str], modules: Sequence[str]) -> dict[str, Any]:
    """What there is to keep of a built book: its parts, its files, and a version of them all."""
    names = sorted(set(_kept(html, [html / f"{name}.html" for name in pages])))
    files = {name: _file(html / name) for name in names}
    parts: dict[str, list[str]] = {part: [] for part in (BASE, *modules)}
    for name in names:
        parts[_part(name, modules)].append(name)
    whole = {"parts": parts, "files": files}
    return {"version": hashlib.sha256(_json(whole).encode()).hexdigest()[:16], **whole}


def _kept(html: Path, pages: Iterable[Path]) -> Iterator[str]:
    """Every file that a page of the book is made of, below the book's folder."""
    top = html.resolve()
    for page in pages:
        if not page.is_file():
            continue
        yield page.relative_to(html).as_posix()
        for found in REFERENCE.findall(page.read_text(encoding="utf-8")):
            path = (page.parent / found).resolve()
            if path.suffix != ".html" and path.is_relative_to(top) and path.is_file():
                yield path.relative_to(top).as_posix()
    names = {path.name for path in (THEME / "static").rglob("*")}
    for path in top.rglob("_static/**/*"):
        own = path.parent.name in OURS or path.name in names
        if own and path.suffix in LOADED and path.is_file():
            name = path.relative_to(top).as_posix()
            if name not in (LIST, VERSION):
                yield name


def _file(path: Path) -> tuple[str, int]:
    data = path.read_bytes()
    return hashlib.sha256(data).hexdigest()[:DIGEST], len(data)


def _part(name: str, modules: Sequence[str]) -> str:
    """The part that a file belongs to: a module's own folder, in any language, or the base."""
    steps = name.split("/")
    found = [after for step, after in pairwise(steps) if step == "modules"]
    return found[0] if found and found[0] in modules else BASE


def write_app(html: Path, *, title: str, language: str) -> None:
    """Write what a device needs to install the book. All addresses are relative to it."""
    app = {
        "id": "index.html",
        "name": title,
        "short_name": title,
        "description": _("Open training for people who work with young children and families."),
        "lang": language,
        "start_url": "index.html",
        "scope": "./",
        "display": "standalone",
        "theme_color": LAGOON,
        "background_color": PAPER,
        "icons": [
            {
                "src": f"_static/icons/{name}.png",
                "sizes": f"{size}x{size}",
                "type": "image/png",
                "purpose": purpose,
            }
            for name, size, purpose in ICONS
        ],
    }
    (html / APP).write_text(_json(app), encoding="utf-8")


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
