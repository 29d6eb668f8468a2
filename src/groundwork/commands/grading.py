"""The nbgrader course: built, graded, and its gradebook written from the log."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..curriculum import load_curriculum
from ..errors import SettingsError
from ..settings import SELF_STUDY, Settings, read_settings
from .shared import DataOption, group

if TYPE_CHECKING:
    from ..coursefolder import CourseFolder
    from ..log import Database

    Portal = tuple[Database, CourseFolder]

app = typer.Typer()
quizzes_app = group("The graded quizzes as an nbgrader course.")


@quizzes_app.command("build")
def quizzes_build(
    course: Annotated[Path, typer.Option("--course", help="The nbgrader course folder.")],
) -> None:
    """Write a normal nbgrader course folder; no notebook in it holds a key."""
    from ..assignments import build_course

    settings = read_settings()
    for name in build_course(load_curriculum(settings), course.resolve()):
        print(name)


@app.command()
def grade(
    name: Annotated[
        str | None, typer.Argument(metavar="[QUIZ]", help="Only this assignment, as --quiz.")
    ] = None,
    course: Annotated[
        Path | None, typer.Option("--course", help="The nbgrader course folder.")
    ] = None,
    quiz: Annotated[str | None, typer.Option("--quiz", help="Only this assignment.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Again what was graded before.")] = False,
    workers: Annotated[
        int, typer.Option("--workers", min=0, help="Processes for notebooks with code.")
    ] = 0,
    scheduler: Annotated[
        str | None, typer.Option("--scheduler", help="A Dask cluster for notebooks with code.")
    ] = None,
    rescore: Annotated[
        bool, typer.Option("--rescore", help="After a corrected key: what was scored before.")
    ] = False,
    preview: Annotated[
        bool, typer.Option("--preview", help="Only show what --rescore would change.")
    ] = False,
    take_away: Annotated[
        bool, typer.Option("--take-away", help="Let --rescore take passes away.")
    ] = False,
    data: DataOption = None,
) -> None:
    """Grade what was handed in, as nbgrader's autograde would; say which way each went.

    With --rescore, after a corrected key: show what would change, and do it. With --course that
    is a course's submissions and its attempts in the portal; without, the quiz's attempts in
    the portal, of every course. A QUIZ may then be a module's name, for all of its quizzes.
    """
    only = _one_name(name, quiz)
    if rescore:
        if course is None and only is None:
            raise typer.BadParameter("name a quiz or a course folder", param_hint="--rescore")
        _rescore(read_settings(data=data), course, only, preview=preview, take_away=take_away)
        return
    if preview or take_away:
        raise typer.BadParameter("these go with --rescore", param_hint="--preview, --take-away")
    if course is None:
        raise typer.BadParameter(
            "name a course folder, or a quiz to --rescore", param_hint="--course"
        )
    _grade_course(course, only, data, force=force, workers=workers, scheduler=scheduler)


def _one_name(name: str | None, quiz: str | None) -> str | None:
    if name and quiz and name != quiz:
        raise typer.BadParameter(f"{name} or {quiz}? Name one.", param_hint="--quiz")
    return name or quiz


def _grade_course(
    folder: Path,
    quiz: str | None,
    data: Path | None,
    *,
    force: bool,
    workers: int,
    scheduler: str | None,
) -> None:
    from rich.progress import Progress

    from ..autograde import How, grade_course
    from ..coursefolder import read_course

    with _portal_of(read_course(folder), data) as portal:
        collected = _collect(*portal, only=quiz) if portal else set()
    with Progress(disable=not sys.stdout.isatty(), transient=True) as bar:
        task = bar.add_task("Grading", total=None)
        how = How(force, workers, scheduler, tick=lambda count: bar.advance(task, count))
        for graded in grade_course(folder, how, only=quiz):
            bar.console.print(str(graded), highlight=False, markup=False, soft_wrap=True)
    with _portal_of(read_course(folder), data) as portal:
        if portal and (collected or force):
            _write_gradebook(*portal, data, None if force else collected)


@contextmanager
def _portal_of(course: CourseFolder, data: Path | None) -> Iterator[Portal | None]:
    """The log of the portal that writes a course folder's gradebook, if there is one here."""
    from ..collecting import is_portals
    from ..log import open_database

    try:
        settings = read_settings(data=data)
    except SettingsError:
        # Grading a folder needs no project around it.
        yield None
        return
    if not is_portals(course, settings) or not settings.has_log():
        yield None
        return
    with closing(open_database(settings.database_url)) as database:
        yield database, course


def _collect(database: Database, course: CourseFolder, *, only: str | None) -> set[str]:
    """Hand in the portal's work and say so; return whose it was."""
    from ..collecting import collect

    learners: set[str] = set()
    with database.read() as session:
        for collected in collect(session, course, only=only):
            print(collected, flush=True)
            learners |= set(collected.learners)
    return learners


def _write_gradebook(
    database: Database, course: CourseFolder, data: Path | None, learners: set[str] | None
) -> None:
    """Let the log have the last word on its own work: a reflection may be read there already."""
    from ..gradebook import write_gradebook

    curriculum = load_curriculum(read_settings(data=data))
    with database.read() as session:
        write_gradebook(session, curriculum, course.gradebook_url, course.course_id, learners)


def _rescore(
    settings: Settings, folder: Path | None, name: str | None, *, preview: bool, take_away: bool
) -> None:
    """Show what would change; do it, each quiz in one transaction, unless this is a preview."""
    from ..log import open_database
    from ..regrading import Rescorer

    with closing(open_database(settings.database_url)) as database:
        rescorer = Rescorer(settings, database, load_curriculum(settings), folder, name)
        shown = list(rescorer.plans())
        for planned in shown:
            print(*planned.lines(take_away=take_away), sep="\n", flush=True)
        if preview or not any(planned.written(take_away=take_away) for planned in shown):
            return
        if sys.stdin.isatty() and not typer.confirm("Write this?"):
            return
        for line in rescorer.write(take_away=take_away, by=_user()):
            print(line, flush=True)


def _user() -> str:
    """Who gives this command, by name, or in a container without names by number."""
    try:
        return getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


@app.command()
def gradebook(data: DataOption = None) -> None:
    """Write nbgrader's gradebook from the log, as often as you like."""
    from ..gradebook import write_gradebook
    from ..log import open_database

    settings = read_settings(data=data)
    database = open_database(settings.database_url)
    with database.read() as session:
        write_gradebook(
            session, load_curriculum(settings), settings.gradebook(SELF_STUDY), SELF_STUDY
        )
    database.close()
    print(settings.gradebook(SELF_STUDY))
