"""Grading by arithmetic beside stock nbgrader, a pool of it, and the floor under both.

Run with `make bench`. Learners hand in a quiz of twelve graded cells and a reflection, two
notebooks each. Stock nbgrader and a pool of four processes over its `NbGraderAPI` grade the
first of them and are compared per submission, all in this run and on this computer; their
rows and ours are read through nbgrader's own API and must be the same. The floor is the same
rows by raw `sqlite3` and the same notebooks by plain writes: nobody can be faster and leave
as much. PostgreSQL is the server of TEST_DATABASE_URL, or one started for this run where
Debian's package is installed; Dask is measured when installed.

Each part says how busy the computer was, because a figure from a busy one says little; the
ratios are of things that were measured in turns. What misses its mark is marked, and the
program then ends with 1.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, closing, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from statistics import median, quantiles
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
from sqlalchemy import create_engine, insert, make_url, text

from groundwork import rescoring
from groundwork.assignments import build_course
from groundwork.autograde import Graded, How, grade_course, marker_of
from groundwork.coursefolder import read_course
from groundwork.curriculum import Curriculum, load_curriculum
from groundwork.gradebook import nbgrader_api, open_gradebook
from groundwork.handins import Reader
from groundwork.items import Item
from groundwork.log import Attempt, Database, open_database, store
from groundwork.marking import Marker
from groundwork.marksheet import read_notebooks
from groundwork.portal.serving import listen
from groundwork.scoring import score
from groundwork.settings import read_settings
from groundwork.stock import grade_one

PROJECT = Path(__file__).parents[1]
ROUNDS = 5
LOADING = 10
"""Seconds in which a portal without accounts has certainly loaded nbgrader's code."""
MODULE = "02-brain-architecture"
QUIZ, REFLECTION = f"{MODULE}-b", f"{MODULE}-reflection"
WORDS = "I saw her look at him, and he looked back. " * 20
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
TABLES = ("student", "submitted_assignment", "submitted_notebook", "grade", "comment")
Task = tuple[str, str]


MISSED: list[str] = []


def say(what: str, value: str, target: str = "", *, reached: bool = True) -> None:
    """One line of the report."""
    print(f"  {what:<58} {value:>14}  {target}{'' if reached else '  MISSED'}", flush=True)
    if not reached:
        MISSED.append(f"{what}: {value}, {target}")


def heading(words: str) -> None:
    """The head of a part, with how busy the computer is."""
    busy = os.getloadavg()[0]
    print(f"\n{words}\n  (load {busy:.1f} on {os.cpu_count()} cores)", flush=True)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds a piece of work takes, and what it returned."""
    begun = time.perf_counter()
    result = work()
    return time.perf_counter() - begun, result


class Work(NamedTuple):
    """Seconds of processor time: in the program, and in the system for its files."""

    program: float
    system: float

    @property
    def both(self) -> float:
        """All of it."""
        return self.program + self.system


def busied(work: Callable[[], Any]) -> tuple[Work, Any]:
    """The processor time a piece of work takes here, and what it returned."""
    begun = getrusage(RUSAGE_SELF)
    result = work()
    ended = getrusage(RUSAGE_SELF)
    return Work(ended.ru_utime - begun.ru_utime, ended.ru_stime - begun.ru_stime), result


def middle(work: Sequence[Work]) -> Work:
    """The median of each part, over some rounds."""
    return Work(median(one.program for one in work), median(one.system for one in work))


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="groundwork-bench-") as folder:
        yield Path(folder)


def curriculum() -> Curriculum:
    """The project's own content, keys and all."""
    return load_curriculum(read_settings({"GROUNDWORK_ROOT": str(PROJECT)}))


def answers_to(items: Sequence[Item], dice: random.Random) -> dict[str, Any]:
    """Answers as learners give them, right and wrong."""
    return {item.id: _answer(item.shown(), dice) for item in items}


def _answer(shown: dict[str, Any], dice: random.Random) -> Any:
    def ids(name: str) -> list[str]:
        return [part["id"] for part in shown[name] if isinstance(part, dict)]

    match shown["type"]:
        case "single":
            return dice.choice(ids("options"))
        case "multiple":
            return [one for one in ids("options") if dice.random() < 0.5]
        case "mark":
            return [one for one in ids("passage") if dice.random() < 0.5]
        case "order":
            return dice.sample(ids("steps"), len(ids("steps")))
        case "match":
            return {left: dice.choice(ids("right")) for left in ids("left")}
        case "sort":
            return {card: dice.choice(ids("categories")) for card in ids("cards")}
        case _:
            return dice.randint(int(shown["min"]), int(shown["max"]))


def hand_in(course: Path, content: Curriculum, learners: int, names: Sequence[str]) -> list[Task]:
    """Hand in some notebooks for many learners, as `nbgrader collect` leaves them."""
    dice = random.Random(7)  # noqa: S311  # made-up answers, the same in every run
    quizzes = content.quizzes[MODULE]
    reflection = quizzes.reflection_form.items[0].id
    tasks = []
    for name in names:
        release = course / "release" / name
        version = json.loads((release / "quiz.json").read_text())["version"]
        for number in range(learners):
            folder = course / "submitted" / f"learner-{number:05}" / name
            folder.mkdir(parents=True)
            for file in (f"{name}.ipynb", "quiz.json"):
                os.link(release / file, folder / file)
            given = answers_to(quizzes.form("B").items, dice)
            answers = given if name == QUIZ else {reflection: WORDS}
            whole = {"quiz": name, "version": version, "answers": answers}
            (folder / "answers.json").write_text(json.dumps(whole))
            (folder / "timestamp.txt").write_text("2026-11-20 12:00:00.000000 UTC")
            tasks.append((name, folder.parent.name))
    return tasks


def rows_of(course: Path, students: set[str]) -> dict[Task, Any]:
    """What nbgrader says of submissions, read through its own API."""
    with (
        warnings.catch_warnings(),
        nbgrader_api().Gradebook(f"sqlite:///{course}/gradebook.db") as book,
    ):
        warnings.simplefilter("ignore")
        return {
            (assignment.name, handed_in.student.id): [
                (
                    handed_in.timestamp,
                    sheet.late_submission_penalty,
                    sorted((g.name, g.auto_score, g.needs_manual_grade) for g in sheet.grades),
                    sorted((c.name, c.auto_comment) for c in sheet.comments),
                )
                for sheet in handed_in.notebooks
            ]
            for assignment in book.assignments
            for handed_in in assignment.submissions
            if handed_in.student.id in students
        }


# Against stock


def grading(learners: int, by_stock: int) -> None:
    """Ours, stock, a pool of it, and the floor."""
    heading(f"Grading {learners} learners' submissions: a quiz of 12 cells and a reflection each")
    content = curriculum()
    with scratch() as folder:
        course = folder / "ours"
        build_course(content, course)
        tasks = hand_in(course, content, learners, [QUIZ, REFLECTION])
        some = [task for task in tasks if int(task[1].rpartition("-")[2]) < by_stock]
        for copy in ("stock", "pool", "command", *map(str, range(1, ROUNDS))):
            shutil.copytree(course, folder / copy)

        settle()
        took, plainest, worked, plain_work = [], [], [], []
        for number in range(ROUNDS):
            # In turns, because how long a disk takes to make a file changes by the minute.
            here = folder / str(number) if number else course
            seconds, (work, graded) = timed(partial(busied, partial(graded_all, here)))
            took.append(seconds)
            worked.append(work)
            seconds, work, rows = timed_floor(here, folder / f"floor-{number}")
            plainest.append(seconds)
            plain_work.append(work)
        ours, floor = median(took), median(plainest)
        ours_work, floor_work = middle(worked), middle(plain_work)
        ratio = median(a.both / b.both for a, b in zip(worked, plain_work, strict=True))
        for line in graded:
            print(f"  {line}")
        each = ours / learners
        say(f"ours, in this process, median of {ROUNDS}", f"{ours:.2f} s")
        say("ours, each submission", f"{each * 1e3:.2f} ms", "at most 3 ms", reached=each <= 0.003)
        whole, _ = timed(lambda: command(folder / "command"))
        say("ours, the whole command, started from nothing", f"{whole:.2f} s")
        say(f"the floor: {rows} rows by sqlite3, the notebooks by plain writes", f"{floor:.2f} s")
        say("ours, times the floor", f"{ours / floor:.1f}", "within 5", reached=ours <= 5 * floor)
        say("ours, processor time each", f"{ours_work.both / learners * 1e3:.2f} ms")
        say("ours, times the floor, by processor time", f"{ratio:.1f}")
        for line in gap(course, floor_work, ours_work):
            print(f"    {line}")

        stock, _ = timed(lambda: by_nbgrader(folder / "stock", some))
        stock_each = stock / by_stock
        say(f"stock nbgrader, {by_stock} learners", f"{stock:.1f} s")
        say("stock, each submission", f"{stock_each * 1e3:.0f} ms")
        pool, _ = timed(lambda: by_pool(folder / "pool", some))
        say(f"4 processes over NbGraderAPI, {by_stock} learners", f"{pool:.1f} s")
        for name, other, least in (("stock", stock_each, 300), ("the pool", pool / by_stock, 80)):
            say(
                f"faster than {name}, each submission",
                f"{other / each:.0f} times",
                f"at least {least}",
                reached=other / each >= least,
            )
        started = whole / learners
        say("faster than stock, with our start counted", f"{stock_each / started:.0f} times")
        students = {student for _, student in some}
        theirs = rows_of(folder / "stock", students)
        same = theirs == rows_of(course, students) == rows_of(folder / "pool", students)
        say("the same rows", "yes" if same else "NO")
        assert same, "the graders disagree"  # noqa: S101


def gap(course: Path, floor: Work, ours: Work) -> Iterator[str]:
    """Where the processor's time above the floor goes."""
    read, mark = map(median, zip(*(read_and_mark(course) for _ in range(ROUNDS)), strict=True))
    rest = ours.program - read - mark
    yield f"in the system, for files: the floor {floor.system:.2f} s, ours {ours.system:.2f} s"
    yield "  (for each notebook the floor makes one file; ours copies answers and time too,"
    yield "  links what the course gave, renames the notebook when whole, reads what came)"
    yield f"in the program: the floor {floor.program:.2f} s, ours {ours.program:.2f} s, of which"
    yield f"  reading what was handed in {read:.2f} s; scores, words and notebooks {mark:.2f} s;"
    yield f"  what is new, ids, rows looked up and written {rest:.2f} s"


def read_and_mark(course: Path) -> tuple[float, float]:
    """Seconds of the program to read what was handed in, and to mark it, once more and alone."""
    read = mark = 0.0
    settings = read_course(course)
    for name, submitted in settings.submitted().items():
        with open_gradebook(settings.gradebook_url) as book:
            marker = marker_of(settings, name, read_notebooks(book, name) or [])
        assert isinstance(marker, Marker)  # noqa: S101
        reader = Reader(settings, name, marker.kept.cells)
        work, hand_ins = busied(lambda: [reader.read(*one) for one in submitted.items()])  # noqa: B023
        read += work.program
        work, _ = busied(lambda: [marker.mark(one) for one in hand_ins])  # noqa: B023
        mark += work.program
    return read, mark


def settle() -> None:
    """Let the disk finish what was made before.

    Where many files were removed in the minutes before, ext4 looks long for a place for each
    new one: then both the floor and we are several times slower, and nearer to each other.
    """
    os.sync()
    time.sleep(6)


def graded_all(course: Path) -> list[Graded]:
    """Grade a course by arithmetic, here."""
    return list(grade_course(course, How()))


def command(course: Path) -> float:
    """`groundwork grade`, as a person runs it; return its peak memory in MB."""
    running = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "groundwork", "grade", "--course", str(course)],
        stdout=subprocess.DEVNULL,
        env=os.environ | {"GROUNDWORK_ROOT": str(PROJECT)},
    )
    _, status, used = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    assert running.returncode == 0  # noqa: S101
    return used.ru_maxrss / 1024


STOCK = """
import json, os, sys, warnings
warnings.simplefilter("ignore")
from nbgrader.apps import NbGraderAPI
from traitlets.config.loader import PyFileConfigLoader
config = PyFileConfigLoader("nbgrader_config.py", path=os.getcwd()).load_config()
api = NbGraderAPI(config=config)
for assignment, student in json.load(sys.stdin):
    assert api.autograde(assignment, student)["success"]
"""


def by_nbgrader(course: Path, tasks: Sequence[Task]) -> None:
    """One process of nbgrader, one submission after another."""
    subprocess.run(  # noqa: S603
        [sys.executable, "-c", STOCK],
        cwd=course,
        input=json.dumps(tasks),
        text=True,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def by_pool(course: Path, tasks: Sequence[Task], processes: int = 4) -> None:
    """The fastest way of nbgrader's own: processes, each with one NbGraderAPI."""
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=quiet) as pool:
        done = [pool.submit(grade_one, str(course), *task) for task in tasks]
        failed = [one.result() for one in done if one.result()]
    assert not failed, failed  # noqa: S101


def quiet() -> None:
    """Let kernels talk into nothing."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def timed_floor(course: Path, target: Path) -> tuple[float, Work, int]:
    """Write the rows and notebooks that a graded course holds again, by the plainest means.

    Return the seconds it took, the work of the processor, and the number of rows.
    """
    notebooks = {
        path.relative_to(course): path.read_bytes()
        for path in (course / "autograded").rglob("*.ipynb")
    }
    target.mkdir()
    with closing(sqlite3.connect(course / "gradebook.db")) as book:
        made = [
            sql
            for (sql,) in book.execute("select sql from sqlite_master where sql is not null")
            if any(f" {name} " in f"{sql} " or f"TABLE {name} (" in sql for name in TABLES)
        ]
        rows = {name: book.execute(f"select * from {name}").fetchall() for name in TABLES}  # noqa: S608
    with closing(sqlite3.connect(target / "gradebook.db")) as book:
        for sql in made:
            book.execute(sql)
        book.commit()

        def write() -> None:
            for name, some in rows.items():
                holes = ", ".join("?" * len(some[0]))
                book.executemany(f"insert into {name} values ({holes})", some)  # noqa: S608
            book.commit()
            for place, data in notebooks.items():
                (target / place).parent.mkdir(parents=True)
                (target / place).write_bytes(data)

        seconds, (work, _) = timed(partial(busied, write))
    return seconds, work, sum(map(len, rows.values()))


# Size


def size(learners: int) -> None:
    """Many submissions at once: time, and how much memory at most."""
    heading(f"{learners} submissions of 12 graded cells")
    content = curriculum()
    with scratch() as folder:
        build_course(content, folder / "many")
        hand_in(folder / "many", content, learners, [QUIZ])
        settle()
        seconds, peak = timed(lambda: command(folder / "many"))
        say("the whole command", f"{seconds:.1f} s", "under 120 s", reached=seconds < 120)
        say("each", f"{seconds / learners * 1e3:.2f} ms")
        say("memory at its peak", f"{peak:.0f} MB", "under 400 MB", reached=peak < 400)


# The portal

SERVE = """
import sys
from contextvars import ContextVar
from pathlib import Path
from groundwork.portal import accounts
from groundwork.portal.house import Who
from groundwork.portal.serving import listen, server_of, worker
from groundwork.settings import SELF_STUDY, read_settings

root, data, port = sys.argv[1:]
settings = read_settings({"GROUNDWORK_ROOT": root}, data=Path(data))
settings.make_data()
app = worker(settings, prefix="/", host="127.0.0.1", hub=None)
key = ContextVar("key", default="")

# Many learners without a Hub, told apart by a header; all else is the portal as it runs.
# (Not by dependency_overrides, with which FastAPI looks at every function anew each time.)
accounts.who_of = lambda portal, found: Who(key=key.get(), course=SELF_STUDY)

async def named(scope, receive, send):
    key.set(dict(scope.get("headers", ())).get(b"x-learner", b"").decode())
    await app(scope, receive, send)

named.state = app.state
server_of(named).run(sockets=[listen("127.0.0.1", int(port))])
"""


def portal(learners: int, rounds: int) -> None:
    """From a submitted quiz to the durable answer, with everybody's requests a second apart."""
    heading(f"The portal: {learners} learners submit {rounds} quizzes each, 1 s between requests")
    content = curriculum()
    with scratch() as folder:
        with listen("127.0.0.1", 0) as free:
            port = free.getsockname()[1]
        running = subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", SERVE, str(PROJECT), str(folder), str(port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            took = asyncio.run(submit_all(f"http://127.0.0.1:{port}", content, learners, rounds))
        finally:
            running.kill()
            running.wait()
    half, most = median(took), quantiles(took, n=100)[-1]
    named = f"request to durable answer, median of {len(took)}"
    say(named, f"{half * 1e3:.1f} ms", "under 10 ms", reached=half < 0.01)
    say("99 of 100 within", f"{most * 1e3:.1f} ms", "under 50 ms", reached=most < 0.05)


async def submit_all(address: str, content: Curriculum, learners: int, rounds: int) -> list[float]:
    """Everybody at once, each a second after their last answer; how long each one took."""
    took: list[float] = []
    # Made before anything is timed, so that the clock does not stand for making them.
    sent = {
        f"learner-{number}": [quiz_of(content, number, turn) for turn in range(rounds)]
        for number in range(learners)
    }
    async with httpx.AsyncClient(
        base_url=address, timeout=30, limits=httpx.Limits(max_connections=learners)
    ) as client:
        await up(client)
        # The first answer of a server's life loads code, and so does its first gradebook. Where
        # there are accounts the portal does both before it answers anybody.
        await submit(client, "first-of-all", quiz_of(content, learners, 0), [])
        await asyncio.sleep(LOADING)
        await asyncio.gather(
            *(
                sitting(client, learner, quizzes, number / learners, took)
                for number, (learner, quizzes) in enumerate(sent.items())
            )
        )
    return took


async def up(client: httpx.AsyncClient) -> None:
    """Wait until the server answers."""
    for _ in range(600):
        try:
            await client.get("/healthz")
        except httpx.TransportError:
            await asyncio.sleep(0.1)
        else:
            return
    raise SystemExit("the portal did not start")


async def sitting(
    client: httpx.AsyncClient, learner: str, quizzes: list[bytes], wait: float, took: list[float]
) -> None:
    """One learner's quizzes, one after another."""
    await asyncio.sleep(wait)
    for quiz in quizzes:
        await submit(client, learner, quiz, took)
        await asyncio.sleep(1)


def quiz_of(content: Curriculum, number: int, turn: int) -> bytes:
    """A quiz as its page sends it: form B first, then A, and so on."""
    form = content.quizzes[MODULE].form("A" if turn % 2 else "B")
    dice = random.Random(1000 * number + turn)  # noqa: S311  # made-up answers
    sent = {
        "attempt_id": str(uuid4()),
        "module": MODULE,
        "form": "BA"[turn % 2],
        "purpose": "quiz",
        "answers": answers_to(form.items, dice),
        "started": AT.isoformat(),
        "finished": (AT + timedelta(minutes=9)).isoformat(),
    }
    return json.dumps(sent).encode()


async def submit(client: httpx.AsyncClient, learner: str, quiz: bytes, took: list[float]) -> None:
    """Send one quiz and note how long its answer took."""
    headers = {"x-learner": learner, "content-type": "application/json"}
    begun = time.perf_counter()
    answer = await client.post("/api/attempts", content=quiz, headers=headers)
    took.append(time.perf_counter() - begun)
    assert answer.status_code == 201, answer.text  # noqa: S101


# Rescoring


def rescored(attempts: int) -> None:
    """Every attempt scored again after a corrected key, on each database there is."""
    heading(f"{attempts} attempts rescored after a corrected key")
    content = curriculum()
    written = {}
    with scratch() as folder:
        for name, url in databases(folder):
            log = open_database(url)
            try:
                fill(log, content, attempts)
                seconds, written[name] = timed(partial(rescore, log, content))
            finally:
                log.close()
            say(
                f"{name}: read, scored, written in one transaction",
                f"{seconds:.1f} s",
                "under 10 s",
                reached=seconds < 10,
            )
    say("rows on each", str(len(next(iter(written.values())))))
    if len(written) > 1:
        same = len({tuple(rows) for rows in written.values()}) == 1
        say("the same rows", "yes" if same else "NO", reached=same)


@contextmanager
def server_database() -> Iterator[str | None]:
    """A new database on the server of TEST_DATABASE_URL, or on one started for it."""
    named = os.environ.get("TEST_DATABASE_URL")
    with ExitStack() as ended:
        if not named and list(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
            named = started_server(ended)
        with database_on(named) if named else nullcontext() as url:
            yield url


def started_server(ended: ExitStack) -> str:
    """The address of a PostgreSQL server that lives as long as the stack."""
    program = str(PROJECT / "tests" / "postgres")
    folder = tempfile.mkdtemp(prefix="groundwork-bench-")
    ended.callback(subprocess.run, [program, "stop", folder], check=True)
    done = subprocess.run(  # noqa: S603
        [program, "start", folder], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@contextmanager
def database_on(named: str) -> Iterator[str]:
    """A new database on a server, gone afterwards."""
    server, name = make_url(named), f"groundwork_{uuid4().hex}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()


def databases(folder: Path) -> Iterator[tuple[str, str]]:
    """The databases to measure on."""
    yield "SQLite", f"sqlite:///{folder}/log.db"
    with server_database() as url:
        if url:
            yield "PostgreSQL", url
        else:
            say("PostgreSQL", "no server", "set TEST_DATABASE_URL", reached=False)


def fill(log: Database, content: Curriculum, attempts: int) -> None:
    """A log of attempts that were scored with another key for one item."""
    form = content.quizzes[MODULE].form("B")
    dice = random.Random(11)  # noqa: S311  # made-up answers, the same in every run
    with log.write() as session:
        people = [
            store.enrol(session, f"learner-{number}", "bench", at=AT).id
            for number in range(max(1, attempts // 4))
        ]
        session.flush()
        rows = []
        for number in range(attempts):
            answers = answers_to(form.items, dice)
            scores = {item.id: score(item, answers[item.id]).score for item in form.items}
            scores[form.items[0].id] = float(scores[form.items[0].id] < 0.5)
            total = sum(scores.values())
            rows.append(
                {
                    "attempt_id": f"attempt-{number}",
                    "enrolment_id": people[number % len(people)],
                    "module": MODULE,
                    "purpose": "quiz",
                    "form": "B",
                    "version": form.version,
                    "number": number // len(people) + 1,
                    "answers": answers,
                    "given_scores": scores,
                    "given_score": total,
                    "max_score": form.max_score,
                    "given_passed": total >= 0.8 * form.max_score,
                    "told": {},
                    "started": AT,
                    "finished": AT,
                    "received": AT,
                }
            )
        session.execute(insert(Attempt), rows)


def rescore(log: Database, content: Curriculum) -> list[Any]:
    """Do it, and read back what counts now."""
    with log.write() as session:
        plan = rescoring.plan(session, content, QUIZ)
        rescoring.apply(session, plan, take_away=True, by="bench", at=AT)
    with log.read() as session:
        query = text("select attempt_id, score, passed from rescore order by attempt_id")
        return [(a, float(s), bool(p)) for a, s, p in session.execute(query)]


# Code on a cluster


def cluster(notebooks: int) -> None:
    """Notebooks with code on two Dask workers, against one process."""
    heading(f"{notebooks} notebooks with code on a Dask cluster of 2 workers")
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        say("Dask", "not installed", "groundwork[cluster]", reached=False)
        return
    content = curriculum()
    with scratch() as folder:
        course = folder / "cluster"
        build_course(content, course)
        tasks = hand_in_code(course, notebooks)
        shutil.copytree(course, folder / "alone")
        alone, _ = timed(lambda: by_nbgrader(folder / "alone", tasks))
        with LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
        ) as here:
            with Client(here) as client:
                client.run(quiet)
            how = How(scheduler=here.scheduler_address)
            before = two_at_once()
            spread, graded = timed(lambda: list(grade_course(course, how)))
            after = two_at_once()
        for line in graded:
            print(f"  {line}")
        say("one process", f"{alone:.1f} s")
        say("two workers", f"{spread:.1f} s")
        say("bare sums in two processes, before and after", f"{before:.2f}, {after:.2f} times")
        faster = alone / spread
        say("faster", f"{faster:.2f} times", "at least 1.7", reached=faster >= 1.7)
        students = {student for _, student in tasks}
        same = rows_of(course, students) == rows_of(folder / "alone", students)
        say("the same rows", "yes" if same else "NO", reached=same)


def two_at_once() -> float:
    """How many times as much two processes get done here, now, as one: 2 on two free cores.

    Two workers cannot gain more than that.
    """
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        list(pool.map(keep_busy, [0.1, 0.1]))
        one, _ = timed(lambda: pool.submit(keep_busy, 2).result())
        two, _ = timed(lambda: list(pool.map(keep_busy, [2, 2])))
    return 2 * one / two


def keep_busy(seconds: float) -> None:
    """Work for some seconds of processor time."""
    begun = time.process_time()
    while time.process_time() - begun < seconds:
        sum(range(1000))


SOLUTION = "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"


def hand_in_code(course: Path, notebooks: int) -> list[Task]:
    """An instructor's own assignment with code, released and handed in."""
    from groundwork.assignments import release

    about: dict[str, Any] = {"schema_version": 3, "locked": True, "task": False, "solution": False}
    about |= {"grade": True, "grade_id": "right", "points": 2}
    solution = about | {"grade": False, "grade_id": "code", "locked": False, "solution": True}
    del solution["points"]
    cells = [
        code(
            SOLUTION,
            solution,
        ),
        code("float(sum(double(n) == 2 * n for n in range(100)) / 50)", about),
    ]
    book = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (course / "source" / "own").mkdir()
    (course / "source" / "own" / "own.ipynb").write_text(json.dumps(book))
    release(course, ["own"])
    cells[0]["source"] = "def double(x):\n    return 2 * x"
    for number in range(notebooks):
        folder = course / "submitted" / f"learner-{number:05}" / "own"
        folder.mkdir(parents=True)
        (folder / "own.ipynb").write_text(json.dumps(book))
    return [("own", f"learner-{number:05}") for number in range(notebooks)]


def code(source: str, about: dict[str, Any]) -> dict[str, Any]:
    """A code cell that nbgrader knows."""
    return {
        "cell_type": "code",
        "id": str(about["grade_id"]),
        "metadata": {"nbgrader": about},
        "source": source,
        "execution_count": None,
        "outputs": [],
    }


PARTS = ("grading", "size", "portal", "rescoring", "cluster")


def main() -> None:
    """Measure all of it, or some of it."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--only", choices=PARTS, action="append")
    arguments.add_argument("--learners", type=int, default=200)
    arguments.add_argument("--by-stock", type=int, default=40, help="how many of them by stock")
    arguments.add_argument("--many", type=int, default=20_000)
    arguments.add_argument("--quick", action="store_true", help="small numbers, for a look")
    chosen = arguments.parse_args()
    if chosen.quick:
        chosen.by_stock, chosen.many = 4, 1000
    parts: dict[str, Callable[[], None]] = {
        "grading": lambda: grading(chosen.learners, chosen.by_stock),
        "size": lambda: size(chosen.many),
        "portal": lambda: portal(50, 5 if chosen.quick else 20),
        "rescoring": lambda: rescored(chosen.many),
        "cluster": lambda: cluster(8 if chosen.quick else 40),
    }
    for part in chosen.only or PARTS:
        parts[part]()
    if MISSED:
        raise SystemExit("\nMissed:\n" + "\n".join(f"  {line}" for line in MISSED))


if __name__ == "__main__":
    main()
