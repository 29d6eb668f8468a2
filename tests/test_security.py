"""A portal without accounts cannot be used by another web page or under another name."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from time import sleep

import pytest

from groundwork.portal.security import FILE_LIMIT, JSON_LIMIT, Names, clean_prefix
from small_portal import MODULE, Client, portal, small_settings

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    settings = small_settings(
        tmp_path_factory.mktemp("door"), public_url="https://training.example.org"
    )
    with portal(settings) as client:
        yield client


def name(client: Client) -> str:
    """The learner's name as it is now, to see whether anything was changed."""
    found: str = client.get("api/me").json()["name"]
    return found


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "127.0.0.1@evil.example",
        "evil.example#127.0.0.1",
        "192.168.0.7",
        "",
        "127.0.0.1:port",
        "[::1",
    ],
)
def test_a_foreign_name_is_not_answered(client: Client, host: str) -> None:
    answer = client.get("api/progress", headers={"Host": host})

    assert answer.status_code in (400, 421)
    assert "modules" not in answer.text


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:9", "127.0.0.1:8000", "[::1]:8000", "training.example.org"]
)
def test_its_own_names_are_answered(client: Client, host: str) -> None:
    assert client.get("healthz", headers={"Host": host}).status_code == 200


def test_two_host_headers_are_refused(client: Client) -> None:
    said = spoken(client, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n")

    assert said.startswith((b"HTTP/1.1 400", b"HTTP/1.1 421"))


def spoken(client: Client, request: bytes) -> bytes:
    """Say something that no proper client would, and hear the first of the answer."""
    with socket.create_connection(("127.0.0.1", client.base_url.port or 0)) as line:
        line.sendall(request)
        return line.recv(4096)


def test_where_it_listens_is_a_name_of_its_own() -> None:
    assert Names("192.168.0.7").knows("192.168.0.7:8000")
    assert not Names("192.168.0.7").knows("192.168.0.8:8000")
    assert Names("").knows("192.168.0.8:8000")
    assert not Names("").knows("evil.example")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:1"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "null"},
        {"Origin": "file://"},
        {"Origin": "http://["},
        {"Origin": "http://training.example.org"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "api/me"), ("POST", "api/events"), ("POST", "api/verify"), ("POST", "verify")],
)
def test_another_page_cannot_act(
    client: Client, headers: dict[str, str], method: str, path: str
) -> None:
    before = name(client)

    answer = client.request(method, path, headers=headers | JSON, content=b'{"name": "Eve"}')

    assert answer.status_code == 403
    assert name(client) == before


@pytest.mark.parametrize("site", [None, "same-origin", "none"])
def test_its_own_pages_and_plain_programs_can_act(client: Client, site: str | None) -> None:
    origin = str(client.base_url).rstrip("/")
    headers = {"Origin": origin, "Sec-Fetch-Site": site} if site else {}

    assert client.put("api/me", json={"name": "Ada"}, headers=headers).status_code == 200


def test_its_public_address_can_act(client: Client) -> None:
    headers = {"Origin": "https://training.example.org", "Sec-Fetch-Site": "same-origin"}

    assert client.put("api/me", json={"name": "Ada"}, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "kind",
    [
        None,
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain; application/json",
        "application/json-patch+json",
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "api/me"),
        ("POST", "api/events"),
        ("POST", "api/attempts"),
        ("PUT", f"api/reflections/{MODULE}"),
        ("POST", "api/records"),
    ],
)
def test_what_a_form_can_send_is_not_taken(
    client: Client, kind: str | None, method: str, path: str
) -> None:
    headers = {"Content-Type": kind} if kind else {}

    answer = client.request(method, path, headers=headers, content=b'{"name": "Eve"}')

    assert answer.status_code == 415


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_other_methods_do_nothing(client: Client, method: str) -> None:
    assert client.request(method, "api/me").status_code in (403, 405)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "healthz",
        "api/me",
        "api/nothing",
        "verify",
        "issuer",
        "records/nothing",
        "_static/groundwork.css",
        "openapi.json",
    ],
)
def test_every_answer_carries_the_policy(client: Client, path: str) -> None:
    for headers in ({}, {"Host": "evil.example"}, {"Accept": "text/html"}):
        carried = client.get(path, headers=headers).headers

        policy = carried["content-security-policy"]
        assert "default-src 'self'; script-src 'self'; style-src 'self'" in policy
        assert "unsafe" not in policy
        assert carried["x-content-type-options"] == "nosniff"
        assert carried["referrer-policy"] == "same-origin"
        assert carried["cross-origin-opener-policy"] == "same-origin"
        assert carried["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in carried
        assert "server" not in carried


def test_private_answers_are_not_kept_by_caches(client: Client) -> None:
    assert client.get("api/progress").headers["cache-control"] == "no-store"
    assert "private" in client.get("").headers["cache-control"]


@pytest.mark.parametrize("path", ["verify", "issuer", "nowhere.html", "records/nothing"])
def test_its_own_pages_hold_nothing_inline(client: Client, path: str) -> None:
    page = client.get(path, headers={"Accept": "text/html"}).text

    assert page.startswith("<!doctype html>")
    assert not re.search(r"\sstyle=|\son\w+=|<style|<script>|javascript:", page)
    assert not re.search(r"(src|href)=\"(https?:)?//", page)


def test_a_body_over_its_limit_is_refused_before_it_is_read(client: Client) -> None:
    big = b'{"name": "' + b"x" * JSON_LIMIT + b'"}'

    assert client.put("api/me", content=big, headers=JSON).status_code == 413
    assert client.put("api/me", content=pieces(big), headers=JSON).status_code == 413
    file = {"file": b"x" * (FILE_LIMIT + 64 * 1024)}
    assert client.post("api/verify", files=file).status_code == 413
    assert client.post("verify", files=file).status_code == 413


def pieces(whole: bytes) -> Iterator[bytes]:
    """A body sent in chunks, so that nobody knows its length beforehand."""
    for at in range(0, len(whole), 65_536):
        yield whole[at : at + 65_536]


def test_a_body_just_within_its_limit_is_taken(client: Client) -> None:
    text = "x" * (JSON_LIMIT - 100)
    answer = client.put(f"api/reflections/{MODULE}", json={"text": text, "met": [True, True, True]})

    assert answer.status_code == 422  # read whole, and then too long for a reflection
    file = {"file": b"x" * (FILE_LIMIT - 1024)}
    assert client.post("api/verify", files=file).json()["status"] == "unreadable"


def test_half_a_body_changes_nothing(client: Client) -> None:
    before = name(client)
    body = b'{"name": "Half a name"}'
    head = (
        f"PUT /api/me HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body) + 5}\r\n\r\n"
    )

    with socket.create_connection(("127.0.0.1", client.base_url.port or 0)) as line:
        line.sendall(head.encode() + body)
    sleep(0.2)  # long enough for a portal that took it to have saved it

    assert name(client) == before


def test_an_error_tells_no_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the secret path /home/ada")

    monkeypatch.setattr("groundwork.portal.api.outline", broken)
    with portal(small_settings(tmp_path)) as client:
        answer = client.get("api/course")

    assert answer.status_code == 500
    assert set(answer.json()) == {"detail"}
    assert "secret" not in answer.text
    assert "the secret path" in caplog.text
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize(
    ("given", "clean"), [("", "/"), ("/", "/"), ("a", "/a/"), ("/services/a", "/services/a/")]
)
def test_a_prefix_has_a_slash_at_both_ends(given: str, clean: str) -> None:
    assert clean_prefix(given) == clean


def test_under_a_prefix_the_limits_are_the_same(tmp_path: Path) -> None:
    with portal(small_settings(tmp_path), prefix="/a/b") as client:
        file = {"file": b"x" * (JSON_LIMIT + 1024)}

        assert client.post("api/verify", files=file).json()["status"] == "unreadable"
        assert (
            client.put("api/me", content=b"x" * (JSON_LIMIT + 1), headers=JSON).status_code == 413
        )


def test_a_websocket_is_not_opened(client: Client) -> None:
    upgrade = (
        b"GET /api/me HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )

    assert not spoken(client, upgrade).startswith(b"HTTP/1.1 101")
