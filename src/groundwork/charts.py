"""Charts of data, drawn when the book is built: `show("brain-volume")` in a lesson's code cell.

A chart is made with Altair, compiled to SVG without a browser, and then given the classes
of `figures.css` in place of its colors and fonts, so that it follows the page into the dark.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from xml.etree import ElementTree as ET

import altair as alt
import vl_convert
from IPython.display import HTML, display

from .errors import BuildError, ContentError
from .settings import read_settings

INK, SOFT, LAGOON = "#21303a", "#55646d", "#1d6a73"
COLORS = {INK: "f-ink", SOFT: "f-soft", LAGOON: "f-lagoon"}
Panel = alt.LayerChart | alt.FacetChart  # as Altair types a layered chart
FONT = "Atkinson Hyperlegible Next"


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart in its two widths, what it says in words, and its numbers as a table."""

    says: str
    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    wide: str
    narrow: str

    def html(self) -> str:
        """The chart as a figure of the book, with its numbers folded below it."""
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in self.head)
        body = "".join(
            f"<tr>{''.join(f'<td>{escape(value)}</td>' for value in row)}</tr>" for row in self.rows
        )
        return (
            '<figure class="gw-figure gw-chart">'
            f'<div class="gw-stage">{self.wide}{self.narrow}</div>'
            f"<figcaption>{escape(self.caption)}</figcaption>"
            f"<details><summary>The numbers</summary><table><thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table></details></figure>"
        )


def show(name: str) -> None:
    """Show a chart in a notebook, as a picture that needs no script."""
    display(HTML(chart(name).html()))  # type: ignore[no-untyped-call]  # IPython is not typed


def chart(name: str, data: Path | None = None) -> Chart:
    """Build a chart by its name, from the CSV files in `data`."""
    if name not in CHARTS:
        raise BuildError(f"no chart is called {name!r}; there are: {', '.join(sorted(CHARTS))}")
    return CHARTS[name](data or read_settings().root / "assets" / "figures" / "data")


def read_seen(path: Path) -> list[dict[str, str]]:
    """Read the rows of a data file; a row nobody read at its source is refused."""
    numbered = [
        (number, text)
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if text.strip() and not text.startswith("#")
    ]
    rows = list(csv.DictReader(text for _, text in numbered))
    for (line, _), row in zip(numbered[1:], rows, strict=True):
        if row.get("status") != "seen":
            raise ContentError(
                f"a chart may use only rows with status 'seen'; this one is {row.get('status')!r}",
                path=path,
                line=line,
            )
    return rows


def brain_volume(data: Path) -> Chart:
    """Brain size in the first two years, and as a share of its adult or largest size."""
    rows = read_seen(data / "brain_growth.csv")
    growth = [row for row in rows if row["unit"] == "ratio"]
    share = [row for row in rows if row["unit"].startswith("percent")]
    says = (
        "Bars: brain volume at one year is about twice its volume at two to four weeks, and at "
        "two years about 2.3 times. Points: about a third of adult size at birth, about half at "
        "three months, 95 percent in children of seven to eleven, largest at ten to twelve."
    )
    return Chart(
        says=says,
        caption="Each bar or point is a published figure. The points come from three studies "
        "that compare with different adults, so they are not joined by a line. "
        "Size is not maturity.",
        head=("What was measured", "Age in months", "Value", "Unit", "Source"),
        rows=tuple(
            (row["measure"], row["age_months"], row["value"], row["unit"], row["source_key"])
            for row in rows
        ),
        wide=_svg(
            alt.hconcat(_growth_bars(growth, 312), _share_points(share, 312)), says, wide=True
        ),
        narrow=_svg(
            alt.vconcat(_growth_bars(growth, 278), _share_points(share, 278)), says, wide=False
        ),
    )


CHARTS: dict[str, Callable[[Path], Chart]] = {"brain-volume": brain_volume}

GROWTH = {
    "0.75": "2 to 4 weeks: where it starts",
    "12": "1 year: {value:.2f} times that",
    "24": "2 years: {value:.2f} times that",
}
SHARES = {
    "0": "birth: about a third",
    "3": "3 months: about half",
    "108": "7 to 11 years: {value:.0f} percent",
    "120": "10 to 12 years: at its largest",
}


def _growth_bars(rows: list[dict[str, str]], width: int) -> Panel:
    base, labels = _rows(rows, GROWTH, most=2.31, axis=None)
    bars = base.mark_bar(color=LAGOON, height=9)
    title = _title("Volume, against 2 to 4 weeks")
    return alt.layer(bars, labels).properties(width=width, height=126, title=title)


def _share_points(rows: list[dict[str, str]], width: int) -> Panel:
    axis = alt.Axis(
        grid=False, values=[0, 50, 100], labelColor=INK, domainColor=SOFT, tickColor=SOFT
    )
    base, labels = _rows(rows, SHARES, most=100, axis=axis)
    stems = base.mark_rule(color=SOFT, strokeWidth=1)
    points = base.mark_point(color=LAGOON, filled=True, size=110, opacity=1)
    title = _title("Percent of adult or largest size")
    return alt.layer(stems, points, labels).properties(width=width, height=168, title=title)


def _rows(
    rows: list[dict[str, str]], says: dict[str, str], *, most: float, axis: alt.Axis | None
) -> tuple[alt.Chart, alt.Chart]:
    """Return rows of one scale, from nothing to `most`, and the words that stand above each."""
    values = [
        {"says": says[age].format(value=value), "value": value, "start": 0}
        for age, value in ((row["age_months"], float(row["value"])) for row in rows)
        if age in says
    ]
    y = alt.Y("says:N", sort=None, title=None, axis=None)
    x = alt.X("value:Q", title=None, axis=axis, scale=alt.Scale(domain=[0, most]))
    base = alt.Chart(alt.InlineData(values=values)).encode(x=x, x2="start:Q", y=y)
    labels = (
        alt.Chart(alt.InlineData(values=values))
        .mark_text(align="left", baseline="bottom", dy=-9, color=INK)
        .encode(x=alt.value(0), y=y, text="says:N")
    )
    return base, labels


def _title(text: str) -> alt.TitleParams:
    return alt.TitleParams(text, anchor="start", color=INK, fontWeight="bold", offset=14)


def _svg(drawing: alt.HConcatChart | alt.VConcatChart, says: str, *, wide: bool) -> str:
    """Compile a chart to one SVG that is dressed by `figures.css`."""
    size = 15 if wide else 14
    made = (
        drawing.properties(background="transparent", padding=4)
        .configure(font=FONT)
        .configure_view(stroke=None)
        .configure_axis(labelFontSize=size, labelLimit=240)
        .configure_text(fontSize=size)
        .configure_title(fontSize=size)
        .configure_concat(spacing=40 if wide else 28)
    )
    root = ET.fromstring(vl_convert.vegalite_to_svg(made.to_dict()))  # noqa: S314  # our own text
    dressed = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": f"f-figure {'f-wide' if wide else 'f-narrow'}",
            "viewBox": root.attrib["viewBox"],
            "role": "img",
            "aria-label": says,
        },
    )
    dressed.extend(_dressed(root))
    return ET.tostring(dressed, encoding="unicode")


SHAPES = {"path", "line", "rect", "circle", "text"}
PLACES = ("transform", "d", "x", "y", "x1", "y1", "x2", "y2", "width", "height", "cx", "cy", "r")


def _dressed(parent: ET.Element) -> list[ET.Element]:
    """Copy what can be seen, with a class for each color, and leave the rest behind."""
    return [kept for child in parent for kept in _dress(child)]


def _dress(element: ET.Element) -> list[ET.Element]:
    tag = element.tag.rpartition("}")[2]
    if tag == "g":
        return _grouped(element, _dressed(element))
    classes = _classes(element, tag)
    if tag not in SHAPES or not classes:
        return []
    kept = ET.Element(tag, {"class": classes})
    for name in PLACES:
        if name in element.attrib:
            kept.set(name, re.sub(r"\d+\.\d+", _near, element.attrib[name]))
    kept.text = element.text
    return [kept]


def _grouped(group: ET.Element, inside: list[ET.Element]) -> list[ET.Element]:
    """Keep a group only when it moves something."""
    move = group.attrib.get("transform", "translate(0,0)")
    if move == "translate(0,0)" or not inside:
        return inside
    kept = ET.Element("g", {"transform": re.sub(r"\d+\.\d+", _near, move)})
    kept.extend(inside)
    return [kept]


def _classes(element: ET.Element, tag: str) -> str:
    """Return the classes of figures.css that say what Vega wrote as colors and fonts."""
    fill, stroke = (COLORS.get(element.attrib.get(name, "")) for name in ("fill", "stroke"))
    anchors = {"middle": "f-middle", "end": "f-end"}
    names = (
        [fill, anchors.get(element.attrib.get("text-anchor", "")), _weight(element)]
        if tag == "text"
        else ["f-line f-hair" if stroke else None, "f-solid" if fill else None, fill or stroke]
    )
    return " ".join(name for name in names if name)


def _weight(element: ET.Element) -> str | None:
    return "f-name" if element.attrib.get("font-weight") == "bold" else None


def _near(number: re.Match[str]) -> str:
    return f"{float(number.group()):.1f}".removesuffix(".0")
