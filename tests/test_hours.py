"""Minutes are computed from what a lesson holds, and each counts for one area."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundwork.course import read_page
from groundwork.curriculum import Curriculum, load_curriculum, outline
from groundwork.hours import apportion
from groundwork.progress import Work, progress
from groundwork.settings import read_settings

PROJECT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def curriculum() -> Curriculum:
    return load_curriculum(read_settings({"GROUNDWORK_ROOT": str(PROJECT)}))


def test_minutes_of_a_module_are_whole_fives_and_its_areas_sum_to_them(
    curriculum: Curriculum,
) -> None:
    for minutes in curriculum.minutes.values():
        assert minutes.minutes % 5 == 0
        assert sum(minutes.areas.values()) == minutes.minutes


def test_a_module_claims_no_more_than_its_parts_take(curriculum: Curriculum) -> None:
    for minutes in curriculum.minutes.values():
        parts = sum((lesson.seconds for lesson in minutes.lessons), Fraction(0)) / 60
        assert minutes.minutes <= parts + minutes.quiz + minutes.reflection + 1


def test_directives_roles_and_code_are_not_words(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(
        "---\ntitle: Not counted\n---\n\n# Two words\n\n(an-anchor)=\n## More\n\n"
        "It's counted {claim}`B2`.\n\n```{self-check} not-counted\n```\n\n"
        "```{live-figure} x\n:alt: not counted at all\nA caption\n```\n\n"
        ':::{myth} "A title"\nbody\n:::\n\n```{code-cell}\nshow("x")\n```\n',
        encoding="utf-8",
    )

    assert read_page(path).words == len(
        ["Two", "words", "More", "It's", "counted", "A", "caption", "A", "title", "body"]
    )


@given(
    st.integers(min_value=0, max_value=2000),
    st.dictionaries(st.text(min_size=1), st.fractions(min_value=0), min_size=1, max_size=8),
)
def test_apportioned_minutes_sum_to_the_total_and_stay_within_one_of_the_share(
    total: int, weights: dict[str, Fraction]
) -> None:
    whole = sum(weights.values(), Fraction(0))
    shares = apportion(total, weights)

    if not whole:
        assert shares == {}
        return
    assert sum(shares.values()) == total
    assert all(abs(shares[a] - total * w / whole) < 1 for a, w in weights.items())


def test_the_outline_names_every_lesson_and_its_self_checks(curriculum: Curriculum) -> None:
    data = outline(curriculum)

    lessons = [lesson for module in data["modules"] for lesson in module["lessons"]]
    assert [lesson["id"] for lesson in lessons] == [
        lesson.id for module in curriculum.course.modules for lesson in module.lessons
    ]
    assert all(lesson["items"] for lesson in lessons)
    assert sum(row["minutes"] for row in data["minutes_by_area"]) == data["minutes"]


def test_a_module_that_is_not_claimed_adds_nothing_to_the_hours_of_the_series(
    curriculum: Curriculum,
) -> None:
    told = outline(curriculum)
    left_out = [module for module in told["modules"] if not module["claimed"]]

    assert left_out
    assert all(module["minutes"] for module in left_out)
    counted = sum(module["minutes"] for module in told["modules"] if module["claimed"])
    assert told["minutes"] == counted
    done = progress(curriculum, Work())
    assert sum(area.minutes for area in done.minutes_by_area) == counted == done.series.minutes
