"""Flask."""

import ast
import re

from hivemind_agents.repository.facts import LIKELY, SURE, Match
from hivemind_agents.repository.languages.python import alembic
from hivemind_agents.repository.languages.python.flask_commands import first_tables, stamped_tables
from hivemind_agents.repository.languages.python.plain import is_only_kept_alive
from hivemind_agents.repository.languages.python.project import PythonProject, Served, target
from hivemind_agents.repository.languages.python.queues import queue_processes
from hivemind_agents.repository.languages.python.serving import (
    flask_command,
    script_start,
    wsgi_start,
)
from hivemind_agents.repository.readers.python_source import dotted

APPLICATIONS = ("flask.Flask", "flask_openapi3.OpenAPI", "apiflask.APIFlask", "connexion.FlaskApp",
                "connexion.App", "eve.Eve")  # fmt: skip

_ADDS_PAGES = ("register_blueprint", "add_url_rule")
_SERVES = ("run", "serve", "run_simple", "serve_forever")


def detect(project: PythonProject) -> Match | None:
    """A Flask object or a factory of one; Flask merely among the packages is none."""
    served = project.served(*APPLICATIONS)
    if served is None or is_only_kept_alive(project, served.module):
        return None
    start, adds = wsgi_start(project, served)
    finished = _finished_by(project, served)
    if finished:
        start, adds = script_start(project, finished), ()
    if project.dependencies.runtime("flask-socketio"):
        for package, worker in (("eventlet", "eventlet"), ("gevent", "gevent")):
            if project.dependencies.runtime(package) and start.startswith("gunicorn "):
                plain = start.replace(f"--worker-class {worker} ", "", 1)
                start = plain.replace("gunicorn ", f"gunicorn --worker-class {worker} -w 1 ", 1)
                break
        else:
            start = start.replace("gunicorn ", "gunicorn --threads 100 -w 1 ", 1)
    processes = queue_processes(project)
    migration = _migration(project, served) or first_tables(project, served)
    if migration:
        before = stamped_tables(project)
        processes["release"] = f"{before} && {migration}" if before else migration
    return Match(
        framework="flask",
        kind="web",
        rank=70,
        confidence=SURE + 0.04,
        evidence=(*project.where("flask"), served.where),
        start=start,
        start_confidence=SURE if not served.factory else LIKELY,
        start_evidence=(served.where,),
        processes=processes,
        port=5000,
        adds=adds,
    )


def _directory(project: PythonProject, start: str, migrations: str) -> str:
    """The option for migrations in another folder than the usual one, unless the code names it."""
    inner = migrations.removeprefix(f"{start}/") if start else migrations
    named = any(
        re.search(r"\b(?:Migrate|\w+\.init_app)\([^)]*\bdirectory\s*=", module.text)
        for module in project.modules
    )
    return "" if inner in {"", "migrations"} or named else f" --directory {inner}"


def _finished_by(project: PythonProject, served: Served) -> str | None:
    """The module with a function that adds the pages to what the factory makes, or serves what it
    makes of arguments: no server can be pointed at that, so its own has to run.
    """
    for module in project.modules if served.factory else []:
        for function in module.syntax.body if module.syntax else []:
            if not isinstance(function, ast.FunctionDef) or module.factories.get(function.name):
                continue
            made = {
                name.id: bool(node.value.args or node.value.keywords)
                for node in ast.walk(function)
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
                and dotted(node.value.func).rpartition(".")[2] == served.name
                for name in node.targets if isinstance(name, ast.Name)
            }  # fmt: skip
            if any(
                isinstance(node, ast.Call) and _finishes(node, made) for node in ast.walk(function)
            ):
                return module.path
    return None


def _finishes(call: ast.Call, made: dict[str, bool]) -> bool:
    """Whether a call adds pages to one of the applications, or serves one that had arguments."""
    owner, _, name = dotted(call.func).rpartition(".")
    first = dotted(call.args[0]) if call.args else ""
    return (owner in made and name in _ADDS_PAGES) or (made.get(first, False) and name in _SERVES)


def _migration(project: PythonProject, served: Served) -> str | None:
    if project.dependencies.runtime("flask-migrate") and project.tree.named("alembic.ini"):
        migrations = project.tree.named("alembic.ini")[0].rpartition("/")[0]
        if served.module.path in {"app.py", "wsgi.py"} or ".flaskenv" in project.tree:
            # Where flask looks by itself.
            return f"flask db upgrade{_directory(project, '', migrations)}"
        folder, _ = target(project, served.module.path, served.name)
        upgrade = f"db upgrade{_directory(project, folder, migrations)}"
        return flask_command(project, served, upgrade)
    return alembic.upgrade(project) if project.dependencies.runtime("alembic") else None
