"""YAML content files, read so that every value still knows its line.

One definition (a pydantic model) gives the checks, the places and a JSON Schema.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import (
    AllowInfNan,
    BaseModel,
    ConfigDict,
    Strict,
    StringConstraints,
    ValidationError,
)
from yaml.composer import Composer

from .errors import ContentError, ContentErrors

MOST_BYTES = 1_000_000
MOST_DEPTH = 20

Location = tuple[str | int, ...]
Model = TypeVar("Model", bound="Content")


Flag = Annotated[bool, Strict()]
Number = Annotated[float, Strict(), AllowInfNan(False)]
Whole = Annotated[int, Strict()]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Content(BaseModel):
    """Base of everything an author writes: frozen, and no unknown key."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Source:
    """The data of one YAML text and the line of each value in it."""

    path: Path
    data: Any
    lines: dict[Location, int]

    def line(self, at: Location) -> int:
        """Return the line of a value, or of the nearest thing around it."""
        while at and at not in self.lines:
            at = at[:-1]
        return self.lines.get(at, 1)

    def error(self, message: str, at: Location = ()) -> ContentError:
        """Return an error that names the line of a value in this file."""
        return ContentError(message, path=self.path, line=self.line(at))


def read_yaml(path: Path) -> Source:
    """Read one YAML file; raise `ContentError` at the line that cannot be read."""
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise ContentError(
                f"the file has {size:,} bytes; at most {MOST_BYTES:,} are read, so split it",
                path=path,
            )
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ContentError("the file is not UTF-8 text; save it as UTF-8", path=path) from error
    except OSError as error:
        raise ContentError(f"the file cannot be read ({error.strerror})", path=path) from error
    return parse_yaml(text, path=path)


def parse_yaml(text: str, *, path: Path, first_line: int = 1) -> Source:
    """Parse YAML text that starts on `first_line` of `path`."""
    offset = first_line - 1
    try:
        node = _compose(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = (mark.line + 1 if mark else 1) + offset
        raise ContentError(_yaml_problem(error), path=path, line=line) from error
    except yaml.YAMLError as error:
        raise ContentError(f"not readable as YAML: {error}", path=path) from error
    if node is None:
        raise ContentError("the file is empty", path=path)
    reader = _Reader(path, offset)
    data = reader.value(node, ())
    return Source(path=path, data=data, lines=reader.lines)


def _compose(text: str) -> yaml.Node | None:
    """Compose YAML by libyaml where it is; what it refuses, PyYAML's own parser puts in words."""
    if yaml.__with_libyaml__:
        with suppress(yaml.YAMLError):
            return yaml.compose(text, Loader=_QuickNoAliases)
    return yaml.compose(text, Loader=_NoAliases)


class _OnceOnly(Composer):
    """YAML without anchors and aliases, which can make a small file enormous."""

    def compose_node(self, parent: Any, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[attr-defined]  # a parser's, beside this
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise yaml.MarkedYAMLError(
                problem="anchors (&) and aliases (*) are not used here; "
                "write the value out, or quote text that starts with & or *",
                problem_mark=event.start_mark,
            )
        node: yaml.Node | None = super().compose_node(parent, index)
        return node


class _NoAliases(_OnceOnly, yaml.SafeLoader):
    """Read by PyYAML's own parser, which says in words what it refuses."""


class _QuickNoAliases(_OnceOnly, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Read by libyaml, seven times as fast."""

    def __init__(self, text: str) -> None:
        Composer.__init__(self)
        yaml.CSafeLoader.__init__(self, text)


class _Reader:
    """Turns YAML nodes into plain data and notes the line of each."""

    def __init__(self, path: Path, offset: int) -> None:
        self.path = path
        self.offset = offset
        self.lines: dict[Location, int] = {}
        self.scalars = yaml.SafeLoader("")

    def value(self, node: yaml.Node, at: Location) -> Any:
        line = node.start_mark.line + 1 + self.offset
        self.lines.setdefault(at, line)
        if len(at) > MOST_DEPTH:
            raise ContentError("nested too deeply", path=self.path, line=line)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, at)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, (*at, i)) for i, child in enumerate(node.value)]
        return self._scalar(node, line)

    def _mapping(self, node: yaml.MappingNode, at: Location) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, child in node.value:
            line = key_node.start_mark.line + 1 + self.offset
            key = self._scalar(key_node, line)
            if not isinstance(key, str):
                raise ContentError(
                    f"the key {key_node.value!r} is read as {type(key).__name__}; put it in quotes",
                    path=self.path,
                    line=line,
                )
            if key in result:
                raise ContentError(
                    f"the key {key!r} stands here twice; keep one", path=self.path, line=line
                )
            self.lines[(*at, key)] = line
            result[key] = self.value(child, (*at, key))
        return result

    def _scalar(self, node: yaml.Node, line: int) -> Hashable:
        try:
            value: Hashable = self.scalars.construct_object(node)
        except (yaml.YAMLError, ValueError) as error:
            raise ContentError(f"not readable: {error}", path=self.path, line=line) from error
        return value


def load(model: type[Model], source: Source, *, at: Location = (), data: Any = None) -> Model:
    """Check a source (or the part of it at `at`) against a model.

    Raise `ContentErrors` with one line for each thing that is wrong.
    """
    try:
        return model.model_validate(source.data if data is None else data)
    except ValidationError as error:
        problems = [
            source.error(_problem(detail, within), (*at, *within))
            for detail in error.errors(include_url=False)
            for within in [_within(source, at, detail["loc"])]
        ]
        raise ContentErrors(problems) from error


def _within(source: Source, at: Location, loc: Location) -> Location:
    """Drop the steps of a pydantic location that name a type, not a key of the file."""
    kept: Location = ()
    for step in loc:
        if (*at, *kept, step) in source.lines:
            kept = (*kept, step)
    return kept


def _problem(detail: Any, within: Location) -> str:
    """Say one pydantic error so that an author knows the mend."""
    name = ".".join(step for step in within if isinstance(step, str)) or "the file"
    leaf = str(detail["loc"][-1]) if detail["loc"] else "the file"
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return f"unknown key {leaf!r}; remove it or correct its spelling"
    if kind == "missing":
        return f"missing {leaf!r}; add it"
    if kind in ("model_type", "dict_type", "model_attributes_type"):
        return f"{name} must be a mapping (key: value), not {_kind(detail['input'])}"
    if kind in ("list_type", "tuple_type"):
        return f"{name} must be a list, not {_kind(detail['input'])}"
    if kind == "string_type":
        return (
            f"{name} must be text, but YAML reads {detail['input']!r} as "
            f"{_kind(detail['input'])}; put it in quotes"
        )
    if kind == "union_tag_invalid":
        return f"{context.get('tag')!r} is not a type of item; use {context.get('expected_tags')}"
    if kind == "union_tag_not_found":
        return "missing 'type'; say which type of item this is"
    if kind == "value_error":
        return str(context.get("error", detail["msg"]))
    return f"{name}: {detail['msg'][0].lower()}{detail['msg'][1:]}"


def _kind(value: object) -> str:
    names = {dict: "a mapping", list: "a list", str: "text", bool: "true or false"}
    if value is None:
        return "empty"
    return names.get(type(value), f"a {type(value).__name__}")


def _yaml_problem(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or "not readable as YAML"
    if "'\\t'" in problem:
        return "a tab stands where YAML needs spaces; indent with spaces"
    return problem


def first_repeated(values: Sequence[str]) -> str | None:
    """Return the first value that stands twice in a sequence, or None."""
    seen: set[str] = set()
    for value in values:
        if value in seen:
            return value
        seen.add(value)
    return None


def front_matter(path: Path) -> tuple[Source | None, str, int]:
    """Return a Markdown file's front matter, its body, and the line the body starts on."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ContentError(f"the file cannot be read ({error})", path=path) from error
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return None, text, 1
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() == "---":
            head = "\n".join(lines[1:number])
            body = "\n".join(lines[number + 1 :])
            return parse_yaml(head, path=path, first_line=2), body, number + 2
    raise ContentError("the front matter is not closed with a line of ---", path=path)


def walk(value: Any) -> Iterator[Any]:
    """Yield every value inside plain data, the containers too."""
    yield value
    if isinstance(value, dict):
        for child in value.values():
            yield from walk(child)
    elif isinstance(value, list):
        for child in value:
            yield from walk(child)
