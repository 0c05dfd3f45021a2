"""Variables that may not be set together: an address, or its parts.

A validation of the environment that forbids both stops the program that gets both.
"""

import re
from collections.abc import Iterable, Mapping

# @CannotUseWith("DATABASE_URL") before a field; Joi's .xor("DATABASE_URL", "DATABASE_HOST").
_EXCLUDES = re.compile(
    r"@CannotUseWith\w*\(\s*(?P<decorated>\[[^\]]{0,600}\]|[^()]{0,600})\s*,?\s*\)|"
    r"\.(?:xor|oxor|nand|without)\((?P<listed>[^()]{0,600})\)"
)
_NAMED = re.compile(r"[\"'`]([A-Z][A-Z0-9_]+)[\"'`]")
_FIELD = re.compile(r"\b(?:public|private|readonly)\s+([A-Z][A-Z0-9_]+)\b")
_ADDRESS = re.compile(r"(?:^|_)(?:URL|URI|DSN)$")
_SCRIPTS = (".ts", ".js", ".mjs", ".cjs")


def rivals_of_addresses(
    variables: Mapping[str, Iterable[str]], texts: Iterable[tuple[str, str]]
) -> frozenset[str]:
    """The variables of needs that have to stay unset, as the address of the same need is given."""
    groups = [
        group
        for path, text in texts
        if path.endswith(_SCRIPTS)
        for hit in _EXCLUDES.finditer(text)
        if (group := _group(hit, text))
    ]
    found: set[str] = set()
    for names in variables.values():
        for known in ({*names} & group for group in groups):
            if any(_ADDRESS.search(name) for name in known):
                found.update(name for name in known if not _ADDRESS.search(name))
    return frozenset(found)


def _group(hit: re.Match[str], text: str) -> set[str]:
    """All that a rule is about: what it lists, and the field that it stands before."""
    names = set(_NAMED.findall(hit["decorated"] or hit["listed"] or ""))
    field = _FIELD.search(text, hit.end(), hit.end() + 400) if hit["decorated"] else None
    return names | {field[1]} if field else names
