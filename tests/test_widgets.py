"""A question scores the same everywhere, and a notebook's answers are never lost."""

import gzip
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from groundwork.errors import SettingsError
from groundwork.widgets import FILES, HERE, served
from groundwork.widgets.item import AnswerSheet, ItemWidget, module_source, widget_for

CASES = Path(__file__).parent / "cases" / "scoring.json"
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="Node is not installed here.")
ITEM = {
    "id": "who",
    "type": "single",
    "stem": "Who?",
    "options": [{"id": "a", "text": "A"}, {"id": "b", "text": "B"}],
}
WEIGHT = 25_000  # bytes, compressed, of what a page with questions loads


def run(script: str) -> Any:
    """What a piece of JavaScript prints, read as JSON."""
    assert NODE
    command = [NODE, "--input-type=module", "--eval", script]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def imported(source: str) -> str:
    """JavaScript that imports a text as module `page`."""
    return f"""
        const source = {json.dumps(source)};
        const page = await import("data:text/javascript," + encodeURIComponent(source));
    """


@needs_node
def test_browser_scores_every_case_as_python_does() -> None:
    cases = json.loads(CASES.read_text(encoding="utf-8"))
    script = f"""
        {imported((HERE / "score.js").read_text(encoding="utf-8"))}
        import {{ readFileSync }} from "node:fs";
        const real = (value) => {{
          if (value?.$nan) return NaN;
          if (value?.$repeat) return Array(value.$repeat[1]).fill(value.$repeat[0]);
          return Array.isArray(value) ? value.map(real) : value;
        }};
        const cases = JSON.parse(readFileSync({json.dumps(str(CASES))}, "utf8"));
        const results = cases.map(({{ item, answer }}) => page.score(item, real(answer)));
        console.log(JSON.stringify(results));
    """

    results = run(script)

    assert len(results) == len(cases)
    for case, result in zip(cases, results, strict=True):
        assert result["score"] == pytest.approx(case["score"], abs=1e-9), case["name"]
        assert bool(result["problems"]) == case["problems"], case["name"]


@needs_node
def test_notebook_module_stands_alone() -> None:
    script = imported(module_source()) + "console.log(JSON.stringify(typeof page.default.render));"

    assert "import " not in re.sub(r"/\*.*?\*/|\"[^\"]*\"", "", module_source(), flags=re.S)
    assert run(script) == "function"


def test_questions_weigh_less_than_a_small_picture() -> None:
    names = {"item.js", "item.css", "score.js", "host.js"}
    sizes = {path.name: len(gzip.compress(served(path).encode())) for path in FILES}

    assert sum(sizes[name] for name in names) <= WEIGHT


@needs_node
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_is_served_is_the_source_without_its_comments(path: Path, tmp_path: Path) -> None:
    source, light = path.read_text(encoding="utf-8"), served(path)

    assert "/**" not in light
    assert not [line for line in source.splitlines() if line.count("`") % 2]
    words = re.compile(r"[\w$]+")
    code = re.sub(r"^[ \t]*/\*.*?\*/[ \t]*$", "", source, flags=re.M | re.S)
    assert words.findall(light) == words.findall(code)
    if path.suffix == ".js":
        (tmp_path / "page.mjs").write_text(light, encoding="utf-8")
        assert NODE
        subprocess.run([NODE, "--check", tmp_path / "page.mjs"], check=True)


def test_no_markup_is_made_from_text() -> None:
    forbidden = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(")

    assert not [path.name for path in FILES if forbidden.search(path.read_text(encoding="utf-8"))]


def test_item_without_key_is_a_quiz() -> None:
    assert widget_for(ITEM).mode == "quiz"
    assert widget_for({**ITEM, "key": {"correct": ["a"], "why": {}}}).mode == "practice"


def test_answer_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    widget = widget_for(ITEM, AnswerSheet(path, quiz="02-b", version="1"))

    widget.answer = "b"

    again = widget_for(ITEM, AnswerSheet(path, quiz="02-b", version="1"))
    assert again.answer == "b"
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "quiz": "02-b",
        "version": "1",
        "answers": {"who": "b"},
    }
    assert list(tmp_path.iterdir()) == [path]


def test_answer_taken_back_is_gone(tmp_path: Path) -> None:
    sheet = AnswerSheet(tmp_path / "answers.json", quiz="02-b", version="1")
    sheet["who"] = ["a"]

    sheet["who"] = None

    assert AnswerSheet(sheet.path, quiz="02-b", version="1")["who"] is None


@pytest.mark.parametrize(
    "found",
    [
        b'{"quiz": "02-b", "version": "1", "ans',
        b"\xff\xfe",
        b"[]",
        b'{"quiz": "02-b", "version": "1", "answers": []}',
        b'{"quiz": "02-a", "version": "1", "answers": {}}',
        b'{"quiz": "02-b", "version": "0", "answers": {}}',
    ],
)
def test_file_that_does_not_fit_is_kept_aside(tmp_path: Path, found: bytes) -> None:
    path = tmp_path / "answers.json"
    path.write_bytes(found)
    (tmp_path / "answers-aside-1.json").write_text("an earlier one", encoding="utf-8")

    widget = widget_for(ITEM, AnswerSheet(path, quiz="02-b", version="1"))
    widget.answer = "a"

    assert (tmp_path / "answers-aside-2.json").read_bytes() == found
    assert AnswerSheet(path, quiz="02-b", version="1")["who"] == "a"


def test_learner_is_told_what_was_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    path.write_text("half", encoding="utf-8")

    widget = widget_for(ITEM, AnswerSheet(path, quiz="02-b", version="1"))

    assert "answers-aside-1.json" in widget.notice


def test_answer_that_cannot_be_saved_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    sheet = AnswerSheet(folder / "answers.json", quiz="02-b", version="1")
    widget = widget_for(ITEM, sheet)
    folder.rmdir()

    widget.answer = "a"

    assert "could not be saved in answers.json" in widget.notice
    with pytest.raises(SettingsError):
        sheet["who"] = "b"


def test_half_a_write_leaves_the_old_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "answers.json"
    sheet = AnswerSheet(path, quiz="02-b", version="1")
    sheet["who"] = "a"
    before = path.read_bytes()

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(SettingsError, match="No space left"):
        sheet["who"] = "b"

    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_widget_carries_the_whole_contract() -> None:
    names = {"item", "answer", "mode", "result", "confidence", "notice"}

    assert names <= set(ItemWidget(item=ITEM).get_state())
