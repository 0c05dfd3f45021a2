"""Elixir that serves nothing: an application that works, a program of the shell, a library."""

import re

from hivemind_agents.repository.facts import GUESS, LIKELY, Match
from hivemind_agents.repository.languages.elixir.project import ElixirProject


def plain_match(project: ElixirProject) -> Match:
    """By what mix.exs says that the project is."""
    text, tree = project.manifest, project.tree
    build = ("MIX_ENV=prod mix compile",)
    if not text:
        script = tree.root_files("*.exs")[0]
        return Match(
            framework=None, kind="cli", rank=5, evidence=(script,), kind_confidence=LIKELY,
            start=f"elixir {script}", start_confidence=LIKELY,
        )  # fmt: skip
    if "escript:" in text:
        return Match(
            framework=None, kind="cli", rank=12, evidence=(tree.where("mix.exs", "escript:"),),
            kind_confidence=0.9, start=f"./{project.name}", start_confidence=0.85,
            build=("MIX_ENV=prod mix escript.build",),
        )  # fmt: skip
    if re.search(r"\bpackage:|\bdescription:", text):
        return Match(
            framework=None, kind="library", rank=3, evidence=("mix.exs",), kind_confidence=LIKELY
        )
    if re.search(r"\bmod:\s*\{", project.manifests):
        start = "MIX_ENV=prod mix run --no-halt"
        return Match(
            framework=None, kind="worker", rank=10, evidence=(tree.where("mix.exs", "mod:"),),
            kind_confidence=0.75, start=start, start_confidence=LIKELY, build=build,
            processes={"worker": start},
        )  # fmt: skip
    return Match(
        framework=None,
        kind="cli",
        rank=5,
        evidence=("mix.exs",),
        kind_confidence=GUESS,
        start="mix run",
        start_confidence=GUESS,
        build=build,
    )
