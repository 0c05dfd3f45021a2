"""Environment variables that code reads, by language; and which of them are secrets."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from hivemind_agents.repository.readers.environment_patterns import (
    CONFIG_SERVICE,
    JAVASCRIPT,
    PATTERNS,
    SCHEMA_ENTRY,
    SCHEMA_OF_ENVIRONMENT,
)
from hivemind_agents.repository.readers.python_source import (
    SOURCE_LIMIT,
    PythonModule,
    dotted,
    first_text,
    read_module,
)
from hivemind_agents.repository.tree import FileTree

# Set by the platform or the language's own tools: never asked for.
PLATFORM = frozenset(
    {
        "PORT",
        "HOST",
        "HOSTNAME",
        "PATH",
        "HOME",
        "USER",
        "PWD",
        "SHELL",
        "LANG",
        "TZ",
        "TMPDIR",
        "TEMP",
        "NODE_ENV",
        "PYTHONPATH",
        "PYTHONUNBUFFERED",
        "CI",
        "RAILS_ENV",
        "RACK_ENV",
        "MIX_ENV",
        "GOPATH",
        "PHX_SERVER",
        "DEBUG",
        "FLASK_APP",
        "FLASK_ENV",
        "FLASK_DEBUG",
        "ENV",
        "LOG_LEVEL",
        "DYNO",
        "APP_ENV",
        "APP_DEBUG",
        "DJANGO_SETTINGS_MODULE",
        "WEB_CONCURRENCY",
        "RAILS_MAX_THREADS",
        "RAILS_MIN_THREADS",
        "RAILS_LOG_LEVEL",
        "RAILS_LOG_TO_STDOUT",
        "RAILS_SERVE_STATIC_FILES",
        "PIDFILE",
        "BUNDLE_GEMFILE",
        "VERCEL",
        "VERCEL_URL",
        "HEROKU_APP_NAME",
        "BASE_URL",
        "PUBLIC_URL",
        "ASPNETCORE_ENVIRONMENT",
        "ASPNETCORE_URLS",
        "npm_package_version",
        "JAVA_OPTS",
        "RENDER",
        "APPDATA",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "NO_PROXY",
        "TERM",
        "EDITOR",
        "COLUMNS",
        "UID",
        "GID",
    }
)
_SECRET = re.compile(
    r"(SECRET|PASSWORD|PASSWD|_PASS$|TOKEN|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|_KEY$|^KEY$|"
    r"CREDENTIAL|"
    r"APIKEY|MASTER_KEY|APP_KEY|DSN$|_SALT|SALT$|WEBHOOK_URL|ENCRYPTION)",
    re.I,
)
_PUBLIC = re.compile(
    r"PUBLIC|PUBLISHABLE|KEY_ID$|_KEY_PATH|TOKEN_URL|EXPIR|TTL|LIFETIME|ALGORITHM|_NAME$", re.I
)
_URL_WITH_SECRET = re.compile(
    r"(DATABASE|DB|POSTGRES\w*|PG|MYSQL|MARIADB|MONGO\w*|REDIS\w*|AMQP|RABBITMQ|BROKER|"
    r"CLOUDAMQP|SMTP|"
    r"EMAIL|MAILER|JAWSDB|CLEARDB|MONGOHQ|KEYDB|VALKEY)_?(URL|URI|DSN|CONNECTION\w*)$",
    re.I,
)
# Without these an application has nothing to connect to.
_NEEDED = re.compile(r"(DATABASE|POSTGRES\w*|MYSQL|MONGO\w*|REDIS)_?(URL|URI)$|^DATABASE_URL$")
NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]{1,80}$")


@dataclass(frozen=True, slots=True)
class Use:
    """One reading of a variable. `demanded`: the code stops without it."""

    name: str
    where: str
    default: str | None = None
    demanded: bool = False
    optional: bool = False


def is_secret(name: str) -> bool:
    return bool(
        _URL_WITH_SECRET.search(name) or (_SECRET.search(name) and not _PUBLIC.search(name))
    )


def is_needed(name: str) -> bool:
    """Whether a variable without a default is one that nothing works without."""
    return bool(_NEEDED.search(name)) or (
        is_secret(name) and not re.search(r"(?i)SENTRY|DSN$|ROLLBAR|NEW_RELIC|ANALYTICS", name)
    )


_COMPILED = [
    (suffixes, [re.compile(p) for p in patterns]) for suffixes, patterns in PATTERNS.items()
]
_MENTIONS = re.compile(r"(?i)env|\$\{|configuration|viper|mapstructure")
_COMMENT = re.compile(r"^\s*(?://|#(?!\{)|\*|/\*|--|;;|%#)")


def read_uses(tree: FileTree, *, limit: int = 600) -> Iterator[Use]:
    """Every reading of a variable in the application's own sources."""
    for path in tree.sources(".py", limit=min(limit, 300)):
        if re.search(r"env|config\(|BaseSettings", tree.text(path, limit=SOURCE_LIMIT) or ""):
            try:
                yield from list(_python_uses(read_module(tree, path)))
            except RecursionError:
                continue
    for suffixes, patterns in _COMPILED:
        for path in tree.sources(*suffixes, limit=limit):
            text = tree.text(path, limit=400_000) or ""
            yield from _scan(path, text, patterns)
            if suffixes is JAVASCRIPT:
                yield from _javascript_objects(path, text)
    for path in tree.sources(".yml", ".yaml", limit=60):
        if re.search(r"(?:^|/)(application|bootstrap|database|storage|cable)[\w-]*\.ya?ml$", path):
            text = tree.text(path) or ""
            patterns = [
                re.compile(p)
                for p in (*PATTERNS[(".properties",)], *PATTERNS[(".rb", ".ru", ".erb", ".rake")])
            ]
            yield from _scan(path, text, patterns)


def _scan(path: str, text: str, patterns: Iterable[re.Pattern[str]]) -> Iterator[Use]:
    if not _MENTIONS.search(text):
        return
    for pattern in patterns:
        for found in pattern.finditer(text):
            groups = found.groupdict()
            name = groups.get("name") or groups.get("name2")
            if name is None and groups.get("kebab"):
                name = groups["kebab"].replace("-", "_").upper()
            if not name or not NAME.match(name):
                continue
            start = text.rfind("\n", 0, found.start()) + 1
            if _COMMENT.match(text[start : found.start() + 1]):
                continue
            default = groups.get("default") or groups.get("default2")
            plain = groups.get("plain")
            yield Use(
                name=name,
                where=f"{path}:{text.count(chr(10), 0, found.start()) + 1}",
                default=plain or _literal(default),
                demanded=bool(groups.get("must")),
                optional=default is not None or plain is not None or bool(groups.get("may")),
            )


def _javascript_objects(path: str, text: str) -> Iterator[Use]:
    """Variables taken apart (`const { A, B = 1 } = process.env`), and those that a schema of the
    environment names (envalid, zod, Joi, Adonis).
    """
    for found in re.finditer(
        r"(?:const|let|var)\s*\{([^}]{1,800})\}\s*(?::\s*[\w.<>, ]+)?=\s*"
        r"(?:process|Bun|import\.meta)\.env\b",
        text,
    ):
        where = f"{path}:{text.count(chr(10), 0, found.start()) + 1}"
        for part in found.group(1).split(","):
            name, equals, default = part.partition("=")
            name = name.split(":")[0].strip()
            if NAME.match(name):
                yield Use(name, where, _literal(default.strip() or None), optional=bool(equals))
    if "ConfigService" in text:
        for found in CONFIG_SERVICE.finditer(text):
            where = f"{path}:{text.count(chr(10), 0, found.start()) + 1}"
            default = found.group("default")
            yield Use(found.group("name"), where, _literal(default), optional=bool(default))
    if not SCHEMA_OF_ENVIRONMENT.search(text):
        return
    for found in SCHEMA_ENTRY.finditer(text):
        rule = found.group("rule")
        stated = re.search(
            r"default(?:Value)?(?:\(|\s*:)\s*([\"'`][^\"'`\n]*[\"'`]|[\w.]+)", rule
        )
        optional = bool(stated or re.search(r"optional\(|allow\(|nullish\(|devDefault", rule))
        yield Use(
            name=found.group("name"),
            where=f"{path}:{text.count(chr(10), 0, found.start('name')) + 1}",
            default=_literal(stated.group(1)) if stated else None,
            demanded=not optional,
            optional=optional,
        )


def _literal(text: str | None) -> str | None:
    """A default as it stands in the code, without its quotes; None of anything computed."""
    if text is None:
        return None
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'`":
        return text[1:-1]
    inner = re.fullmatch(r"\w+[!.:]*\w*\(?\"([^\"]*)\"\)?(?:\.\w+\(\))?", text)
    if inner:
        return inner.group(1)
    return text if re.fullmatch(r"[\w.:/@-]{1,80}", text) and not text.isidentifier() else None


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


def _python_uses(module: PythonModule) -> Iterator[Use]:
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
    reads_config = bool(
        re.search(r"from decouple|import environ|environs|starlette\.config", text)
    ) or ("import env" in text)
    # `os.environ.get("X") or "default"`
    otherwise = {
        id(node.values[0]): node.values[1]
        for node in ast.walk(parsed)
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or)
    }
    for node in ast.walk(parsed):
        if isinstance(node, ast.Subscript):
            if _ENVIRONMENT.search(dotted(node.value)) and isinstance(node.ctx, ast.Load):
                name = node.slice.value if isinstance(node.slice, ast.Constant) else None
                if isinstance(name, str) and NAME.match(name):
                    yield Use(name, f"{path}:{node.lineno}", demanded=True)
        elif isinstance(node, ast.Call):
            fallback = otherwise.get(id(node))
            for use in _python_call(path, node, reads_config=reads_config):
                yield (
                    replace(use, default=use.default or _constant(fallback), optional=True)
                    if fallback is not None
                    else use
                )
        elif isinstance(node, ast.ClassDef):
            yield from _settings_class(path, node)


def _python_call(path: str, node: ast.Call, *, reads_config: bool) -> Iterator[Use]:
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
    given = method in {"get", "pop"} and _ENVIRONMENT.search(mapping) and key.isupper()
    if name in _GETTERS or given:
        default = node.args[1] if len(node.args) > 1 else _keyword(node, "default")
        yield Use(key, where, _constant(default), optional=_falls_back(default))
    elif reads_config and _READERS.match(name):
        default = _keyword(node, "default") or (
            node.args[1] if len(node.args) > 1 and name.startswith("env") else None
        )
        yield Use(
            key, where, _constant(default), demanded=default is None, optional=default is not None
        )


def _database_url(node: ast.Call, where: str) -> Use:
    default = _keyword(node, "default") or (node.args[0] if node.args else None)
    key = _constant(_keyword(node, "env")) or "DATABASE_URL"
    text = _constant(default)
    if default is not None and text is None and "sqlite" in ast.dump(default):
        text = "sqlite:///db.sqlite3"
    return Use(key, where, text, optional=default is not None)


def _settings_class(path: str, node: ast.ClassDef) -> Iterator[Use]:
    """Fields of pydantic's `BaseSettings` are variables of the same name."""
    if not any(dotted(base).endswith("BaseSettings") for base in node.bases):
        return
    prefix = ""
    for inner in ast.walk(node):
        if isinstance(inner, ast.keyword) and inner.arg == "env_prefix":
            prefix = _constant(inner.value) or ""
        if isinstance(inner, ast.Assign) and any(
            dotted(item) == "env_prefix" for item in inner.targets
        ):
            prefix = _constant(inner.value) or ""
    for statement in node.body:
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        name = statement.target.id
        if (
            name.startswith("_")
            or name == "model_config"
            or "ClassVar" in ast.dump(statement.annotation)
        ):
            continue
        value = statement.value
        alias = (
            _keyword(value, "alias", "validation_alias", "env")
            if isinstance(value, ast.Call)
            else None
        )
        key = _constant(alias) or (prefix + name).upper()
        default: ast.expr | None = value
        if isinstance(value, ast.Call) and dotted(value.func) in {"Field", "pydantic.Field"}:
            default = (value.args[0] if value.args else None) or _keyword(
                value, "default", "default_factory"
            )
        if isinstance(default, ast.Constant) and default.value is Ellipsis:
            default = None
        yield Use(
            key, f"{path}:{statement.lineno}", _constant(default),
            demanded=default is None, optional=default is not None,
        )  # fmt: skip


def _keyword(node: ast.Call, *names: str) -> ast.expr | None:
    return next((word.value for word in node.keywords if word.arg in names), None)


def _constant(node: ast.expr | None) -> str | None:
    if isinstance(node, ast.Constant) and node.value is not None:
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values
        )
    return None


def _falls_back(node: ast.expr | None) -> bool:
    return node is not None and not (isinstance(node, ast.Constant) and node.value is None)
