"""The instructor's pages, the other half: reflections read, sessions held, records given, numbers.

Reflections are text wherever they are shown. A verdict goes back with what was seen, so that
nobody's word is overwritten unread; the next reflection is laid open at once.
"""

from __future__ import annotations

import base64
import binascii
from time import monotonic
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from .. import attendance, cohorts, evaluation, feedback, meetings
from ..attendance import Meeting
from ..board import modules_of
from ..cohorts import Role
from ..errors import AnswerError, ConflictError
from ..feedback import Verdict, Waiting
from ..finishing import Awarded, at_a_glance, award_all
from ..gradesheet import Wanted, export_csv, export_xlsx
from ..log import LiveSession
from ..stats import report
from ..statspage import body as stats_body
from .accounts import staff, submitting
from .house import House, now
from .house import Who as Person
from .teach import (
    AForm,
    AHouse,
    Leader,
    Staff,
    Teacher,
    Typed,
    act,
    attempt,
    back,
    local_moment,
    said,
    shown,
)

router = APIRouter(prefix="/teach", include_in_schema=False)
MOST_MEETING = 900_000
PIECE = 10.0
"""Seconds after which making records stops and asks to go on: no proxy waits for ever."""
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Counts = Annotated[
    Person, Depends(staff(Role.INSTRUCTOR, Role.CO_INSTRUCTOR, Role.COORDINATOR, or_admin=True))
]


# --- reflections -----------------------------------------------------------------------------


@router.get("/{course}/reflections")
def get_queue(course: str, portal: AHouse, who: Teacher, done: str = "") -> Response:
    """What waits to be read, the longest waiting first; what formgrader marked follows soon."""
    portal.gradebook.look(course)
    with portal.database.read() as session:
        waiting = feedback.queue(session, course)
        reads = cohorts.cohort_of(session, course).reads_reflections
    return shown(
        portal, who, course, "teach_queue.html", waiting=waiting, reads=reads, done=said(done)
    )


@router.get("/{course}/reflections/{enrolment_id}/{module}")
def get_reflection(
    course: str, enrolment_id: int, module: str, portal: AHouse, who: Teacher
) -> Response:
    """One reflection beside its rubric; the next one is a key away."""
    return _reflection(portal, who, course, enrolment_id, module)


def _reflection(
    portal: House,
    who: Person,
    course: str,
    enrolment_id: int,
    module: str,
    *,
    status: int = 200,
    problem: str = "",
    typed: Typed | None = None,
) -> Response:
    with portal.database.read() as session:
        try:
            reading = feedback.read(session, portal.curriculum, course, enrolment_id, module)
        except ConflictError as error:
            raise HTTPException(404, str(error)) from error
        waiting = feedback.queue(session, course)
        bank = feedback.comments(session, course, module)
        following = _after(waiting, enrolment_id, module)
    return shown(
        portal, who, course, "teach_reflection.html", status=status, reading=reading, bank=bank,
        following=following, waiting=len(waiting), problem=problem, typed=typed or Typed(),
    )  # fmt: skip


def _after(waiting: list[Waiting], enrolment_id: int, module: str) -> Waiting | None:
    """The one that comes after this in the queue, else the first of it."""
    places = [(one.enrolment_id, one.module) for one in waiting]
    here = places.index((enrolment_id, module)) if (enrolment_id, module) in places else -1
    rest = waiting[here + 1 :] + waiting[: max(here, 0)]
    return rest[0] if rest else None


@router.post("/{course}/reflections/{enrolment_id}/{module}", dependencies=[Depends(submitting)])
def post_verdict(
    course: str, enrolment_id: int, module: str, portal: AHouse, who: Teacher, typed: AForm
) -> Response:
    """Complete, or not yet and why; then the next one."""
    met = tuple(f"met-{line}" in typed.texts for line in range(3))

    def assess(session: Session) -> Waiting | None:
        queue = feedback.queue(session, course)
        verdict = Verdict(
            met=met, complete=typed.text("verdict") == "complete", comment=typed.text("comment")
        )
        if typed.text("verdict") not in ("complete", "not_yet"):
            raise AnswerError("choose complete or not yet", field="verdict")
        doing = act(who)
        feedback.assess(
            session, course, enrolment_id, module, verdict,
            reflection_id=typed.whole("reflection_id"), seen=typed.whole("seen"), act=doing,
        )  # fmt: skip
        if typed.ticked("keep") and verdict.comment:
            feedback.keep_comment(session, course, verdict.comment, module=module, act=doing)
        return _after(queue, enrolment_id, module)

    done = attempt(
        portal, assess,
        lambda problem, status: _reflection(
            portal, who, course, enrolment_id, module, status=status, problem=problem, typed=typed
        ),
    )  # fmt: skip
    if isinstance(done, Response):
        return done
    portal.gradebook.look(course)
    if done is None:
        return back(portal, f"{course}/reflections", "saved")
    to = f"{portal.prefix}teach/{course}/reflections/{done.enrolment_id}/{done.module}"
    return RedirectResponse(to, 303)


@router.post("/{course}/comments/{comment_id}/drop")
def post_drop_comment(course: str, comment_id: int, portal: AHouse, who: Teacher) -> Response:
    """Take a sentence out of the bank."""
    with portal.database.write() as session:
        feedback.drop_comment(session, course, comment_id)
    return back(portal, f"{course}/reflections", "saved")


# --- live sessions ---------------------------------------------------------------------------


@router.get("/{course}/sessions")
def get_sessions(course: str, portal: AHouse, who: Teacher, done: str = "") -> Response:
    """The live sessions of a cohort, and a new one."""
    return _sessions(portal, who, course, done=said(done))


def _sessions(
    portal: House, who: Person, course: str, *, status: int = 200, **words: Any
) -> Response:
    with portal.database.read() as session:
        rows = attendance.sessions(session, course)
        modules = modules_of(session, portal.curriculum, course)
        here = {
            row.id: sum(seat.present for seat in attendance.seats(session, row)) for row in rows
        }
        learners = len(cohorts.members(session, course, Role.LEARNER))
    words.setdefault("typed", Typed())
    return shown(
        portal, who, course, "teach_sessions.html", status=status, rows=rows,
        modules=modules, here=here, learners=learners, **words,
    )  # fmt: skip


@router.post("/{course}/sessions")
def post_session(course: str, portal: AHouse, who: Teacher, typed: AForm) -> Response:
    """Plan a live session."""

    def plan(session: Session) -> LiveSession:
        meeting = _meeting(typed, cohorts.cohort_of(session, course).time_zone)
        return attendance.schedule_session(session, course, meeting, act=act(who))

    done = attempt(
        portal, plan,
        lambda problem, status: _sessions(
            portal, who, course, status=status, problem=problem, typed=typed
        ),
    )  # fmt: skip
    return done if isinstance(done, Response) else back(portal, f"{course}/sessions", "saved")


def _meeting(typed: Typed, zone: str) -> Meeting:
    return Meeting(
        title=typed.text("title"),
        starts=local_moment(typed.text("starts"), zone, field="starts"),
        minutes=typed.whole("minutes"),
        module=typed.text("module") or None,
        needed=typed.whole("needed") if typed.text("needed") else None,
        required=not typed.ticked("optional"),
    )


@router.get("/{course}/sessions/{session_id}")
def get_session(
    course: str, session_id: int, portal: AHouse, who: Teacher, done: str = ""
) -> Response:
    """Who was there: by tapping names, or from the meeting tool's file."""
    return _session(portal, who, course, session_id, done=said(done))


def _session(
    portal: House, who: Person, course: str, session_id: int, *, status: int = 200, **words: Any
) -> Response:
    with portal.database.read() as session:
        planned = _planned(session, course, session_id)
        seats = attendance.seats(session, planned)
    words.setdefault("preview", None)
    words.setdefault("file", "")
    return shown(
        portal, who, course, "teach_session.html", status=status, planned=planned, seats=seats,
        **words,
    )  # fmt: skip


def _planned(session: Session, course: str, session_id: int) -> LiveSession:
    try:
        return attendance.session_of(session, course, session_id)
    except ConflictError as error:
        raise HTTPException(404, "There is no such live session.") from error


@router.post("/{course}/sessions/{session_id}/taps")
def post_taps(course: str, session_id: int, portal: AHouse, who: Teacher, typed: AForm) -> Response:
    """Who was there, by their names; only what differs from the list is written."""
    there = set(typed.lists.get("there", []))
    listed = set(typed.lists.get("listed", []))

    def tap(session: Session) -> bool:
        planned = _planned(session, course, session_id)
        doing = act(who)
        for seat in attendance.seats(session, planned):
            present = str(seat.member_id) in there
            if str(seat.member_id) not in listed or present == seat.present:
                continue
            member = cohorts.member(session, course, seat.member_id)
            attendance.tap(session, planned, member, present=present, act=doing)
        return True

    return _done(portal, who, course, session_id, attempt(
        portal, tap,
        lambda problem, status: _session(
            portal, who, course, session_id, status=status, problem=problem
        ),
    ))  # fmt: skip


def _done(portal: House, who: Person, course: str, session_id: int, done: object) -> Response:
    if isinstance(done, Response):
        return done
    return back(portal, f"{course}/sessions/{session_id}", "saved")


@router.post("/{course}/sessions/{session_id}/minutes")
def post_minutes(
    course: str, session_id: int, portal: AHouse, who: Teacher, typed: AForm
) -> Response:
    """A make-up for a missed session, or other minutes than were counted; why is asked for."""

    def write(session: Session) -> bool:
        planned = _planned(session, course, session_id)
        member = cohorts.member(session, course, typed.whole("member"))
        how = attendance.correct if typed.text("how") == "correction" else attendance.make_up
        minutes = typed.whole("minutes")
        how(session, planned, member, minutes=minutes, note=typed.text("note"), act=act(who))
        return True

    return _done(portal, who, course, session_id, attempt(
        portal, write,
        lambda problem, status: _session(
            portal, who, course, session_id, status=status, problem=problem
        ),
    ))  # fmt: skip


@router.post("/{course}/sessions/{session_id}/file")
def post_meeting_file(
    course: str, session_id: int, portal: AHouse, who: Teacher, typed: AForm
) -> Response:
    """Say what a meeting tool's file would change; nothing changes yet."""
    if typed.file is None or len(typed.file) > MOST_MEETING:
        problem = "Choose a file of at most 900 kB first."
        return _session(portal, who, course, session_id, status=422, problem=problem)
    try:
        with portal.database.read() as session:
            made = meetings.preview(session, _planned(session, course, session_id), typed.file)
    except AnswerError as error:
        return _session(portal, who, course, session_id, status=422, problem=f"{error}.")
    kept = base64.b64encode(typed.file).decode()
    return _session(portal, who, course, session_id, preview=made, file=kept)


@router.post("/{course}/sessions/{session_id}/apply")
def post_meeting(
    course: str, session_id: int, portal: AHouse, who: Teacher, typed: AForm
) -> Response:
    """Write down what the file says, with the names that were given to learners by hand."""
    try:
        data = base64.b64decode(typed.text("meeting"), validate=True)
    except (binascii.Error, ValueError):
        problem = "Choose the file again."
        return _session(portal, who, course, session_id, status=422, problem=problem)
    names = typed.lists.get("stranger", [])
    chosen = typed.lists.get("assigned", [])
    assigned = {
        name: int(member) for name, member in zip(names, chosen, strict=False) if member.isdigit()
    }

    def write(session: Session) -> bool:
        planned = _planned(session, course, session_id)
        meetings.apply(session, planned, data, assigned=assigned, act=act(who))
        return True

    return _done(portal, who, course, session_id, attempt(
        portal, write,
        lambda problem, status: _session(
            portal, who, course, session_id, status=status, problem=problem
        ),
    ))  # fmt: skip


@router.post("/{course}/sessions/{session_id}/cancel")
def post_cancel(
    course: str, session_id: int, portal: AHouse, who: Teacher, typed: AForm
) -> Response:
    """Call a session off."""

    def cancel(session: Session) -> bool:
        planned = _planned(session, course, session_id)
        version = typed.whole("version")
        attendance.cancel_session(session, planned, version=version, act=act(who))
        return True

    done = attempt(
        portal, cancel,
        lambda problem, status: _session(
            portal, who, course, session_id, status=status, problem=problem
        ),
    )  # fmt: skip
    return done if isinstance(done, Response) else back(portal, f"{course}/sessions", "saved")


# --- the end ---------------------------------------------------------------------------------


@router.get("/{course}/finish")
def get_finish(course: str, portal: AHouse, who: Staff) -> Response:
    """Who has earned a record, and who does not yet and why."""
    return _finish(portal, who, course, [])


def _finish(
    portal: House, who: Person, course: str, awarded: list[Awarded], *, after: int = 0
) -> Response:
    with portal.database.read() as session:
        told = at_a_glance(session, portal.curriculum, course, now=now())
    return shown(portal, who, course, "teach_finish.html", told=told, awarded=awarded, after=after)


@router.post("/{course}/finish", dependencies=[Depends(submitting)])
def post_finish(course: str, portal: AHouse, who: Leader, typed: AForm) -> Response:
    """Give everybody the records they have earned; a second time makes none twice.

    Each learner's are one transaction, and a request takes those it has time for: the page then
    offers to go on after the last of them.
    """
    after = typed.whole("after", default=0)
    ends = monotonic() + PIECE
    awarded: list[Awarded] = []
    making = award_all(
        portal.database, portal.curriculum, portal.settings, course, after=after,
        act=act(who, "all that were earned"),
    )  # fmt: skip
    for one in making:
        awarded.append(one)
        if monotonic() > ends:
            return _finish(portal, who, course, awarded, after=one.member_id)
    return _finish(portal, who, course, awarded)


@router.get("/{course}/export.{kind}")
def get_export(
    course: str,
    kind: str,
    portal: AHouse,
    who: Counts,
    items: bool = False,
    arranged: bool = False,
) -> Response:
    """The gradebook as CSV or XLSX. A coordinator gets who is how far, without any score."""
    if kind not in ("csv", "xlsx"):
        raise HTTPException(404, "The gradebook comes as csv or xlsx.")
    with portal.database.read() as session:
        role = cohorts.role_in(session, who.key, course)
        teaches = who.admin or (role is not None and role.teaches)
        if (items or arranged) and not teaches:
            raise HTTPException(403, "Your role in this cohort does not include this.")
        wanted = Wanted(scores=teaches, items=items, accommodations=arranged)
        make = export_csv if kind == "csv" else export_xlsx
        data = make(session, portal.curriculum, course, wanted, now=now())
    name = f"{course}{'-questions' if items else ''}-{now():%Y-%m-%d}.{kind}"
    return Response(
        data,
        media_type="text/csv; charset=utf-8" if kind == "csv" else SHEET,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.get("/{course}/stats/{module}")
def get_stats(course: str, module: str, portal: AHouse, who: Teacher) -> Response:
    """How the questions of a module's quiz did in this cohort."""
    if module not in portal.curriculum.course.by_id:
        raise HTTPException(404, "There is no such module.")
    with portal.database.read() as session:
        made = report(session, portal.curriculum, module, course)
        modules = modules_of(session, portal.curriculum, course)
    return shown(
        portal, who, course, "teach_stats.html", report=made, drawn=stats_body(made),
        modules=modules, module=module,
    )  # fmt: skip


@router.get("/{course}/evaluation")
def get_evaluation(course: str, portal: AHouse, who: Staff) -> Response:
    """What learners said of the course, together; never who said what."""
    with portal.database.read() as session:
        both = [evaluation.summary(session, course, name) for name in evaluation.FORMS]
    return shown(portal, who, course, "teach_evaluation.html", both=both, scale=evaluation.SCALE)
