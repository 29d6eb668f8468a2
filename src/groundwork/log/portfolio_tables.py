"""The tables of a portfolio: a person's own entries, which they may change and remove.

They belong to the person, not to a course, and nobody else reads them. Each row carries a
`version`, so that two open pages hear of each other. An entry's `entry_id` is unique within
its portfolio, so that one brought from elsewhere counts once.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .tables import Base

ENTRY = String(64)
LINE = String(400)


class PortfolioPlan(Base):
    """Which Endorsement a person works toward, and when they mean to apply or renew."""

    __tablename__ = "portfolio_plan"

    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id"), primary_key=True)
    association: Mapped[str] = mapped_column(String(80))
    category: Mapped[str] = mapped_column(String(80))
    applies_on: Mapped[date | None]
    endorsed_on: Mapped[date | None]
    version: Mapped[int]
    changed: Mapped[datetime]


class PortfolioTraining(Base):
    """A training from elsewhere. `areas` gives each of its minutes to at most one area."""

    __tablename__ = "portfolio_training"
    __table_args__ = (UniqueConstraint("learner_id", "entry_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id"))
    entry_id: Mapped[str] = mapped_column(ENTRY)
    title: Mapped[str] = mapped_column(LINE)
    starts: Mapped[date]
    ends: Mapped[date]
    minutes: Mapped[int]
    trainer: Mapped[str] = mapped_column(LINE)
    sponsor: Mapped[str] = mapped_column(LINE)
    areas: Mapped[dict[str, Any]]
    equity_minutes: Mapped[int]
    on_supervision_minutes: Mapped[int]
    note: Mapped[str]
    version: Mapped[int]
    changed: Mapped[datetime]


class PortfolioFile(Base):
    """The proof kept with a training: a certificate or an agenda, as it was given."""

    __tablename__ = "portfolio_file"

    training_id: Mapped[int] = mapped_column(ForeignKey("portfolio_training.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    added: Mapped[datetime]


class PortfolioSupervision(Base):
    """One meeting of reflective supervision that a person received."""

    __tablename__ = "portfolio_supervision"
    __table_args__ = (UniqueConstraint("learner_id", "entry_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id"))
    entry_id: Mapped[str] = mapped_column(ENTRY)
    met_on: Mapped[date]
    minutes: Mapped[int]
    provider: Mapped[str] = mapped_column(LINE)
    qualification: Mapped[str] = mapped_column(LINE)
    form: Mapped[str] = mapped_column(String(20))
    about_own: Mapped[bool]
    note: Mapped[str]
    version: Mapped[int]
    changed: Mapped[datetime]


class PortfolioPart(Base):
    """Work, a reference or a paper that an application needs, and whether it is in hand."""

    __tablename__ = "portfolio_part"
    __table_args__ = (UniqueConstraint("learner_id", "entry_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id"))
    entry_id: Mapped[str] = mapped_column(ENTRY)
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(LINE)
    starts: Mapped[date | None]
    ends: Mapped[date | None]
    done: Mapped[bool]
    note: Mapped[str]
    version: Mapped[int]
    changed: Mapped[datetime]
