"""What a build's dependency phase made, kept for the next build with the same manifests.

It is on the deployment's own volume, outside of what builds see: a build cannot change what the
next one gets. Hosts run this too, with the standard library alone.
"""

import os
import shutil
import subprocess
from pathlib import Path

_NEWEST = 3
_ABOUT = "about.json"


class KeptFolders:
    """The kept folders of one key. `below`: a folder of the volume that only root sees."""

    def __init__(self, below: Path, key: str, folders: tuple[str, ...]) -> None:
        self._below = below
        self._here = below / key
        self._folders = folders

    def restore(self, app: Path) -> str | None:
        """Copy them into `app`; what was said of them, None when there are none."""
        about = self._here / _ABOUT
        if not about.is_file():
            return None
        for folder in self._folders:
            if (self._here / folder).is_dir():
                (app / folder).parent.mkdir(parents=True, exist_ok=True)
                _copy(self._here / folder, app / folder)
        os.utime(self._here)
        return about.read_text()

    def save(self, app: Path) -> None:
        """Copy them from `app`, whose processes must be held meanwhile."""
        part = self._below / "part"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True, mode=0o700)
        for folder in self._folders:
            if (app / folder).is_dir() and not (app / folder).is_symlink():
                (part / folder).parent.mkdir(parents=True, exist_ok=True)
                _copy(app / folder, part / folder)
        shutil.rmtree(self._here, ignore_errors=True)
        part.rename(self._here)

    def finish(self, about: str) -> None:
        """Mark them as whole: the build came to its end with them."""
        if self._here.is_dir():
            (self._here / _ABOUT).write_text(about)
        others = [path for path in self._below.iterdir() if path.is_dir()]
        for old in sorted(others, key=lambda path: path.stat().st_mtime)[:-_NEWEST]:
            shutil.rmtree(old, ignore_errors=True)


def _copy(source: Path, target: Path) -> None:
    # Half the time of `cp --archive` for many small files on a disk that is a file: one process
    # reads while the other writes. Links stay links.
    target.mkdir(exist_ok=True)
    packing = ["tar", "--create", "--directory", str(source), "--file", "-", "."]
    unpacking = ["tar", "--extract", "--preserve-permissions", "--numeric-owner"]
    with subprocess.Popen(packing, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as reader:
        done = subprocess.run(
            [*unpacking, "--directory", str(target), "--file", "-"],
            stdin=reader.stdout,
            stderr=subprocess.PIPE,
            check=False,
        )
    if reader.returncode or done.returncode:
        raise OSError(f"{source} could not be copied: {done.stderr.decode(errors='replace')}")
