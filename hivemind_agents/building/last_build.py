"""What `hivemind build` made last of a repository: unchanged inputs give it again at once."""

import hashlib
import tarfile
from collections.abc import Mapping
from pathlib import Path

from hivemind_agents.building.model import Artifact
from hivemind_agents.building.sbom import SBOM

_BLOCK = 1 << 20


class LastBuild:
    """The last archive of one deployment and its artifact, in the folder of its builds."""

    def __init__(self, folder: Path) -> None:
        self._archive = folder / "last.tar.gz"
        self._about = folder / "last.json"

    def taken(self, inputs: str, to: Path) -> Artifact | None:
        """Write the archive to `to`, if it was made of these inputs and is still what it was."""
        artifact = self._kept()
        if artifact is None or artifact.inputs_digest != inputs:
            return None
        if _digest(self._archive, to) != artifact.digest:
            return None
        return artifact.model_copy(update={"built": False, "phases": ()})

    def keep(self, artifact: Artifact, archive: Path) -> tuple[str, ...]:
        """Keep it for the next time.

        Returns the names of the files that came out otherwise than the last time, although the
        inputs are the same: such a build cannot be reproduced byte by byte.
        """
        last = self._kept()
        again = last is not None and last.inputs_digest == artifact.inputs_digest
        differing: tuple[str, ...] = ()
        if again and last is not None and last.digest != artifact.digest:
            differing = _differing(_contents(self._archive), _contents(archive))
        half = self._archive.with_suffix(".part")
        _digest(archive, half)
        half.replace(self._archive)
        self._about.write_text(artifact.model_dump_json())
        return differing

    def _kept(self) -> Artifact | None:
        try:
            artifact = Artifact.model_validate_json(self._about.read_text())
        except (OSError, ValueError):
            return None
        return artifact if self._archive.is_file() else None


def _digest(source: Path, to: Path) -> str:
    """Copy a file; the SHA-256 of what was copied."""
    state = hashlib.sha256()
    with source.open("rb") as reader, to.open("wb") as writer:
        while block := reader.read(_BLOCK):
            state.update(block)
            writer.write(block)
    return state.hexdigest()


def _contents(archive: Path) -> dict[str, str]:
    """Name to kind, mode and content of each entry, as one word."""
    found = {}
    with tarfile.open(archive) as opened:
        for member in opened:
            content = opened.extractfile(member) if member.isfile() else None
            digest = hashlib.sha256(content.read()).hexdigest() if content else ""
            found[member.name] = f"{member.type!r} {member.mode:o} {member.linkname} {digest}"
    return found


def _differing(one: Mapping[str, str], other: Mapping[str, str]) -> tuple[str, ...]:
    names = {*one, *other} - {SBOM}
    return tuple(sorted(name for name in names if one.get(name) != other.get(name)))
