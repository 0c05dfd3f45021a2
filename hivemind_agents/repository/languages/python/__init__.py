"""Python: from the manifests and the modules to one finding."""

from dataclasses import replace

from hivemind_agents.repository.facts import (
    CERTAIN,
    GUESS,
    LIKELY,
    SURE,
    WEAK,
    Finding,
    Match,
)
from hivemind_agents.repository.languages import detectors
from hivemind_agents.repository.languages.assemble import assemble, best
from hivemind_agents.repository.languages.python import health, manifests
from hivemind_agents.repository.languages.python.plain import plain_match
from hivemind_agents.repository.languages.python.project import PythonProject
from hivemind_agents.repository.readers.structured import read_toml, table, text_of
from hivemind_agents.repository.tree import FileTree

# The example beside a library is seldom what is meant.
EXAMPLE = 0.75


def detect(tree: FileTree) -> Finding | None:
    """Read the folder as Python, if anything says that it is."""
    manifest = tree.has(*manifests.MANIFESTS) or manifests.requirements_file(tree)
    entry = next(iter(tree.root_files("*.py")), None)
    if manifest is None and entry is None:
        nested = tree.sources(".py", limit=1)
        below = any(tree.named(name) for name in ("requirements.txt", "pyproject.toml", "Pipfile"))
        documents = tree.has(
            "docs/conf.py", "docs/source/conf.py", "source/conf.py", "mkdocs.yml", "mkdocs.yaml"
        ) or next(iter(tree.root_files("*.lektorproject")), None)
        if documents is None and (not nested or nested[0].count("/") > 2 or below):
            return None
        entry = documents or nested[0]
    project = PythonProject(
        tree, manifests.read_dependencies(tree), manifests.package_manager(tree)
    )
    if not project.modules and not tree.suffixed(".py") and manifest == "pyproject.toml":
        return None
    match = best(look(project) for look in detectors(__name__)) or plain_match(project)
    if _beside_package(project, match):
        match = replace(match, confidence=EXAMPLE, kind_confidence=EXAMPLE, start_confidence=GUESS)
    manager = project.package_manager
    first = (manifest or entry or "",)
    return assemble(
        match,
        language="python",
        manifest=first[0],
        dependencies=project.dependencies,
        version=manifests.python_version(tree),
        manager=manager,
        install=manifests.install_commands(tree, manager.value if manager else None),
        health=health.health_path(project, match.framework),
        language_confidence=SURE if manifest else LIKELY,
        weight=_serves(match, manifest),
    )


def _beside_package(project: PythonProject, match: Match) -> bool:
    """Whether what serves is in a folder beside the package that is published: an example?"""
    content = table(read_toml(project.tree, "pyproject.toml").get("project"))
    name = (text_of(content.get("name")) or "").lower().replace("-", "_").replace(".", "_")
    package = next(
        (folder for folder in (name, f"src/{name}") if f"{folder}/__init__.py" in project.tree), ""
    )
    path = (match.start_evidence or ("",))[0]
    return bool(name and package and "/" in path and not path.startswith(f"{package}/"))


def _serves(match: Match, manifest: str | None) -> float:
    """How much speaks for Python being what runs here."""
    if match.kind == "web":
        return CERTAIN if match.framework else SURE
    if match.framework in {"mkdocs", "sphinx"}:
        # The documents of a program, if the folder holds one.
        return WEAK - 0.1 if manifest else WEAK / 2
    if match.kind in {"worker", "static"}:
        return GUESS
    return (GUESS if match.start else WEAK) if manifest else WEAK / 2
