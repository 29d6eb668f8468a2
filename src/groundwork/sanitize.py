"""Between nbgrader's `OverwriteCells` and its kernel: no learner's code is run.

`nbgrader_config.py` names this preprocessor. It acts on notebooks made by
`groundwork quizzes build` and leaves all others as they are. Whether a notebook is ours is
read from the gradebook, not from what a learner handed in. The notebook is built anew: each
cell that nbgrader keeps, as the gradebook has it; everything else as plain text.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbformat import NotebookNode, from_dict
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

from .attention import set_notice
from .grading import Answers, find_key, quizzes_folder, read_answers
from .rebuilding import LEARNERS_FILES, Given, problem_of, rebuilt
from .worksheets import ANSWERS_FILE, SETUP, Cell, notebook


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
        problem = problem_of(answers, cells, keys)
        set_notice(Path(self._course.root), about["assignment"], about["student"], problem)
        nodes = [placed.node() for placed in rebuilt(given_cells(nb), cells, answers.by_item)]
        clean = from_dict(  # type: ignore[no-untyped-call]
            notebook(nodes, groundwork={"quiz": about["assignment"]})
        )
        return clean, resources

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


def given_cells(nb: NotebookNode) -> list[Given]:
    """The cells of a notebook as nbgrader's own steps have left them."""
    named = [(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source) for cell in nb.cells]
    return [(name if isinstance(name, str) else None, source) for name, source in named]
