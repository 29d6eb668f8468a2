"""Learners who read, answer and hand in as their browsers do, and remember what was acknowledged.

The load script (`benchmarks/cohort.py`) and the test of faults use them: real portal processes,
a Hub that is a stub, and in the end a comparison of the log with what the portal said it kept.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, perf_counter, sleep
from typing import Any, TextIO
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
from sqlalchemy import select

from groundwork import cohorts
from groundwork.audit import Act
from groundwork.cohorts import Newcomer, Role, Terms
from groundwork.course import Module
from groundwork.curriculum import Curriculum
from groundwork.items import Item
from groundwork.log import Attempt, Database, Enrolment, Event, Learner, Reflection
from groundwork.settings import Settings
from small_portal import right_answer
from stub_hub import ACCESS, PREFIX, SERVICE_TOKEN, StubHub

COURSE = "under-load"
TEACHER = "teacher"
PAGE = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate", "Accept-Encoding": "gzip"}
LATER = (408, 429)
"""Not an answer to what was sent, as widgets/queue.js has it: wait, and send it again."""
FOLLOWING = 1.0
"""Seconds in which workers notice that whoever started them is gone."""
SIGN_INS = 8
"""Codes that each learner may come back from the Hub with, one for each try."""


# --- what happened ---------------------------------------------------------------------------


@dataclass
class Calls:
    """How long each answer took, in seconds; what got none; what was refused."""

    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    again: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)
    longest_wait: float = 0.0

    @property
    def answered(self) -> int:
        """How many requests got an answer."""
        return sum(map(len, self.took.values()))


@dataclass
class Ledger:
    """What learners sent; `True` or a score stands for what the portal said it had kept."""

    attempts: dict[str, tuple[str, float | None]] = field(default_factory=dict)
    events: dict[tuple[str, str], bool] = field(default_factory=dict)
    texts: dict[tuple[str, str], list[tuple[str, bool]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    @property
    def told(self) -> int:
        """How many attempts got their score."""
        return sum(score is not None for _, score in self.attempts.values())

    def compare(self, database: Database, *, upto: Ledger | None = None) -> list[str]:
        """What of it the log of a course does not bear out, a sentence each.

        With `upto`, an earlier state of this ledger, the log is a copy made since: all of the
        earlier state must be in it, and nothing that was never sent.
        """
        sure = upto or self
        with database.read() as session:
            of_course = select(Enrolment.id).where(Enrolment.course == COURSE)
            people = session.execute(select(Enrolment.id, Learner.key).join(Learner))
            names = {enrolment: key for enrolment, key in people}
            attempts = [
                (row.attempt_id, names[row.enrolment_id], row.score)
                for row in session.scalars(
                    select(Attempt).where(Attempt.enrolment_id.in_(of_course))
                )
            ]
            events = [
                (names[enrolment], event)
                for enrolment, event in session.execute(
                    select(Event.enrolment_id, Event.event_id).where(
                        Event.enrolment_id.in_(of_course)
                    )
                )
            ]
            texts: dict[tuple[str, str], list[str]] = defaultdict(list)
            for saved in session.scalars(
                select(Reflection)
                .where(Reflection.enrolment_id.in_(of_course))
                .order_by(Reflection.id)
            ):
                texts[names[saved.enrolment_id], saved.module].append(saved.text)
        return [
            *_compare_attempts(attempts, sent=self.attempts, sure=sure.attempts),
            *_compare_events(events, sent=self.events, sure=sure.events),
            *_compare_texts(texts, sent=self.texts, sure=sure.texts),
        ]

    def copy(self) -> Ledger:
        """The ledger as it is now."""
        now = Ledger(dict(self.attempts), dict(self.events))
        now.texts.update({name: list(texts) for name, texts in self.texts.items()})
        return now


def _compare_attempts(
    rows: Sequence[tuple[str, str, float]],
    *,
    sent: dict[str, tuple[str, float | None]],
    sure: dict[str, tuple[str, float | None]],
) -> Iterator[str]:
    times = Counter(attempt for attempt, _, _ in rows)
    kept = {attempt: (who, score) for attempt, who, score in rows}
    for attempt, count in times.items():
        if count > 1:
            yield f"attempt {attempt} is there {count} times"
        if attempt not in sent:
            yield f"attempt {attempt} was never sent"
    for attempt, (who, score) in sure.items():
        if score is not None and kept.get(attempt) != (who, score):
            yield f"attempt {attempt} of {who} was told {score}, and is {kept.get(attempt)}"


def _compare_events(
    rows: Sequence[tuple[str, str]],
    *,
    sent: dict[tuple[str, str], bool],
    sure: dict[tuple[str, str], bool],
) -> Iterator[str]:
    times = Counter(rows)
    for event, count in times.items():
        if count > 1:
            yield f"event {event} is there {count} times"
        if event not in sent:
            yield f"event {event} was never sent"
    for event, acknowledged in sure.items():
        if acknowledged and event not in times:
            yield f"event {event} was acknowledged, and is lost"


def _compare_texts(
    kept: dict[tuple[str, str], list[str]],
    *,
    sent: dict[tuple[str, str], list[tuple[str, bool]]],
    sure: dict[tuple[str, str], list[tuple[str, bool]]],
) -> Iterator[str]:
    for place, texts in sure.items():
        lost = [text for text, acknowledged in texts if acknowledged and text not in kept[place]]
        if lost:
            yield f"{len(lost)} states of the reflection {place} are lost"
    for place, states in kept.items():
        if len(set(states)) != len(states):
            yield f"a state of the reflection {place} is there twice"
        if not set(states) <= {text for text, _ in sent.get(place, [])}:
            yield f"a state of the reflection {place} was never sent"


# --- the portal and its Hub ------------------------------------------------------------------


class PortalProcesses:
    """`groundwork serve` as the Hub starts it: a process that starts workers."""

    def __init__(
        self, settings: Settings, hub: str, *, workers: int, port: int, said: Path
    ) -> None:
        self.settings = settings
        self.hub = hub
        self.workers = workers
        self.port = port
        self.said = said
        self.address = f"http://127.0.0.1:{port}{PREFIX}"
        self._running: subprocess.Popen[bytes] | None = None
        self._log: TextIO | None = None

    def __enter__(self) -> PortalProcesses:
        self._log = self.said.open("a")
        self.start()
        self.wait_until_up()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        if self._log:
            self._log.close()

    def start(self) -> None:
        """Start it; it is not up yet."""
        command = [sys.executable, "-m", "groundwork", "serve", "--as-it-is"]
        command += [f"--workers={self.workers}", f"--port={self.port}"]
        self._running = subprocess.Popen(
            command, env=self._environment(), stdout=self._log, stderr=self._log
        )

    def _environment(self) -> dict[str, str]:
        ours = ("GROUNDWORK_", "JUPYTERHUB_")
        plain = {name: one for name, one in os.environ.items() if not name.startswith(ours)}
        return plain | {
            "GROUNDWORK_ROOT": str(self.settings.root),
            "GROUNDWORK_DATA": str(self.settings.data),
            "GROUNDWORK_QUIZZES": str(self.settings.quizzes),
            "GROUNDWORK_DATABASE_URL": self.settings.database_url,
            "GROUNDWORK_GRADEBOOK_URL": self.settings.gradebook_url,
            "JUPYTERHUB_SERVICE_NAME": "groundwork",
            "JUPYTERHUB_SERVICE_PREFIX": PREFIX,
            "JUPYTERHUB_API_URL": f"{self.hub}/hub/api",
            "JUPYTERHUB_API_TOKEN": SERVICE_TOKEN,
            "PYTHONUNBUFFERED": "1",
        }

    def wait_until_up(self, *, seconds: float = 60) -> None:
        """Wait until it answers; raise `RuntimeError` with what it said when it does not."""
        end = monotonic() + seconds
        while monotonic() < end and self.running.poll() is None:
            with suppress(httpx.HTTPError):
                up = httpx.get(f"{self.address}healthz", timeout=5).status_code == httpx.codes.OK
                if up and len(self.worker_ids()) == self.workers:
                    return
            sleep(0.05)
        raise RuntimeError(f"The portal did not start: {self.said.read_text()[-2000:]}")

    @property
    def running(self) -> subprocess.Popen[bytes]:
        """The process that was started last."""
        if self._running is None:
            raise RuntimeError("The portal was not started.")
        return self._running

    def worker_ids(self) -> list[int]:
        """The processes that answer; without workers of its own, the one that was started."""
        if self.workers == 1:
            return [self.running.pid]
        command = ["pgrep", "-P", str(self.running.pid), "-f", "spawn_main"]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        return [int(one) for one in found.stdout.split()]

    def kill_worker(self) -> None:
        """SIGKILL for one worker; the process that started it starts another."""
        os.kill(random.choice(self.worker_ids()), signal.SIGKILL)  # noqa: S311  # no secret

    def kill(self) -> None:
        """SIGKILL for the process that the Hub started, which can then tell nobody; start anew.

        The Hub looks from time to time whether its service still runs; here it is soon.
        """
        self.running.kill()
        self.running.wait()
        sleep(FOLLOWING)
        self.start()

    def stop(self) -> None:
        """End as the Hub ends it."""
        self.running.terminate()
        try:
            self.running.wait(timeout=40)
        except subprocess.TimeoutExpired:
            self.running.kill()
            self.running.wait()

    def cpu_seconds(self) -> float:
        """Processor time of the processes that run now, where `ps` can tell."""
        ids = ",".join(map(str, {self.running.pid, *self.worker_ids()}))
        command = ["ps", "-o", "cputimes=", "-p", ids]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        return float(sum(int(one) for one in found.stdout.split()))


def introduce(hub: StubHub, names: Sequence[str]) -> None:
    """Let the Hub know people, and codes for them to come back with."""
    for name in names:
        hub.knows(f"token-{name}", name, scopes=[ACCESS])
        hub.codes |= {f"code-{name}-{number}": f"token-{name}" for number in range(SIGN_INS)}


def names_of(learners: int) -> list[str]:
    """How simulated learners are called."""
    return [f"learner-{number:03}" for number in range(1, learners + 1)]


def make_cohort(
    database: Database, curriculum: Curriculum, names: Sequence[str], modules: Sequence[str]
) -> None:
    """A cohort with everybody in it."""
    act = Act("admin", datetime.now(UTC), "a cohort under load")
    with database.write() as session:
        cohorts.create(
            session, COURSE, Terms(name="Under load", time_zone="America/Chicago"),
            modules=modules, known=curriculum.course.by_id, act=act,
        )  # fmt: skip
        cohorts.admit(
            session, COURSE, Newcomer(key=TEACHER, name="A Teacher", qualifications="LCSW"),
            Role.INSTRUCTOR, act=act,
        )  # fmt: skip
        for name in names:
            cohorts.admit(
                session, COURSE, Newcomer(key=name, name=name.title()), Role.LEARNER, act=act
            )


# --- learners --------------------------------------------------------------------------------


@dataclass(kw_only=True)
class Plan:
    """What learners have: where, what to read, how long between two things, when to ask again."""

    address: str
    curriculum: Curriculum
    book: Path
    pause: Callable[[], Awaitable[None]]
    patience: float = 5.0
    longest: float = 300.0
    calls: Calls = field(default_factory=Calls)
    ledger: Ledger = field(default_factory=Ledger)
    files: Sequence[str] = ()
    chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311


class Browser:
    """One person's browser: it keeps cookies, and asks again when there is no answer."""

    def __init__(self, plan: Plan, name: str) -> None:
        self.plan = plan
        self.name = name
        number = sum(name.encode()) % 250 + 1
        self.client = httpx.AsyncClient(
            base_url=plan.address,
            timeout=60,
            verify=False,  # noqa: S501  # plain HTTP on this machine
            # Each learns at home: what is counted by address is counted for one.
            headers={"X-Forwarded-For": f"10.0.{number}.{int(name[-3:], 36) % 250}"},
        )
        self._codes = iter(range(SIGN_INS))

    async def ask(
        self, label: str, method: str, path: str, body: Any = None, **headers: str
    ) -> httpx.Response:
        """Ask until there is an answer, and note how long the answer took."""
        calls, wait, since, tries = self.plan.calls, self.plan.patience, perf_counter(), 0
        while True:
            tries += 1
            began = perf_counter()
            reply = await self._once(method, path, body, headers)
            if reply is not None and reply.status_code < 500 and reply.status_code not in LATER:
                calls.took[label].append(perf_counter() - began)
                if tries > 1:
                    calls.longest_wait = max(calls.longest_wait, perf_counter() - since)
                if reply.status_code >= 400:
                    calls.refused.append(f"{label}: {reply.status_code} {reply.text[:160]}")
                return reply
            calls.again[f"{label}: {reply.status_code if reply is not None else 'none'}"] += 1
            await asyncio.sleep(wait)
            wait = min(wait * 2, self.plan.longest)

    async def _once(
        self, method: str, path: str, body: Any, headers: dict[str, str]
    ) -> httpx.Response | None:
        try:
            return await self.client.request(method, path, json=body, headers=headers)
        except httpx.TransportError:
            return None

    async def page(self, path: str, label: str = "page") -> None:
        """Go to a page."""
        await self.ask(label, "GET", path, **PAGE)

    async def call(self, method: str, path: str, body: Any = None, *, label: str = "") -> Any:
        """Ask the API as a page's script does."""
        token = self.client.cookies.get("groundwork-csrf") or ""
        shown = label or f"{method} /{path}"
        reply = await self.ask(shown, method, path, body, **{"X-CSRF-Token": token})
        return reply.json()

    async def sign_in(self) -> None:
        """Go to the Hub and come back; the Hub's own pages between are skipped."""
        for number in self._codes:
            begun = await self.ask("sign in", "GET", "sign-in")
            state = parse_qs(urlsplit(begun.headers["location"]).query)["state"][0]
            code = f"code-{self.name}-{number}"
            back = await self._once("GET", f"oauth_callback?code={code}&state={state}", None, {})
            if back is not None and back.status_code == httpx.codes.SEE_OTHER:
                return
            # The code may be used up although no answer came: sign in from the start.
            self.plan.calls.again["sign in: from the start"] += 1
            await asyncio.sleep(self.plan.patience)
        self.plan.calls.refused.append(f"{self.name} could not sign in")


class SimulatedLearner(Browser):
    """Somebody who studies one module from its first page to its reflection."""

    def __init__(self, plan: Plan, name: str, module: Module) -> None:
        super().__init__(plan, name)
        self.module = module
        self.passes_at_once = plan.chance.random() < 0.7

    async def study(self) -> None:
        """Read, answer, sit the quiz, write, and look at what is due."""
        async with self.client:
            await self.sign_in()
            await self.page("")
            for file in self.plan.files:
                await self.ask("file", "GET", file)
            await self.plan.pause()
            for lesson in self.module.lessons:
                await self._read(lesson.id, lesson.items)
            await self._sit(passes=self.passes_at_once)
            if not self.passes_at_once:
                await self._sit(passes=True)
            for draft in range(2):
                await self._reflect(draft)
            await self.page("my-course")
            await self.page("")

    async def _book_page(self, path: str) -> None:
        if (self.plan.book / path).is_file():
            await self.page(path)
        await self.plan.pause()

    async def _read(self, lesson: str, items: Sequence[str]) -> None:
        await self._book_page(f"modules/{lesson}.html")
        answers = [self._answer(lesson, item) for item in items]
        while answers:
            size = self.plan.chance.randint(1, 3)
            batch, answers = answers[:size], answers[size:]
            await self._send(batch)
            await self.plan.pause()
        await self._send(
            [self._event("active", lesson, seconds=60.0), self._event("lesson_finished", lesson)]
        )
        await self.plan.pause()

    def _answer(self, lesson: str, item: str) -> dict[str, Any]:
        answer = practice_answer(self.plan.curriculum.practice[item])
        return self._event("practice", lesson, item=item, answer=answer, confidence=2)

    @staticmethod
    def _event(type_: str, lesson: str, **more: Any) -> dict[str, Any]:
        at = datetime.now(UTC).isoformat()
        return {"id": str(uuid4()), "type": type_, "lesson": lesson, "at": at, **more}

    async def _send(self, events: list[dict[str, Any]]) -> None:
        for event in events:
            self.plan.ledger.events[self.name, event["id"]] = False
        told = await self.call("POST", "api/events", {"events": events})
        for result in told.get("results", []):
            if result["status"] == "refused":
                self.plan.calls.refused.append(f"event: {result['reason']}")
            else:
                self.plan.ledger.events[self.name, result["id"]] = True
        await self.call("GET", "api/progress")

    async def _sit(self, *, passes: bool) -> None:
        await self._book_page(f"modules/{self.module.id}/quiz.html")
        path = f"api/quizzes/{self.module.id}"
        told = await self.call("GET", path, label="GET /api/quizzes")
        begun = datetime.now(UTC)
        await self.plan.pause()
        form = self.plan.curriculum.quizzes[self.module.id].form(told["form"])
        known = {item.id: right_answer(item) for item in form.items}
        share = len(known) if passes else len(known) // 2
        attempt = {
            "attempt_id": str(uuid4()), "module": self.module.id, "form": told["form"],
            "purpose": "quiz", "version": told["version"],
            "answers": dict(list(known.items())[:share]),
            "started": begun.isoformat(), "finished": datetime.now(UTC).isoformat(),
        }  # fmt: skip
        self.plan.ledger.attempts[attempt["attempt_id"]] = (self.name, None)
        told = await self.call("POST", "api/attempts", attempt)
        if "score" in told:
            self.plan.ledger.attempts[attempt["attempt_id"]] = (self.name, told["score"])
        await self.call("GET", "api/progress")
        await self.plan.pause()

    async def _reflect(self, draft: int) -> None:
        words = f"What {self.name} saw, draft {draft}. " + "It was a morning like others. " * 20
        states = self.plan.ledger.texts[self.name, self.module.id]
        states.append((words, False))
        body = {"text": words, "met": [True, True, True]}
        path = f"api/reflections/{self.module.id}"
        told = await self.call("PUT", path, body, label="PUT /api/reflections")
        if "at" in told:
            states[-1] = (words, True)
        await self.call("GET", "api/progress")
        await self.plan.pause()


def practice_answer(item: Item) -> Any:
    """An answer to a self-check that the portal takes."""
    match item.type:
        case "reflection":
            return None
        case "scenario":
            path, step = [], item.steps[0]
            while True:
                choice = next(one for one in step.choices if one.recommended)
                path.append(choice.id)
                if choice.next is None:
                    return path
                step = next(one for one in item.steps if one.id == choice.next)
        case _:
            return right_answer(item)


class SimulatedTeacher(Browser):
    """Somebody who looks at the cohort again and again while it works."""

    async def watch(self, seconds: float) -> None:
        """Go around the pages of the cohort until it is told to stop."""
        module = self.plan.curriculum.course.modules[0].id
        pages = {
            "teach: board": "", "teach: queue": "/reflections", "teach: finish": "/finish",
            "teach: statistics": f"/stats/{module}",
        }  # fmt: skip
        async with self.client:
            await self.sign_in()
            while True:
                for label, path in pages.items():
                    await self.page(f"teach/{COURSE}{path}", label)
                    await asyncio.sleep(seconds)
