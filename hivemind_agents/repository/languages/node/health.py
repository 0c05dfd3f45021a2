"""The path that answers 2xx without login, read from the routes of the code or of the folders."""

import re
from collections.abc import Iterator

from hivemind_agents.repository.facts import GUESS, LIKELY, SURE, Fact, Match
from hivemind_agents.repository.languages.node.project import NodeProject
from hivemind_agents.repository.readers.routes import best_health_route

_ROUTE = re.compile(r"(?:\b\w+)\.(?:get|all|route)\(\s*[\"'`](/[^\"'`\s:*(]*)[\"'`]([^\n]*)")
_OBJECT_ROUTE = re.compile(r"(?:path|url)\s*:\s*[\"'`](/[^\"'`\s:*]*)[\"'`]")
_GUARDED = re.compile(
    r"(?i)\b(?:is|ensure|require|check|verify)?_?(?:auth\w*|login\w*|logged\w*|protect\w*|"
    r"jwt\w*|passport)\b"
)
_FILES = (
    (re.compile(r"^(?:src/)?app/(.*)/route\.[jt]s$"), ""),
    (re.compile(r"^(?:src/)?pages/(api/.*?)(?:/index)?\.[jt]s$"), ""),
    (re.compile(r"^server/(api/.*?)(?:\.get)?\.[jt]s$"), ""),
    (re.compile(r"^server/routes/(.*?)(?:\.get)?\.[jt]s$"), ""),
    (re.compile(r"^src/routes/(.*)/\+server\.[jt]s$"), ""),
    (re.compile(r"^app/routes/([\w.-]+)\.[jt]sx?$"), "."),
    (re.compile(r"^src/pages/(.*?)\.[jt]s$"), ""),
)


RENDERING = frozenset({
    "next", "nuxt", "remix", "react-router", "sveltekit", "astro", "solid-start", "angular",
    "tanstack-start",
})  # fmt: skip


def health_path(project: NodeProject, match: Match) -> Fact[str] | None:
    """A health route first, then the front page."""
    if match.kind == "static":
        return Fact("/", SURE, match.evidence)
    if match.kind != "web":
        return None
    prefix, apart = _global_prefix(project)
    routes = [
        (route if route.startswith(prefix) or route in apart else prefix + route, where)
        for route, where in [*_code_routes(project), *_file_routes(project)]
    ]
    found = best_health_route(routes)
    if found and (found.value != "/" or not prefix):
        return found
    return _front_page(project, match)


def _code_routes(project: NodeProject) -> Iterator[tuple[str, str]]:
    """Routes without a login's guard and without a redirect as their answer."""
    for path, text in project.sources:
        if not re.search(r"\.(?:get|all|route)\(|url\s*:|@Get\(|req(?:uest)?\.url|pathname", text):
            continue
        for pattern in (_ROUTE, _OBJECT_ROUTE):
            for found in pattern.finditer(text):
                rest = found.group(2) if pattern is _ROUTE else ""
                guarded = _GUARDED.search(rest.split("=>")[0])
                if not guarded and "redirect(" not in _body(text, found.end()):
                    yield found.group(1), f"{path}:{text.count(chr(10), 0, found.start()) + 1}"
        yield from _nest(path, text)


def _file_routes(project: NodeProject) -> Iterator[tuple[str, str]]:
    """Routes that a framework makes of files."""
    for path in project.tree.paths:
        for pattern, dot in _FILES:
            hit = pattern.match(path)
            if hit and "[" not in hit.group(1):
                name = hit.group(1).replace(".", "/") if dot else hit.group(1)
                yield "/" + re.sub(r"\([^)]*\)/", "", name), f"{path}:1"


def _front_page(project: NodeProject, match: Match) -> Fact[str] | None:
    if match.framework in RENDERING:
        return Fact("/", LIKELY, match.evidence)
    if match.framework == "strapi":
        return Fact("/_health", LIKELY, match.evidence)
    if project.reaches(r"express\.static\(|serveStatic|@fastify/static|koa-static"):
        return Fact("/", GUESS, match.evidence)
    if match.framework is None and project.reaches(r"createServer\(|Bun\.serve\("):
        return Fact("/", LIKELY, match.evidence)
    return None


def _body(text: str, position: int) -> str:
    """The beginning of a handler, up to the next route."""
    return re.split(
        r"\.(?:get|post|put|delete|patch|use)\(\s*[\"'`]", text[position : position + 400]
    )[0]


def _nest(path: str, text: str) -> list[tuple[str, str]]:
    controller = re.search(r"@Controller\(\s*(?:[\"'`]([^\"'`]*)[\"'`])?[^)]*\)", text)
    if controller is None or "@UseGuards" in text:
        return []
    base = (controller.group(1) or "").strip("/")
    found = []
    for route in re.finditer(r"@Get\(\s*(?:[\"'`]([^\"'`:*]*)[\"'`])?\s*\)", text):
        parts = [part for part in (base, (route.group(1) or "").strip("/")) if part]
        found.append(("/" + "/".join(parts), f"{path}:{text.count(chr(10), 0, route.start()) + 1}"))
    return found


def _global_prefix(project: NodeProject) -> tuple[str, frozenset[str]]:
    """(what comes before each of Nest's routes, the routes that are named as exceptions)."""
    for _, text in project.reachable:
        found = re.search(
            r"setGlobalPrefix\(\s*[\"'`]/?([\w/-]+)[\"'`](?:\s*,\s*\{[^}]*?exclude\s*:\s*\[([^\]]*)\])?",
            text,
        )
        version = re.search(
            r"enableVersioning\(\s*\{[^}]*?defaultVersion\s*:\s*\[?\s*[\"'](\w+)[\"']", text
        )
        if version and re.search(r"VersioningType\.(?:HEADER|MEDIA_TYPE|CUSTOM)", text):
            version = None
        if found or version:
            spared = re.findall(r"[\"'`]/?([\w/-]+)[\"'`]", (found and found[2]) or "")
            parts = [found[1]] if found else []
            parts += [f"v{version[1]}"] if version else []
            return "/" + "/".join(parts), frozenset(
                () if version else (f"/{route}" for route in spared)
            )
    return "", frozenset()
