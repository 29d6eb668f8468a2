"""A learner's notebook, built anew: each cell the gradebook keeps once, all else as text.

Both graders build it here, nbgrader's by way of `sanitize` and our own in `marking`, so that
what one of them shows and runs the other does too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from .grading import Answers, Key
from .worksheets import ANSWERS_FILE, Cell

Given = tuple[str | None, str]
"""A cell as handed in: the name of a kept cell, if it bears one, and its source."""

TIMESTAMP_FILE, SECRET_FILE = "timestamp.txt", "submission_secret.txt"
LEARNERS_FILES = (ANSWERS_FILE, TIMESTAMP_FILE, SECRET_FILE)
"""What stays of the files beside a notebook; without the secret, which `nbgrader submit`
writes, no feedback can be released."""

TEXT = '<pre class="groundwork-text" style="white-space: pre-wrap; font-family: inherit">{}</pre>'
"""Shown as typed: in `pre` neither Markdown nor formulas are read."""
UNGRADED = "0.0"
"""What a graded cell says until it has run; nbgrader takes silence for full marks."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A cell of the notebook anew: a kept one, or else a learner's own, which is text now."""

    cell: Cell | None
    source: str
    number: int = 0

    def node(self) -> dict[str, Any]:
        """The cell as it stands in a notebook file before anything has run."""
        if self.cell is None:
            return {
                "cell_type": "raw",
                "id": f"learner_{self.number}",
                "metadata": {},
                "source": self.source,
            }
        graded = self.cell.points is not None and not self.cell.by_hand
        return self.cell.node(number=UNGRADED if graded else None) | {"source": self.source}


def rebuilt(
    given: Iterable[Given], cells: Mapping[str, Cell], answers: Mapping[str, Any]
) -> list[Placed]:
    """The cells anew, in the order they came; learners' own as text where they stood."""
    placed: list[Placed] = []
    missing = dict(cells)
    for number, (name, source) in enumerate(given):
        cell = missing.pop(name, None) if name is not None else None
        if cell:
            placed.append(_restored(cell, source, answers))
        elif source.strip():
            placed.append(Placed(None, as_text(source), number))
    return placed + [_restored(cell, cell.source, answers) for cell in missing.values()]


def _restored(cell: Cell, source: str, answers: Mapping[str, Any]) -> Placed:
    if not cell.by_hand:
        return Placed(cell, cell.source)
    typed = answers.get(cell.name)
    written = [text for text in (typed, source) if isinstance(text, str) and text.strip()]
    own = [text for text in written if text.strip() != cell.source.strip()]
    return Placed(cell, as_text("\n\n".join(own)) if own else cell.source)


def as_text(words: str) -> str:
    """A learner's words as HTML that shows exactly them, whatever they wrote."""
    lines = words.replace("\r\n", "\n").replace("\r", "\n")
    plain = lines
    if not lines.replace("\n", "").replace("\t", "").isprintable():
        plain = "".join(c if c in "\n\t" or c.isprintable() else "\ufffd" for c in lines)
    return TEXT.format(escape(plain).replace("$", "&#36;").replace("\\", "&#92;"))


def problem_of(answers: Answers, cells: Mapping[str, Cell], keys: Sequence[Key]) -> str | None:
    """What a person should know about an answers file before its scores are believed."""
    if not keys:
        # A reflection may be written in the notebook, so no file is no problem.
        return answers.problem if answers.there else None
    if answers.problem:
        return answers.problem
    if answers.version != keys[0].version:
        return f"{ANSWERS_FILE} answers another version of this quiz; look at its scores."
    unknown = [name for name in answers.by_item if name not in cells]
    return f"{ANSWERS_FILE} answers {len(unknown)} unknown questions." if unknown else None
