""".NET: from the projects of a solution to one finding."""

from hivemind_agents.repository.facts import CERTAIN, Fact, Finding
from hivemind_agents.repository.languages import detectors
from hivemind_agents.repository.languages.assemble import assemble, best
from hivemind_agents.repository.languages.dotnet import health, projects
from hivemind_agents.repository.languages.dotnet.plain import plain_match
from hivemind_agents.repository.languages.dotnet.solution import Solution
from hivemind_agents.repository.tree import FileTree


def detect(tree: FileTree) -> Finding | None:
    """Read the folder as .NET: a solution, or a project at most one folder down."""
    found = tuple(projects.read_projects(tree))
    listed = [
        *tree.root_files("*.sln"),
        *tree.root_files("*.slnx"),
        *tree.root_files("global.json"),
    ]
    if not found or (
        not listed
        and found[0].path.count("/") > 1
        and not any(_alone(tree, item) for item in found)
    ):
        return None
    solution = Solution(tree, found)
    match = best(look(solution) for look in detectors(__name__)) or plain_match(solution)
    return assemble(
        match,
        language="dotnet",
        manifest=solution.project.path,
        dependencies=solution.dependencies,
        version=projects.dotnet_version(tree, solution.project),
        manager=Fact("nuget", CERTAIN, (solution.project.path,)),
        health=health.health_path(solution) if match.kind == "web" else None,
        language_confidence=CERTAIN,
        choices=solution.choices,
    )


def _alone(tree: FileTree, project: projects.Project) -> bool:
    """Whether a project further down is what runs: it serves, or nothing else is there."""
    if project.sdk == "Microsoft.NET.Sdk.Web" and project.path.count("/") <= 3:
        return True
    return project.path.startswith(("src/", "source/")) and not tree.has(
        "package.json", "go.mod", "pyproject.toml", "requirements.txt"
    )
