"""A cohort at work: so many learners read, answer and hand in within the same minutes.

Run with `make bench` for a minute, or whole:

    python benchmarks/cohort.py --minutes 10 --learners 300 --database postgres --workers 2

Everything is real but the Hub, which is a stub in a process of its own that answers after 15 ms:
the portal's processes as the Hub starts them, the book, the database with its full durability,
the gradebook. Each learner signs in, loads a page's files once, reads every lesson of one module,
answers its self-checks in batches, sits the quiz (three in ten fail it and sit it again), saves a
reflection twice, and looks at their own pages; an instructor goes around the cohort's pages all
the time. As on the pages, progress is asked for after whatever was sent.

A request is timed from sending it to the whole answer, in the process that also plays all
learners, on the same machine. In the end the log is compared with what was acknowledged:
everything is there, once, as it was told.

Faults (`--kill-workers N`, `--kill-portal`, `--restart-database`) come in the middle; learners
then ask again as their browsers do, with the same ids, after 5 seconds and then after twice that.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from itertools import cycle
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import quantiles
from time import perf_counter, sleep
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

PROJECT = Path(__file__).parents[1]
sys.path.insert(0, str(PROJECT / "tests"))

from groundwork.curriculum import Curriculum, load_curriculum  # noqa: E402
from groundwork.gradebook import read_scores, student_id  # noqa: E402
from groundwork.log import Attempt, Enrolment, Learner, open_database  # noqa: E402
from groundwork.portal.serving import listen  # noqa: E402
from groundwork.settings import Settings, read_settings  # noqa: E402
from simulated_cohort import (  # noqa: E402
    COURSE,
    TEACHER,
    Calls,
    Plan,
    PortalProcesses,
    SimulatedLearner,
    SimulatedTeacher,
    introduce,
    make_cohort,
    names_of,
)
from stub_hub import stub_hub  # noqa: E402

HUB_SECONDS = 0.015
"""How long the stub takes to say whose a token is, about as long as a Hub does."""
ARRIVE = 0.15
"""The share of the time in which learners come, spread evenly."""
BUSY = 0.9
"""The share of the time after which the last ones are done, if all goes well."""
PATIENCE = 90.0
"""Seconds after the time in which whoever met a fault may catch up."""
STARTING = 60.0
LOOK = 5.0
API_LIMIT, PAGE_LIMIT = 0.200, 0.300
FILE = re.compile(r'(?:href|src)="([^"]*_static/[^"]+)"')
RELATIVE = re.compile(r"^(?:\.{1,2}/)+")


# --- the machine's side ----------------------------------------------------------------------


def _serve_hub(names: Sequence[str], told: Connection, done: Any) -> None:
    with stub_hub() as hub:
        introduce(hub, [*names, TEACHER])
        answer = hub.answer

        def slowly(*asked: Any) -> tuple[int, Any]:
            sleep(HUB_SECONDS)
            return answer(*asked)

        hub.answer = slowly  # type: ignore[method-assign]
        told.send(hub.address)
        done.wait()


@contextmanager
def hub_process(names: Sequence[str]) -> Iterator[str]:
    """A Hub in a process of its own; yield its address."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    done = context.Event()
    process = context.Process(target=_serve_hub, args=(names, there, done))
    process.start()
    try:
        if not here.poll(STARTING):
            raise RuntimeError("The stub of the Hub did not start.")
        yield here.recv()
    finally:
        done.set()
        process.join()


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server of this run, as durable as in earnest."""

    url: str
    folder: Path

    def restart(self) -> None:
        """End it as a power cut would, and start it again, which then recovers from its log."""
        postgres("restart", self.folder)


def postgres(what: str, folder: Path) -> str:
    """Call `tests/postgres`."""
    command = [str(PROJECT / "tests" / "postgres"), what, str(folder)]
    environment = os.environ | {"FSYNC": "on"}
    done = subprocess.run(  # noqa: S603  # our own program
        command, check=True, capture_output=True, text=True, env=environment
    )
    return done.stdout.strip()


@contextmanager
def postgres_server() -> Iterator[Server]:
    """Start a server, and stop it in the end."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as made:
        folder = Path(made) / "server"
        folder.mkdir()
        Path(made).chmod(0o755)  # the server may run as another user
        url = postgres("start", folder)
        try:
            yield Server(url, folder)
        finally:
            postgres("stop", folder)


def settings_for(data: Path, server: Server | None) -> Settings:
    """Settings with an empty data folder, on the server if there is one."""
    environment = {name: os.environ[name] for name in ("GROUNDWORK_ROOT",) if name in os.environ}
    if server:
        environment["GROUNDWORK_DATABASE_URL"] = server.url
        grades = server.url.replace("/postgres", "/grades-{course}")
        environment["GROUNDWORK_GRADEBOOK_URL"] = grades
    return read_settings({"GROUNDWORK_ROOT": str(PROJECT)} | environment, data=data)


# --- the learners' side ----------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong at a share of the time."""

    name: str
    at: float
    strike: Any


class Pause:
    """Thinking: as long as what there is to do leaves time for, more or less."""

    def __init__(self, seconds: float, chance: random.Random) -> None:
        self.seconds = seconds
        self.chance = chance

    async def __call__(self) -> None:
        await asyncio.sleep(self.seconds * self.chance.uniform(0.4, 1.6))


def pauses_in(curriculum: Curriculum) -> float:
    """How often a learner pauses in one module, on average: see `SimulatedLearner.study`."""
    modules = curriculum.course.series
    each = [
        sum(2 + (len(lesson.items) + 1) / 2 for lesson in module.lessons) + 1 + 1.3 * 3 + 2
        for module in modules
    ]
    return max(each)


async def play(
    plan: Plan, names: Sequence[str], *, seconds: float, faults: Sequence[Fault]
) -> None:
    """Let everybody study, and the faults happen; end when all are done."""
    modules = cycle(plan.curriculum.course.series)

    async def one(number: int, name: str) -> None:
        learner = SimulatedLearner(plan, name, next(modules))
        await asyncio.sleep(seconds * ARRIVE * number / len(names))
        await learner.study()

    async def strike(fault: Fault) -> None:
        await asyncio.sleep(seconds * fault.at)
        print(f"{seconds * fault.at:6.0f} s  {fault.name}", flush=True)
        await asyncio.to_thread(fault.strike)

    teacher = asyncio.create_task(SimulatedTeacher(plan, TEACHER).watch(LOOK))
    work = [one(number, name) for number, name in enumerate(names)]
    async with asyncio.timeout(seconds + PATIENCE):
        await asyncio.gather(*work, *map(strike, faults))
    teacher.cancel()
    with suppress(asyncio.CancelledError):
        await teacher


def files_of(book: Path) -> list[str]:
    """What a browser loads once with the first page."""
    found = FILE.findall((book / "index.html").read_text(encoding="utf-8"))
    return sorted({RELATIVE.sub("", one) for one in found})


# --- what came of it -------------------------------------------------------------------------


def percentiles(took: Sequence[float]) -> tuple[float, float, float]:
    """p50, p95 and p99 in milliseconds."""
    if len(took) < 2:
        return (took[0] * 1000,) * 3 if took else (0.0,) * 3
    cut = quantiles(took, n=100, method="inclusive")
    return cut[49] * 1000, cut[94] * 1000, cut[98] * 1000


def report(calls: Calls) -> list[str]:
    """Print the times of each kind of request; return what took longer than it should."""
    slow = []
    print(f"{'':28}{'count':>8}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'most ms':>9}")
    for label, took in sorted(calls.took.items()):
        low, high, top = percentiles(took)
        print(f"{label:28}{len(took):8}{low:9.0f}{high:9.0f}{top:9.0f}{max(took) * 1000:9.0f}")
        limit = API_LIMIT if "/api/" in label else PAGE_LIMIT
        if high > limit * 1000:
            slow.append(f"{label}: p95 {high:.0f} ms, not {limit * 1000:.0f}")
    return slow


def compare_gradebook(settings: Settings) -> list[str]:
    """Whether each learner's best attempt is what the gradebook says, read as nbgrader does."""
    database = open_database(settings.database_url)
    best: dict[tuple[str, str], float] = {}
    with database.read() as session:
        rows = session.query(Attempt, Learner.key).select_from(Attempt).join(
            Enrolment, Enrolment.id == Attempt.enrolment_id
        ).join(Learner).where(Enrolment.course == COURSE)  # fmt: skip
        for attempt, key in rows:
            sheet = f"{attempt.module}-{attempt.form.lower()}", student_id(key)
            best[sheet] = max(attempt.score, best.get(sheet, 0.0))
    database.close()
    try:
        book = read_scores(settings.gradebook(COURSE))
    except SQLAlchemyError:
        return ["there is no gradebook yet"]
    return [
        f"the gradebook has {book.get(sheet)} for {sheet}, the log {score}"
        for sheet, score in best.items()
        if abs(book.get(sheet, (-1.0, 0.0))[0] - score) > 1e-9
    ]


def wait_for_gradebook(settings: Settings) -> list[str]:
    """What the gradebook still lacks when it has had the time to follow the log."""
    end = perf_counter() + PATIENCE
    while (stale := compare_gradebook(settings)) and perf_counter() < end:
        sleep(LOOK)
    return stale


def run(chosen: argparse.Namespace, server: Server | None, data: Path) -> bool:
    """Do all of it once; return whether nothing was lost, doubled or refused."""
    settings = settings_for(data, server)
    curriculum = load_curriculum(settings)
    if not (settings.book / "index.html").is_file():
        command = [sys.executable, "-m", "groundwork", "build"]
        subprocess.run(command, check=True, cwd=settings.root)  # noqa: S603  # ourselves
    names = names_of(chosen.learners)
    database = open_database(settings.database_url)
    make_cohort(database, curriculum, names, [one.id for one in curriculum.course.series])
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    seconds = chosen.minutes * 60
    chance = random.Random(chosen.seed)  # noqa: S311  # no secret
    before = os.getloadavg()[0]
    with (
        hub_process(names) as hub,
        PortalProcesses(
            settings, hub, workers=chosen.workers, port=port, said=data / "portal.log"
        ) as portal,
    ):
        plan = Plan(
            address=portal.address,
            curriculum=curriculum,
            book=settings.book,
            pause=Pause(seconds * (BUSY - ARRIVE) / pauses_in(curriculum) / 1.05, chance),
            files=files_of(settings.book),
            chance=chance,
        )
        faults = list(faults_of(chosen, portal, server))
        used, began = portal.cpu_seconds(), perf_counter()
        with suppress_timeout(plan.calls):
            asyncio.run(play(plan, names, seconds=seconds, faults=faults))
        took, used = perf_counter() - began, portal.cpu_seconds() - used
        stale = wait_for_gradebook(settings)
    slow = report(plan.calls)
    during = os.getloadavg()[0]
    wrong = plan.ledger.compare(database) + stale
    database.close()
    tell(plan, chosen, took=took, used=None if faults else used, loads=(before, during))
    for heading, lines in (("Slow", slow), ("Refused", plan.calls.refused), ("Wrong", wrong)):
        for line in lines[:20]:
            print(f"{heading}: {line}")
        if len(lines) > 20:
            print(f"{heading}: and {len(lines) - 20} more")
    if chosen.log:
        print((data / "portal.log").read_text(encoding="utf-8"))
    failed = bool(plan.calls.again) and not faults
    return not (wrong or plan.calls.refused or failed)


@contextmanager
def suppress_timeout(calls: Calls) -> Iterator[None]:
    """Take it as an error, not as the end, when somebody is not done in time."""
    try:
        yield
    except TimeoutError:
        calls.refused.append("somebody was not done in time")


def faults_of(
    chosen: argparse.Namespace, portal: PortalProcesses, server: Server | None
) -> Iterator[Fault]:
    """What is to go wrong, and when."""
    for number in range(chosen.kill_workers):
        share = 0.2 + 0.6 * (number + 0.5) / chosen.kill_workers
        yield Fault("a worker is killed", share, portal.kill_worker)
    if chosen.kill_portal:
        yield Fault("all of the portal is killed and started again", 0.45, portal.kill)
    if chosen.restart_database and server:
        yield Fault("PostgreSQL is killed and started again", 0.6, server.restart)


def tell(
    plan: Plan,
    chosen: argparse.Namespace,
    *,
    took: float,
    used: float | None,
    loads: tuple[float, float],
) -> None:
    """Print the sums."""
    calls, ledger = plan.calls, plan.ledger
    print(
        f"\n{chosen.learners} learners, {took:.0f} s, {chosen.database}, {chosen.workers} workers: "
        f"{calls.answered:,} answers, {calls.answered / took:.1f} a second"
    )
    print(
        f"acknowledged: {ledger.told} attempts, {sum(ledger.events.values())} events, "
        f"{sum(kept for texts in ledger.texts.values() for _, kept in texts)} reflections"
    )
    if calls.again:
        print("asked again: " + ", ".join(f"{n}x {what}" for what, n in calls.again.most_common()))
        print(f"the longest that anybody waited until an answer came: {calls.longest_wait:.1f} s")
    if used is not None:
        each = used / calls.answered * 1000
        print(f"processor time of the portal: {used:.0f} s, {each:.1f} ms an answer")
    before, after = loads
    print(f"load of this machine, {os.cpu_count()} cores: {before:.1f} before, {after:.1f} after")


def main() -> int:
    """Run once as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--learners", type=int, default=30)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kill-workers", type=int, default=0, metavar="N")
    parser.add_argument("--kill-portal", action="store_true")
    parser.add_argument("--restart-database", action="store_true")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--log", action="store_true", help="print what the portal said")
    chosen = parser.parse_args()
    servers = postgres_server() if chosen.database == "postgres" else nullcontext()
    with servers as server, tempfile.TemporaryDirectory() as data:
        return 0 if run(chosen, server, Path(data)) else 1


if __name__ == "__main__":
    sys.exit(main())
