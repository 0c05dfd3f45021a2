"""The Python that packages demand, where no manifest of the application says one.

Which versions a package supports is known to the index alone. A build that finds out is done again
with a Python that fits; for Django, which is demanded most, the major version tells beforehand.
"""

import re
from collections.abc import Callable, Iterable
from typing import TypeVar

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from hivemind_agents.building.model import BuildFailed, BuildRequest
from hivemind_agents.building.python_versions import THE_INDEX
from hivemind_agents.building.recipe import recipe_for
from hivemind_agents.repository.report import RepositoryReport

# pip: the requirement, and what it passed over.
_UNFOUND = re.compile(
    r"No matching distribution found for [\w.\[\]-]+?\s*([<>=!~][^\s;(]*)?(?:\s|$)"
)
_IGNORED = re.compile(r"(?:: |; )(\S+) Requires-Python ([^;\n]+)")
_REFUSED = re.compile(r"requires a different Python: \S+ not in '([^']+)'")

Result = TypeVar("Result")


def demanded_python(lines: Iterable[str]) -> str | None:
    """The range of Python that pip missed, by its last lines; None where it ended otherwise."""
    text = "\n".join(lines)
    refused = _REFUSED.search(text)
    if refused:
        return refused[1]
    unfound = _UNFOUND.search(text)
    wanted = _specifiers(unfound[1] or "") if unfound else None
    ranges = [
        demand.strip()
        for version, demand in _IGNORED.findall(text)
        if wanted is not None and _inside(version, wanted)
    ]
    return ranges[-1] if ranges else None


def _specifiers(text: str) -> SpecifierSet | None:
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        return None


def _inside(version: str, wanted: SpecifierSet) -> bool:
    try:
        return Version(version) in wanted
    except InvalidVersion:
        return False


def built_fitting(
    build: Callable[[BuildRequest], Result],
    request: BuildRequest,
    report: RepositoryReport,
    files: frozenset[str],
) -> tuple[BuildRequest, Result]:
    """Build; where that ends for want of a newer Python, build again with one that fits.

    Raises what `build` raises; `RepositoryError` where no Python that can be had fits.
    """
    try:
        return request, build(request)
    except BuildFailed as failed:
        demand = demanded_python(failed.lines) if report.language == "python" else None
        if demand is None:
            raise
        told = report.model_copy(
            update={
                "runtime_version": demand,
                "evidence": {**report.evidence, "runtime_version": (THE_INDEX,)},
            }
        )
        recipe = recipe_for(told, files)
        if recipe == request.recipe:
            raise
    request = request.model_copy(update={"recipe": recipe})
    return request, build(request)
