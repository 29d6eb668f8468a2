"""Whatever a learner may hand in, made up; and both graders' results, side by side."""

import json
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from groundwork.attention import notices
from groundwork.curriculum import Curriculum
from groundwork.gradebook import nbgrader_api
from groundwork.items import Estimate, Form, Item, Mark, Match, Multiple, Order, Single, Sort
from small_course import FORM_A, FORM_B, PRE, REFLECTION, code, hand_in, markdown

DUE = datetime(2026, 11, 20, 12)
WORDS = "It was *quiet*. <b>$x$</b> \\ & she said: “no”"
CONFIG = """
from nbgrader.plugins import BasePlugin


class PerDay(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return {"one": None, "two": -1.0, "six": 99.0}.get(
            student_id[-3:], 0.25 * (1 + total_seconds_late // 86400)
        )


c.AssignLatePenalties.plugin_class = PerDay
"""
Change = tuple[str, int]
"""What is done to a notebook, and a number by which it is done."""


@dataclass(frozen=True)
class Case:
    """One made-up submission."""

    assignment: str
    answers: dict[str, Any]
    sidecar: str = "whole"
    changes: tuple[Change, ...] = ()
    reflection: str = ""
    timestamp: str | None = None
    extension: int = 0
    dated: bool = True
    by_person: float | None = None


def _ids(parts: Sequence[Any]) -> list[str]:
    return [part.id for part in parts]


def fitting(item: Item) -> st.SearchStrategy[Any]:
    """Answers of an item's own kind, right and wrong."""
    match item:
        case Single():
            return st.sampled_from(_ids(item.options))
        case Multiple():
            return st.lists(st.sampled_from(_ids(item.options)), unique=True)
        case Mark():
            return st.lists(st.sampled_from(_ids(item.phrases)), unique=True)
        case Order():
            steps = _ids(item.steps)
            return st.permutations(steps) | st.lists(st.sampled_from(steps), unique=True)
        case Match():
            right = st.sampled_from(_ids(item.right))
            return st.dictionaries(st.sampled_from(_ids(item.left)), right)
        case Sort():
            places = st.sampled_from(_ids(item.categories))
            return st.dictionaries(st.sampled_from(_ids(item.cards)), places)
        case Estimate():
            return st.floats(item.min, item.max) | st.integers(int(item.min), int(item.max))
    raise AssertionError(item)


MISFITS = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(max_size=3), parts),
    max_leaves=5,
)
CHANGES = (
    *("delete", "double", "twin", "retype", "shuffle", "reverse", "add-code", "add-text", "junk"),
    *("outputs-odd", "points", "flags", "stranger", "schema", "unnamed", "edit", "minor"),
    *("no-ids", "no-metadata", "no-source", "kernel", "tags", "jupyter", "attachment", "cut"),
    *("empty", "bytes", "gone", "renamed", "language", "title", "source-number"),
    *("cells-number", "v3"),
)
TIMES = (
    DUE.strftime("%Y-%m-%d %H:%M:%S.000000 UTC"),
    (DUE + timedelta(seconds=1)).strftime("%Y-%m-%d %H:%M:%S.%f UTC"),
    (DUE + timedelta(days=3, hours=5)).strftime("%Y-%m-%d %H:%M:%S UTC"),
    (DUE - timedelta(days=1)).isoformat(),
    "Nov 25 2026 3:00PM EST",
    "",
    "some day",
)


def cases(forms: dict[str, Form]) -> st.SearchStrategy[Case]:
    """Submissions of any quiz, mostly sound in most respects."""

    def of(assignment: str) -> st.SearchStrategy[Case]:
        items = forms[assignment].items if assignment in forms else ()
        answers = {
            item.id: st.one_of(fitting(item), fitting(item), st.none(), MISFITS) for item in items
        }
        return st.builds(
            Case,
            assignment=st.just(assignment),
            answers=st.fixed_dictionaries({}, optional=answers),
            sidecar=st.sampled_from(["whole"] * len(SPOILED) + list(SPOILED)),
            changes=st.lists(
                st.tuples(st.sampled_from(CHANGES), st.integers(0, 99)), max_size=2
            ).map(tuple),
            reflection=st.sampled_from(["", " ", WORDS]) | st.text(max_size=20),
            timestamp=st.none() | st.sampled_from(TIMES),
            extension=st.sampled_from([0, 0, 2]),
            by_person=st.sampled_from([None, None, None, 0.0, 0.5]),
        )

    return st.sampled_from([FORM_A, FORM_A, FORM_B, PRE, REFLECTION]).flatmap(of)


def made_up(curriculum: Curriculum, number: int) -> list[Case]:
    """Each kind of damage once, and as many more as hypothesis makes up."""
    quizzes = next(iter(curriculum.quizzes.values()))
    forms = {FORM_A: quizzes.form("A"), PRE: quizzes.form("A"), FORM_B: quizzes.form("B")}
    found: list[Case] = []

    @settings(
        max_examples=number,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases(forms))
    def collect(case: Case) -> None:
        found.append(case)

    collect()
    return found[:number]


def put(course: Path, student: str, case: Case) -> None:
    """Put a case where `nbgrader collect` would."""
    reflected = case.assignment == REFLECTION and case.reflection
    whole = case.answers | ({"reflection-01": case.reflection} if reflected else {})
    folder = hand_in(course, student, case.assignment, whole)
    if case.timestamp is not None:
        (folder / "timestamp.txt").write_text(case.timestamp, encoding="utf-8")
    if case.sidecar != "whole":
        SPOILED[case.sidecar](folder / "answers.json")
    path = folder / f"{case.assignment}.ipynb"
    book = json.loads(path.read_text(encoding="utf-8"))
    written = book
    for kind, number in case.changes:
        if kind in IN_FILE:
            path.write_text(json.dumps(written), encoding="utf-8")
            IN_FILE[kind](path)
            return
        _change(book, kind, number)
    path.write_text(json.dumps(written), encoding="utf-8")


def _link(path: Path) -> None:
    path.rename(path.with_name("mine.json"))
    path.symlink_to(path.with_name("mine.json"))


def _folder(path: Path) -> None:
    data = path.read_bytes()
    path.unlink()
    path.mkdir()
    (path / "answers.json").write_bytes(data)


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _with(path: Path, **more: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | more), encoding="utf-8")


SPOILED: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: path.unlink(),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-20]),
    "foreign": lambda path: _with(path, quiz="01-small-steps-x"),
    "old": lambda path: _with(path, version="0123"),
    "unknown": lambda path: _with(path, answers={"what": 1, "a-first-step": "look"}),
    "a-list": lambda path: path.write_bytes(b"[1]"),
    "no-utf8": lambda path: path.write_bytes("é".encode("latin-1")),
    "marked": lambda path: path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes()),
    "huge": lambda path: path.write_bytes(path.read_bytes() + b" " * 1_000_000),
    "nested": lambda path: path.write_bytes(b'{"answers": ' + b"[" * 100_000),
    "link": _link,
    "folder": _folder,
    "pipe": _pipe,
}
"""What becomes of an answers file on its way."""
IN_FILE: dict[str, Callable[[Path], object]] = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-30]),
    "empty": lambda path: path.write_bytes(b""),
    "bytes": lambda path: path.write_bytes(b"\xff\xfe\x00"),
    "gone": lambda path: path.unlink(),
    "renamed": lambda path: path.rename(path.with_name("mine.ipynb")),
}


def _change(book: Any, kind: str, number: int) -> None:
    """Do one thing to a notebook, to its cell of some number where it is about a cell."""
    cells = book["cells"]
    if not isinstance(cells, list):
        return
    at = number % max(1, len(cells))
    if cells and kind in IN_CELL:
        IN_CELL[kind](cells[at])
    elif cells and kind == "delete":
        del cells[at]
    elif cells and kind in {"double", "twin"}:
        copy = json.loads(json.dumps(cells[at]))
        copy |= {"id": "twin"} if kind == "twin" else {}
        cells.insert(number % 5, copy)
    elif kind == "shuffle":
        cells.sort(key=lambda cell: sha256(f"{number}{cell.get('id')}".encode()).digest())
    elif kind == "reverse":
        cells.reverse()
    elif kind == "add-code":
        cells.insert(at, code("raise SystemExit('no')"))
    elif kind == "add-text":
        cells.insert(at, markdown(WORDS))
    elif kind in IN_BOOK:
        IN_BOOK[kind](book, number)


def _retype(cell: Any) -> None:
    if cell["cell_type"] == "code":
        cell["cell_type"] = "markdown"
        cell.pop("outputs", None)
        cell.pop("execution_count", None)
    else:
        cell |= {"cell_type": "code", "outputs": [], "execution_count": None}


def _about(cell: Any) -> Any:
    return cell.get("metadata", {}).get("nbgrader", {})


IN_CELL: dict[str, Callable[[Any], object]] = {
    "retype": _retype,
    "edit": lambda cell: cell.update(source=[WORDS + "\n", "1.0"]),
    "junk": lambda cell: cell.update(
        outputs=[{"output_type": "stream", "name": "stderr", "text": ["1", "2"]}]
    ),
    "outputs-odd": lambda cell: cell.update(outputs=[{"output_type": "error", "data": 7}]),
    "points": lambda cell: _about(cell).update(points=100),
    "flags": lambda cell: _about(cell).update(locked=False, solution=True),
    "stranger": lambda cell: _about(cell).update(grade_id="mine"),
    "schema": lambda cell: _about(cell).update(schema_version=2),
    "unnamed": lambda cell: cell.get("metadata", {}).pop("nbgrader", None),
    "no-metadata": lambda cell: cell.pop("metadata", None),
    "no-source": lambda cell: cell.pop("source", None),
    "source-number": lambda cell: cell.update(source=7),
    "tags": lambda cell: cell.get("metadata", {}).update(tags=["a", "a"]),
    "jupyter": lambda cell: cell.get("metadata", {}).update(jupyter={"source_hidden": "yes"}),
    "attachment": lambda cell: cell.update(attachments={"a.png": {"image/png": "AAAA"}}),
}
IN_BOOK: dict[str, Callable[[Any, int], object]] = {
    "minor": lambda book, number: book.update(nbformat_minor=number % 8),
    "no-ids": lambda book, _: [cell.pop("id", None) for cell in book["cells"]],
    "kernel": lambda book, _: book["metadata"].update(kernelspec={"name": "bash"}),
    "language": lambda book, _: book["metadata"].update(language=7),
    "title": lambda book, _: book["metadata"].update(title=7),
    "cells-number": lambda book, _: book.update(cells=7),
    "v3": lambda book, _: book.update(nbformat=3),
}


def prepare(course: Path, some: Sequence[Case]) -> dict[str, Case]:
    """Hand in every case, with the dates, extensions and scores that people have entered."""
    (config := course / "nbgrader_config.py").write_text(config.read_text() + CONFIG)
    named = {f"student-{n:03}-{['one', 'two', 'six'][n % 3]}": case for n, case in enumerate(some)}
    api = nbgrader_api()
    with warnings.catch_warnings(), api.Gradebook(f"sqlite:///{course}/gradebook.db") as book:
        warnings.simplefilter("ignore")
        for name in (FORM_A, REFLECTION):
            book.find_assignment(name).duedate = DUE
        book.db.commit()
        for student, case in named.items():
            put(course, student, case)
            if case.extension or case.by_person is not None:
                book.add_student(student)
                book.update_or_create_submission(case.assignment, student)
            if case.extension:
                book.grant_extension(case.assignment, student, days=case.extension)
            if case.by_person is not None:
                sheet = book.find_submission_notebook(case.assignment, case.assignment, student)
                sheet.grades[0].manual_score = case.by_person
                sheet.grades[-1].extra_credit = case.by_person
                book.db.commit()
    return named


STOCK = """
import json, os, sys, warnings
warnings.simplefilter("ignore")
from nbgrader.apps import NbGraderAPI
from traitlets.config.loader import PyFileConfigLoader
config = PyFileConfigLoader("nbgrader_config.py", path=os.getcwd()).load_config()
api = NbGraderAPI(config=config)
done = {}
for assignment, student in json.load(sys.stdin):
    said = api.autograde(assignment, student)
    done[student] = None if said["success"] else said["log"] or said["error"] or "no reason"
print("DONE", json.dumps(done))
"""


def grade_by_stock(course: Path, named: dict[str, Case], processes: int = 2) -> dict[str, str]:
    """Have nbgrader grade everybody; return whom it refused, with what it said.

    Two at once, which share a database, may hinder each other on a busy machine, so that only
    what is refused again when one has it all to itself counts as refused.
    """
    refused = _grade_by_stock(course, named, processes)
    again = {student: named[student] for student in refused}
    return _grade_by_stock(course, again, 1) if again else {}


def _grade_by_stock(course: Path, named: dict[str, Case], processes: int) -> dict[str, str]:
    tasks = [[case.assignment, student] for student, case in named.items()]
    clean = {k: v for k, v in os.environ.items() if not k.startswith("GROUNDWORK_")}
    running = [
        subprocess.Popen(
            [sys.executable, "-c", STOCK],
            cwd=course,
            env=clean,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for _ in range(processes)
    ]
    for number, process in enumerate(running):
        assert process.stdin
        process.stdin.write(json.dumps(tasks[number::processes]))
        process.stdin.close()
    done: dict[str, str | None] = {}
    for process in running:
        assert process.stdout
        said = process.stdout.read()
        process.wait()
        process.stdout.close()
        done |= json.loads(said.rpartition("DONE ")[2])
    return {student: reason for student, reason in done.items() if reason is not None}


def results(course: Path, url: str | None = None) -> dict[str, dict[str, Any]]:
    """Everything nbgrader can say of each submission, read through its own API."""
    with (
        warnings.catch_warnings(),
        nbgrader_api().Gradebook(url or f"sqlite:///{course}/gradebook.db") as book,
    ):
        warnings.simplefilter("ignore")
        return {
            handed_in.student.id: _result(handed_in, sheet)
            for assignment in book.assignments
            for handed_in in assignment.submissions
            for sheet in handed_in.notebooks
        }


def _result(handed_in: Any, sheet: Any) -> dict[str, Any]:
    dated = handed_in.duedate is not None if handed_in.extension is None else None
    return {
        "timestamp": handed_in.timestamp,
        "extension": handed_in.extension,
        "late": handed_in.total_seconds_late if dated or handed_in.assignment.duedate else 0,
        "penalty": sheet.late_submission_penalty,
        "flagged": sheet.flagged,
        "failed": sheet.failed_tests,
        "needs": sheet.needs_manual_grade,
        "scores": (sheet.score, sheet.max_score, sheet.written_score, sheet.code_score),
        "cells": {
            grade.name: (
                grade.auto_score,
                grade.manual_score,
                grade.extra_credit,
                grade.score,
                grade.max_score,
                grade.needs_manual_grade,
                grade.failed_tests,
            )
            for grade in sheet.grades
        },
        "comments": {
            comment.name: (comment.auto_comment, comment.manual_comment, comment.comment)
            for comment in sheet.comments
        },
    }


def shown(course: Path, student: str, assignment: str) -> list[tuple[Any, ...]]:
    """What formgrader shows of a submission: types, words, outputs and counts."""
    path = course / "autograded" / student / assignment / f"{assignment}.ipynb"
    book = json.loads(path.read_text(encoding="utf-8"))
    return [
        (
            cell["cell_type"],
            "".join(cell["source"]),
            _about(cell),
            cell.get("execution_count"),
            _outputs(cell),
        )
        for cell in book["cells"]
    ]


def _outputs(cell: dict[str, Any]) -> list[tuple[Any, ...]]:
    """A cell's outputs; a kernel may send what was printed in one piece or in several."""
    outputs = cell.get("outputs", [])
    printed = {output["name"]: "" for output in outputs if output["output_type"] == "stream"}
    others = []
    for output in outputs:
        if output["output_type"] == "stream":
            printed[output["name"]] += "".join(output["text"])
        else:
            data = {kind: "".join(text) for kind, text in output.get("data", {}).items()}
            others.append((output["output_type"], data, output.get("evalue")))
    return [*printed.items(), *others]


def left(course: Path, student: str, assignment: str) -> dict[str, tuple[int, bytes]]:
    """The files of a graded submission beside its notebook, with their modes."""
    folder = course / "autograded" / student / assignment
    return {
        path.name: (path.stat().st_mode & 0o777, path.read_bytes())
        for path in folder.iterdir()
        if path.suffix != ".ipynb"
    }


def problems(course: Path) -> dict[str, str]:
    """What stands on the list for a person, by student."""
    return {notice.student: notice.problem for notice in notices(course)}


def copied(course: Path, to: Path) -> Path:
    """A copy of a course folder that knows nothing of the first one."""

    def ignore_pipes(folder: str, names: list[str]) -> list[str]:
        return [name for name in names if (Path(folder) / name).is_fifo()]

    shutil.copytree(course, to, symlinks=True, ignore=ignore_pipes)
    for pipe in (path for path in course.rglob("*") if path.is_fifo()):
        os.mkfifo(to / pipe.relative_to(course))
    return to
