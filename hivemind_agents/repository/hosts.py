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
                    separator=_separator(near, text), origins=origins
                )
                break
    return found


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


def _separator(near: str, text: str) -> str:
    if hit := re.search(r"\bsplit\(\s*(?:[\"'](.{1,2}?)[\"'])?", near):
        return hit[1] or " "
    if "BaseSettings" in text or "json.loads" in near:
        return "json"
    return ","
