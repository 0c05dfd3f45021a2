"""What production needs of a lock file, as pip's requirements: `python_locks.py poetry|pipenv|pdm`.

Run in /app by the interpreter that the application will have, whose pip brings `packaging`. Prints
a requirement a line with the lock's digests; without a lock file, what the manifest lists.
"""

import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

from pip._vendor.packaging.markers import InvalidMarker, Marker
from pip._vendor.packaging.requirements import InvalidRequirement, Requirement
from pip._vendor.packaging.specifiers import InvalidSpecifier, SpecifierSet
from pip._vendor.packaging.utils import canonicalize_name
from pip._vendor.packaging.version import Version

PYTHON = Version(".".join(map(str, sys.version_info[:3])))
Entry = dict[str, Any]


def canonical(name: str) -> str:
    """The one spelling of a name."""
    return canonicalize_name(name)


def read(name: str) -> Entry:
    """A TOML file; empty when it is missing."""
    path = Path(name)
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def pipenv() -> list[str]:
    """Of `Pipfile.lock` the section `default`; else the Pipfile's packages."""
    path = Path("Pipfile.lock")
    if not path.is_file():
        return [listed(name, one) for name, one in read("Pipfile").get("packages", {}).items()]
    locked = json.loads(path.read_text(encoding="utf-8"))
    sources = [one["url"] for one in locked.get("_meta", {}).get("sources", [])[1:]]
    found = [
        requirement(name, entry, entry.get("hashes", []))
        for name, entry in locked.get("default", {}).items()
    ]
    return [*(f"--extra-index-url {url}" for url in sources), *found]


def pdm() -> list[str]:
    """Of `pdm.lock` the packages of the group `default`."""
    return [
        requirement(entry["name"], entry, [file["hash"] for file in entry.get("files", [])])
        for entry in read("pdm.lock").get("package", [])
        if "default" in entry.get("groups", ["default"])
    ]


def poetry() -> list[str]:
    """Of `poetry.lock` what the main group reaches; else what the manifest lists."""
    manifest = read("pyproject.toml")
    wanted = [*main_group(manifest)]
    lock = read("poetry.lock")
    if not lock:
        return [f"{name}{extra}{version}" for name, extra, version in wanted]
    packages: dict[str, list[Entry]] = {}
    for entry in lock.get("package", []):
        packages.setdefault(canonical(entry["name"]), []).append(entry)
    digests = {
        canonical(name): files for name, files in lock.get("metadata", {}).get("files", {}).items()
    }
    chosen: dict[str, Entry] = {}
    seen: set[tuple[str, str]] = set()
    while wanted:
        name, extra, version = wanted.pop()
        if (name, extra) in seen or name not in packages:
            continue
        seen.add((name, extra))
        entry = chosen.setdefault(name, choice(packages[name], version))
        wanted += reached(entry, extra)
    lines = {f"--extra-index-url {entry['source']['url']}" for entry in chosen.values()
             if entry.get("source", {}).get("type") == "legacy"}  # fmt: skip
    for name, entry in sorted(chosen.items()):
        files = entry.get("files") or digests.get(name, [])
        lines.add(locked(name, entry, [file["hash"] for file in files]))
    return sorted(lines)


def main_group(manifest: Entry) -> list[tuple[str, str, str]]:
    """(name, extras, versions) of what the manifest lists for production."""
    found = []
    for line in manifest.get("project", {}).get("dependencies", []):
        one = Requirement(line)
        if holds(str(one.marker or "")):
            found.append((canonical(one.name), brackets(one.extras), str(one.specifier)))
    listed_here = manifest.get("tool", {}).get("poetry", {}).get("dependencies", {})
    for name, given in listed_here.items():
        if name.lower() != "python":
            found += edges(name, given)
    return found


def edges(name: str, given: Any, *, optional: bool = False) -> list[tuple[str, str, str]]:  # noqa: ANN401
    """The alternatives of one dependency that hold here."""
    found = []
    for one in given if isinstance(given, list) else [given]:
        entry = one if isinstance(one, dict) else {"version": one}
        fits = python_fits(str(entry.get("python", "*"))) and holds(entry.get("markers", ""))
        if fits and (optional or not entry.get("optional")):
            extra = brackets(entry.get("extras", []))
            found.append((canonical(name), extra, specifier(entry.get("version", "*"))))
    return found


def reached(entry: Entry, extra: str) -> list[tuple[str, str, str]]:
    """What a locked package needs in turn, with those of its extras that are asked for."""
    found = []
    for name, given in entry.get("dependencies", {}).items():
        found += edges(name, given)
    for asked in filter(None, extra.strip("[]").split(",")):
        for line in entry.get("extras", {}).get(asked, []):
            try:
                one = Requirement(line)
            except InvalidRequirement:
                one = Requirement(re.split(r"[ (;]", line)[0])
            if holds(str(one.marker or "")):
                name = canonical(one.name)
                found.append((name, brackets(one.extras), str(one.specifier)))
    return found


def choice(entries: list[Entry], versions: str) -> Entry:
    """Of several locked versions of a package, the one for this Python and this need."""
    fitting = [one for one in entries if python_fits(str(one.get("python-versions", "*")))]
    for one in fitting:
        try:
            if SpecifierSet(versions).contains(one["version"], prereleases=True):
                return one
        except InvalidSpecifier:
            break
    return (fitting or entries)[0]


def locked(name: str, entry: Entry, hashes: list[str]) -> str:
    """One package of poetry.lock as a requirement."""
    source = entry.get("source", {})
    kind, url = source.get("type"), source.get("url", "")
    if kind == "git":
        entry = {"git": url, "revision": source.get("resolved_reference"), **source}
    elif kind in {"directory", "file", "url"}:
        entry = {"path": url}
    return requirement(name, entry, hashes)


def listed(name: str, given: Any) -> str:  # noqa: ANN401 - whatever the manifest says
    """One line of a Pipfile as a requirement."""
    entry = given if isinstance(given, dict) else {"version": given}
    return requirement(name, {**entry, "version": specifier(entry.get("version", "*"))}, [])


def requirement(name: str, entry: Entry, hashes: list[str]) -> str:
    """A line for pip."""
    marker = entry.get("markers") or entry.get("marker")
    condition = f" ; {marker}" if isinstance(marker, str) and marker else ""
    extra = brackets(entry.get("extras", []) if isinstance(entry.get("extras"), list) else [])
    revision = entry.get("ref") or entry.get("revision")
    if "git" in entry:
        at = f"@{revision}" if revision else ""
        folder = entry.get("subdirectory")
        below = f"#subdirectory={folder}" if folder else ""
        return f"{name}{extra} @ git+{entry['git']}{at}{below}{condition}"
    where = entry.get("path") or entry.get("file") or entry.get("url")
    if isinstance(where, str):
        # A folder of the repository, or an address.
        where = where if "://" in where else f"file://{Path(where).resolve()}"
        return f"{name}{extra} @ {where}{condition}"
    version = re.sub(r"^(?=\d)", "==", str(entry.get("version", "")))
    digests = "".join(f" --hash={digest}" for digest in hashes)
    return f"{name}{extra}{version}{condition}{digests}"


def specifier(version: str) -> str:
    """Poetry's ways of writing a range as pip's."""
    if "||" in version:
        return specifier(version.rpartition("||")[2].strip())
    return ",".join(
        part for part in map(_part, re.split(r"\s*,\s*|\s+(?=[<>=!^~])", version)) if part
    )


def _part(part: str) -> str:
    part = part.strip()
    if part in {"", "*"}:
        return ""
    numbers = re.findall(r"\d+", re.split(r"[a-z]", part.lstrip("^~= "))[0])
    if part.startswith("^"):
        place = next((i for i, number in enumerate(numbers) if number != "0"), len(numbers) - 1)
        return f">={part[1:].strip()},<{_next(numbers, place)}"
    if part.startswith("~") and not part.startswith("~="):
        return f">={part[1:].strip()},<{_next(numbers, min(1, len(numbers) - 1))}"
    if re.match(r"\d", part):
        return f"=={part}"
    return re.sub(r"^=(?=[\s\d])", "==", part)


def _next(numbers: list[str], place: int) -> str:
    return ".".join([*numbers[:place], str(int(numbers[place]) + 1)])


def python_fits(versions: str) -> bool:
    """Whether this interpreter is inside of a range."""
    for alternative in versions.split("||"):
        try:
            if SpecifierSet(specifier(alternative.strip())).contains(PYTHON, prereleases=True):
                return True
        except InvalidSpecifier:
            return True
    return False


def holds(marker: str) -> bool:
    """Whether a marker is true here."""
    if not isinstance(marker, str) or not marker.strip():
        return True
    try:
        return Marker(marker).evaluate({"extra": ""})
    except InvalidMarker:
        return True


def brackets(extras: Any) -> str:  # noqa: ANN401 - a list or a set
    """Extras as a requirement has them."""
    return f"[{','.join(sorted(map(str, extras)))}]" if extras else ""


def main() -> None:
    """Print the requirements; hashes only where every package has one, as pip wants it."""
    lines = {"poetry": poetry, "pipenv": pipenv, "pdm": pdm}[sys.argv[1]]()
    if not all(" --hash=" in line or line.startswith("--") for line in lines):
        lines = [line.partition(" --hash=")[0] for line in lines]
    sys.stdout.write("".join(f"{line}\n" for line in lines))


if __name__ == "__main__":
    main()
