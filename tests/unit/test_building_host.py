"""What is sent to a host that builds, and what comes back from it."""

import io
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from hivemind_agents.adapters import builder_host
from hivemind_agents.adapters.builder import HostBuilder
from hivemind_agents.adapters.builder_host_side import ENVIRONMENT, _quoted
from hivemind_agents.adapters.builder_network import NetworkSettings
from hivemind_agents.building.model import BuildRequest, Recipe
from hivemind_agents.building.unpack import unpack
from hivemind_agents.domain.deployment import Source
from hivemind_agents.errors import AccessError, HivemindError

pytestmark = pytest.mark.fast


def packed(*entries: tuple[str, bytes, str]) -> io.BytesIO:
    """An archive of (name, kind, text or target)."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, kind, text in entries:
            entry = tarfile.TarInfo(name)
            entry.type = kind
            entry.mode = 0o755
            if kind == tarfile.REGTYPE:
                entry.size = len(text.encode())
                archive.addfile(entry, io.BytesIO(text.encode()))
            else:
                entry.linkname = text
                archive.addfile(entry)
    made.seek(0)
    return made


def test_a_host_needs_no_more_than_pythons_own_library(tmp_path: Path) -> None:
    """The half that is sent imports nothing that Debian does not have."""
    code = tmp_path / "code.zip"
    code.write_bytes(builder_host._packed_code())
    program = (
        f"import sys; sys.path.insert(0, {str(code)!r}); "
        "from hivemind_agents.adapters.builder_host_side import main; print(main.__name__)"
    )

    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False
    )

    assert ("main\n", "") == (done.stdout, done.stderr)


def test_files_folders_and_links_come_back(tmp_path: Path) -> None:
    """Programs stay programs; a link may lead anywhere, as in any release."""
    unpack(
        packed(
            ("./bin", tarfile.DIRTYPE, ""),
            ("./bin/run", tarfile.REGTYPE, "run"),
            ("./python", tarfile.SYMTYPE, "/usr/bin/python3"),
            ("./pipe", tarfile.FIFOTYPE, ""),
        ),
        tmp_path,
    )

    assert ["bin", "bin/run", "python"] == sorted(
        str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")
    )
    assert ("run", 0o755) == (
        (tmp_path / "bin/run").read_text(), (tmp_path / "bin/run").stat().st_mode & 0o777
    )  # fmt: skip
    assert "/usr/bin/python3" == str((tmp_path / "python").readlink())


@pytest.mark.parametrize("name", ["../out", "/out", "a/../../out"])
def test_nothing_is_written_outside(name: str, tmp_path: Path) -> None:
    """A name that leads out is refused."""
    into = tmp_path / "into"
    into.mkdir()

    with pytest.raises(HivemindError, match="left a file with the name"):
        unpack(packed((name, tarfile.REGTYPE, "x")), into)

    assert [into] == list(tmp_path.iterdir())


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    """A file below a name that is a link as well makes a folder of it first."""
    into, outside = tmp_path / "into", tmp_path / "outside"
    for folder in (into, outside):
        folder.mkdir()
    hostile = packed(("way", tarfile.SYMTYPE, str(outside)), ("way/file", tarfile.REGTYPE, "x"))

    with pytest.raises(FileExistsError):
        unpack(hostile, into)

    assert [] == list(outside.iterdir())


def test_an_archive_that_is_cut_off_is_no_result(tmp_path: Path) -> None:
    """What a lost connection leaves is not taken for the whole."""
    whole = packed(("file", tarfile.REGTYPE, "x" * 100_000)).getvalue()

    with pytest.raises(HivemindError, match="did not arrive whole"):
        unpack(io.BytesIO(whole[: len(whole) // 2]), tmp_path)


def test_variables_reach_a_unit_as_they_are() -> None:
    """Quotes, backslashes and dollars are kept from systemd's own reading."""
    assert r'"a \"b\" \\ \$HOME \`x\`"' == _quoted('a "b" \\ $HOME `x`')
    assert ENVIRONMENT.is_relative_to("/run")


def test_the_host_is_told_of_places_without_passwords() -> None:
    """It finds out itself which of them are private there."""
    settings = NetworkSettings.of_settings(
        {"PIP_INDEX_URL": "https://index.example.org:8443/simple", "HOME": "/nonexistent"}
    ).reaching(["https://me:hush@private.example.org/simple", "not-a-url"])

    assert ("https://index.example.org:8443", "https://private.example.org") == settings.named
    assert ((), ()) == (settings.allowed, settings.refused)


def test_a_builder_without_a_host_says_why_before_anything(tmp_path: Path) -> None:
    """It still knows what an equal build is called."""
    builder = HostBuilder(AccessError("live", mend="install podman"), folder=tmp_path)
    request = BuildRequest(
        deployment_name="shop",
        source=Source(repository="x"),
        tree=tmp_path,
        recipe=Recipe(name="probe"),
    )

    with pytest.raises(AccessError, match="live"):
        builder.build(request, tmp_path / "a.tar.gz")

    assert 64 == len(builder.inputs_digest(request))
