"""What a form of the portfolio page holds, and how it becomes an entry.

A form sends text. It is read into the same models that the API reads, so that both say the
same of what does not fit, and what was typed is shown again beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from ..portfolio import Meeting, Part, Training
from ..portfolio_entries import TABLES, PlanEntry, Written, hours

Typed = Mapping[str, str]
AREA_ROWS = 4
SPARE_ROWS = 2
MOST_ROWS = 60
HOURS_FIELDS = {
    "minutes": "hours",
    "equity_minutes": "equity_hours",
    "on_supervision_minutes": "on_supervision_hours",
}
"""What a model counts in minutes and the training form asks for in hours."""

HOURS = re.compile(r"(\d{1,4})(?:[.,](\d{1,4}))?")
CLOCK = re.compile(r"(\d{1,4}):([0-5]\d)")
NO_HOURS = "Write hours as a number, like 1.5 or 1:30."


@dataclass(frozen=True, slots=True)
class Reading:
    """A form as it was read: an entry, or what does not fit by the name of its field."""

    entry: Written | PlanEntry | None = None
    problems: Mapping[str, str] = field(default_factory=dict)


def minutes_of(text: str) -> int:
    """Hours as people type them (1.5, 1,5 or 1:30) in minutes; raise `ValueError` otherwise."""
    text = text.strip().removesuffix("h").strip()
    clock = CLOCK.fullmatch(text)
    if clock:
        return int(clock[1]) * 60 + int(clock[2])
    if not HOURS.fullmatch(text):
        raise ValueError(NO_HOURS)
    return round(float(text.replace(",", ".")) * 60)


def read_form(name: str, typed: Typed) -> Reading:
    """Read the form of one entry of a list."""
    if name == "trainings":
        return _training(typed)
    if name == "supervision":
        return _meeting(typed)
    given = _plain(typed, ("kind", "title", "starts", "ends", "note"))
    return _entry(name, {**given, "done": bool(typed.get("done"))}, {})


def read_plan(typed: Typed) -> Reading:
    """Read the form of which Endorsement is worked toward."""
    given = _plain(typed, ("association", "category", "applies_on", "endorsed_on"))
    try:
        return Reading(PlanEntry.model_validate(given))
    except ValidationError as error:
        return Reading(None, _problems(error))


def _training(typed: Typed) -> Reading:
    given: dict[str, Any] = _plain(typed, ("title", "starts", "ends", "trainer", "sponsor", "note"))
    wrong: dict[str, str] = {}
    for name, asked in HOURS_FIELDS.items():
        text = typed.get(asked, "").strip()
        try:
            given[name] = minutes_of(text) if text else 0
        except ValueError as error:
            wrong[asked] = str(error)
    given["areas"] = _areas(typed, wrong)
    if not typed.get("hours", "").strip():
        wrong["hours"] = "Fill this in."
    return _entry("trainings", given, wrong)


def _areas(typed: Typed, wrong: dict[str, str]) -> dict[str, int]:
    areas: dict[str, int] = {}
    for row in range(1, MOST_ROWS + 1):
        area, text = (typed.get(f"{name}-{row}", "").strip() for name in ("area", "area_hours"))
        if not area and not text:
            continue
        if not area:
            wrong[f"area-{row}"] = "Choose the area of these hours."
            continue
        try:
            areas[area] = areas.get(area, 0) + minutes_of(text)
        except ValueError as error:
            wrong[f"area_hours-{row}"] = str(error)
    return areas


def _meeting(typed: Typed) -> Reading:
    given: dict[str, Any] = _plain(typed, ("met_on", "provider", "qualification", "form", "note"))
    text = typed.get("minutes", "").strip()
    wrong: dict[str, str] = {}
    if re.fullmatch(r"\d{1,5}", text):
        given["minutes"] = int(text)
    else:
        wrong["minutes"] = "Write whole minutes, like 60."
    given["about_own"] = bool(typed.get("about_own"))
    return _entry("supervision", given, wrong)


def _plain(typed: Typed, names: tuple[str, ...]) -> dict[str, str]:
    return {name: typed[name] for name in names if name in typed}


def _entry(name: str, given: Mapping[str, Any], wrong: Mapping[str, str]) -> Reading:
    try:
        entry = TABLES[name][0].model_validate(given)
    except ValidationError as error:
        return Reading(None, {**_problems(error), **wrong})
    return Reading(None, wrong) if wrong else Reading(entry)


def _problems(error: ValidationError) -> dict[str, str]:
    """What does not fit, by the name that the form gives a field; the first of each counts."""
    found: dict[str, str] = {}
    for one in error.errors(include_url=False, include_context=False):
        name = str(one["loc"][0]) if one["loc"] else "title"
        missing = one["type"] in ("missing", "literal_error")
        sentence = "Fill this in." if missing else one["msg"].removeprefix("Value error, ")
        found.setdefault(form_field(name), sentence)
    return found


def form_field(name: str) -> str:
    """The form's name for a field of a model."""
    return {**HOURS_FIELDS, "areas": "area_hours-1"}.get(name, name)


# The other way: an entry as a form shows it


def typed_of(entry: Training | Meeting | Part) -> dict[str, str]:
    """An entry as the text of its form."""
    match entry:
        case Training():
            return _typed_training(entry)
        case Meeting():
            return {
                "met_on": entry.met_on.isoformat(),
                "minutes": str(entry.minutes),
                "provider": entry.provider,
                "qualification": entry.qualification,
                "form": entry.form,
                "about_own": "on" if entry.about_own else "",
                "note": entry.note,
            }
        case Part():
            return {
                "kind": entry.kind,
                "title": entry.title,
                "starts": entry.starts.isoformat() if entry.starts else "",
                "ends": entry.ends.isoformat() if entry.ends else "",
                "done": "on" if entry.done else "",
                "note": entry.note,
            }


def _typed_training(one: Training) -> dict[str, str]:
    typed = {
        "title": one.title,
        "starts": one.starts.isoformat(),
        "ends": "" if one.ends == one.starts else one.ends.isoformat(),
        "hours": hours(one.minutes),
        "trainer": one.trainer,
        "sponsor": one.sponsor,
        "equity_hours": hours(one.equity_minutes) if one.equity_minutes else "",
        "on_supervision_hours": (
            hours(one.on_supervision_minutes) if one.on_supervision_minutes else ""
        ),
        "note": one.note,
    }
    for row, (area, minutes) in enumerate(one.areas.items(), start=1):
        typed |= {f"area-{row}": area, f"area_hours-{row}": hours(minutes)}
    return typed


def area_rows(typed: Typed) -> range:
    """The numbers of the area rows that a form shows: those that are filled, and some to spare."""
    filled = [row for row in range(1, MOST_ROWS + 1) if typed.get(f"area-{row}")]
    last = max([*(row + SPARE_ROWS for row in filled), AREA_ROWS])
    return range(1, min(last, MOST_ROWS) + 1)
