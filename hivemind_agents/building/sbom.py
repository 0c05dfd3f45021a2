"""What is in a release, read from its tree: packages of every ecosystem, as CycloneDX JSON.

Reads what installers leave behind, whichever recipe ran. The tree was written by a build: links
are not followed, and what cannot be read is left out.
"""

import json
import os
import re
import stat
from collections.abc import Iterable, Iterator
from email.parser import HeaderParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

from packaging.utils import canonicalize_name

from hivemind_agents.building.model import Manifest, Package

SBOM = ".hivemind/sbom.cdx.json"
_LIMIT = 32 << 20
_OTHERS = {".git", "__pycache__", ".venv"}
_SKIPPED = {".git", "__pycache__", ".cache", "src", "test", "tests", "dist", "docs"}


def packages(tree: Path) -> tuple[Package, ...]:
    """Installed packages below `tree`, each once, sorted."""
    found = {*_python(tree), *_npm(tree), *_composer(tree), *_go(tree)}
    return tuple(sorted(found, key=lambda each: (each.ecosystem, each.name, each.version)))


def document(manifest: Manifest, name: str) -> bytes:
    """The CycloneDX document of a release. Nothing in it says when or where it was made."""
    system = [
        Package(name=package, version="", ecosystem="deb") for package in manifest.host_packages
    ]
    components = [_component(package) for package in (*manifest.packages, *system)]
    root = {"type": "application", "bom-ref": "application", "name": name}
    if manifest.commit:
        root["version"] = manifest.commit
    properties = {
        "hivemind:recipe": manifest.recipe,
        "hivemind:architecture": manifest.architecture,
        "hivemind:source-sha256": manifest.source_digest,
    }
    content = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": root,
            "properties": [{"name": key, "value": value} for key, value in properties.items()],
        },
        "components": components,
        "dependencies": [
            {"ref": "application", "dependsOn": [each["bom-ref"] for each in components]}
        ],
    }
    return json.dumps(content, indent=1, sort_keys=True).encode() + b"\n"


def purl(package: Package) -> str:
    """The package URL."""
    parts = [quote(part, safe="") for part in package.name.split("/")]
    spot = "/".join(parts)
    if package.ecosystem == "deb":
        spot = f"debian/{spot}"
    version = f"@{quote(package.version, safe='')}" if package.version else ""
    distribution = "?distro=debian-12" if package.ecosystem == "deb" else ""
    return f"pkg:{package.ecosystem}/{spot}{version}{distribution}"


def _component(package: Package) -> dict[str, Any]:
    where = purl(package)
    found = {"type": "library", "bom-ref": where, "name": package.name, "purl": where}
    return found | ({"version": package.version} if package.version else {})


def _python(tree: Path) -> Iterator[Package]:
    for site in _matching(tree, ".venv/lib", "python3*/site-packages"):
        for folder in _folders(site):
            if folder.name.endswith((".dist-info", ".egg-info")):
                text = _text(folder / "METADATA") or _text(folder / "PKG-INFO") or ""
                head = HeaderParser().parsestr(text, headersonly=True)
                if head["Name"] and head["Version"]:
                    name = canonicalize_name(str(head["Name"]))
                    yield _package("pypi", name, str(head["Version"]))


def _npm(tree: Path) -> Iterator[Package]:
    for modules in _named(tree, "node_modules"):
        for folder in _folders(modules):
            inner = _folders(folder) if folder.name.startswith("@") else (folder,)
            for package in inner:
                content = _json(package / "package.json")
                if isinstance(content, dict):
                    yield from _named_package("npm", content)


def _composer(tree: Path) -> Iterator[Package]:
    for vendor in _named(tree, "vendor"):
        content = _json(vendor / "composer" / "installed.json")
        listed = content.get("packages") if isinstance(content, dict) else content
        for entry in listed if isinstance(listed, list) else ():
            if isinstance(entry, dict):
                yield from _named_package("composer", entry)


def _go(tree: Path) -> Iterator[Package]:
    for line in (_text(tree / "go.mod") or "").splitlines():
        found = re.match(r"\s*(?:require\s+)?([\w.-]+\.[\w.-]+/\S+)\s+(v\S+)", line)
        if found and not line.lstrip().startswith(("module", "replace", "exclude", "//")):
            yield _package("golang", found.group(1), found.group(2))


def _named_package(ecosystem: str, content: dict[str, Any]) -> Iterator[Package]:
    name, version = content.get("name"), content.get("version")
    if isinstance(name, str) and isinstance(version, str) and name and version:
        yield _package(ecosystem, name, version)


def _package(ecosystem: str, name: str, version: str) -> Package:
    return Package.model_validate({"ecosystem": ecosystem, "name": name, "version": version})


def _named(tree: Path, name: str) -> Iterator[Path]:
    """Folders of that name below `tree`, those inside one another too."""
    for parent, folders, _ in os.walk(tree):
        if name in folders and not (Path(parent) / name).is_symlink():
            yield Path(parent) / name
        inside = name in Path(parent).parts
        folders[:] = [
            folder for folder in folders
            if folder not in _OTHERS and not (inside and folder in _SKIPPED)
        ]  # fmt: skip


def _matching(tree: Path, folder: str, pattern: str) -> Iterable[Path]:
    start = tree
    for part in Path(folder).parts:
        start /= part
        if start.is_symlink() or not start.is_dir():
            return ()
    return [path for path in sorted(start.glob(pattern)) if not path.is_symlink()]


def _folders(parent: Path) -> Iterable[Path]:
    try:
        return sorted(
            Path(entry.path) for entry in os.scandir(parent) if entry.is_dir(follow_symlinks=False)
        )
    except OSError:
        return ()


def _json(path: Path) -> Any:  # noqa: ANN401 - whatever the file says
    try:
        return json.loads(_text(path) or "null")
    except (ValueError, RecursionError):
        return None


def _text(path: Path) -> str | None:
    """The text of a regular file; a link is no file here, and nothing is waited for."""
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(opened, "rb") as file:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            return None
        return file.read(_LIMIT).decode(errors="replace")
