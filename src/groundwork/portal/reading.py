"""Reading what was sent: strict JSON, and the models of each request."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    Strict,
    StringConstraints,
    field_validator,
)

MOST_EVENTS = 500
MOST_DEPTH = 40
OLDEST = datetime(2020, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)


class JSONRoute(APIRoute):
    """A route whose body, where it has one, must be JSON and say so.

    No web form can send `application/json`, so none can be aimed at these routes.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def strictly(request: Request) -> Response:
            kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if request.method in ("POST", "PUT") and kind != "application/json":
                raise HTTPException(415, "Send this as application/json.")
            return await handle(JSONRequest(request.scope, request.receive))

        return strictly


class JSONRequest(Request):
    """A request whose body is JSON as its standard has it: no NaN, no endless number."""

    async def json(self) -> Any:
        """Parse the body; raise the 422 that says what is wrong with it."""
        try:
            value = json.loads(
                (await self.body()).decode("utf-8"),
                parse_constant=_no_number,
                parse_float=_finite,
            )
        except (ValueError, RecursionError) as error:
            message = f"The body is not JSON: {_reason(error)}."
            raise HTTPException(422, [{"loc": ["body"], "msg": message}]) from error
        return value


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        problem = error.msg.removesuffix(" at")
        return f"{problem[0].lower()}{problem[1:]} at character {error.pos + 1}"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    return str(error)


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number is too large")
    return value


def check_kept(value: Any, depth: int = 0) -> None:
    """Refuse text that no database keeps, and depth that no answer needs."""
    if depth > MOST_DEPTH:
        raise ValueError("it is nested too deeply")
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
            raise ValueError("it holds a character that cannot be kept (U+0000 or half a pair)")
    elif isinstance(value, dict):
        for key, child in value.items():
            check_kept(key, depth + 1)
            check_kept(child, depth + 1)
    elif isinstance(value, list):
        for child in value:
            check_kept(child, depth + 1)


def _sensible(at: datetime) -> datetime:
    """A clock that is far off is not believed; the time we heard of it is taken instead."""
    now = datetime.now(UTC)
    try:
        moment = at.astimezone(UTC)
    except OverflowError:
        return now
    return moment if OLDEST <= moment <= now + AHEAD else now


Moment = Annotated[AwareDatetime, AfterValidator(_sensible)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")]


class Sent(BaseModel):
    """Base of every request: a key that nobody reads is refused, not lost."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Kept(Sent):
    """Base of every request that goes into the log as it is."""

    @field_validator("*", mode="before")
    @classmethod
    def _can_be_kept(cls, value: Any) -> Any:
        check_kept(value)
        return value


class MeIn(Kept):
    """`PUT /api/me`: the name to print, the language, the course; what is left out stays."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = None
    language: Language | None = None
    course: Annotated[str, StringConstraints(max_length=120)] | None = None


class EventsIn(Sent):
    """`POST /api/events`: each event is judged by itself, so here they may be anything."""

    events: Annotated[list[Any], Field(max_length=MOST_EVENTS)]


class EventIn(Kept):
    """One event of a batch."""

    id: Key
    type: Literal["practice", "lesson_finished", "active"]
    lesson: Annotated[str, StringConstraints(max_length=160)]
    at: Moment
    item: Annotated[str, StringConstraints(max_length=80)] | None = None
    answer: Any = None
    confidence: Annotated[int, Strict(), Field(ge=1, le=3)] | None = None
    seconds: Annotated[float, Field(ge=0, le=86_400)] | None = None


class AttemptIn(Kept):
    """`POST /api/attempts`."""

    attempt_id: UUID
    module: str
    form: Literal["A", "B"]
    purpose: Literal["quiz", "precheck"]
    answers: dict[str, Any]
    started: Moment
    finished: Moment
    version: str | None = None
    seconds: dict[str, Annotated[float, Field(ge=0, le=86_400)]] | None = None


class ReflectionIn(Kept):
    """`PUT /api/reflections/{module}`; `since` is when the state was saved that this changes."""

    text: str
    since: Moment | Literal["never"] | None = None
    met: tuple[Annotated[bool, Strict()], Annotated[bool, Strict()], Annotated[bool, Strict()]]


class RecordIn(Kept):
    """`POST /api/records`: a module, or the whole series."""

    module: str | None = None
    series: Literal[True] | None = None
