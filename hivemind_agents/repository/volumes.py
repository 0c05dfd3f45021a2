"""Folders that outlive a release: those that a container's files name as volumes."""

import posixpath
import re
from collections.abc import Iterable, Sequence

from hivemind_agents.domain.folders import may_be_kept
from hivemind_agents.repository.platforms import Declared
from hivemind_agents.repository.tree import FileTree

_MADE = re.compile(r"(?:^|/)(?:node_modules|vendor|\.venv|venv|\.next|__pycache__|\.cache)(?:/|$)")


def read_volumes(tree: FileTree, declared: Sequence[Declared]) -> tuple[str, ...]:
    """Folders inside the application by their relative names, others by their absolute ones."""
    start = next((item.workdir for item in declared if item.workdir), "")
    named = (path for item in declared for path in item.volumes)
    return tuple(sorted(set(_kept(tree, start, named))))


def _kept(tree: FileTree, start: str, named: Iterable[str]) -> Iterable[str]:
    for path in named:
        clean = posixpath.normpath(path)
        inside = posixpath.relpath(clean, start) if start else clean
        if start and inside != "." and not inside.startswith(".."):
            if not _MADE.search(inside) and inside not in tree:
                yield inside
        elif clean not in {start, "/app"} and may_be_kept(clean):
            yield clean
