"""Dated facts: helplines, rules and labels that change, each with its source and date.

Prose never types one; it is rendered with its date, and says so when it is overdue.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from pydantic import field_validator

from .errors import ContentError, ContentErrors
from .source import Content, Source, Text, first_repeated, load, read_yaml


class Dated(Content):
    """Something that was true at its source on the day it was checked."""

    where: Text
    source: Text
    checked: dt.date
    review_by: dt.date

    @field_validator("checked", "review_by", mode="before")
    @classmethod
    def _date(cls, value: Any) -> Any:
        return dt.date.fromisoformat(value) if isinstance(value, str) else value

    def overdue(self, today: dt.date) -> bool:
        """Whether the day to look again has passed."""
        return today > self.review_by


class Fact(Dated):
    """One value that may change, what it is called, and what must be said with it."""

    id: Text
    label: Text
    value: Text
    note: Text | None = None


class FactFile(Content):
    """One file of dated facts."""

    facts: tuple[Fact, ...]


class Area(Content):
    """One competency area: a label only, never the guidelines' own text."""

    id: Text
    label: Text
    domain: Text


class AreaNote(Dated):
    """What the list of areas is, and what it is not."""

    value: Text


class AreaFile(Content):
    """The competency areas, which are themselves a dated fact."""

    note: AreaNote
    areas: tuple[Area, ...]


class Facts:
    """Every dated fact as `file.id`, and the competency areas by id."""

    def __init__(
        self, facts: dict[str, Fact], areas: dict[str, Area], places: dict[str, ContentError]
    ) -> None:
        self.facts = facts
        self.areas = areas
        self._places = places

    def overdue(self, today: dt.date) -> list[ContentError]:
        """One message for each fact whose review date has passed."""
        return [self._places[name] for name, fact in self.facts.items() if fact.overdue(today)]


def load_facts(folder: Path) -> Facts:
    """Read every file of dated facts in a folder and `competencies.yml`."""
    facts: dict[str, Fact] = {}
    places: dict[str, ContentError] = {}
    problems: list[ContentError] = []
    for path in sorted(folder.glob("*.yml")):
        if path.stem == "competencies":
            continue
        source = read_yaml(path)
        found = load(FactFile, source).facts
        repeated = first_repeated([fact.id for fact in found])
        if repeated:
            problems.append(source.error(f"the fact {repeated!r} stands twice; rename one"))
        for number, fact in enumerate(found):
            name = f"{path.stem}.{fact.id}"
            facts[name] = fact
            places[name] = source.error(
                f"{name} was to be checked again by {fact.review_by}; look at {fact.source} "
                "and set `checked` and `review_by`",
                ("facts", number, "review_by"),
            )
    if problems:
        raise ContentErrors(problems)
    return Facts(facts, _areas(read_yaml(folder / "competencies.yml")), places)


def _areas(source: Source) -> dict[str, Area]:
    areas = load(AreaFile, source).areas
    repeated = first_repeated([area.id for area in areas])
    if repeated:
        raise source.error(f"the area {repeated!r} stands twice; rename one")
    return {area.id: area for area in areas}
