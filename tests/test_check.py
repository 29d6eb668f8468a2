"""`groundwork check` holds every file against the others and names the place of each mistake."""

import datetime as dt
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from groundwork.check import check
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


def messages(root: Path) -> list[str]:
    """Everything a check finds, errors only, paths relative to the project."""
    try:
        curriculum = load_curriculum(read_settings({"GROUNDWORK_ROOT": str(root)}))
        found = list(check(curriculum, today=TODAY).errors)
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
        found = messages(content)
    finally:
        path.write_text(before, encoding="utf-8")

    telling = [message for message in found if case["says"] in message]
    assert telling
    assert all(re.match(r"[\w./-]+:\d+: ", message) for message in telling)


def test_an_overdue_fact_is_advice_on_the_day_after() -> None:
    curriculum = load_curriculum(read_settings({"GROUNDWORK_ROOT": str(PROJECT)}))
    latest = max(fact.review_by for fact in curriculum.facts.facts.values())

    report = check(curriculum, today=latest + dt.timedelta(days=1))

    assert len(report.warnings) >= len(curriculum.facts.facts)
    assert "was to be checked again by" in report.warnings[0].message
