"""The tables of cohorts: who teaches, who learns, when, and what a person changed by hand.

What people decide about a learner is added to like everything else: the latest entry counts.
The few rows that are edited in place carry a `version`, so that two editors hear of each other.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .tables import Base, Enrolment

COURSE = String(120)
PERSON = String(255)
MODULE = String(80)


class Cohort(Base):
    """One course with people in it; `course` is also nbgrader's course id.

    An `open` cohort takes anyone who has an account. Where `reads_reflections` is false nobody
    reads them, and a learner's own ticks complete them.
    """

    __tablename__ = "cohort"

    id: Mapped[int] = mapped_column(primary_key=True)
    course: Mapped[str] = mapped_column(COURSE, unique=True)
    name: Mapped[str] = mapped_column(String(400))
    starts: Mapped[date | None]
    ends: Mapped[date | None]
    time_zone: Mapped[str] = mapped_column(String(60))
    open: Mapped[bool]
    reads_reflections: Mapped[bool]
    sponsor: Mapped[str] = mapped_column(String(400))
    sponsor_qualifications: Mapped[str] = mapped_column(String(400))
    keep_days: Mapped[int]
    version: Mapped[int]
    created: Mapped[datetime]
    archived: Mapped[datetime | None]
    emptied: Mapped[datetime | None]


class Member(Base):
    """A person in a cohort, with one role; whoever left keeps the row, and so their work.

    `key` is the Hub's user name. Until they first sign in they may be known by `email` alone.
    """

    __tablename__ = "member"
    __table_args__ = (UniqueConstraint("course", "key"), UniqueConstraint("course", "email"))

    id: Mapped[int] = mapped_column(primary_key=True)
    course: Mapped[str] = mapped_column(COURSE)
    key: Mapped[str | None] = mapped_column(PERSON, index=True)
    email: Mapped[str | None] = mapped_column(PERSON, index=True)
    name: Mapped[str] = mapped_column(String(400))
    role: Mapped[str] = mapped_column(String(20))
    qualifications: Mapped[str] = mapped_column(String(400))
    enrolment_id: Mapped[int | None] = mapped_column(ForeignKey("enrolment.id"), index=True)
    added: Mapped[datetime]
    left: Mapped[datetime | None]

    enrolment: Mapped[Enrolment | None] = relationship()


class Invite(Base):
    """A link that lets people in until it expires or its seats are taken; only a hash is kept."""

    __tablename__ = "invite"

    id: Mapped[int] = mapped_column(primary_key=True)
    course: Mapped[str] = mapped_column(COURSE, index=True)
    role: Mapped[str] = mapped_column(String(20))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires: Mapped[datetime]
    seats: Mapped[int | None]
    taken: Mapped[int]
    made: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(PERSON)
    ended: Mapped[datetime | None]


class CohortModule(Base):
    """A module of a cohort, and its days in the cohort's time zone."""

    __tablename__ = "cohort_module"
    __table_args__ = (UniqueConstraint("course", "module"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course: Mapped[str] = mapped_column(COURSE)
    module: Mapped[str] = mapped_column(MODULE)
    opens_on: Mapped[date | None]
    due_on: Mapped[date | None]
    closes: Mapped[bool]
    precheck_first: Mapped[bool]
    version: Mapped[int]


class Extension(Base):
    """One learner's own days for one module; the latest counts."""

    __tablename__ = "extension"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    module: Mapped[str] = mapped_column(MODULE)
    opens_on: Mapped[date | None]
    due_on: Mapped[date | None]
    by: Mapped[str] = mapped_column(PERSON)
    at: Mapped[datetime]


class Accommodation(Base):
    """What one learner needs to take part; seen by them and by who teaches, by nobody else."""

    __tablename__ = "accommodation"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    extra_days: Mapped[int]
    alternative: Mapped[str]
    by: Mapped[str] = mapped_column(PERSON)
    at: Mapped[datetime]
    ended: Mapped[datetime | None]


class Assessment(Base):
    """What a reader said of a reflection: rubric lines met, complete or not yet, a comment.

    `reflection_id` is the state they read; none when it was handed in as a notebook. One that
    does not `stand` came in from formgrader while the portal said something else: a person
    must look again, and until then what the learner was told first stays.
    """

    __tablename__ = "assessment"
    __table_args__ = (Index("assessment_by_module", "enrolment_id", "module"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"))
    module: Mapped[str] = mapped_column(MODULE)
    reflection_id: Mapped[int | None] = mapped_column(ForeignKey("reflection.id"))
    met: Mapped[list[Any]]
    score: Mapped[float]
    complete: Mapped[bool]
    comment: Mapped[str]
    source: Mapped[str] = mapped_column(String(20))
    stands: Mapped[bool]
    by: Mapped[str] = mapped_column(PERSON)
    at: Mapped[datetime]


class SharedMark(Base):
    """The score and comment that the gradebook and the log last agreed on for a reflection."""

    __tablename__ = "shared_mark"
    __table_args__ = (UniqueConstraint("enrolment_id", "module"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"))
    module: Mapped[str] = mapped_column(MODULE)
    score: Mapped[float]
    comment: Mapped[str]


class SavedComment(Base):
    """A sentence that readers of a cohort use again."""

    __tablename__ = "saved_comment"

    id: Mapped[int] = mapped_column(primary_key=True)
    course: Mapped[str] = mapped_column(COURSE, index=True)
    module: Mapped[str | None] = mapped_column(MODULE)
    text: Mapped[str]
    by: Mapped[str] = mapped_column(PERSON)
    at: Mapped[datetime]


class LiveSession(Base):
    """A meeting of a cohort, in a room or online: `minutes` planned, `needed` to be present."""

    __tablename__ = "live_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    course: Mapped[str] = mapped_column(COURSE, index=True)
    title: Mapped[str] = mapped_column(String(400))
    module: Mapped[str | None] = mapped_column(MODULE)
    starts: Mapped[datetime]
    minutes: Mapped[int]
    needed: Mapped[int]
    required: Mapped[bool]
    version: Mapped[int]
    canceled: Mapped[datetime | None]


class Attendance(Base):
    """How long somebody was in a live session, and how that is known; the latest entry counts."""

    __tablename__ = "attendance"
    __table_args__ = (Index("attendance_of", "live_session_id", "member_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    live_session_id: Mapped[int] = mapped_column(ForeignKey("live_session.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    minutes: Mapped[int]
    how: Mapped[str] = mapped_column(String(20))
    spans: Mapped[list[Any]]
    note: Mapped[str]
    by: Mapped[str] = mapped_column(PERSON)
    at: Mapped[datetime]


class Evaluation(Base):
    """One answered evaluation. Nothing in it says whose it is, not even the time of day."""

    __tablename__ = "evaluation"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    course: Mapped[str] = mapped_column(COURSE, index=True)
    form: Mapped[str] = mapped_column(String(20))
    answers: Mapped[dict[str, Any]]


class EvaluationAsked(Base):
    """That somebody was asked for an evaluation and has answered or declined, not which."""

    __tablename__ = "evaluation_asked"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    form: Mapped[str] = mapped_column(String(20), primary_key=True)


class Audit(Base):
    """A change that somebody made to a cohort or to a person's record, with the reason given."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    course: Mapped[str] = mapped_column(COURSE, index=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    action: Mapped[str] = mapped_column(String(60))
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    why: Mapped[str]
    by: Mapped[str] = mapped_column(PERSON)
    at: Mapped[datetime]
