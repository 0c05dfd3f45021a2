"""The commands by which Python's servers are started on `$PORT`."""

import re
import shlex

from hivemind_agents.repository.languages.python.factories import arguments
from hivemind_agents.repository.languages.python.project import (
    PythonProject,
    Served,
    in_package,
    runner,
    target,
)


def wsgi_start(project: PythonProject, served: Served) -> tuple[str, tuple[str, ...]]:
    """(command, packages to add) for a WSGI application; gunicorn unless another one is listed."""
    folder, name = target(project, served.module.path, served.name)
    given = arguments(project, served)
    if served.factory:
        name = shlex.quote(f"{name}({given})")
    chdir = f"--chdir {folder} " if folder else ""
    dependencies = project.dependencies
    listed = dependencies.runtime("gunicorn")
    if not listed:
        if dependencies.runtime("waitress") and not given:
            call = "--call " if served.factory else ""
            plain = name.strip("'").removesuffix("()")
            enter = f"cd {folder} && " if folder else ""
            return f"{enter}waitress-serve --host=0.0.0.0 --port=$PORT {call}{plain}", ()
        if dependencies.runtime("uwsgi") and not served.factory:
            chdir = f"--chdir {folder} " if folder else ""
            return f"uwsgi --http-socket 0.0.0.0:$PORT {chdir}--master --module {name}", ()
    start = f"gunicorn {_worker(project, served)}{chdir}{name} --bind 0.0.0.0:$PORT"
    return start, () if listed else ("gunicorn",)


def flask_command(project: PythonProject, served: Served, command: str) -> str:
    """A command of Flask's on the application, in the folder that it is imported from."""
    folder, name = target(project, served.module.path, served.name)
    enter = f"cd {folder} && " if folder else ""
    if given := arguments(project, served):
        name = shlex.quote(f"{name}({given})")
    return f"{enter}flask --app {name} {command}"


# A module that makes Python's own I/O cooperative before it makes the application: one request
# that stays open (events, long polling) would hold all others up in a worker of another kind.
_PATCHES = (
    ("gevent", re.compile(r"^\s*(?:gevent\.)?monkey\.patch_all\(", re.M)),
    ("eventlet", re.compile(r"^\s*eventlet\.monkey_patch\(", re.M)),
)


def _worker(project: PythonProject, served: Served) -> str:
    """The option with the kind of worker that the application is written for."""
    patched = (
        package
        for package, call in _PATCHES
        if project.dependencies.runtime(package) and call.search(served.module.text)
    )
    package = next(patched, None)
    return f"--worker-class {package} " if package else ""


def asgi_start(project: PythonProject, served: Served) -> tuple[str, tuple[str, ...]]:
    """(command, packages to add) for an ASGI application; uvicorn unless another one is listed."""
    folder, name = target(project, served.module.path, served.name)
    dependencies = project.dependencies
    listed = dependencies.runtime("uvicorn", "gunicorn")
    standard = dependencies.runtime("fastapi-cli") or _has_standard_extra(project)
    if not listed and not standard:
        if dependencies.runtime("hypercorn"):
            enter = f"cd {folder} && " if folder else ""
            return (
                f"{enter}hypercorn {name}{'()' if served.factory else ''} --bind 0.0.0.0:$PORT",
                (),
            )
        if dependencies.runtime("daphne"):
            enter = f"cd {folder} && " if folder else ""
            return f"{enter}daphne -b 0.0.0.0 -p $PORT {name}", ()
    chdir = f"--app-dir {folder} " if folder else ""
    factory = "--factory " if served.factory else ""
    added = () if dependencies.runtime("uvicorn") or standard else ("uvicorn",)
    return f"uvicorn {chdir}{factory}{name} --host 0.0.0.0 --port $PORT", added


def _has_standard_extra(project: PythonProject) -> bool:
    listed = project.dependencies.runtime("fastapi")
    if listed is None:
        return False
    path = listed.where.split(":")[0]
    return bool(
        project.tree.search(path, r"fastapi[\"']?\s*(?:\[(?:[\w,-]*)(?:standard|all)|.*extras)")
    )


def script_start(project: PythonProject, path: str) -> str:
    """Run a file by its path, so that its own folder is importable; a module of a package that is
    imported by its name, or that imports its neighbours with a dot, as a module. One that only
    defines what another starts is started by that.
    """
    module_here = next((item for item in project.modules if item.path == path), None)
    path = runner(project, module_here).path if module_here else path
    folder, name = target(project, path, "")
    module = name.removesuffix(":")
    if path.endswith("/__main__.py"):
        module = module.removesuffix(".__main__")
        inside = f"{path.removesuffix('/__main__.py')}/__init__.py" in project.tree
        if not inside and not in_package(project, path):
            return f"python {path.removesuffix('/__main__.py')}"
    elif "." not in module or not in_package(project, path):
        return f"python {path}"
    enter = f"cd {folder} && " if folder else ""
    return f"{enter}python -m {module}"
