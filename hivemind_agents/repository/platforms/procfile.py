"""Procfile: one process a line."""

import re

from hivemind_agents.repository.facts import CERTAIN, Fact
from hivemind_agents.repository.platforms import Declared
from hivemind_agents.repository.tree import FileTree

_LINE = re.compile(r"^([A-Za-z0-9_-]+):\s*(\S.*)$")


def detect(tree: FileTree) -> Declared | None:
    path = tree.has("Procfile", "procfile")
    text = tree.text(path, limit=100_000) if path else None
    if not text:
        return None
    processes: dict[str, Fact[str]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        found = _LINE.match(line.strip())
        if found:
            processes[found.group(1)] = Fact(found.group(2).strip(), CERTAIN, (f"{path}:{number}",))
    packages = tuple(
        line.strip() for line in (tree.text("Aptfile", limit=20_000) or "").splitlines()
        if re.fullmatch(r"[a-z0-9][a-z0-9.+-]+", line.strip())
    )  # fmt: skip
    return Declared(source="procfile", processes=processes, system_packages=packages)
