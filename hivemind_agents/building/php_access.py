"""What `.htaccess` files say about who may read: Apache would keep to it, so nginx has to as well.

Only whole folders count: those that nobody may read, and those in which nothing is run.
"""

import re
from collections.abc import Iterable, Iterator

from hivemind_agents.building.files import text_of

_NAME = ".htaccess"
# Rules for some files or methods alone.
_SECTIONS = re.compile(
    r"(?is)<(Files(?:Match)?|Limit(?:Except)?|If|ElseIf|Else|RequireAny|RequireAll|RequireNone)\b"
    r"[^>]*>.*?</\1>"
)
_DENIED = re.compile(r"(?im)^[ \t]*(?:deny[ \t]+from[ \t]+all|require[ \t]+all[ \t]+denied)[ \t]*$")
_LET_IN = re.compile(
    r"(?im)^[ \t]*(?:allow[ \t]+from|"
    r"require[ \t]+(?:all[ \t]+granted|ip|host|local|valid-user|user))\b"
)
_RUNS_NOTHING = re.compile(
    r"(?im)^[ \t]*(?:php_flag[ \t]+engine[ \t]+off|sethandler[ \t]+(?:none|default-handler)|"
    r"removehandler[ \t]+.*\.php|addtype[ \t]+text/plain[ \t]+.*\.php)\b"
)
_REWRITTEN = re.compile(r"(?im)^[ \t]*RewriteRule[ \t]+\S+[ \t]+/?([\w./-]+\.php)(?=[?\s]|$)")
_FOLDER = re.compile(r"[\w.~ -]+(?:/[\w.~ -]+)*")


def denied(files: Iterable[str], root: str) -> tuple[str, ...]:
    """Folders below the document root that nobody may read, relative to it, sorted."""
    return _folders(
        (folder for folder, text in _rules(files, root)
         if _DENIED.search(text) and not _LET_IN.search(text))
    )  # fmt: skip


def scriptless(files: Iterable[str], root: str) -> tuple[str, ...]:
    """Folders below the document root in which no PHP is run, relative to it, sorted."""
    return _folders(folder for folder, text in _rules(files, root) if _RUNS_NOTHING.search(text))


def rewritten_to(files: Iterable[str], root: str) -> str | None:
    """The page that the document root's own file leads unknown paths to, relative to the root."""
    prefix = "" if root == "." else f"{root}/"
    names = frozenset(files)
    text = text_of(files, f"{prefix}{_NAME}") or ""
    pages = [page for page in _REWRITTEN.findall(text) if f"{prefix}{page}" in names]
    return pages[-1] if pages else None


def _rules(files: Iterable[str], root: str) -> Iterator[tuple[str, str]]:
    """(folder, what its file says of all that is in it)."""
    prefix = "" if root == "." else f"{root}/"
    for name in files:
        folder, _, last = name.rpartition("/")
        if last == _NAME and folder.startswith(prefix) and folder != root:
            text = text_of(files, name) or ""
            yield folder.removeprefix(prefix), _SECTIONS.sub("", text)


def _folders(found: Iterable[str]) -> tuple[str, ...]:
    """None inside another, and none that a server's configuration could not hold."""
    names = {folder for folder in found if _FOLDER.fullmatch(folder)}
    return tuple(
        sorted(name for name in names if not any(name.startswith(f"{other}/") for other in names))
    )
