"""What decides the folders that a build's dependency phase made, and what was learnt of them."""

import hashlib
from pathlib import Path

from hivemind_agents.building.model import Recipe, digest_of
from hivemind_agents.domain.base import Frozen


class Outcome(Frozen):
    """What was learnt in the container about the tree that the build left."""

    versions: dict[str, str] = {}
    # Debian packages of libraries that compiled files load, and those of the kept folders' files.
    libraries: tuple[str, ...] = ()
    kept_libraries: tuple[str, ...] = ()


def key_of(recipe: Recipe, tree: Path, image: str, env: object) -> str | None:
    """What decides the kept folders; None where the recipe keeps none, or any file may decide."""
    if not recipe.kept or recipe.keyed_by is None:
        return None
    contents = {}
    for name in recipe.keyed_by:
        path = tree / name
        if path.is_symlink() or not path.is_file():
            return None
        contents[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    commands = [step.command for step in recipe.steps if step.phase != "build"]
    return digest_of([2, recipe.kept, commands, recipe.env, contents, image, env])
