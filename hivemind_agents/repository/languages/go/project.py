"""A folder of Go: its modules, its programs, and what each program reaches by its imports."""

import re
from dataclasses import dataclass
from functools import cached_property

from hivemind_agents.repository.facts import Dependencies, Dependency
from hivemind_agents.repository.languages.go import manifests
from hivemind_agents.repository.languages.go.listening import serving_framework
from hivemind_agents.repository.languages.go.program import Program
from hivemind_agents.repository.readers.code import Code
from hivemind_agents.repository.readers.go_constraints import is_built
from hivemind_agents.repository.services import DRIVERS
from hivemind_agents.repository.tree import FileTree

_IMPORTS = re.compile(r"(?m)^import\s+(?:[\w.]+\s+)?\"([^\"]+)\"|^import\s*\(([^)]*)\)")
# What Go's own tools leave out.
_HIDDEN = re.compile(r"(?:^|/)[_.][^/]*/|(?:^|/)_[^/]*$")
_QUOTED = re.compile(r"\"([^\"]+)\"")
# Folders of `main` packages that serve, by the names they are usually given.
_NAMES = ("server", "web", "api", "app", "http", "httpd", "main", "service", "backend", "serve")


@dataclass(frozen=True)
class GoProject:
    """All that the detectors of Go's frameworks look at."""

    tree: FileTree

    @cached_property
    def modules(self) -> dict[str, str]:
        return manifests.modules(self.tree)

    @cached_property
    def files(self) -> list[tuple[str, str]]:
        code = Code(self.tree, (".go",), limit=500)
        return [
            (path, text)
            for path, text in code.files
            if not path.endswith("_test.go")
            and not _HIDDEN.search(path)
            and is_built(path, self.tree.text(path) or "")
        ]

    @cached_property
    def _imports(self) -> dict[str, frozenset[str]]:
        return {path: imports_of(text) for path, text in self.files}

    @cached_property
    def by_folder(self) -> dict[str, list[tuple[str, str]]]:
        found: dict[str, list[tuple[str, str]]] = {}
        for path, text in self.files:
            found.setdefault(path.rpartition("/")[0], []).append((path, text))
        return found

    @cached_property
    def programs(self) -> list[Program]:
        """Every `main` package, the one at the root first."""
        found = []
        for folder, files in self.by_folder.items():
            mains = [path for path, text in files if re.search(r"(?m)^package main\b", text)
                     and re.search(r"(?m)^func main\(\)", text)]  # fmt: skip
            if mains:
                reached = self._reached(folder)
                imports = frozenset().union(*(self._imports[path] for path, _ in reached))
                found.append(Program(folder, tuple(reached), imports, mains[0]))
        return sorted(
            found, key=lambda item: (item.folder.count("/") + bool(item.folder), item.folder)
        )

    def _reached(self, folder: str) -> list[tuple[str, str]]:
        """The files of a package and of the repository's own packages it imports, all the way."""
        seen = [folder]
        for current in seen:
            for path, _ in self.by_folder.get(current, ()):
                for name in sorted(self._imports[path]):
                    inner = self._own_folder(name)
                    if inner is not None and inner not in seen and inner in self.by_folder:
                        seen.append(inner)
        return [item for current in seen for item in self.by_folder.get(current, ())]

    def _own_folder(self, name: str) -> str | None:
        for folder, module in self.modules.items():
            if name == module:
                return folder
            if name.startswith(module + "/"):
                rest = name[len(module) + 1 :]
                return f"{folder}/{rest}" if folder else rest
        if not self.modules and "/" in name:
            ends = [folder for folder in self.by_folder if folder and name.endswith("/" + folder)]
            return max(ends, key=len, default=None)
        return None

    @cached_property
    def serving(self) -> list[Program]:
        """The programs that listen."""
        return [item for item in self.programs if serving_framework(item)]

    @cached_property
    def program(self) -> Program | None:
        """The program that is meant: what serves, by its place and name."""
        candidates = self.serving or self.programs
        return min(candidates, key=self._order, default=None)

    def _order(self, item: Program) -> tuple[int, int, int, str]:
        name = item.folder.rpartition("/")[2].lower()
        own = {module.rpartition("/")[2].lower() for module in self.modules.values()} | {
            self.tree.name.lower()
        }
        if not item.folder:
            place = 0
        elif name in _NAMES:
            place = 1 + _NAMES.index(name)
        elif name in own:
            place = 1
        elif any(word in name for word in _NAMES):
            place = 20
        else:
            place = 30
        # A program at the root that only starts, beside servers below, is still the one meant.
        return place, item.folder.count("/"), len(item.folder), item.folder

    @cached_property
    def choices(self) -> tuple[str, ...]:
        """Folders between which nothing decides."""
        candidates = self.serving or self.programs
        if len(candidates) < 2 or self.program is None or self._order(self.program)[0] < 20:
            return ()
        return tuple(item.folder or "." for item in candidates)

    @cached_property
    def dependencies(self) -> Dependencies:
        """Listed packages; one marked as indirect counts where the code imports it."""
        imported = frozenset().union(*self._imports.values()) if self._imports else frozenset()
        found: list[Dependency] = []
        for folder in self.modules:
            for entry, indirect in manifests.required(self.tree, folder):
                used = any(
                    name == entry.name or name.startswith(entry.name + "/") for name in imported
                )
                found.append(
                    Dependency(entry.name, entry.spec, entry.where, dev=indirect and not used)
                )
        found.extend(manifests.older(self.tree))
        found.extend(manifests.of_pop(self.tree))
        # The older managers and GOPATH list no part of a package, and little of what it needs.
        found.extend(
            Dependency(_driver_of(name), "", path)
            for path, names in self._imports.items()
            for name in sorted(names)
            if "." in name.split("/")[0] and (not self.modules or name in DRIVERS["go"])
        )
        return Dependencies(found)

    @property
    def install(self) -> tuple[str, ...]:
        """Fetching the modules, unless they are vendored."""
        if self.tree.has_folder("vendor") or not self.modules:
            return ()
        listed = any(True for folder in self.modules for _ in manifests.required(self.tree, folder))
        return ("go mod download",) if listed and "" in self.modules else ()

    @property
    def output(self) -> str:
        """Where the program is compiled to: where a Procfile starts it, else `out`."""
        found = self.tree.search("Procfile", r"(?m)^web:\s*(?:exec\s+)?(?:\./)?(bin/[\w.-]+)")
        return found.group(1) if found else "out"

    def build(self, program: Program) -> str:
        """The command that compiles the program."""
        owner = self._owner(program.folder)
        if owner and "go.work" not in self.tree:
            inner = program.folder[len(owner) :].strip("/")
            above = "../" * (owner.count("/") + 1)
            return f"go build -C {owner} -o {above}{self.output} ./{inner}".rstrip("/")
        if program.folder:
            return f"go build -o {self.output} ./{program.folder}"
        if self.modules or self.tree.has("Gopkg.toml", "glide.yaml", "Godeps/Godeps.json"):
            return f"go build -o {self.output} ."
        names = [
            path for path, text in self.by_folder[""] if re.search(r"(?m)^package main\b", text)
        ]
        return f"go build -o {self.output} {' '.join(names)}"

    def _owner(self, folder: str) -> str | None:
        owners = [
            name
            for name in self.modules
            if name and (folder == name or folder.startswith(name + "/"))
        ]
        return max(owners, key=len, default=None)


def _driver_of(name: str) -> str:
    """The driver that an import is a part of (`…/mongo-driver/bson`), else the import itself."""
    parts = (known for known in DRIVERS["go"] if name.startswith(f"{known}/"))
    return name if name in DRIVERS["go"] else max(parts, key=len, default=name)


def imports_of(text: str) -> frozenset[str]:
    """The import paths of one file."""
    found: set[str] = set()
    for single, group in _IMPORTS.findall(text):
        if single:
            found.add(single)
        found.update(_QUOTED.findall(group))
    return frozenset(found)
