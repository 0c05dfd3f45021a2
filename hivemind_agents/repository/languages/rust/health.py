"""Routes of Rust programs: the paths that answer without parameters."""

import re
from collections.abc import Iterator

from hivemind_agents.repository.facts import Fact
from hivemind_agents.repository.languages.rust.project import RustProject
from hivemind_agents.repository.readers.code import literal_path, prefixed
from hivemind_agents.repository.readers.routes import best_health_route

_PATTERNS = (
    re.compile(r"#\[get\(\s*\"([^\"]*)\""),
    re.compile(
        r"\.route\(\s*\"([^\"]*)\"\s*,\s*(?!\s*(?:axum::routing::|web::)?(?:post|put|delete|patch)\b)"
    ),
    re.compile(r"\.at\(\s*\"([^\"]*)\"\s*[,)]"),
    re.compile(r"Router::with_path\(\s*\"([^\"]*)\""),
    re.compile(r"web::resource\(\s*\"([^\"]*)\""),
    re.compile(r"warp::path!\(\s*\"([^\"]*)\"\s*\)"),
    re.compile(r"warp::path\(\s*\"([^\"]*)\"\s*\)"),
    re.compile(r"\(\s*(?:&?Method::GET|\"GET\")\s*,\s*\"(/[^\"]*)\"\s*\)"),
)
_MOUNT = re.compile(r"\.mount\(\s*\"([^\"]*)\"\s*,\s*(?:rocket::)?routes!\[([^\]]*)\]")


def health_path(project: RustProject) -> Fact[str] | None:
    """A route made for it, else the front page."""
    return best_health_route(_routes(project))


def _routes(project: RustProject) -> Iterator[tuple[str, str]]:
    if project.program is None:
        return
    mounts = [found for _, text in project.program.files for found in _MOUNT.finditer(text)]
    for path, text in project.program.files:
        for number, pattern in enumerate(_PATTERNS):
            for found in pattern.finditer(text):
                route = found.group(1)
                if number == 0 and mounts:
                    route = _mounted(mounts, text, found)
                whole = prefixed(route, 0, [])
                if literal_path(whole):
                    yield whole, f"{path}:{text.count(chr(10), 0, found.start()) + 1}"


def _mounted(mounts: list[re.Match[str]], text: str, found: re.Match[str]) -> str:
    """Rocket's route with the base that its function is mounted at."""
    name = re.search(r"fn\s+(\w+)", text[found.end() : found.end() + 400])
    for mount in mounts:
        if name and re.search(rf"\b{name.group(1)}\b", mount.group(2)):
            return f"{mount.group(1).rstrip('/')}/{found.group(1).lstrip('/')}"
    return found.group(1)
