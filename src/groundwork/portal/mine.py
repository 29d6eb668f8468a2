"""A learner's own page in a cohort: what is open and due, what was said to them, what is asked.

It is about one person and made for that person; nobody else's name is on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, HTTPException, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from .. import attendance, cohorts, evaluation, feedback, schedule
from ..board import modules_of
from ..cohorts import Role
from ..errors import AnswerError
from ..log import Member
from ..progress import module_progress, work_of
from .accounts import learner, submitting
from .house import House, Who, house, now
from .teach import AForm
from .templating import page

router = APIRouter(prefix="/my-course", include_in_schema=False)
AHouse = Annotated[House, Depends(house)]
AWho = Annotated[Who, Depends(learner)]
PRIVATE = {"X-Robots-Tag": "noindex"}


def _place(session: Session, who: Who) -> Member:
    found = cohorts.member_of(session, who.key, who.course)
    if found is None or found.left is not None or found.role != Role.LEARNER:
        raise HTTPException(404, "You are in no cohort just now, so there is nothing here.")
    return found


@router.get("")
def get_mine(portal: AHouse, who: AWho, done: str = "") -> Response:
    """What is open, due and done, and what was said of what was handed in."""
    with portal.database.read() as session:
        member = _place(session, who)
        cohort = cohorts.cohort_of(session, who.course)
        enrolment = member.enrolment
        work = work_of(session, enrolment) if enrolment else None
        modules = modules_of(session, portal.curriculum, who.course)
        told = {
            module.id: module_progress(portal.curriculum, module, work)
            for module in modules
            if work
        }
        said = {
            module.id: feedback.said_of(session, enrolment.id, module.id)
            for module in modules
            if enrolment
        }
        return page(
            portal, "my_course.html", headers=PRIVATE, who=who, cohort=cohort, modules=modules,
            plan=schedule.plan(session, who.course, member, now=now()), told=told,
            said={name: [one for one in all_ if one.stands] for name, all_ in said.items()},
            given=schedule.accommodations(session, member),
            live=attendance.attended(session, who.course, [member.id]).get(member.id, []),
            zone=ZoneInfo(cohort.time_zone), asks=evaluation.to_ask(session, member, now=now()),
            done="Thank you. It is kept without your name." if done == "said" else "",
        )  # fmt: skip


@router.get("/evaluation")
def get_form(portal: AHouse, who: AWho) -> Response:
    """The evaluation that is asked for now; every question may be left out."""
    return _form(portal, who, {}, "", 200)


def _form(portal: House, who: Who, typed: Mapping[str, str], problem: str, status: int) -> Response:
    with portal.database.read() as session:
        asked = evaluation.to_ask(session, _place(session, who), now=now())
    if asked is None:
        return RedirectResponse(f"{portal.prefix}my-course", 303)
    return page(
        portal, "my_evaluation.html", status=status, headers=PRIVATE, who=who, form=asked,
        questions=evaluation.FORMS[asked], typed=typed, problem=problem,
    )  # fmt: skip


@router.post("/evaluation", dependencies=[Depends(submitting)])
def post_form(portal: AHouse, who: AWho, typed: AForm) -> Response:
    """Keep the answers without a name, or that somebody would rather not."""
    answers = {
        name.removeprefix("q-"): value
        for name, value in typed.texts.items()
        if name.startswith("q-") and value.strip()
    }
    try:
        with portal.database.write() as session:
            member = _place(session, who)
            asked = evaluation.to_ask(session, member, now=now())
            if asked and typed.ticked("decline"):
                evaluation.decline(session, member, asked)
            elif asked:
                evaluation.answer(session, member, asked, answers)
    except AnswerError as error:
        return _form(portal, who, typed.texts, f"{error}.", 422)
    return RedirectResponse(f"{portal.prefix}my-course?done=said", 303)
