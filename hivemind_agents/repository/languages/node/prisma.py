"""Prisma: the schema that is used, its client, and how its tables are made."""

import re
from collections.abc import Iterable

from hivemind_agents.repository.languages.node import builds
from hivemind_agents.repository.languages.node.project import NodeProject, read_project
from hivemind_agents.repository.readers.structured import table, text_of
from hivemind_agents.repository.tree import FileTree

_DEFAULTS = ("prisma/schema.prisma", "schema.prisma")
_BUILDS = ("postinstall", "heroku-postbuild", "build")
# What an author without migrations makes the tables with.
_PUSHES = r"\bprisma\s+db\s+push\b"


def generate(project: NodeProject) -> str | None:
    """The command that writes the client, where neither installing nor building does."""
    if not project.dependencies.first("prisma", "@prisma/client"):
        return None
    if "prisma generate" in builds.texts(project, *_BUILDS):
        return None
    found = _schema(project)
    return project.exec(f"prisma generate{found[1]}") if found else None


def release(project: NodeProject) -> str | None:
    """The command that brings the tables up to the release: by the migrations beside the schema, or
    by the schema alone where the repository has none and says so.
    """
    found = _schema(project) if project.dependencies.first("prisma") else None
    if found is None:
        return None
    schema, flag = found
    beside = schema.rpartition("/")[0]
    folders = [_of_config(project, r"\bmigrations\s*:\s*\{[^}]*?\bpath\s*:"),
               f"{beside}/migrations".lstrip("/"), "prisma/migrations"]  # fmt: skip
    if any(folder and project.tree.has_folder(folder) for folder in folders):
        return project.exec(f"prisma migrate deploy{flag}")
    told = any(re.search(_PUSHES, script) for script in project.scripts.values())
    return project.exec(f"prisma db push{flag}") if told else None


def of_workspace(tree: FileTree, folders: Iterable[str]) -> tuple[str | None, str | None]:
    """(what writes the client, what brings the tables up) of the member that has the schema."""
    for folder in folders:
        member = read_project(tree.at(folder))
        if command := release(member):
            written = generate(member)
            enter = f"cd {folder} && "
            return enter + written if written else None, enter + command
    return None, None


def _schema(project: NodeProject) -> tuple[str, str] | None:
    """(the schema's file or folder, the option that names it where Prisma would not find it)."""
    tree = project.tree
    stated = text_of(table(project.package.get("prisma")).get("schema"))
    configured = stated or _of_config(project, r"\bschema\s*:")
    for path in (configured, *_DEFAULTS):
        known = path.removeprefix("./").rstrip("/") if path else ""
        if known and (known in tree or tree.has_folder(known)):
            return known, ""
    scripts = "\n".join(project.scripts.values())
    option = re.search(r"prisma\s.*--schema[= ]\.?/?([\w./-]+)", scripts)
    if option and option[1] in tree:
        return option[1], f" --schema {option[1]}"
    found = tree.named("schema.prisma")
    return (found[0], f" --schema {found[0]}") if len(found) == 1 else None


def _of_config(project: NodeProject, key: str) -> str | None:
    """A path that Prisma's own configuration gives."""
    _, text = project.config("prisma.config", ".config/prisma")
    found = re.search(key + r"\s*(?:(?:path\.)?(?:join|resolve)\()?([^)\n}]+)", text)
    words = re.findall(r"[\"']([\w./-]+)[\"']", found[1]) if found else []
    return "/".join(words).removeprefix("./") or None
