"""Who may make an account on the Hub, and whose name is never given away by a link."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from groundwork import cohorts
from groundwork.audit import Act
from groundwork.cohorts import Newcomer, Terms
from groundwork.hubside.signup import Authenticator, make_first_admin, use_first_admin
from groundwork.log import Database, open_database, store
from groundwork.settings import SELF_STUDY

Make = Callable[[str], Authenticator]
NOW = datetime.now(UTC)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Database]:
    """A log with a cohort, somebody on its roster, and somebody who studied alone."""
    database = open_database(f"sqlite:///{tmp_path / 'log.db'}")
    with database.write() as session:
        cohorts.create(session, "spring", Terms(name="Spring"), known={}, act=Act("ada", NOW))
        cohorts.admit(session, "spring", Newcomer(key="rosa"), act=Act("ada", NOW))
        store.enrol(session, "sam", SELF_STUDY, at=NOW)
    yield database
    database.close()


@pytest.fixture
def invitation(log: Database) -> str:
    with log.write() as session:
        return cohorts.invite(session, "spring", act=Act("ada", NOW)).token


@pytest.fixture
def made(tmp_path: Path, log: Database) -> Iterator[Make]:
    """Makes the Hub's authenticator for a rule of signing up."""
    every: list[Authenticator] = []

    def make(sign_up: str) -> Authenticator:
        every.append(
            Authenticator(
                add_new_table=False,
                sign_up=sign_up,
                admin_users={"ada"},
                log_url=f"sqlite:///{tmp_path / 'log.db'}",
                first_admin_file=str(tmp_path / "hub" / "first-admin"),
            )
        )
        return every[-1]

    yield make
    for one in every:
        one.database.close()


@pytest.mark.parametrize(
    ("rule", "invited", "alone"),
    [
        ("approval", (True, True), (True, False)),
        ("invitation", (True, True), (False, False)),
        ("open", (True, True), (True, True)),
        ("closed", (False, True), (False, False)),
    ],
)
def test_each_rule_says_who_may_sign_up_and_who_waits(
    made: Make, invitation: str, rule: str, invited: tuple[bool, bool], alone: tuple[bool, bool]
) -> None:
    hub = made(rule)

    with_it = hub.may_sign_up("ben", invitation), hub.is_approved("ben", invitation)
    without = hub.may_sign_up("ben", ""), hub.is_approved("ben", "")

    assert (with_it, without) == (invited, alone)


@pytest.mark.parametrize("name", ["rosa", "sam"])
def test_a_name_that_holds_somebodys_work_waits_for_a_person(
    made: Make, invitation: str, name: str
) -> None:
    assert not made("open").is_approved(name, "")
    assert not made("approval").is_approved(name, invitation)


def test_an_invitation_that_is_over_opens_nothing(
    made: Make, log: Database, invitation: str
) -> None:
    hub = made("invitation")
    with log.write() as session:
        old = Act("ada", NOW - timedelta(days=40))
        expired = cohorts.invite(session, "spring", days=14, act=old).token
        assert hub.may_sign_up("ben", invitation)
        for found in cohorts.invites(session, "spring"):
            cohorts.end_invite(session, "spring", found.id, act=Act("ada", NOW))

    assert not hub.may_sign_up("ben", invitation)
    assert not hub.may_sign_up("ben", expired)


def test_the_first_administrator_needs_the_printed_link_once(
    made: Make, tmp_path: Path, invitation: str
) -> None:
    file = tmp_path / "hub" / "first-admin"
    secret = make_first_admin(file)
    hub = made("open")

    assert [hub.may_sign_up("ada", one) for one in ("", "guessed", invitation, secret)] == [
        False, False, False, True,
    ]  # fmt: skip
    assert make_first_admin(file) == secret
    use_first_admin(file)
    assert make_first_admin(file) == ""
    assert not hub.may_sign_up("ada", "")
    assert not hub.may_sign_up("ada", secret)


def test_nobody_is_called_as_the_learner_without_an_account(made: Make) -> None:
    hub = made("open")

    assert not hub.validate_username("local")
    assert hub.validate_username("locally")
