"""One build of the book: Jupyter Book's configuration, run by Sphinx in this process.

`making` starts this as a process of its own. What the stock theme alone would use is
left out, pages are read and written in parallel, and with `--wait` the process loads
everything first and builds when it is told to.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from .course import listed_files
from .language import ENGLISH, SOURCE, Catalog, catalog_files, speaking
from .translation import FRONT

if TYPE_CHECKING:
    from sphinx.application import Sphinx

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


def configuration(root: Path, catalog: Catalog = ENGLISH) -> dict[str, Any]:
    """The book's `_config.yml` as Jupyter Book reads it, without the stock theme's parts."""
    from jupyter_book.config import get_final_config  # type: ignore[import-untyped]

    found: dict[str, Any]
    found, _ = get_final_config(
        user_yaml=root / "_config.yml",
        cli_config={
            "external_toc_path": str(contents(root, catalog)),
            "nitpicky": True,
            "latex_individualpages": False,
        },
        sourcedir=root,
    )
    found["extensions"] = [one for one in found["extensions"] if one not in FOR_THE_STOCK_THEME]
    found = {name: one for name, one in found.items() if not name.startswith(THEIR_SETTINGS)}
    # our catalogs are not Sphinx's: it would look for one of its own for each folder
    return found | {"language": catalog.language, "locale_dirs": []}


def contents(root: Path, catalog: Catalog) -> Path:
    """The table of contents of a language: what `_toc.yml` lists and the language has."""
    if catalog.language == SOURCE:
        return root / "_toc.yml"
    names = [name for name in listed_files(root) if name in catalog.pages and name != FRONT]
    table = {"format": "jb-book", "root": FRONT, "chapters": [{"file": name} for name in names]}
    path = root / "_build" / f".toc-{catalog.tag}.yml"
    path.write_text(yaml.safe_dump(table), encoding="utf-8")
    return path


def bind(root: Path) -> int:
    """Build what changed; warnings are errors, and all of them are shown.

    The English book comes first, then that of each language whose sources changed.
    """
    from . import offline

    html = root / "_build" / "html"
    app = run(root, ENGLISH, html)
    if app is None or app.statuscode:
        return 1
    names = [*app.env.found_docs, "search"]
    for catalog in app.groundwork_languages:  # type: ignore[attr-defined]
        names += [f"{catalog.tag}/{name}" for name in catalog.pages]
        if not in_language(root, catalog, html / catalog.tag, around=app.env.groundwork_said[0]):  # type: ignore[attr-defined]
            return 1
    sweep(html, names)
    course = app.groundwork_curriculum.course  # type: ignore[attr-defined]
    offline.write(html, names, [module.id for module in course.modules])
    return 0


def run(root: Path, catalog: Catalog, html: Path) -> Sphinx | None:
    """Run Sphinx in one language; None when it could not begin or end."""
    from sphinx.application import Sphinx
    from sphinx.errors import SphinxError
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    trees = f".doctrees{'' if catalog.language == SOURCE else f'-{catalog.tag}'}"
    with patch_docutils(), docutils_namespace(), speaking(catalog):
        try:
            app = Sphinx(
                str(root), None, str(html), str(root / "_build" / trees), "html",
                confoverrides=configuration(root, catalog), warningiserror=True, keep_going=True,
                parallel=min(os.cpu_count() or 1, MOST_AT_ONCE),
            )  # fmt: skip
            # It numbers sections when all is read, so it may, and does not say so.
            app.extensions["sphinx_multitoc_numbering"].parallel_read_safe = True
            app.build()
        except SphinxError as error:
            print(f"ERROR: {error}", file=sys.stderr)
            return None
        return app


def in_language(root: Path, catalog: Catalog, html: Path, *, around: str) -> bool:
    """Build another language's book if it is stale; return whether it is built.

    `around` stands for what every page says of the course.
    """
    stamp = root / "_build" / f".stamp-{catalog.tag}"
    now = digest(sources_of(root, catalog), around)
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == now and html.is_dir():
        return True
    stamp.unlink(missing_ok=True)
    app = run(root, catalog, html)
    if app is None or app.statuscode:
        return False
    stamp.write_text(now, encoding="utf-8")
    return True


def sources_of(root: Path, catalog: Catalog) -> Iterator[Path]:
    """Every file whose change may show in a book of another language."""
    yield from catalog_files(root, catalog.language).values()
    yield root / "_config.yml"
    for name in catalog.pages:
        yield root / f"{name}.md"
    yield from root.glob("modules/*/module.yml")
    quizzes = Path(os.environ.get("GROUNDWORK_QUIZZES") or root / "quizzes")
    for module in {name.split("/")[1] for name in catalog.pages if name.count("/") == 2}:
        for kind in ("practice", "reflection"):
            yield quizzes / module / f"{kind}.yml"
    yield from (root / "assets").rglob("*")
    for pattern in ("*.py", "theme/**/*", "widgets/*"):
        yield from Path(__file__).parent.glob(pattern)


def digest(paths: Iterable[Path], *more: str) -> str:
    """A digest of the names, sizes and times of files; none is read."""
    stats = [(path, path.stat()) for path in sorted(set(paths)) if path.is_file()]
    lines = [f"{path} {stat.st_size} {stat.st_mtime_ns}" for path, stat in stats]
    return hashlib.sha256("\n".join([*lines, *more]).encode()).hexdigest()


def sweep(html: Path, names: Iterable[str]) -> None:
    """Take away the pages of files that are no longer in the book."""
    kept = {html / f"{name}.html" for name in (*names, "search")}
    for page in set(html.rglob("*.html")) - kept:
        page.unlink()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
