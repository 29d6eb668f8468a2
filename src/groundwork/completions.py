"""Completions: a complete module becomes a signed record, in one transaction with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from . import cohorts
from .attendance import Attended
from .audit import Act
from .course import Module
from .curriculum import Curriculum, area_rows
from .errors import ConflictError, NotEarnedError
from .hours import METHOD, apportion
from .language import gettext
from .language import marked as N_
from .log import Attempt, Cohort, Enrolment, Record, store
from .progress import Work, best_attempt, module_progress, work_of
from .recordbook import (
    VALID,
    Desk,
    completion_of,
    correct_name,
    enter,
    fingerprint,
    open_desk,
    renew_series,
)
from .records import AgendaItem, AreaMinutes, Completion, SeriesCompletion
from .settings import Settings

EARNED = "Every lesson finished, the quiz passed, the reflection complete."
EARNED_SERIES = "Every module of the series complete."
NOT_CLAIMED = N_("Its minutes are not claimed as training hours, so no record is made of it.")
RENAMED = "The learner changed the name to print."
SERIES_TITLE = N_("Groundwork: training in infant and early childhood mental health")
DELIVERY = "Self-study"
COHORT_DELIVERY = "Self-paced, in a cohort"
LIVE_DELIVERY = "Self-paced and live sessions, in a cohort"
LIVE_METHOD = (
    "Live minutes: those present between the beginning and the planned end of each session, "
    "in whole minutes, given to the module's areas in the module's own proportions."
)


def award(
    session: Session,
    curriculum: Curriculum,
    settings: Settings,
    enrolment: Enrolment,
    module: Module,
    *,
    now: datetime,
    by: str | None = None,
) -> tuple[Record, bool]:
    """Return the valid record of a complete module and whether it was made just now.

    The same name and content again is the same record. A corrected name or a better
    score makes a new one, and the one before is marked as superseded by it.
    """
    store.hold(session, enrolment)
    work = work_of(session, enrolment)
    desk = open_desk(settings)
    act = Act(by or enrolment.learner.key, now, EARNED)
    completion = earned(session, curriculum, enrolment, module, work)
    renamed = _renamed(session, desk, enrolment, work, completion.name, act)
    before = [
        record
        for record in store.records(session, enrolment)
        if record.module == module.id and record.status == VALID
    ]
    reason = reason_of(work, completion, desk)
    same = _same(before, reason["content"], desk)
    if same:
        return same, same in renamed
    record = enter(session, desk, enrolment, completion, act, reason=reason, replaces=before)
    renew_series(session, desk, {old.id: record for old in before}, before, act)
    return record, True


def award_series(
    session: Session,
    curriculum: Curriculum,
    settings: Settings,
    enrolment: Enrolment,
    *,
    now: datetime,
    by: str | None = None,
) -> tuple[Record, bool]:
    """Return the valid record of the whole series and whether it was made just now.

    It holds the record of each module; those that have none yet are made with it.
    """
    store.hold(session, enrolment)
    work = work_of(session, enrolment)
    missing = missing_for_series(curriculum, work)
    if missing:
        raise NotEarnedError("The series is not complete yet.", missing=missing)
    modules = [
        award(session, curriculum, settings, enrolment, module, now=now, by=by)[0]
        for module in curriculum.course.series
    ]
    desk = open_desk(settings)
    series = SeriesCompletion(
        id=uuid4(),
        name=modules[0].name,
        title=gettext(SERIES_TITLE),
        modules=tuple(map(completion_of, modules)),
    )
    before = [
        record
        for record in store.records(session, enrolment)
        if record.module is None and record.status == VALID
    ]
    content = fingerprint(series, desk.issuer)
    same = _same(before, content, desk)
    if same:
        return same, False
    reason = {"content": content, "records": [record.id for record in modules]}
    act = Act(by or enrolment.learner.key, now, EARNED_SERIES)
    return enter(session, desk, enrolment, series, act, reason=reason, replaces=before), True


def missing_for_series(curriculum: Curriculum, work: Work) -> tuple[str, ...]:
    """What is still to do in all modules of the series, each sentence with its module."""
    return tuple(
        f"{module.meta.title}: {sentence}"
        for module in curriculum.course.series
        for sentence in module_progress(curriculum, module, work).missing
    )


def earned(
    session: Session, curriculum: Curriculum, enrolment: Enrolment, module: Module, work: Work
) -> Completion:
    """What a learner earned in a module; raise `NotEarnedError` with what is missing."""
    _check_earned(curriculum, module, work)
    completion = completed(
        curriculum,
        module,
        work,
        record_id=uuid4(),
        began=store.began(session, enrolment, module.id),
    )
    return completion if work.cohort is None else _taught(session, enrolment, work, completion)


def reason_of(work: Work, completion: Completion, desk: Desk) -> dict[str, Any]:
    """Why a record was earned: the attempt, the lessons, and whose word on the reflection."""
    return {
        "content": fingerprint(completion, desk.issuer),
        "attempt": _best_id(work, completion.module),
        "lessons": sorted(work.finished),
        **_reading(work, completion.module),
    }


def _same(before: Sequence[Record], content: str, desk: Desk) -> Record | None:
    """The record that says this already, unless its key was withdrawn since."""
    return next(
        (
            record
            for record in before
            if record.reason.get("content") == content and record.key_name not in desk.withdrawn
        ),
        None,
    )


def _renamed(
    session: Session, desk: Desk, enrolment: Enrolment, work: Work, name: str, act: Act
) -> list[Record]:
    """A learner who changed the name to print gets it on the records they hold already."""
    others = [r for r in work.records if r.status == VALID and r.module and r.name != name]
    if not any(record.facts for record in others):
        return []
    return correct_name(session, desk, enrolment, name, replace(act, why=RENAMED))


def _check_earned(curriculum: Curriculum, module: Module, work: Work) -> None:
    if not module.meta.claimed:
        raise NotEarnedError(
            f"“{module.meta.title}” has no record.", missing=(gettext(NOT_CLAIMED),)
        )
    missing = module_progress(curriculum, module, work).missing
    if missing:
        raise NotEarnedError(f"“{module.meta.title}” is not complete yet.", missing=tuple(missing))
    if not work.name.strip():
        raise NotEarnedError(
            "The record needs a name to print.",
            missing=("Type your name as the record is to print it.",),
        )


def completed(
    curriculum: Curriculum,
    module: Module,
    work: Work,
    *,
    record_id: UUID,
    began: datetime | None,
) -> Completion:
    """Say what a learner completed, as a record prints it; the module must be complete."""
    minutes = curriculum.minutes[module.id]
    best = _best(work, module)
    ended = _ended(work, module)
    started = min([ended, *([began] if began else []), *(a.started for a in work.sat(module.id))])
    return Completion(
        id=record_id,
        name=work.name,
        module=module.id,
        title=module.meta.title,
        version=module.meta.version,
        language=module.meta.language,
        started=started.astimezone(),
        completed=ended.astimezone(),
        minutes_by_area=_areas(curriculum, module),
        minutes=minutes.minutes,
        self_paced_minutes=minutes.minutes,
        live_minutes=0,
        hours_method=METHOD,
        age_bands=module.meta.age_bands,
        equity_minutes=minutes.equity,
        objectives=tuple(module.objectives.values()),
        agenda=_agenda(curriculum, module),
        form=best.form,
        score=best.score,
        max_score=best.max_score,
        pass_share=module.meta.pass_share,
        reflection_assessed_by=_assessed_by(work, module),
        delivery=DELIVERY,
        authors=module.meta.authors,
    )


def _assessed_by(work: Work, module: Module) -> str:
    saved = work.reflections.get(module.id)
    return saved.assessed_by if saved else ""


def _best(work: Work, module: Module) -> Attempt:
    best = best_attempt([one for one in work.counted(module.id, "quiz") if one.passed])
    if best is None:
        raise ConflictError("No attempt at the quiz was passed.")
    return best


def _ended(work: Work, module: Module) -> datetime:
    """When the last thing that was needed was done; a clock ahead of ours is not believed."""
    finished = [work.finished[lesson.id] for lesson in module.lessons]
    passing = next(attempt for attempt in work.counted(module.id, "quiz") if attempt.passed)
    return max(
        *(min(event.at, event.received) for event in finished),
        min(passing.finished, passing.received),
        _reflected(work, module),
        *(_held(one) for one in _live(work, module.id)),
    )


def _reflected(work: Work, module: Module) -> datetime:
    """When the reflection was complete: by its reader's word, where somebody reads."""
    mark = work.mark(module.id)
    return mark.at if mark else work.reflections[module.id].at


def _live(work: Work, module: str) -> list[Attended]:
    """The live sessions of a module in which a learner was present."""
    told = work.cohort.live.get(module, ()) if work.cohort else ()
    return [one for one in told if one.present]


def _held(one: Attended) -> datetime:
    """When a live session was over for a learner, or made up."""
    over = one.starts + timedelta(minutes=one.planned)
    return one.at if one.how == "make_up" and one.at else over


def _taught(
    session: Session, enrolment: Enrolment, work: Work, completion: Completion
) -> Completion:
    """Add what a cohort gave: who led it and who stands behind it, who read, live minutes."""
    course = enrolment.course
    cohort = cohorts.cohort_of(session, course)
    led = cohorts.instructor_at(session, course, completion.completed)
    live = sum(one.minutes for one in _live(work, completion.module))
    mark = work.mark(completion.module)
    shares = apportion(
        live, {row.area: Fraction(row.minutes) for row in completion.minutes_by_area}
    )
    return replace(
        completion,
        minutes=completion.minutes + live,
        live_minutes=live,
        minutes_by_area=tuple(
            replace(row, minutes=row.minutes + shares.get(row.area, 0))
            for row in completion.minutes_by_area
        ),
        agenda=(
            *completion.agenda,
            *(
                AgendaItem(f"Live session: {one.title}", one.minutes)
                for one in _live(work, completion.module)
            ),
        ),
        hours_method=f"{completion.hours_method} {LIVE_METHOD}"
        if live
        else completion.hours_method,
        reflection_assessed_by=(
            _reader(session, course, mark.by) or (led.name if led else "the instructor")
            if mark
            else completion.reflection_assessed_by
        ),
        delivery=_delivery(cohort, live),
        instructor=led,
        sponsor=cohorts.sponsor_of(cohort),
    )


def _delivery(cohort: Cohort, live: int) -> str:
    if cohort.open:
        return DELIVERY
    return LIVE_DELIVERY if live else COHORT_DELIVERY


def _reader(session: Session, course: str, by: str) -> str:
    """The name of who read a reflection, if they are known by one."""
    member = cohorts.member_of(session, by, course)
    return member.name if member else ""


def _areas(curriculum: Curriculum, module: Module) -> tuple[AreaMinutes, ...]:
    rows = area_rows(curriculum.facts, curriculum.minutes[module.id].areas)
    return tuple(AreaMinutes(**row) for row in rows)


def _agenda(curriculum: Curriculum, module: Module) -> tuple[AgendaItem, ...]:
    """The parts of a module, with minutes that sum to what is claimed."""
    timed = curriculum.minutes[module.id]
    titles = {lesson.id: lesson.meta.title for lesson in module.lessons}
    weights = {lesson.lesson: lesson.seconds for lesson in timed.lessons}
    parts = {"quiz": ("Quiz", timed.quiz), "reflection": ("Written reflection", timed.reflection)}
    for part, (title, minutes) in parts.items():
        titles[part] = title
        weights[part] = Fraction(minutes * 60)
    shares = apportion(timed.minutes, weights)
    return tuple(AgendaItem(titles[part], minutes) for part, minutes in shares.items())


def _reading(work: Work, module: str) -> dict[str, int]:
    """Which text was complete, and by which reader's word."""
    saved, mark = work.reflections.get(module), work.mark(module)
    told = {"reflection": saved.id} if saved else {}
    return told | ({"assessment": mark.id} if mark else {})


def _best_id(work: Work, module: str) -> str | None:
    best = best_attempt(work.counted(module, "quiz"))
    return best.attempt_id if best else None
