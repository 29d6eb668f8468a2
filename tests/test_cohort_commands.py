"""A cohort from a terminal: a file is shown before it is taken in, and nothing is half done."""

import re
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from corrected_key import sit
from groundwork.assignments import build_course
from groundwork.cli import app
from groundwork.curriculum import load_curriculum
from groundwork.errors import GroundworkError
from groundwork.gradebook import nbgrader_api, write_gradebook
from groundwork.log import open_database
from groundwork.settings import Settings
from small_portal import MODULE, small_settings

ROSTER = "name,email,user\nAna Ruiz,ana@example.org,ana\nBo,,bo\n"
MEETING = "name,join time,leave time\nAna Ruiz,3:58 PM,5:02 PM\nBo,4:30 PM,5:00 PM\n"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_settings(tmp_path_factory.mktemp("small")).root


@pytest.fixture
def run(root: Path, tmp_path: Path) -> Any:
    """Type a command; return its lines, or what it refused with."""

    def type_(*words: str, code: int = 0) -> list[str]:
        environ = {"GROUNDWORK_ROOT": str(root), "GROUNDWORK_DATA": str(tmp_path / "data")}
        done = CliRunner().invoke(app, ["cohort", *words], env=environ)
        if isinstance(done.exception, GroundworkError):
            return [str(done.exception)]
        assert done.exit_code == code, done.output
        return done.output.splitlines()

    type_(
        "create", "fall", "--name", "Fall", "--zone", "America/Chicago", "--module", MODULE,
        "--sponsor", "An association",
    )  # fmt: skip
    return type_


def written(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_roster_is_shown_and_taken_in_only_with_a_yes(run: Any, tmp_path: Path) -> None:
    file = written(tmp_path, "roster.csv", ROSTER)

    shown = run("enrol", "fall", "--file", file)
    assert shown[:2] == ["new: Ana Ruiz (ana, ana@example.org)", "new: Bo (bo)"]
    assert shown[-1] == "Nothing was changed; add --yes to do it."
    assert run("list") == ["fall: Fall, 0 learners, runs"]

    assert run("enrol", "fall", "--file", file, "--yes")[-1] == "Done."
    assert run("list") == ["fall: Fall, 2 learners, runs"]


def test_a_roster_with_bad_lines_changes_nothing_and_names_them(run: Any, tmp_path: Path) -> None:
    file = written(tmp_path, "roster.csv", ROSTER + "Cy,,\nDi,di@example,\n")

    said = run("enrol", "fall", "--file", file, "--yes", code=1)

    assert said[:2] == [
        "line 4: Cy has neither e-mail nor user name",
        "line 5: 'di@example' is no e-mail address",
    ]
    assert run("list") == ["fall: Fall, 0 learners, runs"]


def test_the_week_from_a_terminal(run: Any, tmp_path: Path) -> None:
    run("enrol", "fall", "--file", written(tmp_path, "roster.csv", ROSTER), "--yes")
    staff = ("staff", "fall", "--user", "ines", "--name", "Ines Vogel", "--qualifications", "PhD")
    assert run(*staff) == ["instructor: Ines Vogel (ines) PhD"]
    assert len(run("invite", "fall", "--seats", "5")[0]) == 32
    opened = run(
        "release", "fall", "--module", MODULE, "--opens", "2026-11-02", "--due", "2026-11-09"
    )
    assert opened == [f"{MODULE}: opens on 2026-11-02, due on 2026-11-09"]

    planned = ("--plan", "Together", "--starts", "2026-11-02 16:00", "--module", MODULE)
    assert run("attendance", "fall", *planned) == ["1: Together, 2026-11-02 16:00, 0 present"]
    meeting = written(tmp_path, "meeting.csv", MEETING)
    assert run("attendance", "fall", "--session", "1", "--file", meeting, "--yes") == [
        "Ana Ruiz: 60 min, present",
        "Bo: 30 min, too short",
        "1: Together, 2026-11-02 16:00, 1 present",
    ]
    assert run("attendance", "fall", "--session", "1", "--present", "bo")[-1].endswith("2 present")

    assert run("board", "fall")[:3] == [
        "Fall",
        f"{MODULE}: 2 reading",
        "0 reflections wait to be read",
    ]
    assert "  01-small-steps: The quiz is not taken yet; 80% of its points pass." in run(
        "finish", "fall"
    )
    table = tmp_path / "table.xlsx"
    assert run("export", "fall", "--to", str(table)) == [str(table)]
    assert table.read_bytes().startswith(b"PK")
    run("enrol", "fall", "--user", "bo", "--remove")
    assert run("list") == ["fall: Fall, 1 learners, runs"]


def test_a_cohort_is_archived_and_its_data_are_not_removed_before_their_time(run: Any) -> None:
    assert run("archive", "fall") == ["Nothing was changed; add --yes to do it."]
    assert run("archive", "fall", "--yes")[0].startswith(
        "fall: archived; its personal data may be removed from "
    )

    [refused] = run("archive", "fall", "--remove-data", "--yes")

    assert refused.startswith("The personal data of Fall are kept until ")


def test_the_day_from_which_data_may_be_removed_is_a_day_of_the_cohort(run: Any) -> None:
    days = set()
    for course, zone in (("east", "Pacific/Kiritimati"), ("west", "Pacific/Pago_Pago")):
        run("create", course, "--name", course, "--zone", zone)
        [told] = run("archive", course, "--yes")
        [refused] = run("archive", course, "--remove-data", "--yes")
        day = told.rpartition(" ")[2]
        assert refused.endswith(f"are kept until {day}.")
        days.add(day)

    assert len(days) == 2  # there is no moment at which both have the same day


def test_release_writes_the_nbgrader_course_of_the_cohort(run: Any, tmp_path: Path) -> None:
    said = run("release", "fall")

    folder = tmp_path / "data" / "courses" / "fall"
    assert said == [f"{MODULE}-{kind}" for kind in ("pre", "a", "b", "reflection")] + [str(folder)]
    assert "course_id = 'fall'" in (folder / "nbgrader_config.py").read_text(encoding="utf-8")
    assert (folder / "release" / f"{MODULE}-b" / f"{MODULE}-b.ipynb").is_file()


@pytest.fixture
def two_cohorts(monkeypatch: pytest.MonkeyPatch, run: Any, tmp_path: Path) -> Settings:
    """A project of two modules, a cohort that names one of them and a cohort that names none."""
    settings = small_settings(tmp_path / "two")
    add_module(settings.root)
    monkeypatch.setattr("groundwork.commands.cohorts.read_settings", lambda data: settings)
    run("create", "one", "--name", "One", "--module", OTHER)
    run("create", "all", "--name", "All")
    return settings


def test_release_writes_only_the_modules_of_the_cohort(run: Any, two_cohorts: Settings) -> None:
    assert run("release", "one")[:-1] == [
        f"{OTHER}-{kind}" for kind in ("pre", "a", "b", "reflection")
    ]
    assert len(run("release", "all")[:-1]) == 8
    assert run("release", "one", "--module", MODULE, "--folder")[1:3] == [
        f"{MODULE}-pre", f"{MODULE}-a"
    ]  # fmt: skip


def test_the_gradebook_has_the_cohorts_modules_and_those_that_somebody_worked_in(
    two_cohorts: Settings,
) -> None:
    settings, curriculum = two_cohorts, load_curriculum(two_cohorts)

    def modules(course: str) -> set[str]:
        address = settings.gradebook(course)
        with database.read() as session:
            write_gradebook(session, curriculum, address, course)
        with nbgrader_api().Gradebook(address, course) as book:
            return {one.name.rpartition("-")[0] for one in book.assignments}

    with closing(open_database(settings.database_url)) as database:
        assert (modules("one"), modules("all")) == ({OTHER}, {MODULE, OTHER})
        sit(database, curriculum, "rosa", {}, course="one")
        assert modules("one") == {MODULE, OTHER}


def test_a_module_the_cohort_names_no_more_is_still_released_without_answers(
    run: Any, two_cohorts: Settings
) -> None:
    folder = two_cohorts.course_folder("one")
    build_course(load_curriculum(two_cohorts), folder)

    run("release", "one", "--missing")

    config = (folder / "nbgrader_config.py").read_text(encoding="utf-8")
    assert f"'{MODULE}-a': [" in config and f"'{OTHER}-a': [" in config


def test_release_of_what_is_missing_leaves_the_rest_as_it_is(run: Any, tmp_path: Path) -> None:
    run("release", "fall")
    folder = tmp_path / "data" / "courses" / "fall"
    changed = folder / "source" / f"{MODULE}-b" / f"{MODULE}-b.ipynb"
    changed.write_text("an instructor's own", encoding="utf-8")
    shutil.rmtree(folder / "release" / f"{MODULE}-a")

    said = run("release", "fall", "--missing")

    assert said == [f"{MODULE}-a", str(folder)]
    assert changed.read_text(encoding="utf-8") == "an instructor's own"
    assert (folder / "release" / f"{MODULE}-a" / f"{MODULE}-a.ipynb").is_file()


OTHER = "02-more-steps"


def add_module(root: Path) -> None:
    """A second module, which is the first under other names."""
    toc = root / "_toc.yml"
    lines = toc.read_text(encoding="utf-8").splitlines()
    toc.write_text("\n".join(lines + [more.replace(MODULE, OTHER) for more in lines[3:]]) + "\n")
    for folder in ("modules", "quizzes"):
        for path in (root / folder / MODULE).iterdir():
            new = root / folder / OTHER / path.name
            new.parent.mkdir(exist_ok=True)
            text = path.read_text(encoding="utf-8").replace(MODULE, OTHER)
            new.write_text(re.sub(r"(  - id: |self-check\} )", r"\1other-", text), encoding="utf-8")


def test_what_is_not_there_is_said_in_one_sentence(run: Any) -> None:
    assert run("board", "spring") == ["There is no cohort spring."]
    assert run("enrol", "fall", "--user", "nobody", "--remove") == ["nobody is not in this cohort."]
    assert run("attendance", "fall", "--session", "9", "--present", "ana") == [
        "ana is not in this cohort."
    ]
