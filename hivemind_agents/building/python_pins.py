"""Old pins: versions from before Python 3.11, which have no wheel for it and are compiled."""

import re
from collections.abc import Iterable, Iterator

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from hivemind_agents.building.files import text_of

_LOCKS = ("poetry.lock", "pdm.lock", "uv.lock", "Pipfile.lock")
# The first version with wheels for Python 3.11, and the Debian packages that older ones want.
_COMPILED = {
    "lxml": ("4.9.1", ("libxml2-dev", "libxslt1-dev", "zlib1g-dev")),
    "pillow": ("9.3", ("libfreetype-dev", "libjpeg-dev", "zlib1g-dev")),
    "pycurl": ("7.45.3", ("libcurl4-openssl-dev",)),
    "reportlab": ("3.6.12", ("libfreetype-dev",)),
    "pyyaml": ("6.0", ("libyaml-dev",)),
    "python-snappy": ("0.7", ("libsnappy-dev",)),
}
# Their sources do not build with newer versions of their build tools.
_OLD_TOOLS = {"pyyaml": ("6.0.1", "cython<3"), "gevent": ("22.10", "cython<3")}
# Sources of old packages import what newer ones of the build tool have lost.
_SETUPTOOLS = "setuptools<81"


def packages(files: Iterable[str]) -> set[str]:
    """Debian packages that the pinned versions are compiled with."""
    return {
        package
        for name, version in _pins(files)
        if name in _COMPILED and _older(version, _COMPILED[name][0])
        for package in _COMPILED[name][1]
    }


def constraints(files: Iterable[str]) -> tuple[str, ...]:
    """Versions of build tools that what is compiled gets; none that a manifest names itself."""
    pins = set(_pins(files))
    tools = {
        tool for name, (first, tool) in _OLD_TOOLS.items()
        for version in (dict(pins).get(name),) if version and _older(version, first)
    }  # fmt: skip
    named = {name for name, _ in pins} | set(_unpinned(files))
    return tuple(sorted(t for t in {_SETUPTOOLS, *tools} if t.split("<")[0] not in named))


def _pins(
    files: Iterable[str], besides: re.Pattern[str] | None = None
) -> Iterator[tuple[str, str]]:  # fmt: skip
    """(package, version). `besides`: files with such a name do not count."""
    for path, text in _texts(files):
        if besides and besides.search(path):
            continue
        for pattern in (
            r"(?m)^\s*([A-Za-z][\w.-]*)(?:\[[^\]]*\])?\s*===?\s*([\w.]+)",
            r'name = "([\w.-]+)"\nversion = "([^"]+)"',
            r'"([\w.-]+)":\s*\{[^{}]*"version":\s*"==([^"]+)"',
        ):
            for name, version in re.findall(pattern, text):
                yield canonicalize_name(name), version


# The first major version of a framework that wants more than the hosts' Python.
_NEWER_PYTHON = {"django": (6, ">=3.12")}


def demanded_python(files: Iterable[str]) -> str | None:
    """The range of Python that what is listed cannot do without, as far as that is known."""
    for _, text in _texts(files):
        for name, bound in re.findall(
            r"(?m)^\s*([A-Za-z][\w.-]*)(?:\[[^\]]*\])?\s*(?:[^\n#;]*?,\s*)?[=~>]=\s*(\d+)", text
        ):
            first, demand = _NEWER_PYTHON.get(canonicalize_name(name), (None, None))
            if first is not None and int(bound) >= first:
                return demand
    return None


# The first versions that can be compiled for, or have wheels for, Python 3.11 and 3.10. What is
# older does not build: its C was generated for earlier interpreters, or wants Rust.
_OLDER_PYTHON = {
    "aiohttp": ("3.8.2", "3.8"),
    "asyncpg": ("0.26", "0.25"),
    "frozenlist": ("1.3.1", "1.2"),
    "greenlet": ("1.1.3", "1.1.2"),
    "grpcio": ("1.49", "1.41"),
    "httptools": ("0.5", "0.3"),
    "numpy": ("1.23.2", "1.21.3"),
    "orjson": ("3.8", "3.6.4"),
    "pandas": ("1.5", "1.3.4"),
    "scikit-learn": ("1.1.3", "1.0.1"),
    "scipy": ("1.9.2", "1.7.2"),
    "uvloop": ("0.17", "0.16"),
    "yarl": ("1.8", "1.7"),
}


_FOR_DEVELOPERS = re.compile(r"dev|test|doc|lint|\bci\b|bench|example", re.IGNORECASE)


def borne_python(files: Iterable[str]) -> str | None:
    """The range of Python that the oldest pins still build for; None where they bear any."""
    newest: dict[str, str] = {}
    for name, version in _pins(files, besides=_FOR_DEVELOPERS):
        # A lock may have a version for each Python.
        if name in _OLDER_PYTHON and not _older(version, newest.get(name, "0")):
            newest[name] = version
    limits = [
        limit
        for name, version in newest.items()
        for first, limit in zip(_OLDER_PYTHON[name], ("<3.11", "<3.10"), strict=True)
        if _older(version, first)
    ]
    return min(limits, key=lambda limit: int(limit.rpartition(".")[2]), default=None)


def _unpinned(files: Iterable[str]) -> Iterator[str]:
    for name, text in _texts(files):
        if name.endswith((".txt", ".in")):
            for word in re.findall(r"(?m)^\s*([A-Za-z][\w.-]*)", text):
                yield canonicalize_name(word)


def _texts(files: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in sorted(files):
        listed = name.endswith((".txt", ".in")) and re.search(r"(^|/)req", name, re.I)
        if name in _LOCKS or listed or re.fullmatch(r"requirements/[\w.-]+\.txt", name):
            text = text_of(files, name)
            if text:
                yield name, text


def _older(version: str, first: str) -> bool:
    try:
        return Version(version) < Version(first)
    except InvalidVersion:
        return False
