"""The words in pictures and scripts, found without anything being marked for it.

In a drawing (SVG) or a chart (HTML) they are what stands between two tags, and its labels.
In a script they are the strings of its `STRINGS`; in the script of a figure, whose words
stand among its lines and dots, every string that reads like words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path

BETWEEN_TAGS = re.compile(r"(?<=>)[^<>]*(?:[^\W\d_]{2}|\d [a-z]\b)[^<>]*(?=<)")
LABEL = re.compile(r'(?<=\baria-label=")[^"]+(?=")')
SOURCE_KEY = re.compile(r"[a-z]+\d{4}[a-z]?")
"""The name of a work, as in a chart's table; it names the same in every language."""

STRINGS = re.compile(
    r"^(?:export |  )?const (?:STRINGS|WORDS) = \{$(?P<inside>.*?)^ *\};$", re.M | re.S
)
LITERAL = re.compile(r'"(?:[^"\\\n]|\\.)*"')
KEY_FOLLOWS = re.compile(r"\s*:")
TEMPLATE = re.compile(r"`(?:[^`\\]|\\.)*`")
HOLE = re.compile(r"\$\{[^{}]*\}")
SETTING = re.compile(r"\b(?:role|type|key|kind|id|class|className): *$")
"""What stands before a string that is for the program, whatever it reads like."""
COMMENT = re.compile(r"/\*.*?\*/|^import [^\n]*|(?<=\s)//[^\n]*", re.M | re.S)
WORDS = re.compile(r"[^\W\d_]{3,}")
CODE = re.compile(r"=>|\b[fg]w?-[a-z]|://|^&|^\w+\(|\)\s*\w+\(|^[./#]|^[a-z]+[A-Z]|^[a-z]+:[a-z]+$")
NAMES = re.compile(r"^[a-z]+(?:-[a-z]+)*$")


@dataclass(frozen=True, slots=True)
class Spoken:
    """Words in a file that is not prose, and where they stand in it."""

    text: str
    start: int
    end: int


def picture_words(html: str) -> list[Spoken]:
    """The words of a drawing or a chart."""
    found = [*BETWEEN_TAGS.finditer(html), *LABEL.finditer(html)]
    return [
        Spoken(text, one.start(), one.end())
        for one in sorted(found, key=lambda one: one.start())
        if not SOURCE_KEY.fullmatch(text := " ".join(unescape(one[0]).split()))
    ]


def picture_told(html: str, say: Callable[[str], str]) -> str:
    """A drawing or chart with its words said by `say`."""
    return _replaced(html, picture_words(html), lambda text: escape(say(text)))


def script_words(script: str) -> list[Spoken]:
    """The strings of a script's `STRINGS`."""
    found = STRINGS.search(script)
    if not found:
        return []
    inside = _literals(script, found.start("inside"), found.end("inside"))
    return [one for one in inside if not KEY_FOLLOWS.match(script, one.end)]


def script_told(script: str, say: Callable[[str], str]) -> str:
    """A script whose `STRINGS` are said by `say`."""
    return _replaced(script, script_words(script), lambda text: _literal(_spaced(text, say)))


def drawn_words(script: Path) -> frozenset[str]:
    """The words in the drawing of a figure's script; in any drawing, for what scripts share."""
    own = script.with_suffix(".svg")
    drawings = [own] if own.is_file() else sorted(script.parent.glob("*.svg"))
    words = (picture_words(path.read_text(encoding="utf-8")) for path in drawings)
    return frozenset(one.text for found in words for one in found)


def figure_words(script: str, drawn: frozenset[str]) -> list[Spoken]:
    """The strings of a figure's script that read like words, or stand in its drawing."""
    code = COMMENT.sub(lambda one: " " * len(one[0]), script)
    found = [*_literals(code, 0, len(code)), *_templates(code)]
    return [
        one
        for one in sorted(found, key=lambda one: one.start)
        if (one.text in drawn or _reads_like_words(one.text))
        and not SETTING.search(code, max(0, one.start - 20), one.start)
    ]


def figure_told(script: str, drawn: frozenset[str], say: Callable[[str], str]) -> str:
    """A figure's script with its words said by `say`.

    What a template fills in must be the same; a translation that changes it is not taken.
    """

    def told(text: str) -> str:
        said = _spaced(text, say)
        if sorted(HOLE.findall(said)) != sorted(HOLE.findall(text)):
            said = text
        if "${" not in text:
            return _literal(said)
        outside = HOLE.split(said)
        safe = [
            part.replace("\\", "\\\\").replace("`", "\\`").replace("$", "\\$") for part in outside
        ]
        holes = [*HOLE.findall(said), ""]
        return "`" + "".join(part + hole for part, hole in zip(safe, holes, strict=True)) + "`"

    return _replaced(script, figure_words(script, drawn), told)


def _reads_like_words(text: str) -> bool:
    bare = HOLE.sub("0", text)
    if CODE.search(bare) or not WORDS.search(bare):
        return False
    return not NAMES.fullmatch(bare) and bare != "use strict"


def _literals(code: str, start: int, end: int) -> Iterator[Spoken]:
    for one in LITERAL.finditer(code, start, end):
        text = json.loads(one[0])
        if text.strip():
            yield Spoken(text, one.start(), one.end())


def _templates(code: str) -> Iterator[Spoken]:
    for one in TEMPLATE.finditer(code):
        if "${" in one[0] and "\n" not in one[0] and "`" not in one[0][1:-1]:
            yield Spoken(one[0][1:-1], one.start(), one.end())


def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _replaced(text: str, places: list[Spoken], told: Callable[[str], str]) -> str:
    for one in reversed(places):
        text = text[: one.start] + told(one.text) + text[one.end :]
    return text


def _spaced(text: str, say: Callable[[str], str]) -> str:
    """What `say` makes of words, between the spaces that they stood between."""
    bare = text.strip()
    before, _, after = text.partition(bare)
    return f"{before}{say(bare)}{after}"
