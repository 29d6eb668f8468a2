"""Completion records and the keys that sign them, from a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..curriculum import load_curriculum
from ..errors import ConflictError
from ..settings import SELF_STUDY, Settings, read_settings
from .shared import DataOption, group, say

if TYPE_CHECKING:
    from ..awarding import Plan
    from ..course import Module
    from ..curriculum import Curriculum
    from ..log import Database, Record

record_app = group("Completion records.")
keys_app = group("The keys that sign completion records.")

CourseOption = Annotated[
    str, typer.Option("--course", help="The course; by default studying alone.")
]
RecordArgument = Annotated[
    str, typer.Argument(metavar="ID", help="A record's id, or its beginning.")
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it is kept with the record.")]
SHOWN = 8


@dataclass(frozen=True, slots=True)
class _Open:
    """What a command on records needs."""

    settings: Settings
    database: Database
    at: datetime
    by: str


@contextmanager
def _open(data: Path | None) -> Iterator[_Open]:
    from ..log import open_database

    settings = read_settings(data=data)
    settings.make_data()
    database = open_database(settings.database_url)
    try:
        yield _Open(settings, database, datetime.now(UTC).replace(microsecond=0), getuser())
    finally:
        database.close()


@record_app.command("verify")
def record_verify(
    file: Annotated[Path, typer.Argument(help="A record: JSON, PDF or PNG.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole verdict.")] = False,
    data: DataOption = None,
) -> None:
    """Say whether a record is genuine, unchanged and still valid.

    Exit 0 when it is and its page is not known to be another one; 1 when not; 2 without a file.
    """
    from ..portal.verdicts import answers
    from ..verifying import verify_file

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
        for question, answer in answers(verdict):
            print(f"{question:<14} {answer}")
    whole = verdict.status == "valid" and verdict.page_proven is not False
    raise typer.Exit(0 if whole else 1)


@record_app.command("issue")
def record_issue(
    learner: Annotated[
        str | None, typer.Argument(metavar="[LEARNER]", help="The learner's key; see record list.")
    ] = None,
    module: Annotated[str | None, typer.Option("--module", help="One module, by its id.")] = None,
    series: Annotated[bool, typer.Option("--series", help="The record of the series.")] = False,
    everybody: Annotated[
        bool, typer.Option("--all", help="Everybody in the course who has earned one.")
    ] = False,
    course: CourseOption = SELF_STUDY,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes to use.")] = 2,
    scheduler: Annotated[
        str | None, typer.Option("--scheduler", help="A Dask cluster to use instead.")
    ] = None,
    data: DataOption = None,
) -> None:
    """Issue what was earned: to one learner, or with --all to everybody in a course.

    With --all it is shown first who has not earned one yet, and why. A run that was stopped
    can be started again: nobody gets a second record of the same thing.
    """
    if everybody == (learner is not None):
        raise typer.BadParameter("name a learner, or say --all", param_hint="LEARNER")
    if not everybody and (module is None) != series:
        raise typer.BadParameter("name a --module or say --series", param_hint="--module")
    with _open(data) as at:
        curriculum = load_curriculum(at.settings)
        if learner is not None:
            _issue_one(at, curriculum, learner, course, module)
            return
        _issue_all(
            at,
            curriculum,
            course,
            _modules(curriculum, module, series=series),
            series=series,
            yes=yes,
            workers=workers,
            scheduler=scheduler,
        )


def _issue_one(
    at: _Open, curriculum: Curriculum, learner: str, course: str, module: str | None
) -> None:
    from ..completions import award, award_series
    from ..errors import NotEarnedError
    from ..log import store

    found = _modules(curriculum, module, series=False)[0] if module else None
    with at.database.write() as session:
        enrolment = store.enrolment_of(session, learner, course)
        if enrolment is None:
            raise ConflictError(f"Nobody with the key {learner!r} has done anything in {course}.")
        try:
            if found is None:
                record, new = award_series(
                    session, curriculum, at.settings, enrolment, now=at.at, by=at.by
                )
            else:
                record, new = award(
                    session, curriculum, at.settings, enrolment, found, now=at.at, by=at.by
                )
        except NotEarnedError as error:
            raise ConflictError("\n  ".join([str(error), *error.missing])) from None
        line = _line(record)
    say(f"{'issued' if new else 'issued before'}: {line}")


def _modules(curriculum: Curriculum, module: str | None, *, series: bool) -> list[Module]:
    """The modules that are meant: one, all that are claimed, or with only the series none."""
    if module is None:
        return [] if series else list(curriculum.course.series)
    if module not in curriculum.course.by_id:
        known = ", ".join(curriculum.course.by_id)
        raise typer.BadParameter(f"there is no {module}; there are {known}", param_hint="--module")
    return [curriculum.course.by_id[module]]


def _issue_all(
    at: _Open,
    curriculum: Curriculum,
    course: str,
    modules: Sequence[Module],
    *,
    series: bool,
    yes: bool,
    workers: int,
    scheduler: str | None,
) -> None:
    from rich.progress import Progress

    from ..awarding import award_all, executor_for, plan

    with at.database.read() as session:
        planned = plan(session, curriculum, at.settings, course, modules=modules, series=series)
    _show(planned)
    if not planned.count:
        say("Nobody has earned a record yet.")
        return
    asked = yes or not sys.stdin.isatty()
    if not asked and not typer.confirm(f"Issue to those who earned one ({planned.count})?"):
        return
    made = 0
    with (
        executor_for(workers=workers, scheduler=scheduler) as (executor, places),
        Progress(disable=not sys.stdout.isatty(), transient=True) as bar,
    ):
        task = bar.add_task("Issuing", total=planned.count)
        for count in award_all(
            at.database,
            curriculum,
            at.settings,
            planned,
            by=at.by,
            at=at.at,
            executor=executor,
            workers=places,
        ):
            made += count
            bar.advance(task, count)
    say(f"{made} issued, {planned.count - made} had theirs before")


def _show(planned: Plan) -> None:
    for one in planned.not_yet:
        shown = "; ".join(one.missing[:SHOWN])
        more = f"; and {len(one.missing) - SHOWN} more" if len(one.missing) > SHOWN else ""
        say(f"not yet: {one.learner}, {one.what}: {shown}{more}")


@record_app.command("list")
def record_list(
    learner: Annotated[
        str | None, typer.Argument(metavar="[LEARNER]", help="Only this learner's, by key.")
    ] = None,
    course: Annotated[str | None, typer.Option("--course", help="Only this course's.")] = None,
    history: Annotated[
        bool, typer.Option("--history", help="With who did what, when and why.")
    ] = False,
    data: DataOption = None,
) -> None:
    """List the records that were issued here, oldest first."""
    from ..recordbook import acts, listed

    with _open(data) as at, at.database.read() as session:
        for record in listed(session, course=course, key=learner):
            say(_line(record))
            for act in acts(session, record.id) if history else ():
                other = f" ({act.other})" if act.other else ""
                say(f"    {act.at:%Y-%m-%d %H:%M} {act.act} by {act.by}{other}: {act.why}")


def _line(record: Record) -> str:
    newer = f" -> {record.successor}" if record.successor else ""
    return (
        f"{record.id}  {record.issued:%Y-%m-%d}  {record.status}{newer}  "
        f"{record.module or 'series'}  {record.name}"
    )


@record_app.command("revoke")
def record_revoke(record: RecordArgument, reason: ReasonOption, data: DataOption = None) -> None:
    """Withdraw a record for good, with the reason; the status list is signed again at once."""
    from ..audit import Act
    from ..recordbook import find, open_desk, revoke

    with _open(data) as at, at.database.write() as session:
        desk, act = open_desk(at.settings), Act(at.by, at.at, reason)
        lines = [_line(one) for one in revoke(session, desk, find(session, record), act)]
    for line in lines:
        say(line)


@record_app.command("correct")
def record_correct(
    record: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="A record's id, or its beginning.")
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="The name to print, on all their records.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--reissue", help="The same again, signed with today's key.")
    ] = False,
    signed_with: Annotated[
        str | None, typer.Option("--signed-with", help="With --reissue: all that this key signed.")
    ] = None,
    reason: ReasonOption = "",
    data: DataOption = None,
) -> None:
    """Replace a record by a new one; the old one is withdrawn and points to it.

    Nothing is edited. A name is corrected on every valid record of the learner.
    """
    from ..audit import Act
    from ..log import Enrolment
    from ..recordbook import correct_name, find, open_desk, reissue
    from ..recordbook import signed_with as all_signed_with

    if (name is None) != again:
        raise typer.BadParameter("give a --name or say --reissue", param_hint="--name")
    if (record is None) != (signed_with is not None) or (signed_with and not again):
        raise typer.BadParameter("name one record, or a key --signed-with", param_hint="ID")
    with _open(data) as at, at.database.write() as session:
        desk, act = open_desk(at.settings), Act(at.by, at.at, reason)
        if signed_with is not None:
            made = reissue(session, desk, all_signed_with(session, signed_with), act)
        else:
            old = find(session, record or "")
            made = (
                reissue(session, desk, [old], act)
                if name is None
                else correct_name(
                    session, desk, session.get_one(Enrolment, old.enrolment_id), name, act
                )
            )
        lines = [_line(one) for one in made]
    for line in lines:
        say(line)


@record_app.command("status")
def record_status(
    all_of_them: Annotated[
        bool, typer.Option("--all", help="Also those that are not due yet.")
    ] = False,
    data: DataOption = None,
) -> None:
    """Sign the status lists again that are a week old. A portal that runs does so by itself."""
    from ..recordbook import open_desk, refresh_status_lists

    with _open(data) as at, at.database.write() as session:
        signed = refresh_status_lists(
            session, open_desk(at.settings), at=at.at, all_of_them=all_of_them
        )
    say(f"signed: {', '.join(map(str, signed)) or 'none was due'}")


@keys_app.command("list")
def keys_list(data: DataOption = None) -> None:
    """List the keys, oldest first: which one signs, which are retired, which are withdrawn."""
    from ..records import ring

    keys = ring(read_settings(data=data).keys)
    signing = [key.name for key in keys if key.signs][-1:]
    for key in keys:
        if not key.public.active:
            standing = "withdrawn"
        elif key.name in signing:
            standing = "signs"
        else:
            standing = "retired"
        until = f" to {key.retired:%Y-%m-%d}" if key.retired else ""
        lost = "" if key.held else "; its private half is not here"
        why = f" ({key.reason})" if key.reason else ""
        say(f"{key.name}  {standing}  {key.created:%Y-%m-%d}{until}{why}{lost}")
        say(f"    {key.public.multikey}")
    if not keys:
        say("There is no key yet; the first record makes one.")
    for key in keys:
        if key.name in signing and key.created.year < datetime.now(UTC).year:
            say(f"{key.name} is from last year or before: groundwork keys rotate makes a new one.")


@keys_app.command("rotate")
def keys_rotate(data: DataOption = None) -> None:
    """Sign with a new key from now on; what the old ones signed stays good."""
    from ..recordbook import rotate_key

    with _open(data) as at, at.database.write() as session:
        desk = rotate_key(session, at.settings, at=at.at)
    say(f"{desk.key.name} signs from now on. Publish the new did.json wherever you keep a copy.")


@keys_app.command("retire")
def keys_retire(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The key; see keys list.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; it is kept with the key.")],
    compromised: Annotated[
        bool, typer.Option("--compromised", help="Somebody else may have it: withdraw it.")
    ] = False,
    data: DataOption = None,
) -> None:
    """Stop signing with a key. With --compromised, nothing it signed verifies any more."""
    from ..audit import Act
    from ..recordbook import retire_key, signed_with

    with _open(data) as at, at.database.write() as session:
        act = Act(at.by, at.at, reason)
        desk = retire_key(session, at.settings, name, act, compromised=compromised)
        left = len(signed_with(session, name)) if compromised else 0
    say(f"{desk.key.name} signs from now on.")
    if left:
        say(
            f"{left} valid records were signed with {name} and no longer verify. Issue them again: "
            f"groundwork record correct --reissue --signed-with {name} --reason …"
        )
