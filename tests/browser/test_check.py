"""A record checked by the book's own page, from a plain file server, with nobody else asked."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

import record_samples as samples
from groundwork.records import (
    IssuedRecord,
    Issuer,
    SigningKey,
    StatusEntry,
    did_document,
    did_key,
    issue,
    signing_key,
    status_list,
)
from record_samples import ISSUED, completion, organization, series, series_record

from .pages import ARGUMENTS, CHROMIUM, served

HOSTILE = ("poison_graph", "deep_json", "many_nodes", "deep_pdf", "bomb_png")
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="no chromium here")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def root(book: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a web server shows: the book in a folder, and what an issuer publishes beside it."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "book").symlink_to(book)
    (folder / ".well-known").mkdir()
    (folder / "status").mkdir()
    return folder


@pytest.fixture(scope="module")
def site(root: Path) -> Iterator[str]:
    with served(root) as address:
        yield address


@pytest.fixture
def asked(browser: Browser, site: str) -> Iterator[Callable[[bytes], str]]:
    """Give a file to the page; what it then says. Nothing is sent, and no other host is asked."""
    page = browser.new_page(viewport={"width": 390, "height": 900})
    requests: list[Any] = []
    page.on("request", lambda request: requests.append(request))
    page.goto(f"{site}/book/check-a-record.html")

    def ask(data: bytes) -> str:
        return answer(page, data)

    yield ask
    here = urlsplit(site).netloc
    assert {request.method for request in requests} == {"GET"}
    assert {urlsplit(one.url).netloc for one in requests if one.url.startswith("http")} == {here}
    page.close()


def answer(page: Page, data: bytes) -> str:
    file = {"name": "record", "mimeType": "application/octet-stream", "buffer": data}
    page.get_by_label("Record (PDF, PNG or JSON").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="Check it").click()
    expect(page.locator(".gw-verdict")).to_be_focused(timeout=15_000)
    return page.locator('[data-app="check"]').inner_text()


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return signing_key(tmp_path_factory.mktemp("data") / "keys")


@pytest.fixture(scope="module")
def record(key: SigningKey) -> IssuedRecord:
    learner = Issuer(kind="self", did=did_key(key.public), name="Self-issued")
    return issue(completion(), learner, key, issued=ISSUED)


@pytest.fixture(scope="module")
def here(site: str) -> Issuer:
    """An association whose address is the one the page is on."""
    host = urlsplit(site).netloc.replace(":", "%3A")
    return replace(organization(), did=f"did:web:{host}", public_url=site)


def publish(root: Path, issuer: Issuer, key: SigningKey, *, revoked: list[int]) -> None:
    keys = did_document(issuer.did, [key.public])
    (root / ".well-known" / "did.json").write_text(json.dumps(keys))
    (root / "status" / "1").write_bytes(status_list(1, revoked, issuer, key, at=ISSUED))


@pytest.mark.parametrize("kind", ["json", "pdf", "png"])
def test_a_self_issued_record_is_genuine_in_every_file_and_nobody_vouches(
    asked: Callable[[bytes], str], record: IssuedRecord, kind: str
) -> None:
    told = asked(getattr(record, kind))

    assert "Unknown issuer" in told and "nothing was changed since it was signed" in told
    assert "Marisol Núñez-Łaska" in told and "90 minutes" in told
    assert "Speaking (Communicating): 10 min" in told


def test_a_series_is_genuine_with_the_records_inside_it(
    asked: Callable[[bytes], str], key: SigningKey
) -> None:
    learner = Issuer(kind="self", did=did_key(key.public), name="Self-issued")
    told = asked(series_record(series(), learner, key).pdf)

    assert "Unknown issuer" in told and "nothing was changed since it was signed" in told
    assert "Modules" in told


def test_a_changed_record_is_changed_and_nothing_of_it_is_shown(
    asked: Callable[[bytes], str], record: IssuedRecord
) -> None:
    told = asked(record.json.replace(b"Marisol", b"Mirasol"))

    assert "Changed" in told and "Rely on nothing" in told and "Mirasol" not in told


def test_an_added_part_that_no_signature_covers_is_a_change(
    asked: Callable[[bytes], str], record: IssuedRecord
) -> None:
    assert "Changed" in asked(record.json.replace(b"{", b'{"extra": "said by somebody",', 1))


def test_a_record_whose_key_is_on_another_host_could_not_be_checked(
    asked: Callable[[bytes], str], key: SigningKey
) -> None:
    official = issue(completion(), organization(), key, issued=ISSUED, status=StatusEntry(1, 7))

    told = asked(official.json)

    assert "Could not check" in told and "training.lonestar.example/verify" in told
    assert "Marisol" not in told and "Valid" not in told


def test_on_the_issuers_own_site_a_record_is_valid_until_it_is_revoked(
    asked: Callable[[bytes], str], root: Path, here: Issuer, key: SigningKey
) -> None:
    made = issue(completion(), here, key, issued=ISSUED, status=StatusEntry(1, 4711))
    publish(root, here, key, revoked=[4710])
    assert asked(made.pdf).startswith("Valid")

    publish(root, here, key, revoked=[4711])
    assert asked(made.pdf).startswith("Revoked")

    (root / "status" / "1").unlink()
    assert asked(made.pdf).startswith("Not certain")


def test_a_key_that_the_site_does_not_publish_speaks_for_nobody(
    asked: Callable[[bytes], str], root: Path, here: Issuer, key: SigningKey, tmp_path: Path
) -> None:
    publish(root, here, key, revoked=[])
    stranger = replace(signing_key(tmp_path / "keys"), name="2031")
    forged = issue(completion(), here, stranger, issued=ISSUED, status=StatusEntry(1, 4711))

    assert asked(forged.json).startswith("Changed")


def test_two_credentials_in_a_pdf_are_unreadable(
    asked: Callable[[bytes], str], record: IssuedRecord
) -> None:
    both = samples.with_attachment(record.pdf, record.json, name="other.json", keep=True)

    assert asked(both).startswith("Unreadable")


@pytest.mark.parametrize(
    "change",
    [
        (b'"proof": {', b'"proof": [{}, {}], "was": {'),
        (b'"https://www.w3.org/ns/credentials/v2"', b'"https://elsewhere.example/v1"'),
        (b'"validFrom"', b'"validFrom": "2020-01-01T00:00:00Z", "validFrom"'),
    ],
    ids=["two proofs", "a context from elsewhere", "one thing said twice"],
)
def test_what_is_not_built_like_a_record_is_unreadable(
    asked: Callable[[bytes], str], record: IssuedRecord, change: tuple[bytes, bytes]
) -> None:
    pretty = json.dumps(json.loads(record.json), ensure_ascii=False).encode()
    assert change[0] in pretty

    assert asked(pretty.replace(*change, 1)).startswith("Unreadable")


def test_hostile_files_are_refused_and_the_page_goes_on(
    asked: Callable[[bytes], str], record: IssuedRecord
) -> None:
    makers = {name: samples.HOSTILE[name] for name in HOSTILE}
    told = {name: asked(make(record.json)).split()[0] for name, make in makers.items()}

    assert set(told.values()) <= {"Unreadable", "Changed"}, told
    assert asked(record.json).startswith("Unknown issuer")
