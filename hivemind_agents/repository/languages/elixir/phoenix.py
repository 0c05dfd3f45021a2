"""Phoenix."""

from hivemind_agents.repository.facts import CERTAIN, Match
from hivemind_agents.repository.languages.elixir.project import ElixirProject


def detect(project: ElixirProject) -> Match | None:
    """An endpoint of Phoenix; its packages alone make none."""
    listed = project.packages.runtime("phoenix")
    endpoint = project.code.where(r"use\s+Phoenix\.Endpoint|PhoenixPlayground\.start")
    configured = project.code.where(r"\b[A-Z]\w*\.Endpoint\b") or project.tree.has(
        "config/runtime.exs", "config/prod.exs", "config/config.exs"
    )
    if listed is None or not (endpoint or configured):
        return None
    assets = "assets.deploy" in project.manifests
    build = ["MIX_ENV=prod mix compile"]
    if assets:
        build.append("MIX_ENV=prod mix assets.deploy")
    elif project.tree.has("assets/package.json"):
        build += [
            "npm install --prefix assets",
            "npm run deploy --prefix assets",
            "MIX_ENV=prod mix phx.digest",
        ]
    start, processes = _start(project, build)
    return Match(
        framework="phoenix",
        kind="web",
        rank=90,
        confidence=CERTAIN,
        kind_confidence=0.97,
        evidence=tuple(item for item in (listed.where, endpoint) if item),
        start=start,
        start_confidence=0.85,
        build=tuple(build),
        processes=processes,
        port=4000,
    )


def _start(project: ElixirProject, build: list[str]) -> tuple[str, dict[str, str]]:
    """By a release where the repository is prepared for one, else by Mix."""
    tree = project.tree
    migrates = bool(project.packages.runtime("ecto_sql", "phoenix_ecto")) and any(
        "/repo/migrations/" in path for path in tree.suffixed(".exs")
    )
    if not project.releases:
        processes = {"release": "MIX_ENV=prod mix ecto.migrate"} if migrates else {}
        return "MIX_ENV=prod PHX_SERVER=true mix phx.server", processes
    build.append("MIX_ENV=prod mix release")
    program = f"_build/prod/rel/{project.release}/bin/{project.release}"
    processes = {}
    if project.tree.has(f"lib/{project.name}/release.ex"):
        processes["release"] = f"{program} eval '{project.module}.Release.migrate'"
    return f"PHX_SERVER=true {program} start", processes
