"""Live twins of the lessons: notebooks in which each self-check is a widget.

Made from the same pages and the same items; nothing is ever read back from them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from .book import CALLOUTS
from .course import CLAIM_ROLE, FACT_ROLE, Lesson
from .curriculum import Curriculum
from .evidence import CONFIDENCE

BLOCK = re.compile(
    r"^(?P<fence>`{3,}|:{3,})\{(?P<name>[a-z-]+)\}[ \t]*(?P<argument>[^\n]*)\n"
    r"(?P<body>.*?)^(?P=fence)[ \t]*$",
    re.M | re.S,
)
TARGET = re.compile(r"^\([a-z0-9-]+\)=\n", re.M)
OPTION = re.compile(r"^:(?P<name>[a-z-]+):(?P<value>.*)\n?", re.M)
DOC_ROLE = re.compile(r"\{doc\}`([^`<]+?)(?:\s*<[^`>]+>)?`")
LIVE = {
    "self-check": "from groundwork.widgets.twins import self_check\nself_check({name!r})",
    "live-figure": "from groundwork.widgets.twins import figure\nfigure({name!r})",
}


def write_notebooks(curriculum: Curriculum, folder: Path) -> list[Path]:
    """Write one notebook a lesson below `folder`; return where they are."""
    written = []
    for module in curriculum.course.modules:
        for lesson in module.lessons:
            path = folder / module.id / f"{lesson.stem}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            notebook = twin(lesson, curriculum)
            nbformat.write(notebook, path)
            written.append(path)
    return written


def twin(lesson: Lesson, curriculum: Curriculum) -> nbformat.NotebookNode:
    """One lesson as a notebook without output."""
    notebook = new_notebook(
        cells=list(_cells(lesson.page.body, lesson, curriculum)),
        metadata={
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "title": lesson.meta.title,
        },
    )
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"{lesson.stem[:50]}-{number}"
    return notebook


def _cells(body: str, lesson: Lesson, curriculum: Curriculum) -> Iterator[nbformat.NotebookNode]:
    end = 0
    for block in BLOCK.finditer(body):
        yield from _words(body[end : block.start()], curriculum)
        end = block.end()
        yield from _block(block, lesson, curriculum)
    yield from _words(body[end:], curriculum)


def _words(text: str, curriculum: Curriculum) -> Iterator[nbformat.NotebookNode]:
    text = plain_markdown(text, curriculum).strip()
    if text:
        yield new_markdown_cell(text)


def _block(
    block: re.Match[str], lesson: Lesson, curriculum: Curriculum
) -> Iterator[nbformat.NotebookNode]:
    name, argument = block["name"], block["argument"].strip()
    inner = OPTION.sub("", block["body"]).strip()
    if name == "code-cell":
        yield _hidden_code(inner)
    elif name in LIVE:
        yield _hidden_code(LIVE[name].format(name=argument))
        if inner:
            yield from _words(f"*{inner}*", curriculum)
    elif name == "references":
        yield new_markdown_cell(_references(lesson, curriculum))
    elif name == "scene":
        yield from _words(_quoted(inner), curriculum)
    elif name in CALLOUTS:
        title = CALLOUTS[name][0] + (f": {argument}" if argument else "")
        yield from _words(_quoted(f"**{title}**\n\n{inner}"), curriculum)


def _hidden_code(source: str) -> nbformat.NotebookNode:
    """A cell whose code stays folded away: learners never need to see it."""
    return new_code_cell(
        source, metadata={"jupyter": {"source_hidden": True}, "tags": ["remove-input"]}
    )


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def plain_markdown(text: str, curriculum: Curriculum) -> str:
    """Markdown that any notebook shows: our roles become words."""
    text = TARGET.sub("", text)
    text = CLAIM_ROLE.sub(lambda m: f"({_claims(m[1], curriculum)})", text)
    text = FACT_ROLE.sub(lambda m: _fact(m[1], curriculum), text)
    return DOC_ROLE.sub(r"\1", text)


def _claims(names: str, curriculum: Curriculum) -> str:
    known = curriculum.ledger.by_id
    return "; ".join(
        f"{name}, {CONFIDENCE[known[name].confidence]}"
        for name in (part.strip() for part in names.split(","))
        if name in known
    )


def _fact(name: str, curriculum: Curriculum) -> str:
    fact = curriculum.facts.facts[name.strip()]
    said = f"{fact.value}, {fact.note}" if fact.note else fact.value
    return f"{said} ({fact.where}; checked {fact.checked.isoformat()})"


def _references(lesson: Lesson, curriculum: Curriculum) -> str:
    cited = [placed.name for placed in lesson.page.roles(CLAIM_ROLE)]
    works = curriculum.ledger.references(
        [name for name in dict.fromkeys(cited) if name in curriculum.ledger.by_id]
    )
    return "\n".join(
        f"- {work.authors} ({work.year}). *{work.title}*. {work.published}."
        + (f" <{work.link}>" if work.link else "")
        for work in works
    )
