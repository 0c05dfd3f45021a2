"""Django's settings that a repository has as a sample alone, to be copied and filled in by hand.

A release gets the copy, with what is added at its end: stores and keys are those of its
environment, and nothing is in debug mode.
"""

import re
from collections.abc import Callable, Collection, Iterator

# Text of a file by its name; None where it is not there.
Read = Callable[[str], str | None]

_WORDS = r"(?:sample|example|dist|default|template)"
_NAME = re.compile(
    rf"^(?P<folder>(?:[\w-]+/){{0,4}})(?:"
    rf"(?P<stem>\w*(?:config|configuration|settings))[._-]{_WORDS}\.py|"
    rf"(?P<whole>\w*(?:config|configuration|settings))\.py[._-]{_WORDS})$"
)
_DATABASE = re.compile(r"(?m)^DATABASES?\s*=\s*\{")
_ADDED = r'''

# From here on: where this runs. What is above is the sample as it is.
import os as _os
import re as _re
from urllib.parse import unquote as _unquote
from urllib.parse import urlsplit as _urlsplit

DEBUG = False
SECRET_KEY = _os.environ.get("SECRET_KEY") or globals().get("SECRET_KEY", "")


def _fill(settings, url, **more):
    """Put the address of a store into every dictionary that has a host."""
    if "HOST" in settings and "sqlite" not in str(settings.get("ENGINE")) and url.hostname:
        settings.update(HOST=url.hostname, PORT=url.port or settings.get("PORT", ""), **more)
        settings["PASSWORD"] = _unquote(url.password or "")
    for inner in settings.values():
        if isinstance(inner, dict):
            _fill(inner, url, **more)


def _told(value):
    """The value with Redis where this runs, for what is an address on one machine."""
    if isinstance(value, dict):
        return {key: _told(inner) for key, inner in value.items()}
    if isinstance(value, str) and _re.match(_LOCAL, value):
        return _url._replace(path=_urlsplit(value).path).geturl()
    return value


_LOCAL = r"redis://(localhost|127\.0\.0\.1)(:6379)?(/\d+)?$"
_url = _urlsplit(_os.environ.get("DATABASE_URL", ""))
_more = {"NAME": _unquote(_url.path[1:]), "USER": _unquote(_url.username or "")}
for _name in ("DATABASE", "DATABASES"):
    _fill(globals().get(_name, {}), _url, **_more)
_url = _urlsplit(_os.environ.get("REDIS_URL", ""))
_more = {"USERNAME": _unquote(_url.username or ""), "SSL": _url.scheme == "rediss"}
for _name, _value in list(globals().items()):
    if "REDIS" in _name and isinstance(_value, dict):
        _fill(_value, _url, **_more)
    if _name.isupper() and _url.hostname:
        globals()[_name] = _told(_value)
'''


def samples(names: Collection[str], read: Read) -> dict[str, str]:
    """Sample to the module that it is one of, where that is not there, the sample has a database
    in it, and settings beside it do not do without the module.
    """
    found = {}
    for name in sorted(names):
        hit = _NAME.match(name)
        if hit is None:
            continue
        stem = hit["stem"] or hit["whole"]
        target = f"{hit['folder']}{stem}.py"
        if target in names or f"{hit['folder']}{stem}/__init__.py" in names:
            continue
        text = read(name) or ""
        if _DATABASE.search(text) and not re.search(r"\benviron\b|getenv\(|\benv\(", text):
            beside = _modules_in(hit["folder"], names, read)
            if _is_needed(stem, beside):
                found[name] = target
    return found


def filled(text: str) -> str:
    """The sample with the stores and keys of the environment it is run in."""
    return text.rstrip() + _ADDED


def _modules_in(folder: str, names: Collection[str], read: Read) -> Iterator[str]:
    for name in names:
        if name.endswith(".py") and name.rpartition("/")[0] == folder.rstrip("/"):
            yield read(name) or ""


def _is_needed(stem: str, modules: Iterator[str]) -> bool:
    """Whether a module names this one, and none takes it only where it is there."""
    optional = re.compile(
        rf"(?m)^[ \t]*try:[ \t]*(?:#.*)?\n[ \t]*(?:from|import)\b.*\b{stem}\b.*\n[ \t]*except\b"
        rf"(?!.*\n[ \t]*raise\b)"
    )
    texts = list(modules)
    return any(re.search(rf"\b{stem}\b", text) for text in texts) and not any(
        optional.search(text) for text in texts
    )
