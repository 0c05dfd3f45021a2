"""The tree's shape: layers point one way, and nothing stands where it should not."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
AGENTS = ROOT / "hivemind_agents"

# Layer -> what of our own it may import. `state` is the one implementation of record, lease and
# artifacts, used by the Ansible plugins and the adapters alike.
ALLOWED = {
    "errors": set[str](),
    "locations": set[str](),
    "domain": {"domain", "errors"},
    "repository": {"repository", "domain", "errors"},
    "building": {"building", "domain", "errors", "repository"},
    "hosting": {"hosting", "domain", "errors"},
    "state": {"state", "domain", "errors"},
    "controller": {"errors", "state"},
    "ports": {"domain", "errors", "ports"},
    "catalog": {"catalog", "domain", "errors", "locations"},
    "workflows": {"workflows", "catalog", "domain", "errors", "ports"},
    "agents": {"agents", "catalog", "domain", "errors", "ports", "repository"},
}
FORBIDDEN_FOR_ALL = {"hivemind_sandbox", "hivemind_server"}

pytestmark = pytest.mark.fast


def imports_of(path: Path) -> set[str]:
    """Dotted names that a module imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def own(names: set[str]) -> set[str]:
    """First-level parts of `hivemind_agents` among dotted names."""
    return {
        parts[1]
        for parts in (name.split(".") for name in names)
        if parts[0] == "hivemind_agents" and len(parts) > 1
    }


def modules() -> list[Path]:
    return sorted(AGENTS.rglob("*.py"))


@pytest.mark.parametrize("layer", sorted(ALLOWED))
def test_layers_import_only_what_lies_below_them(layer: str) -> None:
    """Dependencies run one way: cli -> workflows -> ports -> domain."""
    wrong = {
        str(path.relative_to(ROOT)): sorted(own(imports_of(path)) - ALLOWED[layer])
        for path in modules()
        if path.relative_to(AGENTS).parts[0].removesuffix(".py") == layer
        and own(imports_of(path)) - ALLOWED[layer]
    }

    assert {} == wrong


def test_only_bootstrap_names_adapters() -> None:
    """Which adapter serves a port is decided in one module."""
    wrong = [
        str(path.relative_to(ROOT))
        for path in modules()
        if "adapters" in own(imports_of(path))
        and path.relative_to(AGENTS).parts[0] not in {"adapters", "bootstrap.py"}
    ]

    assert [] == wrong


def test_agents_and_sandbox_do_not_know_each_other() -> None:
    """The product cannot ask whether it talks to the sandbox."""
    agents = [
        str(path.relative_to(ROOT))
        for path in modules()
        if {name.split(".")[0] for name in imports_of(path)} & FORBIDDEN_FOR_ALL
    ]
    sandbox = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "sandbox").rglob("*.py"))
        if own(imports_of(path))
    ]

    assert ([], []) == (agents, sandbox)


@pytest.mark.parametrize("place", ["playbooks", "roles", "plugins", "cfn", "inventories"])
def test_the_ansible_half_stands_at_the_root(place: str) -> None:
    """Somebody who leaves finds plain Ansible and CloudFormation, not a package's inside."""
    assert (ROOT / place).is_dir()


def test_every_playbook_has_its_arguments_beside_it() -> None:
    """A playbook is a tool: <verb>.yml and <verb>.meta.yml come in pairs."""
    folder = ROOT / "playbooks"
    metas = {path.name.removesuffix(".meta.yml") for path in folder.glob("*.meta.yml")}
    playbooks = {
        path.name.removesuffix(".yml")
        for path in folder.glob("*.yml")
        if not path.name.endswith(".meta.yml")
    }

    assert metas == playbooks
