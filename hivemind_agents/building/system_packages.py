"""Debian packages: which of those that an application needs go where.

What compiles goes into the builder alone; what is loaded or called at run time goes to the hosts,
and into the builder too, since commands of a build import the application.
"""

import re
from collections.abc import Iterable

from hivemind_agents.errors import RepositoryError
from hivemind_agents.repository.report import RepositoryReport

_NAME = re.compile(r"^[a-z0-9][a-z0-9+.-]{1,62}$")
_COMPILES = re.compile(
    r"(-dev|-headers)$|^(gcc|g\+\+|cpp|clang|make|cmake|pkg-config|pkgconf|build-essential|autoconf|"
    r"automake|libtool|git|cargo|rustc|swig|ninja-build|patch|bison|flex)$"
)
# In the builder's image already.
_IN_BUILDER = frozenset(
    {"build-essential", "gcc", "g++", "cpp", "make", "git", "pkg-config", "python3", "python3-dev",
     "python3-venv", "libc6-dev", "curl", "ca-certificates", "libffi-dev", "libpq-dev",
     "libssl-dev"}
)  # fmt: skip
# Names that Dockerfiles of other releases have, and what Debian 12 calls it.
_RENAMED = {
    "libjpeg8-dev": "libjpeg-dev",
    "libmysqlclient-dev": "default-libmysqlclient-dev",
    "libmysqlclient21": "libmariadb3",
    "mysql-client": "default-mysql-client",
    "postgresql-client-common": "postgresql-client",
    "python-dev": "python3-dev",
    "libgl1-mesa-glx": "libgl1",
    "netcat": "netcat-openbsd",
    "libtiff5": "libtiff6",
    "libwebp6": "libwebp7",
    "libffi7": "libffi8",
    "libssl1.1": "libssl3",
}


def for_running(report: RepositoryReport) -> set[str]:
    """Packages of the hosts: libraries that are loaded and programs that are called."""
    packages = {name for name in _asked(report) if not _COMPILES.search(name)}
    if "postgresql" in (*report.needs, *report.optional_needs):
        packages.add("libpq5")
    if "mysql" in (*report.needs, *report.optional_needs):
        packages.add("libmariadb3")
    return packages


def for_building(report: RepositoryReport) -> tuple[str, ...]:
    """Packages of the builder beyond what its image has."""
    return tuple(sorted(set(_asked(report)) - _IN_BUILDER))


def checked(names: Iterable[str]) -> tuple[str, ...]:
    """The names, sorted; RepositoryError for what cannot be a Debian package."""
    listed = sorted(set(names))
    for name in listed:
        if not _NAME.match(name):
            raise RepositoryError(
                f"{name!r} is not the name of a Debian package",
                mend="correct system_packages in hivemind.yml",
            )
    return tuple(listed)


def _asked(report: RepositoryReport) -> tuple[str, ...]:
    return checked(_RENAMED.get(name, name) for name in report.system_packages)
