"""Variables by which a repository is told that it runs in production, and what they have to say.

A platform's file gives values outright. Where none does, a variable that chooses between stages,
and falls back to the one for development, is given the name that the code has for production.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType

from hivemind_agents.repository.facts import Finding
from hivemind_agents.repository.hosts import means_hosts
from hivemind_agents.repository.platforms import Declared
from hivemind_agents.repository.readers.environment import PLATFORM
from hivemind_agents.repository.report import EnvVariable
from hivemind_agents.repository.signals import VARIABLES
from hivemind_agents.repository.tree import FileTree

# Of the platform's own variables, those that choose what an application does.
_CHOOSE = frozenset({"DJANGO_SETTINGS_MODULE", "FLASK_ENV", "APP_ENV", "ENV", "LOG_LEVEL"})
_SETTINGS = "DJANGO_SETTINGS_MODULE"
_STAGE = re.compile(
    r"^(?:\w+_)?(?:ENV|ENVIRONMENT|STAGE|CONFIG|CONFIG_NAME|CONFIG_MODE|CONFIG_TYPE|SETTINGS|"
    r"APP_SETTINGS|RUN_MODE)$"
)
# Who runs it sets it: Node's recipe, PHP's frameworks.
_SET_ELSEWHERE = frozenset({"NODE_ENV", "RAILS_ENV", "RACK_ENV", "MIX_ENV"})
_DEVELOPMENT = re.compile(r"(?i)^(?:dev|develop|development|local|default|debug|test|testing)$")
_PRODUCTION = re.compile(r"[\"'](production|prod|Production|PRODUCTION|PROD|Prod)[\"']")
_CLASS = re.compile(
    r"^([\w.]+[.:])?(?:Dev|Development|Local|Base|Default|Debug)?Config(?:uration)?$"
)
_PRODUCTION_CLASS = re.compile(r"(?m)^class\s+(Prod\w*Config(?:uration)?)\b")
# What a value of another machine looks like: its paths, its names, a part of its shell.
_FOREIGN = re.compile(r"^/|\$|localhost|127\.0\.0\.1|0\.0\.0\.0|herokuapp|onrender|fly\.dev")


def read_sets(
    tree: FileTree,
    finding: Finding | None,
    declared: Sequence[Declared],
    env: Sequence[EnvVariable],
    processes: Collection[str],
    *,
    kept: Collection[str] = (),
    proposed: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, str]:
    """Name to value, of variables that the code reads. `processes`: those of a release; `kept`:
    folders that a release has, wherever they are; `proposed`: values of the repository's own
    environment files, which serve where the code stops without one.
    """
    known = {variable.name: variable for variable in env}
    sets: dict[str, str] = {}
    for name, value in _told(declared):
        if name not in known or (name == _SETTINGS and not _is_module(tree, value)):
            continue
        folder = _is_here(value, kept)
        if _is_ours(known[name], folder=folder) and (folder or not _FOREIGN.search(value)):
            sets.setdefault(name, value)
    for variable in env:
        stage = None if variable.name in sets else _stage(tree, variable)
        stage = stage or _switched(variable, migrates="release" in processes)
        if stage:
            sets.setdefault(variable.name, stage)
        example = proposed.get(variable.name, "")
        lacks = variable.demanded and variable.default is None and _is_ours(variable, folder=False)
        if example and lacks and not _FOREIGN.search(example):
            sets.setdefault(variable.name, example)
    return {**sets, **(finding.sets if finding else {})}


def _is_module(tree: FileTree, name: str) -> bool:
    """Whether settings are in the tree: an image may have them from elsewhere."""
    stem = name.replace(".", "/")
    folders = ["", *(path.removesuffix("manage.py") for path in tree.named("manage.py"))]
    return any(tree.has(f"{each}{stem}.py", f"{each}{stem}/__init__.py") for each in folders)


def _is_here(path: str, kept: Collection[str]) -> bool:
    """Whether a path is, on a host, what it is in the container."""
    return any(path == folder or path.startswith(f"{folder}/") for folder in kept
               if folder.startswith("/")) and "$" not in path  # fmt: skip


def _told(declared: Sequence[Declared]) -> Iterable[tuple[str, str]]:
    for item in declared:
        for name, value in item.sets.items():
            # A file for developers says nothing about a release.
            # Settings of Django are a module: `config.settings_test`.
            words = value.rpartition(".")[2].split("_") if name == _SETTINGS else [value]
            if value and not any(map(_DEVELOPMENT.match, words)) and not _debugs(name, value):
                yield name, value


def _debugs(name: str, value: str) -> bool:
    return "DEBUG" in name.upper() and value.lower() not in {"0", "false", "off", "no", ""}


def _is_ours(variable: EnvVariable, *, folder: bool) -> bool:
    """Whether a file may set it: no secret, and nothing that the stack brings but a `folder`."""
    name = variable.name
    return not (
        variable.secret
        or (name in PLATFORM and name not in _CHOOSE)
        or means_hosts(name)
        or any(
            VARIABLES[need].match(name)
            for need in VARIABLES
            if not (folder and need == "persistent-disk")
        )
    )


def _stage(tree: FileTree, variable: EnvVariable) -> str | None:
    name, default = variable.name, variable.default
    if not _STAGE.match(name) or name in _SET_ELSEWHERE or variable.secret:
        return None
    paths = [place.rpartition(":")[0] for place in variable.evidence]
    paths = [path for path in paths if path.endswith((".py", ".js", ".ts", ".mjs", ".cjs"))]
    if default is not None and not _DEVELOPMENT.match(default):
        return _class_of(tree, default)
    if not paths or (default is None and not variable.demanded):
        return None
    if default is None:
        # What it may say stands where it is read, or somebody has to know it.
        hit = next((hit for path in paths if (hit := tree.search(path, _PRODUCTION))), None)
        return hit[1] if hit else None
    beside = [
        path
        for path in tree.sources(".py", ".js", ".ts", ".mjs", ".cjs", limit=300)
        if re.search(r"(?:^|/)(?:config|settings)(?:/|\.\w+$)", path)
    ]
    for path in dict.fromkeys([*paths, *beside]):
        if found := tree.search(path, _PRODUCTION):
            return found[1]
    return None


_DEBUG = re.compile(r"^(?:\w+_)?DEBUG$")
_OFF = {"true": "false", "True": "False", "1": "0", "yes": "no", "on": "off"}
_MIGRATES = re.compile(
    r"^(?:\w+_)?(?:(?:RUN|AUTO|DO|APPLY)_?(?:DB_)?MIGRATIONS?|AUTO_?MIGRATE|"
    r"(?:RUN_)?MIGRAT(?:E|IONS?)_ON_(?:START|STARTUP|BOOT))$"
)


def _switched(variable: EnvVariable, *, migrates: bool) -> str | None:
    """What is on for developers alone goes off; migrations at the start go on, where no command
    of the release does them.
    """
    default = variable.default or ""
    if _DEBUG.match(variable.name):
        return _OFF.get(default)
    if migrates or not _MIGRATES.match(variable.name):
        return None
    return "true" if default.lower() in {"", "0", "false", "no", "off"} else None


def _class_of(tree: FileTree, default: str) -> str | None:
    """`config.DevelopmentConfig` is `config.ProductionConfig` for production."""
    hit = _CLASS.match(default)
    if hit is None or not hit[1]:
        return None
    stem = hit[1].rstrip(".:").replace(".", "/")
    for path in (f"{stem}.py", f"{stem}/__init__.py", f"src/{stem}.py"):
        if found := tree.search(path, _PRODUCTION_CLASS):
            return hit[1] + found[1]
    return None
