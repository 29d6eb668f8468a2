"""Messages: every text a learner reads, found where it is written, for those who translate.

The interface is one domain, what the course says of itself another, and each page of the
book is one of its own, with the questions and figures that stand on it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import chartcells, widgets
from .course import CHART, read_page
from .curriculum import Curriculum
from .drawings import drawn_words, figure_words, picture_words, script_words
from .errors import GroundworkError
from .language import (
    LANGUAGE,
    SOURCE,
    catalog_files,
    catalog_folder,
    read_po_file,
    tidy,
)
from .translation import (
    COURSE,
    Message,
    book_pages,
    course_messages,
    fact_domains,
    fact_messages,
    page_messages,
)

INTERFACE = "interface"
FIRST = [INTERFACE, COURSE, "facts/helplines", "facts/competencies"]
"""What every page of a language needs, so that a new language begins with it."""
PACKAGE = Path(__file__).parent
NAMES = frozenset(("_", "N_", "filled"))
"""What says a sentence of the interface: in Python these three, in a template the first."""
WIDTH = 96


def all_domains(curriculum: Curriculum) -> list[str]:
    """Every domain there is."""
    root = curriculum.course.root
    return [INTERFACE, COURSE, *fact_domains(root), *book_pages(root)]


def messages(curriculum: Curriculum, domain: str) -> list[Message]:
    """Every message of a domain, in the order of its files; raise for one that is not there."""
    if domain == INTERFACE:
        return list(interface_messages())
    if domain == COURSE:
        return course_messages(curriculum)
    if domain in fact_domains(curriculum.course.root):
        return fact_messages(curriculum, domain)
    if domain not in book_pages(curriculum.course.root):
        raise GroundworkError(f"There is no page {domain!r} in _toc.yml to translate.")
    return [*page_messages(curriculum, domain), *_of_figures(curriculum, domain)]


def interface_messages() -> Iterator[Message]:
    """What the program itself says to a learner: in Python, in templates and in scripts."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield from _python(path)
    for path in sorted(template for folder in TEMPLATES for template in folder.glob("*.html")):
        yield from _template_words(path)
    for path in scripts():
        text = path.read_text(encoding="utf-8")
        for one in script_words(text):
            yield Message(tidy(one.text), path, text.count("\n", 0, one.start) + 1, INTERFACE)


TEMPLATES = (PACKAGE / "theme", PACKAGE / "portal" / "templates")


def scripts() -> list[Path]:
    """The scripts of pages."""
    static = (PACKAGE / "theme" / "static").glob("*.js")
    return sorted([*(path for path in widgets.FILES if path.suffix == ".js"), *static])


def _python(path: Path) -> Iterator[Message]:
    # Babel itself does not look into f-strings
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        first = node.args[0] if node.args else None
        if node.func.id in NAMES and isinstance(first, ast.Constant) and str(first.value).strip():
            yield Message(tidy(str(first.value)), path, node.lineno, INTERFACE)


def _template_words(path: Path) -> Iterator[Message]:
    from babel.messages.extract import extract_from_file

    for line, found, _, _ in extract_from_file("jinja2.ext:babel_extract", path, {"_": None}):
        yield Message(tidy(found if isinstance(found, str) else found[0]), path, line, INTERFACE)


def _of_figures(curriculum: Curriculum, name: str) -> Iterator[Message]:
    """The words in the pictures of a page: its drawings, their scripts, its charts."""
    root = curriculum.course.root
    page = read_page(root / f"{name}.md")
    folder = root / "assets" / "figures"
    for placed in page.directives("live-figure"):
        yield from figure_messages(folder, placed.name, name)
    for chart in CHART.findall(page.body):
        html = chartcells.drawn(chart, folder / "data", root / "_build" / ".charts")
        for one in picture_words(html):
            yield Message(tidy(one.text), chartcells.CODE_OF_CHARTS, 1, name)


def figure_messages(folder: Path, figure: str, domain: str) -> Iterator[Message]:
    """The words of one figure: its drawing, its script and what scripts share."""
    drawing, script = folder / f"{figure}.svg", folder / f"{figure}.js"
    svg = drawing.read_text(encoding="utf-8")
    for one in picture_words(svg):
        yield Message(tidy(one.text), drawing, svg.count("\n", 0, one.start) + 1, domain)
    shared = [folder / f"{name}.js" for name in ("kit", "ages")]
    for path in [script, *shared] if script.is_file() else []:
        code = path.read_text(encoding="utf-8")
        for one in figure_words(code, drawn_words(path)):
            yield Message(tidy(one.text), path, code.count("\n", 0, one.start) + 1, domain)


def write_templates(curriculum: Curriculum, folder: Path) -> Iterator[Path]:
    """Write a template (.pot) for each domain, with every message and its place."""
    root = curriculum.course.root
    for domain in all_domains(curriculum):
        path = folder / f"{domain}.pot"
        _write(_template(messages(curriculum, domain), root), path)
        yield path


def update(curriculum: Curriculum, language: str, domains: Iterable[str] = ()) -> Iterator[Path]:
    """Bring a language's catalogs up to date, and begin the ones named.

    What is translated stays; a translation whose English changed is kept as doubtful.
    """
    if not LANGUAGE.fullmatch(language) or language == SOURCE:
        raise GroundworkError(
            f"{language!r} is not a language to translate into; write it like es or pt_BR."
        )
    root = curriculum.course.root
    known = catalog_files(root, language)
    first = [] if known else [one for one in FIRST if one in all_domains(curriculum)]
    for domain in dict.fromkeys([*known, *first, *domains]):
        path = catalog_folder(root, language) / f"{domain}.po"
        template = _template(messages(curriculum, domain), root)
        catalog = read_po_file(path) if path.is_file() else _new(language)
        catalog.locale = language
        # the day a file was made would be a change each time
        catalog.update(template, no_fuzzy_matching=False, update_creation_date=False)
        catalog.obsolete.clear()
        _write(catalog, path)
        yield path


def _template(found: Iterable[Message], root: Path) -> Any:
    catalog = _new(None)
    for one in found:
        at = one.path.relative_to(root) if one.path.is_relative_to(root) else one.path.name
        catalog.add(one.text, locations=[(str(at), one.line)])
    return catalog


def _new(language: str | None) -> Any:
    from babel.messages.catalog import Catalog

    return Catalog(
        locale=language,
        project="Groundwork",
        version="",
        msgid_bugs_address="",
        last_translator="",
        language_team="",
        charset="utf-8",
        fuzzy=False,
        header_comment="# Groundwork. Text under CC BY 4.0.",
        creation_date=datetime(2026, 1, 1, tzinfo=UTC),
        revision_date=datetime(2026, 1, 1, tzinfo=UTC),
    )


def _write(catalog: Any, path: Path) -> None:
    from babel.messages.pofile import write_po

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, width=WIDTH, omit_header=False, include_previous=True)
