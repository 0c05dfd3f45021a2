"""Cargo's manifests: crates, their programs and packages; the toolchain."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hivemind_agents.repository.facts import CERTAIN, Dependency, Fact
from hivemind_agents.repository.readers.structured import items, read_toml, table, text_of
from hivemind_agents.repository.readers.versions import plain_version_file, tool_version
from hivemind_agents.repository.tree import FileTree

MAX_CRATES = 60
# A general package, by the feature that names the driver inside of it.
_FEATURES = (
    ("tokio-postgres", re.compile(r"postgres")),
    ("mysql_async", re.compile(r"mysql|mariadb")),
    ("redis", re.compile(r"\bdeadpool_redis\b")),
    ("mongodb", re.compile(r"\bmongodb\b")),
)
_DRIVEN = {"sqlx", "diesel", "sea-orm", "diesel-async", "deadpool-diesel", "rocket_db_pools",
           "rocket_sync_db_pools", "sea-orm-migration", "diesel_migrations", "sqlx-core", "loco-rs",
           "sea-orm-rocket", "deadpool"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Binary:
    """A program: its name and the file of its `main`."""

    name: str
    source: str


@dataclass(frozen=True, slots=True)
class Crate:
    """One package of Cargo."""

    folder: str
    name: str
    binaries: tuple[Binary, ...]
    dependencies: tuple[Dependency, ...]
    default_run: str | None = None
    library: bool = False

    def within(self, path: str) -> bool:
        return path.startswith(f"{self.folder}/") if self.folder else True


def read_crates(tree: FileTree) -> Iterator[Crate]:
    """The root's package, then the members of its workspace."""
    root = read_toml(tree, "Cargo.toml")
    shared = table(table(root.get("workspace")).get("dependencies"))
    if root.get("package"):
        yield _crate(tree, "", root, shared)
    for folder in _members(tree, root):
        content = read_toml(tree, f"{folder}/Cargo.toml")
        if content.get("package"):
            yield _crate(tree, folder, content, shared)


def _members(tree: FileTree, root: dict[str, Any]) -> list[str]:
    workspace = table(root.get("workspace"))
    globs = [text.strip("./") for text in items(workspace.get("members")) if isinstance(text, str)]
    excluded = {
        text.strip("./") for text in items(workspace.get("exclude")) if isinstance(text, str)
    }
    if not workspace:
        return []
    patterns = [
        re.compile(re.escape(glob).replace(r"\*\*", ".*").replace(r"\*", "[^/]*")) for glob in globs
    ]
    found = []
    for path in tree.named("Cargo.toml"):
        folder = path.rpartition("/")[0]
        if folder and folder not in excluded and any(item.fullmatch(folder) for item in patterns):
            found.append(folder)
    return found[:MAX_CRATES]


def _crate(tree: FileTree, folder: str, content: dict[str, Any], shared: dict[str, Any]) -> Crate:
    package = table(content.get("package"))
    name = text_of(package.get("name")) or folder.rpartition("/")[2] or tree.name
    prefix = f"{folder}/" if folder else ""
    return Crate(
        folder,
        name,
        tuple(_binaries(tree, prefix, name, content)),
        tuple(_dependencies(tree, f"{prefix}Cargo.toml", content, shared)),
        text_of(package.get("default-run")),
        library="lib" in content or f"{prefix}src/lib.rs" in tree,
    )


def _binaries(tree: FileTree, prefix: str, name: str, content: dict[str, Any]) -> Iterator[Binary]:
    taken: set[str] = set()
    for entry in items(content.get("bin")):
        binary = text_of(table(entry).get("name"))
        path = text_of(table(entry).get("path"))
        if binary is None:
            continue
        if path is None:
            path = next((known for known in (f"src/bin/{binary}.rs", f"src/bin/{binary}/main.rs")
                         if prefix + known in tree), "src/main.rs")  # fmt: skip
        taken.add(prefix + path)
        yield Binary(binary, prefix + path)
    if f"{prefix}src/main.rs" in tree and f"{prefix}src/main.rs" not in taken:
        yield Binary(name, f"{prefix}src/main.rs")
    for path in tree.suffixed(".rs"):
        inner = re.fullmatch(rf"{re.escape(prefix)}src/bin/([\w-]+)(?:\.rs|/main\.rs)", path)
        if inner and path not in taken:
            yield Binary(inner.group(1), path)


def _dependencies(
    tree: FileTree, path: str, content: dict[str, Any], shared: dict[str, Any]
) -> Iterator[Dependency]:
    chosen = _chosen(content)
    for key, dev in (
        ("dependencies", False),
        ("dev-dependencies", True),
        ("build-dependencies", True),
    ):
        for alias, spec in table(content.get(key)).items():
            detail = table(spec)
            common = table(shared.get(alias)) if detail.get("workspace") else {}
            name = text_of(detail.get("package")) or text_of(common.get("package")) or str(alias)
            features = " ".join(
                str(item)
                for item in (*items(detail.get("features")), *items(common.get("features")))
            )
            where = tree.where(
                path, re.compile(rf"(?m)^\W*(?:[\w-]*dependencies\.)?{re.escape(str(alias))}\b")
            )
            optional = detail.get("optional") is True and str(alias) not in chosen
            yield Dependency(name, features or text_of(spec) or "", where, dev=dev or optional)
            if name in _DRIVEN and not dev:
                for driver, pattern in _FEATURES:
                    if pattern.search(features):
                        yield Dependency(driver, "", where)


def _chosen(content: dict[str, Any]) -> set[str]:
    """Optional packages that the default features, or those of a server's build, switch on."""
    features = table(content.get("features"))
    pending, found = ["default", "ssr", "server"], set[str]()
    for name in pending:
        for entry in items(features.get(name)):
            text = str(entry).removeprefix("dep:").partition("/")[0].rstrip("?")
            if text in features and text not in pending:
                pending.append(text)
            found.add(text)
    return found


def rust_version(tree: FileTree) -> Fact[str] | None:
    """The toolchain's files, then `rust-version`."""
    for path in ("rust-toolchain.toml", "rust-toolchain"):
        channel = text_of(table(read_toml(tree, path).get("toolchain")).get("channel"))
        if channel:
            return Fact(channel, CERTAIN, (tree.where(path, "channel"),))
    found = plain_version_file(tree, "rust-toolchain", ".rust-version", "rust-version.txt")
    found = found or tool_version(tree, "rust")
    if found:
        return found
    content = read_toml(tree, "Cargo.toml")
    for holder in (content.get("package"), table(content.get("workspace")).get("package")):
        minimum = text_of(table(holder).get("rust-version"))
        if minimum:
            return Fact(minimum, CERTAIN, (tree.where("Cargo.toml", "rust-version"),))
    return None
