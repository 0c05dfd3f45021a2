"""Dart: servers, programs, and Flutter for the web."""

import re

from hivemind_agents.repository.facts import (
    CERTAIN,
    LIKELY,
    SURE,
    Dependencies,
    Dependency,
    Fact,
    Finding,
    Match,
)
from hivemind_agents.repository.languages.assemble import assemble
from hivemind_agents.repository.languages.program import (
    NAMED,
    code_health,
    literal_port,
    program_match,
    used_framework,
)
from hivemind_agents.repository.readers.code import Code
from hivemind_agents.repository.readers.structured import read_yaml, table, text_of
from hivemind_agents.repository.readers.versions import tool_version
from hivemind_agents.repository.tree import FileTree

MANIFEST = "pubspec.yaml"
FRAMEWORKS = {
    "dart_frog": ("dart_frog", r"dart_frog"),
    "serverpod": ("serverpod", r"Serverpod\("),
    "alfred": ("alfred", r"Alfred\("),
    "angel3_framework": ("angel3", r"Angel\("),
    "conduit": ("conduit", r"ApplicationChannel"),
    "conduit_core": ("conduit", r"ApplicationChannel"),
    "aqueduct": ("aqueduct", r"ApplicationChannel"),
    "jaguar": ("jaguar", r"Jaguar\("),
    "get_server": ("get_server", r"GetServer"),
    "shelf": ("shelf", r"\bserve\(|shelf_io"),
    "shelf_router": ("shelf", r"\bserve\(|shelf_io"),
    "vania": ("vania", r"Application\("),
}


def detect(tree: FileTree) -> Finding | None:
    """Read the folder as Dart."""
    if MANIFEST not in tree:
        return None
    content = read_yaml(tree, MANIFEST)
    packages = Dependencies(
        [
            Dependency(
                str(name),
                text_of(spec) or "",
                tree.where(MANIFEST, re.compile(rf"(?m)^[ \t]+{re.escape(str(name))}:")),
                dev=dev,
            )
            for key, dev in (("dependencies", False), ("dev_dependencies", True))
            for name, spec in table(content.get(key)).items()
        ]
    )
    code = Code(tree, (".dart",), limit=300)
    match = (
        _flutter(tree, packages)
        or _jaspr(tree, packages)
        or _program(tree, content, packages, code)
    )
    return assemble(
        match,
        language="dart",
        manifest=MANIFEST,
        dependencies=packages,
        version=_version(tree, content),
        manager=Fact("pub", NAMED, (MANIFEST,)),
        health=_health(tree, code, match) if match.kind == "web" else None,
        language_confidence=CERTAIN,
    )


def _version(tree: FileTree, content: dict[str, object]) -> Fact[str] | None:
    stated = text_of(table(content.get("environment")).get("sdk"))
    return tool_version(tree, "dart", "flutter") or (
        Fact(stated, CERTAIN, (tree.where(MANIFEST, "sdk:"),)) if stated else None
    )


def _flutter(tree: FileTree, packages: Dependencies) -> Match | None:
    listed = packages.runtime("flutter")
    if listed is None:
        return None
    page = tree.has("web/index.html")
    return Match(
        framework="flutter",
        kind="static",
        rank=80,
        confidence=0.96,
        kind_confidence=SURE if page else LIKELY,
        evidence=(listed.where, *((page,) if page else ())),
        build=("flutter pub get", "flutter build web --release"),
        document_root="build/web",
        single_page=True,
    )


def _jaspr(tree: FileTree, packages: Dependencies) -> Match | None:
    listed = packages.runtime("jaspr")
    static = tree.search(MANIFEST, r"(?m)^[ \t]+mode:\s*(?:static|client)")
    if listed is None or not static:
        return None
    return Match(
        framework="jaspr", kind="static", rank=80, evidence=(listed.where,), kind_confidence=0.85,
        build=("dart pub get", "jaspr build"), document_root="build/jaspr",
    )  # fmt: skip


def _program(
    tree: FileTree, content: dict[str, object], packages: Dependencies, code: Code
) -> Match:
    if packages.runtime("dart_frog") and tree.has_folder("routes"):
        return program_match(
            manifest=MANIFEST,
            start="./bin/server",
            serves=packages["dart_frog"].where,
            build=(
                "dart pub get",
                "dart_frog build",
                "dart compile exe build/bin/server.dart -o bin/server",
            ),
            framework="dart_frog",
            listed=packages["dart_frog"],
        )
    name = text_of(content.get("name")) or tree.name
    entry = tree.has(
        "bin/server.dart",
        f"bin/{name}.dart",
        "bin/main.dart",
        "bin/app.dart",
        "main.dart",
        "lib/main.dart",
    )
    entry = entry or next(
        (path for path in tree.suffixed(".dart") if path.startswith("bin/")), None
    )
    framework, listed, hit = used_framework(packages, FRAMEWORKS, code)
    serves = hit.where if hit else code.where(r"HttpServer\.bind|\bServerSocket\.bind")
    build = (
        ("dart pub get", f"dart compile exe {entry} -o bin/server") if entry else ("dart pub get",)
    )
    return program_match(
        manifest=MANIFEST, start="./bin/server" if entry else None, build=build, serves=serves,
        framework=framework, listed=listed, works=code.where(r"Timer\.periodic|Nyxx|TeleDart"),
        port=literal_port(code, 8080),
    )  # fmt: skip


def _health(tree: FileTree, code: Code, match: Match) -> Fact[str] | None:
    if match.framework == "dart_frog":
        for path, route in (("routes/health.dart", "/health"), ("routes/index.dart", "/")):
            if path in tree:
                return Fact(route, SURE, (path,))
    return code_health(code, r"(?:\.\.|\.)get\(\s*['\"](/[^'\"]*)['\"]")
