"""The table: small trees in, the report's fields out. One module a language or framework."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Any


@dataclass(frozen=True)
class Case:
    """A tree (path to content) and the fields that its report must have."""

    name: str
    files: dict[str, str | bytes]
    expected: dict[str, Any]

    def __str__(self) -> str:
        return self.name


def case(name: str, files: dict[str, str | bytes], **expected: Any) -> Case:
    return Case(name, files, expected)


def all_cases() -> Iterator[Case]:
    for found in iter_modules(__path__):
        yield from import_module(f"{__name__}.{found.name}").CASES
