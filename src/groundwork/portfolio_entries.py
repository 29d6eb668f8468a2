"""What a person writes into their portfolio: trainings from elsewhere, supervision, papers.

These are their own entries, so they may be changed and removed. Every entry carries a version:
whoever saves names the one they saw, and a page that is behind is told so instead of winning.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, cast
from uuid import uuid4

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    ValidationError,
    field_validator,
    model_validator,
)
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from .errors import AnswerError, ConflictError
from .facts import Facts
from .log import (
    Learner,
    PortfolioFile,
    PortfolioPart,
    PortfolioPlan,
    PortfolioSupervision,
    PortfolioTraining,
)

LONGEST_LINE = 300
LONGEST_NOTE = 4_000
MOST_MINUTES = 200 * 60
MOST_ENTRIES = 1_000
OLDEST = dt.date(1960, 1, 1)
LARGEST_FILE = 5 * 1024 * 1024
MOST_BYTES = 100 * 1024 * 1024
LONGEST_NAME = 100

KINDS = {"pdf": "application/pdf", "jpg": "image/jpeg", "png": "image/png"}
"""The kinds of file that are kept, by their ending."""


def _line(value: Any) -> Any:
    return " ".join(value.split()) if isinstance(value, str) else value


def _printable(text: str) -> str:
    """Refuse what no database keeps and no page can show."""
    if any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in text):
        raise ValueError("This holds a character that cannot be kept.")
    return text


def _short(text: str) -> str:
    if len(text) > LONGEST_LINE:
        raise ValueError(f"This is longer than {LONGEST_LINE} characters; shorten it.")
    return _printable(text)


def _filled(text: str) -> str:
    if not text:
        raise ValueError("Fill this in.")
    return text


def _noted(text: str) -> str:
    if len(text) > LONGEST_NOTE:
        raise ValueError(f"This is longer than {LONGEST_NOTE:,} characters; shorten it.")
    return _printable(text.strip())


def _as_day(value: Any) -> Any:
    """A day as a form or a file writes it; nothing at all is no day."""
    if isinstance(value, dt.datetime) or not isinstance(value, str | dt.date | None):
        raise ValueError("Write a day like 2026-11-02 (year, month, day).")
    if not isinstance(value, str):
        return value
    try:
        return dt.date.fromisoformat(value.strip()) if value.strip() else None
    except ValueError:
        raise ValueError("Write a day like 2026-11-02 (year, month, day).") from None


def _in_life(day: dt.date | None) -> dt.date | None:
    if day is not None and not OLDEST <= day <= dt.date(2100, 1, 1):
        raise ValueError("Look at the year again.")
    return day


def _there(value: Any) -> Any:
    if value is None:
        raise ValueError("Fill in the day.")
    return value


def _past(day: dt.date) -> dt.date:
    # A day ahead of us is somebody's today, east of here.
    if day > dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1):
        raise ValueError("This day has not come yet; write it in afterward.")
    return day


def _whole_minutes(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("Write whole minutes.")
    return value


def _some_minutes(minutes: int) -> int:
    if not 1 <= minutes <= MOST_MINUTES:
        raise ValueError(f"Write between 1 minute and {MOST_MINUTES // 60} hours.")
    return minutes


def _part_minutes(minutes: int) -> int:
    if not 0 <= minutes <= MOST_MINUTES:
        raise ValueError(f"Write between 0 and {MOST_MINUTES // 60} hours.")
    return minutes


Short = Annotated[str, BeforeValidator(_line), AfterValidator(_short)]
Line = Annotated[Short, AfterValidator(_filled)]
Note = Annotated[str, AfterValidator(_noted)]
AnyDay = Annotated[dt.date | None, BeforeValidator(_as_day), AfterValidator(_in_life)]
PastDay = Annotated[
    dt.date, BeforeValidator(_there), BeforeValidator(_as_day), AfterValidator(_in_life),
    AfterValidator(_past),
]  # fmt: skip
Minutes = Annotated[int, BeforeValidator(_whole_minutes), AfterValidator(_some_minutes)]
PartMinutes = Annotated[int, BeforeValidator(_whole_minutes), AfterValidator(_part_minutes)]
Tick = Annotated[bool, Strict()]


class Entry(BaseModel):
    """Base of everything that is written in: a key that nobody reads is refused, not lost."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PlanEntry(Entry):
    """Which Endorsement somebody works toward; an empty association is not decided yet."""

    association: Annotated[str, Field(max_length=80)] = ""
    category: Annotated[str, Field(max_length=80)] = ""
    applies_on: AnyDay = None
    endorsed_on: AnyDay = None


class TrainingEntry(Entry):
    """A training from elsewhere; each of its minutes counts for at most one area."""

    title: Line
    starts: PastDay
    ends: PastDay
    minutes: Minutes
    trainer: Short = ""
    sponsor: Short = ""
    areas: dict[str, PartMinutes] = {}
    equity_minutes: PartMinutes = 0
    on_supervision_minutes: PartMinutes = 0
    note: Note = ""

    @model_validator(mode="before")
    @classmethod
    def _one_day(cls, given: Any) -> Any:
        """A training of one day names it once."""
        if isinstance(given, dict) and not given.get("ends") and "starts" in given:
            return {**given, "ends": given["starts"]}
        return given

    @field_validator("areas")
    @classmethod
    def _some(cls, areas: dict[str, int]) -> dict[str, int]:
        return {area: minutes for area, minutes in areas.items() if minutes}

    @field_validator("ends")
    @classmethod
    def _in_order(cls, ends: dt.date, info: Any) -> dt.date:
        if info.data.get("starts") and ends < info.data["starts"]:
            raise ValueError("The last day is before the first one.")
        return ends

    @field_validator("areas", "equity_minutes", "on_supervision_minutes")
    @classmethod
    def _within(cls, part: dict[str, int] | int, info: Any) -> dict[str, int] | int:
        whole = info.data.get("minutes")
        shares = sum(part.values()) if isinstance(part, dict) else part
        if whole and shares > whole:
            raise ValueError(
                f"This is {hours(shares)} hours, but the training has {hours(whole)}; "
                "each minute counts once."
            )
        return part


class SupervisionEntry(Entry):
    """One meeting of reflective supervision received; `about_own` is about one's own providing."""

    met_on: PastDay
    minutes: Minutes
    provider: Line
    qualification: Short = ""
    form: Literal["individual", "group"] = "individual"
    about_own: Tick = False
    note: Note = ""


class PartEntry(Entry):
    """Work, a reference or a paper, and whether it is done: the references sent, the paper here."""

    kind: Literal["work", "reference", "paper"]
    title: Line
    starts: AnyDay = None
    ends: AnyDay = None
    done: Tick = False
    note: Note = ""

    @field_validator("ends")
    @classmethod
    def _in_order(cls, ends: dt.date | None, info: Any) -> dt.date | None:
        starts = info.data.get("starts")
        if ends and starts and ends < starts:
            raise ValueError("The last day is before the first one.")
        return ends


Row = PortfolioTraining | PortfolioSupervision | PortfolioPart
Written = TrainingEntry | SupervisionEntry | PartEntry
TABLES: dict[str, tuple[type[Written], type[Row], str]] = {
    "trainings": (TrainingEntry, PortfolioTraining, "training"),
    "supervision": (SupervisionEntry, PortfolioSupervision, "meeting"),
    "parts": (PartEntry, PortfolioPart, "line"),
}
"""Each list of a portfolio: how an entry is written, where it is kept, what one is called."""


def hours(minutes: int) -> str:
    """Minutes as clock hours with at most two decimals and no idle zeros."""
    return f"{minutes / 60:.2f}".rstrip("0").rstrip(".")


def new_id() -> str:
    """An id for an entry that is about to be written."""
    return uuid4().hex


def check_id(entry_id: str) -> str:
    """An id as it may come from a page or a file; raise `AnswerError` otherwise."""
    if not re.fullmatch(r"[A-Za-z0-9-]{1,64}", entry_id):
        raise AnswerError("an id has letters, digits and hyphens only", field="id")
    return entry_id


def row_of(
    session: Session, learner: Learner | None, name: str, entry_id: str, *, hold: bool = False
) -> Row | None:
    """One of a person's own entries; `hold` keeps others from changing it meanwhile."""
    if learner is None:
        return None
    table = TABLES[name][1]
    query = select(table).where(table.learner_id == learner.id, table.entry_id == entry_id)
    return cast("Row | None", session.scalar(query.with_for_update() if hold else query))


def save(
    session: Session,
    learner: Learner,
    name: str,
    entry: Written,
    *,
    entry_id: str,
    version: int,
    facts: Facts,
    at: dt.datetime,
) -> tuple[Row, bool]:
    """Write an entry and return it and whether it is new; `version` 0 is one not written yet.

    The same new entry sent twice is one entry. Raise `ConflictError` when somebody changed
    or removed it since `version` was read.
    """
    _, table, word = TABLES[name]
    if isinstance(entry, TrainingEntry):
        _check_areas(entry, facts)
    fields = entry.model_dump()
    row = row_of(session, learner, name, entry_id, hold=True)
    if row is None:
        if version:
            raise ConflictError(f"This {word} was removed in another window, so it was not saved.")
        _check_room(session, learner, table)
        row = table(learner_id=learner.id, entry_id=entry_id, **fields, version=1, changed=at)
        session.add(row)
        session.flush()
        return row, True
    if all(getattr(row, key) == value for key, value in fields.items()):
        return row, False
    if row.version != version:
        raise ConflictError(_changed(word))
    for key, value in fields.items():
        setattr(row, key, value)
    row.version += 1
    row.changed = at
    session.flush()
    return row, False


def _changed(word: str) -> str:
    return (
        f"This {word} was changed in another window since you opened it, so nothing was saved. "
        "Look at what is there now, then make your change again."
    )


def _check_areas(entry: TrainingEntry, facts: Facts) -> None:
    for area in entry.areas:
        if area not in facts.areas:
            raise AnswerError(f"There is no competency area {area!r}.", field="areas")


def _check_room(session: Session, learner: Learner, table: type[Row]) -> None:
    there = session.scalar(select(func.count(table.id)).where(table.learner_id == learner.id)) or 0
    if there >= MOST_ENTRIES:
        raise ConflictError(f"A portfolio holds at most {MOST_ENTRIES:,} entries of one kind.")


def remove(session: Session, learner: Learner, name: str, entry_id: str, *, version: int) -> None:
    """Take an entry out, its file with it; one that is gone already stays gone."""
    row = row_of(session, learner, name, entry_id, hold=True)
    if row is None:
        return
    if row.version != version:
        raise ConflictError(_changed(TABLES[name][2]))
    if isinstance(row, PortfolioTraining):
        detach(session, row)
    session.delete(row)


def save_plan(
    session: Session,
    learner: Learner,
    entry: PlanEntry,
    *,
    version: int,
    facts: Facts,
    at: dt.datetime,
) -> PortfolioPlan:
    """Write which Endorsement is worked toward; `version` 0 where nothing was chosen yet."""
    _check_known(entry, facts)
    row = session.get(PortfolioPlan, learner.id, with_for_update=True)
    fields = entry.model_dump()
    if row is None:
        row = PortfolioPlan(learner_id=learner.id, **fields, version=1, changed=at)
        session.add(row)
    elif any(getattr(row, key) != value for key, value in fields.items()):
        if row.version != version:
            raise ConflictError(_changed("choice"))
        for key, value in fields.items():
            setattr(row, key, value)
        row.version += 1
        row.changed = at
    session.flush()
    return row


def _check_known(entry: PlanEntry, facts: Facts) -> None:
    rules = facts.endorsement
    if entry.association and rules.association(entry.association) is None:
        raise AnswerError("Choose an association from the list.", field="association")
    if entry.category and rules.category(entry.category) is None:
        raise AnswerError("Choose a category from the list.", field="category")


# Files


@dataclass(frozen=True, slots=True)
class Proof:
    """A file that proves a training: its name, its ending, its bytes."""

    name: str
    ending: str
    data: bytes


def read_proof(name: str, data: bytes) -> Proof:
    """Look at what a file is, by its first bytes and not by its name; raise `AnswerError`."""
    if len(data) > LARGEST_FILE:
        raise AnswerError(
            f"A file may have {LARGEST_FILE // 1024**2} MB; this one has more.", field="file"
        )
    ending = _ending(data)
    if ending is None:
        raise AnswerError("Choose a PDF, a JPG or a PNG.", field="file")
    return Proof(_clean_name(name, ending), ending, data)


def _ending(data: bytes) -> str | None:
    if data.startswith(b"%PDF-"):
        return "pdf"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    return None


def _clean_name(name: str, ending: str) -> str:
    """A file's name without a path, without signs that mean something, and with its true ending."""
    last = re.split(r"[\\/]", name)[-1]
    stem = re.sub(r"\.(pdf|jpe?g|png)$", "", last, flags=re.I)
    kept = "".join(sign if sign.isalnum() or sign in " -_.()" else "_" for sign in stem)
    return f"{' '.join(kept.split()).strip('. ')[:LONGEST_NAME] or 'certificate'}.{ending}"


def file_of(session: Session, training: PortfolioTraining) -> PortfolioFile | None:
    """The file kept with a training, without its bytes until they are asked for."""
    return session.get(PortfolioFile, training.id)


def attach(
    session: Session, training: PortfolioTraining, proof: Proof, *, at: dt.datetime
) -> PortfolioFile:
    """Keep a file with a training, in place of the one before."""
    detach(session, training)
    kept = (
        session.scalar(
            select(func.sum(PortfolioFile.size))
            .join(PortfolioTraining, PortfolioTraining.id == PortfolioFile.training_id)
            .where(PortfolioTraining.learner_id == training.learner_id)
        )
        or 0
    )
    if kept + len(proof.data) > MOST_BYTES:
        raise ConflictError(
            f"The files of a portfolio may have {MOST_BYTES // 1024**2} MB together; "
            "remove one, or keep this one elsewhere."
        )
    row = PortfolioFile(
        training_id=training.id,
        name=proof.name,
        kind=KINDS[proof.ending],
        size=len(proof.data),
        data=proof.data,
        added=at,
    )
    session.add(row)
    session.flush()
    return row


def detach(session: Session, training: PortfolioTraining) -> None:
    """Forget the file of a training."""
    kept = file_of(session, training)
    if kept is not None:
        session.delete(kept)
        session.flush()


# Entries from a file of one's own


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the entries of a file: how many are new, were here, and why some are not."""

    added: int
    known: int
    refused: tuple[str, ...]


def take_in(
    session: Session, learner: Learner, told: Any, *, facts: Facts, at: dt.datetime
) -> Taken:
    """Add the entries of a portfolio file that are not here yet; what is here stays as it is."""
    if not isinstance(told, Mapping):
        raise AnswerError("This file holds no portfolio.", field="portfolio")
    added = known = 0
    refused: list[str] = []
    for name, (model, _, word) in TABLES.items():
        for number, given in enumerate(_listed(told.get(name)), start=1):
            where = f"{word} {number}"
            try:
                entry_id, entry = _read(model, given)
                if row_of(session, learner, name, entry_id) is not None:
                    known += 1
                    continue
                save(
                    session, learner, name, entry,
                    entry_id=entry_id, version=0, facts=facts, at=at,
                )  # fmt: skip
                added += 1
            except ValidationError as error:
                field, sentence = first_problem(error)
                refused.append(f"{where}, {field}: {sentence}")
            except AnswerError as error:
                refused.append(f"{where}, {error.field}: {error}")
    return Taken(added, known, tuple(refused))


def _listed(given: Any) -> Collection[Any]:
    return given if isinstance(given, list) else ()


def _read(model: type[Written], given: Any) -> tuple[str, Written]:
    if not isinstance(given, Mapping):
        raise AnswerError("this is no entry", field="entry")
    fields = {key: value for key, value in given.items() if key in model.model_fields}
    return check_id(str(given.get("id", ""))), model.model_validate(fields)


def first_problem(error: ValidationError) -> tuple[str, str]:
    """The field of the first thing that does not fit, and what to do about it."""
    first = error.errors(include_url=False, include_context=False)[0]
    field = str(first["loc"][0]) if first["loc"] else "entry"
    if first["type"] == "missing":
        return field, "Fill this in."
    return field, first["msg"].removeprefix("Value error, ")
