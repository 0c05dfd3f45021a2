"""The path that answers 2xx without login, read from the routes."""

import re

from hivemind_agents.repository.facts import GUESS, LIKELY, SURE, Fact
from hivemind_agents.repository.languages.python.project import PythonProject
from hivemind_agents.repository.readers.routes import best_health_route


def health_path(project: PythonProject, framework: str | None) -> Fact[str] | None:
    """A health route first, then the front page, then what the framework itself answers."""
    routes = []
    for module in project.modules:
        prefix = _prefix(project, module.text, module.path)
        for route in module.routes:
            path = _plain(route.path, django=framework == "django")
            if path is not None and route.open and route.get:
                routes.append((prefix + path if prefix else path, f"{module.path}:{route.line}"))
    found = best_health_route(routes)
    if found:
        return found
    if framework == "fastapi":
        for module in project.modules:
            if "docs_url=None" in module.text or "openapi_url=None" in module.text:
                return None
        return Fact("/docs", LIKELY, project.where("fastapi"))
    if framework in {"gradio", "dash"}:
        return Fact("/", SURE, project.where(framework))
    if framework == "django" and any(route.path.startswith("admin/") for module in project.modules
                                     for route in module.routes):  # fmt: skip
        return Fact("/admin/login/", GUESS, project.where("django"))
    return None


def _plain(path: str, *, django: bool) -> str | None:
    """A route without parameters as a request's path; None where it has some."""
    if django:
        path = re.sub(r"^\^|\$$", "", path)
        path = "/" + path.removeprefix("/")
        if path.endswith("/?"):
            path = path[:-2]
    if not path.startswith("/"):
        path = "/" + path
    return None if re.search(r"[<>{}()\[\]*\\:?]", path) else path


def _prefix(project: PythonProject, text: str, path: str) -> str:
    """The prefix under which a module's own router is mounted, as far as it is literal."""
    made = re.search(r"(?:Blueprint|APIRouter)\(([^)]*)\)", text)
    if made is None:
        return ""
    own = re.search(r"(?:url_)?prefix\s*=\s*f?[\"']([^\"'{}]*)[\"']", made.group(1))
    prefix = own.group(1) if own else ""
    stem = path.rsplit("/", 1)[-1].removesuffix(".py")
    variable = re.search(
        r"(?m)^(\w+)\s*(?::\s*\w+\s*)?=\s*(?:\w+\.)?(?:Blueprint|APIRouter)\(", text
    )
    names = {stem, variable.group(1) if variable else stem}
    for module in project.modules:
        for call in re.finditer(
            r"(?:include_router|register_blueprint)\(\s*([\w.]+)([^)]*)\)", module.text
        ):
            parts = call.group(1).split(".")
            outer = re.search(r"(?:url_)?prefix\s*=\s*f?[\"']([^\"'{}]*)[\"']", call.group(2))
            if outer and (stem in parts or (parts[0] in names and len(parts) == 1)):
                return (
                    outer.group(1)
                    if "register_blueprint" in call.group(0)
                    else (outer.group(1) + prefix)
                )
    return prefix
