"""What all detectors of Node frameworks look at: package.json, its lock file, its entry."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hivemind_agents.repository.facts import CERTAIN, GUESS, SURE, Dependencies, Dependency, Fact
from hivemind_agents.repository.languages.node.builds import build_commands
from hivemind_agents.repository.readers.structured import (
    items,
    read_json,
    read_yaml,
    table,
    text_of,
)
from hivemind_agents.repository.readers.versions import plain_version_file, tool_version
from hivemind_agents.repository.tree import FileTree

MANIFEST = "package.json"
SUFFIXES = (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts")
_ENTRIES = (
    "server.js",
    "index.js",
    "app.js",
    "main.js",
    "server.mjs",
    "index.mjs",
    "app.mjs",
    "server.cjs",
    "server.ts",
    "index.ts",
    "app.ts",
    "main.ts",
    "index.tsx",
    "src/server.js",
    "src/index.js",
    "src/app.js",
    "src/main.js",
    "src/server.ts",
    "src/index.ts",
    "src/index.tsx",
    "src/app.ts",
    "src/main.ts",
    "server/index.js",
    "server/server.js",
    "server/index.ts",
    "bot.js",
    "worker.js",
    "src/bot.js",
    "src/worker.js",
    "bin/www",
    "start.js",
    "index.cjs",
    "src/index.mjs",
)
_RUN = re.compile(
    r"(?:^|\s|&&)(?:node|bun|bun run|ts-node|tsx|nodemon|ts-node-dev|pm2(?:-runtime)? start|"
    r"pm2-runtime|babel-node|forever)"
    r"(?:\s+-{1,2}[\w=.:/@-]+(?:\s+(?:ts-node/register|dotenv/config|tsx|"
    r"tsconfig-paths/register|\.?/?[\w/.-]*instrument[\w/.-]*|esm))?)*"
    r"\s+(?!run\b)([\w./@-]+)"
)


@dataclass(frozen=True)
class NodeProject:
    """A folder with a package.json."""

    tree: FileTree
    package: dict[str, Any]
    dependencies: Dependencies
    manager: Fact[str]

    @cached_property
    def scripts(self) -> dict[str, str]:
        return {
            str(name): value
            for name, value in table(self.package.get("scripts")).items()
            if isinstance(value, str)
        }

    def run(self, script: str) -> str:
        """How the package manager runs a script."""
        name = self.manager.value.removesuffix("-berry")
        if name == "npm" and script == "start":
            return "npm start"
        return f"{name} run {script}"

    def exec(self, command: str) -> str:
        """How a package's own program is run."""
        prefix = {
            "npm": "npx",
            "yarn": "yarn",
            "yarn-berry": "yarn",
            "pnpm": "pnpm exec",
            "bun": "bunx",
        }
        return f"{prefix.get(self.manager.value, 'npx')} {command}"

    def where(self, name: str) -> tuple[str, ...]:
        found = self.dependencies.first(name)
        return (found.where,) if found else ()

    def script_where(self, script: str) -> str:
        return self.tree.where(MANIFEST, f'"{script}"')

    @cached_property
    def build(self) -> tuple[str, ...]:
        """The commands that build, without a database."""
        return build_commands(self)

    @cached_property
    def published(self) -> bool:
        """Whether the package is made for others to import, with no program of its own."""
        marks = ("files", "exports", "types", "typings", "publishConfig", "peerDependencies")
        return (
            not self.package.get("private")
            and "start" not in self.scripts
            and any(key in self.package for key in marks)
        )

    def builds_with(self, *commands: str) -> bool:
        """Whether a script of the package itself, not of its documents, calls a command."""
        scripts = "\n".join(
            text for name, text in self.scripts.items() if not name.startswith("docs")
        )
        return any(re.search(rf"\b{re.escape(word)}\b", scripts) for word in commands)

    @cached_property
    def entry(self) -> str | None:
        """The file that is run: of the start script, of `main`, or of the usual name."""
        for name in ("start", "start:prod", "serve", "dev"):
            path = self.entry_of(self.scripts.get(name, ""))
            if path:
                return path
        main = text_of(self.package.get("main")) or text_of(self.package.get("module"))
        path = self.existing(main) if main else None
        program = self.program
        if path and program and path in self._imports(program, self.tree.text(program) or ""):
            # What others import is started by the package's own program.
            return program
        return path or self.tree.has(*(name for name in _ENTRIES if not self._of_another(name)))

    @property
    def program(self) -> str | None:
        """The file of the first command that the package installs (`bin`)."""
        value = self.package.get("bin")
        path = text_of(value) or text_of(next(iter(table(value).values()), None))
        return self.existing(path) if path else None

    def _of_another(self, path: str) -> bool:
        """Whether a file is in a folder with a manifest of its own."""
        folder = path.rpartition("/")[0]
        return bool(folder) and f"{folder}/{MANIFEST}" in self.tree

    def expanded(self, script: str) -> str:
        """What a script runs in the end: `npm run start-server` is that script's text."""
        for _ in range(3):
            named = re.match(
                r"\s*(?:npm|yarn|pnpm|bun)(?: run| run-script)? ([\w:.-]+)\s*$", script
            )
            text = self.scripts.get(named.group(1)) if named else None
            if text is None:
                break
            script = text
        return script

    def entry_of(self, script: str) -> str | None:
        """The repository's file that a script runs; a compiled file's source where it has one."""
        script = self.expanded(script)
        found = _RUN.search(script)
        if found is None:
            return None
        path = self.existing(found.group(1))
        if path and re.search(r"\bpm2", script) and path.endswith((".config.js", ".json", ".cjs")):
            named = self.tree.search(path, r"[\"']?script[\"']?\s*:\s*[\"']([^\"']+)[\"']")
            return self.existing(named.group(1)) if named else None
        return path

    def existing(self, path: str) -> str | None:
        """The path in the tree with what Node adds to it, or its TypeScript source."""
        path = path.removeprefix("./").rstrip("/")
        if path in {"", "."}:
            return self.tree.has("index.js", "index.ts", "server.js")
        candidates = [
            path,
            *(path + suffix for suffix in SUFFIXES),
            f"{path}/index.js",
            f"{path}/index.ts",
        ]
        found = self.tree.has(*candidates)
        if found:
            return found
        stem = re.sub(r"\.(?:js|mjs|cjs)$", "", path)
        inner = re.sub(r"^(?:dist|build|lib|out|\.build)/", "", stem)
        inner = re.sub(r"^src/", "", inner)
        return self.tree.has(
            *(
                f"{folder}{inner}{suffix}"
                for folder in ("src/", "", "server/", "app/")
                for suffix in (".ts", ".js", ".mts", "/index.ts")
            )
        )

    @cached_property
    def sources(self) -> list[tuple[str, str]]:
        """(path, text) of the server's side, bounded."""
        return [
            (path, self.tree.text(path, limit=200_000) or "")
            for path in self.tree.sources(*SUFFIXES, ".tsx", ".jsx", limit=250)
            if not re.search(r"\.(?:test|spec|stories|config|d)\.\w+$", path)
        ]

    def search(self, pattern: str | re.Pattern[str]) -> str | None:
        """Where the first source with a match has it."""
        compiled = re.compile(pattern) if isinstance(pattern, str) else pattern
        for path, text in self.sources:
            hit = compiled.search(text)
            if hit:
                return f"{path}:{text.count(chr(10), 0, hit.start()) + 1}"
        return None

    @cached_property
    def reachable(self) -> list[tuple[str, str]]:
        """(path, text) of the entry and of what it imports, three steps deep."""
        texts = dict(self.sources)
        entry = self.entry
        if entry and entry not in texts:
            texts[entry] = self.tree.text(entry) or ""
        frontier = [entry] if entry else []
        seen: dict[str, str] = {}
        for _ in range(4):
            following: list[str] = []
            for path in frontier:
                if path in seen:
                    continue
                seen[path] = texts.get(path) or self.tree.text(path) or ""
                following += self._imports(path, seen[path])
            frontier = following
        return list(seen.items())

    def _imports(self, path: str, text: str) -> list[str]:
        """Files of the repository that a file's text names to be imported or run."""
        folder = path.rpartition("/")[0]
        named = re.findall(
            r"(?:from|require\(|import\(|import|fork\()\s*[\"'](\.{1,2}/[^\"']*|\.{1,2})[\"']", text
        )
        return [found for name in named if (found := self.existing(_join(folder, name)))]

    def reaches(self, pattern: str) -> str | None:
        """Where the code that the entry reaches has a match."""
        compiled = re.compile(pattern)
        for path, text in self.reachable:
            hit = compiled.search(text)
            if hit:
                return f"{path}:{text.count(chr(10), 0, hit.start()) + 1}"
        return None

    def config(self, *names: str) -> tuple[str, str]:
        """(path, text) of the first configuration of these stems, or two empty texts."""
        for name in names:
            for suffix in (".js", ".mjs", ".cjs", ".ts", ".mts", ".json"):
                text = self.tree.text(name + suffix)
                if text is not None:
                    return name + suffix, text
        return "", ""


def _join(folder: str, name: str) -> str:
    parts = folder.split("/") if folder else []
    for part in name.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in {".", ""}:
            parts.append(part)
    return "/".join(parts) or "."


def read_project(tree: FileTree) -> NodeProject:
    package = read_json(tree, MANIFEST)
    return NodeProject(
        tree, package, read_dependencies(tree, package), package_manager(tree, package)
    )


def read_dependencies(tree: FileTree, package: dict[str, Any]) -> Dependencies:
    found: list[Dependency] = []
    for key, dev in (
        ("dependencies", False),
        ("optionalDependencies", False),
        ("devDependencies", True),
        ("peerDependencies", True),
    ):
        found.extend(
            Dependency(str(name), text_of(spec) or "", tree.where(MANIFEST, f'"{name}"'), dev=dev)
            for name, spec in table(package.get(key)).items()
        )
    return Dependencies(found)


def package_manager(tree: FileTree, package: dict[str, Any]) -> Fact[str]:
    """The `packageManager` field, then the lock files."""
    stated = text_of(package.get("packageManager")) or ""
    name, _, version = stated.partition("@")
    if name in {"npm", "pnpm", "bun"}:
        return Fact(name, CERTAIN, (tree.where(MANIFEST, '"packageManager"'),))
    if name == "yarn":
        berry = not version.startswith(("1.", "1", "0")) or version.startswith(("10", "11"))
        return Fact(
            "yarn-berry" if berry else "yarn", CERTAIN, (tree.where(MANIFEST, '"packageManager"'),)
        )
    for path, manager in (
        ("pnpm-lock.yaml", "pnpm"),
        ("bun.lockb", "bun"),
        ("bun.lock", "bun"),
        ("yarn.lock", "yarn"),
        ("package-lock.json", "npm"),
        ("npm-shrinkwrap.json", "npm"),
        ("pnpm-workspace.yaml", "pnpm"),
        (".yarnrc.yml", "yarn-berry"),
        ("bunfig.toml", "bun"),
    ):
        if path in tree:
            if manager == "yarn":
                berry = ".yarnrc.yml" in tree or bool(tree.search(path, r"(?m)^__metadata:"))
                return Fact("yarn-berry" if berry else "yarn", CERTAIN, (path,))
            return Fact(manager, CERTAIN, (path,))
    engines = table(package.get("engines"))
    for manager in ("pnpm", "bun", "yarn"):
        if manager in engines and "npm" not in engines:
            return Fact(manager, 0.75, (tree.where(MANIFEST, f'"{manager}"'),))
    return Fact("npm", 0.89, (MANIFEST,))


def install_command(tree: FileTree, manager: str) -> str:
    lock = {
        "npm": "npm ci" if tree.has("package-lock.json", "npm-shrinkwrap.json") else "npm install",
        "yarn": "yarn install --frozen-lockfile" if "yarn.lock" in tree else "yarn install",
        "yarn-berry": "yarn install --immutable" if "yarn.lock" in tree else "yarn install",
        "pnpm": "pnpm install --frozen-lockfile" if "pnpm-lock.yaml" in tree else "pnpm install",
        "bun": "bun install --frozen-lockfile"
        if tree.has("bun.lock", "bun.lockb")
        else "bun install",
    }
    return lock[manager]


def node_version(tree: FileTree, package: dict[str, Any]) -> Fact[str] | None:
    """Version files, then the manifest's engines."""
    found = plain_version_file(tree, ".nvmrc", ".node-version") or tool_version(
        tree, "nodejs", "node"
    )
    if found:
        return found
    volta = text_of(table(package.get("volta")).get("node"))
    if volta:
        return Fact(volta, CERTAIN, (tree.where(MANIFEST, '"volta"'),))
    engine = text_of(table(package.get("engines")).get("node"))
    if engine:
        return Fact(engine, CERTAIN, (tree.where(MANIFEST, '"engines"'),))
    return None


def bun_version(tree: FileTree, package: dict[str, Any]) -> Fact[str] | None:
    found = plain_version_file(tree, ".bun-version") or tool_version(tree, "bun")
    if found:
        return found
    stated = text_of(package.get("packageManager")) or ""
    if stated.startswith("bun@"):
        return Fact(
            stated.removeprefix("bun@"), CERTAIN, (tree.where(MANIFEST, '"packageManager"'),)
        )
    engine = text_of(table(package.get("engines")).get("bun"))
    return Fact(engine, CERTAIN, (tree.where(MANIFEST, '"engines"'),)) if engine else None


def workspaces(tree: FileTree, package: dict[str, Any]) -> tuple[str, ...]:
    """The globs of a workspace's members."""
    listed = package.get("workspaces")
    globs: Iterable[Any] = items(listed) or items(table(listed).get("packages"))
    if "pnpm-workspace.yaml" in tree:
        globs = [*globs, *items(read_yaml(tree, "pnpm-workspace.yaml").get("packages"))]
    return tuple(
        item.removeprefix("./")
        for item in globs
        if isinstance(item, str) and not item.startswith("!")
    )


__all__ = ["GUESS", "SURE", "NodeProject", "read_project"]
