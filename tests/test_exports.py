"""Questions leave for other programs whole, or what was lost is said.

GIFT is read back with gift-pegjs, QTI with onyx2moodle; Moodle XML by its structure.
"""

import html
import io
import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from groundwork.cli import app
from groundwork.curriculum import Curriculum, load_curriculum
from groundwork.errors import KeysMissingError, SettingsError
from groundwork.exports import WRITERS, Export, export, write_items
from groundwork.items import Estimate, Item, load_form
from groundwork.scoring import score
from groundwork.settings import read_settings

HERE = Path(__file__).parent
INDEPENDENT = HERE / "independent"
EVERY = load_form(HERE / "cases" / "exports" / "every-type.yml")
SMALL = HERE / "cases" / "curriculum"
HELD = [item for item in EVERY.items if item.type != "scenario"]
QTI = {"q": "http://www.imsglobal.org/xsd/imsqti_v2p1"}
PACKAGE = {"p": "http://www.imsglobal.org/xsd/imscp_v1p1"}
MOODLE_SHARES = (
    100, 90, 83.33333, 80, 75, 70, 66.66667, 60, 50, 40, 33.33333, 30, 25, 20, 16.66667,
    14.28571, 12.5, 11.11111, 10, 5, 0,
)  # fmt: skip
"""The only shares that Moodle takes for an answer, each also with a minus."""


def made(to: str) -> Export:
    """One item of every type, in a format."""
    return write_items("A *first* step/two", list(EVERY.items), to=to)


def plain(text: str) -> str:
    """What a reader sees of HTML, without its paragraphs."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text))).strip()


def words(text: str) -> str:
    """An author's text as it should arrive."""
    return re.sub(r"\s+", " ", re.sub(r"\*(\w+)\*", r" \1 ", text)).strip()


def parsed(data: bytes) -> ET.Element:
    """The root of a file of ours."""
    return ET.fromstring(data)  # noqa: S314  # we wrote it


@pytest.fixture(scope="module")
def small() -> Curriculum:
    return load_curriculum(read_settings({"GROUNDWORK_ROOT": str(SMALL)}))


@pytest.mark.parametrize("to", WRITERS)
def test_what_a_format_cannot_hold_is_listed(to: str) -> None:
    result = made(to)

    lost = {line.partition(":")[0] for line in result.losses}
    assert {"all items", "in-order", "talking", "thinking"} <= lost
    assert lost <= {"all items", *EVERY.by_id}
    assert result.items == len(HELD)
    assert [line for line in result.losses if ": left out; " in line] == [
        line for line in result.losses if line.startswith("talking:")
    ]


@pytest.mark.parametrize("to", WRITERS)
def test_the_same_items_give_the_same_bytes(to: str) -> None:
    assert made(to).data == made(to).data


@pytest.mark.parametrize("to", WRITERS)
def test_graded_items_leave_only_when_asked_for(small: Curriculum, to: str) -> None:
    practice = export(small, "01-small-steps", to=to)
    graded = export(small, "01-small-steps", to=to, graded=True)

    assert (practice.items, graded.items) == (2, 14)
    assert b"SECRET" not in _opened(practice.data)
    assert b"SECRET-A-01" in _opened(graded.data)
    assert b"SECRET-B-21" in _opened(graded.data)


def _opened(data: bytes) -> bytes:
    if not data.startswith(b"PK"):
        return data
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return b"".join(package.read(name) for name in package.namelist())


def test_an_unknown_module_is_named_with_those_there_are(small: Curriculum) -> None:
    with pytest.raises(SettingsError, match=r"no module nope; there is 01-small-steps"):
        export(small, "nope", to="gift")


def test_without_the_keys_graded_items_do_not_go_out(small: Curriculum) -> None:
    keyless = replace(small.quizzes["01-small-steps"], graded={})
    bare = replace(small, quizzes={"01-small-steps": keyless})

    with pytest.raises(KeysMissingError):
        export(bare, "01-small-steps", to="gift", graded=True)


# GIFT


@pytest.fixture
def gift() -> dict[str, Any]:
    """What an independent reader makes of the GIFT file, by the ids of the questions."""
    if not shutil.which("node") or not (INDEPENDENT / "node_modules").is_dir():
        pytest.skip("The independent reader needs Node: npm ci in tests/independent")
    read = subprocess.run(
        ["node", "gift.mjs"],
        cwd=INDEPENDENT,
        input=made("gift").data,
        stdout=subprocess.PIPE,
        check=True,
    )
    questions = json.loads(read.stdout)
    assert questions[0]["title"] == "$course$/A *first* step//two"
    return {question["id"]: question for question in questions[1:]}


def test_gift_is_read_back_with_every_question_of_its_kind(gift: dict[str, Any]) -> None:
    assert {name: question["type"] for name, question in gift.items()} == {
        "1-single": "MC",
        "several": "MC",
        "pairs": "Matching",
        "in-order": "Matching",
        "groups": "Matching",
        "marking": "MC",
        "how-many": "Numerical",
        "thinking": "Essay",
    }


def test_gift_keeps_hostile_words_as_they_were(gift: dict[str, Any]) -> None:
    item = EVERY.by_id["1-single"]
    question = gift["1-single"]

    assert plain(question["stem"]["text"]) == words(item.stem)
    assert [
        (plain(one["text"]["text"]), one["isCorrect"], plain(one["feedback"]["text"]))
        for one in question["choices"]
    ] == [(option.text, option.correct, option.why) for option in item.options]  # type: ignore[union-attr]


def test_gift_keeps_our_rule_for_several_right_answers(gift: dict[str, Any]) -> None:
    several = [one["weight"] for one in gift["several"]["choices"]]
    marking = [one["weight"] for one in gift["marking"]["choices"]]

    assert several == [33.33333, 33.33333, 33.33333, -33.33333]
    assert marking == [-50, 50, 50]


def test_gift_keeps_pairs_bands_ids_and_tags(gift: dict[str, Any]) -> None:
    pairs = [
        (plain(one["subquestion"]["text"]), one["subanswer"]) for one in gift["pairs"]["matchPairs"]
    ]
    bands = [
        (one["text"]["number"], one["text"]["range"], one["weight"])
        for one in gift["how-many"]["choices"]
    ]

    assert pairs == [("A shoe = one", "A foot"), ("A glove", "A hand"), ("", "A nose")]
    assert bands == [(12, 1, None), (12, 3.5, 50)]
    assert gift["several"]["tags"] == ["walk", "B1", "B2"]
    assert "Worn on it too." in plain(gift["pairs"]["globalFeedback"]["text"])


# Moodle XML


@pytest.fixture
def moodle() -> dict[str, ET.Element]:
    """The questions of the Moodle XML file by their idnumber."""
    root = parsed(made("moodle-xml").data)
    assert root.findtext("question[@type='category']/category/text") == (
        "$course$/top/A *first* step//two"
    )
    return {found.findtext("idnumber", ""): found for found in root.findall("question")[1:]}


def test_moodle_xml_has_every_question_of_its_kind(moodle: dict[str, ET.Element]) -> None:
    assert {name: question.get("type") for name, question in moodle.items()} == {
        "1-single": "multichoice",
        "several": "multichoice",
        "pairs": "matching",
        "in-order": "ordering",
        "groups": "matching",
        "marking": "multichoice",
        "how-many": "numerical",
        "thinking": "essay",
    }


def test_moodle_xml_keeps_words_reasons_hints_and_tags(moodle: dict[str, ET.Element]) -> None:
    item = EVERY.by_id["1-single"]
    question = moodle["1-single"]

    assert plain(question.findtext("questiontext/text", "")) == words(item.stem)
    assert [
        (
            plain(answer.findtext("text", "")),
            answer.get("fraction") == "100",
            plain(answer.findtext("feedback/text", "")),
        )
        for answer in question.findall("answer")
    ] == [(option.text, option.correct, option.why) for option in item.options]  # type: ignore[union-attr]
    assert plain(question.findtext("hint/text", "")) == "Look twice at 50%."
    assert [tag.text for tag in question.findall("tags/tag/text")] == ["walk", "B1"]


def test_moodle_takes_every_share_that_is_written(moodle: dict[str, ET.Element]) -> None:
    choosing = [q for q in moodle.values() if q.get("type") == "multichoice"]
    shares = [float(answer.get("fraction", "")) for q in choosing for answer in q.findall("answer")]

    assert {abs(share) for share in shares} <= set(MOODLE_SHARES)
    assert [a.get("fraction") for a in moodle["several"].findall("answer")] == [
        "33.33333", "33.33333", "33.33333", "-33.33333",
    ]  # fmt: skip


def test_moodle_xml_keeps_pairs_order_bands_and_rubric(moodle: dict[str, ET.Element]) -> None:
    groups = [
        (one.findtext("text") or "", one.findtext("answer/text"))
        for one in moodle["groups"].findall("subquestion")
    ]

    assert groups == [("Smiles", "Before"), ("Jumps", "After"), ("Hops", "After"), ("", "Never")]
    assert moodle["in-order"].findtext("gradingtype") == "LONGEST_ORDERED_SUBSET"
    assert [a.findtext("text") for a in moodle["in-order"].findall("answer")] == [
        "Rolls", "Crawls", "Stands", "Walks",
    ]  # fmt: skip
    assert [
        (a.get("fraction"), a.findtext("text"), a.findtext("tolerance"))
        for a in moodle["how-many"].findall("answer")
    ] == [("100", "12", "1"), ("50", "12", "3.5")]
    assert "It is {small}." in plain(moodle["thinking"].findtext("graderinfo/text", ""))


# QTI


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The QTI package, unpacked."""
    with zipfile.ZipFile(io.BytesIO(made("qti").data)) as packed:
        assert packed.testzip() is None
        packed.extractall(tmp_path)
    return tmp_path


@pytest.fixture
def qti(package: Path) -> dict[str, Any]:
    """What an independent reader makes of the items of the package."""
    from onyx2moodle.parser import parse_item

    return {path.stem: parse_item(path) for path in (package / "items").iterdir()}


def test_the_manifest_names_every_file_of_the_package_once(package: Path) -> None:
    manifest = parsed((package / "imsmanifest.xml").read_bytes())

    resources = manifest.findall("p:resources/p:resource", PACKAGE)
    assert sorted(str(one.get("href")) for one in resources) == sorted(
        f"items/{item.id}.xml" for item in HELD
    )
    assert {one.get("type") for one in resources} == {"imsqti_item_xmlv2p1"}
    assert all(re.fullmatch(r"[a-z_][\w.-]*", str(one.get("identifier"))) for one in resources)
    assert all(one.find("p:file", PACKAGE).get("href") == one.get("href") for one in resources)  # type: ignore[union-attr]


def test_qti_is_read_back_with_every_interaction(qti: dict[str, Any]) -> None:
    kinds = {name: [one.kind for one in item.interactions] for name, item in qti.items()}

    assert kinds == {
        "1-single": ["choice"],
        "several": ["choice"],
        "pairs": ["match"],
        "groups": ["match"],
        "marking": ["hottext"],
        "thinking": ["extendedText"],
        "in-order": [],  # not known to this reader
        "how-many": [],
    }


def test_qti_keeps_words_keys_and_reasons(qti: dict[str, Any]) -> None:
    item = EVERY.by_id["1-single"]
    read = qti["1-single"]
    (choosing,) = read.interactions
    why = {feedback.identifier: plain(feedback.html) for feedback in read.feedback}

    asked = parsed(read.raw_xml).find("q:itemBody/q:div", QTI)
    assert asked is not None
    assert plain(ET.tostring(asked, "unicode")) == words(item.stem)
    assert choosing.max_choices == 1
    assert choosing.shuffle
    assert [(c.html, why[c.identifier]) for c in choosing.choices] == [
        (option.text, option.why)
        for option in item.options  # type: ignore[union-attr]
    ]
    assert read.response_decls["RESPONSE"].correct_values == ["c_percent"]


def test_qti_shows_the_order_shuffled_and_knows_the_right_one(package: Path) -> None:
    root = parsed((package / "items" / "in-order.xml").read_bytes())

    interaction = root.find("q:itemBody/q:orderInteraction", QTI)
    assert interaction is not None
    assert interaction.get("shuffle") == "true"
    right = root.findall("q:responseDeclaration/q:correctResponse/q:value", QTI)
    assert [value.text for value in right] == ["c_roll", "c_crawl", "c_stand", "c_go"]


def by_qti(path: Path) -> Callable[[Any], float]:
    """Score a response by the mapping or the processing that stands in an item's file."""
    root = parsed(path.read_bytes())
    declared = root.find("q:responseDeclaration", QTI)
    assert declared is not None
    mapping = declared.find("q:mapping", QTI)

    def mapped(response: list[str]) -> float:
        assert mapping is not None
        shares = {e.get("mapKey"): float(e.get("mappedValue", "")) for e in mapping}
        total = sum(shares.get(one, float(mapping.get("defaultValue", ""))) for one in response)
        return min(
            max(total, float(mapping.get("lowerBound", ""))), float(mapping.get("upperBound", ""))
        )

    def value(node: ET.Element, response: Any) -> float:
        kind = node.tag.partition("}")[2]
        if kind == "variable":
            return float(response)
        if kind == "baseValue":
            return float(node.text or "")
        if kind == "mapResponse":
            return mapped(response)
        left, right = (value(child, response) for child in node)
        return {
            "subtract": lambda: left - right,
            "divide": lambda: left / right,
            "max": lambda: max(left, right),
            "min": lambda: min(left, right),
        }[kind]()

    scored = root.find(".//q:setOutcomeValue[@identifier='SCORE']", QTI)
    assert scored is not None
    return lambda response: value(scored[0], response)


ANSWERS: list[tuple[str, Any, list[str] | float]] = [
    ("1-single", "percent", ["c_percent"]),
    ("1-single", "none", ["c_none"]),
    ("several", ["aunt", "uncle"], ["c_aunt", "c_uncle"]),
    ("several", ["aunt", "screen"], ["c_aunt", "c_screen"]),
    ("several", ["screen"], ["c_screen"]),
    ("marking", ["rose", "went"], ["c_rose", "c_went"]),
    ("marking", ["fell", "rose", "went"], ["c_fell", "c_rose", "c_went"]),
    ("pairs", {"shoe": "foot", "glove": "nose"}, ["c_shoe c_foot", "c_glove c_nose"]),
    ("groups", {"jump": "after", "hop": "after"}, ["c_jump c_after", "c_hop c_after"]),
    *(("how-many", n, float(n)) for n in (0, 6, 8.5, 11, 12, 13, 14.25, 18, 36)),
]


@pytest.mark.parametrize(("name", "ours", "theirs"), ANSWERS, ids=lambda v: str(v)[:30])
def test_qti_scores_as_we_do(package: Path, name: str, ours: Any, theirs: Any) -> None:
    item: Item = EVERY.by_id[name]

    earned = by_qti(package / "items" / f"{name}.xml")(theirs)

    assert earned == pytest.approx(score(item, ours).score)
    assert isinstance(item, Estimate) == isinstance(theirs, float)


# The command


def test_the_command_writes_the_file_and_lists_losses_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROUNDWORK_ROOT", str(SMALL))
    to = tmp_path / "items.gift"

    ran = CliRunner().invoke(
        app, ["export", "gift", "--module", "01-small-steps", "--graded", "--to", str(to)]
    )

    assert ran.exit_code == 0
    assert ran.stdout == f"{to}: 14 items\n"
    assert "a-in-order: putting in order becomes matching" in ran.stderr
    assert "SECRET-A-01" in to.read_text(encoding="utf-8")
