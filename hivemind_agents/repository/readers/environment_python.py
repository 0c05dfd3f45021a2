"""Variables that Python reads: of `os.environ` or what it is called, by the readers of settings
(decouple, environs, django-environ, Starlette).
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from hivemind_agents.repository.readers.python_source import PythonModule, dotted, first_text
from hivemind_agents.repository.readers.syntax import constant, keyword
from hivemind_agents.repository.readers.variables import NAME, Use, names_a_store

# What a web server tells of a request in a mapping of the same name (PEP 3333), no setting.
_OF_A_REQUEST = re.compile(
    r"^(?:HTTP_\w+|REQUEST_METHOD|SCRIPT_NAME|PATH_INFO|QUERY_STRING|CONTENT_(?:TYPE|LENGTH)|"
    r"SERVER_(?:NAME|PORT|PROTOCOL|SOFTWARE)|REMOTE_(?:ADDR|USER|HOST|PORT)|AUTH_TYPE|RAW_URI|"
    r"REQUEST_URI|PATH_TRANSLATED|DOCUMENT_ROOT|GATEWAY_INTERFACE)$"
)
# Declares an option of a command line, whose default may be a variable.
_OPTION = re.compile(r"(?:^|\.)(?:add_argument|option|argument|Option|Argument)$")
# `os.environ`, or a mapping of its name that a function was given.
_ENVIRONMENT = re.compile(r"(?:^|[._])(?:environ|environment)$")
_GETTERS = {"os.environ.get", "os.getenv", "environ.get", "getenv", "os.environ.setdefault"}
# django-environ's readers that name their variable themselves.
_BARE = {
    "env.db": "DATABASE_URL",
    "env.db_url": "DATABASE_URL",
    "env.cache": "CACHE_URL",
    "env.cache_url": "CACHE_URL",
    "env.email": "EMAIL_URL",
    "env.email_url": "EMAIL_URL",
}
_READERS = re.compile(
    r"^(env|environ|config|decouple\.config|env\.\w+|environ\.\w+|starlette_config|Config)$"
)


# Keywords by which an option or a setting names the variable that may give its value.
_NAMES_ITS_VARIABLE = ("envvar", "env_var", "environ_name", "env_name")
# A function that is told which variable to read.
_READS_A_NAME = re.compile(r"(?:getenv|environ\.get)\(\s*[a-z_]\w*\s*[,)]")


def python_uses(module: PythonModule) -> Iterator[Use]:
    """Every reading of a variable in the module."""
    path, text, parsed = module.path, module.text, module.syntax
    if parsed is None:
        for found in re.finditer(
            r"(?:getenv\(|environ(?:\.get\(|"
            r"\[))\s*[\"'](\w+)[\"'](?:\s*,\s*[\"']([^\"'\n]*)[\"'])?",
            text,
        ):
            where = f"{path}:{text.count(chr(10), 0, found.start()) + 1}"
            yield Use(found.group(1), where, found.group(2), optional=found.group(2) is not None)
        return
    nodes = module.nodes
    reads_config = bool(
        re.search(r"from decouple|import environ|environs|starlette\.config", text)
    ) or _imports_reader(nodes)
    # `os.environ.get("X") or "default"`
    otherwise = {
        id(node.values[0]): node.values[1]
        for node in nodes
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or)
    } | _defaults_beside(nodes)
    flags = {
        id(keyword.value)
        for node in nodes
        if isinstance(node, ast.Call) and _OPTION.search(dotted(node.func))
        for keyword in node.keywords
        if keyword.arg == "default"
    }
    asked = _asked(nodes)
    insisted = _insisted(nodes)
    helpers = _helpers(nodes) if _READS_A_NAME.search(text) else {}
    renamed = re.search(r"=\s*(?:os\.)?environ\b(?!\.get|\[)|import environ", text)
    mappings = _mappings(nodes) if renamed else set()
    for node in nodes:
        if isinstance(node, ast.Subscript):
            whole = dotted(node.value)
            known = _ENVIRONMENT.search(whole) or whole in mappings
            if known and isinstance(node.ctx, ast.Load):
                name = node.slice.value if isinstance(node.slice, ast.Constant) else None
                if (
                    isinstance(name, str)
                    and NAME.match(name)
                    and _is_setting(whole, name, mappings)
                ):
                    spare = name in asked
                    yield Use(name, f"{path}:{node.lineno}", demanded=not spare, optional=spare)
        elif isinstance(node, ast.Call) and dotted(node.func) in helpers:
            key = first_text(node)
            if key and NAME.match(key):
                own, insists = helpers[dotted(node.func)]
                default = node.args[1] if len(node.args) > 1 else keyword(node, "default")
                default = default or own
                yield Use(
                    key, f"{path}:{node.lineno}", constant(default),
                    demanded=insists and default is None, optional=_falls_back(default),
                )  # fmt: skip
        elif isinstance(node, ast.Call):
            named = constant(keyword(node, *_NAMES_ITS_VARIABLE))
            if named and NAME.match(named) and named.isupper():
                yield Use(named, f"{path}:{node.lineno}", optional=True)
            fallback = otherwise.get(id(node))
            insists = id(node) in insisted
            for use in _python_call(path, node, mappings, reads_config=reads_config):
                yield (
                    replace(use, default=use.default or constant(fallback), optional=True)
                    if fallback is not None or id(node) in flags
                    else replace(use, demanded=use.demanded or (insists and not use.default))
                )


def _imports_reader(nodes: Iterable[ast.AST]) -> bool:
    """Whether the reader of another module is used: `from .base import DEBUG, env`."""
    return any(
        isinstance(node, ast.ImportFrom)
        and any((item.asname or item.name) in {"env", "environ", "*"} for item in node.names)
        for node in nodes
    )


def _asked(nodes: Iterable[ast.AST]) -> set[str]:
    """Variables that the code looks for before it reads them: `if "HOME_DIR" in os.environ`, or
    whose absence it catches without ending.
    """
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In):
            name = node.left.value if isinstance(node.left, ast.Constant) else None
            if isinstance(name, str) and _is_environment(node.comparators[0]):
                found.add(name)
        elif isinstance(node, ast.Try) and any(map(_goes_on, node.handlers)):
            found.update(
                inner.slice.value
                for inner in ast.walk(ast.Module(node.body, []))
                if isinstance(inner, ast.Subscript)
                and _ENVIRONMENT.search(dotted(inner.value))
                and isinstance(inner.slice, ast.Constant)
                and isinstance(inner.slice.value, str)
            )
    return found


def _insisted(nodes: Iterable[ast.AST]) -> set[int]:
    """The readings whose absence ends the program: `x = getenv("X")`, `if not x: raise`."""
    read: dict[str, int] = {}
    ends: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            read |= {dotted(target): id(node.value) for target in node.targets}
        elif isinstance(node, ast.If) and any(
            isinstance(one, ast.Raise)
            or (
                isinstance(one, ast.Expr)
                and dotted(getattr(one.value, "func", one)).endswith("exit")
            )
            for one in node.body
        ):
            ends.add(_absent(node.test))
    return {read[name] for name in ends - {""} if name in read}


def _ends(statement: ast.stmt) -> bool:
    """Whether it raises, or leaves the program."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    leaves = isinstance(call, ast.Call) and dotted(call.func).endswith("exit")
    return leaves or isinstance(statement, ast.Raise)


def _absent(test: ast.expr) -> str:
    """The name that a condition finds to be nothing: `not x`, `x is None`."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return dotted(test.operand)
    if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Is):
        return dotted(test.left)
    return ""


def _goes_on(handler: ast.ExceptHandler) -> bool:
    """Whether the absence of a key is caught, and neither told on nor the end of the program."""
    caught = getattr(handler.type, "elts", [handler.type])
    ends = any(
        isinstance(inner, ast.Raise)
        or (
            isinstance(inner, ast.Call)
            and dotted(inner.func).rpartition(".")[2] in {"exit", "_exit"}
        )
        for inner in ast.walk(handler)
    )
    return not ends and any(dotted(one).rpartition(".")[2] == "KeyError" for one in caught)


def _defaults_beside(nodes: Iterable[ast.AST]) -> dict[int, ast.expr]:
    """The readings in tables of settings, to their default: `{"default": "", "env": getenv(…)}`."""
    found: dict[int, ast.expr] = {}
    for node in nodes:
        if not isinstance(node, ast.Dict):
            continue
        pairs = zip(node.keys, node.values, strict=True)
        named = {key.value: value for key, value in pairs if isinstance(key, ast.Constant)}
        default = named.get("default")
        if default is not None:
            found.update((id(value), default) for value in named.values() if value is not default)
    return found


def _helpers(nodes: Iterable[ast.AST]) -> dict[str, tuple[ast.expr | None, bool]]:
    """The module's own functions that read the variable they are given, with their default and
    whether they raise (they take the name alone, so it is for want of the variable).
    """
    found: dict[str, tuple[ast.expr | None, bool]] = {}
    for node in nodes:
        if not isinstance(node, ast.FunctionDef) or not node.args.args:
            continue
        first = node.args.args[0].arg
        reads = any(
            isinstance(inner, ast.Call)
            and dotted(inner.func) in _GETTERS
            and inner.args
            and isinstance(inner.args[0], ast.Name)
            and inner.args[0].id == first
            for inner in ast.walk(node)
        )
        if reads and node.name not in {"__init__", "get"}:
            insists = len(node.args.args) == 1 and any(
                isinstance(inner, ast.Raise) for inner in ast.walk(node)
            )
            found[node.name] = node.args.defaults[-1] if node.args.defaults else None, insists
    return found


def _mappings(nodes: Iterable[ast.AST]) -> set[str]:
    """Names that stand for the environment: `env = os.environ`, `def f(env=os.environ)`."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Assign) and _is_environment(node.value):
            found.update(dotted(target) for target in node.targets)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            plain = [*node.args.posonlyargs, *node.args.args]
            pairs = [
                *zip(reversed(plain), reversed(node.args.defaults), strict=False),
                *zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True),
            ]
            found.update(argument.arg for argument, value in pairs if _is_environment(value))
        elif isinstance(node, ast.ImportFrom) and node.module == "os":
            found.update(item.asname or item.name for item in node.names if item.name == "environ")
    return found - {""}


def _is_environment(node: ast.expr | None) -> bool:
    if isinstance(node, ast.BoolOp | ast.IfExp):
        return any(
            _is_environment(inner)
            for inner in ast.iter_child_nodes(node)
            if isinstance(inner, ast.expr)
        )
    return node is not None and dotted(node) in {"os.environ", "environ", "os.environ.copy()"}


def _python_call(
    path: str, node: ast.Call, mappings: set[str], *, reads_config: bool
) -> Iterator[Use]:
    name = dotted(node.func)
    where = f"{path}:{node.lineno}"
    if name.endswith("dj_database_url.config"):
        yield _database_url(node, where)
        return
    key = first_text(node)
    if key is None and reads_config and not node.args:
        key = _BARE.get(name)
    if key is None or not NAME.match(key):
        return
    mapping, _, method = name.rpartition(".")
    named = _ENVIRONMENT.search(mapping) or mapping in mappings
    given = method in {"get", "pop"} and named and key.isupper()
    if named and not _is_setting(mapping, key, mappings):
        return
    if name in _GETTERS or given:
        default = node.args[1] if len(node.args) > 1 else keyword(node, "default")
        # `None` in so many words is what an author expects; a store is looked for all the same.
        expected = default is not None and not names_a_store(key)
        yield Use(key, where, constant(default), optional=expected or _falls_back(default))
    elif reads_config and _READERS.match(name):
        default = keyword(node, "default") or (
            node.args[1] if len(node.args) > 1 and name.startswith("env") else None
        )
        yield Use(
            key, where, constant(default), demanded=default is None, optional=default is not None
        )


def _is_setting(mapping: str, name: str, mappings: set[str]) -> bool:
    """Whether it is read of the process's environment, or may be: not of a request's."""
    if mapping.startswith("os.") or mapping in mappings:
        return True
    # `self._environment["python"]` is what an application knows of its surroundings.
    described = mapping.endswith("environment") and not name.isupper()
    return not described and not _OF_A_REQUEST.match(name)


def _database_url(node: ast.Call, where: str) -> Use:
    default = keyword(node, "default") or (node.args[0] if node.args else None)
    key = constant(keyword(node, "env")) or "DATABASE_URL"
    text = constant(default)
    if default is not None and text is None and "sqlite" in ast.dump(default):
        text = "sqlite:///db.sqlite3"
    return Use(key, where, text, optional=default is not None)


def _falls_back(node: ast.expr | None) -> bool:
    return node is not None and not (isinstance(node, ast.Constant) and node.value is None)
