"""An nbgrader course folder and its settings, read without importing nbgrader.

That import takes seconds, which is longer than grading a class. What is read here is what
`groundwork grade` must know: where things lie, which database, what a late day costs, and
whether the instructor has set anything by which nbgrader would grade differently.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import Any

from .errors import SettingsError

CONFIG_NAME = "nbgrader_config"
SANITIZE_STEPS = [
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "groundwork.sanitize.Sanitize",
    "nbgrader.preprocessors.CheckCellMetadata",
]
"""nbgrader's own steps, and ours, which keeps learners' code from being run."""

STRUCTURE = "{nbgrader_step}/{student_id}/{assignment_id}"
IGNORED = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback"]
KNOWN: Mapping[str, frozenset[str]] = {
    "Autograde": frozenset({"sanitize_preprocessors", "exclude_overwriting", "force"}),
    **dict.fromkeys(
        (
            "BaseConverter",
            "Exporter",
            "NotebookExporter",
            "FilesWriter",
            "Preprocessor",
            "NbConvertBase",
            "NbGraderPreprocessor",
            "ClearOutput",
            "ClearOutputPreprocessor",
            "DeduplicateIds",
            "OverwriteKernelspec",
            "OverwriteCells",
            "Sanitize",
            "CheckCellMetadata",
            "ClearMetadataPreprocessor",
            "SaveAutoGrades",
        ),
        frozenset[str](),
    ),
}
"""Sections that change what autograde does, and the settings in them that we follow too."""


@dataclass(frozen=True, slots=True)
class CourseFolder:
    """Where a course lies and how it is graded, as its `nbgrader_config.py` says."""

    root: Path
    config: Any
    quizzes: str | None

    def _set(self, section: str, name: str, default: Any) -> Any:
        """A setting's value; only `get` does not make up a section that is not there."""
        return self.config.get(section, {}).get(name, default)

    @property
    def course_id(self) -> str:
        """The key of the course, which its gradebook's rows carry."""
        return str(self._set("CourseDirectory", "course_id", "")).strip()

    @property
    def gradebook_url(self) -> str:
        """The address of the gradebook."""
        return self._set("CourseDirectory", "db_url", "") or f"sqlite:///{self.root}/gradebook.db"

    @property
    def groupshared(self) -> bool:
        """Whether the group of instructors may write what is written here."""
        return bool(self._set("CourseDirectory", "groupshared", False))

    @property
    def ignored(self) -> list[str]:
        """Patterns of files that are never copied."""
        return list(self._set("CourseDirectory", "ignore", IGNORED))

    @property
    def late_settings(self) -> bool:
        """Whether lateness can cost anything; nbgrader's default is that it does not."""
        return "LateSubmissionPlugin" in self.config or "AssignLatePenalties" in self.config

    def kept_back(self, assignment: str) -> list[str]:
        """Files that the course's own version does not replace in a submission."""
        return list(self._set("Autograde", "exclude_overwriting", {}).get(assignment, []))

    def folder(self, step: str, student: str, assignment: str) -> Path:
        """The folder of a step: `source`, `submitted`, `autograded`."""
        structure = self._set("CourseDirectory", "directory_structure", STRUCTURE)
        named = self._set("CourseDirectory", f"{step}_directory", step)
        parts = {"nbgrader_step": named, "student_id": student, "assignment_id": assignment}
        return self.root / str(structure).format(**parts)

    def submitted(self) -> dict[str, dict[str, Path]]:
        """What was handed in: the folder of each student, by assignment."""
        found: dict[str, dict[str, Path]] = {}
        excluded = str(self._set("CourseDirectory", "student_id_exclude", "")).split(",")
        pattern = re.compile(self._pattern())
        everything = str(self.folder("submitted", "*", "*"))
        for path in sorted(glob(everything)):  # noqa: PTH207  # as nbgrader: nothing hidden
            match = pattern.fullmatch(path)
            if match and match["student"] not in excluded and Path(path).is_dir():
                found.setdefault(match["assignment"], {})[match["student"]] = Path(path)
        return found

    def _pattern(self) -> str:
        """The path of a submission, in which student and assignment are to be read."""
        marked = re.escape(str(self.folder("submitted", "\0", "\1")))
        student = marked.replace(re.escape("\0"), "(?P<student>[^/]*)", 1)
        again = student.replace(re.escape("\0"), "(?P=student)")
        return again.replace(re.escape("\1"), "(?P<assignment>[^/]*)", 1)

    def own_ways(self) -> str | None:
        """What the instructor has set by which only nbgrader itself can grade, in words."""
        steps = self._set("Autograde", "sanitize_preprocessors", None)
        if steps != SANITIZE_STEPS:
            return "nbgrader_config.py sets other steps than `groundwork quizzes build` writes"
        if self._set("CourseDirectory", "notebook_id", "*") != "*":
            return "nbgrader_config.py sets CourseDirectory.notebook_id"
        for section, known in KNOWN.items():
            others = sorted(set(self.config.get(section, {})) - known)
            if others:
                return f"nbgrader_config.py sets {section}.{others[0]}"
        return None


def read_course(root: Path) -> CourseFolder:
    """Read a course folder's settings as nbgrader does: this user's first, then its own."""
    root = root.resolve()
    if not (root / f"{CONFIG_NAME}.py").is_file():
        raise SettingsError(
            f"{root} holds no {CONFIG_NAME}.py; "
            "name the folder that `groundwork quizzes build --course` wrote."
        )
    from jupyter_core.paths import jupyter_config_path
    from traitlets.config.loader import (
        ConfigFileNotFound,
        JSONFileConfigLoader,
        PyFileConfigLoader,
    )

    loaders = (PyFileConfigLoader, ".py"), (JSONFileConfigLoader, ".json")
    with unchanged_environment():
        config: Any = PyFileConfigLoader(f"{CONFIG_NAME}.py", path=str(root)).load_config()
        for folder in jupyter_config_path():
            for loader, suffix in loaders:
                try:
                    before = loader(CONFIG_NAME + suffix, path=folder).load_config()
                except ConfigFileNotFound:
                    continue
                before.merge(config)
                config = before
        quizzes = os.environ.get("GROUNDWORK_QUIZZES")
    return CourseFolder(root, config, quizzes)


@contextmanager
def unchanged_environment() -> Iterator[None]:
    """Keep what nbgrader and the configuration do to this process from outlasting them."""
    before = dict(os.environ)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)
