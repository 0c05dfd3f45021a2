"""The path that answers without login: management's own, a route made for it, the front page."""

import re
from collections.abc import Iterator

from hivemind_agents.repository.facts import LIKELY, SURE, Fact, Match
from hivemind_agents.repository.languages.jvm.project import JvmProject
from hivemind_agents.repository.readers.code import literal_path, prefixed, prefixes
from hivemind_agents.repository.readers.routes import best_health_route

_CLASS = re.compile(
    r"@(?:RequestMapping|Controller|Path)\(\s*(?:(?:value|path|uri)\s*=\s*)?\{?\s*\"([^\"]*)\"[^)]*\)\s*(?:@\w+(?:\([^)]*\))?\s*)*(?:public\s+|open\s+|final\s+)*class\b"
)
_METHOD = re.compile(
    r"@(?:GetMapping|RequestMapping|Get)\b(?:\(\s*(?:(?:value|path|uri)\s*=\s*)?\{?\s*(?:\"([^\"]*)\")?([^)]*)\))?"
)
_JAX = re.compile(r"@GET\b((?:\s*@\w+(?:\([^)]*\))?)*)")
_CALL = re.compile(
    r"(?<![\w@])(?:\w+\.)?(?:get|path|pathSingleSlash|route|endpoint)\(\s*\"(/[^\"]*)\""
)
_KTOR_BLOCK = r"\broute\(\s*\"([^\"]*)\"\s*\)\s*\{"
_PLAY = re.compile(r"(?m)^GET\s+(/\S*)\s+(\S+)")
_HTTP4S = re.compile(r"GET\s*->\s*Root((?:\s*/\s*\"[\w.-]+\")*)\s*=>")
_CONTEXT = re.compile(r"createContext\(\s*\"(/[^\"]*)\"")


def health_path(project: JvmProject, match: Match) -> Fact[str] | None:
    """What a load balancer is to ask."""
    if match.framework == "spring-boot":
        actuator = project.listed("org.springframework.boot:spring-boot-starter-actuator")
        if actuator and not _setting(project, r"management\.server\.port"):
            base = (
                _setting(project, r"management\.endpoints\.web\.base-path\s*[=:]\s*(\S+)")
                or "/actuator"
            )
            return Fact(_context(project) + base.rstrip("/") + "/health", SURE, (actuator.where,))
    found = best_health_route(_routes(project, match.framework))
    if found:
        context = _context(project) if match.framework == "spring-boot" else ""
        return Fact(context + found.value, found.confidence, found.evidence) if context else found
    page = next(
        (
            path
            for path in project.tree.named("index.html") + project.tree.named("index.jsp")
            if re.search(r"resources/(?:static|public|META-INF/resources)/index|webapp/index", path)
        ),
        None,
    )
    return Fact(_context(project) + "/", LIKELY, (page,)) if page else None


def _setting(project: JvmProject, pattern: str) -> str | None:
    for name in ("application.properties", "application.yml", "application.yaml"):
        for path in project.tree.named(name):
            found = project.tree.search(path, r"(?m)^[ \t]*" + pattern)
            if found and "/test/" not in path:
                return found.group(found.lastindex or 0)
    return None


def _context(project: JvmProject) -> str:
    value = _setting(
        project,
        r"(?:server\.servlet\.context-path|spring\.webflux\.base-path|context-path)\s*[=:]\s*[\"']?(/[\w/-]+)",
    )
    return value.rstrip("/") if value else ""


def _routes(project: JvmProject, framework: str | None) -> Iterator[tuple[str, str]]:
    for path, text in project.code.files:
        for route, position in _in_file(text, framework):
            if literal_path(route):
                yield route, f"{path}:{text.count(chr(10), 0, position) + 1}"
    for path in project.tree.named("routes"):
        text = project.tree.text(path) or ""
        for found in _PLAY.finditer(text):
            if literal_path(found.group(1)):
                yield found.group(1), f"{path}:{text.count(chr(10), 0, found.start()) + 1}"


def _in_file(text: str, framework: str | None) -> Iterator[tuple[str, int]]:
    owner = _CLASS.search(text)
    prefix = [(owner.group(1), -1, len(text) + 1)] if owner else []
    for found in _METHOD.finditer(text):
        if owner and owner.start() <= found.start() < owner.end():
            continue
        if (
            "POST" in (found.group(2) or "")
            or "@PreAuthorize" in text[found.start() - 200 : found.start()]
        ):
            continue
        body = text[found.end() : found.end() + 300]
        if "redirect:" in body.split("@")[0]:
            continue
        yield prefixed(found.group(1) or "", found.start(), prefix), found.start()
    for found in _JAX.finditer(text):
        path = re.search(r"@Path\(\s*\"([^\"]*)\"", found.group(1))
        yield prefixed(path.group(1) if path else "", found.start(), prefix), found.start()
    around = prefixes(text, _KTOR_BLOCK) if framework == "ktor" else []
    for found in _CALL.finditer(text):
        yield prefixed(found.group(1), found.start(), around), found.start()
    for found in _HTTP4S.finditer(text):
        yield "/" + "/".join(re.findall(r"\"([\w.-]+)\"", found.group(1))), found.start()
    for found in _CONTEXT.finditer(text):
        yield found.group(1), found.start()
