"""Marking: what a submission earned, and the notebook that formgrader and feedback show.

A graded cell of ours is data: an item, a key and an answer. So no kernel is started, and
what it would have printed is put into the cell instead.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .grading import Key, told
from .handins import HandIn
from .marksheet import KeptNotebook, Marks
from .rebuilding import problem_of, rebuilt
from .scoring import score
from .worksheets import ANSWERS_FILE, notebook

MOST_REMEMBERED = 20_000
LONGEST_REMEMBERED = 400
"""Answers that many learners give are scored once; these bound what is kept of them."""
NO_RESPONSE = "No response."
"""What nbgrader says of an answer cell that was left as it was."""


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
        self._remembered: dict[tuple[str, str], tuple[float, str]] = {}

    def mark(self, hand_in: HandIn) -> Marked:
        """What a submission earned, the notebook that shows it, and what a person must see."""
        answers = hand_in.answers
        nodes = rebuilt(hand_in.cells, self.kept.cells, answers.by_item)
        marks = self._marks(hand_in, nodes)
        shown = notebook(nodes, groundwork={"quiz": self.kept.name})
        notice = problem_of(answers, self.kept.cells, list(self.keys.values()))
        marked = Marked(hand_in, marks, json.dumps(shown, ensure_ascii=False), notice)
        return self.doubted(marked, hand_in.damage) if hand_in.damage else marked

    def _marks(self, hand_in: HandIn, nodes: list[dict[str, Any]]) -> Marks:
        """Put results into the notebook's cells and return the points."""
        points: dict[str, float | None] = {}
        comments: dict[str, str | None] = {}
        problem = _told_problem(hand_in)
        count = 0
        for node in nodes:
            name = node["id"]
            if node["cell_type"] == "code":
                count += 1
                node["execution_count"] = count
                if name in self.keys:
                    earned, words = self._scored(name, hand_in.answers.by_item.get(name))
                    points[name] = earned
                    node["outputs"] = _outputs(count, earned, problem + words)
            elif name in self.kept.comment_ids:
                silent = node["source"] == self.kept.cells[name].source
                points[name] = 0.0 if silent else None
                comments[name] = NO_RESPONSE if silent else None
        return Marks(hand_in.student, hand_in.timestamp, points, comments)

    def _scored(self, name: str, answer: Any) -> tuple[float, str]:
        try:
            written = json.dumps(answer)
            known = self._remembered.get((name, written))
            if known:
                return known
            item = self.keys[name].item
            earned = min(max(float(score(item, answer).score), 0.0), 1.0)
            result = earned, told(item, answer, self.kept.name)
        except RecursionError:
            return 0.0, "The answer could not be read."
        if len(written) <= LONGEST_REMEMBERED and len(self._remembered) < MOST_REMEMBERED:
            self._remembered[name, written] = result
        return result

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


def _outputs(count: int, earned: float, words: str) -> list[dict[str, Any]]:
    return [
        {"output_type": "stream", "name": "stdout", "text": f"{words}\n"},
        {
            "output_type": "execute_result",
            "execution_count": count,
            "data": {"text/plain": repr(earned)},
            "metadata": {},
        },
    ]
