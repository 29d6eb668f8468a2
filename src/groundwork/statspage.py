"""The report on a quiz as a page: three small pictures, tables beside them, advice in words.

The body is the same in a portal's page for instructors and in the file that is exported.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path

from .stats import FormStats, ItemStats, Report

THEME = Path(__file__).parent / "theme"
WIDE, TALL = 560, 300
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 16, 44
LOWEST, HIGHEST = -0.4, 1.0
"""The scale of the item-rest correlation in the map; what lies outside stands at its edge."""


def body(report: Report) -> str:
    """The report as HTML, without a page around it."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(THEME),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "percent": percent, "span": span}
    return environment.get_template("stats.html").render(
        report=report, histogram=histogram, item_map=item_map
    )


def page(report: Report) -> str:
    """The report as a file of its own, which asks nothing else for anything."""
    style = (THEME / "static" / "stats.css").read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>How the questions did: {escape(report.title)}</title>\n"
        f'<style>\n{style}</style>\n</head>\n<body class="gw-stats-alone">\n<main>\n'
        f"<h1>How the questions did: {escape(report.title)}</h1>\n{body(report)}</main>\n"
        "</body>\n</html>\n"
    )


def number(value: float | None, digits: int = 2) -> str:
    """A number for reading; a dash where there is none."""
    return "–" if value is None else f"{value:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def percent(value: float | None) -> str:
    """A share as whole percent; a dash where there is none."""
    return "–" if value is None else f"{value:.0%}"


def span(interval: object) -> str:
    """An interval for reading; nothing where there is none."""
    low, high = getattr(interval, "low", None), getattr(interval, "high", None)
    return "" if low is None else f"({number(low)} to {number(high)})"


def histogram(form: FormStats) -> str:
    """How many people had how many points, and where passing begins; as SVG."""
    counts = form.histogram
    known = [count for count in counts if count]
    if not known:
        return ""
    step = (WIDE - LEFT - RIGHT) / len(counts)
    high = (TALL - TOP - BOTTOM) / max(known)
    floor = TALL - BOTTOM
    bars = []
    for points, count in enumerate(counts):
        x = LEFT + points * step
        bars.append(_text(x + step / 2, floor + 18, str(points), "middle"))
        if count is None:
            bars.append(_text(x + step / 2, floor - 6, "<10", "middle", "s-soft"))
        elif count:
            y = floor - count * high
            kind = "s-pass" if points >= form.pass_score - 1e-9 else "s-bar"
            bars.append(
                f'<rect class="{kind}" x="{x + 2:.1f}" y="{y:.1f}" width="{step - 4:.1f}" '
                f'height="{count * high:.1f}" rx="2"/>'
            )
            inside = count * high > 22
            bars.append(
                _text(x + step / 2, y + 15 if inside else y - 5, str(count), "middle",
                      "s-on" if inside else "s-ink")
            )  # fmt: skip
    says = f"Points of {form.people} people, from 0 to {form.max_score:g}."
    if form.purpose == "quiz":
        says += f" {form.pass_score:g} and more pass, drawn darker."
    axis = _text((LEFT + WIDE) / 2, TALL - 6, "points", "middle", "s-soft")
    return _svg(says, [_line(LEFT, floor, WIDE - RIGHT, floor), *bars, axis])


def item_map(form: FormStats) -> str:
    """Every question by how many are right and how well it tells people apart; as SVG."""
    placed = [
        (n, item) for n, item in enumerate(form.items, 1)
        if item.rest is not None and item.facility is not None
    ]  # fmt: skip
    if not placed:
        return ""
    marks = [
        f'<rect class="s-doubt" x="{LEFT}" y="{_y(0):.1f}" width="{WIDE - LEFT - RIGHT}" '
        f'height="{TALL - BOTTOM - _y(0):.1f}"/>',
        _line(LEFT, _y(0), WIDE - RIGHT, _y(0)),
        _text(LEFT + 8, TALL - BOTTOM - 8, "check the key", "start", "s-soft"),
    ]
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        marks.append(_text(_x(share), TALL - BOTTOM + 18, f"{share:.0%}", "middle"))
    for value in (-0.4, 0.0, 0.5, 1.0):
        marks.append(_text(LEFT - 8, _y(value) + 5, number(value, 1), "end"))
    for n, item in placed:
        marks.append(_dot(n, item))
    marks.append(_text((LEFT + WIDE) / 2, TALL - 6, "share of points earned", "middle", "s-soft"))
    says = (
        "Each question by the share of points earned and its item-rest correlation: "
        + "; ".join(
            f"question {n}: {percent(item.facility)}, {number(item.rest)}" for n, item in placed
        )
    )
    return _svg(says, marks)


def _dot(n: int, item: ItemStats) -> str:
    x, y = _x(item.facility or 0.0), _y(item.rest or 0.0)
    kind = "s-flag" if item.advice else "s-fine"
    shape = (
        f'<rect class="{kind}" x="{x - 10:.1f}" y="{y - 10:.1f}" width="20" height="20" rx="3"/>'
        if item.advice
        else f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="10.5"/>'
    )
    return shape + _text(x, y + 4.5, str(n), "middle", "s-on")


def _x(share: float) -> float:
    return LEFT + 14 + share * (WIDE - LEFT - RIGHT - 28)


def _y(value: float) -> float:
    within = min(HIGHEST, max(LOWEST, value))
    room = TALL - TOP - BOTTOM - 20
    return TOP + 10 + (HIGHEST - within) / (HIGHEST - LOWEST) * room


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="s-axis" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, words: str, anchor: str, kind: str = "s-ink") -> str:
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">'
        f"{escape(words)}</text>"
    )


def _svg(says: str, parts: Iterable[str]) -> str:
    return (
        f'<svg class="gw-stats-picture" viewBox="0 0 {WIDE} {TALL}" role="img" '
        f'aria-label="{escape(says, quote=True)}">{"".join(parts)}</svg>'
    )
