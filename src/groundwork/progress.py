"""Progress: where a learner stands, computed from the log and the curriculum each time.

Nothing is stored but what was done, so a corrected rule or a new lesson shows at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Literal

from sqlalchemy.orm import Session

from .calibration import Sureness, calibration
from .course import Lesson, Module
from .curriculum import Curriculum, FormName, area_rows
from .hours import apportion
from .log import Attempt, Enrolment, Event, Record, Reflection, store
from .log.store import Practiced
from .sittings import next_form


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What the log holds of one learner, as far as progress depends on it."""

    name: str = ""
    language: str = "en"
    practiced: frozenset[str] = frozenset()
    answers: Sequence[Practiced] = ()
    finished: Mapping[str, Event] = field(default_factory=dict)
    touched: Sequence[str] = ()
    attempts: Sequence[Attempt] = ()
    reflections: Mapping[str, Reflection] = field(default_factory=dict)
    records: Sequence[Record] = ()

    def sat(self, module: str, purpose: str | None = None) -> list[Attempt]:
        """The attempts at one module, oldest first."""
        return [
            attempt
            for attempt in self.attempts
            if attempt.module == module and purpose in (None, attempt.purpose)
        ]


def read_work(session: Session, key: str, course: str) -> Work:
    """Fetch a learner's work; somebody who has done nothing yet has none."""
    enrolment = store.enrolment_of(session, key, course)
    return work_of(session, enrolment) if enrolment else Work()


def work_of(session: Session, enrolment: Enrolment) -> Work:
    """Fetch the work that belongs to an enrolment."""
    answers = store.practice_answers(session, enrolment)
    return Work(
        name=enrolment.learner.name,
        language=enrolment.learner.language,
        practiced=frozenset(answer.item for answer in answers),
        answers=answers,
        finished=store.first_events(session, enrolment, "lesson_finished"),
        touched=store.touched_lessons(session, enrolment),
        attempts=store.attempts(session, enrolment),
        reflections=store.latest_reflections(session, enrolment),
        records=store.records(session, enrolment),
    )


@dataclass(frozen=True, slots=True)
class Score:
    """Points earned, of how many."""

    score: float
    max_score: float


@dataclass(frozen=True, slots=True)
class Link:
    """A page to go to, and its title."""

    href: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonProgress:
    """One lesson: begun or not, and which of its self-checks are still open."""

    id: str
    title: str
    href: str
    minutes: int
    status: Literal["not_started", "reading", "finished"]
    answered: list[str]
    missing: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuizProgress:
    """The quiz of a module: the best attempt counts."""

    attempts: int
    best: Score | None
    passed: bool
    next_form: FormName


@dataclass(frozen=True, slots=True, kw_only=True)
class ReflectionProgress:
    """The latest state of a reflection."""

    text: str
    met: list[bool]
    at: datetime
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLinks:
    """A completion record and where its files are."""

    id: str
    json: str
    pdf: str
    png: str
    page: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleProgress:
    """One module, and in sentences what is still missing."""

    id: str
    title: str
    href: str
    minutes: int
    minutes_done: int
    status: Literal["not_started", "in_progress", "complete"]
    lessons: list[LessonProgress]
    precheck: Score | None
    quiz: QuizProgress
    reflection: ReflectionProgress | None
    record: RecordLinks | None
    missing: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaProgress:
    """Minutes of one competency area over the series, and how many are done."""

    area: str
    label: str
    minutes: int
    done: int


@dataclass(frozen=True, slots=True)
class LearnerProgress:
    """Who this is about, as they want to be named; `id` keeps people apart on one browser."""

    name: str
    language: str
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Everything a page needs to show a learner where they stand."""

    learner: LearnerProgress
    modules: list[ModuleProgress]
    minutes_by_area: list[AreaProgress]
    calibration: list[Sureness]
    continue_: Link | None

    def told(self) -> dict[str, object]:
        """The object of `GET /api/progress`; `continue` is no name Python allows."""
        return {
            "learner": self.learner,
            "modules": self.modules,
            "minutes_by_area": self.minutes_by_area,
            "calibration": self.calibration,
            "continue": self.continue_,
        }


def progress(
    curriculum: Curriculum, work: Work, *, root: str = "/", learner_id: str = ""
) -> Progress:
    """Compute where a learner stands; links to records begin with `root`."""
    modules = [
        module_progress(curriculum, module, work, root=root) for module in curriculum.course.modules
    ]
    return Progress(
        learner=LearnerProgress(work.name, work.language, learner_id),
        modules=modules,
        minutes_by_area=_areas(curriculum, modules),
        calibration=calibration(work.answers),
        continue_=_continue(modules, work),
    )


def module_progress(
    curriculum: Curriculum, module: Module, work: Work, *, root: str = "/"
) -> ModuleProgress:
    """Where a learner stands in one module."""
    lessons = [lesson_progress(curriculum, lesson, work) for lesson in module.lessons]
    quiz = quiz_progress(work.sat(module.id))
    reflection = _reflection(work.reflections.get(module.id))
    missing = list(_missing(module, lessons, quiz, reflection))
    begun = (
        any(lesson.status != "not_started" for lesson in lessons)
        or bool(work.sat(module.id))
        or reflection is not None
    )
    status: Literal["not_started", "in_progress", "complete"] = (
        "complete" if not missing else "in_progress" if begun else "not_started"
    )
    return ModuleProgress(
        id=module.id,
        title=module.meta.title,
        href=module.href,
        minutes=curriculum.minutes[module.id].minutes,
        minutes_done=_minutes_done(curriculum, module, lessons, quiz, reflection),
        status=status,
        lessons=lessons,
        precheck=_best(work.sat(module.id, "precheck")),
        quiz=quiz,
        reflection=reflection,
        record=_record(work.records, module.id, root),
        missing=missing,
    )


def lesson_progress(curriculum: Curriculum, lesson: Lesson, work: Work) -> LessonProgress:
    """A lesson is finished when its self-checks are answered and the learner says so."""
    answered = [item for item in lesson.items if item in work.practiced]
    missing = curriculum.open_checks(lesson, work.practiced)
    status: Literal["not_started", "reading", "finished"] = "not_started"
    if lesson.id in work.finished and not missing:
        status = "finished"
    elif lesson.id in work.touched or answered:
        status = "reading"
    timed = {row.lesson: row.minutes for row in curriculum.minutes[lesson.module].lessons}
    return LessonProgress(
        id=lesson.id,
        title=lesson.meta.title,
        href=lesson.href,
        minutes=timed[lesson.id],
        status=status,
        answered=answered,
        missing=missing,
    )


def quiz_progress(sat: Sequence[Attempt]) -> QuizProgress:
    """The quiz attempts among a learner's attempts at one module, as one standing."""
    quizzes = [attempt for attempt in sat if attempt.purpose == "quiz"]
    return QuizProgress(
        attempts=len(quizzes),
        best=_best(quizzes),
        passed=any(attempt.passed for attempt in quizzes),
        next_form=next_form(quizzes, "quiz"),
    )


def best_attempt(sat: Sequence[Attempt]) -> Attempt | None:
    """The attempt that counts: the highest share of its maximum, the earliest of equals."""
    return max(
        sat, key=lambda attempt: (attempt.score / attempt.max_score, -attempt.number), default=None
    )


def _best(sat: Sequence[Attempt]) -> Score | None:
    best = best_attempt(sat)
    return Score(best.score, best.max_score) if best else None


def _reflection(saved: Reflection | None) -> ReflectionProgress | None:
    if saved is None:
        return None
    return ReflectionProgress(text=saved.text, met=saved.met, at=saved.at, complete=saved.complete)


def record_links(record_id: str, *, root: str = "/") -> RecordLinks:
    """Where a record's page and files are."""
    page = f"{root}records/{record_id}"
    return RecordLinks(
        id=record_id, json=f"{page}.json", pdf=f"{page}.pdf", png=f"{page}.png", page=page
    )


def _record(records: Sequence[Record], module: str, root: str) -> RecordLinks | None:
    valid = [r for r in records if r.module == module and r.status == "valid"]
    return record_links(valid[-1].id, root=root) if valid else None


def _missing(
    module: Module,
    lessons: Sequence[LessonProgress],
    quiz: QuizProgress,
    reflection: ReflectionProgress | None,
) -> Iterator[str]:
    """What stands between a learner and a complete module, one sentence each."""
    for lesson in lessons:
        if lesson.status == "finished":
            continue
        count = len(lesson.missing)
        if count:
            checks = "1 self-check" if count == 1 else f"{count} self-checks"
            yield f"“{lesson.title}” is not finished: {checks} still to answer."
        else:
            yield f"“{lesson.title}” is read, but you have not marked it as finished."
    if not quiz.passed:
        verb = "not passed yet" if quiz.attempts else "not taken yet"
        yield f"The quiz is {verb}; {module.meta.pass_share:.0%} of its points pass."
    if reflection is None:
        yield "The reflection is not written yet."
    elif not reflection.complete:
        yield "The reflection is saved, but not yet marked as complete against its three points."


def _minutes_done(
    curriculum: Curriculum,
    module: Module,
    lessons: Sequence[LessonProgress],
    quiz: QuizProgress,
    reflection: ReflectionProgress | None,
) -> int:
    """Minutes of the parts that are done; all of the module's once all are, never more."""
    timed = curriculum.minutes[module.id]
    parts = [(lesson.minutes, lesson.status == "finished") for lesson in lessons]
    parts.append((timed.quiz, quiz.passed))
    parts.append((timed.reflection, reflection is not None and reflection.complete))
    if all(done for _, done in parts):
        return timed.minutes
    return min(timed.minutes, sum(minutes for minutes, done in parts if done))


def _areas(curriculum: Curriculum, modules: Sequence[ModuleProgress]) -> list[AreaProgress]:
    """Minutes of the series by area, and how many of them are done."""
    claimed = {module.id for module in curriculum.course.series}
    total: dict[str, int] = {}
    done: dict[str, int] = {}
    for module in modules:
        if module.id not in claimed:
            continue
        for area, minutes in curriculum.minutes[module.id].areas.items():
            total[area] = total.get(area, 0) + minutes
        for area, minutes in _areas_done(curriculum, module).items():
            done[area] = done.get(area, 0) + minutes
    return [
        AreaProgress(
            area=row["area"],
            label=row["label"],
            minutes=row["minutes"],
            done=done.get(row["area"], 0),
        )
        for row in area_rows(curriculum.facts, total)
    ]


def _areas_done(curriculum: Curriculum, module: ModuleProgress) -> Mapping[str, int]:
    """Give each minute done to one area: by the finished lessons' shares, else the module's."""
    whole = curriculum.minutes[module.id].areas
    if module.status == "complete":
        return whole
    weights: dict[str, Fraction] = {}
    for told in module.lessons:
        lesson = curriculum.course.lesson(told.id)
        if lesson is None or told.status != "finished":
            continue
        for area, share in lesson.meta.areas.items():
            part = Fraction(share).limit_denominator(1000) * told.minutes
            weights[area] = weights.get(area, Fraction(0)) + part
    shared = apportion(
        module.minutes_done, weights or {area: Fraction(n) for area, n in whole.items()}
    )
    return {area: min(minutes, whole.get(area, 0)) for area, minutes in shared.items()}


def _continue(modules: Sequence[ModuleProgress], work: Work) -> Link | None:
    """The lesson a learner was last in, or what comes next in its module; None before the first."""
    lessons = {lesson.id: lesson for module in modules for lesson in module.lessons}
    for lesson_id in work.touched:
        lesson = lessons.get(lesson_id)
        if lesson and lesson.status != "finished":
            return Link(lesson.href, lesson.title)
    if all(module.status == "not_started" for module in modules):
        return None
    open_ = [module for module in modules if module.status != "complete"]
    open_.sort(key=lambda module: module.status != "in_progress")
    return _next_page(open_[0]) if open_ else None


def _next_page(module: ModuleProgress) -> Link:
    """The first page of a module on which something is still to be done."""
    for lesson in module.lessons:
        if lesson.status != "finished":
            return Link(lesson.href, lesson.title)
    if not module.quiz.passed:
        return Link(f"modules/{module.id}/quiz.html", f"{module.title}: the quiz")
    return Link(f"modules/{module.id}/reflection.html", f"{module.title}: the reflection")
