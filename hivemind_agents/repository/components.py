"""Monorepos: the folders that can be deployed by themselves, and which one is meant."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hivemind_agents.repository.facts import SURE, Fact, Finding
from hivemind_agents.repository.languages import read_languages
from hivemind_agents.repository.languages.node import project as node
from hivemind_agents.repository.platforms import Declared, read_platforms
from hivemind_agents.repository.readers.structured import read_json, table
from hivemind_agents.repository.report import Component
from hivemind_agents.repository.tree import ASIDE, FileTree
from hivemind_agents.repository.weighing import weigh
from hivemind_agents.repository.workspaces import entered, in_workspace, members_of, with_others

MANIFESTS = frozenset(
    {
        "package.json",
        "requirements.txt",
        "pyproject.toml",
        "Pipfile",
        "setup.py",
        "manage.py",
        "go.mod",
        "Cargo.toml",
        "pom.xml",
        "build.gradle",
        "build.gradle.kts",
        "build.sbt",
        "project.clj",
        "deps.edn",
        "Gemfile",
        "composer.json",
        "mix.exs",
        "deno.json",
        "deno.jsonc",
        "gleam.toml",
        "shard.yml",
        "pubspec.yaml",
        "stack.yaml",
        "Package.swift",
        "Procfile",
        "environment.yml",
        "Dockerfile",
        "index.php",
        "CMakeLists.txt",
        "hugo.toml",
        "hugo.yaml",
    }
)
MAX_COMPONENTS = 24
# A root of less weight than this yields to a folder that serves.
OUTWEIGHED = 0.5


@dataclass(frozen=True, slots=True)
class Layout:
    """The components, and the folder that the report is about.

    `borrowed`: the folder whose reading stands for a root that only holds commands for it.
    """

    components: tuple[Component, ...] = ()
    chosen: str = "."
    borrowed: Finding | None = None
    notes: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()


def read_layout(tree: FileTree) -> Layout:
    """Find the components, and choose where one alone can be meant."""
    root = weigh(read_languages(tree), read_platforms(tree))
    members = members_of(tree)
    folders = members or _folders(tree)
    readings = [
        (folder, finding)
        for folder in folders[:MAX_COMPONENTS]
        if (finding := _best(tree.at(folder)))
    ]
    components = tuple(_component(folder, finding) for folder, finding in readings)
    delegated = _delegated(tree, root, readings, members)
    if delegated:
        return Layout(
            components=components, borrowed=with_others(tree, members, delegated, readings)
        )
    if not readings or (
        root
        and not _is_one_of(root[0][1], readings)
        and _stands_alone(tree, root[0], readings, workspace=bool(members))
    ):
        several = members or len(components) > 1 or _differs(root, components)
        whole = with_others(tree, members, root[0][1], readings) if root and members else None
        return Layout(
            components=(*_itself(root), *components) if readings and several else (),
            borrowed=whole if root and whole != root[0][1] else None,
        )
    chosen, undecided = _choose(readings)
    if chosen is None:
        return Layout(components=components)
    folder, finding = chosen
    if members:
        return Layout(
            components=components,
            borrowed=with_others(tree, members, in_workspace(tree, folder, finding), readings),
            undecided=undecided,
            notes=(f"the workspace's member {folder} is meant; choose another with --path",),
        )
    if any(item.binding and item.processes for item in read_platforms(tree)):
        return Layout(components=components, borrowed=entered(finding, folder), undecided=undecided)
    return Layout(
        components=components, chosen=folder, undecided=undecided,
        notes=(f"the application is in {folder}; choose another folder with --path",),
    )  # fmt: skip


_DELEGATES = re.compile(
    r"\bcd\s+\.?/?([\w./-]+)\s*&&|--prefix[= ]\.?/?([\w./-]+)|--cwd[= ]\.?/?([\w./-]+)|"
    r"(?:\s-w|--workspace)[= ]([\w./@-]+)|--filter[= ]\.?/?([\w./@-]+)|workspace ([\w./@-]+)"
)


def _delegated(
    tree: FileTree,
    root: Sequence[tuple[float, Finding]],
    readings: Sequence[tuple[str, Finding]],
    members: Sequence[str],
) -> Finding | None:
    """The root's commands with the reading of the folder that its start script hands on to."""
    if not root or root[0][1].language.value != "node" or root[0][1].framework:
        return None
    own = root[0][1]
    start = str(table(read_json(tree, "package.json").get("scripts")).get("start", ""))
    found = _DELEGATES.search(start)
    wanted = next((group for group in found.groups() if group), "") if found else ""
    entry = node.read_project(tree).entry_of(start) or ""
    for folder, finding in readings:
        name = read_json(tree, f"{folder}/package.json").get("name")
        named = wanted and wanted.rstrip("/") in {folder, name, folder.rsplit("/", 1)[-1]}
        if named or entry.startswith(f"{folder}/"):
            inner = () if folder in members else entered(finding, folder).build
            if finding.kind.value == "static" and own.kind.value != "web":
                # What a developer starts is no server of the files that the build makes.
                if folder in members:
                    return in_workspace(tree, folder, finding)
                return entered(finding, folder)
            return replace(
                finding,
                package_manager=own.package_manager,
                build=(*inner, *own.build),
                processes=own.processes,
                version=own.version or finding.version,
                runtime=own.runtime,
                start=own.start or _handed_on(tree),
                env=(*finding.env, *own.env),
            )
    return None


def _is_one_of(root: Finding, readings: Sequence[tuple[str, Finding]]) -> bool:
    """Whether the root's reading is only that of one folder, which others beside it outdo."""
    folder = root.manifest.rpartition("/")[0]
    if not folder or root.kind.value in {"web", "static"}:
        return False
    return any(
        finding.kind.value == "web" and not f"{folder}/".startswith(f"{inner}/")
        for inner, finding in readings
    )


def _handed_on(tree: FileTree) -> Fact[str]:
    """The root's start script, run by its package manager."""
    manager = node.package_manager(tree, read_json(tree, "package.json")).value
    name = manager.removesuffix("-berry")
    command = "npm start" if name == "npm" else f"{name} run start"
    return Fact(command, SURE, (tree.where("package.json", '"start"'),))


def _component(folder: str, finding: Finding) -> Component:
    return Component(
        path=folder,
        kind=finding.kind.value,
        language=finding.language.value,
        framework=finding.framework.value if finding.framework else None,
    )


def _itself(root: Sequence[tuple[float, Finding]]) -> tuple[Component, ...]:
    return (_component(".", root[0][1]),) if root else ()


def _differs(root: Sequence[tuple[float, Finding]], components: tuple[Component, ...]) -> bool:
    return bool(root) and any(item.language != root[0][1].language.value for item in components)


def _stands_alone(
    tree: FileTree,
    best: tuple[float, Finding],
    readings: Sequence[tuple[str, Finding]],
    *,
    workspace: bool,
) -> bool:
    """Whether the root is an application itself."""
    weight, finding = best
    if finding.language.value == "node":
        scripts = table(read_json(tree, "package.json").get("scripts"))
        start = str(scripts.get("start", ""))
        if workspace:
            own = finding.framework is not None or (
                start
                and not re.search(r"turbo|nx |lerna|-r |--filter|--workspace|workspace ", start)
            )
            return bool(own) and finding.kind.value in {"web", "static", "worker"}
    served_at = finding.start.evidence[0] if finding.start and finding.start.evidence else ""
    python = finding.language.value == "python"
    if workspace and python and any(served_at.startswith(f"{folder}/") for folder, _ in readings):
        return False
    if finding.language.value in {"static", "shell"}:
        # Pages outweigh folders that serve nothing, such as a cloud's functions.
        served = any(inner.kind.value in {"web", "static", "worker"} for _, inner in readings)
        return weight >= OUTWEIGHED or not (
            served if finding.kind.value == "static" else _folders(tree)
        )
    return weight >= OUTWEIGHED or finding.kind.value in {"web", "worker", "static"}


def _folders(tree: FileTree) -> list[str]:
    """Folders with a manifest, up to three levels deep; none inside another."""
    found: list[str] = []
    for path in tree.paths:
        folder, _, name = path.rpartition("/")
        if folder.count("/") > 2:
            continue
        if not folder or not (name in MANIFESTS or name.endswith((".csproj", ".fsproj"))):
            continue
        parts = folder.split("/")
        if (ASIDE - {"public"}).intersection(parts) or any(part.startswith(".") for part in parts):
            continue
        if not any(folder == known or folder.startswith(known + "/") for known in found):
            found.append(folder)
    return found


def _best(tree: FileTree) -> Finding | None:
    weighed = weigh(read_languages(tree), read_platforms(tree))
    return weighed[0][1] if weighed else None


_PREFERRED = ("backend", "server", "api", "app", "web", "src", "service", "application")


def _choose(
    readings: list[tuple[str, Finding]],
) -> tuple[tuple[str, Finding] | None, tuple[str, ...]]:
    """(the reading that is meant, the folders between which only the user can choose)."""
    for kind in ("web", "static", "worker", "cli"):
        fitting = [
            item
            for item in readings
            if item[1].kind.value == kind and (item[1].start or kind == "static")
        ]
        if kind == "web" and len(fitting) > 1:
            pages = [
                item
                for item in fitting
                if item[1].framework
                and item[1].framework.value
                in {"next", "nuxt", "remix", "react-router", "sveltekit"}
            ]
            servers = [item for item in fitting if item not in pages]
            if len(servers) == 1 and len(pages) >= 1:
                return servers[0], tuple(folder for folder, _ in fitting)
        if fitting:
            for name in _PREFERRED:
                for item in fitting:
                    if item[0].rsplit("/", 1)[-1] == name:
                        return item, tuple(folder for folder, _ in fitting) if len(
                            fitting
                        ) > 1 else ()
            return fitting[0], tuple(folder for folder, _ in fitting) if len(fitting) > 1 else ()
    return (readings[0], ()) if len(readings) == 1 else (None, ())


def services_around(tree: FileTree, folder: str) -> list[Declared]:
    """What the root's platform files provide for a component below it."""
    if folder == ".":
        return []
    return [
        replace(
            item,
            processes={},
            build=(),
            port=None,
            env=(),
            health_path=None,
            document_root=None,
            language=None,
        )
        for item in read_platforms(tree)
        if item.services
    ]
