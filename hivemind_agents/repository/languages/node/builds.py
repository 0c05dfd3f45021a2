"""The commands that build, without the parts that only a running database can answer."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from hivemind_agents.repository.platforms.dockerfile import NAMES as DOCKERFILES

if TYPE_CHECKING:
    from hivemind_agents.repository.languages.node.project import NodeProject

_SCRIPTS = ("heroku-postbuild", "build", "build:prod", "build:production")
_DEPTH = 5
_EMPTY = re.compile(r"\s*(echo|exit|true)\b")
# Commands that connect to a database, whatever script they are in.
_CONNECTS = re.compile(
    r"\b(?:sequelize(?:-cli)?\s+db:|knex(?:\.js)?\s+(?:--\S+\s+)*(?:migrate|seed)[:.]|"
    r"prisma\s+(?:migrate\s+(?:deploy|reset)|db\s+(?:push|seed|execute))|"
    r"(?:typeorm\S*|typeorm-ts-node-\w+)\s+(?:.*\s)?(?:migration:run|schema:sync)|"
    r"drizzle-kit\s+(?:push|migrate)|node-pg-migrate\b|db-migrate\s+up|payload\s+migrate\b(?!:)|"
    r"mikro-orm\s+(?:migration:up|schema:update)|pg_isready|"
    r"(?:node|tsx|ts-node)\s+\S*(?:\bmigrate|check-db|check-database)[\w-]*(?:\.[cm]?[jt]s)?(?:\s|$))"
)
_NAMED = re.compile(
    r"^(?:check[-:](?:db|database)|(?:db|database)[-:](?:migrate|push|seed|deploy)\b.*)$"
)
_RUN = re.compile(r"\s*(?:npm|yarn|pnpm|bun)(?:\s+run(?:-script)?)?\s+([\w:.-]+)\s*$")
_RUN_ALL = re.compile(
    r"\s*(?:npm-run-all|run-s)((?:\s+(?:-s|--silent|--serial|-l))*(?:\s+[\w:.-]+)+)\s*$"
)
_OF_THE_SHELL = re.compile(
    r"(?:node|npm|npx|yarn|pnpm|bunx?|cp|mv|mkdir|rm|echo|cd|export|set|sh|bash|test|touch|cat|"
    r"\[|\.?\.?/\S*)(?:\s|$)"
)
_ASSIGNED = re.compile(r"((?:\w+=(?:'[^']*'|\"[^\"]*\"|[^\s'\"]*)\s+)*)(.*)", re.S)
_DESTROYS = re.compile(r"\b(?:reset|drop|refresh|fresh)\b|--force-reset")


def build_commands(project: "NodeProject") -> tuple[str, ...]:
    """The script that builds, if there is one that does something. Where it migrates as well, the
    next one that does not, or the Dockerfile's; else its other parts.
    """
    names = [
        name for name in (*_SCRIPTS, *_of_image(project))
        if name in project.scripts and not _EMPTY.match(project.scripts[name])
    ]  # fmt: skip
    for name in names:
        if not connects(project, name):
            return (project.run(name),)
    for name in names:
        if left := [part for part, by_database in _parts(project, name) if not by_database]:
            return (" && ".join(left),)
    return ()


def migrations(project: "NodeProject") -> str | None:
    """What a building script does with the database: the place for it is before the traffic."""
    for name in _SCRIPTS:
        found = [
            part.replace(" --accept-data-loss", "")
            for part, by_database in (_parts(project, name) if connects(project, name) else ())
            if by_database and not _DESTROYS.search(part)
        ]
        if found:
            return " && ".join(found)
    return None


def texts(project: "NodeProject", *names: str) -> str:
    """The scripts of the names with all that they run."""
    return "\n".join(text for name in names for text in _texts(project, name))


def _of_image(project: "NodeProject") -> Iterator[str]:
    """Scripts that the repository's own image is built with."""
    path = project.tree.has(*DOCKERFILES)
    text = project.tree.text(path) if path else None
    run = r"(?m)^RUN\s.*?\b(?:npm run|yarn(?: run)?|pnpm(?: run)?|bun run) ([\w:.-]*build[\w:.-]*)"
    yield from re.findall(run, text or "")


def _texts(project: "NodeProject", name: str, depth: int = 0) -> Iterator[str]:
    for each in (f"pre{name}", name, f"post{name}"):
        script = project.scripts.get(each)
        if script is None:
            continue
        yield script
        for part in re.split(r"\s*(?:&&|\|\||;)\s*", script) if depth < _DEPTH else ():
            for inner in _scripts(project, part):
                yield from _texts(project, inner, depth + 1)


def _scripts(project: "NodeProject", part: str) -> list[str]:
    """The project's scripts that a command runs, in their order."""
    if several := _RUN_ALL.match(part):
        return [word for word in several[1].split() if not word.startswith("-")]
    one = _RUN.match(part)
    return [one[1]] if one and one[1] in project.scripts else []


def connects(project: "NodeProject", name: str) -> bool:
    """Whether a script, or one that it runs, connects to a database."""
    return bool(_NAMED.match(name)) or any(
        _CONNECTS.search(text) or any(_NAMED.match(inner) for inner in _named_in(project, text))
        for text in _texts(project, name)
    )


def _named_in(project: "NodeProject", text: str) -> Iterator[str]:
    for part in re.split(r"\s*(?:&&|\|\||;)\s*", text):
        yield from _scripts(project, part)


def _parts(project: "NodeProject", name: str, depth: int = 0) -> Iterator[tuple[str, bool]]:
    """(command, whether it connects to a database) of a script, and of those that come around it
    by themselves.
    """
    for each in (f"pre{name}", name, f"post{name}"):
        for part in re.split(r"\s*&&\s*", project.scripts.get(each, "").strip()):
            inner = _scripts(project, part)
            for one in inner:
                if _NAMED.match(one) or not connects(project, one):
                    yield project.run(one), bool(_NAMED.match(one))
                elif depth < _DEPTH:
                    yield from _parts(project, one, depth + 1)
            if part and not inner:
                yield _by_manager(project, part), bool(_CONNECTS.search(part))


def _by_manager(project: "NodeProject", part: str) -> str:
    """A script's command as one for a shell, which does not know the packages' programs."""
    found = _ASSIGNED.fullmatch(part)
    before, rest = (found[1], found[2]) if found else ("", part)
    return part if _OF_THE_SHELL.match(rest) else before + project.exec(rest)
