"""Whether a Python lock file is in step with its manifest: what is listed is locked, and fits."""

import json
import tomllib
from collections.abc import Iterable, Iterator
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion

from hivemind_agents.building.files import text_of
from hivemind_agents.errors import RepositoryError


def check(lock: str, manifest: str, mend: str, files: Iterable[str]) -> None:
    """Refuse a lock file that lacks what the manifest lists, or has another version of it.

    Raises RepositoryError with the command that mends it. What cannot be compared passes.
    """
    locked_text, wanted_text = text_of(files, lock), text_of(files, manifest)
    if locked_text is None or wanted_text is None:
        return
    try:
        locked = _locked(lock, locked_text)
        wanted = dict(_wanted(tomllib.loads(wanted_text)))
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise RepositoryError(
            f"{lock} or {manifest} cannot be read: {error}", mend=f"{mend}, and commit {lock}"
        ) from error
    wrong = [
        f"{name} is {'locked at ' + locked[name] if name in locked else 'not in it'}"
        for name, specifier in wanted.items()
        if name not in locked or not _fits(locked[name], specifier)
    ]
    if wrong:
        shown = "; ".join(sorted(wrong)[:4]) + ("; …" if len(wrong) > 4 else "")
        raise RepositoryError(
            f"{lock} is out of step with {manifest}: {shown}", mend=f"{mend}, and commit {lock}"
        )


def _locked(lock: str, text: str) -> dict[str, str]:
    """Name to version."""
    if lock == "Pipfile.lock":
        section: dict[str, Any] = json.loads(text).get("default", {})
        return {
            canonicalize_name(name): str(entry.get("version", "")).removeprefix("==")
            for name, entry in section.items()
        }
    packages: list[dict[str, Any]] = tomllib.loads(text).get("package", [])
    return {canonicalize_name(one["name"]): str(one.get("version", "")) for one in packages}


def _wanted(content: dict[str, Any]) -> Iterator[tuple[str, SpecifierSet]]:
    for line in content.get("project", {}).get("dependencies", []):
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield canonicalize_name(requirement.name), requirement.specifier
    listed = {
        **content.get("packages", {}),
        **content.get("tool", {}).get("poetry", {}).get("dependencies", {}),
    }
    for name, entry in listed.items():
        optional = isinstance(entry, dict) and (entry.get("optional") or "markers" in entry)
        if name.lower() != "python" and not optional and not isinstance(entry, list):
            version = entry.get("version", "") if isinstance(entry, dict) else entry
            yield canonicalize_name(name), _specifier(str(version))


def _specifier(version: str) -> SpecifierSet:
    """PEP 440's ranges; Poetry's own (`^`, `~`) are its own tool's to check."""
    try:
        return SpecifierSet("" if version in {"*", ""} or version[0] in "^~" else version)
    except InvalidSpecifier:
        return SpecifierSet()


def _fits(version: str, specifier: SpecifierSet) -> bool:
    try:
        return not version or specifier.contains(version, prereleases=True)
    except InvalidVersion:
        return True
