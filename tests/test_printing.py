"""A module on paper: in order, with its answers at the end and bookmarks that lead there."""

from __future__ import annotations

import shutil
from html import unescape
from pathlib import Path

import pikepdf
import pytest

from groundwork.course import Module
from groundwork.curriculum import Curriculum, load_curriculum
from groundwork.errors import GroundworkError
from groundwork.items import Single
from groundwork.printing import (
    TAG,
    bind,
    find_browser,
    first_pages,
    led,
    print_module,
    print_modules,
    printed_stems,
    read_chapter,
)
from groundwork.scoring import explained
from groundwork.settings import Settings


@pytest.fixture(scope="module")
def curriculum(project_settings: Settings) -> Curriculum:
    return load_curriculum(project_settings)


@pytest.fixture(scope="module")
def module(curriculum: Curriculum) -> Module:
    return curriculum.course.modules[0]


@pytest.fixture(scope="module")
def bound(book: Path, curriculum: Curriculum, module: Module) -> str:
    chapters = [read_chapter(book, module, stem) for stem in printed_stems(module)]
    return bind(curriculum, module, chapters, {})


@pytest.fixture(scope="module")
def pdf(book: Path, project_settings: Settings, curriculum: Curriculum, module: Module) -> Path:
    try:
        browser = find_browser()
    except GroundworkError:
        pytest.skip("Chromium is not installed here.")
    return print_module(project_settings, curriculum, module, browser)


def words(html: str) -> str:
    return " ".join(unescape(TAG.sub("", html)).split())


def test_every_question_is_asked_before_any_reason_is_given(
    bound: str, curriculum: Curriculum, module: Module
) -> None:
    questions, answers = map(words, bound.split('id="answers"'))
    items = [curriculum.practice[name] for lesson in module.lessons for name in lesson.items]
    whys = [told.why.replace("*", "")[:60] for item in items for told in explained(item)]

    assert len(whys) > 80
    assert not [why for why in whys if " ".join(why.split()) in questions]
    for item in (item for item in items if isinstance(item, Single)):
        right = next(option for option in item.options if option.correct)
        assert " ".join(right.why.replace("*", "")[:60].split()) in answers
    assert bound.count('class="gw-check-static"') == len(items)


def test_each_link_of_the_bound_pages_leads_within_them_or_to_the_web(bound: str) -> None:
    links = [part.split('"', 1)[0] for part in bound.split('href="')[1:]]
    ids = [part.split('"', 1)[0] for part in bound.split(' id="')[1:]]
    inside = [link[1:] for link in links if link.startswith("#")]

    assert len(inside) > 50
    assert not set(inside) - set(ids)
    assert len(ids) == len(set(ids))
    assert not [a for a in links if not a.startswith(("#", "https://", "http://", "../../html/"))]


@pytest.mark.parametrize(
    ("address", "leads"),
    [
        ("https://example.org/a", "https://example.org/a"),
        ("#part", "#one--part"),
        ("two.html", "#page-two"),
        ("two.html#part", "#two--part"),
        ("../../evidence.html#claim-b2", "#claim-b2"),
        ("quiz.html", None),
        ("../../glossary.html#term-serve", None),
    ],
)
def test_a_link_leads_where_paper_can_follow(address: str, leads: str | None) -> None:
    assert led(address, "one", frozenset({"one", "two"})) == leads


def test_bookmarks_name_the_chapters_in_reading_order(pdf: Path, module: Module) -> None:
    wanted = [module.meta.title, *(lesson.meta.title for lesson in module.lessons)]

    pages = first_pages(pdf)

    assert list(pages)[: len(wanted)] == wanted
    assert list(pages)[-2:] == ["Answers and reasons", "The claims behind the text"]
    assert list(pages.values()) == sorted(pages.values())


def test_bookmarks_lead_to_sections_and_no_deeper(pdf: Path) -> None:
    with pikepdf.open(pdf) as document, document.open_outline() as outline:
        sections = [part for chapter in outline.root for part in chapter.children]

    assert "The exchange" in [part.title for part in sections]
    assert not [part for part in sections if part.children]


def test_the_handout_fits_on_one_page(pdf: Path) -> None:
    pages = first_pages(pdf)
    names = list(pages)
    answers = names.index("Answers and reasons")

    assert pages[names[answers]] - pages[names[answers - 1]] == 1


def test_the_file_says_what_it_is_and_can_be_read_aloud(pdf: Path, module: Module) -> None:
    with pikepdf.open(pdf) as document:
        assert str(document.docinfo["/Title"]) == module.meta.title
        assert str(document.Root.Lang) == module.meta.language
        assert document.Root.MarkInfo.Marked
        assert 20 < len(document.pages) < 100


def test_an_unknown_module_is_answered_with_the_known_ones(
    project_settings: Settings, curriculum: Curriculum
) -> None:
    with pytest.raises(GroundworkError, match="no module '99-none'; there are: 02-brain"):
        print_modules(project_settings, curriculum, "99-none", say=print)


def test_without_chromium_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)

    with pytest.raises(GroundworkError, match="printed by Chromium, and this machine has none"):
        find_browser()
