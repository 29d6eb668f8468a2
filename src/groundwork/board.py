"""The board of a cohort: learners by modules, who was here last, who is stuck and where.

It is computed for everybody at once, by a few queries however many learners there are, and by
the same rules as `progress`, which reads one learner at a time.

A learner is stuck in the first module they are to work on when

1. they have not passed its quiz in two attempts or more;
2. its reflection came back as not yet, and nothing was sent again for a week;
3. its day has passed; or
4. they have begun it, and nothing was heard of them for ten days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from . import attendance, cohorts, feedback, schedule
from .attendance import Attended
from .cohorts import Role
from .course import Module
from .curriculum import Curriculum
from .feedback import HandedIn
from .log import Assessment, Attempt, Cohort, Enrolment, Event, Member, Rescore
from .schedule import Planned

MANY_ATTEMPTS = 2
RETURNED_FOR = timedelta(days=7)
SILENT_FOR = timedelta(days=10)
Step = Literal["not_started", "reading", "quiz_passed", "reflection_in", "complete"]
STEPS: tuple[Step, ...] = ("not_started", "reading", "quiz_passed", "reflection_in", "complete")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One learner in one module. A module is `complete` as a certificate asks for it."""

    module: str
    step: Step
    lessons_done: int
    lessons: int
    attempts: int
    best: float | None
    passed: bool
    reflection: Literal["none", "waiting", "not_yet", "complete"]
    late: bool
    due: datetime | None
    live_missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One learner; `stuck` says where and why, in a sentence."""

    member_id: int
    enrolment_id: int | None
    name: str
    key: str | None
    seen: datetime | None
    cells: list[Cell]
    stuck_in: str | None
    stuck: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A cohort at a glance: how many learners are at which step of each module, and the table."""

    course: str
    name: str
    modules: list[str]
    titles: dict[str, str]
    lines: list[Line]
    counts: dict[str, dict[Step, int]]
    waiting: int

    @property
    def stuck(self) -> list[Line]:
        """Those who need a word."""
        return [line for line in self.lines if line.stuck]


@dataclass(slots=True)
class _Done:
    """What everybody did, read at once and looked up by enrolment."""

    seen: dict[int, datetime] = field(default_factory=dict)
    begun: dict[int, set[str]] = field(default_factory=dict)
    finished: dict[int, set[str]] = field(default_factory=dict)
    practiced: dict[int, set[str]] = field(default_factory=dict)
    attempts: dict[tuple[int, str], list[tuple[float, bool]]] = field(default_factory=dict)
    handed_in: dict[int, dict[str, HandedIn]] = field(default_factory=dict)
    marks: dict[int, dict[str, Assessment]] = field(default_factory=dict)

    def see(self, enrolment: int, at: datetime) -> None:
        self.seen[enrolment] = max(at, self.seen.get(enrolment, at))


def board(session: Session, curriculum: Curriculum, course: str, *, now: datetime) -> Board:
    """Everybody's standing in every module of a cohort."""
    cohort = cohorts.cohort_of(session, course)
    people = cohorts.members(session, course, Role.LEARNER)
    modules = modules_of(session, curriculum, course)
    done = _read(session, course)
    live = attendance.attended(session, course, [one.id for one in people])
    plans = _plans(session, cohort, people, now=now)
    lines = [
        _line(
            curriculum, modules, member, done, plans[member.id], live.get(member.id, []),
            reads=cohort.reads_reflections, now=now,
        )
        for member in people
    ]  # fmt: skip
    return Board(
        course=course,
        name=cohort.name,
        modules=[module.id for module in modules],
        titles={module.id: module.meta.title for module in modules},
        lines=lines,
        counts=_counts(modules, lines),
        waiting=sum(cell.reflection == "waiting" for line in lines for cell in line.cells),
    )


def modules_of(session: Session, curriculum: Curriculum, course: str) -> list[Module]:
    """The modules of a cohort, in the order they open; with none named, all that are claimed."""
    named = [row.module for row in schedule.module_rows(session, course)]
    if not named:
        return list(curriculum.course.series)
    known = curriculum.course.by_id
    return [known[module] for module in named if module in known]


def _plans(
    session: Session, cohort: Cohort, people: Sequence[Member], *, now: datetime
) -> dict[int, Mapping[str, Planned]]:
    rows = schedule.module_rows(session, cohort.course)
    ids = [member.id for member in people]
    own, extra = schedule.extensions(session, ids), schedule.extra_days(session, ids)
    everybodys = schedule.made_plan(cohort, rows, {}, 0, now=now).modules
    return dict.fromkeys(ids, everybodys) | {
        one: schedule.made_plan(cohort, rows, own.get(one, {}), extra.get(one, 0), now=now).modules
        for one in {*own, *extra}
    }


def _read(session: Session, course: str) -> _Done:
    done = _Done(
        handed_in=feedback.handed_in(session, course),
        marks=feedback.marks_of_course(session, course),
    )
    _read_events(session, course, done)
    _read_attempts(session, course, done)
    for enrolment, modules in done.handed_in.items():
        for saved in modules.values():
            done.see(enrolment, saved.at)
    return done


def _read_events(session: Session, course: str, done: _Done) -> None:
    """Which modules were begun, lessons finished and self-checks answered, by everybody.

    A row for each learner and type, since rows are what costs; each lesson is in it once.
    """
    by_lesson = (
        select(
            Event.enrolment_id,
            Event.type,
            Event.lesson,
            func.max(Event.received).label("at"),
            func.aggregate_strings(Event.item, "\n").label("answered"),
        )
        .join(Enrolment, Enrolment.id == Event.enrolment_id)
        .where(Enrolment.course == course)
        .group_by(Event.enrolment_id, Event.type, Event.lesson)
        .subquery()
    )
    one = by_lesson.c
    rows = session.execute(
        select(
            one.enrolment_id,
            one.type,
            func.max(one.at),
            func.aggregate_strings(one.lesson, "\n"),
            func.aggregate_strings(one.answered, "\n"),
        ).group_by(one.enrolment_id, one.type)
    )
    for enrolment, type_, at, told, items in rows:
        done.see(enrolment, at)
        lessons = told.split("\n")
        done.begun.setdefault(enrolment, set()).update(
            lesson.partition("/")[0] for lesson in lessons
        )
        if type_ == "lesson_finished":
            done.finished[enrolment] = set(lessons)
        elif items:
            done.practiced.setdefault(enrolment, set()).update(items.split("\n"))


def _read_attempts(session: Session, course: str, done: _Done) -> None:
    """Everybody's quiz attempts that count, with what they count since the latest rescoring."""
    latest = (
        select(Rescore.attempt_id, func.max(Rescore.id).label("id"))
        .group_by(Rescore.attempt_id)
        .subquery()
    )
    rows = session.execute(
        select(
            Attempt.enrolment_id,
            Attempt.module,
            Attempt.purpose,
            Attempt.received,
            Attempt.max_score,
            func.coalesce(Rescore.score, Attempt.given_score),
            func.coalesce(Rescore.passed, Attempt.given_passed),
            Attempt.set_aside,
        )
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .outerjoin(latest, latest.c.attempt_id == Attempt.id)
        .outerjoin(Rescore, Rescore.id == latest.c.id)
        .where(Enrolment.course == course)
    )
    for enrolment, module, purpose, at, maximum, score, passed, set_aside in rows:
        done.see(enrolment, at)
        done.begun.setdefault(enrolment, set()).add(module)
        if purpose == "quiz" and not set_aside:
            sat = done.attempts.setdefault((enrolment, module), [])
            sat.append((score / maximum, bool(passed)))


def _line(
    curriculum: Curriculum,
    modules: Sequence[Module],
    member: Member,
    done: _Done,
    plan: Mapping[str, Planned],
    live: Sequence[Attended],
    *,
    reads: bool,
    now: datetime,
) -> Line:
    enrolment = member.enrolment_id or 0
    missed = attendance.by_module(live)
    cells = [
        _cell(
            curriculum, module, enrolment, done, plan.get(module.id), missed.get(module.id, ()),
            reads=reads,
        )
        for module in modules
    ]  # fmt: skip
    where, why = _stuck(cells, done, enrolment, plan, now)
    return Line(
        member_id=member.id,
        enrolment_id=member.enrolment_id,
        name=cohorts.shown_name(member),
        key=member.key,
        seen=done.seen.get(enrolment),
        cells=cells,
        stuck_in=where,
        stuck=why,
    )


def _cell(
    curriculum: Curriculum,
    module: Module,
    enrolment: int,
    done: _Done,
    planned: Planned | None,
    live: Sequence[Attended],
    *,
    reads: bool,
) -> Cell:
    practiced = done.practiced.get(enrolment, set())
    finished = done.finished.get(enrolment, set())
    read = sum(
        lesson.id in finished
        and (practiced.issuperset(lesson.items) or not curriculum.open_checks(lesson, practiced))
        for lesson in module.lessons
    )
    sat = done.attempts.get((enrolment, module.id), [])
    passed = any(passes for _, passes in sat)
    reflection = _reflection(done, enrolment, module.id, reads=reads)
    live_missing = sum(one.required and not one.present for one in live)
    begun = bool(
        module.id in done.begun.get(enrolment, ())
        or reflection != "none"
        or any(one.minutes for one in live)
    )
    whole = read == len(module.lessons) and passed and reflection == "complete"
    step: Step = "reading" if begun else "not_started"
    if whole and not live_missing:
        step = "complete"
    elif passed:
        step = "quiz_passed" if reflection == "none" else "reflection_in"
    return Cell(
        module=module.id,
        step=step,
        lessons_done=read,
        lessons=len(module.lessons),
        attempts=len(sat),
        best=max((share for share, _ in sat), default=None),
        passed=passed,
        reflection=reflection,
        late=step != "complete" and planned is not None and planned.state in ("overdue", "closed"),
        due=planned.due if planned else None,
        live_missing=live_missing,
    )


def _reflection(
    done: _Done, enrolment: int, module: str, *, reads: bool
) -> Literal["none", "waiting", "not_yet", "complete"]:
    saved = done.handed_in.get(enrolment, {}).get(module)
    if not reads:
        if saved is None:
            return "none"
        return "complete" if saved.complete else "not_yet"
    mark = done.marks.get(enrolment, {}).get(module)
    if saved is None and mark is None:
        return "none"
    return feedback.state(saved, mark)


def _stuck(
    cells: Sequence[Cell],
    done: _Done,
    enrolment: int,
    plan: Mapping[str, Planned],
    now: datetime,
) -> tuple[str | None, str | None]:
    """Where a learner is stuck and why, by the rule this file begins with."""
    for cell in cells:
        planned = plan.get(cell.module)
        if cell.step == "complete" or (planned and planned.state == "waiting"):
            continue
        why = _why_stuck(cell, done, enrolment, now)
        if why:
            return cell.module, why
        if cell.reflection == "waiting" and cell.passed and cell.lessons_done == cell.lessons:
            continue
        return None, None
    return None, None


def _why_stuck(cell: Cell, done: _Done, enrolment: int, now: datetime) -> str | None:
    mark = done.marks.get(enrolment, {}).get(cell.module)
    seen = done.seen.get(enrolment)
    if not cell.passed and cell.attempts >= MANY_ATTEMPTS:
        return (
            f"The quiz is not passed after {cell.attempts} attempts; the best is {cell.best:.0%}."
        )
    if cell.reflection == "not_yet" and mark and now - mark.at > RETURNED_FOR:
        return f"The reflection came back {_days(now - mark.at)} ago and was not sent again."
    waits = cell.reflection == "waiting" and cell.passed and cell.lessons_done == cell.lessons
    if cell.late and cell.due and not waits:
        # Due is the end of a day, so that the first day after it is one day ago.
        return f"It was due {_days(now - cell.due + timedelta(days=1))} ago."
    if cell.step != "not_started" and not waits and seen and now - seen > SILENT_FOR:
        return f"Begun, and nothing heard for {_days(now - seen)}."
    return None


def _days(span: timedelta) -> str:
    return "1 day" if span.days == 1 else f"{span.days} days"


def _counts(modules: Sequence[Module], lines: Sequence[Line]) -> dict[str, dict[Step, int]]:
    counts: dict[str, dict[Step, int]] = {module.id: dict.fromkeys(STEPS, 0) for module in modules}
    for line in lines:
        for cell in line.cells:
            counts[cell.module][cell.step] += 1
    return counts
