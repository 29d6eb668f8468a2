"""Each lesson has a live twin: a notebook whose self-checks are widgets."""

from pathlib import Path

import nbformat
import pytest

from groundwork.curriculum import load_curriculum
from groundwork.notebooks import write_notebooks
from groundwork.settings import Settings
from groundwork.widgets.twins import bundled, figure, self_check


@pytest.fixture(scope="module")
def twins(
    project_settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> list[nbformat.NotebookNode]:
    folder = tmp_path_factory.mktemp("notebooks")
    paths = write_notebooks(load_curriculum(project_settings), folder)
    return [nbformat.read(path, as_version=4) for path in paths]


def test_twins_are_valid_and_hold_no_output(twins: list[nbformat.NotebookNode]) -> None:
    for notebook in twins:
        nbformat.validate(notebook)
        assert not any(cell.get("outputs") for cell in notebook.cells)


def test_twins_hold_no_markup_that_a_notebook_would_show_raw(
    twins: list[nbformat.NotebookNode],
) -> None:
    words = [c.source for notebook in twins for c in notebook.cells if c.cell_type == "markdown"]

    assert words
    assert not [w for w in words if "{claim}" in w or ":::" in w or ")=" in w or ":alt:" in w]


def test_every_self_check_of_a_twin_is_its_item_with_its_reasons(
    twins: list[nbformat.NotebookNode],
    project: Path,
    project_settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(project)
    calls = [
        line
        for notebook in twins
        for cell in notebook.cells
        for line in cell.source.split("\n")
        if line.startswith("self_check(")
    ]

    shown = [self_check(call.split("'")[1]) for call in calls]

    assert len(shown) == len(load_curriculum(project_settings).practice)
    assert all("key" in widget.item or widget.item["type"] == "scenario" for widget in shown)


def test_a_figure_of_a_twin_needs_no_file_beside_it(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    path = project / "assets" / "figures" / "serve-return-loop.js"

    source = bundled(path)

    assert "./kit.js" not in source
    assert source.count("data:text/javascript;base64,") >= 2
    assert figure("serve-return-loop")._esm == source
