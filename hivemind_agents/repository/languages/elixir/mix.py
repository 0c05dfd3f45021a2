"""What mix.exs says: packages, releases, the version of Elixir."""

import re

from hivemind_agents.repository.facts import CERTAIN, Dependencies, Dependency, Fact
from hivemind_agents.repository.readers.code import without_comments
from hivemind_agents.repository.readers.versions import plain_version_file, tool_version
from hivemind_agents.repository.tree import FileTree

_PACKAGE = re.compile(r"\{:(\w+)\s*,([^{}\n]*(?:\{[^{}]*\}[^{}\n]*)?)")
_DEVELOPMENT = re.compile(r"only:\s*(?::(?:dev|test|docs)\b|\[(?![^\]]*:prod)[^\]]*\])")


def manifests(tree: FileTree) -> list[str]:
    """mix.exs of the root and of an umbrella's applications."""
    inner = [path for path in tree.named("mix.exs") if re.fullmatch(r"apps/[\w-]+/mix\.exs", path)]
    return ["mix.exs", *inner] if "mix.exs" in tree else inner


def read_packages(tree: FileTree) -> Dependencies:
    found = []
    for path in manifests(tree):
        text = without_comments(tree.text(path) or "", "hash")
        for entry in _PACKAGE.finditer(text):
            where = f"{path}:{text.count(chr(10), 0, entry.start()) + 1}"
            dev = bool(_DEVELOPMENT.search(entry.group(2)))
            if "in_umbrella" not in entry.group(2):
                found.append(Dependency(entry.group(1), entry.group(2).strip(), where, dev=dev))
    return Dependencies(found)


def elixir_version(tree: FileTree) -> Fact[str] | None:
    """Version files, the buildpack's configuration, then mix.exs."""
    found = plain_version_file(tree, ".elixir-version") or tool_version(tree, "elixir")
    if found:
        return found
    for path, pattern in (
        ("elixir_buildpack.config", r"(?m)^[ \t]*elixir_version\s*=\s*\(?[\"']?v?([\w.]+)"),
        ("mix.exs", r"\belixir:\s*\"([^\"]+)\""),
    ):
        hit = tree.search(path, pattern)
        if hit:
            return Fact(hit.group(1), CERTAIN, (tree.where(path, hit.group(0)),))
    return None
