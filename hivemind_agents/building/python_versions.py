"""Which Python an application is built with: the hosts' own, unless it cannot be.

A version that is merely named (`runtime.txt`, `.python-version`, a Dockerfile) is a wish: it is
served by the hosts' interpreter, and said. A range that a manifest demands (`requires-python`) is
kept: what excludes the hosts' interpreter gets one of its own, inside of the artifact.
"""

import re
import tomllib
from collections.abc import Iterable
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from hivemind_agents.building import python_pins as pins
from hivemind_agents.building.files import text_of
from hivemind_agents.domain.base import Frozen
from hivemind_agents.errors import RepositoryError
from hivemind_agents.repository.report import RepositoryReport

# The interpreter of the image that hosts and builder share.
SYSTEM_INTERPRETER = "/usr/bin/python3"
SYSTEM_VERSION = "3.11"
# What uv can be asked for; which of them can be had depends on the machine's network.
MANAGED_VERSIONS = ("3.12", "3.13", "3.14", "3.10", "3.9")
# What Debian's next stable release has as source: compiled where uv's builds cannot be had.
COMPILED_VERSION = "3.13"
COMPILED_SUITE = "trixie"
GET_PYTHON = "get the Python that is demanded"
COMPILED = "/opt/hivemind-python"
# Below the application, so that it travels in the artifact.
MANAGED_FOLDER = ".python"
# In the place of a file's name: what said a version that packages demand.
THE_INDEX = "the package index"
_HARD = (THE_INDEX, "pyproject.toml", "setup.py", "setup.cfg", "uv.lock", "poetry.lock", "pdm.lock")


class Python(Frozen):
    """The choice: a minor version, whether hosts have it, and what the user is told of it."""

    version: str = SYSTEM_VERSION
    managed: bool = False
    # Another version that fits and can be compiled where the first cannot be had.
    compiled: str | None = None
    warnings: tuple[str, ...] = ()


def choose(report: RepositoryReport, files: Iterable[str]) -> Python:
    """The interpreter for an application.

    Raises RepositoryError when its manifest demands a version that nobody makes any more.
    """
    demand = _demanded(report, files)
    wish = (report.runtime_version or "").strip()
    if demand is None or _fits(SYSTEM_VERSION, demand):
        return Python(warnings=_warnings(wish, report))
    for version in MANAGED_VERSIONS:
        if _fits(version, demand):
            compiled = COMPILED_VERSION if _fits(COMPILED_VERSION, demand) else None
            return Python(version=version, managed=True, compiled=compiled)
    have = ", ".join((SYSTEM_VERSION, *MANAGED_VERSIONS))
    raise RepositoryError(
        f"the application demands Python {demand}; there are: {have}",
        mend="widen requires-python in its manifest to one of them",
    )


def _warnings(wish: str, report: RepositoryReport) -> tuple[str, ...]:
    if not wish or _fits(SYSTEM_VERSION, _specifier(wish)):
        return ()
    where = (report.evidence.get("runtime_version") or ("the repository",))[0].split(":")[0]
    return (
        f"{where} names Python {wish}; it is built and run with Python {SYSTEM_VERSION}, "
        "which the hosts have and no manifest excludes",
    )


def _demanded(report: RepositoryReport, files: Iterable[str]) -> SpecifierSet | None:
    """The range of the manifest, whatever else names a version, and of the packages."""
    found = _of_pyproject(text_of(files, "pyproject.toml") or "")
    where = (report.evidence.get("runtime_version") or ("",))[0].split(":")[0]
    ranges: list[str | None] = [found]
    if where == THE_INDEX or (where in _HARD and found is None):
        ranges.append(report.runtime_version)
    ranges.append(pins.demanded_python(files))
    known = [each for text in ranges if text and (each := _specifier(text)) is not None]
    # Old pins are only heeded where the rest leaves a version that they bear.
    borne = _specifier(pins.borne_python(files) or "")
    both = SpecifierSet(",".join(map(str, [*known, borne])))
    if borne and any(_fits(version, both) for version in MANAGED_VERSIONS):
        return both
    return SpecifierSet(",".join(map(str, known))) if known else None


def _of_pyproject(text: str) -> str | None:
    try:
        content: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
    project, tool = content.get("project"), content.get("tool")
    if isinstance(project, dict) and isinstance(project.get("requires-python"), str):
        return str(project["requires-python"])
    poetry = tool.get("poetry") if isinstance(tool, dict) else None
    wanted = poetry.get("dependencies") if isinstance(poetry, dict) else None
    version = wanted.get("python") if isinstance(wanted, dict) else None
    return version if isinstance(version, str) else None


def _fits(version: str, specifier: SpecifierSet | None) -> bool:
    """Whether any patch of a minor version is inside; the newest one decides."""
    return specifier is None or any(
        Version(f"{version}.{patch}") in specifier for patch in (99, *range(30))
    )


def _specifier(wish: str) -> SpecifierSet | None:
    """A version or a range in any of the ways that manifests write it; None: not comparable."""
    parts = [part.strip() for part in re.split(r",|(?<=\d)\s+(?=[<>=!^~])", wish) if part.strip()]
    try:
        return SpecifierSet(",".join(_part(part) for part in parts))
    except (InvalidSpecifier, InvalidVersion):
        return None


def _part(part: str) -> str:
    if part.startswith("^"):
        version = Version(part[1:])
        return f">={version},<{version.major + 1}"
    if re.match(r"~\s*\d", part):
        version = Version(part[1:])
        return f">={version},<{version.major}.{version.minor + 1}"
    if re.fullmatch(r"\d+(\.\d+){0,2}(\.\*)?", part.removeprefix("v")):
        # An exact patch stands for its minor version.
        return "==" + ".".join(part.removeprefix("v").removesuffix(".*").split(".")[:2]) + ".*"
    return re.sub(r"^(==?)\s*(\d+\.\d+)\.\d+$", r"==\2.*", part)
