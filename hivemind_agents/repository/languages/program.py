"""A compiled program as a match: a framework that is used and a call that listens make it web."""

from collections.abc import Mapping, Sequence

from hivemind_agents.repository.facts import LIKELY, SURE, Dependencies, Dependency, Fact, Match
from hivemind_agents.repository.readers.code import Code, Hit, literal_path, prefixed
from hivemind_agents.repository.readers.routes import best_health_route

# A tool that is certain, but goes by more than one name.
NAMED = 0.85


def program_match(
    *,
    manifest: str,
    start: str | None,
    build: Sequence[str],
    serves: str | None,
    framework: str | None = None,
    listed: Dependency | None = None,
    works: str | None = None,
    port: int = 8080,
    processes: Mapping[str, str] | None = None,
    kind_confidence: float = SURE,
) -> Match:
    """`serves`, `works`: where the code listens, or "
    "runs without end. Without `start`: a library.
    """
    if start is None and serves is None:
        return Match(
            framework=None,
            kind="library",
            evidence=(manifest,),
            kind_confidence=LIKELY,
            build=tuple(build),
        )
    if serves:
        return Match(
            framework=framework,
            kind="web",
            rank=70,
            confidence=0.95,
            kind_confidence=kind_confidence if framework else 0.88,
            evidence=tuple(item for item in (listed.where if listed else None, serves) if item),
            start=start,
            start_confidence=0.86,
            build=tuple(build),
            port=port,
            processes=processes or {},
        )
    return Match(
        framework=None,
        kind="worker" if works else "cli",
        evidence=(works or manifest,),
        kind_confidence=LIKELY if works else 0.88,
        start=start,
        start_confidence=0.86,
        build=tuple(build),
        processes={"worker": start} if works and start else {},
    )


def used_framework(
    dependencies: Dependencies, frameworks: Mapping[str, tuple[str, str]], code: Code
) -> tuple[str | None, Dependency | None, Hit | None]:
    """(name, package, call) of the first of package -> (name, call) that is listed and called."""
    for package, (name, pattern) in frameworks.items():
        listed = dependencies.runtime(package)
        hit = code.first(pattern) if listed else None
        if listed and hit:
            return name, listed, hit
    return None, None, None


def code_health(code: Code, *patterns: str) -> Fact[str] | None:
    """The best health path among the routes that the patterns (group 1) find."""
    routes = []
    for pattern in patterns:
        for hit in code.all(pattern):
            whole = prefixed(hit[1], 0, [])
            if literal_path(whole):
                routes.append((whole, hit.where))
    return best_health_route(routes)


def literal_port(code: Code, fallback: int) -> int:
    """The port that the code names beside `PORT`, `port` or `listen`."""
    for hit in code.all(r"(?i)\b(?:port|listen|bind|run|addr\w*)\b[^\n]{0,60}?\b(\d{4,5})\b"):
        if 1023 < int(hit[1]) < 65536:
            return int(hit[1])
    return fallback
