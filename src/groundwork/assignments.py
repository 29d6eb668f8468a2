"""The course folder that `groundwork quizzes build` writes for nbgrader."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from .coursefolder import SANITIZE_STEPS, unchanged_environment
from .curriculum import Curriculum
from .errors import ConflictError
from .gradebook import open_gradebook
from .worksheets import ANSWERS_FILE, QUIZ_FILE, Worksheet, worksheets

CONFIG_FILE = "nbgrader_config.py"
BEGIN = (
    "# --- written by `groundwork quizzes build`; change nothing down to the next line of dashes"
)
END = "# --- your own settings stand below and win"
BLOCK = re.compile(rf"^{re.escape(BEGIN)}$.*?^{re.escape(END)}$\n?", re.M | re.S)
CONFIG = """\
{begin}
import os
from pathlib import Path

c = get_config()

# One course, one gradebook: gradebook.db in this folder unless GROUNDWORK_GRADEBOOK_URL says else.
c.CourseDirectory.course_id = {course!r}
if os.environ.get("GROUNDWORK_GRADEBOOK_URL"):
    c.CourseDirectory.db_url = os.environ["GROUNDWORK_GRADEBOOK_URL"].replace(
        "{{course}}", {course!r}
    )

# Where the keys are: on the machine this was written on, unless GROUNDWORK_QUIZZES says else.
if Path({quizzes!r}).is_dir():
    os.environ.setdefault("GROUNDWORK_QUIZZES", {quizzes!r})

# nbgrader's own steps, and ours, which keeps learners' code from being run.
# It also restores missing cells: OverwriteCells.add_missing_cells fails on a doubled cell.
c.Autograde.sanitize_preprocessors = [
{steps}]

# A pre-check's questions come again, so its feedback page tells the score by objective only.
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.GetGrades",
    "groundwork.precheckpage.ByObjective",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]

# Learners' answers lie in {answers} beside the notebook: collect them, never replace them.
c.FileNameCollectorPlugin.valid_ext = [".ipynb", ".json"]
c.Autograde.exclude_overwriting = {{
{exclude}}}
{end}
"""


def build_course(
    curriculum: Curriculum,
    folder: Path,
    *,
    course: str | None = None,
    modules: Collection[str] | None = None,
    missing: bool = False,
) -> list[str]:
    """Write an nbgrader course folder and release it; return the names of its assignments.

    Can be run again at any time. The course is called like its folder, unless named, and has
    all modules unless some are named by their ids. With `missing`, assignments that the folder
    has are left as they are.
    """
    sheets = list(worksheets(curriculum, modules))
    if not sheets:
        raise ConflictError("_toc.yml lists no module, so there is no quiz to build.")
    quizzes = next(iter(curriculum.quizzes.values())).folder.parent.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    # What is there of modules that are not named now goes on to be released without answers.
    there = {path.parent.name for path in (folder / "source").glob(f"*/{QUIZ_FILE}")}
    names = sorted(there | {sheet.name for sheet in sheets})
    _write_config(folder / CONFIG_FILE, course or folder.name, quizzes, names)
    if missing:
        sheets = [sheet for sheet in sheets if not (folder / "release" / sheet.name).is_dir()]
    for sheet in sheets:
        _write_source(folder / "source" / sheet.name, sheet)
    release(folder, [sheet.name for sheet in sheets])
    return [sheet.name for sheet in sheets]


def _write_config(path: Path, course: str, quizzes: Path, names: Sequence[str]) -> None:
    """Write our part of the configuration and leave the instructor's own lines."""
    block = CONFIG.format(
        begin=BEGIN,
        end=END,
        course=course,
        quizzes=str(quizzes),
        answers=ANSWERS_FILE,
        steps="".join(f'    "{step}",\n' for step in SANITIZE_STEPS),
        exclude="".join(f"    {name!r}: [{ANSWERS_FILE!r}],\n" for name in names),
    )
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    _write(path, block + BLOCK.sub("", before))


def _write_source(folder: Path, sheet: Worksheet) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    # Somebody who tries a quiz here leaves answers that nbgrader would hand to everybody.
    (folder / ANSWERS_FILE).unlink(missing_ok=True)
    _write(folder / QUIZ_FILE, _json(sheet.questions()))
    _write(folder / f"{sheet.name}.ipynb", _json(sheet.notebook()))


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _write(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def release(folder: Path, names: Sequence[str]) -> None:
    """Run nbgrader's generate step; raise `ConflictError` with the reason it gave."""
    with unchanged_environment():
        from nbgrader.converters import GenerateAssignment
        from nbgrader.converters.base import NbGraderException
        from nbgrader.coursedir import CourseDirectory
        from traitlets.config.loader import PyFileConfigLoader

        config = PyFileConfigLoader(CONFIG_FILE, path=str(folder)).load_config()
        said = _Said()
        for name in names:
            course = CourseDirectory(config=config, root=str(folder), assignment_id=name)
            with open_gradebook(course.db_url):
                pass
            step = GenerateAssignment(coursedir=course, config=config, log=said.log, force=True)
            try:
                step.start()
            except NbGraderException as error:
                raise ConflictError(f"nbgrader did not release {name}: {said.reason()}") from error


class _Said(logging.Handler):
    """Keeps what nbgrader logs, which is where it puts the reason of a failure."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []
        self.log = logging.Logger("nbgrader", logging.ERROR)
        self.log.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines += record.getMessage().strip().splitlines()

    def reason(self) -> str:
        """The last line of the traceback it logged, which is the one that says why."""
        raised = [line for line in self.lines if re.match(r"^[\w.]*(Error|Exception): ", line)]
        return raised[-1].partition(": ")[2] if raised else " ".join(self.lines[-1:])
