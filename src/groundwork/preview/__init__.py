"""The preview: the questions of a file as a learner meets them, with all that an author knows.

It answers on this computer only, because graded keys are in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from ..check import Report, check
from ..course import Course, load_module
from ..curriculum import Curriculum, load_curriculum, load_quizzes
from ..errors import ContentError, ContentErrors, SettingsError
from ..evidence import CHECKED, CONFIDENCE, Claim, load_ledger
from ..items import Form, Item, Reflection, Scenario, load_form
from ..scoring import Told, explained
from ..settings import Settings

ORDER = ("practice", "form-a", "form-b", "reflection")
WATCHED = ("_toc.yml", "modules/*/*", "assets/evidence/*", "assets/facts/*", "assets/*.yml")
STRAY = "This file stands in no module's folder, so it was read alone and held against nothing."


def quiz_files(quiz: str, settings: Settings) -> list[Path]:
    """The files a person means by a path or by the id of a module."""
    path = Path(quiz)
    if path.is_file():
        return [path.resolve()]
    for folder in (path, settings.quizzes / quiz):
        found = {one.stem: one.resolve() for one in folder.glob("*.yml")}
        if found:
            return [found.pop(name) for name in ORDER if name in found] + list(found.values())
    raise SettingsError(
        f"There is no quiz file and no module {quiz}; name a file like "
        "quizzes/02-brain-architecture/practice.yml, or a module by its id."
    )


class Preview:
    """What there is to show of some quiz files, worked out again after each save."""

    def __init__(self, settings: Settings, files: list[Path]) -> None:
        self.settings = settings
        self.files = files
        self._lock = Lock()
        self._kept: tuple[str, dict[str, Any]] = ("", {})

    def stamp(self) -> str:
        """A digest of the names, sizes and times of everything that is shown or checked."""
        lines = []
        for path in sorted({*self.files, *self._watched()}):
            try:
                stat = path.stat()
            except OSError:
                continue  # being saved just now; the next look finds it
            lines.append(f"{path} {stat.st_size} {stat.st_mtime_ns}")
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]

    def _watched(self) -> Iterator[Path]:
        yield from self.settings.quizzes.glob("*/*.yml")
        for pattern in WATCHED:
            yield from self.settings.root.glob(pattern)

    def state(self) -> dict[str, Any]:
        """All files with their items, keys, claims and messages, as plain data."""
        with self._lock:
            stamp = self.stamp()
            if self._kept[0] != stamp:
                self._kept = (stamp, {"stamp": stamp, **self._read()})
            return self._kept[1]

    def _read(self) -> dict[str, Any]:
        claims = self._claims()
        report, problems = self._checked()
        return {
            "problems": [self._short(one) for one in problems if one.path not in self.files],
            "files": [self._file(path, claims, report) for path in self.files],
        }

    def _short(self, error: ContentError) -> str:
        return str(error).replace(f"{self.settings.root}/", "")

    def _claims(self) -> dict[str, Claim]:
        try:
            return load_ledger(self.settings.root / "assets" / "evidence").by_id
        except (ContentError, ContentErrors):
            return {}  # said among the problems

    def _checked(self) -> tuple[Report | None, list[ContentError]]:
        """What a check says of the course with these files in it, or why there is none."""
        try:
            curriculum = load_curriculum(self.settings)
            for path in self.files:
                curriculum = self._with_draft(curriculum, path.parent.name)
        except ContentErrors as errors:
            return None, errors.errors
        except ContentError as error:
            return None, [error]
        return check(curriculum, today=datetime.now(UTC).date()), []

    def _with_draft(self, curriculum: Curriculum, module_id: str) -> Curriculum:
        """The curriculum with one more module: a draft is checked as if it were listed."""
        folder = self.settings.root / "modules" / module_id
        if module_id in curriculum.course.by_id or not (folder / "module.yml").is_file():
            return curriculum
        module = load_module(folder, sorted(page.stem for page in folder.glob("*.md")))
        course = Course(curriculum.course.root, (*curriculum.course.modules, module))
        quizzes = load_quizzes(self.settings.quizzes / module_id)
        return replace(
            curriculum, course=course, quizzes={**curriculum.quizzes, module_id: quizzes}
        )

    def _file(self, path: Path, claims: dict[str, Claim], report: Report | None) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "name": str(path).replace(f"{self.settings.root}/", ""),
            "errors": [],
            "messages": [],
            "items": [],
        }
        try:
            form = load_form(path)
        except ContentErrors as errors:
            return shown | {"errors": [self._short(one) for one in errors.errors]}
        except ContentError as error:
            return shown | {"errors": [self._short(error)]}
        said = messages(form, report.of(path) if report else [])
        if path.parent.parent != self.settings.quizzes:
            said[None] = [{"level": "note", "line": 1, "text": STRAY}]
        return shown | {
            "messages": said.get(None, []),
            "items": [_item(item, form, claims, said.get(item.id, [])) for item in form.items],
        }


Said = dict[str, Any]


def messages(form: Form, found: list[tuple[str, ContentError]]) -> dict[str | None, list[Said]]:
    """What was found in a file by the item whose lines it stands on; None for the file's own."""
    begins = [(form.line(item), item.id) for item in form.items]
    said: dict[str | None, list[Said]] = {}
    for level, error in found:
        owner = next((name for line, name in reversed(begins) if line <= error.line), None)
        one = {"level": level, "line": error.line, "text": error.message}
        said.setdefault(owner, []).append(one)
    return said


def _item(item: Item, form: Form, claims: dict[str, Claim], said: list[Said]) -> dict[str, Any]:
    return {
        "id": item.id,
        "type": item.type,
        "line": form.line(item),
        "objective": item.objective,
        "section": item.section,
        "situation": item.situation,
        "item": item.with_key(),
        "answers": [
            {"text": told.text, "verdict": told.verdict, "why": told.why} for told in told_of(item)
        ],
        "claims": [_claim(name, claims.get(name)) for name in item.claims],
        "messages": said,
    }


def told_of(item: Item) -> list[Told]:
    """Every part of an item with what the author knows of it, also where nothing is scored."""
    if isinstance(item, Reflection):
        return [Told(line, "what a reader looks for", "") for line in item.rubric]
    if isinstance(item, Scenario):
        return [
            Told(
                choice.text,
                f"at {step.id}, {'recommended' if choice.recommended else 'another way'}, "
                f"then {choice.next or 'the end'}",
                f"{choice.response}\n\n{choice.coach}",
            )
            for step in item.steps
            for choice in step.choices
        ]
    return explained(item)


def _claim(name: str, claim: Claim | None) -> dict[str, str]:
    if claim is None:
        return {"id": name, "text": "This claim is not in the ledger.", "standing": "missing"}
    standing = f"{CONFIDENCE[claim.confidence]}, {CHECKED[claim.checked]}"
    return {"id": name, "text": claim.text, "standing": standing}
