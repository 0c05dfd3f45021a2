"""Programs that a container keeps running beside its server, as supervisord, uWSGI or s6 is told.

Django's commands alone are taken, and Celery's beat: what they need, the release has.
"""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from hivemind_agents.repository.facts import LIKELY, Fact
from hivemind_agents.repository.platforms import Declared
from hivemind_agents.repository.tree import FileTree

_MOST = 4
_ELSEWHERE = re.compile(r"(?:^|[/._-])(?:dev\w*|tests?|local|examples?|docs?)(?:[/._-]|$)")
_UWSGI = re.compile(r"(?:[\w.-]+/){0,3}[\w.-]*uwsgi[\w.-]*\.ini")
_S6 = re.compile(r"(?:[\w.-]+/)*(?:services\.d|s6-rc\.d)/[\w.-]+/run")
_PROGRAM = re.compile(r"(?ms)^\[program:[\w.-]+\]\s*$(.*?)(?=^\[|\Z)")
_ATTACHED = re.compile(r"^\s*(?:smart-)?attach-daemon2?\s*=\s*(?:.*\bcmd=)?(.+)$")
# What ends by itself is no program that has to be kept.
_ONCE = re.compile(r"(?m)^\s*(?:autorestart\s*=\s*(?:false|unexpected)|startsecs\s*=\s*0)\b")
_MANAGE = re.compile(
    r"(?:^|[\s;&/])(?:manage\.py|-m django|django-admin)\s+(?P<command>[a-z][\w-]*)"
    r"(?P<options>[^|;&<>$%`]*)$"
)
_BEAT = re.compile(r"\bcelery\b.*(?:\bbeat\b|\s-B\b)")
_NOT_KEPT = re.compile(
    r"runserver|migrate|collectstatic|compress|gunicorn|uwsgi|check|test|shell|wait|createsuperuser|"
    r"loaddata|flush"
)


def with_daemons(
    tree: FileTree, declared: Sequence[Declared], processes: Mapping[str, Fact[str]]
) -> dict[str, Fact[str]]:
    """The processes, and those of a container that none of them is; a file for a platform that
    lists more than its server is the author's word and stays as it is.
    """
    known = dict(processes)
    if any(item.binding and item.processes.keys() - {"web", "release"} for item in declared):
        return known
    manage = re.match(r"(?:cd [\w./-]+ && )?python (?:manage\.py|-m django)\b",
                      known["release"].value if "release" in known else "")  # fmt: skip
    worker = known.get("worker")
    for path, command in _kept(tree):
        if worker and "beat" not in known and _BEAT.search(command):
            if re.search(r"\bcelery\b.* worker\b", worker.value):
                beat = re.sub(r" worker\b.*", " beat --loglevel=info", worker.value)
                known["beat"] = replace(worker, value=beat, evidence=(path,))
            continue
        found = _MANAGE.search(command)
        if manage is None or found is None or _NOT_KEPT.search(found["command"]):
            continue
        name = re.sub(r"[^a-z0-9]+", "-", found["command"].lower()).strip("-")
        if any(re.search(rf" {found['command']}\b", each.value) for each in known.values()):
            continue
        if len(known) - len(processes) < _MOST:
            value = f"{manage[0]} {found['command']}{found['options'].rstrip()}"
            known[name] = Fact(value, LIKELY, (path,))
    return known


def _kept(tree: FileTree) -> Iterator[tuple[str, str]]:
    """(file, command) of every program that is kept running."""
    for path in tree.paths:
        if _ELSEWHERE.search(path):
            continue
        if _UWSGI.fullmatch(path):
            yield from ((path, command) for command in _attached(tree.text(path) or ""))
        elif path.endswith((".conf", ".ini")) and tree.search(path, r"(?m)^\[program:"):
            for section in _PROGRAM.findall(tree.text(path) or ""):
                told = re.search(r"(?m)^\s*command\s*=\s*(.+)$", section)
                if told and not _ONCE.search(section):
                    yield path, _unwrapped(told[1])
        elif _S6.fullmatch(path):
            lines = (tree.text(path, limit=20_000) or "").splitlines()
            yield from ((path, _unwrapped(line)) for line in lines if line.strip()[:5] == "exec ")


def _attached(text: str) -> Iterator[str]:
    """UWSGI's programs, but those that only a variable brings."""
    depth = 0
    for line in text.splitlines():
        if re.match(r"\s*if-\w+\s*=", line):
            depth += 1
        elif re.match(r"\s*endif\s*=", line):
            depth = max(0, depth - 1)
        elif depth == 0 and (found := _ATTACHED.match(line)):
            yield _unwrapped(found[1])


def _unwrapped(command: str) -> str:
    """The command that a shell is given, where it is one."""
    try:
        words = shlex.split(command)
    except ValueError:
        return command.strip()
    if len(words) == 3 and re.fullmatch(r"(?:/bin/)?(?:ba)?sh", words[0]) and words[1] == "-c":
        return words[2].strip()
    return command.strip()
