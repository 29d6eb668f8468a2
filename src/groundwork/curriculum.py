"""The whole curriculum as it stands on this machine: course, evidence, facts and items."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar

from .course import Course, Lesson, Module, load_course
from .errors import ContentError, ContentErrors, KeysMissingError
from .evidence import Ledger, load_ledger
from .facts import Facts, load_facts
from .glossary import Glossary, load_glossary
from .hours import ModuleMinutes, module_minutes, series_areas
from .items import Form, Item, load_form
from .settings import Settings

FormName = Literal["A", "B"]
T = TypeVar("T")
FORM_FILES: Mapping[str, str] = {"A": "form-a", "B": "form-b"}


@dataclass(frozen=True)
class Quizzes:
    """The items of one module: practice, both graded forms and the reflection."""

    module: str
    folder: Path
    practice: Form
    graded: Mapping[str, Form]
    reflection_form: Form

    def form(self, name: str) -> Form:
        """The graded form A or B; raise `KeysMissingError` where its keys are not kept."""
        if name not in self.graded:
            raise KeysMissingError(
                f"{self.folder / FORM_FILES[name]}.yml is not on this machine, so the quiz of "
                f"{self.module} cannot be given or graded here; set GROUNDWORK_QUIZZES."
            )
        return self.graded[name]

    @property
    def reflection(self) -> Item:
        """The module's one reflection."""
        return self.reflection_form.items[0]

    def files(self) -> Iterator[Form]:
        """Every file of items that is here."""
        yield self.practice
        yield from self.graded.values()
        yield self.reflection_form


@dataclass(frozen=True)
class Curriculum:
    """Everything an author wrote, read and fit together."""

    course: Course
    ledger: Ledger
    facts: Facts
    glossary: Glossary
    quizzes: Mapping[str, Quizzes]
    in_english: frozenset[str] = frozenset()
    """The practice items that are told in English in a curriculum of another language."""

    @cached_property
    def minutes(self) -> Mapping[str, ModuleMinutes]:
        """The computed minutes of each module."""
        return {module.id: self._minutes(module) for module in self.course.modules}

    def _minutes(self, module: Module) -> ModuleMinutes:
        quizzes = self.quizzes[module.id]
        quiz = quizzes.graded.get("B") or Form("form-b", quizzes.practice.source, ())
        return module_minutes(
            module,
            practice=quizzes.practice,
            quiz=quiz,
            reflection=quizzes.reflection_form,
        )

    @cached_property
    def practice(self) -> Mapping[str, Item]:
        """Every practice item of the course by id."""
        return {
            item.id: item for quizzes in self.quizzes.values() for item in quizzes.practice.items
        }

    def open_checks(self, lesson: Lesson, answered: Collection[str]) -> list[str]:
        """The self-checks of a lesson still to be answered.

        An item and its alternatives may take each other's place: one of them is enough.
        """
        done = {self._stands_for(item) for item in answered}
        return [item for item in lesson.items if self._stands_for(item) not in done]

    def _stands_for(self, item_id: str) -> str:
        item = self.practice.get(item_id)
        return (item.alternative_to if item else None) or item_id

    def module(self, module_id: str) -> Module:
        """The module of an id; raise `KeyError` when there is none."""
        return self.course.by_id[module_id]


def load_quizzes(folder: Path) -> Quizzes:
    """Read one module's items; graded forms may be absent where their keys are not kept."""
    graded = {
        name: load_form(folder / f"{stem}.yml")
        for name, stem in FORM_FILES.items()
        if (folder / f"{stem}.yml").exists()
    }
    return Quizzes(
        module=folder.name,
        folder=folder,
        practice=load_form(folder / "practice.yml"),
        graded=graded,
        reflection_form=load_form(folder / "reflection.yml"),
    )


def load_curriculum(settings: Settings) -> Curriculum:
    """Read all content; raise `ContentErrors` with everything that cannot be read."""
    problems: list[ContentError] = []
    course = _collect(lambda: load_course(settings.root), problems)
    ledger = _collect(lambda: load_ledger(settings.root / "assets" / "evidence"), problems)
    facts = _collect(lambda: load_facts(settings.root / "assets" / "facts"), problems)
    glossary = _collect(lambda: load_glossary(settings.root / "assets" / "glossary.yml"), problems)
    quizzes: dict[str, Quizzes] = {}
    for module in course.modules if course else ():
        found = _collect(lambda m=module: load_quizzes(settings.quizzes / m.id), problems)  # type: ignore[misc]
        if found:
            quizzes[module.id] = found
    if problems or not (course and ledger and facts and glossary):
        raise ContentErrors(problems)
    return Curriculum(course, ledger, facts, glossary, quizzes)


def _collect(read: Callable[[], T], problems: list[ContentError]) -> T | None:
    try:
        return read()
    except ContentErrors as errors:
        problems += errors.errors
    except ContentError as error:
        problems.append(error)
    return None


def outline(curriculum: Curriculum) -> dict[str, Any]:
    """The course as plain data: modules, lessons, practice item ids, minutes by area.

    `GET /api/course` answers with it, and the built book keeps it as `course.json`.
    """
    series = [curriculum.minutes[module.id] for module in curriculum.course.series]
    return {
        "modules": [_module_outline(curriculum, m) for m in curriculum.course.modules],
        "minutes": sum(minutes.minutes for minutes in series),
        "minutes_by_area": area_rows(curriculum.facts, series_areas(series)),
    }


def area_rows(facts: Facts, minutes: Mapping[str, int]) -> list[dict[str, Any]]:
    """Minutes by area with the area's label and domain, in the order of the areas file."""
    return [
        {"area": area.id, "label": area.label, "domain": area.domain, "minutes": minutes[area.id]}
        for area in facts.areas.values()
        if minutes.get(area.id)
    ]


def _module_outline(curriculum: Curriculum, module: Module) -> dict[str, Any]:
    minutes = curriculum.minutes[module.id]
    quizzes = curriculum.quizzes[module.id]
    timed = {lesson.lesson: lesson.minutes for lesson in minutes.lessons}
    return {
        "id": module.id,
        "number": module.number,
        "title": module.meta.title,
        "summary": module.meta.summary,
        "version": module.meta.version,
        "href": module.href,
        "claimed": module.meta.claimed,
        "minutes": minutes.minutes,
        "pass_share": module.meta.pass_share,
        "quiz": {
            "href": f"modules/{module.id}/quiz.html",
            "items": max((len(form.items) for form in quizzes.graded.values()), default=0),
        },
        "reflection": {
            "href": f"modules/{module.id}/reflection.html",
            "minutes": minutes.reflection,
        },
        "areas": area_rows(curriculum.facts, minutes.areas),
        "lessons": [
            {
                "id": lesson.id,
                "title": lesson.meta.title,
                "href": lesson.href,
                "minutes": timed[lesson.id],
                "areas": dict(lesson.meta.areas),
                "equity": lesson.meta.equity,
                "items": lesson.items,
                "alternatives": {
                    item: instead
                    for item in lesson.items
                    if item in curriculum.practice
                    and (instead := curriculum.practice[item].alternative_to)
                },
            }
            for lesson in module.lessons
        ],
    }
