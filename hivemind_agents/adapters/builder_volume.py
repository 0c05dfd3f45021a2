"""A build's disk: a file system in a file, so that a build cannot fill the machine's."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hivemind_agents.adapters.builder_network import missing
from hivemind_agents.building import programs
from hivemind_agents.errors import Busy, HivemindError


@dataclass(frozen=True)
class Volume:
    """The folders of a mounted volume: `cache` and `kept` outlive the build.

    `kept` is root's alone; containers see the others.
    """

    app: Path
    temporary: Path
    cache: Path
    kept: Path


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the deployment's build folder alone; what a dead build left mounted is let go."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy(
                f"another build is under way, with files in {folder}",
                mend="wait for it, or cancel its run",
            ) from error
        unmount(folder / "mount")
        yield


@contextmanager
def mounted(folder: Path, size_mb: int, owner: int) -> Iterator[Volume]:
    """Mount the deployment's volume; made anew when it is missing, damaged or of another size.

    `owner`: the user id that builds run as. Needs root.
    """
    with disk(folder / "volume.img", folder / "mount", size_mb) as point:
        volume = Volume(point / "app", point / "tmp", point / "cache", point / "kept")
        for transient in (volume.app, volume.temporary):
            shutil.rmtree(transient, ignore_errors=True)
        status = os.statvfs(point)
        if status.f_bavail < status.f_blocks // 4:
            shutil.rmtree(volume.cache, ignore_errors=True)
            shutil.rmtree(volume.kept, ignore_errors=True)
        volume.kept.mkdir(exist_ok=True, mode=0o700)
        for part in (volume.app, volume.temporary, volume.cache):
            part.mkdir(exist_ok=True, mode=0o755)
            os.chown(part, owner, owner)
        try:
            yield volume
        finally:
            for transient in (volume.app, volume.temporary):
                shutil.rmtree(transient, ignore_errors=True)


@contextmanager
def disk(image: Path, point: Path, size_mb: int) -> Iterator[Path]:
    """Mount a file as a disk; made anew when it is missing, damaged or of another size."""
    point.mkdir(exist_ok=True)
    if not image.exists() or image.stat().st_size != size_mb << 20:
        _make(image, size_mb)
    try:
        _mount(image, point)
    except subprocess.CalledProcessError:
        _make(image, size_mb)
        _mount(image, point)
    try:
        yield point
    finally:
        unmount(point)


def place_programs(temporary: Path) -> None:
    """Put the programs that recipes call where their steps look for them, `programs.FOLDER`."""
    folder = temporary / Path(programs.FOLDER).relative_to("/tmp")  # noqa: S108 - the container's
    folder.mkdir(mode=0o755)
    for name, text in programs.texts().items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o644)


def place(tree: Path, into: Path, owner: int) -> None:
    """Copy `tree` into the volume, for the build's user to change."""
    shutil.copytree(tree, into, symlinks=True, dirs_exist_ok=True)
    os.chown(into, owner, owner)
    for parent, folders, files in os.walk(into):
        for name in (*folders, *files):
            os.chown(Path(parent) / name, owner, owner, follow_symlinks=False)


def unmount(point: Path) -> None:
    """Let go of a mounted volume, if it is one."""
    if point.is_mount():
        done = subprocess.run(["umount", point], capture_output=True, check=False)
        if done.returncode:
            subprocess.run(["umount", "--lazy", point], capture_output=True, check=False)


def _make(image: Path, size_mb: int) -> None:
    image.unlink(missing_ok=True)
    with image.open("wb") as file:
        file.truncate(size_mb << 20)
    options = "lazy_itable_init=1,lazy_journal_init=1,nodiscard"
    try:
        subprocess.run(
            ["mkfs.ext4", "-q", "-F", "-m", "0", "-E", options, image],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise missing("e2fsprogs") from error
    except subprocess.CalledProcessError as error:
        raise HivemindError(f"the build's disk cannot be made: {error.stderr.strip()}") from error


def _mount(image: Path, point: Path) -> None:
    subprocess.run(
        ["mount", "-o", "loop,nosuid,nodev,discard", image, point],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
