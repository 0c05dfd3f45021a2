"""What all detectors of Rust's frameworks look at: crates, programs, sources."""

import re
from dataclasses import dataclass
from functools import cached_property

from hivemind_agents.repository.facts import Dependencies, Dependency
from hivemind_agents.repository.languages.rust.cargo import Binary, Crate
from hivemind_agents.repository.languages.rust.listening import serving_framework
from hivemind_agents.repository.readers.code import Code, Hit, hits
from hivemind_agents.repository.tree import FileTree

_NAMES = ("server", "web", "api", "app", "backend", "http", "main", "service")


@dataclass(frozen=True)
class Program:
    """A binary with the sources it is made of: its own crate's and those of crates it needs."""

    crate: Crate
    binary: Binary
    files: tuple[tuple[str, str], ...]
    packages: Dependencies

    def first(self, pattern: str) -> Hit | None:
        return next(hits(self.files, pattern), None)

    def listed(self, *names: str) -> Dependency | None:
        return self.packages.runtime(*names)


@dataclass(frozen=True)
class RustProject:
    """A package or workspace."""

    tree: FileTree
    crates: tuple[Crate, ...]

    @cached_property
    def code(self) -> Code:
        return Code(self.tree, (".rs",), limit=500)

    @cached_property
    def dependencies(self) -> Dependencies:
        return Dependencies([entry for crate in self.crates for entry in crate.dependencies])

    @cached_property
    def programs(self) -> list[Program]:
        found = []
        for crate in self.crates:
            reached = self._reached(crate)
            packages = Dependencies([entry for item in reached for entry in item.dependencies])
            others = {binary.source for binary in crate.binaries}
            for binary in crate.binaries:
                files = [
                    item for item in self.code.files
                    if any(self._owner(item[0]) is one for one in reached)
                    and (item[0] == binary.source or item[0] not in others)
                    and (item[0] == binary.source or not self._foreign_binary(item[0], binary))
                ]  # fmt: skip
                files.sort(key=lambda item: item[0] != binary.source)
                found.append(Program(crate, binary, tuple(files), packages))
        return found

    def _foreign_binary(self, path: str, binary: Binary) -> bool:
        """A file of another program in `src/bin/NAME/`, or a library's that is no part of it."""
        inner = re.search(r"(?:^|/)src/bin/([\w-]+)/", path)
        return bool(inner) and f"src/bin/{inner.group(1) if inner else ''}/" not in binary.source

    def _owner(self, path: str) -> Crate | None:
        inside = [crate for crate in self.crates if crate.within(path)]
        return max(inside, key=lambda crate: len(crate.folder), default=None)

    def _reached(self, crate: Crate) -> list[Crate]:
        by_name = {item.name: item for item in self.crates}
        found = [crate]
        for current in found:
            for entry in current.dependencies:
                inner = by_name.get(entry.name)
                if inner is not None and inner not in found and not entry.dev:
                    found.append(inner)
        return found

    @cached_property
    def serving(self) -> list[Program]:
        return [item for item in self.programs if serving_framework(item)]

    @cached_property
    def program(self) -> Program | None:
        """The program that is meant: what serves, the default one, by name."""
        return min(self.serving or self.programs, key=self._order, default=None)

    def _order(self, item: Program) -> tuple[bool, int, bool, str]:
        name = item.binary.name.lower()
        words = re.split(r"[-_]", name)
        place = next((index for index, known in enumerate(_NAMES) if known in words), len(_NAMES))
        own = item.binary.name == item.crate.name and not item.crate.folder
        return (
            item.crate.default_run != item.binary.name,
            -1 if own else place,
            bool(item.crate.folder),
            name,
        )

    @cached_property
    def choices(self) -> tuple[str, ...]:
        """Programs between which nothing decides."""
        candidates = self.serving or self.programs
        if len(candidates) < 2 or self.program is None:
            return ()
        first = self._order(self.program)
        if not first[0] or first[1] < len(_NAMES):
            return ()
        return tuple(item.binary.name for item in candidates)
