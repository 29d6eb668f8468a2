"""Progress: where a learner stands, computed from the log and the curriculum each time.

Nothing is stored but what was done, so a corrected rule or a new lesson shows at once.
In a cohort a reader's word completes a reflection, and required live sessions belong to a
module; their minutes stand apart from those of reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Literal

from sqlalchemy.orm import Session

from . import attendance, cohorts, feedback
from .attendance import Attended
from .calibration import Sureness, calibration
from .course import Lesson, Module
from .curriculum import Curriculum, FormName, area_rows
from .hours import apportion
from .language import filled
from .language import gettext as _
from .log import Assessment, Attempt, Enrolment, Event, Record, Reflection, store
from .log.store import Practiced
from .settings import SELF_STUDY
from .sittings import next_form


@dataclass(frozen=True, slots=True, kw_only=True)
class InCohort:
    """What others add to a learner's work: a reader's word by module, and live sessions."""

    reads: bool = True
    marks: Mapping[str, Assessment] = field(default_factory=dict)
    live: Mapping[str, Sequence[Attended]] = field(default_factory=dict)


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
    cohort: InCohort | None = None

    def sat(self, module: str, purpose: str | None = None) -> list[Attempt]:
        """The attempts at one module, oldest first."""
        return [
            attempt
            for attempt in self.attempts
            if attempt.module == module and purpose in (None, attempt.purpose)
        ]

    def counted(self, module: str, purpose: str) -> list[Attempt]:
        """Those of them that nobody has set aside."""
        return [attempt for attempt in self.sat(module, purpose) if not attempt.set_aside]

    def mark(self, module: str) -> Assessment | None:
        """What a reader said of a reflection, where one reads."""
        return self.cohort.marks.get(module) if self.cohort else None


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
        cohort=in_cohort(session, enrolment),
    )


def in_cohort(session: Session, enrolment: Enrolment) -> InCohort | None:
    """What a cohort adds to the work that belongs to an enrolment; nothing to studying alone."""
    if enrolment.course == SELF_STUDY:
        return None
    cohort = cohorts.find(session, enrolment.course)
    member = cohorts.member_of(session, enrolment.learner.key, enrolment.course)
    if cohort is None or member is None:
        return None
    told = attendance.attended(session, enrolment.course, [member.id])
    return InCohort(
        reads=cohort.reads_reflections,
        marks=feedback.marks(session, [enrolment.id]).get(enrolment.id, {}),
        live=attendance.by_module(told.get(member.id, [])),
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
    """The latest state of a reflection, and what its reader said where somebody reads it."""

    text: str
    met: list[bool]
    at: datetime
    complete: bool
    state: Literal["saved", "waiting", "not_yet", "complete"] = "saved"
    comment: str = ""
    met_by_reader: list[bool] | None = None


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
    claimed: bool = True
    """Whether its minutes are training hours; only then is there a record of it."""
    live: list[Attended] = field(default_factory=list)
    live_minutes: int = 0


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
class SeriesProgress:
    """Where a learner stands in the whole series: `missing` names what is still to complete."""

    minutes: int
    modules: int
    missing: list[str]
    record: RecordLinks | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Everything a page needs to show a learner where they stand."""

    learner: LearnerProgress
    modules: list[ModuleProgress]
    series: SeriesProgress
    minutes_by_area: list[AreaProgress]
    calibration: list[Sureness]
    continue_: Link | None

    def told(self) -> dict[str, object]:
        """The object of `GET /api/progress`; `continue` is no name Python allows."""
        return {
            "learner": self.learner,
            "modules": self.modules,
            "series": self.series,
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
        series=_series(curriculum, modules, work, root),
        minutes_by_area=_areas(curriculum, modules),
        calibration=calibration(work.answers),
        continue_=_continue(modules, work),
    )


def _series(
    curriculum: Curriculum, modules: Sequence[ModuleProgress], work: Work, root: str
) -> SeriesProgress:
    claimed = {module.id for module in curriculum.course.series}
    parts = [module for module in modules if module.id in claimed]
    return SeriesProgress(
        minutes=sum(module.minutes for module in parts),
        modules=len(parts),
        missing=[f"“{module.title}” is not complete yet." for module in parts if module.missing],
        record=_record(work.records, None, root),
    )


def module_progress(
    curriculum: Curriculum, module: Module, work: Work, *, root: str = "/"
) -> ModuleProgress:
    """Where a learner stands in one module."""
    lessons = [lesson_progress(curriculum, lesson, work) for lesson in module.lessons]
    quiz = quiz_progress(work.sat(module.id))
    reflection = reflection_progress(work, module.id)
    live = list(work.cohort.live.get(module.id, ())) if work.cohort else []
    missing = [*_missing(module, lessons, quiz, reflection), *_missing_live(live)]
    begun = (
        any(lesson.status != "not_started" for lesson in lessons)
        or bool(work.sat(module.id))
        or reflection is not None
        or any(session.minutes for session in live)
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
        precheck=_best(work.counted(module.id, "precheck")),
        quiz=quiz,
        reflection=reflection,
        record=_record(work.records, module.id, root),
        missing=missing,
        claimed=module.meta.claimed,
        live=live,
        live_minutes=sum(session.minutes for session in live if session.present),
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
    timed = next(
        row for row in curriculum.minutes[lesson.module].lessons if row.lesson == lesson.id
    )
    return LessonProgress(
        id=lesson.id,
        title=lesson.meta.title,
        href=lesson.href,
        minutes=timed.minutes,
        status=status,
        answered=answered,
        missing=missing,
    )


def quiz_progress(sat: Sequence[Attempt]) -> QuizProgress:
    """The quiz attempts among a learner's attempts at one module, as one standing."""
    quizzes = [attempt for attempt in sat if attempt.purpose == "quiz"]
    counted = [attempt for attempt in quizzes if not attempt.set_aside]
    return QuizProgress(
        attempts=len(counted),
        best=_best(counted),
        passed=any(attempt.passed for attempt in counted),
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


def reflection_progress(work: Work, module: str) -> ReflectionProgress | None:
    """Where a reflection stands: by the learner's own ticks, or by the word of who reads it.

    What a reader has called complete stays so, whatever is changed in it afterward.
    """
    saved, mark = work.reflections.get(module), work.mark(module)
    if work.cohort is None or not work.cohort.reads:
        if saved is None:
            return None
        state: Literal["saved", "complete"] = "complete" if saved.complete else "saved"
        return ReflectionProgress(
            text=saved.text, met=saved.met, at=saved.at, complete=saved.complete, state=state
        )
    written = saved if saved is not None and saved.text.strip() else None
    if written is None and mark is None:
        return None
    return ReflectionProgress(
        text=written.text if written else "",
        met=written.met if written else [],
        at=written.at if written else mark.at,  # type: ignore[union-attr]  # one is there
        complete=mark is not None and mark.complete,
        state=feedback.state(written, mark),
        comment=mark.comment if mark else "",
        met_by_reader=mark.met if mark else None,
    )


def record_links(record_id: str, *, root: str = "/") -> RecordLinks:
    """Where a record's page and files are."""
    page = f"{root}records/{record_id}"
    return RecordLinks(
        id=record_id, json=f"{page}.json", pdf=f"{page}.pdf", png=f"{page}.png", page=page
    )


def _record(records: Sequence[Record], module: str | None, root: str) -> RecordLinks | None:
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
            checks = _("1 self-check") if count == 1 else filled("{n} self-checks", n=count)
            yield filled(
                "“{title}” is not finished: {checks} still to answer.",
                title=lesson.title,
                checks=checks,
            )
        else:
            yield filled(
                "“{title}” is read, but you have not marked it as finished.", title=lesson.title
            )
    if not quiz.passed:
        share = f"{module.meta.pass_share:.0%}"
        if quiz.attempts:
            yield filled("The quiz is not passed yet; {share} of its points pass.", share=share)
        else:
            yield filled("The quiz is not taken yet; {share} of its points pass.", share=share)
    if reflection is None:
        yield _("The reflection is not written yet.")
    elif reflection.state == "waiting":
        yield _("The reflection is in; your instructor has not read it yet.")
    elif reflection.state == "not_yet":
        yield _("The reflection came back as not yet complete: read the comment and send it again.")
    elif not reflection.complete:
        yield _("The reflection is saved, but not yet marked as complete against its three points.")


def _missing_live(live: Sequence[Attended]) -> Iterator[str]:
    """The live sessions that a complete module still needs, one sentence each."""
    for session in live:
        if session.required and not session.present:
            yield filled(
                "The live session “{title}” is not attended or made up yet: "
                "{minutes} minutes count, and {needed} are needed.",
                title=session.title,
                minutes=session.minutes,
                needed=session.needed,
            )


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
        said = filled("{title}: the quiz", title=module.title)
        return Link(f"modules/{module.id}/quiz.html", said)
    said = filled("{title}: the reflection", title=module.title)
    return Link(f"modules/{module.id}/reflection.html", said)
