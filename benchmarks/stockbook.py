"""The book's own words as a stock Jupyter Book: its theme, its way to run cells, no part of ours.

Questions become code cells of ipywidgets, charts stay code cells, drawings become pictures.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat

from groundwork.course import CODE, DIRECTIVE, Page
from groundwork.curriculum import Curriculum
from groundwork.items import Item
from groundwork.notebooks import plain_markdown, twin

CHECK = re.compile(r"^self_check\('([a-z0-9-]+)'\)$", re.M)
FIGURE = re.compile(r"^figure\('([a-z0-9-]+)'\)$", re.M)
FENCE = re.compile(r"^[:`]{3,}\s*$\n?", re.M)
OPTION = re.compile(r"^:[a-z-]+:.*\n?", re.M)
COMMAND = (sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build")


def write_stock_book(curriculum: Curriculum, folder: Path) -> list[str]:
    """Write a book of the same words below a folder; return the names of its pages."""
    pages = ["index", "evidence", "glossary"]
    for module in curriculum.course.modules:
        for page in module.pages:
            name = f"modules/{module.id}/{page.path.stem}"
            _write(folder / f"{name}.md", words(page, curriculum))
            pages.append(name)
        for lesson in module.lessons:
            name = f"modules/{lesson.id}"
            _write(folder / f"{name}.ipynb", json.dumps(_notebook(lesson, curriculum, folder)))
            pages.append(name)
    _write(folder / "index.md", (curriculum.course.root / "about.md").read_text(encoding="utf-8"))
    claims = "\n".join(f"## {one.id}\n\n{one.text}\n" for one in curriculum.ledger.claims)
    _write(folder / "evidence.md", f"# Evidence\n\n{claims}")
    terms = "\n".join(f"## {one.term}\n\n{one.text}\n" for one in curriculum.glossary.terms)
    _write(folder / "glossary.md", f"# Glossary\n\n{terms}")
    toc = "".join(f"  - file: {name}\n" for name in pages[1:])
    _write(folder / "_toc.yml", f"format: jb-book\nroot: index\nchapters:\n{toc}")
    _write(
        folder / "_config.yml",
        "title: Stock\nexecute:\n  execute_notebooks: cache\n"
        "parse:\n  myst_enable_extensions: [colon_fence]\n",
    )
    return pages


def build_stock_book(folder: Path) -> None:
    """Build it as anybody would."""
    subprocess.run([*COMMAND, str(folder), "--quiet"], check=True, capture_output=True)  # noqa: S603


def words(page: Page, curriculum: Curriculum) -> str:
    """The words of a page, without what only our directives understand."""
    text = DIRECTIVE.sub("", OPTION.sub("", CODE.sub("", page.body)))
    return plain_markdown(FENCE.sub("", text), curriculum)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _notebook(lesson: Any, curriculum: Curriculum, folder: Path) -> Any:
    write: Any = nbformat  # typed in part
    made = twin(lesson, curriculum)
    for cell in made.cells:
        check, figure = CHECK.search(cell.source), FIGURE.search(cell.source)
        if check:
            cell.source = question(curriculum.practice[check[1]])
        elif figure:
            drawing = f"{figure[1]}.svg"
            source = curriculum.course.root / "assets" / "figures" / drawing
            shutil.copyfile(source, folder / "modules" / lesson.module / drawing)
            cell.update(write.v4.new_markdown_cell(f"![{figure[1]}]({drawing})"))
            cell.pop("outputs", None)
            cell.pop("execution_count", None)
    return made


def question(item: Item) -> str:
    """A question as its shortest code: the stem, what there is to choose from, a button."""
    shown = item.shown()
    lists = [shown[key] for key in ("options", "left", "right", "steps", "cards") if key in shown]
    texts = [part.get("text") or part["says"] for parts in lists for part in parts]
    return (
        "import ipywidgets as widgets\n"
        f"widgets.VBox([widgets.HTML({item.stem!r}), widgets.RadioButtons(options={texts!r}), "
        "widgets.Button(description='Check'), widgets.Output()])"
    )
