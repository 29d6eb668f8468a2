"""Hours by competency area as a drawing: one bar an area, from here filled, from elsewhere hatched.

The table beside it says the same in words. It is drawn twice, for a desk and for a phone.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from markupsafe import Markup

from ..portfolio import AreaHours
from ..portfolio_entries import hours

VALUE_ROOM = 64
LINE = 21
BAR = 15
GAP = 17
DOMAIN = 34


@dataclass(frozen=True, slots=True)
class Size:
    """A drawing's width in its own units, and how many letters fit on a line of it."""

    name: str
    width: int
    letters: int


WIDE = Size("wide", 560, 66)
NARROW = Size("narrow", 330, 41)


def chart(areas: Sequence[AreaHours], size: Size) -> Markup:
    """Draw the areas that have hours, under their domains; nothing where there are none."""
    held = [area for area in areas if area.minutes]
    if not held:
        return Markup("")
    svg = ET.Element("svg", {"class": f"pf-chart pf-{size.name}", "aria-hidden": "true"})
    _hatch(svg, size)
    most = max(area.minutes for area in held)
    y, domain = 0, ""
    for area in held:
        if area.domain != domain:
            domain = area.domain
            y += DOMAIN
            _text(svg, domain, 0, y - 11, "pf-domain")
        for line in textwrap.wrap(area.label, size.letters):
            y += LINE
            _text(svg, line, 0, y - 6, "pf-label")
        _bars(svg, area, y, most, size)
        y += BAR + GAP
    svg.set("viewBox", f"0 0 {size.width} {y}")
    return Markup(ET.tostring(svg, encoding="unicode"))  # noqa: S704  # written by ElementTree


def _hatch(svg: ET.Element, size: Size) -> None:
    pattern = ET.SubElement(
        svg,
        "pattern",
        id=f"pf-hatch-{size.name}",
        width="7",
        height="7",
        patternUnits="userSpaceOnUse",
        patternTransform="rotate(45)",
    )
    ET.SubElement(pattern, "path", {"class": "pf-hatch", "d": "M0 0v7"})


def _bars(svg: ET.Element, area: AreaHours, y: int, most: int, size: Size) -> None:
    room = size.width - VALUE_ROOM
    here = area.groundwork / most * room
    there = area.elsewhere / most * room
    if here:
        _rect(svg, 0, y, here, "pf-here")
    if there:
        bar = _rect(svg, here, y, there, "pf-there")
        bar.set("fill", f"url(#pf-hatch-{size.name})")
    _text(svg, f"{hours(area.minutes)} h", here + there + 8, y + BAR - 2, "pf-value")


def _rect(svg: ET.Element, x: float, y: int, width: float, kind: str) -> ET.Element:
    return ET.SubElement(
        svg,
        "rect",
        {
            "class": kind,
            "x": f"{x + 0.75:.1f}",
            "y": str(y),
            "width": f"{max(width - 1.5, 1):.1f}",
            "height": str(BAR),
        },
    )


def _text(svg: ET.Element, words: str, x: float, y: int, kind: str) -> None:
    node = ET.SubElement(svg, "text", {"class": kind, "x": f"{x:.1f}", "y": str(y)})
    node.text = words
