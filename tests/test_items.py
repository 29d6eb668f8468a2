"""A quiz file says what it means, or says where it does not."""

import json
from pathlib import Path
from typing import Any

import pytest

from groundwork.errors import ContentError, ContentErrors
from groundwork.items import SCORED, Item, Order, load_form
from groundwork.settings import read_settings
from groundwork.source import MOST_BYTES

CASES = Path(__file__).parent / "cases" / "items"
PROJECT = Path(__file__).parents[1]
QUIZ_FILES = sorted((PROJECT / "quizzes").glob("*/*.yml"))
KEY_WORDS = {
    "correct", "why", "pairs", "category", "value", "tolerance", "zero_at", "recommended", "order",
}  # fmt: skip


@pytest.mark.parametrize("path", sorted(CASES.glob("good/*.yml")), ids=lambda p: p.stem)
def test_good_file_loads(path: Path) -> None:
    assert load_form(path).items


@pytest.mark.parametrize("path", sorted(CASES.glob("bad/*.yml")), ids=lambda p: p.stem)
def test_bad_file_says_what_and_where(path: Path) -> None:
    expected = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")

    with pytest.raises((ContentError, ContentErrors)) as error:
        load_form(path)

    assert str(error.value).splitlines()[0] == f"{path}:{expected}"


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.yml"
    path.write_bytes(b"#" * (10 * MOST_BYTES))

    with pytest.raises(ContentError, match="at most 1,000,000 are read"):
        load_form(path)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "picture.yml"
    path.write_bytes(b"\x89PNG\xff\xfe")

    with pytest.raises(ContentError, match="not UTF-8"):
        load_form(path)


def test_every_mistake_of_a_file_is_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "two.yml"
    path.write_text(
        "items:\n  - id: q\n    type: single\n    stem: s\n    extra: 1\n    options: 3\n"
    )

    with pytest.raises(ContentErrors) as error:
        load_form(path)

    assert len(error.value.errors) == 3


def keys_of(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | set().union(*map(keys_of, value.values()), set())
    if isinstance(value, list):
        return set().union(*map(keys_of, value), set())
    return set()


def project_items() -> list[Item]:
    return [item for path in QUIZ_FILES for item in load_form(path).items]


@pytest.mark.parametrize("item", project_items(), ids=lambda item: item.id)
def test_what_is_shown_before_answering_holds_no_key(item: Item) -> None:
    assert not keys_of(item.shown()) & KEY_WORDS


@pytest.mark.parametrize("item", project_items(), ids=lambda item: item.id)
def test_what_is_shown_does_not_depend_on_the_written_order(item: Item) -> None:
    if not isinstance(item, SCORED):
        return
    turned = item.model_copy(
        update={
            name: tuple(reversed(getattr(item, name)))
            for name in ("options", "left", "right", "cards")
            if hasattr(item, name) and isinstance(getattr(item, name), tuple)
        }
    )

    assert turned.shown() == item.shown()


def test_an_order_is_never_shown_in_the_right_order() -> None:
    orders = [item for item in project_items() if isinstance(item, Order)]

    shown = [[step["id"] for step in item.shown()["steps"]] for item in orders]

    assert orders
    assert all(ids != [s.id for s in item.steps] for ids, item in zip(shown, orders, strict=True))


def test_the_version_of_a_form_changes_with_its_words_and_not_with_its_key(tmp_path: Path) -> None:
    text = (CASES / "good" / "single.yml").read_text(encoding="utf-8")
    versions = []
    for name, changed in {
        "same": text,
        "why": text.replace("Because not.", "Because it is so."),
        "stem": text.replace("What now?", "And now?"),
    }.items():
        path = tmp_path / f"{name}.yml"
        path.write_text(changed, encoding="utf-8")
        versions.append(load_form(path).version)

    assert versions[0] == versions[1] != versions[2]


def test_settings_name_the_missing_project(tmp_path: Path) -> None:
    settings = read_settings({"GROUNDWORK_ROOT": str(tmp_path)})

    assert settings.quizzes == tmp_path / "quizzes"
    assert json.dumps(str(settings.data))
