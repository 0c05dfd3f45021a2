"""What Bundler's files say: gems with their groups, the version of Ruby."""

import re

from hivemind_agents.repository.facts import CERTAIN, SURE, Dependencies, Dependency, Fact
from hivemind_agents.repository.readers.versions import plain_version_file, tool_version
from hivemind_agents.repository.tree import FileTree

_PRODUCTION = {"production", "default", "assets"}
_BLOCK = re.compile(
    r"(?:(group|platforms?|source|path|git|github|install_if)\b(.*)\bdo\b|(?:if|unless|case)\s)"
)
_GEM = re.compile(r"gem\s*\(?\s*[\"']([\w.-]+)[\"'](.*)")


def read_gems(tree: FileTree) -> Dependencies:
    """The Gemfile's gems, then a gemspec's own dependencies."""
    found: list[Dependency] = []
    path = tree.has("Gemfile", "gems.rb")
    open_blocks: list[bool] = []
    for number, raw in enumerate((tree.text(path) or "").splitlines() if path else [], start=1):
        line = re.split(r"(?:^|\s)#", raw)[0].strip()
        opened = _BLOCK.match(line)
        if opened:
            names = re.findall(r"[:\"'](\w+)", opened.group(2) or "")
            grouped = opened.group(1) == "group" and bool(names)
            open_blocks.append(grouped and not _PRODUCTION.intersection(names))
        elif line == "end" and open_blocks:
            open_blocks.pop()
        gem = _GEM.match(line)
        if gem:
            dev = any(open_blocks) or _inline_group(gem.group(2))
            spec = re.match(r"\s*,\s*[\"']([^\"']+)[\"']", gem.group(2))
            version = spec.group(1) if spec else ""
            found.append(Dependency(gem.group(1), version, f"{path}:{number}", dev=dev))
    for spec_path in tree.root_files("*.gemspec"):
        text = tree.text(spec_path) or ""
        for added in re.finditer(
            r"add_(runtime_|development_)?dependency[( ]+[\"']([\w.-]+)", text
        ):
            where = tree.where(spec_path, added.group(0))
            name, dev = added.group(2), added.group(1) == "development_"
            found.append(Dependency(name, "", where, dev=dev))
    return Dependencies(found)


def _inline_group(rest: str) -> bool:
    found = re.search(r"groups?(?::|\s*=>)\s*(\[[^\]]*\]|:\w+)", rest)
    names = re.findall(r":(\w+)", found.group(1)) if found else []
    return bool(names) and not _PRODUCTION.intersection(names)


def package_manager(tree: FileTree) -> Fact[str] | None:
    path = tree.has("Gemfile", "gems.rb", "Gemfile.lock")
    return Fact("bundler", CERTAIN, (path,)) if path else None


def ruby_version(tree: FileTree) -> Fact[str] | None:
    """Version files, then the Gemfile, then its lock."""
    found = plain_version_file(tree, ".ruby-version", prefix="ruby-") or tool_version(tree, "ruby")
    if found:
        return found
    for path, pattern, confidence in (
        ("Gemfile", r"(?m)^[ \t]*ruby\s*\(?\s*[\"']([^\"']+)[\"']", CERTAIN),
        ("Gemfile.lock", r"RUBY VERSION\s+ruby ([\d.]+)", SURE),
    ):
        hit = tree.search(path, pattern)
        if hit:
            where = tree.where(path, hit.group(0).split("\n")[0])
            return Fact(hit.group(1), confidence, (where,))
    return None
