"""Questions on paper: what a page shows of a question without any script, and what it prints.

A question alone shows no key. `reasons_html` is all that a page tells of it behind a
disclosure, `answers_html` what a printout tells on its last page: shorter, because it must
not weigh down every page that is never printed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from string import ascii_lowercase
from typing import Any

from .items import (
    Choice,
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
    Step,
)
from .language import filled
from .language import gettext as _
from .language import marked as N_
from .scoring import answer_rows, explained, inline

BLANK = '<span class="gw-blank" aria-hidden="true"></span>'
HOW = {
    "single": N_("Choose one."),
    "multiple": N_("Choose all that fit."),
    "match": N_("Find the partner of each."),
    "order": N_("Put these in order."),
    "sort": N_("Which group does each belong to?"),
    "mark": N_("Which of the underlined phrases would you mark?"),
    "scenario": N_("What would you say?"),
    "reflection": N_("For you to write. A complete answer:"),
}


def paragraphs(text: str) -> str:
    """An author's text, parted at its blank lines."""
    return "".join(f"<p>{inline(part)}</p>" for part in text.split("\n\n"))


def question_html(item: Item) -> str:
    """An item without its key: what is asked, and what there is to choose from."""
    how = f'<p class="gw-how">{_(HOW[item.type])}</p>' if item.type in HOW else ""
    return paragraphs(item.stem) + how + _body(item)


def reasons_html(item: Item, sources: Sequence[str] = ()) -> str:
    """The answer of an item with its reasons, as a list; empty for what has no answer."""
    rows = [*_notes(item), *answer_rows(item), *_sources(sources)]
    if not rows:
        return ""
    return f"<ul>{''.join(f'<li>{row}</li>' for row in rows)}</ul>"


def answers_html(items: Sequence[tuple[Item, Sequence[str]]]) -> str:
    """The right answers of a lesson's questions, for the last page of its printout."""
    told = [
        f"<h3>{filled('Question {n}', n=number)}</h3>"
        f"<ul>{''.join(f'<li>{row}</li>' for row in rows)}</ul>"
        for number, (item, sources) in enumerate(items, start=1)
        if (rows := [*_right(item), *_sources(sources)])
    ]
    if not told:
        return ""
    return (
        f'<section class="gw-answers"><h2>{_("Answers")}</h2>{"".join(told)}<p>'
        + _("On the screen, each question gives the reasons for all that one may choose.")
        + "</p></section>"
    )


def _right(item: Item) -> list[str]:
    """What is right, with its reason where that is not plain from the answer."""
    match item:
        case Single() | Multiple():
            return [_why(option.text, option.why) for option in item.options if option.correct]
        case Mark():
            words = {s["id"]: s["text"] for s in item.segments() if not isinstance(s, str)}
            return [_why(words[p.id], p.why) for p in item.phrases if p.correct]
        case Scenario():
            return [
                f"<b>{place}</b> {_why(choice.text, choice.coach)}"
                for place, choice in _ways(item)
                if choice.recommended
            ]
        case Estimate() | Reflection():
            return answer_rows(item)
    return [f"{inline(told.text)} <b>({inline(told.verdict)})</b>" for told in explained(item)]


def _why(text: str, why: str) -> str:
    return f"<em>{inline(text)}</em> {inline(why)}"


def _sources(sources: Sequence[str]) -> list[str]:
    return [f"{_('Source:')} {inline(source)}" for source in sources]


def _body(item: Item) -> str:
    shown = item.shown()
    match item:
        case Single() | Multiple():
            return _list(shown["options"], before=BLANK, kind=f"gw-boxes gw-boxes-{item.type}")
        case Match():
            return _letters(shown["right"]) + _list(shown["left"], before=BLANK)
        case Order():
            return _list(shown["steps"], before=BLANK)
        case Sort():
            return _letters(shown["categories"]) + _list(shown["cards"], before=BLANK)
        case Mark():
            text = "".join(
                inline(segment) if isinstance(segment, str) else f"<u>{inline(segment['text'])}</u>"
                for segment in item.segments()
            )
            return f'<div class="gw-passage"><p>{text.replace(chr(10) * 2, "</p><p>")}</p></div>'
        case Estimate():
            ends = {"low": f"{item.min:g}", "high": f"{item.max:g}", "unit": escape(item.unit)}
            span = filled("Between {low} and {high} {unit}", **ends)
            return f'<p class="gw-how">{span}: {BLANK}</p>'
        case Scenario():
            return _conversation(item)
        case Reflection():
            rubric = "".join(f"<li>{inline(line)}</li>" for line in item.rubric)
            return f'<ul>{rubric}</ul><div class="gw-room" aria-hidden="true"></div>'


def _ways(item: Scenario) -> Iterator[tuple[str, Choice]]:
    """Each thing one may say in a conversation, with its place: 1a, 1b, 2a."""
    for number, step in enumerate(item.steps, start=1):
        for letter, choice in zip(ascii_lowercase, step.choices, strict=False):
            yield f"{number}{letter}", choice


def _notes(item: Item) -> list[str]:
    """The coach's note on each thing one may say; other items have no such."""
    if not isinstance(item, Scenario):
        return []
    recommended = _("(recommended)")
    return [
        f"<b>{place}</b> {f'<strong>{recommended}</strong> ' if choice.recommended else ''}"
        f"{inline(choice.coach)}"
        for place, choice in _ways(item)
    ]


def _list(parts: Sequence[dict[str, Any]], *, before: str = "", kind: str = "gw-blanks") -> str:
    rows = "".join(f"<li>{before}<span>{inline(part['text'])}</span></li>" for part in parts)
    return f'<ul class="{kind}">{rows}</ul>'


def _letters(parts: Sequence[dict[str, Any]]) -> str:
    rows = "".join(f"<li>{inline(part['text'])}</li>" for part in parts)
    return f'<ol class="gw-letters" type="A">{rows}</ol>'


def _conversation(item: Scenario) -> str:
    """Every turn of a conversation, numbered, with where each thing one may say leads."""
    numbers = {step.id: number for number, step in enumerate(item.steps, start=1)}
    turns = "".join(
        f"<li><p><b>{_('They say:')}</b> {inline(step.says)}</p>{_replies(step, numbers)}</li>"
        for step in item.steps
    )
    return f'<ol class="gw-turns">{turns}</ol>'


def _replies(step: Step, numbers: dict[str, int]) -> str:
    if not step.choices:
        return f"<p>{_('The conversation ends here.')}</p>"
    rows = "".join(
        f"<li>{inline(choice.text)} <i>{inline(choice.response)}</i> "
        f'<span class="gw-then">({_then(choice, numbers)})</span></li>'
        for choice in step.choices
    )
    return f'<p><b>{_("You might say:")}</b></p><ol type="a">{rows}</ol>'


def _then(choice: Choice, numbers: dict[str, int]) -> str:
    if not choice.next:
        return _("ends there")
    return filled("goes on at {n}", n=numbers[choice.next])
