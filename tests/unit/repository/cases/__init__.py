"""The table: small trees in, the report's fields out. One module a language or framework."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import permutations
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


@dataclass(frozen=True)
class Either:
    """Equal to each of several values that are right alike."""

    values: tuple[object, ...]

    def __eq__(self, other: object) -> bool:
        return any(value == other for value in self.values)

    __hash__ = None  # type: ignore[assignment]  # equal to values of different hashes


@dataclass(frozen=True)
class Like:
    """Equal to a text in which one of the patterns is found."""

    patterns: tuple[str, ...]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and any(re.search(item, other) for item in self.patterns)

    __hash__ = None  # type: ignore[assignment]  # equal to texts of different hashes


@dataclass(frozen=True)
class Demands:
    """Equal to a list of variables of which these, and no others, are required."""

    names: frozenset[str]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, list) and self.names == {
            item.name for item in other if item.required
        }

    __hash__ = None  # type: ignore[assignment]  # equal to lists


def demands(*names: str) -> Demands:
    return Demands(frozenset(names))


def either(*values: object) -> Either:
    return Either(values)


def like(*patterns: str) -> Like:
    return Like(patterns)


def whole(*patterns: str) -> Like:
    """A text that one of the patterns matches from end to end."""
    return Like(tuple(rf"\A(?:{item})\Z" for item in patterns))


def in_any_order(*items: str) -> Either:
    """A list of these items."""
    return Either(tuple(list(order) for order in permutations(items)))


_SERVER = r"^(?=.*{inside}){port}.*\b(?:{server})\b.*(?<![\w.:])(?:{names})(?![\w.:])"


def wsgi(*targets: str, inside: str = "") -> Like:
    """A WSGI server for production on one of the targets, in the folder `inside`."""
    names = "|".join(map(re.escape, targets))
    server = "gunicorn|uwsgi|waitress-serve"
    return like(_SERVER.format(inside=re.escape(inside), port="", server=server, names=names))


def asgi(*targets: str, inside: str = "") -> Like:
    """An ASGI server on one of the targets and on the port, in the folder `inside`."""
    port = r"(?=.*\$\{?PORT)"
    names = "|".join(map(re.escape, targets))
    server = "uvicorn|hypercorn|daphne|granian|gunicorn"
    files = "|".join(re.escape(item.split(":")[0].replace(".", "/")) for item in targets)
    return like(
        _SERVER.format(inside=re.escape(inside), port=port, server=server, names=names),
        rf"^(?=.*{re.escape(inside)}){port}.*\bfastapi run\b.*(?:{files})",
    )


# Data in a file beside the application: a disk is wanted; whether it is required is taste.
DISK = either([], ["persistent-disk"])
# Nothing is listed: what would install it, or nothing.
PIP = either("pip", None)


def case(name: str, files: dict[str, str | bytes], **expected: Any) -> Case:
    return Case(name, files, expected)


def all_cases() -> Iterator[Case]:
    for found in iter_modules(__path__):
        yield from import_module(f"{__name__}.{found.name}").CASES
