"""Compiled languages with one build tool each: Crystal, Gleam, Dart, Haskell, Swift, Zig, C and C++."""

import re
from collections.abc import Callable

from hivemind_agents.repository.facts import CERTAIN, GUESS, LIKELY, SURE, WEAK, Dependencies, Dependency, Fact, Finding, Match
from hivemind_agents.repository.languages.compose_finding import finding_of
from hivemind_agents.repository.readers.routes import scan_routes
from hivemind_agents.repository.readers.structured import read_toml, read_yaml, table, text_of
from hivemind_agents.repository.readers.versions import plain_version_file, tool_version
from hivemind_agents.repository.tree import FileTree


def detect(tree: FileTree) -> Finding | None:
    """The first that fits."""
    looks: tuple[Callable[[FileTree], Finding | None], ...] = (
        _crystal, _gleam, _dart, _haskell, _swift, _zig, _cpp,
    )  # fmt: skip
    return next((found for look in looks if (found := look(tree))), None)


def _first(tree: FileTree, suffixes: tuple[str, ...], pattern: str) -> str | None:
    compiled = re.compile(pattern)
    for path in tree.sources(*suffixes, limit=200):
        if compiled.search(tree.text(path, limit=200_000) or ""):
            return tree.where(path, compiled)
    return None


def _finding(
    tree: FileTree, language: str, manifest: str, manager: str | None, *, start: str | None, build: tuple[str, ...],
    serves: str | None, frameworks: dict[str, str], packages: list[Dependency], version: Fact[str] | None = None,
    port: int = 3000, suffixes: tuple[str, ...] = (), routes: str | None = None, library: bool = False,
) -> Finding:  # fmt: skip
    """The common shape: a framework that is listed and a server that is started make it web."""
    dependencies = Dependencies(packages)
    listed = next((dependencies[name] for name in frameworks if dependencies.runtime(name)), None)
    if serves:
        match = Match(
            framework=frameworks.get(listed.name) if listed else None, kind="web", confidence=0.95, kind_confidence=0.9,
            evidence=tuple(item for item in (listed.where if listed else None, serves) if item), start=start,
            start_confidence=0.85, build=build, port=port,
        )  # fmt: skip
    elif library:
        match = Match(framework=None, kind="library", kind_confidence=LIKELY, evidence=(manifest,), build=build)
    else:
        match = Match(framework=None, kind="cli", kind_confidence=0.88, evidence=(manifest,), start=start, start_confidence=0.85, build=build)
    return finding_of(
        match, language=language, manifest=manifest, language_confidence=CERTAIN,
        serves=SURE if match.kind == "web" else GUESS - 0.1 if match.start else WEAK, version=version,
        manager=Fact(manager, CERTAIN, (manifest,)) if manager else None, dependencies=dependencies,
        health=scan_routes(tree, suffixes, routes) if routes and match.kind == "web" else None,
    )  # fmt: skip


def _crystal(tree: FileTree) -> Finding | None:
    manifest = tree.has("shard.yml")
    alone = next(iter(tree.root_files("*.cr")), None)
    if manifest is None and alone is None:
        return None
    content = read_yaml(tree, "shard.yml")
    packages = [Dependency(str(name), "", tree.where("shard.yml", str(name))) for name in table(content.get("dependencies"))]
    targets = table(content.get("targets"))
    name = str(next(iter(targets), text_of(content.get("name")) or tree.name))
    build = ("shards install --production", f"shards build --release {name}".strip()) if targets else (
        f"crystal build --release -o bin/{name} {alone or f'src/{name}.cr'}",)  # fmt: skip
    return _finding(
        tree, "crystal", manifest or alone or "", "shards" if manifest else None, start=f"./bin/{name}", build=build,
        serves=_first(tree, (".cr",), r"Kemal\.run|HTTP::Server\.new|Lucky|Amber::Server|\.listen\b"),
        frameworks={"kemal": "kemal", "lucky": "lucky", "amber": "amber", "athena": "athena", "grip": "grip"}, packages=packages,
        version=plain_version_file(tree, ".crystal-version") or tool_version(tree, "crystal")
        or _stated(tree, "shard.yml", text_of(content.get("crystal")), "crystal:"),
        suffixes=(".cr",), routes=r"(?m)^\s*get\s+\"([^\"]*)\"",
        library=not targets and not _first(tree, (".cr",), r"puts|ARGV|Kemal"),
    )  # fmt: skip


def _stated(tree: FileTree, path: str, value: str | None, needle: str) -> Fact[str] | None:
    return Fact(value, CERTAIN, (tree.where(path, needle),)) if value else None


def _gleam(tree: FileTree) -> Finding | None:
    if "gleam.toml" not in tree:
        return None
    content = read_toml(tree, "gleam.toml")
    packages = [Dependency(name, "", tree.where("gleam.toml", name)) for name in table(content.get("dependencies"))]
    name = text_of(content.get("name")) or tree.name
    main = tree.search(f"src/{name}.gleam", r"pub fn main")
    return _finding(
        tree, "gleam", "gleam.toml", "gleam", start="./build/erlang-shipment/entrypoint.sh run",
        build=("gleam export erlang-shipment",), serves=_first(tree, (".gleam",), r"mist\.(?:start|new)|elli\.start|cowboy\.start|ewe\."),
        frameworks={"wisp": "wisp", "lustre": "lustre", "mist": "mist", "elli": "elli"}, packages=packages,
        version=tool_version(tree, "gleam") or _stated(tree, "gleam.toml", text_of(content.get("gleam")), "gleam ="),
        library=main is None, suffixes=(".gleam",),
    )  # fmt: skip


def _dart(tree: FileTree) -> Finding | None:
    if "pubspec.yaml" not in tree:
        return None
    content = read_yaml(tree, "pubspec.yaml")
    packages = [Dependency(str(name), "", tree.where("pubspec.yaml", str(name))) for name in table(content.get("dependencies"))]
    name = text_of(content.get("name")) or tree.name
    version = tool_version(tree, "dart", "flutter") or _stated(tree, "pubspec.yaml", text_of(table(content.get("environment")).get("sdk")), "sdk:")
    if "flutter" in table(content.get("dependencies")):
        match = Match(framework="flutter", kind="static", confidence=0.95, kind_confidence=LIKELY, evidence=("pubspec.yaml",),
                      document_root="build/web", single_page=True, build=("flutter pub get", "flutter build web --release"))  # fmt: skip
        return finding_of(match, language="dart", manifest="pubspec.yaml", serves=GUESS, version=version, language_confidence=CERTAIN,
                          manager=Fact("pub", CERTAIN, ("pubspec.yaml",)), dependencies=Dependencies(packages))  # fmt: skip
    entry = tree.has("bin/server.dart", f"bin/{name}.dart", "bin/main.dart", "main.dart") or next(
        (path for path in tree.suffixed(".dart") if path.startswith("bin/")), None)  # fmt: skip
    frog = any(item.name == "dart_frog" for item in packages)
    build = ("dart pub get", f"dart compile exe {entry} -o bin/server") if entry else ("dart pub get",)
    start = "./bin/server" if entry else None
    if frog:
        build, start = ("dart pub get", "dart_frog build", "dart compile exe build/bin/server.dart -o bin/server"), "./bin/server"
    return _finding(
        tree, "dart", "pubspec.yaml", "pub", start=start, build=build,
        serves="pubspec.yaml" if frog else _first(tree, (".dart",), r"HttpServer\.bind|shelf_io\.serve|\bserve\("),
        frameworks={"dart_frog": "dart_frog", "serverpod": "serverpod", "shelf": "shelf", "alfred": "alfred", "angel3_framework": "angel3"},
        packages=packages, version=version, port=8080, library=entry is None and not frog, suffixes=(".dart",),
        routes=r"\.\.?get\(\s*'(/[^']*)'",
    )  # fmt: skip


def _haskell(tree: FileTree) -> Finding | None:
    cabal = next(iter(tree.root_files("*.cabal")), None)
    manifest = tree.has("stack.yaml", "package.yaml") or cabal
    if manifest is None:
        return None
    text = (tree.text(cabal) or "" if cabal else "") + (tree.text("package.yaml") or "")
    executable = re.search(r"(?m)^executable\s+([\w-]+)", text) or re.search(r"(?m)^executables:\s*\n\s+([\w-]+):", text)
    name = executable.group(1) if executable else None
    known = ("scotty", "servant-server", "yesod", "spock", "warp", "snap-core", "snap-server", "ihp", "happstack-server",
             "postgresql-simple", "persistent-postgresql", "hasql", "hedis", "mysql-simple")  # fmt: skip
    packages = [Dependency(item, "", tree.where(cabal or "package.yaml", item)) for item in known
                if re.search(rf"(?i)\b{re.escape(item)}\b", text)]  # fmt: skip
    packages = [Dependency(item.name.lower(), item.spec, item.where) for item in packages]
    stack = "stack.yaml" in tree
    build = ("stack build --copy-bins --local-bin-path bin",) if stack else ("cabal update", "cabal install --installdir=bin --install-method=copy",)
    return _finding(
        tree, "haskell", manifest, "stack" if stack else "cabal", start=f"./bin/{name}" if name else None, build=build,
        serves=_first(tree, (".hs",), r"\bscotty\b|warp|\brun\s+\d+|serveWithContext|runSpock|quickHttpServe|\bserve\b"),
        frameworks={"servant-server": "servant", "yesod": "yesod", "scotty": "scotty", "spock": "spock", "ihp": "ihp",
                    "snap-core": "snap", "snap-server": "snap", "happstack-server": "happstack", "warp": "warp"},
        packages=packages, library=name is None, suffixes=(".hs",), routes=r"\bget\s+\"([^\"]*)\"",
    )  # fmt: skip


def _swift(tree: FileTree) -> Finding | None:
    if "Package.swift" not in tree:
        return None
    text = tree.text("Package.swift") or ""
    executable = re.search(r"\.executable(?:Target)?\(\s*name:\s*\"([^\"]+)\"", text)
    name = executable.group(1) if executable else None
    if name is None:
        main = next((path for path in tree.suffixed(".swift") if path.endswith("/main.swift")), None)
        name = main.split("/")[-2] if main else None
    packages = [Dependency(item.group(1).lower(), "", tree.where("Package.swift", item.group(0)))
                for item in re.finditer(r"/([\w.-]+?)(?:\.git)?\"\s*,", text)]  # fmt: skip
    vapor = any(item.name == "vapor" for item in packages)
    start = f".build/release/{name}" + (" serve --env production --hostname 0.0.0.0 --port $PORT" if vapor else "") if name else None
    return _finding(
        tree, "swift", "Package.swift", "swiftpm", start=start, build=("swift build -c release",),
        serves="Package.swift" if vapor else _first(tree, (".swift",), r"Application\(|HTTPServer|\.listen\(|runService\(|ServerBootstrap|app\.run"),
        frameworks={"vapor": "vapor", "hummingbird": "hummingbird", "kitura": "kitura", "perfect-httpserver": "perfect", "smoke-framework": "smoke"},
        packages=packages, port=8080, library=name is None, suffixes=(".swift",), routes=r"\.get\(\s*\"([^\"]*)\"",
        version=plain_version_file(tree, ".swift-version") or tool_version(tree, "swift") or _tools_version(tree),
    )  # fmt: skip


def _tools_version(tree: FileTree) -> Fact[str] | None:
    found = tree.search("Package.swift", r"swift-tools-version:\s*([\d.]+)")
    return Fact(found.group(1), CERTAIN, ("Package.swift:1",)) if found else None


def _zig(tree: FileTree) -> Finding | None:
    manifest = tree.has("build.zig", "build.zig.zon")
    if manifest is None:
        return None
    text = tree.text("build.zig") or ""
    named = re.search(r"addExecutable\((?:[^)]*?\.name\s*=\s*)?\s*\"([^\"]+)\"", text, re.S)
    name = named.group(1) if named else None
    packages = [Dependency(word, "", "build.zig.zon") for word in ("zap", "httpz", "jetzig", "tokamak") if word in (tree.text("build.zig.zon") or "") + text]
    return _finding(
        tree, "zig", manifest, "zig", start=f"./zig-out/bin/{name}" if name else None, build=("zig build -Doptimize=ReleaseSafe",),
        serves=_first(tree, (".zig",), r"std\.http\.Server|\.listen\(|zap\.|httpz\."),
        frameworks={"jetzig": "jetzig", "zap": "zap", "httpz": "httpz", "tokamak": "tokamak"}, packages=packages, library=name is None,
        version=plain_version_file(tree, ".zig-version", ".zigversion") or tool_version(tree, "zig"),
    )  # fmt: skip


def _cpp(tree: FileTree) -> Finding | None:
    manifest = tree.has("CMakeLists.txt", "meson.build", "Makefile", "configure.ac")
    sources = tree.sources(".cpp", ".cc", ".cxx", ".c", limit=50)
    if manifest is None or (manifest in {"Makefile", "configure.ac"} and not sources):
        return None
    text = tree.text(manifest) or ""
    serves = _first(tree, (".cpp", ".cc", ".cxx", ".c"), r"crow::|drogon::|httplib::Server|\blisten\(|Pistache|oatpp|mg_http_listen|accept\(|boost/beast")
    packages = [Dependency(word, "", tree.where(manifest, re.compile(word, re.I))) for word in ("crow", "drogon", "oatpp", "pistache", "httplib", "wt")
                if re.search(rf"(?i)\b{word}\b", text)]  # fmt: skip
    frameworks = {"drogon": "drogon", "crow": "crow", "oatpp": "oatpp", "pistache": "pistache", "httplib": "cpp-httplib", "wt": "wt"}
    if manifest == "CMakeLists.txt":
        project = re.search(r"(?i)project\s*\(\s*([\w.+-]+)", text)
        named = re.search(r"(?i)add_executable\s*\(\s*(\$\{[^}]+\}|[\w.+-]+)", text)
        name = named.group(1) if named else None
        if name and name.startswith("${"):
            variable = re.search(rf"(?i)set\s*\(\s*{re.escape(name[2:-1])}\s+\"?([\w.+-]+)", text)
            name = variable.group(1) if variable else project.group(1) if project else tree.name
        build: tuple[str, ...] = ("cmake -B build -DCMAKE_BUILD_TYPE=Release", "cmake --build build")
        return _finding(tree, "cpp", manifest, "cmake", start=f"./build/{name}" if name else None, build=build, serves=serves,
                        frameworks=frameworks, packages=packages, library=name is None, port=8080)  # fmt: skip
    if manifest == "meson.build":
        named = re.search(r"executable\(\s*'([^']+)'", text)
        return _finding(tree, "cpp", manifest, "meson", start=f"./build/{named.group(1)}" if named else None,
                        build=("meson setup build --buildtype=release", "meson compile -C build"), serves=serves, frameworks=frameworks,
                        packages=packages, library=named is None, port=8080)  # fmt: skip
    output = re.search(r"(?m)-o\s+(?:\$@|\$\((\w+)\)|([\w./-]+))", text)
    target = re.search(r"(?m)^(?:TARGET|BIN|EXEC\w*|PROG\w*|NAME|OUT\w*)\s*[:?]?=\s*([\w./-]+)", text)
    name = (output.group(2) if output and output.group(2) else None) or (target.group(1) if target else None)
    return _finding(tree, "cpp", manifest, "make", start=f"./{name}" if name else None, build=("make",), serves=serves,
                    frameworks=frameworks, packages=packages, port=8080)  # fmt: skip
