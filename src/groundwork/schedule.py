"""Schedules: which module is open for whom, until when, and why a quiz is refused.

Days are days in the cohort's time zone: a module opens when its first day begins there and is
due when its last day ends, whatever the clocks do in between. Reading is never closed.
What one learner was given on top (own days, extra days, attempts set aside) is theirs alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from . import audit, cohorts
from .audit import Act
from .course import Module
from .errors import AnswerError, ConflictError
from .log import (
    Accommodation,
    Attempt,
    Cohort,
    CohortModule,
    Enrolment,
    Extension,
    Member,
    Reset,
    store,
)
from .settings import SELF_STUDY

MOST_EXTRA_DAYS = 365
GRACE = timedelta(hours=2)
"""Whoever began before a quiz closed may still hand it in for so long."""
State = Literal["waiting", "open", "overdue", "closed"]
"""Not open yet; open; past its day and still taken; past its day and taken no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """When a module is worked on in a cohort; `closes` refuses a quiz after the due day."""

    opens_on: date | None = None
    due_on: date | None = None
    closes: bool = False
    precheck_first: bool = False

    def __post_init__(self) -> None:
        _check_order(self.opens_on, self.due_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A module as it stands for one learner at one moment; `own` says that their days differ."""

    module: str
    opens: datetime | None
    due: datetime | None
    opens_on: date | None
    due_on: date | None
    closes: bool
    precheck_first: bool
    state: State
    own: bool
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The modules of a cohort for one learner; no modules named means all, always open."""

    cohort: Cohort
    zone: ZoneInfo
    modules: Mapping[str, Planned] = field(default_factory=dict)

    def of(self, module: str) -> Planned | None:
        """One module of it."""
        return self.modules.get(module)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An accommodation, for the learner and whoever teaches them."""

    id: int
    member_id: int
    extra_days: int
    alternative: str
    by: str
    at: datetime


# --- what is open ----------------------------------------------------------------------------


def plan(session: Session, course: str, member: Member | None, *, now: datetime) -> Plan:
    """The schedule of a cohort, as it is for one of its people or, with none, for all."""
    cohort = cohorts.cohort_of(session, course)
    rows = module_rows(session, course)
    own = extensions(session, [member.id]).get(member.id, {}) if member else {}
    extra = extra_days(session, [member.id]).get(member.id, 0) if member else 0
    return made_plan(cohort, rows, own, extra, now=now)


def made_plan(
    cohort: Cohort,
    rows: Sequence[CohortModule],
    own: Mapping[str, Extension],
    extra: int,
    *,
    now: datetime,
) -> Plan:
    """Put a cohort's days and a learner's own together."""
    zone = ZoneInfo(cohort.time_zone)
    planned = {row.module: _planned(row, own.get(row.module), extra, zone, now) for row in rows}
    return Plan(cohort=cohort, zone=zone, modules=planned)


def _planned(
    row: CohortModule, own: Extension | None, extra: int, zone: ZoneInfo, now: datetime
) -> Planned:
    opens_on, due_on = row.opens_on, row.due_on
    if own is not None:
        opens_on, due_on = own.opens_on or opens_on, own.due_on or due_on
    if due_on is not None:
        due_on += timedelta(days=extra)
    opens = day_begins(opens_on, zone) if opens_on else None
    due = day_begins(due_on + timedelta(days=1), zone) if due_on else None
    return Planned(
        module=row.module,
        opens=opens,
        due=due,
        opens_on=opens_on,
        due_on=due_on,
        closes=row.closes,
        precheck_first=row.precheck_first,
        state=_state(opens, due, now, closes=row.closes),
        own=(opens_on, due_on) != (row.opens_on, row.due_on),
        version=row.version,
    )


def _state(opens: datetime | None, due: datetime | None, now: datetime, *, closes: bool) -> State:
    if opens is not None and now < opens:
        return "waiting"
    if due is None or now < due:
        return "open"
    return "closed" if closes else "overdue"


def day_begins(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a day in a zone, also where clocks skip midnight or have it twice."""
    return datetime.combine(day, time(), tzinfo=zone)


def words(day: date) -> str:
    """A day in words."""
    return f"{day:%A, %B} {day.day}, {day.year}"


def check_open(
    session: Session,
    key: str,
    course: str,
    module: Module,
    *,
    purpose: str,
    sat: Sequence[Attempt],
    began: datetime | None = None,
    now: datetime,
) -> None:
    """Raise `ConflictError`, in a sentence for the learner, when a quiz is not to be taken now."""
    if course == SELF_STUDY:
        return
    member = cohorts.member_of(session, key, course)
    made = plan(session, course, member, now=now)
    check_running(made.cohort)
    planned = made.of(module.id)
    title = module.meta.title
    if planned is None:
        if made.modules:
            raise ConflictError(f"“{title}” is not part of {made.cohort.name}.")
        return
    if planned.state == "waiting" and planned.opens_on:
        raise ConflictError(
            f"The quiz of “{title}” opens on {words(planned.opens_on)}. "
            "You may read its lessons before."
        )
    if planned.state == "closed" and planned.due_on and not _in_time(planned, began, now):
        raise ConflictError(
            f"The quiz of “{title}” was due on {words(planned.due_on)} and is closed. "
            "Your instructor can give you another day."
        )
    if purpose == "quiz" and planned.precheck_first and not sat:
        raise ConflictError(f"Take the pre-check of “{title}” first; it does not count.")


def _in_time(planned: Planned, began: datetime | None, now: datetime) -> bool:
    due = planned.due
    return began is not None and due is not None and began < due and now < due + GRACE


def check_running(cohort: Cohort) -> None:
    """Refuse what would add to an archived cohort."""
    if cohort.archived is not None:
        raise ConflictError(f"{cohort.name} has ended; what you did in it can be read, not added.")


def module_rows(session: Session, course: str) -> Sequence[CohortModule]:
    """The modules of a cohort, in the order they open; those without a day as they were named."""
    rows = session.scalars(
        select(CohortModule).where(CohortModule.course == course).order_by(CohortModule.id)
    ).all()
    return sorted(rows, key=lambda row: (row.opens_on or date.min, row.id))


def extensions(session: Session, member_ids: Sequence[int]) -> dict[int, dict[str, Extension]]:
    """The days that count for each learner and module, where they have their own."""
    latest = (
        select(func.max(Extension.id))
        .where(Extension.member_id.in_(member_ids))
        .group_by(Extension.member_id, Extension.module)
    )
    found: dict[int, dict[str, Extension]] = {}
    for row in session.scalars(select(Extension).where(Extension.id.in_(latest))):
        found.setdefault(row.member_id, {})[row.module] = row
    return found


def extra_days(session: Session, member_ids: Sequence[int]) -> dict[int, int]:
    """The days on top of every due day that learners have as an accommodation."""
    rows = session.execute(
        select(Accommodation.member_id, func.max(Accommodation.extra_days))
        .where(Accommodation.member_id.in_(member_ids), Accommodation.ended.is_(None))
        .group_by(Accommodation.member_id)
    )
    return {member: days for member, days in rows}


# --- what a person sets ----------------------------------------------------------------------


def add_module(
    session: Session, course: str, module: str, days: Days, *, known: Sequence[str], act: Act
) -> CohortModule:
    """Put another module into a cohort."""
    cohorts.cohort_of(session, course)
    cohorts.check_modules([module], known)
    if _row(session, course, module) is not None:
        raise ConflictError(f"{module} is in this cohort already.")
    row = cohorts.plain_module(course, module)
    _set(row, days)
    session.add(row)
    after = {"module": module} | _said(days)
    audit.note(session, act, "module.add", course=course, after=after)
    session.flush()
    return row


def set_days(
    session: Session, course: str, module: str, days: Days, *, version: int, act: Act
) -> CohortModule:
    """Change when a module is worked on; `version` is what the person who changes it has seen."""
    row = _row(session, course, module)
    if row is None:
        raise ConflictError(f"{module} is not in this cohort.")
    audit.edit(session, act, "module.days", row, _said(days), version=version)
    return row


def _row(session: Session, course: str, module: str) -> CohortModule | None:
    return session.scalar(
        select(CohortModule).where(CohortModule.course == course, CohortModule.module == module)
    )


def _said(days: Days) -> dict[str, Any]:
    return {name: getattr(days, name) for name in Days.__dataclass_fields__}


def _set(row: CohortModule, days: Days) -> None:
    for name, value in _said(days).items():
        setattr(row, name, value)


def extend(
    session: Session,
    member: Member,
    module: str,
    *,
    opens_on: date | None = None,
    due_on: date | None = None,
    act: Act,
) -> Extension:
    """Give one learner their own days for a module; with no days, the cohort's again."""
    _check_order(opens_on, due_on)
    if _row(session, member.course, module) is None:
        raise ConflictError(f"{module} is not in this cohort.")
    before = extensions(session, [member.id]).get(member.id, {}).get(module)
    row = Extension(
        member_id=member.id, module=module, opens_on=opens_on, due_on=due_on, by=act.by, at=act.at
    )
    session.add(row)
    audit.note(
        session, act, "extension", course=member.course, member_id=member.id,
        before={"opens_on": before and before.opens_on, "due_on": before and before.due_on},
        after={"module": module, "opens_on": opens_on, "due_on": due_on},
    )  # fmt: skip
    session.flush()
    return row


def accommodate(
    session: Session, member: Member, *, extra_days: int = 0, alternative: str = "", act: Act
) -> Accommodation:
    """Write down what a learner needs: days on top of every due day, another way to do a part."""
    if not 0 <= extra_days <= MOST_EXTRA_DAYS:
        raise AnswerError(f"extra days are 0 to {MOST_EXTRA_DAYS}", field="extra_days")
    if not extra_days and not alternative.strip():
        raise AnswerError("name extra days or an alternative", field="alternative")
    if len(alternative) > 2000:
        raise AnswerError("at most 2,000 characters are kept", field="alternative")
    row = Accommodation(
        member_id=member.id, extra_days=extra_days, alternative=alternative, by=act.by, at=act.at
    )
    session.add(row)
    session.flush()
    # The audit says that, when and by whom; what a learner needs stands in one place only.
    audit.note(
        session, act, "accommodation.give", course=member.course, member_id=member.id,
        after={"accommodation": row.id},
    )  # fmt: skip
    return row


def end_accommodation(session: Session, member: Member, given_id: int, *, act: Act) -> None:
    """Say that an accommodation is no longer needed."""
    row = session.get(Accommodation, given_id)
    if row is None or row.member_id != member.id:
        raise ConflictError("There is no such accommodation.")
    if row.ended is None:
        row.ended = act.at
        audit.note(
            session, act, "accommodation.end", course=member.course, member_id=member.id,
            after={"accommodation": row.id},
        )  # fmt: skip


def accommodations(session: Session, member: Member) -> list[Given]:
    """What a learner was given and still has; for them and whoever teaches them only."""
    rows = session.scalars(
        select(Accommodation)
        .where(Accommodation.member_id == member.id, Accommodation.ended.is_(None))
        .order_by(Accommodation.id)
    )
    return [
        Given(
            id=row.id,
            member_id=row.member_id,
            extra_days=row.extra_days,
            alternative=row.alternative,
            by=row.by,
            at=row.at,
        )
        for row in rows
    ]


def set_aside(
    session: Session, enrolment: Enrolment, module: str, *, purpose: str, act: Act
) -> Reset:
    """Let a learner begin a quiz or pre-check anew: what they sat stays, and counts no more."""
    if not act.why.strip():
        raise AnswerError("say why the attempts are set aside", field="why")
    sat = store.attempts(session, enrolment, module=module, purpose=purpose)
    counted = [attempt for attempt in sat if not attempt.set_aside]
    if not counted:
        raise ConflictError("There is no attempt to set aside.")
    newest = counted[-1].number
    row = Reset(
        enrolment_id=enrolment.id, module=module, purpose=purpose, upto=newest, why=act.why,
        by=act.by, at=act.at,
    )  # fmt: skip
    session.add(row)
    member = session.scalar(select(Member).where(Member.enrolment_id == enrolment.id))
    audit.note(
        session, act, "attempts.set_aside", course=enrolment.course,
        member_id=member.id if member else None,
        after={"module": module, "purpose": purpose, "upto": newest},
    )  # fmt: skip
    session.flush()
    for attempt in counted:
        session.expire(attempt, ["set_aside"])
    return row


def _check_order(opens_on: date | None, due_on: date | None) -> None:
    if opens_on and due_on and due_on < opens_on:
        raise AnswerError("the due day lies before the day it opens", field="due_on")
