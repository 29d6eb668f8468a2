"""A JupyterLab for whoever teaches a cohort: formgrader on its course, and the lessons.

Learners get none. A Lab runs as the same Unix user as the Hub and the portal: it keeps people's
files apart from each other by folder, and from nothing else. Whoever has one can read what the
portal can read. Give the role of instructor to people who may; where they may not, use a
spawner that puts each in a container (docs/operating.md).
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jupyterhub.spawner import SimpleLocalProcessSpawner  # type: ignore[import-untyped]
from tornado.web import HTTPError
from traitlets import Unicode, default

TEACHES = "formgrade-"
OURS = ("GROUNDWORK_QUIZZES", "GROUNDWORK_GRADEBOOK_URL", "TZ")
BUILDING = asyncio.Lock()
CONFIG = """\
c = get_config()
load_subconfig({config!r})
c.CourseDirectory.root = {root!r}
c.Exchange.root = {exchange!r}
"""


class NoLabError(HTTPError):
    """A server is not started; the Hub's page says why."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(status, sentence)
        self.jupyterhub_message = sentence


class LabSpawner(SimpleLocalProcessSpawner):  # type: ignore[misc]  # not typed upstream
    """A JupyterLab in a folder of its own, on one course of those that a person teaches.

    The name of a server is the course; the one without a name is for the first of them.
    """

    data = Unicode(help="The portal's data folder.").tag(config=True)
    root = Unicode(help="The project's folder.").tag(config=True)

    @default("home_dir")
    def _folder_of_person(self) -> str:
        return str(Path(self.data) / "people" / quote(self.user.name, safe="@+ "))

    @property
    def courses(self) -> list[str]:
        """The courses that this person teaches, as the Hub's groups say."""
        groups = (group.name for group in self.user.orm_user.groups)
        return sorted(name.removeprefix(TEACHES) for name in groups if name.startswith(TEACHES))

    @property
    def course(self) -> str:
        """The course this server is for; raise 403 where there is none for this person."""
        courses = self.courses
        if not courses:
            raise NoLabError(403, "JupyterLab is for instructors. You learn in the portal.")
        if self.name and self.name not in courses:
            raise NoLabError(403, "You do not teach that cohort.")
        return str(self.name) if self.name else courses[0]

    async def start(self) -> Any:
        """Prepare the folder, then start."""
        course = self.course
        home = Path(self.home_dir)
        await self._build_course(course)
        await asyncio.to_thread(self._prepare, home, course)
        return await super().start()

    def get_env(self) -> dict[str, str]:
        """What the server is told: of ours, where the content, the keys and the gradebook are."""
        told: dict[str, str] = super().get_env()
        told |= {name: os.environ[name] for name in OURS if name in os.environ}
        told["GROUNDWORK_ROOT"] = self.root
        told["JUPYTER_CONFIG_DIR"] = str(self._config_folder(Path(self.home_dir), self.course))
        return told

    def get_args(self) -> list[str]:
        """The server's root is the person's folder, in which the course is a folder."""
        theirs: list[str] = super().get_args()
        as_root = ["--allow-root"] if os.geteuid() == 0 else []
        return [*theirs, f"--ServerApp.root_dir={self.home_dir}", *as_root]

    async def _build_course(self, course: str) -> None:
        """Make what nbgrader wants of the cohort's modules, and the lessons, where missing.

        Two who teach together may open the same course at the same moment.
        """
        async with BUILDING:
            await self._groundwork("cohort", "release", course, "--missing")
            lessons = Path(self.data) / "lessons"
            if not lessons.is_dir():
                await self._groundwork("notebooks", "--to", str(lessons))

    async def _groundwork(self, *arguments: str) -> None:
        command = (sys.executable, "-m", "groundwork", *arguments)
        environ = {**os.environ, "GROUNDWORK_ROOT": self.root, "GROUNDWORK_DATA": self.data}
        process = await asyncio.create_subprocess_exec(
            *command, env=environ, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
        )
        _, said = await process.communicate()
        if process.returncode:
            self.log.error("groundwork %s: %s", arguments[0], said.decode(errors="replace"))
            raise NoLabError(500, "The course could not be prepared; the Hub's log says why.")

    def _prepare(self, home: Path, course: str) -> None:
        """Put the course, the lessons and nbgrader's settings where the server finds them."""
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        data = Path(self.data)
        link = home / course
        if not link.exists():
            link.unlink(missing_ok=True)
            link.symlink_to(data / "courses" / course, target_is_directory=True)
        if (data / "lessons").is_dir() and not (home / "lessons").exists():
            shutil.copytree(data / "lessons", home / "lessons")
        exchange = data / "exchange"
        exchange.mkdir(exist_ok=True)
        folder = self._config_folder(home, course)
        folder.mkdir(parents=True, exist_ok=True)
        config = CONFIG.format(
            config=str(link / "nbgrader_config.py"), root=str(link), exchange=str(exchange)
        )
        (folder / "nbgrader_config.py").write_text(config, encoding="utf-8")

    @staticmethod
    def _config_folder(home: Path, course: str) -> Path:
        return home / ".groundwork" / course
