"""The end of a cohort: records with a reason, evaluations in sums, a table, and forgetting."""

import csv
import io
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]  # has no types
import pytest
from sqlalchemy import select

from groundwork import (
    attendance,
    audit,
    cohorts,
    evaluation,
    feedback,
    finishing,
    forgetting,
    schedule,
)
from groundwork.attendance import Meeting
from groundwork.cohorts import Newcomer, Role
from groundwork.curriculum import Curriculum, load_curriculum
from groundwork.errors import AnswerError, ConflictError
from groundwork.feedback import Verdict
from groundwork.finishing import award_all, standings
from groundwork.gradebook import forget_students, write_gradebook
from groundwork.gradesheet import Wanted, export_csv, export_xlsx
from groundwork.log import (
    Base,
    Database,
    Enrolment,
    Evaluation,
    Learner,
    Member,
    Record,
    RecordAct,
    open_database,
)
from groundwork.settings import Settings
from groundwork.spreadsheets import csv_bytes, xlsx_bytes
from groundwork.verifying import verify_file
from small_cohort import ACT, COURSE, at, learner, make, place, read_lessons, reflect, sit
from small_portal import MODULE, NOON, small_settings


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder: Path = tmp_path_factory.mktemp("small")
    return small_settings(folder)


@pytest.fixture(scope="module")
def curriculum(settings: Settings) -> Curriculum:
    return load_curriculum(settings)


def complete(session: Any, curriculum: Curriculum, member: Member) -> None:
    """Do everything, have it read, and be in the live session."""
    read_lessons(session, member)
    sit(session, curriculum, member)
    saved = reflect(session, member)
    feedback.assess(
        session, COURSE, place(member).id, MODULE,
        Verdict(met=(True, True, True), complete=True),
        reflection_id=saved.id, seen=0, act=at(1),
    )  # fmt: skip


@pytest.fixture
def ana(database: Database, curriculum: Curriculum) -> Member:
    """A learner of a cohort who has done everything."""
    with database.write() as session:
        make(session, sponsor="An association", sponsor_qualifications="licensed")
        member = learner(session, "ana", "Ana Ruiz")
        complete(session, curriculum, member)
        said = Meeting(title="Together", starts=NOON, minutes=60, module=MODULE)
        planned = attendance.schedule_session(session, COURSE, said, act=ACT)
        attendance.correct(session, planned, member, minutes=55, note="left early", act=ACT)
        return member


def award(database: Database, curriculum: Curriculum, settings: Settings) -> list[Any]:
    return list(award_all(database, curriculum, settings, COURSE, act=at(2)))


def test_who_has_not_earned_a_record_is_shown_first_and_why(
    database: Database, curriculum: Curriculum, ana: Member
) -> None:
    with database.write() as session:
        learner(session, "bo", "Bo")
        cohorts.admit(session, COURSE, Newcomer(email="cy@example.org"), act=ACT)

        told = standings(session, curriculum, COURSE)

    assert [(one.name, one.complete, one.earned) for one in told] == [
        ("Bo", False, []),
        ("cy@example.org", False, []),
        ("Ana Ruiz", True, [MODULE]),
    ]
    assert told[0].missing[MODULE][-1] == (
        "The live session “Together” is not attended or made up yet: "
        "0 minutes count, and 50 are needed."
    )
    assert told[1].missing_in_all == [finishing.NO_ACCOUNT]


def test_one_action_issues_every_record_that_was_earned_and_none_twice(
    database: Database, curriculum: Curriculum, settings: Settings, ana: Member
) -> None:
    with database.write() as session:
        learner(session, "bo", "Bo")

    first, second = (award(database, curriculum, settings) for _ in range(2))

    assert [(one.name, one.new, one.kept, one.problem) for one in first] == [
        ("Ana Ruiz", 1, 0, None)
    ]
    assert [(one.new, one.kept) for one in second] == [(0, 1)]
    with database.read() as session:
        [entry, *_] = audit.entries(session, COURSE, member_id=ana.id)
        assert (entry.action, entry.by) == ("records.issue", "ines")


def test_a_record_of_a_cohort_names_who_led_read_and_sponsored_and_the_live_minutes(
    database: Database, curriculum: Curriculum, settings: Settings, ana: Member
) -> None:
    award(database, curriculum, settings)

    with database.read() as session:
        [record] = session.scalars(select(Record))
    said = record.json.decode()
    for words in ("Ines Vogel", "LCSW, IMH-E", "An association", "live"):
        assert words in said
    facts = record.facts or {}
    paced = curriculum.minutes[MODULE].minutes
    assert (facts["live_minutes"], facts["self_paced_minutes"], facts["minutes"]) == (
        55, paced, paced + 55,
    )  # fmt: skip
    assert facts["reflection_assessed_by"] == "Ines Vogel"
    assert facts["instructor"] == {"name": "Ines Vogel", "qualifications": "LCSW, IMH-E"}


# --- evaluations -----------------------------------------------------------------------------


def answered(session: Any, count: int, **answers: Any) -> None:
    for n in range(count):
        member = learner(session, f"user{n}-{len(answers)}")
        evaluation.answer(session, member, "course", answers)


def test_fewer_than_ten_answers_give_no_sums(database: Database) -> None:
    with database.write() as session:
        make(session)
        answered(session, 9, useful="Agree", better="More time.")

        told = evaluation.summary(session, COURSE, "course")

    assert (told.answered, told.sums) == (None, ())


def test_counts_under_ten_and_what_would_give_them_away_are_left_out(database: Database) -> None:
    with database.write() as session:
        make(session)
        answered(session, 25, useful="Agree")
        answered(session, 12, useful="Strongly agree", clear="Agree")
        answered(session, 3, useful="Disagree", clear="Agree", fair="Agree")

        useful, clear, fair, *_ = evaluation.summary(session, COURSE, "course").sums

    assert (useful.answered, useful.mean) == (40, 4.2)
    assert useful.counts == {
        "Strongly disagree": None,
        "Disagree": None,
        "Neither": None,
        "Agree": 25,
        "Strongly agree": None,
    }
    assert clear.answered == 15
    assert (fair.answered, fair.mean, set(fair.counts.values())) == (None, None, {None})


def test_an_answer_says_nothing_of_whose_it_is_and_is_given_once(database: Database) -> None:
    with database.write() as session:
        make(session)
        ana = learner(session, "ana")
        assert evaluation.to_ask(session, ana, now=NOON) == "course"

        evaluation.answer(session, ana, "course", {"useful": "Agree", "better": ""})

        assert evaluation.to_ask(session, ana, now=NOON) is None
        with pytest.raises(ConflictError, match="have answered"):
            evaluation.answer(session, ana, "course", {"useful": "Disagree"})
        [row] = session.scalars(select(Evaluation))
        assert row.answers == {"useful": "Agree"}
    assert {column.name for column in Evaluation.__table__.columns} == {
        "id", "course", "form", "answers",
    }  # fmt: skip
    assert Evaluation.__table__.foreign_keys == set()


def test_declining_is_an_answer_too(database: Database) -> None:
    with database.write() as session:
        make(session)
        ana = learner(session, "ana")

        evaluation.decline(session, ana, "course")

        assert evaluation.to_ask(session, ana, now=NOON) is None
        assert session.scalars(select(Evaluation)).all() == []


@pytest.mark.parametrize(
    "answers", [{"useful": "Perhaps"}, {"name": "Ana"}, {"better": 7}, {"better": "x" * 2001}]
)
def test_what_is_no_answer_is_refused(database: Database, answers: dict[str, Any]) -> None:
    with database.write() as session:
        make(session)
        ana = learner(session, "ana")

        with pytest.raises(AnswerError):
            evaluation.answer(session, ana, "course", answers)


def test_the_follow_up_is_asked_for_sixty_to_ninety_days_after_the_record(
    database: Database, curriculum: Curriculum, settings: Settings, ana: Member
) -> None:
    award(database, curriculum, settings)
    issued = at(2).at

    with database.write() as session:
        member = session.get_one(Member, ana.id)
        evaluation.decline(session, member, "course")
        asked = [
            evaluation.to_ask(session, member, now=issued + timedelta(days=days))
            for days in (59, 60, 90, 91)
        ]

    assert asked == [None, "follow_up", "follow_up", None]


# --- the table -------------------------------------------------------------------------------


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def test_the_table_has_a_line_for_each_learner_and_nothing_anybody_wrote(
    database: Database, curriculum: Curriculum, ana: Member
) -> None:
    with database.write() as session:
        learner(session, "bo", "Bo")

        [first, second] = rows(export_csv(session, curriculum, COURSE, Wanted(), now=NOON))

    assert first == {
        "Name": "Ana Ruiz",
        "User": "ana",
        "E-mail": "",
        "Last seen": "2026-11-02",
        f"{MODULE}: standing": "complete",
        f"{MODULE}: live minutes": "55",
        f"{MODULE}: quiz, best in percent": "100.0",
        f"{MODULE}: quiz attempts": "1",
        f"{MODULE}: reflection": "complete",
    }
    assert second[f"{MODULE}: standing"] == "not started"


def test_a_coordinators_table_has_completion_and_no_scores(
    database: Database, curriculum: Curriculum, ana: Member
) -> None:
    with database.read() as session:
        [row] = rows(export_csv(session, curriculum, COURSE, Wanted(scores=False), now=NOON))

    assert row[f"{MODULE}: standing"] == "complete"
    assert not any("quiz" in name or "reflection" in name for name in row)


def test_each_question_is_in_the_table_when_asked_for(
    database: Database, curriculum: Curriculum, ana: Member
) -> None:
    with database.read() as session:
        plain = rows(export_csv(session, curriculum, COURSE, Wanted(items=True), now=NOON))
        book = openpyxl.load_workbook(
            io.BytesIO(export_xlsx(session, curriculum, COURSE, Wanted(items=True), now=NOON))
        )

    assert {row["Item"] for row in plain} == set(curriculum.quizzes[MODULE].form("B").by_id)
    assert all(row["Points"] == "1.0" for row in plain)
    assert book.sheetnames == ["Learners", "Live sessions", "Items"]
    assert book["Items"].max_row == len(plain) + 1


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =cmd|' /C calc'!A0", "\n=1"]
)
def test_no_cell_is_taken_for_a_formula(text: str) -> None:
    table = [["Name"], [text]]

    [[_], [written]] = csv.reader(io.StringIO(csv_bytes(table).decode("utf-8-sig"), newline=""))
    cell = openpyxl.load_workbook(io.BytesIO(xlsx_bytes({"One": table})))["One"]["A2"]

    assert written.startswith("'")
    assert cell.data_type == "s"
    assert cell.value.startswith("'")


def test_numbers_stay_numbers_and_what_cannot_be_stored_is_replaced() -> None:
    table: list[list[str | float]] = [["Name", "Points"], ["A\x00na", -0.5]]

    sheet = openpyxl.load_workbook(io.BytesIO(xlsx_bytes({"One": table})))["One"]

    assert (sheet["A2"].value, sheet["B2"].value) == ("A\ufffdna", -0.5)
    assert csv_bytes(table).decode("utf-8-sig").splitlines()[1] == "A\ufffdna,-0.5"


# --- forgetting ------------------------------------------------------------------------------


def test_personal_data_of_an_archived_cohort_go_at_the_stated_time_and_not_before(
    database: Database, curriculum: Curriculum, settings: Settings, ana: Member
) -> None:
    award(database, curriculum, settings)
    with database.write() as session:
        alone = cohorts.Terms(name="Study alone", open=True, reads_reflections=False)
        cohorts.create(session, "open-course", alone, known=[MODULE], act=ACT)
        cohorts.join(session, "ana", "open-course", at=NOON)
        complete(session, curriculum, learner(session, "bo", "Bo"))
        row = cohorts.cohort_of(session, COURSE)
        with pytest.raises(ConflictError, match="is not archived"):
            forgetting.empty(session, row, act=ACT)
        cohorts.archive(session, row, version=row.version, act=ACT)
        with pytest.raises(ConflictError, match="are kept until 2027-11-02"):
            forgetting.empty(session, row, act=at(364))

        count = forgetting.empty(session, row, act=at(366))

    assert count == 2
    with database.read() as session:
        [record] = session.scalars(select(Record))
        assert (record.name, record.json, record.pdf, record.facts) == ("", b"", b"", None)
        assert record.pdf_sha256
        told = repr([dict(vars(one)) for one in _everything(session)])
        assert "Ana Ruiz" in told  # in the course she studies alone in
        assert "Bo" not in told
        assert "What I saw" not in told
        assert [one.course for one in cohorts.courses_of(session, "ana")] == ["open-course"]
        left = session.scalars(select(Enrolment).where(Enrolment.course == COURSE)).all()
        assert [one.learner.key.partition(":")[0] for one in left] == ["removed"]
        assert session.scalar(select(Learner).where(Learner.key == "bo")) is None
        [entry, *_] = audit.entries(session, COURSE)
        assert (entry.action, entry.after) == ("cohort.empty", {"learners": 2})


def _everything(session: Any) -> list[Any]:
    return [row for mapper in Base.registry.mappers for row in session.scalars(select(mapper))]


def test_whoever_taught_after_having_learned_stays_in_an_emptied_cohort(
    database: Database, curriculum: Curriculum, ana: Member
) -> None:
    with database.write() as session:
        cohorts.admit(session, COURSE, Newcomer(key="ana"), Role.CO_INSTRUCTOR, act=ACT)
        row = cohorts.cohort_of(session, COURSE)
        cohorts.archive(session, row, version=row.version, act=ACT)

        assert forgetting.empty(session, row, act=at(366)) == 0

    with database.read() as session:
        assert cohorts.role_in(session, "ana", COURSE) is Role.CO_INSTRUCTOR
        assert session.scalars(select(Enrolment)).all() == []


def test_an_emptied_cohort_leaves_neither_a_name_nor_a_word_anywhere_and_records_hold(
    log_url: str, tmp_path: Path
) -> None:
    settings = small_settings(tmp_path, database_url=log_url)
    curriculum = load_curriculum(settings)
    database = open_database(log_url)
    certificate = live_through(database, curriculum, settings)
    before = verify_file(settings, certificate)
    assert {"log", "gradebook.db", "submitted"} <= set(holding(settings, database))

    with database.write() as session:
        row = cohorts.cohort_of(session, COURSE)
        cohorts.archive(session, row, version=row.version, act=ACT)
        forgetting.empty(session, row, act=at(366))
    forgetting.forget_files(settings, COURSE)

    assert holding(settings, database) == []
    database.close()
    if log_url.startswith("sqlite"):
        path = Path(log_url.removeprefix("sqlite:///"))
        assert not any(word.encode() in path.read_bytes() for word in WORDS)
    after = verify_file(settings, certificate)
    assert (after.status, after.page_proven) == (before.status, True)


WORDS = ("Quintana", "quintana", "zzyzx")
"""A name, the account of who has it, and a word that stands nowhere else."""


def live_through(database: Database, curriculum: Curriculum, settings: Settings) -> bytes:
    """A cohort with one learner, named wherever somebody can be named; her certificate."""
    with database.write() as session:
        make(session)
        member = learner(session, "quintana", "Lou Quintana")
        read_lessons(session, member)
        sit(session, curriculum, member)
        saved = reflect(session, member, "I saw a zzyzx.")
        feedback.assess(
            session, COURSE, place(member).id, MODULE,
            Verdict(met=(True, True, True), complete=True, comment="Which zzyzx, Quintana?"),
            reflection_id=saved.id, seen=0, act=at(1),
        )  # fmt: skip
        feedback.keep_comment(session, COURSE, "Which zzyzx?", module=MODULE, act=at(1))
        schedule.accommodate(session, member, extra_days=3, alternative="A zzyzx.", act=ACT)
        evaluation.decline(session, member, "course")
    award(database, curriculum, settings)
    with database.write() as session:
        [record] = session.scalars(select(Record))
        [done] = session.scalars(select(RecordAct))
        done.why, done.by = "Quintana, the zzyzx", "quintana"
        certificate = record.pdf
    with database.read() as session:
        write_gradebook(session, curriculum, settings.gradebook(COURSE), COURSE)
    exchanged = settings.data / "exchange" / COURSE / "inbound" / f"quintana+{MODULE}-b+now"
    for folder in (settings.course_folder(COURSE) / "submitted" / "quintana", exchanged):
        folder.mkdir(parents=True)
        (folder / "answers.json").write_text('{"text": "I saw a zzyzx."}', encoding="utf-8")
    return certificate


def holding(settings: Settings, database: Database) -> list[str]:
    """Where one of the words still stands: the log, or a file or folder in the data folder."""
    with database.read() as session:
        told = repr([dict(vars(one)) for one in _everything(session)])
    found = ["log"] if any(word in told for word in WORDS) else []
    for top in (settings.course_folder(COURSE), settings.data / "exchange"):
        for path in top.rglob("*"):
            said = path.read_bytes() if path.is_file() else b""
            if any(word in path.name or word.encode() in said for word in WORDS):
                found.append(path.relative_to(top).parts[0])
    return found


def test_a_gradebook_on_a_server_forgets_everybody_and_what_they_were_given(
    database: Database, curriculum: Curriculum, ana: Member, tmp_path: Path
) -> None:
    path = tmp_path / "gradebook.db"
    with database.read() as session:
        write_gradebook(session, curriculum, f"sqlite:///{path}", COURSE)

    forget_students(f"sqlite:///{path}")

    with closing(sqlite3.connect(path)) as book:
        counts = {
            table: book.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
            for table in ("student", "submitted_assignment", "submitted_notebook", "grade",
                          "comment", "assignment")
        }  # fmt: skip
    assert counts.pop("assignment") == 4
    assert set(counts.values()) == {0}
    assert b"Ruiz" not in path.read_bytes()
