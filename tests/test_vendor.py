"""Third-party code that pages load: what is written down about it is what is there."""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from groundwork.book import VENDOR

WRITTEN = json.loads((VENDOR / "vendored.json").read_text(encoding="utf-8"))


def test_the_file_is_the_one_that_was_written_down() -> None:
    assert hashlib.sha256((VENDOR / WRITTEN["file"]).read_bytes()).hexdigest() == WRITTEN["sha256"]


def test_every_package_in_it_has_its_license_beside_it() -> None:
    licenses = (VENDOR / "LICENSES.txt").read_text(encoding="utf-8")

    assert all(f"{one['name']} {one['version']}\n" in licenses for one in WRITTEN["packages"])
    assert all(one["license"] for one in WRITTEN["packages"])


def test_the_lock_file_holds_no_registrys_address() -> None:
    assert '"resolved"' not in (VENDOR / "package-lock.json").read_text(encoding="utf-8")


@pytest.mark.skipif(not shutil.which("npm"), reason="no npm here")
def test_making_it_anew_from_npm_gives_the_same_bytes(tmp_path: Path) -> None:
    folder = tmp_path / "vendor"
    shutil.copytree(VENDOR, folder, ignore=shutil.ignore_patterns("node_modules"))
    (folder / "credential.js").unlink()

    run = {"cwd": folder, "check": True, "capture_output": True}
    subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], **run)  # type: ignore[call-overload]
    subprocess.run(["node", "refresh.mjs"], **run)  # type: ignore[call-overload]

    for name in ("credential.js", "vendored.json", "LICENSES.txt"):
        assert (folder / name).read_bytes() == (VENDOR / name).read_bytes()
