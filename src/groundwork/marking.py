"""Marking: what a submission earned, and the notebook that formgrader and feedback show.

A graded cell of ours is data: an item, a key and an answer. So no kernel is started, and
what it would have printed is put into the cell instead.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .gradebook import NO_RESPONSE
from .grading import Answers, Key, told
from .handins import HandIn
from .marksheet import KeptNotebook, Marks
from .rebuilding import Placed, problem_of, rebuilt
from .scoring import score
from .worksheets import ANSWERS_FILE, Cell, notebook

as_json = json.JSONEncoder(ensure_ascii=False).encode
"""Made once: `json.dumps` makes an encoder each time, which takes longer than most cells."""
MOST_REMEMBERED = 20_000
LONGEST_REMEMBERED = 400
"""Answers that many learners give are scored once; these bound what is kept of them."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A submission with what it earned, the notebook that shows it, and what a person must see."""

    hand_in: HandIn
    marks: Marks
    notebook: str
    notice: str | None


class Marker:
    """Marks the submissions of one assignment; remembers answers that many have given."""

    def __init__(self, kept: KeptNotebook, keys: Mapping[str, Key]) -> None:
        self.kept = kept
        self.keys = keys
        self._opened = {name: _opened(cell) for name, cell in kept.cells.items()}
        self._whole = {name: as_json(cell.node()) for name, cell in kept.cells.items()}
        around = as_json(notebook([], groundwork={"quiz": kept.name}))
        self._before, self._after = around.split("[]", 1)
        self._remembered: dict[tuple[str, str], tuple[float, str]] = {}

    def mark(self, hand_in: HandIn) -> Marked:
        """What a submission earned, the notebook that shows it, and what a person must see."""
        answers = hand_in.answers
        texts: list[str] = []
        marks = Marks(hand_in.student, hand_in.timestamp, {}, {})
        problem, count = as_json(_told_problem(hand_in)), 0
        for placed in rebuilt(hand_in.cells, self.kept.cells, answers.by_item):
            if placed.cell and placed.cell.type == "code":
                count += 1
                texts.append(self._code(placed.cell, count, answers, problem, marks))
            else:
                texts.append(self._words(placed))
                self._by_hand(placed, marks)
        whole = f"{self._before}[{', '.join(texts)}]{self._after}"
        notice = problem_of(answers, self.kept.cells, list(self.keys.values()))
        marked = Marked(hand_in, marks, whole, notice)
        return self.doubted(marked, hand_in.damage) if hand_in.damage else marked

    def _code(self, cell: Cell, count: int, answers: Answers, problem: str, marks: Marks) -> str:
        """A code cell as JSON, the next that ran; what it earned goes into the marks."""
        outputs = ""
        if cell.name in self.keys:
            earned, words = self._scored(cell.name, answers.by_item.get(cell.name))
            marks.points[cell.name] = earned
            outputs = _outputs(count, earned, problem[:-1] + words[1:])
        return f'{self._opened[cell.name]}, "execution_count": {count}, "outputs": [{outputs}]}}'

    def _words(self, placed: Placed) -> str:
        """A cell of words as JSON; most are as they were released."""
        if placed.cell and placed.source == placed.cell.source:
            return self._whole[placed.cell.name]
        return as_json(placed.node())

    def _by_hand(self, placed: Placed, marks: Marks) -> None:
        """Leave an answer in words to a person, or give nothing where there is none."""
        cell = placed.cell
        if cell is None or cell.name not in self.kept.comment_ids:
            return
        silent = placed.source == cell.source
        marks.points[cell.name] = 0.0 if silent else None
        marks.comments[cell.name] = NO_RESPONSE if silent else None

    def _scored(self, name: str, answer: Any) -> tuple[float, str]:
        """What an answer earns, and what its cell prints, as JSON."""
        try:
            written = as_json(answer)
            known = self._remembered.get((name, written))
            if known:
                return known
            item = self.keys[name].item
            result = score(item, answer)
            earned = min(max(float(result.score), 0.0), 1.0)
            words = as_json(f"{told(item, answer, result, self.kept.name)}\n")
        except RecursionError:
            return 0.0, as_json("The answer could not be read.\n")
        if len(written) <= LONGEST_REMEMBERED and len(self._remembered) < MOST_REMEMBERED:
            self._remembered[name, written] = earned, words
        return earned, words

    def doubted(self, marked: Marked, damage: str) -> Marked:
        """The same, for a person to decide: what is damaged, and what was still gradable."""
        answered = sum(name in self.kept.cells for name in marked.hand_in.answers.by_item)
        left = (
            f"{answered} of {len(self.kept.grade_ids)} answers were still read and marked; "
            "look at them and confirm the scores."
            if answered
            else "Nothing in it could be graded."
        )
        notice = " ".join(filter(None, (damage, left, marked.notice)))
        return replace(marked, marks=replace(marked.marks, doubtful=True), notice=notice)


def _told_problem(hand_in: HandIn) -> str:
    """What a cell says of the answers file before anything else."""
    if hand_in.answers.problem and (hand_in.folder / ANSWERS_FILE).is_symlink():
        return f"There is no {ANSWERS_FILE}.\n"
    return f"{hand_in.answers.problem}\n" if hand_in.answers.problem else ""


def _opened(cell: Cell) -> str:
    """A code cell as JSON up to the place where what it printed begins."""
    node = cell.node()
    rest = {key: value for key, value in node.items() if key not in {"execution_count", "outputs"}}
    return as_json(rest)[:-1]


def _outputs(count: int, earned: float, printed: str) -> str:
    """What a graded cell printed, which is JSON already, and returned, as JSON."""
    return (
        f'{{"output_type": "stream", "name": "stdout", "text": {printed}}}, '
        f'{{"output_type": "execute_result", "execution_count": {count}, '
        f'"data": {{"text/plain": "{earned!r}"}}, "metadata": {{}}}}'
    )
