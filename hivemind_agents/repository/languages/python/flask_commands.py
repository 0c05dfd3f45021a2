"""The command of a Flask application that makes its tables, where it has no migrations."""

import ast
import re

from hivemind_agents.repository.languages.python.project import PythonProject, Served
from hivemind_agents.repository.languages.python.serving import flask_command
from hivemind_agents.repository.readers.python_source import PythonModule, dotted, first_text
from hivemind_agents.repository.readers.syntax import constant, keyword

_NAME = re.compile(
    r"(?:init|create|setup)[-_]?(?:db|database|tables)$|db[-_](?:init|create)$", re.IGNORECASE
)
_DRIVERS = ("psycopg2", "psycopg2-binary", "psycopg", "psycopg-binary", "asyncpg", "pg8000",
            "mysqlclient", "pymysql", "mysql-connector-python", "flask-mysqldb",
            "mariadb", "pymongo", "flask-pymongo", "mongoengine", "flask-mongoengine",
            "motor")  # fmt: skip
_REMOVES = re.compile(
    r"drop_all\(|(?i:drop\s+(?:table|schema|database))|executescript\(|os\.remove"
)
_ASKS = re.compile(r"click\.(?:confirm|prompt)|\binput\(|prompt=|confirmation_option")
# What a command of this name did once is not done again on the host that has the file.
_ONCE = 'test -e "$HOME/.tables-made" || {{ {command} && touch "$HOME/.tables-made"; }}'


def first_tables(project: PythonProject, served: Served) -> str | None:
    """The command, or None. Tables of SQLite are made once, because such a command may begin by
    removing them; those of a server with each release, where it only adds what is missing.
    """
    for module in project.modules:
        found = _command(module)
        if found is None:
            continue
        name, source = found
        if _ASKS.search(source):
            continue
        command = flask_command(project, served, name)
        on_server = project.dependencies.runtime(*_DRIVERS)
        if not on_server and any("sqlite" in each.text.lower() for each in project.modules):
            return _ONCE.format(command=command)
        if "create_all(" in module.text and not _REMOVES.search(module.text + source):
            return command if "session.add" not in source else None
    return None


_ADDED = r"\.add_command\(\s*(?:\w+\.)*{group}\s*(?:,\s*[\"']([\w-]+)[\"'])?\s*\)"


def stamped_tables(project: PythonProject) -> str | None:
    """The command of a group that makes the tables of an empty database and notes its migrations
    as done: those do not begin with nothing, and come after it.
    """
    script = next(
        (
            module.path
            for module in project.modules
            if "/" not in module.path and module.main_guard
            and any("manager" in name or "cli" in name for name in module.origins)
        ),
        None,
    )  # fmt: skip
    grouped = any("FlaskGroup" in module.text for module in project.modules)
    if script is None or not grouped:
        return None
    for module in project.modules:
        for node in module.syntax.body if module.syntax else ():
            if not isinstance(node, ast.FunctionDef) or "stamp(" not in module.text:
                continue
            source = ast.get_source_segment(module.text, node) or ""
            if "create_all(" not in source or "stamp(" not in source or _REMOVES.search(source):
                continue
            for decorator in node.decorator_list:
                call = decorator if isinstance(decorator, ast.Call) else None
                group, _, last = dotted(call.func if call else decorator).rpartition(".")
                if last != "command" or not (outer := _group_name(project, group)):
                    continue
                given = (first_text(call) or constant(keyword(call, "name"))) if call else None
                return f"python {script} {outer} {given or node.name.replace('_', '-')}"
    return None


def _group_name(project: PythonProject, group: str) -> str | None:
    pattern = re.compile(_ADDED.format(group=re.escape(group)))
    hits = (pattern.search(module.text) for module in project.modules)
    return next((hit[1] for hit in hits if hit and hit[1]), None)


def _command(module: PythonModule) -> tuple[str, str] | None:
    """(name, source) of the module's command that makes tables."""
    if "click" not in module.imports and ".cli" not in module.text:
        return None
    for node in module.nodes:
        if not isinstance(node, ast.FunctionDef):
            continue
        for decorator in node.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            said = dotted(call.func if call else decorator)
            # What is added to no application cannot be called.
            added = said == "click.command" and "add_command" in module.text
            if not added and not re.fullmatch(r"(?:\w*app\w*|server)\.cli\.command", said):
                continue
            given = first_text(call) if call else None
            name = given or re.sub(r"_(?:command|cmd)$", "", node.name).replace("_", "-")
            if _NAME.match(name):
                return name, ast.get_source_segment(module.text, node) or ""
    return None
