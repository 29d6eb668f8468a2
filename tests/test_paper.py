"""A question on paper shows what is asked and never its key; every branch of a talk is there."""

import re
from typing import Any

import pytest
from pydantic import TypeAdapter

from groundwork.items import Item
from groundwork.paper import answers_html, question_html, reasons_html

BASE = {"id": "one", "objective": "walk", "stem": "A *b* <c>?\n\nWhat now?"}
WHY = "KEY-WHY"
OPTIONS = [
    {"id": "a", "text": "First", "correct": True, "why": WHY},
    {"id": "b", "text": "Second", "correct": False, "why": WHY},
]
FIELDS: dict[str, dict[str, Any]] = {
    "single": {"options": OPTIONS},
    "multiple": {"options": OPTIONS},
    "match": {
        "left": [{"id": "l", "text": "First", "why": WHY}],
        "right": [{"id": "r", "text": "Second"}],
        "pairs": {"l": "r"},
    },
    "order": {
        "steps": [
            {"id": "z", "text": "First", "why": WHY},
            {"id": "y", "text": "Second", "why": WHY},
            {"id": "x", "text": "Third", "why": WHY},
        ]
    },
    "sort": {
        "categories": [{"id": "k", "text": "Second"}],
        "cards": [{"id": "c", "text": "First", "category": "k", "why": WHY}],
    },
    "mark": {
        "passage": "He [[p|First]].\n\nThen [[q|Second]].",
        "phrases": [
            {"id": "p", "correct": True, "why": WHY},
            {"id": "q", "correct": False, "why": WHY},
        ],
    },
    "estimate": {
        "min": 0, "max": 100, "unit": "First Second", "value": 42.5, "tolerance": 7, "zero_at": 20,
        "why": WHY,
    },
    "scenario": {
        "steps": [
            {
                "id": "s",
                "says": "First",
                "choices": [
                    {
                        "id": "c", "text": "Second", "response": "BRANCH", "coach": WHY,
                        "next": "t", "recommended": True,
                    },
                    {
                        "id": "d", "text": "Other", "response": "BRANCH", "coach": WHY,
                        "next": None, "recommended": False,
                    },
                ],
            },
            {"id": "t", "says": "Last", "choices": []},
        ]
    },
    "reflection": {"rubric": ["First", "Second", "Third"], "minutes": 5},
}  # fmt: skip


def item(kind: str) -> Item:
    found: Item = TypeAdapter(Item).validate_python(BASE | {"type": kind} | FIELDS[kind])
    return found


@pytest.mark.parametrize("kind", FIELDS)
def test_question_shows_its_parts_and_no_key(kind: str) -> None:
    text = question_html(item(kind))

    assert "<p>A <em>b</em> &lt;c&gt;?</p><p>What now?</p>" in text
    assert "First" in text
    assert "Second" in text
    assert not re.search("KEY-WHY|42.5|recommended", text)
    assert text.count("BRANCH") == (2 if kind == "scenario" else 0)


@pytest.mark.parametrize("kind", [kind for kind in FIELDS if kind != "reflection"])
def test_answers_and_reasons_come_at_the_end(kind: str) -> None:
    text = answers_html([(item("reflection"), ()), (item(kind), ("A & B 1999",))])

    assert "<h3>Question 2</h3>" in text
    assert "<h3>Question 1</h3>" not in text
    assert (WHY in text) == (kind not in {"match", "order", "sort"})
    assert WHY in reasons_html(item(kind))
    assert "Source: A &amp; B 1999" in text


def test_reflection_alone_leaves_no_page_of_answers() -> None:
    assert reasons_html(item("reflection")) == ""
    assert answers_html([(item("reflection"), ())]) == ""


def test_every_branch_of_a_conversation_is_there_with_where_it_leads() -> None:
    asked, told = question_html(item("scenario")), reasons_html(item("scenario"))

    assert re.findall(r"\((goes on at 2|ends there)\)", asked) == ["goes on at 2", "ends there"]
    assert "The conversation ends here." in asked
    assert re.findall(r"<b>(1[ab])</b>", told) == ["1a", "1b"]
    assert told.count("(recommended)") == 1
