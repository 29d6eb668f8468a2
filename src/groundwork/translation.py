"""The curriculum in another language: the same ids, keys, minutes and evidence, other words.

A page is offered in a language when nearly all of it is translated. A question is told in
that language as a whole or not at all; what is missing of a page stays in English, and is
marked as English.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from .course import Course, Module, Page, listed_files, read_page
from .curriculum import Curriculum, Quizzes
from .errors import ContentError
from .facts import Facts
from .items import Form, Item
from .language import (
    LEAST_SHARE,
    SOURCE,
    Catalog,
    catalog_files,
    languages,
    load_catalog,
    misfit,
    read_po_file,
    tidy,
)
from .passages import Passage, passages, told
from .source import Content, Location, Source, read_yaml

FRONT = "index"
COURSE = "course"
"""The domain of what the course says of itself: titles, summaries, objectives."""

WORDED = frozenset(
    ("stem", "hint", "text", "why", "says", "response", "coach", "unit", "passage", "rubric")
)
"""The fields of an item that a learner reads."""
MODULE_WORDS = frozenset(("title", "summary", "content_note", "text"))
FACT_WORDS = frozenset(("value", "where", "note", "label", "domain"))

LINK = re.compile(r"\[(?P<words>[^\]]*)\]\((?P<page>[\w./-]+)\.md(?P<place>#[\w-]*)?\)")
DOC = re.compile(r"\{doc\}`(?:(?P<words>[^`<]+?) *<(?P<named>[\w./-]+)>|(?P<page>[\w./-]+))`")
Part = TypeVar("Part", bound=Content)


@dataclass(frozen=True, slots=True)
class Message:
    """A text to be translated, and where it was written."""

    text: str
    path: Path
    line: int
    domain: str


def book_pages(root: Path) -> list[str]:
    """The pages of the book by name, in reading order."""
    return [name for name in listed_files(root) if (root / f"{name}.md").is_file()]


def page_messages(curriculum: Curriculum, name: str) -> list[Message]:
    """The passages of a page, and the texts of the questions that stand on it."""
    page = read_page(curriculum.course.root / f"{name}.md")
    text = page.path.read_text(encoding="utf-8")
    found = [Message(one.text, page.path, one.start + 1, name) for one in passages(text)]
    for item, form in _items_on(curriculum, page, name):
        at = ("items", form.items.index(item))
        found += _worded(form.source, at, WORDED, name)
    return found


def _items_on(curriculum: Curriculum, page: Page, name: str) -> Iterator[tuple[Item, Form]]:
    module = name.split("/")[1] if name.count("/") == 2 else ""
    quizzes = curriculum.quizzes.get(module)
    if quizzes is None:
        return
    practice = quizzes.practice
    for placed in page.directives("self-check"):
        if placed.name in practice.by_id:
            yield practice.by_id[placed.name], practice
    if page.directives("reflection"):
        yield quizzes.reflection, quizzes.reflection_form


def course_messages(curriculum: Curriculum) -> list[Message]:
    """What the course says of itself: its modules, and the titles of its pages."""
    found: list[Message] = []
    for module in curriculum.course.modules:
        for key in ("title", "summary", "content_note", "objectives"):
            found += _worded(module.source, (key,), MODULE_WORDS, COURSE)
    for name in book_pages(curriculum.course.root):
        page = read_page(curriculum.course.root / f"{name}.md")
        if page.source:
            found += _worded(page.source, ("title",), MODULE_WORDS, COURSE)
    return found


def fact_domains(root: Path) -> list[str]:
    """The domains of the dated facts and the areas, one a file."""
    return [f"facts/{path.stem}" for path in sorted((root / "assets" / "facts").glob("*.yml"))]


def fact_messages(curriculum: Curriculum, domain: str) -> list[Message]:
    """The words of a file of dated facts, or of the competency areas."""
    source = read_yaml(curriculum.course.root / "assets" / f"{domain}.yml")
    names = FACT_WORDS if "areas" in source.data else FACT_WORDS - {"label"}
    places = [(name,) for name in ("facts", "areas") if name in source.data]
    return [one for place in places for one in _worded(source, place, names, domain)]


def _worded(source: Source, at: Location, names: frozenset[str], domain: str) -> Iterator[Message]:
    """The texts of some fields at or below a place of a file."""
    value: Any = source.data
    for step in at:
        if isinstance(value, dict) and step not in value:
            return
        value = value[step]
    named = next((step for step in reversed(at) if isinstance(step, str)), "")
    if isinstance(value, str):
        if named in names:
            yield Message(tidy(value), source.path, source.line(at), domain)
    elif isinstance(value, dict):
        for key in value:
            yield from _worded(source, (*at, key), names, domain)
    elif isinstance(value, list):
        for number in range(len(value)):
            yield from _worded(source, (*at, number), names, domain)


def offered(curriculum: Curriculum, catalog: Catalog) -> frozenset[str]:
    """The pages that a language's book has: none until it has a front page."""
    found = frozenset(
        name
        for name in book_pages(curriculum.course.root)
        if name in catalog.domains
        and _share(page_messages(curriculum, name), catalog) >= LEAST_SHARE
    )
    return found if FRONT in found else frozenset()


def _share(messages: list[Message], catalog: Catalog) -> float:
    known = sum(catalog.find(one.text, one.domain) is not None for one in messages)
    return known / len(messages) if messages else 0.0


def offered_languages(curriculum: Curriculum) -> list[Catalog]:
    """The catalogs of the languages that have any page, each with the pages it has."""
    root = curriculum.course.root
    known = [load_catalog(root, name) for name in languages(root)]
    found = [replace(one, pages=offered(curriculum, one)) for one in known]
    return [one for one in found if one.pages]


def translated(curriculum: Curriculum, catalog: Catalog) -> Curriculum:
    """The curriculum with its words in another language; what counts is as it was."""
    if catalog.language == SOURCE:
        return curriculum
    modules = tuple(_module(module, catalog) for module in curriculum.course.modules)
    quizzes = {name: _quizzes(curriculum, one, catalog) for name, one in curriculum.quizzes.items()}
    in_english = {
        item
        for item, lesson in curriculum.course.lesson_of_item.items()
        if item in curriculum.practice
        and not is_told(curriculum.practice[item], catalog, f"modules/{lesson.id}")
    }
    other = replace(
        curriculum,
        course=Course(curriculum.course.root, modules),
        in_english=frozenset(in_english),
        facts=_facts(curriculum.facts, catalog),
        quizzes=quizzes,
    )
    # Minutes are counted on what was written, so that an hour is the same in every language.
    other.__dict__["minutes"] = curriculum.minutes
    return other


def _module(module: Module, catalog: Catalog) -> Module:
    def say(text: str) -> str:
        return catalog.say(text, COURSE)

    lessons = tuple(
        replace(one, meta=one.meta.model_copy(update={"title": say(one.meta.title)}))
        for one in module.lessons
    )
    meta = module.meta.model_copy(
        update={
            "title": say(module.meta.title),
            "summary": say(module.meta.summary),
            "content_note": module.meta.content_note and say(module.meta.content_note),
            "objectives": tuple(retold(one, say, MODULE_WORDS) for one in module.meta.objectives),
        }
    )
    return replace(module, meta=meta, lessons=lessons)


def _facts(facts: Facts, catalog: Catalog) -> Facts:
    def say(text: str) -> str:
        return catalog.say(text)

    return facts.in_words(
        {name: retold(one, say, FACT_WORDS - {"label"}) for name, one in facts.facts.items()},
        {name: retold(one, say, FACT_WORDS) for name, one in facts.areas.items()},
    )


def _quizzes(curriculum: Curriculum, quizzes: Quizzes, catalog: Catalog) -> Quizzes:
    """Practice and the reflection; graded questions are asked as they were written."""
    places = curriculum.course.lesson_of_item

    def domain(item: Item) -> str:
        return f"modules/{places[item.id].id}" if item.id in places else ""

    reflection = f"modules/{quizzes.module}/reflection"
    return replace(
        quizzes,
        practice=_form(quizzes.practice, catalog, domain),
        reflection_form=_form(quizzes.reflection_form, catalog, lambda _: reflection),
    )


def _form(form: Form, catalog: Catalog, domain: Callable[[Item], str]) -> Form:
    items = tuple(_item(item, catalog, domain(item)) for item in form.items)
    return Form(form.name, form.source, items)


def _item(item: Item, catalog: Catalog, domain: str) -> Item:
    if not domain or not is_told(item, catalog, domain):
        return item
    return retold(item, lambda text: catalog.say(text, domain), WORDED)


def is_told(item: Item, catalog: Catalog, domain: str) -> bool:
    """Whether every text of an item is translated."""
    missing: list[str] = []

    def say(text: str) -> str:
        missing.extend([] if catalog.find(text, domain) is not None else [text])
        return text

    retold(item, say, WORDED)
    return not missing


def retold(part: Part, say: Callable[[str], str], names: frozenset[str]) -> Part:
    """A thing an author wrote, with the texts of some fields said by `say`."""

    def value(name: str, old: Any) -> Any:
        if isinstance(old, Content):
            return retold(old, say, names)
        if isinstance(old, tuple):
            return tuple(value(name, one) for one in old)
        return say(old) if isinstance(old, str) and name in names else old

    return part.model_copy(update={name: value(name, old) for name, old in part})


def page_told(text: str, name: str, catalog: Catalog) -> str:
    """The text of a page in another language.

    What is not translated is marked as English; a link to a page that this language does
    not have leads to the English page, and is marked as well.
    """

    def say(one: Passage) -> str:
        found = catalog.find(one.text, name)
        if found is not None:
            return found
        return one.text if one.plain else f"[{one.text}]{{.language-{SOURCE}}}"

    return _links_led(told(text, say), name, catalog)


def _links_led(text: str, name: str, catalog: Catalog) -> str:
    def lead(page: str, words: str | None, place: str) -> str | None:
        folder = Path(name).parent
        target = page.removeprefix("/") if page.startswith("/") else _joined(folder, page)
        if target in catalog.pages:
            return None
        up = "../" * (name.count("/") + 1)
        shown = words or target.rpartition("/")[2].replace("-", " ").capitalize()
        link = f'<a href="{up}{target}.html{place}" hreflang="{SOURCE}">{shown}</a>'
        return f"{link} ({catalog.say('in English', 'interface')})"

    def link(found: re.Match[str]) -> str:
        return lead(found["page"], found["words"], found["place"] or "") or found[0]

    def doc(found: re.Match[str]) -> str:
        return lead(found["named"] or found["page"], found["words"], "") or found[0]

    return DOC.sub(doc, LINK.sub(link, text))


def _joined(folder: Path, page: str) -> str:
    parts: list[str] = []
    for part in [*folder.parts, *page.split("/")]:
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def shortcomings(curriculum: Curriculum) -> tuple[list[ContentError], list[ContentError]]:
    """What no catalog may hold, as errors, and what waits for a translator, as notes."""
    errors: list[ContentError] = []
    notes: list[ContentError] = []
    root = curriculum.course.root
    for language in languages(root):
        for domain, path in catalog_files(root, language).items():
            known = {tidy(str(one.id)): one for one in read_po_file(path) if one.id}
            for one in known.values():
                lost = one.string and not one.fuzzy and misfit(str(one.id), str(one.string))
                if lost:
                    errors.append(_at(path, one, f"the translation must keep {lost} as in English"))
                elif not one.string or one.fuzzy:
                    state = "doubtful since the English changed" if one.fuzzy else "not translated"
                    notes.append(_at(path, one, f"{state}: {_short(str(one.id))}"))
            notes += [
                ContentError(
                    f"not in the catalogs of {language} yet, run `groundwork messages update "
                    f"{language}`: {_short(one.text)}",
                    path=one.path,
                    line=one.line,
                )
                for one in _messages_of(curriculum, domain)
                if one.text not in known
            ]
    return errors, notes


def _messages_of(curriculum: Curriculum, domain: str) -> list[Message]:
    if domain == COURSE:
        return course_messages(curriculum)
    if domain in fact_domains(curriculum.course.root):
        return fact_messages(curriculum, domain)
    if domain in book_pages(curriculum.course.root):
        return page_messages(curriculum, domain)
    return []


def _at(path: Path, message: Any, text: str) -> ContentError:
    return ContentError(text, path=path, line=message.lineno or 1)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return f"“{line if len(line) <= 60 else f'{line[:57]}…'}”"
