"""Elixir: Phoenix, Plug and plain applications."""

import re

from hivemind_agents.repository.facts import CERTAIN, GUESS, LIKELY, SURE, WEAK, Dependencies, Dependency, Fact, Finding, Match
from hivemind_agents.repository.languages.compose_finding import finding_of
from hivemind_agents.repository.readers.routes import scan_routes
from hivemind_agents.repository.readers.versions import plain_version_file, tool_version
from hivemind_agents.repository.tree import FileTree


def detect(tree: FileTree) -> Finding | None:
    """Read the folder as Elixir."""
    if "mix.exs" not in tree:
        return None
    packages = _packages(tree)
    match = _match(tree, packages)
    return finding_of(
        match,
        language="elixir",
        manifest="mix.exs",
        language_confidence=CERTAIN,
        serves=CERTAIN - 0.01 if match.framework == "phoenix" else SURE if match.kind == "web" else GUESS if match.start else WEAK,
        version=_version(tree),
        manager=Fact("mix", CERTAIN, ("mix.exs",)),
        install=("mix deps.get --only prod",),
        dependencies=packages,
        health=scan_routes(tree, (".ex",), r"(?m)^\s*(?:get|live)\s*\(?\s*\"([^\"]*)\"") if match.kind == "web" else None,
    )


def _packages(tree: FileTree) -> Dependencies:
    paths = ["mix.exs", *(path for path in tree.named("mix.exs") if re.fullmatch(r"apps/[\w-]+/mix\.exs", path))]
    return Dependencies([
        Dependency(found.group(1), found.group(2), tree.where(path, f"{{:{found.group(1)},"), dev="only: :test" in found.group(2) or "only: [:dev" in found.group(2) or "only: :dev" in found.group(2))
        for path in paths
        for found in re.finditer(r"\{:(\w+),([^\n]*)", tree.text(path) or "")
    ])  # fmt: skip


def _version(tree: FileTree) -> Fact[str] | None:
    found = plain_version_file(tree, ".elixir-version") or tool_version(tree, "elixir")
    if found:
        return found
    for path, pattern in (("elixir_buildpack.config", r"(?m)^elixir_version=(\S+)"), ("mix.exs", r"elixir:\s*\"([^\"]+)\"")):
        hit = tree.search(path, pattern)
        if hit:
            return Fact(hit.group(1), CERTAIN, (tree.where(path, hit.group(0)),))
    return None


def _match(tree: FileTree, packages: Dependencies) -> Match:
    text = tree.text("mix.exs") or ""
    named = re.search(r"app:\s*:(\w+)", text)
    name = named.group(1) if named else tree.name
    release = re.search(r"releases:\s*\[\s*(\w+):", text)
    shown = release.group(1) if release else name
    program = f"_build/prod/rel/{shown}/bin/{shown}"
    phoenix = packages.runtime("phoenix")
    if phoenix:
        assets = bool(re.search(r"\"assets\.deploy\"", text))
        build = ("MIX_ENV=prod mix compile", *(("MIX_ENV=prod mix assets.deploy",) if assets else ()), "MIX_ENV=prod mix release")
        ecto = packages.runtime("ecto_sql", "phoenix_ecto")
        module = re.search(r"defmodule\s+([\w.]+)\.MixProject", text)
        processes = {}
        if ecto and tree.has(f"lib/{name}/release.ex") and module:
            processes["release"] = f"{program} eval '{module.group(1)}.Release.migrate'"
        return Match(
            framework="phoenix", kind="web", rank=90, confidence=CERTAIN, kind_confidence=0.97, evidence=(phoenix.where,),
            start=f"PHX_SERVER=true {program} start", start_confidence=0.85, build=build, port=4000, processes=processes,
        )  # fmt: skip
    build = ("MIX_ENV=prod mix compile", "MIX_ENV=prod mix release")
    plug = packages.runtime("plug_cowboy", "bandit", "plug", "cowboy", "raxx", "ace")
    listens = next((tree.where(path, re.compile("Cowboy|Bandit|Plug.Router")) for path in tree.sources(".ex", ".exs", limit=60)
                    if re.search(r"Plug\.(?:Cowboy|Adapters|Router)|Bandit|:cowboy\.start", tree.text(path) or "")), None)  # fmt: skip
    if plug and listens:
        return Match(framework="plug", kind="web", confidence=SURE, kind_confidence=SURE, evidence=(plug.where, listens),
                     start="mix run --no-halt", start_confidence=LIKELY, build=build[:1], port=4000)  # fmt: skip
    if re.search(r"\bmod:\s*\{", text):
        return Match(framework=None, kind="worker", kind_confidence=0.7, evidence=(tree.where("mix.exs", "mod:"),),
                     start="mix run --no-halt", start_confidence=LIKELY, build=build[:1], processes={"worker": "mix run --no-halt"})  # fmt: skip
    if "escript:" in text:
        return Match(framework=None, kind="cli", kind_confidence=0.9, evidence=(tree.where("mix.exs", "escript:"),),
                     start=f"./{name}", start_confidence=0.85, build=("MIX_ENV=prod mix escript.build",))  # fmt: skip
    if re.search(r"package:\s*|description:", text) and "package()" in text:
        return Match(framework=None, kind="library", kind_confidence=LIKELY, evidence=("mix.exs",))
    return Match(framework=None, kind="cli", kind_confidence=GUESS, evidence=("mix.exs",), start="mix run", start_confidence=GUESS,
                 build=build[:1])  # fmt: skip
