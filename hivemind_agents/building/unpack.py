"""Takes a tree out of an archive that code of a repository may have shaped."""

import shutil
import tarfile
from pathlib import Path, PurePosixPath
from typing import IO

from hivemind_agents.errors import HivemindError


def unpack(packed: IO[bytes], into: Path) -> None:
    """Write folders, files and links of a `.tar.gz` below `into`.

    Links come last, so that nothing is written through one. Devices and sockets are left out.
    Raises HivemindError for a name that leads out of `into`, and when the archive is cut off.
    """
    links: list[tuple[Path, str]] = []
    try:
        with tarfile.open(fileobj=packed, mode="r|gz") as archive:
            for member in archive:
                name = PurePosixPath(member.name)
                if name.is_absolute() or ".." in name.parts:
                    raise HivemindError(f"the build left a file with the name {member.name!r}")
                path = into.joinpath(*name.parts)
                if member.issym():
                    links.append((path, member.linkname))
                elif member.isdir():
                    path.mkdir(parents=True, exist_ok=True)
                elif member.isreg():
                    path.parent.mkdir(parents=True, exist_ok=True)
                    content = archive.extractfile(member)
                    assert content is not None  # noqa: S101 - it is a regular file
                    with path.open("xb") as file:
                        shutil.copyfileobj(content, file, 1 << 20)
                    path.chmod(0o755 if member.mode & 0o100 else 0o644)
    except (tarfile.TarError, EOFError) as error:
        raise HivemindError(f"the build's result did not arrive whole: {error}") from error
    for path, target in links:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)
