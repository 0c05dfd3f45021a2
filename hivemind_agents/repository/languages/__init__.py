"""One module or package a language; each has `detect(tree) -> Finding | None`.

A new language is a new module here; a new framework is a new module in its language's package.
Both are found by being there: nothing has to be registered.
"""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from hivemind_agents.repository.facts import Finding
from hivemind_agents.repository.tree import FileTree

LanguageDetector = Callable[[FileTree], Finding | None]


@cache
def detectors(package: str) -> tuple[Callable[[Any], Any], ...]:
    """`detect` of every module in the package that has one, by the module's name."""
    parent = import_module(package)
    modules = [
        import_module(f"{package}.{found.name}")
        for found in sorted(iter_modules(parent.__path__), key=lambda found: found.name)
    ]
    return tuple(module.detect for module in modules if hasattr(module, "detect"))


def read_languages(tree: FileTree) -> list[Finding]:
    """Every language's reading of the folder, in no order of merit."""

    def read() -> list[Finding]:
        found = (_guarded(detect, tree) for detect in detectors(__name__))
        return [finding for finding in found if finding is not None]

    return tree.memo("languages", read)


def _guarded(detect: LanguageDetector, tree: FileTree) -> Finding | None:
    """A file that is nested deeper than any parser's stack silences one language, not all."""
    try:
        return detect(tree)
    except RecursionError:
        tree.problems.append(f"{detect.__module__.rpartition('.')[2]}: a file is nested too deep")
        return None
