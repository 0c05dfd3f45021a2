"""What every builder does, whichever driver runs it: podman, docker's command line, a host."""

import json
import os
import tarfile
from pathlib import Path

import pytest
from builders import Yard
from pydantic import SecretStr

from hivemind_agents.adapters.builder import Builder
from hivemind_agents.building.model import BuildFailed, BuildLimits, BuildRequest, Recipe, Step
from hivemind_agents.domain.deployment import Source

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.skipif(os.geteuid() != 0, reason="builds need root"),
]


@pytest.fixture
def builder(yard: Yard) -> Builder:
    return yard.builder


def asked(tmp_path: Path, *steps: Step | str, **more: object) -> BuildRequest:
    tree = tmp_path / "tree"
    tree.mkdir(exist_ok=True)
    (tree / "app.txt").write_text("app\n")
    made = [step if isinstance(step, Step) else Step(title="s", command=step) for step in steps]
    recipe = {"name": "probe", "steps": tuple(made), **more.pop("recipe", {})}
    return BuildRequest.model_validate(
        {
            "deployment_name": "contract",
            "source": Source(repository=str(tree)),
            "tree": tree,
            "recipe": Recipe.model_validate(recipe),
            "limits": BuildLimits(disk_mb=512, memory_mb=256),
            **more,
        }
    )


def log(tmp_path: Path) -> str:
    return (tmp_path / "builds" / "contract" / "build.log").read_text()


def test_equal_inputs_give_equal_bytes_with_manifest_and_list_of_parts(yard, builder, tmp_path):
    """What is built is in the archive, and nothing says when or where."""
    request = asked(tmp_path, "echo made >made.txt")

    first = builder.build(request, tmp_path / "1.tar.gz")
    second = builder.build(request, tmp_path / "2.tar.gz")

    with tarfile.open(tmp_path / "1.tar.gz") as archive:
        names = archive.getnames()
        manifest = json.load(archive.extractfile(".hivemind/manifest.json"))
        parts = json.load(archive.extractfile(".hivemind/sbom.cdx.json"))
    assert first.digest == second.digest
    assert {"app.txt", "made.txt"} <= set(names)
    assert ["echo made >made.txt"] == manifest["commands"]
    assert "CycloneDX" == parts["bomFormat"]
    assert [] == yard.left("contract")


def test_a_failed_command_says_which_one_and_what_it_said(yard, builder, tmp_path):
    """Command and last lines are in the error."""
    with pytest.raises(BuildFailed) as caught:
        builder.build(asked(tmp_path, "echo so; exit 3"), tmp_path / "a.tar.gz")

    assert ("echo so; exit 3", ("so",)) == (caught.value.command, caught.value.lines)
    assert [] == yard.left("contract")


def test_memory_is_limited_and_the_limit_is_named(builder, tmp_path):
    """The engine's limit is the one that was asked for."""
    with pytest.raises(BuildFailed, match="more than 256 MB"):
        builder.build(
            asked(tmp_path, "python3 -c 'x = bytearray(600 << 20)'"), tmp_path / "a.tar.gz"
        )


def test_a_build_has_no_rights_and_no_way_to_private_addresses(builder, tmp_path):
    """Capabilities, user and network are the same with every engine."""
    probe = "curl --silent --max-time 3 http://169.254.169.254/ >/dev/null && echo REACHED || true"

    builder.build(asked(tmp_path, "id -u; grep CapEff /proc/self/status", probe),
                  tmp_path / "a.tar.gz")  # fmt: skip

    assert "64200\nCapEff:\t0000000000000000\n" in log(tmp_path)
    assert "REACHED" not in log(tmp_path)


def test_a_secret_is_seen_by_the_steps_that_bring_dependencies_alone(builder, tmp_path):
    """It is in no line of the log, no later step, no artifact."""
    request = asked(
        tmp_path,
        Step(title="d", command='test ${#TOKEN} = 11 && echo "got $TOKEN"', phase="dependencies"),
        Step(title="b", command='echo "left: ${TOKEN:-nothing}"'),
        secrets={"TOKEN": SecretStr("tell-nobody")},
    )  # fmt: skip

    builder.build(request, tmp_path / "a.tar.gz")

    assert "got ****\nleft: nothing\n" == log(tmp_path)
    with tarfile.open(tmp_path / "a.tar.gz") as archive:
        files = [archive.extractfile(member) for member in archive if member.isfile()]
        assert not any(b"tell-nobody" in file.read() for file in files)


def test_a_secret_that_is_written_into_the_tree_stops_the_build(builder, tmp_path):
    """The file is named."""
    request = asked(
        tmp_path,
        Step(title="d", command="echo $TOKEN >.npmrc", phase="dependencies"),
        secrets={"TOKEN": SecretStr("tell-nobody")},
    )

    with pytest.raises(BuildFailed, match=r"wrote the secret TOKEN into \.npmrc"):
        builder.build(request, tmp_path / "a.tar.gz")


def test_dependencies_are_kept_until_their_manifest_changes(builder, tmp_path):
    """The second build takes the folder; another manifest makes it anew."""
    steps = (
        Step(title="d", command="mkdir -p deps; date +%N >deps/when", phase="dependencies"),
        Step(title="b", command="cat deps/when"),
    )
    request = asked(tmp_path, *steps, recipe={"kept": ("deps",), "keyed_by": ("app.txt",)})
    seen = []
    for text in ("one", "one", "two"):
        (request.tree / "app.txt").write_text(text)
        builder.build(request, tmp_path / "a.tar.gz")
        seen.append(log(tmp_path))

    assert (True, False) == (seen[0] == seen[1], seen[1] == seen[2])


def test_hosts_get_the_libraries_of_kept_folders_and_of_what_is_new(builder, tmp_path):
    """A second build looks at what it made alone, and comes to the same packages."""
    made = "cp -L /usr/lib/x86_64-linux-gnu/lib{0}.so.[0-9] {1}/lib{0}.so"
    steps = (
        Step(
            title="d", command=f"mkdir deps; {made.format('gssapi_krb5', 'deps')}",
            phase="dependencies",
        ),
        Step(title="b", command=f"{made.format('ldap-2.5', '.')}; touch deps/late; "
                                f"{made.format('curl', 'deps')}"),
    )  # fmt: skip
    recipe = {"kept": ("deps",), "keyed_by": ("app.txt",)}
    request = asked(tmp_path, *steps, recipe=recipe)

    first = builder.build(request, tmp_path / "a.tar.gz").packages
    (request.tree / "other.txt").write_text("changed")
    second = builder.build(request, tmp_path / "b.tar.gz").packages

    assert first == second
    # Loaded by what the dependencies step made, and by what the build step did.
    assert {"libkrb5-3", "libsasl2-2", "libnghttp2-14"} <= set(first)


def test_system_packages_come_by_name_and_without_rights_for_the_build(builder, tmp_path):
    """A package that the image lacks is there; one that Debian lacks is named."""
    there = asked(tmp_path, "tree --version; id -u", recipe={"build_packages": ("tree",)})
    missing = asked(tmp_path, "true", recipe={"build_packages": ("no-such-thing",)})

    builder.build(there, tmp_path / "a.tar.gz")
    said = log(tmp_path)
    with pytest.raises(BuildFailed, match="no-such-thing") as caught:
        builder.build(missing, tmp_path / "b.tar.gz")

    assert "tree v" in said
    assert "64200" in said.splitlines()
    assert "Debian 12 has no package no-such-thing" in str(caught.value)


def test_a_policy_lets_the_named_hosts_through_and_nothing_else(builder, tmp_path, monkeypatch):
    """There is no other way out: neither names nor addresses answer."""
    monkeypatch.setenv("HIVEMIND_BUILD_HOSTS", "only.example.org")
    probe = (
        "curl --silent --max-time 5 https://elsewhere.example.org/ 2>&1 || echo $?; "
        "env -u https_proxy -u HTTPS_PROXY curl --silent --max-time 5 https://1.1.1.1/ || echo $?; "
        "curl --silent --max-time 5 http://elsewhere.example.org/"
    )

    builder.build(asked(tmp_path, probe), tmp_path / "a.tar.gz")

    first, second, third = log(tmp_path).strip().splitlines()
    assert ("56", "7") == (first, second)
    assert "does not name elsewhere.example.org:80" in third
