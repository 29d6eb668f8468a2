"""Passages: the pieces of a page that are read, each with its place.

Each can be told in another language while everything around it stays as it was written.

A paragraph, a heading, an item of a list and a cell of a table are a passage each; so are
the title of a callout and the text alternative of a figure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from markdown_it import MarkdownIt

from .language import tidy

FENCE = re.compile(r"^(?P<fence>:{3,})(?:\{(?P<name>[a-z-]+)\}[ \t]*(?P<title>.*))?$")
PLACE = re.compile(r"^\([a-z0-9-]+\)=\s*$")
OPTION = re.compile(r"^:(?P<name>[a-z-]+):[ \t]*(?P<text>.*)$")
READ = ("live-figure",)
"""The directives between backticks whose content is read."""
READ_OPTIONS = ("alt",)


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of text and where it stands: its lines, counted from 0, and its column."""

    text: str
    start: int
    end: int
    column: int
    plain: bool = False
    """No mark-up may stand in it."""


def passages(text: str) -> list[Passage]:
    """The passages of a page, in the order of their places; front matter is none."""
    lines = text.split("\n")
    begins = _after_front_matter(lines)
    found = list(_titles(lines, begins))
    plain = [
        "" if number < begins or FENCE.match(line) or PLACE.match(line) else line
        for number, line in enumerate(lines)
    ]
    found += _within(plain, 0)
    return sorted(found, key=lambda one: (one.start, one.column))


def told(text: str, say: Callable[[Passage], str]) -> str:
    """A page with each passage replaced by what `say` makes of it."""
    lines = text.split("\n")
    for one in reversed(passages(text)):
        first, last = lines[one.start], lines[one.end - 1]
        source = one.text.split("\n")
        before = first[: one.column]
        at = one.column if len(source) == 1 else last.index(source[-1])
        after = last[at + len(source[-1]) :]
        rest = before if ">" in before else " " * len(before)
        said = say(one).split("\n")
        lines[one.start : one.end] = [
            *(f"{rest if n else before}{line}" for n, line in enumerate(said[:-1])),
            f"{rest if len(said) > 1 else before}{said[-1]}{after}",
        ]
    return "\n".join(lines)


def _after_front_matter(lines: list[str]) -> int:
    if lines[0].rstrip() != "---":
        return 0
    return next((n + 1 for n, line in enumerate(lines) if n and line.rstrip() == "---"), 0)


def _titles(lines: list[str], begins: int) -> Iterator[Passage]:
    """The titles that callouts are given."""
    for number, line in enumerate(lines[begins:], start=begins):
        found = FENCE.match(line)
        if found and found["title"] and found["title"].strip():
            title = found["title"].strip()
            yield Passage(title, number, number + 1, found.start("title"))


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table")


def _within(lines: list[str], offset: int) -> Iterator[Passage]:
    seen = (-1, 0)  # how far a line has been read: the cells of a row stand on one
    for token in _markdown().parse("\n".join(lines)):
        if token.map is None:
            continue
        start, end = token.map
        if token.type == "inline" and token.content.strip():
            text = tidy(token.content)
            first = text.split("\n")[0]
            column = lines[start].find(first, seen[1] if seen[0] == start else 0)
            if column >= 0:
                seen = (start, column + len(first))
                end = min(end, start + text.count("\n") + 1)
                yield Passage(text, start + offset, end + offset, column)
        elif token.type == "fence" and _name(token.info) in READ:
            yield from _figure(lines[start + 1 : end - 1], offset + start + 1)


def _figure(lines: list[str], offset: int) -> Iterator[Passage]:
    """The text alternative of a figure, and its caption."""
    options = [OPTION.match(line) for line in lines]
    for number, option in enumerate(options, start=offset):
        if option and option["name"] in READ_OPTIONS and option["text"].strip():
            text = option["text"].strip()
            yield Passage(text, number, number + 1, option.start("text"), plain=True)
    yield from _within(
        ["" if option else line for line, option in zip(lines, options, strict=True)], offset
    )


def _name(info: str) -> str:
    return info.strip().partition("}")[0].removeprefix("{")
