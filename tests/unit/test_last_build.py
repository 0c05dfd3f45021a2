"""What `hivemind build` takes of its last run, and which files it says came out otherwise."""

from pathlib import Path

import pytest

from hivemind_agents.building import archive
from hivemind_agents.building.last_build import LastBuild
from hivemind_agents.building.model import Artifact, Manifest

pytestmark = pytest.mark.fast


def built(folder: Path, text: str, inputs: str = "i") -> tuple[Artifact, Path]:
    """An archive of three files, one of them with `text`."""
    tree = folder / "tree"
    tree.mkdir(exist_ok=True)
    (tree / "page.html").write_text(text)
    (tree / "same.txt").write_text("same")
    (tree / "link").symlink_to("same.txt") if not (tree / "link").is_symlink() else None
    manifest = Manifest(
        recipe="r", commit=None, source_digest="s", inputs_digest=inputs, image="image:1",
        architecture="x86_64", commands=(), versions={}, packages=(), added=(), processes={},
        search_path=(), host_packages=(), static=None, files=0, bytes=0,
    )  # fmt: skip
    file = folder / "artifact.tar.gz"
    digest, size = archive.write_archive(archive.entries(tree), file, manifest)
    return Artifact(digest=digest, bytes=size, inputs_digest=inputs, built=True), file


def test_equal_inputs_take_the_last_archive(tmp_path):
    """It is the same file, said not to be built anew; other inputs, or none yet, take none."""
    last, to = LastBuild(tmp_path), tmp_path / "taken.tar.gz"
    assert last.taken("i", to) is None
    artifact, file = built(tmp_path, "one")

    last.keep(artifact, file)

    assert artifact.model_copy(update={"built": False}) == last.taken("i", to)
    assert file.read_bytes() == to.read_bytes()
    assert last.taken("other", to) is None


@pytest.mark.parametrize("name", ["last.tar.gz", "last.json"])
def test_a_damaged_archive_is_not_taken(tmp_path, name):
    """What is on the disk is compared with its digest each time."""
    last = LastBuild(tmp_path)
    last.keep(*built(tmp_path, "one"))
    with (tmp_path / name).open("ab") as file:
        file.write(b"?")

    assert last.taken("i", tmp_path / "taken.tar.gz") is None


def test_a_second_build_of_equal_inputs_names_the_files_that_differ(tmp_path):
    """Other inputs may differ; those that are equal list each file."""
    last = LastBuild(tmp_path)

    assert () == last.keep(*built(tmp_path, "one"))
    assert () == last.keep(*built(tmp_path, "one"))
    assert ("page.html",) == last.keep(*built(tmp_path, "two"))
    assert () == last.keep(*built(tmp_path, "three", "other"))
