"""What the cells of a quiz notebook call: show the questions, grade one answer.

`grade` ends a graded cell. nbgrader reads the number it returns, so it is always a plain
float from 0 to 1 and nothing goes to stderr (nbgrader would count that as 0, and a word
or a negative number as full marks). The key is found on the machine that grades:

1. in the folder that GROUNDWORK_QUIZZES names, which the course's own `nbgrader_config.py`
   sets, when it is not set, to the folder the course was built from, if that is there;
2. else in `quizzes/` of GROUNDWORK_ROOT, or of the project around the course folder.

Imports stay light, because every graded notebook starts a kernel of its own.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import stat
import warnings
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import GroundworkError, KeysMissingError
from .settings import read_settings

if TYPE_CHECKING:
    from .items import Form, Item
    from .scoring import Result

MOST_BYTES = 1_000_000
MOST_DIGITS = 300
"""A longer whole number is no number of ours, and would not fit a float."""
INSTRUCTORS_FOLDERS = ("source", "release")


@dataclass(frozen=True, slots=True)
class Answers:
    """What a learner's answers file says, or why it counts as empty."""

    by_item: Mapping[str, Any] = field(default_factory=dict)
    version: str | None = None
    problem: str | None = None
    there: bool = True


@dataclass(frozen=True, slots=True)
class Key:
    """A graded item on this machine, and the worksheets that ask it."""

    item: Item
    version: str
    worksheets: tuple[str, ...]


def grade(item_id: str) -> float:
    """Return what the answer beside this notebook earns: a plain float from 0 to 1.

    Only nbgrader's autograde scores. Anybody else who runs the cell reads whether there is
    an answer; `nbgrader validate` counts that as passed, so it finds what is unanswered.
    """
    execution = os.environ.get("NBGRADER_EXECUTION")
    if execution == "autograde":
        with _quiet():
            return _graded(item_id)
    answered = read_answers(Path("answers.json")).by_item.get(item_id) not in (None, "", [], {})
    if execution == "validate":
        return float(answered)
    start = "Your answer is saved." if answered else "You have not answered this question yet."
    print(f"{start} Your instructor grades it; the number below is not your score.")
    return 0.0


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with contextlib.redirect_stderr(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _graded(item_id: str) -> float:
    from .scoring import score

    here = Path.cwd()
    key = find_key(quizzes_folder(), item_id, near=here.name)
    names = {here.name} & set(key.worksheets) or set(key.worksheets)
    answers = read_answers(here / "answers.json", names)
    if answers.problem:
        print(answers.problem)
    answer = answers.by_item.get(item_id)
    result = score(key.item, answer)
    print(told(key.item, answer, result, here.name))
    return min(max(float(result.score), 0.0), 1.0)


def read_answers(path: Path, worksheets: Collection[str] | None = None) -> Answers:
    """Read an answers file, which may hold anything; what cannot be used is a problem.

    It must say that it answers one of `worksheets`, when these are given.
    """
    name = path.name
    try:
        about = path.lstat()
    except OSError:
        return Answers(problem=f"There is no {name}.", there=False)
    if stat.S_ISLNK(about.st_mode):
        return Answers(problem=f"{name} is a link, not a file, so it was not read.")
    if not stat.S_ISREG(about.st_mode):
        return Answers(problem=f"There is no {name}.", there=False)
    if about.st_size > MOST_BYTES:
        return Answers(problem=f"{name} has more than {MOST_BYTES:,} bytes.")
    try:
        raw = path.read_bytes()
    except OSError as error:
        return Answers(problem=f"{name} cannot be read ({error.strerror}).")
    return answers_in(raw, name, worksheets)


def answers_in(raw: bytes, name: str, worksheets: Collection[str] | None = None) -> Answers:
    """What the bytes of an answers file say."""
    try:
        data = json.loads(raw.decode("utf-8-sig"), parse_int=_whole)
    except UnicodeDecodeError:
        return Answers(problem=f"{name} is not UTF-8 text.")
    except (ValueError, RecursionError):
        return Answers(problem=f"{name} is not readable as JSON; it may have been cut off.")
    return _checked(data, name, worksheets)


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= MOST_DIGITS else float("inf")


def _checked(data: Any, name: str, worksheets: Collection[str] | None) -> Answers:
    if not isinstance(data, dict) or not isinstance(data.get("answers"), dict):
        return Answers(problem=f"{name} does not hold a quiz and its answers.")
    quiz, version = data.get("quiz"), data.get("version")
    if worksheets is not None and quiz not in list(worksheets):
        return Answers(problem=f"{name} says it answers {_short(quiz)}, which is another quiz.")
    return Answers(data["answers"], version if isinstance(version, str) else None)


def _short(value: Any) -> str:
    text = ascii(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def quizzes_folder() -> Path:
    """The folder of keys on this machine; raise `KeysMissingError` when there is none."""
    named = os.environ.get("GROUNDWORK_QUIZZES")
    try:
        folder = Path(named) if named else read_settings().quizzes
    except GroundworkError as error:
        raise _missing("Nothing says where the keys of the quizzes are") from error
    if not folder.is_dir():
        raise _missing(f"There is no folder {folder}")
    return folder


def _missing(reason: str) -> KeysMissingError:
    return KeysMissingError(
        f"{reason}, so nothing is graded here; "
        "set GROUNDWORK_QUIZZES to the folder that holds the keys."
    )


def find_key(folder: Path, item_id: str, *, near: str = "") -> Key:
    """Find a graded item by its id, first in the module whose worksheet is `near`.

    Raise `KeysMissingError` when it is not there or cannot be read; the reason an author
    would be told is left out, because it might quote the key.
    """
    from .curriculum import FORM_FILES
    from .worksheets import SUFFIXES

    modules = [path for path in folder.iterdir() if path.is_dir()]
    for module in sorted(modules, key=lambda path: (not near.startswith(path.name), path.name)):
        for name, stem in FORM_FILES.items():
            form = _form(module / f"{stem}.yml")
            if form and item_id in form.by_id:
                names = tuple(f"{module.name}-{suffix}" for suffix in SUFFIXES[name])
                return Key(form.by_id[item_id], form.version, names)
    raise _missing(f"There is no graded item {item_id!r} in {folder}")


@cache
def _form(path: Path) -> Form | None:
    from .items import load_form

    if not path.is_file():
        return None
    try:
        return load_form(path)
    except GroundworkError:
        raise _missing(f"{path} cannot be read (`groundwork check` says why)") from None


def told(item: Item, answer: Any, result: Result, worksheet: str) -> str:
    """What a learner reads under a graded cell: what they answered, and why it earns that.

    The reasons are those of the options they chose, as in the portal; the other types would
    give their key away. A pre-check, whose questions come again, gives none.
    """
    from .scoring import RULES
    from .worksheets import PRECHECK

    words = answer_in_words(item, answer, result)
    if worksheet.endswith(f"-{PRECHECK}"):
        return words
    reasons = "" if result.problems else _chosen_reasons(item, answer)
    why = f"\n\nWhy:\n{reasons}" if reasons else ""
    return f"{words}{why}\n\nHow it is scored: {RULES[item.type]}"


def _chosen_reasons(item: Item, answer: Any) -> str:
    from .items import Multiple, Single

    if not isinstance(item, Single | Multiple) or not answer:
        return ""
    picks = answer if isinstance(answer, list) else [answer]
    chosen = [option for option in item.options if any(option.id == pick for pick in picks)]
    return "\n".join(f"- {option.text}: {option.why}" for option in chosen)


def answer_in_words(item: Item, answer: Any, result: Result) -> str:
    """The question and what the learner answered, as plain text; nothing of the key."""
    if answer is None:
        return f"{item.stem}\n\nNo answer."
    if result.problems:
        return f"{item.stem}\n\nThe answer could not be read: {'; '.join(result.problems)}."
    lines = "\n".join(f"- {line}" for line in _lines(item, answer))
    return f"{item.stem}\n\nThe answer:\n{lines}"


def _lines(item: Item, answer: Any) -> list[str]:
    """The parts of an answer that fits its item, in the words the learner saw."""
    words = _words(item)
    if isinstance(answer, dict):
        return [f"{words[part]}: {words[place]}" for part, place in answer.items()]
    if isinstance(answer, list):
        return [words[part] for part in answer]
    if isinstance(answer, str):
        return [words[answer]]
    return [f"{answer:g} {getattr(item, 'unit', '')}".strip()]


def _words(item: Item) -> dict[str, str]:
    """Every id a learner may choose, and its text, taken from what is shown."""
    shown = item.shown()
    parts = [part for value in shown.values() if isinstance(value, list) for part in value]
    return {part["id"]: part["text"] for part in parts if isinstance(part, dict) and "text" in part}


def show_quiz() -> None:
    """Show the questions that lie beside this notebook; during grading show nothing.

    Answers are saved beside the notebook, except in the instructor's own folders, where a
    saved answer would be handed out to everybody.
    """
    if os.environ.get("NBGRADER_EXECUTION"):
        return
    try:
        quiz = json.loads(Path("quiz.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        print("The file quiz.json is missing here. Fetch the assignment again.")
        return
    from .widgets.item import AnswerSheet, show

    sheet = AnswerSheet(_answers_path(), quiz=quiz["quiz"], version=quiz["version"])
    for item in quiz["items"]:
        show(item, sheet)


def _answers_path() -> Path:
    here = Path.cwd()
    course = here.parent.parent
    if here.parent.name in INSTRUCTORS_FOLDERS and (course / "nbgrader_config.py").is_file():
        import tempfile

        print("You are trying the quiz in the course folder; answers given here are not kept.")
        return Path(tempfile.mkdtemp()) / "answers.json"
    return here / "answers.json"
