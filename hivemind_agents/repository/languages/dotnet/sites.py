"""Blazor WebAssembly without a server of its own: files to be served."""

from hivemind_agents.repository.facts import SURE, Match
from hivemind_agents.repository.languages.dotnet.solution import Solution


def detect(solution: Solution) -> Match | None:
    """A standalone project of the BlazorWebAssembly SDK."""
    project = solution.project
    if project.sdk != "Microsoft.NET.Sdk.BlazorWebAssembly":
        return None
    return Match(
        framework="blazor",
        kind="static",
        rank=80,
        confidence=0.95,
        kind_confidence=SURE,
        evidence=(solution.tree.where(project.path, "BlazorWebAssembly"),),
        build=solution.publish(),
        document_root="out/wwwroot",
        single_page=True,
    )
