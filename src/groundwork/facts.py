"""Dated facts: helplines, rules and labels that change, each with its source and date.

Prose never types one; it is rendered with its date, and says so when it is overdue.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from .endorsement import ABOUT, Association, Category, Checked, Requirement, Rules, problems
from .errors import ContentError, ContentErrors
from .source import Content, Source, Text, first_repeated, load, read_yaml


class Dated(Checked):
    """Something that was true somewhere, at its source, on the day it was checked."""

    where: Text


class Fact(Dated):
    """One value that may change, what it is called, and what must be said with it."""

    id: Text
    label: Text
    value: Text
    note: Text | None = None


class FactFile(Content):
    """One file of dated facts."""

    facts: tuple[Fact, ...]


class EndorsementFile(FactFile):
    """The facts about Endorsement, and what each association asks of each category."""

    associations: tuple[Association, ...] = ()
    categories: tuple[Category, ...] = ()
    requirements: tuple[Requirement, ...] = ()

    def rules(self) -> Rules:
        """The requirements, to be asked of."""
        return Rules(self.associations, self.categories, self.requirements)


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
        self,
        facts: dict[str, Fact],
        areas: dict[str, Area],
        places: dict[str, ContentError],
        endorsement: Rules,
    ) -> None:
        self.facts = facts
        self.areas = areas
        self.endorsement = endorsement
        self._places = places

    def in_words(self, facts: dict[str, Fact], areas: dict[str, Area]) -> Facts:
        """The same facts and areas, said in other words."""
        return Facts(facts, areas, self._places, self.endorsement)

    def overdue(self, today: dt.date) -> list[ContentError]:
        """One message for each fact whose review date has passed."""
        return [self._places[name] for name, fact in self.facts.items() if fact.overdue(today)]


def load_facts(folder: Path) -> Facts:
    """Read every file of dated facts in a folder and `competencies.yml`.

    A requirement of an association is a fact too, under its own id.
    """
    facts: dict[str, Fact] = {}
    places: dict[str, ContentError] = {}
    wrong: list[ContentError] = []
    rules = Rules()
    for path in sorted(folder.glob("*.yml")):
        if path.stem == "competencies":
            continue
        source = read_yaml(path)
        found = {("facts", n): fact for n, fact in enumerate(load(_model(path), source).facts)}
        if path.stem == "endorsement":
            rules = load(EndorsementFile, source).rules()
            wrong += problems(rules, source)
            found |= {
                ("requirements", n): _as_fact(one, rules)
                for n, one in enumerate(rules.requirements)
            }
        repeated = first_repeated([fact.id for fact in found.values()])
        if repeated:
            wrong.append(source.error(f"the fact {repeated!r} stands twice; rename one"))
        for place, fact in found.items():
            name = f"{path.stem}.{fact.id}"
            facts[name] = fact
            places[name] = source.error(
                f"{name} was to be checked again by {fact.review_by}; look at {fact.source} "
                "and set `checked` and `review_by`",
                (*place, "review_by"),
            )
    if wrong:
        raise ContentErrors(wrong)
    return Facts(facts, _areas(read_yaml(folder / "competencies.yml")), places, rules)


def _model(path: Path) -> type[FactFile]:
    return EndorsementFile if path.stem == "endorsement" else FactFile


def _as_fact(one: Requirement, rules: Rules) -> Fact:
    association = rules.association(one.association)
    return Fact(
        id=one.id,
        label=ABOUT[one.requirement].label,
        value=one.value,
        note=one.note,
        where=association.label if association else one.association,
        source=one.source,
        checked=one.checked,
        review_by=one.review_by,
    )


def _areas(source: Source) -> dict[str, Area]:
    areas = load(AreaFile, source).areas
    repeated = first_repeated([area.id for area in areas])
    if repeated:
        raise source.error(f"the area {repeated!r} stands twice; rename one")
    return {area.id: area for area in areas}
