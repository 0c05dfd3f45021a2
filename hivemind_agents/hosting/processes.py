"""Start commands as scripts: what a unit executes, and how it is stopped."""

import re
from itertools import pairwise
from typing import Literal

from hivemind_agents.domain.base import Frozen
from hivemind_agents.domain.deployment import Release

KillMode = Literal["mixed", "control-group"]

_SEPARATORS = re.compile(r"&&|;")
_COMPOUND = re.compile(r"[;&|\n(){}<>]|\b(if|for|while|case)\b")
_SHELL_ONLY = re.compile(r"(exec|cd|export|\.|source|set|ulimit|umask)(\s|$)")
# Programs that start the real one as their child and do not always tell it to stop.
_STARTERS = re.compile(r"^(npm|npx|yarn|pnpm|bun|corepack|sh|bash|dash|\./[\w./-]+\.sh)\b")
_NGINX = "/usr/sbin/nginx -e stderr -c /app/.hivemind/nginx.conf -g 'daemon off;'"
# As many children as the memory holds, at 64 MiB each.
_PHP_FPM = """\
children=$(awk '/MemTotal/ {n = int($2 / 65536); print (n < 4 ? 4 : n > 64 ? 64 : n)}' \\
  /proc/meminfo)
mkdir -p -m 0700 "$HOME/sessions"
HIVEMIND_PHP_CHILDREN="$children" exec /usr/sbin/php-fpm8.2 --nodaemonize \
--fpm-config /app/.hivemind/php-fpm.conf"""


class Process(Frozen):
    """A process as a unit runs it. `kill_mode` and `kill_signal` are systemd's."""

    name: str
    script: str
    kill_mode: KillMode = "mixed"
    kill_signal: str = "SIGTERM"


class Job(Frozen):
    """What a timer starts; `calendars` are values of `OnCalendar=`."""

    name: str
    script: str
    kill_mode: KillMode
    cron: str
    calendars: tuple[str, ...]


def processes(release: Release) -> tuple[Process, ...]:
    """The processes of a release, sorted by name; servers of ours take their own commands."""
    served = release.runtime.static is not None or release.runtime.php is not None
    found = []
    for name, command in sorted(release.processes.items()):
        if served and name == "web":
            found.append(Process(name=name, script=launcher(_NGINX), kill_signal="SIGQUIT"))
        elif release.runtime.php is not None and name == "php":
            script = f"#!/bin/sh\nset -e\n{_PHP_FPM}\n"
            found.append(Process(name=name, script=script, kill_signal="SIGQUIT"))
        else:
            found.append(Process(name=name, script=launcher(command), kill_mode=kill_mode(command)))
    return tuple(found)


def jobs(release: Release) -> tuple[Job, ...]:
    """What runs by the clock, as units `cron-NAME`."""
    return tuple(
        Job(
            name=f"cron-{each.name}",
            script=launcher(each.command),
            kill_mode=kill_mode(each.command),
            cron=each.cron,
            calendars=each.calendars,
        )
        for each in release.runtime.schedules
    )


def launcher(command: str) -> str:
    """A shell script that becomes the command, so that signals reach it; compound ones stay.

    Of commands that follow one another the last one is what keeps running: the script becomes it.
    `cd` and assignments before the command, as Procfiles have them, are kept.
    """
    before, last = _split(command.strip())
    return f"#!/bin/sh\nset -e\n{before}{_becoming(last)}\n"


def kill_mode(command: str) -> KillMode:
    """Who is told to stop: the main process, which stops its children, or all at once.

    A server with workers stops them itself; a shell or npm in front of the real program does not.
    """
    last = _split(command.strip())[1]
    program = re.sub(r"^((?:exec\s+)?(?:[A-Za-z_]\w*=(?:'[^']*'|\"[^\"]*\"|\S*)\s+)*)", "", last)
    if _becoming(last) == last and not last.startswith("exec "):
        return "control-group"
    return "control-group" if _STARTERS.match(program) else "mixed"


def _split(command: str) -> tuple[str, str]:
    """(what runs first, the last command), where nothing but `&&` and `;` joins them."""
    hidden = _without_quoted(command)
    if _COMPOUND.search(_SEPARATORS.sub(" ", hidden)):
        return "", command
    places = [0, *(place.end() for place in _SEPARATORS.finditer(hidden)), len(command)]
    parts = [
        re.sub(r"(&&|;)$", "", command[begin:end]).strip()
        for begin, end in pairwise(places)
        if command[begin:end].strip()
    ]
    # In a script that ends at the first failure both joints mean the same: one after another.
    return "".join(f"{part}\n" for part in parts[:-1]), parts[-1] if parts else ""


def _becoming(command: str) -> str:
    if _COMPOUND.search(_without_quoted(command)) or _SHELL_ONLY.match(command):
        return command
    assignments = re.match(r"((?:[A-Za-z_]\w*=(?:'[^']*'|\"[^\"]*\"|\S*)\s+)*)(.*)", command)
    assert assignments is not None  # noqa: S101 - it matches anything
    return f"{assignments[1]}exec {assignments[2]}"


def _without_quoted(command: str) -> str:
    """The command with quoted texts blanked, as long as it was."""

    def blank(found: re.Match[str]) -> str:
        return "'" + "_" * (len(found[0]) - 2) + "'"

    return re.sub(r"'[^']*'|\"[^\"]*\"", blank, command)
