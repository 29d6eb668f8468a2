"""The nbgrader course: built, graded, and its gradebook written from the log."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ..curriculum import load_curriculum
from ..settings import SELF_STUDY, Settings, read_settings
from .shared import DataOption, group

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
        str | None,
        typer.Option("--rescore", help="Score the portal's attempts at a quiz again."),
    ] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Only show what --rescore would change.")
    ] = False,
    take_away: Annotated[
        bool, typer.Option("--take-away", help="Let --rescore take passes away.")
    ] = False,
    data: DataOption = None,
) -> None:
    """Grade what was handed in, as nbgrader's autograde would; say which way each went.

    With --rescore, after a corrected key: show what would change in the log, and do it.
    """
    if rescore is not None:
        _rescore(read_settings(data=data), rescore, preview=preview, take_away=take_away)
    if course is None and rescore is None:
        raise typer.BadParameter(
            "name a course folder, or a quiz to --rescore", param_hint="--course"
        )
    if course is not None and not preview:
        _grade_course(course, quiz, force=force, workers=workers, scheduler=scheduler)


def _grade_course(
    course: Path, quiz: str | None, *, force: bool, workers: int, scheduler: str | None
) -> None:
    from rich.progress import Progress

    from ..autograde import How, grade_course

    with Progress(disable=not sys.stdout.isatty(), transient=True) as bar:
        task = bar.add_task("Grading", total=None)
        how = How(force, workers, scheduler, tick=lambda count: bar.advance(task, count))
        for graded in grade_course(course, how, only=quiz):
            bar.console.print(str(graded), highlight=False, markup=False, soft_wrap=True)


def _rescore(settings: Settings, name: str, *, preview: bool, take_away: bool) -> None:
    """Show what would change; do it in one transaction unless this is a preview."""
    from getpass import getuser

    from .. import rescoring
    from ..gradebook import write_gradebook
    from ..log import open_database

    curriculum = load_curriculum(settings)
    quizzes = rescoring.quizzes_of(curriculum, name)
    database = open_database(settings.database_url)
    touched: dict[str, set[str]] = {}
    try:
        with database.read() as session:
            for quiz in quizzes:
                shown = rescoring.plan(session, curriculum, quiz)
                print(*shown.lines(take_away=take_away), sep="\n", flush=True)
        if preview or (sys.stdin.isatty() and not typer.confirm("Write this?")):
            return
        with database.write() as session:
            for quiz in quizzes:
                made = rescoring.plan(session, curriculum, quiz)
                at = datetime.now(UTC)
                note = rescoring.apply(session, made, take_away=take_away, by=getuser(), at=at)
                if note is not None:
                    print(f"{quiz}: written, and noted in the log as rescoring {note}")
                for change in made.changes:
                    touched.setdefault(change.course, set()).add(change.learner)
        for course, learners in sorted(touched.items()):
            with database.read() as session:
                book = settings.gradebook(course)
                write_gradebook(session, curriculum, book, course, learners)
    finally:
        database.close()


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
