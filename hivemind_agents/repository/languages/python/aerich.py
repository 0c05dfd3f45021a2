"""Tortoise's migrations, which Aerich makes and runs."""

import configparser
import posixpath
from contextlib import suppress

from hivemind_agents.repository.languages.python.project import PythonProject
from hivemind_agents.repository.readers.structured import read_toml, table

# Where Aerich makes them unless it is told.
_FOLDER = "./migrations"


def upgrade(project: PythonProject) -> str | None:
    """The command that migrates, where there is a migration to run."""
    if project.dependencies.runtime("aerich") is None:
        return None
    said = _settings(project)
    if not said.get("tortoise_orm"):
        return None
    folder = posixpath.normpath(str(said.get("location") or _FOLDER))
    known = any(
        path.startswith(f"{folder}/") and path.endswith((".py", ".sql"))
        for path in project.tree.paths
    )
    return "aerich upgrade" if known else None


def _settings(project: PythonProject) -> dict[str, object]:
    tool = table(table(read_toml(project.tree, "pyproject.toml").get("tool")).get("aerich"))
    if tool:
        return tool
    # Its form before version 0.6.
    parser = configparser.ConfigParser(interpolation=None)
    with suppress(configparser.Error):
        parser.read_string(project.tree.text("aerich.ini") or "")
    return dict(parser["aerich"]) if parser.has_section("aerich") else {}
