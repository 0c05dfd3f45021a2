"""What a container's start script does before its server: first data, an administrator, roles.

Such a script runs at each start, so that what is in it may run once a release. Only commands that
are understood are taken, in their order; the migration among them is the one that is known already.
"""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from hivemind_agents.repository.facts import LIKELY, Fact
from hivemind_agents.repository.platforms import Declared
from hivemind_agents.repository.platforms.dockerfile import started_by
from hivemind_agents.repository.readers.structured import read_toml, table
from hivemind_agents.repository.tree import FileTree

_CONVENTIONAL = ("prestart.sh", "scripts/prestart.sh", "app/prestart.sh")
# What starts a container whose Dockerfile is elsewhere, where it starts a server.
_STARTERS = (
    "entrypoint.sh", "docker-entrypoint.sh", "docker/entrypoint.sh", "boot.sh", "bootstrap.sh",
    "start.sh",
)  # fmt: skip
_SETS_UP = re.compile(
    r"^(?:python3? (?:\S*manage\.py [\w-]+|-m [\w.]+|\S+\.py)|(?:\./)?manage\.py [\w-]+|"
    r"flask (?:--app[ =]\S+ )?[\w-]+|alembic \w+|node \S+\.[cm]?js|"
    r"(?:npm|pnpm|yarn) (?:run )?[\w:-]+|"
    r"npx (?:prisma|sequelize(?:-cli)?|knex|typeorm) \S+|php \S+|django-admin \w+|"
    r"mkdir -p (?:(?!\.\.)[\w.-]+/?)+$)\b"
)
# What a project calls the set-up in its own program.
_OF_SETUP = re.compile(
    r"(?:bootstrap|setup|set-up|init|initdb|init-db|initialize|migrate|upgrade|"
    r"(?:db|database|migrations?)[ :-](?:init|create|migrate|upgrade))\b"
)
_MIGRATES = re.compile(r"\bmigrate\b|upgrade\b|migration|db:migrate|db push|syncdb")
# Work of the build, of a developer, of a server; and what would lose data.
_NOT_HERE = re.compile(
    r"collectstatic|compress|compilemessages|makemigrations|\brunserver|\bflask run|\bstart\b|"
    r"fastapi|uvicorn|gunicorn|daphne|celery|worker|\bbeat\b|\bwait|pre_?start|\btests?\b|pytest|"
    r"\bcheck\b|shell\b|build|install|\bdev\b|watch|flush|reset|\bdrop|\bserve\b|downgrade|--fake|"
    r"--reload"
)
_SERVES = re.compile(
    r"^(?:exec\b|gunicorn|uvicorn|daphne|hypercorn|waitress-serve|uwsgi|supervisord)"
)
_OPENS = re.compile(r"^(?:if|for|while|until|case)\b|\{\s*$|^\(")
_CLOSES = re.compile(r"^(?:fi|done|esac)\b|^\}|^\)")
# Tries again until it succeeds: what is in the loop, or its condition itself.
_ENDLESS = re.compile(r"^while (?:true|:|\[\[? 1 \]\]?)\s*(?:;\s*do)?$")
_RETRIED = re.compile(r"^(?:until|while !)\s+([^;]+?)\s*(?:;\s*do\b.*)?$")
_CONDITION = re.compile(r"^if\s+(\[ (?:[^`()\[\]]|\$\{?\w+\}?)+ \])\s*(?:;\s*then)?$")


def with_setup(
    tree: FileTree, declared: Sequence[Declared], processes: Mapping[str, Fact[str]]
) -> dict[str, Fact[str]]:
    """The processes, the release command with what the start script does besides.

    A release command that a platform's file gives is the author's word and stays as it is.
    """
    if any(item.binding and "release" in item.processes for item in declared):
        return dict(processes)
    known = processes.get("release")
    folder = _folder(known.value if known else "")
    for path in _scripts(tree, folder):
        text = tree.text(path, limit=50_000) or ""
        serves = not path.endswith(_CONVENTIONAL)
        commands = [
            _addressed(command, processes)
            for command in _commands(tree, text, folder, serves=serves)
        ]
        release = _joined(known.value if known else None, commands, folder)
        if release and (known is None or release != known.value):
            fact = known or Fact("", LIKELY)
            return {
                **processes,
                "release": replace(fact, value=release, evidence=(*fact.evidence, path)),
            }
    return dict(processes)


def _scripts(tree: FileTree, folder: str) -> Iterator[str]:
    """Start scripts of the repository, wherever the image has put them; `folder`: where the release
    command runs.
    """
    for word in started_by(tree):
        name = word.rpartition("/")[2]
        if re.fullmatch(r"[\w.-]+\.(?:sh|bash)|(?:docker-)?entrypoint|start|boot", name):
            yield from tree.named(name)[:1]
    yield from (path for path in _CONVENTIONAL if path in tree)
    yield from (path for each in _CONVENTIONAL if folder and (path := f"{folder}/{each}") in tree)
    yield from (
        path for path in _STARTERS
        if path in tree and any(
            _SERVES.match(line.strip().removeprefix("exec "))
            for line in (tree.text(path, limit=50_000) or "").splitlines()
        )
    )  # fmt: skip


_APPLICATION = re.compile(r"(?:\s|^)([\"']?[\w.]+:[\w.]+(?:\(\))?[\"']?)(?:\s|$)")


def _addressed(command: str, processes: Mapping[str, Fact[str]]) -> str:
    """A command of Flask's with the application that the server serves: a container tells it by
    `FLASK_APP`.
    """
    release, web = processes.get("release"), processes.get("web")
    found = re.search(r"--app (\S+)", release.value) if release else None
    if release is None and web and re.match(r"(?:gunicorn|waitress-serve) ", web.value):
        found = _APPLICATION.search(web.value)
    by_itself = found and re.match(r"[\"']?(?:app|wsgi):", found[1])
    if found and not by_itself and re.match(r"(?:if .*; then )?(?:\{ )?flask (?!--app)", command):
        return command.replace("flask ", f"flask --app {found[1]} ", 1)
    return command


def _folder(release: str) -> str:
    found = re.match(r"cd ([\w./-]+) && ", release)
    return found[1] if found else ""


def _commands(tree: FileTree, text: str, folder: str, *, serves: bool) -> Iterator[str]:
    """The commands that set up, each tolerant where the script is. `serves`: it starts the server
    too.
    """
    strict = bool(re.search(r"(?m)^\s*set\s+-\w*e|errexit|^#!\S*sh\s+-\w*e", text))
    depth, condition, retries = 0, None, False
    lines = re.sub(r"\\\n", " ", text).splitlines()
    for number, raw in enumerate(lines):
        line = raw.strip().rstrip(";").strip()
        if not line or line.startswith("#") or re.fullmatch(r"then|do|\{", line):
            continue
        if _CLOSES.match(line):
            depth = max(0, depth - 1)
            condition = None
            retries = retries and depth > 0
            continue
        if re.match(r"else\b|elif\b", line):
            condition = f"! {condition}" if condition and line == "else" else None
            continue
        retried = _RETRIED.match(line)
        if retried and depth == 0 and (command := _command(tree, retried[1], folder)):
            yield command
        if _OPENS.search(line):
            if re.search(r"\b(?:fi|done|esac)$|[)}]$", line):
                continue  # all of it on one line: it waits for something
            depth += 1
            found = _CONDITION.match(line)
            condition = found[1] if found and depth == 1 else None
            retries = depth == 1 and _ENDLESS.match(line) is not None
            continue
        if depth == 0 and _SERVES.match(line):
            return
        if depth > 1 or (depth == 1 and condition is None and not retries):
            continue
        # What comes last is the server.
        last = serves and depth == 0 and not any(each.strip() for each in lines[number + 1 :])
        command = _command(tree, line, folder)
        if command is None or last:
            continue
        lenient = not (strict or retries) or "createsuperuser" in command
        if lenient and not _MIGRATES.search(command) and not command.startswith("mkdir "):
            command = command.removesuffix(" || true") + " || true"
        if command.endswith("|| true"):
            command = f"{{ {command}; }}"
        yield f"if {condition}; then {command}; fi" if condition else command


def _command(tree: FileTree, line: str, folder: str) -> str | None:
    """The line as a command in the folder of the release; None of what has no place there."""
    tolerant = re.search(r"\s*\|\|\s*(?:true|:|echo\b.*)$", line)
    plain = line[: tolerant.start()] if tolerant else line
    plain = re.sub(r"\s*(?:2>&1|[12]?>\s*/dev/null|&&\s*\\?)\s*$", "", plain).strip()
    if re.search(r"[;&|<>`]|\$\(", plain) or _NOT_HERE.search(plain):
        return None
    if not (_SETS_UP.match(plain) or _is_own_program(tree, plain)):
        return None
    words = []
    for word in plain.split(" "):
        if not re.search(r"\.(?:py|[cm]?js|php)$", word):
            words.append(word)
        elif (there := _inside(tree, word, folder)) is not None:
            words.append(there)
        else:
            return None
    command = " ".join(words)
    if re.match(r"python3? \S+/\S+\.py", command):
        # A container's PYTHONPATH: modules are imported from the top.
        command = f"PYTHONPATH=. {command}"
    return f"{command} || true" if tolerant else command


def _is_own_program(tree: FileTree, command: str) -> bool:
    """Whether a program of the project itself (`[project.scripts]`) sets it up."""
    program, _, rest = command.partition(" ")
    own = table(table(read_toml(tree, "pyproject.toml").get("project")).get("scripts"))
    return program in own and bool(_OF_SETUP.match(rest))


def _inside(tree: FileTree, word: str, folder: str) -> str | None:
    """A path of the image as one of the release: `/srv/app/manage.py` is `manage.py`."""
    parts = word.strip("\"'").split("/")
    prefix = f"{folder}/" if folder else ""
    for start in range(len(parts)):
        path = "/".join(parts[start:])
        if f"{prefix}{path}" in tree:
            return shlex.quote(path)
    return None


def _joined(release: str | None, commands: Sequence[str], folder: str) -> str | None:
    """One command: the release's own migration where the script migrates, or else first."""
    enter = f"cd {folder} && " if folder else ""
    own = release.removeprefix(enter) if release else None
    parts: list[str] = []
    for command in commands:
        if own and _MIGRATES.search(command):
            if own not in parts:
                parts.append(own)
        elif command not in parts:
            parts.append(command)
    if own and own not in parts:
        parts.insert(0, own)
    return enter + " && ".join(parts) if parts else None
