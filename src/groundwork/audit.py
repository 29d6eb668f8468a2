"""Audit: every change that somebody makes for others leaves a row, in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar, cast

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from .errors import ConflictError
from .log import Audit, Cohort, CohortModule, LiveSession

Versioned = TypeVar("Versioned", Cohort, CohortModule, LiveSession)


@dataclass(frozen=True, slots=True)
class Act:
    """Who does something for others, when, and the reason they give."""

    by: str
    at: datetime
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row of the audit, as it is read."""

    at: datetime
    by: str
    action: str
    member_id: int | None
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    why: str


def note(
    session: Session,
    act: Act,
    action: str,
    *,
    course: str,
    member_id: int | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Add a row; the caller's transaction holds the change itself."""
    session.add(
        Audit(
            course=course,
            member_id=member_id,
            action=action,
            before=_plain(before or {}),
            after=_plain(after or {}),
            why=act.why,
            by=act.by,
            at=act.at,
        )
    )


def edit(
    session: Session,
    act: Act,
    action: str,
    row: Versioned,
    values: Mapping[str, Any],
    *,
    version: int,
) -> bool:
    """Change a row that was read at a version, and note it; return whether anything changed.

    Raise `ConflictError` when somebody else has changed the row since: nothing is overwritten.
    """
    before = {name: getattr(row, name) for name in values}
    if row.version == version and before == dict(values):
        return False
    table = type(row)
    done = session.execute(
        update(table)
        .where(table.id == row.id, table.version == version)
        .values(**values, version=version + 1)
    )
    if cast("CursorResult[Any]", done).rowcount != 1:
        raise ConflictError(
            "Somebody else changed this while you were editing it. "
            "Load it again, look at what they changed, and make your change to that."
        )
    session.refresh(row)
    changed = [name for name, value in values.items() if before[name] != value]
    note(
        session,
        act,
        action,
        course=row.course,
        before={name: before[name] for name in changed},
        after={name: values[name] for name in changed},
    )
    return True


def entries(session: Session, course: str, *, member_id: int | None = None) -> list[Entry]:
    """What was changed in a cohort or for one of its people, the latest first."""
    query = select(Audit).where(Audit.course == course)
    if member_id is not None:
        query = query.where(Audit.member_id == member_id)
    return [
        Entry(
            at=row.at,
            by=row.by,
            action=row.action,
            member_id=row.member_id,
            before=row.before,
            after=row.after,
            why=row.why,
        )
        for row in session.scalars(query.order_by(Audit.id.desc()))
    ]


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date | datetime) else value
        for name, value in values.items()
    }
