"""Start commands of Node, from what people type to what a unit runs.

`npm start` becomes the script's own command: a package manager between the unit and the server
would take the signals, the memory and a second of each start.
"""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from hivemind_agents.building.node_manifests import Manifests

_DEPTH = 6
# A word that ends the options of a package manager, with its value where it takes one.
_FOLDER_OPTIONS = ("--prefix", "-C", "--cwd", "--dir")
_MEMBER_OPTIONS = ("--workspace", "-w", "--filter", "-F")
_QUIET = {
    "--silent",
    "-s",
    "--if-present",
    "--quiet",
    "-q",
    "--bun",
    "--include-workspace-root",
    "--",
}
_RUNNERS = {
    "npx": 1, "bunx": 1, "pnpx": 1,
    "npm exec": 2, "pnpm exec": 2, "yarn exec": 2, "pnpm dlx": 2, "yarn dlx": 2, "bun x": 2,
}  # fmt: skip
_ASSIGNMENTS = re.compile(r"((?:[A-Za-z_]\w*=(?:'[^']*'|\"[^\"]*\"|[^\s'\"]*)\s+)*)(.*)", re.S)
_SHELL = re.compile(r"[;|<>(){}`\n]|&&|(?<!&)&(?!&)")
# Servers that take a port as an option, where scripts write a fixed one.
_PORT_OPTION = re.compile(
    r"^((?:next start|nuxt start|serve|http-server|vite preview|astro preview|sirv|remix-serve|"
    r"react-router-serve|json-server|fastify start|strapi start)\b"
    r".*?\s(?:-p|-l|--port|--listen)[ =])"
    r"(?:tcp://[\w.]+:)?\d{2,5}\b"
)


@dataclass
class Resolved:
    """A command as a unit runs it, and what it needs beyond the production packages."""

    command: str
    # Folders whose own programs it calls.
    folders: set[str] = field(default_factory=set)
    # Package managers and such that stay in it.
    programs: set[str] = field(default_factory=set)
    # First words: the programs that it starts.
    words: set[str] = field(default_factory=set)
    # Packages that `npx` would fetch at each start.
    fetched: set[str] = field(default_factory=set)


def resolve(command: str, manifests: Manifests) -> Resolved:
    """The command without package managers around it; `exec` before what is to get the signals."""
    result = Resolved("")
    parts = _expand(command.strip(), "", manifests, result, 0)
    if len(parts) > 1:
        last = _ASSIGNMENTS.fullmatch(parts[-1])
        assert last is not None  # noqa: S101 - it matches anything
        simple = not _SHELL.search(_unquoted(parts[-1]))
        if simple and not re.match(r"(exec|cd|export|set)\b", last[2]):
            parts[-1] = f"{last[1]}exec {last[2]}"
    result.command = " && ".join(parts)
    return result


def _expand(
    command: str, folder: str, manifests: Manifests, result: Resolved, depth: int
) -> list[str]:
    parts = _parts(command)
    expanded: list[str] = []
    for part in parts:
        entered = re.fullmatch(r"cd\s+(\S+)", part)
        if entered:
            folder = manifests.joined(folder, entered[1])
            result.folders.add(folder)
            expanded.append(part)
            continue
        expanded += _simple(part, folder, manifests, result, depth)
    return expanded


def _parts(command: str) -> list[str]:
    """The commands of a chain of `&&`; one that is more than that stays whole."""
    plain = _unquoted(command)
    if "&&" not in plain or _SHELL.search(plain.replace("&&", "")):
        return [command]
    parts, at = [], 0
    for found in re.finditer(r"&&", plain):
        parts.append(command[at : found.start()].strip())
        at = found.end()
    return [*parts, command[at:].strip()]


def _unquoted(text: str) -> str:
    """The text with what is between quotes blanked, of the same length."""
    return re.sub(r"'[^']*'|\"[^\"]*\"", lambda found: "_" * len(found[0]), text)


def _simple(
    part: str, folder: str, manifests: Manifests, result: Resolved, depth: int
) -> list[str]:
    found = _ASSIGNMENTS.fullmatch(part)
    assert found is not None  # noqa: S101 - it matches anything
    before, rest = found[1], _without_setters(found[2])
    again = _ASSIGNMENTS.fullmatch(rest)
    if again is not None and again[1]:
        before, rest = before + again[1], again[2]
    called = _script(rest, folder, manifests)
    if called is not None and depth < _DEPTH:
        target, name, more = called
        inner = [
            *(_expand(script, target, manifests, result, depth + 1)
              if (script := manifests.script(target, f"pre{name}")) else []),
            *_expand(
                f"{manifests.script(target, name)} {more}".strip(), target, manifests, result,
                depth + 1,
            ),
        ]  # fmt: skip
        if before and inner:
            inner = [f"export {before.strip()}", *inner] if len(inner) > 1 else [before + inner[0]]
        if target != folder:
            result.folders.add(target)
            inner = [f"cd {manifests.relative(folder, target)}", *inner]
        return inner
    rest = _fitted(_unwrapped(rest, folder, manifests, result))
    for word in re.findall(r"(?:^|&&|\|\||;|\bexec\s)\s*([\w@./-]+)", rest):
        result.words.add(word)
        if word in {"npm", "npx", "yarn", "pnpm", "bun", "bunx"}:
            result.programs.add(word)
    result.words.update(re.findall(r"(?:^|\s)(?:-r|--require|--loader|--import)[ =](\S+)", rest))
    return [before + rest]


def _script(rest: str, folder: str, manifests: Manifests) -> tuple[str, str, str] | None:
    """(folder, script, arguments) that a package manager is asked to run."""
    words = [] if _SHELL.search(_unquoted(rest)) else rest.split()
    if not words or words[0] not in {"npm", "yarn", "pnpm", "bun"}:
        return None
    manager = words[0]
    target, words = _target(manager, words[1:], folder, manifests)
    if words[:1] in (["run"], ["run-script"]):
        words = words[1:]
    elif manager == "npm" and words[:1] != ["start"]:
        words = []
    if target is None or not words:
        return None
    script = manifests.script(target, words[0])
    # What only a package manager sets keeps it.
    if script is None or re.search(r"\$?\{?npm_(package|config|lifecycle)_", script):
        return None
    return target, words[0], shlex.join(word for word in words[1:] if word != "--")


def _target(
    manager: str, words: list[str], folder: str, manifests: Manifests
) -> tuple[str | None, list[str]]:
    """(the folder that options name, the words that are left)."""
    target: str | None = folder
    waiting, left = list(words), []
    while waiting:
        word = waiting.pop(0)
        name, equals, value = word.partition("=")
        member = name in _MEMBER_OPTIONS or (word == "workspace" and manager == "yarn")
        if name in _FOLDER_OPTIONS or member:
            value = value if equals else (waiting.pop(0) if waiting else "")
            target = manifests.member(value) if member else manifests.joined(folder, value)
        elif word not in _QUIET:
            left.append(word)
        if word == "--" or (len(left) > 1 and manager != "npm"):
            # What follows is the script's own.
            return target, left + waiting
    return target, left


def _without_setters(text: str) -> str:
    """`cross-env A=b command` without what only sets variables."""
    text = re.sub(r"^(?:npx\s+)?cross-env(?:-shell)?\s+", "", text)
    text = re.sub(r"^(?:npx\s+)?env-cmd\s+(?:(?:-f|-e|-r|--file)\s+\S+\s+|--\S+\s+)*", "", text)
    return re.sub(r"^(?:npx\s+)?dotenv\s+(?:-[ef]\s+\S+\s+|-c\s+)*--\s+", "", text)


def _unwrapped(text: str, folder: str, manifests: Manifests, result: Resolved) -> str:
    """`npx next start` without the runner, where the program is among the packages."""
    words = text.split()
    for runner, length in _RUNNERS.items():
        if words[:length] == runner.split():
            inner = words[length:]
            while inner and inner[0].startswith("-"):
                inner = inner[1:]
            if not inner:
                return text
            program = re.sub(r"(?<=.)@[\w.^~-]+$", "", inner[0])
            if not manifests.provides(folder, program):
                result.fetched.add(inner[0])
            program = program.rpartition("/")[2]
            return " ".join([program, *inner[1:]])
    if words[:1] in (["yarn"], ["pnpm"]) and len(words) > 1:
        if manifests.provides(folder, words[1]):
            return " ".join(words[1:])
        if words[1] in {"node", "tsx"}:
            return " ".join(words[1:])
    if words[:2] == ["pm2", "start"]:
        # A unit is the one that keeps it running.
        return " ".join(["pm2-runtime", *words[1:]])
    return text


def _fitted(text: str) -> str:
    """With the port that the process is given."""
    text = _PORT_OPTION.sub(r"\1$PORT", text)
    return re.sub(r"^nodemon\s+(?:--?(?:w|watch|e|ext)[ =]\S+\s+)*(?:--\s+)?(\S+\.[cm]?js)\b",
                  r"node \1", text)  # fmt: skip


def names_development(words: set[str], developed: Mapping[str, str]) -> str | None:
    """The package for development that one of the words needs, if any does.

    `developed`: programs and names of packages that are listed for development alone.
    """
    for word in sorted(words):
        name = word.removeprefix("./node_modules/.bin/").removeprefix("node_modules/.bin/")
        if name in developed:
            return developed[name]
        for program, package in developed.items():
            if name.startswith(f"{program}/"):
                return package
    return None
