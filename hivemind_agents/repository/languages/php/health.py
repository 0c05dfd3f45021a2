"""Routes of PHP applications: the paths that answer without parameters."""

import re
from collections.abc import Iterator

from hivemind_agents.repository.facts import GUESS, LIKELY, SURE, Fact, Match
from hivemind_agents.repository.languages.php.project import PhpProject
from hivemind_agents.repository.readers.code import literal_path, prefixed, prefixes
from hivemind_agents.repository.readers.routes import best_health_route

_PATTERNS = (
    re.compile(r"Route::(?:get|view|livewire)\(\s*[\"']([^\"']*)[\"']"),
    re.compile(r"->(?:get|any|map|route)\(\s*(?:\[[^\]]*\]\s*,\s*)?[\"']((?:GET )?/[^\"']*)[\"']"),
    re.compile(r"#\[Route\(\s*(?:path:\s*)?[\"']([^\"']*)[\"']"),
    re.compile(r"Flight::route\(\s*[\"']((?:GET )?/[^\"']*)[\"']"),
)
_GROUP = r"prefix\(\s*[\"']([^\"']*)[\"']\s*\)(?:->\w+\([^)]*\))*->group\("


def health_path(project: PhpProject, match: Match) -> Fact[str] | None:
    """Laravel's own, a route made for it, the front page."""
    if match.framework == "laravel":
        found = project.tree.search("bootstrap/app.php", r"health:\s*[\"']([^\"']+)[\"']")
        if found:
            return Fact(found.group(1), SURE, (project.tree.where("bootstrap/app.php", "health:"),))
    best = best_health_route(_routes(project, match.framework))
    if best:
        return best
    if match.framework is None and project.page:
        return Fact("/", LIKELY + 0.05, (project.page,))
    return Fact("/", GUESS, match.evidence)


def _routes(project: PhpProject, framework: str | None) -> Iterator[tuple[str, str]]:
    for path, text in project.code.files:
        around = prefixes(text, _GROUP) if framework == "laravel" else []
        base = "/api" if framework == "laravel" and path == "routes/api.php" else ""
        for pattern in _PATTERNS:
            for found in pattern.finditer(text):
                route = prefixed(found.group(1).removeprefix("GET "), found.start(), around)
                whole = base + route.rstrip("/") if base else route
                if literal_path(whole):
                    yield whole, f"{path}:{text.count(chr(10), 0, found.start()) + 1}"
