"""How the questions of a quiz did, for who teaches and who writes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from ..curriculum import load_curriculum
from ..settings import SELF_STUDY, read_settings
from .shared import DataOption

if TYPE_CHECKING:
    from ..stats import FormStats, Report

app = typer.Typer()


@app.command()
def stats(
    quiz: Annotated[
        str, typer.Argument(metavar="QUIZ", help="A module's id, or one of its quizzes.")
    ],
    course: Annotated[str, typer.Option("--course", help="The course or cohort.")] = SELF_STUDY,
    as_json: Annotated[bool, typer.Option("--json", help="Plain data, for a program.")] = False,
    as_html: Annotated[bool, typer.Option("--html", help="A page, to keep or to send.")] = False,
    data: DataOption = None,
) -> None:
    """Say how the questions of a quiz did; --json and --html keep groups under 10 back."""
    from ..log import open_database
    from ..stats import exported, report

    if as_json and as_html:
        raise typer.BadParameter("one of --json and --html at a time", param_hint="--html")
    settings = read_settings(data=data)
    curriculum = load_curriculum(settings)
    database = open_database(settings.database_url)
    try:
        with database.read() as session:
            made = report(session, curriculum, quiz, course)
    finally:
        database.close()
    if as_json:
        print(json.dumps(exported(made).to_dict(), indent=2, ensure_ascii=False))
    elif as_html:
        from ..statspage import page

        print(page(exported(made)), end="")
    else:
        print(*lines(made), sep="\n")


def lines(made: Report) -> Iterator[str]:
    """The report for a terminal."""
    from ..statspage import number, percent, span

    yield f"{made.title} ({made.module}), course {made.course}"
    yield made.counted
    yield from made.notes
    if not made.forms:
        yield "Nobody has sat it yet."
    if made.change:
        gain = made.change.gain
        yield (
            f"\nPre-check to quiz: {gain.pairs} did both, {percent(gain.before)} before and "
            f"{percent(gain.after)} after, normalized gain {number(gain.normalized)}, "
            f"Cohen's d {number(gain.d)}; {made.change.only_before} took only the pre-check"
        )
    if made.comparison:
        both = made.comparison
        yield (
            f"Form A {percent(both.a)}, form B {percent(both.b)}: difference "
            f"{number(both.a - both.b)} {span(both.difference)}"
        )
    for form in made.forms:
        yield from _form(form)


def _form(form: FormStats) -> Iterator[str]:
    from ..statspage import number, percent, span

    yield (
        f"\n{form.quiz}: {form.people} people, mean {number(form.mean, 1)} of "
        f"{form.max_score:g}, SD {number(form.spread, 1)}, alpha {number(form.alpha)} "
        f"{span(form.alpha_interval)}, passed {percent(form.pass_rate)}, "
        f"median {number(form.minutes, 0)} min"
    )
    if form.left_out:
        yield f"  {form.left_out} attempts at other questions than it asks now are left out"
    for at, item in enumerate(form.items, 1):
        yield (
            f"  {at:2} {item.id}: earned {percent(item.facility)}, item-rest "
            f"{number(item.rest)} {span(item.rest_interval)}, {number(item.seconds, 0)} s"
        )
        for row in item.chosen:
            sign = "+" if row.right else "-"
            yield f"       {sign} {row.people:4} ({percent(row.share)}) {row.text}"
        for sentence in item.advice:
            yield f"       ! {sentence}"
