"""`groundwork check` holds every file against the others and names the place of each mistake."""

import datetime as dt
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from groundwork.check import check
from groundwork.cli import app
from groundwork.curriculum import load_curriculum
from groundwork.errors import ContentError, ContentErrors
from groundwork.settings import read_settings

PROJECT = Path(__file__).parents[1]
CASES = json.loads((Path(__file__).parent / "cases" / "check.json").read_text(encoding="utf-8"))
TODAY = dt.date(2026, 11, 25)


@pytest.fixture(scope="session")
def content(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project's content, read-only by agreement."""
    root = tmp_path_factory.mktemp("content")
    for name in ("modules", "quizzes", "assets"):
        shutil.copytree(PROJECT / name, root / name)
    shutil.copy(PROJECT / "_toc.yml", root)
    return root


def messages(root: Path, level: str = "errors") -> list[str]:
    """Everything a check finds at one level, paths relative to the project."""
    try:
        curriculum = load_curriculum(read_settings({"GROUNDWORK_ROOT": str(root)}))
        found = list(getattr(check(curriculum, today=TODAY), level))
    except ContentErrors as errors:
        found = errors.errors
    except ContentError as error:
        found = [error]
    return [str(error).replace(f"{root}/", "") for error in found]


def test_the_project_has_no_mistake_and_no_advice_left() -> None:
    curriculum = load_curriculum(read_settings({"GROUNDWORK_ROOT": str(PROJECT)}))

    report = check(curriculum, today=TODAY)

    assert not report.errors
    assert not report.warnings


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_mistake_is_named_with_its_place(case: dict[str, Any], content: Path) -> None:
    path = content / case["file"]
    before = path.read_text(encoding="utf-8")
    assert case["old"] in before
    try:
        path.write_text(
            before.replace(case["old"], case["new"], -1 if case.get("all") else 1),
            encoding="utf-8",
        )
        found = messages(content, case.get("level", "errors"))
    finally:
        path.write_text(before, encoding="utf-8")

    telling = [message for message in found if case["says"] in message]
    assert telling
    assert all(re.match(r"[\w./-]+:\d+: ", message) for message in telling)


def test_a_module_is_noted_until_somebody_signs_off_its_last_change(content: Path) -> None:
    path = content / "modules" / "02-brain-architecture" / "module.yml"
    before = path.read_text(encoding="utf-8")
    unsigned = "nobody has signed off module 02-brain-architecture since its change of 2026-11-25"
    review = 'reviewed: [{by: A Reader, role: reviewer, "on": 2026-11-%d}]'
    noted = {}
    try:
        for day in (24, 25):
            path.write_text(before.replace("reviewed: []", review % day), encoding="utf-8")
            noted[day] = any(unsigned in message for message in messages(content, "notes"))
    finally:
        path.write_text(before, encoding="utf-8")

    assert any(unsigned in message for message in messages(content, "notes"))
    assert noted == {24: True, 25: False}


def test_an_overdue_fact_is_advice_on_the_day_after() -> None:
    curriculum = load_curriculum(read_settings({"GROUNDWORK_ROOT": str(PROJECT)}))
    latest = max(fact.review_by for fact in curriculum.facts.facts.values())

    report = check(curriculum, today=latest + dt.timedelta(days=1))

    assert len(report.warnings) >= len(curriculum.facts.facts)
    assert "was to be checked again by" in report.warnings[0].message


def test_the_command_prints_notes_apart_from_advice(
    content: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROUNDWORK_ROOT", str(content))

    ran = CliRunner().invoke(app, ["check"])

    assert ran.exit_code == 0
    assert "modules/02-brain-architecture/module.yml:5: note: nobody has signed off" in ran.stdout
    assert re.search(r"no errors, 0 warnings, \d+ notes$", ran.stdout.strip())
