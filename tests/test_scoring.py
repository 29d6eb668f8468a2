"""An answer earns what its type's rule says, and nothing a file may hold can break that."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from groundwork.items import Estimate, Item, Multiple, Single, load_form
from groundwork.scoring import feedback_html, longest_run, passed, score

CASES = json.loads((Path(__file__).parent / "cases" / "scoring.json").read_text(encoding="utf-8"))
PROJECT = Path(__file__).parents[1]
GRADED = [
    item
    for path in sorted((PROJECT / "quizzes").glob("*/form-*.yml"))
    for item in load_form(path).items
]
ITEM: TypeAdapter[Item] = TypeAdapter(Item)


def item_of(shown: dict[str, Any]) -> Item:
    """The item behind what a widget is given: the reverse of `Item.with_key`."""
    key = shown["key"]
    plain: dict[str, Any] = {"id": shown["id"], "type": shown["type"], "stem": shown["stem"]}
    plain["objective"] = "o"
    why = key["why"]
    match shown["type"]:
        case "single" | "multiple":
            plain["options"] = [
                o | {"correct": o["id"] in key["correct"], "why": why.get(o["id"], "w")}
                for o in shown["options"]
            ]
        case "match":
            plain["left"] = [p | {"why": why.get(p["id"], "w")} for p in shown["left"]]
            plain |= {"right": shown["right"], "pairs": key["pairs"]}
        case "order":
            steps = {step["id"]: step for step in shown["steps"]}
            plain["steps"] = [steps[i] | {"why": why.get(i, "w")} for i in key["order"]]
        case "sort":
            plain["categories"] = shown["categories"]
            plain["cards"] = [
                c | {"category": key["category"][c["id"]], "why": why.get(c["id"], "w")}
                for c in shown["cards"]
            ]
        case "mark":
            phrases = [s for s in shown["passage"] if not isinstance(s, str)]
            plain["passage"] = "".join(
                s if isinstance(s, str) else f"[[{s['id']}|{s['text']}]]" for s in shown["passage"]
            )
            plain["phrases"] = [
                {"id": p["id"], "correct": p["id"] in key["correct"], "why": why.get(p["id"], "w")}
                for p in phrases
            ]
        case "estimate":
            plain |= {name: shown[name] for name in ("min", "max", "unit")} | key
    return ITEM.validate_python(plain)


def real(answer: Any) -> Any:
    """An answer of the case file as a learner's file would hold it."""
    if isinstance(answer, dict) and set(answer) == {"$nan"}:
        return float("nan")
    if isinstance(answer, dict) and set(answer) == {"$repeat"}:
        value, times = answer["$repeat"]
        return [value] * times
    return answer


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_case_earns_its_score_and_names_its_problems(case: dict[str, Any]) -> None:
    result = score(item_of(case["item"]), real(case["answer"]))

    assert result.score == pytest.approx(case["score"], abs=1e-9)
    assert bool(result.problems) == case["problems"]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(answer=ANYTHING, number=st.integers(min_value=0))
def test_any_answer_whatever_earns_between_0_and_1(answer: Any, number: int) -> None:
    item = GRADED[number % len(GRADED)]

    assert 0.0 <= score(item, answer).score <= 1.0


@given(st.permutations(range(7)))
def test_the_longest_run_rises_and_cannot_be_longer(places: list[int]) -> None:
    run = longest_run(places)
    lengths = [1] * len(places)
    for i in range(len(places)):
        for j in range(i):
            if places[j] < places[i]:
                lengths[i] = max(lengths[i], lengths[j] + 1)

    assert run == sorted(run)
    assert len(run) == max(lengths)


@pytest.mark.parametrize("item", GRADED, ids=lambda item: item.id)
def test_the_key_itself_earns_the_whole_point(item: Item) -> None:
    key = item.key()
    answer: Any = key.get("order") or key.get("pairs") or key.get("category") or key.get("value")
    if answer is None:
        answer = key["correct"][0] if isinstance(item, Single) else key["correct"]

    assert score(item, answer).score == 1.0


def test_a_total_that_rounding_pushed_under_the_mark_still_passes() -> None:
    assert passed(sum([0.1] * 96), maximum=12, share=0.8)
    assert not passed(9.5, maximum=12, share=0.8)


@pytest.mark.parametrize("item", GRADED, ids=lambda item: item.id)
def test_before_passing_only_the_reasons_of_chosen_options_are_told(item: Item) -> None:
    if isinstance(item, Single | Multiple):
        wrong = next(option for option in item.options if not option.correct)
        answer: Any = wrong.id if isinstance(item, Single) else [wrong.id]
        told = feedback_html(item, answer, reveal=False)
        hidden = [option.why for option in item.options if option is not wrong]
    else:
        answer = None
        told = feedback_html(item, answer, reveal=False)
        why = item.key()["why"]
        hidden = list(why.values()) if isinstance(why, dict) else [why]

    assert "Not yet." in told
    assert all(reason[:30] not in told.replace("&#x27;", "'") for reason in hidden)


def test_words_of_an_author_are_text_in_feedback() -> None:
    item = Estimate(
        id="e", type="estimate", objective="o", stem="s", min=0, max=9, unit="<b>", value=3,
        tolerance=1, zero_at=2, why="<script>alert(1)</script> *so*",
    )  # fmt: skip

    told = feedback_html(item, 9, reveal=True)

    assert "<script>" not in told
    assert "&lt;script&gt;" in told
    assert "<em>so</em>" in told
