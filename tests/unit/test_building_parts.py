"""The list of a release's parts, and what must not be in a release."""

import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from hivemind_agents.adapters.builder_box import without
from hivemind_agents.adapters.builder_network import NetworkSettings, policy, rules
from hivemind_agents.adapters.builder_proxy import named, outside
from hivemind_agents.building import archive, sbom
from hivemind_agents.building.model import Manifest, Package
from hivemind_agents.errors import UserError

pytestmark = pytest.mark.fast


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def manifest(**more: object) -> Manifest:
    fields = {
        "recipe": "python-pip", "commit": "c0ffee", "source_digest": "s", "inputs_digest": "i",
        "image": "image:1", "architecture": "x86_64", "commands": (), "versions": {},
        "packages": (), "added": (), "processes": {}, "search_path": (), "host_packages": (),
        "static": None, "files": 0, "bytes": 0,
    }  # fmt: skip
    return Manifest.model_validate(fields | more)


def test_packages_of_all_ecosystems_are_found_where_installers_leave_them(tmp_path):
    """Each once; nested ones too; nothing through a link."""
    site = ".venv/lib/python3.11/site-packages"
    write(tmp_path, {
        f"{site}/Flask_Login-1.0.dist-info/METADATA": "Name: Flask_Login\nVersion: 1.0\n\ntext",
        "node_modules/express/package.json": '{"name": "express", "version": "5.1.0"}',
        "node_modules/@scope/one/package.json": '{"name": "@scope/one", "version": "1.0.0"}',
        "node_modules/express/node_modules/ms/package.json": '{"name": "ms", "version": "2.0.0"}',
        "node_modules/broken/package.json": "{",
        "vendor/composer/installed.json": '{"packages": [{"name": "a/b", "version": "v3.0"}]}',
        "go.mod": "module example.org/x\n\nrequire (\n\tgolang.org/x/text v0.9.0 // indirect\n)\n",
        "elsewhere/package.json": '{"name": "secret", "version": "1"}',
    })  # fmt: skip
    (tmp_path / "node_modules" / "linked").symlink_to(tmp_path / "elsewhere")

    assert [
        ("composer", "a/b", "v3.0"),
        ("golang", "golang.org/x/text", "v0.9.0"),
        ("npm", "@scope/one", "1.0.0"),
        ("npm", "express", "5.1.0"),
        ("npm", "ms", "2.0.0"),
        ("pypi", "flask-login", "1.0"),
    ] == [(one.ecosystem, one.name, one.version) for one in sbom.packages(tmp_path)]


def test_the_document_names_every_part_once_and_is_the_same_every_time():
    """CycloneDX 1.6: references are unique, and all of them are there."""
    made = manifest(
        packages=(Package(name="flask", version="3.0"),
                  Package(name="@scope/one", version="1.0", ecosystem="npm")),
        host_packages=("libpq5",),
    )  # fmt: skip

    document = json.loads(sbom.document(made, "shop"))

    assert ("CycloneDX", "1.6", 1) == tuple(
        document[key] for key in ("bomFormat", "specVersion", "version")
    )
    purls = ["pkg:pypi/flask@3.0", "pkg:npm/%40scope/one@1.0",
             "pkg:deb/debian/libpq5?distro=debian-12"]  # fmt: skip
    assert purls == [part["purl"] for part in document["components"]]
    assert purls == document["dependencies"][0]["dependsOn"]
    assert {"type": "application", "bom-ref": "application", "name": "shop",
            "version": "c0ffee"} == document["metadata"]["component"]  # fmt: skip
    assert sbom.document(made, "shop") == sbom.document(made, "shop")


@pytest.mark.parametrize(
    "spelling",
    ["https://me:p%40ss-word@host/simple", "p@ss-word", "p%40ss-word", "eHBAc3Mtd29yZA=="],
)
def test_a_secret_is_found_in_a_tree_however_it_is_spelt(tmp_path, spelling):
    """Whole, the password alone, plain or quoted."""
    write(tmp_path, {"a.txt": "nothing", "b/c.txt": f"x {spelling} y"})
    secret = "https://me:p%40ss-word@host/simple"

    found = archive.first_with(tmp_path, secret)

    if spelling.startswith("eHB"):
        assert found is None  # another text than the secret's own
    else:
        assert found == tmp_path / "b" / "c.txt"


def test_a_line_that_is_kept_has_stars_for_secrets():
    """Of a URL the password too."""
    line = b"Looking in https://me:pa%24s@host/simple, pa$s, token-1234\n"

    hidden = without(line, ["https://me:pa%24s@host/simple", "token-1234"])

    assert b"Looking in ****, ****, ****\n" == hidden
    assert "token" not in repr(SecretStr("token-1234"))


@pytest.mark.parametrize(
    ("host", "port", "through"),
    [("a.example", 443, True), ("A.EXAMPLE.", 80, True), ("b.a.example", 443, False),
     ("x.mirror.example", 443, True), ("mirror.example", 443, False), ("a.example", 22, False),
     ("git.example", 8443, True), ("git.example", 443, False), ("evila.example", 443, False)],
)  # fmt: skip
def test_a_policy_names_hosts_subdomains_and_ports(host, port, through):
    """Nothing else is let through."""
    assert through == named(host, port, ("a.example", "*.mirror.example", "git.example:8443"))


def test_a_named_host_at_a_private_address_is_refused_unless_the_machine_uses_it():
    """A name is not a way to the metadata address."""
    reachable = outside(("169.254.0.0/16", "10.0.0.0/8"), [("10.1.1.1", 443)])

    assert (False, True, False, True) == (
        reachable("169.254.169.254", 80), reachable("10.1.1.1", 443), reachable("10.1.1.1", 80),
        reachable("192.0.2.1", 443),
    )  # fmt: skip


def test_the_policy_is_read_from_a_file_or_a_variable(tmp_path, monkeypatch):
    """The variable wins; nothing said is no policy; an odd one is refused."""
    monkeypatch.setenv("HIVEMIND_CONFIG_DIR", str(tmp_path))

    assert None is policy({})
    (tmp_path / "builds.toml").write_text('allowed_hosts = ["a.example"]\n')
    assert ("a.example",) == policy({})
    assert ("b.example", "*.c.example") == policy(
        {"HIVEMIND_BUILD_HOSTS": "b.example, *.c.example"}
    )
    with pytest.raises(UserError, match="is not a host"):
        policy({"HIVEMIND_BUILD_HOSTS": "http://a.example/"})
    (tmp_path / "builds.toml").write_text("allowed_hosts = [")
    with pytest.raises(UserError, match="cannot be read"):
        policy({})


def test_with_a_policy_a_builder_has_its_own_loopback_alone():
    """No address, no name server, no port."""
    settings = NetworkSettings(env={}, allowed=(("192.0.2.1", 443),), refused=(), hosts=("a",))

    assert ["accept"] == [word for word in rules(settings).replace(";", " ").split()
                          if word == "accept"]  # fmt: skip
    assert "192.0.2.1" not in rules(settings)
