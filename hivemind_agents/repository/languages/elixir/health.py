"""Routes of routers: the paths that answer without parameters."""

import re
from collections.abc import Iterator

from hivemind_agents.repository.facts import Fact
from hivemind_agents.repository.languages.elixir.project import ElixirProject
from hivemind_agents.repository.readers.code import literal_path, prefixed
from hivemind_agents.repository.readers.routes import best_health_route

_SCOPE = re.compile(r"^(\s*)scope\s*\(?\s*(?:path:\s*)?\"([^\"]*)\".*\bdo\b")
_ROUTE = re.compile(r"^(\s*)(?:get|live)\s*\(?\s*\"([^\"]*)\"")
_LOGIN = re.compile(r"pipe_through.*(?:require_auth|:auth|require_login|:protected)")


def health_path(project: ElixirProject) -> Fact[str] | None:
    """A route made for it, else the front page."""
    return best_health_route(_routes(project))


def _routes(project: ElixirProject) -> Iterator[tuple[str, str]]:
    """Routes inside of the scopes that their indentation shows; none of those behind a login."""
    for path, text in project.code.files:
        scopes: list[tuple[int, str]] = []
        guarded: int | None = None
        for number, line in enumerate(text.splitlines(), start=1):
            if not line.strip():
                continue
            indent = len(line) - len(line.lstrip())
            while scopes and scopes[-1][0] >= indent:
                scopes.pop()
            if guarded is not None and indent < guarded:
                guarded = None
            scope, route = _SCOPE.match(line), _ROUTE.match(line)
            if scope:
                scopes.append((indent, scope.group(2)))
            elif _LOGIN.search(line):
                guarded = indent
            elif route and guarded is None:
                whole = prefixed(route.group(2), 0, [(part, -1, 1) for _, part in scopes])
                if literal_path(whole):
                    yield whole, f"{path}:{number}"
