"""What a learner handed in, as it lies in `submitted/`, read as nbgrader would read it.

A notebook that is as it was released, apart from its words, its order and its outputs, is
read here in a tenth of a millisecond. In any other nbgrader's own steps decide what is left
of it, or that it cannot be used.
"""

from __future__ import annotations

import json
import os
import re
import stat
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from .coursefolder import CourseFolder
from .grading import MOST_BYTES, Answers, answers_in, read_answers
from .rebuilding import LEARNERS_FILES, TIMESTAMP_FILE, Given
from .worksheets import ANSWERS_FILE, Cell

WRITTEN_BY_NBGRADER = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})? UTC")
CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
CHECKED_METADATA = {"name", "tags", "format"}
"""Cell metadata whose form the notebook format prescribes, and which we do not check."""
CHECKED_ABOUT = {"language", "title", "authors"}


@dataclass(frozen=True, slots=True)
class HandIn:
    """One submission: its cells, its answers, and what is damaged in it, in one sentence."""

    student: str
    folder: Path
    cells: tuple[Given, ...]
    answers: Answers
    timestamp: datetime | None = None
    damage: str | None = None
    beside: Mapping[str, bytes] = field(default_factory=dict)
    """The learner's files beside the notebook, as they were read; links and huge ones are not."""


class DamageError(Exception):
    """A submission that nbgrader does not grade; the message is a sentence."""


class Reader:
    """Reads the submissions of one assignment.

    It knows the notebook that was released. One that comes back unchanged, as it does from
    whoever answered in the portal or only beside it, is not taken apart again.
    """

    def __init__(self, course: CourseFolder, assignment: str, cells: Mapping[str, Cell]) -> None:
        self._course = course
        self._assignment = assignment
        self._cells = cells
        released = course.folder("release", ".", assignment) / f"{assignment}.ipynb"
        self._released = released.read_bytes() if released.is_file() else b""
        self._unchanged = _plainly_read(self._released, cells)

    def read(self, student: str, folder: Path) -> HandIn:
        """Read one submission; what nbgrader would refuse is damage, never an exception."""
        beside = _beside(f"{folder}{os.sep}")
        answers = (
            answers_in(beside[ANSWERS_FILE], ANSWERS_FILE, [self._assignment])
            if ANSWERS_FILE in beside
            else read_answers(folder / ANSWERS_FILE, [self._assignment])
        )
        timestamp: datetime | None = None
        given: list[Given] = []
        damage: str | None = None
        try:
            _check_files(self._course, folder)
            timestamp = (
                timestamp_in(beside[TIMESTAMP_FILE])
                if TIMESTAMP_FILE in beside
                else read_timestamp(folder)
            )
            given = self._read_notebook(folder / f"{self._assignment}.ipynb")
        except DamageError as error:
            damage = str(error)
        return HandIn(student, folder, tuple(given), answers, timestamp, damage, beside)

    def _read_notebook(self, path: Path) -> list[Given]:
        if not path.is_file():
            raise DamageError(f"There is no {path.name}.")
        raw = path.read_bytes()
        plain = self._unchanged if raw == self._released else _plainly_read(raw, self._cells)
        if plain is None:
            return _as_nbgrader_reads(self._course, self._assignment, path)
        return plain


def _beside(folder: str) -> dict[str, bytes]:
    """What lies beside a notebook and is simply a file, each read once, for scores and copy."""
    found: dict[str, bytes] = {}
    for name in LEARNERS_FILES:
        try:
            handle = os.open(folder + name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            continue
        try:
            about = os.fstat(handle)
            if stat.S_ISREG(about.st_mode) and about.st_size <= MOST_BYTES:
                found[name] = os.read(handle, about.st_size)
        finally:
            os.close(handle)
    return found


def read_timestamp(folder: Path) -> datetime | None:
    """When a submission was handed in, in UTC without a zone, as nbgrader keeps it."""
    try:
        return timestamp_in((folder / TIMESTAMP_FILE).read_bytes())
    except FileNotFoundError:
        return None
    except OSError:
        raise DamageError(f"{TIMESTAMP_FILE} cannot be read.") from None


def timestamp_in(raw: bytes) -> datetime | None:
    """The time that the bytes of such a file say."""
    try:
        written = raw.decode().strip()
    except UnicodeDecodeError:
        raise DamageError(f"{TIMESTAMP_FILE} cannot be read.") from None
    if not written:
        return None
    try:
        return parsed_timestamp(written)
    except (ValueError, OverflowError, TypeError):
        raise DamageError(f"{TIMESTAMP_FILE} does not hold a time.") from None


def parsed_timestamp(written: str) -> datetime:
    """A time as nbgrader writes and reads it (`nbgrader.utils.parse_utc`), in UTC."""
    if WRITTEN_BY_NBGRADER.fullmatch(written):
        return datetime.fromisoformat(written.removesuffix(" UTC"))
    from nbgrader.utils import parse_utc

    with warnings.catch_warnings():
        # A zone that dateutil does not know is read as UTC, by nbgrader and so by us.
        warnings.simplefilter("ignore")
        parsed: datetime = parse_utc(written)
    return parsed


def _check_files(course: CourseFolder, folder: Path) -> None:
    """Refuse what nbgrader fails to copy: pipes, and links to nothing."""
    for path in _files(course, folder):
        try:
            kind = path.stat().st_mode
        except OSError:
            raise DamageError(f"{_named(path.name)} is a link to nothing.") from None
        if not stat.S_ISREG(kind):
            raise DamageError(f"{_named(path.name)} is neither a file nor a folder.")


def _files(course: CourseFolder, folder: Path) -> Iterator[Path]:
    """Everything nbgrader would copy that is not simply a file."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_file(follow_symlinks=False) or _is_ignored(course, entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _files(course, Path(entry.path))
            elif not entry.is_dir():
                yield Path(entry.path)


def _is_ignored(course: CourseFolder, name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in [*course.ignored, "*.ipynb"])


def _named(name: str) -> str:
    shown = ascii(name)[1:-1]
    return shown if len(shown) <= 80 else f"{shown[:77]}..."


def _plainly_read(raw: bytes, cells: Mapping[str, Cell]) -> list[Given] | None:
    try:
        return plain_cells(json.loads(raw.decode("utf-8")), cells)
    except (ValueError, RecursionError):
        return None


def _as_nbgrader_reads(course: CourseFolder, assignment: str, path: Path) -> list[Given]:
    from .stock import read_notebook

    try:
        return read_notebook(course, assignment, path)
    except Exception as error:  # noqa: BLE001  # a learner's file may break it in any way
        raise DamageError(f"{path.name} {_why_unusable(error)}") from None


def _why_unusable(error: Exception) -> str:
    if type(error).__name__ in {"NotJSONError", "UnicodeDecodeError", "RecursionError"}:
        return "is not readable as a notebook; it may have been cut off."
    reason = next(iter(str(error).splitlines()), type(error).__name__)
    return f"is damaged in a way nbgrader cannot mend: {_named(reason)}."


def plain_cells(book: Any, cells: Mapping[str, Cell]) -> list[Given] | None:
    """The cells of a notebook in which there is nothing that nbgrader would have to mend.

    None when there is anything unusual, which need not be damage.
    """
    if not (isinstance(book, dict) and _plain_book(book)):
        return None
    given: list[Given] = []
    seen: set[str] = set()
    for cell in book["cells"]:
        if not (isinstance(cell, dict) and _plain_cell(cell, minor=book["nbformat_minor"])):
            return None
        about = cell["metadata"].get("nbgrader")
        name = about.get("grade_id") if about else None
        if about and (not isinstance(name, str) or name in seen or name not in cells):
            return None
        if name is not None:
            seen.add(name)
            if not _as_kept(cell["cell_type"], about, cells[name]):
                return None
        source = cell["source"]
        given.append((name, source if isinstance(source, str) else "".join(source)))
    return given


def _plain_book(book: dict[str, Any]) -> bool:
    about = book.get("metadata")
    return (
        type(book.get("nbformat")) is int
        and type(book.get("nbformat_minor")) is int
        and (book["nbformat"], book["nbformat_minor"]) in {(4, 4), (4, 5)}
        and isinstance(book.get("cells"), list)
        and isinstance(about, dict)
        and not about.keys() & CHECKED_ABOUT
        and _texts(about.get("kernelspec", {"name": "", "display_name": ""}), "name display_name")
        and _texts(about.get("language_info", {"name": ""}), "name")
    )


def _texts(value: Any, names: str) -> bool:
    """Whether a value is a map in which some names stand for text, and no other is a list."""
    return (
        isinstance(value, dict)
        and all(isinstance(value.get(name), str) for name in names.split())
        and all(
            isinstance(part, str) or (key == "codemirror_mode" and isinstance(part, dict))
            for key, part in value.items()
            if key in {"codemirror_mode", "file_extension", "mimetype", "pygments_lexer"}
        )
    )


def _plain_cell(cell: dict[str, Any], *, minor: int) -> bool:
    kind, source, about = cell.get("cell_type"), cell.get("source"), cell.get("metadata")
    if kind not in {"code", "markdown", "raw"} or "attachments" in cell:
        return False
    if minor == 5 and not (isinstance(cell.get("id"), str) and CELL_ID.fullmatch(cell["id"])):
        return False
    if not isinstance(source, str) and not (
        isinstance(source, list) and all(isinstance(line, str) for line in source)
    ):
        return False
    if not isinstance(about, dict) or not _plain_metadata(about):
        return False
    return kind != "code" or _plain_outputs(cell.get("outputs"))


def _plain_metadata(about: dict[str, Any]) -> bool:
    hidden, timed = about.get("jupyter", {}), about.get("execution", {})
    return (
        not about.keys() & CHECKED_METADATA
        and isinstance(about.get("nbgrader", {}), dict)
        and isinstance(hidden, dict)
        and all(isinstance(value, bool) for value in hidden.values())
        and isinstance(timed, dict)
        and all(isinstance(value, str) for value in timed.values())
        and all(type(about[name]) is bool for name in ("collapsed", "scrolled") if name in about)
    )


def _plain_outputs(outputs: Any) -> bool:
    return isinstance(outputs, list) and all(map(_plain_output, outputs))


def _plain_output(output: Any) -> bool:
    """Whether nbgrader can read an output, which is all it does with it."""
    if not isinstance(output, dict) or not isinstance(output.get("output_type"), str):
        return False
    text = output.get("text", "")
    lines = text if isinstance(text, list) else [text]
    return isinstance(output.get("data", {}), dict) and all(isinstance(t, str) for t in lines)


def _as_kept(kind: str, about: Mapping[str, Any], kept: Cell) -> bool:
    """Whether nbgrader would find a cell's type and flags as the gradebook has them."""
    graded = kept.points is not None
    return (
        kind == kept.type
        and about.get("grade") is graded
        and about.get("solution") is kept.by_hand
        and about.get("locked") is (not kept.by_hand)
        and about.get("task", False) is False
        and (not graded or type(about.get("points")) in {int, float})
    )
