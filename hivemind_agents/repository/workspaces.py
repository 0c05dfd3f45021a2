"""Workspaces: their members, and the reading of one member with what the whole does for it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from hivemind_agents.repository.facts import LIKELY, SURE, Fact, Finding
from hivemind_agents.repository.languages.node import prisma
from hivemind_agents.repository.languages.node import project as node
from hivemind_agents.repository.readers.structured import items, read_json, read_toml, table
from hivemind_agents.repository.tree import FileTree

_WORKERS = frozenset({"worker", "workers", "jobs", "queue", "background"})


def members_of(tree: FileTree) -> list[str]:
    """The members of a workspace of Node, Python or Go."""
    globs: list[str] = []
    if "package.json" in tree:
        globs = list(node.workspaces(tree, read_json(tree, "package.json")))
        if not globs and tree.has("lerna.json", "nx.json", "turbo.json"):
            globs = [
                str(item) for item in items(read_json(tree, "lerna.json").get("packages"))
            ] or ["apps/*", "packages/*"]
        return list(_members(tree, globs, "package.json"))
    uv = table(
        table(table(read_toml(tree, "pyproject.toml").get("tool")).get("uv")).get("workspace")
    )
    if uv:
        return list(
            _members(tree, [str(item) for item in items(uv.get("members"))], "pyproject.toml")
        )
    if "go.work" in tree:
        used = re.findall(
            r"(?m)^[ \t]*(?:use\s+)?\.?/?([\w./-]+)\s*$",
            re.sub(r"(?m)^go .*$|^use \(|^\)", "", tree.text("go.work") or ""),
        )
        return [folder.strip("/") for folder in used if f"{folder.strip('/')}/go.mod" in tree]
    return []


def _members(tree: FileTree, globs: Sequence[str], manifest: str) -> Iterator[str]:
    patterns = [
        re.compile(re.escape(glob.strip("/")).replace(r"\*\*", ".+").replace(r"\*", "[^/]+"))
        for glob in globs
        if glob.strip("/")
    ]
    for path in tree.named(manifest):
        folder = path.rpartition("/")[0]
        if folder and any(pattern.fullmatch(folder) for pattern in patterns):
            yield folder


def entered(finding: Finding, folder: str) -> Finding:
    """The finding with its commands run in the folder."""

    def enter(command: str) -> str:
        return f"cd {folder} && {command}"

    return replace(
        finding,
        build=tuple(enter(command) for command in finding.build),
        start=replace(finding.start, value=enter(finding.start.value)) if finding.start else None,
        processes={
            name: replace(fact, value=enter(fact.value)) for name, fact in finding.processes.items()
        },
        document_root=f"{folder}/{finding.document_root}" if finding.document_root else None,
    )


def in_workspace(tree: FileTree, folder: str, finding: Finding) -> Finding:
    """A member's finding with the workspace's package manager and commands."""
    if finding.language.value == "python" and "uv.lock" in tree:
        name = str(table(read_toml(tree, f"{folder}/pyproject.toml").get("project")).get("name"))
        return replace(
            entered(finding, folder),
            package_manager=Fact("uv", SURE, ("uv.lock",)),
            build=(f"uv sync --frozen --no-dev --package {name}",),
        )
    if finding.language.value != "node":
        return entered(finding, folder)
    package = read_json(tree, "package.json")
    manager = node.package_manager(tree, package)
    name = str(read_json(tree, f"{folder}/package.json").get("name") or folder)
    known = manager.value.removesuffix("-berry")

    def inside(command: str) -> str:
        script = re.match(r"(?:npm|yarn|pnpm|bun) (?:run )?([\w:.-]+)$", command)
        if script is None or script.group(1) in {"install", "ci"}:
            return f"cd {folder} && {command}"
        return {
            "npm": f"npm run {script.group(1)} --workspace={folder}",
            "yarn": f"yarn workspace {name} run {script.group(1)}",
            "pnpm": f"pnpm --filter ./{folder} run {script.group(1)}",
            "bun": f"bun run --filter ./{folder} {script.group(1)}",
        }[known]

    own = [command for command in finding.build if not re.match(r"\w+ (?:install|ci)\b", command)]
    root_build = "build" in table(package.get("scripts"))
    run = f"{manager.value.removesuffix('-berry')} run build"
    build = (
        node.install_command(tree, manager.value),
        *((run,) if root_build and own else map(inside, own)),
    )
    version = node.node_version(tree, package) or finding.version
    start: Fact[str] | None = (
        replace(finding.start, value=inside(finding.start.value)) if finding.start else None
    )
    return replace(
        finding,
        package_manager=manager,
        build=tuple(build),
        start=start,
        version=version,
        runtime="bun" if manager.value == "bun" else finding.runtime,
        processes={
            key: replace(fact, value=inside(fact.value)) for key, fact in finding.processes.items()
        },
        document_root=f"{folder}/{finding.document_root}" if finding.document_root else None,
    )


def with_others(
    tree: FileTree,
    members: Sequence[str],
    chosen: Finding,
    readings: Sequence[tuple[str, Finding]],
) -> Finding:
    """The chosen member of a workspace of Node with what other members do for it: the tables and
    their client, and the work behind the pages.
    """
    if chosen.language.value != "node" or chosen.kind.value != "web":
        return chosen
    processes, build = dict(chosen.processes), chosen.build
    write, release = prisma.of_workspace(tree, members)
    if release and "release" not in processes:
        processes["release"] = Fact(release, LIKELY, ("package.json",))
        root = table(read_json(tree, "package.json").get("scripts"))
        if write and not re.search(r"prisma\S* ?generate|prisma:generate", str(root)):
            build = (*build[:1], write, *build[1:])
    for folder, finding in readings:
        apart = finding.kind.value == "worker" and folder.rpartition("/")[2] in _WORKERS
        if apart and finding.start and "worker" not in processes:
            processes["worker"] = in_workspace(tree, folder, finding).start or finding.start
    return replace(chosen, processes=processes, build=build)
