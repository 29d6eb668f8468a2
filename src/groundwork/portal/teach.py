"""The instructor's pages: a cohort made, its people, its days, and how far everybody is.

Plain pages and forms: a change is one transaction with its audit row, and ends in a redirect.
What does not fit is said on the page it was typed into, with what was typed. `TEACHERS` may do
everything; a coordinator sees who has completed what, and never a score, an answer or a text.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup
from sqlalchemy.orm import Session
from starlette.datastructures import UploadFile

from .. import audit, cohorts, roster, schedule
from ..attendance import attended
from ..audit import Act
from ..board import STEPS, board, modules_of
from ..cohorts import Newcomer, Role, Terms
from ..course import Module
from ..errors import AnswerError, ConflictError
from ..finishing import standing_of
from ..log import Cohort, Member, store
from ..schedule import Days
from .accounts import learner, staff
from .house import House, Who, house, now
from .templating import page

T = TypeVar("T")
AHouse = Annotated[House, Depends(house)]
AWho = Annotated[Who, Depends(learner)]
TEACHING = (Role.INSTRUCTOR, Role.CO_INSTRUCTOR)
Teacher = Annotated[Who, Depends(staff(*TEACHING, or_admin=True))]
Leader = Annotated[Who, Depends(staff(Role.INSTRUCTOR, or_admin=True))]
Staff = Annotated[Who, Depends(staff(*TEACHING, Role.COORDINATOR, or_admin=True))]
PRIVATE = {"X-Robots-Tag": "noindex"}
MOST_ROSTER = 900_000

STEP_WORDS = {
    "not_started": "not started",
    "reading": "reading",
    "quiz_passed": "quiz passed",
    "reflection_in": "reflection in",
    "complete": "complete",
}
ROLE_WORDS = {
    Role.LEARNER: "learner",
    Role.INSTRUCTOR: "instructor",
    Role.CO_INSTRUCTOR: "co-instructor",
    Role.COORDINATOR: "coordinator",
}
CHANGE_WORDS = {
    "accommodation.end": "something they needed is needed no more",
    "accommodation.give": "what they need to take part",
    "attempt.overrule": "points typed over in formgrader",
    "attempts.set_aside": "attempts set aside",
    "attendance": "minutes in a live session",
    "cohort.archive": "archived",
    "cohort.change": "settings changed",
    "cohort.create": "cohort made",
    "cohort.empty": "personal data removed",
    "cohort.unarchive": "opened again",
    "extension": "days of their own",
    "invite.end": "a link ended",
    "invite.make": "a link made",
    "member.admit": "taken in",
    "member.change": "name, address or role changed",
    "member.claim": "signed in for the first time",
    "member.dismiss": "let go",
    "member.return": "taken back in",
    "module.add": "a module added",
    "module.days": "days of a module changed",
    "records.issue": "records made",
    "reflection.assess": "a reflection read",
    "session.cancel": "a live session called off",
    "session.change": "a live session changed",
    "session.plan": "a live session planned",
}
"""What was changed, in words, by the audit's own name for it."""
DONE = {
    "created": "The cohort is made. Next: its people.",
    "saved": "Saved.",
    "enrolled": "The roster is taken in.",
    "dismissed": "They have left the cohort. What they did is kept, and is there when they return.",
    "returned": "They are back, with everything they did.",
    "ended": "The link lets nobody in any more.",
    "reset": "They may begin again. What they sat before is kept and counts no more.",
    "archived": "The cohort is archived.",
    "unarchived": "The cohort runs again.",
}
"""What a page says after a change, by the word in its address."""

router = APIRouter(prefix="/teach", include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Typed:
    """A form as it was sent: its texts, the lists among them, and at most one file."""

    texts: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, list[str]] = field(default_factory=dict)
    file: bytes | None = None

    def text(self, name: str) -> str:
        """What was typed into a field, without the space around it."""
        return self.texts.get(name, "").strip()

    def day(self, name: str) -> date | None:
        """A day as browsers send one; raise `AnswerError` for anything else."""
        text = self.text(name)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError as error:
            raise AnswerError("write a day like 2027-03-09", field=name) from error

    def whole(self, name: str, *, default: int | None = None) -> int:
        """A whole number; raise `AnswerError` when it is not one."""
        text = self.text(name)
        if not text and default is not None:
            return default
        if not text.lstrip("-").isdigit() or len(text) > 9:
            raise AnswerError("write a whole number", field=name)
        return int(text)

    def ticked(self, name: str) -> bool:
        """Whether a box was ticked."""
        return name in self.texts


async def read_form(request: Request) -> Typed:
    """Read a form; `accounts` has looked at its token before."""
    form = await request.form(max_files=1, max_fields=2000)
    texts: dict[str, str] = {}
    lists: dict[str, list[str]] = {}
    file: bytes | None = None
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            file = await value.read() or None
        else:
            texts[name] = value
            lists.setdefault(name, []).append(value)
    await form.close()
    return Typed(texts, lists, file)


AForm = Annotated[Typed, Depends(read_form)]


def act(who: Who, why: str = "") -> Act:
    """That this person does something now."""
    return Act(by=who.key, at=now(), why=why)


def shown(
    portal: House, who: Who, course: str, template: str, *, status: int = 200, **words: Any
) -> Response:
    """One of a cohort's pages, with the head that all of them share."""
    with portal.database.read() as session:
        cohort = cohorts.cohort_of(session, course)
        role = cohorts.role_in(session, who.key, course)
        first = modules_of(session, portal.curriculum, course)[:1]
    teaches = who.admin or (role is not None and role.teaches)
    words |= {
        "asked_first": first[0].id if first else "",
        "change_words": CHANGE_WORDS,
        "cohort": cohort,
        "zone": cohorts.zone(cohort.time_zone),
        "teaches": teaches,
        "leads": who.admin or role is Role.INSTRUCTOR,
        "base": f"{portal.prefix}teach/{course}",
        "titles": {module.id: module.meta.title for module in portal.curriculum.course.modules},
    }
    words.setdefault("problem", "")
    words.setdefault("done", "")
    mark = Markup('<input type="hidden" name="csrf" value="{}">').format(who.csrf or "")
    words["csrf"] = lambda: mark
    return page(portal, template, status=status, headers=PRIVATE, who=who, **words)


def back(portal: House, to: str, done: str) -> Response:
    """Go to a page of a cohort, which then says what was done."""
    return RedirectResponse(f"{portal.prefix}teach/{to}?{urlencode({'done': done})}", 303)


def attempt(
    portal: House, do: Callable[[Session], T], again: Callable[[str, int], Response]
) -> T | Response:
    """Do something in one transaction; what does not fit is said on the page, nothing is kept."""
    try:
        with portal.database.write() as session:
            return do(session)
    except AnswerError as error:
        return again(f"{error}.".replace("..", "."), 422)
    except ConflictError as error:
        return again(str(error), 409)


def said(done: str) -> str:
    """The sentence for the word in a page's address."""
    return DONE.get(done, "")


# --- the cohorts -----------------------------------------------------------------------------


@router.get("")
def get_cohorts(portal: AHouse, who: AWho) -> Response:
    """The cohorts somebody teaches or coordinates; an administrator sees all and makes new ones."""
    return _cohorts(portal, who, Typed(), "", 200)


def _cohorts(portal: House, who: Who, typed: Typed, problem: str, status: int) -> Response:
    if portal.hub is None:
        raise HTTPException(404, "There are no cohorts where there are no accounts.")
    with portal.database.read() as session:
        own = [one for one in cohorts.courses_of(session, who.key) if one.role is not Role.LEARNER]
        everything = list(cohorts.cohorts(session)) if who.admin else []
    if not own and not who.admin:
        raise HTTPException(403, "This is for people who teach a cohort.")
    return page(
        portal, "teach_cohorts.html", status=status, headers=PRIVATE, who=who,
        own=own, everything=everything, typed=typed, problem=problem,
        modules=portal.curriculum.course.modules, role_words=ROLE_WORDS,
    )  # fmt: skip


@router.post("")
def post_cohort(portal: AHouse, who: AWho, typed: AForm) -> Response:
    """Make a cohort; whoever makes it leads it, unless another instructor is named."""
    if not who.admin:
        raise HTTPException(403, "Cohorts are made by administrators.")
    course = typed.text("course")
    done = attempt(
        portal,
        lambda session: _create(session, portal, who, course, typed),
        lambda problem, status: _cohorts(portal, who, typed, problem, status),
    )
    if isinstance(done, Response):
        return done
    portal.groups_changed()
    return back(portal, f"{course}/people", "created")


def _create(session: Session, portal: House, who: Who, course: str, typed: Typed) -> Cohort:
    known = [module.id for module in portal.curriculum.course.modules]
    doing = act(who)
    cohort = cohorts.create(
        session, course, _terms(typed), modules=typed.lists.get("module", []), known=known,
        act=doing,
    )  # fmt: skip
    instructor = Newcomer(
        key=typed.text("instructor") or who.key,
        name=typed.text("instructor_name"),
        qualifications=typed.text("qualifications"),
    )
    cohorts.admit(session, course, instructor, Role.INSTRUCTOR, act=doing)
    return cohort


def _terms(typed: Typed) -> Terms:
    return Terms(
        name=typed.text("name"),
        time_zone=typed.text("time_zone") or "UTC",
        starts=typed.day("starts"),
        ends=typed.day("ends"),
        open=typed.ticked("open"),
        reads_reflections=not typed.ticked("unread"),
        sponsor=typed.text("sponsor"),
        sponsor_qualifications=typed.text("sponsor_qualifications"),
        keep_days=typed.whole("keep_days", default=cohorts.KEEP_DAYS),
    )


# --- the board -------------------------------------------------------------------------------


@router.get("/{course}")
def get_board(course: str, portal: AHouse, who: Staff, done: str = "") -> Response:
    """Learners by modules, at a glance and as a table; who is stuck, and words to send them."""
    with portal.database.read() as session:
        made = board(session, portal.curriculum, course, now=now())
        role = cohorts.role_in(session, who.key, course)
        teaches = who.admin or (role is not None and role.teaches)
    return shown(
        portal, who, course, "teach_board.html", board=made, steps=STEPS, step_words=STEP_WORDS,
        stuck=made.stuck if teaches else [], done=said(done), message=_message, now=now(),
        address=portal.settings.public_url or "",
    )  # fmt: skip


def _message(name: str, title: str, address: str) -> str:
    """Words to copy to somebody who is stuck: warm, short, and about one next step."""
    first = name.split()[0] if name else "there"
    link = f"\n\n{address}" if address else ""
    return (
        f"Hi {first},\n\nI saw that “{title}” is waiting for you. Is anything in the way? "
        "Tell me what would help: more time, a call, or going through a part together. "
        f"Twenty minutes on the next lesson is a good start.{link}"
    )


# --- people ----------------------------------------------------------------------------------


@router.get("/{course}/people")
def get_people(course: str, portal: AHouse, who: Teacher, done: str = "") -> Response:
    """Everybody in a cohort, and the ways in."""
    return _people(portal, who, course, done=said(done))


def _people(portal: House, who: Who, course: str, *, status: int = 200, **words: Any) -> Response:
    with portal.database.read() as session:
        people = cohorts.members(session, course, with_left=True)
        links = cohorts.invites(session, course)
    words.setdefault("preview", None)
    words.setdefault("token", "")
    words.setdefault("file", "")
    return shown(
        portal, who, course, "teach_people.html", status=status, people=people, links=links,
        role_words=ROLE_WORDS, roles=list(Role), now=now(), name=cohorts.shown_name, **words,
    )  # fmt: skip


@router.post("/{course}/people/roster")
def post_roster(course: str, portal: AHouse, who: Teacher, typed: AForm) -> Response:
    """Say what a roster would change; nothing changes yet."""
    if typed.file is None:
        return _people(portal, who, course, status=422, problem="Choose a file first.")
    if len(typed.file) > MOST_ROSTER:
        return _people(portal, who, course, status=422, problem="A roster is not that large.")
    try:
        with portal.database.read() as session:
            made = roster.preview(session, course, typed.file)
    except AnswerError as error:
        return _people(portal, who, course, status=422, problem=f"{error}.")
    kept = base64.b64encode(typed.file).decode()
    return _people(portal, who, course, preview=made, file=kept)


@router.post("/{course}/people/enrol")
def post_enrol(course: str, portal: AHouse, who: Teacher, typed: AForm) -> Response:
    """Take in the roster that was shown."""
    try:
        data = base64.b64decode(typed.text("roster"), validate=True)
    except (binascii.Error, ValueError):
        return _people(portal, who, course, status=422, problem="Choose the file again.")
    done = attempt(
        portal,
        lambda session: roster.apply(
            session, course, data, remove_absent=typed.ticked("remove_absent"), act=act(who)
        ),
        lambda problem, status: _people(portal, who, course, status=status, problem=problem),
    )
    if isinstance(done, Response):
        return done
    portal.groups_changed()
    return back(portal, f"{course}/people", "enrolled")


@router.post("/{course}/people/add")
def post_person(course: str, portal: AHouse, who: Teacher, typed: AForm) -> Response:
    """Take one person in; only whoever leads a cohort gives others a part in running it."""
    role = _role(typed)

    def add(session: Session) -> Member:
        if role is not Role.LEARNER:
            _check_leads(session, who, course)
        person = Newcomer(
            key=typed.text("key") or None,
            email=typed.text("email") or None,
            name=typed.text("name"),
            qualifications=typed.text("qualifications"),
        )
        return cohorts.admit(session, course, person, role, act=act(who))

    done = attempt(
        portal, add,
        lambda problem, status: _people(portal, who, course, status=status, problem=problem),
    )  # fmt: skip
    if isinstance(done, Response):
        return done
    portal.groups_changed()
    return back(portal, f"{course}/people", "saved")


def _role(typed: Typed) -> Role:
    try:
        return Role(typed.text("role") or "learner")
    except ValueError as error:
        raise HTTPException(422, "There is no such role.") from error


def _check_leads(session: Session, who: Who, course: str) -> None:
    if not who.admin and cohorts.role_in(session, who.key, course) is not Role.INSTRUCTOR:
        raise ConflictError("Only the instructor of this cohort decides who helps to run it.")


@router.post("/{course}/people/invite")
def post_invite(course: str, portal: AHouse, who: Teacher, typed: AForm) -> Response:
    """Make a link that lets people in; it is shown once."""
    role = _role(typed)

    def invite(session: Session) -> cohorts.Link:
        if role is not Role.LEARNER:
            _check_leads(session, who, course)
        seats = typed.whole("seats") if typed.text("seats") else None
        days = typed.whole("days", default=cohorts.INVITE_DAYS)
        return cohorts.invite(session, course, role=role, days=days, seats=seats, act=act(who))

    done = attempt(
        portal, invite,
        lambda problem, status: _people(portal, who, course, status=status, problem=problem),
    )  # fmt: skip
    if isinstance(done, Response):
        return done
    home = portal.settings.public_url or ""
    return _people(portal, who, course, token=f"{home}{portal.prefix}join/{done.token}")


@router.post("/{course}/people/invite/{invite_id}/end")
def post_end_invite(course: str, invite_id: int, portal: AHouse, who: Teacher) -> Response:
    """Make a link useless."""
    with portal.database.write() as session:
        cohorts.end_invite(session, course, invite_id, act=act(who))
    return back(portal, f"{course}/people", "ended")


@router.get("/{course}/people/{member_id}")
def get_person(
    course: str, member_id: int, portal: AHouse, who: Teacher, done: str = ""
) -> Response:
    """One person: how far they are, and what can be done for them."""
    return _person(portal, who, course, member_id, done=said(done))


def _person(
    portal: House, who: Who, course: str, member_id: int, *, status: int = 200, **words: Any
) -> Response:
    with portal.database.read() as session:
        person = _member(session, course, member_id)
        enrolment = person.enrolment
        sat = list(store.attempts(session, enrolment)) if enrolment else []
        learns = person.role == Role.LEARNER and person.left is None
        standing = standing_of(session, portal.curriculum, person) if learns else None
        plan = schedule.plan(session, course, person, now=now())
        words |= {
            "plan": plan,
            "given": schedule.accommodations(session, person),
            "live": attended(session, course, [person.id]).get(person.id, []),
            "changes": audit.entries(session, course, member_id=person.id),
            "sat": [one for one in sat if one.purpose == "quiz"],
            "prechecks": [one for one in sat if one.purpose == "precheck"],
            "modules": modules_of(session, portal.curriculum, course),
            "standing": standing,
            "person": person,
            "name": cohorts.shown_name(person),
        }
    return shown(
        portal, who, course, "teach_person.html", status=status, role_words=ROLE_WORDS,
        is_learner=person.role == Role.LEARNER, **words,
    )  # fmt: skip


def _member(session: Session, course: str, member_id: int) -> Member:
    try:
        return cohorts.member(session, course, member_id)
    except ConflictError as error:
        raise HTTPException(404, "There is nobody of that kind in this cohort.") from error


def _for_person(
    portal: House, who: Who, course: str, member_id: int,
    do: Callable[[Session, Member], object], done: str,
) -> Response:  # fmt: skip
    """Do something for one person, and go back to their page."""

    def acted(session: Session) -> str:
        person = _member(session, course, member_id)
        do(session, person)
        return person.key or ""

    key = attempt(
        portal,
        acted,
        lambda problem, status: _person(
            portal, who, course, member_id, status=status, problem=problem
        ),
    )
    if isinstance(key, Response):
        return key
    portal.groups_changed()
    if key:
        portal.gradebook.changed(course, key)
    return back(portal, f"{course}/people/{member_id}", done)


@router.post("/{course}/people/{member_id}/leave")
def post_leave(course: str, member_id: int, portal: AHouse, who: Teacher, typed: AForm) -> Response:
    """Let somebody go; nothing of theirs is lost."""

    def leave(session: Session, person: Member) -> None:
        if person.role != Role.LEARNER:
            _check_leads(session, who, course)
        cohorts.dismiss(session, person, act=act(who, typed.text("why")))

    return _for_person(portal, who, course, member_id, leave, "dismissed")


@router.post("/{course}/people/{member_id}/return")
def post_return(course: str, member_id: int, portal: AHouse, who: Teacher) -> Response:
    """Take somebody back in."""

    def come_back(session: Session, person: Member) -> None:
        if person.role != Role.LEARNER:
            _check_leads(session, who, course)
        newcomer = Newcomer(key=person.key, email=person.email, name=person.name)
        cohorts.admit(session, course, newcomer, Role(person.role), act=act(who))

    return _for_person(portal, who, course, member_id, come_back, "returned")


@router.post("/{course}/people/{member_id}/replace")
def post_replace(
    course: str, member_id: int, portal: AHouse, who: Leader, typed: AForm
) -> Response:
    """Put another instructor in somebody's place."""

    def replace(session: Session, person: Member) -> None:
        new = Newcomer(key=typed.text("key"), qualifications=typed.text("qualifications"))
        doing = act(who, typed.text("why"))
        cohorts.replace_instructor(session, course, old=person, new=new, act=doing)

    return _for_person(portal, who, course, member_id, replace, "saved")


@router.post("/{course}/people/{member_id}/extend")
def post_extend(
    course: str, member_id: int, portal: AHouse, who: Teacher, typed: AForm
) -> Response:
    """Give one learner days of their own for a module."""

    def extend(session: Session, person: Member) -> None:
        schedule.extend(
            session, person, typed.text("module"), opens_on=typed.day("opens_on"),
            due_on=typed.day("due_on"), act=act(who, typed.text("why")),
        )  # fmt: skip

    return _for_person(portal, who, course, member_id, extend, "saved")


@router.post("/{course}/people/{member_id}/accommodate")
def post_accommodate(
    course: str, member_id: int, portal: AHouse, who: Teacher, typed: AForm
) -> Response:
    """Write down what a learner needs; other learners and exports never see it."""

    def accommodate(session: Session, person: Member) -> None:
        schedule.accommodate(
            session, person, extra_days=typed.whole("extra_days", default=0),
            alternative=typed.text("alternative"), act=act(who),
        )  # fmt: skip

    return _for_person(portal, who, course, member_id, accommodate, "saved")


@router.post("/{course}/people/{member_id}/accommodate/{given_id}/end")
def post_end_accommodation(
    course: str, member_id: int, given_id: int, portal: AHouse, who: Teacher
) -> Response:
    """Say that it is no longer needed."""

    def end(session: Session, person: Member) -> None:
        schedule.end_accommodation(session, person, given_id, act=act(who))

    return _for_person(portal, who, course, member_id, end, "saved")


@router.post("/{course}/people/{member_id}/reset")
def post_reset(course: str, member_id: int, portal: AHouse, who: Teacher, typed: AForm) -> Response:
    """Let a learner begin a quiz or pre-check anew; a reason is asked for."""
    purpose = "precheck" if typed.text("purpose") == "precheck" else "quiz"

    def reset(session: Session, person: Member) -> None:
        if person.enrolment is None:
            raise ConflictError("They have not begun anything yet.")
        schedule.set_aside(
            session, person.enrolment, typed.text("module"), purpose=purpose,
            act=act(who, typed.text("why")),
        )  # fmt: skip

    return _for_person(portal, who, course, member_id, reset, "reset")


# --- days ------------------------------------------------------------------------------------


@router.get("/{course}/schedule")
def get_schedule(course: str, portal: AHouse, who: Teacher, done: str = "") -> Response:
    """When each module opens and is due."""
    return _schedule(portal, who, course, done=said(done))


def _schedule(portal: House, who: Who, course: str, *, status: int = 200, **words: Any) -> Response:
    with portal.database.read() as session:
        rows = schedule.module_rows(session, course)
    named = {row.module for row in rows}
    others = [one for one in portal.curriculum.course.modules if one.id not in named]
    words.setdefault("typed", Typed())
    return shown(
        portal, who, course, "teach_schedule.html", status=status, rows=rows, others=others,
        **words,
    )  # fmt: skip


def _days(typed: Typed) -> Days:
    return Days(
        opens_on=typed.day("opens_on"),
        due_on=typed.day("due_on"),
        closes=typed.ticked("closes"),
        precheck_first=typed.ticked("precheck_first"),
    )


@router.post("/{course}/schedule")
def post_module(course: str, portal: AHouse, who: Teacher, typed: AForm) -> Response:
    """Put a module into the cohort."""
    known: list[Module] = list(portal.curriculum.course.modules)

    def add(session: Session) -> object:
        names = [module.id for module in known]
        return schedule.add_module(
            session, course, typed.text("module"), _days(typed), known=names, act=act(who)
        )

    done = attempt(
        portal, add,
        lambda problem, status: _schedule(
            portal, who, course, status=status, problem=problem, typed=typed
        ),
    )  # fmt: skip
    return done if isinstance(done, Response) else back(portal, f"{course}/schedule", "saved")


@router.post("/{course}/schedule/{module}")
def post_days(course: str, module: str, portal: AHouse, who: Teacher, typed: AForm) -> Response:
    """Change a module's days; somebody else's change in between is not overwritten."""
    done = attempt(
        portal,
        lambda session: schedule.set_days(
            session, course, module, _days(typed), version=typed.whole("version"), act=act(who)
        ),
        lambda problem, status: _schedule(
            portal, who, course, status=status, problem=problem, typed=typed
        ),
    )
    return done if isinstance(done, Response) else back(portal, f"{course}/schedule", "saved")


# --- the cohort itself -----------------------------------------------------------------------


@router.get("/{course}/settings")
def get_settings(course: str, portal: AHouse, who: Leader, done: str = "") -> Response:
    """What is said about a cohort, and its end."""
    return _settings(portal, who, course, done=said(done))


def _settings(portal: House, who: Who, course: str, *, status: int = 200, **words: Any) -> Response:
    with portal.database.read() as session:
        changes = audit.entries(session, course)
        removable = cohorts.removable_from(cohorts.cohort_of(session, course))
    words.setdefault("typed", Typed())
    return shown(
        portal, who, course, "teach_settings.html", status=status, changes=changes,
        removable=removable, **words,
    )  # fmt: skip


@router.post("/{course}/settings")
def post_settings(course: str, portal: AHouse, who: Leader, typed: AForm) -> Response:
    """Change what is said about a cohort."""

    def change(session: Session) -> bool:
        cohort = cohorts.cohort_of(session, course)
        cohorts.change(session, cohort, _terms(typed), version=typed.whole("version"), act=act(who))
        return True

    done = attempt(
        portal, change,
        lambda problem, status: _settings(
            portal, who, course, status=status, problem=problem, typed=typed
        ),
    )  # fmt: skip
    return done if isinstance(done, Response) else back(portal, f"{course}/settings", "saved")


@router.post("/{course}/archive")
def post_archive(course: str, portal: AHouse, who: Leader, typed: AForm) -> Response:
    """Close a cohort, or open it again."""
    opens = typed.ticked("open_again")

    def close(session: Session) -> bool:
        cohort = cohorts.cohort_of(session, course)
        turn = cohorts.unarchive if opens else cohorts.archive
        turn(session, cohort, version=typed.whole("version"), act=act(who, typed.text("why")))
        return True

    done = attempt(
        portal, close,
        lambda problem, status: _settings(portal, who, course, status=status, problem=problem),
    )  # fmt: skip
    if isinstance(done, Response):
        return done
    return back(portal, f"{course}/settings", "unarchived" if opens else "archived")


def local_moment(text: str, zone: str, *, field: str) -> datetime:
    """A moment as browsers send one, in a cohort's own time zone."""
    try:
        naive = datetime.fromisoformat(text)
    except ValueError as error:
        raise AnswerError("write a day and a time", field=field) from error
    return naive.replace(tzinfo=cohorts.zone(zone)).astimezone(UTC)
