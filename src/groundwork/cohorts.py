"""Cohorts: a course with people in it, who may do what there, and how they come in.

A cohort is one course: one nbgrader course id, one gradebook. Its people hold one role each.
They are known by their key, the Hub's user name; a roster may name an e-mail address until
they first sign in. Studying alone on one computer needs no cohort; an *open* cohort lets
anyone with an account study alone.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import CursorResult, bindparam, select, update
from sqlalchemy.orm import Session

from . import audit
from .audit import Act
from .errors import AnswerError, ConflictError, RecordError
from .log import (
    Accommodation,
    Attendance,
    Cohort,
    CohortModule,
    Extension,
    Invite,
    Member,
    store,
)
from .records import Person, printed_name
from .settings import SELF_STUDY

# What every request asks; putting a query together takes nearly as long as the answer.
_COHORT = select(Cohort).where(Cohort.course == bindparam("course"))
_OPEN_COURSES = select(Cohort).where(Cohort.open, Cohort.archived.is_(None)).order_by(Cohort.course)
_COURSES = (
    select(Cohort, Member.role)
    .join(Member, Member.course == Cohort.course)
    .where(Member.key == bindparam("key"), Member.left.is_(None))
    .order_by(Cohort.archived.isnot(None), Cohort.starts.desc(), Cohort.course)
)
_MEMBER = select(Member).where(Member.course == bindparam("course"), Member.key == bindparam("key"))

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
EMAIL = re.compile(r"[^\s@,;<>\"()]+@[^\s@,;<>\"()]+\.[^\s@,;<>\"().]{2,}")
LONGEST_COURSE = 60
LONGEST_WORDS = 400
LONGEST_KEY = 255
KEEP_DAYS = 365
LONGEST_KEEP = 3650
INVITE_DAYS = 14


class Role(StrEnum):
    """What somebody is in a cohort; a coordinator sees completion, never work."""

    LEARNER = "learner"
    INSTRUCTOR = "instructor"
    CO_INSTRUCTOR = "co_instructor"
    COORDINATOR = "coordinator"

    @property
    def teaches(self) -> bool:
        """Whether they read reflections and change records of others."""
        return self in (Role.INSTRUCTOR, Role.CO_INSTRUCTOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is said about a cohort; raise `AnswerError` naming the part that does not fit."""

    name: str
    time_zone: str = "UTC"
    starts: date | None = None
    ends: date | None = None
    open: bool = False
    reads_reflections: bool = True
    sponsor: str = ""
    sponsor_qualifications: str = ""
    keep_days: int = KEEP_DAYS

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise AnswerError("a cohort needs a name", field="name")
        for part in ("name", "sponsor", "sponsor_qualifications"):
            check_words(getattr(self, part), field=part)
        zone(self.time_zone)
        if self.starts and self.ends and self.ends < self.starts:
            raise AnswerError("the last day lies before the first", field="ends")
        if not 0 <= self.keep_days <= LONGEST_KEEP:
            raise AnswerError(f"days to keep are 0 to {LONGEST_KEEP}", field="keep_days")


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseOf:
    """A cohort as one of its people meets it."""

    course: str
    name: str
    role: Role
    open: bool
    archived: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """Somebody to take into a cohort: by key, by e-mail until they have one, or by both."""

    key: str | None = None
    email: str | None = None
    name: str = ""
    qualifications: str = ""

    def __post_init__(self) -> None:
        if not (self.key or self.email):
            raise AnswerError("a person needs a Hub user name or an e-mail address", field="key")
        if self.key is not None:
            check_key(self.key)
        if self.email is not None:
            object.__setattr__(self, "email", clean_email(self.email))
        object.__setattr__(self, "name", clean_name(self.name))
        check_words(self.qualifications, field="qualifications")


@dataclass(frozen=True, slots=True)
class Link:
    """A fresh invitation: its token is shown once, and never stored."""

    token: str
    invite: Invite


# --- the cohort itself ----------------------------------------------------------------------


def create(
    session: Session,
    course: str,
    terms: Terms,
    *,
    modules: Sequence[str] = (),
    known: Collection[str],
    act: Act,
) -> Cohort:
    """Make a cohort of some of the `known` modules; with none named, of all there will be."""
    check_slug(course)
    check_modules(modules, known)
    if find(session, course) is not None:
        raise ConflictError(f"There is a cohort {course} already; choose another short name.")
    row = Cohort(course=course, version=1, created=act.at, **asdict(terms))
    session.add(row)
    for module in modules:
        session.add(plain_module(course, module))
    said = asdict(terms) | {"modules": list(modules)}
    audit.note(session, act, "cohort.create", course=course, after=said)
    session.flush()
    return row


def plain_module(course: str, module: str) -> CohortModule:
    """A module of a cohort that is always open."""
    return CohortModule(
        course=course, module=module, opens_on=None, due_on=None, closes=False,
        precheck_first=False, version=1,
    )  # fmt: skip


def find(session: Session, course: str) -> Cohort | None:
    """The cohort of a course, if there is one."""
    return session.scalar(_COHORT, {"course": course})


def cohort_of(session: Session, course: str) -> Cohort:
    """The cohort of a course; raise `ConflictError` when there is none."""
    found = find(session, course)
    if found is None:
        raise ConflictError(f"There is no cohort {course}.")
    return found


def cohorts(session: Session) -> Sequence[Cohort]:
    """All cohorts, those that still run first."""
    return session.scalars(
        select(Cohort).order_by(Cohort.archived.isnot(None), Cohort.starts, Cohort.course)
    ).all()


def terms_of(cohort: Cohort) -> Terms:
    """What is said about a cohort now."""
    return Terms(**{name: getattr(cohort, name) for name in Terms.__dataclass_fields__})


def change(session: Session, cohort: Cohort, terms: Terms, *, version: int, act: Act) -> None:
    """Change what is said about a cohort that was read at a version."""
    audit.edit(session, act, "cohort.change", cohort, asdict(terms), version=version)


def archive(session: Session, cohort: Cohort, *, version: int, act: Act) -> datetime:
    """Close a cohort; return the moment from which its personal data may be removed."""
    if cohort.archived is not None:
        raise ConflictError(f"{cohort.name} is archived already.")
    values = {"archived": act.at}
    audit.edit(session, act, "cohort.archive", cohort, values, version=version)
    return act.at + timedelta(days=cohort.keep_days)


def unarchive(session: Session, cohort: Cohort, *, version: int, act: Act) -> None:
    """Open an archived cohort again, as long as its people are still in it."""
    if cohort.emptied is not None:
        raise ConflictError(f"The personal data of {cohort.name} are gone; make a new cohort.")
    audit.edit(session, act, "cohort.unarchive", cohort, {"archived": None}, version=version)


def removable_from(cohort: Cohort) -> datetime | None:
    """The moment from which an archived cohort's personal data may be removed."""
    if cohort.archived is None or cohort.emptied is not None:
        return None
    return cohort.archived + timedelta(days=cohort.keep_days)


# --- its people ------------------------------------------------------------------------------


def courses_of(session: Session, key: str) -> list[CourseOf]:
    """The cohorts somebody is in now, and as what; those that still run come first."""
    return [_course_of(cohort, role) for cohort, role in session.execute(_COURSES, {"key": key})]


def _course_of(cohort: Cohort, role: str) -> CourseOf:
    return CourseOf(
        course=cohort.course,
        name=cohort.name,
        role=Role(role),
        open=cohort.open,
        archived=cohort.archived is not None,
    )


def open_courses(session: Session) -> list[Cohort]:
    """The cohorts that anyone with an account may join."""
    return list(session.scalars(_OPEN_COURSES))


def role_in(session: Session, key: str, course: str) -> Role | None:
    """What somebody is in a course now; None for whoever is not in it."""
    role = session.scalar(
        select(Member.role).where(Member.course == course, Member.key == key, Member.left.is_(None))
    )
    return Role(role) if role else None


def member_of(session: Session, key: str, course: str) -> Member | None:
    """Somebody's place in a course, also when they have left it."""
    return session.scalar(_MEMBER, {"course": course, "key": key})


def member(session: Session, course: str, member_id: int) -> Member:
    """A place in a course by its id; raise `ConflictError` when it is not of this course."""
    found = session.get(Member, member_id)
    if found is None or found.course != course:
        raise ConflictError("There is nobody of that number in this cohort.")
    return found


def members(
    session: Session, course: str, *roles: Role, with_left: bool = False
) -> Sequence[Member]:
    """The people of a course, of some roles or all, in the order of their names."""
    query = select(Member).where(Member.course == course)
    if roles:
        query = query.where(Member.role.in_(roles))
    if not with_left:
        query = query.where(Member.left.is_(None))
    found = session.scalars(query).all()
    return sorted(found, key=lambda one: (shown_name(one).casefold(), one.id))


def shown_name(person: Member) -> str:
    """What to call somebody: their name, else how they are known."""
    return person.name or person.key or person.email or ""


def admit(
    session: Session, course: str, newcomer: Newcomer, role: Role = Role.LEARNER, *, act: Act
) -> Member:
    """Take somebody in, or back with all they did; what is said of them anew replaces the old."""
    _join_places(session, course, newcomer, at=act.at)
    found = find_person(session, course, key=newcomer.key, email=newcomer.email)
    if found is None:
        found = Member(
            course=course, key=newcomer.key, email=newcomer.email, name=newcomer.name, role=role,
            qualifications=newcomer.qualifications, added=act.at,
        )  # fmt: skip
        session.add(found)
        before: dict[str, Any] = {}
    else:
        if found.left is None and role == Role.LEARNER != found.role:
            raise ConflictError(
                f"{shown_name(found)} is {found.role.replace('_', '-')} of this cohort; "
                "remove them first to make them a learner."
            )
        before = _said(found)
        found.key = found.key or newcomer.key
        found.email = newcomer.email or found.email
        found.name = newcomer.name or found.name
        found.qualifications = newcomer.qualifications or found.qualifications
        found.role = role
        found.left = None
    session.flush()
    _give_place(session, found, at=act.at)
    if before != _said(found):
        action = "member.return" if before.get("left") else "member.admit"
        audit.note(
            session, act, action if before.get("left") or not before else "member.change",
            course=course, member_id=found.id, before=before, after=_said(found),
        )  # fmt: skip
    return found


def find_person(
    session: Session, course: str, *, key: str | None, email: str | None
) -> Member | None:
    """Somebody's place in a course by key, else by e-mail; refuse when those are two people."""
    by_key = member_of(session, key, course) if key else None
    by_email = (
        session.scalar(select(Member).where(Member.course == course, Member.email == email))
        if email
        else None
    )
    if by_key and by_email and by_key is not by_email:
        raise ConflictError(f"{key} and {email} are two different people in this cohort.")
    if by_email and key and by_email.key not in (None, key):
        raise ConflictError(f"{email} belongs to the user {by_email.key}, not to {key}.")
    return by_key or by_email


def _join_places(session: Session, course: str, newcomer: Newcomer, *, at: datetime) -> None:
    """Make one place of two: one that waits under an e-mail address, and its owner's own.

    That is how it stands when somebody on a roster came by an invitation instead.
    """
    if not (newcomer.key and newcomer.email):
        return
    own = member_of(session, newcomer.key, course)
    waiting = session.scalar(
        select(Member).where(
            Member.course == course, Member.email == newcomer.email, Member.key.is_(None)
        )
    )
    if own is None or waiting is None or own.email not in (None, newcomer.email):
        return
    for table in (Extension, Accommodation, Attendance):
        session.execute(update(table).where(table.member_id == waiting.id).values(member_id=own.id))
    waiting.email, waiting.left = None, at
    session.flush()


def _said(person: Member) -> dict[str, Any]:
    names = ("key", "email", "name", "role", "qualifications", "left")
    return {name: getattr(person, name) for name in names}


def _give_place(session: Session, person: Member, *, at: datetime) -> None:
    """A learner with a key has an enrolment, to which all their work belongs."""
    if person.key is None or person.role != Role.LEARNER:
        return
    enrolment = store.enrol(session, person.key, person.course, at=at)
    enrolment.learner.name = enrolment.learner.name or person.name
    person.enrolment_id = enrolment.id
    session.flush()


def dismiss(session: Session, person: Member, *, act: Act) -> None:
    """Let somebody go. Their work stays, and is theirs again when they come back."""
    if person.left is not None:
        return
    person.left = act.at
    audit.note(
        session, act, "member.dismiss", course=person.course, member_id=person.id,
        before={"left": None}, after={"left": act.at},
    )  # fmt: skip


def replace_instructor(
    session: Session, course: str, *, old: Member, new: Newcomer, act: Act
) -> Member:
    """Put another instructor in the place of one who leaves; what the first did stays theirs."""
    if not Role(old.role).teaches:
        raise ConflictError(f"{shown_name(old)} does not teach this cohort.")
    role = Role(old.role)
    dismiss(session, old, act=act)
    return admit(session, course, new, role, act=act)


def claim(session: Session, key: str, email: str, *, at: datetime) -> list[Member]:
    """Give somebody who signs in the places that rosters hold for their e-mail address.

    Call it only with an address that the authenticator vouches for, never with a typed one.
    """
    waiting = session.scalars(
        select(Member).where(Member.email == clean_email(email), Member.key.is_(None))
    ).all()
    act = Act(key, at, "signed in with this e-mail address")
    given = []
    for place in waiting:
        before = _said(place)
        if member_of(session, key, place.course) is not None:
            continue
        place.key = key
        session.flush()
        _give_place(session, place, at=at)
        audit.note(
            session, act, "member.claim", course=place.course, member_id=place.id,
            before=before, after=_said(place),
        )  # fmt: skip
        given.append(place)
    return given


def join(session: Session, key: str, course: str, *, name: str = "", at: datetime) -> CourseOf:
    """Enter an open cohort; whoever is in it already, in whatever role, stays what they are."""
    cohort = cohort_of(session, course)
    role = role_in(session, key, course)
    if role is None:
        if not cohort.open or cohort.archived is not None:
            raise ConflictError(f"{cohort.name} is by invitation.")
        act = Act(key, at, "joined an open course")
        role = Role(admit(session, course, Newcomer(key=key, name=name), act=act).role)
    return _course_of(cohort, role)


def instructor_at(session: Session, course: str, moment: datetime) -> Person | None:
    """Who led a cohort at a moment, as a record names them; else who leads it now."""
    led = session.scalars(
        select(Member)
        .where(Member.course == course, Member.role == Role.INSTRUCTOR, Member.name != "")
        .order_by(Member.added, Member.id)
    ).all()
    then = [one for one in led if one.added <= moment and (one.left is None or one.left > moment)]
    now = [one for one in led if one.left is None]
    for one in (*then, *now):
        return Person(one.name, one.qualifications)
    return None


def sponsor_of(cohort: Cohort) -> Person | None:
    """The organization behind a cohort, as a record names it."""
    return Person(cohort.sponsor, cohort.sponsor_qualifications) if cohort.sponsor else None


def hub_groups(session: Session, course: str) -> dict[str, set[str]]:
    """The Hub groups that nbgrader looks at, with the user names that belong in them."""
    people = [one for one in members(session, course) if one.key]
    return {
        f"nbgrader-{course}": {str(one.key) for one in people if one.role == Role.LEARNER},
        f"formgrade-{course}": {str(one.key) for one in people if Role(one.role).teaches},
    }


# --- invitations -----------------------------------------------------------------------------


def invite(
    session: Session,
    course: str,
    *,
    role: Role = Role.LEARNER,
    days: int = INVITE_DAYS,
    seats: int | None = None,
    act: Act,
) -> Link:
    """Make a link that lets people in for some days, for so many of them when said."""
    if cohort_of(session, course).archived is not None:
        raise ConflictError("The cohort is archived; nobody can be invited into it.")
    if not 1 <= days <= 365:
        raise AnswerError("an invitation lasts 1 to 365 days", field="days")
    if seats is not None and not 1 <= seats <= 10_000:
        raise AnswerError("seats are 1 to 10,000", field="seats")
    token = secrets.token_urlsafe(24)
    row = Invite(
        course=course, role=role, token_hash=_hash(token), expires=act.at + timedelta(days=days),
        seats=seats, taken=0, made=act.at, made_by=act.by,
    )  # fmt: skip
    session.add(row)
    said = {"role": role, "expires": row.expires, "seats": seats}
    audit.note(session, act, "invite.make", course=course, after=said)
    session.flush()
    return Link(token, row)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def invites(session: Session, course: str) -> Sequence[Invite]:
    """The invitations of a course, the latest first."""
    query = select(Invite).where(Invite.course == course)
    return session.scalars(query.order_by(Invite.id.desc())).all()


def end_invite(session: Session, course: str, invite_id: int, *, act: Act) -> None:
    """Make a link useless from now on; who came by it stays."""
    found = session.get(Invite, invite_id)
    if found is None or found.course != course:
        raise ConflictError("There is no such invitation in this cohort.")
    if found.ended is None:
        found.ended = act.at
        after = {"ended": act.at, "invite": found.id}
        audit.note(session, act, "invite.end", course=course, after=after)


def invited_to(session: Session, token: str, *, at: datetime) -> CourseOf:
    """The cohort that a link leads to, for the page that asks; raise what stands against it."""
    found = _invite(session, token, at=at)
    return _course_of(cohort_of(session, found.course), found.role)


def accept_invite(
    session: Session, token: str, *, key: str, name: str = "", at: datetime
) -> CourseOf:
    """Take somebody in by their link; whoever is in already takes no seat.

    Raise `ConflictError` when the link is unknown, ended, expired or full.
    """
    found = _invite(session, token, at=at)
    cohort = cohort_of(session, found.course)
    role = role_in(session, key, found.course)
    if role is not None:
        return _course_of(cohort, role)
    free = Invite.seats.is_(None) | (Invite.taken < Invite.seats)
    took = session.execute(
        update(Invite).where(Invite.id == found.id, free).values(taken=Invite.taken + 1)
    )
    if cast("CursorResult[Any]", took).rowcount != 1:
        raise ConflictError("All seats of this invitation are taken. Ask who sent it to you.")
    act = Act(key, at, f"invitation {found.id}")
    role = Role(found.role)
    admit(session, found.course, Newcomer(key=key, name=name), role, act=act)
    return _course_of(cohort, role)


def _invite(session: Session, token: str, *, at: datetime) -> Invite:
    found = session.scalar(select(Invite).where(Invite.token_hash == _hash(token)))
    if found is None or found.ended is not None:
        raise ConflictError("This invitation is not valid. Ask who sent it to you for a new one.")
    if found.expires <= at:
        raise ConflictError("This invitation has expired. Ask who sent it to you for a new one.")
    if cohort_of(session, found.course).archived is not None:
        raise ConflictError("The cohort of this invitation has ended.")
    return found


# --- what may be typed -----------------------------------------------------------------------


def check_slug(course: str) -> None:
    """A course id is a folder, a group and part of an address: short, plain, never self-study."""
    if not SLUG.fullmatch(course) or len(course) > LONGEST_COURSE:
        raise AnswerError(
            f"{course[:80]!r} is no short name for a cohort: lower-case letters, digits and "
            f"hyphens between them, at most {LONGEST_COURSE}",
            field="course",
        )
    if course == SELF_STUDY:
        raise AnswerError(
            f"{SELF_STUDY} is the course of this computer's own learner", field="course"
        )


def check_modules(modules: Sequence[str], known: Collection[str]) -> None:
    """Refuse modules that are not there, or named twice."""
    for module in modules:
        if module not in known:
            raise AnswerError(
                f"there is no module {module[:80]!r}; there are {', '.join(known)}",
                field="modules",
            )
    if len(set(modules)) != len(modules):
        raise AnswerError("a module is named twice", field="modules")


def check_words(text: str, *, field: str) -> None:
    """Refuse a line of words that is too long or has control characters in it."""
    if len(text) > LONGEST_WORDS:
        raise AnswerError(f"at most {LONGEST_WORDS} characters are kept", field=field)
    if any(ord(sign) < 32 or 0xD800 <= ord(sign) < 0xE000 for sign in text):
        raise AnswerError("there is a character in it that cannot be printed", field=field)


def check_key(key: str) -> None:
    """Refuse what cannot be a user name of the Hub."""
    if not key.strip() or len(key) > LONGEST_KEY or re.search(r"[\s\x00-\x1f/\\]", key):
        raise AnswerError(f"{key[:80]!r} cannot be a Hub user name", field="key")


def clean_email(text: str) -> str:
    """An e-mail address in lower case, as people are matched by it."""
    email = text.strip().lower()
    if not EMAIL.fullmatch(email) or len(email) > LONGEST_KEY:
        raise AnswerError(f"{text[:80]!r} is no e-mail address", field="email")
    return email


def clean_name(text: str) -> str:
    """A name as records print it; none is allowed."""
    if not text.strip():
        return ""
    try:
        return printed_name(text)
    except RecordError as error:
        raise AnswerError(str(error), field="name") from error


def zone(name: str) -> ZoneInfo:
    """The time zone of a name like America/Chicago."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise AnswerError(
            f"{name[:80]!r} is no time zone; write it like America/Chicago", field="time_zone"
        ) from error
