"""What is deployed fits together: settings are documented, files are strict, no key in a Lab."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]  # not typed upstream
import pytest
import yaml

DEPLOY = Path("deploy")
SETTING = re.compile(r"\bGROUNDWORK_[A-Z_]+[A-Z]\b")
OF_COMPOSE = {"GROUNDWORK_DOMAIN", "GROUNDWORK_COURSE"}
"""The compose file's own, which its example of an environment explains; what a Lab is told."""


class Strict(yaml.SafeLoader):
    """YAML in which a key said twice is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        assert len(keys) == len(set(keys)), f"{node.start_mark}: a key twice in {keys}"
        return super().construct_mapping(node, deep)


def documents(project: Path) -> Iterator[tuple[Path, Any]]:
    for path in sorted((project / DEPLOY).rglob("*.y*ml")):
        if "node_modules" not in path.parts:
            for one in yaml.load_all(path.read_text(), Loader=Strict):  # safe, and stricter
                yield path, one


def test_every_file_is_strict_yaml_with_something_in_it(project: Path) -> None:
    found = list(documents(project))

    assert len(found) >= 6
    assert all(isinstance(one, dict) and one for _, one in found)


@pytest.mark.parametrize("version", ["1.30", "1.37"])
def test_kubernetes_own_schema_takes_the_portal_and_no_key_it_does_not_know(
    project: Path, version: str
) -> None:
    name = project / DEPLOY / "kubernetes" / "portal.yaml"
    kinds = []
    for path, one in documents(project):
        if path == name:
            kubernetes_validate.validate(one, version, strict=True)
            kinds.append(one["kind"])
    unknown = {"kind": "Service", "apiVersion": "v1", "spec": {"porty": 1}}

    assert kinds == ["Secret", "PersistentVolumeClaim", "Deployment", "Service"]
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(unknown, version, strict=True)


def test_every_setting_is_in_the_operators_table(project: Path) -> None:
    sources = [
        *(project / "src").rglob("*.py"),
        *(path for path in (project / DEPLOY).rglob("*") if path.is_file()),
        project / "Makefile",
    ]
    named = {
        name
        for path in sources
        if "node_modules" not in path.parts
        for name in SETTING.findall(path.read_text(encoding="utf-8"))
    }
    told = (project / "docs" / "operating.md").read_text(encoding="utf-8")
    table = "\n".join(line for line in told.splitlines() if line.startswith("| `GROUNDWORK"))

    assert named - OF_COMPOSE - set(SETTING.findall(table)) == set()


def test_python_in_the_values_compiles_and_learners_get_no_server(project: Path) -> None:
    values = yaml.load((project / DEPLOY / "kubernetes" / "values.yaml").read_text(), Loader=Strict)  # noqa: S506  # as above
    labs = values["hub"]["extraConfig"]["labs"]

    assert [node.name for node in ast.parse(labs).body if isinstance(node, ast.FunctionDef)]
    assert "raise HTTPError(403" in labs


def test_services_and_volumes_of_the_portal_name_each_other(project: Path) -> None:
    values = yaml.load((project / DEPLOY / "kubernetes" / "values.yaml").read_text(), Loader=Strict)  # noqa: S506  # as above
    by_kind = {one["kind"]: one for path, one in documents(project) if path.name == "portal.yaml"}
    pod = by_kind["Deployment"]["spec"]["template"]
    container = pod["spec"]["containers"][0]
    address = values["hub"]["services"]["groundwork"]["url"]

    service = by_kind["Service"]
    assert address == f"http://{service['metadata']['name']}:{service['spec']['ports'][0]['port']}"
    assert service["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
    assert f"--port={container['ports'][0]['containerPort']}" in container["args"]
    claim = by_kind["PersistentVolumeClaim"]["metadata"]["name"]
    assert {"persistentVolumeClaim": {"claimName": claim}, "name": "data"} in pod["spec"]["volumes"]
    assert claim in values["hub"]["extraConfig"]["labs"]


@pytest.mark.parametrize("name", ["Containerfile", "kubernetes/Labfile"])
def test_an_image_copies_only_what_is_there(project: Path, name: str) -> None:
    lines = (project / DEPLOY / name).read_text().replace("\\\n", " ").splitlines()
    copied = [line.split()[1:-1] for line in lines if line.startswith("COPY ")]

    for words in copied:
        if not words[0].startswith("--from"):
            assert all((project / source).exists() for source in words), words
    if name.endswith("Labfile"):
        assert not any(source.startswith((".", "quizzes")) for words in copied for source in words)


def test_the_lock_of_the_proxy_holds_exact_versions_and_no_registry(project: Path) -> None:
    folder = project / DEPLOY / "proxy"
    wanted = json.loads((folder / "package.json").read_text())["dependencies"]
    locked = json.loads((folder / "package-lock.json").read_text())["packages"]

    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    assert all("integrity" in one and "resolved" not in one for at, one in locked.items() if at)


def test_the_hubs_settings_are_read_from_the_environment(project: Path, tmp_path: Path) -> None:
    program = (
        "import json, sys\n"
        "from traitlets.config import PyFileConfigLoader\n"
        "c = PyFileConfigLoader('deploy/jupyterhub_config.py').load_config()\n"
        "json.dump({'bind': c.JupyterHub.bind_url, 'public': c.JupyterHub.public_url,"
        " 'admins': sorted(c.Authenticator.admin_users), 'service': c.JupyterHub.services[0],"
        " 'roles': c.JupyterHub.load_roles}, sys.stderr)\n"
    )
    environ = {
        "PATH": "/usr/bin:/bin", "GROUNDWORK_ROOT": str(project), "GROUNDWORK_ADMIN": "ada",
        "GROUNDWORK_DATA": str(tmp_path / "data"), "GROUNDWORK_ORIGIN": "https://t.example.org",
        "GROUNDWORK_PORT": "9000", "GROUNDWORK_WORKERS": "3", "HOME": str(tmp_path),
    }  # fmt: skip

    told = [
        subprocess.run(
            [sys.executable, "-c", program], cwd=project, env=environ, capture_output=True,
            text=True, check=True,
        )
        for _ in range(2)
    ]  # fmt: skip

    made = json.loads(told[0].stderr)
    assert (made["bind"], made["public"]) == ("http://127.0.0.1:9000/", "https://t.example.org/")
    assert made["admins"] == ["ada"]
    assert "--workers=3" in made["service"]["command"]
    assert made["service"]["api_token"] == json.loads(told[1].stderr)["service"]["api_token"]
    assert made["roles"][1]["scopes"] == ["admin:groups"]
    assert "https://t.example.org/hub/signup?invitation=" in told[0].stdout
    secrets = [tmp_path / "data" / "hub" / name for name in ("portal-token", "first-admin")]
    assert [path.stat().st_mode & 0o077 for path in secrets] == [0, 0]
