"""Cohorts, from a terminal: made, filled, opened, watched, finished and put away."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..curriculum import Curriculum, load_curriculum
from ..settings import Settings, read_settings
from .shared import DataOption, group

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ..audit import Act
    from ..cohorts import Newcomer
    from ..log import Database, Member
    from ..schedule import Days

cohort_app = group("A course with people in it: learners, instructors, a coordinator.")

CourseArgument = Annotated[str, typer.Argument(metavar="COHORT", help="Its short name.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do it without asking.")]
WhyOption = Annotated[str, typer.Option("--why", help="The reason, for the audit.")]
DAY = "%Y-%m-%d"
MINUTE = "%Y-%m-%d %H:%M"


@dataclass(frozen=True, slots=True)
class _Open:
    """What a command works with."""

    settings: Settings
    database: Database
    act: Act


@contextmanager
def _opened(data: Path | None, why: str = "") -> Iterator[_Open]:
    from ..audit import Act
    from ..log import open_database

    settings = read_settings(data=data)
    settings.make_data()
    database = open_database(settings.database_url)
    try:
        yield _Open(settings, database, Act(getuser(), datetime.now(UTC), why))
    finally:
        database.close()


def _agreed(question: str, *, yes: bool) -> bool:
    """Whether to go on: said by --yes, or by who sits at the terminal; else not."""
    if yes:
        return True
    if sys.stdin.isatty():
        return typer.confirm(question)
    print("Nothing was changed; add --yes to do it.")
    return False


def _day(given: datetime | None) -> date | None:
    return given.date() if given else None


@cohort_app.command()
def create(
    course: CourseArgument,
    name: Annotated[str, typer.Option("--name", help="What people call it.")],
    zone: Annotated[str, typer.Option("--zone", help="As in America/Chicago.")] = "UTC",
    starts: Annotated[datetime | None, typer.Option("--starts", formats=[DAY])] = None,
    ends: Annotated[datetime | None, typer.Option("--ends", formats=[DAY])] = None,
    module: Annotated[
        list[str] | None, typer.Option("--module", help="A module; again for more. None: all.")
    ] = None,
    anyone: Annotated[
        bool, typer.Option("--open", help="Anyone with an account studies alone in it.")
    ] = False,
    sponsor: Annotated[str, typer.Option("--sponsor", help="Who stands behind it.")] = "",
    sponsor_qualifications: Annotated[
        str, typer.Option("--sponsor-qualifications", help="As records print them.")
    ] = "",
    keep_days: Annotated[
        int, typer.Option("--keep-days", help="Days from archiving to removing personal data.")
    ] = 365,
    data: DataOption = None,
) -> None:
    """Make a cohort."""
    from .. import cohorts

    terms = cohorts.Terms(
        name=name,
        time_zone=zone,
        starts=_day(starts),
        ends=_day(ends),
        open=anyone,
        reads_reflections=not anyone,
        sponsor=sponsor,
        sponsor_qualifications=sponsor_qualifications,
        keep_days=keep_days,
    )
    with _opened(data) as at:
        known = load_curriculum(at.settings).course.by_id
        with at.database.write() as session:
            cohorts.create(session, course, terms, modules=module or (), known=known, act=at.act)
    print(f"{course}: made")


@cohort_app.command("list")
def list_(data: DataOption = None) -> None:
    """List the cohorts, and how many people are in each."""
    from .. import cohorts

    with _opened(data) as at, at.database.read() as session:
        for row in cohorts.cohorts(session):
            people = cohorts.members(session, row.course)
            learners = sum(one.role == cohorts.Role.LEARNER for one in people)
            state = "archived" if row.archived else "open to all" if row.open else "runs"
            print(f"{row.course}: {row.name}, {learners} learners, {state}")


@cohort_app.command()
def enrol(
    course: CourseArgument,
    file: Annotated[
        Path | None, typer.Option("--file", help="CSV with name, and e-mail or Hub user.")
    ] = None,
    remove_absent: Annotated[
        bool, typer.Option("--remove-absent", help="Who is not in the file leaves.")
    ] = False,
    user: Annotated[str | None, typer.Option("--user", help="One person, by Hub user.")] = None,
    email: Annotated[str | None, typer.Option("--email", help="One person, by e-mail.")] = None,
    name: Annotated[str, typer.Option("--name", help="That person's name.")] = "",
    remove: Annotated[
        bool, typer.Option("--remove", help="That person leaves; their work is kept.")
    ] = False,
    why: WhyOption = "",
    yes: YesOption = False,
    data: DataOption = None,
) -> None:
    """Enrol people, from a file or one by one; a file is shown first, bad lines by number."""
    from .. import cohorts

    if (file is None) == (user is None and email is None):
        raise typer.BadParameter("name a --file, or a person", param_hint="--file")
    with _opened(data, why) as at:
        if file is not None:
            _enrol_file(at, course, file.read_bytes(), remove_absent=remove_absent, yes=yes)
            return
        person = cohorts.Newcomer(key=user, email=email, name=name)
        with at.database.write() as session:
            cohorts.cohort_of(session, course)
            if remove:
                cohorts.dismiss(session, _member(session, course, person), act=at.act)
            else:
                cohorts.admit(session, course, person, act=at.act)
    print(f"{user or email}: {'removed' if remove else 'enrolled'}")


def _member(session: Session, course: str, person: Newcomer) -> Member:
    from .. import cohorts
    from ..errors import ConflictError

    found = cohorts.find_person(session, course, key=person.key, email=person.email)
    if found is None:
        raise ConflictError(f"{person.key or person.email} is not in this cohort.")
    return found


def _enrol_file(at: _Open, course: str, content: bytes, *, remove_absent: bool, yes: bool) -> None:
    from .. import roster

    with at.database.read() as session:
        made = roster.preview(session, course, content)
    for line in made.lines(remove_absent=remove_absent):
        print(line)
    if made.problems:
        print("Nothing was changed: mend these lines first.", file=sys.stderr)
        raise typer.Exit(1)
    if not _agreed("Enrol them?", yes=yes):
        return
    with at.database.write() as session:
        roster.apply(session, course, content, remove_absent=remove_absent, act=at.act)
    print("Done.")


@cohort_app.command()
def staff(
    course: CourseArgument,
    user: Annotated[str | None, typer.Option("--user", help="Their Hub user name.")] = None,
    name: Annotated[str, typer.Option("--name", help="As records are to print it.")] = "",
    role: Annotated[
        str, typer.Option("--role", help="instructor, co_instructor or coordinator.")
    ] = "instructor",
    qualifications: Annotated[
        str, typer.Option("--qualifications", help="As records are to print them.")
    ] = "",
    replaces: Annotated[
        str | None, typer.Option("--replaces", help="The Hub user whose place they take.")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="They leave.")] = False,
    why: WhyOption = "",
    data: DataOption = None,
) -> None:
    """Say who teaches or coordinates; without --user, list them."""
    from .. import cohorts

    roles = [one for one in cohorts.Role if one is not cohorts.Role.LEARNER]
    if role not in roles:
        raise typer.BadParameter(f"one of {', '.join(roles)}", param_hint="--role")
    with _opened(data, why) as at, at.database.write() as session:
        cohorts.cohort_of(session, course)
        if user is not None:
            person = cohorts.Newcomer(key=user, name=name, qualifications=qualifications)
            if remove:
                cohorts.dismiss(session, _member(session, course, person), act=at.act)
            elif replaces is not None:
                old = _member(session, course, cohorts.Newcomer(key=replaces))
                cohorts.replace_instructor(session, course, old=old, new=person, act=at.act)
            else:
                cohorts.admit(session, course, person, cohorts.Role(role), act=at.act)
        for one in cohorts.members(session, course, *roles):
            print(f"{one.role}: {cohorts.shown_name(one)} ({one.key}) {one.qualifications}".strip())


@cohort_app.command()
def invite(
    course: CourseArgument,
    role: Annotated[str, typer.Option("--role", help="What they become.")] = "learner",
    days: Annotated[int, typer.Option("--days", help="How long it is valid.")] = 14,
    seats: Annotated[int | None, typer.Option("--seats", help="For how many people.")] = None,
    data: DataOption = None,
) -> None:
    """Make an invitation; its code is shown once."""
    from .. import cohorts

    if role not in list(cohorts.Role):
        raise typer.BadParameter(f"one of {', '.join(cohorts.Role)}", param_hint="--role")
    with _opened(data) as at, at.database.write() as session:
        link = cohorts.invite(
            session, course, role=cohorts.Role(role), days=days, seats=seats, act=at.act
        )
    print(link.token)


@cohort_app.command()
def release(
    course: CourseArgument,
    module: Annotated[
        str | None, typer.Option("--module", help="The module to open, by its id.")
    ] = None,
    opens: Annotated[datetime | None, typer.Option("--opens", formats=[DAY])] = None,
    due: Annotated[datetime | None, typer.Option("--due", formats=[DAY])] = None,
    closes: Annotated[
        bool, typer.Option("--closes", help="No quiz is taken after the due day.")
    ] = False,
    precheck_first: Annotated[
        bool, typer.Option("--precheck-first", help="The quiz waits for the pre-check.")
    ] = False,
    folder: Annotated[
        bool, typer.Option("--folder", help="Also write the nbgrader course folder.")
    ] = False,
    missing: Annotated[
        bool, typer.Option("--missing", help="Write only what the course folder does not have.")
    ] = False,
    why: WhyOption = "",
    data: DataOption = None,
) -> None:
    """Open a module of a cohort; without --module, write its nbgrader course folder."""
    from .. import cohorts, schedule
    from ..assignments import build_course

    with _opened(data, why) as at:
        curriculum = load_curriculum(at.settings)
        with at.database.write() as session:
            cohort = cohorts.cohort_of(session, course)
            if module is not None:
                first = _day(opens) or at.act.at.astimezone(cohorts.zone(cohort.time_zone)).date()
                days = schedule.Days(
                    opens_on=first,
                    due_on=_day(due),
                    closes=closes,
                    precheck_first=precheck_first,
                )
                _open_module(session, course, module, days, known=_known(curriculum), act=at.act)
                print(f"{module}: opens on {first}" + (f", due on {_day(due)}" if due else ""))
        if module is None or folder:
            place = at.settings.course_folder(course)
            with at.database.read() as session:
                named = [row.module for row in schedule.module_rows(session, course)]
            written = build_course(
                curriculum, place, course=course, modules=named or None, missing=missing
            )
            for name in written:
                print(name)
            print(place)


def _open_module(
    session: Session, course: str, module: str, days: Days, *, known: list[str], act: Act
) -> None:
    from .. import schedule

    row = next((r for r in schedule.module_rows(session, course) if r.module == module), None)
    if row is None:
        schedule.add_module(session, course, module, days, known=known, act=act)
    else:
        schedule.set_days(session, course, module, days, version=row.version, act=act)


def _known(curriculum: Curriculum) -> list[str]:
    return list(curriculum.course.by_id)


@cohort_app.command()
def attendance(
    course: CourseArgument,
    plan: Annotated[
        str | None, typer.Option("--plan", help="Plan a session of this title.")
    ] = None,
    starts: Annotated[
        datetime | None,
        typer.Option("--starts", formats=[MINUTE], help="In the cohort's time zone."),
    ] = None,
    minutes: Annotated[int, typer.Option("--minutes", help="As planned.")] = 60,
    needed: Annotated[
        int | None, typer.Option("--needed", help="Minutes to be present; 50 of 60 if unsaid.")
    ] = None,
    module: Annotated[str | None, typer.Option("--module", help="The module it is for.")] = None,
    optional: Annotated[bool, typer.Option("--optional", help="Nobody must come.")] = False,
    meeting: Annotated[int | None, typer.Option("--session", help="Its number.")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="The meeting tool's CSV with times.")
    ] = None,
    zone: Annotated[
        str | None, typer.Option("--zone", help="Of the file's times, if not the cohort's.")
    ] = None,
    present: Annotated[
        list[str] | None, typer.Option("--present", help="A Hub user who was there.")
    ] = None,
    yes: YesOption = False,
    data: DataOption = None,
) -> None:
    """Plan live sessions, and say who was there; without options, list them."""
    from .. import attendance as live
    from .. import cohorts

    if (file or present) and meeting is None:
        raise typer.BadParameter("name the --session by its number", param_hint="--session")
    with _opened(data) as at:
        if file is not None and meeting is not None:
            _attend_by_file(at, course, meeting, file.read_bytes(), zone, yes=yes)
        with at.database.write() as session:
            cohort = cohorts.cohort_of(session, course)
            here = cohorts.zone(cohort.time_zone)
            if plan is not None:
                if starts is None:
                    raise typer.BadParameter("say when it starts", param_hint="--starts")
                said = live.Meeting(
                    title=plan,
                    starts=starts.replace(tzinfo=here),
                    minutes=minutes,
                    needed=needed,
                    module=module,
                    required=not optional,
                )
                known = _known(load_curriculum(at.settings))
                cohorts.check_modules([module] if module else [], known)
                live.schedule_session(session, course, said, act=at.act)
            for key in present or ():
                person = _member(session, course, cohorts.Newcomer(key=key))
                planned = live.session_of(session, course, meeting or 0)
                live.tap(session, planned, person, present=True, act=at.act)
        with at.database.read() as session:
            for row in live.sessions(session, course):
                there = sum(seat.present for seat in live.seats(session, row))
                when = row.starts.astimezone(here)
                print(f"{row.id}: {row.title}, {when:%Y-%m-%d %H:%M}, {there} present")


def _attend_by_file(
    at: _Open, course: str, meeting: int, content: bytes, zone: str | None, *, yes: bool
) -> None:
    from .. import attendance as live
    from .. import cohorts, meetings

    there = cohorts.zone(zone) if zone else None
    with at.database.read() as session:
        planned = live.session_of(session, course, meeting)
        made = meetings.preview(session, planned, content, zone=there)
    print(*made.lines(), sep="\n")
    if made.problems:
        print("Nothing was changed: mend these lines first.", file=sys.stderr)
        raise typer.Exit(1)
    if not _agreed("Write this?", yes=yes):
        return
    with at.database.write() as session:
        planned = live.session_of(session, course, meeting)
        meetings.apply(session, planned, content, zone=there, act=at.act)


@cohort_app.command()
def board(course: CourseArgument, data: DataOption = None) -> None:
    """Show who is where, and who is stuck."""
    from ..board import board as make_board

    with _opened(data) as at:
        curriculum = load_curriculum(at.settings)
        with at.database.read() as session:
            made = make_board(session, curriculum, course, now=at.act.at)
    print(made.name)
    for module in made.modules:
        steps = ", ".join(f"{count} {step}" for step, count in made.counts[module].items() if count)
        print(f"{module}: {steps.replace('_', ' ') or 'nobody'}")
    print(f"{made.waiting} reflections wait to be read")
    for line in made.stuck:
        print(f"stuck: {line.name} in {line.stuck_in}. {line.stuck}")


@cohort_app.command()
def finish(course: CourseArgument, yes: YesOption = False, data: DataOption = None) -> None:
    """Issue records for every complete module, after showing who does not have one and why."""
    from ..finishing import award_all, standings

    with _opened(data) as at:
        curriculum = load_curriculum(at.settings)
        with at.database.read() as session:
            told = standings(session, curriculum, course)
        for one in told:
            print(f"{one.name}: {len(one.earned)} earned, {len(one.recorded)} with a record")
            for module, sentences in one.missing.items():
                for sentence in sentences:
                    print(f"  {module}: {sentence}")
            for sentence in one.missing_in_all:
                print(f"  {sentence}")
        if not any(one.earned for one in told) or not _agreed("Issue the records?", yes=yes):
            return
        for done in award_all(at.database, curriculum, at.settings, course, act=at.act):
            print(f"{done.name}: {done.problem or f'{done.new} new, {done.kept} as before'}")


@cohort_app.command()
def export(
    course: CourseArgument,
    to: Annotated[Path, typer.Option("--to", help="The file to write, .csv or .xlsx.")],
    items: Annotated[bool, typer.Option("--items", help="With each question's points.")] = False,
    accommodations: Annotated[
        bool, typer.Option("--accommodations", help="With what was arranged for whom.")
    ] = False,
    data: DataOption = None,
) -> None:
    """Write the gradebook as a table; nothing that anybody wrote is in it."""
    from ..exports import save
    from ..gradesheet import Wanted, export_csv, export_xlsx

    if to.suffix not in (".csv", ".xlsx"):
        raise typer.BadParameter("a name that ends in .csv or .xlsx", param_hint="--to")
    wanted = Wanted(items=items, accommodations=accommodations)
    write = export_csv if to.suffix == ".csv" else export_xlsx
    with _opened(data) as at:
        curriculum = load_curriculum(at.settings)
        with at.database.read() as session:
            content = write(session, curriculum, course, wanted, now=at.act.at)
    save(content, to)
    print(to)


@cohort_app.command()
def archive(
    course: CourseArgument,
    remove_data: Annotated[
        bool, typer.Option("--remove-data", help="Remove the personal data of an archived one.")
    ] = False,
    why: WhyOption = "",
    yes: YesOption = False,
    data: DataOption = None,
) -> None:
    """Close a cohort; later, at the stated time, remove its learners' personal data."""
    from .. import cohorts
    from ..forgetting import empty, forget_files

    question = "Remove its personal data for good?" if remove_data else "Archive it?"
    with _opened(data, why) as at:
        if not _agreed(question, yes=yes):
            return
        if remove_data:
            with at.database.write() as session:
                count = empty(session, cohorts.cohort_of(session, course), act=at.act)
            forget_files(at.settings, course)
            print(f"{course}: the personal data of {count} learners are removed")
            return
        with at.database.write() as session:
            row = cohorts.cohort_of(session, course)
            until = cohorts.archive(session, row, version=row.version, act=at.act)
            day = until.astimezone(cohorts.zone(row.time_zone)).date()
        print(f"{course}: archived; its personal data may be removed from {day}")
