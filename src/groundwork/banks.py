"""What the writers of question banks share: the words of an item as HTML, and losses."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

from .items import Estimate, Item, Mark, Reflection
from .scoring import Told, explained, inline


@dataclass
class Losses:
    """What a format cannot hold, as lines for the person who exports."""

    lines: list[str] = field(default_factory=list)
    left_out: set[str] = field(default_factory=set)

    def of(self, item: Item, what: str) -> None:
        """Note that an item goes out changed."""
        self.lines.append(f"{item.id}: {what}")

    def whole(self, item: Item, why: str) -> None:
        """Note that an item does not go out at all."""
        self.left_out.add(item.id)
        self.lines.append(f"{item.id}: left out; {why}")

    def everywhere(self, what: str) -> None:
        """Note something that no item of this format keeps."""
        self.lines.append(f"all items: {what}")


def html(text: str) -> str:
    """An author's text as paragraphs."""
    return "".join(f"<p>{line(part)}</p>" for part in text.split("\n\n") if part.strip())


def line(text: str) -> str:
    """An author's text as one line of HTML; its quotes need no escape outside attributes."""
    words = inline(" ".join(text.split()))
    return words.replace("&quot;", '"').replace("&#x27;", "'")


def reasons(item: Item) -> str:
    """Every part of an item with its right answer and its reason, as an HTML list."""
    rows = "".join(f"<li>{_row(told)}</li>" for told in explained(item))
    return f"<ul>{rows}</ul>" if rows else ""


def _row(told: Told) -> str:
    return f"<em>{line(told.text)}</em> <strong>({line(told.verdict)})</strong> {line(told.why)}"


def asked(item: Item) -> str:
    """What is asked, as HTML: the stem with what other programs have no field for."""
    match item:
        case Mark():
            return html(item.stem) + passage(item)
        case Estimate():
            span = f"From {item.min:g} to {item.max:g}, in {item.unit}."
            return f"{html(item.stem)}<p>{escape(span, quote=False)}</p>"
        case Reflection():
            rubric = "".join(f"<li>{line(one)}</li>" for one in item.rubric)
            return f"{html(item.stem)}<p>A reader looks for:</p><ul>{rubric}</ul>"
        case _:
            return html(item.stem)


def passage(item: Mark) -> str:
    """The passage of a `mark` item, its phrases numbered as they are listed."""
    text, number = "", 0
    for segment in item.segments():
        if isinstance(segment, str):
            text += segment
        else:
            number += 1
            text += f"[{number}: {segment['text']}]"
    return html(text)


def phrases(item: Mark) -> list[tuple[str, bool, str]]:
    """The phrases of a `mark` item in the order of its passage: words, whether right, why."""
    known = {phrase.id: phrase for phrase in item.phrases}
    spoken = [segment for segment in item.segments() if not isinstance(segment, str)]
    return [
        (f"{n}: {one['text']}", known[one["id"]].correct, known[one["id"]].why)
        for n, one in enumerate(spoken, start=1)
    ]


def percent(share: float) -> str:
    """A share as other programs want it: at most five places, no trailing zeros."""
    return f"{100 * share:.5f}".rstrip("0").rstrip(".")
