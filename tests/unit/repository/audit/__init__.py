"""Trees written before Recon was run on them, and what an expert who reads them would say."""

import re
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


class either:
    """Equal to each of several values that are right alike."""

    def __init__(self, *values: object) -> None:
        self.values = values

    def __eq__(self, other: object) -> bool:
        return any(value == other for value in self.values)

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "either" + repr(self.values)


class like:
    """Equal to a text in which one of the patterns is found."""

    def __init__(self, *patterns: str) -> None:
        self.patterns = patterns

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and any(re.search(p, other) for p in self.patterns)

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "like" + repr(self.patterns)


def wsgi(*targets: str, inside: str = "") -> like:
    """A production WSGI server on one of the targets, in the folder `inside`."""
    names = "|".join(map(re.escape, targets))
    return like(
        rf"^(?=.*{re.escape(inside)}).*\b(gunicorn|uwsgi|waitress-serve)\b.*(?<![\w.:])({names})(?![\w.:])"
    )


def asgi(*targets: str, inside: str = "") -> like:
    """An ASGI server on one of the targets and on the port, in the folder `inside`."""
    names = "|".join(map(re.escape, targets))
    files = "|".join(re.escape(t.split(":")[0].replace(".", "/")) for t in targets)
    return like(
        rf"^(?=.*{re.escape(inside)})(?=.*\$\{{?PORT).*\b(uvicorn|hypercorn|daphne|granian|gunicorn\b.*[uU]vicorn\S*)\b.*(?<![\w.:])({names})(?![\w.:])",
        rf"^(?=.*{re.escape(inside)})(?=.*\$\{{?PORT).*\b(uvicorn|hypercorn|granian|gunicorn)\b.*(?<![\w.:])({names})(?![\w.:]).*",
        rf"^(?=.*{re.escape(inside)})(?=.*\$\{{?PORT).*\bfastapi run\b.*({files})",
    )


# Data in a file beside the application: a disk is wanted, whether it is required is taste.
DISK = either([], ["persistent-disk"])
PIP = either("pip", None)


def case(name: str, files: dict[str, str | bytes], **expected: Any) -> Case:
    return Case(name, files, expected)


def all_cases() -> Iterator[Case]:
    for found in iter_modules(__path__):
        yield from import_module(f"{__name__}.{found.name}").CASES
