"""A portfolio: what a worker can show an association, counted and held against its pages.

Hours are Groundwork's own, from valid records, and those from elsewhere that the person wrote
in. What is missing is arithmetic on numbers that an association printed on a day; whether
anything counts is the association's to decide, and what is not known here is said to be so.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from .endorsement import ABOUT, ALWAYS_ASKED, Kind, Phase, Requirement, Rules
from .facts import Facts
from .log import (
    Enrolment,
    Learner,
    PortfolioFile,
    PortfolioPart,
    PortfolioPlan,
    PortfolioSupervision,
    PortfolioTraining,
    Record,
)
from .portfolio_entries import hours
from .records.contents import record_of, text_of
from .spreadsheets import csv_bytes

DAYS_A_YEAR = 365.25
State = Literal["enough", "short", "only_if", "unknown", "read"]


@dataclass(frozen=True, slots=True)
class Proof:
    """A file that is kept with a training, without its bytes."""

    name: str
    kind: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """One training, from here or from elsewhere; one from here has the id of its record."""

    id: str
    origin: Literal["groundwork", "elsewhere"]
    title: str
    starts: dt.date
    ends: dt.date
    minutes: int
    trainer: str
    sponsor: str
    areas: Mapping[str, int]
    equity_minutes: int = 0
    on_supervision_minutes: int = 0
    note: str = ""
    file: Proof | None = None
    version: int = 0

    @property
    def unassigned(self) -> int:
        """The minutes that no area was given."""
        return max(0, self.minutes - sum(self.areas.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """One meeting of reflective supervision received."""

    id: str
    met_on: dt.date
    minutes: int
    provider: str
    qualification: str
    form: str
    about_own: bool
    note: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Work, a reference or a paper."""

    id: str
    kind: str
    title: str
    starts: dt.date | None
    ends: dt.date | None
    done: bool
    note: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which Endorsement is worked toward; empty where nothing was chosen."""

    association: str = ""
    category: str = ""
    applies_on: dt.date | None = None
    endorsed_on: dt.date | None = None
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """Everything of one person's portfolio, newest first."""

    name: str = ""
    plan: Plan = Plan()
    trainings: Sequence[Training] = ()
    supervision: Sequence[Meeting] = ()
    parts: Sequence[Part] = ()

    def of_kind(self, kind: str) -> list[Part]:
        """The work, the references or the papers."""
        return [part for part in self.parts if part.kind == kind]


# Reading


def read_portfolio(session: Session, learner: Learner | None) -> Portfolio:
    """Fetch a person's portfolio; somebody who has written nothing yet has an empty one."""
    if learner is None:
        return Portfolio()
    trainings = [*_from_records(session, learner), *_from_elsewhere(session, learner)]
    return Portfolio(
        name=learner.name,
        plan=_plan(session, learner),
        trainings=sorted(trainings, key=lambda one: (one.ends, one.starts, one.id), reverse=True),
        supervision=_meetings(session, learner),
        parts=_parts(session, learner),
    )


def learner_of(session: Session, key: str) -> Learner | None:
    """The person of a key, if they ever did anything here."""
    return session.scalar(select(Learner).where(Learner.key == key))


def _plan(session: Session, learner: Learner) -> Plan:
    row = session.get(PortfolioPlan, learner.id)
    if row is None:
        return Plan()
    return Plan(
        association=row.association,
        category=row.category,
        applies_on=row.applies_on,
        endorsed_on=row.endorsed_on,
        version=row.version,
    )


def _from_elsewhere(session: Session, learner: Learner) -> list[Training]:
    files = {
        row.training_id: Proof(row.name, row.kind, row.size)
        for row in session.scalars(
            select(PortfolioFile)
            .join(PortfolioTraining, PortfolioTraining.id == PortfolioFile.training_id)
            .where(PortfolioTraining.learner_id == learner.id)
        )
    }
    rows = session.scalars(
        select(PortfolioTraining).where(PortfolioTraining.learner_id == learner.id)
    )
    return [
        Training(
            id=row.entry_id,
            origin="elsewhere",
            title=row.title,
            starts=row.starts,
            ends=row.ends,
            minutes=row.minutes,
            trainer=row.trainer,
            sponsor=row.sponsor,
            areas=row.areas,
            equity_minutes=row.equity_minutes,
            on_supervision_minutes=row.on_supervision_minutes,
            note=row.note,
            file=files.get(row.id),
            version=row.version,
        )
        for row in rows
    ]


def own_records(session: Session, learner: Learner) -> Sequence[Record]:
    """A person's valid records of modules, in whatever course they were earned.

    The record of a series holds the same minutes once more, and so is left out.
    """
    return session.scalars(
        select(Record)
        .join(Enrolment, Enrolment.id == Record.enrolment_id)
        .where(
            Enrolment.learner_id == learner.id,
            Record.status == "valid",
            Record.module.is_not(None),
        )
        .order_by(Record.issued)
        .options(defer(Record.pdf), defer(Record.png))
    ).all()


def _from_records(session: Session, learner: Learner) -> list[Training]:
    """Groundwork's own hours: each module once, by the record that holds the most of it."""
    best: dict[str, Training] = {}
    for record in own_records(session, learner):
        credential: dict[str, Any] = json.loads(record.json)
        told = record_of(credential)
        training = _of_record(record, credential, told)
        before = best.get(told["module"])
        if before is None or (before.minutes, before.ends) <= (training.minutes, training.ends):
            best[told["module"]] = training
    return list(best.values())


def _of_record(record: Record, credential: dict[str, Any], told: dict[str, Any]) -> Training:
    """A training as its own credential tells it, so that the portfolio says what the file says."""
    issuer = credential.get("issuer")
    people = record.facts or {}
    about = told["about"] + "\n" + _achievement(credential)
    return Training(
        id=record.id,
        origin="groundwork",
        title=record.title,
        starts=_day(told["started"]) or record.started.date(),
        ends=_day(told["completed"]) or record.completed.date(),
        minutes=told["minutes"] or 0,
        trainer=_named(people.get("instructor"))
        or _line(about, "Instructor: ")
        or _alone(people.get("authors"), about),
        sponsor=_named(people.get("sponsor"))
        or _line(about, "Sponsor: ")
        or (text_of(issuer, "name") if isinstance(issuer, dict) else ""),
        areas={row["area"]: row["minutes"] for row in told["areas"] if row["minutes"]},
        equity_minutes=told["equity_minutes"] or 0,
        on_supervision_minutes=told["supervision_minutes"] or 0,
    )


def _named(person: Mapping[str, str] | None) -> str:
    """A person with what qualifies them."""
    return ", ".join(filter(None, (person["name"], person["qualifications"]))) if person else ""


def _alone(authors: Sequence[str] | None, about: str) -> str:
    """Who taught somebody who learned alone: whoever wrote it."""
    named = ", ".join(authors) if authors else _line(about, "Authors: ")
    return f"Self-paced, written by {named}" if named else "Self-paced"


def _achievement(credential: Mapping[str, Any]) -> str:
    subject = credential.get("credentialSubject")
    achievement = subject.get("achievement") if isinstance(subject, dict) else None
    return text_of(achievement, "description") if isinstance(achievement, dict) else ""


def _line(text: str, start: str) -> str:
    """The rest of the line that begins in a certain way."""
    found = (line.removeprefix(start) for line in text.split("\n") if line.startswith(start))
    return next(found, "").rstrip(".")


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _meetings(session: Session, learner: Learner) -> list[Meeting]:
    rows = session.scalars(
        select(PortfolioSupervision)
        .where(PortfolioSupervision.learner_id == learner.id)
        .order_by(PortfolioSupervision.met_on.desc(), PortfolioSupervision.id.desc())
    )
    return [
        Meeting(
            id=row.entry_id,
            met_on=row.met_on,
            minutes=row.minutes,
            provider=row.provider,
            qualification=row.qualification,
            form=row.form,
            about_own=row.about_own,
            note=row.note,
            version=row.version,
        )
        for row in rows
    ]


def _parts(session: Session, learner: Learner) -> list[Part]:
    rows = session.scalars(
        select(PortfolioPart)
        .where(PortfolioPart.learner_id == learner.id)
        .order_by(PortfolioPart.id)
    )
    return [
        Part(
            id=row.entry_id,
            kind=row.kind,
            title=row.title,
            starts=row.starts,
            ends=row.ends,
            done=row.done,
            note=row.note,
            version=row.version,
        )
        for row in rows
    ]


# Hours by area


@dataclass(frozen=True, slots=True)
class AreaHours:
    """The minutes of one competency area, from here and from elsewhere."""

    area: str
    label: str
    domain: str
    groundwork: int
    elsewhere: int

    @property
    def minutes(self) -> int:
        """Both together."""
        return self.groundwork + self.elsewhere


def by_area(portfolio: Portfolio, facts: Facts) -> list[AreaHours]:
    """Every competency area, in the order of the areas file, those without minutes too."""
    sums: dict[str, dict[str, int]] = {"groundwork": {}, "elsewhere": {}}
    for training in portfolio.trainings:
        into = sums[training.origin]
        for area, minutes in training.areas.items():
            into[area] = into.get(area, 0) + minutes
    here, there = sums["groundwork"], sums["elsewhere"]
    known = [
        AreaHours(area.id, area.label, area.domain, here.get(area.id, 0), there.get(area.id, 0))
        for area in facts.areas.values()
    ]
    gone = sorted((set(here) | set(there)) - set(facts.areas))
    return known + [
        AreaHours(area, area, "", here.get(area, 0), there.get(area, 0)) for area in gone
    ]


@dataclass(frozen=True, slots=True)
class Totals:
    """What a portfolio adds up to, in minutes."""

    training: int
    groundwork: int
    equity: int
    on_supervision: int
    unassigned: int
    supervision: int
    supervision_on_own: int


def totals(portfolio: Portfolio, *, since: dt.date | None = None) -> Totals:
    """Add a portfolio up, or what of it ended on a day or later."""
    trainings = [one for one in portfolio.trainings if since is None or one.ends >= since]
    meetings = [one for one in portfolio.supervision if since is None or one.met_on >= since]
    return Totals(
        training=sum(one.minutes for one in trainings),
        groundwork=sum(one.minutes for one in trainings if one.origin == "groundwork"),
        equity=sum(one.equity_minutes for one in trainings),
        on_supervision=sum(one.on_supervision_minutes for one in trainings),
        unassigned=sum(one.unassigned for one in trainings),
        supervision=sum(one.minutes for one in meetings),
        supervision_on_own=sum(one.minutes for one in meetings if one.about_own),
    )


def years_of_work(parts: Iterable[Part], *, today: dt.date) -> float:
    """Years of the listed work, days that overlap counted once; work without an end goes on."""
    spans = sorted(
        (part.starts, min(part.ends or today, today))
        for part in parts
        if part.starts and part.starts <= today
    )
    days = 0
    reached = dt.date.min
    for starts, ends in spans:
        first = max(starts, reached)
        if ends >= first:
            days += (ends - first).days + 1
            reached = ends + dt.timedelta(days=1)
    return days / DAYS_A_YEAR


# The gap


@dataclass(frozen=True, slots=True)
class Standing:
    """One requirement and how far one is, in its own unit.

    `enough` and `short` compare two numbers; `only_if` is short of something that not everybody
    is asked for; `read` is for the person to read; `unknown` is not known here.
    """

    kind: Kind
    label: str
    unit: str
    state: State
    have: float | None
    missing: float | None
    asked: Requirement | None
    overdue: bool


@dataclass(frozen=True, slots=True)
class Cycle:
    """The present renewal cycle: its length, its first day and the day it is due."""

    years: int
    starts: dt.date
    due: dt.date


@dataclass(frozen=True, slots=True)
class Gap:
    """A portfolio held against what one association printed about one category."""

    first: Sequence[Standing]
    renewal: Sequence[Standing]
    cycle: Cycle | None


def gap(portfolio: Portfolio, rules: Rules, *, today: dt.date) -> Gap | None:
    """What is enough, what is short and what nobody here knows; None before a choice was made."""
    plan = portfolio.plan
    if not plan.association or not plan.category:
        return None
    asked = rules.of(plan.association, plan.category)
    cycle = _cycle(asked, today)
    ever = _measured(portfolio, totals(portfolio), today=today)
    lately = _measured_in(portfolio, cycle) if cycle else {}
    return Gap(
        first=[_standing(kind, asked.get(kind), ever, today) for kind in _kinds(asked, "first")],
        renewal=[
            _standing(kind, asked.get(kind), lately, today) for kind in _kinds(asked, "renewal")
        ],
        cycle=cycle,
    )


def _kinds(asked: Mapping[Kind, Requirement], phase: Phase) -> list[Kind]:
    return [
        kind
        for kind, about in ABOUT.items()
        if about.phase == phase and (kind in asked or kind in ALWAYS_ASKED[phase])
    ]


def _measured(portfolio: Portfolio, added: Totals, *, today: dt.date) -> dict[Kind, float]:
    return {
        "training": added.training / 60,
        "training-on-supervision": added.on_supervision / 60,
        "training-on-equity": added.equity / 60,
        "supervision": added.supervision / 60,
        "supervision-on-own": added.supervision_on_own / 60,
        "references": sum(part.done for part in portfolio.of_kind("reference")),
        "work": years_of_work(portfolio.of_kind("work"), today=today),
    }


def _measured_in(portfolio: Portfolio, cycle: Cycle) -> dict[Kind, float]:
    added = totals(portfolio, since=cycle.starts)
    return {
        "renewal-training": added.training / 60,
        "renewal-training-on-supervision": added.on_supervision / 60,
        "renewal-training-on-equity": added.equity / 60,
        "renewal-supervision": added.supervision / 60,
    }


def _standing(
    kind: Kind, asked: Requirement | None, have: Mapping[Kind, float], today: dt.date
) -> Standing:
    about = ABOUT[kind]
    held = have.get(kind)
    state: State
    missing = None
    if asked is None:
        state = "unknown"
    elif asked.amount is None or kind == "renewal-cycle":
        state = "read"
    elif held is None:
        state = "unknown"
    elif held >= asked.amount - 1e-9:
        state = "enough"
    else:
        state = "only_if" if asked.only_if else "short"
        missing = asked.amount - held
    overdue = asked is not None and asked.overdue(today)
    return Standing(kind, about.label, about.unit, state, held, missing, asked, overdue)


def _cycle(asked: Mapping[Kind, Requirement], today: dt.date) -> Cycle | None:
    """The cycle that a day falls in; None where its length or its day is not known."""
    length, due = asked.get("renewal-cycle"), asked.get("renewal-due")
    if length is None or due is None or not length.amount or due.day is None:
        return None
    years, ends = int(length.amount), due.day
    while ends < today:
        ends = _years_on(ends, years)
    return Cycle(years, _years_on(ends, -years) + dt.timedelta(days=1), ends)


def _years_on(day: dt.date, years: int) -> dt.date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # the 29th of February
        return day.replace(year=day.year + years, day=28)


# To type, to keep and to take along

COPY_FIELDS = (
    ("title", "Title of training"),
    ("dates", "Date or dates"),
    ("hours", "Clock hours"),
    ("trainer", "Trainer or presenter"),
    ("areas", "Competency areas"),
    ("sponsor", "Sponsor or organization"),
    ("comment", "Comment"),
)
"""The fields of one training in the order in which an application in EASy asks for them.

facts/field.md, section 3.2: the form itself was not seen, so the page says so.
"""


CSV_COLUMNS = (
    *("title", "first day", "last day", "clock hours", "trainer", "competency areas", "sponsor"),
    *("note", "equity hours", "hours on providing supervision", "from", "record", "file"),
)


def copy_lines(portfolio: Portfolio, facts: Facts) -> list[dict[str, str]]:
    """One line for each training, oldest first, its parts under the names of `COPY_FIELDS`."""
    return [
        {
            "title": one.title,
            "dates": days(one.starts, one.ends),
            "hours": hours(one.minutes),
            "trainer": one.trainer,
            "areas": areas_words(one, facts),
            "sponsor": one.sponsor,
            "comment": _comment(one),
        }
        for one in reversed(portfolio.trainings)
    ]


def days(starts: dt.date, ends: dt.date) -> str:
    """A day or two as American forms write them."""
    first, last = (f"{day:%m/%d/%Y}" for day in (starts, ends))
    return first if first == last else f"{first} to {last}"


def areas_words(training: Training, facts: Facts) -> str:
    """The areas of a training with their hours, in the order of the areas file."""
    order = [area for area in facts.areas if area in training.areas]
    order += sorted(set(training.areas) - set(order))
    labels = {area.id: area.label for area in facts.areas.values()}
    return "; ".join(
        f"{labels.get(area, area)} ({hours(training.areas[area])} h)" for area in order
    )


def _comment(training: Training) -> str:
    record = f"Groundwork record {training.id}." if training.origin == "groundwork" else ""
    return " ".join(filter(None, [" ".join(training.note.split()), record]))


def as_csv(portfolio: Portfolio, facts: Facts) -> bytes:
    """Every training as a table for any spreadsheet, oldest first."""
    rows = [CSV_COLUMNS]
    for one in reversed(portfolio.trainings):
        own = one.origin == "groundwork"
        rows.append(
            (
                *(one.title, one.starts.isoformat(), one.ends.isoformat(), hours(one.minutes)),
                *(one.trainer, areas_words(one, facts), one.sponsor, one.note),
                *(hours(one.equity_minutes), hours(one.on_supervision_minutes)),
                "Groundwork" if own else "elsewhere",
                one.id if own else "",
                one.file.name if one.file else "",
            )
        )
    return csv_bytes(rows)


def told(portfolio: Portfolio) -> dict[str, Any]:
    """The person's own entries as plain data, to keep or to bring to another portal."""
    plan = portfolio.plan
    return {
        "plan": {
            "association": plan.association,
            "category": plan.category,
            "applies_on": plan.applies_on,
            "endorsed_on": plan.endorsed_on,
        },
        "trainings": [
            {
                "id": one.id,
                "title": one.title,
                "starts": one.starts,
                "ends": one.ends,
                "minutes": one.minutes,
                "trainer": one.trainer,
                "sponsor": one.sponsor,
                "areas": dict(one.areas),
                "equity_minutes": one.equity_minutes,
                "on_supervision_minutes": one.on_supervision_minutes,
                "note": one.note,
                "file": one.file.name if one.file else None,
            }
            for one in portfolio.trainings
            if one.origin == "elsewhere"
        ],
        "supervision": [
            {
                "id": one.id,
                "met_on": one.met_on,
                "minutes": one.minutes,
                "provider": one.provider,
                "qualification": one.qualification,
                "form": one.form,
                "about_own": one.about_own,
                "note": one.note,
            }
            for one in portfolio.supervision
        ],
        "parts": [
            {
                "id": one.id,
                "kind": one.kind,
                "title": one.title,
                "starts": one.starts,
                "ends": one.ends,
                "done": one.done,
                "note": one.note,
            }
            for one in portfolio.parts
        ],
    }


FORMAT = "groundwork-portfolio"
VERSION = 1


def as_file(portfolio: Portfolio, *, now: dt.datetime) -> dict[str, Any]:
    """A portfolio as a file that another portal takes in."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "exported": now,
        "portfolio": told(portfolio),
        "groundwork": [
            {"record": one.id, "title": one.title, "minutes": one.minutes, "completed": one.ends}
            for one in portfolio.trainings
            if one.origin == "groundwork"
        ],
    }
