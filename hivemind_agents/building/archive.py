"""A tree as one normalised archive: the same tree gives the same bytes anywhere, any time."""

import base64
import hashlib
import io
import os
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast
from urllib.parse import quote, unquote, urlsplit

from hivemind_agents.building.compression import PartedGzip
from hivemind_agents.building.model import Manifest
from hivemind_agents.building.sbom import SBOM, document

MANIFEST = ".hivemind/manifest.json"
# 1980: the first year that every archive format can express.
EPOCH = 315532800


def write_archive(
    tree: Path, to: Path, manifest: Manifest, *,
    name: str = "application", leave_out: tuple[str, ...] = (), parts: Path | None = None,
) -> tuple[str, int]:  # fmt: skip
    """Write `tree`, manifest and list of parts as `.tar.gz`; return digest and size in bytes.

    Names sorted, times and owners fixed, modes reduced to 755 and 644, no byte code, no version
    control, no sockets and devices, no time in the compression's header. Links stay links.
    `parts`: a folder that keeps compressed parts for the next archive.
    """
    with to.open("wb") as raw, PartedGzip(raw, parts) as packed, tarfile.open(
        fileobj=cast("IO[bytes]", packed), mode="w", format=tarfile.PAX_FORMAT
    ) as archive:  # fmt: skip
        text = manifest.model_dump_json(indent=1).encode() + b"\n"
        _add(archive, ".hivemind", stat.S_IFDIR | 0o755)
        _add(archive, MANIFEST, stat.S_IFREG | 0o644, text)
        _add(archive, SBOM, stat.S_IFREG | 0o644, document(manifest, name))
        for path in entries(tree, leave_out):
            name = path.relative_to(tree).as_posix()
            status = path.lstat()
            packed.entry(name, status.st_size)
            if stat.S_ISREG(status.st_mode):
                with path.open("rb") as content:
                    _add(archive, name, status.st_mode, content, status.st_size)
            elif stat.S_ISLNK(status.st_mode):
                _add(archive, name, status.st_mode, link=path.readlink())
            else:
                _add(archive, name, status.st_mode)
    state = hashlib.sha256()
    with to.open("rb") as written:
        while block := written.read(1 << 20):
            state.update(block)
    return state.hexdigest(), to.stat().st_size


def entries(tree: Path, leave_out: tuple[str, ...] = ()) -> Iterator[Path]:
    """Folders, files and links below `tree` that belong to a release, sorted by name."""
    for entry in sorted(os.scandir(tree), key=lambda entry: os.fsencode(entry.name)):
        if entry.name in {"__pycache__", ".git", ".hivemind", *leave_out}:
            continue
        if entry.name.endswith(".pyc") and entry.is_file(follow_symlinks=False):
            continue
        kind = entry.stat(follow_symlinks=False).st_mode
        if stat.S_ISDIR(kind):
            yield Path(entry.path)
            yield from entries(Path(entry.path), leave_out)
        elif stat.S_ISREG(kind) or stat.S_ISLNK(kind):
            yield Path(entry.path)


def measure(tree: Path, leave_out: tuple[str, ...] = ()) -> tuple[int, int]:
    """Number and bytes of the files that would be archived."""
    files = [path.lstat() for path in entries(tree, leave_out)]
    regular = [status.st_size for status in files if stat.S_ISREG(status.st_mode)]
    return len(regular), sum(regular)


def needles(secret: str) -> list[bytes]:
    """The ways in which a file may hold a secret: plain, quoted for a URL, in base 64."""
    shapes = {secret, quote(secret, safe="")}
    if "://" in secret and (password := urlsplit(secret).password):
        shapes |= {password, unquote(password)}
    plain = [shape.encode() for shape in shapes if len(shape) >= 6]
    return plain + [base64.b64encode(needle).rstrip(b"=")[:-1] for needle in plain]


def first_with(tree: Path, secret: str) -> Path | None:
    """The first file below `tree` that holds `secret`, plain, quoted for a URL or in base 64."""
    wanted = needles(secret)
    for parent, folders, files in os.walk(tree):
        folders.sort()
        for name in sorted(files):
            path = Path(parent) / name
            if path.is_symlink() or not path.is_file():
                continue
            with path.open("rb") as file:
                content = file.read()
            if any(needle in content for needle in wanted):
                return path
    return None


def _add(
    archive: tarfile.TarFile, name: str, mode: int,
    content: bytes | IO[bytes] | None = None, size: int | None = None, *, link: Path | None = None,
) -> None:  # fmt: skip
    info = tarfile.TarInfo(name)
    info.mtime = EPOCH
    runs = stat.S_ISDIR(mode) or bool(mode & stat.S_IXUSR)
    info.mode = 0o755 if runs else 0o644
    if link is not None:
        info.type, info.linkname, info.mode = tarfile.SYMTYPE, str(link), 0o777
    elif stat.S_ISDIR(mode):
        info.type = tarfile.DIRTYPE
    elif isinstance(content, bytes):
        info.size, content = len(content), io.BytesIO(content)
    else:
        info.size = size or 0
    archive.addfile(info, cast("IO[bytes] | None", content))
