"""Making the book again: only what changed, without a kernel, and while somebody writes."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from groundwork import watching
from groundwork.binding import configuration, sweep
from groundwork.chartcells import CODE_OF_CHARTS, as_directives, drawn, needs_no_kernel, sources
from groundwork.charts import CHARTS
from groundwork.errors import BuildError
from groundwork.making import built_from, fingerprint
from groundwork.settings import Settings
from groundwork.watching import Watcher

PAGE = """# A lesson

```{code-cell}
:tags: [remove-input]
from groundwork.charts import show
show("brain-volume")
```

After it.
"""


def test_a_chart_cell_becomes_a_directive_and_every_other_line_stays() -> None:
    lines = as_directives(PAGE).split("\n")

    assert lines[2] == "```{data-chart} brain-volume"
    assert lines.index("After it.") == PAGE.split("\n").index("After it.")
    assert "code-cell" not in as_directives(PAGE)


def test_a_kernel_is_needed_for_any_other_code() -> None:
    assert needs_no_kernel(PAGE)
    assert not needs_no_kernel(PAGE.replace('show("brain-volume")', "print(1)"))
    assert not needs_no_kernel(PAGE.replace('("brain-volume")', '("brain-volume")\nprint(1)'))


@pytest.mark.parametrize("name", sorted(CHARTS))
def test_a_chart_is_made_of_its_code_and_the_data_it_names(name: str, project: Path) -> None:
    first, *data = sources(name, project / "assets" / "figures" / "data")

    assert first == CODE_OF_CHARTS
    assert data


def test_a_chart_is_drawn_again_only_when_its_own_data_change(
    project: Path, tmp_path: Path
) -> None:
    data, kept = tmp_path / "data", tmp_path / "kept"
    shutil.copytree(project / "assets" / "figures" / "data", data)

    first = drawn("brain-volume", data, kept)
    (marked,) = kept.iterdir()
    marked.write_text("kept", encoding="utf-8")
    (data / "attachment_distribution.csv").write_text("", encoding="utf-8")
    same = drawn("brain-volume", data, kept)
    own = data / "brain_growth.csv"
    own.write_text(f"{own.read_text(encoding='utf-8')}\n", encoding="utf-8")
    again = drawn("brain-volume", data, kept)

    assert first.startswith("<figure")
    assert same == "kept"
    assert again == first
    assert len(list(kept.iterdir())) == 1


def test_the_book_is_built_by_its_own_configuration_without_the_stock_theme(project: Path) -> None:
    found = configuration(project)

    assert found["html_theme"] == "groundwork"
    assert {"myst_nb", "sphinx_external_toc", "groundwork.book"} <= set(found["extensions"])
    assert "sphinx_book_theme" not in found["extensions"]


def test_a_page_that_left_the_book_is_no_longer_served(tmp_path: Path) -> None:
    names = ["index", "modules/one/lesson", "modules/one/gone", "search"]
    for name in names:
        page = tmp_path / f"{name}.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.touch()

    sweep(tmp_path, ["index", "modules/one/lesson"])

    left = {str(page.relative_to(tmp_path)) for page in tmp_path.rglob("*.html")}
    assert left == {"index.html", "modules/one/lesson.html", "search.html"}


@pytest.fixture
def small(tmp_path: Path) -> Settings:
    """A folder with one page, as if its book was built."""
    (tmp_path / "index.md").write_text("# One", encoding="utf-8")
    settings = Settings(tmp_path, tmp_path / "data", "", "", tmp_path / "quizzes")
    settings.book.mkdir(parents=True)
    (settings.book / ".groundwork-stamp").write_text(fingerprint(settings))
    return settings


def save(small: Settings, text: str) -> None:
    """Save the page as editors do, whole at once."""
    fresh = small.book / "fresh.md"
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(small.root / "index.md")


def wait_for(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not true() and time.monotonic() < end:
        time.sleep(0.02)


def idle(_settings: Settings, **_: Any) -> subprocess.Popen[str]:
    """A build that waits, and builds nothing."""
    return subprocess.Popen(["cat"], stdin=subprocess.PIPE, text=True)


def test_what_is_saved_while_watching_begins_is_built(
    small: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[str] = []

    def then_saved(settings: Settings) -> str:
        found = built_from(settings)
        save(small, "# Saved at once")
        return found

    def finish(process: subprocess.Popen[str], _settings: Settings, now: str, **_: Any) -> None:
        process.communicate()
        built.append(now)

    for name, one in (("BEAT", 0.02), ("built_from", then_saved), ("start", idle)):
        monkeypatch.setattr(watching, name, one)
    monkeypatch.setattr(watching, "finish", finish)

    with watching.watching(small, say=print):
        wait_for(lambda: bool(built))

    assert built == [fingerprint(small)]


def test_each_change_is_built_once_and_a_failure_is_said(
    small: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[str] = []
    said: list[str] = []

    def finish(process: subprocess.Popen[str], _settings: Settings, now: str, **_: Any) -> None:
        process.communicate()
        built.append(now)
        if len(built) == 2:
            raise BuildError("index.md:1: something is wrong")

    monkeypatch.setattr(watching, "BEAT", 0.02)
    monkeypatch.setattr(watching, "start", idle)
    monkeypatch.setattr(watching, "finish", finish)

    with watching.watching(small, say=said.append):
        for number in (1, 2, 3):
            save(small, f"# {'One' * number} more")
            wait_for(lambda number=number: len(built) == number)  # type: ignore[misc]
        time.sleep(0.2)

    assert len(built) == len(set(built)) == 3
    assert said == ["index.md:1: something is wrong"]


def test_a_waiting_build_is_dismissed_when_watching_ends(
    small: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = subprocess.Popen(["cat"], stdin=subprocess.PIPE, text=True)
    monkeypatch.setattr(watching, "start", lambda *_, **__: process)
    watcher = Watcher(small, print)
    watcher.ended.set()

    watcher.watch()

    assert process.returncode == 0
