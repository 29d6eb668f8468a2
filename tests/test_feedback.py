"""Reflections are read by a person, and formgrader and the portal say the same of them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from groundwork import audit, cohorts, feedback, handmarks, schedule
from groundwork.curriculum import Curriculum, load_curriculum
from groundwork.errors import AnswerError, ConflictError
from groundwork.feedback import Verdict
from groundwork.gradebook import nbgrader_api, open_gradebook, write_gradebook
from groundwork.log import Assessment, Attempt, Database, Member
from groundwork.progress import ModuleProgress, module_progress, work_of
from small_cohort import ACT, COURSE, at, learner, make, place, reflect, sit
from small_course import FORM_B, REFLECTION
from small_portal import MODULE, NOON, small_settings

MET = (True, True, True)
DONE = Verdict(met=MET, complete=True, comment="Thank you.")
NOT_YET = Verdict(met=(True, False, True), complete=False, comment="Say what you saw.")


@pytest.fixture(scope="module")
def curriculum(tmp_path_factory: pytest.TempPathFactory) -> Curriculum:
    folder: Path = tmp_path_factory.mktemp("small")
    return load_curriculum(small_settings(folder))


@pytest.fixture
def ana(database: Database) -> Iterator[Member]:
    """A learner who has handed a reflection in."""
    with database.write() as session:
        make(session)
        member = learner(session, "ana", "Ana")
        reflect(session, member)
    yield member


def assess(database: Database, member: Member, verdict: Verdict, *, days: float = 1) -> Assessment:
    """Mark the latest text, having seen everything that was said."""
    with database.write() as session:
        enrolment = member.enrolment_id or 0
        row = feedback.handed_in(session, COURSE)[enrolment][MODULE]
        said = feedback.said_of(session, enrolment, MODULE)
        return feedback.assess(
            session, COURSE, enrolment, MODULE, verdict,
            reflection_id=row.id, seen=said[-1].id if said else 0, act=at(days),
        )  # fmt: skip


def progress(database: Database, curriculum: Curriculum, member: Member) -> ModuleProgress:
    with database.read() as session:
        found = session.get_one(Member, member.id)
        return module_progress(
            curriculum, curriculum.course.by_id[MODULE], work_of(session, place(found))
        )


def state(database: Database, curriculum: Curriculum, member: Member) -> tuple[str, str]:
    told = progress(database, curriculum, member).reflection
    assert told is not None
    return told.state, told.comment


def waiting(database: Database) -> list[tuple[str, bool, bool]]:
    with database.read() as session:
        return [(one.name, one.again, one.disagrees) for one in feedback.queue(session, COURSE)]


def test_a_reflection_in_a_cohort_is_complete_only_by_its_readers_word(
    database: Database, curriculum: Curriculum, ana: Member
) -> None:
    before = progress(database, curriculum, ana)
    assert before.reflection is not None
    assert not before.reflection.complete
    assert "The reflection is in; your instructor has not read it yet." in before.missing

    assess(database, ana, DONE)

    assert state(database, curriculum, ana) == ("complete", "Thank you.")
    assert not any("reflection" in one for one in progress(database, curriculum, ana).missing)


def test_what_came_back_waits_again_once_it_is_sent_again(
    database: Database, curriculum: Curriculum, ana: Member
) -> None:
    assert waiting(database) == [("Ana", False, False)]

    assess(database, ana, NOT_YET)
    assert waiting(database) == []
    assert state(database, curriculum, ana) == ("not_yet", "Say what you saw.")
    with database.write() as session:
        reflect(session, session.get_one(Member, ana.id), "What I saw and heard.")

    assert waiting(database) == [("Ana", True, False)]
    assert state(database, curriculum, ana)[0] == "waiting"
    assess(database, ana, DONE)
    with database.write() as session:
        reflect(session, session.get_one(Member, ana.id), "One more word.")
    assert waiting(database) == []
    assert state(database, curriculum, ana)[0] == "complete"


def test_an_empty_text_is_not_in_the_queue(database: Database) -> None:
    with database.write() as session:
        make(session)
        reflect(session, learner(session, "bo"), "  ")

    assert waiting(database) == []


def test_the_queue_holds_only_who_is_in_the_cohort_the_longest_waiting_first(
    database: Database, ana: Member
) -> None:
    with database.write() as session:
        reflect(session, learner(session, "bo", "Bo"), when=NOON - timedelta(days=1))
        gone = learner(session, "cy", "Cy")
        reflect(session, gone)
        cohorts.dismiss(session, gone, act=ACT)

    assert [name for name, *_ in waiting(database)] == ["Bo", "Ana"]


def test_a_reflection_is_laid_open_with_its_rubric_and_all_that_was_said(
    database: Database, curriculum: Curriculum, ana: Member
) -> None:
    assess(database, ana, NOT_YET)

    with database.read() as session:
        found = feedback.read(session, curriculum, COURSE, ana.enrolment_id or 0, MODULE)

    assert (found.text, found.claimed, found.state) == ("What I saw.", [True] * 3, "not_yet")
    assert len(found.rubric) == 3
    assert [(one.by, one.met) for one in found.said] == [("ines", [True, False, True])]
    assert found.seen == found.said[-1].id


def test_a_reflection_of_another_cohort_cannot_be_read_or_marked(
    database: Database, curriculum: Curriculum, ana: Member
) -> None:
    enrolment = ana.enrolment_id or 0
    with database.write() as session:
        said = cohorts.Terms(name="Another")
        cohorts.create(session, "other", said, known=[MODULE], act=ACT)
        with pytest.raises(ConflictError, match="no such learner in this cohort"):
            feedback.read(session, curriculum, "other", enrolment, MODULE)
        with pytest.raises(ConflictError, match="no such learner in this cohort"):
            feedback.assess(
                session, "other", enrolment, MODULE, DONE, reflection_id=1, seen=0, act=ACT
            )


def test_two_readers_do_not_overwrite_each_other_unread(database: Database, ana: Member) -> None:
    with database.read() as session:
        row = feedback.handed_in(session, COURSE)[ana.enrolment_id or 0][MODULE]
    assess(database, ana, NOT_YET)

    with pytest.raises(ConflictError, match="ines has marked this"), database.write() as session:
        feedback.assess(
            session, COURSE, row.enrolment_id, MODULE, DONE, reflection_id=row.id, seen=0, act=ACT
        )


def test_a_text_sent_meanwhile_is_not_marked_unread(database: Database, ana: Member) -> None:
    with database.write() as session:
        row = feedback.handed_in(session, COURSE)[ana.enrolment_id or 0][MODULE]
        reflect(session, session.get_one(Member, ana.id), "Another text.")

        with pytest.raises(ConflictError, match="sent another text"):
            feedback.assess(
                session, COURSE, row.enrolment_id, MODULE, DONE,
                reflection_id=row.id, seen=0, act=ACT,
            )  # fmt: skip


def test_not_yet_needs_a_word_to_go_on_with() -> None:
    with pytest.raises(AnswerError, match="say what is still needed"):
        Verdict(met=(True, False, True), complete=False)


def test_a_mark_leaves_an_audit_row_without_the_words(database: Database, ana: Member) -> None:
    row = assess(database, ana, NOT_YET)

    with database.read() as session:
        [entry, *_] = audit.entries(session, COURSE, member_id=ana.id)
    assert (entry.action, entry.by) == ("reflection.assess", "ines")
    assert entry.after == {"module": MODULE, "assessment": row.id, "complete": False}


def test_sentences_are_kept_for_the_next_time(database: Database) -> None:
    with database.write() as session:
        make(session)
        feedback.keep_comment(session, COURSE, "Say what you saw.", act=ACT)
        feedback.keep_comment(session, COURSE, "Name the moment.", module=MODULE, act=ACT)
        again = feedback.keep_comment(session, COURSE, "Say what you saw.", act=ACT)

        bank = feedback.comments(session, COURSE, MODULE)
        assert [one.text for one in bank] == ["Name the moment.", "Say what you saw."]
        feedback.drop_comment(session, "other", again.id)
        assert len(feedback.comments(session, COURSE)) == 2
        feedback.drop_comment(session, COURSE, again.id)
        assert len(feedback.comments(session, COURSE)) == 1


def test_where_nobody_reads_the_learners_own_ticks_complete_it(
    database: Database, curriculum: Curriculum
) -> None:
    with database.write() as session:
        make(session, open=True, reads_reflections=False)
        member = learner(session, "wei")
        reflect(session, member)

    assert state(database, curriculum, member) == ("complete", "")
    assert waiting(database) == []
    with database.read() as session, pytest.raises(ConflictError, match="nobody but their writers"):
        feedback.read(session, curriculum, COURSE, member.enrolment_id or 0, MODULE)


# --- formgrader and the portal ---------------------------------------------------------------


class Book:
    """A course's gradebook beside its log, and what a person does in formgrader."""

    def __init__(self, folder: Path, database: Database, curriculum: Curriculum) -> None:
        self.url = f"sqlite:///{folder / 'gradebook.db'}"
        self.database = database
        self.curriculum = curriculum

    def agree(self) -> handmarks.Agreed:
        with self.database.read() as session:
            write_gradebook(session, self.curriculum, self.url, COURSE)
        return handmarks.agree(self.database, self.curriculum, self.url, COURSE, now=NOON)

    def rows(self, book: Any, sheet: str) -> list[Any]:
        api = nbgrader_api()
        query = (
            select(api.Grade)
            .join(api.SubmittedNotebook, api.SubmittedNotebook.id == api.Grade.notebook_id)
            .join(api.Notebook, api.Notebook.id == api.SubmittedNotebook.notebook_id)
            .where(api.Notebook.name == sheet)
        )
        return list(book.scalars(query))

    def type(self, score: float, comment: str = "", *, sheet: str = REFLECTION) -> None:
        """A person types a score and a comment, as formgrader stores them."""
        with open_gradebook(self.url) as book:
            grade = self.rows(book, sheet)[0]
            grade.manual_score, grade.needs_manual_grade = score, False
            for row in grade.notebook.comments:
                row.manual_comment = comment

    def shown(self, sheet: str = REFLECTION) -> tuple[float | None, str | None, bool]:
        with open_gradebook(self.url) as book:
            grade = self.rows(book, sheet)[0]
            said = [row.manual_comment for row in grade.notebook.comments]
            return grade.manual_score, said[0] if said else None, grade.needs_manual_grade


@pytest.fixture
def book(tmp_path: Path, database: Database, curriculum: Curriculum) -> Book:
    return Book(tmp_path, database, curriculum)


def test_a_mark_of_the_portal_is_shown_in_formgrader(
    database: Database, ana: Member, book: Book
) -> None:
    book.agree()
    assert book.shown() == (None, None, True)

    assess(database, ana, NOT_YET)
    first, second = book.agree(), book.agree()

    assert (first.written, second.written) == (1, 0)
    assert book.shown() == (0.0, "Say what you saw.", False)


def test_a_mark_of_formgrader_is_an_entry_of_its_own_in_the_log(
    database: Database, curriculum: Curriculum, ana: Member, book: Book
) -> None:
    book.agree()
    book.type(1.0, "Well seen.")

    first, second = book.agree(), book.agree()

    assert (first.read, second.read) == (1, 0)
    assert state(database, curriculum, ana) == ("complete", "Well seen.")
    assert waiting(database) == []
    with database.read() as session:
        [said] = feedback.said_of(session, ana.enrolment_id or 0, MODULE)
        [entry, *_] = audit.entries(session, COURSE, member_id=ana.id)
    assert (said.source, said.by, said.stands) == ("formgrader", "formgrader", True)
    assert (entry.action, entry.by) == ("reflection.assess", "formgrader")


def test_part_of_the_point_is_not_yet_and_stays_as_it_was_typed(
    database: Database, curriculum: Curriculum, ana: Member, book: Book
) -> None:
    book.agree()
    book.type(0.5, "Half way.")

    book.agree()
    book.agree()

    assert state(database, curriculum, ana) == ("not_yet", "Half way.")
    assert book.shown() == (0.5, "Half way.", False)


def test_a_mark_changed_first_here_and_then_there_follows_both_ways(
    database: Database, curriculum: Curriculum, ana: Member, book: Book
) -> None:
    assess(database, ana, NOT_YET)
    book.agree()
    book.type(1.0, "Now it is.")
    book.agree()
    assert state(database, curriculum, ana) == ("complete", "Now it is.")

    assess(database, ana, NOT_YET, days=2)
    book.agree()

    assert book.shown()[0] == 0.0


def test_what_was_sent_again_is_to_be_looked_at_in_formgrader_too(
    database: Database, ana: Member, book: Book
) -> None:
    assess(database, ana, NOT_YET)
    book.agree()
    with database.write() as session:
        member = session.get_one(Member, ana.id)
        reflect(session, member, "Sent again.", when=NOON + timedelta(days=2))

    book.agree()

    assert book.shown() == (0.0, "Say what you saw.", True)


def test_two_readers_who_disagree_are_told_and_nothing_is_lost(
    database: Database, curriculum: Curriculum, ana: Member, book: Book
) -> None:
    book.agree()
    assess(database, ana, DONE)
    book.type(0.0, "I would ask for more.")

    first, second = book.agree(), book.agree()

    assert (first.disagree, second.disagree) == (1, 0)
    assert state(database, curriculum, ana)[0] == "complete"
    assert waiting(database) == [("Ana", True, True)]
    assert book.shown() == (1.0, "Thank you.", True)
    with database.read() as session:
        said = feedback.said_of(session, ana.enrolment_id or 0, MODULE)
    assert [(one.comment, one.stands) for one in said] == [
        ("Thank you.", True),
        ("I would ask for more.", False),
    ]
    assess(database, ana, NOT_YET, days=2)
    assert waiting(database) == []


def test_a_score_typed_over_a_question_counts_and_takes_no_pass_away(
    database: Database, curriculum: Curriculum, ana: Member, book: Book
) -> None:
    with database.write() as session:
        sit(session, curriculum, session.get_one(Member, ana.id))
    book.agree()
    book.type(0.25, sheet=FORM_B)

    first, second = book.agree(), book.agree()

    assert (first.read, second.read) == (1, 0)
    with database.read() as session:
        [attempt] = session.scalars(select(Attempt))
        assert (attempt.score, attempt.passed) == (attempt.max_score - 0.75, True)
        assert attempt.given_score == attempt.max_score
    assert book.shown(FORM_B) == (0.25, None, False)


def test_attempts_set_aside_leave_the_gradebook(
    database: Database, curriculum: Curriculum, ana: Member, book: Book
) -> None:
    with database.write() as session:
        member = session.get_one(Member, ana.id)
        sit(session, curriculum, member)
    book.agree()
    with database.write() as session:
        member = session.get_one(Member, ana.id)
        schedule.set_aside(session, place(member), MODULE, purpose="quiz", act=ACT)

    book.agree()

    with open_gradebook(book.url) as opened:
        assert book.rows(opened, FORM_B) == []
        assert len(book.rows(opened, REFLECTION)) == 1
