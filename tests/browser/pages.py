"""A small site for browser tests: one question of every kind, the real theme, a strict policy."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import groundwork
from groundwork import widgets

PACKAGE = Path(groundwork.__file__).parent
POLICY = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:"
CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MODULE = "02-brain-architecture"
LESSON = f"{MODULE}/the-buffering-adult"

Reply = tuple[int, Any]
Api = Callable[[str, str, Any], Reply]


def _texts(**parts: str) -> list[dict[str, str]]:
    return [{"id": name, "text": text} for name, text in parts.items()]


ITEMS: dict[str, dict[str, Any]] = {
    "single": {
        "id": "an-afraid-father",
        "stem": (
            "On your visit a toddler falls, howls, and runs past you to her grandfather, who says "
            "“You’re fine” and lifts her up. She is quiet in a minute. What do you say to him?"
        ),
        "hint": "Look at *who* she ran to, and what happened next.",
        "section_href": "#who-buffers",
        "options": _texts(
            name="“Try naming her feeling before you tell her she’s fine.”",
            settled="“She knew just where to run. Look how quickly she settled with you.”",
            nothing="Nothing; it is over, and he handled it.",
        ),
        "key": {
            "correct": ["settled"],
            "why": {
                "name": (
                    "A kind thought, early. Naming feelings helps, but he just did what the system "
                    "needs most: he was there and she came down. Advice lands better after."
                ),
                "settled": (
                    "It shows him what he did, in her behavior, without praise that could be for "
                    "anyone."
                ),
                "nothing": (
                    "It is over, and it went well. Saying what you saw is what makes him do it "
                    "again on a day when it is harder."
                ),
            },
        },
    },
    "multiple": {
        "id": "who-can-buffer",
        "stem": "Who can be a buffering adult for a ten-month-old?",
        "section_href": "#who-buffers",
        "options": _texts(
            uncle="An uncle who has cared for him every Saturday since he was born",
            song="A recorded song his mother sang",
            teacher="His teacher at the center, after some weeks together",
            stranger="Any calm adult at all, on the first day",
        ),
        "key": {
            "correct": ["uncle", "teacher"],
            "why": {
                "uncle": "Being there again and again is what makes a person familiar.",
                "song": "It may soothe, but it cannot answer him back.",
                "teacher": "A steady teacher becomes one of his people within weeks.",
                "stranger": "Calm helps; knowing *this* child helps more.",
            },
        },
    },
    "match": {
        "id": "what-a-buffer-does",
        "stem": "Match what a child does to a return that fits.",
        "section_href": "#the-exchange",
        "left": _texts(
            points="A one-year-old points at a dog and looks at his aunt",
            turns="A baby of three months turns her face away in the middle of a game",
            drops="A baby drops a spoon for the third time and waits",
        ),
        "right": _texts(
            wait="Stop, wait, and begin again when she looks back",
            word="“A dog! You saw a dog.”",
            again="Pick it up, look surprised, and hand it over",
        ),
        "key": {
            "pairs": {"points": "word", "turns": "wait", "drops": "again"},
            "why": {
                "points": "He shares what he sees; a word for it is the return.",
                "turns": "Turning away is a break, not the end of liking it.",
                "drops": "It is a game with a rule, and you are in it.",
            },
        },
    },
    "order": {
        "id": "a-response-in-order",
        "stem": ("A smoke alarm goes off and a baby startles. In what order does his body answer?"),
        "section_href": "#a-system-doing-its-work",
        "steps": _texts(
            cortisol="Cortisol rises over the next minutes",
            down="With an adult close by, the level comes back down",
            heart="His heart beats faster within seconds",
            notice="His brain takes the sound for danger",
        ),
        "key": {
            "order": ["notice", "heart", "cortisol", "down"],
            "why": {
                "notice": "Nothing happens before the brain has noticed.",
                "heart": "The fast system comes first, by nerves.",
                "cortisol": "The slow system comes by blood, and takes minutes.",
                "down": "Coming down is part of the response, not its failure.",
            },
        },
    },
    "sort": {
        "id": "three-responses",
        "stem": "Which kind of stress response does each describe?",
        "section_href": "#three-kinds-of-response",
        "categories": _texts(good="Positive", bear="Tolerable", toxic="Toxic"),
        "cards": _texts(
            shot="A vaccination, with her father’s arms around her",
            move="The family loses its home; her grandmother moves in with them all",
            alone="Months of violence at home, and no adult who can turn to her",
        ),
        "key": {
            "category": {"shot": "good", "move": "bear", "alone": "toxic"},
            "why": {
                "shot": "Short, and somebody helps.",
                "move": "Hard and long, and somebody helps.",
                "alone": "Long, strong, and nobody who helps her down.",
            },
        },
    },
    "mark": {
        "id": "spot-the-serve",
        "stem": "Mark each phrase that shows a serve.",
        "section_href": "#noticing-serves",
        "passage": [
            "Noor lay on the mat. ",
            {"id": "look", "text": "She looked at the lamp and then at Tomas"},
            ". He was tired and ",
            {"id": "good", "text": "a good father"},
            ". ",
            {"id": "sound", "text": "She made a short sound and waited"},
            "; he said, “The lamp, yes.”\n\nLater she ",
            {"id": "mood", "text": "was in a bad mood"},
            ", and he carried her to the window.",
        ],
        "key": {
            "correct": ["look", "sound"],
            "why": {
                "look": "A look that goes back and forth asks somebody to join.",
                "good": "That is a judgment; a camera would not see it.",
                "sound": "She made a sound and left room for an answer.",
                "mood": "A guess about a feeling, not something she did *toward* him.",
            },
        },
    },
    "estimate": {
        "id": "how-much-overlap",
        "stem": (
            "Two groups differ by a small effect. Of 100 children in the lower group, how many "
            "score above the average of the other?"
        ),
        "min": 0,
        "max": 100,
        "unit": "children",
        "sources": [{"text": "Cohen 1988 (B9, strong evidence)", "href": "../../evidence.html#b9"}],
        "key": {
            "value": 42,
            "tolerance": 4,
            "zero_at": 30,
            "why": "With a small effect the groups overlap almost entirely.",
        },
    },
    "scenario": {
        "id": "talk-with-tomas",
        "stem": "Tomas shows you the poster on his fridge.",
        "steps": [
            {
                "id": "poster",
                "says": "“Eighty-five percent by three. We already lost the first weeks.”",
                "choices": [
                    {
                        "id": "calm",
                        "text": "“Don’t worry about posters.”",
                        "response": "He looks at the floor.",
                        "coach": "Meant kindly, it ends the talk.",
                        "next": "more",
                        "recommended": False,
                    },
                    {
                        "id": "ask",
                        "text": "“What have you heard about those weeks?”",
                        "response": "He sits down and tells you.",
                        "coach": "Ask first; then you know what to answer.",
                        "next": "more",
                        "recommended": True,
                    },
                ],
            },
            {
                "id": "more",
                "says": "“So is it too late?”",
                "choices": [
                    {
                        "id": "notice",
                        "text": "“Look what she did just now when you spoke.”",
                        "response": "He laughs. “She’s watching me.”",
                        "coach": "He sees what he already does.",
                        "next": None,
                        "recommended": True,
                    },
                    {
                        "id": "fact",
                        "text": "“That number is about size.”",
                        "response": "“Oh,” he says.",
                        "coach": "True, and not what he asked.",
                        "next": None,
                        "recommended": False,
                    },
                ],
            },
        ],
    },
    "reflection": {
        "id": "your-own-words",
        "stem": "Write what you would say about the brain to a family you know.",
        "rubric": ["Names one true thing", "Frightens nobody", "Leaves them in charge"],
        "minutes": 15,
    },
}
for kind, item in ITEMS.items():
    item["type"] = kind


def keyless(item: Mapping[str, Any]) -> dict[str, Any]:
    """What a learner sees of an item before passing."""
    return {name: value for name, value in item.items() if name != "key"}


def lesson_page(items: Sequence[Mapping[str, Any]], *, apps: str = "") -> str:
    """A lesson as the book builds it: static questions, their data, the navigation."""
    return f"""<!doctype html>
<html lang="en" data-root="../../">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The buffering adult</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="../../_static/groundwork.css">
<link rel="stylesheet" href="../../_static/gw/item.css">
<script type="module" src="../../_static/gw/host.js"></script>
</head>
<body><div class="gw-frame">
<nav aria-label="This module">
<div class="gw-meter" data-module="{MODULE}"><i></i></div>
<p class="gw-meter-words">About 90 minutes</p>
<ol class="gw-pages">
{_entry("the-buffering-adult", "lesson", "The buffering adult", current=True)}
{_entry("quiz", "quiz", "Quiz")}
{_entry("reflection", "reflection", "Reflection")}
</ol></nav>
<main class="gw-main"><div class="gw-prose"><h1>The buffering adult</h1>
<p><a class="gw-continue gw-button" href="#" hidden>Continue</a></p>
{"".join(map(_check, items))}
{apps or f'<div class="gw-app" data-app="finish" data-lesson="{LESSON}"></div>'}
</div></main></div></body></html>"""


def _entry(stem: str, kind: str, title: str, *, current: bool = False) -> str:
    here = ' aria-current="page"' if current else ""
    return (
        f'<li data-page="{MODULE}/{stem}" data-kind="{kind}"><a href="{stem}.html"{here}>'
        '<span class="gw-status" data-status="not_started" aria-hidden="true"></span>'
        f"<span>{title}</span> "
        '<span class="gw-visually-hidden gw-status-word"></span></a></li>'
    )


def _check(item: Mapping[str, Any]) -> str:
    data = json.dumps(item).replace("<", "\\u003c")
    return f"""<section class="gw-check" data-item="{item["id"]}" data-type="{item["type"]}"
 aria-label="Check yourself: {item["type"]}"><h2 class="gw-check-title">Check yourself</h2>
<div class="gw-check-static"><p>The question as plain text.</p></div>
<script type="application/json" class="gw-item">{data}</script></section>"""


def write_site(
    folder: Path,
    items: Sequence[Mapping[str, Any]],
    *,
    apps: str = "",
    practice: Sequence[Mapping[str, Any]] | None = None,
) -> Path:
    """Write a site of one lesson into a folder, with the files the book would copy.

    `practice` are the items of the course, where the page itself does not show them.
    """
    known = items if practice is None else practice
    static = folder / "_static"
    shutil.copytree(PACKAGE / "theme" / "static", static, dirs_exist_ok=True)
    (static / "gw").mkdir()
    for file in widgets.FILES:
        (static / "gw" / file.name).write_text(widgets.served(file), encoding="utf-8")
    module = {
        "id": MODULE,
        "title": "Brain architecture",
        "href": f"modules/{MODULE}/index.html",
        "minutes": 90,
        "lessons": [
            {
                "id": LESSON,
                "title": "The buffering adult",
                "href": f"modules/{LESSON}.html",
                "minutes": 15,
                "items": [item["id"] for item in known],
                "alternatives": {
                    item["id"]: item["alternative_to"] for item in known if "alternative_to" in item
                },
            }
        ],
    }
    (static / "gw" / "course.json").write_text(json.dumps({"modules": [module]}), encoding="utf-8")
    keyed = {item["id"]: {**item, "lesson": LESSON} for item in known}
    (static / "gw" / "practice.json").write_text(json.dumps(keyed), encoding="utf-8")
    page = folder / "modules" / f"{LESSON}.html"
    page.parent.mkdir(parents=True)
    page.write_text(lesson_page(items, apps=apps), encoding="utf-8")
    return page


class _Handler(SimpleHTTPRequestHandler):
    """A plain file server with a strict policy; `api` makes it a portal."""

    def __init__(self, *args: Any, api: Api | None, **kwargs: Any) -> None:
        self.api = api
        super().__init__(*args, **kwargs)

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base names it so
        return

    def do_GET(self) -> None:
        if not self.api:
            super().do_GET()
        elif self.path.startswith("/api/"):
            self._answer("GET")
        elif self.path.endswith(".html"):
            self._woven()
        else:
            super().do_GET()

    def do_POST(self) -> None:
        self._answer("POST")

    def do_PUT(self) -> None:
        self._answer("PUT")

    def _answer(self, method: str) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        assert self.api
        status, body = self.api(method, self.path, json.loads(sent) if sent else None)
        self._send(status, "application/json", json.dumps(body))

    def _woven(self) -> None:
        assert self.api
        text = Path(self.translate_path(self.path)).read_text(encoding="utf-8")
        progress = json.dumps(self.api("GET", "/api/progress", None)[1]).replace("<", "\\u003c")
        script = f'<script type="application/json" id="gw-progress">{progress}</script></head>'
        text = text.replace('data-root="', 'data-portal="/" data-root="', 1)
        self._send(200, "text/html; charset=utf-8", text.replace("</head>", script, 1))

    def _send(self, status: int, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def served(folder: Path, api: Api | None = None) -> Iterator[str]:
    """Serve a folder on a free port of this machine; yield its address."""
    handler = partial(_Handler, directory=str(folder), api=api)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
