"""Dockerfile: the last stage's image, command, port, health check."""

import json
import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping

from hivemind_agents.repository.facts import GUESS, LIKELY, Fact
from hivemind_agents.repository.platforms import Declared
from hivemind_agents.repository.tree import FileTree

_IMAGES = (
    (r"python|uv:|miniconda|anaconda|mambaforge", "python"),
    (r"(?:^|/)node[:@]|nodejs|bun", "node"),
    (r"deno", "deno"),
    (r"golang|(?:^|/)go:", "go"),
    (r"(?:^|/)rust[:@]|rust:", "rust"),
    (r"ruby", "ruby"),
    (r"php|composer|frankenphp", "php"),
    (r"dotnet|aspnet", "dotnet"),
    (r"elixir", "elixir"),
    (r"openjdk|temurin|jdk|jre|maven|gradle|corretto|java", "java"),
    (r"clojure", "clojure"),
    (r"haskell", "haskell"),
    (r"swift", "swift"),
    (r"crystal", "crystal"),
    (r"dart", "dart"),
)


NAMES = ("Dockerfile", "dockerfile", "Containerfile", "docker/Dockerfile", "Dockerfile.prod")


def started_by(tree: FileTree) -> list[str]:
    """The words of what the image starts: its entry point's, then its command's. A file that it
    copies to another name is called by its name in the repository.
    """
    path = tree.has(*NAMES) or next(iter([*tree.named("Dockerfile"), *_variants(tree)]), None)
    words: dict[str, list[str]] = {"ENTRYPOINT": [], "CMD": []}
    copied: dict[str, str] = {}
    for name, rest, _ in instructions(tree.text(path, limit=200_000) or "") if path else ():
        given = re.findall(r"[^\s\"'\[\],]+", rest)
        if name in words:
            words[name] = given
        elif name in {"COPY", "ADD"} and "--from=" not in rest:
            *sources, target = [word for word in given if not word.startswith("--")] or [""]
            if len(sources) == 1 and not target.endswith("/"):
                copied[posixpath.basename(target)] = sources[0]
    started = [*words["ENTRYPOINT"], *words["CMD"]]
    return [copied.get(posixpath.basename(word), word) for word in started]


def _variants(tree: FileTree) -> Iterator[str]:
    """Dockerfiles of which there are several: `default.Dockerfile`, `Dockerfile.production`."""
    for path in tree.paths:
        folder, _, name = path.rpartition("/")
        if folder in {"", "docker"} and re.fullmatch(
            r"Dockerfile\.(?!.*(?:dev|test|lint))[\w-]+|(?!.*(?:dev|test|lint))[\w-]+\.Dockerfile",
            name,
        ):
            yield path


def detect(tree: FileTree) -> Declared | None:
    path = tree.has(*NAMES)
    text = tree.text(path, limit=200_000) if path else None
    if path is None or not text:
        return None
    read = instructions(text)
    images = [(words, line) for name, words, line in read if name == "FROM"]
    if not images:
        return None
    last = images[-1][1]
    command = entry = None
    port = health = None
    sets: dict[str, str] = {}
    volumes: list[str] = []
    workdir = ""
    for name, words, line in read:
        if line < last:
            continue
        where = (f"{path}:{line}",)
        if name == "CMD":
            command = Fact(_command(words), LIKELY, where)
        elif name == "ENTRYPOINT":
            entry = Fact(_command(words), LIKELY, where)
        elif name == "ENV":
            sets |= _values(words)
            volumes += _data_folders(_values(words))
        elif name == "WORKDIR":
            workdir = posixpath.join(workdir, words.strip("\"'"))
        elif name == "VOLUME":
            volumes += [
                posixpath.join(workdir, one) for one in re.findall(r"[^\s\"'\[\],]+", words)
            ]
        elif name == "EXPOSE":
            found = re.match(r"(\d{2,5})", words)
            port = port or (Fact(int(found.group(1)), LIKELY, where) if found else None)
        elif name == "HEALTHCHECK":
            url = re.search(r"https?://[^/\s\"']+(/[^\s\"'|]*)", words)
            health = Fact(url.group(1), LIKELY, where) if url else None
    processes = {}
    full = _joined(entry, command)
    if full and not re.search(
        r"nginx|httpd|apache2?-foreground|caddy|lighttpd|php-fpm|supervisord", full.value
    ):
        processes["web"] = full
    language = next(
        (Fact(known, GUESS, (f"{path}:{line}",)) for words, line in reversed(images)
         for pattern, known in _IMAGES if re.search(pattern, words.split(" ")[0].lower())), None,
    )  # fmt: skip
    return Declared(
        source="dockerfile", processes=processes, binding=False, port=port, health_path=health,
        language=language, sets=sets, volumes=tuple(volumes), workdir=workdir,
    )  # fmt: skip


def instructions(text: str) -> list[tuple[str, str, int]]:
    """(instruction, rest, line), lines that end in a backslash joined."""
    found: list[tuple[str, str, int]] = []
    pending, started = "", 0
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if line.startswith("#") or not line:
            continue
        started = started or number
        if line.endswith("\\"):
            pending += line[:-1] + " "
            continue
        name, _, rest = (pending + line).partition(" ")
        found.append((name.upper(), rest.strip(), started))
        pending, started = "", 0
    return found


def _values(words: str) -> dict[str, str]:
    """`A=1 B="two words"`, or the old form `A two words`."""
    if re.match(r"\w+\s", words):
        name, _, value = words.partition(" ")
        return {name: value.strip().strip("\"'")}
    try:
        pairs = [part.partition("=") for part in shlex.split(words)]
    except ValueError:
        return {}
    return {name: value for name, equals, value in pairs if equals}


# A variable that says where the application's data is.
_DATA = re.compile(
    r"(?:^|_)(?:DATA|STORAGE|UPLOADS?|MEDIA|DB|DATABASE|SQLITE|STORE|CONFIG)"
    r"(?:_(?:DIR|DIRECTORY|PATH|FOLDER|HOME|ROOT|FILE))?$"
)


def _data_folders(values: Mapping[str, str]) -> Iterator[str]:
    for name, value in values.items():
        path = value.removeprefix("sqlite:///")
        if _DATA.search(name) and path.startswith("/") and "$" not in path:
            yield posixpath.dirname(path) if "." in posixpath.basename(path) else path


def _command(words: str) -> str:
    """An instruction's command as one for a shell."""
    if words.startswith("["):
        try:
            parts = json.loads(words)
        except (ValueError, RecursionError):
            return words
        if isinstance(parts, list) and all(isinstance(part, str) for part in parts):
            if (
                len(parts) == 3
                and parts[0] in {"sh", "/bin/sh", "bash", "/bin/bash"}
                and parts[1] == "-c"
            ):
                return str(parts[2])
            return " ".join(
                part if re.fullmatch(r"[\w@%+=:,./$*{}-]+", part) else shlex.quote(part)
                for part in parts
            )
    return words


def _joined(entry: Fact[str] | None, command: Fact[str] | None) -> Fact[str] | None:
    if entry is None or re.search(r"entrypoint|tini|dumb-init", entry.value):
        return command
    if command is None:
        return entry
    return Fact(f"{entry.value} {command.value}", LIKELY, (*entry.evidence, *command.evidence))
