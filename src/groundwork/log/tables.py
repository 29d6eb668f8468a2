"""The tables, one class each; what may be stored, and nothing about how."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

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
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


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
    """A person who learns: `key` is how the portal knows them, `name` what is printed."""

    __tablename__ = "learner"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(255), unique=True)
    name: Mapped[str] = mapped_column(String(400), default="")
    language: Mapped[str] = mapped_column(String(10), default="en")
    created: Mapped[datetime]


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
    `passed` are what counts now, after the latest rescoring.
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
    started: Mapped[datetime]
    finished: Mapped[datetime]
    received: Mapped[datetime]

    rescores: Mapped[list[Rescore]] = relationship(order_by="Rescore.id", lazy="selectin")

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
    """A completion record as issued: its files, whole, and why it was earned."""

    __tablename__ = "record"

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
