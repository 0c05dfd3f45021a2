"""Routes of Ruby applications: the paths that answer without parameters."""

import re
from collections.abc import Iterator

from hivemind_agents.repository.facts import GUESS, LIKELY, SURE, Fact, Match
from hivemind_agents.repository.languages.ruby.project import RubyProject
from hivemind_agents.repository.readers.code import literal_path, prefixed
from hivemind_agents.repository.readers.routes import best_health_route

_GET = re.compile(r"(?m)^([ \t]*)get\s*\(?\s*[\"']([^\"']*)[\"']")
_LOGIN = re.compile(r"authenticate_user!|before_action\s+:(?:authenticate|require_login|authorize)")


def health_path(project: RubyProject, match: Match) -> Fact[str] | None:
    """A route made for it, else the front page."""
    if match.kind == "static":
        return Fact("/", SURE, match.evidence)
    if match.framework == "rails":
        return _rails(project)
    found = best_health_route(_grape(project) if match.framework == "grape" else _routes(project))
    if found:
        return found
    return Fact("/", GUESS, match.evidence) if match.framework == "rack" else None


def _rails(project: RubyProject) -> Fact[str] | None:
    path = "config/routes.rb"
    text = project.text(path)
    found = best_health_route(
        (route, where) for route, where in _rails_routes(path, text) if route != "/"
    )
    if found:
        return found
    root = re.search(r"(?m)^[ \t]*root\b|^\s*get\s+[\"']/[\"']", text)
    if root is None:
        return None
    where = f"{path}:{text.count(chr(10), 0, root.end()) + 1}"
    guarded = _LOGIN.search(project.text("app/controllers/application_controller.rb"))
    return (
        None
        if guarded
        else Fact("/", LIKELY if not project.gems.runtime("devise") else GUESS, (where,))
    )


def _rails_routes(path: str, text: str) -> Iterator[tuple[str, str]]:
    """Routes of `get`, inside of the namespaces and scopes that their indentation shows."""
    stack: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        indent = len(line) - len(line.lstrip())
        while stack and stack[-1][0] >= indent:
            stack.pop()
        opened = re.match(
            r"\s*(?:namespace|scope|resources?|group)\s*\(?\s*[:\"']([\w/]+)[\"']?.*\bdo\b", line
        )
        found = re.match(r"\s*get\s*\(?\s*(?:[\"']([^\"']+)[\"']|:(\w+))", line)
        if opened:
            stack.append((indent, opened.group(1)))
        elif found:
            route = prefixed(
                found.group(1) or found.group(2), 0, [(part, -1, 1) for _, part in stack]
            )
            if literal_path(route):
                yield route, f"{path}:{number}"


def _grape(project: RubyProject) -> Iterator[tuple[str, str]]:
    """Grape's routes, below the prefix and the version that it puts into the path."""
    for path, text in project.code.files:
        before = re.search(r"(?m)^[ \t]*prefix\s*\(?\s*[:\"']([\w/]+)", text)
        version = re.search(r"(?m)^[ \t]*version\s*\(?\s*[\"']([\w.]+)[\"'].*:path", text)
        outer = [(found.group(1), -1, 1) for found in (before, version) if found]
        for route, where in _rails_routes(path, text):
            yield prefixed(route, 0, outer), where


def _routes(project: RubyProject) -> Iterator[tuple[str, str]]:
    for path, text in project.code.files:
        for found in _GET.finditer(text):
            route = prefixed(found.group(2), 0, [])
            if literal_path(route):
                body = text[found.end() : found.end() + 200].split("\nend")[0]
                if not re.search(r"\bredirect\b", body):
                    yield route, f"{path}:{text.count(chr(10), 0, found.end()) + 1}"
        for found in re.finditer(r"\br\.(?:get|is|on)\s*\(?\s*[\"']([\w/-]+)[\"']", text):
            yield "/" + found.group(1), f"{path}:{text.count(chr(10), 0, found.end()) + 1}"
        root = re.search(r"\br\.root\b", text)
        if root:
            yield "/", f"{path}:{text.count(chr(10), 0, root.end()) + 1}"
