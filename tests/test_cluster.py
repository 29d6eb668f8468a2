"""Notebooks with code on a Dask cluster: a worker that is killed changes no result."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import parity
from groundwork.assignments import build_course
from groundwork.attention import notices
from groundwork.curriculum import load_curriculum
from groundwork.settings import read_settings
from small_course import CURRICULUM, add_code, grades

pytest.importorskip("distributed", reason="groundwork[cluster] is not installed")
STUDENTS = [f"learner-{number}" for number in range(3)]


class Cluster:
    """A scheduler and two workers, each a process of its own, as an operator starts them."""

    def __init__(self, folder: Path, ended: ExitStack) -> None:
        self.ended = ended
        self.log = ended.enter_context((folder / "cluster.log").open("w"))
        file = folder / "scheduler.json"
        self._start("dask_scheduler", "--port", "0", "--scheduler-file", str(file), "--no-show")
        self.workers = [
            self._start("dask_worker", "--scheduler-file", str(file), "--nthreads", "1")
            for _ in range(2)
        ]
        self.file = file

    def _start(self, program: str, *words: str) -> subprocess.Popen[bytes]:
        more = ["--no-dashboard", *(["--no-nanny"] if program == "dask_worker" else [])]
        started = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{program}", *words, *more],
            stdout=self.log,
            stderr=self.log,
        )
        self.ended.callback(started.wait)
        self.ended.callback(started.kill)
        return started

    def address(self) -> str:
        from distributed import Client

        with Client(  # type: ignore[no-untyped-call]
            scheduler_file=str(self.file), set_as_default=False, timeout="60s"
        ) as client:
            client.wait_for_workers(2, timeout=60)
            return str(client.scheduler.address)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with ExitStack() as ended:
        yield Cluster(tmp_path, ended)


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course in which an instructor's own assignment is handed in."""
    course = tmp_path_factory.mktemp("courses") / "steps"
    build_course(load_curriculum(read_settings({"GROUNDWORK_ROOT": str(CURRICULUM)})), course)
    add_code(course, students=STUDENTS, pause=0.3)
    return course


def grade(course: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "groundwork", "grade", "--course", str(course), *words],
        env=os.environ | {"GROUNDWORK_ROOT": str(CURRICULUM)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_worker_that_is_killed_in_the_middle_changes_no_row(
    cluster: Cluster, handed_in: Path, tmp_path: Path
) -> None:
    course = parity.copied(handed_in, tmp_path / "spread" / "steps")
    whole = parity.copied(handed_in, tmp_path / "whole" / "steps")
    alone, _ = grade(whole, "--workers", "1").communicate(timeout=120)

    grading = grade(course, "--scheduler", cluster.address())
    until = time.monotonic() + 60
    while not list((course / "autograded").glob("*/own")) and time.monotonic() < until:
        time.sleep(0.02)
    cluster.workers[0].send_signal(signal.SIGKILL)
    said, wrong = grading.communicate(timeout=120)

    assert wrong == ""
    assert said == alone
    assert "own: 3 by nbgrader" in said
    assert [grades(course, student, "own") for student in STUDENTS] == [{"t": 4.0}] * 3
    assert parity.results(course) == parity.results(whole)
    assert list(notices(course)) == []


def test_a_scheduler_that_does_not_answer_is_one_sentence(handed_in: Path) -> None:
    grading = grade(handed_in, "--scheduler", "nonsense")
    _, wrong = grading.communicate(timeout=60)

    assert grading.returncode == 1
    assert wrong == "No Dask scheduler answers at nonsense.\n"
