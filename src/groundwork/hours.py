"""Minutes: computed from what a lesson holds, never typed.

Words at 200 a minute, stated seconds for each kind of item and figure, the field
activity, the quiz once, the reflection; summed for a module and rounded down to 5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from .course import CHART, Course, Lesson, Module
from .items import Form, Item, Reflection

WORDS_A_MINUTE = 200
ITEM_SECONDS = {
    "single": 45,
    "multiple": 60,
    "match": 60,
    "order": 60,
    "sort": 75,
    "mark": 60,
    "estimate": 30,
    "scenario": 180,
}
FIGURE_SECONDS = 45
ROUNDED_TO = 5

METHOD = (
    f"Reading at {WORDS_A_MINUTE} words a minute; "
    + ", ".join(f"{kind} {seconds} s" for kind, seconds in ITEM_SECONDS.items())
    + f"; {FIGURE_SECONDS} s for each figure; the stated minutes of each lesson's activity "
    f"and of the reflection; the quiz once. Summed for the module and rounded down to "
    f"{ROUNDED_TO} minutes."
)


@dataclass(frozen=True, slots=True)
class LessonMinutes:
    """What one lesson takes, in seconds, and why."""

    lesson: str
    words: int
    reading: Fraction
    items: Fraction
    figures: Fraction
    activity: Fraction

    @property
    def seconds(self) -> Fraction:
        """All of it."""
        return self.reading + self.items + self.figures + self.activity

    @property
    def minutes(self) -> int:
        """Rounded up to whole minutes, as a learner is told before starting."""
        return max(1, -(-int(self.seconds) // 60))


@dataclass(frozen=True, slots=True)
class ModuleMinutes:
    """What a module takes: `minutes` are claimed, `areas` sum to them."""

    module: str
    lessons: tuple[LessonMinutes, ...]
    quiz: int
    reflection: int
    minutes: int
    areas: Mapping[str, int]
    equity: int


def item_seconds(items: Iterable[Item]) -> int:
    """The stated time of some items, in seconds; a reflection has its own minutes."""
    return sum(
        item.minutes * 60 if isinstance(item, Reflection) else ITEM_SECONDS[item.type]
        for item in items
    )


def lesson_minutes(lesson: Lesson, practice: Mapping[str, Item]) -> LessonMinutes:
    """Compute one lesson's time from its words, items, figures and activity."""
    page = lesson.page
    figures = len(page.directives("live-figure")) + len(CHART.findall(page.body))
    return LessonMinutes(
        lesson=lesson.id,
        words=page.words,
        reading=Fraction(page.words * 60, WORDS_A_MINUTE),
        items=Fraction(item_seconds(practice[i] for i in lesson.items if i in practice)),
        figures=Fraction(figures * FIGURE_SECONDS),
        activity=Fraction(lesson.meta.practice_minutes).limit_denominator(100) * 60,
    )


def module_minutes(
    module: Module, *, practice: Form, quiz: Form, reflection: Form
) -> ModuleMinutes:
    """Compute a module's minutes and give each minute to one competency area."""
    lessons = tuple(lesson_minutes(lesson, practice.by_id) for lesson in module.lessons)
    asked, written = item_seconds(quiz.items), item_seconds(reflection.items)
    seconds = sum((lesson.seconds for lesson in lessons), Fraction(asked + written))
    minutes = int(seconds // 60) // ROUNDED_TO * ROUNDED_TO
    weights: dict[str, Fraction] = {}
    for lesson, timed in zip(module.lessons, lessons, strict=True):
        for area, share in lesson.meta.areas.items():
            part = Fraction(share).limit_denominator(1000) * timed.seconds
            weights[area] = weights.get(area, Fraction(0)) + part
    in_lessons = sum((lesson.seconds for lesson in lessons), Fraction(0))
    equal = sum(
        (
            timed.seconds
            for lesson, timed in zip(module.lessons, lessons, strict=True)
            if lesson.meta.equity
        ),
        Fraction(0),
    )
    return ModuleMinutes(
        module=module.id,
        lessons=lessons,
        quiz=asked // 60,
        reflection=written // 60,
        minutes=minutes,
        areas=apportion(minutes, weights),
        equity=int(minutes * equal / in_lessons) if in_lessons else 0,
    )


def apportion(total: int, weights: Mapping[str, Fraction]) -> dict[str, int]:
    """Share whole minutes by weight so that they sum to the total (largest remainder).

    Hamilton's method; ties go to the earlier area.
    """
    whole = sum(weights.values(), Fraction(0))
    if not whole:
        return {}
    exact = {area: total * weight / whole for area, weight in weights.items()}
    shares = {area: int(value) for area, value in exact.items()}
    left = total - sum(shares.values())
    for area in sorted(exact, key=lambda a: shares[a] - exact[a])[:left]:
        shares[area] += 1
    return shares


def series_areas(modules: Iterable[ModuleMinutes]) -> dict[str, int]:
    """Minutes by area over several modules."""
    total: dict[str, int] = {}
    for module in modules:
        for area, minutes in module.areas.items():
            total[area] = total.get(area, 0) + minutes
    return total


def total_minutes(course: Course, modules: Mapping[str, ModuleMinutes]) -> int:
    """The minutes of the series: every claimed module."""
    return sum(modules[module.id].minutes for module in course.series)
