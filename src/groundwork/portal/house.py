"""The portal's own state, handed to every request, and who the learner is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from fastapi import Request
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ..curriculum import Curriculum
from ..errors import ConflictError
from ..log import Database, Enrolment, store
from ..settings import SELF_STUDY, Settings
from .bookfiles import Book
from .gradebook_copy import GradebookCopy

T = TypeVar("T")
LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Who:
    """A learner as the portal knows them, and the course they are in."""

    key: str
    course: str


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Everything one portal holds."""

    settings: Settings
    curriculum: Curriculum
    database: Database
    book: Book
    gradebook: GradebookCopy
    prefix: str

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
                    return do(session, store.enrol(session, who.key, who.course, at=now()))
            except IntegrityError:
                continue
        raise ConflictError("Too many things happened at once. Please try again.")


def house(request: Request) -> House:
    """The portal that a request came to."""
    found: House = request.app.state.house
    return found


def learner(request: Request) -> Who:
    """Who is asking. Without accounts everybody at this machine is the one local learner."""
    return Who(key=LOCAL, course=SELF_STUDY)


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)
