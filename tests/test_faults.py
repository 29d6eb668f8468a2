"""A class at work while things break: whatever was acknowledged is there afterward, once."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import cycle
from pathlib import Path

from sqlalchemy import create_engine, text

from groundwork.curriculum import Curriculum, load_curriculum
from groundwork.log import open_database
from groundwork.portal.serving import listen
from groundwork.settings import Settings
from simulated_cohort import (
    Ledger,
    Plan,
    PortalProcesses,
    SimulatedLearner,
    introduce,
    make_cohort,
    names_of,
)
from small_portal import MODULE, small_settings
from stub_hub import stub_hub

LEARNERS = 20
FEW = 6
SECONDS = 60.0


class Class:
    """Learners at a portal of two processes."""

    def __init__(
        self, settings: Settings, curriculum: Curriculum, portal: PortalProcesses, names: list[str]
    ) -> None:
        self.settings = settings
        self.names = names
        self.portal = portal
        chance = random.Random(5)  # noqa: S311  # no secret
        self.plan = Plan(
            address=portal.address, curriculum=curriculum, book=settings.book,
            pause=lambda: asyncio.sleep(chance.uniform(0.05, 0.3)), patience=0.2, longest=1.0,
            chance=chance,
        )  # fmt: skip

    def study(self, fault: Callable[[], Awaitable[object]]) -> None:
        """Let everybody study, and a fault strike when a third of the attempts is in."""
        asyncio.run(self._study(fault))

    async def _study(self, fault: Callable[[], Awaitable[object]]) -> None:
        modules = cycle(self.plan.curriculum.course.series)
        learners = [SimulatedLearner(self.plan, name, next(modules)) for name in self.names]
        async with asyncio.timeout(SECONDS):
            work = asyncio.gather(*(learner.study() for learner in learners))
            while len(self.plan.ledger.attempts) < len(self.names) / 3 and not work.done():
                await asyncio.sleep(0.01)
            await fault()
            await work

    def wrong(self) -> list[str]:
        """What the log does not bear out, and what was refused."""
        database = open_database(self.settings.database_url)
        try:
            return self.plan.ledger.compare(database) + self.plan.calls.refused
        finally:
            database.close()


@contextmanager
def class_on(settings: Settings, *, learners: int) -> Iterator[Class]:
    """A cohort with everybody in it, and a portal that they have not been to yet."""
    settings.make_data()
    curriculum = load_curriculum(settings)
    names = names_of(learners)
    database = open_database(settings.database_url)
    make_cohort(database, curriculum, names, [MODULE])
    database.close()
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    said = settings.data.parent / "portal.log"
    with stub_hub() as hub:
        introduce(hub, names)
        with PortalProcesses(settings, hub.address, workers=2, port=port, said=said) as portal:
            yield Class(settings, curriculum, portal, names)


def test_what_was_acknowledged_is_there_once_after_a_worker_was_killed(
    tmp_path: Path, log_url: str
) -> None:
    settings = replace(small_settings(tmp_path), database_url=log_url)
    with class_on(settings, learners=LEARNERS) as learners:
        before = learners.portal.worker_ids()

        async def break_it() -> None:
            await asyncio.to_thread(learners.portal.kill_worker)
            if not log_url.startswith("sqlite"):
                await asyncio.to_thread(drop_connections, log_url)

        learners.study(break_it)

        assert len(before) == 2
        assert set(learners.portal.worker_ids()) != set(before)
        assert len(learners.plan.ledger.attempts) >= LEARNERS
    assert learners.wrong() == []


def test_a_backup_holds_what_came_before_it_and_the_portal_comes_back_after_being_killed(
    tmp_path: Path,
) -> None:
    settings = small_settings(tmp_path)
    kept, there = tmp_path / "kept.tar.gz", tmp_path / "there"
    copy = replace(settings, data=there, database_url=f"sqlite:///{there}/groundwork.db")
    before: list[Ledger] = []

    async def back_up_and_kill() -> None:
        while not learners.plan.ledger.told:
            await asyncio.sleep(0.01)
        before.append(learners.plan.ledger.copy())
        await asyncio.to_thread(groundwork, settings, "backup", "--to", str(kept))
        await asyncio.to_thread(learners.portal.kill)

    with class_on(settings, learners=FEW) as learners:
        learners.study(back_up_and_kill)

        # Workers that outlive whoever started them would keep the port from it.
        learners.portal.wait_until_up()
    groundwork(copy, "restore", str(kept))

    assert learners.wrong() == []
    database = open_database(copy.database_url)
    assert learners.plan.ledger.compare(database, upto=before[0]) == []
    database.close()


# --- what the tests need ---------------------------------------------------------------------


def groundwork(settings: Settings, *words: str) -> None:
    """Call the program on a data folder, as an operator does."""
    environment = {name: one for name, one in os.environ.items() if "GROUNDWORK" not in name}
    environment |= {
        "GROUNDWORK_ROOT": str(settings.root),
        "GROUNDWORK_DATA": str(settings.data),
        "GROUNDWORK_DATABASE_URL": settings.database_url,
    }
    command = [sys.executable, "-m", "groundwork", *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def drop_connections(url: str) -> None:
    """End every connection to a database, as a server that starts again does."""
    engine = create_engine(url)
    query = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with engine.connect() as connection:
        assert connection.execute(text(query)).all()
    engine.dispose()
