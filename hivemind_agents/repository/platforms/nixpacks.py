"""nixpacks.toml: phases, start command, packages, providers."""

from hivemind_agents.repository.facts import CERTAIN, Fact
from hivemind_agents.repository.platforms import Declared
from hivemind_agents.repository.platforms.railpack import PROVIDERS
from hivemind_agents.repository.readers.structured import (
    items,
    read_json,
    read_toml,
    table,
    text_of,
)
from hivemind_agents.repository.tree import FileTree


def detect(tree: FileTree) -> Declared | None:
    path = tree.has("nixpacks.toml", "nixpacks.json")
    if path is None:
        return None
    content = read_toml(tree, path) if path.endswith("toml") else read_json(tree, path)
    start = content.get("start")
    command = text_of(table(start).get("cmd")) or text_of(start)
    phases = table(content.get("phases"))
    build = table(phases.get("build"))
    commands = tuple(
        item for item in items(build.get("cmds")) if isinstance(item, str) and item != "..."
    )
    providers = [item for item in items(content.get("providers")) if item in PROVIDERS]
    return Declared(
        source="nixpacks",
        processes={"web": Fact(command, CERTAIN, (tree.where(path, "cmd"),))} if command else {},
        build=commands,
        language=Fact(PROVIDERS[providers[0]], CERTAIN, (tree.where(path, "providers"),))
        if providers
        else None,
        system_packages=tuple(
            item
            for phase in phases.values()
            for item in items(table(phase).get("aptPkgs"))
            if isinstance(item, str) and item != "..."
        ),
    )
