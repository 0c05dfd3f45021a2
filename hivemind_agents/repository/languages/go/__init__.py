"""Go: the program that serves, found by following what `main` imports."""

from hivemind_agents.repository.facts import Finding
from hivemind_agents.repository.languages import detectors
from hivemind_agents.repository.languages.assemble import assemble, best
from hivemind_agents.repository.languages.go import health, manifests
from hivemind_agents.repository.languages.go.plain import plain_match
from hivemind_agents.repository.languages.go.project import GoProject
from hivemind_agents.repository.tree import FileTree

HUGO = ("hugo.toml", "hugo.yaml", "hugo.yml", "hugo.json", "config/_default/hugo.toml")


def detect(tree: FileTree) -> Finding | None:
    """Read the folder as Go; a module of Hugo's holds no Go at all."""
    manifest = tree.has(*manifests.MANIFESTS)
    sources = tree.sources(".go", limit=1)
    if not sources and (manifest is None or tree.has(*HUGO) or tree.has_folder("themes")):
        return None
    if manifest is None and sources[0].count("/") > 1 and not sources[0].startswith("cmd/"):
        return None
    if manifest is None and "/" in sources[0] and tree.named("go.mod"):
        return None  # the folder of that module is the application, not this one
    project = GoProject(tree)
    match = best(look(project) for look in detectors(__name__)) or plain_match(project)
    return assemble(
        match,
        language="go",
        manifest=manifest or sources[0],
        dependencies=project.dependencies,
        version=manifests.go_version(tree),
        manager=manifests.package_manager(tree),
        install=project.install,
        health=health.health_path(project) if match.kind == "web" else None,
        language_confidence=0.95,
        choices=project.choices,
        listed=manifest is not None,
    )
