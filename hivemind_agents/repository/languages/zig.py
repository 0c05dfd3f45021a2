"""Zig."""

import re

from hivemind_agents.repository.facts import CERTAIN, Dependencies, Dependency, Fact, Finding
from hivemind_agents.repository.languages.assemble import assemble
from hivemind_agents.repository.languages.program import (
    NAMED,
    literal_port,
    program_match,
    used_framework,
)
from hivemind_agents.repository.readers.code import Code, without_comments
from hivemind_agents.repository.readers.versions import plain_version_file, tool_version
from hivemind_agents.repository.tree import FileTree

FRAMEWORKS = {
    "jetzig": ("jetzig", r"jetzig"),
    "zap": ("zap", r"\bzap\."),
    "httpz": ("httpz", r"\bhttpz\."),
    "http.zig": ("httpz", r"\bhttpz\."),
    "tokamak": ("tokamak", r"\btk\.|tokamak"),
    "zzz": ("zzz", r"\bzzz\."),
}


def detect(tree: FileTree) -> Finding | None:
    """Read the folder as Zig."""
    manifest = tree.has("build.zig", "build.zig.zon")
    if manifest is None:
        return None
    text = without_comments(tree.text("build.zig") or "")
    manifests = without_comments(tree.text("build.zig.zon") or "")
    packages = Dependencies(
        [
            Dependency(
                name, "", tree.where("build.zig.zon" if name in manifests else "build.zig", name)
            )
            for name in FRAMEWORKS
            if re.search(rf"[.\"/]{re.escape(name)}\b", manifests + text)
        ]
    )
    code = Code(tree, (".zig",), limit=300)
    named = re.search(
        r"addExecutable\(\s*\.?\{[^}]*?\.name\s*=\s*\"([^\"]+)\"|addExecutable\(\s*\"([^\"]+)\"",
        text,
    )
    name = (named.group(1) or named.group(2)) if named else None
    framework, listed, hit = used_framework(packages, FRAMEWORKS, code)
    serves = hit.where if hit else code.where(r"std\.http\.Server|\.listen\(|net\.Server")
    match = program_match(
        manifest=manifest,
        start=f"./zig-out/bin/{name}" if name else None,
        build=("zig build -Doptimize=ReleaseSafe",),
        serves=serves if name else None,
        framework=framework,
        listed=listed,
        port=literal_port(code, 3000),
    )
    minimum = re.search(r"minimum_zig_version\s*=\s*\"([^\"]+)\"", manifests)
    return assemble(
        match,
        language="zig",
        manifest=manifest,
        dependencies=packages,
        version=plain_version_file(tree, ".zig-version", ".zigversion")
        or tool_version(tree, "zig")
        or (
            Fact(minimum.group(1), CERTAIN, (tree.where("build.zig.zon", "minimum_zig"),))
            if minimum
            else None
        ),
        manager=Fact("zig", NAMED, (manifest,)),
        language_confidence=CERTAIN,
    )
