"""A tree as one normalised archive: the same tree gives the same bytes anywhere, any time."""

import base64
import hashlib
import io
import os
import stat
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, NamedTuple, cast
from urllib.parse import quote, unquote, urlsplit

from hivemind_agents.building.compression import PartedGzip
from hivemind_agents.building.model import Manifest
from hivemind_agents.building.sbom import SBOM, document

MANIFEST = ".hivemind/manifest.json"
# 1980: the first year that every archive format can express.
EPOCH = 315532800


class Entry(NamedTuple):
    """A folder, file or link of a tree; `name` is relative to the tree."""

    name: str
    path: str
    status: os.stat_result


def entries(tree: Path, leave_out: tuple[str, ...] = ()) -> list[Entry]:
    """What of `tree` belongs to a release, sorted by name, a folder before what is in it.

    Without byte code, version control, sockets, devices and what has one of the names `leave_out`.
    """
    left_out = {"__pycache__", ".git", ".hivemind", *leave_out}
    return list(_walk(str(tree), "", left_out))


def measure(entries: Iterable[Entry]) -> tuple[int, int]:
    """Number and bytes of the files among them."""
    sizes = [entry.status.st_size for entry in entries if stat.S_ISREG(entry.status.st_mode)]
    return len(sizes), sum(sizes)


def write_archive(
    entries: Iterable[Entry], to: Path, manifest: Manifest, *,
    name: str = "application", parts: Path | None = None,
) -> tuple[str, int]:  # fmt: skip
    """Write entries, manifest and list of parts as `.tar.gz`; return digest and size in bytes.

    Times and owners fixed, modes reduced to 755 and 644, no time in the compression's header.
    Links stay links. `parts`: a folder that keeps compressed parts for the next archive.
    """
    with to.open("wb") as raw, PartedGzip(raw, parts) as packed, tarfile.open(
        fileobj=cast("IO[bytes]", packed), mode="w", format=tarfile.PAX_FORMAT
    ) as archive:  # fmt: skip
        text = manifest.model_dump_json(indent=1).encode() + b"\n"
        _add(archive, ".hivemind", stat.S_IFDIR | 0o755)
        _add(archive, MANIFEST, stat.S_IFREG | 0o644, text)
        _add(archive, SBOM, stat.S_IFREG | 0o644, document(manifest, name))
        for entry in entries:
            mode, size = entry.status.st_mode, entry.status.st_size
            packed.entry(entry.name, size)
            if stat.S_ISREG(mode):
                with open(entry.path, "rb") as content:  # noqa: PTH123 - for each of many files
                    _add(archive, entry.name, mode, content, size)
            elif stat.S_ISLNK(mode):
                _add(archive, entry.name, mode, link=os.readlink(entry.path))  # noqa: PTH115
            else:
                _add(archive, entry.name, mode)
    state = hashlib.sha256()
    with to.open("rb") as written:
        while block := written.read(1 << 20):
            state.update(block)
    return state.hexdigest(), to.stat().st_size


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


def _walk(folder: str, prefix: str, left_out: set[str]) -> Iterator[Entry]:
    for found in sorted(os.scandir(folder), key=lambda found: os.fsencode(found.name)):
        if found.name in left_out:
            continue
        if found.name.endswith(".pyc") and found.is_file(follow_symlinks=False):
            continue
        status = found.stat(follow_symlinks=False)
        entry = Entry(prefix + found.name, found.path, status)
        if stat.S_ISDIR(status.st_mode):
            yield entry
            yield from _walk(found.path, f"{entry.name}/", left_out)
        elif stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode):
            yield entry


def _add(
    archive: tarfile.TarFile, name: str, mode: int,
    content: bytes | IO[bytes] | None = None, size: int | None = None, *, link: str | None = None,
) -> None:  # fmt: skip
    info = tarfile.TarInfo(name)
    info.mtime = EPOCH
    runs = stat.S_ISDIR(mode) or bool(mode & stat.S_IXUSR)
    info.mode = 0o755 if runs else 0o644
    if link is not None:
        info.type, info.linkname, info.mode = tarfile.SYMTYPE, link, 0o777
    elif stat.S_ISDIR(mode):
        info.type = tarfile.DIRTYPE
    elif isinstance(content, bytes):
        info.size, content = len(content), io.BytesIO(content)
    else:
        info.size = size or 0
    archive.addfile(info, cast("IO[bytes] | None", content))
