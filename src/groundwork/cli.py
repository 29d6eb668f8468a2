"""The `groundwork` command: every way in from a terminal."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from statistics import median
from typing import Annotated

import typer

from .check import check as check_all
from .curriculum import Curriculum, load_curriculum
from .errors import GroundworkError
from .settings import SELF_STUDY, Settings, read_settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Open training in infant and early childhood mental health.",
)
quizzes_app = typer.Typer(no_args_is_help=True, help="The graded quizzes as an nbgrader course.")
record_app = typer.Typer(no_args_is_help=True, help="Completion records.")
database_app = typer.Typer(no_args_is_help=True, help="The database of what learners did.")
app.add_typer(quizzes_app, name="quizzes")
app.add_typer(record_app, name="record")
app.add_typer(database_app, name="db")

DataOption = Annotated[Path | None, typer.Option("--data", help="Folder of learners' work.")]


def main() -> None:
    """Run a command; what is ours to say is said in one line, never as a traceback."""
    try:
        app()
    except GroundworkError as error:
        print(error, file=sys.stderr)
        raise SystemExit(1) from None
    except OSError as error:
        print(f"The disk refused: {error.strerror or error} ({error.filename})", file=sys.stderr)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def _curriculum(settings: Settings) -> Curriculum:
    return load_curriculum(settings)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    data: DataOption = None,
    prefix: Annotated[str, typer.Option(help="Path the portal lives under.")] = "/",
    watch: Annotated[
        bool, typer.Option("--watch", help="Build pages again when they change, for authors.")
    ] = False,
) -> None:
    """Build the book if it is stale, and serve it with your progress in it."""
    from .making import build_book, is_stale
    from .portal import serve as serve_portal
    from .watching import watching

    settings = read_settings(data=data)
    settings.make_data()
    if is_stale(settings):
        build_book(settings, say=_say)
    with watching(settings, say=_say) if watch else nullcontext():
        serve_portal(settings, host=host, port=port, prefix=prefix)


@app.command()
def build(
    pdf: Annotated[bool, typer.Option("--pdf", help="Print the modules, a PDF each.")] = False,
    module: Annotated[
        str | None, typer.Option("--module", help="The one module to print, by its id.")
    ] = None,
) -> None:
    """Build the book; a warning is an error. With --pdf, print it once it is up to date."""
    from .making import build_book, is_stale

    settings = read_settings()
    if not pdf or is_stale(settings):
        build_book(settings, say=_say)
    if not pdf:
        print(settings.book / "index.html")
        return
    from .printing import print_modules

    print_modules(settings, _curriculum(settings), module, say=_say)


def _say(line: str) -> None:
    print(line, flush=True)


@app.command()
def check() -> None:
    """Read all content and say what is wrong, FILE:LINE: what and how to mend it."""
    settings = read_settings()
    curriculum = _curriculum(settings)
    report = check_all(curriculum, today=datetime.now(UTC).date())
    for level, found in (("note", report.notes), ("warning", report.warnings)):
        for one in found:
            print(_relative(f"{one.path}:{one.line}: {level}: {one.message}", settings))
    for error in report.errors:
        print(_relative(str(error), settings), file=sys.stderr)
    if report.errors:
        raise typer.Exit(1)
    modules = len(curriculum.course.modules)
    items = sum(len(form.items) for q in curriculum.quizzes.values() for form in q.files())
    print(
        f"{modules} module{'s' * (modules != 1)}, {items} items, "
        f"{len(curriculum.ledger.claims)} claims: no errors, {len(report.warnings)} warnings, "
        f"{len(report.notes)} notes"
    )


def _relative(text: str, settings: Settings) -> str:
    return text.replace(f"{settings.root}/", "")


@app.command()
def hours(data: DataOption = None) -> None:
    """Print how each module's minutes come about, and what a portal has observed."""
    from .hours import METHOD, total_minutes

    settings = read_settings(data=data)
    curriculum = _curriculum(settings)
    observed = _observed(settings)
    print(METHOD)
    for module in curriculum.course.modules:
        minutes = curriculum.minutes[module.id]
        print(f"\n{module.id}: {minutes.minutes} minutes")
        for row in minutes.lessons:
            seen = observed.get(row.lesson)
            median_seen = f", observed median {seen:.0f} min" if seen else ""
            print(
                f"  {row.lesson.partition('/')[2]}: {row.words} words "
                f"{float(row.reading) / 60:.1f} + questions {float(row.items) / 60:.1f} + "
                f"figures {float(row.figures) / 60:.1f} + activity "
                f"{float(row.activity) / 60:.1f} = {float(row.seconds) / 60:.1f} min{median_seen}"
            )
        print(f"  quiz {minutes.quiz} min, reflection {minutes.reflection} min")
        areas = ", ".join(f"{area} {share}" for area, share in minutes.areas.items())
        print(f"  by area: {areas}; equity {minutes.equity}")
    print(f"\nThe series: {total_minutes(curriculum.course, curriculum.minutes)} minutes")


def _observed(settings: Settings) -> dict[str, float]:
    """The median active minutes of each lesson, where a portal has seen any."""
    from .log import open_database
    from .log.store import lesson_seconds

    if (
        settings.database_url.startswith("sqlite")
        and not (settings.data / "groundwork.db").exists()
    ):
        return {}
    database = open_database(settings.database_url)
    with database.read() as session:
        rows = lesson_seconds(session, SELF_STUDY)
    database.close()
    by_lesson: dict[str, list[float]] = {}
    for lesson, _, seconds in rows:
        by_lesson.setdefault(lesson, []).append(seconds / 60)
    return {lesson: median(minutes) for lesson, minutes in by_lesson.items()}


@app.command()
def notebooks(
    to: Annotated[Path, typer.Option("--to", help="Folder to write them into.")] = Path(
        "notebooks"
    ),
) -> None:
    """Write the lessons as notebooks in which each self-check is a live widget."""
    from .notebooks import write_notebooks

    for path in write_notebooks(_curriculum(read_settings()), to):
        print(path)


@app.command()
def preview(
    quiz: Annotated[str, typer.Argument(metavar="QUIZ", help="A quiz file, or a module's id.")],
    port: Annotated[int, typer.Option(help="Port to listen on, on this computer only.")] = 8001,
) -> None:
    """Show the questions of a file with keys, reasons and advice, anew after each save."""
    from .preview.serving import serve as serve_preview

    serve_preview(read_settings(), quiz, port=port)


@app.command()
def schema() -> None:
    """Write the JSON Schema of each kind of content file into docs/schema."""
    from .schemas import write_schemas

    for path in write_schemas(read_settings().root / "docs" / "schema"):
        print(path)


class BankFormat(StrEnum):
    """The formats other programs read."""

    gift = "gift"
    moodle_xml = "moodle-xml"
    qti = "qti"


@app.command()
def export(
    to_format: Annotated[BankFormat, typer.Argument(metavar="FORMAT", help="In which format.")],
    module: Annotated[str, typer.Option("--module", help="The module, by its id.")],
    to: Annotated[Path, typer.Option("--to", help="The file to write.")],
    graded: Annotated[
        bool, typer.Option("--graded", help="The graded forms with their keys, not practice.")
    ] = False,
) -> None:
    """Write a module's questions for another program; what it cannot hold is listed."""
    from .exports import export as export_items
    from .exports import save

    made = export_items(_curriculum(read_settings()), module, to=to_format.value, graded=graded)
    save(made.data, to)
    for loss in made.losses:
        print(loss, file=sys.stderr)
    print(f"{to}: {made.items} items")


@quizzes_app.command("build")
def quizzes_build(
    course: Annotated[Path, typer.Option("--course", help="The nbgrader course folder.")],
) -> None:
    """Write a normal nbgrader course folder; no notebook in it holds a key."""
    from .assignments import build_course

    settings = read_settings()
    for name in build_course(_curriculum(settings), course.resolve()):
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

    from .autograde import How, grade_course

    with Progress(disable=not sys.stdout.isatty(), transient=True) as bar:
        task = bar.add_task("Grading", total=None)
        how = How(force, workers, scheduler, tick=lambda count: bar.advance(task, count))
        for graded in grade_course(course, how, only=quiz):
            bar.console.print(str(graded), highlight=False, markup=False, soft_wrap=True)


def _rescore(settings: Settings, name: str, *, preview: bool, take_away: bool) -> None:
    """Show what would change; do it in one transaction unless this is a preview."""
    from getpass import getuser

    from . import rescoring
    from .gradebook import write_gradebook
    from .log import open_database

    curriculum = _curriculum(settings)
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
    from .gradebook import write_gradebook
    from .log import open_database

    settings = read_settings(data=data)
    database = open_database(settings.database_url)
    with database.read() as session:
        write_gradebook(session, _curriculum(settings), settings.gradebook(SELF_STUDY), SELF_STUDY)
    database.close()
    print(settings.gradebook(SELF_STUDY))


@record_app.command("verify")
def record_verify(
    file: Annotated[Path, typer.Argument(help="A record: JSON, PDF or PNG.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole verdict.")] = False,
    data: DataOption = None,
) -> None:
    """Say whether a record is genuine, unchanged and still valid.

    Exit 0 when it is and its page is not known to be another one; 1 when not; 2 without a file.
    """
    from .verifying import verify_file

    if not file.is_file():
        print(f"There is no file {file}.", file=sys.stderr)
        raise typer.Exit(2)
    verdict = verify_file(read_settings(data=data), file.read_bytes())
    if as_json:
        print(json.dumps(verdict.to_dict(), indent=2, ensure_ascii=False))
    else:
        print(verdict.status)
        for reason in verdict.reasons:
            print(f"  {reason}")
    whole = verdict.status == "valid" and verdict.page_proven is not False
    raise typer.Exit(0 if whole else 1)


@database_app.command("upgrade")
def db_upgrade(data: DataOption = None) -> None:
    """Bring the database's tables to this version."""
    from .log import open_database

    settings = read_settings(data=data)
    settings.make_data()
    open_database(settings.database_url).close()
    print("The database is up to date.")
