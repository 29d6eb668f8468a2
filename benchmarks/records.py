"""How fast records are issued, verified and kept, on this machine.

Run with `make bench`. Issued completely means: the signed credential, the PDF with it inside,
the badge, a place in the status list, and the rows in the database, in transactions that are
on the disk. Each measurement has a folder and a database of its own.

    python benchmarks/records.py [--records N] [--cluster N]
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter
from uuid import uuid4

from sqlalchemy import insert

from groundwork.audit import Act
from groundwork.awarding import Due, executor_for, issue_all
from groundwork.log import Database, Enrolment, Learner, Record, open_database
from groundwork.recordbook import Desk, open_desk, sign_status_lists
from groundwork.records import (
    SIZE,
    AgendaItem,
    AreaMinutes,
    Completion,
    OwnIssuer,
    TrustedIssuers,
    issue,
    own_issuer,
    verify,
    warm,
)
from groundwork.records import StatusEntry as Place
from groundwork.settings import Settings, read_settings

NOW = datetime(2026, 11, 20, 17, 6, tzinfo=UTC)
ISSUER = "name: Lone Star Infant Mental Health\ncontact: records@lonestar.example\n"
TURNS = 3
COMPLETION = Completion(
    id=uuid4(),
    name="Marisol Núñez-Łaska",
    module="02-brain-architecture",
    title="Brain architecture",
    version="2026.1",
    language="en",
    started=datetime(2026, 11, 3, 18, tzinfo=UTC),
    completed=datetime(2026, 11, 20, 17, 5, tzinfo=UTC),
    minutes_by_area=(
        AreaMinutes("tf-development", "Development and behavior", "Theoretical Foundations", 80),
        AreaMinutes("tf-practice", "Relationship-focused practice", "Theoretical Foundations", 25),
        AreaMinutes("ds-observation", "Observation and listening", "Direct Service Skills", 20),
        AreaMinutes("com-speaking", "Speaking", "Communicating", 10),
    ),
    minutes=135,
    self_paced_minutes=135,
    live_minutes=0,
    hours_method="Words at 200 a minute, added up and rounded down to 5 minutes.",
    age_bands=("prenatal-36m", "3-6y"),
    equity_minutes=15,
    objectives=tuple(f"Say in your own words what part {number} is about" for number in range(6)),
    agenda=tuple(AgendaItem(f"Lesson {number}", 27) for number in range(5)),
    form="B",
    score=11.5,
    max_score=12,
    pass_share=0.8,
    reflection_assessed_by="the learner",
    delivery="Self-study",
    authors=("The Groundwork authors",),
)


@dataclass(frozen=True, slots=True)
class Office:
    """A portal of an organization, with learners in it."""

    database: Database
    desk: Desk
    enrolments: list[int]


@contextmanager
def office(learners: int) -> Iterator[Office]:
    """A new portal of an organization, in a folder that is thrown away."""
    with tempfile.TemporaryDirectory() as name:
        settings = _settings(Path(name))
        database = open_database(settings.database_url)
        try:
            yield Office(database, open_desk(settings), _enrolled(database, learners))
        finally:
            database.close()


def _settings(folder: Path) -> Settings:
    (folder / "_toc.yml").touch()
    (folder / "issuer.yml").write_text(ISSUER, encoding="utf-8")
    return read_settings(
        {
            "GROUNDWORK_ROOT": str(folder),
            "GROUNDWORK_PUBLIC_URL": "https://training.lonestar.example",
            "GROUNDWORK_ISSUER": str(folder / "issuer.yml"),
        }
    )


def _enrolled(database: Database, count: int) -> list[int]:
    numbers = list(range(1, count + 1))
    with database.write() as session:
        session.execute(
            insert(Learner),
            [
                {"id": one, "key": f"learner-{one}", "name": "", "language": "en", "created": NOW}
                for one in numbers
            ],
        )
        session.execute(
            insert(Enrolment),
            [
                {"id": one, "learner_id": one, "course": "self-study", "created": NOW}
                for one in numbers
            ],
        )
    return numbers


def issued_in(count: int, *, workers: int = 2, scheduler: str | None = None) -> float:
    """Seconds to issue so many records; starting the processes is not counted."""
    with office(count) as at, executor_for(workers=workers, scheduler=scheduler) as (pool, places):
        due = [
            Due(
                one,
                replace(COMPLETION, id=uuid4(), name=f"Learner Nº {one}"),
                {"content": str(one)},
            )
            for one in at.enrolments
        ]
        act = Act("bench", NOW, "measured")
        first, rest = due[: 40 * places], due[40 * places :]
        made = sum(issue_all(at.database, at.desk, first, act=act, executor=pool, workers=places))
        began = perf_counter()
        made += sum(issue_all(at.database, at.desk, rest, act=act, executor=pool, workers=places))
        seconds = perf_counter() - began
        if made != count:
            raise SystemExit(f"{made} records were made, not {count}")
        return seconds * count / len(rest)


def cluster_gain(count: int) -> float:
    """How many times as fast two workers of a Dask cluster are as one, the median of some turns.

    Dask's own profiler, which looks at every worker a hundred times a second, is off, as
    docs/operating.md advises.
    """
    import dask
    from distributed import LocalCluster

    def seconds(workers: int) -> float:
        with LocalCluster(
            n_workers=workers, threads_per_worker=1, dashboard_address=None
        ) as cluster:
            return issued_in(count, scheduler=cluster.scheduler_address)

    with dask.config.set({"distributed.worker.profile.enabled": False}):
        return median(seconds(1) / seconds(2) for _ in range(TURNS))


def verified_in(rounds: int = 20) -> float:
    """Median milliseconds from a PDF to its verdict, on a portal that is up."""
    with office(1) as at:
        record = issue(COMPLETION, at.desk.issuer, at.desk.key, issued=NOW, status=Place(1, 7))
        own: OwnIssuer = own_issuer(at.desk.issuer, [at.desk.key.public])
        warm()
        took = []
        for _ in range(rounds):
            began = perf_counter()
            verdict = verify(
                record.pdf,
                issuers=TrustedIssuers(),
                own=own,
                page_hashes=lambda _: record.sha256s["pdf"],
                status=lambda _: "valid",
            )
            took.append(perf_counter() - began)
            if verdict.status != "valid" or not verdict.page_proven:
                raise SystemExit(f"the record was found {verdict.status}")
        return median(took[1:]) * 1000


def list_signed_in(records: int) -> float:
    """Seconds to sign the status lists of so many records, a tenth of them revoked."""
    with office(1) as at:
        half = SIZE // 2
        rows = [
            {
                "id": str(number), "enrolment_id": 1, "module": "m", "name": "", "title": "",
                "started": NOW, "completed": NOW, "issued": NOW, "reason": {}, "facts": {},
                "status": "revoked" if number % 10 == 0 else "valid",
                "json": b"", "pdf": b"", "png": b"", "pdf_sha256": "", "key_name": "2026",
                "status_list": 1 + number // half, "status_index": (number % half) * 2,
            }
            for number in range(records)
        ]  # fmt: skip
        with at.database.write() as session:
            session.execute(insert(Record), rows)
        numbers = {row["status_list"] for row in rows}
        began = perf_counter()
        with at.database.write() as session:
            sign_status_lists(session, at.desk, numbers, at=NOW)  # type: ignore[arg-type]
        return perf_counter() - began


def main() -> None:
    """Measure, and print one line for each promise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1000)
    parser.add_argument("--cluster", type=int, default=1000)
    wanted = parser.parse_args()
    seconds = issued_in(wanted.records)
    print(
        f"issued {wanted.records} records completely in {seconds:.1f} s, "
        f"{wanted.records / seconds:.0f} a second on two processes (promised: 40)"
    )
    print(f"two Dask workers are {cluster_gain(wanted.cluster):.2f} times one (promised: 1.7)")
    print(f"one PDF verified in {verified_in():.0f} ms (promised: under 300)")
    print(
        f"status lists of 100,000 records signed in {list_signed_in(100_000):.2f} s (promised: 1)"
    )


if __name__ == "__main__":
    main()
