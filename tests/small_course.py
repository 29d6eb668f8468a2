"""A small nbgrader course for tests: handing in, running the real program, reading rows."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parent
CURRICULUM = TESTS / "cases" / "curriculum"
PROJECT = TESTS.parent
MODULE = "01-small-steps"
PRE, FORM_A, FORM_B, REFLECTION = (f"{MODULE}-{kind}" for kind in ("pre", "a", "b", "reflection"))
RIGHT: dict[str, Any] = {
    "a-first-step": "look",
    "a-who-helps": ["father", "aunt"],
    "a-in-order": ["roll", "crawl", "stand", "go"],
    "a-goes-with": {"shoe": "foot", "glove": "hand"},
    "a-now-or-later": {"smile": "before", "jump": "after", "grasp": "before", "hop": "after"},
    "a-spot-it": ["rose", "went"],
    "a-how-many": 12,
}
PARTLY: dict[str, Any] = {
    "a-first-step": "late",
    "a-who-helps": ["father", "aunt", "screen"],
    "a-in-order": ["crawl", "roll", "stand", "go"],
    "a-goes-with": {"shoe": "foot", "glove": "foot"},
    "a-now-or-later": {"smile": "before", "jump": "after", "grasp": "before"},
    "a-spot-it": ["fell", "went"],
    "a-how-many": 15,
}


def nbgrader(course: Path, *words: str, check: bool = True, **environ: str) -> str:
    """Run the real program in a course folder; return all it said."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("GROUNDWORK_")}
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *words],
        cwd=course,
        env=clean | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert not check or done.returncode == 0, done.stdout
    assert check or done.returncode, "it was to fail"
    return done.stdout


def hand_in(
    course: Path,
    student: str,
    assignment: str,
    answers: bytes | dict[str, Any] | None,
    *,
    change: Callable[[Any], None] | None = None,
) -> Path:
    """Put a submission where `nbgrader collect` would."""
    folder = course / "submitted" / student / assignment
    shutil.copytree(course / "release" / assignment, folder)
    version = json.loads((folder / "quiz.json").read_text(encoding="utf-8"))["version"]
    if isinstance(answers, dict):
        whole = {"quiz": assignment, "version": version, "answers": answers}
        answers = json.dumps(whole).encode()
    if answers is not None:
        (folder / "answers.json").write_bytes(answers)
    if change:
        path = folder / f"{assignment}.ipynb"
        book = json.loads(path.read_text(encoding="utf-8"))
        change(book)
        path.write_text(json.dumps(book), encoding="utf-8")
    return folder


def cell(book: Any, name: str) -> Any:
    return next(c for c in book["cells"] if c["metadata"]["nbgrader"]["grade_id"] == name)


def code(source: str, **metadata: Any) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": f"new-{abs(hash(source))}",
        "metadata": metadata,
        "source": source,
        "execution_count": 1,
        "outputs": [],
    }


def markdown(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": "note", "metadata": {}, "source": source}


def rows(database: Path, query: str, *values: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(database)
    try:
        return connection.execute(query, values).fetchall()
    finally:
        connection.close()


GRADES = """
    select base_cell.name, grade.auto_score, grade.needs_manual_grade
    from grade
    join base_cell on base_cell.id = grade.cell_id
    join submitted_notebook on submitted_notebook.id = grade.notebook_id
    join submitted_assignment on submitted_assignment.id = submitted_notebook.assignment_id
    join assignment on assignment.id = submitted_assignment.assignment_id
    where student_id = ? and assignment.name = ?
"""


def grades(course: Path, student: str, assignment: str = FORM_A) -> dict[str, float | None]:
    found = rows(course / "gradebook.db", GRADES, student, assignment)
    return {name: earned for name, earned, _ in found}


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def add_code(course: Path, *, students: list[str], pause: float = 0) -> None:
    """An instructor's own assignment, generated and handed in."""
    about = {"schema_version": 3, "solution": False, "locked": True, "task": False}
    test = code("x * 2.0", nbgrader=about | {"grade": True, "grade_id": "t", "points": 10})
    cells = [code(f"import time; time.sleep({pause}); x = 2"), test]
    book = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    for folder in (course / "source", *(course / "submitted" / who for who in students)):
        (folder / "own").mkdir(parents=True)
        (folder / "own" / "own.ipynb").write_text(json.dumps(book), encoding="utf-8")
    nbgrader(course, "generate_assignment", "own")
