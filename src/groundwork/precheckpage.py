"""The feedback page of a pre-check: what was answered, and the score by objective only.

Its questions come again in the quiz, so the page does not tell which of them were right.
`nbgrader_config.py` names this preprocessor after nbgrader's `GetGrades`, which has put each
cell's score into the notebook. It acts on pre-checks made by `groundwork quizzes build` and
leaves all other pages as nbgrader makes them. The gradebook and formgrader are not touched.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from nbgrader.preprocessors import NbGraderPreprocessor

from .rebuilding import as_text
from .worksheets import PRECHECK, QUIZ_FILE, SETUP

HEADING = "## Where you stand"


class ByObjective(NbGraderPreprocessor):  # type: ignore[misc]
    """Leaves of a pre-check's scores their sum for each objective."""

    def preprocess(
        self, nb: NotebookNode, resources: Mapping[str, Any]
    ) -> tuple[NotebookNode, Mapping[str, Any]]:
        """Return the notebook whose page is made."""
        named = {_about(cell).get("grade_id") for cell in nb.cells}
        if not resources["nbgrader"]["assignment"].endswith(f"-{PRECHECK}") or SETUP not in named:
            return nb, resources
        graded = {_about(cell)["grade_id"]: cell for cell in nb.cells if _about(cell).get("grade")}
        asked = _objectives(Path(resources["metadata"]["path"])) or [
            {"text": "All questions", "items": list(graded)}
        ]
        sums = _sums(asked, graded)
        welcome, *rest = [_untold(cell) if _about(cell).get("grade") else cell for cell in nb.cells]
        standing = new_markdown_cell("\n".join([HEADING, "", *sums]))  # type: ignore[no-untyped-call]
        nb.cells = [welcome, standing, *rest]
        return nb, resources


def _about(cell: NotebookNode) -> Mapping[str, Any]:
    about: Mapping[str, Any] = cell.metadata.get("nbgrader", {})
    return about


def _objectives(folder: Path) -> list[dict[str, Any]]:
    """The objectives, each with the items that ask about it, as they lie beside the notebook."""
    quiz = json.loads((folder / QUIZ_FILE).read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = quiz.get("objectives", [])
    return found


def _sums(objectives: list[dict[str, Any]], graded: Mapping[str, NotebookNode]) -> list[str]:
    """A line for each objective."""
    lines = []
    for objective in objectives:
        asked = [_about(graded[item]) for item in objective["items"] if item in graded]
        earned = sum(about["score"] or 0.0 for about in asked)
        points = sum(about["points"] for about in asked)
        lines.append(f"- {objective['text']}: {round(earned, 2):g} of {points:g}")
    return lines


def _untold(cell: NotebookNode) -> NotebookNode:
    """A graded cell as what was answered, without what it earned."""
    words = "".join(output.get("text", "") for output in cell.get("outputs", []))
    text: NotebookNode = new_markdown_cell(as_text(words.strip()))  # type: ignore[no-untyped-call]
    return text
