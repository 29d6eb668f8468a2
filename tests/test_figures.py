"""What a figure promises: one drawing for page and print, words for every picture, seen numbers."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from statistics import NormalDist
from xml.etree import ElementTree as ET

import pytest

from groundwork.charts import chart, read_seen
from groundwork.errors import BuildError, ContentError
from groundwork.widgets.twins import bundled

ROOT = Path(__file__).parents[1]
FIGURES = ROOT / "assets" / "figures"
DATA = FIGURES / "data"
MODULES = [path for kind in ("*.js", "*.mjs") for path in sorted(FIGURES.glob(kind))]
PICTURES = [
    path.with_suffix(".svg")
    for path in MODULES
    if "export const picture" in path.read_text(encoding="utf-8")
]
MOVABLE = [path for path in MODULES if "export default live(" in path.read_text(encoding="utf-8")]
OVERLAP = json.dumps((FIGURES / "group-overlap.js").as_uri())

needs_node = pytest.mark.skipif(
    shutil.which("node") is None, reason="Node is not installed, so no figure can be drawn again."
)


def node(script: str) -> str:
    command = ["node", "--input-type=module", "--eval", script]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def figure(name: str, kind: str = "js") -> str:
    return json.dumps((FIGURES / f"{name}.{kind}").as_uri())


def drawings(text: str) -> list[ET.Element]:
    return list(ET.fromstring(f"<figures>{text}</figures>"))  # noqa: S314  # our own files


def hold_the_promises(text: str) -> None:
    wide, narrow = drawings(text)
    for picture, kind in ((wide, "f-wide"), (narrow, "f-narrow")):
        assert picture.tag.endswith("svg")
        assert picture.attrib["role"] == "img"
        assert len(picture.attrib["aria-label"]) > 60
        assert picture.attrib["class"] == f"f-figure {kind}"
        assert float(picture.attrib["viewBox"].split()[2]) <= (680 if kind == "f-wide" else 300)
    for element in [*wide.iter(), *narrow.iter()]:
        tag = element.tag.rpartition("}")[2]
        assert tag in {"svg", "g", "path", "rect", "circle", "line", "text", "tspan"}
        assert not {"style", "href", "src", "fill", "stroke"} & set(element.attrib)
        assert not any(name.startswith("on") for name in element.attrib)
    assert "url(" not in text


def test_every_figure_of_the_modules_is_there() -> None:
    assert {path.stem for path in PICTURES} >= {
        "brain-clocks",
        "bucharest-design",
        "doors-between-services",
        "first-things-first",
        "from-hand-to-hand",
        "group-overlap",
        "half-the-visits",
        "mismatch-strip",
        "network-of-care",
        "of-a-hundred",
        "path-out-and-back",
        "scale-of-a-week",
        "serve-return-loop",
        "steps-to-mend",
        "strange-situation",
        "stress-response",
        "synapse-growth",
        "turn-by-turn",
        "two-crowds",
        "two-nested-pairs",
        "who-the-flag-finds",
    }
    assert all(path.is_file() for path in PICTURES)
    assert {path.stem for path in MOVABLE} < {path.stem for path in PICTURES}


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.stem)
def test_static_picture_has_words_and_nothing_from_elsewhere(path: Path) -> None:
    hold_the_promises(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.stem)
def test_static_picture_uses_only_classes_that_the_style_file_knows(path: Path) -> None:
    css = (ROOT / "src/groundwork/theme/static/figures.css").read_text(encoding="utf-8")
    used = {
        name
        for value in re.findall(r'class="([^"]*)"', path.read_text(encoding="utf-8"))
        for name in value.split()
    }

    assert {name for name in used if f".{name}" not in css} == set()


STAMPS = {
    "brain-clocks": "Schematic",
    "first-things-first": "Schematic",
    "mismatch-strip": "Schematic",
    "network-of-care": "An invented week",
    "of-a-hundred": "Arithmetic on a correlation",
    "path-out-and-back": "Schematic",
    "scale-of-a-week": "Schematic",
    "steps-to-mend": "Our own five steps",
    "stress-response": "Schematic",
    "synapse-growth": "Schematic",
    "turn-by-turn": "An invented talk",
    "two-crowds": "Schematic",
    "two-nested-pairs": "Schematic",
    "who-the-flag-finds": "Arithmetic, not an ACE test",
}


@pytest.mark.parametrize("name", STAMPS)
def test_what_is_not_data_says_so_on_its_face(name: str) -> None:
    pictures = drawings((FIGURES / f"{name}.svg").read_text(encoding="utf-8"))

    assert all(STAMPS[name] in [element.text for element in each.iter()] for each in pictures)


@needs_node
def test_static_pictures_are_what_the_modules_draw() -> None:
    command = ["node", str(FIGURES / "draw.mjs"), "--check"]

    result = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (result.returncode, result.stdout) == (0, "")


@needs_node
@pytest.mark.parametrize("path", MOVABLE, ids=lambda path: path.stem)
def test_notebook_gets_a_figure_as_one_module(path: Path) -> None:
    source = bundled(path)

    script = f"""
        const source = {json.dumps(source)};
        const figure = await import("data:text/javascript," + encodeURIComponent(source));
        console.log(typeof figure.default.render);
    """
    assert '"./' not in source
    assert node(script) == "function\n"


@needs_node
def test_group_overlap_agrees_with_the_normal_distribution() -> None:
    sizes = [hundredths / 100 for hundredths in range(0, 121)]
    script = f"""
        const {{ above, overlap, phi }} = await import({OVERLAP});
        const sizes = {json.dumps(sizes)};
        console.log(JSON.stringify(sizes.map((d) => [phi(d), phi(-d), above(d), overlap(d)])));
    """

    for d, (up, down, above, overlap) in zip(sizes, json.loads(node(script)), strict=True):
        assert up == pytest.approx(NormalDist().cdf(d), abs=2e-7)
        assert down == pytest.approx(NormalDist().cdf(-d), abs=2e-7)
        assert above == pytest.approx(100 * NormalDist().cdf(d), abs=0.5001)
        assert overlap == pytest.approx(200 * NormalDist().cdf(-d / 2), abs=0.5001)


@needs_node
def test_group_overlap_says_known_values() -> None:
    script = f"""
        const {{ above, overlap }} = await import({OVERLAP});
        console.log(JSON.stringify([0, 0.32, 0.6, 1.2].map((d) => [above(d), overlap(d)])));
    """

    assert json.loads(node(script)) == [[50, 100], [63, 87], [73, 76], [88, 55]]


@needs_node
def test_synapse_growth_has_the_shape_of_its_data_file() -> None:
    lines = (DATA / "synaptic_density_schematic.csv").read_text(encoding="utf-8").splitlines()
    rows = [line.split(",") for line in lines if line[0].isdigit()]
    script = f"""
        const {{ SHAPE }} = await import({json.dumps((FIGURES / "synapse-growth.js").as_uri())});
        console.log(JSON.stringify(SHAPE));
    """

    assert json.loads(node(script)) == [[float(value) for value in row[:3]] for row in rows]


@needs_node
def test_of_a_hundred_agrees_with_the_bivariate_normal_distribution() -> None:
    script = f"""
        const {{ alike, FINDINGS }} = await import({figure("of-a-hundred")});
        console.log(JSON.stringify([[0, 0.25, 0.5, 0.6].map(alike), FINDINGS.map((f) => f.value)]));
    """

    counts, values = json.loads(node(script))

    assert counts == [50, 58, 67, 70]
    links = {
        float(row["estimate"])
        for row in read_seen(DATA / "attachment_effect_sizes.csv")
        if row["metric"] == "r"
    }
    assert set(values) <= links


@needs_node
def test_mismatch_strip_shows_shares_that_depend_on_what_is_counted() -> None:
    script = f"""
        const {{ matches }} = await import({figure("mismatch-strip")});
        console.log(JSON.stringify([matches("both"), matches("looks")]));
    """

    assert json.loads(node(script)) == [4, 9]


@needs_node
def test_strange_situation_lights_the_two_reunions_only() -> None:
    script = f"""
        const {{ EPISODES }} = await import({figure("strange-situation")});
        console.log(JSON.stringify(EPISODES.map(({{ room, coded }}) => [room, coded ?? false])));
    """

    episodes = json.loads(node(script))

    assert [room for room, _ in episodes] == ["pb", "pb", "psb", "sb", "pb", "b", "sb", "pb"]
    assert [number for number, (_, coded) in enumerate(episodes, start=1) if coded] == [5, 8]


@needs_node
def test_who_the_flag_finds_agrees_with_the_worked_example() -> None:
    rows = read_seen(DATA / "ppv_arithmetic.csv")
    rates = [int(row["true_rate_percent"]) for row in rows]
    script = f"""
        const {{ counted, trusted }} = await import({figure("who-the-flag-finds")});
        const rates = {rates};
        console.log(JSON.stringify([rates.map(trusted), rates.map(counted)]));
    """

    shares, counts = json.loads(node(script))

    assert shares == pytest.approx([float(row["ppv_percent"]) for row in rows], abs=0.05)
    assert all(sum(each.values()) == 100 for each in counts)
    assert counts[rates.index(5)] == {"found": 4, "missed": 1, "wrong": 19, "cleared": 76}
    assert counts[rates.index(20)] == {"found": 16, "missed": 4, "wrong": 16, "cleared": 64}


@needs_node
def test_two_crowds_says_how_often_the_best_guess_fails() -> None:
    script = f"""
        const {{ DOTS, fails, FINDINGS }} = await import({figure("two-crowds")});
        console.log(JSON.stringify([DOTS.length, FINDINGS.map((f) => f.value), [
            0, 0.31, 0.45, 2].map(fails)]));
    """

    assert json.loads(node(script)) == [60, [0.31, 0.45], [50, 44, 41, 16]]


@needs_node
def test_scale_of_a_week_fills_and_empties_hours_and_never_counts_them() -> None:
    script = f"""
        const {{ picture, week }} = await import({figure("scale-of-a-week")});
        const ticks = ["nights", "moved", "ill", "uncle", "lift", "rent"];
        const states = Array.from({{ length: 64 }}, (_, bits) =>
            Object.fromEntries(ticks.map((tick, i) => [tick, Boolean(bits >> i & 1)])));
        console.log(JSON.stringify([
            states.map((state) => picture.say(state)),
            states.map((state) => week(state).flat().map(({{ who }}) => who).join("")),
        ]));
    """

    said, weeks = json.loads(node(script))

    assert not any(re.search(r"\d", words) for words in said)
    assert all(len(week) == 42 for week in weeks)
    assert weeks[0b001].count("-") > weeks[0].count("-") > weeks[0b1000].count("-")


@needs_node
def test_from_hand_to_hand_says_the_four_parts_and_leaves_none_out_when_late() -> None:
    script = f"""
        const {{ picture }} = await import({figure("from-hand-to-hand")});
        const start = picture.start;
        const states = [start, {{ step: 0, branch: "late" }}, {{ step: 0, branch: "unsaid" }}];
        console.log(JSON.stringify(states.map((state) => picture.say(state))));
    """

    on_time, late, unsaid = json.loads(node(script))

    for part in ("who", "where", "when back", "who stays"):
        assert part in on_time
        assert part in late
    assert unsaid.startswith("Nobody says anything.")


@needs_node
def test_half_the_visits_shows_the_numbers_of_its_data_file() -> None:
    script = f"""
        const it = await import({figure("half-the-visits", "mjs")});
        console.log(JSON.stringify([it.RECEIVED, it.LEAVING, [it.COHORT, it.COHORT]]));
    """

    rows = read_seen(DATA / "home_visits_received.csv")

    assert json.loads(node(script)) == [[float(row["low"]), float(row["high"])] for row in rows]


@needs_node
def test_doors_between_services_shows_the_numbers_of_its_data_file() -> None:
    script = f"""
        const {{ REFERRED }} = await import({figure("doors-between-services", "mjs")});
        console.log(JSON.stringify(REFERRED));
    """

    rows = read_seen(DATA / "after_a_positive_screen.csv")

    assert json.loads(node(script)) == [float(row["percent"]) for row in rows]


@needs_node
def test_turn_by_turn_answers_an_explanation_with_a_shorter_line() -> None:
    script = f"""
        const {{ KINDS, TALK, turns }} = await import({figure("turn-by-turn")});
        const talks = KINDS.flatMap((a) => KINDS.flatMap((b) => KINDS.map((c) => [a, b, c])));
        const told = Object.values(TALK).map((place) => KINDS.map((kind) => place[kind][1].length));
        console.log(JSON.stringify([talks.map((picks) => turns(picks).at(-1).place), told]));
    """

    places, lengths = json.loads(node(script))

    assert len(places) == 125
    assert all(min(others) > explained for *others, explained in lengths[2:])
    assert set(places) == {"deep", "flat", "more", "shutter", "shut", "told"}


@needs_node
def test_first_things_first_leaves_most_next_steps_to_the_family_or_both() -> None:
    script = f"""
        const {{ NEEDS }} = await import({figure("first-things-first")});
        console.log(JSON.stringify(NEEDS.map((need) => need.who)));
    """

    who = json.loads(node(script))

    assert [who.count(each) for each in ("family", "both", "worker")] == [4, 2, 2]


@needs_node
def test_steps_to_mend_opens_the_door_wider_at_each_step() -> None:
    script = f"""
        const {{ EXPLAINED, MOMENTS }} = await import({figure("steps-to-mend")});
        console.log(JSON.stringify([EXPLAINED, ...MOMENTS].map((moment) => moment.open)));
    """

    explained, *steps = json.loads(node(script))

    assert steps == sorted(set(steps))
    assert explained < min(steps)


CHARTED = {
    "after-a-report": "resistance or an ending: about 27",
    "attachment-distribution": "Worldwide, 20,720 pairs",
    "attachment-effects": "resistance and acting out: .11",
    "brain-volume": "1 year: 2.01 times that",
    "break-or-keep": "child was not: 23.6 percent",
    "good-experiences": "six or seven: 12.6 percent",
    "method-moves-the-number": "four or more, modeled: 22.4",
    "trials-with-nulls": "expulsion, Connecticut",
}


@pytest.mark.parametrize("name", CHARTED)
def test_chart_is_a_picture_with_words_and_a_table(name: str) -> None:
    made = chart(name, DATA)

    hold_the_promises(made.wide + made.narrow)
    assert CHARTED[name] in made.wide
    assert made.html().count("<tr>") == len(made.rows) + 1
    assert 'style="' not in made.html()


def test_unknown_chart_names_those_there_are() -> None:
    with pytest.raises(BuildError, match=r"'brain-size'; there are: .*brain-volume"):
        chart("brain-size", DATA)


@pytest.mark.parametrize("status", ["unverified", "partly", ""])
def test_chart_refuses_a_row_nobody_saw(status: str, tmp_path: Path) -> None:
    path = tmp_path / "brain_growth.csv"
    path.write_text(
        f"# a note\nmeasure,age_months,value,status\na,0,1,seen\nb,12,2,{status}\n",
        encoding="utf-8",
    )

    with pytest.raises(ContentError) as error:
        read_seen(path)

    expected = f"a chart may use only rows with status 'seen'; this one is {status!r}"
    assert str(error.value) == f"{path}:4: {expected}"


def test_chart_data_in_the_project_is_all_seen() -> None:
    assert len(read_seen(DATA / "attachment_distribution.csv")) == 5
    assert len(read_seen(DATA / "attachment_effect_sizes.csv")) == 14
    assert len(read_seen(DATA / "brain_growth.csv")) == 8
    assert len(read_seen(DATA / "ace_brfss_prevalence.csv")) == 4
    assert len(read_seen(DATA / "intervention_effects.csv")) == 19
    assert len(read_seen(DATA / "maltreatment_cycle_madigan2025.csv")) == 4
    assert len(read_seen(DATA / "pce_depression_bethell2019.csv")) == 3
    assert len(read_seen(DATA / "reporting_and_relationship.csv")) == 5
