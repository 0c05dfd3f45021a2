"""Rust: from the crates and their programs to one finding."""

from hivemind_agents.repository.facts import CERTAIN, Fact, Finding
from hivemind_agents.repository.languages import detectors
from hivemind_agents.repository.languages.assemble import assemble, best
from hivemind_agents.repository.languages.rust import cargo, health
from hivemind_agents.repository.languages.rust.plain import plain_match
from hivemind_agents.repository.languages.rust.project import RustProject
from hivemind_agents.repository.tree import FileTree


def detect(tree: FileTree) -> Finding | None:
    """Read the folder as a package or workspace of Cargo."""
    if "Cargo.toml" not in tree:
        return None
    project = RustProject(tree, tuple(cargo.read_crates(tree)))
    match = best(look(project) for look in detectors(__name__)) or plain_match(project)
    return assemble(
        match,
        language="rust",
        manifest="Cargo.toml",
        dependencies=project.dependencies,
        version=cargo.rust_version(tree),
        manager=Fact("cargo", CERTAIN, ("Cargo.toml",)),
        health=health.health_path(project) if match.kind == "web" else None,
        language_confidence=CERTAIN,
        choices=project.choices,
    )
