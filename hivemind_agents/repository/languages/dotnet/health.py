"""Routes of ASP.NET Core: the paths that answer without parameters."""

import re
from collections.abc import Iterator

from hivemind_agents.repository.facts import GUESS, LIKELY, Fact
from hivemind_agents.repository.languages.dotnet.solution import Solution
from hivemind_agents.repository.readers.code import literal_path, prefixed
from hivemind_agents.repository.readers.routes import best_health_route

_MAPPED = re.compile(r"\bMap(?:Get|HealthChecks|Methods)?\(\s*\"([^\"]*)\"")
_CHECKS = re.compile(r"\b(?:UseHealthChecks|MapDefaultHealthChecks)\(\s*\"([^\"]*)\"")
_CONTROLLER = re.compile(
    r"\[Route\(\s*\"([^\"]*)\"[^\]]*\][\s\S]{0,300}?\bclass\s+(\w+?)(?:Controller)?\b"
)
_ACTION = re.compile(r"\[HttpGet(?:\(\s*\"([^\"]*)\"[^)]*\))?[^\]]*\]")
_GIRAFFE = re.compile(r"\broute(?:Ci)?\s+\"(/[^\"]*)\"|\bget\s+\"(/[^\"]*)\"")


def health_path(solution: Solution) -> Fact[str] | None:
    """A route made for it, else a front page."""
    found = best_health_route(_routes(solution))
    if found:
        return found
    project = solution.project
    prefix = f"{project.folder}/" if project.folder else ""
    page = solution.tree.has(
        f"{prefix}Pages/Index.cshtml", f"{prefix}Views/Home/Index.cshtml",
        f"{prefix}Components/Pages/Home.razor", f"{prefix}Pages/Index.razor",
        f"{prefix}Components/Pages/Index.razor",
    )  # fmt: skip
    if page:
        return Fact("/", LIKELY, (page,))
    if solution.tree.has(f"{prefix}wwwroot/index.html") and solution.first(
        r"UseDefaultFiles|UseFileServer|MapFallbackToFile"
    ):
        return Fact("/", LIKELY, (f"{prefix}wwwroot/index.html",))
    swagger = solution.first(r"UseSwaggerUI")
    always = swagger and not solution.first(r"IsDevelopment\(\)")
    return Fact("/swagger/index.html", GUESS, (swagger.where,)) if swagger and always else None


def _routes(solution: Solution) -> Iterator[tuple[str, str]]:
    folders = [f"{item.folder}/" if item.folder else "" for item in solution.reached]
    for path, text in solution.code.files:
        if not path.startswith(tuple(folders)):
            continue
        for pattern in (_MAPPED, _CHECKS, _GIRAFFE):
            for found in pattern.finditer(text):
                route = prefixed(
                    next((group for group in found.groups() if group is not None), ""), 0, []
                )
                if literal_path(route):
                    yield route, f"{path}:{text.count(chr(10), 0, found.start()) + 1}"
        yield from _controllers(path, text)


def _controllers(path: str, text: str) -> Iterator[tuple[str, str]]:
    owner = _CONTROLLER.search(text)
    if owner is None or re.search(r"\[Authorize", text):
        return
    base = owner.group(1).replace("[controller]", owner.group(2).lower())
    for found in _ACTION.finditer(text):
        action = found.group(1) or ""
        route = action if action.startswith(("/", "~/")) else f"{base}/{action}"
        whole = prefixed(route.lstrip("~"), 0, [])
        if literal_path(whole):
            yield whole, f"{path}:{text.count(chr(10), 0, found.start()) + 1}"
