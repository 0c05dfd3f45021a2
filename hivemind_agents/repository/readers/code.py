"""Sources of a language as text without comments, searched by pattern; nothing is parsed or run."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from hivemind_agents.repository.readers.words import found_in
from hivemind_agents.repository.tree import FileTree

SOURCE_LIMIT = 200_000
TOTAL_LIMIT = 4_000_000
# Strings are matched first, so that a comment's sign inside one is no comment.
_DOUBLE = r'"(?:\\.|[^"\\\n])*"'
_SINGLE = r"'(?:\\.|[^'\\\n])*'"
_BACKTICK = r"`[^`]*`"
_SLASHES = r"//[^\n]*|/\*.*?(?:\*/|\Z)"
_HASH = r"#[^\n]*"
_STYLES = {
    "c": re.compile(f"{_DOUBLE}|{_BACKTICK}|{_SLASHES}", re.S),
    "php": re.compile(rf"{_DOUBLE}|{_SINGLE}|{_SLASHES}|#(?!\[)[^\n]*", re.S),
    "ruby": re.compile(rf"{_DOUBLE}|{_SINGLE}|^=begin.*?^=end|{_HASH}", re.S | re.M),
    "hash": re.compile(f'""".*?"""|{_DOUBLE}|{_HASH}', re.S),
    "lisp": re.compile(f"{_DOUBLE}|;[^\n]*|#_\\([^()]*\\)", re.S),
    "haskell": re.compile(rf"{_DOUBLE}|--[^\n]*|\{{-(?!#).*?-\}}", re.S),
}
_NOT_NEWLINE = re.compile(r"[^\n]")


def without_comments(text: str, style: str = "c") -> str:
    """The text with its comments blanked; every line keeps its number."""

    def blank(found: re.Match[str]) -> str:
        comment = found.group()
        if comment[0] in "\"'`":
            return comment
        return _NOT_NEWLINE.sub(" ", comment) if "\n" in comment else " " * len(comment)

    return _STYLES[style].sub(blank, text)


@dataclass(frozen=True, slots=True)
class Hit:
    """One match in one file."""

    path: str
    line: int
    match: re.Match[str]

    @property
    def where(self) -> str:
        return f"{self.path}:{self.line}"

    def __getitem__(self, group: int | str) -> str:
        return self.match.group(group) or ""


@dataclass(frozen=True)
class Code:
    """The application's own files of some suffixes, read once, bounded in number and size."""

    tree: FileTree
    suffixes: tuple[str, ...]
    style: str = "c"
    limit: int = 400
    more: tuple[str, ...] = ()
    within: str = ""

    @cached_property
    def files(self) -> list[tuple[str, str]]:
        """(path, text without comments); `more` names files outside of what counts as sources."""
        found: list[tuple[str, str]] = []
        size = 0
        listed = self.tree.sources(*self.suffixes, limit=self.limit) if self.suffixes else []
        for path in dict.fromkeys((*self.more, *listed)):
            if not path.startswith(self.within):
                continue
            text = self.tree.text(path, limit=SOURCE_LIMIT)
            if text:
                found.append((path, without_comments(text, self.style)))
                size += len(text)
                if size > TOTAL_LIMIT:
                    break
        return found

    def all(self, pattern: str, flags: int = 0, *, under: str = "") -> Iterator[Hit]:
        """Every match, file by file."""
        yield from hits(self.files, pattern, flags, under=under)

    def first(self, pattern: str, flags: int = 0, *, under: str = "") -> Hit | None:
        """The first match."""
        return next(self.all(pattern, flags, under=under), None)

    def where(self, pattern: str, flags: int = 0, *, under: str = "") -> str | None:
        """`file:line` of the first match."""
        found = self.first(pattern, flags, under=under)
        return found.where if found else None


def hits(
    files: Iterable[tuple[str, str]], pattern: str, flags: int = 0, *, under: str = ""
) -> Iterator[Hit]:
    """Every match of the pattern in the files below `under`."""
    compiled = re.compile(pattern, flags)
    for path, text in files:
        if path.startswith(under):
            line, counted = 1, 0
            for found in found_in(compiled, text):
                line += text.count("\n", counted, found.start())
                counted = found.start()
                yield Hit(path, line, found)


def blocks(text: str, opener: str) -> Iterator[tuple[str, int, int]]:
    """(first group, start, end) of each braced block whose head the pattern matches."""
    for found in re.finditer(opener, text):
        begin = text.find("{", found.end() - 1)
        if begin < 0:
            continue
        depth = 0
        for position in range(begin, min(len(text), begin + 20_000)):
            character = text[position]
            if character == "{":
                depth += 1
            elif character == "}":
                depth -= 1
                if depth == 0:
                    yield found.group(1), begin, position
                    break


def prefixes(text: str, opener: str) -> list[tuple[str, int, int]]:
    """The blocks that put a prefix before the routes inside of them, outer ones first."""
    return sorted(blocks(text, opener), key=lambda block: block[1])


def prefixed(path: str, position: int, around: Iterable[tuple[str, int, int]]) -> str:
    """A route's whole path, given the blocks it may stand in."""
    parts = [prefix for prefix, start, end in around if start < position < end]
    joined = "/".join(part.strip("/") for part in (*parts, path) if part.strip("/"))
    return "/" + joined


def literal_path(path: str) -> bool:
    """Whether a route can be asked as it stands: no parameter, no wildcard."""
    return not re.search(r"[:*{}<>()\[\]$\\^?|#\s]", path)
