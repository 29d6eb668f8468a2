"""A module on paper: the pages of the built book as one document, printed by Chromium.

The lessons come first, their questions with room to write; the answers, and the claims
that the marks in the text name, stand at the end.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path

import pikepdf

from .book import item_sources
from .course import CLAIM_ROLE, Lesson, Module
from .curriculum import Curriculum
from .errors import BuildError, GroundworkError
from .evidence import CONFIDENCE
from .items import Item
from .language import filled
from .language import gettext as _
from .paper import reasons_html
from .settings import Settings

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--no-pdf-header-footer",
    "--generate-pdf-document-outline",
)
MOST_SECONDS = 120

NOT_PRINTED = ("quiz", "facilitate")
"""The quiz is taken in the portal; the plan for a group is for who leads it."""

MAIN = re.compile(r'<main id="content"[^>]*>(.*)</main>', re.S)
TITLE = re.compile(r"<h1[^>]*>(.*?)</h1>", re.S)
TAG = re.compile(r"<[^>]+>")
FOR_SCREENS = re.compile(
    r'<script\b.*?</script>|<nav class="gw-turn".*?</nav>|<p class="gw-go">.*?</p>'
    r'|<section class="gw-(?:contents|answers)".*?</section>'
    r'|<div class="gw-app" data-app="finish".*?</div>|<details>.*?</details>',
    re.S,
)
ADDRESS = re.compile(r'\bhref="([^"]*)"')
PLACE = re.compile(r'\b(id|for|aria-labelledby|aria-describedby)="([^"]+)"')
CLAIM = re.compile(r"evidence\.html#(claim-[a-z0-9]+)$")


@dataclass(frozen=True, slots=True)
class Chapter:
    """One page of the book as it is bound."""

    stem: str
    kind: str
    title: str
    body: str

    @property
    def anchor(self) -> str:
        """Where the chapter begins in the bound document."""
        return f"page-{self.stem}"


def print_modules(
    settings: Settings, curriculum: Curriculum, only: str | None, *, say: Callable[[str], None]
) -> None:
    """Print every module, or the one named, into `_build/pdf`."""
    modules = curriculum.course.by_id
    if only is not None and only not in modules:
        raise GroundworkError(f"There is no module {only!r}; there are: {', '.join(modules)}.")
    browser = find_browser()
    for module in modules.values() if only is None else [modules[only]]:
        say(str(print_module(settings, curriculum, module, browser)))


def find_browser() -> str:
    """The Chromium of this machine."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise GroundworkError(
            "A PDF is printed by Chromium, and this machine has none; install it and try again."
        )
    return found


def print_module(settings: Settings, curriculum: Curriculum, module: Module, browser: str) -> Path:
    """Print one module; a first printing finds the page numbers of its list of contents."""
    target = settings.book.parent / "pdf" / f"{module.id}.pdf"
    target.parent.mkdir(parents=True, exist_ok=True)
    chapters = [read_chapter(settings.book, module, stem) for stem in printed_stems(module)]
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".printing-") as folder:
        sheet = Path(folder)
        _print(browser, bind(curriculum, module, chapters, {}), sheet)
        numbers = first_pages(sheet / "bound.pdf")
        _print(browser, bind(curriculum, module, chapters, numbers), sheet)
        _finish(sheet / "bound.pdf", target, title=module.meta.title)
    return target


def printed_stems(module: Module) -> list[str]:
    """The pages of a module that are printed, in reading order."""
    others = {page.path.stem for page in module.pages} - {"index", *NOT_PRINTED}
    last = [stem for stem in ("reflection", "handout") if stem in others]
    return ["index", *(lesson.stem for lesson in module.lessons), *last]


def read_chapter(book: Path, module: Module, stem: str) -> Chapter:
    """Take from a built page what belongs on paper."""
    path = book / "modules" / module.id / f"{stem}.html"
    found = MAIN.search(path.read_text(encoding="utf-8"))
    title = TITLE.search(found[1]) if found else None
    if not found or not title:
        raise BuildError(f"{path}: this page has no text to print; build the book again.")
    body = FOR_SCREENS.sub("", found[1])
    kind = {"index": "module", "reflection": "reflection", "handout": "handout"}.get(stem, "lesson")
    bound = frozenset(printed_stems(module))
    return Chapter(stem, kind, unescape(TAG.sub("", title[1])), _placed(body, stem, bound))


def _placed(html: str, stem: str, bound: frozenset[str]) -> str:
    """Make a page's places its own among all pages, and lead its links within the document."""

    def place(found: re.Match[str]) -> str:
        names = " ".join(f"{stem}--{name}" for name in found[2].split())
        return f'{found[1]}="{names}"'

    def lead(found: re.Match[str]) -> str:
        address = led(unescape(found[1]), stem, bound)
        return f'href="{escape(address)}"' if address else ""

    return ADDRESS.sub(lead, PLACE.sub(place, html))


def led(address: str, stem: str, bound: frozenset[str]) -> str | None:
    """Where a link of a page leads on paper; None when what it led to is not there."""
    if re.match(r"(https?|mailto|tel):", address):
        return address
    claim = CLAIM.search(address)
    if claim:
        return f"#{claim[1]}"
    page, _, anchor = address.partition("#")
    to = page.removesuffix(".html") if page else stem
    if to not in bound:
        return None
    return f"#{to}--{anchor}" if anchor else f"#page-{to}"


def bind(
    curriculum: Curriculum, module: Module, chapters: Sequence[Chapter], numbers: Mapping[str, int]
) -> str:
    """All chapters as one document, with contents before and answers and claims behind."""
    title = escape(f"{module.meta.title} · Groundwork")
    first, *others = chapters
    ends = [
        ("answers", _("Answers and reasons"), _answers(curriculum, module)),
        ("claims", _("The claims behind the text"), _claims(curriculum, module)),
    ]
    ends = [end for end in ends if end[2]]
    rows = [(one.anchor, one.title) for one in others]
    rows += [(anchor, name) for anchor, name, _ in ends]
    contents = "".join(
        f'<li><a href="#{anchor}">{escape(name)}</a> <span>{numbers.get(name, "")}</span></li>'
        for anchor, name in rows
    )
    parts = [
        _chapter(first.anchor, first.kind, first.body),
        f'<nav class="gw-paper-contents"><h2>{_("In these pages")}</h2><ol>{contents}</ol></nav>',
        *(_chapter(one.anchor, one.kind, one.body) for one in others),
        *(
            _chapter(anchor, anchor, f'<div class="gw-prose"><h1>{name}</h1>{body}</div>')
            for anchor, name, body in ends
        ),
    ]
    static = "../../html/_static"
    sheets = "".join(
        f'<link rel="stylesheet" href="{static}/{name}.css">'
        for name in ("groundwork", "figures", "gw/item", "print")
    )
    return (
        f'<!doctype html><html lang="{module.meta.language}"><head><meta charset="utf-8">'
        f"<title>{title}</title>{sheets}</head>"
        f'<body class="gw-paper">{"".join(parts)}</body></html>'
    )


def _chapter(anchor: str, kind: str, body: str) -> str:
    return f'<div class="gw-chapter gw-is-{kind}" id="{anchor}">{body}</div>'


def _answers(curriculum: Curriculum, module: Module) -> str:
    """Every question's answer with its reasons, by lesson and number."""
    return "".join(
        f'<section class="gw-key"><h2>{escape(lesson.meta.title)}</h2>{told}</section>'
        for lesson in module.lessons
        if (told := _told(curriculum, lesson))
    )


def _told(curriculum: Curriculum, lesson: Lesson) -> str:
    items = [curriculum.practice[name] for name in lesson.items]
    return "".join(
        f"<h3>{filled('Question {n}', n=number)}</h3>{reasons}"
        for number, item in enumerate(items, start=1)
        if (reasons := reasons_html(item, _sources(curriculum, item)))
    )


def _sources(curriculum: Curriculum, item: Item) -> list[str]:
    return [source["text"] for source in item_sources(curriculum, item)]


def _claims(curriculum: Curriculum, module: Module) -> str:
    """The claims that the module's pages and their questions rest on, in words."""
    ledger = curriculum.ledger.by_id
    named = {placed.name for page in module.all_pages() for placed in page.roles(CLAIM_ROLE)}
    rows = "".join(
        f'<dt id="{claim.anchor}">{claim.id}, {CONFIDENCE[claim.confidence]}</dt>'
        f"<dd>{escape(claim.text)}</dd>"
        for claim in ledger.values()
        if claim.id in named
    )
    return f'<dl class="gw-claims">{rows}</dl>' if rows else ""


def _print(browser: str, html: str, folder: Path) -> None:
    page, pdf = folder / "bound.html", folder / "bound.pdf"
    page.write_text(html, encoding="utf-8")
    # a container runs as root, where Chromium's own sandbox refuses to start
    alone = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    command = [
        browser, *ARGUMENTS, *alone, f"--user-data-dir={folder / 'profile'}",
        f"--print-to-pdf={pdf}", page.as_uri(),
    ]  # fmt: skip
    try:
        done = subprocess.run(  # noqa: S603 - our own arguments
            command, capture_output=True, text=True, timeout=MOST_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError(f"{browser} did not print: {error}") from error
    if done.returncode != 0 or not pdf.is_file():
        raise BuildError(f"{browser} did not print: {done.stderr.strip()[-300:]}")


def first_pages(pdf: Path) -> dict[str, int]:
    """The page each chapter begins on, counted from one, by its title."""
    with pikepdf.open(pdf) as document, document.open_outline() as outline:
        places = {page.obj.objgen: number for number, page in enumerate(document.pages, start=1)}
        return {entry.title: places[_page_of(entry)] for entry in outline.root}


def _page_of(entry: pikepdf.OutlineItem) -> tuple[int, int]:
    destination = entry.destination
    if not isinstance(destination, pikepdf.Array):
        raise BuildError(f"The bookmark {entry.title!r} leads nowhere.")
    found: tuple[int, int] = destination[0].objgen
    return found


def _finish(pdf: Path, target: Path, *, title: str) -> None:
    """Keep the bookmarks of chapters and their sections, closed, and say what this is."""
    with pikepdf.open(pdf) as document:
        with document.open_outline() as outline:
            for chapter in outline.root:
                chapter.is_closed = True
                for part in chapter.children:
                    part.children.clear()
        with document.open_metadata(set_pikepdf_as_editor=False) as data:
            data["dc:title"] = title
            data["xmp:CreatorTool"] = "Groundwork"
        document.Root.PageMode = pikepdf.Name.UseOutlines
        document.save(target)
