"""Questions that give themselves away, or are hard to read, are named with the mend."""

from pathlib import Path

import pytest

from groundwork.curriculum import Quizzes
from groundwork.items import Form, load_form
from groundwork.readability import grade, sentences, syllables
from groundwork.writing import advice, at_least, repeated_stems

CASES = Path(__file__).parent / "cases" / "writing"
BAD = sorted(CASES.glob("bad/*.yml"))
GOOD = sorted(CASES.glob("good/*.yml"))
SYLLABLES = {
    1: "the home while names looked shoes eyes year scales",
    2: "table faces wanted careful being client science poem didn't sometimes tables watches",
    3: "family visitor attachment cortisol period autism caregiver synapses idea",
    4: "development experience situation supervision",
    5: "hypothalamus pediatrician",
}


def found_in(path: Path) -> list[str]:
    """What is advised about the items of one file, as a graded form or as practice."""
    form = load_form(path)
    nothing = Form("reflection", form.source, ())
    graded = {"A": form} if path.stem.startswith("form-") else {}
    practice = nothing if graded else form
    return [str(one) for one in advice(Quizzes("case", path.parent, practice, graded, nothing))]


@pytest.mark.parametrize("path", BAD, ids=lambda p: p.stem)
def test_a_broken_rule_of_writing_is_named_with_its_place_and_mend(path: Path) -> None:
    expected = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")

    assert f"{path}:{expected}" in found_in(path)


@pytest.mark.parametrize("path", GOOD, ids=lambda p: p.stem)
def test_a_well_written_file_gets_no_advice(path: Path) -> None:
    assert found_in(path) == []


def test_a_question_asked_twice_in_the_course_is_found(tmp_path: Path) -> None:
    text = (CASES / "good" / "situation-by-a-person.yml").read_text(encoding="utf-8")
    (tmp_path / "practice.yml").write_text(text, encoding="utf-8")
    again = text.replace("id: first-step", "id: other-step").replace("What does", "What DOES")
    (tmp_path / "form-a.yml").write_text(again, encoding="utf-8")
    forms = [load_form(tmp_path / name) for name in ("practice.yml", "form-a.yml")]

    found = [str(one) for one in repeated_stems(forms)]

    assert len(found) == 1
    assert found[0].startswith(f"{tmp_path}/form-a.yml:2: the stem of 'other-step' is nearly that")
    assert "'first-step' in practice.yml" in found[0]


def test_chance_is_counted_exactly() -> None:
    assert at_least([0.5, 0.5, 0.5], 0) == pytest.approx(1)
    assert at_least([0.5, 0.5, 0.5], 2) == pytest.approx(0.5)
    assert at_least([0.25, 0.5], 2) == pytest.approx(0.125)
    assert at_least([], 1) == 0


@pytest.mark.parametrize(
    ("count", "word"), [(n, word) for n, words in SYLLABLES.items() for word in words.split()]
)
def test_syllables_are_counted_by_spelling(count: int, word: str) -> None:
    assert syllables(word) == count


def test_a_title_or_a_number_ends_no_sentence() -> None:
    assert len(sentences("Dr. Ruiz sees 1.5 of 10 babies. “Well,” says Ms. Ode. So?")) == 3


def test_the_grade_is_that_of_the_published_formula() -> None:
    text = "The baby sleeps. The mother looks at her visitor."  # 9 words, 2 sentences, 13 syllables

    assert grade(text) == pytest.approx(0.39 * 9 / 2 + 11.8 * 13 / 9 - 15.59)
    assert grade("") == 0
