"""A cohort: its people and their roles, how they come in and go, and its end."""

from dataclasses import replace
from datetime import timedelta
from threading import Thread

import pytest
from sqlalchemy import select

from groundwork import audit, cohorts, schedule
from groundwork.audit import Act
from groundwork.cohorts import Newcomer, Role, Terms
from groundwork.errors import AnswerError, ConflictError
from groundwork.log import Database, Invite, store
from small_cohort import ACT, COURSE, at, learner, make, place
from small_portal import MODULE, NOON


def test_everybody_has_one_role_and_knows_their_cohorts(database: Database) -> None:
    with database.write() as session:
        make(session)
        learner(session, "ana")
        coordinator = Newcomer(key="cora", name="Cora")
        cohorts.admit(session, COURSE, coordinator, Role.COORDINATOR, act=ACT)

    with database.read() as session:
        assert cohorts.role_in(session, "ana", COURSE) is Role.LEARNER
        assert cohorts.role_in(session, "ines", COURSE) is Role.INSTRUCTOR
        assert cohorts.role_in(session, "cora", COURSE) is Role.COORDINATOR
        assert cohorts.role_in(session, "nobody", COURSE) is None
        assert cohorts.role_in(session, "ana", "other") is None
        [found] = cohorts.courses_of(session, "ana")
        assert (found.course, found.name, found.role) == (COURSE, "Fall 2026", Role.LEARNER)
        assert [role for role in Role if role.teaches] == [Role.INSTRUCTOR, Role.CO_INSTRUCTOR]


def test_the_hub_groups_are_those_that_nbgrader_looks_at(database: Database) -> None:
    with database.write() as session:
        make(session)
        learner(session, "ana")
        cohorts.admit(session, COURSE, Newcomer(email="bo@example.org"), act=ACT)
        cohorts.admit(session, COURSE, Newcomer(key="cora"), Role.COORDINATOR, act=ACT)

        groups = cohorts.hub_groups(session, COURSE)

    assert groups == {f"nbgrader-{COURSE}": {"ana"}, f"formgrade-{COURSE}": {"ines"}}


@pytest.mark.parametrize(
    ("course", "terms", "message"),
    [
        ("Fall 2026", {}, "no short name for a cohort"),
        ("self-study", {}, "this computer's own learner"),
        ("x" * 61, {}, "no short name for a cohort"),
        (COURSE, {"time_zone": "Chicago"}, "no time zone"),
        (COURSE, {"name": " "}, "needs a name"),
        (COURSE, {"keep_days": -1}, "days to keep are"),
        (COURSE, {"modules": ("99-none",)}, "no module '99-none'"),
    ],
)
def test_what_is_no_cohort_is_refused_in_one_sentence(
    database: Database, course: str, terms: dict[str, object], message: str
) -> None:
    modules = terms.get("modules", ())
    terms = {name: said for name, said in terms.items() if name != "modules"}

    with pytest.raises(AnswerError, match=message), database.write() as session:
        said = Terms(**{"name": "Fall", **terms})  # type: ignore[arg-type]
        cohorts.create(session, course, said, modules=modules, known=[MODULE], act=ACT)  # type: ignore[arg-type]


def test_two_who_change_the_same_cohort_hear_of_each_other(database: Database) -> None:
    with database.write() as session:
        make(session)
    with database.read() as session:
        seen = cohorts.cohort_of(session, COURSE)
        terms, version = cohorts.terms_of(seen), seen.version

    with database.write() as session:
        row = cohorts.cohort_of(session, COURSE)
        cohorts.change(session, row, replace(terms, name="Autumn"), version=version, act=ACT)
    with pytest.raises(ConflictError, match="Somebody else changed"), database.write() as session:
        row = cohorts.cohort_of(session, COURSE)
        cohorts.change(session, row, replace(terms, sponsor="AIMH"), version=version, act=ACT)

    with database.read() as session:
        row = cohorts.cohort_of(session, COURSE)
        assert (row.name, row.sponsor, row.version) == ("Autumn", "", version + 1)
        [change, *_] = audit.entries(session, COURSE)
        assert (change.action, change.before, change.after) == (
            "cohort.change", {"name": "Fall 2026"}, {"name": "Autumn"},
        )  # fmt: skip


def test_who_is_removed_and_comes_back_has_everything_still(database: Database) -> None:
    with database.write() as session:
        make(session)
        ana = learner(session, "ana")
        first = place(ana).id
        schedule.extend(session, ana, MODULE, due_on=NOON.date(), act=ACT)
        cohorts.dismiss(session, ana, act=ACT)
    with database.read() as session:
        assert cohorts.role_in(session, "ana", COURSE) is None
        assert cohorts.courses_of(session, "ana") == []

    with database.write() as session:
        again = learner(session, "ana")

        assert place(again).id == first
        assert MODULE in schedule.extensions(session, [again.id])[again.id]
        acts = [entry.action for entry in audit.entries(session, COURSE, member_id=again.id)]
    assert acts == ["member.return", "member.dismiss", "extension", "member.admit"]


def test_a_place_held_for_an_address_goes_to_who_signs_in_with_it(database: Database) -> None:
    with database.write() as session:
        make(session)
        cohorts.admit(session, COURSE, Newcomer(email="Ana@Example.org", name="Ana"), act=ACT)
        assert cohorts.role_in(session, "ana", COURSE) is None

        cohorts.claim(session, "ana", "ANA@example.org", at=NOON)

        assert cohorts.role_in(session, "ana", COURSE) is Role.LEARNER
        enrolment = store.enrolment_of(session, "ana", COURSE)
        assert enrolment is not None
        assert enrolment.learner.name == "Ana"
        assert cohorts.claim(session, "eve", "ana@example.org", at=NOON) == []


def test_an_instructor_does_not_become_a_learner_by_accident(database: Database) -> None:
    with database.write() as session:
        make(session)

        with pytest.raises(ConflictError, match="Ines Vogel is instructor of this cohort"):
            learner(session, "ines")


def test_an_instructor_replaced_in_mid_cohort_stays_named_for_what_was_theirs(
    database: Database,
) -> None:
    with database.write() as session:
        make(session)
        old = cohorts.member_of(session, "ines", COURSE)
        assert old is not None
        new = Newcomer(key="ola", name="Ola Berg", qualifications="PhD")

        cohorts.replace_instructor(session, COURSE, old=old, new=new, act=at(30))

        then = cohorts.instructor_at(session, COURSE, NOON + timedelta(days=20))
        now = cohorts.instructor_at(session, COURSE, NOON + timedelta(days=40))
        assert then is not None
        assert now is not None
        assert (then.name, now.name, now.qualifications) == ("Ines Vogel", "Ola Berg", "PhD")
        assert cohorts.role_in(session, "ines", COURSE) is None


def test_anyone_may_join_an_open_cohort_and_nobody_another(database: Database) -> None:
    with database.write() as session:
        make(session)
        said = Terms(name="Study alone", open=True, reads_reflections=False)
        cohorts.create(session, "open-course", said, known=[MODULE], act=ACT)

        joined = cohorts.join(session, "wei", "open-course", name="Wei", at=NOON)

        assert (joined.role, joined.open) == (Role.LEARNER, True)
        assert [row.course for row in cohorts.open_courses(session)] == ["open-course"]
        with pytest.raises(ConflictError, match="by invitation"):
            cohorts.join(session, "wei", COURSE, at=NOON)


# --- invitations -----------------------------------------------------------------------------


def test_an_invitation_lets_its_number_of_people_in_and_keeps_only_a_hash(
    database: Database,
) -> None:
    with database.write() as session:
        make(session)
        token = cohorts.invite(session, COURSE, seats=1, act=ACT).token
    with database.read() as session:
        [row] = session.scalars(select(Invite))
        assert token not in repr(vars(row))

    with database.write() as session:
        cohorts.accept_invite(session, token, key="ana", name="Ana", at=NOON)
        again = cohorts.accept_invite(session, token, key="ana", at=NOON)
        with pytest.raises(ConflictError, match="All seats"):
            cohorts.accept_invite(session, token, key="bo", at=NOON)

    assert (again.course, again.role) == (COURSE, Role.LEARNER)
    with database.read() as session:
        assert cohorts.invites(session, COURSE)[0].taken == 1


def test_the_last_seat_is_given_once_however_many_come_at_once(database: Database) -> None:
    with database.write() as session:
        make(session)
        token = cohorts.invite(session, COURSE, seats=2, act=ACT).token
    refused: list[str] = []

    def come(key: str) -> None:
        try:
            with database.write() as session:
                cohorts.accept_invite(session, token, key=key, at=NOON)
        except ConflictError as error:
            refused.append(str(error))

    threads = [Thread(target=come, args=(f"user{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.read() as session:
        assert len(cohorts.members(session, COURSE, Role.LEARNER)) == 2
    assert len(refused) == 4


def test_an_invitation_that_is_expired_ended_or_made_up_is_refused(database: Database) -> None:
    with database.write() as session:
        make(session)
        link = cohorts.invite(session, COURSE, days=7, act=ACT)
        ended = cohorts.invite(session, COURSE, act=ACT)
        cohorts.end_invite(session, COURSE, ended.invite.id, act=ACT)

        with pytest.raises(ConflictError, match="expired"):
            cohorts.accept_invite(session, link.token, key="ana", at=NOON + timedelta(days=7))
        for token in (ended.token, "made-up"):
            with pytest.raises(ConflictError, match="not valid"):
                cohorts.accept_invite(session, token, key="ana", at=NOON)


# --- the end ---------------------------------------------------------------------------------


def test_an_archived_cohort_invites_nobody_and_can_be_opened_again(database: Database) -> None:
    with database.write() as session:
        make(session, keep_days=90)
        row = cohorts.cohort_of(session, COURSE)

        until = cohorts.archive(session, row, version=row.version, act=ACT)

        assert until == NOON + timedelta(days=90)
        with pytest.raises(ConflictError, match="archived"):
            cohorts.invite(session, COURSE, act=ACT)
        cohorts.unarchive(session, row, version=row.version, act=ACT)
        cohorts.invite(session, COURSE, act=ACT)


def test_the_audit_says_who_what_before_after_and_why(database: Database) -> None:
    with database.write() as session:
        make(session)
        ana = learner(session, "ana")

        cohorts.dismiss(session, ana, act=Act("ines", NOON, "moved away"))

        [entry, *_] = audit.entries(session, COURSE, member_id=ana.id)
    assert (entry.by, entry.action, entry.why) == ("ines", "member.dismiss", "moved away")
    assert entry.before == {"left": None}
    assert entry.after == {"left": NOON.isoformat()}


def test_a_change_that_fails_leaves_no_audit(database: Database) -> None:
    with database.write() as session:
        make(session)
        ana = learner(session, "ana")
    with pytest.raises(ZeroDivisionError), database.write() as session:
        cohorts.dismiss(session, cohorts.member(session, COURSE, ana.id), act=ACT)
        raise ZeroDivisionError

    with database.read() as session:
        assert cohorts.role_in(session, "ana", COURSE) is Role.LEARNER
        actions = [entry.action for entry in audit.entries(session, COURSE, member_id=ana.id)]
    assert actions == ["member.admit"]
