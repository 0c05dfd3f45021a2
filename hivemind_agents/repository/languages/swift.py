"""Swift: Vapor, Hummingbird and their kin."""

import re

from hivemind_agents.repository.facts import CERTAIN, SURE, Dependencies, Dependency, Fact, Finding
from hivemind_agents.repository.languages.assemble import assemble
from hivemind_agents.repository.languages.program import (
    NAMED,
    code_health,
    literal_port,
    program_match,
)
from hivemind_agents.repository.readers.code import Code, without_comments
from hivemind_agents.repository.readers.versions import plain_version_file, tool_version
from hivemind_agents.repository.tree import FileTree

MANIFEST = "Package.swift"
# package: (framework, code, arguments that put it on the port)
FRAMEWORKS = (
    ("vapor", "vapor", r"\bVapor\b", " serve --env production --hostname 0.0.0.0 --port $PORT"),
    ("hummingbird", "hummingbird", r"\bHummingbird\w*\b", " --hostname 0.0.0.0 --port $PORT"),
    ("kitura", "kitura", r"\bKitura\b", ""),
    ("perfect-httpserver", "perfect", r"\bPerfectHTTP", ""),
    ("smoke-framework", "smoke", r"\bSmoke\w*\b", ""),
    ("swifter", "swifter", r"\bHttpServer\(\)", ""),
    ("flyingfox", "flyingfox", r"\bHTTPServer\(", ""),
)


def detect(tree: FileTree) -> Finding | None:
    """Read the folder as a package of Swift."""
    if MANIFEST not in tree:
        return None
    raw = tree.text(MANIFEST) or ""
    text = without_comments(raw)
    packages = Dependencies(
        [
            Dependency(
                found.group(1).lower(),
                "",
                f"{MANIFEST}:{text.count(chr(10), 0, found.start()) + 1}",
            )
            for found in re.finditer(r"url:\s*\"[^\"]*/([\w.-]+?)(?:\.git)?/?\"", text)
        ]
    )
    code = Code(tree, (".swift",), limit=300)
    name = _executable(tree, text, code)
    framework = arguments = None
    listed = hit = None
    for package, known, pattern, given in FRAMEWORKS:
        listed = packages.runtime(package)
        hit = code.first(rf"import\s+(?:{pattern})|{pattern}") if listed else None
        if hit:
            framework, arguments = known, given
            break
    if framework == "hummingbird" and not code.first(r"\"port\"|\\.port|--port|var port|@Option"):
        arguments = ""
    serves = hit.where if hit else code.where(r"ServerBootstrap\(|HttpServer\(|HTTPServer\(")
    match = program_match(
        manifest=MANIFEST,
        start=f".build/release/{name}{arguments or ''}" if name else None,
        build=("swift build -c release",),
        serves=serves if name else None,
        framework=framework,
        listed=listed,
        port=literal_port(code, 8080),
    )
    return assemble(
        match,
        language="swift",
        manifest=MANIFEST,
        dependencies=packages,
        version=plain_version_file(tree, ".swift-version")
        or tool_version(tree, "swift")
        or _tools(raw),
        manager=Fact("swiftpm", NAMED, (MANIFEST,)),
        health=_health(code) if match.kind == "web" else None,
        language_confidence=CERTAIN,
    )


def _tools(text: str) -> Fact[str] | None:
    found = re.search(r"swift-tools-version:\s*([\d.]+)", text)
    return Fact(found.group(1), SURE, (f"{MANIFEST}:1",)) if found else None


def _executable(tree: FileTree, text: str, code: Code) -> str | None:
    """The program's name: a product, a target, or the folder of `main.swift`."""
    product = re.search(r"\.executable\(\s*name:\s*\"([^\"]+)\"", text)
    target = re.search(r"\.executableTarget\(\s*name:\s*\"([^\"]+)\"", text)
    found = product or target
    if found:
        return found.group(1)
    main = next((path for path in tree.suffixed(".swift") if path.endswith("/main.swift")), None)
    entry = code.first(r"@main\b")
    path = main or (entry.path if entry else None)
    parts = path.split("/") if path else []
    return parts[1] if len(parts) > 2 and parts[0] == "Sources" else None


def _health(code: Code) -> Fact[str] | None:
    found = code_health(code, r"\.get\(\s*\"([^\"]*)\"", r"\.get\(\s*\"([^\"]*)\"\s*\)\s*\{")
    root = code.where(r"\b(?:app|routes|router)\.get\s*(?:\(\s*\)\s*)?\{")
    if found and found.value != "/":
        return found
    return Fact("/", SURE - 0.1, (root,)) if root else found
