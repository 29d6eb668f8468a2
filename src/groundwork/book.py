"""The Sphinx extension: what an author's directives and roles become on a page.

It knows no particular theme: it makes plain HTML with class names, and hands a
theme one dictionary, `gw`. It runs under Jupyter Book and under plain Sphinx.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive, directives
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from . import (
    bilingual,
    chartcells,
    drawings,
    language,
    offline,
    paper,
    passages,
    scoring,
    translation,
    widgets,
)
from .course import AGE_BANDS, CLAIM_ROLE, KINDS, Lesson, Module, Page, read_page
from .curriculum import Curriculum, area_rows, load_curriculum, outline
from .errors import GroundworkError
from .evidence import CHECKED, CONFIDENCE, Claim, Reference
from .glossary import Glossary
from .items import Estimate, Item
from .language import SOURCE, Catalog, day, filled, spoken
from .language import gettext as _
from .language import marked as N_
from .scoring import inline
from .settings import read_settings
from .translation import book_pages, offered_languages, page_told, translated

log = logging.getLogger(__name__)

STATIC = "_static/gw"
VENDOR = Path(__file__).parent / "vendor"
SHORT = {"high": N_("strong"), "medium": N_("some"), "contested": N_("contested")}

CALLOUTS = {
    "predict": (
        N_("Before you read"),
        "M6 3h12v18l-6-4.3L6 21zM9.8 8.2a2.2 2.2 0 1 1 3.3 2c-.7.4-1.1.8-1.1 1.6M12 14.3v.1",
    ),
    "myth": (
        N_("Myth and evidence"),
        "M5 10.7V3h14v6.4l-3.4 2.1L13 9.8l-3.4 2.6-2.1-1.7z"
        "M5 15.4l2.2-1.3 2.1 1.7 3.4-2.5 2.6 1.7 3.7-2.1V21H5z",
    ),
    "next-visit": (
        N_("On your next visit"),
        "M3 21.5h18M6 21.5v-18h12v18M6 3.5l7 3.4v16.3M10.5 13.7v1.2",
    ),
    "supervision": (
        N_("Take it to supervision"),
        "M4.3 7.3a3 3 0 1 0 6 0a3 3 0 1 0-6 0M13.7 7.3a3 3 0 1 0 6 0a3 3 0 1 0-6 0"
        "M3.4 20.6c0-5.2 1.3-7.3 3.9-7.3s3 2.1 3.9 3.9"
        "M20.6 20.6c0-5.2-1.3-7.3-3.9-7.3s-3 2.1-3.9 3.9",
    ),
    "key-points": (
        N_("Key points"),
        "M2.5 21.5h19M4.3 21.5v-5.1h15.4v5.1M12 21.5v-5.1M6.9 16.4v-5.2h10.2v5.2"
        "M10.3 16.4v-5.2M9.4 11.2V6h5.2v5.2",
    ),
    "content-note": (
        N_("Before you begin"),
        "M8.5 3.5h7l3.5 7.7H5zM12 11.2v8.5M7.7 20.6h8.6M15.4 11.2v3",
    ),
}
"""Each callout: its title, and the strokes of its sign on a grid of 24."""


class callout(nodes.General, nodes.Element):
    """A passage set apart, with a drawn sign and a title of its own."""


class scene(nodes.General, nodes.Element):
    """The opening scene of a lesson."""


def _curriculum(env: BuildEnvironment) -> Curriculum:
    found: Curriculum = env.app.groundwork_curriculum  # type: ignore[attr-defined]
    return found


def _html(text: str) -> nodes.raw:
    return nodes.raw("", text, format="html")


class _Ours(SphinxDirective):
    """A directive that reads the curriculum and fails with the author's own line."""

    @property
    def curriculum(self) -> Curriculum:
        """Everything an author wrote."""
        return _curriculum(self.env)

    def module(self) -> Module:
        """The module this page belongs to."""
        parts = self.env.docname.split("/")
        if len(parts) != 3 or parts[1] not in self.curriculum.course.by_id:
            raise self.error(f"{self.name} belongs on a page of a module")
        return self.curriculum.course.by_id[parts[1]]

    def app(self, name: str, text: str, **data: str) -> list[nodes.Node]:
        """A place that the learner's applications fill in; `text` is for when they cannot."""
        fields = "".join(f' data-{key}="{escape(value)}"' for key, value in data.items())
        return [_html(f'<div class="gw-app" data-app="{name}"{fields}><p>{escape(text)}</p></div>')]


class Callout(_Ours):
    """`:::{myth} Title` and its siblings."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        self.assert_has_content()
        node = callout(kind=self.name, number=self.env.new_serialno("gw-callout"))
        if self.arguments:
            title, messages = self.state.inline_text(self.arguments[0], self.lineno)
            node += nodes.paragraph("", "", *title, *messages, classes=["gw-callout-lead"])
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


class Scene(_Ours):
    """`:::{scene}`: the family or classroom a lesson opens with."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        self.assert_has_content()
        node = scene()
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


class SelfCheck(_Ours):
    """One practice item, readable and explained even without any script."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        item = self.curriculum.practice.get(self.arguments[0])
        if item is None:
            raise self.error(f"there is no practice item {self.arguments[0]!r}")
        self.env.note_dependency(str(_practice_file(self.curriculum, item.id)))
        number = self.env.new_serialno("gw-check") + 1
        return [_html(self_check_html(self.curriculum, item, number=number))]


def _practice_file(curriculum: Curriculum, item: str) -> Path:
    return curriculum.quizzes[_module_of(curriculum, item)].practice.source.path


def _module_of(curriculum: Curriculum, item: str) -> str:
    """The module that a practice item belongs to."""
    return next(
        module for module, quizzes in curriculum.quizzes.items() if item in quizzes.practice.by_id
    )


def self_check_html(curriculum: Curriculum, item: Item, *, number: int) -> str:
    """A practice item as a section: text first, the data for the widget behind it.

    `number` counts the checks of a page, so that a list of regions tells them apart.
    """
    sources = [source["text"] for source in item_sources(curriculum, item)]
    reasons = paper.reasons_html(item, sources)
    told = (
        f"<details><summary>{_('Answer and reasons')}</summary>{reasons}</details>"
        if reasons
        else ""
    )
    return (
        f'<section class="gw-check" id="check-{item.id}" data-item="{item.id}" '
        f'data-type="{item.type}"{_lang(curriculum, item)} '
        f'aria-label="{filled("Check yourself, {n}", n=number)}">'
        f'<h3 class="gw-check-title">{_("Check yourself")}'
        f'<span class="gw-on-paper"> {number}</span></h3>'
        f"{_instead_html(curriculum, item)}"
        f'<div class="gw-check-static">{paper.question_html(item)}{told}</div>'
        '<script type="application/json" class="gw-item">'
        f"{script_json(item_data(curriculum, item, root=bilingual.root(2)))}</script>"
        "</section>"
    )


def _lang(curriculum: Curriculum, item: Item) -> str:
    """The mark of a question that this language does not have."""
    return f' lang="{SOURCE}"' if item.id in curriculum.in_english else ""


def item_data(curriculum: Curriculum, item: Item, *, root: str, folder: str = "") -> dict[str, Any]:
    """What a widget gets of a practice item; `root` leads to the book, `folder` to its module."""
    data = item.with_key()
    if item.section:
        stem, _, anchor = item.section.partition("#")
        page = (
            f"{folder}{stem}.html"
            if folder
            else bilingual.beside(_module_of(curriculum, item.id), stem)
        )
        data["section_href"] = f"{page}#{anchor}"
    if item.alternative_to:
        data["alternative_to"] = item.alternative_to
    if sources := item_sources(curriculum, item):
        data["sources"] = [row | {"href": root + row["href"]} for row in sources]
    return data


def item_sources(curriculum: Curriculum, item: Item) -> list[dict[str, str]]:
    """Where the number of an estimate comes from: each claim with its works, and its place."""
    if not isinstance(item, Estimate):
        return []
    ledger = curriculum.ledger
    return [
        {
            "text": f"{_short_works(ledger.references([claim.id]))} "
            f"({claim.id}, {_(CONFIDENCE[claim.confidence])})",
            "href": f"evidence.html#{claim.anchor}",
        }
        for claim in (ledger.by_id[name] for name in item.claims if name in ledger.by_id)
    ]


def _short_works(works: Iterable[Reference]) -> str:
    """Works as they are named in passing: who and when."""
    return "; ".join(f"{work.authors.partition(',')[0]} {work.year}" for work in works)


def _instead_html(curriculum: Curriculum, item: Item) -> str:
    """For a heavy item and for the one that may take its place: that one of them is enough."""
    places = {
        placed: f"{bilingual.beside(module.id, lesson.stem)}#check-{placed}"
        for module in curriculum.course.modules
        for lesson in module.lessons
        for placed in lesson.items
    }
    others = [
        other.id
        for other in curriculum.practice.values()
        if other.alternative_to == item.id and other.id in places
    ]
    if others:
        href, words = places[others[0]], _("another question")
        text = _("If this is too much today, take {link} in its place. One of the two is enough.")
    elif item.alternative_to in places:
        href, words = places[item.alternative_to], _("a heavier one")
        text = _("This question may take the place of {link}. One of the two is enough.")
    else:
        return ""
    link = f'<a href="{href}">{words}</a>'
    return f'<p class="gw-note gw-instead">{text.format(link=link)}</p>'


def practice_data(curriculum: Curriculum) -> dict[str, Any]:
    """Every practice item that stands in a lesson, for the page on which they come back."""
    return {
        name: item_data(
            curriculum, curriculum.practice[name], root="", folder=f"modules/{module.id}/"
        )
        | {"lesson": lesson.id}
        for module in curriculum.course.modules
        for lesson in module.lessons
        for name in lesson.items
        if name in curriculum.practice
    }


def script_json(data: Any) -> str:
    """JSON that can stand inside a script element: no `<` can end it."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


class LiveFigure(_Ours):
    """A drawing of this project; the words of `:alt:` carry its message."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[dict[str, Callable[[str], Any]]] = {"alt": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        path = Path(self.env.srcdir) / "assets" / "figures" / f"{name}.svg"
        if not self.options.get("alt", "").strip():
            raise self.error(f"the figure {name!r} has no text alternative; add :alt:")
        if not path.is_file():
            raise self.error(f"there is no drawing assets/figures/{name}.svg")
        self.env.note_dependency(str(path))
        live = ' data-live="1"' if path.with_suffix(".js").is_file() else ""
        figure = nodes.container(classes=["gw-figure-frame"])
        figure += _html(
            f'<figure class="gw-figure" data-figure="{escape(name)}"{live}>'
            f'<div class="gw-stage">{self.drawing(path)}</div>'
            f'<p class="gw-visually-hidden">{escape(self.options["alt"])}</p><figcaption>'
        )
        self.state.nested_parse(self.content, self.content_offset, figure)
        figure += _html("</figcaption></figure>")
        return [figure]

    def drawing(self, path: Path) -> str:
        """The drawing, its words in the language of the page."""
        svg = path.read_text(encoding="utf-8").strip()
        return bilingual.picture_said(svg, self.env.docname)


class DataChart(_Ours):
    """A chart of data, drawn once for as long as its code and its numbers stay."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        data = Path(self.env.srcdir) / "assets" / "figures" / "data"
        for path in chartcells.sources(self.arguments[0], data):
            self.env.note_dependency(str(path))
        try:
            html = chartcells.drawn(
                self.arguments[0], data, Path(self.env.app.outdir).parent / ".charts"
            )
        except GroundworkError as error:
            raise self.error(str(error)) from error
        html = bilingual.picture_said(html, self.env.docname)
        return [_html(f'<div class="cell_output">{html}</div>')]


class Objectives(_Ours):
    """What a learner will be able to do."""

    def run(self) -> list[nodes.Node]:
        items = "".join(f"<li>{escape(o.text)}</li>" for o in self.module().meta.objectives)
        return [_html(f'<ul class="gw-objectives">{items}</ul>')]


class ModuleFacts(_Ours):
    """Minutes, areas, ages, version and who has read it: computed or dated, never typed."""

    def run(self) -> list[nodes.Node]:
        module = self.module()
        return [_html(module_facts_html(self.curriculum, module))]


def module_facts_html(curriculum: Curriculum, module: Module) -> str:
    """The facts of a module as a description list."""
    meta, minutes = module.meta, curriculum.minutes[module.id]
    areas = "".join(
        f"<li>{escape(row['label'])} <span>{row['minutes']} min</span></li>"
        for row in area_rows(curriculum.facts, minutes.areas)
    )
    counted = (
        {_("Competency areas"): f"<ul>{areas}</ul>"}
        if meta.claimed
        else {_("Training hours"): _("None claimed, and no completion record")}
    )
    reviewed = "; ".join(f"{r.by} ({r.role}), {day(r.on)}" for r in meta.reviewed)
    rows = {
        _("Time"): filled(
            "{minutes} minutes, in {lessons} lessons, a quiz and a reflection",
            minutes=minutes.minutes,
            lessons=len(module.lessons),
        ),
        **counted,
        _("Ages"): ", ".join(_(AGE_BANDS[band]) for band in meta.age_bands),
        _("Pass mark"): filled(
            "{share} of the quiz, as often as you like", share=f"{meta.pass_share:.0%}"
        ),
        _("Version"): escape(meta.version),
        _("Reviewed by"): escape(reviewed) or _("Nobody outside the project yet"),
    }
    facts = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in rows.items())
    return f'<dl class="gw-module-facts">{facts}</dl>'


class References(_Ours):
    """The works behind the claims that this page cites."""

    def run(self) -> list[nodes.Node]:
        _depends(self.env, "evidence", "references.bib")
        page = read_page(Path(self.env.doc2path(self.env.docname)))
        cited = list(dict.fromkeys(placed.name for placed in page.roles(CLAIM_ROLE)))
        known = [claim for claim in cited if claim in self.curriculum.ledger.by_id]
        works = self.curriculum.ledger.references(known)
        if not works:
            raise self.error("this page cites no claim, so it has no references")
        rows = "".join(f'<li id="ref-{w.key}">{reference_html(w)}</li>' for w in works)
        return [_html(f'<ol class="gw-references">{rows}</ol>')]


def reference_html(work: Reference) -> str:
    """One work: who, when, what, where, and a link a reader may follow."""
    text = f"{escape(work.authors)} ({escape(work.year)}). <cite>{escape(work.title)}</cite>."
    if work.published:
        text += f" {escape(work.published)}."
    if work.link:
        shown = escape(work.link.removeprefix("https://").removeprefix("http://"))
        text += f' <a rel="noopener" href="{escape(work.link)}">{shown}</a>'
    return text


class Evidence(_Ours):
    """Every claim of the ledger, with its confidence, its works and its lessons."""

    def run(self) -> list[nodes.Node]:
        uses = claim_uses(self.curriculum)
        return [
            _html(self._entry(claim, uses.get(claim.id, [])))
            for claim in self.curriculum.ledger.claims
        ]

    def _entry(self, claim: Claim, lessons: list[Lesson]) -> str:
        works = self.curriculum.ledger.references([claim.id])
        sources = "".join(f"<li>{reference_html(work)}</li>" for work in works)
        places = ", ".join(
            f'<a href="{lesson.href}">{escape(lesson.meta.title)}</a>' for lesson in lessons
        )
        used = filled("Used in {lessons}", lessons=places) if lessons else _("Not used yet")
        return (
            f'<article class="gw-evidence" id="{claim.anchor}" '
            f'data-confidence="{claim.confidence}" aria-labelledby="{claim.anchor}-id">'
            f'<h3 id="{claim.anchor}-id">{claim.id}</h3><p>{escape(claim.text)}</p>'
            f'<ul class="gw-evidence-marks"><li>{_(CONFIDENCE[claim.confidence])}</li>'
            f"<li>{_(CHECKED[claim.checked])}</li>"
            f"<li>{filled('looked at {day}', day=day(claim.reviewed))}</li></ul>"
            f'<ul class="gw-evidence-works">{sources}</ul>'
            f'<p class="gw-evidence-used">{used}</p>'
            "</article>"
        )


def claim_uses(curriculum: Curriculum) -> dict[str, list[Lesson]]:
    """The lessons that cite each claim, in their text or in a question placed in them."""
    uses: dict[str, list[Lesson]] = {}
    for module in curriculum.course.modules:
        for lesson in module.lessons:
            cited = [placed.name for placed in lesson.page.roles(CLAIM_ROLE)]
            for item in lesson.items:
                cited += curriculum.practice[item].claims if item in curriculum.practice else ()
            for claim in dict.fromkeys(cited):
                uses.setdefault(claim, []).append(lesson)
    return uses


class Terms(_Ours):
    """Every word of the glossary, in the order of its file."""

    def run(self) -> list[nodes.Node]:
        known = self.curriculum.ledger.by_id
        rows = []
        for term in self.curriculum.glossary.terms:
            also = f' <span class="gw-also">({escape(", ".join(term.also))})</span>'
            claims = " ".join(claim_link(known[c], root="") for c in term.claims if c in known)
            rows.append(
                f'<dt id="{term.anchor}">{escape(term.term)}{also if term.also else ""}</dt>'
                f"<dd>{escape(term.text)} {claims}</dd>"
            )
        return [_html(f'<dl class="gw-terms">{"".join(rows)}</dl>')]


class QuizApp(_Ours):
    """Where the module's quiz is taken."""

    def run(self) -> list[nodes.Node]:
        module = self.module().id
        if spoken().language != SOURCE:
            return [_html(bilingual.quiz_in_english_html(module))]
        text = _(
            "The quiz is scored by the portal. Start it with `make serve` and open this page there."
        )
        return self.app("quiz", text, module=module)


class ReflectionApp(_Ours):
    """The module's reflection: its prompt, its rubric, and room to write."""

    def run(self) -> list[nodes.Node]:
        module = self.module()
        item = self.curriculum.quizzes[module.id].reflection
        rubric = "".join(f"<li>{inline(line)}</li>" for line in item.shown()["rubric"])
        return [
            _html(
                f'<div class="gw-app" data-app="reflection" data-module="{module.id}">'
                f'<div class="gw-prompt">{paper.paragraphs(item.stem)}'
                f"<p>{_('A complete answer:')}</p><ul>{rubric}</ul></div>"
                f'<script type="application/json" class="gw-item">{script_json(item.shown())}'
                "</script></div>"
            )
        ]


class ProgressApp(_Ours):
    """The learner's own progress."""

    def run(self) -> list[nodes.Node]:
        return self.app("progress", _("Your progress is shown here when scripts are allowed."))


class ReviewApp(_Ours):
    """Questions that were missed come back here."""

    def run(self) -> list[nodes.Node]:
        return self.app("review", _("Questions come back here when scripts are allowed."))


class CheckRecordApp(_Ours):
    """Where a record is checked by the page itself."""

    def run(self) -> list[nodes.Node]:
        return self.app("check", _("A record can be checked here when scripts are allowed."))


class KeepApp(_Ours):
    """Where the book, or modules of it, are put on this device."""

    def run(self) -> list[nodes.Node]:
        return self.app("keep", _("Keeping pages on this device needs scripts."))


class OfflineApp(_Ours):
    """On the page that stands in for one that is not kept: what is."""

    def run(self) -> list[nodes.Node]:
        return self.app("offline", _("What is kept on this device is listed here."))


class RecordApp(_Ours):
    """Where a completion record is made."""

    def run(self) -> list[nodes.Node]:
        text = _("A record is made by the portal. Start it with `make serve`.")
        return self.app("record", text)


class CourseMinutes(SphinxRole):
    """`{course-minutes}`x``: the minutes of the series, computed."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        total = outline(_curriculum(self.env))["minutes"]
        return [nodes.Text(f"{total:,}")], []


def _depends(env: BuildEnvironment, *parts: str) -> None:
    """Make a page again when a file of assets that it shows has changed."""
    env.note_dependency(str(Path(env.srcdir, "assets", *parts)))


class ClaimRole(SphinxRole):
    """`{claim}`B2, B9``: the evidence behind a sentence, and how firm it is, in words."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        _depends(self.env, "evidence", "claims.yml")
        ledger = _curriculum(self.env).ledger
        links: list[str] = []
        for name in (part.strip() for part in self.text.split(",")):
            claim = ledger.by_id.get(name)
            if claim is None:
                message = self.inliner.reporter.error(
                    f"there is no claim {name!r} in the ledger", line=self.lineno
                )
                return [], [message]
            links.append(claim_link(claim, root=bilingual.root(self.env.docname.count("/"))))
        return [_html(" ".join(links))], []


def claim_link(claim: Claim, *, root: str) -> str:
    """A mark that names a claim and how firm it is, and leads to the evidence page."""
    catalog = spoken()
    title = claim.text if catalog.language == SOURCE else catalog.find(claim.text)
    before, after = (
        f'<span class="gw-visually-hidden">{words}</span>' if words else ""
        for words in _("Evidence {claim} evidence").split("{claim}")
    )
    more = f' title="{escape(title)}"' if title else f' hreflang="{SOURCE}"'
    return (
        f'<a class="gw-claim" data-confidence="{claim.confidence}" '
        f'href="{root}evidence.html#{claim.anchor}"{more}>'
        f"{before}{claim.id} {_(SHORT[claim.confidence])}{after}</a>"
    )


class FactRole(SphinxRole):
    """`{fact}`helplines.us-emergency``: a value that may change, with the day it was checked."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        _depends(self.env, "facts", f"{self.text.strip().partition('.')[0]}.yml")
        fact = _curriculum(self.env).facts.facts.get(self.text.strip())
        if fact is None:
            message = self.inliner.reporter.error(
                f"there is no dated fact {self.text!r} in assets/facts", line=self.lineno
            )
            return [], [message]
        late = fact.overdue(datetime.now(UTC).date())
        when = filled("checked {day}", day=day(fact.checked))
        when += f"; {_('due to be checked again')}" if late else ""
        said = f", {escape(fact.note)}" if fact.note else ""
        return [
            _html(
                f'<span class="gw-fact">{escape(fact.value)}</span>{said} '
                f'<span class="gw-fact-date">({escape(fact.where)}; {when})</span>'
            )
        ], []


def _visit_callout(self: Any, node: callout) -> None:
    title, sign = CALLOUTS[node["kind"]]
    mark = f"callout-{node['number']}"
    level = min(self.section_level + 1, 6)
    self.body.append(
        f'<aside class="gw-callout gw-{node["kind"]}" role="note" aria-labelledby="{mark}">'
        f'<h{level} class="gw-callout-title" id="{mark}"><svg class="gw-sign" '
        f'viewBox="0 0 24 24" aria-hidden="true"><path d="{sign}"/></svg>'
        f"<span>{_(title)}</span></h{level}>"
    )


def _depart_callout(self: Any, node: callout) -> None:
    self.body.append("</aside>")


def _visit_scene(self: Any, node: scene) -> None:
    self.body.append('<div class="gw-scene">')


def _depart_scene(self: Any, node: scene) -> None:
    self.body.append("</div>")


def _pass(self: Any, node: nodes.Node) -> None:
    """Other writers (text, gettext) show what is inside."""


def _load(app: Sphinx) -> None:
    """Read the curriculum once for a build; a bad file ends it with its own message."""
    settings = read_settings({"GROUNDWORK_ROOT": str(app.srcdir)} | _quizzes_setting())
    written = load_curriculum(settings)
    others = offered_languages(written) if spoken().language == SOURCE else []
    app.groundwork_languages = others  # type: ignore[attr-defined]
    app.groundwork_curriculum = translated(written, spoken())  # type: ignore[attr-defined]


def _quizzes_setting() -> dict[str, str]:
    named = os.environ.get("GROUNDWORK_QUIZZES")
    return {"GROUNDWORK_QUIZZES": named} if named else {}


def _leave_kernels_alone(app: Sphinx, config: Config) -> None:
    """No kernel is started for a page whose only code shows charts."""
    pages = Path(app.srcdir).glob("modules/*/*.md")
    quiet = [
        f"modules/{path.parent.name}/{path.name}"
        for path in sorted(pages)
        if chartcells.needs_no_kernel(path.read_text(encoding="utf-8", errors="replace"))
    ]
    config["nb_execution_excludepatterns"] = [*config["nb_execution_excludepatterns"], *quiet]


def _tell(_app: Sphinx, docname: str, source: list[str]) -> None:
    """Say a page in the language that is spoken."""
    catalog = spoken()
    if catalog.language != SOURCE:
        source[0] = page_told(source[0], docname, catalog)


def _draw_charts(_app: Sphinx, _docname: str, source: list[str]) -> None:
    source[0] = chartcells.as_directives(source[0])


def _mark_terms(app: Sphinx, doctree: nodes.document) -> None:
    """Lead the first use of each glossary term in a lesson to what it means."""
    curriculum: Curriculum = app.groundwork_curriculum  # type: ignore[attr-defined]
    docname = app.env.docname
    if page_kind(docname, curriculum)[0] != "lesson" or spoken().language != SOURCE:
        return
    _depends(app.env, "glossary.yml")
    root, seen = "../" * docname.count("/"), set[str]()
    for paragraph in list(doctree.findall(nodes.paragraph)):
        if isinstance(paragraph.parent, scene):
            continue
        for text in [node for node in paragraph.children if isinstance(node, nodes.Text)]:
            marked = _marked(text.astext(), curriculum.glossary, seen, root)
            if len(marked) > 1:
                paragraph.replace(text, marked)


def _marked(text: str, glossary: Glossary, seen: set[str], root: str) -> list[nodes.Node]:
    parts: list[nodes.Node] = []
    end = 0
    for found in glossary.pattern.finditer(text):
        term = glossary.by_words[found[0].lower()]
        if term.id in seen:
            continue
        seen.add(term.id)
        parts += [
            nodes.Text(text[end : found.start()]),
            _html(
                f'<a class="gw-term" href="{root}glossary.html#{term.anchor}" '
                f'title="{escape(term.text)}">{escape(found[0])}</a>'
            ),
        ]
        end = found.end()
    return [*parts, nodes.Text(text[end:])]


def _outdated(app: Sphinx, env: BuildEnvironment, *_: Iterable[str]) -> list[str]:
    """Pages made from the whole curriculum, when what they say of it has changed.

    What stands around every page, the titles and the minutes of modules, is in all of them.
    """
    around, within = _said(app.groundwork_curriculum)  # type: ignore[attr-defined]
    tongues = [(one.tag, sorted(one.pages)) for one in app.groundwork_languages]  # type: ignore[attr-defined]
    around += _digest([tongues, sorted(spoken().domains.items())])
    before = getattr(env, "groundwork_said", ("", ""))
    env.groundwork_said = (around, within)  # type: ignore[attr-defined]
    if around != before[0]:
        return sorted(env.found_docs)
    if within == before[1]:
        return []
    return [
        name
        for name in env.found_docs
        if name in ("index", "evidence", "glossary") or name.endswith("/index")
    ]


def _said(curriculum: Curriculum) -> tuple[str, str]:
    """Two digests: of what every page says of the curriculum, and of all that any page says."""
    whole = outline(curriculum)
    around = [
        (row["title"], row["minutes"], [lesson["title"] for lesson in row["lessons"]])
        for row in whole["modules"]
    ]
    today = datetime.now(UTC).date()
    uses = {name: [one.id for one in used] for name, used in claim_uses(curriculum).items()}
    facts, ledger = curriculum.facts, curriculum.ledger
    late = [name for name, fact in facts.facts.items() if fact.overdue(today)]
    metas = [module.meta for module in curriculum.course.modules]
    within = [
        whole, uses, late, metas, facts.facts, facts.areas, curriculum.glossary.terms,
        [(claim, ledger.references([claim.id])) for claim in ledger.claims],
    ]  # fmt: skip
    return _digest(around), _digest(within)


def _digest(value: Any) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()


def page_kind(docname: str, curriculum: Curriculum) -> tuple[str, Module | None, Lesson | None]:
    """What a page is, the module it belongs to and, for a lesson, the lesson."""
    parts = docname.split("/")
    module = curriculum.course.by_id.get(parts[1]) if len(parts) == 3 else None
    if module is None:
        if docname in ("evidence", "progress", "review", "keep"):
            return docname, None, None
        return "front" if docname == "index" else "plain", None, None
    if parts[2] in KINDS:
        return ("module" if parts[2] == "index" else parts[2]), module, None
    return "lesson", module, module.lesson(parts[2])


def _context(
    app: Sphinx, pagename: str, _template: str, context: dict[str, Any], _doctree: Any
) -> None:
    curriculum: Curriculum = app.groundwork_curriculum  # type: ignore[attr-defined]
    languages: list[Catalog] = app.groundwork_languages  # type: ignore[attr-defined]
    kind, module, lesson = page_kind(pagename, curriculum)

    def to(name: str) -> str:
        if bilingual.is_away(name):
            return f"{bilingual.root(pagename.count('/'))}{name}.html"
        return app.builder.get_relative_uri(pagename, name) or "#"

    data = outline(curriculum)
    if lesson:
        context["body"] = context.get("body", "") + _answers_html(curriculum, lesson)
    context["gw"] = {
        "kind": kind,
        "module": _module_context(data, module, to),
        "lesson": _lesson_context(curriculum, lesson),
        "modules": [
            {k: row[k] for k in ("id", "number", "title", "minutes", "claimed", "summary")}
            | {
                "href": to(f"modules/{row['id']}/index"),
                "away": bilingual.is_away(f"modules/{row['id']}/index"),
                "pages": _page_rows(app, curriculum.course.by_id[row["id"]], pagename, to),
            }
            for row in data["modules"]
        ],
        "minutes": data["minutes"],
        "site": {
            "front": to("index"),
            "evidence": to("evidence"),
            "progress": to("progress"),
            "review": to("review") if "review" in book_pages(Path(app.srcdir)) else None,
            "keep": to("keep") if "keep" in book_pages(Path(app.srcdir)) else None,
            "about": to("about"),
            "glossary": to("glossary"),
            "search": f"{bilingual.root(pagename.count('/'))}search.html",
            "verify": f"{bilingual.root(pagename.count('/'))}verify",
            "check": to("check-a-record") if "check-a-record" in app.env.found_docs else None,
        },
        "english": [
            name
            for name in ("evidence", "progress", "review", "keep", "about", "glossary", "search")
            if bilingual.is_away(name)
        ],
        "root": bilingual.root(pagename.count("/")) or "./",
        "tongues": bilingual.tongues(pagename, module, languages),
        "prev": _neighbor(context.get("prev")),
        "next": _neighbor(context.get("next")),
    }
    if spoken().language != SOURCE:
        bilingual.among_languages(context, pagename)


def _answers_html(curriculum: Curriculum, lesson: Lesson) -> str:
    """The answers at the end of a lesson, which only a printout shows."""
    items = [curriculum.practice[name] for name in lesson.items if name in curriculum.practice]
    return paper.answers_html(
        [(item, [row["text"] for row in item_sources(curriculum, item)]) for item in items]
    )


def _neighbor(link: dict[str, str] | None) -> dict[str, str] | None:
    return {"title": link["title"], "href": link["link"]} if link else None


def _module_context(
    data: dict[str, Any], module: Module | None, to: Callable[[str], str]
) -> dict[str, Any] | None:
    if module is None:
        return None
    row = next(row for row in data["modules"] if row["id"] == module.id)
    return {
        "id": module.id,
        "number": module.number,
        "title": module.meta.title,
        "href": to(f"modules/{module.id}/index"),
        "minutes": row["minutes"],
        "content_note": module.meta.content_note,
    }


def _lesson_context(curriculum: Curriculum, lesson: Lesson | None) -> dict[str, Any] | None:
    if lesson is None:
        return None
    module = curriculum.course.by_id[lesson.module]
    timed = {row.lesson: row.minutes for row in curriculum.minutes[module.id].lessons}
    return {
        "id": lesson.id,
        "number": module.lessons.index(lesson) + 1,
        "title": lesson.meta.title,
        "minutes": timed[lesson.id],
        "areas": [curriculum.facts.areas[area].label for area in lesson.meta.areas]
        if module.meta.claimed
        else [],
        "checks": len(lesson.items),
    }


def _page_rows(
    app: Sphinx, module: Module, current: str, to: Callable[[str], str]
) -> list[dict[str, Any]]:
    """A module's pages in the order of the book: index, lessons, then the others."""
    by_stem: dict[str, Page] = {page.path.stem: page for page in module.pages}
    stems = ["index", *(lesson.stem for lesson in module.lessons), *KINDS[1:]]
    rows = []
    for stem in stems:
        docname = f"modules/{module.id}/{stem}"
        away = bilingual.is_away(docname)
        if docname not in app.env.titles and not (
            away and (stem in by_stem or module.lesson(stem))
        ):
            continue
        rows.append(
            {
                "id": f"{module.id}/{stem}",
                "kind": stem if stem in by_stem else "lesson",
                "title": _title(module, stem) if away else app.env.titles[docname].astext(),
                "href": to(docname),
                "current": docname == current,
                "away": away,
            }
        )
    return rows


def _title(module: Module, stem: str) -> str:
    """What a page is called that this language does not have."""
    lesson = module.lesson(stem)
    if lesson:
        return lesson.meta.title
    source = next(page.source for page in module.pages if page.path.stem == stem)
    return spoken().say(str(source.data["title"]) if source else stem)


def _write_static(app: Sphinx, error: Exception | None) -> None:
    """Put the question module, the host, the figures and the course beside the pages."""
    if error or app.builder.format != "html":
        return
    target = Path(app.outdir) / STATIC
    (target / "figures").mkdir(parents=True, exist_ok=True)
    figures = Path(app.srcdir) / "assets" / "figures"
    for path in widgets.FILES:
        (target / path.name).write_text(
            bilingual.script_said(widgets.served(path)), encoding="utf-8"
        )
    for path in figures.glob("*.js"):
        (target / "figures" / path.name).write_text(bilingual.figure_said(path), encoding="utf-8")
    if spoken().language != SOURCE:
        bilingual.keep_scripts(target.parent)
    else:
        offline.write_app(Path(app.outdir), title=app.config.html_title, language=SOURCE)
        _write_checker(target.parent / "vendor")
    curriculum: Curriculum = app.groundwork_curriculum  # type: ignore[attr-defined]
    for name, data in (("course", outline(curriculum)), ("practice", practice_data(curriculum))):
        bilingual.lead_home(data)
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        (target / f"{name}.json").write_text(text, encoding="utf-8")


def _write_checker(target: Path) -> None:
    """Put what a page needs to check a record by itself beside the pages."""
    from .records import definitions, listed_issuers, load_trusted_issuers

    target.mkdir(parents=True, exist_ok=True)
    for name in ("credential.js", "LICENSES.txt"):
        shutil.copyfile(VENDOR / name, target / name)
    named = os.environ.get("GROUNDWORK_TRUSTED_ISSUERS")
    issuers = load_trusted_issuers(Path(named) if named else None)
    for name, data in (("contexts", definitions()), ("issuers", listed_issuers(issuers))):
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        (target / f"{name}.json").write_text(text, encoding="utf-8")


def _load_or_stop(app: Sphinx) -> None:
    from sphinx.errors import ExtensionError

    try:
        _load(app)
    except GroundworkError as error:
        raise ExtensionError(str(error)) from error


def _code_version() -> int:
    """A number that changes with the code that makes the HTML, so that no old page is kept."""
    rooms = (paper, scoring, language, passages, drawings, translation)
    made_by = (Path(__file__), *(Path(str(room.__file__)) for room in rooms))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in made_by))
    return int(digest.hexdigest()[:8], 16)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register everything with Sphinx."""
    for name in CALLOUTS:
        app.add_directive(name, Callout)
    ours: dict[str, type[Directive]] = {
        "scene": Scene,
        "self-check": SelfCheck,
        "live-figure": LiveFigure,
        "data-chart": DataChart,
        "objectives": Objectives,
        "module-facts": ModuleFacts,
        "references": References,
        "evidence": Evidence,
        "terms": Terms,
        "quiz": QuizApp,
        "reflection": ReflectionApp,
        "progress": ProgressApp,
        "review": ReviewApp,
        "keep": KeepApp,
        "offline": OfflineApp,
        "record": RecordApp,
        "check-record": CheckRecordApp,
    }
    for name, directive in ours.items():
        app.add_directive(name, directive)
    app.add_role("claim", ClaimRole())
    app.add_role("fact", FactRole())
    app.add_role("course-minutes", CourseMinutes())
    for node, visit, depart in (
        (callout, _visit_callout, _depart_callout),
        (scene, _visit_scene, _depart_scene),
    ):
        app.add_node(node, html=(visit, depart), text=(_pass, _pass), latex=(_pass, _pass))
    app.connect("config-inited", _leave_kernels_alone)
    app.connect("builder-inited", _load_or_stop)
    app.connect("source-read", _tell)
    app.connect("source-read", _draw_charts)
    app.connect("env-get-outdated", _outdated)
    app.connect("doctree-read", _mark_terms)
    app.connect("html-page-context", _context)
    app.connect("build-finished", _write_static)
    return {
        "parallel_read_safe": True,
        "parallel_write_safe": True,
        "env_version": _code_version(),
    }
