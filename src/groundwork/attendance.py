"""Attendance: live sessions, who was there, and for how long.

The rule for minutes: the times somebody was in are put together, cut to the session's own
beginning and planned end, and rounded down to whole minutes; so nobody has more than was
planned, and coming back twice counts once. Whoever has the minutes a session asks for (50 of
60 unless it says otherwise) was present. Tapping a name means the whole session.
A made-up session counts like one attended, and says how it was made up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, Literal

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from . import audit, cohorts
from .audit import Act
from .cohorts import Role
from .errors import AnswerError, ConflictError
from .log import Attendance, LiveSession, Member

SHARE_NEEDED = Fraction(5, 6)
"""50 of 60 minutes."""
MOST_MINUTES = 480
_SESSIONS = (
    select(LiveSession)
    .where(LiveSession.course == bindparam("course"), LiveSession.canceled.is_(None))
    .order_by(LiveSession.starts, LiveSession.id)
)
How = Literal["tap", "file", "make_up", "correction"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """What is said about a live session; `needed` minutes make somebody present."""

    title: str
    starts: datetime
    minutes: int
    module: str | None = None
    needed: int | None = None
    required: bool = True

    def __post_init__(self) -> None:
        cohorts.check_words(self.title, field="title")
        if not self.title.strip():
            raise AnswerError("a live session needs a title", field="title")
        if self.starts.tzinfo is None:
            raise AnswerError("the time of a live session needs a time zone", field="starts")
        if not 1 <= self.minutes <= MOST_MINUTES:
            raise AnswerError(f"planned minutes are 1 to {MOST_MINUTES}", field="minutes")
        if self.needed is None:
            object.__setattr__(self, "needed", -int(-self.minutes * SHARE_NEEDED // 1))
        if not 1 <= int(self.needed or 0) <= self.minutes:
            raise AnswerError("the minutes needed are 1 to those planned", field="needed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attended:
    """One learner and one live session: the minutes that count, and how they are known."""

    session_id: int
    title: str
    module: str | None
    starts: datetime
    planned: int
    needed: int
    required: bool
    minutes: int = 0
    how: How | None = None
    at: datetime | None = None

    @property
    def present(self) -> bool:
        """Whether enough minutes count."""
        return self.minutes >= self.needed


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A learner on the list of one live session."""

    member_id: int
    name: str
    minutes: int
    present: bool
    how: How | None
    note: str
    spans: list[list[str]] = field(default_factory=list)


# --- the sessions ----------------------------------------------------------------------------


def schedule_session(session: Session, course: str, meeting: Meeting, *, act: Act) -> LiveSession:
    """Plan a live session."""
    cohorts.cohort_of(session, course)
    row = LiveSession(course=course, version=1, canceled=None, **_said(meeting))
    session.add(row)
    audit.note(session, act, "session.plan", course=course, after=_said(meeting))
    session.flush()
    return row


def change_session(
    session: Session, row: LiveSession, meeting: Meeting, *, version: int, act: Act
) -> None:
    """Change a live session that was read at a version."""
    audit.edit(session, act, "session.change", row, _said(meeting), version=version)


def cancel_session(session: Session, row: LiveSession, *, version: int, act: Act) -> None:
    """Call a live session off: nobody needs it any more."""
    audit.edit(session, act, "session.cancel", row, {"canceled": act.at}, version=version)


def _said(meeting: Meeting) -> dict[str, Any]:
    return {name: getattr(meeting, name) for name in Meeting.__dataclass_fields__}


def sessions(session: Session, course: str) -> Sequence[LiveSession]:
    """The live sessions of a cohort that take place, in the order of time."""
    return session.scalars(_SESSIONS, {"course": course}).all()


def session_of(session: Session, course: str, session_id: int) -> LiveSession:
    """A live session by its id; raise `ConflictError` when it is not of this course."""
    found = session.get(LiveSession, session_id)
    if found is None or found.course != course:
        raise ConflictError("There is no live session of that number in this cohort.")
    return found


# --- who was there ---------------------------------------------------------------------------


def attended(
    session: Session, course: str, member_ids: Sequence[int] | None = None
) -> dict[int, list[Attended]]:
    """What each learner attended, in the order of time; for everybody of the course or some."""
    planned = sessions(session, course)
    if not planned:
        return {}
    rows = _latest(session, [one.id for one in planned], member_ids)
    if member_ids is None:
        member_ids = [one.id for one in cohorts.members(session, course, Role.LEARNER)]
    return {
        member: [_attended(one, rows.get((one.id, member))) for one in planned]
        for member in member_ids
    }


def _attended(planned: LiveSession, row: Attendance | None) -> Attended:
    return Attended(
        session_id=planned.id,
        title=planned.title,
        module=planned.module,
        starts=planned.starts,
        planned=planned.minutes,
        needed=planned.needed,
        required=planned.required,
        minutes=min(row.minutes, planned.minutes) if row else 0,
        how=row.how if row else None,  # type: ignore[arg-type]  # written as one of How
        at=row.at if row else None,
    )


def _latest(
    session: Session, session_ids: Sequence[int], member_ids: Sequence[int] | None
) -> dict[tuple[int, int], Attendance]:
    """The entry that counts, by live session and learner."""
    latest = select(func.max(Attendance.id)).where(Attendance.live_session_id.in_(session_ids))
    if member_ids is not None:
        latest = latest.where(Attendance.member_id.in_(member_ids))
    latest = latest.group_by(Attendance.live_session_id, Attendance.member_id)
    rows = session.scalars(select(Attendance).where(Attendance.id.in_(latest)))
    return {(row.live_session_id, row.member_id): row for row in rows}


def seats(session: Session, planned: LiveSession) -> list[Seat]:
    """The list of a live session: every learner of the cohort, by name."""
    rows = _latest(session, [planned.id], None)
    listed = []
    for member in cohorts.members(session, planned.course, Role.LEARNER):
        row = rows.get((planned.id, member.id))
        told = _attended(planned, row)
        listed.append(
            Seat(
                member_id=member.id,
                name=cohorts.shown_name(member),
                minutes=told.minutes,
                present=told.present,
                how=told.how,
                note=row.note if row else "",
                spans=row.spans if row else [],
            )
        )
    return listed


def tap(
    session: Session, planned: LiveSession, member: Member, *, present: bool, act: Act
) -> Attendance:
    """Somebody was there for the whole session, or was not."""
    minutes = planned.minutes if present else 0
    return record(session, planned, member, minutes=minutes, how="tap", act=act)


def make_up(
    session: Session, planned: LiveSession, member: Member, *, minutes: int, note: str, act: Act
) -> Attendance:
    """A missed session was made up: by what, and how many minutes that counts for."""
    if not note.strip():
        raise AnswerError("say what was done in place of the session", field="note")
    return record(session, planned, member, minutes=minutes, how="make_up", note=note, act=act)


def correct(
    session: Session, planned: LiveSession, member: Member, *, minutes: int, note: str, act: Act
) -> Attendance:
    """The minutes were others than is written, for a stated reason."""
    if not note.strip():
        raise AnswerError("say why the minutes are others", field="note")
    return record(session, planned, member, minutes=minutes, how="correction", note=note, act=act)


def record(
    session: Session,
    planned: LiveSession,
    member: Member,
    *,
    minutes: int,
    how: How,
    spans: Sequence[tuple[datetime, datetime]] = (),
    note: str = "",
    act: Act,
) -> Attendance:
    """Add an entry about one learner, and note it."""
    if member.course != planned.course or member.role != Role.LEARNER:
        raise ConflictError("Only learners of the same cohort are on its lists.")
    if planned.canceled is not None:
        raise ConflictError(f"“{planned.title}” was called off.")
    if not 0 <= minutes <= planned.minutes:
        raise AnswerError(f"minutes are 0 to the {planned.minutes} planned", field="minutes")
    if len(note) > 1000:
        raise AnswerError("at most 1,000 characters are kept", field="note")
    before = _latest(session, [planned.id], [member.id]).get((planned.id, member.id))
    row = Attendance(
        live_session_id=planned.id,
        member_id=member.id,
        minutes=minutes,
        how=how,
        spans=[[start.isoformat(), end.isoformat()] for start, end in spans],
        note=note,
        by=act.by,
        at=act.at,
    )
    session.add(row)
    audit.note(
        session, act, "attendance", course=planned.course, member_id=member.id,
        before={"minutes": before.minutes, "how": before.how} if before else {},
        after={"session": planned.id, "minutes": minutes, "how": how, "note": note},
    )  # fmt: skip
    session.flush()
    return row


def counted_minutes(
    spans: Iterable[tuple[datetime, datetime]], *, starts: datetime, planned: int
) -> int:
    """Whole minutes inside the session that the spans cover together."""
    ends = starts + timedelta(minutes=planned)
    cut = sorted((max(start, starts), min(end, ends)) for start, end in spans)
    inside = timedelta()
    reached = starts
    for start, end in cut:
        if end > max(start, reached):
            inside += end - max(start, reached)
            reached = end
    return int(inside.total_seconds() // 60)


def by_module(told: Sequence[Attended]) -> Mapping[str, list[Attended]]:
    """What a learner attended, by the module it belongs to."""
    found: dict[str, list[Attended]] = {}
    for one in told:
        if one.module is not None:
            found.setdefault(one.module, []).append(one)
    return found
