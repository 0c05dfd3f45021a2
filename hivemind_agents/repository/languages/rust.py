"""Rust: the binary of the package or workspace, and whether it listens."""

import re
from typing import Any

from hivemind_agents.repository.facts import CERTAIN, GUESS, LIKELY, SURE, WEAK, Dependencies, Dependency, Fact, Finding, Match
from hivemind_agents.repository.languages.compose_finding import finding_of
from hivemind_agents.repository.readers.routes import scan_routes
from hivemind_agents.repository.readers.structured import items, read_toml, table, text_of
from hivemind_agents.repository.readers.versions import plain_version_file, tool_version
from hivemind_agents.repository.tree import FileTree

FRAMEWORKS = {
    "rocket": "rocket", "actix-web": "actix-web", "axum": "axum", "loco-rs": "loco", "leptos_axum": "leptos",
    "warp": "warp", "poem": "poem", "salvo": "salvo", "tide": "tide", "gotham": "gotham", "ntex": "ntex",
    "rouille": "rouille", "tonic": "tonic", "hyper": "hyper", "iron": "iron", "nickel": "nickel", "tiny_http": "tiny_http",
}  # fmt: skip
_LISTENS = re.compile(
    r"\.bind\(|axum::serve|\.launch\(|warp::serve|TcpListener::bind|\.listen\(|#\[launch\]|Server::run|\.serve\(|start_server|Server::http|Iron::new"
)
_ROUTES = (
    r"#\[get\(\s*\"([^\"]*)\"", r"\.route\(\s*\"([^\"]*)\"\s*,\s*(?:axum::routing::)?(?:get|web::get)",
    r"\.at\(\s*\"([^\"]*)\"\s*\)", r"#\[handler\]\s*fn\s+(\w+)",
)  # fmt: skip


def detect(tree: FileTree) -> Finding | None:
    """Read the folder as Rust."""
    if "Cargo.toml" not in tree:
        return None
    root = read_toml(tree, "Cargo.toml")
    members = _members(tree, root)
    dependencies = _dependencies(tree, ["Cargo.toml", *(f"{member}/Cargo.toml" for member in members)])
    binaries = _binaries(tree, "", root)
    for member in members:
        binaries.extend(_binaries(tree, member + "/", read_toml(tree, f"{member}/Cargo.toml")))
    match, choices = _match(tree, root, dependencies, binaries)
    return finding_of(
        match,
        language="rust",
        manifest="Cargo.toml",
        language_confidence=CERTAIN,
        serves=SURE if match.kind == "web" else GUESS - 0.05 if match.start else WEAK,
        version=_version(tree, root),
        manager=Fact("cargo", CERTAIN, ("Cargo.toml",)),
        dependencies=dependencies,
        health=scan_routes(tree, (".rs",), *_ROUTES) if match.kind == "web" else None,
        choices=choices,
    )


def _members(tree: FileTree, root: dict[str, Any]) -> list[str]:
    globs = [item for item in items(table(root.get("workspace")).get("members")) if isinstance(item, str)]
    found = []
    for path in tree.named("Cargo.toml"):
        folder = path.rpartition("/")[0]
        if folder and any(re.fullmatch(re.escape(glob.strip("/")).replace(r"\*", "[^/]*"), folder) for glob in globs):
            found.append(folder)
    return found


def _dependencies(tree: FileTree, manifests: list[str]) -> Dependencies:
    found = []
    for path in manifests[:40]:
        content = read_toml(tree, path)
        for key, dev in (("dependencies", False), ("dev-dependencies", True), ("build-dependencies", True)):
            groups = [content.get(key)]
            if not dev:
                groups.append(table(content.get("workspace")).get("dependencies"))
            for group in groups:
                for name, spec in table(group).items():
                    detail = text_of(spec) or " ".join(str(item) for item in items(table(spec).get("features")))
                    found.append(Dependency(name, detail, tree.where(path, re.compile(rf"(?m)^{re.escape(name)}\b")), dev=dev))
    extra = [item for item in found if item.name in {"sqlx", "diesel", "sea-orm"}]
    for item in extra:
        for word, driver in (("postgres", "tokio-postgres"), ("mysql", "mysql_async")):
            if word in item.spec:
                found.append(Dependency(driver, "", item.where))
    return Dependencies(found)


def _binaries(tree: FileTree, prefix: str, content: dict[str, Any]) -> list[tuple[str, str]]:
    """(name, source) of the package's binaries."""
    package = table(content.get("package"))
    name = text_of(package.get("name"))
    found = []
    for entry in items(content.get("bin")):
        binary = text_of(table(entry).get("name"))
        path = text_of(table(entry).get("path")) or "src/main.rs"
        if binary:
            found.append((binary, prefix + path))
    if name and f"{prefix}src/main.rs" in tree and not any(source == f"{prefix}src/main.rs" for _, source in found):
        found.insert(0, (text_of(package.get("default-run")) or name, f"{prefix}src/main.rs"))
    for path in tree.suffixed(".rs"):
        inner = re.fullmatch(rf"{re.escape(prefix)}src/bin/([\w-]+)(?:\.rs|/main\.rs)", path)
        if inner and not any(source == path for _, source in found):
            found.append((inner.group(1), path))
    default = text_of(package.get("default-run"))
    return sorted(found, key=lambda item: item[0] != default) if default else found


def _version(tree: FileTree, root: dict[str, Any]) -> Fact[str] | None:
    channel = text_of(table(read_toml(tree, "rust-toolchain.toml").get("toolchain")).get("channel"))
    if channel:
        return Fact(channel, CERTAIN, (tree.where("rust-toolchain.toml", "channel"),))
    plain = tree.text("rust-toolchain", limit=500) or ""
    stated = re.search(r"channel\s*=\s*\"([^\"]+)\"", plain)
    if stated:
        return Fact(stated.group(1), CERTAIN, ("rust-toolchain:1",))
    found = plain_version_file(tree, "rust-toolchain", ".rust-version", "rust-version.txt") or tool_version(tree, "rust")
    if found:
        return found
    minimum = text_of(table(root.get("package")).get("rust-version"))
    return Fact(minimum, CERTAIN, (tree.where("Cargo.toml", "rust-version"),)) if minimum else None


def _match(
    tree: FileTree, root: dict[str, Any], dependencies: Dependencies, binaries: list[tuple[str, str]]
) -> tuple[Match, tuple[str, ...]]:
    if not binaries:
        return Match(framework=None, kind="library", kind_confidence=0.88, evidence=("Cargo.toml",)), ()
    listening = [item for item in binaries if _LISTENS.search(tree.text(item[1]) or "")]
    preferred = [item for item in binaries if item[0] in {"server", "api", "web", "app", "backend"}]
    binary, source = (listening or preferred or binaries)[0]
    choices = tuple(item[0] for item in listening) if len(listening) > 1 else ()
    framework = next((name for package, name in FRAMEWORKS.items() if dependencies.runtime(package)), None)
    listed = next((dependencies[package].where for package in FRAMEWORKS if dependencies.runtime(package)), None)
    start = f"./target/release/{binary}"
    where = next(
        (tree.where(path, _LISTENS) for path in [source, *tree.sources(".rs", limit=200)]
         if _LISTENS.search(tree.text(path) or "")), None,
    )  # fmt: skip
    build = ("cargo build --release",)
    if where:
        if framework == "rocket":
            start = f"ROCKET_ADDRESS=0.0.0.0 ROCKET_PORT=$PORT {start}"
        if framework == "hyper" and dependencies.runtime("axum"):
            framework = "axum"
        if framework == "loco":
            start = f"{start} start"
        return Match(
            framework=framework, kind="web", confidence=0.95, kind_confidence=SURE if framework else LIKELY,
            evidence=tuple(item for item in (listed, where) if item), start=start, start_confidence=0.9,
            build=build, port=8000 if framework == "rocket" else 8080 if framework == "actix-web" else 3000,
        ), choices  # fmt: skip
    text = tree.text(source) or ""
    works = re.search(r"(?m)^\s*loop\s*\{", text) and re.search(r"sleep|recv|next\(\)|consume|interval", text)
    bot = dependencies.runtime("serenity", "teloxide", "twilight-gateway", "poise")
    kind = "worker" if works or bot else "cli"
    return Match(
        framework=None, kind=kind, kind_confidence=0.75 if kind == "worker" else 0.88, evidence=(source,),  # type: ignore[arg-type]  # one of the two
        start=start, start_confidence=0.9, build=build, processes={"worker": start} if kind == "worker" else {},
    ), choices  # fmt: skip
