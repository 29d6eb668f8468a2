"""Finishing: who has earned a record of which module, who has not yet and why; then all at once.

A module is complete in a cohort when its lessons are finished, its quiz is passed, its
reflection is marked complete and its required live sessions are attended or made up.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from . import attendance, audit, cohorts
from .attendance import Attended
from .audit import Act
from .board import Cell, Line, board, modules_of
from .cohorts import Role
from .completions import award
from .course import Module
from .curriculum import Curriculum
from .errors import NotEarnedError
from .log import Database, Enrolment, Learner, Member, Record
from .progress import module_progress, work_of
from .recordbook import VALID
from .settings import Settings

NO_ACCOUNT = "Has not signed in yet, so that there is nobody to give a record to."
NO_NAME = "Type your name as the record is to print it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One learner at the end: modules earned, those recorded, and what each other one lacks."""

    member_id: int
    enrolment_id: int | None
    name: str
    earned: list[str] = field(default_factory=list)
    recorded: list[str] = field(default_factory=list)
    missing: dict[str, list[str]] = field(default_factory=dict)
    missing_in_all: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether nothing of the whole cohort is missing."""
        return not self.missing and not self.missing_in_all


@dataclass(frozen=True, slots=True)
class Awarded:
    """What became of one learner's records; `problem` says why one could not be made."""

    member_id: int
    name: str
    new: int
    kept: int
    problem: str | None = None


def standings(session: Session, curriculum: Curriculum, course: str) -> list[Standing]:
    """Every learner of a cohort, those who do not have everything yet first."""
    modules = modules_of(session, curriculum, course)
    live = attendance.attended(session, course)
    told = [
        _standing(session, curriculum, modules, member, live.get(member.id, []))
        for member in cohorts.members(session, course, Role.LEARNER)
    ]
    return sorted(told, key=lambda one: one.complete)


def standing_of(session: Session, curriculum: Curriculum, member: Member) -> Standing:
    """One learner of a cohort, with every reason in the words that they are told it in."""
    modules = modules_of(session, curriculum, member.course)
    live = attendance.attended(session, member.course, [member.id]).get(member.id, [])
    return _standing(session, curriculum, modules, member, live)


def at_a_glance(
    session: Session, curriculum: Curriculum, course: str, *, now: datetime
) -> list[Standing]:
    """The same as `standings` for everybody at once, with shorter reasons.

    It is read from the board, by a few queries however many learners there are.
    """
    made = board(session, curriculum, course, now=now)
    live = attendance.attended(session, course)
    names = _names(session, course)
    recorded = _recorded(session, course)
    told = [
        _glanced(
            line, live.get(line.member_id, []), names.get(line.enrolment_id),
            recorded.get(line.enrolment_id or 0, set()),
        )
        for line in made.lines
    ]  # fmt: skip
    return sorted(told, key=lambda one: one.complete)


def _names(session: Session, course: str) -> Mapping[int | None, str]:
    """What each learner's records print as their name."""
    rows = session.execute(
        select(Enrolment.id, Learner.name).join(Learner).where(Enrolment.course == course)
    )
    return {enrolment: name for enrolment, name in rows}


def _recorded(session: Session, course: str) -> Mapping[int, set[str]]:
    """The modules of which each learner has a valid record; the series is no module."""
    rows = session.execute(
        select(Record.enrolment_id, Record.module)
        .join(Enrolment, Enrolment.id == Record.enrolment_id)
        .where(Enrolment.course == course, Record.status == VALID)
    )
    found: dict[int, set[str]] = {}
    for enrolment, module in rows:
        found.setdefault(enrolment, set()).add(module or "")
    return found


def _glanced(
    line: Line, live: Sequence[Attended], name: str | None, recorded: set[str]
) -> Standing:
    if name is None:
        return Standing(
            member_id=line.member_id, enrolment_id=None, name=line.name,
            missing_in_all=[NO_ACCOUNT],
        )  # fmt: skip
    return Standing(
        member_id=line.member_id,
        enrolment_id=line.enrolment_id,
        name=name or line.name,
        earned=[cell.module for cell in line.cells if cell.step == "complete"],
        recorded=[cell.module for cell in line.cells if cell.module in recorded],
        missing={
            cell.module: list(_lacking(cell)) for cell in line.cells if cell.step != "complete"
        },
        missing_in_all=_missing_in_all(name, live),
    )


def _lacking(cell: Cell) -> Iterator[str]:
    """What a module still lacks, as the board knows it."""
    if cell.lessons_done < cell.lessons:
        yield f"{cell.lessons_done} of {cell.lessons} lessons are finished."
    if not cell.passed and cell.best is None:
        yield "The quiz is not taken yet."
    elif not cell.passed:
        yield f"The quiz is not passed yet; the best is {cell.best:.0%}."
    if cell.reflection == "none":
        yield "The reflection is not written yet."
    elif cell.reflection == "waiting":
        yield "The reflection waits to be read."
    elif cell.reflection == "not_yet":
        yield "The reflection is not yet complete."
    if cell.live_missing:
        sessions = "live session is" if cell.live_missing == 1 else "live sessions are"
        yield f"{cell.live_missing} {sessions} not attended or made up yet."


def _standing(
    session: Session,
    curriculum: Curriculum,
    modules: Sequence[Module],
    member: Member,
    live: Sequence[Attended],
) -> Standing:
    enrolment = member.enrolment
    if enrolment is None:
        return Standing(
            member_id=member.id, enrolment_id=None, name=cohorts.shown_name(member),
            missing_in_all=[NO_ACCOUNT],
        )  # fmt: skip
    work = work_of(session, enrolment)
    told = [module_progress(curriculum, module, work) for module in modules]
    return Standing(
        member_id=member.id,
        enrolment_id=enrolment.id,
        name=work.name or cohorts.shown_name(member),
        earned=[one.id for one in told if not one.missing and one.claimed],
        recorded=[one.id for one in told if one.record],
        missing={one.id: one.missing for one in told if one.missing},
        missing_in_all=_missing_in_all(work.name, live),
    )


def _missing_in_all(name: str, live: Sequence[Attended]) -> list[str]:
    """What holds up more than one module."""
    return [*([] if name.strip() else [NO_NAME]), *_sessions_of_no_module(live)]


def _sessions_of_no_module(live: Sequence[Attended]) -> Iterator[str]:
    """Required live sessions that belong to the whole course; they hold up no single module."""
    for one in live:
        if one.module is None and one.required and not one.present:
            yield f"The live session “{one.title}” is not attended or made up yet."


def award_all(
    database: Database,
    curriculum: Curriculum,
    settings: Settings,
    course: str,
    *,
    members: Sequence[int] | None = None,
    after: int = 0,
    act: Act,
) -> Generator[Awarded, None, None]:
    """Issue a record of every complete module to everybody, or to some; again makes none twice.

    One transaction a learner: what is told is committed, and others can work meanwhile. They
    come in the order of their `member_id`; to go on where one stopped, begin `after` the last.
    """
    with database.read() as session:
        ready = [
            one
            for one in at_a_glance(session, curriculum, course, now=act.at)
            if one.earned and one.enrolment_id and (members is None or one.member_id in members)
        ]
    for one in sorted(ready, key=lambda one: one.member_id):
        if one.member_id <= after:
            continue
        with database.write() as session:
            awarded = _award(session, curriculum, settings, course, one, act)
        yield awarded


def _award(
    session: Session,
    curriculum: Curriculum,
    settings: Settings,
    course: str,
    standing: Standing,
    act: Act,
) -> Awarded:
    enrolment = session.get_one(Enrolment, standing.enrolment_id)
    made: list[str] = []
    kept = 0
    problem: str | None = None
    for module in standing.earned:
        try:
            record, new = award(
                session, curriculum, settings, enrolment, curriculum.course.by_id[module],
                now=act.at,
            )  # fmt: skip
        except NotEarnedError as error:
            problem = " ".join(error.missing)
            break
        if new:
            made.append(record.id)
        kept += not new
    if made:
        audit.note(
            session, act, "records.issue", course=course, member_id=standing.member_id,
            after={"records": made},
        )  # fmt: skip
    return Awarded(standing.member_id, standing.name, len(made), kept, problem)
