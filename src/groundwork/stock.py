"""nbgrader itself, called where only it can decide or grade.

Its own steps read a notebook that is out of the ordinary; no code runs in them. Notebooks
with learners' code are graded by it whole, in processes of their own, each submission alone,
so that one that ends in the middle is graded again and changes no other.
"""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from functools import cache
from glob import escape
from multiprocessing import get_context
from pathlib import Path
from socket import create_connection
from threading import Lock
from typing import Any

from .coursefolder import SANITIZE_STEPS, CourseFolder, read_course, unchanged_environment
from .errors import GroundworkError, SettingsError
from .rebuilding import Given

Task = tuple[str, str]
"""An assignment and a student."""
Outcome = tuple[Task, str | None]
"""What became of a task: None, or why nbgrader could not grade it."""

PATIENCE = 10
"""Seconds to wait for a Dask scheduler to answer."""
TRIES = 3
"""How often a submission whose process died is tried; then it is the submission's doing."""


def read_notebook(course: CourseFolder, assignment: str, path: Path) -> list[Given]:
    """What nbgrader's steps before ours leave of a notebook; raise whatever they raise."""
    import nbformat
    from nbconvert.exporters import NotebookExporter

    from .sanitize import given_cells

    with unchanged_environment():
        exporter = NotebookExporter(config=course.config)  # type: ignore[no-untyped-call]
        exporter.default_preprocessors = []
        exporter._preprocessors = []
        for step in SANITIZE_STEPS[: SANITIZE_STEPS.index("groundwork.sanitize.Sanitize")]:
            exporter.register_preprocessor(step)  # type: ignore[no-untyped-call]
        with path.open(encoding="utf-8") as file:
            book = nbformat.read(file, as_version=4)  # type: ignore[no-untyped-call]
        about = {
            "notebook": assignment,
            "assignment": assignment,
            "student": "",
            "db_url": course.gradebook_url,
        }
        left, _ = super(NotebookExporter, exporter).from_notebook_node(book, {"nbgrader": about})
        return given_cells(left)


def late_penalty(course: CourseFolder) -> Callable[[str, float, float], float]:
    """The course's rule for late work: (student, score, seconds late) to points lost."""
    with unchanged_environment():
        from nbgrader.preprocessors import AssignLatePenalties

        step = AssignLatePenalties(config=course.config)
        step.init_plugin()

    def penalty(student: str, score: float, seconds: float) -> float | None:
        lost = step.plugin_inst.late_submission_penalty(student, score, seconds)
        return None if lost is None else max(0, min(lost, score))

    return penalty  # type: ignore[return-value]


ONE_AT_A_TIME = Lock()
"""nbgrader changes the folder of its process, so threads of a Dask worker take turns."""


def grade_one(root: str, assignment: str, student: str) -> str | None:
    """Have nbgrader grade one submission; return why it could not, if so."""
    with ONE_AT_A_TIME:
        try:
            result = _nbgrader(root).autograde(assignment, escape(student), force=True)
        except (OSError, GroundworkError) as error:
            # A machine that does not see the course folder, or a disk that is full.
            return str(error)
    if result["success"]:
        return None
    said = f"{result.get('log') or ''}\n{result.get('error') or ''}".strip().splitlines()
    raised = [line for line in said if re.match(r"^[\w.]*(Error|Exception): ", line)]
    return (raised or said or ["no reason given"])[-1][:200]


@cache
def _nbgrader(root: str) -> Any:
    """nbgrader, ready for one course; called only in a process that does nothing else."""
    os.chdir(root)
    warnings.simplefilter("ignore")
    course = read_course(Path(root))
    if course.quizzes:
        os.environ["GROUNDWORK_QUIZZES"] = course.quizzes
    from nbgrader.apps import NbGraderAPI

    course.config.CourseDirectory.root = root
    return NbGraderAPI(config=course.config)


def _quietly() -> None:
    """Let kernels and libraries talk into nothing; what matters is in the outcome."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def grade_in_processes(root: Path, tasks: Sequence[Task], workers: int) -> Iterator[Outcome]:
    """Grade submissions over a pool of processes, each as soon as it is done."""
    left, tries = dict.fromkeys(tasks), 0
    while left and tries < TRIES:
        tries += 1
        with ProcessPoolExecutor(
            min(workers, len(left)), mp_context=get_context("spawn"), initializer=_quietly
        ) as pool:
            futures = {pool.submit(grade_one, str(root), *task): task for task in left}
            for future in as_completed(futures):
                try:
                    outcome = future.result()
                except BrokenProcessPool:
                    continue
                del left[futures[future]]
                yield futures[future], outcome
    for task in left:
        yield task, f"its process died {TRIES} times"


def grade_on_cluster(root: Path, tasks: Sequence[Task], scheduler: str) -> Iterator[Outcome]:
    """Grade submissions on a Dask cluster whose workers see this folder and the gradebook.

    A worker that dies loses nothing: Dask gives its tasks to another, and grading a
    submission again leaves the same rows.
    """
    try:
        from distributed import Client, KilledWorker
        from distributed import as_completed as each_done
        from distributed.comm.addressing import get_address_host_port
    except ImportError as error:
        raise SettingsError(
            "--scheduler needs Dask: install groundwork[cluster] here and on the workers."
        ) from error
    try:
        # Asked plainly first, because a client that fails to connect talks of it for long.
        create_connection(get_address_host_port(scheduler), timeout=PATIENCE).close()
        client = Client(  # type: ignore[no-untyped-call]
            scheduler, timeout=PATIENCE, set_as_default=False
        )
    except (OSError, ValueError) as error:
        raise SettingsError(f"No Dask scheduler answers at {scheduler}.") from error
    with closing(client):
        futures = {
            client.submit(grade_one, str(root), *task, pure=False, retries=TRIES): task
            for task in tasks
        }
        done = each_done(list(futures), loop=client.loop)  # type: ignore[no-untyped-call]
        for future in done:
            try:
                yield futures[future], future.result()
            except KilledWorker:
                yield futures[future], "its workers died"
            except Exception as error:  # noqa: BLE001  # whatever is missing on that machine
                yield futures[future], f"a worker failed: {error}"
