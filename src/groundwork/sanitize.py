"""Between nbgrader's `OverwriteCells` and its kernel: no learner's code is run.

`nbgrader_config.py` names this preprocessor. It acts on notebooks made by
`groundwork quizzes build` and leaves all others as they are. Whether a notebook is ours is
read from the gradebook, not from what a learner handed in. The notebook is built anew: each
cell that nbgrader keeps, as the gradebook has it; everything else as plain text.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from nbformat import NotebookNode, from_dict
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

from .attention import set_notice
from .grading import Answers, Key, find_key, quizzes_folder, read_answers
from .worksheets import ANSWERS_FILE, SETUP, Cell, notebook

LEARNERS_FILES = (ANSWERS_FILE, "timestamp.txt")
TEXT = '<pre class="groundwork-text" style="white-space: pre-wrap; font-family: inherit">{}</pre>'
"""Shown as typed: in `pre` neither Markdown nor formulas are read."""
UNGRADED = "0.0"
"""What a graded cell says until it has run; nbgrader takes silence for full marks."""


class Sanitize(NbGraderPreprocessor):  # type: ignore[misc]
    """Leaves of a learner's notebook only what they meant to say."""

    def preprocess(
        self, nb: NotebookNode, resources: Mapping[str, Any]
    ) -> tuple[NotebookNode, Mapping[str, Any]]:
        """Return the notebook that may be run; raise `KeysMissingError` without keys."""
        about = resources["nbgrader"]
        cells = kept_cells(about["db_url"], about["assignment"], about["notebook"])
        if SETUP not in cells:
            return nb, resources
        keys = [
            find_key(quizzes_folder(), cell.name, near=about["assignment"])
            for cell in cells.values()
            if cell.points is not None and not cell.by_hand
        ]
        answers = self._answers(about["assignment"], about["student"])
        problem = self._problem(cells, keys, answers)
        set_notice(Path(self._course.root), about["assignment"], about["student"], problem)
        return rebuilt(nb, cells, answers.by_item, quiz=about["assignment"]), resources

    @property
    def _course(self) -> Any:
        """Where things lie, as nbgrader's converter knows, whose exporter called us."""
        return self.parent.parent.coursedir

    def _answers(self, assignment: str, student: str) -> Answers:
        """Read the answers handed in, after putting away every file that could be run."""
        course = self._course
        source, submitted, graded = (
            Path(course.format_path(step, who, assignment))
            for step, who in (
                (course.source_directory, "."),
                (course.submitted_directory, student),
                (course.autograded_directory, student),
            )
        )
        given = {path.name for path in source.iterdir()} if source.is_dir() else set()
        remove_strays(graded, given - set(LEARNERS_FILES))
        answers = read_answers(submitted / ANSWERS_FILE, [assignment])
        if (submitted / ANSWERS_FILE).is_symlink():
            # nbgrader has copied what the link pointed to, which may be anything.
            (graded / ANSWERS_FILE).unlink(missing_ok=True)
        return answers

    def _problem(self, cells: Mapping[str, Cell], keys: list[Key], answers: Answers) -> str | None:
        if not keys:
            # A reflection may be written in the notebook, so no file is no problem.
            return answers.problem if answers.there else None
        if answers.problem:
            return answers.problem
        if answers.version != keys[0].version:
            return f"{ANSWERS_FILE} answers another version of this quiz; look at its scores."
        unknown = [name for name in answers.by_item if name not in cells]
        return f"{ANSWERS_FILE} answers {len(unknown)} unknown questions." if unknown else None


def kept_cells(db_url: str, assignment: str, name: str) -> dict[str, Cell]:
    """The cells that the gradebook keeps of a notebook, by their names."""
    with Gradebook(db_url) as book:
        kept = book.find_notebook(name, assignment)
        points = {cell.name: cell.max_score for cell in kept.grade_cells}
        by_hand = {cell.name for cell in kept.solution_cells}
        return {
            cell.name: Cell(
                name=cell.name,
                source=cell.source,
                type=cell.cell_type,
                points=points.get(cell.name),
                by_hand=cell.name in by_hand,
                checksum=cell.checksum,
            )
            for cell in kept.source_cells
        }


def remove_strays(folder: Path, given: set[str]) -> None:
    """Remove what a learner handed in beside notebook and answers.

    The kernel starts in this folder, so a file `groundwork.py` in it would be imported.
    """
    for path in folder.iterdir():
        ours = path.name in given or path.name in LEARNERS_FILES
        if ours and not path.is_symlink() and (path.is_dir() is False or path.name in given):
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def rebuilt(
    nb: NotebookNode, cells: Mapping[str, Cell], answers: Mapping[str, Any], *, quiz: str
) -> NotebookNode:
    """The notebook anew: each kept cell once, learners' own cells as text where they stood."""
    nodes: list[dict[str, Any]] = []
    missing = dict(cells)
    for number, given in enumerate(nb.cells):
        name = given.metadata.get("nbgrader", {}).get("grade_id")
        cell = missing.pop(name, None) if isinstance(name, str) else None
        if cell:
            nodes.append(_restored(cell, given.source, answers))
        elif given.source.strip():
            nodes.append(_text_cell(given.source, number))
    nodes += [_restored(cell, cell.source, answers) for cell in missing.values()]
    clean: NotebookNode = from_dict(  # type: ignore[no-untyped-call]
        notebook(nodes, groundwork={"quiz": quiz})
    )
    return clean


def _restored(cell: Cell, source: str, answers: Mapping[str, Any]) -> dict[str, Any]:
    if not cell.by_hand:
        return cell.node(number=UNGRADED if cell.points is not None else None)
    typed = answers.get(cell.name)
    written = [text for text in (typed, source) if isinstance(text, str) and text.strip()]
    own = [text for text in written if text.strip() != cell.source.strip()]
    return cell.node() | ({"source": as_text("\n\n".join(own))} if own else {})


def _text_cell(source: str, number: int) -> dict[str, Any]:
    return {
        "cell_type": "raw",
        "id": f"learner_{number}",
        "metadata": {},
        "source": as_text(source),
    }


def as_text(words: str) -> str:
    """A learner's words as HTML that shows exactly them, whatever they wrote."""
    lines = words.replace("\r\n", "\n").replace("\r", "\n")
    plain = "".join(char if char in "\n\t" or char.isprintable() else "\ufffd" for char in lines)
    return TEXT.format(escape(plain).replace("$", "&#36;").replace("\\", "&#92;"))
