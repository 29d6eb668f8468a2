"""Several processes answer for one portal: one may die, and nothing acknowledged is lost."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from time import monotonic, sleep

import httpx

from groundwork.portal.serving import listen
from groundwork.settings import SELF_STUDY, Settings
from small_portal import FIRST, FIRST_CHECK, attempt, event, small_settings

SERVE = """
import sys
from pathlib import Path
from groundwork.portal import serve
from groundwork.settings import read_settings
root, data, port = sys.argv[1:]
serve(read_settings({"GROUNDWORK_ROOT": root}, data=Path(data)), port=int(port), workers=2)
"""


@contextmanager
def two_workers(settings: Settings) -> Iterator[tuple[int, str]]:
    """A portal of two processes; yields the one that watches over them, and the address."""
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-c", SERVE, str(settings.root), str(settings.data), str(port)]
    environ = {name: value for name, value in os.environ.items() if "GROUNDWORK" not in name}
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environ)
    address = f"http://127.0.0.1:{port}"
    try:
        assert soon(lambda: asked(f"{address}/healthz") == 200)
        yield running.pid, address
        running.send_signal(signal.SIGTERM)
        running.wait(30)
    finally:
        running.kill()
        running.wait()


def soon(true: Callable[[], bool]) -> bool:
    """Whether something becomes true within a minute."""
    end = monotonic() + 60
    while monotonic() < end:
        if true():
            return True
        sleep(0.05)
    return False


def asked(address: str) -> int | None:
    try:
        return httpx.get(address, timeout=20).status_code
    except httpx.TransportError:
        return None


def workers_of(pid: int) -> list[int]:
    """The processes that answer, by the one that started them."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    commands = {int(one): Path(f"/proc/{one}/cmdline").read_bytes() for one in children}
    return [one for one, command in commands.items() if b"spawn_main" in command]


def test_a_worker_may_be_killed_and_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    settings = small_settings(tmp_path)
    sent: list[str] = []
    with two_workers(settings) as (parent, address):
        first = workers_of(parent)
        for number in range(60):
            one = event("practice", FIRST, item=FIRST_CHECK, answer="stand")
            if number == 20:
                os.kill(first[0], signal.SIGKILL)
            try:
                told = httpx.post(f"{address}/api/events", json={"events": [one]}, timeout=20)
            except httpx.TransportError:
                continue
            assert told.status_code == 200
            sent.append(one["id"])
        httpx.post(f"{address}/api/attempts", json=attempt("B", {}), timeout=20)

        assert len(first) == 2
        assert soon(lambda: len(set(workers_of(parent)) - {first[0]}) == 2)
        kept = {one["id"] for one in httpx.get(f"{address}/api/export").json()["events"]}
        assert set(sent) <= kept
        assert len(sent) >= 40
        assert soon(lambda: handed_in(settings) == 1)
    assert workers_gone(first)


def test_a_connection_without_requests_stays_open_for_the_next_one(tmp_path: Path) -> None:
    with (
        two_workers(small_settings(tmp_path)) as (_, address),
        closing(HTTPConnection(address.removeprefix("http://"), timeout=20)) as connection,
    ):
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        first = connection.sock
        sleep(7)  # the web server's own habit is to close after five
        connection.request("GET", "/healthz")

        assert connection.getresponse().status == 200
        assert connection.sock is first


def handed_in(settings: Settings) -> int:
    """How many rows of handed-in work are in the gradebook, as soon as there is one."""
    path = settings.gradebook(SELF_STUDY).removeprefix("sqlite:///")
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as book:
            found: int = book.execute("SELECT count(*) FROM submitted_assignment").fetchone()[0]
    except sqlite3.OperationalError:
        return 0
    return found


def workers_gone(pids: list[int]) -> bool:
    return soon(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))
