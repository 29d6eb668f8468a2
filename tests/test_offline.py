"""What a device may keep: the book's list of files, the installed app, and the portal's part."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import struct
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from groundwork import offline
from groundwork.curriculum import load_curriculum
from groundwork.log import Reflection
from groundwork.settings import Settings
from small_portal import FIRST, FIRST_CHECK, MODULE, Client, event, portal, small_settings

WORKER_BUDGET = 4_000
"""Bytes of the worker, compressed; it is fetched when somebody keeps something, not before."""


def site(folder: Path) -> Path:
    """A book of two pages and a script."""
    (folder / "modules" / "one").mkdir(parents=True)
    (folder / "_static" / "gw").mkdir(parents=True)
    (folder / "_static" / "gw" / "host.js").write_text("1;")
    (folder / "_static" / "other.css").write_text("p {}")
    (folder / "_static" / "unused.css").write_text("p {}")
    (folder / "index.html").write_text('<link href="_static/other.css"><a href="/etc/hostname">')
    page = '<img src="a.png"><a href="../../index.html">'
    (folder / "modules" / "one" / "a.html").write_text(page)
    (folder / "modules" / "one" / "a.png").write_bytes(b"png")
    return folder


def listed(folder: Path) -> dict[str, Any]:
    return offline.book_files(folder, ["index", "modules/one/a", "gone"], ["one", "two"])


def test_the_list_has_the_pages_and_what_they_load_and_nothing_else(tmp_path: Path) -> None:
    found = listed(site(tmp_path))

    assert found["parts"] == {
        "base": ["_static/gw/host.js", "_static/other.css", "index.html"],
        "one": ["modules/one/a.html", "modules/one/a.png"],
        "two": [],
    }
    digest = hashlib.sha256(b"png").hexdigest()[:32]
    assert found["files"]["modules/one/a.png"] == (digest, 3)


def test_the_version_changes_with_any_file_and_with_nothing_else(tmp_path: Path) -> None:
    first = listed(site(tmp_path))
    assert listed(tmp_path) == first

    (tmp_path / "modules" / "one" / "a.png").write_bytes(b"pnq")

    second = listed(tmp_path)
    changed = {name for name in first["files"] if first["files"][name] != second["files"][name]}
    assert changed == {"modules/one/a.png"}
    assert second["version"] != first["version"]


def test_a_kept_book_lacks_no_file_that_its_pages_styles_and_scripts_ask_for(
    book: Path, project_settings: Settings
) -> None:
    found = json.loads((book / offline.LIST).read_text(encoding="utf-8"))
    modules = [module.id for module in load_curriculum(project_settings).course.modules]
    patterns = {
        ".html": r'(?:href|src)="([^"#?:]+\.(?:js|css|svg|woff2|webmanifest))["?]',
        ".css": r"url\(([^):]+)\)",
        ".js": r'(?:from |import\(|URL\()"(\.{1,2}/[^"$]+|[a-z]+\.(?:js|json|css))"',
    }

    assert list(found["parts"]) == ["base", *modules]
    missing = []
    kept = found["files"].keys() | {offline.WORKER}
    for name in found["files"]:
        path = book / name
        if pattern := patterns.get(path.suffix):
            for asked in re.findall(pattern, path.read_text(encoding="utf-8")):
                target = (path.parent / asked).resolve()
                if target.is_file() and target.relative_to(book.resolve()).as_posix() not in kept:
                    missing.append(f"{name}: {asked}")
    assert missing == []


def test_the_installed_app_names_icons_of_the_size_they_have(book: Path) -> None:
    app = json.loads((book / offline.APP).read_text(encoding="utf-8"))

    assert app["name"] == "Groundwork"
    assert (book / app["start_url"]).is_file()
    for icon in app["icons"]:
        head = (book / icon["src"]).read_bytes()[:24]
        width, height = struct.unpack(">II", head[16:24])
        assert f"{width}x{height}" == icon["sizes"]
    assert {icon["purpose"] for icon in app["icons"]} == {"any", "maskable"}


def test_what_keeps_the_book_is_small_and_no_page_loads_it_first(book: Path) -> None:
    lesson = (book / "modules/02-brain-architecture/serve-and-return.html").read_text()
    worker = (book / offline.WORKER).read_bytes()

    assert len(gzip.compress(worker)) <= WORKER_BUDGET
    assert b"%VERSION%" not in worker
    for name in ("worker.js", "keep.js", "offline.js", "queue.js", "notice.js", "offline.css"):
        assert name not in lesson


# --- the portal ------------------------------------------------------------------------------


@pytest.fixture
def client(tmp_path: Path) -> Any:
    with portal(small_settings(tmp_path)) as client:
        yield client


def test_a_page_to_keep_is_the_built_one_and_holds_nobodys_progress(client: Client) -> None:
    woven = client.get("index.html")
    plain = client.get("index.html?kept=0")

    assert "gw-progress" in woven.text
    assert plain.content == (client.house.settings.book / "index.html").read_bytes()
    assert plain.headers["content-security-policy"] == woven.headers["content-security-policy"]


def test_what_another_learners_page_sends_is_not_taken(client: Client) -> None:
    answer = event("practice", FIRST, item=FIRST_CHECK, answer="stand")
    me = client.get("api/progress").json()["learner"]["id"]

    refused = client.post(
        "api/events", json={"events": [answer]}, headers={"X-Groundwork-Learner": "somebody"}
    )

    assert refused.status_code == 412
    assert refused.json() == {"detail": "Somebody else is signed in here now."}
    assert client.get("api/export").json()["events"] == []
    assert client.get("api/progress", headers={"X-Groundwork-Learner": "x"}).status_code == 412
    taken = client.post(
        "api/events", json={"events": [answer]}, headers={"X-Groundwork-Learner": me}
    )
    assert taken.json()["results"][0]["status"] == "accepted"


def reflect(client: Client, text: str, since: str | None) -> Any:
    sent = {"text": text, "met": [True, False, True], "since": since}
    return client.put(f"api/reflections/{MODULE}", json=sent)


def texts(client: Client) -> list[str]:
    with client.house.database.read() as session:
        return list(session.scalars(select(Reflection.text).order_by(Reflection.id)))


def test_a_reflection_sent_twice_is_saved_once_even_after_a_later_one(client: Client) -> None:
    first = reflect(client, "First", "never").json()["at"]
    reflect(client, "Second", first)

    again = reflect(client, "First", "never")

    assert again.status_code == 200
    assert again.json()["text"] == "Second"
    assert texts(client) == ["First", "Second"]


def test_a_reflection_never_hides_one_that_was_saved_elsewhere_meanwhile(client: Client) -> None:
    first = reflect(client, "First", "never").json()["at"]
    second = reflect(client, "From the phone", first).json()["at"]

    refused = reflect(client, "From the laptop", first)

    assert refused.status_code == 409
    assert "saved somewhere else" in refused.json()["detail"]
    assert texts(client) == ["First", "From the phone"]
    assert reflect(client, "From the laptop", second).status_code == 200
    assert reflect(client, "First", None).status_code == 200
