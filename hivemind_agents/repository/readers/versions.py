"""The version that a repository asks for, in the files that all languages share."""

import re

from hivemind_agents.repository.facts import CERTAIN, Fact
from hivemind_agents.repository.readers.structured import read_toml, table, text_of
from hivemind_agents.repository.tree import FileTree

_DIGIT = re.compile(r"\d")


def plain_version_file(tree: FileTree, *paths: str, prefix: str = "") -> Fact[str] | None:
    """A file that holds one version and nothing else (`.python-version`, `.nvmrc`)."""
    for path in paths:
        text = tree.text(path, limit=2000)
        for number, line in enumerate((text or "").splitlines(), start=1):
            word = line.split("#")[0].strip()
            if not word:
                continue
            value = word.removeprefix(prefix).lstrip("v=").strip()
            if value and len(value) < 40:
                return Fact(value, CERTAIN, (f"{path}:{number}",))
            break
    return None


def tool_version(tree: FileTree, *tools: str) -> Fact[str] | None:
    """What asdf or mise is told to install: `.tool-versions`, `mise.toml`."""
    text = tree.text(".tool-versions", limit=20_000) or ""
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split("#")[0].split()
        if len(words) > 1 and words[0] in tools:
            return Fact(words[1], CERTAIN, (f".tool-versions:{number}",))
    for path in ("mise.toml", ".mise.toml", ".config/mise.toml", "mise/config.toml"):
        tools_table = table(read_toml(tree, path).get("tools"))
        for tool in tools:
            value = tools_table.get(tool)
            if isinstance(value, dict):
                value = value.get("version")
            if isinstance(value, list) and value:
                value = value[0]
            version = text_of(value)
            if version:
                return Fact(
                    version, CERTAIN, (tree.where(path, re.compile(rf"^\W*{tool}\b", re.M)),)
                )
    return None


def has_number(version: str) -> bool:
    """Whether a text can be a version at all."""
    return bool(_DIGIT.search(version))
