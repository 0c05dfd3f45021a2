"""Settings that an image has under another name than the repository: a template whose words the
program fills from the environment (`COPY settings.json.docker settings.json`).
"""

import posixpath
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from hivemind_agents.repository.choosers import is_chooser
from hivemind_agents.repository.platforms.dockerfile import NAMES, instructions
from hivemind_agents.repository.readers.variables import Use
from hivemind_agents.repository.tree import FileTree

_SETTINGS = re.compile(r"\.(?:json5?|ya?ml|toml|ini|cfg|conf|properties)$")
_OF_A_SERVER = re.compile(r"(?:^|/)(?:nginx|httpd|supervisord?|php|redis|my|Caddyfile)\b[\w.-]*$")
# `$(DB_HOST)`, `${DB_TYPE:sqlite}`
_WORD = re.compile(r"\$[({]([A-Z][A-Z0-9_]+)(?::-?([^)}\n]*))?[)}]")
_PORT = re.compile(r"(?m)^(port:\s*)(\d{2,5})\s*$")
_NOTHING = frozenset({"", "undefined", "null", "none"})


@dataclass(frozen=True, slots=True)
class Template:
    """A file with the environment's variables as words, and the name that the program reads."""

    source: str
    target: str
    text: str

    @property
    def command(self) -> str:
        """What writes the file. A port that is a number becomes the one that is given, in the
        file's own form.
        """
        source, target = shlex.quote(self.source), shlex.quote(self.target)
        form = re.search(r"\$[({]", self.text)
        if form is None or not _PORT.search(self.text):
            return f"cp {source} {target}"
        word = r"$(PORT:\2)" if form[0] == "$(" else r"${PORT:\2}"
        return f"sed -E 's/^(port: *)([0-9]+) *$/\\1{word}/' {source} >{target}"

    @property
    def uses(self) -> Iterator[Use]:
        """The variables that it is filled from."""
        for found in _WORD.finditer(self.text):
            line = self.text.count("\n", 0, found.start()) + 1
            default = found[2] if (found[2] or "") not in _NOTHING else None
            # Nothing is left of a word whose variable is not given; a database of no kind is none.
            kind = found[2] is None and is_chooser(found[1])
            yield Use(found[1], f"{self.source}:{line}", default, demanded=kind, optional=not kind)


def templates(tree: FileTree) -> tuple[Template, ...]:
    """The templates of the first image that has some."""
    paths = [*(name for name in NAMES if name in tree), *tree.named("Dockerfile")]
    for path in dict.fromkeys(paths):
        if found := tuple(_copied(tree, path)):
            return found
    return ()


def _copied(tree: FileTree, path: str) -> Iterator[Template]:
    known: dict[str, str] = {}
    workdir = "/"
    seen: set[str] = set()
    for name, rest, _ in instructions(tree.text(path, limit=200_000) or ""):
        words = [_filled(word, known) for word in re.findall(r"[^\s\[\],]+", rest)]
        if name in {"ARG", "ENV"}:
            known |= dict(re.findall(r"(\w+)=[\"']?([^\s\"']*)", rest))
        elif name == "WORKDIR" and words:
            workdir = posixpath.join(workdir, words[0])
        elif name in {"COPY", "ADD"} and "--from=" not in rest:
            given = [word for word in words if not word.startswith("--")]
            if len(given) != 2 or given[1].endswith("/"):
                continue
            source = posixpath.normpath(given[0])
            target = posixpath.relpath(posixpath.join(workdir, given[1]), workdir)
            text = tree.text(source) if _fits(tree, source, target) else None
            if text and _WORD.search(text) and target not in seen:
                seen.add(target)
                yield Template(source, target, text)


def _fits(tree: FileTree, source: str, target: str) -> bool:
    return (
        source in tree
        and target not in tree
        and not target.startswith("..")
        and bool(_SETTINGS.search(target))
        and not _OF_A_SERVER.search(target)
    )


def _filled(word: str, known: dict[str, str]) -> str:
    """A word without its quotes, with what ARG and ENV gave."""
    plain = word.replace('"', "").replace("'", "")
    return re.sub(r"\$\{?(\w+)\}?", lambda hit: known.get(hit[1], hit[0]), plain)
