"""Takes away what npm installed for development alone, by npm's own list of what it installed.

The same as `npm prune --omit=dev`, in a tenth of its time. Exits with 3 where there is no such
list, as of npm 6.
"""

import json
import os
import shutil
import sys
from pathlib import Path

APP = Path(os.environ.get("HIVEMIND_APP", "/app"))
LIST = "node_modules/.package-lock.json"


def main() -> None:
    folder = APP / (sys.argv[1] if len(sys.argv) > 1 else ".")
    try:
        packages = json.loads((folder / LIST).read_text())["packages"]
    except (OSError, ValueError, KeyError):
        sys.exit(3)
    gone = 0
    for path, about in packages.items():
        place = folder / path
        if about.get("dev") and "node_modules/" in f"{path}/" and inside(folder, place):
            gone += 1
            if place.is_symlink():
                place.unlink()
            else:
                shutil.rmtree(place, ignore_errors=True)
    (folder / LIST).unlink()
    for programs in {folder / path for path in bin_folders(packages)}:
        tidy(programs)
    sys.stdout.write(f"{gone} packages for development taken away\n")


def inside(folder: Path, place: Path) -> bool:
    """No path of the list leads out of the application."""
    return Path(os.path.normpath(place)).is_relative_to(folder)


def bin_folders(packages: "dict[str, object]") -> "set[str]":
    """The folders of links to programs, one beside each group of packages."""
    return {path[: path.rindex("node_modules/") + 13] + ".bin" for path in packages
            if "node_modules/" in path} | {"node_modules/.bin"}  # fmt: skip


def tidy(programs: Path) -> None:
    """Links whose package is gone go, and so do folders with nothing in them."""
    if not programs.is_dir():
        return
    for link in programs.iterdir():
        if link.is_symlink() and not link.exists():
            link.unlink()
    if not any(programs.iterdir()):
        programs.rmdir()
    for scope in programs.parent.glob("@*"):
        if scope.is_dir() and not any(scope.iterdir()):
            scope.rmdir()


if __name__ == "__main__":
    main()
