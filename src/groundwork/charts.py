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
from itertools import accumulate
from pathlib import Path
from xml.etree import ElementTree as ET

import altair as alt
import vl_convert
from IPython.display import HTML, display

from .errors import BuildError, ContentError
from .settings import read_settings

INK, SOFT, LAGOON = "#21303a", "#55646d", "#1d6a73"
COLORS = {INK: "f-ink", SOFT: "f-soft", LAGOON: "f-lagoon"}
DEEP, TINT, BLANK, ONPAINT = "#8fb4b8", "#dbe8e8", "#fffdf9", "#fffffe"
SURFACES = {
    DEEP: "f-deep f-lagoon",
    TINT: "f-tint f-lagoon",
    BLANK: "f-blank f-lagoon",
    ONPAINT: "f-onpaint",
}
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


def attachment_distribution(data: Path) -> Chart:
    """The shares of four classifications in four published sets of pairs."""
    *rows, older = read_seen(data / "attachment_distribution.csv")
    says = (
        "Four stacked bars of 100 percent. Worldwide synthesis: 51.6 percent of pairs coded "
        "secure, 14.7 avoidant, 10.2 resistant, 23.5 disorganized. Preschool synthesis: 53.5, 14, "
        "11 and 21.5. One Australian cohort at age one: 59, 15, 9 and 17; at age four: 71, 11, 6 "
        "and 12. In each, secure is the largest share. A short mark shows the older 15 percent "
        "disorganized, which is for middle-class, low-risk samples."
    )
    return Chart(
        says=says,
        caption="Shares of pairs in studies, not norms and not a test: the bars differ in age, "
        "country, risk and the way of coding. The short mark is where an older and often quoted "
        "15 percent disorganized would begin; it is for middle-class, low-risk samples and may "
        "be two to three times higher in clinical or maltreated groups.",
        head=("Pairs", *(kind.capitalize() for kind in KINDS), "Number of pairs", "Source"),
        rows=tuple(
            (
                row["series"],
                *(row[kind] or "not read" for kind in KINDS),
                row["n_dyads"] or "not read",
                row["source_key"],
            )
            for row in (*rows, older)
        ),
        wide=_svg(_shares(rows, float(older["disorganized"]), 664), says, wide=True),
        narrow=_svg(_shares(rows, float(older["disorganized"]), 280), says, wide=False),
    )


def attachment_effects(data: Path) -> Chart:
    """Correlations with security, and differences that go with it, on two separate axes."""
    rows = read_seen(data / "attachment_effect_sizes.csv")
    links = [row for row in rows if row["metric"] == "r"]
    differences = [row for row in rows if row["metric"] == "d"]
    says = (
        "Two panels that can not be compared with each other. Correlations with children's "
        "security: caregivers' sensitivity .25, mothers' .26, fathers' .21, parents' mentalizing "
        ".30 and .24 with sensitivity held constant, parents' state of mind .31, down from .47 "
        "twenty years earlier. Standardized differences: security and getting on with peers .39; "
        "acting-out behavior with disorganization .34, with insecurity .31, with avoidance .12; "
        "anxious or low mood with insecurity .15; with resistance .11, whose interval includes "
        "zero; two secure ties and language .26."
    )
    return Chart(
        says=says,
        caption="Averages over several studies; most are small. A line is the published "
        "interval; a hollow point had none where we read it. Where a line crosses zero, no link "
        "was shown. A correlation and a difference are different rulers, so the two panels can "
        "not be compared.",
        head=("Link", "Measure", "Estimate", "Interval", "Samples", "Children", "Source"),
        rows=tuple(
            (
                row["association"].replace("->", "and"),
                row["metric"],
                row["estimate"],
                f"{row['ci_low']} to {row['ci_high']}" if row["ci_low"] else "not given",
                row["k"] or "not given",
                row["n"] or "not given",
                row["source_key"],
            )
            for row in rows
        ),
        wide=_svg(
            alt.hconcat(_forest(links, LINKS, 308), _forest(differences, DIFFERENCES, 308)),
            says,
            wide=True,
        ),
        narrow=_svg(
            alt.vconcat(_forest(links, LINKS, 280), _forest(differences, DIFFERENCES, 280)),
            says,
            wide=False,
        ),
    )


CHARTS: dict[str, Callable[[Path], Chart]] = {
    "attachment-distribution": attachment_distribution,
    "attachment-effects": attachment_effects,
    "brain-volume": brain_volume,
}

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

KINDS = {"secure": LAGOON, "avoidant": DEEP, "resistant": TINT, "disorganized": BLANK}
PAIRS = {
    "SSP worldwide 2023": "Worldwide, 20,720 pairs",
    "Preschool and early-childhood systems 2023": "Preschool, 8,186 pairs",
    "Australian population cohort age 1": "Australia, at age 1",
    "Australian population cohort age 4": "Australia, at age 4",
}


@dataclass(frozen=True, slots=True)
class Ruler:
    """A panel of a forest plot: its title, its axis, and its rows in plain words."""

    title: str
    least: float
    most: float
    says: dict[str, str]


LINKS = Ruler(
    "With children's security (r)",
    -0.06,
    0.6,
    {
        "caregiver sensitivity -> security (all caregivers)": "sensitivity, all caregivers",
        "maternal sensitivity -> security": "sensitivity, mothers",
        "paternal sensitivity -> security": "sensitivity, fathers",
        "parental mentalization -> security": "mentalizing",
        "parental mentalization -> security (sensitivity held constant)": (
            "the same, beyond sensitivity"
        ),
        "adult autonomous representation -> child security": "parent's state of mind",
        "adult autonomous representation -> child security (1995 estimate)": ("the same, in 1995"),
    },
)
DIFFERENCES = Ruler(
    "With how children are doing (d)",
    -0.06,
    0.6,
    {
        "security -> peer social competence": "security and ease with peers",
        "disorganization -> externalizing": "disorganized and acting out",
        "insecurity -> externalizing": "insecurity and acting out",
        "insecurity -> internalizing": "insecurity and low mood, worry",
        "avoidance -> externalizing": "avoidance and acting out",
        "resistance -> externalizing": "resistance and acting out",
        "two secure ties vs one or none -> child language": "two secure ties and language",
    },
)


def _shares(rows: list[dict[str, str]], older: float, width: int) -> alt.VConcatChart:
    """Stack the shares of each set of pairs under a key, and mark an older one."""
    return alt.vconcat(_key(width), _bars(rows, older, width))


def _key(width: int) -> Panel:
    """Name the surfaces, on one line or on two."""
    across = 4 if width > 400 else 2
    places = [
        {"kind": kind, "x": (i % across) * width / across, "y": i // across * 26 + 10}
        for i, kind in enumerate(KINDS)
    ]
    base = alt.Chart(alt.InlineData(values=places)).encode(
        x=alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, width], nice=False)),
        y=alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[4 // across * 26, 0], nice=False)),
    )
    squares = [
        base.transform_filter(f"datum.kind == '{kind}'").mark_square(
            color=color, stroke=SOFT, strokeWidth=1, size=240, opacity=1, xOffset=9
        )
        for kind, color in KINDS.items()
    ]
    names = base.mark_text(align="left", dx=24, color=INK).encode(text="kind:N")
    return alt.layer(*squares, names).properties(width=width, height=4 // across * 26)


def _bars(rows: list[dict[str, str]], older: float, width: int) -> Panel:
    parts = [part for row in rows for part in _parts(row)]
    order, height = list(PAIRS.values()), 62 * len(rows)
    y = alt.Y("pairs:N", sort=order, axis=None, scale=alt.Scale(paddingInner=0, paddingOuter=0))
    x = alt.X("start:Q", title=None, axis=None, scale=alt.Scale(domain=[0, 100]))
    base = alt.Chart(alt.InlineData(values=parts)).encode(y=y)
    bars = [
        base.transform_filter(f"datum.kind == '{kind}'")
        .mark_bar(color=color, stroke=SOFT, strokeWidth=1, height=26, yOffset=8, y2Offset=8)
        .encode(x=x, x2="end:Q")
        for kind, color in KINDS.items()
    ]
    shares = [
        base.transform_filter(f"datum.kind == '{kind}'")
        .mark_text(color=ONPAINT if kind == "secure" else INK, dy=8)
        .encode(x=alt.X("middle:Q"), text="share:N")
        for kind in KINDS
    ]
    names = (
        base.transform_filter("datum.kind == 'secure'")
        .mark_text(align="left", color=INK, fontWeight="bold", dy=-17)
        .encode(x=alt.value(0), text="pairs:N")
    )
    begins = [{"pairs": pairs, "at": 100 - older} for pairs in order]
    marks = (
        alt.Chart(alt.InlineData(values=begins))
        .mark_tick(color=INK, orient="vertical", size=16, thickness=2, yOffset=-14)
        .encode(x=alt.X("at:Q"), y=y)
    )
    told = (
        alt.Chart(alt.InlineData(values=begins[:1]))
        .mark_text(text=f"the older {older:.0f} percent", color=INK, align="right", dx=20)
        .encode(x=alt.X("at:Q"), y=alt.value(-4))
    )
    return alt.layer(*bars, *shares, names, marks, told).properties(width=width, height=height)


def _parts(row: dict[str, str]) -> list[dict[str, str | float]]:
    """Return the four shares of a row as stretches of its bar, with what is written on each."""
    ends = list(accumulate(float(row[kind]) for kind in KINDS))
    return [
        {
            "pairs": PAIRS[row["series"]],
            "kind": kind,
            "start": round(start, 1),
            "end": round(end, 1),
            "middle": round((start + end) / 2, 2),
            "share": row[kind].removesuffix(".0"),
        }
        for kind, start, end in zip(KINDS, [0.0, *ends], ends, strict=False)
    ]


def _forest(rows: list[dict[str, str]], ruler: Ruler, width: int) -> Panel:
    """Points with their intervals over one axis, a line at zero, and words above each row."""
    values = [
        {
            "says": f"{ruler.says[row['association']]}: {row['estimate'].replace('0.', '.')}",
            "estimate": float(row["estimate"]),
            "low": float(row["ci_low"] or row["estimate"]),
            "high": float(row["ci_high"] or row["estimate"]),
            "given": bool(row["ci_low"]),
        }
        for row in rows
    ]
    axis = alt.Axis(
        grid=False,
        values=[0, 0.2, 0.4, 0.6],
        format=".1f",
        labelColor=INK,
        domainColor=SOFT,
        tickColor=SOFT,
    )
    y = alt.Y("says:N", sort=None, title=None, axis=None)
    scale = alt.Scale(domain=[ruler.least, ruler.most])
    base = alt.Chart(alt.InlineData(values=values)).encode(y=y)
    x = alt.X("estimate:Q", title=None, axis=axis, scale=scale)
    spans = base.mark_rule(color=LAGOON, strokeWidth=3).encode(
        x=alt.X("low:Q", title=None, axis=axis, scale=scale), x2="high:Q"
    )
    points = [
        base.transform_filter(f"datum.given == {str(given).lower()}")
        .mark_point(color=LAGOON, fill=fill, size=100, opacity=1)
        .encode(x=x)
        for given, fill in ((True, LAGOON), (False, BLANK))
    ]
    nothing = -ruler.least / (ruler.most - ruler.least) * width
    # clipped, so that words measured in another font do not widen the picture
    labels = base.mark_text(align="left", baseline="bottom", dy=-9, color=INK, clip=True).encode(
        x=alt.value(nothing + 7), text="says:N"
    )
    zero = (
        alt.Chart(alt.InlineData(values=[{"at": 0}]))
        .mark_rule(color=INK, strokeWidth=2)
        .encode(x=alt.X("at:Q", title=None, axis=axis, scale=scale))
    )
    return alt.layer(zero, spans, *points, labels).properties(
        width=width, height=44 * len(rows), title=_title(ruler.title)
    )


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
    written = element.attrib.get("fill", "")
    fill, stroke = COLORS.get(written), COLORS.get(element.attrib.get("stroke", ""))
    surface = SURFACES.get(written) or (f"f-solid {fill}" if fill else None)
    anchors = {"middle": "f-middle", "end": "f-end"}
    names = (
        [fill or surface, anchors.get(element.attrib.get("text-anchor", "")), _weight(element)]
        if tag == "text"
        else [_pen(element) if stroke else None, surface, None if surface else stroke]
    )
    return " ".join(name for name in names if name)


def _pen(element: ET.Element) -> str:
    """Return the line weight nearest to the width Vega wrote, dashed when it is."""
    weights = {"1": "f-line f-hair", "3": "f-line f-strong"}
    weight = weights.get(element.attrib.get("stroke-width", "1"), "f-line")
    return f"{weight} f-dash" if element.attrib.get("stroke-dasharray") else weight


def _weight(element: ET.Element) -> str | None:
    return "f-name" if element.attrib.get("font-weight") == "bold" else None


def _near(number: re.Match[str]) -> str:
    return f"{float(number.group()):.1f}".removesuffix(".0")
