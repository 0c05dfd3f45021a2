"""The files that a recipe decides by: their names, and the text of a few."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Self

_LIMIT = 4_000_000


class Files(frozenset[str]):
    """Names of the files and folders below the application's folder; `text` reads one."""

    _root: Path | None = None
    _texts: Mapping[str, str] = {}

    @classmethod
    def below(cls, root: Path) -> Self:
        """All that is below `root`."""
        files = cls(path.relative_to(root).as_posix() for path in root.rglob("*"))
        files._root = root
        return files

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> Self:
        """Files that are nowhere but here."""
        files = cls(texts)
        files._texts = dict(texts)
        return files

    def text(self, name: str) -> str | None:
        """The text of a file; None where there is none, or nothing that can be read as text."""
        if self._root is None:
            return self._texts.get(name)
        path = self._root / name
        try:
            if not path.is_file() or not path.resolve().is_relative_to(self._root.resolve()):
                return None
            return path.read_bytes()[:_LIMIT].decode("utf-8-sig", errors="replace")
        except OSError:
            return None


def text_of(files: Iterable[str], name: str) -> str | None:
    """The text of a file, where the names know their files."""
    return files.text(name) if isinstance(files, Files) else None
