"""The instructor's week through their pages, and who may see and do what."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from groundwork import audit, cohorts, feedback
from groundwork.attendance import Meeting, schedule_session, seats, session_of
from groundwork.cohorts import Newcomer, Role
from groundwork.log import Audit
from groundwork.portal.templating import day
from groundwork.settings import Settings
from small_cohort import COURSE, at, learner, make, place, read_lessons, reflect, sit
from small_portal import (
    MODULE,
    NOON,
    Client,
    attempt,
    finish_lessons,
    portal,
    right_answers,
    small_settings,
)
from stub_hub import PREFIX, StubHub, stub_hub
from test_accounts import OPEN, of_person

PROJECT = Path(__file__).parents[1]
ROLES = ("nobody", "learner", "stranger", "coordinator", "instructor", "admin")
PAGE = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}
TEXT = "I watched a baby. <script>alert(1)</script> Then I wrote it down."


@pytest.fixture(scope="module")
def hub() -> Iterator[StubHub]:
    with stub_hub() as found:
        yield found


@pytest.fixture
def settings(tmp_path: Path, log_url: str) -> Settings:
    found = small_settings(tmp_path, database_url=log_url)
    found.make_data()
    return found


@pytest.fixture
def client(settings: Settings, hub: StubHub) -> Iterator[Client]:
    """A portal with a cohort: Ines leads it, Rosa has finished and handed in, Tom has not begun."""
    with portal(settings, hub=hub.hub(), prefix=PREFIX) as client:
        house = client.house
        with house.database.write() as session:
            make(session)
            rosa = learner(session, "rosa", "Rosa Díaz")
            learner(session, "tom", "Tom Ek")
            cohorts.admit(session, COURSE, Newcomer(key="cora"), Role.COORDINATOR, act=at())
            read_lessons(session, rosa)
            sit(session, house.curriculum, rosa)
            reflect(session, rosa, TEXT)
        yield client
        while OPEN:
            OPEN.pop().close()


@pytest.fixture
def ines(client: Client, hub: StubHub) -> Client:
    return of_person(client, hub, "ines")


def see(who: Client, path: str) -> str:
    """What a page says, as text."""
    answer = who.get(f"teach/{COURSE}{path}", headers=PAGE)
    assert answer.status_code == 200, answer.text
    return answer.text


def words(html: str) -> str:
    """A page's words without its markup."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def send(who: Client, path: str, files: dict[str, bytes] | None = None, **fields: object) -> str:
    """Send a form and follow where it leads; what that page says."""
    answer = who.post(f"teach/{COURSE}{path}", data=fields, files=files, headers=PAGE)
    if answer.status_code == 303:
        answer = who.get(answer.headers["location"].removeprefix(PREFIX), headers=PAGE)
    return words(answer.text)


def member_id(client: Client, key: str) -> int:
    with client.house.database.read() as session:
        found = cohorts.member_of(session, key, COURSE)
        assert found
        return found.id


def audited(client: Client) -> list[str]:
    with client.house.database.read() as session:
        return list(session.scalars(select(Audit.action).order_by(Audit.id)))


# --- the week --------------------------------------------------------------------------------


def test_an_administrator_makes_a_cohort_and_names_who_leads_it(
    client: Client, hub: StubHub
) -> None:
    admin = of_person(client, hub, "root", admin=True)

    answer = admin.post(
        "teach",
        data={"name": "Winter", "course": "winter", "time_zone": "America/Chicago",
              "module": [MODULE], "instructor": "ines", "qualifications": "LCSW"},
        headers=PAGE,
    )  # fmt: skip

    assert answer.headers["location"] == f"{PREFIX}teach/winter/people?done=created"
    with client.house.database.read() as session:
        assert cohorts.role_in(session, "ines", "winter") is Role.INSTRUCTOR


def test_what_does_not_fit_is_said_and_what_was_typed_is_kept(client: Client, hub: StubHub) -> None:
    admin = of_person(client, hub, "root", admin=True)

    answer = admin.post(
        "teach", data={"name": "Long & warm", "course": COURSE, "time_zone": "UTC"}, headers=PAGE
    )

    assert answer.status_code == 409
    assert "There is a cohort" in answer.text and 'value="Long &amp; warm"' in answer.text


def test_a_roster_is_shown_before_it_is_taken_in(client: Client, ines: Client) -> None:
    table = b"name,user\nAda Ro,ada\nRosa D\xc3\xadaz,rosa\n"
    page = ines.post(
        f"teach/{COURSE}/people/roster", files={"file": ("r.csv", table)}, headers=PAGE
    ).text
    assert "1 new" in page and "ada" not in words(see(ines, "/people")).replace("Ada", "")

    roster = re.search(r'name="roster" value="([^"]+)"', page)
    assert roster
    assert "Ada Ro" in send(ines, "/people/enrol", roster=roster[1])
    assert "member.add" in " ".join(audited(client)) or "member" in " ".join(audited(client))


def test_a_bad_line_of_a_roster_is_named_and_nothing_is_taken_in(ines: Client) -> None:
    told = send(ines, "/people/roster", files={"file": b"name,email\nAda,not-an-address\n"})

    assert "line 2" in told and "Nothing is taken in" in told


def test_a_link_is_shown_once_and_lets_people_in(
    client: Client, ines: Client, hub: StubHub
) -> None:
    told = ines.post(
        f"teach/{COURSE}/people/invite", data={"days": "3", "seats": "1"}, headers=PAGE
    ).text
    link = re.search(r"join/([\w-]+)", told)
    assert link and link[1] not in see(ines, "/people")

    guest = of_person(client, hub, "gus")
    assert guest.post(f"join/{link[1]}", headers=PAGE).status_code == 303
    assert "gus" in see(ines, "/people")


def test_only_whoever_leads_gives_others_a_part_in_running_it(
    client: Client, ines: Client, hub: StubHub
) -> None:
    send(ines, "/people/add", key="carl", role="co_instructor")
    carl = of_person(client, hub, "carl")

    told = send(carl, "/people/add", key="eve", role="instructor")

    assert "Only the instructor of this cohort decides" in told
    assert "eve" not in see(ines, "/people")


def test_days_are_set_and_a_change_made_meanwhile_is_not_overwritten(ines: Client) -> None:
    told = send(ines, f"/schedule/{MODULE}", opens_on="2027-01-11", due_on="2027-01-25", version=1)
    assert "Saved." in told

    told = send(ines, f"/schedule/{MODULE}", due_on="2027-02-01", version=1)

    assert "Somebody else changed this" in told
    assert 'value="2027-01-25"' in see(ines, "/schedule")


def test_a_quiz_that_is_not_open_yet_is_refused_with_its_day_and_lessons_are_not(
    client: Client, ines: Client, hub: StubHub
) -> None:
    send(ines, f"/schedule/{MODULE}", opens_on="2099-01-12", version=1)
    tom = of_person(client, hub, "tom")
    form = client.house.curriculum.quizzes[MODULE].form("B")

    asked = tom.get(f"api/quizzes/{MODULE}")
    sent = tom.post("api/attempts", json=attempt("B", right_answers(form)))

    for answer in (asked, sent):
        assert answer.status_code == 409
        assert answer.json()["detail"] == (
            "The quiz of “Small steps” opens on Monday, January 12, 2099. "
            "You may read its lessons before."
        )
    assert tom.get("api/attempts").json()["attempts"] == []
    finish_lessons(tom)


def test_the_board_shows_who_is_where_and_never_a_score_to_a_coordinator(
    client: Client, ines: Client, hub: StubHub
) -> None:
    told = words(see(ines, ""))
    assert "Rosa Díaz" in told and "reflection in" in told and "Tom Ek" in told

    cora = of_person(client, hub, "cora")
    seen = words(see(cora, ""))
    assert "Rosa Díaz" in seen and "Who needs a word" not in seen
    sheet = cora.get(f"teach/{COURSE}/export.csv").text
    assert "Rosa" in sheet and "7" not in sheet.splitlines()[0]


def test_a_reflection_is_text_and_is_marked_and_the_learner_sees_it(
    client: Client, ines: Client
) -> None:
    with client.house.database.read() as session:
        (waiting,) = feedback.queue(session, COURSE)
    path = f"/reflections/{waiting.enrolment_id}/{MODULE}"
    page = see(ines, path)
    assert "<script>alert(1)" not in page and "&lt;script&gt;alert(1)" in page

    fields = dict(re.findall(r'name="(reflection_id|seen)" value="(\d+)"', page))
    assert "say what is still needed" in send(ines, path, verdict="not_yet", **fields).lower()
    assert "None waits" in send(
        ines, path, verdict="not_yet", comment="What did the father do?", keep="on", **fields
    )
    assert "reflection.assess" in audited(client)
    with client.house.database.read() as session:
        assert [one.text for one in feedback.comments(session, COURSE)] == [
            "What did the father do?"
        ]


def test_days_on_the_pages_are_days_where_the_cohort_is(client: Client, ines: Client) -> None:
    with client.house.database.write() as session:
        cohorts.cohort_of(session, COURSE).time_zone = "Pacific/Kiritimati"
        (waiting,) = feedback.queue(session, COURSE)
    there = day(NOON.date() + timedelta(days=1))
    pages = (
        "/reflections",
        f"/reflections/{waiting.enrolment_id}/{MODULE}",
        f"/people/{member_id(client, 'rosa')}",
        "/settings",
    )

    told = {path: words(see(ines, path)) for path in pages}

    assert [path for path, page in told.items() if there not in page] == []
    assert [path for path, page in told.items() if day(NOON.date()) in page] == []


def test_a_session_and_a_link_have_days_of_the_cohort_too(
    client: Client, ines: Client, hub: StubHub
) -> None:
    ends = datetime(2126, 6, 1, 12, tzinfo=UTC)
    with client.house.database.write() as session:
        cohorts.cohort_of(session, COURSE).time_zone = "Pacific/Kiritimati"
        schedule_session(session, COURSE, Meeting(title="Live", starts=NOON, minutes=60), act=at())
        cohorts.invite(session, COURSE, act=at())
        [link] = cohorts.invites(session, COURSE)
        link.expires = ends
    rosa = of_person(client, hub, "rosa")

    mine = words(rosa.get("my-course", headers=PAGE).text)

    assert f"Live: {day(NOON.date() + timedelta(days=1))}, 02:00 (Pacific/Kiritimati)" in mine
    assert f"until {day(ends.date() + timedelta(days=1))}" in words(see(ines, "/people"))


def test_two_readers_of_one_reflection_do_not_overwrite_each_other(
    client: Client, ines: Client
) -> None:
    with client.house.database.read() as session:
        (waiting,) = feedback.queue(session, COURSE)
    path = f"/reflections/{waiting.enrolment_id}/{MODULE}"
    fields = dict(re.findall(r'name="(reflection_id|seen)" value="(\d+)"', see(ines, path)))
    send(ines, path, verdict="complete", **fields)

    told = send(ines, path, verdict="not_yet", comment="Hm.", **fields)

    assert "has marked this reflection since you opened it" in told


def test_attendance_is_tapped_counted_from_a_file_and_made_up(client: Client, ines: Client) -> None:
    send(ines, "/sessions", title="First hour", starts="2026-12-01T18:00", minutes=60)
    rosa, tom = member_id(client, "rosa"), member_id(client, "tom")
    found = re.search(r"/sessions/(\d+)", see(ines, "/sessions"))
    assert found
    path = f"/sessions/{found[1]}"
    send(ines, f"{path}/taps", listed=[rosa, tom], there=[rosa])

    table = b"Name,Join time,Leave time\nT. Ek,2026-12-01 18:00,2026-12-01 18:55\n"
    page = ines.post(
        f"teach/{COURSE}{path}/file", files={"file": ("m.csv", table)}, headers=PAGE
    ).text
    kept = re.search(r'name="meeting" value="([^"]+)"', page)
    assert kept and "T. Ek" in page
    send(ines, f"{path}/apply", meeting=kept[1], stranger=["T. Ek"], assigned=[str(tom)])
    send(ines, f"{path}/minutes", member=rosa, how="correction", minutes=50, note="Left early.")

    with client.house.database.read() as session:
        listed = seats(session, session_of(session, COURSE, int(found[1])))
    assert {seat.name: (seat.minutes, seat.how) for seat in listed} == {
        "Rosa Díaz": (50, "correction"),
        "Tom Ek": (55, "file"),
    }


def test_what_a_learner_is_given_is_on_their_page_and_in_no_export(
    client: Client, ines: Client
) -> None:
    tom = member_id(client, "tom")
    send(ines, f"/people/{tom}/accommodate", extra_days=14, alternative="By phone.")
    send(ines, f"/people/{tom}/extend", module=MODULE, due_on="2027-03-01", why="new baby")

    page = words(see(ines, f"/people/{tom}"))

    assert "14 more days" in page and "By phone." in page and "1 March 2027" not in page
    sheet = ines.get(f"teach/{COURSE}/export.csv").text
    assert "By phone." not in sheet
    assert "By phone." in ines.get(f"teach/{COURSE}/export.csv?arranged=1").text


def test_attempts_are_set_aside_with_a_reason_and_stay_in_the_list(
    client: Client, ines: Client
) -> None:
    rosa = member_id(client, "rosa")
    assert "say why" in send(ines, f"/people/{rosa}/reset", module=MODULE, why="").lower()

    told = send(ines, f"/people/{rosa}/reset", module=MODULE, why="The fire alarm.")

    assert "They may begin again" in told and "set aside" in told and "The fire alarm." in told


def test_records_are_made_for_all_who_earned_one_and_none_twice(
    client: Client, ines: Client
) -> None:
    assert "Rosa Díaz" in words(see(ines, "/finish"))
    with client.house.database.read() as session:
        (waiting,) = feedback.queue(session, COURSE)
    path = f"/reflections/{waiting.enrolment_id}/{MODULE}"
    fields = dict(re.findall(r'name="(reflection_id|seen)" value="(\d+)"', see(ines, path)))
    send(ines, path, verdict="complete", **fields)
    with client.house.database.write() as session:
        member = cohorts.member_of(session, "rosa", COURSE)
        assert member
        place(member).learner.name = "Rosa Díaz"

    assert "1 made, 0 were there before" in send(ines, "/finish")
    again = send(ines, "/finish")
    assert "0 made, 1 were there before" in again


def test_questions_have_their_report(ines: Client) -> None:
    page = words(see(ines, f"/stats/{MODULE}"))

    assert "No index is given for fewer than 20 people." in page


def test_an_archived_cohort_takes_nobody_and_opens_again(client: Client, ines: Client) -> None:
    version = re.search(r'name="version" value="(\d+)"', see(ines, "/settings"))
    assert version
    assert "The cohort is archived" in send(ines, "/archive", version=version[1], why="done")
    assert "archived" in send(ines, "/people/invite", days="3")

    version = re.search(r'name="version" value="(\d+)"', see(ines, "/settings"))
    assert version
    assert "runs again" in send(ines, "/archive", version=version[1], open_again="1", why="more")


def test_an_instructor_is_replaced_in_mid_cohort(
    client: Client, ines: Client, hub: StubHub
) -> None:
    root = of_person(client, hub, "root", admin=True)
    own = member_id(client, "ines")

    send(root, f"/people/{own}/replace", key="nadia", qualifications="PhD", why="moved away")

    with client.house.database.read() as session:
        assert cohorts.role_in(session, "nadia", COURSE) is Role.INSTRUCTOR
        assert cohorts.role_in(session, "ines", COURSE) is None
        assert any(one.why == "moved away" for one in audit.entries(session, COURSE))


# --- who may see and do what -----------------------------------------------------------------


def table() -> list[tuple[str, str, dict[str, str]]]:
    """The rows of docs/roles.md: method, path, and what each role is answered."""
    rows = []
    for line in (PROJECT / "docs" / "roles.md").read_text(encoding="utf-8").splitlines():
        found = re.fullmatch(r"\| `(GET|POST|PUT|DELETE) (\S+)` \| (.+) \|", line)
        if found:
            said = [cell.strip() for cell in found[3].split("|")][: len(ROLES)]
            rows.append((found[1], found[2], dict(zip(ROLES, said, strict=True))))
    return rows


def walk(routes: Sequence[object]) -> Iterator[tuple[str, str]]:
    """Every method and path there is, those of included routers too."""
    for route in routes:
        router = getattr(route, "original_router", None)
        if router is not None:
            yield from walk(router.routes)
        for method in getattr(route, "methods", None) or ():
            if method in ("GET", "POST", "PUT", "DELETE"):
                yield method, getattr(route, "path", "")


def asked(answer: httpx.Response) -> set[str]:
    """What an answer can mean: in, to the sign-in, or kept out. What is not there may be either."""
    if answer.status_code == 303 and "sign-in" in answer.headers.get("location", ""):
        return {"sign in"}
    if answer.status_code in (401, 403):
        return {"no"}
    return {"yes", "no"} if answer.status_code == 404 else {"yes"}


def test_every_route_answers_every_role_as_the_table_in_the_docs_says(
    settings: Settings, hub: StubHub, client: Client
) -> None:
    rosa, tom = member_id(client, "rosa"), member_id(client, "tom")
    with client.house.database.write() as session:
        cohorts.create(session, "other", cohorts.Terms(name="Other"), known=[MODULE], act=at())
        cohorts.admit(session, "other", Newcomer(key="otto"), Role.INSTRUCTOR, act=at())
    people = {
        "nobody": Client(base_url=client.base_url, timeout=30),
        "learner": of_person(client, hub, "tom"),
        "stranger": of_person(client, hub, "otto"),
        "coordinator": of_person(client, hub, "cora"),
        "instructor": of_person(client, hub, "ines"),
        "admin": of_person(client, hub, "root", admin=True),
    }
    OPEN.append(people["nobody"])
    wrong = []
    for method, path, expected in table():
        filled = fill(path, rosa=rosa, tom=tom)
        for role, who in people.items():
            answer = who.request(method, filled, headers=PAGE, **body(method, path))
            if answer.status_code >= 500 or expected[role] not in asked(answer):
                wrong.append(
                    f"{role}: {method} {filled} {answer.status_code}, not {expected[role]}"
                )
    assert wrong == []


def fill(path: str, *, rosa: int, tom: int) -> str:
    names = {
        "course": COURSE, "member_id": rosa, "module": MODULE, "enrolment_id": 1, "kind": "csv",
        "session_id": 999, "invite_id": 999, "given_id": 999, "comment_id": 999,
        "record_id": "none", "number": 1, "token": "x" * 20, "name": "trainings",
        "entry_id": "00000000-0000-4000-8000-000000000000", "address": "index.html",
        "list_name": "trainings",
    }  # fmt: skip
    filled = re.sub(r"\{(\w+)(?::\w+)?\}", lambda one: str(names[one[1]]), path)
    return filled.lstrip("/")


def body(method: str, path: str) -> dict[str, Any]:
    if method == "GET":
        return {}
    if path.startswith("/api/") and path != "/api/verify":
        return {"json": {}}
    return {"data": {"sent": "1"}}


def test_the_table_names_every_route_there_is(client: Client, settings: Settings) -> None:
    from groundwork.portal.app import create_app

    there = set(walk(create_app(settings, client.house.curriculum).routes))

    assert {(method, path) for method, path, _ in table()} == there


# --- the learner's side ----------------------------------------------------------------------


def test_a_learner_sees_their_own_days_and_what_was_said_to_them(
    client: Client, ines: Client, hub: StubHub
) -> None:
    with client.house.database.read() as session:
        (waiting,) = feedback.queue(session, COURSE)
    path = f"/reflections/{waiting.enrolment_id}/{MODULE}"
    fields = dict(re.findall(r'name="(reflection_id|seen)" value="(\d+)"', see(ines, path)))
    send(ines, path, verdict="not_yet", comment="And the father?", **fields)
    rosa, tom = of_person(client, hub, "rosa"), of_person(client, hub, "tom")

    told = words(rosa.get("my-course", headers=PAGE).text)

    assert "Your reflection: not yet" in told and "And the father?" in told
    assert "And the father?" not in tom.get("my-course", headers=PAGE).text


def test_an_evaluation_is_kept_without_a_name_and_asked_once(client: Client, hub: StubHub) -> None:
    rosa = of_person(client, hub, "rosa")
    assert "without your name" in rosa.get("my-course", headers=PAGE).text

    sent = rosa.post(
        "my-course/evaluation", data={"q-useful": "Agree", "q-better": "More pictures."},
        headers=PAGE,
    )  # fmt: skip

    assert sent.status_code == 303
    assert "without your name" not in rosa.get("my-course", headers=PAGE).text
    again = rosa.get("my-course/evaluation", headers=PAGE)
    assert again.headers["location"].endswith("my-course")
