"""The gallery: every part that the program itself makes, once, for whoever changes how it looks.

What an author writes by hand (callouts, scenes, figures) stands in `gallery.md`.
"""

from __future__ import annotations

from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from .book import claim_link, item_data, module_facts_html, script_json
from .course import Module
from .curriculum import Curriculum
from .evidence import CONFIDENCE
from .items import Item
from .paper import question_html, reasons_html

VERDICTS = {
    "valid": "Valid",
    "superseded": "Replaced",
    "unknown_issuer": "Unknown issuer",
    "tampered": "Changed",
}
STATES = {"not_started": "not started", "reading": "begun", "finished": "finished"}


class Gallery(SphinxDirective):
    """`{gallery} claims`: one wall of the gallery."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        wall = WALLS.get(self.arguments[0])
        if wall is None:
            raise self.error(f"no wall {self.arguments[0]!r}; there are: {', '.join(WALLS)}")
        html = wall(self.env.app.groundwork_curriculum)  # type: ignore[attr-defined]
        return [nodes.raw("", html, format="html")]


def claims(curriculum: Curriculum) -> str:
    """A mark for each degree of confidence, behind a sentence."""
    firsts = {claim.confidence: claim for claim in reversed(curriculum.ledger.claims)}
    return "".join(
        f"<p>A sentence that rests on {CONFIDENCE[name].removesuffix(' evidence')} evidence. "
        f"{claim_link(firsts[name], root='')}</p>"
        for name in CONFIDENCE
        if name in firsts
    )


def questions(curriculum: Curriculum) -> str:
    """One practice question of each type, working as it does in a lesson."""
    shown: dict[str, str] = {}
    for module in curriculum.course.modules:
        for lesson in module.lessons:
            for item in (curriculum.practice[name] for name in lesson.items):
                if item.type not in shown:
                    shown[item.type] = question(curriculum, module, item, len(shown) + 1)
    return "".join(shown.values())


def question(curriculum: Curriculum, module: Module, item: Item, number: int) -> str:
    """A question under a name of its own, so that trying it here is no practice."""
    data = item_data(curriculum, item, root="", folder=f"modules/{module.id}/")
    data["id"] = f"gallery-{item.id}"
    reasons = reasons_html(item)
    return (
        f'<section class="gw-check" data-item="{data["id"]}" data-type="{item.type}" '
        f'aria-label="Check yourself, {number}"><h3 class="gw-check-title">'
        f"Check yourself: {item.type}</h3>"
        f'<div class="gw-check-static">{question_html(item)}'
        f"<details><summary>Answer and reasons</summary>{reasons}</details></div>"
        f'<script type="application/json" class="gw-item">{script_json(data)}</script></section>'
    )


def cards(curriculum: Curriculum) -> str:
    """A module as the front page shows it, its facts, and the states of a lesson."""
    module = curriculum.course.modules[0]
    states = "".join(
        f'<li><a href="{module.href}"><span class="gw-status" data-status="{state}" '
        f'aria-hidden="true"></span><span>A lesson, {word}</span></a></li>'
        for state, word in STATES.items()
    )
    return (
        '<div class="gw-modules"><article class="gw-module">'
        f'<p class="gw-module-number">Module {module.number}</p>'
        f'<h3 class="gw-module-title"><a href="{module.href}">{escape(module.meta.title)}</a></h3>'
        f"<p>{escape(module.meta.summary)}</p></article></div>"
        f"{module_facts_html(curriculum, module)}"
        f'<ol class="gw-pages">{states}</ol>'
    )


def verdicts(_: Curriculum) -> str:
    """The one word of a checked record, in each of its colors."""
    words = "".join(
        f'<p class="gw-verdict" data-status="{status}">{word}</p>'
        for status, word in VERDICTS.items()
    )
    return f'<div class="gw-plain">{words}</div>'


def buttons(_: Curriculum) -> str:
    """What can be pressed."""
    return (
        '<p><button type="button" class="gw-button">Do this</button> '
        '<button type="button" class="gw-button gw-quiet">Or this</button> '
        '<button type="button" class="gw-button" disabled>Not yet</button></p>'
    )


def finding(curriculum: Curriculum) -> str:
    """What a search finds: a place, a link to it and the words around what was looked for."""
    claim, term = curriculum.ledger.claims[0], curriculum.glossary.terms[0]
    rows = (
        (
            f"evidence.html#{claim.anchor}",
            f"{claim.id}, {CONFIDENCE[claim.confidence]}",
            claim.text,
        ),
        (f"glossary.html#{term.anchor}", term.term, term.text),
    )
    found = "".join(
        f'<li><p class="gw-found-place">Where it stands</p><a href="{href}">{escape(title)}</a>'
        f'<p class="gw-found-text"><mark>A word</mark> in: {escape(text)}</p></li>'
        for href, title, text in rows
    )
    return f'<div class="gw-found"><h3>Claims and words</h3><ul>{found}</ul></div>'


def listening(_: Curriculum) -> str:
    """The controls under the title of a section that is being read aloud."""
    return (
        '<div class="gw-player" role="group" aria-label="Reading aloud">'
        '<button type="button">Pause</button><button type="button">Stop</button>'
        "<label>Speed<select><option>1×</option></select></label></div>"
    )


WALLS = {
    "claims": claims,
    "questions": questions,
    "cards": cards,
    "verdicts": verdicts,
    "buttons": buttons,
    "finding": finding,
    "listening": listening,
}


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive with Sphinx."""
    app.add_directive("gallery", Gallery)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
