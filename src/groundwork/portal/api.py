"""The learner's HTTP contract: JSON in, JSON out, an answer only after the commit."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Response, UploadFile
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from sqlalchemy.orm import Session

from .. import practice, reflections, schedule, sittings
from ..belongings import belongings
from ..bilingual import lead_home
from ..calibration import Sureness
from ..completions import award, award_series
from ..course import Module
from ..curriculum import outline
from ..errors import AnswerError, RecordError
from ..language import SOURCE, spoken
from ..log import Attempt, Enrolment, Reflection, store
from ..portfolio import learner_of
from ..practice import Happening, Outcome
from ..progress import (
    AreaProgress,
    LearnerProgress,
    Link,
    ModuleProgress,
    RecordLinks,
    SeriesProgress,
    progress,
    read_work,
    record_links,
)
from ..records import printed_name
from ..review import Review, review
from ..sittings import Handout, Purpose, Sitting
from ..verifying import verify_file
from .accounts import AWho, check_choice, places, same_learner, submitting, verifying
from .house import House, Who, house, now
from .reading import (
    AttemptIn,
    EventIn,
    EventsIn,
    JSONRoute,
    Key,
    MeIn,
    Moment,
    RecordIn,
    ReflectionIn,
    check_kept,
)

AHouse = Annotated[House, Depends(house)]

router = APIRouter(
    prefix="/api", route_class=JSONRoute, tags=["learner"], dependencies=[Depends(same_learner)]
)
files = APIRouter(prefix="/api", tags=["records"])


NOBODY = {"name": "", "language": "en"}
"""Somebody who has done nothing yet."""


class Me(BaseModel):
    """The learner, as they want to be named."""

    name: str
    language: str


class PlaceOut(BaseModel):
    """A course that somebody may learn in."""

    model_config = ConfigDict(from_attributes=True)

    course: str
    name: str
    open: bool
    joined: bool
    archived: bool


class Courses(BaseModel):
    """`GET /api/courses`: the course they are in now, and all they may choose from."""

    course: str
    courses: list[PlaceOut]


class ProgressOut(BaseModel):
    """`GET /api/progress`."""

    model_config = ConfigDict(from_attributes=True)

    learner: LearnerProgress
    modules: list[ModuleProgress]
    series: SeriesProgress
    minutes_by_area: list[AreaProgress]
    calibration: list[Sureness]
    continue_: Annotated[Link | None, Field(alias="continue")]


class Results(BaseModel):
    """What became of each event of a batch, in the order they were sent."""

    results: list[Outcome]


class ReflectionOut(BaseModel):
    """A reflection as it is saved now."""

    text: str
    met: list[bool]
    complete: bool
    at: str


def told_progress(portal: House, who: Who) -> ProgressOut:
    """Where a learner stands, as pages and the API tell it."""
    with portal.database.read() as session:
        work = read_work(session, who.key, who.course)
        told = progress(
            portal.tongues.curriculum(),
            work,
            root=portal.prefix,
            learner_id=portal.opaque_id(who),
        )
        found = ProgressOut.model_validate(told.told())
    if spoken().language == SOURCE:
        return found
    data = found.model_dump(by_alias=True)
    lead_home(data)
    return ProgressOut.model_validate(data)


def module_of(portal: House, module_id: str) -> Module:
    """The module of an id, or a 404."""
    module = portal.curriculum.course.by_id.get(module_id)
    if module is None:
        raise HTTPException(404, "There is no such module.")
    return module


@router.get("/me")
def get_me(portal: AHouse, who: AWho) -> Me:
    """Who the learner is."""
    with portal.database.read() as session:
        enrolment = store.enrolment_of(session, who.key, who.course)
        person = enrolment.learner if enrolment else None
        return Me(name=person.name, language=person.language) if person else Me(**NOBODY)


@router.put("/me")
def put_me(sent: MeIn, portal: AHouse, who: AWho) -> Me:
    """Set the name that records print, the language, or the course to go on with."""
    name = _printed(sent.name) if sent.name else sent.name
    if sent.course is not None:
        with portal.database.read() as session:
            check_choice(session, who.key, sent.course)
        who = replace(who, course=sent.course)

    def save(_: Session, enrolment: Enrolment) -> Me:
        person = enrolment.learner
        person.name = person.name if name is None else name
        person.language = sent.language or person.language
        person.chosen = sent.course or person.chosen
        return Me(name=person.name, language=person.language)

    saved = portal.work(who, save)
    portal.gradebook.changed(who.course, who.key)
    return saved


@router.get("/courses")
def get_courses(portal: AHouse, who: AWho) -> Courses:
    """The course the learner is in now, and those they may go on with instead."""
    with portal.database.read() as session:
        found = [PlaceOut.model_validate(place) for place in places(session, who.key)]
    return Courses(course=who.course, courses=found)


def _printed(name: str) -> str:
    try:
        return printed_name(name)
    except RecordError as error:
        raise AnswerError(str(error), field="name") from error


@router.get("/course")
def get_course(portal: AHouse) -> dict[str, Any]:
    """The modules and lessons, their practice items and minutes."""
    return outline(portal.curriculum)


@router.get("/progress", response_model=ProgressOut)
def get_progress(portal: AHouse, who: AWho) -> ProgressOut:
    """Where the learner stands."""
    return told_progress(portal, who)


@router.get("/review")
def get_review(portal: AHouse, who: AWho, since: Moment | None = None) -> Review:
    """Which practice questions have come back; `since` is when the learner's day began."""
    present = now()
    day = since or present.replace(hour=0, minute=0, second=0, microsecond=0)
    with portal.database.read() as session:
        work = read_work(session, who.key, who.course)
    return review(portal.curriculum, work.answers, since=day, now=present)


@router.get("/export")
def get_export(portal: AHouse, who: AWho) -> dict[str, Any]:
    """Everything of this learner's, to keep or to take to another place."""
    with portal.database.read() as session:
        enrolment = store.enrolment_of(session, who.key, who.course)
        return belongings(session, enrolment, learner_of(session, who.key), now=now())


@router.post("/events")
def post_events(sent: EventsIn, portal: AHouse, who: AWho) -> Results:
    """Take practice answers, finished lessons and active seconds, each on its own."""
    read = [_read_event(raw) for raw in sent.events]
    happenings = [one for one in read if isinstance(one, Happening)]

    def receive(session: Session, enrolment: Enrolment) -> list[Outcome]:
        return practice.receive(session, portal.curriculum, enrolment, happenings, now=now())

    taken = iter(portal.work(who, receive)) if happenings else iter(())
    return Results(results=[one if isinstance(one, Outcome) else next(taken) for one in read])


def _read_event(raw: Any) -> Happening | Outcome:
    """One event of a batch, or why it is refused; its id is given back where it has one."""
    if not isinstance(raw, dict):
        return Outcome(None, "refused", "An event is an object with id, type, lesson and at.")
    try:
        event = EventIn.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        return Outcome(_id_of(raw), "refused", f"{_shown(str(first['loc'][0]))}: {first['msg']}")
    return Happening(**dict(event))


def _id_of(raw: dict[str, Any]) -> str | None:
    try:
        check_kept(raw.get("id"))
        return TypeAdapter(Key).validate_python(raw.get("id"))
    except ValueError:
        return None


def _shown(text: str) -> str:
    return text[:60].encode("ascii", "replace").decode()


@router.get("/quizzes/{module}")
def get_quiz(module: str, portal: AHouse, who: AWho, purpose: Purpose = "quiz") -> Handout:
    """The form that is next for this learner, without keys; handing it out changes nothing."""
    found = module_of(portal, module)
    with portal.database.read() as session:
        sat = read_work(session, who.key, who.course).sat(found.id)
        schedule.check_open(
            session, who.key, who.course, found, purpose=purpose, sat=sat, now=now()
        )
        return sittings.hand_out(portal.curriculum, found, sat, purpose=purpose)


@router.post("/attempts", status_code=201, dependencies=[Depends(submitting)])
def post_attempt(sent: AttemptIn, portal: AHouse, who: AWho) -> JSONResponse:
    """Score an attempt; the same `attempt_id` again is answered with the same body."""
    module_of(portal, sent.module)
    sitting = Sitting(**dict(sent) | {"attempt_id": str(sent.attempt_id)})

    def receive(session: Session, enrolment: Enrolment) -> tuple[Attempt, bool]:
        return sittings.receive(session, portal.curriculum, enrolment, sitting, now=now())

    attempt, new = portal.work(who, receive)
    portal.gradebook.changed(who.course, who.key)
    return JSONResponse(attempt.told, status_code=201 if new else 200)


@router.get("/attempts")
def get_attempts(portal: AHouse, who: AWho) -> dict[str, list[dict[str, Any]]]:
    """Everything the learner has sat, oldest first, with what they were told then."""
    with portal.database.read() as session:
        enrolment = store.enrolment_of(session, who.key, who.course)
        sat = store.attempts(session, enrolment, whole=True) if enrolment else ()
        return {"attempts": [_attempt_row(attempt) for attempt in sat]}


def _attempt_row(attempt: Attempt) -> dict[str, Any]:
    return {
        "module": attempt.module,
        "form": attempt.form,
        "purpose": attempt.purpose,
        "started": attempt.started,
        "finished": attempt.finished,
        **attempt.told,
    }


@router.put("/reflections/{module}", dependencies=[Depends(submitting)])
def put_reflection(module: str, sent: ReflectionIn, portal: AHouse, who: AWho) -> ReflectionOut:
    """Save a reflection; the latest state counts, earlier ones are kept."""
    found = module_of(portal, module)

    def save(session: Session, enrolment: Enrolment) -> Reflection:
        return reflections.save(
            session, enrolment, module=found.id, text=sent.text, met=sent.met, at=now(),
            since=sent.since,
        )  # fmt: skip

    saved = portal.work(who, save)
    portal.gradebook.changed(who.course, who.key)
    return ReflectionOut(
        text=saved.text, met=saved.met, complete=saved.complete, at=saved.at.isoformat()
    )


@router.post("/records", status_code=201, dependencies=[Depends(submitting)])
def post_record(sent: RecordIn, response: Response, portal: AHouse, who: AWho) -> RecordLinks:
    """Issue the record of a complete module or series; one that is already valid is given again."""
    if (sent.module is None) == (sent.series is None):
        raise AnswerError("name either a module or the series", field="module")
    module = module_of(portal, sent.module) if sent.module is not None else None

    def issue(session: Session, enrolment: Enrolment) -> tuple[str, bool]:
        if module is None:
            record, new = award_series(
                session, portal.curriculum, portal.settings, enrolment, now=now()
            )
        else:
            record, new = award(
                session, portal.curriculum, portal.settings, enrolment, module, now=now()
            )
        return record.id, new

    record_id, new = portal.work(who, issue)
    response.status_code = 201 if new else 200
    return record_links(record_id, root=portal.prefix)


@files.post("/verify", dependencies=[Depends(verifying)])
def post_verify(file: UploadFile, portal: AHouse) -> dict[str, Any]:
    """Say what a record proves: JSON, PDF or badge picture, at most 5 MB."""
    verdict = verify_file(portal.settings, file.file.read(), database=portal.database)
    return verdict.to_dict()
