"""Finishing: who has earned a record of which module, who has not yet and why; then all at once.

A module is complete in a cohort when its lessons are finished, its quiz is passed, its
reflection is marked complete and its required live sessions are attended or made up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from . import attendance, audit, cohorts
from .attendance import Attended
from .audit import Act
from .board import modules_of
from .cohorts import Role
from .completions import award
from .course import Module
from .curriculum import Curriculum
from .errors import NotEarnedError
from .log import Database, Enrolment, Member
from .progress import module_progress, work_of
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
        missing_in_all=[
            *([] if work.name.strip() else [NO_NAME]),
            *_sessions_of_no_module(live),
        ],
    )


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
    act: Act,
) -> Iterator[Awarded]:
    """Issue a record of every complete module to everybody, or to some; again makes none twice.

    One transaction a learner: what is told is committed, and others can work meanwhile.
    """
    with database.read() as session:
        ready = [
            one
            for one in standings(session, curriculum, course)
            if one.earned and one.enrolment_id and (members is None or one.member_id in members)
        ]
    for one in ready:
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
    return Awarded(standing.name, len(made), kept, problem)
