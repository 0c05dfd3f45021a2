"""What production needs of a lock file, as pip's requirements: `python_locks.py pipenv|pdm`.

Run by the system's interpreter in /app; prints a requirement a line, with the lock's digests.
"""

import json
import re
import sys
import tomllib
from pathlib import Path


def pipenv() -> list[str]:
    """Of `Pipfile.lock`, the section `default`."""
    locked = json.loads(Path("Pipfile.lock").read_text(encoding="utf-8"))
    return [_requirement(name, entry, entry.get("hashes", []))
            for name, entry in locked.get("default", {}).items()]  # fmt: skip


def pdm() -> list[str]:
    """Of `pdm.lock`, the packages of the group `default`."""
    locked = tomllib.loads(Path("pdm.lock").read_text(encoding="utf-8"))
    return [
        _requirement(entry["name"], entry, [file["hash"] for file in entry.get("files", [])])
        for entry in locked.get("package", [])
        if "default" in entry.get("groups", ["default"])
    ]


def _requirement(name: str, entry: dict[str, object], hashes: list[str]) -> str:
    marker = entry.get("markers") or entry.get("marker")
    condition = f" ; {marker}" if marker else ""
    extras = entry.get("extras")
    extra = f"[{','.join(map(str, extras))}]" if isinstance(extras, list) and extras else ""
    revision = entry.get("ref") or entry.get("revision")
    if "git" in entry:
        folder = entry.get("subdirectory")
        below = f"#subdirectory={folder}" if folder else ""
        return f"{name}{extra} @ git+{entry['git']}@{revision}{below}{condition}"
    where = entry.get("path") or entry.get("file") or entry.get("url")
    if isinstance(where, str):
        # A folder of the repository, or an address.
        if "://" not in where:
            where = f"file://{Path(where).resolve()}"
        return f"{name}{extra} @ {where}{condition}"
    version = re.sub(r"^(?=\d)", "==", str(entry.get("version", "")))
    digests = "".join(f" --hash={digest}" for digest in hashes)
    return f"{name}{extra}{version}{condition}{digests}"


def main() -> None:
    """Print the requirements; hashes only where every package has one, as pip wants it."""
    lines = {"pipenv": pipenv, "pdm": pdm}[sys.argv[1]]()
    if not all(" --hash=" in line for line in lines):
        lines = [line.partition(" --hash=")[0] for line in lines]
    sys.stdout.write("".join(f"{line}\n" for line in lines))


if __name__ == "__main__":
    main()
