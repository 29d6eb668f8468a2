"""What a completion record says, and who says it: plain values, checked at the door."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, Literal, TypeVar
from uuid import UUID

from ..errors import RecordError

T = TypeVar("T")
NAME_LIMIT = 200
_REFUSED = frozenset(("Cc", "Cs", "Co", "Cn"))
_DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_JOINERS = frozenset("\u200c\u200d\ufe0e\ufe0f")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


def printed_name(text: str) -> str:
    """Return a name as a record prints it, or say why it cannot.

    Composed form (NFC); spaces, tabs and line ends become one space. Control,
    private-use and direction-changing characters are refused, for they could make
    a name look like another or break the signature's canonical form.
    """
    name = " ".join(re.split(r"\s+", unicodedata.normalize("NFC", _printable(text)).strip()))
    if not any(unicodedata.category(sign)[0] in "LNS" for sign in name):
        raise RecordError("The name has no letter in it.")
    if len(name) > NAME_LIMIT:
        raise RecordError(
            f"The name has {len(name)} characters; a record prints {NAME_LIMIT} at most."
        )
    return name


def _printable(text: str) -> str:
    for at, sign in enumerate(text):
        if sign in "\t\n\r" or sign in _JOINERS:
            continue
        category = unicodedata.category(sign)
        if category in _REFUSED or category == "Cf" or sign in _DIRECTION:
            raise RecordError(
                f"Character {at + 1} (U+{ord(sign):04X}) cannot be printed; leave it out."
            )
    return text


@dataclass(frozen=True, slots=True)
class AreaMinutes:
    """The minutes that count for one competency area, and for no other."""

    area: str
    label: str
    domain: str
    minutes: int


@dataclass(frozen=True, slots=True)
class AgendaItem:
    """One part of the training, with its minutes."""

    title: str
    minutes: int


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody a record names beside the learner, with what qualifies them."""

    name: str
    qualifications: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """One learner's finished module, with everything a reviewer may ask about it.

    Dates are printed as the day of the given time, in the zone it is given in.
    """

    id: UUID
    name: str
    module: str
    title: str
    version: str
    language: str
    started: datetime
    completed: datetime
    minutes_by_area: tuple[AreaMinutes, ...]
    minutes: int
    self_paced_minutes: int
    live_minutes: int
    hours_method: str
    age_bands: tuple[str, ...]
    equity_minutes: int
    objectives: tuple[str, ...]
    agenda: tuple[AgendaItem, ...]
    form: str
    score: float
    max_score: float
    pass_share: float
    reflection_assessed_by: str
    delivery: str
    authors: tuple[str, ...]
    supervision_minutes: int = 0
    instructor: Person | None = None
    sponsor: Person | None = None

    @property
    def people(self) -> tuple[tuple[str, Person], ...]:
        """Who taught it and who stands behind it, each with their part."""
        pairs = (("instructor", self.instructor), ("sponsor", self.sponsor))
        return tuple((part, person) for part, person in pairs if person is not None)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", printed_name(self.name))
        self._check_times()
        self._check_minutes()
        self._check_score()

    def _check_times(self) -> None:
        for moment in (self.started, self.completed):
            if moment.tzinfo is None:
                raise RecordError(f"{moment!r} has no time zone.")
        if self.completed < self.started:
            raise RecordError("The module was completed before it was started.")

    def _check_minutes(self) -> None:
        counted = sum(area.minutes for area in self.minutes_by_area)
        if counted != self.minutes:
            raise RecordError(
                f"The competency areas hold {counted} minutes, the module {self.minutes}."
            )
        if self.self_paced_minutes + self.live_minutes != self.minutes:
            raise RecordError(
                f"{self.self_paced_minutes} self-paced and {self.live_minutes} live minutes "
                f"are not the module's {self.minutes}."
            )

    def _check_score(self) -> None:
        needed = self.pass_share * self.max_score
        if not needed - 1e-9 <= self.score <= self.max_score + 1e-9:
            raise RecordError(
                f"A score of {self.score} is not between the pass mark {needed} "
                f"and the maximum {self.max_score}."
            )

    def to_plain(self) -> dict[str, Any]:
        """As plain data that JSON can keep."""
        plain: dict[str, Any] = _plain(self)
        return plain

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Completion:
        """A completion from what `to_plain` gave."""
        return cls(
            **plain
            | {
                "id": UUID(plain["id"]),
                "started": datetime.fromisoformat(plain["started"]),
                "completed": datetime.fromisoformat(plain["completed"]),
                "minutes_by_area": tuple(AreaMinutes(**one) for one in plain["minutes_by_area"]),
                "agenda": tuple(AgendaItem(**one) for one in plain["agenda"]),
                "age_bands": tuple(plain["age_bands"]),
                "objectives": tuple(plain["objectives"]),
                "authors": tuple(plain["authors"]),
                "instructor": _person(plain["instructor"]),
                "sponsor": _person(plain["sponsor"]),
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesCompletion:
    """Every module of a series finished by one learner; what it adds up to is computed.

    A minute stands in one module and counts for one area, so each is counted once.
    """

    id: UUID
    name: str
    title: str
    modules: tuple[Completion, ...]

    module: ClassVar[str] = "series"

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", printed_name(self.name))
        if not self.modules:
            raise RecordError("A series has at least one module.")
        if any(module.name != self.name for module in self.modules):
            raise RecordError("The records of a series are all of one person.")

    @property
    def version(self) -> str:
        """The newest content version in it."""
        return max(module.version for module in self.modules)

    @property
    def language(self) -> str:
        """The language of its first module."""
        return self.modules[0].language

    @property
    def started(self) -> datetime:
        """When the first of its modules was begun."""
        return min(module.started for module in self.modules)

    @property
    def completed(self) -> datetime:
        """When the last of its modules was done."""
        return max(module.completed for module in self.modules)

    @property
    def minutes(self) -> int:
        """Clock minutes in all."""
        return sum(module.minutes for module in self.modules)

    @property
    def self_paced_minutes(self) -> int:
        """Minutes spent alone."""
        return sum(module.self_paced_minutes for module in self.modules)

    @property
    def live_minutes(self) -> int:
        """Minutes led by an instructor."""
        return sum(module.live_minutes for module in self.modules)

    @property
    def equity_minutes(self) -> int:
        """Minutes on diversity and equity, which count for their area as well."""
        return sum(module.equity_minutes for module in self.modules)

    @property
    def supervision_minutes(self) -> int:
        """Minutes on providing reflective supervision."""
        return sum(module.supervision_minutes for module in self.modules)

    @property
    def minutes_by_area(self) -> tuple[AreaMinutes, ...]:
        """The minutes of each area over all modules, the largest first."""
        sums: dict[str, AreaMinutes] = {}
        for area in (area for module in self.modules for area in module.minutes_by_area):
            before = sums[area.area].minutes if area.area in sums else 0
            sums[area.area] = replace(area, minutes=before + area.minutes)
        return tuple(sorted(sums.values(), key=lambda area: (-area.minutes, area.label)))

    @property
    def age_bands(self) -> tuple[str, ...]:
        """Every age band of its modules."""
        return _each_once(band for module in self.modules for band in module.age_bands)

    @property
    def authors(self) -> tuple[str, ...]:
        """Everybody who wrote one of its modules."""
        return _each_once(author for module in self.modules for author in module.authors)

    @property
    def hours_method(self) -> str:
        """How the minutes were counted."""
        return " ".join(_each_once(module.hours_method for module in self.modules))

    @property
    def delivery(self) -> str:
        """How it was taken."""
        return ", ".join(_each_once(module.delivery for module in self.modules))

    @property
    def people(self) -> tuple[tuple[str, Person], ...]:
        """Its instructors and sponsors, each once, with their part."""
        return _each_once(pair for module in self.modules for pair in module.people)

    def to_plain(self) -> dict[str, Any]:
        """As plain data that JSON can keep."""
        modules = [module.to_plain() for module in self.modules]
        return {"id": str(self.id), "name": self.name, "title": self.title, "modules": modules}

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> SeriesCompletion:
        """A completed series from what `to_plain` gave."""
        modules = tuple(Completion.from_plain(one) for one in plain["modules"])
        return cls(id=UUID(plain["id"]), name=plain["name"], title=plain["title"], modules=modules)


Earned = Completion | SeriesCompletion
"""What a record can be of."""


def _plain(value: Any) -> Any:
    # In one walk and without the copies that `asdict` makes: it is most of keeping a record.
    if isinstance(value, str):
        return value
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if isinstance(value, datetime) else value


def _person(plain: dict[str, str] | None) -> Person | None:
    return Person(**plain) if plain else None


def _each_once(values: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(values))


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture an issuer puts on the certificate: its bytes and its kind."""

    data: bytes
    kind: Literal["png", "jpg", "svg"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Who issues: the learner's own machine (`self`), or an organization."""

    kind: Literal["self", "organization"]
    did: str
    name: str
    public_url: str | None = None
    contact: str = ""
    qualifications: str = ""
    signatory: Person | None = None
    logo: Picture | None = None
    signature: Picture | None = None
    color: str | None = None

    def __post_init__(self) -> None:
        if self.color is not None:
            _check_color(self.color)
        if self.kind == "organization" and not self.public_url:
            raise RecordError("An organization issues only under a public address.")


def _check_color(color: str) -> None:
    if not _COLOR.fullmatch(color):
        raise RecordError(f"The color {color!r} is not written as #rrggbb.")
    if _contrast_on_white(color) < 4.5:
        raise RecordError(f"The color {color} is too light to read on white; choose a darker one.")


def _contrast_on_white(color: str) -> float:
    """WCAG 2 contrast ratio between a color and white."""
    parts = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
