"""Recon: what a repository is, what it needs, and how it is run, read without running any of it.

`inspect(path)` is the way in. Detectors are pure functions over a `FileTree`; their findings carry
evidence and confidence; `resolve` weighs them into one `RepositoryReport`.
"""

from collections.abc import Mapping
from pathlib import Path

from hivemind_agents.errors import RepositoryError
from hivemind_agents.repository.config import UserWord, from_mapping
from hivemind_agents.repository.report import (
    Behaviour,
    Component,
    EnvVariable,
    Question,
    RepositoryReport,
)
from hivemind_agents.repository.resolve import inspect_tree
from hivemind_agents.repository.tree import FileTree

__all__ = [
    "Behaviour", "Component", "EnvVariable", "FileTree", "Question", "RepositoryReport",
    "UserWord", "inspect", "inspect_tree",
]  # fmt: skip


def inspect(
    path: Path | str, *, overrides: Mapping[str, object] | UserWord | None = None
) -> RepositoryReport:
    """Read the repository at `path`.

    `overrides`: the user's word by flags, with the keys of hivemind.yml; it wins over the file.
    Raises: `RepositoryError` where there is no folder, or hivemind.yml is wrong.
    """
    root = Path(path)
    if not root.exists():
        raise RepositoryError(
            f"there is no folder {str(path)!r}",
            mend="hivemind recon PATH, with the repository's folder",
        )
    if not root.is_dir():
        raise RepositoryError(
            f"{str(path)!r} is a file, not the folder of a repository",
            mend=f"hivemind recon {root.parent}",
        )
    try:
        tree = FileTree.open(root)
    except OSError as error:
        raise RepositoryError(
            f"{str(path)!r} cannot be read: {error.strerror or error}",
            mend=f"ls -la {root} (who may read it?)",
        ) from error
    word = overrides if isinstance(overrides, UserWord) else from_mapping(overrides or {})
    return inspect_tree(tree, overrides=word)
