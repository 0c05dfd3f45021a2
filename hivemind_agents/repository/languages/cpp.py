"""C and C++: CMake, Meson, a Makefile."""

import re

from hivemind_agents.repository.facts import (
    CERTAIN,
    LIKELY,
    Dependencies,
    Dependency,
    Fact,
    Finding,
)
from hivemind_agents.repository.languages.assemble import assemble
from hivemind_agents.repository.languages.program import (
    code_health,
    literal_port,
    program_match,
    used_framework,
)
from hivemind_agents.repository.readers.code import Code
from hivemind_agents.repository.tree import FileTree

SUFFIXES = (".cpp", ".cc", ".cxx", ".c", ".hpp", ".h")
FRAMEWORKS = {
    "drogon": ("drogon", r"drogon::|\bdrogon/"),
    "crow": ("crow", r"crow::|crow\.h|crow_all"),
    "oatpp": ("oatpp", r"oatpp"),
    "pistache": ("pistache", r"Pistache::|pistache/"),
    "httplib": ("cpp-httplib", r"httplib::(?:SSL)?Server"),
    "restinio": ("restinio", r"restinio::"),
    "cpprest": ("cpprestsdk", r"http_listener"),
    "wt": ("wt", r"Wt::|WRun|<Wt/"),
    "served": ("served", r"served::"),
    "beast": ("boost-beast", r"boost/beast"),
    "libmicrohttpd": ("libmicrohttpd", r"MHD_start_daemon"),
    "mongoose": ("mongoose", r"mg_http_listen"),
    "cinatra": ("cinatra", r"cinatra"),
    "userver": ("userver", r"userver"),
    "civetweb": ("civetweb", r"mg_start"),
}
# What the code includes of each client of a database.
CLIENTS = {
    "libpqxx": r"<pqxx/",
    "libpq": r"libpq-fe\.h",
    "hiredis": r"hiredis\.h",
    "redis-plus-plus": r"<sw/redis\+\+",
    "mongocxx": r"<mongocxx/",
    "mysqlclient": r"[</]mysql\.h>",
    "mysql-connector-cpp": r"mysql_connection\.h|mysqlx/|mysql/jdbc\.h",
}
# The weight of sources that only a Makefile, or nothing, builds.
BESIDE = 0.3
_SOCKETS = r"\bbind\s*\([\s\S]{0,2000}\blisten\s*\(|\baccept\s*\(\s*\w+"


def detect(tree: FileTree) -> Finding | None:
    """Read the folder as C or C++; a Makefile alone speaks for nothing."""
    code = Code(tree, SUFFIXES, limit=200)
    manifest = tree.has("CMakeLists.txt", "meson.build") or (
        tree.has("Makefile", "makefile", "GNUmakefile", "configure.ac")
        if _own_sources(tree)
        else None
    )
    alone = next(
        iter(
            [
                *tree.root_files("main.cpp"),
                *tree.root_files("main.c"),
                *tree.root_files("*.cpp"),
                *tree.root_files("*.c"),
            ]
        ),
        None,
    )
    if (manifest is None and alone is None) or not tree.sources(*SUFFIXES, limit=1):
        return None
    start, build = _commands(tree, manifest, alone or "main.c")
    packages = Dependencies(list(_packages(tree, manifest, code)))
    framework, listed, hit = used_framework(packages, FRAMEWORKS, code)
    match = program_match(
        manifest=manifest or alone or "",
        start=start if code.first(r"\bmain\s*\(") or hit else None,
        build=build,
        serves=hit.where if hit else code.where(_SOCKETS),
        framework=framework,
        listed=listed,
        port=_configured_port(tree) or literal_port(code, 8080),
        kind_confidence=0.9,
    )
    name = {"CMakeLists.txt": "cmake", "meson.build": "meson"}.get(manifest or "", "make")
    found = assemble(
        match,
        language="cpp",
        manifest=manifest or alone or "",
        dependencies=packages,
        manager=Fact(name, CERTAIN if name != "make" else LIKELY, (manifest,))
        if manifest
        else None,
        health=code_health(
            code, r"CROW_ROUTE\(\s*\w+\s*,\s*\"([^\"]*)\"", r"\.Get\(\s*\"([^\"]*)\""
        )
        if match.kind == "web"
        else None,
        language_confidence=0.95 if manifest in {"CMakeLists.txt", "meson.build"} else 0.85,
        listed=manifest is not None,
    )
    # C lies beside many languages as an extension; a Makefile calls many tools.
    return found if name != "make" else found.but(serves=min(found.serves, BESIDE))


def _configured_port(tree: FileTree) -> int | None:
    """The port of the listeners in Drogon's configuration."""
    found = tree.search(
        tree.has("config.json", "config.yaml", "config.yml") or "",
        r"\"?listeners\"?\s*:\s*(?:\[\s*\{|\n\s*-)[^\]]{0,300}?\"?port\"?\s*:\s*(\d{2,5})\b",
    )
    return int(found.group(1)) if found and int(found.group(1)) < 65536 else None


def _own_sources(tree: FileTree) -> bool:
    return any(path.count("/") == 0 or path.startswith(("src/", "source/", "app/"))
               for path in tree.sources(".cpp", ".cc", ".cxx", ".c", limit=20))  # fmt: skip


def _packages(tree: FileTree, manifest: str | None, code: Code) -> list[Dependency]:
    """By the manifests' words, else by what the code includes."""
    found: list[Dependency] = []
    for name, (_, pattern) in FRAMEWORKS.items():
        path = next(
            (
                path
                for path in (manifest, "vcpkg.json", "conanfile.txt", "conanfile.py")
                if path and tree.search(path, rf"(?i)\b(?:lib)?{re.escape(name)}\b")
            ),
            None,
        )
        if path:
            found.append(
                Dependency(name, "", tree.where(path, re.compile(rf"(?i)\b(?:lib)?{name}\b")))
            )
        else:
            where = code.where(pattern)
            if where:
                found.append(Dependency(name, "", where))
    for name, pattern in CLIENTS.items():
        where = code.where(pattern)
        if where:
            found.append(Dependency(name, "", where))
    return found


def _commands(
    tree: FileTree, manifest: str | None, alone: str
) -> tuple[str | None, tuple[str, ...]]:
    text = re.sub(r"(?m)#.*$", "", tree.text(manifest) or "") if manifest else ""
    if manifest == "CMakeLists.txt":
        return _cmake(tree, text), (
            "cmake -B build -DCMAKE_BUILD_TYPE=Release",
            "cmake --build build",
        )
    if manifest == "meson.build":
        named = re.search(r"(?<!\w)executable\(\s*(?:'([^']+)'|meson\.project_name\(\))", text)
        project = re.search(r"project\(\s*'([^']+)'", text)
        name = named.group(1) or (project.group(1) if project else None) if named else None
        build = ("meson setup build --buildtype=release", "meson compile -C build")
        return f"./build/{name}" if name else None, build
    if manifest:
        output = re.search(r"-o\s+([\w./-]+)", text)
        variable = re.search(
            r"(?mi)^(?:TARGET|BIN\w*|EXEC\w*|PROG\w*|NAME|OUT\w*|APP)\s*[:?]?=\s*([\w./-]+)", text
        )
        first = re.search(r"(?m)^all:\s*([\w./-]+)", text)
        found = output or variable or first
        name = found.group(1) if found else None
        return f"./{name.removeprefix('./')}" if name else None, ("make",)
    compiler = "gcc" if alone.endswith(".c") else "g++ -std=c++17"
    return "./app", (f"{compiler} -O2 -o app {alone}",)


def _cmake(tree: FileTree, text: str) -> str | None:
    """The first executable, of the root or of a folder that it adds."""
    project = re.search(r"(?i)\bproject\s*\(\s*([\w.+-]+)", text)
    scopes = [("", text)]
    for folder in re.findall(r"(?i)add_subdirectory\s*\(\s*([\w./-]+)", text)[:20]:
        inner = re.sub(r"(?m)#.*$", "", tree.text(f"{folder.rstrip('/')}/CMakeLists.txt") or "")
        if not re.search(r"(?i)test", folder):
            scopes.append((f"{folder.rstrip('/')}/", inner))
    for folder, content in scopes:
        for found in re.finditer(
            r"(?i)add_executable\s*\(\s*(?:\"?\$\{([^}]+)\}\"?|([\w.+-]+))", content
        ):
            name = found.group(2)
            if name is None:
                variable = re.search(
                    rf"(?i)set\s*\(\s*{re.escape(found.group(1))}\s+\"?([\w.+-]+)", content + text
                )
                name = variable.group(1) if variable else project.group(1) if project else tree.name
            if not re.search(r"(?i)test|example|bench", name):
                output = re.search(
                    r"(?i)RUNTIME_OUTPUT_DIRECTORY\s+\"?\$\{(?:CMAKE|PROJECT)_\w*BINARY_DIR\}/(\w+)",
                    text,
                )
                place = f"{output.group(1)}/" if output else folder
                return f"./build/{place}{name}"
    return None
