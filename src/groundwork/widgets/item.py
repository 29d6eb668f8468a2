"""A question in a notebook, and the file beside the notebook that keeps the answers."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from IPython.display import display

from ..errors import SettingsError
from . import HERE, served

SCORE_IMPORT = 'import { score } from "./score.js";\n'


def module_source() -> str:
    """The ES module of a question as one text: a notebook has no files to import from."""
    score = served(HERE / "score.js").replace("export function", "function")
    return score + served(HERE / "item.js").replace(SCORE_IMPORT, "")


class ItemWidget(anywidget.AnyWidget):
    """One question of any kind; `answer` follows what the learner does.

    With a key in the item it is practice and explains itself; without one it is a quiz.
    """

    _esm = module_source()
    _css = served(HERE / "item.css")

    item = traitlets.Dict().tag(sync=True)
    answer = traitlets.Any(None, allow_none=True).tag(sync=True)
    mode = traitlets.Enum(("practice", "quiz", "reviewed"), "practice").tag(sync=True)
    result = traitlets.Dict(None, allow_none=True).tag(sync=True)
    confidence = traitlets.Int(None, min=1, max=3, allow_none=True).tag(sync=True)
    notice = traitlets.Unicode("").tag(sync=True)


class AnswerSheet:
    """The answers to one quiz, whole on disk after each change.

    A file that is not this quiz's, or cannot be read, is put aside under a name of its
    own and never lost; `notice` then says so.
    """

    def __init__(self, path: Path, *, quiz: str, version: str) -> None:
        self.path = path
        self.quiz = quiz
        self.version = version
        self.notice = ""
        self._answers = self._read()

    def __getitem__(self, item_id: str) -> Any:
        return self._answers.get(item_id)

    def __setitem__(self, item_id: str, answer: Any) -> None:
        self._answers = {**self._answers, item_id: answer}
        if answer is None:
            del self._answers[item_id]
        self._write()

    def _read(self) -> dict[str, Any]:
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        except UnicodeDecodeError:
            return self._set_aside("could not be read")
        except OSError as error:
            raise SettingsError(f"{self.path} cannot be read: {error.strerror}.") from error
        try:
            kept = json.loads(text)
        except ValueError:
            return self._set_aside("could not be read")
        if not isinstance(kept, dict) or not isinstance(kept.get("answers"), dict):
            return self._set_aside("does not hold answers")
        if (kept.get("quiz"), kept.get("version")) != (self.quiz, self.version):
            return self._set_aside("belongs to another quiz, or to this one before it was changed")
        return dict(kept["answers"])

    def _set_aside(self, reason: str) -> dict[str, Any]:
        aside = _free_name(self.path)
        self.path.rename(aside)
        self.notice = (
            f"The file {self.path.name} here {reason}. It is kept as {aside.name}; "
            "your answers begin anew."
        )
        return {}

    def _write(self) -> None:
        whole = {"quiz": self.quiz, "version": self.version, "answers": self._answers}
        text = json.dumps(whole, ensure_ascii=False, indent=1)
        try:
            _replace(self.path, text)
        except OSError as error:
            raise SettingsError(
                f"Your answers could not be saved in {self.path.name}: {error.strerror}."
            ) from error


def _free_name(path: Path) -> Path:
    numbered = (path.with_name(f"{path.stem}-aside-{n}{path.suffix}") for n in range(1, 10_000))
    return next(name for name in numbered if not name.exists())


def _replace(path: Path, text: str) -> None:
    """Put a new file in the place of an old one; at no moment is there half of one."""
    part = path.with_name(f".{path.stem}-{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def widget_for(item: Mapping[str, Any], sheet: AnswerSheet | None = None) -> ItemWidget:
    """Make the widget of an item; with a sheet its answer is kept there and comes back."""
    widget = ItemWidget(item=dict(item), mode="practice" if _explained(item) else "quiz")
    if sheet is None:
        return widget
    widget.answer = sheet[item["id"]]
    widget.notice, sheet.notice = sheet.notice, ""

    def keep(change: Mapping[str, Any]) -> None:
        try:
            sheet[item["id"]] = change["new"]
            widget.notice = ""
        except SettingsError as error:
            widget.notice = str(error)

    widget.observe(keep, "answer")
    return widget


def _explained(item: Mapping[str, Any]) -> bool:
    choices = (one for step in item.get("steps", ()) for one in step.get("choices", ()))
    return "key" in item or any("response" in one for one in choices)


def show(item: Mapping[str, Any], sheet: AnswerSheet | None = None) -> None:
    """Show an item under the running cell; with a sheet its answer is kept on disk."""
    display(widget_for(item, sheet))  # type: ignore[no-untyped-call]  # IPython is not typed
