"""Items for other programs: which ones, in which format, and what that format cannot hold.

Practice items go out by default; graded ones, with their keys, only when asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .banks import Losses
from .curriculum import Curriculum
from .errors import SettingsError
from .gift import gift
from .items import Form, Item
from .moodle_xml import moodle_xml
from .qti import qti

Writer = Callable[[str, list[Item], Losses], bytes]
WRITERS: dict[str, Writer] = {"gift": gift, "moodle-xml": moodle_xml, "qti": qti}


@dataclass(frozen=True, slots=True)
class Export:
    """A file for another program, how many items it holds, and a line for each loss."""

    data: bytes
    items: int
    losses: tuple[str, ...]


def export(curriculum: Curriculum, module_id: str, *, to: str, graded: bool = False) -> Export:
    """Write the items of a module in one of the formats of `WRITERS`."""
    return write_items(_title(curriculum, module_id), _items(curriculum, module_id, graded), to=to)


def write_items(title: str, items: list[Item], *, to: str) -> Export:
    """Write some items under a title, and say what was lost on the way."""
    losses = Losses()
    data = WRITERS[to](title, items, losses)
    return Export(data, len(items) - len(losses.left_out), tuple(losses.lines))


def save(data: bytes, path: Path) -> None:
    """Write a file; raise `SettingsError` with the reason when that fails."""
    try:
        path.write_bytes(data)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written ({error.strerror}).") from error


def _title(curriculum: Curriculum, module_id: str) -> str:
    if module_id not in curriculum.course.by_id:
        known = ", ".join(curriculum.course.by_id)
        raise SettingsError(f"There is no module {module_id}; there is {known}.")
    return curriculum.module(module_id).meta.title


def _items(curriculum: Curriculum, module_id: str, graded: bool) -> list[Item]:
    quizzes = curriculum.quizzes[module_id]
    forms: list[Form] = [quizzes.practice, quizzes.reflection_form]
    if graded:
        forms = [quizzes.form(name) for name in ("A", "B")]
    return [item for form in forms for item in form.items]
