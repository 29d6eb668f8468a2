"""Items in GIFT, the text format that Moodle and others read.

`multiple` and `mark` keep our rule exactly: each right pick earns its share and each wrong
one costs as much, never below nothing. What GIFT cannot hold is named in the losses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .banks import Losses, asked, line, percent, phrases, reasons
from .items import (
    Estimate,
    Item,
    Mark,
    Match,
    Multiple,
    Order,
    Reflection,
    Scenario,
    Single,
    Sort,
)

SIGNS = re.compile(r"([~=#{}:\\])")
FEWEST_PARTNERS = 3

Answer = tuple[str, bool, str]
"""The words of an answer, whether it is right, and why."""


def gift(title: str, items: list[Item], losses: Losses) -> bytes:
    """Write items as GIFT under a category; `losses` hears what the format cannot hold."""
    losses.everywhere("GIFT has no place for the section to read again or for minutes")
    blocks = [f"$CATEGORY: $course$/{title.replace('/', '//')}"]
    blocks += [block for item in items if (block := _question(item, losses))]
    return ("\n\n".join(blocks) + "\n").encode()


def _question(item: Item, losses: Losses) -> str | None:
    answers = _answers(item, losses)
    if answers is None:
        return None
    if item.hint:
        losses.of(item, "GIFT has no hints; the hint is left out")
    tags = "".join(f" [tag:{tag}]" for tag in (item.objective, *item.claims))
    return (
        f"// [id:{item.id}]{tags}\n::{escaped(item.id)}::[html]{escaped(asked(item))}{{{answers}}}"
    )


def _answers(item: Item, losses: Losses) -> str | None:
    """What stands between the braces; None for an item that cannot go out."""
    match item:
        case Single():
            options = [(o.text, o.correct, o.why) for o in item.options]
            return _lines(f"{'=' if right else '~'}{_said(t, w)}" for t, right, w in options)
        case Multiple():
            return _shared([(o.text, o.correct, o.why) for o in item.options])
        case Mark():
            losses.of(item, "phrases marked in place become options under the passage")
            return _shared(phrases(item))
        case Match():
            words = {part.id: part.text for part in item.right}
            pairs = [(part.text, words[item.pairs[part.id]]) for part in item.left]
            used = set(item.pairs.values())
            spare = [("", part.text) for part in item.right if part.id not in used]
            return _pairs(item, [*pairs, *spare], losses)
        case Sort():
            names = {part.id: part.text for part in item.categories}
            losses.of(item, "sorting becomes matching of cards to categories, scored alike")
            pairs = [(card.text, names[card.category]) for card in item.cards]
            empty = names.keys() - {card.category for card in item.cards}
            spare = [("", names[name]) for name in names if name in empty]
            return _pairs(item, [*pairs, *spare], losses)
        case Order():
            losses.of(
                item,
                "putting in order becomes matching of steps to places, scored by place and not by "
                "the longest run; moodle-xml holds a real ordering question",
            )
            pairs = [(step.text, str(n)) for n, step in enumerate(item.steps, start=1)]
            return _pairs(item, pairs, losses)
        case Estimate():
            return _estimate(item, losses)
        case Reflection():
            losses.of(item, "becomes an essay, graded by hand; its rubric stands in the question")
            return ""
        case Scenario():
            losses.whole(item, "GIFT has no conversation in steps")
            return None


def _shared(answers: list[Answer]) -> str:
    """Several right answers: each right one earns its share, each wrong one costs as much."""
    share = 1 / sum(right for _, right, _ in answers)
    return _lines(
        f"~%{percent(share if right else -share)}%{_said(text, why)}"
        for text, right, why in answers
    )


def _pairs(item: Item, pairs: list[tuple[str, str]], losses: Losses) -> str:
    losses.of(item, "the reasons of single pairs stand together in the general feedback")
    if len({partner for _, partner in pairs}) < FEWEST_PARTNERS:
        losses.of(item, "Moodle's form asks for three different answers when you edit it there")
    rows = _lines(f"={escaped(line(left))} -> {escaped(line(right))}" for left, right in pairs)
    return f"{rows}####{escaped(reasons(item))}"


def _estimate(item: Estimate, losses: Losses) -> str:
    """A number with two bands: GIFT knows no slope."""
    half = (item.tolerance + item.zero_at) / 2
    losses.of(
        item,
        f"the point does not fall evenly: all of it within {item.tolerance:g}, half of it "
        f"within {half:g}, then nothing; the slider becomes a number to type",
    )
    why = escaped(line(item.why))
    return f"#\n={item.value:g}:{item.tolerance:g}#{why}\n=%50%{item.value:g}:{half:g}#{why}\n"


def _said(text: str, why: str) -> str:
    words = escaped(line(text))
    if words.startswith("%"):
        words = rf"&\#37;{words[1:]}"  # else it would be read as a weight
    return f"{words}#{escaped(line(why))}"


def _lines(rows: Iterable[str]) -> str:
    return "\n" + "\n".join(rows) + "\n"


def escaped(text: str) -> str:
    r"""Escape what GIFT reads as a sign: `~ = # { } : \`."""
    return SIGNS.sub(r"\\\1", text)
