"""How items are written: the rules of good questions that a program can see.

All of it is advice: each message names the rule and the mend. Where chance has a part,
the message says what chance alone would give, and a rule speaks only when chance alone
would seldom go so far.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from statistics import mean

from .curriculum import Quizzes
from .errors import ContentError
from .items import Form, Item, Mark, Match, Multiple, Order, Scenario, Single, Sort
from .readability import grade, sentences

SITUATIONAL = 2 / 3
WHY_WORDS = range(20, 61)
HIGHEST_GRADE = 10
SAME_LENGTH = 1.6
"""The longest option may be this many times as long as the shortest."""
SAME_STEM = 0.9
"""Stems that share this much of their words are one question asked twice."""
SELDOM_LONGEST = 0.05
"""The key is too often the longest when chance alone does it no more often than this."""
SELDOM_PLACE = 0.01
"""As above for one place of the key; stricter, because several places are looked at."""
SOMEBODY = re.compile(
    r"[“”\"]|\b(?:you|your|she|he|they|her|his|mother|father|mom|dad|parent|grand\w+|aunt|uncle|"
    r"baby|infant|toddler|child|children|girl|boy|son|daughter|family|families|caregiver|foster|"
    r"teacher|educator|visitor|worker|supervisor|colleague|coworker|visit|home|kitchen|clinic|"
    r"office|center|classroom|room|daycare|shelter|hospital|park|bus|court|meeting)s?\b",
    re.I,
)
"""Words by which a person or a place is in a stem."""

Choosing = Single | Multiple


def advice(quizzes: Quizzes) -> Iterator[ContentError]:
    """What could be better in the items of one module."""
    for form in quizzes.graded.values():
        yield from _situations(form)
    for form in quizzes.files():
        for item in form.items:
            yield from _stem(item, form)
            yield from _lengths(item, form)
            yield from _whys(item, form)
    yield from _longest_keys(quizzes)
    yield from _key_places(quizzes)


def _situations(form: Form) -> Iterator[ContentError]:
    deciding = sum(1 for item in form.items if item.situation)
    if deciding < SITUATIONAL * len(form.items):
        yield form.source.error(
            f"{deciding} of {len(form.items)} items ask for a decision in a situation; "
            "at least two thirds should, so put more of them into one and set `situation: true`"
        )


def _stem(item: Item, form: Form) -> Iterator[ContentError]:
    reads = grade(item.stem)
    if reads > HIGHEST_GRADE:
        yield form.error(
            item,
            f"the stem of {item.id!r} reads at grade {reads:.1f} (Flesch-Kincaid); at most "
            f"{HIGHEST_GRADE}, so use shorter sentences and shorter words",
        )
    if item.situation and not has_situation(item):
        yield form.error(
            item,
            f"{item.id!r} says `situation: true` and shows none; a situation has two sentences, "
            "or somebody, or a place, so tell it or set `situation: false`",
        )


def has_situation(item: Item) -> bool:
    """Whether a stem tells of something that happens: two sentences, a person or a place.

    A modest test: it finds the bare question, not the poor story. What is to be matched,
    sorted, put in order or marked belongs to the story; options do not.
    """
    if isinstance(item, Scenario) or len(sentences(item.stem)) >= 2:
        return True
    return bool(SOMEBODY.search(" ".join([item.stem, *_material(item)])))


def _material(item: Item) -> list[str]:
    match item:
        case Mark():
            return [item.passage]
        case Match():
            return [part.text for part in item.left]
        case Sort():
            return [card.text for card in item.cards]
        case Order():
            return [step.text for step in item.steps]
        case _:
            return []


def _lengths(item: Item, form: Form) -> Iterator[ContentError]:
    if not isinstance(item, Choosing):
        return
    lengths = [len(option.text) for option in item.options]
    if max(lengths) > SAME_LENGTH * min(lengths):
        yield form.error(
            item,
            f"the options of {item.id!r} differ in length ({min(lengths)} to {max(lengths)} "
            f"characters); the longest has at most {SAME_LENGTH:g} times the shortest, so make "
            "them alike",
        )


def _whys(item: Item, form: Form) -> Iterator[ContentError]:
    if isinstance(item, Scenario):
        return
    lengths = [len(why.split()) for why in _reasons(item)]
    off = [length for length in lengths if length not in WHY_WORDS]
    if off:
        yield form.error(
            item,
            f"{len(off)} reasons of {item.id!r} have not 20 to 60 words "
            f"(mean {mean(off):.0f}); rewrite them",
        )


def _reasons(item: Item) -> list[str]:
    why = item.key().get("why", {})
    return [why] if isinstance(why, str) else list(why.values())


def _longest_keys(quizzes: Quizzes) -> Iterator[ContentError]:
    """Whoever always takes the longest option should win no more than chance gives."""
    items = [item for form in quizzes.files() for item in form.items if isinstance(item, Choosing)]
    chances = [len(item.right()) / len(item.options) for item in items]
    longest = sum(_longest_is_right(item) for item in items)
    if at_least(chances, longest) < SELDOM_LONGEST:
        yield quizzes.practice.source.error(
            f"the key is the longest option in {longest} of {len(items)} items of this module, "
            f"where chance gives {sum(chances):.1f}; length must not betray it, so shorten keys "
            "or lengthen distractors"
        )


def _longest_is_right(item: Choosing) -> bool:
    length = max(len(option.text) for option in item.options)
    longest = [option for option in item.options if len(option.text) == length]
    return all(option.correct for option in longest)


def _key_places(quizzes: Quizzes) -> Iterator[ContentError]:
    """The key stands in each place about as often as chance would put it there."""
    items = [item for form in quizzes.files() for item in form.items if isinstance(item, Single)]
    keys = [next(n for n, o in enumerate(item.options) if o.correct) for item in items]
    for place in range(max((len(item.options) for item in items), default=0)):
        chances = [1 / len(item.options) for item in items if place < len(item.options)]
        count = keys.count(place)
        misses = [1 - chance for chance in chances]
        often = at_least(chances, count) < SELDOM_PLACE
        seldom = at_least(misses, len(chances) - count) < SELDOM_PLACE
        if often or seldom:
            yield quizzes.practice.source.error(
                f"the key is written as option {place + 1} in {count} of {len(chances)} single "
                f"items of this module, where chance gives {sum(chances):.1f}; keys are spread "
                f"over all places, so move some {'away' if often else 'there'}"
            )


def at_least(chances: Sequence[float], count: int) -> float:
    """The probability that `count` or more of some independent events happen."""
    happened = [1.0]
    for chance in chances:
        happened = [
            stay * (1 - chance) + step * chance
            for stay, step in zip([*happened, 0.0], [0.0, *happened], strict=True)
        ]
    return sum(happened[count:])


def repeated_stems(forms: Sequence[Form]) -> Iterator[ContentError]:
    """The same question asked twice, anywhere in the course."""
    seen: list[tuple[frozenset[str], str, str]] = []
    for form in forms:
        for item in form.items:
            said = _said(item)
            for other, name, file in seen:
                if len(said & other) >= SAME_STEM * len(said | other):
                    yield form.error(
                        item,
                        f"the stem of {item.id!r} is nearly that of {name!r} in {file}; a "
                        "question is asked once, so change or remove one",
                    )
                    break
            seen.append((said, item.id, form.source.path.name))


def _said(item: Item) -> frozenset[str]:
    """The words of what is asked: the stem, and what it speaks of."""
    return frozenset(re.findall(r"\w+", " ".join([item.stem, *_material(item)]).lower()))
