"""One need that a configuration chooses, by whatever name."""

from collections.abc import Iterator
from dataclasses import dataclass

_NAMES = {
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "pgsql": "postgresql",
    "postgis": "postgresql",
    "pg": "postgresql",
    "mysql": "mysql",
    "mysql2": "mysql",
    "mariadb": "mysql",
    "trilogy": "mysql",
    "mongodb": "mongodb",
    "cockroachdb": "postgresql",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A need that a configuration chooses; optional where it names a fallback."""

    need: str
    where: str
    required: bool = True


def choice(name: str, where: str, *, required: bool = True) -> Iterator[Choice]:
    """The need that a driver's name stands for; none where it is not one of ours."""
    need = _NAMES.get(name.lower())
    if need:
        yield Choice(need, where, required)
