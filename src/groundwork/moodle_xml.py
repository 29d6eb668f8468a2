"""Items in Moodle XML, the format that keeps most: ids, reasons, hints, tags.

Ordering questions are part of Moodle from version 4.4 on.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

from .banks import Losses, asked, html, line, percent, phrases, reasons
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

ORDERING = {
    "layouttype": "VERTICAL",
    "selecttype": "ALL",
    "gradingtype": "LONGEST_ORDERED_SUBSET",
    "showgrading": "SHOW",
    "numberingstyle": "none",
}
ESSAY = {
    "responseformat": "editor",
    "responserequired": "1",
    "responsefieldlines": "15",
    "attachments": "0",
    "attachmentsrequired": "0",
}


def moodle_xml(title: str, items: list[Item], losses: Losses) -> bytes:
    """Write items as a Moodle quiz file under a category of their own."""
    losses.everywhere("Moodle has no place for the section to read again or for minutes")
    quiz = ET.Element("quiz")
    category = ET.SubElement(quiz, "question", type="category")
    _text(category, "category", f"$course$/top/{title.replace('/', '//')}")
    for item in items:
        if isinstance(item, Scenario):
            losses.whole(item, "Moodle has no conversation in steps")
        else:
            _question(quiz, item, losses)
    ET.indent(quiz)
    written: bytes = ET.tostring(quiz, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _question(quiz: ET.Element, item: Item, losses: Losses) -> None:
    question = ET.SubElement(quiz, "question", type=_kind(item))
    _text(question, "name", item.id)
    _text(question, "questiontext", asked(item), format="html")
    general = "" if isinstance(item, Single | Multiple | Mark | Reflection) else reasons(item)
    _text(question, "generalfeedback", general, format="html")
    for name, value in (("defaultgrade", "1"), ("penalty", "0"), ("hidden", "0")):
        ET.SubElement(question, name).text = value
    ET.SubElement(question, "idnumber").text = item.id
    _body(question, item, losses)
    if item.hint and not isinstance(item, Reflection):
        _text(question, "hint", html(item.hint), format="html")
    tags = ET.SubElement(question, "tags")
    for tag in (item.objective, *item.claims):
        _text(tags, "tag", tag)


def _kind(item: Item) -> str:
    match item:
        case Single() | Multiple() | Mark():
            return "multichoice"
        case Match() | Sort():
            return "matching"
        case Order():
            return "ordering"
        case Estimate():
            return "numerical"
        case _:
            return "essay"


def _body(question: ET.Element, item: Item, losses: Losses) -> None:
    match item:
        case Single():
            rows = [(o.text, float(o.correct), o.why) for o in item.options]
            _options(question, rows, single=True)
        case Multiple():
            _shares(question, [(o.text, o.correct, o.why) for o in item.options])
        case Mark():
            losses.of(item, "phrases marked in place become options under the passage")
            _shares(question, phrases(item))
        case Match():
            words = {part.id: part.text for part in item.right}
            used = set(item.pairs.values())
            pairs = [(part.text, words[item.pairs[part.id]]) for part in item.left]
            spare = [("", part.text) for part in item.right if part.id not in used]
            _pairs(question, [*pairs, *spare])
        case Sort():
            losses.of(item, "sorting becomes matching of cards to categories, scored alike")
            names = {part.id: part.text for part in item.categories}
            used = {card.category for card in item.cards}
            pairs = [(card.text, names[card.category]) for card in item.cards]
            spare = [("", text) for name, text in names.items() if name not in used]
            _pairs(question, [*pairs, *spare])
        case Order():
            _order(question, item, losses)
        case Estimate():
            _estimate(question, item, losses)
        case Reflection():
            losses.of(item, "becomes an essay, graded by hand; its rubric is for the grader too")
            for name, value in ESSAY.items():
                ET.SubElement(question, name).text = value
            _text(question, "graderinfo", "".join(map(html, item.rubric)), format="html")


def _options(question: ET.Element, rows: list[tuple[str, float, str]], *, single: bool) -> None:
    """Options with the share that each earns; as in our own pages, they are shuffled."""
    ET.SubElement(question, "single").text = "true" if single else "false"
    ET.SubElement(question, "shuffleanswers").text = "true"
    ET.SubElement(question, "answernumbering").text = "none"
    for text, share, why in rows:
        answer = ET.SubElement(question, "answer", fraction=percent(share), format="html")
        ET.SubElement(answer, "text").text = line(text)
        _text(answer, "feedback", html(why), format="html")


def _shares(question: ET.Element, answers: list[tuple[str, bool, str]]) -> None:
    """Each right pick earns its share, each wrong one costs as much; Moodle stops at nothing."""
    share = 1 / sum(right for _, right, _ in answers)
    rows = [(text, share if right else -share, why) for text, right, why in answers]
    _options(question, rows, single=False)


def _pairs(question: ET.Element, pairs: list[tuple[str, str]]) -> None:
    ET.SubElement(question, "shuffleanswers").text = "true"
    for left, right in pairs:
        sub = ET.SubElement(question, "subquestion", format="html")
        ET.SubElement(sub, "text").text = line(left)
        _text(sub, "answer", line(right))


def _order(question: ET.Element, item: Order, losses: Losses) -> None:
    losses.of(
        item,
        "becomes an ordering question (Moodle 4.4 or newer), where a run of k of n steps earns "
        "k/n; here it earns (k - 1)/(n - 1)",
    )
    for name, value in {**ORDERING, "selectcount": str(len(item.steps))}.items():
        ET.SubElement(question, name).text = value
    for number, step in enumerate(item.steps, start=1):
        answer = ET.SubElement(question, "answer", fraction=str(number), format="html")
        ET.SubElement(answer, "text").text = line(step.text)


def _estimate(question: ET.Element, item: Estimate, losses: Losses) -> None:
    half = (item.tolerance + item.zero_at) / 2
    losses.of(
        item,
        f"the point does not fall evenly: all of it within {item.tolerance:g}, half of it "
        f"within {half:g}, then nothing; the slider becomes a number to type",
    )
    for fraction, tolerance in (("100", item.tolerance), ("50", half)):
        answer = ET.SubElement(question, "answer", fraction=fraction, format="moodle_auto_format")
        ET.SubElement(answer, "text").text = f"{item.value:g}"
        _text(answer, "feedback", html(item.why), format="html")
        ET.SubElement(answer, "tolerance").text = f"{tolerance:g}"


def _text(parent: ET.Element, tag: str, words: str, **attributes: str) -> None:
    """An element with its words in a `text` of its own, as Moodle wants them."""
    ET.SubElement(ET.SubElement(parent, tag, attributes), "text").text = words
