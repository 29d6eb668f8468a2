"""Completions: a complete module becomes a signed record, in one transaction with its reason."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from fractions import Fraction
from typing import NoReturn
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from .course import Module
from .curriculum import Curriculum, area_rows
from .errors import ConflictError, NotEarnedError
from .hours import METHOD, apportion
from .log import Attempt, Enrolment, Record, store
from .progress import Work, best_attempt, module_progress, work_of
from .records import (
    AgendaItem,
    AreaMinutes,
    Completion,
    Issuer,
    StatusEntry,
    free_entry,
    issue,
    load_issuer,
    signing_key,
)
from .settings import Settings

STATUS_LIST = 1
DELIVERY = "Self-study"


def award(
    session: Session,
    curriculum: Curriculum,
    settings: Settings,
    enrolment: Enrolment,
    module: Module,
    *,
    now: datetime,
) -> tuple[Record, bool]:
    """Return the valid record of a complete module and whether it was made just now.

    The same name and content again is the same record. A corrected name or a better
    score makes a new one, and the one before is marked as superseded by it.
    """
    store.hold(session, enrolment)
    work = work_of(session, enrolment)
    _check_earned(curriculum, module, work)
    completion = completed(
        curriculum,
        module,
        work,
        record_id=uuid4(),
        began=store.began(session, enrolment, module.id),
    )
    before = [r for r in work.records if r.module == module.id and r.status == "valid"]
    content = fingerprint(completion)
    for record in before:
        if record.reason.get("content") == content:
            return record, False
    record = _issued(session, settings, completion, enrolment, work, content=content, now=now)
    for old in before:
        old.status = "superseded"
        old.successor = record.id
    session.add(record)
    session.flush()
    return record, True


def missing_for_series(curriculum: Curriculum, work: Work) -> tuple[str, ...]:
    """What is still to do in all modules of the series, each sentence with its module."""
    return tuple(
        f"{module.meta.title}: {sentence}"
        for module in curriculum.course.series
        for sentence in module_progress(curriculum, module, work).missing
    )


def award_series(curriculum: Curriculum, work: Work) -> NoReturn:
    """Refuse the record of the whole series: each module has a record of its own."""
    missing = missing_for_series(curriculum, work)
    if missing:
        raise NotEarnedError("The series is not complete yet.", missing=missing)
    raise ConflictError("The series is complete; for now each module gives its own record.")


def _check_earned(curriculum: Curriculum, module: Module, work: Work) -> None:
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
        reflection_assessed_by=work.reflections[module.id].assessed_by,
        delivery=DELIVERY,
        authors=module.meta.authors,
    )


def _best(work: Work, module: Module) -> Attempt:
    best = best_attempt([attempt for attempt in work.sat(module.id, "quiz") if attempt.passed])
    if best is None:
        raise ConflictError("No attempt at the quiz was passed.")
    return best


def _ended(work: Work, module: Module) -> datetime:
    """When the last thing that was needed was done; a clock ahead of ours is not believed."""
    finished = [work.finished[lesson.id] for lesson in module.lessons]
    passing = next(attempt for attempt in work.sat(module.id, "quiz") if attempt.passed)
    return max(
        *(min(event.at, event.received) for event in finished),
        min(passing.finished, passing.received),
        work.reflections[module.id].at,
    )


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


def fingerprint(completion: Completion) -> str:
    """A hash of what a record says, its own id and the days aside."""
    said = asdict(completion)
    for name in ("id", "started", "completed"):
        del said[name]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _issued(
    session: Session,
    settings: Settings,
    completion: Completion,
    enrolment: Enrolment,
    work: Work,
    *,
    content: str,
    now: datetime,
) -> Record:
    key = signing_key(settings.keys)
    issuer = load_issuer(settings, key.public)
    entry = _status_entry(session, issuer)
    files = issue(completion, issuer, key, issued=now, status=entry)
    reason = {
        "content": content,
        "attempt": _best_id(work, completion.module),
        "lessons": sorted(work.finished),
        "reflection": work.reflections[completion.module].id,
        "status": asdict(entry) if entry else None,
    }
    return Record(
        id=str(completion.id),
        enrolment_id=enrolment.id,
        module=completion.module,
        name=completion.name,
        title=completion.title,
        started=completion.started,
        completed=completion.completed,
        issued=now,
        status="valid",
        reason=reason,
        json=files.json,
        pdf=files.pdf,
        png=files.png,
        pdf_sha256=files.sha256s["pdf"],
    )


def _best_id(work: Work, module: str) -> str | None:
    best = best_attempt(work.sat(module, "quiz"))
    return best.attempt_id if best else None


def _status_entry(session: Session, issuer: Issuer) -> StatusEntry | None:
    """A place in the signed status list, which only an organization keeps."""
    if issuer.kind == "self":
        return None
    return free_entry(STATUS_LIST, status_entries(store.record_standings(session)))


def status_entries(
    standings: Sequence[tuple[str, dict[str, object]]], *, withdrawn: bool = False
) -> set[int]:
    """The places of the status list that are taken, or only those of withdrawn records."""
    places = set()
    for status, reason in standings:
        entry = reason.get("status")
        if isinstance(entry, dict) and not (withdrawn and status == "valid"):
            places.add(int(entry["index"]))
    return places
