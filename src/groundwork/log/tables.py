"""The tables, one class each; what may be stored, and nothing about how."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    TypeDecorator,
    UniqueConstraint,
    exists,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column, relationship


class Moment(TypeDecorator[datetime]):
    """A time in UTC, aware on every database (SQLite alone would forget the zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC; a time without a zone is a mistake, not a guess."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back what was stored, in UTC."""
        if value is None or value.tzinfo is not None:
            return value and value.astimezone(UTC)
        return value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Every table this package owns."""

    type_annotation_map = {  # noqa: RUF012
        datetime: Moment,
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }


class Learner(Base):
    """A person who learns: `key` is how the portal knows them, `name` what is printed.

    Of several courses they are in the one `chosen` last, on whichever device.
    """

    __tablename__ = "learner"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(255), unique=True)
    name: Mapped[str] = mapped_column(String(400), default="")
    language: Mapped[str] = mapped_column(String(10), default="en")
    created: Mapped[datetime]
    chosen: Mapped[str | None] = mapped_column(String(120))


class Enrolment(Base):
    """A learner in a course; everything done belongs to one of these."""

    __tablename__ = "enrolment"
    __table_args__ = (UniqueConstraint("learner_id", "course"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id"))
    course: Mapped[str] = mapped_column(String(120))
    created: Mapped[datetime]

    learner: Mapped[Learner] = relationship()


class Event(Base):
    """A practice answer, a finished lesson, or some active seconds; sent once, kept once."""

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("enrolment_id", "event_id"),
        Index("event_by_lesson", "enrolment_id", "lesson", "type"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"))
    event_id: Mapped[str] = mapped_column(String(64))
    type: Mapped[str] = mapped_column(String(20))
    lesson: Mapped[str] = mapped_column(String(160))
    item: Mapped[str | None] = mapped_column(String(80))
    answer: Mapped[Any] = mapped_column(JSON, nullable=True)
    score: Mapped[float | None]
    confidence: Mapped[int | None]
    seconds: Mapped[float | None]
    at: Mapped[datetime]
    received: Mapped[datetime]


class Attempt(Base):
    """One sitting of a graded form, with its whole answers and what was told about it.

    `number` counts a learner's attempts at one module and purpose from 1, so two tabs
    cannot both be the next one. An attempt keeps what it was given; `scores`, `score` and
    `passed` are what counts now, after the latest rescoring; one that is `set_aside` counts
    no more.
    """

    __tablename__ = "attempt"
    __table_args__ = (UniqueConstraint("enrolment_id", "module", "purpose", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[str] = mapped_column(String(64), unique=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"))
    module: Mapped[str] = mapped_column(String(80))
    purpose: Mapped[str] = mapped_column(String(20))
    form: Mapped[str] = mapped_column(String(10))
    version: Mapped[str] = mapped_column(String(64))
    number: Mapped[int]
    answers: Mapped[dict[str, Any]]
    given_scores: Mapped[dict[str, Any]] = mapped_column("scores")
    given_score: Mapped[float] = mapped_column("score")
    max_score: Mapped[float]
    given_passed: Mapped[bool | None] = mapped_column("passed")
    told: Mapped[dict[str, Any]]
    seconds: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    started: Mapped[datetime]
    finished: Mapped[datetime]
    received: Mapped[datetime]

    rescores: Mapped[list[Rescore]] = relationship(order_by="Rescore.id", lazy="selectin")

    if TYPE_CHECKING:
        set_aside: Mapped[bool]

    @property
    def scores(self) -> dict[str, Any]:
        """The points of each item."""
        return self.rescores[-1].scores if self.rescores else self.given_scores

    @scores.setter
    def scores(self, scores: dict[str, Any]) -> None:
        self.given_scores = scores

    @property
    def score(self) -> float:
        """The points of them all."""
        return self.rescores[-1].score if self.rescores else self.given_score

    @score.setter
    def score(self, score: float) -> None:
        self.given_score = score

    @property
    def passed(self) -> bool | None:
        """Whether it passes; None for a pre-check."""
        return self.rescores[-1].passed if self.rescores else self.given_passed

    @passed.setter
    def passed(self, passed: bool | None) -> None:
        self.given_passed = passed


class Reset(Base):
    """That a person set a learner's attempts up to a number aside, so that they may begin anew."""

    __tablename__ = "reset"
    __table_args__ = (Index("reset_by_module", "enrolment_id", "module", "purpose"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"))
    module: Mapped[str] = mapped_column(String(80))
    purpose: Mapped[str] = mapped_column(String(20))
    upto: Mapped[int]
    why: Mapped[str]
    by: Mapped[str] = mapped_column(String(255))
    at: Mapped[datetime]


Attempt.set_aside = column_property(
    exists().where(
        Reset.enrolment_id == Attempt.enrolment_id,
        Reset.module == Attempt.module,
        Reset.purpose == Attempt.purpose,
        Reset.upto >= Attempt.number,
    )
)


class Rescoring(Base):
    """That a key was corrected and attempts were scored again: when, by whom, with what effect."""

    __tablename__ = "rescoring"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(255))
    quiz: Mapped[str] = mapped_column(String(120))
    version: Mapped[str] = mapped_column(String(64))
    take_away: Mapped[bool]
    effect: Mapped[dict[str, Any]]


class Rescore(Base):
    """What an attempt counts since a rescoring; the latest one counts."""

    __tablename__ = "rescore"

    id: Mapped[int] = mapped_column(primary_key=True)
    rescoring_id: Mapped[int] = mapped_column(ForeignKey("rescoring.id"))
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"), index=True)
    scores: Mapped[dict[str, Any]]
    score: Mapped[float]
    passed: Mapped[bool | None]


class Reflection(Base):
    """One saved state of a reflection; the latest one counts."""

    __tablename__ = "reflection"
    __table_args__ = (Index("reflection_by_module", "enrolment_id", "module"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"))
    module: Mapped[str] = mapped_column(String(80))
    text: Mapped[str]
    met: Mapped[list[Any]]
    complete: Mapped[bool]
    assessed_by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]


class Record(Base):
    """A completion record as issued: its files, whole, and why it was earned.

    `module` is None for the record of the whole series. `facts` is what it says, as plain
    data, so that it can be issued again as it was earned; `key_name` is the key that signed it.
    """

    __tablename__ = "record"
    __table_args__ = (UniqueConstraint("status_list", "status_index", name="record_status_entry"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"))
    module: Mapped[str | None] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(400))
    title: Mapped[str] = mapped_column(String(400))
    started: Mapped[datetime]
    completed: Mapped[datetime]
    issued: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(20), default="valid")
    successor: Mapped[str | None] = mapped_column(String(64))
    reason: Mapped[dict[str, Any]]
    json: Mapped[bytes] = mapped_column(LargeBinary)
    pdf: Mapped[bytes] = mapped_column(LargeBinary)
    png: Mapped[bytes] = mapped_column(LargeBinary)
    pdf_sha256: Mapped[str] = mapped_column(String(64), index=True)
    key_name: Mapped[str | None] = mapped_column(String(80), index=True)
    status_list: Mapped[int | None]
    status_index: Mapped[int | None]
    facts: Mapped[dict[str, Any] | None]


class RecordAct(Base):
    """What was done with a record: when, by whom and why; only ever added to.

    `act` is `issued`, `superseded` or `revoked`; `other` is the record that went before a new
    one, or came after an old one.
    """

    __tablename__ = "record_act"

    id: Mapped[int] = mapped_column(primary_key=True)
    record_id: Mapped[str] = mapped_column(ForeignKey("record.id"), index=True)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(255))
    act: Mapped[str] = mapped_column(String(20))
    why: Mapped[str]
    other: Mapped[str | None] = mapped_column(String(64))


class SignedStatusList(Base):
    """A status list as it was last signed, byte for byte what is served."""

    __tablename__ = "signed_status_list"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    key_name: Mapped[str] = mapped_column(String(80))
    signed: Mapped[datetime]
    body: Mapped[bytes] = mapped_column(LargeBinary)
