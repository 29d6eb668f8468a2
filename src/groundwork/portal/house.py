"""The portal's own state, handed to every request, and what it knows of who is asking."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from fastapi import Request
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from .. import cohorts
from ..curriculum import Curriculum
from ..errors import ConflictError
from ..log import Database, Enrolment, store
from ..settings import SELF_STUDY, Settings
from .bookfiles import Book
from .gradebook_copy import GradebookCopy
from .groups import GroupsCopy
from .hub import HubSession
from .languages import Tongues
from .limits import Limits

T = TypeVar("T")
LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Who:
    """A learner as the portal knows them, and the course they are in.

    The rest is for accounts: `csrf` is the token that their forms carry, `shown` says whether
    the request proved that it was meant (see `accounts`), `several` whether there are other
    courses to choose from, `teaches` whether they help to run one.
    """

    key: str
    course: str
    admin: bool = False
    groups: frozenset[str] = frozenset()
    csrf: str | None = field(default=None, repr=False)
    shown: bool = True
    several: bool = False
    teaches: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Everything one portal holds."""

    settings: Settings
    curriculum: Curriculum
    database: Database
    book: Book
    gradebook: GradebookCopy
    tongues: Tongues
    prefix: str
    hub: HubSession | None = None
    groups: GroupsCopy | None = None
    limits: Limits = field(default_factory=Limits)

    def opaque_id(self, who: Who) -> str:
        """A name for a learner that says nothing, the same from their first look on.

        A browser that several people use keeps their drafts apart by it.
        """
        log = self.database.engine.url.render_as_string(hide_password=True)
        parts = json.dumps([log, who.key, who.course])
        return hashlib.sha256(parts.encode()).hexdigest()[:16]

    def work(self, who: Who, do: Callable[[Session, Enrolment], T]) -> T:
        """Do one piece of writing for a learner; everything in it happens or nothing does.

        Two requests at once may both find that they are first. The constraints of the
        tables let one through; the other looks again and finds what the first one wrote.
        """
        for _ in range(3):
            try:
                with self.database.write() as session:
                    if self.hub is not None and who.course != SELF_STUDY:
                        # Whoever has left meanwhile is refused; an open course takes them in.
                        cohorts.join(session, who.key, who.course, at=now())
                    return do(session, store.enrol(session, who.key, who.course, at=now()))
            except IntegrityError:
                continue
        raise ConflictError("Too many things happened at once. Please try again.")

    def groups_changed(self) -> None:
        """Hear that somebody's place in a cohort may be another, which the Hub should know."""
        if self.groups is not None:
            self.groups.changed()


def house_of(request: Request) -> House:
    """The portal that a request came to."""
    found: House = request.app.state.house
    return found


async def house(request: Request) -> House:
    """The same as a dependency, which need not wait for a thread."""
    return house_of(request)


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)
