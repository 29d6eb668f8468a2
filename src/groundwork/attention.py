"""The list for a person: submissions whose answers could not be used as they came.

One small file for each submission, `attention/<assignment>/<student>.json` in the course
folder, so that several graders at once never write the same one. It is rewritten when the
submission is graded again and removed when nothing is wrong any more. It holds no key and
no answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

FOLDER = "attention"


@dataclass(frozen=True, slots=True)
class Notice:
    """What a person should look at, and why."""

    assignment: str
    student: str
    problem: str
    at: str


def set_notice(course: Path, assignment: str, student: str, problem: str | None) -> None:
    """Put a submission on the list, or take it off when there is no problem."""
    path = course / FOLDER / assignment / f"{student}.json"
    if problem is None:
        path.unlink(missing_ok=True)
        return
    at = datetime.now(UTC).isoformat(timespec="seconds")
    notice = Notice(assignment=assignment, student=student, problem=problem, at=at)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(notice)) + "\n", encoding="utf-8")


def notices(course: Path) -> Iterator[Notice]:
    """Everything on a course's list, by assignment and student."""
    for path in sorted((course / FOLDER).glob("*/*.json")):
        yield Notice(**json.loads(path.read_text(encoding="utf-8")))
