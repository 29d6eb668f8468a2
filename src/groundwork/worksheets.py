"""Worksheets: a quiz or a reflection as the cells of an nbgrader notebook.

nbgrader calls it an assignment. Here stands what its notebook and its gradebook agree on;
no cell holds a key. Cell names are nbgrader's `grade_id`s and stay for ever.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .course import Module
from .curriculum import Curriculum
from .items import Form, Item, Reflection

PRECHECK, FORM_A, FORM_B, REFLECTION = "pre", "a", "b", "reflection"
SUFFIXES = {"A": (PRECHECK, FORM_A), "B": (FORM_B,)}
"""Which worksheets ask the items of a form."""
SAT_AS = {PRECHECK: ("precheck", "A"), FORM_A: ("quiz", "A"), FORM_B: ("quiz", "B")}
"""The purpose and form of the portal's attempts that belong to a worksheet."""

WELCOME, SETUP, GRADED = "groundwork-welcome", "groundwork-quiz", "groundwork-graded"
QUIZ_FILE = "quiz.json"
"""The questions without their keys, beside the notebook that shows them."""
ANSWERS_FILE = "answers.json"
"""What the learner answered, beside the notebook; never in source or release."""

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
SETUP_SOURCE = "from groundwork.grading import show_quiz\n\nshow_quiz()"
ANSWER_HERE = "YOUR ANSWER HERE"
"""What nbgrader's generate step puts into an empty answer cell."""

HOW_TO_ANSWER = (
    "Click into the cell below and press Shift and Enter together; "
    "what there is to answer appears under it.\n\n"
    "Your answers are saved beside this notebook as you give them, "
    "so you can stop and come back. "
    "When you are done, submit as your instructor asked you to."
)
FOR_GRADING = (
    "## For grading\n\n"
    "The cells below are read when your work is graded. You need not open, run or change them."
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that nbgrader keeps: restored when it grades, unless it is answered `by_hand`."""

    name: str
    source: str
    type: Literal["markdown", "code"] = "markdown"
    points: float | None = None
    by_hand: bool = False
    checksum: str | None = None

    def node(self, *, number: str | None = None) -> dict[str, Any]:
        """The cell as it stands in a notebook file, with a number as its result if given."""
        graded = self.points is not None
        kept: dict[str, Any] = {
            "grade": graded,
            "grade_id": self.name,
            "locked": not self.by_hand,
            "schema_version": 3,
            "solution": self.by_hand,
            "task": False,
        }
        metadata: dict[str, Any] = {"deletable": False, "nbgrader": kept}
        if graded:
            kept["points"] = self.points
        if self.checksum:
            kept["checksum"] = self.checksum
        if not self.by_hand:
            metadata["editable"] = False
        node: dict[str, Any] = {
            "cell_type": self.type,
            "id": self.name,
            "metadata": metadata,
            "source": self.source,
        }
        if self.type == "code":
            metadata["jupyter"] = {"source_hidden": True}
            node |= {"execution_count": None, "outputs": _result(number)}
        return node


def _result(number: str | None) -> list[dict[str, Any]]:
    if number is None:
        return []
    return [
        {
            "output_type": "execute_result",
            "execution_count": None,
            "data": {"text/plain": number},
            "metadata": {},
        }
    ]


@dataclass(frozen=True, slots=True)
class Worksheet:
    """One assignment: its items, and the cells that show and grade them."""

    name: str
    module: str
    version: str
    items: tuple[Item, ...]
    cells: tuple[Cell, ...]
    objectives: Mapping[str, str] = field(default_factory=dict)
    """What its score is told by, where it is not told by question."""

    def questions(self) -> dict[str, Any]:
        """What a learner may see before answering, for the file beside the notebook."""
        told_by = [
            {
                "id": objective,
                "text": text,
                "items": [item.id for item in self.items if item.objective == objective],
            }
            for objective, text in self.objectives.items()
        ]
        return {
            "quiz": self.name,
            "version": self.version,
            "items": [item.shown() for item in self.items],
        } | ({"objectives": told_by} if told_by else {})

    def notebook(self) -> dict[str, Any]:
        """The whole notebook as plain data."""
        about = {"quiz": self.name, "version": self.version}
        return notebook([cell.node() for cell in self.cells], groundwork=about)


def notebook(cells: list[dict[str, Any]], *, groundwork: dict[str, Any]) -> dict[str, Any]:
    """A notebook of some cells, with our kernel and nothing else in its metadata."""
    return {
        "cells": cells,
        "metadata": {
            "groundwork": groundwork,
            "kernelspec": dict(KERNEL),
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def worksheets(
    curriculum: Curriculum, modules: Collection[str] | None = None
) -> Iterator[Worksheet]:
    """Every worksheet of the course, or of some of its modules by their ids.

    Raise `KeysMissingError` where a form is not kept.
    """
    for module in curriculum.course.modules:
        if modules is not None and module.id not in modules:
            continue
        quizzes = curriculum.quizzes[module.id]
        for form_name, suffixes in SUFFIXES.items():
            for suffix in suffixes:
                yield _quiz(module, quizzes.form(form_name), suffix)
        yield _reflection(module, quizzes.reflection_form)


def _quiz(module: Module, form: Form, suffix: str) -> Worksheet:
    asked = {item.objective for item in form.items}
    told_by = {id_: text for id_, text in module.objectives.items() if id_ in asked}
    return Worksheet(
        objectives=told_by if suffix == PRECHECK else {},
        name=f"{module.id}-{suffix}",
        module=module.id,
        version=form.version,
        items=form.items,
        cells=(
            Cell(WELCOME, _welcome(module, form, suffix)),
            Cell(SETUP, SETUP_SOURCE, "code"),
            Cell(GRADED, FOR_GRADING),
            *(Cell(item.id, graded_source(item.id), "code", points=1.0) for item in form.items),
        ),
    )


def graded_source(item_id: str) -> str:
    """The whole of a graded cell: one call that ends in a number."""
    return f'from groundwork.grading import grade\n\ngrade("{item_id}")'


def _welcome(module: Module, form: Form, suffix: str) -> str:
    count = len(form.items)
    if suffix == PRECHECK:
        return (
            f"# {module.meta.title}: before you begin\n\n"
            f"These {count} questions show you where you stand before the module. "
            "They do not count toward passing it, and nobody expects you to know the answers."
            f"\n\n{HOW_TO_ANSWER}"
        )
    return (
        f"# {module.meta.title}: quiz {form.name[-1].upper()}\n\n"
        f"This quiz has {count} questions, each worth one point. "
        f"You pass with {module.meta.pass_share:.0%} of the points, and you may take it again."
        f"\n\n{HOW_TO_ANSWER}"
    )


def _reflection(module: Module, form: Form) -> Worksheet:
    item = next((item for item in form.items if isinstance(item, Reflection)), None)
    if item is None:
        raise form.source.error("there is no reflection in this file; add one")
    rubric = "\n".join(f"- {line}" for line in item.rubric)
    return Worksheet(
        name=f"{module.id}-{REFLECTION}",
        module=module.id,
        version=form.version,
        items=(item,),
        cells=(
            Cell(
                WELCOME,
                f"# {module.meta.title}: reflection\n\n"
                f"{item.stem}\n\n"
                f"A reader looks for three things:\n\n{rubric}\n\n"
                "Your instructor reads what you write, and nobody else does. "
                "It is not graded by what you feel or disclose.\n\n"
                f"{HOW_TO_ANSWER}",
            ),
            Cell(SETUP, SETUP_SOURCE, "code"),
            Cell(
                GRADED,
                "## Or write here\n\n"
                "If you would rather write in the notebook itself, replace the words below.",
            ),
            Cell(item.id, ANSWER_HERE, points=1.0, by_hand=True),
        ),
    )
