"""Items: what a question is, what may be shown of it, and how a quiz file is read.

Nothing here scores, opens a database or knows a browser. The fields are those of
the contract; the words are the field's (stem, option, distractor, form).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import Discriminator, StringConstraints, model_validator

from .errors import ContentError
from .source import Content, Flag, Number, Source, Text, Whole, first_repeated, load, read_yaml

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
PHRASE = re.compile(r"\[\[([^\]|]+)\|([^\]]+)\]\]")

Shown: TypeAlias = dict[str, Any]
"""An item, or a part of one, as plain data that goes to a page or a widget."""


def arranged(parts: Sequence[Part], *, within: str) -> list[Part]:
    """Return parts in an order that does not depend on the order they were written in.

    Sorted by a hash, so that whoever sees the result cannot reason back to the
    written order, which for some types is the key.
    """
    return sorted(parts, key=lambda part: _digest(f"{within}/{part.id}"))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Part(Content):
    """One thing inside an item that has an id and words."""

    id: Id
    text: Text

    def shown(self) -> Shown:
        """The part as a learner may see it before answering."""
        return {"id": self.id, "text": self.text}


class Reasoned(Part):
    """A part that says why it is as it is, once that may be told."""

    why: Text


class Option(Reasoned):
    """One possible answer to a `single` or `multiple` item."""

    correct: Flag


class Card(Reasoned):
    """A card to be sorted, and the category it belongs to."""

    category: Id


class Phrase(Content):
    """A phrase of a passage that can be marked, and whether it should be."""

    id: Id
    correct: Flag
    why: Text


class Choice(Part):
    """One thing to say in a scenario, and what follows."""

    response: Text
    coach: Text
    next: Id | None
    recommended: Flag


class Step(Content):
    """One turn of a scenario: what the other person says, and what one might answer."""

    id: Id
    says: Text
    choices: tuple[Choice, ...]


class BaseItem(Content):
    """What every item has, whatever its type."""

    id: Id
    objective: Id
    stem: Text
    situation: Flag = False
    claims: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    """Dated facts that the key rests on, as `file.id`."""
    hint: Text | None = None
    section: Text | None = None
    alternative_to: Id | None = None

    def parts(self) -> Iterable[Part | Phrase | Step]:
        """Every part whose id must be unique within the item."""
        return ()

    def _body(self) -> Shown:
        """The type's own fields, as shown before answering."""
        return {}

    def key(self) -> Shown:
        """The type's own answer and reasons, for practice in a browser."""
        return {}

    def shown(self) -> Shown:
        """The item without its key, its lists in an order that betrays nothing."""
        base: Shown = {"id": self.id, "type": self.type, "stem": self.stem}  # type: ignore[attr-defined]
        base |= {k: v for k in ("hint", "section") if (v := getattr(self, k))}
        return base | self._body()

    def with_key(self) -> Shown:
        """The item as a practice page gets it: all of it."""
        return self.shown() | {"key": self.key()}

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        repeated = first_repeated([part.id for part in self.parts()])
        if repeated:
            raise ValueError(f"the id {repeated!r} stands twice in item {self.id!r}; rename one")
        return self


class _Choosing(BaseItem):
    options: tuple[Option, ...]

    def parts(self) -> Iterable[Part]:
        return self.options

    def right(self) -> frozenset[str]:
        """The ids of the correct options."""
        return frozenset(option.id for option in self.options if option.correct)

    def _body(self) -> Shown:
        return {"options": [o.shown() for o in arranged(self.options, within=self.id)]}

    def key(self) -> Shown:
        return {"correct": sorted(self.right()), "why": {o.id: o.why for o in self.options}}


class Single(_Choosing):
    """Exactly one option is right."""

    type: Literal["single"]

    @model_validator(mode="after")
    def _one_is_correct(self) -> Self:
        if len(self.right()) != 1:
            raise ValueError(
                f"item {self.id!r} has {len(self.right())} correct options; a single has exactly 1"
            )
        return self


class Multiple(_Choosing):
    """One or more options are right."""

    type: Literal["multiple"]

    @model_validator(mode="after")
    def _some_are_correct(self) -> Self:
        if not self.right():
            raise ValueError(f"item {self.id!r} has no correct option; mark at least one")
        return self


class Match(BaseItem):
    """Each thing on the left belongs to one on the right."""

    type: Literal["match"]
    left: tuple[Reasoned, ...]
    right: tuple[Part, ...]
    pairs: dict[str, str]

    def parts(self) -> Iterable[Part]:
        return (*self.left, *self.right)

    def _body(self) -> Shown:
        return {
            "left": [part.shown() for part in arranged(self.left, within=self.id)],
            "right": [part.shown() for part in arranged(self.right, within=self.id)],
        }

    def key(self) -> Shown:
        return {"pairs": dict(self.pairs), "why": {part.id: part.why for part in self.left}}

    @model_validator(mode="after")
    def _pairs_fit(self) -> Self:
        if set(self.pairs) != {part.id for part in self.left}:
            raise ValueError(f"pairs of item {self.id!r} must name every left id once")
        unknown = set(self.pairs.values()) - {part.id for part in self.right}
        if unknown:
            raise ValueError(f"pairs of item {self.id!r} name no right id: {sorted(unknown)}")
        return self


class Order(BaseItem):
    """Steps to be put in order; they are written in the right one."""

    type: Literal["order"]
    steps: tuple[Reasoned, ...]

    def parts(self) -> Iterable[Part]:
        return self.steps

    def _body(self) -> Shown:
        steps = arranged(self.steps, within=self.id)
        if steps == list(self.steps):
            steps = [*steps[1:], steps[0]]
        return {"steps": [step.shown() for step in steps]}

    def key(self) -> Shown:
        return {
            "order": [step.id for step in self.steps],
            "why": {step.id: step.why for step in self.steps},
        }

    @model_validator(mode="after")
    def _enough_steps(self) -> Self:
        ids = [step.id for step in self.steps]
        if len(ids) < 3:
            raise ValueError(f"item {self.id!r} has {len(ids)} steps; an order needs 3 or more")
        if ids == sorted(ids):
            raise ValueError(
                f"the step ids of item {self.id!r} sort into the right order and betray it; "
                "rename them"
            )
        return self


class Sort(BaseItem):
    """Cards to be put into categories."""

    type: Literal["sort"]
    categories: tuple[Part, ...]
    cards: tuple[Card, ...]

    def parts(self) -> Iterable[Part]:
        return (*self.categories, *self.cards)

    def _body(self) -> Shown:
        return {
            "categories": [part.shown() for part in self.categories],
            "cards": [card.shown() for card in arranged(self.cards, within=self.id)],
        }

    def key(self) -> Shown:
        return {
            "category": {card.id: card.category for card in self.cards},
            "why": {card.id: card.why for card in self.cards},
        }

    @model_validator(mode="after")
    def _categories_exist(self) -> Self:
        known = {part.id for part in self.categories}
        for card in self.cards:
            if card.category not in known:
                raise ValueError(
                    f"card {card.id!r} of item {self.id!r} names the category "
                    f"{card.category!r}; there are {sorted(known)}"
                )
        return self


class Mark(BaseItem):
    """Phrases of a running text to be marked in place."""

    type: Literal["mark"]
    passage: Text
    phrases: tuple[Phrase, ...]

    def parts(self) -> Iterable[Phrase]:
        return self.phrases

    def right(self) -> frozenset[str]:
        """The ids of the phrases that should be marked."""
        return frozenset(phrase.id for phrase in self.phrases if phrase.correct)

    def segments(self) -> list[str | Shown]:
        """The passage as plain stretches of text and phrases `{id, text}`, in order."""
        result: list[str | Shown] = []
        end = 0
        for match in PHRASE.finditer(self.passage):
            if match.start() > end:
                result.append(self.passage[end : match.start()])
            result.append({"id": match[1], "text": match[2]})
            end = match.end()
        if end < len(self.passage):
            result.append(self.passage[end:])
        return result

    def _body(self) -> Shown:
        return {"passage": self.segments()}

    def key(self) -> Shown:
        return {"correct": sorted(self.right()), "why": {p.id: p.why for p in self.phrases}}

    @model_validator(mode="after")
    def _phrases_stand_in_the_passage(self) -> Self:
        found = [match[1] for match in PHRASE.finditer(self.passage)]
        if sorted(found) != sorted(phrase.id for phrase in self.phrases):
            raise ValueError(
                f"the phrases of item {self.id!r} and the [[id|words]] of its passage "
                "must be the same, each once"
            )
        if not self.right():
            raise ValueError(f"item {self.id!r} has no phrase to mark; mark at least one correct")
        return self


class Estimate(BaseItem):
    """A number to be judged; near is nearly right."""

    type: Literal["estimate"]
    min: Number
    max: Number
    unit: Text
    value: Number
    tolerance: Number
    zero_at: Number
    why: Text

    def _body(self) -> Shown:
        return {"min": self.min, "max": self.max, "unit": self.unit}

    def key(self) -> Shown:
        return {
            "value": self.value,
            "tolerance": self.tolerance,
            "zero_at": self.zero_at,
            "why": self.why,
        }

    @model_validator(mode="after")
    def _numbers_fit(self) -> Self:
        if not self.min <= self.value <= self.max:
            raise ValueError(f"the value of item {self.id!r} must lie between min and max")
        if not 0 <= self.tolerance < self.zero_at:
            raise ValueError(f"item {self.id!r} needs 0 <= tolerance < zero_at")
        return self


class Scenario(BaseItem):
    """A conversation in steps; practiced and explained, never scored."""

    type: Literal["scenario"]
    steps: tuple[Step, ...]

    def parts(self) -> Iterable[Step]:
        return self.steps

    def _body(self) -> Shown:
        return {
            "steps": [
                {"id": step.id, "says": step.says, "choices": [c.shown() for c in step.choices]}
                for step in self.steps
            ]
        }

    def with_key(self) -> Shown:
        """The whole conversation, for practice."""
        return self.shown() | {"steps": [step.model_dump(mode="json") for step in self.steps]}

    @model_validator(mode="after")
    def _path_leads_on(self) -> Self:
        known = {step.id for step in self.steps}
        if not self.steps:
            raise ValueError(f"item {self.id!r} has no steps; write at least one")
        for step in self.steps:
            for choice in step.choices:
                if choice.next is not None and choice.next not in known:
                    raise ValueError(
                        f"choice {choice.id!r} of item {self.id!r} leads to "
                        f"{choice.next!r}, which is no step"
                    )
            if step.choices and not any(choice.recommended for choice in step.choices):
                raise ValueError(f"step {step.id!r} of item {self.id!r} recommends no choice")
        return self


class Reflection(BaseItem):
    """A text that a person reads; never scored by a program."""

    type: Literal["reflection"]
    rubric: tuple[Text, Text, Text]
    minutes: Whole

    def _body(self) -> Shown:
        return {"rubric": list(self.rubric), "minutes": self.minutes}


Item: TypeAlias = Annotated[
    Single | Multiple | Match | Order | Sort | Mark | Estimate | Scenario | Reflection,
    Discriminator("type"),
]
SCORED = (Single, Multiple, Match, Order, Sort, Mark, Estimate)


class ItemFile(Content):
    """One file of items, in the order they are asked."""

    items: tuple[Item, ...]


class Form:
    """The items of one file, each with its place, found again by id."""

    def __init__(self, name: str, source: Source, items: tuple[Item, ...]) -> None:
        self.name = name
        self.source = source
        self.items = items

    @cached_property
    def by_id(self) -> dict[str, Item]:
        """Items by their id."""
        return {item.id: item for item in self.items}

    @cached_property
    def version(self) -> str:
        """A hash of the keyless content, so that an answer says what it answered."""
        shown = json.dumps([item.shown() for item in self.items], sort_keys=True)
        return _digest(shown)[:16]

    @property
    def max_score(self) -> float:
        """One point for each item."""
        return float(len(self.items))

    def line(self, item: Item) -> int:
        """The line an item starts on in its file."""
        return self.source.line(("items", self.items.index(item)))

    def error(self, item: Item, message: str) -> ContentError:
        """Return an error that names the place of an item."""
        return ContentError(message, path=self.source.path, line=self.line(item))


def load_form(path: Path) -> Form:
    """Read one file of items; raise `ContentError(s)` with file and line."""
    source = read_yaml(path)
    if not isinstance(source.data, dict):
        raise source.error("the file must be a mapping with the key 'items', not a list or text")
    return Form(path.stem, source, load(ItemFile, source).items)
