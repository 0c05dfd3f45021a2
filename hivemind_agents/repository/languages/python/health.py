"""The path that answers 2xx without login, read from the routes."""

import re

from hivemind_agents.repository.facts import GUESS, LIKELY, SURE, Fact
from hivemind_agents.repository.languages.python.mounts import Mounts
from hivemind_agents.repository.languages.python.project import PythonProject
from hivemind_agents.repository.readers.python_source import PythonModule, read_module
from hivemind_agents.repository.readers.routes import best_health_route


def health_path(project: PythonProject, framework: str | None) -> Fact[str] | None:
    """A health route first, then the front page, then what the framework itself answers."""
    routes = []
    mounts = Mounts(project)
    guarded = _guarded(project) if framework == "django" else set()
    for module in project.modules:
        for route in module.routes:
            if not route.open or not route.get or _view(route.view) in guarded:
                continue
            if framework == "django" and _guarded_at_home(project, module, route.view):
                continue
            before = mounts.prefix(module, route, framework)
            if before is None:
                continue
            whole = f"{before.rstrip('/')}/{route.path.lstrip('/^')}" if before else route.path
            path = _plain(whole, django=framework == "django")
            if path is not None:
                routes.append((path, f"{module.path}:{route.line}"))
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


def _guarded(project: PythonProject) -> set[tuple[str, str]]:
    """Views that want a login or send elsewhere: (module's name, view's name)."""
    return {
        (module.path.rpartition("/")[2].removesuffix(".py"), name)
        for module in project.modules
        for name in module.guarded
    }


def _guarded_at_home(project: PythonProject, module: PythonModule, view: str) -> bool:
    """Whether the module that a view is imported from wants a login for it; large repositories
    have more modules than are all read.
    """
    first, dot, rest = _view_name(view).partition(".")
    home, _, name = f"{module.origins.get(first, first)}{dot}{rest}".lstrip(".").rpartition(".")
    path = f"{home.replace('.', '/')}.py"
    folders = module.path.split("/")[:-1]
    places = ["/".join([*folders[:depth], path]) for depth in range(len(folders) + 1)]
    found = project.tree.has(*places) if home else None
    return bool(found) and name in read_module(project.tree, str(found)).guarded


def _view(name: str) -> tuple[str, str]:
    """`views.Home.as_view()` names Home of views; a bare name is looked for in views."""
    parts = _view_name(name).split(".")
    return (parts[-2] if len(parts) > 1 else "views"), parts[-1]


def _view_name(view: str) -> str:
    return view.split("()", maxsplit=1)[0].removesuffix(".as_view")
