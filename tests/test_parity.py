"""Parity is the law: what our arithmetic leaves is what stock nbgrader leaves, cell by cell."""

from pathlib import Path

import pytest

import parity
from groundwork.assignments import build_course
from groundwork.autograde import How, grade_course
from groundwork.curriculum import Curriculum, load_curriculum
from groundwork.settings import read_settings
from parity import Case
from small_course import CURRICULUM, FORM_A, FORM_B, PRE, REFLECTION, RIGHT

MADE_UP = 26
LATE = "2026-11-23 12:00:00.000000 UTC"
CERTAIN = (
    Case(FORM_A, RIGHT, timestamp=LATE),
    Case(FORM_A, RIGHT, timestamp=LATE, extension=2),
    Case(FORM_A, RIGHT, timestamp=LATE, extension=4, by_person=0.5),
    Case(FORM_A, RIGHT, changes=(("delete", 5), ("delete", 1))),
    Case(FORM_A, RIGHT, changes=(("twin", 5), ("shuffle", 3))),
    Case(FORM_A, RIGHT, changes=(("double", 4), ("retype", 6))),
    Case(FORM_A, RIGHT, changes=(("flags", 4), ("junk", 5))),
    Case(FORM_A, RIGHT, changes=(("no-metadata", 4),)),
    Case(FORM_A, RIGHT, sidecar="link", by_person=0.0),
    Case(FORM_B, {"b-first-step": "look"}, timestamp=LATE, extension=2),
    Case(PRE, RIGHT, sidecar="unknown", changes=(("add-code", 2), ("edit", 5))),
    Case(REFLECTION, {}, reflection=parity.WORDS, timestamp=LATE, by_person=0.5),
    Case(REFLECTION, {}, changes=(("edit", 3),)),
    Case(REFLECTION, {}, sidecar="missing"),
)


@pytest.fixture(scope="module")
def curriculum() -> Curriculum:
    return load_curriculum(read_settings({"GROUNDWORK_ROOT": str(CURRICULUM)}))


class Both:
    """A course graded twice: by nbgrader itself and by our arithmetic."""

    def __init__(self, folder: Path, curriculum: Curriculum, cases: list[Case]) -> None:
        self.stock = folder / "stock" / "steps"
        build_course(curriculum, self.stock)
        self.named = parity.prepare(self.stock, cases)
        self.ours = parity.copied(self.stock, folder / "ours" / "steps")
        self.refused = parity.grade_by_stock(self.stock, self.named)
        self.said = list(grade_course(self.ours, How()))
        self.of_stock, self.of_ours = parity.results(self.stock), parity.results(self.ours)

    def accepted(self) -> list[str]:
        return [student for student in self.named if student not in self.refused]


@pytest.fixture(scope="module")
def both(curriculum: Curriculum, tmp_path_factory: pytest.TempPathFactory) -> Both:
    cases = [*CERTAIN, *parity.made_up(curriculum, MADE_UP)]
    return Both(tmp_path_factory.mktemp("parity"), curriculum, cases)


def test_all_is_graded_by_arithmetic_and_enough_is_accepted_and_refused(both: Both) -> None:
    assert {graded.way for graded in both.said} == {"by arithmetic"}
    assert sum(graded.done for graded in both.said) == len(both.named)
    assert len(both.accepted()) >= 15
    assert both.refused


def test_every_row_is_what_nbgrader_leaves(both: Both) -> None:
    for student in both.accepted():
        assert both.of_ours[student] == both.of_stock[student], both.named[student]


def test_the_graded_notebook_shows_what_nbgraders_shows(both: Both) -> None:
    for student in both.accepted():
        case = both.named[student]
        ours = parity.shown(both.ours, student, case.assignment)
        assert ours == parity.shown(both.stock, student, case.assignment), case


def test_the_same_files_lie_beside_it(both: Both) -> None:
    for student in both.accepted():
        case = both.named[student]
        ours = parity.left(both.ours, student, case.assignment)
        assert ours == parity.left(both.stock, student, case.assignment), case


def test_the_list_for_a_person_is_the_same(both: Both) -> None:
    ours, stock = parity.problems(both.ours), parity.problems(both.stock)
    for student in both.accepted():
        assert ours.get(student) == stock.get(student), both.named[student]


def test_what_nbgrader_refuses_is_put_before_a_person_with_one_reason(both: Both) -> None:
    said = parity.problems(both.ours)
    for student, of_stock in both.refused.items():
        cells = both.of_ours[student]["cells"].values()
        reason = both.named[student], of_stock
        assert "marked" in said[student] or "Nothing in it" in said[student], reason
        assert all(needs for *_, needs, _failed in cells), both.named[student]
        assert "\n" not in said[student]
        assert "Traceback" not in said[student]


def test_grading_again_changes_nothing(both: Both) -> None:
    before = parity.results(both.ours)

    again = list(grade_course(both.ours, How()))

    assert {graded.done for graded in again} == {0}
    assert parity.results(both.ours) == before

    list(grade_course(both.ours, How(force=True)))

    assert parity.results(both.ours) == before
