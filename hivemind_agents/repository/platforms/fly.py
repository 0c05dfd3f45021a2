"""fly.toml: ports, processes, release command, mounts."""

import re

from hivemind_agents.repository.facts import CERTAIN, SURE, Fact
from hivemind_agents.repository.platforms import Declared
from hivemind_agents.repository.readers.environment import NAME, Use
from hivemind_agents.repository.readers.structured import items, read_toml, table, text_of
from hivemind_agents.repository.tree import FileTree

PATH = "fly.toml"


def detect(tree: FileTree) -> Declared | None:
    content = read_toml(tree, PATH)
    if not content:
        return None
    processes = {
        ("web" if name == "app" else str(name)): Fact(
            command, CERTAIN, (tree.where(PATH, command[:30]),)
        )
        for name, command in table(content.get("processes")).items()
        if isinstance(command, str) and command
    }
    release = text_of(table(content.get("deploy")).get("release_command"))
    if release:
        processes["release"] = Fact(release, CERTAIN, (tree.where(PATH, "release_command"),))
    service = table(content.get("http_service")) or table(
        next(iter(items(content.get("services"))), None)
    )
    inner = service.get("internal_port")
    port = inner if isinstance(inner, int) and 0 < inner < 65536 else None
    checks = [table(item) for key in ("checks", "http_checks") for item in items(service.get(key))]
    health = next((text_of(check.get("path")) for check in checks if check.get("path")), None)
    mounts = content.get("mounts") or content.get("mount")
    return Declared(
        source="fly",
        processes=processes,
        port=Fact(port, SURE, (tree.where(PATH, "internal_port"),)) if port else None,
        health_path=Fact(health, SURE, (tree.where(PATH, health),)) if health else None,
        disk=tree.where(PATH, re.compile(r"\[+mounts?\]")) if mounts else None,
        sets={
            str(name): text
            for name, value in table(content.get("env")).items()
            if (text := text_of(value)) is not None
        },
        env=tuple(
            Use(name, tree.where(PATH, name), text_of(value), optional=True)
            for name, value in table(content.get("env")).items()
            if NAME.match(str(name))
        ),
    )
