"""Alembic's migrations, wherever the repository has its settings."""

import posixpath

from hivemind_agents.repository.languages.python.project import PythonProject

_NAME = "alembic.ini"


def upgrade(project: PythonProject) -> str | None:
    """The command that migrates. Its scripts' folder is named from where its author runs it: from
    the root, or from beside the settings.
    """
    tree = project.tree
    if _NAME in tree:
        return "alembic upgrade head"
    for path in sorted(tree.named(_NAME), key=lambda each: (each.count("/"), each)):
        if path.count("/") > 2:
            break
        folder = posixpath.dirname(path)
        said = tree.search(path, r"(?m)^script_location\s*=\s*(?:%\(here\)s/)?(\S+)")
        # `shop:migrations` is a folder of a package.
        scripts = posixpath.normpath(str(said[1]).replace(":", "/")) if said else ""
        here = tree.search(path, r"(?m)^script_location\s*=\s*%\(here\)s") is not None
        if scripts and not here and tree.has(f"{scripts}/env.py"):
            return f"alembic --config {path} upgrade head"
        if scripts and tree.has(posixpath.normpath(f"{folder}/{scripts}/env.py")):
            up = "/".join([".."] * (folder.count("/") + 1))
            return f"cd {folder} && PYTHONPATH=.:{up} alembic upgrade head"
    return None
