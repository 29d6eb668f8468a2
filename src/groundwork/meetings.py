"""What a meeting tool knows of a live session: its file of join and leave times, as attendance.

The lists of Zoom, Teams, Meet and their kin are read: whatever comes before and after the list
itself, first and last names in one column or two, days written either way round.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo

from sqlalchemy.orm import Session

from . import attendance, cohorts
from .attendance import counted_minutes
from .audit import Act
from .cohorts import Role
from .errors import AnswerError
from .log import LiveSession, Member
from .roster import Problem
from .spreadsheets import Line, find_columns, read_lines

COLUMNS = {
    "name": (
        "name", "name original name", "full name", "user name", "participant", "participant name",
        "display name", "attendee", "attendee name",
    ),
    "first": ("first name", "given name"),
    "last": ("last name", "surname", "family name"),
    "email": ("email", "user email", "e mail", "email address", "participant email"),
    "join": ("join time", "joined", "joined at", "time joined", "join", "entry time"),
    "leave": ("leave time", "left", "left at", "time exited", "leave", "exit time"),
}  # fmt: skip
DAY = timedelta(days=1)
CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?\s*([ap])?\.?m?\.?$", re.I)
DATE = re.compile(r"(\d{1,4})[/.\-](\d{1,2})[/.\-](\d{1,4})[,\sT]*")
ASIDE = re.compile(r"\([^)]*\)|\[[^\]]*\]")
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Somebody of the cohort who was in the meeting."""

    member_id: int
    name: str
    spans: list[Span]
    minutes: int
    present: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a meeting file would say.

    `unknown` are names of nobody in the cohort, with minutes; `kept` are learners whose minutes
    a person has set, which a file does not change.
    """

    found: list[Found] = field(default_factory=list)
    unknown: dict[str, int] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """The preview in words, one line each."""
        for problem in self.problems:
            yield str(problem)
        for one in self.found:
            yield f"{one.name}: {one.minutes} min, {'present' if one.present else 'too short'}"
        for name in self.kept:
            yield f"{name}: set by hand before, and kept"
        for name, minutes in self.unknown.items():
            yield f"{name}: {minutes} min, but nobody of that name or e-mail is in the cohort"
        for name in self.absent:
            yield f"{name}: not in the file"


@dataclass(frozen=True, slots=True)
class _Was:
    """One stay in a meeting, as a line says it."""

    name: str
    email: str
    span: Span


def preview(
    session: Session,
    planned: LiveSession,
    data: bytes,
    *,
    zone: tzinfo | None = None,
    assigned: Mapping[str, int] | None = None,
) -> Preview:
    """Say what a meeting file would change; change nothing.

    Times without a zone are in the cohort's own unless `zone` says otherwise; `assigned` gives
    names of the file that nobody has to the learners they belong to.
    """
    cohort = cohorts.cohort_of(session, planned.course)
    stays, problems = read_meeting(
        data, starts=planned.starts, zone=zone or cohorts.zone(cohort.time_zone)
    )
    people = cohorts.members(session, planned.course, Role.LEARNER)
    known = _Known(people, assigned or {})
    spans: dict[int, list[Span]] = {}
    strangers: dict[str, list[Span]] = {}
    for stay in stays:
        member = known.find(stay)
        if member is None:
            strangers.setdefault(stay.name or stay.email, []).append(stay.span)
        else:
            spans.setdefault(member.id, []).append(stay.span)
    by_hand = {
        seat.member_id
        for seat in attendance.seats(session, planned)
        if seat.how in ("make_up", "correction")
    }
    return Preview(
        found=[
            _found(member, spans[member.id], planned)
            for member in people
            if member.id in spans and member.id not in by_hand
        ],
        unknown={name: _minutes(times, planned) for name, times in strangers.items()},
        kept=[cohorts.shown_name(one) for one in people if one.id in by_hand],
        absent=[
            cohorts.shown_name(one)
            for one in people
            if one.id not in spans and one.id not in by_hand
        ],
        problems=problems,
    )


def _found(member: Member, spans: list[Span], planned: LiveSession) -> Found:
    minutes = _minutes(spans, planned)
    return Found(
        member_id=member.id,
        name=cohorts.shown_name(member),
        spans=sorted(spans),
        minutes=minutes,
        present=minutes >= planned.needed,
    )


def _minutes(spans: Sequence[Span], planned: LiveSession) -> int:
    return counted_minutes(spans, starts=planned.starts, planned=planned.minutes)


def apply(
    session: Session,
    planned: LiveSession,
    data: bytes,
    *,
    zone: tzinfo | None = None,
    assigned: Mapping[str, int] | None = None,
    act: Act,
) -> Preview:
    """Write down what a meeting file says, in the caller's transaction; refuse bad lines."""
    made = preview(session, planned, data, zone=zone, assigned=assigned)
    if made.problems:
        raise AnswerError("; ".join(map(str, made.problems)), field="file")
    for one in made.found:
        member = cohorts.member(session, planned.course, one.member_id)
        attendance.record(
            session, planned, member, minutes=one.minutes, how="file", spans=one.spans, act=act
        )
    return made


class _Known:
    """The learners of a cohort, looked up by what a meeting tool calls them."""

    def __init__(self, people: Sequence[Member], assigned: Mapping[str, int]) -> None:
        by_id = {one.id: one for one in people}
        self.assigned = {name.casefold(): by_id[at] for name, at in assigned.items() if at in by_id}
        self.by_email = {one.email: one for one in people if one.email}
        self.by_key = {one.key.casefold(): one for one in people if one.key}
        self.by_name: dict[str, list[Member]] = {}
        for one in people:
            self.by_name.setdefault(_plain(one.name), []).append(one)

    def find(self, stay: _Was) -> Member | None:
        said = self.assigned.get((stay.name or stay.email).casefold())
        if said is not None:
            return said
        email = stay.email.casefold()
        if email:
            found = self.by_email.get(email) or self.by_key.get(email)
            if found is not None:
                return found
        same = self.by_name.get(_plain(stay.name), []) if stay.name else []
        return same[0] if len(same) == 1 else None


def _plain(name: str) -> str:
    """A name without what people put after it, like pronouns."""
    return " ".join(ASIDE.sub(" ", name).casefold().split())


def read_meeting(
    data: bytes, *, starts: datetime, zone: tzinfo
) -> tuple[list[_Was], list[Problem]]:
    """Read who was in a meeting from when to when; every line that cannot be used is named."""
    lines = read_lines(data)
    head, columns = _head(lines)
    stays: list[_Was] = []
    problems: list[Problem] = []
    for line in lines[head + 1 :]:
        if line.blank or re.match(r"\d+\.\s", line.cells[0]):
            break
        try:
            stays.append(_stay(line, columns, starts, zone))
        except AnswerError as error:
            problems.append(Problem(line.number, str(error)))
    return stays, problems


def _head(lines: Sequence[Line]) -> tuple[int, dict[str, int]]:
    for at, line in enumerate(lines):
        columns = find_columns(line.cells, COLUMNS)
        if {"join", "leave"} <= columns.keys() and {"name", "first", "email"} & columns.keys():
            return at, columns
    raise AnswerError(
        "no line names the columns: name or e-mail, join time, leave time", field="file"
    )


def _stay(line: Line, columns: Mapping[str, int], starts: datetime, zone: tzinfo) -> _Was:
    said = {kind: line.cells[at] if at < len(line.cells) else "" for kind, at in columns.items()}
    name = said.get("name") or " ".join(filter(None, (said.get("first"), said.get("last"))))
    email = said.get("email", "")
    if not (name or email):
        raise AnswerError("neither a name nor an e-mail stands in it", field="file")
    joined = _moment(said["join"], "join", starts, zone)
    left = _moment(said["leave"], "leave", starts, zone)
    if left < joined:
        raise AnswerError(f"{name or email} leaves before they join", field="file")
    return _Was(name, email, (joined, left))


def _moment(text: str, kind: str, starts: datetime, zone: tzinfo) -> datetime:
    """A time as a tool writes it; of two readings, the one nearer to the session."""
    if not text:
        raise AnswerError(f"there is no {kind} time", field="file")
    readings = list(_readings(text, starts, zone))
    if not readings:
        raise AnswerError(f"{text[:40]!r} is no time that can be read", field="file")
    nearest = min(readings, key=lambda moment: abs(moment - starts))
    if abs(nearest - starts) > DAY:
        raise AnswerError(f"{text[:40]} is not on the day of the session", field="file")
    return nearest


def _readings(text: str, starts: datetime, zone: tzinfo) -> Iterator[datetime]:
    try:
        exact = datetime.fromisoformat(text)
    except ValueError:
        pass
    else:
        if len(text) > len("2026-11-02"):
            yield exact if exact.tzinfo else exact.replace(tzinfo=zone)
            return
    dated = DATE.match(text)
    clock = CLOCK.match(text[dated.end() :] if dated else text)
    if clock is None:
        return
    hour, minute, second = int(clock[1]), int(clock[2]), int(clock[3] or 0)
    if clock[4]:
        if not 1 <= hour <= 12:
            return
        hour = hour % 12 + 12 * (clock[4].lower() == "p")
    days = list(_days(dated)) if dated else _near(starts.astimezone(zone).date())
    for day in days:
        try:
            yield datetime.combine(day, time(hour, minute, second), tzinfo=zone)
        except ValueError:
            return


def _near(day: date) -> list[date]:
    return [day - DAY, day, day + DAY]


def _days(dated: re.Match[str]) -> Iterator[date]:
    """The days that three numbers may mean."""
    first, second, third = (int(part) for part in dated.groups())
    orders = [(third, first, second), (third, second, first)]
    if len(dated[1]) == 4:
        orders = [(first, second, third)]
    for year, month, day in orders:
        try:
            yield date(year + 2000 * (year < 100), month, day)
        except ValueError:
            continue
