"""The published schemas say of a file what the program says of it."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from groundwork.schemas import FILES, write_schemas

PROJECT = Path(__file__).parents[1]
PUBLISHED = PROJECT / "docs" / "schema"
ITEMS = Path(__file__).parent / "cases" / "items" / "bad"
SEEN_BY_A_SCHEMA = ("list-at-the-top", "missing-why", "unknown-key", "unknown-type")


def validator(name: str) -> Draft202012Validator:
    """The published schema of a kind of file, ready to judge one."""
    return Draft202012Validator(json.loads((PUBLISHED / f"{name}.json").read_text("utf-8")))


class AsAnEditorReads(yaml.SafeLoader):
    """YAML whose dates stay text, as JSON has no dates."""


AsAnEditorReads.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if tag != "tag:yaml.org,2002:timestamp"]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read(text: str) -> Any:
    return yaml.load(text, AsAnEditorReads)  # noqa: S506  # a safe loader, but for dates


def content() -> list[tuple[str, Path]]:
    """Each content file of the project and the name of its schema."""
    files = [("items", path) for path in PROJECT.glob("quizzes/*/*.yml")]
    files += [("module", path) for path in PROJECT.glob("modules/*/module.yml")]
    files += [("claims", PROJECT / "assets" / "evidence" / "claims.yml")]
    files += [("glossary", PROJECT / "assets" / "glossary.yml")]
    for path in PROJECT.glob("assets/facts/*.yml"):
        files.append((path.stem if path.stem in FILES else "facts", path))
    return files


def test_the_published_schemas_are_fresh(tmp_path: Path) -> None:
    written = {path.name: path.read_text("utf-8") for path in write_schemas(tmp_path)}

    assert {path.name: path.read_text("utf-8") for path in PUBLISHED.iterdir()} == written


@pytest.mark.parametrize("name", FILES)
def test_each_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema(json.loads((PUBLISHED / f"{name}.json").read_text("utf-8")))


@pytest.mark.parametrize(
    ("name", "path"),
    content(),
    ids=lambda v: v if isinstance(v, str) else f"{v.parent.name}-{v.stem}",
)
def test_what_the_program_reads_the_schema_allows(name: str, path: Path) -> None:
    assert validator(name).is_valid(read(path.read_text(encoding="utf-8")))


def test_the_front_matter_of_a_lesson_is_allowed() -> None:
    text = (PROJECT / "modules" / "02-brain-architecture" / "serve-and-return.md").read_text(
        "utf-8"
    )

    assert validator("lesson").is_valid(read(text.split("---\n")[1]))


@pytest.mark.parametrize("stem", SEEN_BY_A_SCHEMA)
def test_a_mistake_of_form_is_a_mistake_to_the_schema(stem: str) -> None:
    assert not validator("items").is_valid(read((ITEMS / f"{stem}.yml").read_text("utf-8")))
