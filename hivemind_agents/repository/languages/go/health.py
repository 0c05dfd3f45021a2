"""Routes of Go programs: the paths that answer without parameters."""

import re
from collections.abc import Iterator

from hivemind_agents.repository.facts import Fact
from hivemind_agents.repository.languages.go.project import GoProject
from hivemind_agents.repository.readers.code import literal_path, prefixed, prefixes
from hivemind_agents.repository.readers.routes import best_health_route

_ROUTE = re.compile(
    r"\b(\w+)\.(?:GET|Get|HandleFunc|Handle|HandlerFunc|Any|All|Path|ANY|Handler)\(\s*"
    r"(?:(?:http\.MethodGet|\"GET\"),\s*)?\"(?:GET\s+)?(/[^\"]*)\""
)
_GROUP = re.compile(r"\b(\w+)\s*:?=\s*(\w+)\.(?:Group|Party|PathPrefix|Route)\(\s*\"([^\"]*)\"")
_BLOCK = r"\.(?:Route|Group)\(\s*\"(/[^\"]*)\",\s*func\b"


def health_path(project: GoProject) -> Fact[str] | None:
    """A route made for it, else the front page."""
    return best_health_route(_routes(project))


def _routes(project: GoProject) -> Iterator[tuple[str, str]]:
    if project.program is None:
        return
    for path, text in project.program.files:
        groups: dict[str, str] = {}
        for name, outer, prefix in _GROUP.findall(text):
            groups[name] = prefixed(prefix, 0, [(groups.get(outer, ""), -1, 1)])
        around = prefixes(text, _BLOCK)
        for found in _ROUTE.finditer(text):
            end = text.find("\n", found.end())
            if re.search(r"Methods\(\s*(?:http\.MethodPost|\"POST)", text[found.end() : end]):
                continue
            inner = prefixed(found.group(2), found.start(), around)
            whole = prefixed(inner, 0, [(groups.get(found.group(1), ""), -1, 1)])
            if literal_path(whole) and (found.group(2) == "/" or not found.group(2).endswith("/")):
                yield whole, f"{path}:{text.count(chr(10), 0, found.start()) + 1}"
