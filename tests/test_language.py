"""More than one language: every text is found, what is missing stays English, all else is one."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po, write_po

import groundwork
from groundwork.bilingual import nearest
from groundwork.check import check
from groundwork.curriculum import Curriculum, load_curriculum
from groundwork.drawings import figure_told, figure_words, picture_told, script_told, script_words
from groundwork.errors import ContentError, GroundworkError
from groundwork.items import Mark
from groundwork.language import (
    ENGLISH,
    Catalog,
    catalog_files,
    day,
    filled,
    languages,
    load_catalog,
    misfit,
    read_po_file,
    speaking,
    tidy,
)
from groundwork.messages import INTERFACE, interface_messages, messages, update, write_templates
from groundwork.passages import passages, told
from groundwork.scoring import score
from groundwork.settings import Settings
from groundwork.translation import (
    book_pages,
    offered,
    offered_languages,
    page_messages,
    page_told,
    translated,
)
from small_portal import FIRST, FIRST_CHECK, NOON, portal, right_answer, small_settings

PACKAGE = Path(groundwork.__file__).parent
LESSON = "modules/02-brain-architecture/how-brains-are-built"
SMALL_PAGE = f"modules/{FIRST}"
TEMPLATE_CODE = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<!--.*?-->", re.S)
UPDATE = "new texts: run `groundwork messages update es`"
WORDS = re.compile(r"[^\W\d_]{2,}")
SPOKEN_ATTRIBUTE = re.compile(r'\b(?:aria-label|title|alt|placeholder)="([^"]*)"')


@pytest.fixture(scope="module")
def curriculum(project_settings: Settings) -> Curriculum:
    return load_curriculum(project_settings)


@pytest.fixture(scope="module")
def spanish(curriculum: Curriculum) -> Catalog:
    catalog = load_catalog(curriculum.course.root, "es")
    return replace(catalog, pages=offered(curriculum, catalog))


@pytest.fixture
def small(tmp_path: Path) -> Settings:
    """The small curriculum with a front page, its first lesson in an invented Spanish."""
    settings = small_settings(tmp_path)
    (settings.root / "index.md").write_text("# Small steps\n\nWelcome.\n", encoding="utf-8")
    list(update(load_curriculum(settings), "es", ["index", SMALL_PAGE]))
    for path in catalog_files(settings.root, "es").values():
        rewrite(path, lambda message: f"{message} (es)")
    return settings


def rewrite(path: Path, say: Any, *, fuzzy: bool = False) -> None:
    """Fill a catalog with what `say` makes of each message; None leaves it as it is."""
    with path.open("rb") as file:
        catalog = read_po(file)
    for message in catalog:
        said = say(str(message.id)) if message.id else None
        if said is not None:
            message.string = said
            message.flags.update({"fuzzy"} if fuzzy else set())
    with path.open("wb") as file:
        write_po(file, catalog)


def texts(found: Iterator[Any] | list[Any]) -> set[str]:
    return {one.text for one in found}


def known(path: Path) -> set[str]:
    """The messages that a catalog has, translated or not."""
    return {tidy(str(message.id)) for message in read_po_file(path) if message.id}


# What there is to translate


def test_every_sentence_of_the_interface_stands_in_the_spanish_catalog(project: Path) -> None:
    path = catalog_files(project, "es")[INTERFACE]

    assert texts(interface_messages()) - known(path) == set(), UPDATE


@pytest.mark.parametrize("name", ["front", "layout", "macros", "mark", "page", "search"])
def test_no_template_of_the_book_says_a_word_that_is_not_found(name: str) -> None:
    written = (PACKAGE / "theme" / f"{name}.html").read_text(encoding="utf-8")
    text = TEMPLATE_CODE.sub("", written).replace(' hreflang="en"', "")
    said = [*re.findall(r">([^<>]*)<", text), *SPOKEN_ATTRIBUTE.findall(text)]

    assert [one.strip() for one in said if WORDS.search(one)] == []


def test_every_word_of_a_page_is_part_of_a_passage(project: Path) -> None:
    silent = re.compile(
        r"^---$.*?^---$|^```\{code-cell\}.*?^```$|^[`:]{3,}.*$|^\([a-z0-9-]+\)=$|^:[a-z-]+:",
        re.M | re.S,
    )
    left = {}
    for name in book_pages(project):
        text = (project / f"{name}.md").read_text(encoding="utf-8")
        assert told(text, lambda one: one.text) == text, name
        left[name] = WORDS.findall(silent.sub("", told(text, lambda _: "")))

    assert {name: words for name, words in left.items() if words} == {}


def test_a_lesson_brings_its_questions_and_the_words_of_its_figures(
    curriculum: Curriculum,
) -> None:
    found = texts(messages(curriculum, LESSON))

    assert (
        "Begin before the birth, and look for the part that is still going on in a teenager."
        in found
    )
    assert "Connections for hearing" in found  # a drawing
    assert "connections are already forming" in found  # a figure's script
    assert "Percent of adult or largest size" in found  # a chart
    assert "order-of-building" not in found


def test_a_message_names_its_file_and_line(curriculum: Curriculum) -> None:
    for one in page_messages(curriculum, LESSON)[:60]:
        line = one.path.read_text(encoding="utf-8").split("\n")[one.line - 1]
        assert one.text.split("\n")[0].split(" ")[0] in line or line.rstrip().endswith(">-"), one


def test_templates_are_written_for_the_interface_the_course_and_every_page(
    small: Settings, tmp_path: Path
) -> None:
    written = list(write_templates(load_curriculum(small), tmp_path / "pot"))

    assert {"interface.pot", "course.pot", "index.pot"} <= {path.name for path in written}
    assert "modules/01-small-steps/first-lesson.md:" in (
        tmp_path / "pot" / f"{SMALL_PAGE}.pot"
    ).read_text(encoding="utf-8")


# Catalogs kept up to date


def test_an_update_keeps_what_is_translated_and_marks_what_changed(small: Settings) -> None:
    page = small.root / "index.md"
    page.write_text("# Small steps\n\nWelcome to you.\n\nAnd more.\n", encoding="utf-8")

    list(update(load_curriculum(small), "es"))
    with catalog_files(small.root, "es")["index"].open("rb") as file:
        found = {str(one.id): (one.string, one.fuzzy) for one in read_po(file) if one.id}

    assert found["Small steps"] == ("Small steps (es)", False)
    assert found["Welcome to you."] == ("Welcome. (es)", True)
    assert found["And more."] == ("", False)


def test_an_update_with_nothing_new_changes_no_byte(small: Settings) -> None:
    curriculum = load_curriculum(small)
    list(update(curriculum, "es"))
    before = {path: path.read_bytes() for path in catalog_files(small.root, "es").values()}

    list(update(curriculum, "es"))

    assert {path: path.read_bytes() for path in before} == before


def test_the_spanish_catalogs_have_every_message_of_their_pages(
    curriculum: Curriculum, project: Path
) -> None:
    missing = {
        domain: texts(messages(curriculum, domain)) - known(path)
        for domain, path in catalog_files(project, "es").items()
    }

    assert {domain: lost for domain, lost in missing.items() if lost} == {}, UPDATE


@pytest.mark.parametrize("language", ["en", "Spanish", "../es"])
def test_a_language_is_named_by_its_code(small: Settings, language: str) -> None:
    with pytest.raises(GroundworkError, match="not a language to translate into"):
        list(update(load_curriculum(small), language))


def test_a_page_that_is_not_in_the_book_can_not_be_begun(small: Settings) -> None:
    with pytest.raises(GroundworkError, match="no page 'modules/x'"):
        list(update(load_curriculum(small), "es", ["modules/x"]))


def test_a_broken_catalog_is_named_with_its_line(small: Settings) -> None:
    path = catalog_files(small.root, "es")["index"]
    path.write_text('msgid "One"\nmsgstr "Uno"\nnonsense here\n', encoding="utf-8")

    with pytest.raises(ContentError, match=r"index\.po:3"):
        load_catalog(small.root, "es")


# What is missing, doubtful or wrong


def test_a_missing_or_doubtful_passage_stays_english_and_is_marked(small: Settings) -> None:
    path = catalog_files(small.root, "es")["index"]
    rewrite(path, lambda text: "Dudoso" if text == "Welcome." else None, fuzzy=True)

    page = page_told("# Small steps\n\nWelcome.\n", "index", load_catalog(small.root, "es"))

    assert page == "# Small steps (es)\n\n[Welcome.]{.language-en}\n"


@pytest.mark.parametrize(
    ("message", "translation", "lost"),
    [
        ("Call {n} people.", "Llame a personas.", "{n}"),
        ("It grew. {claim}`B6`", "Creció. {claim}`B7`", "{claim}`B6`, {claim}`B7`"),
        ("He [[a|sat]].", "Él [[b|se sentó]].", "[[a, [[b"),
        ("call or text 988", "llame al 998", "988"),
        ("of 20,000 words", "de 20.000 palabras", None),
        ("in 12 days", "en doce días", None),
    ],
)
def test_what_must_stay_is_missed_in_a_translation(
    message: str, translation: str, lost: str | None
) -> None:
    assert misfit(message, translation) == lost


def test_a_translation_with_another_number_is_not_taken_and_is_an_error(
    small: Settings,
) -> None:
    (small.root / "index.md").write_text("# Small steps\n\nCall 988.\n", encoding="utf-8")
    list(update(load_curriculum(small), "es"))
    path = catalog_files(small.root, "es")["index"]
    rewrite(path, lambda text: "Llame al 998." if text == "Call 988." else None)

    report = check(load_curriculum(small), today=NOON.date())

    assert load_catalog(small.root, "es").find("Call 988.") is None
    assert any("must keep 988" in str(error) for error in report.errors)


def test_check_lists_what_waits_for_a_translator(small: Settings) -> None:
    text = "# Small steps\n\nWelcome.\n\nQuite another sentence.\n"
    (small.root / "index.md").write_text(text, encoding="utf-8")
    path = catalog_files(small.root, "es")["index"]
    rewrite(path, lambda text: "" if text == "Welcome." else None)

    notes = [one for one in check(load_curriculum(small), today=NOON.date()).notes]
    told_of = {one.path.name: one.message for one in notes if one.path.name.startswith("index")}

    assert "not translated: “Welcome.”" in told_of["index.po"]
    assert "not in the catalogs of es yet" in told_of["index.md"]


def test_a_question_is_told_whole_or_not_at_all(small: Settings) -> None:
    curriculum = load_curriculum(small)
    whole = translated(curriculum, load_catalog(small.root, "es")).practice[FIRST_CHECK]
    path = catalog_files(small.root, "es")[SMALL_PAGE]
    hidden = whole.options[0].text.removesuffix(" (es)")  # type: ignore[union-attr]
    rewrite(path, lambda text: "" if text == hidden else None)

    other = translated(curriculum, load_catalog(small.root, "es"))

    assert whole.stem.endswith(" (es)")
    assert other.practice[FIRST_CHECK] == curriculum.practice[FIRST_CHECK]
    assert FIRST_CHECK in other.in_english


# What counts is the same


def test_spanish_questions_have_the_same_keys_and_earn_the_same(
    curriculum: Curriculum, spanish: Catalog
) -> None:
    lesson = curriculum.course.lesson(LESSON.removeprefix("modules/"))
    assert lesson is not None
    other = translated(curriculum, spanish)
    for name in lesson.items:
        mine, theirs = curriculum.practice[name], other.practice[name]
        without_words = [
            {key: value for key, value in item.key().items() if key != "why"}
            for item in (mine, theirs)
        ]
        answer = right_answer(mine)
        assert mine.stem != theirs.stem
        assert without_words[0] == without_words[1]
        assert score(theirs, answer) == score(mine, answer)


def test_minutes_areas_and_ids_are_those_of_the_english(
    curriculum: Curriculum, spanish: Catalog
) -> None:
    other = translated(curriculum, spanish)

    assert other.minutes is curriculum.minutes
    assert list(other.practice) == list(curriculum.practice)
    assert list(other.facts.facts) == list(curriculum.facts.facts)
    assert other.course.modules[0].meta.title == "La arquitectura del cerebro"


def test_the_helplines_keep_their_numbers(curriculum: Curriculum, spanish: Catalog) -> None:
    facts = translated(curriculum, spanish).facts.facts
    for name, fact in curriculum.facts.facts.items():
        if name.startswith("helplines."):
            digits = [re.sub(r"\D", "", one.value) for one in (fact, facts[name])]
            assert digits[0] == digits[1]
            assert fact.value != facts[name].value
            assert (fact.checked, fact.source) == (facts[name].checked, facts[name].source)


def test_a_marked_passage_keeps_its_phrases(curriculum: Curriculum) -> None:
    item = next(one for one in curriculum.practice.values() if isinstance(one, Mark))

    assert misfit(item.passage, item.passage.replace("[[", "", 1)) is not None


# Scripts and pictures


def test_a_script_speaks_another_language_and_is_otherwise_the_same() -> None:
    script = 'export const STRINGS = {\n  key: "One {n}", "/": "Two",\n};\nconst other = "One";\n'

    spoken = script_told(script, lambda text: text.replace("One", "Uno").replace("Two", 'D"os'))

    assert texts(script_words(script)) == {"One {n}", "Two"}
    assert spoken == script.replace("One {n}", "Uno {n}").replace('"Two"', '"D\\"os"')


def test_a_figures_script_keeps_what_is_filled_in_and_no_code_comes_in() -> None:
    script = (
        'const x = { role: "group" };\nsay(`At ${age}, it grows`, "f-line f-soft", "the age");\n'
    )
    catalog = {
        "At ${age}, it grows": "A los ${age}, crece `${age}`".replace("`${age}`", "`"),
        "the age": "la edad",
    }

    spoken = figure_told(script, frozenset({"group"}), lambda text: catalog.get(text, text))
    hostile = figure_told(script, frozenset(), lambda text: "${alert(1)}")

    assert texts(figure_words(script, frozenset({"group"}))) == set(catalog)
    assert "`A los ${age}, crece \\``" in spoken
    assert 'role: "group"' in spoken
    assert "alert" not in hostile.split("say(")[1].split('"f-line')[0]


def test_a_drawing_says_its_words_and_nothing_else() -> None:
    drawing = '<svg aria-label="A &amp; B"><path d="M0 0"/><text x="1">30 y</text></svg>'

    assert picture_told(drawing, lambda text: f"<{text}>") == (
        '<svg aria-label="&lt;A &amp; B&gt;"><path d="M0 0"/><text x="1">&lt;30 y&gt;</text></svg>'
    )


def test_cells_of_a_row_that_say_the_same_are_each_told() -> None:
    row = "| a | b |\n| --- | --- |\n| Break | Break |\n"
    count = iter(range(9))

    assert "| 2 | 3 |" in told(row, lambda _: str(next(count))).replace("| 1 | 0 |", "| 2 | 3 |")
    assert len([one for one in passages(row) if one.text == "Break"]) == 2


def test_what_is_said_follows_the_language_that_is_spoken() -> None:
    catalog = Catalog("es", {"interface": {"Question {n}": "Pregunta {n}"}})
    with speaking(catalog):
        inside = filled("Question {n}", n=2), filled("{n} questions", n=2), day(NOON.date())
    assert inside == ("Pregunta 2", "2 questions", "2 nov 2026")
    assert filled("Question {n}", n=2) == "Question 2"


# The book


def test_the_spanish_pages_are_spanish_and_say_what_is_not(book: Path) -> None:
    page = (book / "es" / f"{LESSON}.html").read_text(encoding="utf-8")

    assert '<html lang="es" data-root="../../../"' in page
    assert "Cómo se construye el cerebro" in page
    assert (
        'hreflang="en" href="../../../modules/02-brain-architecture/how-brains-are-built.html"'
        in page
    )
    assert "(en inglés)" in page
    assert not re.search(r">(?:Check yourself|Key points|Next)<", page)


def test_the_way_between_languages_leads_there_and_back(book: Path) -> None:
    lesson = (book / f"{LESSON}.html").read_text(encoding="utf-8")
    other = (book / "modules" / "02-brain-architecture" / "handout.html").read_text("utf-8")
    far = (book / "modules" / "04-secure-attachment" / "index.html").read_text("utf-8")
    tongue = re.compile(r'<a class="gw-tongue" href="([^"]+)" lang="es"[^>]*>(.*?)</a>')

    assert tongue.findall(lesson) == [(f"../../es/{LESSON}.html", "Español")]
    assert tongue.findall(other) == [
        ("../../es/modules/02-brain-architecture/index.html", "Español <span>(el módulo)</span>")
    ]
    assert tongue.findall(far) == [("../../es/index.html", "Español <span>(la portada)</span>")]
    assert f'hreflang="es" href="../../es/{LESSON}.html"' in lesson


@pytest.mark.parametrize(
    ("pages", "expected"),
    [({"index", "a"}, ("a", "")), ({"index"}, ("index", "front"))],
)
def test_the_nearest_page_is_said(pages: set[str], expected: tuple[str, str]) -> None:
    assert nearest("a", None, frozenset(pages)) == expected


def test_the_spanish_quiz_page_says_that_the_questions_are_in_english(book: Path) -> None:
    page = (book / "es" / "modules" / "02-brain-architecture" / "quiz.html").read_text("utf-8")

    assert "las preguntas de este cuestionario están en inglés" in page
    assert 'href="../../../modules/02-brain-architecture/quiz.html" hreflang="en"' in page
    assert 'data-app="quiz"' not in page


def test_a_language_without_a_front_page_is_not_offered(small: Settings) -> None:
    curriculum = load_curriculum(small)
    assert [one.tag for one in offered_languages(curriculum)] == ["es"]

    shutil.rmtree(small.root / "locales" / "es" / "LC_MESSAGES" / "modules")
    assert offered_languages(curriculum)[0].pages == {"index"}

    catalog_files(small.root, "es")["index"].unlink()
    assert languages(small.root) == ["es"]
    assert offered_languages(curriculum) == []


# The portal


def test_the_portal_answers_in_the_language_of_the_page_that_asks(small: Settings) -> None:
    write_page(small.book / "es" / "index.html")
    with portal(small) as client:
        spoken = client.get("api/progress", headers={"Accept-Language": "es"}).json()
        plain = client.get("api/progress", headers={"Accept-Language": "es-MX,es;q=0.9"}).json()
        page = client.get("es/").text

    assert spoken["modules"][0]["title"].endswith(" (es)")
    assert spoken["modules"][0]["lessons"][0]["href"] == f"es/{SMALL_PAGE}.html"
    assert not plain["modules"][0]["title"].endswith(" (es)")
    assert '(es)"' in page


def test_a_chosen_language_decides_only_where_one_comes_in(small: Settings) -> None:
    write_page(small.book / "es" / "index.html")
    with portal(small) as client:
        before = client.get("", follow_redirects=False)
        client.put("api/me", json={"language": "es"})
        entered = client.get("", follow_redirects=False)
        chosen = client.get("index.html", follow_redirects=False)
        client.put("api/me", json={"language": "en"})
        back = client.get("", follow_redirects=False)

    assert (before.status_code, back.status_code) == (200, 200)
    assert (entered.status_code, entered.headers["location"]) == (307, "/es/")
    assert chosen.status_code == 200


def write_page(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('<html lang="es"><head></head><body><h1>Hola</h1></body></html>', "utf-8")


def test_english_is_what_is_written() -> None:
    assert ENGLISH.say("Anything") == "Anything"
