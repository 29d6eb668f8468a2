"""A portal on the small curriculum, on a real socket, for tests that ask it things."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any
from uuid import uuid4

import httpx

from groundwork.items import Form, Item
from groundwork.portal.app import create_app
from groundwork.portal.house import House
from groundwork.portal.serving import listen, server_of
from groundwork.settings import Settings, read_settings

SMALL = Path(__file__).parent / "cases" / "curriculum"
MODULE = "01-small-steps"
FIRST = f"{MODULE}/first-lesson"
SECOND = f"{MODULE}/second-lesson"
FIRST_CHECK = "practice-stand"
SECOND_CHECKS = ("practice-climb", "practice-feel")
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)

SECOND_LESSON = """---
title: The second step
areas: {walking: 1.0}
---

# The second step

```{self-check} practice-climb
```

```{self-check} practice-feel
```
"""
MORE_PRACTICE = """
  - id: practice-climb
    type: multiple
    objective: walk
    stem: What can a baby climb?
    options:
      - {id: stairs, text: Stairs, correct: true, why: Slowly.}
      - {id: sofa, text: A sofa, correct: true, why: Often.}
      - {id: cloud, text: A cloud, correct: false, why: Never.}
  - id: practice-feel
    type: reflection
    objective: walk
    stem: How does it feel to watch?
    rubric: [A feeling., A moment., A baby.]
    minutes: 1
"""
PAGE = """<!DOCTYPE html>
<html lang="en" data-root="./">
<head><title>A page</title></head>
<body><h1>A page</h1><p>{words}</p></body>
</html>
"""


def small_settings(folder: Path, **changes: Any) -> Settings:
    """Settings for the small curriculum, with a second lesson and a book of three pages."""
    root = folder / "project"
    shutil.copytree(SMALL, root)
    lessons = root / "modules" / MODULE
    (lessons / "second-lesson.md").write_text(SECOND_LESSON, encoding="utf-8")
    toc = root / "_toc.yml"
    toc.write_text(
        toc.read_text(encoding="utf-8").rstrip() + f"\n      - file: modules/{SECOND}\n",
        encoding="utf-8",
    )
    practice = root / "quizzes" / MODULE / "practice.yml"
    practice.write_text(
        practice.read_text(encoding="utf-8").rstrip() + MORE_PRACTICE, encoding="utf-8"
    )
    settings = read_settings({"GROUNDWORK_ROOT": str(root)}, data=folder / "data")
    write_book(settings.book)
    return replace(settings, **changes)


def write_book(folder: Path) -> None:
    """Write a book of three pages and a style sheet."""
    (folder / "_static").mkdir(parents=True)
    (folder / "modules" / MODULE).mkdir(parents=True)
    (folder / "index.html").write_text(PAGE.format(words="Front " * 400), encoding="utf-8")
    (folder / "modules" / MODULE / "index.html").write_text(PAGE.format(words="Module"))
    (folder / "modules" / MODULE / "quiz.html").write_text(PAGE.format(words="Quiz"))
    (folder / "_static" / "groundwork.css").write_text("body { margin: 0 }\n" * 200)


class Client(httpx.Client):
    """Speaks to a portal, and knows its insides for the tests that break something there."""

    house: House


@contextmanager
def portal(settings: Settings, **choices: Any) -> Iterator[Client]:
    """Serve a portal from a thread, and yield a client that speaks to it."""
    app = create_app(settings, **choices)
    listening = listen("127.0.0.1", 0)
    server = server_of(app)
    thread = Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    prefix = app.state.house.prefix
    address = f"http://127.0.0.1:{listening.getsockname()[1]}{prefix}"
    try:
        while not server.started and thread.is_alive():
            sleep(0.01)
        with Client(base_url=address, timeout=30) as client:
            client.house = app.state.house
            yield client
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


def right_answer(item: Item) -> Any:
    """The answer that earns the whole point."""
    key = item.key()
    match item.type:
        case "single":
            return key["correct"][0]
        case "multiple" | "mark":
            return key["correct"]
        case "match":
            return key["pairs"]
        case "order":
            return key["order"]
        case "sort":
            return key["category"]
        case _:
            return key["value"]


def right_answers(form: Form) -> dict[str, Any]:
    """Answers that earn every point of a form."""
    return {item.id: right_answer(item) for item in form.items}


def event(type_: str, lesson: str, **more: Any) -> dict[str, Any]:
    """An event as a page sends it."""
    return {"id": str(uuid4()), "type": type_, "lesson": lesson, "at": NOON.isoformat(), **more}


def attempt(form: str, answers: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An attempt as the quiz page sends it."""
    return {
        "attempt_id": str(uuid4()),
        "module": MODULE,
        "form": form,
        "purpose": "quiz",
        "answers": answers,
        "started": NOON.isoformat(),
        "finished": (NOON + timedelta(minutes=9)).isoformat(),
        **more,
    }


def finish_lessons(client: httpx.Client) -> None:
    """Answer every self-check and say that both lessons are finished."""
    events = [
        event("practice", FIRST, item=FIRST_CHECK, answer="stand"),
        event("lesson_finished", FIRST),
        event("practice", SECOND, item=SECOND_CHECKS[0], answer=["stairs", "sofa"]),
        event("practice", SECOND, item=SECOND_CHECKS[1]),
        event("lesson_finished", SECOND),
    ]
    results = client.post("api/events", json={"events": events}).json()["results"]
    assert [one["status"] for one in results] == ["accepted"] * 5, results


def complete_module(client: httpx.Client, form_b: Form, *, name: str = "Ada Lovelace") -> None:
    """Do everything that a completion record asks for."""
    finish_lessons(client)
    taken = client.post("api/attempts", json=attempt("B", right_answers(form_b)))
    assert taken.json()["passed"], taken.text
    written = {"text": "What I saw.", "met": [True, True, True]}
    assert client.put(f"api/reflections/{MODULE}", json=written).status_code == 200
    assert client.put("api/me", json={"name": name}).status_code == 200
