"""Scoring: what an answer earns and what a learner may be told about it.

`widgets/score.js` repeats the rules for pages without a server;
`tests/cases/scoring.json` holds both to the same answers.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

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
from .language import filled
from .language import gettext as _

EPSILON = 1e-9

RULES = {
    "single": "One point for the right option.",
    "multiple": "Each right pick adds to the point, each wrong pick takes away as much.",
    "match": "The point is shared among the pairs; each right pair earns its share.",
    "order": "The longer the run of steps in the right order, the more of the point.",
    "sort": "The point is shared among the cards; each right card earns its share.",
    "mark": "Each right phrase adds to the point, each wrong one takes away as much.",
    "estimate": "The full point near the value, less the farther away.",
    "scenario": "For practice: explained, not scored.",
    "reflection": "Read by a person, or by yourself in self-study: complete or not yet.",
}


@dataclass(frozen=True, slots=True)
class Result:
    """What an answer earned (0 to 1), which parts were right, and what did not fit."""

    score: float
    parts: Mapping[str, bool] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def _refused(*problems: str) -> Result:
    return Result(0.0, problems=problems)


def score(item: Item, answer: Any) -> Result:
    """Score an answer by the rule of the item's type; no answer (None) earns 0.

    Whatever does not fit (wrong type, unknown or repeated ids, NaN) earns 0 and is
    named in the result, never raised: a learner's file may hold anything.
    """
    if answer is None or isinstance(item, Scenario | Reflection):
        return Result(0.0)
    match item:
        case Single():
            return _single(item, answer)
        case Multiple():
            return _picked(answer, [o.id for o in item.options], item.right())
        case Mark():
            return _picked(answer, [p.id for p in item.phrases], item.right())
        case Match():
            return _mapped(answer, item.pairs, [part.id for part in item.right])
        case Sort():
            wanted = {card.id: card.category for card in item.cards}
            return _mapped(answer, wanted, [part.id for part in item.categories])
        case Order():
            return _ordered(answer, [step.id for step in item.steps])
        case Estimate():
            return _estimated(item, answer)


def passed(total: float, *, maximum: float, share: float) -> bool:
    """Whether a total reaches its share of the maximum, rounding errors forgiven."""
    return total >= share * maximum - EPSILON


def _single(item: Single, answer: Any) -> Result:
    if not isinstance(answer, str):
        return _refused("the answer is not the id of an option")
    if answer not in {option.id for option in item.options}:
        return _refused(f"unknown option {_short(answer)}")
    return Result(float(answer in item.right()), {answer: answer in item.right()})


def _picked(answer: Any, known: Sequence[str], right: frozenset[str]) -> Result:
    problem = _list_problem(answer, known)
    if problem:
        return _refused(problem)
    hits = sum(1 if pick in right else -1 for pick in answer)
    parts = {pick: pick in right for pick in answer}
    return Result(max(0.0, hits / len(right)), parts)


def _mapped(answer: Any, wanted: Mapping[str, str], targets: Collection[str]) -> Result:
    if not isinstance(answer, dict):
        return _refused("the answer is not a map from id to id")
    unknown = [key for key in answer if key not in wanted]
    unknown += [
        value for value in answer.values() if not isinstance(value, str) or value not in targets
    ]
    if unknown:
        return _refused(f"unknown id {_short(unknown[0])}")
    parts = {key: value == wanted[key] for key, value in answer.items()}
    return Result(sum(parts.values()) / len(wanted), parts)


def _ordered(answer: Any, wanted: Sequence[str]) -> Result:
    problem = _list_problem(answer, wanted)
    if problem:
        return _refused(problem)
    places = [wanted.index(step) for step in answer]
    run = longest_run(places)
    kept = set(run)
    parts = {step: place in kept for step, place in zip(answer, places, strict=True)}
    return Result(max(0.0, (len(run) - 1) / (len(wanted) - 1)), parts)


def longest_run(places: Sequence[int]) -> list[int]:
    """Return the longest increasing subsequence (Schensted 1961, patience sorting)."""
    tails: list[int] = []
    before: dict[int, int | None] = {}
    for place in places:
        at = bisect_left(tails, place)
        before[place] = tails[at - 1] if at else None
        tails[at : at + 1] = [place]
    run: list[int] = []
    step: int | None = tails[-1] if tails else None
    while step is not None:
        run.append(step)
        step = before[step]
    return run[::-1]


def _estimated(item: Estimate, answer: Any) -> Result:
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        return _refused("the answer is not a number")
    try:
        off = abs(float(answer) - item.value)
    except OverflowError:
        off = math.inf
    if not math.isfinite(off):
        return _refused("the answer is not a finite number")
    if off <= item.tolerance:
        return Result(1.0)
    slope = (item.zero_at - off) / (item.zero_at - item.tolerance)
    return Result(max(0.0, slope))


def _list_problem(answer: Any, known: Collection[str]) -> str | None:
    if not isinstance(answer, list):
        return "the answer is not a list of ids"
    if len(answer) > len(known):
        return f"the answer names {len(answer)} ids; there are {len(known)}"
    seen: set[str] = set()
    for pick in answer:
        if not isinstance(pick, str) or pick not in known:
            return f"unknown id {_short(pick)}"
        if pick in seen:
            return f"the id {_short(pick)} stands twice"
        seen.add(pick)
    return None


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def feedback_html(item: Item, answer: Any, *, reveal: bool, reread: str | None = None) -> str:
    """Return what a learner is told about one graded answer, as escaped HTML.

    Until the quiz is passed (`reveal` false) that is whether it was right, the reason
    of each option they chose, and the section to read again (a link in `reread`);
    after passing it is everything.
    """
    result = score(item, answer)
    lines = [f"<p><strong>{_verdict(result.score)}</strong></p>"]
    lines += [
        f"<p>{filled('This answer could not be read: {problem}.', problem=escape(p))}</p>"
        for p in result.problems
    ]
    lines += _all_reasons(item) if reveal else _chosen_reasons(item, answer)
    if reread and result.score < 1 - EPSILON:
        lines.append(f'<p><a href="{escape(reread)}">{_("Read this part again")}</a></p>')
    return "".join(lines)


def _verdict(earned: float) -> str:
    if earned >= 1 - EPSILON:
        return _("Right.")
    if earned <= EPSILON:
        return _("Not yet.")
    return filled("Partly right: {share} of the point.", share=f"{earned:.0%}")


def _chosen_reasons(item: Item, answer: Any) -> list[str]:
    """The reasons of chosen options; other types would give their key away."""
    if not isinstance(item, Single | Multiple):
        return []
    picks = answer if isinstance(answer, list) else [answer]
    chosen = [o for o in item.options if any(o.id == pick for pick in picks)]
    return [f"<p><em>{inline(o.text)}</em> {inline(o.why)}</p>" for o in chosen]


def _all_reasons(item: Item) -> list[str]:
    rows = "".join(f"<li>{row}</li>" for row in answer_rows(item))
    return [f"<ul>{rows}</ul>"]


@dataclass(frozen=True, slots=True)
class Told:
    """One part of an item: its words, what is right about it, and why."""

    text: str
    verdict: str
    why: str


def explained(item: Item) -> list[Told]:
    """Each part of an item with its right answer and its reason, as the author wrote them."""
    match item:
        case Single() | Multiple():
            return [
                Told(o.text, _("right") if o.correct else _("not this one"), o.why)
                for o in item.options
            ]
        case Match():
            words = {part.id: part.text for part in item.right}
            return [
                Told(p.text, filled("goes with: {text}", text=words[item.pairs[p.id]]), p.why)
                for p in item.left
            ]
        case Order():
            return [
                Told(step.text, filled("step {n}", n=n), step.why)
                for n, step in enumerate(item.steps, start=1)
            ]
        case Sort():
            names = {part.id: part.text for part in item.categories}
            return [Told(card.text, names[card.category], card.why) for card in item.cards]
        case Mark():
            words = {s["id"]: s["text"] for s in item.segments() if not isinstance(s, str)}
            return [
                Told(words[p.id], _("to be marked") if p.correct else _("not to be marked"), p.why)
                for p in item.phrases
            ]
        case Estimate():
            within = filled("within {n}", n=f"{item.tolerance:g}")
            return [Told(f"{item.value:g} {item.unit}", within, item.why)]
        case Scenario() | Reflection():
            return []


def answer_rows(item: Item) -> list[str]:
    """Each part of an item with its right answer and its reason, as escaped HTML."""
    return [
        f"<em>{inline(told.text)}</em> <strong>({inline(told.verdict)})</strong> {inline(told.why)}"
        for told in explained(item)
    ]


def inline(text: str) -> str:
    """Escape an author's text; `*words*` becomes emphasis, nothing else is markup."""
    pieces = escape(text).split("*")
    if len(pieces) % 2 == 0:
        return escape(text)
    return "".join(f"<em>{p}</em>" if i % 2 else p for i, p in enumerate(pieces))
