"""Choosing the path that a load balancer asks."""

import re
from collections.abc import Iterable

from hivemind_agents.repository.facts import LIKELY, SURE, Fact
from hivemind_agents.repository.tree import FileTree

HEALTH_NAMES = (
    "/health", "/healthz", "/healthcheck", "/health-check", "/health_check", "/health/live",
    "/api/health", "/api/healthz", "/api/healthcheck", "/_health", "/__health", "/up",
    "/api/v1/health", "/v1/health", "/status/health", "/livez", "/live", "/liveness", "/readyz",
    "/ready", "/readiness", "/heartbeat", "/__heartbeat__", "/ping", "/api/ping", "/status",
    "/api/status", "/alive", "/_status",
)  # fmt: skip
# Below any prefix.
_ENDINGS = ("/health", "/healthz", "/healthcheck", "/health-check", "/health_check", "/livez",
            "/readyz")  # fmt: skip


def best_health_route(routes: Iterable[tuple[str, str]]) -> Fact[str] | None:
    """The best of (path, evidence): one made for it, else the front page, else None."""
    known: dict[str, str] = {}
    for path, where in routes:
        known.setdefault(path, where)
    for name in HEALTH_NAMES:
        for path in (name, name + "/"):
            if path in known:
                return Fact(path, SURE, (known[path],))
    ending = next((path for path in known if path.rstrip("/").endswith(_ENDINGS)), None)
    if ending:
        return Fact(ending, LIKELY, (known[ending],))
    if "/" in known:
        return Fact("/", LIKELY, (known["/"],))
    return None


def scan_routes(
    tree: FileTree, suffixes: tuple[str, ...], *patterns: str, limit: int = 200
) -> Fact[str] | None:
    """The best health path among the routes that the patterns (group 1) find in the sources."""
    compiled = [re.compile(pattern) for pattern in patterns]
    routes: list[tuple[str, str]] = []
    for path in tree.sources(*suffixes, limit=limit):
        text = tree.text(path, limit=200_000) or ""
        for pattern in compiled:
            for found in pattern.finditer(text):
                route = found.group(1)
                if not re.search(r"[{}<>:*\\()\[\]\s]", route):
                    name = route if route.startswith("/") else "/" + route
                    routes.append((name, f"{path}:{text.count(chr(10), 0, found.start()) + 1}"))
    return best_health_route(routes)
