"""Environment variables that code reads, in every language."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain

from hivemind_agents.repository.readers.environment_javascript import (
    configured_names,
    javascript_uses,
)
from hivemind_agents.repository.readers.environment_patterns import (
    JAVASCRIPT,
    LIBPQ,
    PATTERNS,
    TOLD_NOTHING,
)
from hivemind_agents.repository.readers.environment_pydantic import settings_uses
from hivemind_agents.repository.readers.environment_python import python_uses
from hivemind_agents.repository.readers.environment_validated import (
    environment_modules,
    imported_as,
    validated,
)
from hivemind_agents.repository.readers.python_source import SOURCE_LIMIT, read_module
from hivemind_agents.repository.readers.variables import (
    NAME,
    PLATFORM,
    Use,
    is_needed,
    is_secret,
    literal,
)
from hivemind_agents.repository.readers.words import first_in, found_in, may_match
from hivemind_agents.repository.tree import FileTree

__all__ = ["NAME", "PLATFORM", "Use", "is_needed", "is_secret", "read_uses"]

_COMPILED = [
    (suffixes, [re.compile(p) for p in patterns]) for suffixes, patterns in PATTERNS.items()
]
_MENTIONS = re.compile(r"(?i)env|\$\{|configuration|viper|mapstructure")
# Run by those who publish, test or measure; no release runs them.
_TOOLING = re.compile(
    r"(?:^|/)(?:[gG]ulpfile|[gG]runtfile|jest|karma|cypress|playwright|vitest|wdio|semantic-release|"
    r"release-please|commitlint)(?:\.[\w-]+)*\.[cm]?[jt]s$"
)
_COMMENT = re.compile(r"^\s*(?://|#(?![{\[!])|\*|/\*|--|;;|%#)")


def read_uses(tree: FileTree, *, limit: int = 600) -> Iterator[Use]:
    """Every reading of a variable in the application's own sources."""
    paths = tree.sources(".py", limit=min(limit, 300))
    texts = {path: tree.text(path, limit=SOURCE_LIMIT) or "" for path in paths}
    for path, text in texts.items():
        if re.search(r"env|config\(", text):
            try:
                yield from list(python_uses(read_module(tree, path)))
            except RecursionError:
                continue
    if any("BaseSettings" in text for text in texts.values()):
        with suppress(RecursionError):
            yield from list(settings_uses([read_module(tree, path) for path in paths]))
    for suffixes, patterns in _COMPILED:
        paths = [path for path in tree.sources(*suffixes, limit=limit) if not _TOOLING.search(path)]
        scripts = suffixes is JAVASCRIPT
        modules = environment_modules(_read(tree, paths)) if scripts else frozenset()
        for path, text in _read(tree, paths):
            found = _scan(path, text, patterns)
            if scripts:
                named = imported_as(text, modules)
                found = validated(path, text, chain(found, javascript_uses(path, text, named)))
            yield from found
    yield from configured_names(tree)
    yield from _parsed_by_go(tree)
    yield from _prefixed_in_php(tree)
    yield from _told_nothing(tree)
    for path in tree.sources(".yml", ".yaml", limit=60):
        if re.search(r"(?:^|/)(application|bootstrap|database|storage|cable)[\w-]*\.ya?ml$", path):
            text = tree.text(path) or ""
            patterns = [
                re.compile(p)
                for p in (*PATTERNS[(".properties",)], *PATTERNS[(".rb", ".ru", ".erb", ".rake")])
            ]
            yield from _scan(path, text, patterns)


def _read(tree: FileTree, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    return ((path, tree.text(path, limit=400_000) or "") for path in paths)


# Programs in Go that go through the whole environment know the names as cases, or as keys of a map.
_GO_NAMES = re.compile(r"(?m)^\s*(?:case\s+)?\"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)\"\s*:")


def _parsed_by_go(tree: FileTree) -> Iterator[Use]:
    paths = tree.sources(".go", limit=300)
    texts = {path: tree.text(path, limit=400_000) or "" for path in paths}
    folders = {path.rpartition("/")[0] for path, text in texts.items() if "os.Environ()" in text}
    for path, text in texts.items():
        if path.rpartition("/")[0] in folders:
            for hit in _GO_NAMES.finditer(text):
                if NAME.match(hit[1]):
                    where = f"{path}:{text.count(chr(10), 0, hit.start(1)) + 1}"
                    yield Use(hit[1], where, optional=True)


# A class that reads each of its settings from a variable of its name behind a prefix.
_PHP_PREFIXED = re.compile(r"getenv\(\s*(?:self|static)::(\w+)\s*\.\s*\$")
_PHP_SETTING = re.compile(r"(?m)^\s*(?:\w+\s+)?const\s+([A-Z][A-Z0-9_]+)\s*=\s*[\"']\1[\"']\s*;")


def _prefixed_in_php(tree: FileTree) -> Iterator[Use]:
    for path in tree.sources(".php", limit=600):
        text = tree.text(path, limit=200_000) or ""
        reading = first_in(_PHP_PREFIXED, text)
        if reading is None:
            continue
        prefix = re.search(rf"const\s+{re.escape(reading.group(1))}\s*=\s*[\"'](\w+_)[\"']", text)
        if prefix is None:
            continue
        for hit in _PHP_SETTING.finditer(text):
            default = re.search(rf"::{hit[1]}\s*=>\s*\[?\s*[\"']([^\"'\n]*)[\"']", text)
            where = f"{path}:{text.count(chr(10), 0, hit.start(1)) + 1}"
            yield Use(f"{prefix[1]}{hit[1]}", where, default[1] if default else None, optional=True)


def _told_nothing(tree: FileTree) -> Iterator[Use]:
    for suffixes, pattern in TOLD_NOTHING.items():
        for path in tree.sources(*suffixes, limit=300):
            text = tree.text(path, limit=200_000) or ""
            found = first_in(pattern, text)
            if found and (suffixes is not JAVASCRIPT or re.search(r"[\"']pg[\"']", text)):
                where = tree.where(path, found.group(0)[-20:])
                yield from (Use(name, where, optional=True) for name in LIBPQ)
                return


def _scan(path: str, text: str, patterns: Iterable[re.Pattern[str]]) -> Iterator[Use]:
    if not may_match(_MENTIONS, text):
        return
    for pattern in patterns:
        for found in found_in(pattern, text):
            groups = found.groupdict()
            name = groups.get("name") or groups.get("name2")
            if name is None and groups.get("kebab"):
                name = groups["kebab"].replace("-", "_").upper()
            if not name or not NAME.match(name):
                continue
            start = text.rfind("\n", 0, found.start()) + 1
            if _COMMENT.match(text[start : found.start() + 1]):
                continue
            default = groups.get("default") or groups.get("default2")
            plain = groups.get("plain")
            yield Use(
                name=name,
                where=f"{path}:{text.count(chr(10), 0, found.start()) + 1}",
                default=plain or literal(default),
                demanded=bool(groups.get("must")),
                optional=default is not None or plain is not None or bool(groups.get("may")),
            )
