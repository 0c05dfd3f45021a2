"""Python applications through the real builder: from manifests to what runs on hosts."""

import os
import tarfile
from pathlib import Path

import pytest

from hivemind_agents.adapters.builder import BuildRequest, ContainerBuilder
from hivemind_agents.building.files import Files
from hivemind_agents.building.model import Manifest
from hivemind_agents.building.recipe import recipe_for
from hivemind_agents.domain.deployment import Source
from hivemind_agents.repository import inspect

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(os.geteuid() != 0, reason="builds need root"),
]

DIGEST = "sha256:c6242fc49e35958c8b15141343aa660db5fc54d4f13a1db01a3f5891b98700ef"
POETRY = {
    "pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.9"\nitsdangerous = "^2.1"\n',
    "poetry.lock": f"""
[[package]]
name = "itsdangerous"
version = "2.2.0"
python-versions = ">=3.8"
files = [{{file = "itsdangerous-2.2.0-py3-none-any.whl", hash = "{DIGEST}"}}]
""",
}


def built(tmp_path: Path, files: dict[str, str]) -> tuple[Manifest, list[str]]:
    tree = tmp_path / "tree"
    for name, text in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    report = inspect(tree, overrides={"kind": "web", "start": "python app.py"})
    request = BuildRequest(
        deployment_name="python",
        source=Source(repository=str(tree)),
        tree=tree,
        recipe=recipe_for(report, Files.below(tree)),
    )
    ContainerBuilder(folder=tmp_path / "builds").build(request, tmp_path / "a.tar.gz")
    with tarfile.open(tmp_path / "a.tar.gz") as archive:
        text = archive.extractfile(".hivemind/manifest.json")
        assert text is not None
        return Manifest.model_validate_json(text.read()), archive.getnames()


def test_a_driver_without_wheels_is_compiled_and_hosts_get_its_library(tmp_path):
    """Headers come into the builder by Recon's word; what the result loads goes to the hosts."""
    manifest, names = built(
        tmp_path, {"requirements.txt": "-r base.txt\n", "base.txt": "mysqlclient==2.2.7\n",
                   "app.py": "import MySQLdb\n"},
    )  # fmt: skip

    assert "mysqlclient" in {package.name for package in manifest.packages}
    assert "libmariadb3" in manifest.host_packages
    assert not any(name.endswith("-dev") for name in manifest.host_packages)
    assert any("_mysql" in name and name.endswith(".so") for name in names)


def test_poetrys_lock_is_installed_without_poetry(tmp_path):
    """Exactly what is locked, and no development tools."""
    manifest, _ = built(tmp_path, {**POETRY, "app.py": "import itsdangerous\n"})

    found = {package.name: package.version for package in manifest.packages}
    assert "2.2.0" == found["itsdangerous"]
    assert {"itsdangerous", "setuptools"} == set(found)
