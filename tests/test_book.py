"""The built book: whole, quiet, light, and without a graded key in any byte of it."""

import gzip
import json
import re
import shutil
import subprocess
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

import groundwork
from groundwork import paper
from groundwork.book import item_data, self_check_html
from groundwork.curriculum import Curriculum, load_curriculum
from groundwork.making import fingerprint, is_stale
from groundwork.scoring import inline
from groundwork.settings import Settings
from small_portal import MODULE, small_settings

STATIC = Path(groundwork.__file__).parent / "theme" / "static"
LESSON_BUDGET = 60_000
"""Bytes of a lesson's page, style and scripts, compressed, without fonts and pictures."""

FIRST_VISIT_BUDGET = 100_000
"""The same with every font, as a first visit may need them."""


@pytest.fixture(scope="module")
def curriculum(project_settings: Settings) -> Curriculum:
    return load_curriculum(project_settings)


@pytest.fixture(scope="module")
def pages(book: Path) -> list[Path]:
    return sorted(path for path in book.rglob("*.html") if "reports" not in path.parts)


class Reader(HTMLParser):
    """Collects what a page loads, links to, names and runs."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.inline: list[str] = []
        self.headings: list[int] = []
        self.unnamed: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.ids.append(given["id"])
        if tag in ("script", "img", "iframe", "source") and given.get("src"):
            self.loads.append(given["src"])
        if tag == "link" and given.get("rel") not in ("prev", "next", "canonical", "license"):
            self.loads.append(given.get("href", ""))
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        if tag == "script" and not given.get("src") and given.get("type") != "application/json":
            self.inline.append("script")
        self.inline += [
            f"{tag} {name}" for name in given if name == "style" or name.startswith("on")
        ]
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "img" and "alt" not in given:
            self.unnamed.append(given.get("src", ""))


def read(path: Path) -> Reader:
    reader = Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    return reader


def test_no_graded_key_or_question_is_in_any_byte_of_the_book(
    book: Path, curriculum: Curriculum
) -> None:
    secrets = set()
    for quizzes in curriculum.quizzes.values():
        for form in quizzes.graded.values():
            for item in form.items:
                why = item.key()["why"]
                reasons = [why] if isinstance(why, str) else why.values()
                secrets |= {item.id, item.stem[:60], *(w[:60] for w in reasons)}
    everything = b"".join(path.read_bytes() for path in book.rglob("*") if path.is_file())
    text = everything.decode("utf-8", "replace")

    assert len(secrets) > 100
    assert not [secret for secret in secrets if secret in text]


def test_no_page_asks_another_host_for_anything(pages: list[Path], book: Path) -> None:
    loads = {load for page in pages for load in read(page).loads}
    styles = [path.read_text(encoding="utf-8") for path in book.rglob("*.css")]

    assert not [load for load in loads if re.match(r"[a-z]+:|//", load)]
    assert not [url for css in styles for url in re.findall(r"url\(['\"]?(https?:[^)]+)", css)]


def test_no_page_runs_inline_script_or_carries_inline_style(pages: list[Path]) -> None:
    assert {page.name: inline for page in pages if (inline := read(page).inline)} == {}


def test_every_file_a_page_loads_is_there(pages: list[Path]) -> None:
    missing = [
        f"{page.name}: {load}"
        for page in pages
        for load in read(page).loads
        if not (page.parent / unquote(load.split("?")[0])).resolve().is_file()
    ]

    assert not missing


def test_every_link_within_the_book_leads_somewhere(pages: list[Path], book: Path) -> None:
    ids = {page.resolve(): set(read(page).ids) for page in pages}
    broken = []
    for page in pages:
        for link in read(page).links:
            address, anchor = urldefrag(link)
            if re.match(r"[a-z]+:", address) or address.endswith("verify"):
                continue
            target = (page.parent / unquote(address)).resolve() if address else page.resolve()
            if target not in ids or (anchor and anchor not in ids[target]):
                broken.append(f"{page.relative_to(book)}: {link}")

    assert not broken


def test_every_page_has_one_title_and_no_id_twice(pages: list[Path]) -> None:
    for page in pages:
        reader = read(page)
        assert reader.headings.count(1) == 1, page
        assert len(reader.ids) == len(set(reader.ids)), page
        assert not reader.unnamed, page


def test_every_claim_stands_on_the_evidence_page_with_its_lessons(
    book: Path, curriculum: Curriculum
) -> None:
    text = (book / "evidence.html").read_text(encoding="utf-8")

    assert all(f'id="{claim.anchor}"' in text for claim in curriculum.ledger.claims)
    for lesson in curriculum.course.modules[0].lessons:
        assert lesson.href in text


def test_a_lesson_can_be_read_and_checked_without_any_script(
    book: Path, curriculum: Curriculum
) -> None:
    for lesson in curriculum.course.modules[0].lessons:
        text = (book / lesson.href).read_text(encoding="utf-8")
        assert text.count('class="gw-check-static"') == len(lesson.items)
        assert text.count("<summary>Answer and reasons</summary>") == len(lesson.items)


def lesson_weight(page: Path, book: Path) -> int:
    """Compressed bytes of a lesson's page without pictures, its style and its scripts."""
    parts = [re.sub(rb"<svg.*?</svg>", b"", page.read_bytes(), flags=re.S)]
    for load in read(page).loads:
        path = (page.parent / load.split("?")[0]).resolve()
        if path.suffix in (".css", ".js", ".webmanifest"):
            parts.append(path.read_bytes())
    parts += [(book / "_static" / "gw" / name).read_bytes() for name in ("item.js", "score.js")]
    return sum(len(gzip.compress(part, 6)) for part in parts)


def test_a_lesson_weighs_less_than_its_budget(book: Path, curriculum: Curriculum) -> None:
    fonts = sum(path.stat().st_size for path in (STATIC / "fonts").glob("*.woff2"))
    weights = {
        lesson.id: lesson_weight(book / lesson.href, book)
        for module in curriculum.course.modules
        for lesson in module.lessons
    }

    assert {name: weight for name, weight in weights.items() if weight >= LESSON_BUDGET} == {}
    assert max(weights.values()) + fonts <= FIRST_VISIT_BUDGET


def test_every_font_is_one_that_the_style_names() -> None:
    style = (STATIC / "groundwork.css").read_text(encoding="utf-8")
    fonts = {path.name for path in (STATIC / "fonts").glob("*.woff2")}

    assert set(re.findall(r"url\(fonts/([^)]+)\)", style)) == fonts


def test_nothing_is_published_that_a_page_hides(book: Path) -> None:
    assert not (book / "_sources").exists()
    assert (
        "show("
        not in (book / "modules/02-brain-architecture/how-brains-are-built.html").read_text()
    )


def test_a_built_book_is_stale_only_after_a_change(
    book: Path, project_settings: Settings, tmp_path: Path
) -> None:
    before = fingerprint(project_settings)
    root = tmp_path / "project"
    shutil.copytree(project_settings.root / "modules", root / "modules")
    copy = Settings(root, tmp_path, "", "", root / "quizzes")
    first = fingerprint(copy)
    (root / "modules" / "new.md").write_text("# New", encoding="utf-8")

    assert not is_stale(project_settings)
    assert fingerprint(project_settings) == before
    assert fingerprint(copy) != first


def test_the_book_also_builds_under_plain_current_sphinx(project: Path, tmp_path: Path) -> None:
    sphinx = project / ".venv-sphinx" / "bin" / "sphinx-build"
    if not sphinx.is_file():
        pytest.skip("no environment with current Sphinx here; make test makes one")
    command: list[str | Path] = [
        sphinx, "-b", "html", "-W", "--keep-going", "-c", project / "tests" / "sphinx",
        "-d", tmp_path / "doctrees", project, tmp_path / "html",
    ]  # fmt: skip

    done = subprocess.run(command, capture_output=True, text=True, cwd=project)

    assert done.returncode == 0, done.stderr[-3000:]
    lesson = tmp_path / "html" / "modules" / "02-brain-architecture" / "serve-and-return.html"
    assert lesson.read_text(encoding="utf-8").count("gw-check-static") == 5


QUESTIONS_MORE = 40_000
"""What a page with 20 questions may weigh more than one with none, compressed."""


def test_twenty_questions_add_little_weight(book: Path, curriculum: Curriculum) -> None:
    items = [item for item in curriculum.practice.values()][:20]
    static = book / "_static" / "gw"
    code = sum(
        len(gzip.compress((static / name).read_bytes(), 6))
        for name in ("item.js", "item.css", "score.js")
    )
    checks = "".join(
        self_check_html(curriculum, item, number=n) for n, item in enumerate(items, start=1)
    )
    printed = paper.answers_html([(item, ()) for item in items])
    page = (book / curriculum.course.modules[0].lessons[0].href).read_bytes()
    bare = re.sub(rb'<section class="gw-(check|answers)".*?</section>', b"", page, flags=re.S)

    more = len(gzip.compress(bare + checks.encode() + printed.encode(), 6)) - len(
        gzip.compress(bare, 6)
    )

    assert len(items) == 20
    assert code + more < QUESTIONS_MORE


class Shown(HTMLParser):
    """The text of a page that is not inside a script, a disclosure or the printed answers."""

    SKIPPED = ("script", "details", "style")

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kind = dict(attrs).get("class") or ""
        if tag in self.SKIPPED or "gw-answers" in kind or (tag == "section" and self.stack):
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.stack and self.stack[-1] == tag:
            self.stack.pop()

    def handle_data(self, data: str) -> None:
        if not self.stack:
            self.text.append(data)


def test_no_reason_stands_above_the_answers_at_the_end_of_a_lesson(
    book: Path, curriculum: Curriculum
) -> None:
    for module in curriculum.course.modules:
        for lesson in module.lessons:
            page = (book / lesson.href).read_text(encoding="utf-8")
            reader = Shown()
            reader.feed(page)
            shown = " ".join(reader.text)
            last = page.index('<section class="gw-answers">')
            assert last > page.rindex('<section class="gw-check"')
            for item in (curriculum.practice[name] for name in lesson.items):
                reasons = re.findall("<li>(.*?)</li>", paper.reasons_html(item))
                for row in reasons:
                    why = unescape(re.sub("<[^>]+>", "", row))[-120:]
                    assert why not in shown, f"{lesson.id}: {item.id}"
                assert (
                    not reasons
                    or f"<h3>Question {lesson.items.index(item.id) + 1}</h3>" in page[last:]
                )


def test_practice_for_the_review_page_holds_every_placed_item_and_no_other(
    book: Path, curriculum: Curriculum
) -> None:
    data = json.loads((book / "_static" / "gw" / "practice.json").read_text(encoding="utf-8"))
    placed = {
        name: lesson.id
        for module in curriculum.course.modules
        for lesson in module.lessons
        for name in lesson.items
    }

    assert {name: item["lesson"] for name, item in data.items()} == placed
    for item in data.values():
        links = [item.get("section_href"), *(s["href"] for s in item.get("sources", ()))]
        assert all((book / urldefrag(link).url).is_file() for link in links if link)


def test_review_page_is_in_the_book_and_in_its_menu(book: Path) -> None:
    text = (book / "review.html").read_text(encoding="utf-8")

    assert 'data-app="review"' in text
    assert 'aria-current="page">Review</a>' in text


def test_a_heavy_question_and_its_alternative_say_that_one_is_enough(tmp_path: Path) -> None:
    settings = small_settings(tmp_path)
    practice = settings.quizzes / MODULE / "practice.yml"
    text = practice.read_text(encoding="utf-8")
    climb = "- id: practice-climb\n"
    practice.write_text(
        text.replace(climb, f"{climb}    alternative_to: practice-feel\n"), encoding="utf-8"
    )
    curriculum = load_curriculum(settings)

    heavy, light, other = (
        self_check_html(curriculum, curriculum.practice[name], number=1)
        for name in ("practice-feel", "practice-climb", "practice-stand")
    )

    assert '<a href="second-lesson.html#check-practice-climb">another question</a>' in heavy
    assert '<a href="second-lesson.html#check-practice-feel">a heavier one</a>' in light
    assert "One of the two is enough." not in other
    assert '"alternative_to":"practice-feel"' in light


def test_an_estimate_names_the_works_its_number_comes_from(curriculum: Curriculum) -> None:
    estimates = [item for item in curriculum.practice.values() if item.type == "estimate"]

    assert estimates
    for item in estimates:
        (first, *_) = item_data(curriculum, item, root="../../")["sources"]
        assert re.search(r"\d{4}.*\([A-Z]\d+, .*evidence\)$", first["text"]), first
        assert first["href"].startswith("../../evidence.html#claim-")
        assert inline(first["text"]) in self_check_html(curriculum, item, number=1)
