"""The HTTP contract, asked of a real server: bad input is named, nothing counts twice."""

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
import pytest
from sqlalchemy import event as hook
from sqlalchemy import text

from groundwork.curriculum import load_curriculum
from groundwork.errors import SettingsError
from groundwork.items import Form
from groundwork.log import open_database
from groundwork.portal import gradebook_copy
from groundwork.portal.serving import address_of, listen
from groundwork.settings import Settings
from small_portal import (
    FIRST,
    FIRST_CHECK,
    MODULE,
    NOON,
    SECOND,
    SECOND_CHECKS,
    Client,
    attempt,
    complete_module,
    event,
    finish_lessons,
    portal,
    small_settings,
)

HOSTILE = "</script><img src=x onerror=alert(1)> & \"Ada\" 'Łukasz' 李"


@pytest.fixture
def settings(tmp_path: Path, log_url: str) -> Settings:
    return small_settings(tmp_path, database_url=log_url)


@pytest.fixture
def client(settings: Settings) -> Iterator[httpx.Client]:
    with portal(settings) as client:
        yield client


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """One portal for all the questions that leave nothing behind."""
    with portal(small_settings(tmp_path_factory.mktemp("still"))) as client:
        yield client


@pytest.fixture
def form_b(settings: Settings) -> Form:
    return load_curriculum(settings).quizzes[MODULE].form("B")


def post_events(client: httpx.Client, *events: Any) -> list[dict[str, Any]]:
    answer = client.post("api/events", json={"events": list(events)})
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


def module(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("api/progress").json()["modules"][0]
    return found


def named(answer: httpx.Response) -> list[Any]:
    """The places that a 422 names."""
    assert answer.status_code == 422, answer.text
    assert all(set(one) == {"loc", "msg"} for one in answer.json()["detail"])
    return [one["loc"] for one in answer.json()["detail"]]


# The portal


def test_it_says_that_it_is_up(still: httpx.Client) -> None:
    assert still.get("healthz").json() == {"status": "ok"}


def test_its_contract_is_published_without_pages_from_elsewhere(still: httpx.Client) -> None:
    paths = still.get("openapi.json").json()["paths"]

    assert {"/api/me", "/api/events", "/api/attempts", "/api/progress"} <= set(paths)
    assert still.get("docs").status_code == 404


def test_me_is_kept_and_what_is_left_out_stays(client: httpx.Client) -> None:
    assert client.get("api/me").json() == {"name": "", "language": "en"}

    client.put("api/me", json={"name": "  Ada   Lovelace ", "language": "es"})
    client.put("api/me", json={"name": "Ada L."})

    assert client.get("api/me").json() == {"name": "Ada L.", "language": "es"}


@pytest.mark.parametrize(
    ("sent", "place"),
    [
        ({"name": 7}, ["body", "name"]),
        ({"name": "x" * 201}, ["body", "name"]),
        ({"name": "Ada\u202e"}, ["body", "name"]),
        ({"name": "..."}, ["body", "name"]),
        ({"language": "English"}, ["body", "language"]),
        ({"nmae": "Ada"}, ["body", "nmae"]),
    ],
)
def test_a_name_that_cannot_be_printed_is_named(
    still: httpx.Client, sent: dict[str, Any], place: list[str]
) -> None:
    assert named(still.put("api/me", json=sent)) == [place]


def test_the_course_lists_lessons_and_their_items(still: httpx.Client) -> None:
    lessons = still.get("api/course").json()["modules"][0]["lessons"]

    assert [lesson["id"] for lesson in lessons] == [FIRST, SECOND]
    assert lessons[1]["items"] == list(SECOND_CHECKS)


def test_looking_changes_nothing(client: httpx.Client, settings: Settings) -> None:
    for path in ("", "api/me", "api/progress", f"api/quizzes/{MODULE}", "api/attempts", "verify"):
        assert client.get(path).status_code == 200

    database = open_database(settings.database_url)
    with database.read() as session:
        assert session.scalar(text("SELECT count(*) FROM learner")) == 0
    database.close()
    assert not settings.keys.exists()


# Events


def test_an_event_is_accepted_once_and_repeated_after(client: httpx.Client) -> None:
    sent = event("practice", FIRST, item=FIRST_CHECK, answer="stand", confidence=3)

    assert post_events(client, sent, sent)[0]["status"] == "accepted"
    again = post_events(client, sent, sent)

    assert [one["status"] for one in again] == ["repeated", "repeated"]
    assert module(client)["lessons"][0]["answered"] == [FIRST_CHECK]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"at": "2026-11-02T12:00:00"}, "at: .*timezone"),
        ({"at": "yesterday"}, "at: "),
        ({"lesson": "01-small-steps/nowhere"}, "no lesson"),
        ({"item": "nothing"}, "no self-check 'nothing'"),
        ({"item": "b-first-step"}, "no self-check 'b-first-step'"),
        ({"item": SECOND_CHECKS[0]}, "no self-check"),
        ({"answer": None}, "no answer"),
        ({"answer": "sit on it"}, "unknown option"),
        ({"answer": ["stand"]}, "not the id"),
        ({"answer": "stand\0"}, "answer: .*cannot be kept"),
        ({"confidence": 4}, "confidence: "),
        ({"confidence": True}, "confidence: "),
        ({"type": "passed"}, "type: "),
        ({"score": 1.0}, "score: "),
        ({"id": 7}, "id: "),
        ({"id": "x" * 65}, "id: "),
    ],
)
def test_a_bad_event_is_refused_with_its_reason_and_blocks_no_other(
    still: httpx.Client, changes: dict[str, Any], reason: str
) -> None:
    good = {"item": FIRST_CHECK, "answer": "fly"}

    results = post_events(
        still,
        event("practice", FIRST, **good) | changes,
        event("practice", FIRST, **good),
    )

    assert [one["status"] for one in results] == ["refused", "accepted"]
    assert re.search(reason, results[0]["reason"])


@pytest.mark.parametrize("bad", [7, None, [], "event", {}, {"id": "\0"}, {"id": ["x"]}])
def test_what_is_no_event_is_refused_too(still: httpx.Client, bad: Any) -> None:
    results = post_events(still, bad, event("active", FIRST, seconds=60))

    assert [one["status"] for one in results] == ["refused", "accepted"]
    assert results[0]["id"] is None


def test_a_lesson_is_not_finished_before_its_self_checks_are_answered(
    client: httpx.Client,
) -> None:
    (refused,) = post_events(client, event("lesson_finished", SECOND))

    assert refused["status"] == "refused"
    assert all(check in refused["reason"] for check in SECOND_CHECKS)

    finish_lessons(client)
    assert [lesson["status"] for lesson in module(client)["lessons"]] == ["finished"] * 2


@pytest.mark.parametrize("at", ["1970-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00"])
def test_a_clock_that_is_far_off_loses_nothing(still: httpx.Client, at: str) -> None:
    (result,) = post_events(still, event("active", FIRST, seconds=60, at=at))

    assert result["status"] == "accepted"


def test_a_practice_answer_is_scored_here(client: httpx.Client, settings: Settings) -> None:
    post_events(client, event("practice", SECOND, item=SECOND_CHECKS[0], answer=["sofa"]))

    database = open_database(settings.database_url)
    with database.read() as session:
        assert session.scalar(text("SELECT score FROM event")) == 0.5
    database.close()


def test_at_most_500_events_come_at_once(client: httpx.Client) -> None:
    many = [event("active", FIRST, seconds=1) for _ in range(500)]

    assert {one["status"] for one in post_events(client, *many)} == {"accepted"}
    assert named(client.post("api/events", json={"events": [*many, many[0]]})) == [
        ["body", "events"]
    ]


def test_the_same_batch_from_two_tabs_counts_once(client: httpx.Client) -> None:
    batch = [event("active", FIRST, seconds=60) for _ in range(20)]

    with ThreadPoolExecutor(4) as tabs:
        answers = list(tabs.map(lambda _: post_events(client, *batch), range(4)))

    accepted = sum(one["status"] == "accepted" for results in answers for one in results)
    assert accepted == 20


# Attempts


def test_the_server_decides_which_form_is_next(client: httpx.Client) -> None:
    assert client.get(f"api/quizzes/{MODULE}").json()["form"] == "B"
    assert client.get(f"api/quizzes/{MODULE}?purpose=precheck").json()["form"] == "A"

    assert client.post("api/attempts", json=attempt("A", {})).status_code == 409
    assert client.post("api/attempts", json=attempt("B", {})).status_code == 201

    assert client.get(f"api/quizzes/{MODULE}").json()["form"] == "A"
    assert client.get(f"api/quizzes/{MODULE}?purpose=precheck").status_code == 409


def test_the_same_attempt_again_has_the_same_body(client: httpx.Client) -> None:
    sent = attempt("B", {"b-first-step": "look"})

    first = client.post("api/attempts", json=sent)
    again = client.post("api/attempts", json=sent)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert module(client)["quiz"]["attempts"] == 1


def test_two_tabs_at_once_leave_one_attempt(client: httpx.Client) -> None:
    with ThreadPoolExecutor(4) as tabs:
        sent = [attempt("B", {}) for _ in range(4)]
        answers = list(tabs.map(lambda body: client.post("api/attempts", json=body), sent))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert module(client)["quiz"]["attempts"] == 1


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"attempt_id": "one"}, ["body", "attempt_id"]),
        ({"form": "C"}, ["body", "form"]),
        ({"purpose": "exam"}, ["body", "purpose"]),
        ({"answers": []}, ["body", "answers"]),
        ({"answers": {"a-first-step": "look"}}, ["body", "answers"]),
        ({"answers": {"<b>": 1}}, ["body", "answers"]),
        ({"answers": {"b-first-step": "\ud800"}}, ["body", "answers"]),
        ({"started": "2026-11-02T12:00:00"}, ["body", "started"]),
        ({"finished": NOON.replace(hour=1).isoformat()}, ["body", "finished"]),
        ({"score": 12}, ["body", "score"]),
    ],
)
def test_a_bad_attempt_names_the_field(
    still: httpx.Client, changes: dict[str, Any], place: list[str]
) -> None:
    body = json.dumps(attempt("B", {}) | changes)
    headers = {"Content-Type": "application/json"}

    answer = still.post("api/attempts", content=body, headers=headers)

    assert named(answer) == [place]
    assert still.get("api/attempts").json() == {"attempts": []}


def test_what_was_told_can_be_read_again(client: httpx.Client) -> None:
    told = client.post("api/attempts", json=attempt("B", {"b-first-step": "sit"})).json()

    (again,) = client.get("api/attempts").json()["attempts"]

    assert told.items() <= again.items()
    assert again["form"] == "B"


@pytest.mark.parametrize(
    "ask",
    [
        lambda c: c.get("api/quizzes/99-nothing"),
        lambda c: c.post("api/attempts", json=attempt("B", {}, module="99-nothing")),
        lambda c: c.put(
            "api/reflections/99-nothing", json={"text": "", "met": [False, False, False]}
        ),
        lambda c: c.post("api/records", json={"module": "99-nothing"}),
        lambda c: c.get("records/nothing"),
        lambda c: c.get("records/nothing.pdf"),
        lambda c: c.get("api/nothing"),
    ],
)
def test_what_is_not_there_is_404_in_one_sentence(still: httpx.Client, ask: Any) -> None:
    answer = ask(still)

    assert answer.status_code == 404
    assert answer.json()["detail"].startswith("There is no such")


def test_no_answer_holds_a_graded_key_before_passing(
    client: httpx.Client, settings: Settings
) -> None:
    answers = [
        client.get("api/course"),
        client.get(f"api/quizzes/{MODULE}?purpose=precheck"),
        client.post(
            "api/attempts",
            json=attempt("A", {"a-first-step": "look"}, purpose="precheck"),
        ),
        client.get(f"api/quizzes/{MODULE}"),
        client.post(
            "api/attempts",
            json=attempt("B", {"b-first-step": "late", "b-in-order": ["roll", "go"]}),
        ),
        client.get(f"api/quizzes/{MODULE}"),
        client.get("api/attempts"),
        client.get("api/progress"),
        client.get(""),
        client.get(f"modules/{MODULE}/quiz.html"),
        client.get("openapi.json"),
    ]

    told = "".join(answer.text for answer in answers).replace("SECRET-B-02", "")
    assert all(answer.is_success for answer in answers)
    assert "SECRET" not in told  # the reason of the one option that was chosen aside
    assert '"zero_at"' not in told


def test_a_quiz_whose_keys_are_elsewhere_is_not_given(settings: Settings) -> None:
    for path in (settings.quizzes / MODULE).glob("form-*.yml"):
        path.unlink()

    with portal(settings) as client:
        answer = client.get(f"api/quizzes/{MODULE}")

    assert answer.status_code == 503
    assert str(settings.root) not in answer.text


# Reflections and records


def test_the_latest_reflection_counts(client: httpx.Client) -> None:
    for words, met in (("Draft", [True, False, False]), ("Done", [True, True, True])):
        client.put(f"api/reflections/{MODULE}", json={"text": words, "met": met})

    told = module(client)["reflection"]

    assert (told["text"], told["met"], told["complete"]) == ("Done", [True] * 3, True)


@pytest.mark.parametrize(
    ("sent", "place"),
    [
        ({"text": "x" * 20_001, "met": [True] * 3}, ["body", "text"]),
        ({"text": None, "met": [True] * 3}, ["body", "text"]),
        ({"text": "x\0", "met": [True] * 3}, ["body", "text"]),
        ({"text": "x", "met": [1, 1, 1]}, ["body", "met", 0]),
        ({"text": "x", "met": [True] * 2}, ["body", "met", 2]),
        ({"met": [True] * 3}, ["body", "text"]),
    ],
)
def test_a_bad_reflection_names_the_field(
    still: httpx.Client, sent: dict[str, Any], place: list[Any]
) -> None:
    assert place in named(still.put(f"api/reflections/{MODULE}", json=sent))


def test_a_record_asked_for_too_early_says_what_is_missing(still: httpx.Client) -> None:
    for sent in ({"module": MODULE}, {"series": True}):
        answer = still.post("api/records", json=sent)

        assert answer.status_code == 409
        assert len(answer.json()["missing"]) == 4


def test_a_record_without_a_name_asks_for_one(client: httpx.Client, form_b: Form) -> None:
    complete_module(client, form_b, name="")

    answer = client.post("api/records", json={"module": MODULE})

    assert answer.status_code == 409
    assert "name" in answer.json()["missing"][0]


def test_a_complete_module_gives_one_record_that_verifies(
    client: httpx.Client, form_b: Form
) -> None:
    complete_module(client, form_b)

    made = client.post("api/records", json={"module": MODULE})
    again = client.post("api/records", json={"module": MODULE})

    assert (made.status_code, again.status_code) == (201, 200)
    links = made.json()
    assert again.json() == links == module(client)["record"]
    assert client.get(links["json"]).json()["id"] == f"urn:uuid:{links['id']}"
    assert client.get(links["png"]).content.startswith(b"\x89PNG")
    pdf = client.get(links["pdf"])
    assert pdf.headers["content-type"] == "application/pdf"
    verdict = client.post("api/verify", files={"file": pdf.content}).json()
    assert verdict["status"] == "valid"
    assert verdict["page_proven"] is True
    assert verdict["issuer"]["trust"] == "self"
    assert verdict["record"]["learner"] == "Ada Lovelace"


def test_two_clicks_at_once_make_one_record(client: httpx.Client, form_b: Form) -> None:
    complete_module(client, form_b)

    with ThreadPoolExecutor(3) as tabs:
        answers = list(
            tabs.map(lambda _: client.post("api/records", json={"module": MODULE}), range(3))
        )

    assert sorted(answer.status_code for answer in answers) == [200, 200, 201]
    assert len({answer.json()["id"] for answer in answers}) == 1


def test_a_corrected_name_makes_a_new_record_and_supersedes_the_old(
    client: httpx.Client, form_b: Form
) -> None:
    complete_module(client, form_b, name="Ada Lovelac")
    old = client.post("api/records", json={"module": MODULE}).json()
    old_file = client.get(old["json"]).content

    client.put("api/me", json={"name": "Ada Lovelace"})
    new = client.post("api/records", json={"module": MODULE})

    assert new.status_code == 201
    assert client.post("api/verify", files={"file": old_file}).json()["status"] == "superseded"
    page = client.get(old["page"]).text
    assert "Replaced by a newer record" in page
    assert new.json()["page"] in page


def test_a_records_page_is_public_and_tells_no_score(client: httpx.Client, form_b: Form) -> None:
    complete_module(client, form_b, name=HOSTILE)
    links = client.post("api/records", json={"module": MODULE}).json()

    page = client.get(links["page"])

    assert page.headers["x-robots-tag"] == "noindex"
    assert "<img" not in page.text
    assert "&lt;/script&gt;&lt;img src=x" in page.text
    assert "Small steps" in page.text
    assert not re.search(r"7\.0|of 7|7 points", page.text)


def test_the_verify_page_works_without_scripts(client: httpx.Client, form_b: Form) -> None:
    complete_module(client, form_b, name=HOSTILE)
    links = client.post("api/records", json={"module": MODULE}).json()
    pdf = client.get(links["pdf"]).content

    good = client.post("verify", files={"file": pdf})
    none = client.post("verify", files={"file": b""})
    other = client.post("verify", files={"file": b"A shopping list"})

    assert 'data-status="valid">Valid</h1>' in good.text
    assert "&lt;img src=x" in good.text
    assert "<img" not in good.text
    assert none.status_code == 422
    assert 'data-status="unreadable">Unreadable</h1>' in other.text


def test_a_changed_credential_is_seen(client: httpx.Client, form_b: Form) -> None:
    complete_module(client, form_b)
    links = client.post("api/records", json={"module": MODULE}).json()
    changed = client.get(links["json"]).content.replace(b"Ada Lovelace", b"Ida Lovelace")

    verdict = client.post("api/verify", files={"file": changed}).json()

    assert verdict["status"] == "tampered"
    assert verdict["record"] is None


def test_who_issues_is_told_with_the_method_of_hours(still: httpx.Client) -> None:
    page = still.get("issuer").text

    assert "self-issued" in page
    assert "200 words a minute" in page
    assert still.get(".well-known/did.json").status_code == 404
    assert still.get("status/1").status_code == 404


def test_an_organization_publishes_its_keys_and_its_withdrawn_records(
    settings: Settings, tmp_path: Path
) -> None:
    issuer = tmp_path / "issuer.yml"
    issuer.write_text("name: A training office\ncontact: office@example.org\n")
    public = replace(settings, issuer=issuer, public_url="https://training.example.org")
    form_b = load_curriculum(settings).quizzes[MODULE].form("B")

    with portal(public) as client:
        complete_module(client, form_b)
        links = client.post("api/records", json={"module": MODULE}).json()
        credential = client.get(links["json"]).content
        verdict = client.post("api/verify", files={"file": credential}).json()
        client.put("api/me", json={"name": "Ada King"})
        client.post("api/records", json={"module": MODULE})
        status = client.get("status/1")
        did = client.get(".well-known/did.json").json()

    assert verdict["status"] == "valid"
    assert verdict["issuer"]["name"] == "A training office"
    assert json.loads(credential)["credentialStatus"]["statusListCredential"].endswith("/status/1")
    assert status.json()["credentialSubject"]["statusPurpose"] == "revocation"
    assert did["id"] == "did:web:training.example.org"


# The book


def test_a_page_carries_the_learners_progress(client: httpx.Client) -> None:
    client.put("api/me", json={"name": HOSTILE})

    page = client.get("")

    assert '<html data-portal="/" lang="en"' in page.text
    found = re.search(r'<script type="application/json" id="gw-progress">(.*?)</script>', page.text)
    assert found
    assert json.loads(found[1]) == client.get("api/progress").json()
    assert json.loads(found[1])["learner"]["name"] == HOSTILE
    assert "<img" not in page.text


def test_a_page_is_sent_again_only_when_it_or_the_progress_changed(client: httpx.Client) -> None:
    first = client.get("")
    same = client.get("", headers={"If-None-Match": first.headers["etag"]})
    client.put("api/me", json={"name": "Ada"})
    changed = client.get("", headers={"If-None-Match": first.headers["etag"]})

    assert same.status_code == 304
    assert same.content == b""
    assert changed.status_code == 200


def test_files_are_compressed_and_versions_kept_for_long(still: httpx.Client) -> None:
    plain = still.get("_static/groundwork.css", headers={"Accept-Encoding": "identity"})
    packed = still.get("_static/groundwork.css")
    versioned = still.get("_static/groundwork.css?v=1")

    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    assert packed.headers["cache-control"] == "no-cache"
    assert "immutable" in versioned.headers["cache-control"]
    assert still.head("_static/groundwork.css").status_code == 200


def test_a_rebuilt_page_is_seen_at_once(client: httpx.Client, settings: Settings) -> None:
    client.get("")
    path = settings.book / "index.html"
    path.write_text(path.read_text().replace("Front", "Newly built"))

    assert "Newly built" in client.get("").text


@pytest.mark.parametrize(
    "path",
    [
        "../pyproject.toml",
        "..%2f..%2fquizzes/01-small-steps/form-b.yml",
        "%2e%2e/%2e%2e/_toc.yml",
        "_static/..%5c..%5c_toc.yml",
        "/etc/passwd",
        "%2fetc/passwd",
        "index.html%00.css",
        ".buildinfo",
        "link.yml",
    ],
)
def test_no_address_leads_out_of_the_book(still: Client, path: str) -> None:
    book = still.house.book.folder
    (book / ".buildinfo").write_text("hidden")
    (book / "link.yml").unlink(missing_ok=True)
    (book / "link.yml").symlink_to(still.house.settings.root / "_toc.yml")
    base = str(still.base_url).rstrip("/")

    answer = still.send(
        httpx.Request("GET", httpx.URL(base).copy_with(raw_path=f"/{path}".encode()))
    )

    assert answer.status_code == 404


def test_a_reader_gets_a_page_and_a_program_gets_json(still: httpx.Client) -> None:
    page = still.get("nowhere.html", headers={"Accept": "text/html,*/*"})
    data = still.get("nowhere.html")

    assert page.status_code == data.status_code == 404
    assert "<h1>There is no such page.</h1>" in page.text
    assert data.json() == {"detail": "There is no such page."}


def test_a_folder_is_its_first_page(still: httpx.Client) -> None:
    assert still.get(f"modules/{MODULE}/").status_code == 200
    assert still.get(f"modules/{MODULE}").headers["location"] == f"/modules/{MODULE}/"


def test_a_book_that_is_not_built_is_one_sentence(settings: Settings) -> None:
    (settings.book / "index.html").unlink()

    with portal(settings) as client:
        answer = client.get("", headers={"Accept": "text/html"})

        assert answer.status_code == 503
        assert "The book is not built yet." in answer.text
        assert client.get("api/progress").status_code == 200


def test_everything_works_under_a_prefix(settings: Settings, form_b: Form) -> None:
    with portal(settings, prefix="services/groundwork") as client:
        complete_module(client, form_b)
        links = client.post("api/records", json={"module": MODULE}).json()

        assert client.base_url.path == "/services/groundwork/"
        assert '<html data-portal="/services/groundwork/"' in client.get("").text
        assert links["page"].startswith("/services/groundwork/records/")
        origin = str(client.base_url).removesuffix("/services/groundwork/")
        page = httpx.get(origin + links["page"]).text
        assert 'href="/services/groundwork/_static/groundwork.css"' in page
        assert httpx.get(f"{origin}/services/groundwork").headers["location"] == (
            "/services/groundwork/"
        )


def test_a_prefix_that_is_no_path_is_refused(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="prefix"), portal(settings, prefix='/"><script>'):
        pass


# What goes wrong


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[NaN]", b'{"name": 1e999}', b"\xff\xfe", b"[" * 100_000, b'{"name": "\\ud800"}'],
)
def test_what_is_no_json_is_refused_in_one_sentence(still: httpx.Client, body: bytes) -> None:
    answer = still.put("api/me", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 422
    assert len(answer.json()["detail"]) == 1
    assert "Traceback" not in answer.text


def test_a_locked_database_is_503_and_nothing_is_half_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groundwork.log.database.BUSY_SECONDS", 0.1)
    settings = small_settings(tmp_path)

    with portal(settings) as client:
        other = open_database(settings.database_url)
        with other.write() as session:
            session.execute(text("SELECT 1"))  # the lock is taken with the first statement
            refused = client.put("api/me", json={"name": "Ada"})
        other.close()

        assert refused.status_code == 503
        assert refused.json()["detail"].endswith("Try again soon.")
        assert client.get("api/me").json()["name"] == ""


def test_a_full_disk_is_503_and_nothing_is_half_saved(tmp_path: Path) -> None:
    settings = small_settings(tmp_path)

    with portal(settings) as client:
        client.put("api/me", json={"name": "Ada"})
        engine = client.house.database.engine
        with engine.connect() as connection:
            size = connection.exec_driver_sql("PRAGMA page_count").scalar()
        hook.listen(engine, "begin", lambda c: c.exec_driver_sql(f"PRAGMA max_page_count = {size}"))

        written = {"text": "x" * 19_000, "met": [True] * 3}
        refused = client.put(f"api/reflections/{MODULE}", json=written)

        assert refused.status_code == 503
        assert module(client)["reflection"] is None


def test_the_gradebook_follows_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gradebook_copy, "FIRST", 0.0)
    monkeypatch.setattr(gradebook_copy, "QUIET", 0.05)
    settings = small_settings(tmp_path)

    with portal(settings) as client:
        client.post("api/attempts", json=attempt("B", {"b-first-step": "look"}))
        wait_for(lambda: graded_points(settings) == [1.0])


def test_what_the_gradebook_missed_is_written_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = small_settings(tmp_path)
    with portal(settings) as client:
        client.post("api/attempts", json=attempt("B", {"b-first-step": "look"}))
    monkeypatch.setattr(gradebook_copy, "FIRST", 0.0)
    monkeypatch.setattr(gradebook_copy, "QUIET", 0.05)
    assert graded_points(settings) == []

    with portal(settings):
        wait_for(lambda: graded_points(settings) == [1.0])


def test_a_gradebook_that_cannot_be_written_is_tried_again_and_blocks_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name, value in (("FIRST", 0.0), ("QUIET", 0.0), ("RETRY", (0.1,))):
        monkeypatch.setattr(gradebook_copy, name, value)
    settings = small_settings(tmp_path)
    settings.make_data()
    in_the_way = settings.data / "courses"
    in_the_way.write_text("A file where a folder should be.")

    with portal(settings) as client:
        sent = client.post("api/attempts", json=attempt("B", {"b-first-step": "look"}))
        wait_for(lambda: "could not be written" in caplog.text)
        in_the_way.unlink()
        wait_for(lambda: graded_points(settings) == [1.0])

    assert sent.status_code == 201
    assert all("\n" not in record.getMessage() for record in caplog.records)


def graded_points(settings: Settings) -> list[float]:
    """The points in nbgrader's gradebook, without the zeros."""
    path = Path(settings.gradebook("self-study").removeprefix("sqlite:///"))
    if not path.is_file():
        return []
    with closing(sqlite3.connect(path)) as book:
        try:
            rows = book.execute("SELECT auto_score FROM grade WHERE auto_score > 0").fetchall()
        except sqlite3.OperationalError:
            return []
    return [points for (points,) in rows]


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for something that another thread does; fail when it never comes."""
    end = monotonic() + seconds
    while not condition():
        assert monotonic() < end, "it never came"
        sleep(0.05)


def test_a_port_in_use_is_one_sentence() -> None:
    taken = listen("127.0.0.1", 0)
    port = taken.getsockname()[1]

    with pytest.raises(SettingsError, match=f"Port {port} on 127.0.0.1 is already in use"):
        listen("127.0.0.1", port)

    taken.close()


@pytest.mark.parametrize(("host", "port"), [("no.such.host.invalid", 0), ("127.0.0.1", 70_000)])
def test_an_address_that_is_none_is_one_sentence(host: str, port: int) -> None:
    with pytest.raises(SettingsError):
        listen(host, port)


def test_the_address_to_open_is_one_a_browser_takes() -> None:
    assert address_of("127.0.0.1", 8000, "/") == "http://127.0.0.1:8000/"
    assert address_of("", 80, "/x/") == "http://127.0.0.1:80/x/"
    assert address_of("::1", 8000, "/") == "http://[::1]:8000/"


# What comes back, and what is taken along


def test_a_missed_question_comes_back_to_its_learner(client: httpx.Client) -> None:
    nothing = {"due": [], "waiting": 0, "next": None}
    assert client.get("api/review").json() == nothing

    missed = event("practice", FIRST, item=FIRST_CHECK, answer="fly", confidence=3)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    post_events(client, missed | {"at": yesterday.isoformat()})

    since = (yesterday + timedelta(hours=20)).isoformat()
    told = client.get("api/review", params={"since": since}).json()
    assert told == {"due": [{"item": FIRST_CHECK, "lesson": FIRST}], "waiting": 0, "next": None}
    sure = client.get("api/progress").json()["calibration"]
    assert sure[2] == {"confidence": 3, "n": 1, "right": 0}


@pytest.mark.parametrize("since", ["yesterday", "2026-11-25T00:00:00", "9999-12-31T23:59:59Z"])
def test_a_day_that_cannot_be_is_named_or_not_believed(still: httpx.Client, since: str) -> None:
    answer = still.get("api/review", params={"since": since})

    if since.startswith("9999"):
        assert answer.status_code == 200
    else:
        assert named(answer) == [["query", "since"]]


def test_all_that_is_a_learners_can_be_taken_along_and_brought_elsewhere_once(
    client: httpx.Client, form_b: Form, tmp_path: Path
) -> None:
    assert client.get("api/export").json()["events"] == []
    complete_module(client, form_b)

    taken = client.get("api/export").json()

    assert taken["format"] == "groundwork-progress"
    assert [one["type"] for one in taken["events"]].count("practice") == 3
    assert taken["attempts"][0]["passed"]
    assert taken["reflections"][0]["text"] == "What I saw."
    (tmp_path / "other").mkdir()
    with portal(small_settings(tmp_path / "other")) as other:
        first = post_events(other, *taken["events"])
        again = post_events(other, *taken["events"])
        assert {one["status"] for one in first} == {"accepted"}
        assert {one["status"] for one in again} == {"repeated"}
        assert [one["status"] for one in module(other)["lessons"]] == ["finished", "finished"]
        assert module(other)["quiz"]["attempts"] == 0


def test_a_learner_has_an_opaque_name_from_the_first_look_on(
    client: httpx.Client, tmp_path: Path
) -> None:
    first = client.get("api/progress").json()["learner"]["id"]
    post_events(client, event("active", FIRST, seconds=5))

    assert re.fullmatch("[0-9a-f]{16}", first)
    assert client.get("api/progress").json()["learner"]["id"] == first
    (tmp_path / "other").mkdir()
    with portal(small_settings(tmp_path / "other")) as other:
        assert other.get("api/progress").json()["learner"]["id"] != first


ALTERNATIVE = """
  - id: practice-lighter
    type: single
    objective: walk
    alternative_to: practice-stand
    stem: What comes before a step?
    options:
      - {id: rest, text: A rest, correct: true, why: Often.}
      - {id: leap, text: A leap, correct: false, why: Later.}
"""


def test_either_a_heavy_question_or_its_alternative_is_enough(tmp_path: Path) -> None:
    settings = small_settings(tmp_path)
    practice = settings.quizzes / MODULE / "practice.yml"
    practice.write_text(practice.read_text(encoding="utf-8") + ALTERNATIVE, encoding="utf-8")
    lesson = settings.root / "modules" / f"{FIRST}.md"
    placed = "\n```{self-check} practice-lighter\n```\n"
    lesson.write_text(lesson.read_text(encoding="utf-8") + placed, encoding="utf-8")
    with portal(settings) as client:
        early = post_events(client, event("lesson_finished", FIRST))
        post_events(client, event("practice", FIRST, item="practice-lighter", answer="leap"))

        told = post_events(client, event("lesson_finished", FIRST))

        assert (early[0]["status"], told[0]["status"]) == ("refused", "accepted")
        first = module(client)["lessons"][0]
        assert (first["status"], first["missing"]) == ("finished", [])
        course = client.get("api/course").json()["modules"][0]["lessons"][0]
        assert course["alternatives"] == {"practice-lighter": FIRST_CHECK}
