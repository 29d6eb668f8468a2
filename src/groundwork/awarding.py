"""Awarding everybody at once: who has earned a record, who has not yet and why, then all of it.

The heavy part runs on a pool of processes or a Dask cluster; this process alone holds the
key and writes, a sheet of records in a transaction. A run that is killed has issued whole
sheets, and the next one goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from socket import create_connection
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from .audit import Act
from .completions import EARNED, award, award_series, earned, missing_for_series, reason_of
from .course import Module
from .curriculum import Curriculum
from .errors import ConflictError, GroundworkError, NotEarnedError, SettingsError
from .log import Database, Enrolment, Record, store
from .progress import Work, module_progress, work_of
from .recordbook import VALID, Desk, keep_all, next_entries, open_desk, publish, row
from .records import Completion, IssuedRecord, Job, StatusEntry, issue_many, pool
from .settings import Settings

PATIENCE = 10
"""Seconds to wait for a Dask scheduler to answer."""
GO_ON = "What was issued stays issued. Run this again: it goes on where it stopped."
TRIES = 3
"""How often a sheet whose worker died is tried."""


@dataclass(frozen=True, slots=True)
class Due:
    """A first record that somebody has earned, and why."""

    enrolment_id: int
    completion: Completion
    reason: dict[str, Any]


@dataclass(frozen=True, slots=True)
class NotYet:
    """Somebody who has begun but not earned a record, and what is missing."""

    learner: str
    what: str
    missing: tuple[str, ...]


@dataclass(slots=True)
class Plan:
    """Everybody in a course: first records, records to look at one by one, those not earned."""

    due: list[Due] = field(default_factory=list)
    again: list[tuple[int, Module | None]] = field(default_factory=list)
    """An enrolment, and the module; None for the whole series."""
    not_yet: list[NotYet] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many records there are to look at."""
        return len(self.due) + len(self.again)


def plan(
    session: Session,
    curriculum: Curriculum,
    settings: Settings,
    course: str,
    *,
    modules: Sequence[Module],
    series: bool,
) -> Plan:
    """See who in a course has earned what; nothing is written."""
    desk = open_desk(settings)
    told = Plan()
    for enrolment in store.enrolments(session, course):
        work = work_of(session, enrolment)
        for module in modules:
            _see(session, curriculum, desk, enrolment, module, work, told)
        if series:
            _see_series(curriculum, enrolment, work, told)
    return told


def _see(
    session: Session,
    curriculum: Curriculum,
    desk: Desk,
    enrolment: Enrolment,
    module: Module,
    work: Work,
    told: Plan,
) -> None:
    """Put one learner and module where they belong."""
    if module_progress(curriculum, module, work).status == "not_started":
        return
    try:
        completion = earned(session, curriculum, enrolment, module, work)
    except NotEarnedError as error:
        told.not_yet.append(NotYet(_shown(enrolment), module.meta.title, error.missing))
        return
    except GroundworkError as error:
        told.not_yet.append(NotYet(_shown(enrolment), module.meta.title, (str(error),)))
        return
    if any(record.status == VALID and record.module == module.id for record in work.records):
        told.again.append((enrolment.id, module))
        return
    told.due.append(Due(enrolment.id, completion, reason_of(work, completion, desk)))


def _see_series(curriculum: Curriculum, enrolment: Enrolment, work: Work, told: Plan) -> None:
    missing = missing_for_series(curriculum, work)
    if not missing and work.name.strip():
        told.again.append((enrolment.id, None))
    elif work.touched:
        without_name = ("A name to print is missing.",) if not work.name.strip() else ()
        told.not_yet.append(NotYet(_shown(enrolment), "The series", (*missing, *without_name)))


def _shown(enrolment: Enrolment) -> str:
    name = enrolment.learner.name.strip()
    return f"{name} ({enrolment.learner.key})" if name else enrolment.learner.key


def award_all(
    database: Database,
    curriculum: Curriculum,
    settings: Settings,
    planned: Plan,
    *,
    by: str,
    at: datetime,
    executor: Executor,
    workers: int,
) -> Iterator[int]:
    """Issue what is planned; yield after each transaction how many records it made.

    Whoever got a record since the plan was made gets no second one.
    """
    desk = open_desk(settings)
    yield from issue_all(
        database, desk, planned.due, act=Act(by, at, EARNED), executor=executor, workers=workers
    )
    for enrolment_id, module in planned.again:
        with database.write() as session:
            enrolment = session.get_one(Enrolment, enrolment_id)
            if module is None:
                _, new = award_series(session, curriculum, settings, enrolment, now=at, by=by)
            else:
                _, new = award(session, curriculum, settings, enrolment, module, now=at, by=by)
        yield int(new)


def issue_all(
    database: Database,
    desk: Desk,
    due: Sequence[Due],
    *,
    act: Act,
    executor: Executor,
    workers: int,
) -> Iterator[int]:
    """Issue many first records; yield after each transaction how many it made."""
    with database.read() as session:
        free = next_entries(session, desk, len(due))
    places: Sequence[StatusEntry | None] = free or [None] * len(due)
    whose = {one.completion.id: one for one in due}
    jobs = (Job(one.completion, place) for one, place in zip(due, places, strict=True))
    try:
        for printed in issue_many(
            jobs, desk.issuer, desk.key, issued=act.at, executor=executor, workers=workers
        ):
            sheet = [(whose[job.completion.id], job, files) for job, files in printed]
            yield _write(database, desk, sheet, act)
    except IntegrityError:
        # Somebody else took one of the places in the status list meanwhile.
        raise ConflictError(f"Somebody else issues records at the same time. {GO_ON}") from None
    except BrokenProcessPool:
        raise ConflictError(f"A process that made records was ended. {GO_ON}") from None


def _write(
    database: Database, desk: Desk, sheet: Sequence[tuple[Due, Job, IssuedRecord]], act: Act
) -> int:
    """Add a sheet of records in one transaction, but for whoever has got theirs meanwhile."""
    made = []
    with database.write() as session:
        have = _holders(session, [due.enrolment_id for due, _, _ in sheet])
        for due, job, files in sheet:
            if (due.enrolment_id, job.completion.module) in have:
                continue
            record = row(
                desk,
                due.enrolment_id,
                job.completion,
                files,
                entry=job.status,
                at=act.at,
                reason=due.reason,
            )
            made.append(record)
        keep_all(session, made, act)
        publish(session, desk, made, (), at=act.at)
        session.expunge_all()
    return len(made)


def _holders(session: Session, enrolment_ids: Sequence[int]) -> set[tuple[int, str | None]]:
    """Who holds a valid record of which module; nobody else issues to them until the end."""
    of_these = Enrolment.id.in_(enrolment_ids)
    session.execute(select(Enrolment.id).where(of_these).order_by(Enrolment.id).with_for_update())
    rows = session.execute(
        select(Record.enrolment_id, Record.module).where(
            Record.enrolment_id.in_(enrolment_ids), Record.status == VALID
        )
    )
    return {(enrolment, module) for enrolment, module in rows}


@contextmanager
def executor_for(*, workers: int, scheduler: str | None) -> Iterator[tuple[Executor, int]]:
    """Where to issue, and how many can at once: a Dask cluster, or processes of this machine."""
    if scheduler is not None:
        with _cluster(scheduler) as cluster:
            yield cluster
        return
    with pool(workers) as executor:
        yield executor, workers


@contextmanager
def _cluster(scheduler: str) -> Iterator[tuple[Executor, int]]:
    """A Dask cluster whose workers have this package; a worker that dies loses nothing."""
    try:
        from distributed import Client
        from distributed.comm.addressing import get_address_host_port
    except ImportError as error:
        raise SettingsError(
            "--scheduler needs Dask: install groundwork[cluster] here and on the workers."
        ) from error
    try:
        # Asked plainly first, because a client that fails to connect talks of it for long.
        create_connection(get_address_host_port(scheduler), timeout=PATIENCE).close()
        client: Any = Client(  # type: ignore[no-untyped-call]
            scheduler, timeout=PATIENCE, set_as_default=False, direct_to_workers=True
        )
    except (OSError, ValueError) as error:
        raise SettingsError(f"No Dask scheduler answers at {scheduler}.") from error
    with closing(client):
        places = sum(client.nthreads().values())
        if not places:
            raise SettingsError(f"The Dask scheduler at {scheduler} has no workers.")
        yield client.get_executor(pure=False, retries=TRIES), places
