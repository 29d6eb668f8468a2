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
Span = dict[str, str | float | bool]  # a point, the line it stands on, and its words
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


def good_experiences(data: Path) -> Chart:
    """Adults with depression or poor mental health, by how many good experiences they recall."""
    rows = read_seen(data / "pce_depression_bethell2019.csv")
    says = (
        "Three points. Of adults who named none to two of seven good childhood experiences, 48.2 "
        "percent had depression or poor mental health; of those who named three to five, 25.1; "
        "of those who named six or seven, 12.6. One state, asked back, an association."
    )
    spans: list[Span] = [
        {
            "says": f"{RECALLED[row['pce_band']]}: {value:.1f} percent",
            "estimate": value,
            "low": 0.0,
            "high": value,
            "given": True,
        }
        for row, value in (
            (row, float(row["percent_depression_or_poor_mental_health"])) for row in rows
        )
    ]
    return Chart(
        says=says,
        caption="One state, adults asked back, 85 percent of them White: an association. It does "
        "not show that adding a good experience takes away a hard one.",
        head=("Good experiences named", "Percent", "Adjusted odds ratio", "Interval", "Source"),
        rows=tuple(
            (
                row["pce_band"],
                row["percent_depression_or_poor_mental_health"],
                row["adjusted_or"],
                f"{row['ci_low']} to {row['ci_high']}" if row["ci_low"] else "compared with",
                row["source_key"],
            )
            for row in rows
        ),
        wide=_svg(alt.hconcat(_spans(spans, NAMED, 664)), says, wide=True),
        narrow=_svg(alt.vconcat(_spans(spans, NAMED, 280)), says, wide=False),
    )


def break_or_keep(data: Path) -> Chart:
    """Families in the pooled studies of maltreatment in two generations, in four groups."""
    rows = {row["pathway"]: row for row in read_seen(data / "maltreatment_cycle_madigan2025.csv")}
    says = (
        "Four points with intervals, in percent of families in 30 studies. Where the parent had "
        "been maltreated as a child: the child was not, 23.6 percent; the child was too, 17.1. "
        "Where the parent had not been: the child was not, 47.8; the child was, 11.4. More "
        "parents with such a history break with it than keep it up."
    )
    with_history, without = (
        [_generation(rows[pathway]) for pathway in pathways]
        for pathways in (("breakers", "maintainers"), ("controls", "initiators"))
    )
    panels = ((with_history, HISTORY), (without, NO_HISTORY))
    return Chart(
        says=says,
        caption="Percent of all families in 30 pooled studies, with published intervals. The "
        "studies defined maltreatment widely. Groups, not a forecast: of parents with such a "
        "history, about 58 in 100 had not passed it on (our division).",
        head=("Parent and child", "Percent", "Interval", "Source"),
        rows=tuple(
            (
                row["definition"],
                row["percent"],
                f"{row['ci_low']} to {row['ci_high']}",
                row["source_key"],
            )
            for row in rows.values()
        ),
        wide=_svg(alt.hconcat(*(_spans(*panel, 304) for panel in panels)), says, wide=True),
        narrow=_svg(alt.vconcat(*(_spans(*panel, 280) for panel in panels)), says, wide=False),
    )


def method_moves_the_number(data: Path) -> Chart:
    """One country's adults, counted as they answered and with missing answers modeled."""
    rows = read_seen(data / "ace_brfss_prevalence.csv")
    answered, modeled, lowest, highest = rows
    says = (
        "US adults who report adverse childhood experiences. At least one: 63.9 percent as "
        "answered from 2011 to 2020, 62.8 in a model for 2019 and 2020 that allows for missing "
        "answers. Four or more: 17.3 percent as answered, 22.4 in the model; by state from 11.9 "
        "to 22.7. Method alone moves the second figure by five points."
    )
    most = {"answered": answered, "modeled": modeled}
    spans = [
        _exactly(f"{what}, {how if how == 'modeled' else 'as answered'}", float(row[column]))
        for what, column in COUNTED.items()
        for how, row in most.items()
    ]
    low, high = (float(row["percent_4_or_more_aces"]) for row in (lowest, highest))
    states = {**_exactly("four or more, by state", low, f"{low} to {high}"), "high": high}
    spans += [{**states, "given": False}, {**states, "estimate": high, "told": "", "given": False}]
    return Chart(
        says=says,
        caption="Adverse experiences in childhood, as adults told them in surveys. "
        "\u201cModeled\u201d allows for missing answers; the line runs from the lowest state to "
        "the highest. Surveys of teenagers ask other questions and are left out.",
        head=("Who", "Four or more, percent", "At least one, percent", "Years", "Source"),
        rows=tuple(
            (
                row["group"],
                row["percent_4_or_more_aces"],
                row["percent_1_or_more_aces"] or "not read",
                row["period"],
                row["source_key"],
            )
            for row in rows
        ),
        wide=_svg(alt.hconcat(_spans(spans, ADULTS, 664)), says, wide=True),
        narrow=_svg(alt.vconcat(_spans(spans, ADULTS, 280)), says, wide=False),
    )


def trials_with_nulls(data: Path) -> Chart:
    """Outcomes of trials in two columns, helped or no difference, and nothing on an axis."""
    rows = read_seen(data / "intervention_effects.csv")
    says = (
        "A table of dots in two columns, helped and no difference. Video feedback over 25 trials: "
        "parenting and security helped, difficult behavior no difference. Programs against "
        "disorganization, 16 studies: helped. Circle of Security groups in three trials: helped "
        "self-control in one, no difference in five other outcomes. Consultation in classrooms: "
        "helped behavior in one trial and social skills in another, no difference in expulsion, "
        "classroom quality and behavior in the second. Nurse visiting in England and Canada, and "
        "cash at age four: no difference."
    )
    panels = (TRIALED[:3], TRIALED[3:])
    return Chart(
        says=says,
        caption="Each row is an outcome of a trial or of trials pooled; two rows stand for four "
        "outcomes each. A dot says in which column, never how much, because the measures can not "
        "share an axis. \u201cNo difference\u201d: none was shown. In classrooms, behavior and "
        "skills are teachers' ratings.",
        head=("Program", "Outcome", "Result", "Measure", "People", "Source"),
        rows=tuple(
            (
                row["intervention"],
                row["outcome"],
                "helped" if row["direction"] == "+" else "no difference shown",
                f"{row['metric']} = {row['estimate']}" if row["estimate"] else "not read",
                row["n"] or "not read",
                row["source_key"],
            )
            for row in rows
        ),
        wide=_svg(alt.hconcat(*(_trials(rows, part, 308) for part in panels)), says, wide=True),
        narrow=_svg(alt.vconcat(*(_trials(rows, part, 280) for part in panels)), says, wide=False),
    )


def after_a_report(data: Path) -> Chart:
    """What reporters say about the relationship after a report, in a survey and in interviews."""
    rows = read_seen(data / "reporting_and_relationship.csv")
    says = (
        "Two panels from different kinds of study, not to be added up. Of 258 clinicians in New "
        "York, over 72 percent said that a report had not disrupted the relationship, about 27 "
        "percent met resistance or an ending, and about 40 percent had not explained the limits "
        "of privacy before. Of 44 interview articles from several countries, 73 percent describe "
        "bad experiences and 14 percent good ones. Both are the reporters' side."
    )
    panels = (([row for row in rows if row["source"] == source], ruler) for source, ruler in ASKED)
    made = [(_told(shares, ruler), ruler) for shares, ruler in panels]
    return Chart(
        says=says,
        caption="Two kinds of study with opposite tilt: clinicians who were surveyed, and "
        "articles about interviews, where one article counts once. They ask different people "
        "different things, so they cannot be added up. Both give the reporters' side; the "
        "families' is in neither.",
        head=("Who", "What was counted", "Percent", "Source"),
        rows=tuple(
            (row["source"], row["measure"], row["percent"], row["source_key"]) for row in rows
        ),
        wide=_svg(alt.hconcat(*(_spans(*panel, 308) for panel in made)), says, wide=True),
        narrow=_svg(alt.vconcat(*(_spans(*panel, 280) for panel in made)), says, wide=False),
    )


CHARTS: dict[str, Callable[[Path], Chart]] = {
    "after-a-report": after_a_report,
    "attachment-distribution": attachment_distribution,
    "attachment-effects": attachment_effects,
    "brain-volume": brain_volume,
    "break-or-keep": break_or_keep,
    "good-experiences": good_experiences,
    "method-moves-the-number": method_moves_the_number,
    "trials-with-nulls": trials_with_nulls,
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
    ticks: tuple[float, ...] = (0, 0.2, 0.4, 0.6)
    form: str = ".1f"


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


RECALLED = {"0-2": "none to two of seven", "3-5": "three to five", "6-7": "six or seven"}
NAMED = Ruler(
    "Depression or poor mental health", 0, 52, {}, ticks=(0, 10, 20, 30, 40, 50), form="d"
)
HISTORY = Ruler("Parent maltreated as a child", 0, 62, {}, ticks=(0, 20, 40, 60), form="d")
NO_HISTORY = Ruler("Parent not maltreated", 0, 62, {}, ticks=(0, 20, 40, 60), form="d")
COUNTED = {"at least one": "percent_1_or_more_aces", "four or more": "percent_4_or_more_aces"}
ADULTS = Ruler("Percent of US adults", 0, 70, {}, ticks=(0, 20, 40, 60), form="d")
ASKED = (
    (
        "258 New York clinicians",
        Ruler(
            "Percent of 258 clinicians, surveyed",
            0,
            100,
            {
                "report did not disrupt the relationship (lower bound)": "not disrupted: over {}",
                "client resistant or left (about)": "resistance or an ending: about {}",
                "had not explained limits of confidentiality before the issue arose (about)": (
                    "limits not explained before: about {}"
                ),
            },
            ticks=(0, 50, 100),
            form="d",
        ),
    ),
    (
        "44 qualitative articles",
        Ruler(
            "Percent of 44 interview articles",
            0,
            100,
            {
                "articles describing negative experiences": "bad experiences: {}",
                "articles describing positive experiences": "good experiences: {}",
            },
            ticks=(0, 50, 100),
            form="d",
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Program:
    """A program in plain words, and its outcomes by their names in the data."""

    name: str
    outcomes: dict[tuple[str, str], str]


VIPP, HEAD_START, COPENHAGEN = "VIPP-SD (25 RCTs)", "COS-P in Head Start", "COS-P in Copenhagen"
CONNECTICUT, OHIO = "IECMHC Connecticut RCT", "IECMHC Ohio RCT"
TRIALED = (
    Program(
        "Video feedback, 25 trials",
        {
            (VIPP, "parenting behavior"): "parenting",
            (VIPP, "attachment security"): "security",
            (VIPP, "child externalizing"): "difficult behavior",
        },
    ),
    Program(
        "Against disorganization, 16 studies",
        {
            ("Interventions to prevent disorganization", "organized attachment"): (
                "organized attachment"
            )
        },
    ),
    Program(
        "Circle of Security groups",
        {
            (HEAD_START, "child inhibitory control (main effect)"): "self-control, Head Start",
            (HEAD_START, "child attachment (main effect)"): "attachment, Head Start",
            (HEAD_START, "child behavior problems (main effect)"): "behavior, Head Start",
            (COPENHAGEN, "maternal sensitivity (primary)"): "sensitivity, Copenhagen",
            (COPENHAGEN, "child attachment security"): "security, Copenhagen",
            (
                "COS-P in English perinatal services (COSI)",
                "parental mental health (primary)",
            ): "mental health, England",
        },
    ),
    Program(
        "Consultation in classrooms",
        {
            (CONNECTICUT, "teacher-rated externalizing"): "behavior, Connecticut",
            (CONNECTICUT, "likelihood of expulsion"): "expulsion, Connecticut",
            (CONNECTICUT, "classroom quality"): "classroom, Connecticut",
            (OHIO, "teacher-rated social-emotional skills"): "social skills, Ohio",
            (OHIO, "teacher-rated behavior problems (trend only)"): "behavior, Ohio",
        },
    ),
    Program(
        "Nurse visiting, England and Canada",
        {
            ("NFP England (Building Blocks)", "four primary outcomes to age 2"): (
                "four outcomes at two"
            ),
            ("NFP England follow-up", "child-in-need status to age 7 (primary)"): (
                "child in need by seven"
            ),
            ("NFP British Columbia", "child injuries to age 2 (primary; rate ratio)"): (
                "injuries by two, Canada"
            ),
        },
    ),
    Program(
        "Cash: Baby's First Years",
        {
            ("Baby's First Years at 4 years", "4 preregistered primary child outcomes"): (
                "four outcomes at four"
            )
        },
    ),
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
    values: list[Span] = [
        {
            "says": f"{ruler.says[row['association']]}: {row['estimate'].replace('0.', '.')}",
            "estimate": float(row["estimate"]),
            "low": float(row["ci_low"] or row["estimate"]),
            "high": float(row["ci_high"] or row["estimate"]),
            "given": bool(row["ci_low"]),
        }
        for row in rows
    ]
    return _spans(values, ruler, width)


def _spans(values: list[Span], ruler: Ruler, width: int) -> Panel:
    """Draw points with the line each stands on, hollow when nothing is `given` about it."""
    axis = alt.Axis(
        grid=False,
        values=list(ruler.ticks),
        format=ruler.form,
        labelColor=INK,
        domainColor=SOFT,
        tickColor=SOFT,
    )
    y = alt.Y("says:N", sort=None, title=None, axis=None)
    scale = alt.Scale(domain=[ruler.least, ruler.most])
    told = [{"told": each["says"], **each} for each in values]
    base = alt.Chart(alt.InlineData(values=told)).encode(y=y)
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
        x=alt.value(nothing + 7), text="told:N"
    )
    zero = (
        alt.Chart(alt.InlineData(values=[{"at": 0}]))
        .mark_rule(color=INK, strokeWidth=2)
        .encode(x=alt.X("at:Q", title=None, axis=axis, scale=scale))
    )
    return alt.layer(zero, spans, *points, labels).properties(
        width=width, height=44 * len({each["says"] for each in values}), title=_title(ruler.title)
    )


def _exactly(what: str, value: float, told: str = "") -> Span:
    """Return a value without a line under it."""
    says = f"{what}: {told or value}"
    return {"says": says, "estimate": value, "low": value, "high": value, "given": True}


def _told(rows: list[dict[str, str]], ruler: Ruler) -> list[dict[str, str | float | bool]]:
    """Return shares that reach from nothing to their value, in the ruler's words and order."""
    shares = {row["measure"]: row["percent"] for row in rows}
    return [
        {
            "says": says.format(shares[measure]),
            "estimate": float(shares[measure]),
            "low": 0.0,
            "high": float(shares[measure]),
            "given": True,
        }
        for measure, says in ruler.says.items()
    ]


def _generation(row: dict[str, str]) -> Span:
    """Return one of the four groups of families, in plain words."""
    child = "child was not" if row["definition"].endswith(("not maltreated", "neither")) else ""
    return {
        "says": f"{child or 'child was'}: {row['percent']} percent",
        "estimate": float(row["percent"]),
        "low": float(row["ci_low"]),
        "high": float(row["ci_high"]),
        "given": True,
    }


def _trials(rows: list[dict[str, str]], programs: tuple[Program, ...], width: int) -> Panel:
    """List outcomes under their program, each with a dot in the column of its result."""
    row, top, columns = 25, 50, {"+": width - 98, "0": width - 32}
    found = {(each["intervention"], each["outcome"]): each["direction"] for each in rows}
    texts: list[dict[str, str | float]] = [
        {"kind": "head", "text": "helped", "x": columns["+"], "y": 26},
        {"kind": "head", "text": "no", "x": columns["0"], "y": 8},
        {"kind": "head", "text": "difference", "x": columns["0"], "y": 26},
    ]
    dots: list[dict[str, str | float]] = []
    y = top
    for program in programs:
        texts.append({"kind": "program", "text": program.name, "x": 0, "y": y})
        for key, text in program.outcomes.items():
            y += row
            texts.append({"kind": "outcome", "text": text, "x": 0, "y": y})
            dots.append({"kind": found[key], "x": columns[found[key]], "y": y})
        y += row + 8
    height = y - row
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, width], nice=False))
    down = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[height, 0], nice=False))
    written = alt.Chart(alt.InlineData(values=texts)).encode(x=x, y=down, text="text:N")
    points = alt.Chart(alt.InlineData(values=dots)).encode(x=x, y=down)
    names = [
        written.transform_filter("datum.kind == 'head'").mark_text(color=INK, clip=True),
        written.transform_filter("datum.kind == 'program'").mark_text(
            color=INK, clip=True, align="left", fontWeight="bold"
        ),
        written.transform_filter("datum.kind == 'outcome'").mark_text(
            color=INK, clip=True, align="left"
        ),
    ]
    results = [
        points.transform_filter(f"datum.kind == '{kind}'").mark_point(
            color=LAGOON, fill=fill, size=110, opacity=1
        )
        for kind, fill in (("+", LAGOON), ("0", BLANK))
    ]
    return alt.layer(*names, *results).properties(width=width, height=height)


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
