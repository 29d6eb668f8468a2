"""One build of the book: Jupyter Book's configuration, run by Sphinx in this process.

`making` starts this as a process of its own. What the stock theme alone would use is
left out, pages are read and written in parallel, and with `--wait` the process loads
everything first and builds when it is told to.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

FOR_THE_STOCK_THEME = frozenset(
    (
        "sphinx_book_theme",
        "sphinx_comments",
        "sphinx_copybutton",
        "sphinx_design",
        "sphinx_thebe",
        "sphinx_togglebutton",
        "sphinx_jupyterbook_latex",
        "sphinx.ext.intersphinx",
    )
)
THEIR_SETTINGS = ("comments_config", "copybutton_", "thebe_config", "togglebutton_", "use_")
MOST_AT_ONCE = 4


def main(arguments: list[str]) -> int:
    """Build the book of a folder; return 0 when it is built without a warning."""
    *waiting, folder = arguments
    root = Path(folder)
    load("book", "theme", *(["charts"] if waiting else []))
    if waiting and not sys.stdin.readline():
        return 0  # whoever would have told us is gone
    return bind(root)


def load(*rooms: str) -> None:
    """Import what a build needs, which takes longer than most builds."""
    for name in ("jupyter_book.config", "myst_nb.sphinx_ext", "sphinx_external_toc.events"):
        import_module(name)
    for name in rooms:
        import_module(f".{name}", __package__)


def configuration(root: Path) -> dict[str, Any]:
    """The book's `_config.yml` as Jupyter Book reads it, without the stock theme's parts."""
    from jupyter_book.config import get_final_config  # type: ignore[import-untyped]

    found: dict[str, Any]
    found, _ = get_final_config(
        user_yaml=root / "_config.yml",
        cli_config={
            "external_toc_path": str(root / "_toc.yml"),
            "nitpicky": True,
            "latex_individualpages": False,
        },
        sourcedir=root,
    )
    found["extensions"] = [one for one in found["extensions"] if one not in FOR_THE_STOCK_THEME]
    return {name: value for name, value in found.items() if not name.startswith(THEIR_SETTINGS)}


def bind(root: Path) -> int:
    """Build what changed; warnings are errors, and all of them are shown."""
    from sphinx.application import Sphinx
    from sphinx.errors import SphinxError
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    built = root / "_build"
    with patch_docutils(), docutils_namespace():
        try:
            app = Sphinx(
                str(root), None, str(built / "html"), str(built / ".doctrees"), "html",
                confoverrides=configuration(root), warningiserror=True, keep_going=True,
                parallel=min(os.cpu_count() or 1, MOST_AT_ONCE),
            )  # fmt: skip
            # It numbers sections when all is read, so it may, and does not say so.
            app.extensions["sphinx_multitoc_numbering"].parallel_read_safe = True
            app.build()
            sweep(built / "html", app.env.found_docs)
        except SphinxError as error:
            print(f"ERROR: {error}", file=sys.stderr)
            return 1
        return int(app.statuscode)


def sweep(html: Path, names: Iterable[str]) -> None:
    """Take away the pages of files that are no longer in the book."""
    kept = {html / f"{name}.html" for name in (*names, "search")}
    for page in set(html.rglob("*.html")) - kept:
        page.unlink()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
