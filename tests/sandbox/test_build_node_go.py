"""Node and Go through the real builder: what is in a release, twice the same, quicker again."""

import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from hivemind_agents.adapters.builder import BuildRequest, ContainerBuilder
from hivemind_agents.building.files import Files
from hivemind_agents.building.model import Artifact, BuildFailed
from hivemind_agents.building.recipe import recipe_for
from hivemind_agents.domain.deployment import Source
from hivemind_agents.repository import inspect

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(os.geteuid() != 0, reason="builds need root"),
]

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def builder(tmp_path_factory) -> ContainerBuilder:
    """One for the module: deployments of the same name share their caches."""
    return ContainerBuilder(folder=tmp_path_factory.mktemp("builds"))


def build(builder: ContainerBuilder, tree: Path, to: Path, name: str = "probe") -> Artifact:
    request = BuildRequest(
        deployment_name=name,
        source=Source(repository="/srv/app"),
        tree=tree,
        recipe=recipe_for(inspect(tree), Files.below(tree)),
    )
    return builder.build(request, to)


def names(archive: Path) -> set[str]:
    with tarfile.open(archive) as opened:
        return set(opened.getnames())


def seconds(artifact: Artifact) -> float:
    return sum(phase.seconds for phase in artifact.phases)


@pytest.fixture(scope="module")
def express(builder, tmp_path_factory) -> tuple[Path, Path, Artifact]:
    """(the source, the archive, the artifact) of the example with a front end."""
    folder = tmp_path_factory.mktemp("express")
    tree = Path(shutil.copytree(EXAMPLES / "express-vite", folder / "tree"))
    return tree, folder / "1.tar.gz", build(builder, tree, folder / "1.tar.gz", "express")


def test_a_node_release_has_node_and_what_production_needs(express):
    """The front end is built; what built it, npm and the compiler's leavings are not there."""
    _, archive, artifact = express
    inside = names(archive)

    assert {"node_modules/express/package.json", ".runtime/bin/node", "client/dist/index.html"} <= (
        inside
    )
    assert set() == {
        name for name in inside if name.startswith(("node_modules/vite", ".runtime/lib"))
    }
    assert artifact.bytes < 60 << 20


def test_a_node_release_starts_where_nothing_is_installed(express, tmp_path):
    """Its own Node runs it, by the command of the recipe."""
    tree, archive, _ = express
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path, filter="tar")
    command = recipe_for(inspect(tree), Files.below(tree)).processes["web"]
    # A port of zero is any; it says which.
    with subprocess.Popen(
        ["sh", "-c", f"exec {command}"], cwd=tmp_path, stdout=subprocess.PIPE, text=True,
        env={"PATH": f"{tmp_path}/.runtime/bin:/usr/bin:/bin", "PORT": "0"},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        told = process.stdout.readline()
        process.terminate()

    assert told.startswith("listening on port ")
    assert "node server/index.js" == command


def test_the_same_source_gives_the_same_bytes(express, builder, tmp_path):
    """Built again, with everything that was kept."""
    tree, _, first = express

    again = build(builder, tree, tmp_path / "2.tar.gz", "express")

    assert first.digest == again.digest


def test_a_changed_source_takes_the_packages_of_the_build_before(express, builder, tmp_path):
    """Nothing is installed; the bundle is of the new source."""
    tree, _, first = express
    page = tree / "client" / "index.html"
    page.write_text(page.read_text().replace("Dice", "Cubes"))

    again = build(builder, tree, tmp_path / "3.tar.gz", "express")

    assert "dependencies" not in {phase.phase for phase in again.phases}
    assert first.digest != again.digest
    assert seconds(again) < seconds(first) / 2
    with tarfile.open(tmp_path / "3.tar.gz") as opened:
        built = opened.extractfile("client/dist/index.html")
        assert built is not None
        assert b"Cubes" in built.read()


def test_a_lock_out_of_step_is_one_clear_error(express, builder, tmp_path):
    """It names the lock file and the command that mends it."""
    tree = Path(shutil.copytree(EXAMPLES / "express-vite", tmp_path / "tree"))
    package = json.loads((tree / "package.json").read_text())
    package["dependencies"]["pg"] = "^8.16.0"
    (tree / "package.json").write_text(json.dumps(package))

    with pytest.raises(BuildFailed) as caught:
        build(builder, tree, tmp_path / "a.tar.gz", "express")

    assert "package-lock.json is out of step with package.json" in str(caught.value)
    assert "npm install, and commit package-lock.json" == caught.value.mend


def test_a_node_that_cannot_be_had_names_those_that_can(express, builder, tmp_path):
    """The newest of each line are told."""
    tree = Path(shutil.copytree(EXAMPLES / "express-vite", tmp_path / "tree"))
    package = json.loads((tree / "package.json").read_text())
    package["engines"]["node"] = "99.x"
    (tree / "package.json").write_text(json.dumps(package))

    with pytest.raises(BuildFailed, match=r"no Node fits 99\.x: there are \d+\.\d+\.\d+, \d+"):
        build(builder, tree, tmp_path / "a.tar.gz", "express")


def test_a_go_release_is_one_static_program_and_the_files_that_it_reads(builder, tmp_path):
    """It needs no library of the host; vendored sources and the compiler stay behind."""
    tree = Path(shutil.copytree(EXAMPLES / "go-vendored", tmp_path / "tree"))

    build(builder, tree, tmp_path / "1.tar.gz", "go")

    inside = names(tmp_path / "1.tar.gz")
    assert {"out", "templates/page.html"} <= inside
    assert set() == {name for name in inside if name.startswith(("vendor", ".runtime"))}
    with tarfile.open(tmp_path / "1.tar.gz") as opened:
        opened.extract("out", tmp_path, filter="tar")
    linked = subprocess.run(["ldd", tmp_path / "out"], capture_output=True, text=True, check=False)
    assert "not a dynamic executable" in linked.stderr
