"""What Go's manifests say: modules, packages, version."""

import re
from collections.abc import Iterator

from hivemind_agents.repository.facts import CERTAIN, LIKELY, SURE, Dependency, Fact
from hivemind_agents.repository.readers.structured import (
    items,
    read_json,
    read_toml,
    table,
    text_of,
)
from hivemind_agents.repository.readers.versions import plain_version_file, tool_version
from hivemind_agents.repository.tree import FileTree

MANIFESTS = ("go.mod", "go.work", "Gopkg.toml", "Gopkg.lock", "glide.yaml", "Godeps/Godeps.json")
_REQUIRE = re.compile(
    r"^\s*(?:require\s+)?([\w.-]+\.[\w.-]+/\S+|[\w.-]+\.\w+)\s+(v\S+)(\s*//\s*indirect)?"
)


def modules(tree: FileTree) -> dict[str, str]:
    """Folder ("" is the root) to the module's path, of the root and of every part of go.work."""
    folders = [""] if "go.mod" in tree else []
    work = tree.text("go.work") or ""
    used = re.sub(r"//[^\n]*", "", work)
    for block in re.findall(r"(?m)^use\s*\(([^)]*)\)|^use\s+([^\s(]+)", used):
        folders.extend(word.strip("\"'") for word in " ".join(block).split())
    found: dict[str, str] = {}
    for folder in folders[:100]:
        clean = folder.removeprefix("./").strip("/")
        clean = "" if clean == "." else clean
        path = f"{clean}/go.mod" if clean else "go.mod"
        name = tree.search(path, r"(?m)^module\s+\"?([^\s\"]+)")
        if path in tree:
            found.setdefault(clean, name.group(1) if name else clean or "app")
    return found


def required(tree: FileTree, folder: str) -> Iterator[tuple[Dependency, bool]]:
    """(package, whether it is only marked as needed by others) of one go.mod."""
    path = f"{folder}/go.mod" if folder else "go.mod"
    inside = ""
    for number, line in enumerate((tree.text(path) or "").splitlines(), start=1):
        opened = re.match(r"^(require|replace|exclude|retract|tool)\s*\(", line)
        if opened:
            inside = opened.group(1)
            continue
        if line.startswith(")"):
            inside = ""
            continue
        if inside == "require" or line.startswith("require "):
            found = _REQUIRE.match(line)
            if found:
                where = f"{path}:{number}"
                yield Dependency(found.group(1), found.group(2), where), bool(found.group(3))


def older(tree: FileTree) -> Iterator[Dependency]:
    """Packages of the managers before modules: dep, glide, godep."""
    for entry in items(read_toml(tree, "Gopkg.toml").get("constraint")):
        name = text_of(table(entry).get("name"))
        if name:
            yield Dependency(
                name, text_of(table(entry).get("version")) or "", tree.where("Gopkg.toml", name)
            )
    for found in re.finditer(r"(?m)^[ \t]*-\s*package:\s*(\S+)", tree.text("glide.yaml") or ""):
        yield Dependency(found.group(1), "", tree.where("glide.yaml", found.group(1)))
    for entry in items(read_json(tree, "Godeps/Godeps.json").get("Deps")):
        name = text_of(table(entry).get("ImportPath"))
        if name:
            yield Dependency(name, "", tree.where("Godeps/Godeps.json", f'"{name}"'))


def of_pop(tree: FileTree) -> Iterator[Dependency]:
    """The drivers that Pop, Buffalo's ORM, loads for the dialects of database.yml."""
    for dialect, driver in (
        ("postgres", "github.com/lib/pq"),
        ("mysql", "github.com/go-sql-driver/mysql"),
    ):
        pattern = re.compile(rf"(?m)^[ \t]*dialect:\s*[\"']?{dialect}")
        if tree.search("database.yml", pattern):
            yield Dependency(driver, "", tree.where("database.yml", pattern))


def package_manager(tree: FileTree) -> Fact[str] | None:
    """Modules first; the older managers where there are none."""
    for path, name in (
        ("go.mod", "gomod"), ("go.work", "gomod"), ("Gopkg.toml", "dep"), ("Gopkg.lock", "dep"),
        ("glide.yaml", "glide"), ("Godeps/Godeps.json", "godep"),
    ):  # fmt: skip
        if path in tree:
            return Fact(name, CERTAIN, (path,))
    nested = next((path for path in tree.named("go.mod") if path.count("/") == 1), None)
    return Fact("gomod", LIKELY, (nested,)) if nested else None


def go_version(tree: FileTree) -> Fact[str] | None:
    """Version files, then Heroku's comment, then the `go` line."""
    found = plain_version_file(tree, ".go-version", prefix="go") or tool_version(
        tree, "golang", "go"
    )
    if found:
        return found
    for path in ("go.mod", "go.work", *tree.named("go.mod")[:1]):
        for pattern in (r"//\s*\+heroku\s+goVersion\s+go([\d.]+)", r"(?m)^go\s+(\d[\w.]*)"):
            match = tree.search(path, pattern)
            if match:
                return Fact(match.group(1), CERTAIN, (tree.where(path, match.group(0)),))
    match = tree.search("Godeps/Godeps.json", r"\"GoVersion\":\s*\"go([\d.]+)")
    return Fact(match.group(1), SURE, ("Godeps/Godeps.json",)) if match else None
