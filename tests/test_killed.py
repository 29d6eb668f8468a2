"""Killed at any moment: what was acknowledged is there after a restart, and only once."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any
from uuid import uuid4

import httpx
import pytest

from groundwork.portal.serving import listen
from groundwork.settings import Settings
from small_portal import FIRST, FIRST_CHECK, MODULE, attempt, event, small_settings

SERVE = """
import sys
from pathlib import Path
from groundwork.portal import serve
from groundwork.settings import read_settings
root, data, port = sys.argv[1:]
serve(read_settings({"GROUNDWORK_ROOT": root}, data=Path(data)), port=int(port))
"""
MOMENTS = (1, 4, 9)
"""After how many acknowledged requests the process is killed."""


@contextmanager
def process(settings: Settings) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    """The real server in a process of its own, once it answers."""
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-c", SERVE, str(settings.root), str(settings.data), str(port)]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=without_settings())
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            wait_until_up(client, running)
            yield running, client
    finally:
        running.kill()
        running.wait()


def without_settings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if "GROUNDWORK" not in name}


def wait_until_up(client: httpx.Client, running: subprocess.Popen[bytes]) -> None:
    end = monotonic() + 60
    while monotonic() < end and running.poll() is None:
        try:
            client.get("/healthz")
        except httpx.TransportError:
            sleep(0.02)
        else:
            return
    raise AssertionError("the portal did not start")


class Work:
    """A learner's page that sends one thing after another and notes what was acknowledged."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, dict[str, Any]]] = []
        self.acknowledged: set[str] = set()
        self.forms = ["B", "A"]

    def one(self, number: int) -> tuple[str, str, dict[str, Any]]:
        """The next thing to send: five events, an attempt, or a reflection."""
        if number % 3 == 0:
            taken = sum(path == "api/attempts" for _, path, _ in self.sent)
            return "POST", "api/attempts", attempt(self.forms[taken % 2], {})
        if number % 3 == 1:
            practice = event("practice", FIRST, item=FIRST_CHECK, answer="stand")
            active = [event("active", FIRST, seconds=1) for _ in range(4)]
            return "POST", "api/events", {"events": [practice, *active]}
        words = {"text": f"Words {uuid4()}", "met": [True, True, True]}
        return "PUT", f"api/reflections/{MODULE}", words

    def go(self, client: httpx.Client, enough: int) -> None:
        """Send until the server is gone; what it did not answer is sent again next time."""
        if self.sent and self.mark(self.sent[-1]) not in self.acknowledged:
            self.send(client, self.sent[-1])
        while len(self.acknowledged) < enough + 40:
            self.sent.append(self.one(len(self.sent)))
            self.send(client, self.sent[-1])

    def send(self, client: httpx.Client, what: tuple[str, str, dict[str, Any]]) -> None:
        method, path, body = what
        answer = client.request(method, path, json=body)
        assert answer.status_code in (200, 201), answer.text
        self.acknowledged.add(self.mark(what))

    @staticmethod
    def mark(what: tuple[str, str, dict[str, Any]]) -> str:
        return json.dumps(what)


def until_killed(work: Work, client: httpx.Client, enough: int) -> None:
    try:
        work.go(client, enough)
    except httpx.TransportError:
        return


def rows(settings: Settings, query: str) -> list[Any]:
    path = settings.database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as log:
        return [row[0] for row in log.execute(query)]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return small_settings(tmp_path)


def test_everything_acknowledged_survives_sigkill_once(settings: Settings) -> None:
    work = Work()
    for moment in MOMENTS:
        with process(settings) as (running, client):
            enough = len(work.acknowledged) + moment
            page = Thread(target=until_killed, args=(work, client, enough))
            page.start()
            while len(work.acknowledged) < enough:
                sleep(0.001)
            running.send_signal(signal.SIGKILL)
            page.join()

    with process(settings) as (_, client):
        for what in work.sent:
            work.send(client, what) if what[1] != f"api/reflections/{MODULE}" else None
        told = client.get("api/progress").json()["modules"][0]

    bodies = [body for _, _, body in work.sent]
    attempts = {body["attempt_id"] for body in bodies if "attempt_id" in body}
    events = {one["id"] for body in bodies for one in body.get("events", [])}
    assert len(attempts) >= 3
    assert sorted(rows(settings, "SELECT attempt_id FROM attempt")) == sorted(attempts)
    assert sorted(rows(settings, "SELECT event_id FROM event")) == sorted(events)
    assert told["quiz"]["attempts"] == len(attempts)
    acknowledged = [json.loads(mark)[2] for mark in work.acknowledged]
    texts = {body["text"] for body in acknowledged if "text" in body}
    assert texts <= set(rows(settings, "SELECT text FROM reflection"))


def test_it_stops_when_it_is_told_to(settings: Settings) -> None:
    with process(settings) as (running, client):
        client.put("api/me", json={"name": "Ada"})
        running.send_signal(signal.SIGINT)

        assert running.wait(timeout=20) == 0

    assert rows(settings, "SELECT name FROM learner") == ["Ada"]
