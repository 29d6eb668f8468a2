"""Checking what authors wrote: everything that does not fit together, each with its place.

Reading a file already refuses what is wrong inside it; here files are held against
each other. Errors end a build; warnings are advice; notes list what waits for a person.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .course import CLAIM_ROLE, FACT_ROLE, Lesson, Module, Page
from .curriculum import Curriculum
from .errors import ContentError
from .evidence import Claim
from .items import SCORED, Form, Item, Match, Reflection
from .translation import shortcomings
from .writing import advice as writing_advice
from .writing import repeated_stems

GRADED_ITEMS = range(12, 13)
PRACTICE_ITEMS = range(16, 25)
FEWER_GRADED = range(8, 13)
FEWER_PRACTICE = range(12, 25)
"""A module whose minutes are not claimed may be shorter."""
TYPED_HELPLINE = re.compile(r"\b(?:call|text)?\s*(?:988|1-8\d\d-[\dA-Z-]{7,})\b")


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found, in the order of the files."""

    errors: tuple[ContentError, ...]
    warnings: tuple[ContentError, ...]
    notes: tuple[ContentError, ...]

    def of(self, path: Path) -> list[tuple[str, ContentError]]:
        """What was found in one file, each with its level."""
        levels = {"error": self.errors, "warning": self.warnings, "note": self.notes}
        return [
            (level, one) for level, found in levels.items() for one in found if one.path == path
        ]


def check(curriculum: Curriculum, *, today: dt.date) -> Report:
    """Hold every file against the others."""
    lost, waiting = shortcomings(curriculum)
    errors = [
        *curriculum.ledger.problems(),
        *_repeated_ids(curriculum),
        *_lessons(curriculum),
        *_items(curriculum),
        *_forms(curriculum),
        *lost,
    ]
    warnings = [*curriculum.facts.overdue(today), *_advice(curriculum)]
    notes = [*_unsigned(curriculum), *_partly_read(curriculum), *waiting]
    return Report(_in_order(errors), _in_order(warnings), _in_order(notes))


def _in_order(found: list[ContentError]) -> tuple[ContentError, ...]:
    return tuple(sorted(found, key=lambda error: (str(error.path), error.line)))


def _repeated_ids(curriculum: Curriculum) -> Iterator[ContentError]:
    """An item id is a gradebook's grade_id, so it stands once in the whole course."""
    first: dict[str, Form] = {}
    for quizzes in curriculum.quizzes.values():
        for form in quizzes.files():
            seen: set[str] = set()
            for item in form.items:
                if item.id in seen or item.id in first:
                    where = first.get(item.id, form).source.path.name
                    yield form.error(
                        item, f"the id {item.id!r} stands already in {where}; rename this item"
                    )
                seen.add(item.id)
            first |= {item.id: form for item in form.items}


def _lessons(curriculum: Curriculum) -> Iterator[ContentError]:
    placed: Counter[str] = Counter()
    for module in curriculum.course.modules:
        for page in module.all_pages():
            yield from _page(page, curriculum)
        for lesson in module.lessons:
            yield from _lesson(lesson, curriculum)
            placed.update(lesson.items)
        for item in curriculum.quizzes[module.id].practice.items:
            form = curriculum.quizzes[module.id].practice
            if placed[item.id] > 1:
                yield form.error(item, f"{item.id!r} is placed in {placed[item.id]} lessons; once")


def _page(page: Page, curriculum: Curriculum) -> Iterator[ContentError]:
    for placed in page.roles(CLAIM_ROLE):
        if placed.name not in curriculum.ledger.by_id:
            yield page.error(
                f"there is no claim {placed.name!r}; add it to assets/evidence/claims.yml "
                "or correct the id",
                placed.line,
            )
    for placed in page.roles(FACT_ROLE):
        if placed.name not in curriculum.facts.facts:
            yield page.error(
                f"there is no dated fact {placed.name!r}; add it to assets/facts or correct it",
                placed.line,
            )
    for placed in page.directives("live-figure"):
        if not _has_alt(page, placed.line):
            yield page.error(
                f"the figure {placed.name!r} has no text alternative; add a line :alt: that "
                "says what it shows",
                placed.line,
            )
    number = TYPED_HELPLINE.search(page.body)
    if number:
        line = page.first_line + page.body.count("\n", 0, number.start())
        yield page.error(
            f"{number[0].strip()!r} is typed; a helpline is a dated fact, so write "
            "{fact}`helplines.…`",
            line,
        )


def _has_alt(page: Page, line: int) -> bool:
    after = page.body.split("\n")[line - page.first_line + 1 :]
    for text in after:
        if text.startswith(":alt:"):
            return bool(text.removeprefix(":alt:").strip())
        if not text.startswith(":"):
            return False
    return False


def _lesson(lesson: Lesson, curriculum: Curriculum) -> Iterator[ContentError]:
    source = lesson.page.source
    for area in lesson.meta.areas:
        if area not in curriculum.facts.areas and source:
            yield source.error(
                f"there is no competency area {area!r} in assets/facts/competencies.yml",
                ("areas", area),
            )
    for placed in lesson.page.directives("self-check"):
        if placed.name not in curriculum.practice:
            yield lesson.page.error(
                f"there is no practice item {placed.name!r}; add it to practice.yml "
                "or correct the id",
                placed.line,
            )


def _items(curriculum: Curriculum) -> Iterator[ContentError]:
    for module in curriculum.course.modules:
        quizzes = curriculum.quizzes[module.id]
        for form in quizzes.files():
            for item in form.items:
                yield from _item(item, form, module, curriculum)
        for form in quizzes.graded.values():
            for item in form.items:
                yield from _graded(item, form, curriculum)
        if not [i for i in quizzes.reflection_form.items if isinstance(i, Reflection)]:
            yield quizzes.reflection_form.source.error(
                "reflection.yml holds no reflection; add one"
            )


def _item(item: Item, form: Form, module: Module, curriculum: Curriculum) -> Iterator[ContentError]:
    if item.objective not in module.objectives:
        yield form.error(
            item,
            f"{item.id!r} names the objective {item.objective!r}; module.yml has "
            f"{', '.join(module.objectives)}",
        )
    for claim in item.claims:
        if claim not in curriculum.ledger.by_id:
            yield form.error(item, f"{item.id!r} cites {claim!r}, which is not in the ledger")
    for fact in item.facts:
        if fact not in curriculum.facts.facts:
            yield form.error(
                item,
                f"{item.id!r} rests on the dated fact {fact!r}, which is not in assets/facts",
            )
    if item.section and not _section_exists(item.section, module):
        yield form.error(
            item,
            f"{item.id!r} sends the learner to {item.section!r}; write <lesson>#<anchor> of a "
            "(anchor)= line in that lesson",
        )
    if item.alternative_to and not any(
        item.alternative_to in f.by_id for f in curriculum.quizzes[module.id].files()
    ):
        yield form.error(
            item,
            f"{item.id!r} is an alternative to {item.alternative_to!r}, "
            "which is no item of this module",
        )
    if isinstance(item, Match):
        shared = {part.id for part in item.left} & {part.id for part in item.right}
        if shared:
            yield form.error(
                item,
                f"{item.id!r} has the same id left and right ({sorted(shared)[0]}), which "
                "betrays the pair; rename one",
            )


def _section_exists(section: str, module: Module) -> bool:
    stem, _, anchor = section.partition("#")
    lesson = module.lesson(stem)
    return lesson is not None and (not anchor or anchor in lesson.page.anchors)


def _graded(item: Item, form: Form, curriculum: Curriculum) -> Iterator[ContentError]:
    if not isinstance(item, SCORED):
        yield form.error(item, f"{item.id!r} is a {item.type}, which cannot be graded; move it")
    known = curriculum.ledger.by_id
    claims: list[Claim] = [known[claim] for claim in item.claims if claim in known]
    for claim in claims:
        if claim.checked == "unverified":
            yield form.error(
                item,
                f"{item.id!r} rests on {claim.id}, whose source nobody has read; use another "
                "claim or move the item to practice",
            )
    if not item.claims and not item.facts:
        yield form.error(
            item,
            f"{item.id!r} is graded and cites no claim and no dated fact; add `claims` or `facts`",
        )


def _forms(curriculum: Curriculum) -> Iterator[ContentError]:
    """Forms A and B are parallel: as many items, the same objectives and types."""
    for module in curriculum.course.modules:
        quizzes = curriculum.quizzes[module.id]
        if set(quizzes.graded) != {"A", "B"}:
            continue
        a, b = quizzes.form("A"), quizzes.form("B")
        allowed = GRADED_ITEMS if module.meta.claimed else FEWER_GRADED
        for form in (a, b):
            if len(form.items) not in allowed:
                yield form.source.error(
                    f"a graded form has {_from_to(allowed)} items; this one has {len(form.items)}"
                )
        for what in ("objective", "type"):
            have = [Counter(getattr(item, what) for item in form.items) for form in (a, b)]
            if have[0] != have[1]:
                lacking = have[0] - have[1] or have[1] - have[0]
                yield b.source.error(
                    f"forms A and B differ by {what} ({', '.join(sorted(lacking))}); "
                    "make them parallel"
                )


def _from_to(allowed: range) -> str:
    return f"{allowed[0]} to {allowed[-1]}" if len(allowed) > 1 else str(allowed[0])


def _advice(curriculum: Curriculum) -> Iterator[ContentError]:
    for module in curriculum.course.modules:
        quizzes = curriculum.quizzes[module.id]
        placed = {item for lesson in module.lessons for item in lesson.items}
        for item in quizzes.practice.items:
            if item.id not in placed:
                yield quizzes.practice.error(
                    item,
                    f"{item.id!r} is placed in no lesson; place it with "
                    f"{{self-check}} or remove it",
                )
        allowed = PRACTICE_ITEMS if module.meta.claimed else FEWER_PRACTICE
        if len(quizzes.practice.items) not in allowed:
            yield quizzes.practice.source.error(
                f"{len(quizzes.practice.items)} practice items; a module has "
                f"{_from_to(allowed)}, so add or remove some"
            )
        yield from writing_advice(quizzes)
    yield from repeated_stems([form for q in curriculum.quizzes.values() for form in q.files()])
    for item, form, claim in _graded_claims(curriculum):
        if claim.confidence == "contested":
            yield form.error(
                item,
                f"{item.id!r} is graded and rests on {claim.id}, which is contested; use a firmer "
                "claim or move the item to practice",
            )


def _graded_claims(curriculum: Curriculum) -> Iterator[tuple[Item, Form, Claim]]:
    """Each graded item with each claim that it rests on."""
    for quizzes in curriculum.quizzes.values():
        for form in quizzes.graded.values():
            for item in form.items:
                for name in item.claims:
                    claim = curriculum.ledger.by_id.get(name)
                    if claim:
                        yield item, form, claim


def _partly_read(curriculum: Curriculum) -> Iterator[ContentError]:
    for item, form, claim in _graded_claims(curriculum):
        if claim.checked == "partly":
            yield form.error(
                item,
                f"{item.id!r} is graded and rests on {claim.id}, of which only a part was read at "
                "the source; read the rest, or see that the key rests on the part that was",
            )


def _unsigned(curriculum: Curriculum) -> Iterator[ContentError]:
    """Modules that nobody stands by as they are now."""
    for module in curriculum.course.modules:
        signed = max((review.on for review in module.meta.reviewed), default=None)
        changed = max((change.on for change in module.meta.changes), default=None)
        if signed is None or (changed is not None and signed < changed):
            since = f" since its change of {changed}" if changed else ""
            yield module.source.error(
                f"nobody has signed off module {module.id}{since}; ask somebody who knows the "
                "field to read it, and add them to `reviewed`",
                ("reviewed",),
            )
