"""The gradebook of a cohort as a table: CSV for one sheet, a workbook for all of them.

Never in it: what somebody wrote. Accommodations are left out unless asked for, and a
coordinator's table holds completion and no score.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from . import attendance, cohorts, schedule
from .board import Board, Line, board
from .curriculum import Curriculum
from .log import Attempt, Enrolment, Learner, Member, Rescore
from .spreadsheets import Cell, Sheet, csv_bytes, xlsx_bytes

LEARNERS, ITEMS, SESSIONS = "Learners", "Items", "Live sessions"
STEP_WORDS = {
    "not_started": "not started",
    "reading": "reading",
    "quiz_passed": "quiz passed",
    "reflection_in": "reflection in",
    "complete": "complete",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an export holds beside who is how far: scores, each question, what was arranged."""

    scores: bool = True
    items: bool = False
    accommodations: bool = False


def export_csv(
    session: Session, curriculum: Curriculum, course: str, wanted: Wanted, *, now: datetime
) -> bytes:
    """The learners of a cohort as a CSV; with `items`, a line for each answered question."""
    if wanted.items:
        return csv_bytes(_items(session, course))
    return csv_bytes(_learners(session, curriculum, course, wanted, now=now))


def export_xlsx(
    session: Session, curriculum: Curriculum, course: str, wanted: Wanted, *, now: datetime
) -> bytes:
    """A workbook: the learners, their live sessions and, when asked for, each question."""
    sheets: dict[str, Sheet] = {
        LEARNERS: list(_learners(session, curriculum, course, wanted, now=now)),
        SESSIONS: list(_sessions(session, course)),
    }
    if wanted.items:
        sheets[ITEMS] = list(_items(session, course))
    return xlsx_bytes(sheets)


def _learners(
    session: Session, curriculum: Curriculum, course: str, wanted: Wanted, *, now: datetime
) -> Iterator[list[Cell]]:
    made = board(session, curriculum, course, now=now)
    people = {one.id: one for one in cohorts.members(session, course, cohorts.Role.LEARNER)}
    live = attendance.attended(session, course, list(people))
    zone = cohorts.zone(cohorts.cohort_of(session, course).time_zone)
    yield _heading(made, wanted)
    for line in made.lines:
        minutes: dict[str, int] = {}
        for one in live.get(line.member_id, []):
            if one.module and one.present:
                minutes[one.module] = minutes.get(one.module, 0) + one.minutes
        yield [
            *_person(line, people[line.member_id], zone),
            *_standing(line, minutes, wanted),
            *(_arranged(session, people[line.member_id]) if wanted.accommodations else ()),
        ]


def _heading(made: Board, wanted: Wanted) -> list[Cell]:
    heading: list[Cell] = ["Name", "User", "E-mail", "Last seen"]
    for module in made.modules:
        parts = ["standing", "live minutes"]
        if wanted.scores:
            parts += ["quiz, best in percent", "quiz attempts", "reflection"]
        heading += [f"{module}: {part}" for part in parts]
    if wanted.accommodations:
        heading += ["Extra days", "Alternative"]
    return heading


def _person(line: Line, member: Member, zone: ZoneInfo) -> list[Cell]:
    seen = line.seen.astimezone(zone).date().isoformat() if line.seen else ""
    return [line.name, line.key or "", member.email or "", seen]


def _standing(line: Line, minutes: dict[str, int], wanted: Wanted) -> Iterator[Cell]:
    for cell in line.cells:
        yield STEP_WORDS[cell.step]
        yield minutes.get(cell.module, 0)
        if wanted.scores:
            yield None if cell.best is None else round(cell.best * 100, 1)
            yield cell.attempts
            yield cell.reflection.replace("_", " ")


def _arranged(session: Session, member: Member) -> list[Cell]:
    given = schedule.accommodations(session, member)
    return [
        max((one.extra_days for one in given), default=0),
        "; ".join(one.alternative for one in given if one.alternative),
    ]


def _items(session: Session, course: str) -> Iterator[list[Cell]]:
    """Every scored question of every attempt, with the points that count now."""
    yield ["Name", "User", "Module", "Quiz", "Form", "Attempt", "Set aside", "Item", "Points"]
    latest = select(func.max(Rescore.id)).group_by(Rescore.attempt_id)
    rescored = {
        attempt: scores
        for attempt, scores in session.execute(
            select(Rescore.attempt_id, Rescore.scores).where(Rescore.id.in_(latest))
        )
    }
    rows = session.execute(
        select(
            Attempt.id,
            Learner.name,
            Learner.key,
            Attempt.module,
            Attempt.purpose,
            Attempt.form,
            Attempt.number,
            Attempt.set_aside,
            Attempt.given_scores,
        )
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .join(Learner, Learner.id == Enrolment.learner_id)
        .join(Member, Member.enrolment_id == Enrolment.id)
        .where(Enrolment.course == course, Member.left.is_(None))
        .order_by(Learner.key, Attempt.id)
    )
    for attempt, name, key, module, purpose, form, number, aside, given in rows:
        for item, points in rescored.get(attempt, given).items():
            told = [name, key, module, purpose, form, number, "yes" if aside else ""]
            yield [*told, item, points]


def _sessions(session: Session, course: str) -> Iterator[list[Cell]]:
    yield ["Name", "Live session", "Module", "Date", "Minutes", "Present", "How"]
    zone = cohorts.zone(cohorts.cohort_of(session, course).time_zone)
    told = attendance.attended(session, course)
    for member in cohorts.members(session, course, cohorts.Role.LEARNER):
        for one in told.get(member.id, []):
            day = one.starts.astimezone(zone).date().isoformat()
            yield [
                cohorts.shown_name(member), one.title, one.module or "", day, one.minutes,
                "yes" if one.present else "no", (one.how or "").replace("_", " "),
            ]  # fmt: skip
