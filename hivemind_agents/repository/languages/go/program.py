"""One `main` package of Go with everything that it reaches."""

import re
from dataclasses import dataclass

from hivemind_agents.repository.readers.code import Hit, hits


@dataclass(frozen=True)
class Program:
    """One `main` package: its folder, and all files that it is made of, its own first."""

    folder: str
    files: tuple[tuple[str, str], ...]
    imports: frozenset[str]
    main: str

    def all(self, pattern: str) -> list[Hit]:
        return list(hits(self.files, pattern))

    def first(self, pattern: str) -> Hit | None:
        return next(hits(self.files, pattern), None)

    def imported(self, *prefixes: str) -> str | None:
        """The first import that is one of the paths, at whatever major version, or below it."""
        for prefix in prefixes:
            pattern = re.compile(rf"{re.escape(prefix)}(?:\.v\d+)?(?:/.*)?$")
            found = next((path for path in sorted(self.imports) if pattern.match(path)), None)
            if found:
                return found
        return None
