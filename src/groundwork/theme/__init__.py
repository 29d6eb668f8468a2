"""The look of the book: one layout on Sphinx's basic, one style sheet, one small script."""

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

from .. import widgets
from ..language import filled

HERE = Path(__file__).parent
AFTER_THE_BOOK = 900  # everybody else, at 500, has had a say by then


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the theme with Sphinx."""
    app.add_html_theme("groundwork", str(HERE))
    app.setup_extension("groundwork.search")
    app.connect("config-inited", leave_out_permalinks)
    app.connect("doctree-resolved", leave_out_scripts, priority=AFTER_THE_BOOK)
    app.connect("html-page-context", add_page_parts, priority=AFTER_THE_BOOK)
    app.connect("build-finished", lighten)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def leave_out_permalinks(app: Sphinx, config: Config) -> None:
    """The list of a page's sections gives their addresses; a sign after each heading is noise."""
    if config.html_theme == "groundwork":
        config["html_permalinks"] = False


def leave_out_scripts(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Jupyter Book ends a page with scripts for a live kernel, which our policy forbids."""
    if app.config.html_theme != "groundwork":
        return
    for part in [*doctree.children]:
        if isinstance(part, nodes.raw) and part.astext().lstrip().startswith("<script"):
            doctree.remove(part)


def add_page_parts(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Give the templates what only the page itself and its drawing can tell."""
    if app.config.html_theme != "groundwork":
        return
    context["_"] = filled
    context["gw_sections"] = page_sections(doctree)
    context["gw_drawing"] = opening_drawing(Path(app.srcdir), context.get("gw") or {})


def lighten(app: Sphinx, error: Exception | None) -> None:
    """Leave out of our style sheets what is there for whoever reads their source."""
    if error or app.builder.format != "html" or app.config.html_theme != "groundwork":
        return
    for path in (HERE / "static").glob("*.css"):
        copy = Path(app.outdir) / "_static" / path.name
        if copy.is_file():
            copy.write_text(widgets.served(path), encoding="utf-8")


def page_sections(doctree: nodes.document | None) -> list[dict[str, str]]:
    """The second-level sections of a page, in reading order, as address and title."""
    if doctree is None:
        return []
    return [
        {"href": f"#{part['ids'][0]}", "title": part[0].astext()}
        for whole in doctree.children
        if isinstance(whole, nodes.section)
        for part in whole.children
        if isinstance(part, nodes.section) and part["ids"]
    ]


def opening_drawing(source: Path, gw: dict[str, Any]) -> str:
    """The drawing that a front page, a module or a handout opens with, as SVG."""
    module = (gw.get("module") or {}).get("id")
    names = {"front": "front", "module": f"opening-{module}", "handout": f"handout-{module}"}
    name = names.get(gw.get("kind", ""))
    drawing = source / "assets" / "figures" / f"{name}.svg"
    return drawing.read_text(encoding="utf-8") if name and drawing.is_file() else ""
