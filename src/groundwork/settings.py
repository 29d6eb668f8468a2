"""Settings of this machine, read once at the edge and handed down."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .errors import SettingsError

SELF_STUDY = "self-study"


@dataclass(frozen=True, slots=True)
class Settings:
    """Where content is read and where learners' work is kept.

    `root` holds `_toc.yml`; `data` holds everything that learners did.
    """

    root: Path
    data: Path
    database_url: str = field(repr=False)
    gradebook_url: str = field(repr=False)
    quizzes: Path
    public_url: str | None = None
    issuer: Path | None = None
    trusted_issuers: Path | None = None

    @property
    def book(self) -> Path:
        """The built book, as files."""
        return self.root / "_build" / "html"

    @property
    def keys(self) -> Path:
        """The folder of this machine's signing keys."""
        return self.data / "keys"

    def course_folder(self, course: str) -> Path:
        """The nbgrader course folder of a course that lives in the data folder."""
        return self.data / "courses" / course

    def gradebook(self, course: str) -> str:
        """The address of a course's nbgrader gradebook: one database a course."""
        return self.gradebook_url.replace("{course}", course)

    def has_log(self) -> bool:
        """Whether anybody's work may be in the log; a file that is not there holds none."""
        kind, _, path = self.database_url.partition(":///")
        return not kind.startswith("sqlite") or Path(path.partition("?")[0]).is_file()

    def make_data(self) -> None:
        """Make the data folder, private to its owner; raise `SettingsError` if that fails."""
        try:
            self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
            probe = self.data / f".writable-{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise SettingsError(
                f"The data folder {self.data} cannot be written ({error.strerror}); "
                "choose another with --data or GROUNDWORK_DATA."
            ) from error


def find_root(start: Path) -> Path:
    """Return the nearest folder at or above `start` that holds a `_toc.yml`."""
    for folder in (start, *start.parents):
        if (folder / "_toc.yml").is_file():
            return folder
    raise SettingsError(
        f"No _toc.yml in {start} or above it; run groundwork in the project's folder "
        "or name that folder in GROUNDWORK_ROOT."
    )


def read_settings(environ: Mapping[str, str] = os.environ, *, data: Path | None = None) -> Settings:
    """Read the settings from the environment; `data` overrides GROUNDWORK_DATA."""
    named = environ.get("GROUNDWORK_ROOT")
    root = Path(named).resolve() if named else find_root(Path.cwd())
    folder = (data or Path(environ.get("GROUNDWORK_DATA") or root / "data")).resolve()
    return Settings(
        root=root,
        data=folder,
        database_url=environ.get("GROUNDWORK_DATABASE_URL")
        or f"sqlite:///{folder / 'groundwork.db'}",
        gradebook_url=environ.get("GROUNDWORK_GRADEBOOK_URL")
        or f"sqlite:///{folder}/courses/{{course}}/gradebook.db",
        quizzes=Path(environ.get("GROUNDWORK_QUIZZES") or root / "quizzes").resolve(),
        public_url=(environ.get("GROUNDWORK_PUBLIC_URL") or "").rstrip("/") or None,
        issuer=_path(environ.get("GROUNDWORK_ISSUER")),
        trusted_issuers=_path(environ.get("GROUNDWORK_TRUSTED_ISSUERS")),
    )


def _path(value: str | None) -> Path | None:
    return Path(value).resolve() if value else None
