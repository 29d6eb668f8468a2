"""What associations ask for an Endorsement®: dated requirements, each with its page.

Associations differ and change their rules, so a requirement names its association, the year it
holds from where that is stated, and where it was read. What is not listed is not known.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field, field_validator

from .errors import ContentError
from .source import Content, Location, Number, Source, Text, Whole, first_repeated

Phase = Literal["first", "renewal"]
Unit = Literal["hours", "years", "people", "date", "words"]
Kind = Literal[
    "education",
    "work",
    "training",
    "training-on-supervision",
    "training-on-equity",
    "supervision",
    "supervision-on-own",
    "supervision-window",
    "references",
    "exam",
    "membership",
    "renewal-cycle",
    "renewal-due",
    "renewal-training",
    "renewal-training-on-supervision",
    "renewal-training-on-equity",
    "renewal-supervision",
    "renewal-proof",
    "renewal-membership",
]


@dataclass(frozen=True, slots=True)
class About:
    """What one kind of requirement is called, what it is counted in, and when it is asked."""

    label: str
    unit: Unit
    phase: Phase = "first"


ABOUT: dict[Kind, About] = {
    "training": About("Training", "hours"),
    "training-on-supervision": About("Of it, on providing reflective supervision", "hours"),
    "training-on-equity": About("Of it, on diversity, equity and inclusion", "hours"),
    "supervision": About("Reflective supervision received", "hours"),
    "supervision-on-own": About("Of it, about the supervision you provide", "hours"),
    "supervision-window": About("When the supervision must fall", "words"),
    "work": About("Work in the field", "words"),
    "references": About("References", "people"),
    "education": About("Education", "words"),
    "exam": About("Examination", "words"),
    "membership": About("Membership", "words"),
    "renewal-cycle": About("Renewed every", "years", "renewal"),
    "renewal-due": About("Due", "date", "renewal"),
    "renewal-training": About("Training in one cycle", "hours", "renewal"),
    "renewal-training-on-supervision": About(
        "Of it, on providing reflective supervision", "hours", "renewal"
    ),
    "renewal-training-on-equity": About(
        "Of it, on diversity, equity and inclusion", "hours", "renewal"
    ),
    "renewal-supervision": About(
        "Reflective supervision received in one cycle", "hours", "renewal"
    ),
    "renewal-proof": About("How it is proved", "words", "renewal"),
    "renewal-membership": About("Membership", "words", "renewal"),
}
"""Every kind, in the order in which it is shown."""

ALWAYS_ASKED: dict[Phase, tuple[Kind, ...]] = {
    "first": ("training", "supervision", "work", "references", "education", "exam", "membership"),
    "renewal": ("renewal-cycle", "renewal-due", "renewal-training", "renewal-supervision"),
}
"""What some association somewhere asks of every category: shown as unknown when it is."""


class Checked(Content):
    """Something that was read at its source on a day, and is to be read again."""

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


class Association(Content):
    """One association that endorses, by its place and short name."""

    id: Text
    label: Text


class Category(Content):
    """One category of Endorsement: its name, and the ages it is about."""

    id: Text
    label: Text


class Requirement(Checked):
    """One thing an association asks for; no `categories` means all of them.

    `amount` is counted in the unit of its kind (hours, years, people) and left out where
    there is no number to compare with. `day` is a day on which renewals fall due.
    """

    id: Text
    association: Text
    categories: tuple[Text, ...] = ()
    requirement: Kind
    year: Whole | None = None
    value: Text
    amount: Number | Whole | None = Field(default=None, ge=0)
    day: dt.date | None = None
    only_if: Text | None = None
    note: Text | None = None

    @field_validator("day", mode="before")
    @classmethod
    def _a_day(cls, value: Any) -> Any:
        return dt.date.fromisoformat(value) if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Rules:
    """Every requirement that is known here, and whom it is known of."""

    associations: tuple[Association, ...] = ()
    categories: tuple[Category, ...] = ()
    requirements: tuple[Requirement, ...] = ()

    def of(self, association: str, category: str) -> dict[Kind, Requirement]:
        """What an association asks of one category, by kind, in the order of showing."""
        asked = {
            one.requirement: one
            for one in self.requirements
            if one.association == association and category in (one.categories or (category,))
        }
        return {kind: asked[kind] for kind in ABOUT if kind in asked}

    def association(self, association: str) -> Association | None:
        """The association of an id."""
        return next((one for one in self.associations if one.id == association), None)

    def category(self, category: str) -> Category | None:
        """The category of an id."""
        return next((one for one in self.categories if one.id == category), None)


def problems(rules: Rules, source: Source) -> Iterator[ContentError]:
    """What does not fit together in the rules, each with its line."""
    yield from _twice(rules.associations, source, "associations")
    yield from _twice(rules.categories, source, "categories")
    yield from _twice(rules.requirements, source, "requirements")
    known = {one.id for one in rules.categories}
    for number, one in enumerate(rules.requirements):
        place: Location = ("requirements", number)
        if rules.association(one.association) is None:
            yield source.error(
                f"{one.id!r} names the association {one.association!r}, which is not listed above",
                (*place, "association"),
            )
        for category in one.categories:
            if category not in known:
                yield source.error(
                    f"{one.id!r} names the category {category!r}, which is not listed above",
                    (*place, "categories"),
                )
        yield from _amount(one, source, place)
    yield from _said_twice(rules, source)


def _twice(
    entries: Sequence[Association | Category | Requirement], source: Source, name: str
) -> Iterator[ContentError]:
    repeated = first_repeated([one.id for one in entries])
    if repeated:
        yield source.error(f"{repeated!r} stands twice among the {name}; rename one", (name,))


def _amount(one: Requirement, source: Source, place: Location) -> Iterator[ContentError]:
    unit = ABOUT[one.requirement].unit
    if unit == "date" and one.day is None:
        yield source.error(f"{one.id!r} has no day; add `day`", place)
    if unit != "date" and one.day is not None:
        yield source.error(f"{one.id!r} is not a day; remove `day`", (*place, "day"))
    if unit in ("words", "date") and one.requirement != "work" and one.amount is not None:
        yield source.error(f"{one.id!r} is not counted; remove `amount`", (*place, "amount"))
    if one.requirement == "renewal-cycle" and (not one.amount or one.amount % 1):
        yield source.error(f"{one.id!r} needs whole years; add `amount`", place)


def _said_twice(rules: Rules, source: Source) -> Iterator[ContentError]:
    """One association asks one thing of one category once."""
    every = [one.id for one in rules.categories]
    first: dict[tuple[str, str, str], str] = {}
    for number, one in enumerate(rules.requirements):
        for category in one.categories or every:
            what = (one.association, category, one.requirement)
            if what in first:
                yield source.error(
                    f"{one.id!r} says again what {first[what]!r} says of {category!r}; keep one",
                    ("requirements", number),
                )
                break
            first[what] = one.id
