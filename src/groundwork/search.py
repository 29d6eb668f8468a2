"""The book's search index: every lesson by section, every claim and every word of the glossary.

One file of plain text, which a page loads only when somebody searches; what is found in it,
and how, is in `theme/static/search.js`. Sphinx's own index is not made: it holds stems of
words and no text, so that each result asks for a whole page to show where the word stands.
"""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from .book import page_kind
from .curriculum import Curriculum
from .evidence import CONFIDENCE
from .language import SOURCE, spoken
from .scoring import inline

INDEX = "_static/gw/search.json"
BEFORE_MARKS = 400  # the glossary marks words, at 500, as HTML that is no longer text
KINDS = ("lesson", "module", "handout", "facilitate", "plain")
"""The kinds of page whose text is searched; a quiz and a reflection are reached by their module."""

CHECK = re.compile(r'<section class="gw-check" id="check-[^"]*" data-item="([^"]+)"')
MARK = re.compile(r'^<a class="gw-claim"')
TAG = re.compile(r"<[^>]+>")

Part = tuple[str, str, str]
"""A section: its anchor, its title and its text; the first of a page has no anchor."""


def read_page(app: Sphinx, doctree: nodes.document) -> None:
    """Keep the sections of a page that was just read."""
    curriculum: Curriculum = app.groundwork_curriculum  # type: ignore[attr-defined]
    name = app.env.docname
    _kept(app.env).pop(name, None)
    if page_kind(name, curriculum)[0] not in KINDS:
        return
    parts = [_part(section, curriculum) for section in doctree.findall(nodes.section)]
    _kept(app.env)[name] = [part for part in parts if part[1]]


def _part(section: nodes.section, curriculum: Curriculum) -> Part:
    own = [one for one in section.children if not isinstance(one, (nodes.section, nodes.title))]
    words = " ".join(filter(None, (_text(one, curriculum) for one in own)))
    title = next(iter(section.findall(nodes.title)), nodes.title())
    first = isinstance(section.parent, nodes.document)
    anchor = "" if first else section["ids"][0]
    return anchor, title.astext(), re.sub(r"\s+", " ", words).strip()


def _text(node: nodes.Node, curriculum: Curriculum) -> str:
    """What a reader would read aloud of a part of a page, without its drawings."""
    if isinstance(node, nodes.raw):
        return _of_html(node, curriculum)
    if isinstance(node, nodes.Text):
        return node.astext()
    if isinstance(node, (nodes.comment, nodes.system_message, nodes.literal_block)):
        return ""
    words = "".join(_text(child, curriculum) for child in node.children)
    return words if isinstance(node, nodes.Inline) else f"{words} "


def _of_html(node: nodes.raw, curriculum: Curriculum) -> str:
    html = node.astext()
    if isinstance(node.parent, nodes.TextElement):
        return "" if MARK.match(html) else unescape(TAG.sub("", html))
    check = CHECK.match(html)
    item = curriculum.practice.get(check[1]) if check else None
    return unescape(TAG.sub("", inline(item.stem))) if item else ""


def _kept(env: BuildEnvironment) -> dict[str, list[Part]]:
    found: dict[str, list[Part]] = env.__dict__.setdefault("groundwork_parts", {})
    return found


def _forget(_app: Sphinx, env: BuildEnvironment, name: str) -> None:
    _kept(env).pop(name, None)


def _merge(_app: Sphinx, env: BuildEnvironment, names: set[str], other: BuildEnvironment) -> None:
    _kept(env).update({name: parts for name, parts in _kept(other).items() if name in names})


def index(curriculum: Curriculum, pages: dict[str, list[Part]]) -> dict[str, Any]:
    """Everything that can be found: pages in the order of the book, claims and terms in theirs.

    A page is its address, where it stands in words, whether it is a lesson, and its sections.
    """
    return {
        "pages": [
            [f"{name}.html", *_place(name, curriculum), pages[name]]
            for name in sorted(pages, key=lambda name: _order(name, curriculum))
        ],
        "claims": [
            [claim.id, claim.anchor, CONFIDENCE[claim.confidence], claim.text]
            for claim in curriculum.ledger.claims
        ],
        "terms": [
            [term.anchor, term.term, ", ".join(term.also), term.text]
            for term in curriculum.glossary.terms
        ],
    }


def _place(name: str, curriculum: Curriculum) -> tuple[str, bool]:
    _, module, lesson = page_kind(name, curriculum)
    if module is None:
        return "", False
    if lesson is None:
        return module.meta.title, False
    return f"{module.meta.title}, lesson {module.lessons.index(lesson) + 1}", True


def _order(name: str, curriculum: Curriculum) -> tuple[int, int, str]:
    _, module, lesson = page_kind(name, curriculum)
    place = curriculum.course.modules.index(module) if module else -1
    return place, module.lessons.index(lesson) if module and lesson else -1, name


def _without_theirs(app: Sphinx) -> None:
    """Sphinx's own search is left to other themes."""
    if _ours(app):
        app.builder.search = False  # type: ignore[attr-defined]


def _page(app: Sphinx) -> list[tuple[str, dict[str, Any], str]]:
    return [("search", {}, "search.html")] if _searched(app) else []


def _write(app: Sphinx, error: Exception | None) -> None:
    if error or not _searched(app):
        return
    curriculum: Curriculum = app.groundwork_curriculum  # type: ignore[attr-defined]
    pages = {
        name: parts
        for name, parts in _kept(app.env).items()
        if "nosearch" not in app.env.metadata[name]
    }
    text = json.dumps(index(curriculum, pages), ensure_ascii=False, separators=(",", ":"))
    path = Path(app.outdir) / INDEX
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _ours(app: Sphinx) -> bool:
    return app.builder.format == "html" and app.config.html_theme == "groundwork"


def _searched(app: Sphinx) -> bool:
    """Whether this is the book that is searched; those in other languages lead to it."""
    return _ours(app) and spoken().language == SOURCE


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx; pages read before this was there are read again."""
    app.connect("builder-inited", _without_theirs)
    app.connect("doctree-read", read_page, priority=BEFORE_MARKS)
    app.connect("env-purge-doc", _forget)
    app.connect("env-merge-info", _merge)
    app.connect("html-collect-pages", _page)
    app.connect("build-finished", _write)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 1}
