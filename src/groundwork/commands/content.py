"""For authors: content checked, counted, shown and taken elsewhere."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from statistics import median
from typing import Annotated

import typer

from ..check import check as check_all
from ..curriculum import load_curriculum
from ..settings import SELF_STUDY, Settings, read_settings
from .shared import DataOption

app = typer.Typer()


@app.command()
def check() -> None:
    """Read all content and say what is wrong, FILE:LINE: what and how to mend it."""
    settings = read_settings()
    curriculum = load_curriculum(settings)
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
    from ..hours import METHOD, total_minutes

    settings = read_settings(data=data)
    curriculum = load_curriculum(settings)
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
    from ..log import open_database
    from ..log.store import lesson_seconds

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
def preview(
    quiz: Annotated[str, typer.Argument(metavar="QUIZ", help="A quiz file, or a module's id.")],
    port: Annotated[int, typer.Option(help="Port to listen on, on this computer only.")] = 8001,
) -> None:
    """Show the questions of a file with keys, reasons and advice, anew after each save."""
    from ..preview.serving import serve as serve_preview

    serve_preview(read_settings(), quiz, port=port)


@app.command()
def schema() -> None:
    """Write the JSON Schema of each kind of content file into docs/schema."""
    from ..schemas import write_schemas

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
    from ..exports import export as export_items
    from ..exports import save

    made = export_items(load_curriculum(read_settings()), module, to=to_format.value, graded=graded)
    save(made.data, to)
    for loss in made.losses:
        print(loss, file=sys.stderr)
    print(f"{to}: {made.items} items")
