"""Elixir: from mix.exs and the code to one finding."""

from hivemind_agents.repository.facts import CERTAIN, Fact, Finding
from hivemind_agents.repository.languages import detectors
from hivemind_agents.repository.languages.assemble import assemble, best
from hivemind_agents.repository.languages.elixir import health, mix
from hivemind_agents.repository.languages.elixir.plain import plain_match
from hivemind_agents.repository.languages.elixir.project import ElixirProject
from hivemind_agents.repository.tree import FileTree


def detect(tree: FileTree) -> Finding | None:
    """Read the folder as a project of Mix, an umbrella's parts included."""
    if "mix.exs" not in tree:
        script = next(iter(tree.root_files("*.exs")), None)
        if script is None:
            return None
    project = ElixirProject(tree, mix.read_packages(tree))
    match = best(look(project) for look in detectors(__name__)) or plain_match(project)
    listed = "mix.exs" in tree
    return assemble(
        match,
        language="elixir",
        manifest="mix.exs" if listed else tree.root_files("*.exs")[0],
        dependencies=project.packages,
        version=mix.elixir_version(tree),
        manager=Fact("mix", CERTAIN, ("mix.exs",)) if listed else None,
        install=("mix deps.get --only prod",) if listed else (),
        health=health.health_path(project) if match.kind == "web" else None,
        language_confidence=CERTAIN if listed else 0.85,
        listed=listed,
    )
