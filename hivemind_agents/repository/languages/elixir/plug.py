"""Plug and Cowboy without Phoenix."""

import re

from hivemind_agents.repository.facts import LIKELY, SURE, Match
from hivemind_agents.repository.languages.elixir.project import ElixirProject

_SERVES = (
    r"Plug\.(?:Cowboy|Adapters\.Cowboy2?)|\{\s*Bandit\b|Bandit\.start_link|:cowboy\.start_|Ace\.HTTP|"
    r"Raxx\.Server|\{\s*ThousandIsland\b|:elli\.start"
)


def detect(project: ElixirProject) -> Match | None:
    """A server that the code puts under supervision, or starts."""
    listed = project.packages.runtime(
        "plug_cowboy", "bandit", "cowboy", "plug", "raxx", "ace", "elli"
    )
    hit = project.code.first(_SERVES)
    if listed is None and hit is not None and "Mix.install" in (project.tree.text(hit.path) or ""):
        start: str | None = f"elixir {hit.path}"
    elif listed is None or hit is None:
        return None
    else:
        start = None
    build: tuple[str, ...] = ()
    if start is None:
        build = ("MIX_ENV=prod mix compile",)
        start = "MIX_ENV=prod mix run --no-halt"
        if project.releases:
            build = (*build, "MIX_ENV=prod mix release")
            start = f"_build/prod/rel/{project.release}/bin/{project.release} start"
    port = re.search(r"port:\s*(?:\w+\()*\"?(\d{4,5})", project.tree.text(hit.path) or "")
    return Match(
        framework="plug",
        kind="web",
        rank=70,
        confidence=SURE,
        kind_confidence=0.95,
        evidence=tuple(item for item in (listed.where if listed else None, hit.where) if item),
        start=start,
        start_confidence=LIKELY,
        build=build,
        port=int(port.group(1)) if port and int(port.group(1)) < 65536 else 4000,
    )
