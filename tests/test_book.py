"""The built book: whole, quiet, light, and without a graded key in any byte of it."""

import gzip
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

from groundwork.curriculum import Curriculum, load_curriculum
from groundwork.making import fingerprint, is_stale
from groundwork.settings import Settings

LESSON_BUDGET = 60_000
"""Bytes of a lesson's page, style and scripts, compressed, without fonts and pictures."""


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
                secrets |= {item.id, item.stem[:60], *(w[:60] for w in why.values())}
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


def test_a_lesson_weighs_less_than_its_budget(book: Path, curriculum: Curriculum) -> None:
    for lesson in curriculum.course.modules[0].lessons:
        page = book / lesson.href
        parts = [page.read_bytes()]
        for load in read(page).loads:
            path = (page.parent / load.split("?")[0]).resolve()
            if path.suffix in (".css", ".js"):
                parts.append(path.read_bytes())
        parts += [(book / "_static" / "gw" / name).read_bytes() for name in ("item.js", "score.js")]
        text = re.sub(rb"<svg.*?</svg>", b"", parts[0], flags=re.S)
        weight = sum(len(gzip.compress(part, 6)) for part in [text, *parts[1:]])
        assert weight < LESSON_BUDGET, f"{lesson.id}: {weight}"


def test_search_finds_words_of_lessons_and_questions(book: Path) -> None:
    index = (book / "searchindex.js").read_text(encoding="utf-8")
    terms = json.loads(index.removeprefix("Search.setIndex(").removesuffix(")"))["terms"]

    assert {"synaps", "cortisol", "serv"} <= set(terms)


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
