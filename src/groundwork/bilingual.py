"""The book in more than one language: what the pages share, and how one gets across.

Every language's pages lie in a folder of its own below the English ones. Answers, progress
and records are the same in all: they are kept under ids, which no language changes.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .course import Module
from .drawings import drawn_words, figure_told, picture_told, script_told
from .language import SOURCE, Catalog, own_name, speaking, spoken
from .language import gettext as _
from .source import walk

OUR_FOLDER = "_static/gw"
"""Where the scripts of questions and figures lie; they speak, so every language has its own."""


def root(depth: int) -> str:
    """The way from a page to the top of the English book, below which every other one lies."""
    return "../" * (depth if spoken().language == SOURCE else depth + 1)


def beside(module: str, stem: str) -> str:
    """A page beside this one, or the English page where this language has none."""
    name, catalog = f"modules/{module}/{stem}", spoken()
    if catalog.language == SOURCE or name in catalog.pages:
        return f"{stem}.html"
    return f"{root(2)}{name}.html"


def is_away(name: str) -> bool:
    """Whether a page is there in English only, seen from the language that is spoken."""
    catalog = spoken()
    return catalog.language != SOURCE and name not in catalog.pages


def picture_said(html: str, name: str) -> str:
    """A drawing or chart on a page, its words in the language of the page."""
    catalog = spoken()
    if catalog.language == SOURCE:
        return html
    return picture_told(html, lambda text: catalog.say(text, name))


def quiz_in_english_html(module: str) -> str:
    """On the quiz page of another language: the questions are in English, and where they are."""
    said = _("The questions of this quiz are in English for now.")
    words = _("Open the quiz (in English)")
    return (
        f'<div class="gw-note"><p><strong>{said}</strong></p><p><a class="gw-button" '
        f'href="{root(2)}modules/{module}/quiz.html" hreflang="{SOURCE}">{words}</a></p></div>'
    )


def tongues(
    pagename: str, module: Module | None, others: Sequence[Catalog]
) -> list[dict[str, Any]]:
    """Every other language: its name and the page in it that is this one, or the nearest."""
    depth = pagename.count("/")
    if spoken().language != SOURCE:
        href = f"{root(depth)}{pagename}.html"
        return [{"tag": SOURCE, "name": "English", "href": href, "near": None}]
    found = []
    for one in others:
        name, near = nearest(pagename, module, one.pages)
        with speaking(one):
            words = {"module": _("the module"), "front": _("the front page")}
        href = f"{root(depth)}{one.tag}/{name}.html"
        found.append(
            {"tag": one.tag, "name": own_name(one.language), "href": href, "near": words.get(near)}
        )
    return found


def nearest(name: str, module: Module | None, pages: frozenset[str]) -> tuple[str, str]:
    """The page of another language that a page leads to, and what that is when it is not itself."""
    if name in pages:
        return name, ""
    if module and f"modules/{module.id}/index" in pages:
        return f"modules/{module.id}/index", "module"
    return "index", "front"


def among_languages(context: dict[str, Any], pagename: str) -> None:
    """What a page of another language takes from the English book, and what comes before and after.

    Style, fonts and pictures are the same files; scripts are not, for they speak.
    """
    original = context["pathto"]

    def pathto(uri: str, resource: bool = False, **more: Any) -> str:
        script = uri.startswith("_static/") and uri.endswith(".js")
        ours = script or uri.startswith(f"{OUR_FOLDER}/")
        address: str = original(uri, resource, **more)
        return f"../{address}" if resource and not ours else address

    context["pathto"] = pathto
    gw = context["gw"]
    rows: list[dict[str, Any]] = next(
        (one["pages"] for one in gw["modules"] if gw["module"] and one["id"] == gw["module"]["id"]),
        [],
    )
    here = next((n for n, row in enumerate(rows) if row["current"]), None)
    if here is not None:
        gw["prev"] = rows[here - 1] if here else None
        gw["next"] = rows[here + 1] if here + 1 < len(rows) else None


def script_said(script: str) -> str:
    """A script with its words in the language that is spoken."""
    if spoken().language == SOURCE:
        return script
    return script_told(script, _)


def figure_said(path: Path) -> str:
    """A figure's script with its words in the language that is spoken."""
    script, catalog = path.read_text(encoding="utf-8"), spoken()
    if catalog.language == SOURCE:
        return script
    return figure_told(script, drawn_words(path), catalog.say)


def keep_scripts(static: Path) -> None:
    """Of the files beside another language's pages, keep what speaks; the rest is shared."""
    ours = {path.name for path in (Path(__file__).parent / "theme" / "static").glob("*.js")}
    for path in static.iterdir():
        if path.name == Path(OUR_FOLDER).name:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name not in ours:
            path.unlink()
        else:
            path.write_text(script_said(path.read_text(encoding="utf-8")), encoding="utf-8")


def lead_home(data: Any) -> None:
    """Lead the addresses in some data to the pages of the language that is spoken."""
    catalog = spoken()
    for one in walk(data):
        if not isinstance(one, dict):
            continue
        for key in ("href", "section_href"):
            page = str(one.get(key, "")).partition(".html")[0]
            if page in catalog.pages:
                one[key] = f"{catalog.tag}/{one[key]}"
