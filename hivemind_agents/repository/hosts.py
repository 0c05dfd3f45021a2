"""Variables in which an application is told the host names that it answers to.

Behind a load balancer the names are the balancer's, and the health check's is the host's own
address: an application that knows neither answers 400 to both.
"""

import re

from hivemind_agents.repository.report import EnvVariable, HostVariable
from hivemind_agents.repository.tree import FileTree

_BY_NAME = re.compile(r"(^|_)(ALLOWED|TRUSTED|VALID)_?HOSTS?$", re.I)
_ORIGINS_BY_NAME = re.compile(r"(^|_)(CSRF|TRUSTED)_(TRUSTED_)?ORIGINS?$", re.I)
_ASSIGNED = re.compile(
    r"(?m)^[ \t]*(?P<what>ALLOWED_HOSTS|CSRF_TRUSTED_ORIGINS)\s*(?::[^=\n]*)?\+?="
)
_HTTPS_WORDS = (
    r"SECURE_SSL_REDIRECT|SESSION_COOKIE_SECURE|CSRF_COOKIE_SECURE|REMEMBER_COOKIE_SECURE"
)
_HTTPS = re.compile(rf"^[ \t]*(?:{_HTTPS_WORDS})\s*(?::[^=\n]*)?=")
_HTTPS_BY_NAME = re.compile(
    rf"(?:^|_)(?:{_HTTPS_WORDS}|(?:FORCE|REQUIRE|REDIRECT_TO|USE)_?(?:SSL|HTTPS)|SSL_REDIRECT|"
    r"HTTPS_(?:ONLY|REDIRECT)|COOKIE_SECURE|SECURE_COOKIES?)$",
    re.I,
)
# What an application calls its own address, and what may be another's where no default says.
_OWN_URL = re.compile(
    r"^(?:(?:APP|SITE|PUBLIC|EXTERNAL|ROOT|SELF|CANONICAL|INSTANCE|WEBSITE)_(?:BASE_)?URL(?:_PATH)?|"
    r"URL|UI_URL|NEXTAUTH_URL|YOURLS_SITE)$"
)
_OFTEN_OWN_URL = re.compile(
    r"(?:^|_)(?:APP|SITE|PUBLIC|EXTERNAL|ROOT|SELF|BASE|SERVER|HOST|WEB|CLIENT|FRONT_?END)_"
    r"(?:BASE_)?(?:URL(?:_PATH)?|URI|ROOT|ORIGIN|ADDRESS)$"
)
_OF_NOBODY = re.compile(
    r"^https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\]|(?:[\w-]+\.)*example\.\w+|"
    r"your-[\w.-]+)(?:[:/]|$)"
)
# How far from the reading the text is split.
_NEAR = 240


def read_host_variables(tree: FileTree, env: tuple[EnvVariable, ...]) -> dict[str, HostVariable]:
    """Name to how its value is written, for the variables that hold host names or origins."""
    found = {}
    for variable in env:
        for place in variable.evidence:
            path, _, line = place.rpartition(":")
            text = tree.text(path) if path and line.isdigit() else None
            if text is None or not path.endswith((".py", ".js", ".ts", ".rb", ".php")):
                continue
            origins = _means_origins(variable.name, text, int(line))
            if origins is not None:
                near = _after(text, variable.name, int(line))
                found[variable.name] = HostVariable(
                    separator=_separator(near, text, int(line)), origins=origins
                )
                break
    return found


def means_hosts(name: str) -> bool:
    """Whether a variable holds host names or origins by its name alone."""
    return bool(_BY_NAME.search(name) or _ORIGINS_BY_NAME.search(name))


def read_https_variables(tree: FileTree, env: tuple[EnvVariable, ...]) -> tuple[str, ...]:
    """Switches that are on where nobody says otherwise, and need HTTPS: redirects to it, cookies
    that go over nothing else.
    """
    found = []
    for variable in env:
        if (variable.default or "").lower() not in {"true", "1", "yes", "on"}:
            continue
        if _HTTPS_BY_NAME.search(variable.name) or any(
            _sets_https(tree, place) for place in variable.evidence
        ):
            found.append(variable.name)
    return tuple(found)


def read_url_variables(env: tuple[EnvVariable, ...]) -> tuple[str, ...]:
    """Variables that hold the application's own address, and have none that is anybody's."""
    return tuple(
        variable.name
        for variable in env
        if (
            _OWN_URL.match(variable.name)
            and _OF_NOBODY.match(variable.default or "http://localhost")
        )
        or (_OFTEN_OWN_URL.search(variable.name) and _OF_NOBODY.match(variable.default or ""))
    )


def _sets_https(tree: FileTree, place: str) -> bool:
    path, _, line = place.rpartition(":")
    if not path.endswith(".py") or not line.isdigit():
        return False
    lines = (tree.text(path) or "").splitlines()[max(0, int(line) - 2) : int(line)]
    before = [each for each in lines[:-1] if each.rstrip().endswith("(")]
    return any(_HTTPS.match(each) for each in (*before, *lines[-1:]))


def _means_origins(name: str, text: str, line: int) -> bool | None:
    """True for origins, False for host names, None where the variable holds neither."""
    if _BY_NAME.search(name):
        return False
    if _ORIGINS_BY_NAME.search(name):
        return True
    # The assignment that the line is a part of: the last one that began at or before it.
    lines = text.splitlines()[:line]
    for each in reversed(lines[-4:]):
        if hit := _ASSIGNED.match(each):
            return hit["what"] != "ALLOWED_HOSTS"
        if re.match(r"^\w|^\s+[\w.]+\s*=[^=]", each):
            return None
    return None


def _after(text: str, name: str, line: int) -> str:
    start = sum(len(each) + 1 for each in text.splitlines()[: line - 1])
    at = text.find(name, start)
    return text[at : at + _NEAR] if at >= 0 else ""


# A field of a class: pydantic takes a collection as JSON, a text as it is.
_FIELD = re.compile(
    r"^[ \t]+\w+[ \t]*:[ \t]*(?P<kind>[^=\n]+)(?!.*\b(?:env|config|getenv|environ)\b)"
)
_COLLECTION = re.compile(r"\b(?:list|set|tuple|frozenset|sequence|iterable)\b", re.I)


def _separator(near: str, text: str, line: int) -> str:
    if hit := re.search(r"\bsplit\(\s*(?:[\"'](.{1,2}?)[\"'])?", near):
        return hit[1] or " "
    field = _FIELD.match(text.splitlines()[line - 1]) if text.count("\n") >= line - 1 else None
    if field:
        return "json" if _COLLECTION.search(field["kind"]) else ","
    if "BaseSettings" in text or "json.loads" in near:
        return "json"
    return ","
