"""The course: modules in the order of `_toc.yml`, their lessons, and what a lesson holds."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import StringConstraints, field_validator, model_validator

from .errors import ContentError, ContentErrors
from .language import marked as N_
from .source import (
    Content,
    Flag,
    Number,
    Source,
    Text,
    first_repeated,
    front_matter,
    load,
    read_yaml,
)

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
AgeBand = Literal["prenatal-36m", "3-6y"]
AGE_BANDS = {"prenatal-36m": N_("prenatal to 36 months"), "3-6y": N_("3 to 6 years")}

KINDS = ("index", "quiz", "reflection", "facilitate", "handout")
"""The pages of a module that are not lessons, by the name of their file."""

DIRECTIVE = re.compile(r"^(?P<fence>`{3,}|:{3,})\{(?P<name>[a-z-]+)\}[ \t]*(?P<argument>.*)$", re.M)
CLAIM_ROLE = re.compile(r"\{claim\}`([^`]+)`")
FACT_ROLE = re.compile(r"\{fact\}`([^`]+)`")
ROLE = re.compile(r"\{[a-z-]+\}`[^`]*`")
TARGET = re.compile(r"^\(([a-z0-9-]+)\)=\s*$", re.M)
OPTION = re.compile(r"^:[a-z-]+:.*$", re.M)
CODE = re.compile(r"^(`{3,})\{code-cell\}.*?^\1\s*$", re.M | re.S)
CHART = re.compile(r"""show\(["']([a-z0-9-]+)["']\)""")
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d[\d.,]*")
SHARES_MUST_SUM_TO = 1.0


class Objective(Content):
    """Something a learner can do afterwards, and a quiz can check."""

    id: Slug
    text: Text


class Review(Content):
    """Somebody who knows the field read this module and stands by it."""

    by: Text
    role: Text
    on: dt.date

    @field_validator("on", mode="before")
    @classmethod
    def _date(cls, value: Any) -> Any:
        return dt.date.fromisoformat(value) if isinstance(value, str) else value


class Change(Content):
    """A line of a module's own change list."""

    version: Text
    on: dt.date
    text: Text

    @field_validator("on", mode="before")
    @classmethod
    def _date(cls, value: Any) -> Any:
        return dt.date.fromisoformat(value) if isinstance(value, str) else value


class ModuleFile(Content):
    """`module.yml`: what a module says of itself."""

    title: Text
    version: Annotated[str, StringConstraints(pattern=r"^\d{4}\.\d+$")]
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")]
    authors: tuple[Text, ...]
    reviewed: tuple[Review, ...]
    summary: Text
    age_bands: tuple[AgeBand, ...]
    claimed: Flag
    content_note: Text | None
    objectives: tuple[Objective, ...]
    pass_share: Number = 0.8
    changes: tuple[Change, ...] = ()

    @model_validator(mode="after")
    def _objectives_differ(self) -> ModuleFile:
        repeated = first_repeated([objective.id for objective in self.objectives])
        if repeated:
            raise ValueError(f"the objective {repeated!r} stands twice; rename one")
        if not 0 < self.pass_share <= 1:
            raise ValueError("pass_share must be above 0 and at most 1")
        return self


class LessonFile(Content):
    """The front matter of a lesson."""

    title: Text
    areas: dict[str, Number]
    equity: Flag = False
    practice_minutes: Number = 0
    jupytext: Any = None
    kernelspec: Any = None
    description: Text | None = None

    @model_validator(mode="after")
    def _shares_sum_to_one(self) -> LessonFile:
        total = sum(self.areas.values())
        if abs(total - SHARES_MUST_SUM_TO) > 1e-6:
            raise ValueError(f"the shares of areas sum to {total:g}; they must sum to 1")
        if min(self.areas.values()) < 0 or self.practice_minutes < 0:
            raise ValueError("shares and practice_minutes cannot be negative")
        return self


@dataclass(frozen=True, slots=True)
class Placed:
    """Something a lesson names, and the line it is named on."""

    name: str
    line: int


@dataclass(frozen=True)
class Page:
    """One Markdown file of the book and what stands in it."""

    path: Path
    source: Source | None
    body: str
    first_line: int

    def _line(self, position: int) -> int:
        return self.first_line + self.body.count("\n", 0, position)

    def error(self, message: str, line: int = 1) -> ContentError:
        """Return an error that names a line of this page."""
        return ContentError(message, path=self.path, line=line)

    def directives(self, name: str) -> list[Placed]:
        """Every use of one of our directives, by its argument."""
        return [
            Placed(found["argument"].strip(), self._line(found.start()))
            for found in DIRECTIVE.finditer(self.body)
            if found["name"] == name
        ]

    def roles(self, pattern: re.Pattern[str]) -> list[Placed]:
        """Every name given to a role, split at commas."""
        return [
            Placed(name.strip(), self._line(found.start()))
            for found in pattern.finditer(self.body)
            for name in found[1].split(",")
        ]

    @cached_property
    def anchors(self) -> frozenset[str]:
        """The places of this page that an item may send a learner back to."""
        return frozenset(TARGET.findall(self.body))

    @cached_property
    def words(self) -> int:
        """The words a reader reads: no code, no directive lines, no roles."""
        text = CODE.sub(" ", self.body)
        for pattern in (ROLE, TARGET, OPTION):
            text = pattern.sub(" ", text)
        text = DIRECTIVE.sub(lambda m: m["argument"] if m["name"] == "myth" else " ", text)
        return len(WORD.findall(text))


@dataclass(frozen=True)
class Lesson:
    """One lesson: a page with competency areas, self-checks and figures."""

    module: str
    page: Page
    meta: LessonFile

    @cached_property
    def stem(self) -> str:
        """The name of its file."""
        return self.page.path.stem

    @cached_property
    def id(self) -> str:
        """`<module>/<lesson>`, as events name it."""
        return f"{self.module}/{self.stem}"

    @property
    def href(self) -> str:
        """Its address in the built book."""
        return f"modules/{self.id}.html"

    @cached_property
    def items(self) -> list[str]:
        """The ids of the practice items placed in it."""
        return [placed.name for placed in self.page.directives("self-check")]


@dataclass(frozen=True)
class Module:
    """One module: its own file, its lessons in order, and its other pages."""

    id: str
    folder: Path
    source: Source
    meta: ModuleFile
    lessons: tuple[Lesson, ...]
    pages: tuple[Page, ...]

    @property
    def number(self) -> str:
        """Its number without leading zeros, from the name of its folder."""
        return self.id.split("-", 1)[0].lstrip("0") or "0"

    @property
    def href(self) -> str:
        """The address of its first page."""
        return f"modules/{self.id}/index.html"

    @cached_property
    def objectives(self) -> dict[str, str]:
        """Objective texts by id."""
        return {objective.id: objective.text for objective in self.meta.objectives}

    def lesson(self, stem: str) -> Lesson | None:
        """The lesson of a name, if there is one."""
        return next((lesson for lesson in self.lessons if lesson.stem == stem), None)

    def all_pages(self) -> Iterator[Page]:
        """Every page of the module, lessons and others."""
        yield from self.pages
        yield from (lesson.page for lesson in self.lessons)


@dataclass(frozen=True)
class Course:
    """Every listed module, in the order of `_toc.yml`."""

    root: Path
    modules: tuple[Module, ...]

    @cached_property
    def by_id(self) -> dict[str, Module]:
        """Modules by their id."""
        return {module.id: module for module in self.modules}

    @property
    def series(self) -> tuple[Module, ...]:
        """The modules whose minutes are claimed."""
        return tuple(module for module in self.modules if module.meta.claimed)

    def lesson(self, lesson_id: str) -> Lesson | None:
        """The lesson `<module>/<stem>`, if there is one."""
        module, _, stem = lesson_id.partition("/")
        found = self.by_id.get(module)
        return found.lesson(stem) if found else None

    @cached_property
    def lesson_of_item(self) -> dict[str, Lesson]:
        """The lesson each practice item is placed in."""
        return {
            item: lesson
            for module in self.modules
            for lesson in module.lessons
            for item in lesson.items
        }


def load_course(root: Path) -> Course:
    """Read `_toc.yml` and every module it lists; raise what is wrong, all of it."""
    toc = read_yaml(root / "_toc.yml")
    if not isinstance(toc.data, dict):
        raise toc.error("the table of contents must be a mapping")
    listed: dict[str, list[str]] = {}
    for name in _files(toc.data):
        parts = name.removesuffix(".md").split("/")
        if len(parts) == 3 and parts[0] == "modules":
            listed.setdefault(parts[1], []).append(parts[2])
    modules, problems = [], []
    for module_id, stems in listed.items():
        try:
            modules.append(load_module(root / "modules" / module_id, stems))
        except ContentErrors as errors:
            problems += errors.errors
        except ContentError as error:
            problems.append(error)
    if problems:
        raise ContentErrors(problems)
    return Course(root, tuple(modules))


def listed_files(root: Path) -> list[str]:
    """The pages that `_toc.yml` lists, by name, in reading order."""
    return [name.removesuffix(".md") for name in _files(read_yaml(root / "_toc.yml").data)]


def _files(value: Any) -> Iterator[str]:
    """Every `file:` and `root:` of a table of contents, in reading order."""
    if isinstance(value, list):
        for child in value:
            yield from _files(child)
    elif isinstance(value, dict):
        for key in ("root", "file"):
            if isinstance(value.get(key), str):
                yield value[key]
        for child in value.values():
            if isinstance(child, dict | list):
                yield from _files(child)


def load_module(folder: Path, stems: list[str]) -> Module:
    """Read one module's own file and its pages, in the order given."""
    source = read_yaml(folder / "module.yml")
    meta = load(ModuleFile, source)
    lessons, pages, problems = [], [], []
    for stem in stems:
        try:
            page = read_page(folder / f"{stem}.md")
            if stem in KINDS:
                pages.append(page)
            else:
                lessons.append(_lesson(folder.name, page))
        except ContentErrors as errors:
            problems += errors.errors
        except ContentError as error:
            problems.append(error)
    if problems:
        raise ContentErrors(problems)
    return Module(folder.name, folder, source, meta, tuple(lessons), tuple(pages))


def read_page(path: Path) -> Page:
    """Read one Markdown page."""
    source, body, first_line = front_matter(path)
    return Page(path, source, body, first_line)


def _lesson(module: str, page: Page) -> Lesson:
    if page.source is None:
        raise page.error("a lesson opens with front matter: title, areas, practice_minutes")
    return Lesson(module, page, load(LessonFile, page.source))
