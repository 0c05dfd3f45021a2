"""Which files of Go belong to a build for Linux without tags of one's own.

Source: https://pkg.go.dev/cmd/go#hdr-Build_constraints
"""

import re

# fmt: off
_SYSTEMS = frozenset({
    "aix", "android", "darwin", "dragonfly", "freebsd", "hurd", "illumos", "ios", "js", "linux",
    "nacl", "netbsd", "openbsd", "plan9", "solaris", "wasip1", "windows", "zos",
})
# fmt: on
# Both processors that hosts have: what is only for one of them is part of the application.
_MET = frozenset({"linux", "unix", "gc", "cgo", "amd64", "arm64"})
_LINE = re.compile(r"^//go:build[ \t]+(.+)$", re.MULTILINE)
_OLD_LINE = re.compile(r"^//[ \t]*\+build[ \t]+(.+)$", re.MULTILINE)
_PACKAGE = re.compile(r"^package\b", re.MULTILINE)
_WORD = re.compile(r"&&|\|\||[!()]|[\w.]+")
_NAMED = re.compile(r"_([a-z0-9]+)(?:_[a-z0-9]+)?\.go$")


def is_built(path: str, text: str) -> bool:
    """Whether a file with this name and content is compiled where nobody gives a tag."""
    named = _NAMED.search(path)
    if named and named[1] in _SYSTEMS - {"linux"}:
        return False
    package = _PACKAGE.search(text)
    head = text[: package.start()] if package else text
    if line := _LINE.search(head):
        return _holds(line[1])
    return all(
        # A space is an alternative there, a comma asks for both.
        any(all(_holds(tag) for tag in either.split(",")) for either in line.split())
        for line in _OLD_LINE.findall(head)
    )


def _holds(expression: str) -> bool:
    """Whether a constraint holds; one that cannot be read does."""
    words = _WORD.findall(expression)
    try:
        return _either(words)
    except IndexError:
        return True


def _either(words: list[str]) -> bool:
    value = _both(words)
    while words[:1] == ["||"]:
        words.pop(0)
        value = _both(words) or value
    return value


def _both(words: list[str]) -> bool:
    value = _one(words)
    while words[:1] == ["&&"]:
        words.pop(0)
        value = _one(words) and value
    return value


def _one(words: list[str]) -> bool:
    word = words.pop(0)
    if word == "!":
        return not _one(words)
    if word == "(":
        value = _either(words)
        words.pop(0)
        return value
    return word in _MET or bool(re.match(r"go1\.\d+$", word))
