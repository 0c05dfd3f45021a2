"""Settings that PHP has as a sample alone: constants to be filled in and saved under another name.

The constants that say where the database is, and keys of the application's own, can be read from
the environment instead; a release then has its settings without anybody writing them.
"""

import re
from collections.abc import Callable, Collection, Mapping
from itertools import islice

from hivemind_agents.repository.readers.variables import Use, is_secret

# Text of a file by its name; None where it is not there.
Read = Callable[[str], str | None]

_NAME = re.compile(
    r"^(?P<stem>(?:[\w-]+/){0,3}[\w.-]*?(?:config|configuration|settings|database|db))"
    r"(?:[._-](?:sample|example|dist|default|template))(?P<end>(?:\.inc)?\.php)$|"
    r"^(?P<whole>(?:[\w-]+/){0,3}[\w.-]*(?:config|configuration|settings|database|db)(?:\.inc)?\.php)"
    r"[._-](?:sample|example|dist|default|template)$"
)
_CONSTANT = re.compile(
    r"(?m)^(?P<before>[ \t]*define\(\s*(?P<q>['\"])(?P<name>[A-Z][A-Z0-9_]*)(?P=q)\s*,\s*)"
    r"(?P<value>'[^'\n]*'|\"[^\"\n]*\"|\d+)(?P<after>\s*\)\s*;)"
)
_DATABASE = re.compile(
    r"^(?:\w+_)?(?:DB|DATABASE|MYSQL|PG|POSTGRES)_?"
    r"(?:HOST|HOSTNAME|SERVER|PORT|NAME|DATABASE|USER|USERNAME|PASS|PASSWD|PASSWORD)$"
)
_MARK = re.compile(r"%\w+%?$|@\w+@$|\{\{?\s?\w+\s?\}?\}$|__\w+__$")
_KEY = re.compile(r"^(?:(?:AUTH|APP|SESSION|COOKIE|SECRET|SECURITY|HASH|ENCRYPTION|JWT)_?)+"
                  r"(?:KEY|SALT|SECRET)$|^SECRET(?:_KEY)?$")  # fmt: skip

# Files that may define the same constants: the application's own defaults.
_DEFAULTS = re.compile(
    r"^(?:[\w-]+/){0,3}[\w.-]*(?:const|config|settings|bootstrap|common|defaults?|env|db)[\w.-]*\.php$"
)
_MOST_DEFAULTS = 100

# The application's own address; a release is told it (`url_variables`).
_URL = re.compile(r"^(?:APP|SITE|BASE|PUBLIC|ROOT|SELF)_URL(?:_PATH)?$|^YOURLS_SITE$")


def samples(names: Collection[str], read: Read) -> dict[str, str]:
    """Sample to the file that it is one of, where that is not there and the sample has constants
    of a database in it.
    """
    found = {}
    for name in sorted(names):
        hit = _NAME.match(name)
        if hit is None:
            continue
        target = hit["whole"] or f"{hit['stem']}{hit['end']}"
        text = read(name) or ""
        if target in names or re.search(r"getenv\(|\$_ENV|\benv\(", text):
            continue
        values = [
            constant["value"].strip("'\"")
            for constant in _CONSTANT.finditer(text)
            if _DATABASE.match(constant["name"])
        ]
        # Marks are for an installer to put in; it would take what we make for its own work.
        if values and not any(_MARK.match(value) for value in values):
            found[name] = target
    return {} if found and _reads_itself(names, read, found) else found


def _reads_itself(names: Collection[str], read: Read, found: Mapping[str, str]) -> bool:
    """Whether code that is there defines a sample's constant of a database by the environment:
    the file that is missing is then only for those who want one, and would win over it.
    """
    constants = {
        hit["name"]
        for sample in found
        for hit in _CONSTANT.finditer(read(sample) or "")
        if _DATABASE.match(hit["name"])
    }
    told = re.compile(
        rf"define\(\s*(['\"])(?:{'|'.join(sorted(constants))})\1\s*,[^;\n]*(?:getenv\(|\$_ENV\b)"
    )
    places = (
        name for name in sorted(names, key=lambda name: (name.count("/"), name))
        if name not in found and _DEFAULTS.match(name)
    )  # fmt: skip
    return any(told.search(read(name) or "") for name in islice(places, _MOST_DEFAULTS))


def constants(path: str, text: str) -> list[Use]:
    """The constants of a sample that are read from the environment, as variables."""
    return [
        Use(
            hit["name"],
            f"{path}:{text.count(chr(10), 0, hit.start('name')) + 1}",
            None if is_secret(hit["name"]) else hit["value"].strip("'\""),
            optional=True,
        )
        for hit in _CONSTANT.finditer(text)
        if _DATABASE.match(hit["name"]) or _KEY.match(hit["name"]) or _URL.match(hit["name"])
    ]


def filled(text: str) -> str:
    """The sample with these constants read from the environment, else as they are."""

    def read(hit: re.Match[str]) -> str:
        name = hit["name"]
        if not (_DATABASE.match(name) or _KEY.match(name) or _URL.match(name)):
            return hit[0]
        return f"{hit['before']}getenv('{name}') ?: {hit['value']}{hit['after']}"

    return _CONSTANT.sub(read, text)
