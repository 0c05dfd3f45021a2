"""Django."""

from hivemind_agents.repository.facts import CERTAIN, LIKELY, SURE, Match
from hivemind_agents.repository.languages.python.django_settings import (
    NAMED,
    VARIABLE,
    module_path,
    read_settings,
)
from hivemind_agents.repository.languages.python.project import PythonProject
from hivemind_agents.repository.languages.python.queues import queue_processes
from hivemind_agents.repository.languages.python.serving import asgi_start, wsgi_start
from hivemind_agents.repository.readers.environment import Use
from hivemind_agents.repository.tree import FileTree


def detect(project: PythonProject) -> Match | None:
    """A `manage.py` that belongs to Django, wherever it is; else a server module that names
    settings of the repository.
    """
    tree = project.tree
    manage = next((path for path in tree.named("manage.py") if path.count("/") <= 2
                   and "django" in (tree.text(path) or "").lower()), None)  # fmt: skip
    named = manage or _server_of_a_package(tree)
    if named is None:
        return _in_one_file(project)
    folder = manage.rpartition("/")[0] if manage else ""
    settings = read_settings(project, named, folder)
    package, wsgi = _server_module(project, folder, settings.module)
    evidence = (tree.where(named, VARIABLE),)
    listed = project.where("django")
    adds: tuple[str, ...] = ()
    start: str | None
    if package is None:
        start, sure = None, LIKELY
    else:
        start, adds = _start(project, folder, package, wsgi=wsgi)
        sure = SURE
    enter = f"cd {folder} && " if folder else ""
    manage_py = f"{enter}python manage.py" if manage else "python -m django"
    build = (f"{manage_py} collectstatic --noinput",) if _collects_static(project, folder) else ()
    if _compresses(project, settings.unused):
        build = (*build, f"{manage_py} compress --force")
    processes = {"release": f"{manage_py} migrate --noinput"} if _has_database(project) else {}
    return Match(
        framework="django",
        kind="web",
        rank=90,
        confidence=CERTAIN,
        evidence=(*listed, *evidence),
        start=start,
        start_confidence=sure,
        start_evidence=evidence,
        build=build,
        processes={**processes, **queue_processes(project, manage_py)},
        port=8000,
        adds=adds,
        sets={VARIABLE: settings.module}
        if settings.module and not (manage and settings.said)
        else {},
        unused=settings.unused,
        env=(Use("SECRET_KEY", settings.keyless, demanded=True),) if settings.keyless else (),
    )


def _server_of_a_package(tree: FileTree) -> str | None:
    """`shop/wsgi.py` of a package that has its settings, and a program in place of `manage.py`."""
    for path in (*tree.named("wsgi.py"), *tree.named("asgi.py")):
        found = tree.search(path, NAMED)
        if path.count("/") == 1 and found and module_path(tree, "", str(found[1])):
            return path
    return None


def _in_one_file(project: PythonProject) -> Match | None:
    """An application in one file, or a project whose `manage.py` leaves its work to a module."""
    served = project.served(
        "django.core.wsgi.get_wsgi_application", "django.core.asgi.get_asgi_application"
    )
    if served is None:
        return None
    asgi = served.module.objects.get(served.name, ("",))[0].endswith("get_asgi_application")
    start, adds = (asgi_start if asgi else wsgi_start)(project, served)
    managed = project.tree.has("manage.py") is not None
    migrates = managed and _has_database(project)
    return Match(
        framework="django",
        kind="web",
        rank=88,
        evidence=(*project.where("django"), served.where),
        start=start,
        start_confidence=0.88,
        start_evidence=(served.where,),
        build=("python manage.py collectstatic --noinput",)
        if managed and _collects_static(project, "")
        else (),
        processes={"release": "python manage.py migrate --noinput"} if migrates else {},
        port=8000,
        adds=adds,
    )


def _has_database(project: PythonProject) -> bool:
    """Whether any settings name a database; without one, there is nothing to migrate."""
    paths = [path for path in project.tree.sources(".py", limit=300) if "settings" in path]
    return not paths or any(
        project.tree.search(path, r"\bDATABASES\b(?!\s*(?::[^=]+)?=\s*\{\s*\})|import \*")
        for path in paths
    )


def _server_module(
    project: PythonProject, folder: str, settings: str | None
) -> tuple[str | None, bool]:
    """(package that holds the application, whether it is WSGI)."""
    prefix = f"{folder}/" if folder else ""
    packages: list[str] = []
    for path in project.tree.sources(".py"):
        name = path.rpartition("/")[2]
        if "settings" in path:
            found = project.tree.search(
                path, r"(?m)^WSGI_APPLICATION\s*=\s*[\"']([\w.]+)\.application"
            )
            if found:
                return _strip(found.group(1)), True
        if name in {"wsgi.py", "asgi.py"} and path.startswith(prefix):
            packages.append(path)
    if settings:
        base = settings.split(".settings")[0].split(".config.")[0].replace(".", "/")
        packages.sort(key=lambda path: (not path.startswith(f"{prefix}{base}/"), path.count("/")))
    packages.sort(key=lambda path: path.endswith("asgi.py"))
    if not packages:
        return None, True
    module = packages[0].removeprefix(prefix).removesuffix(".py").replace("/", ".")
    return module.rpartition(".")[0], module.endswith("wsgi")


def _strip(module: str) -> str:
    return module.removesuffix(".wsgi")


def _start(
    project: PythonProject, folder: str, package: str, *, wsgi: bool
) -> tuple[str, tuple[str, ...]]:
    dependencies = project.dependencies
    dot = f"{package}." if package else ""
    enter = f"cd {folder} && " if folder else ""
    channels = dependencies.runtime("channels")
    if channels and not dependencies.runtime("uvicorn"):
        added = () if dependencies.runtime("daphne") else ("daphne",)
        return f"{enter}daphne -b 0.0.0.0 -p $PORT {dot}asgi:application", added
    asgi_only = not wsgi or channels
    uvicorn = dependencies.runtime("uvicorn") and not dependencies.runtime("gunicorn")
    if asgi_only or uvicorn:
        added = () if dependencies.runtime("uvicorn") else ("uvicorn",)
        chdir = f"--app-dir {folder} " if folder else ""
        return f"uvicorn {chdir}{dot}asgi:application --host 0.0.0.0 --port $PORT", added
    if dependencies.runtime("waitress") and not dependencies.runtime("gunicorn"):
        return f"{enter}waitress-serve --host=0.0.0.0 --port=$PORT {dot}wsgi:application", ()
    chdir = f"--chdir {folder} " if folder else ""
    added = () if dependencies.runtime("gunicorn") else ("gunicorn",)
    return f"gunicorn {chdir}{dot}wsgi:application --bind 0.0.0.0:$PORT", added


def _compresses(project: PythonProject, unused: tuple[str, ...]) -> bool:
    """Whether pages are refused until django-compressor has made their files beforehand."""
    return project.dependencies.runtime("django-compressor") is not None and any(
        project.tree.search(path, r"(?m)^[ \t]*COMPRESS_OFFLINE\s*=\s*(?!False)")
        for path in project.tree.sources(".py")
        if "settings" in path and path not in unused
    )


def _collects_static(project: PythonProject, folder: str) -> bool:
    prefix = f"{folder}/" if folder else ""
    return any(
        "settings" in path
        and path.startswith(prefix)
        and project.tree.search(path, r"(?m)^[ \t]*STATIC_ROOT\s*=")
        for path in project.tree.sources(".py")
    )
