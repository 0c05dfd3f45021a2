"""All that speaks for a need: a driver that is listed, its use in the code, a configuration that
chooses it, a platform file that provides it, a fallback to SQLite.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import get_args

from hivemind_agents.repository import configured
from hivemind_agents.repository.clients import opened, told_by_callers, under_a_condition
from hivemind_agents.repository.environment import example_values
from hivemind_agents.repository.facts import Finding
from hivemind_agents.repository.guards import guarded_variables
from hivemind_agents.repository.platforms import Declared
from hivemind_agents.repository.readers.branches import only_in_development, only_on_demand, staged
from hivemind_agents.repository.readers.go_constraints import is_built
from hivemind_agents.repository.readers.words import first_in, found_in
from hivemind_agents.repository.report import EnvVariable, Need
from hivemind_agents.repository.services import BOUND, DRIVERS
from hivemind_agents.repository.tree import FileTree

SQL = ("postgresql", "mysql")
STORES = (*SQL, "mongodb")
_SQL_PARTS = (
    r"DATABASE_UR[LI]|DB_UR[LI]|DB_?(HOST\w*|PORT|USER\w*|PASS\w*|NAME)|DB_DATABASE|"
    r"SQLALCHEMY_DATABASE_URI|DATABASE_(HOST\w*|PORT|USER\w*|PASS\w*|NAME)|"
    r"DB_(?:CONNECTION\w*|CONN(?:_STR\w*|STR\w*)?|SOURCE|STRING|SERVER|ADDR\w*)|"
    r"(?:DB|DATABASE|SQL)_(?:DSN|CONNECTION\w*)|JDBC_DATABASE_\w+|SPRING_(DATASOURCE|R2DBC)_\w+|"
    r"QUARKUS_DATASOURCE_\w+|DATASOURCES_DEFAULT_\w+|ConnectionStrings__\w+|TYPEORM_\w+|"
    r"SQL_(HOST|DATABASE|USER|PASSWORD)"
)
VARIABLES: dict[str, re.Pattern[str]] = {
    "postgresql": re.compile(
        rf"^(?:(?:\w+_)?({_SQL_PARTS}|POSTGRES\w*|"
        r"PG_?(HOST\w*|PORT|USER\w*|PASS\w*|DATABASE|DB\w*|UR[LI]))|DSN)$"
    ),
    "mysql": re.compile(
        rf"^(?:(?:\w+_)?({_SQL_PARTS}|MYSQL\w*|MARIADB\w*|JAWSDB_URL|CLEARDB_DATABASE_URL)|DSN)$"
    ),
    "mongodb": re.compile(
        r"^(?:\w+_)?(MONGO\w*|DATABASE_UR[LI]|DB_UR[LI]|DB_(HOST|USER\w*|PASS\w*|NAME)|"
        r"DB_CONNECTION\w*|DBURL|ATLAS_URI)$"
    ),
    "redis": re.compile(
        r"^(?:\w+_)?(REDIS\w*|CELERY_BROKER\w*|CELERY_RESULT_BACKEND|BROKER_URL|VALKEY\w*|"
        r"RQ_\w+|QUEUE_URL|CACHE_URL)$"
    ),
    "object-storage": re.compile(
        r"^(?:\w+_)?(AWS_(STORAGE_BUCKET_NAME|S3\w*|BUCKET\w*|ACCESS_KEY_ID|SECRET_ACCESS_KEY)|"
        r"S3_\w+|\w*BUCKET\w*|MINIO_\w+)$"
    ),
    "smtp": re.compile(
        r"^(?:\w+_)?(SMTP\w*|MAIL_(SERVER|HOST|PORT|USER\w*|PASS\w*|FROM\w*|URL|DSN)|"
        r"EMAIL_(HOST\w*|PORT|USER\w*|PASS\w*|SERVER\w*)|MAILER_DSN|SENDGRID\w*|MAILGUN\w*)$"
    ),
    "persistent-disk": re.compile(
        r"^(UPLOAD\w*(DIR|FOLDER|PATH)|DATA_DIR|STORAGE_(DIR|PATH)|SQLITE_\w+)$"
    ),
}
# Names that look like a database's, and are about something else: what tests or developers use,
# and Prisma's shadow, may be emptied by those, and never is the database of a release.
_NOT_OURS = r"TEST|TESTS|TESTING|DEV|DEVEL|DEVELOPMENT|LOCAL|CI|E2E|SHADOW"
_OTHERS = (
    rf"(?:^|_)({_NOT_OURS}|MONGO\w*|REDIS|VALKEY|RABBIT\w*|AMQP|ELASTIC\w*|LDAP|CLICKHOUSE|NEO4J|"
    r"INFLUX\w*|"
)
_ELSEWHERE: dict[str, re.Pattern[str]] = {
    "postgresql": re.compile(_OTHERS + r"MYSQL|MARIADB|SQLITE|MSSQL)(?:_|$)", re.IGNORECASE),
    "mysql": re.compile(_OTHERS + r"POSTGRES\w*|PG|SQLITE|MSSQL)(?:_|$)", re.IGNORECASE),
    "mongodb": re.compile(
        rf"(?:^|_)({_NOT_OURS}|POSTGRES\w*|PG|MYSQL|MARIADB|REDIS|SQLITE)(?:_|$)", re.IGNORECASE
    ),
    "redis": re.compile(rf"(?:^|_)(?:{_NOT_OURS})(?:_|$)", re.IGNORECASE),
}


def speaks_of(need: str, name: str) -> bool:
    """Whether a variable of this name is about the need."""
    elsewhere = _ELSEWHERE.get(need)
    return bool(VARIABLES[need].match(name)) and not (elsewhere and elsewhere.search(name))


_LITERALS: dict[str, re.Pattern[str]] = {
    "postgresql": re.compile(
        r"(?i)postgres(?:ql)?(?:\+\w+)?://|jdbc:postgresql:|postgresql_psycopg2|"
        r"backends\.postgresql|dialect[\"']?\s*[:=]\s*[\"']postgres|type[\"']?:\s*[\"']postgres[\"']|"
        r"(?:client|provider|connector)[\"']?:\s*[\"'](?:pg|postgres(?:ql)?)[\"']|pgsql:"
    ),
    "mysql": re.compile(
        r"(?i)(?:mysql|mariadb)(?:\+\w+)?://|jdbc:(?:mysql|mariadb):|backends\.mysql|"
        r"dialect[\"']?\s*[:=]\s*[\"'](?:mysql|mariadb)|type[\"']?:\s*[\"'](?:mysql|mariadb)[\"']|"
        r"(?:client|connector)[\"']?:\s*[\"']mysql2?[\"']|mysql:host|mysqli"
    ),
    "mongodb": re.compile(r"mongodb(?:\+srv)?://|type[\"']?:\s*[\"']mongodb[\"']"),
    "redis": re.compile(r"rediss?://|Transport\.REDIS\b"),
}
_SQLITE = re.compile(
    r"(?i)sqlite:|sqlite3|backends\.sqlite|dialect[\"']?\s*[:=]\s*[\"']sqlite|better-sqlite|"
    r"jdbc:h2:|[\"']sqlite[\"']|\bsqlite\.Open\("
)
_SOURCES = (
    ".py",
    ".js",
    ".mjs",
    ".cjs",
    ".ts",
    ".rb",
    ".php",
    ".go",
    ".rs",
    ".java",
    ".kt",
    ".scala",
    ".cs",
    ".ex",
    ".exs",
    ".clj",
    ".yml",
    ".yaml",
    ".properties",
    ".conf",
    ".json",
    ".toml",
    ".ini",
    ".cfg",
    ".edn",
    ".cr",
    ".dart",
    ".hs",
    ".swift",
    ".gleam",
    ".fs",
    ".cpp",
    ".cc",
    ".cxx",
)


@dataclass(slots=True)
class Signals:
    """All that speaks for one need."""

    driver: str | None = None
    used: str | None = None
    literal: str | None = None
    configured: str | None = None
    optional: str | None = None
    provided: str | None = None
    weakly_provided: str | None = None
    # A compose file tells the application to connect to it.
    connected: str | None = None
    variables: list[EnvVariable] = field(default_factory=list)
    bound: bool = False

    def evidence(self) -> tuple[str, ...]:
        found = (self.configured, self.used, self.driver, self.literal, self.provided,
                 self.weakly_provided, self.optional)  # fmt: skip
        where = [item for item in found if item]
        where.extend(variable.evidence[0] for variable in self.variables[:2] if variable.evidence)
        return tuple(dict.fromkeys(where))[:6]


def gather(
    tree: FileTree,
    finding: Finding,
    ecosystem: str,
    declared: Sequence[Declared],
    env: Sequence[EnvVariable],
) -> dict[str, Signals]:
    """The signals of every need."""
    texts = read_texts(tree)
    signals: dict[str, Signals] = {need: Signals() for need in get_args(Need)}
    _from_dependencies(signals, finding, ecosystem, texts)
    _from_texts(signals, texts)
    for choice in configured.read_choices(tree, finding):
        entry = signals[choice.need]
        if choice.required:
            entry.configured = entry.configured or choice.where
        else:
            entry.optional = entry.optional or choice.where
    _from_platforms(signals, declared)
    _from_examples(signals, tree)
    for need in VARIABLES:
        signals[need].variables = [item for item in env if speaks_of(need, item.name)]
    if ecosystem == "node":
        for need, entry in signals.items():
            if entry.used and not (entry.literal or entry.configured):
                named = [item.name for item in entry.variables]
                entry.optional = entry.optional or told_by_callers(need, named, texts)
    guarded = guarded_variables(tree, texts)
    for entry in signals.values():
        if not (entry.driver or entry.literal or entry.configured or entry.provided):
            continue
        unset = [guarded[item.name] for item in entry.variables if item.name in guarded]
        unset += [item.evidence[0] for item in entry.variables if _is_off(item) and item.evidence]
        if unset:
            entry.optional = entry.optional or unset[0]
    return signals


def _is_off(variable: EnvVariable) -> bool:
    """Whether the variable switches the need on, and is off: REDIS_ENABLED, USE_REDIS."""
    switches = re.search(r"_ENABLED?$|^(?:USE|ENABLE|WITH)_", variable.name)
    return bool(switches) and (variable.default or "").lower() in {"false", "0", "no", "off"}


_CLIENT = re.compile(r"(?:^|_)(?:CLIENT|CONNECTION|DIALECT|TYPE|DRIVER|ENGINE|ADAPTER|PROVIDER)$")
_CHOSEN = {
    "postgresql": re.compile(r"(?i)^(?:pg|postgres|postgresql|pgsql)$"),
    "mysql": re.compile(r"(?i)^(?:mysql2?|mariadb)$"),
    "mongodb": re.compile(r"(?i)^(?:mongo|mongodb)$"),
}


def _from_examples(signals: dict[str, Signals], tree: FileTree) -> None:
    """What the example of an environment proposes: the sort of database, or its URL."""
    for name, (where, value) in example_values(tree).items():
        for need, pattern in _LITERALS.items():
            named = need in _CHOSEN and _CLIENT.search(name) and _CHOSEN[need].match(value)
            if named or (pattern.match(value) and not _ELSEWHERE["redis"].search(name)):
                entry = signals[need]
                entry.weakly_provided = entry.weakly_provided or where


def _from_platforms(signals: dict[str, Signals], declared: Sequence[Declared]) -> None:
    for item in declared:
        for service in item.services:
            entry = signals[service.need]
            if item.source == "compose":
                entry.weakly_provided = entry.weakly_provided or service.where
            else:
                entry.provided = entry.provided or service.where
        for service in item.connects:
            signals[service.need].connected = signals[service.need].connected or service.where
        if item.disk:
            signals["persistent-disk"].configured = item.disk


def read_texts(tree: FileTree) -> list[tuple[str, str]]:
    """Sources and configuration, bounded: (path, text)."""
    return tree.memo("texts", lambda: _texts(tree))


def _texts(tree: FileTree) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    size = 0
    for path in tree.sources(*_SOURCES, limit=500):
        name = path.rsplit("/", 1)[-1]
        if name in {
            "package-lock.json",
            "composer.lock",
            "pnpm-lock.yaml",
            "package.json",
            "tsconfig.json",
        } or name.startswith(("docker-compose", "compose.")):
            continue
        text = tree.text(path, limit=200_000) or ""
        if name.endswith(".go") and not is_built(path, text):
            continue
        size += len(text)
        if size > 8_000_000:
            break
        found.append((path, text))
    return found


def _where(path: str, text: str, position: int) -> str:
    return f"{path}:{text.count(chr(10), 0, position) + 1}"


def _from_dependencies(
    signals: dict[str, Signals], finding: Finding, ecosystem: str, texts: list[tuple[str, str]]
) -> None:
    drivers = DRIVERS.get(ecosystem, {})
    for name, dependency in finding.dependencies.items():
        if dependency.dev:
            continue
        for extra in _extras(dependency.spec):
            chosen = drivers.get(extra) or _BY_EXTRA.get(extra)
            if chosen and ecosystem == "python":
                entry = signals[chosen]
                entry.driver = entry.driver or dependency.where
                entry.bound = entry.bound or extra in BOUND
        need = drivers.get(name)
        if need is None or (name in _ANY_OF_AWS and not _names_buckets(texts)):
            continue
        if name == "huey" and any(
            "SqliteHuey" in text or "MemoryHuey" in text for _, text in texts
        ):
            continue
        entry = signals[need]
        entry.driver = entry.driver or dependency.where
        entry.bound = entry.bound or name in BOUND
        found = opened(need, ecosystem, finding.dependencies, texts)
        if under_a_condition(found, texts):
            entry.optional = entry.optional or found
        entry.used = entry.used or _import_of(name, ecosystem, texts) or found
    celery = finding.dependencies.runtime("celery", "dramatiq")
    if celery and ("redis" in celery.spec or finding.dependencies.runtime("redis")):
        signals["redis"].driver = signals["redis"].driver or celery.where
        signals["redis"].bound = True


# Extras that bring a driver of another name (`databases[postgresql]`).
_BY_EXTRA = {
    "postgres": "postgresql",
    "postgresql": "postgresql",
    "postgresql-asyncpg": "postgresql",
    "postgresql-psycopg": "postgresql",
    "psql": "postgresql",
    "mysql": "mysql",
    "mongodb": "mongodb",
    "mongo": "mongodb",
}


# Packages for all of AWS: object storage only where the code speaks of it.
_ANY_OF_AWS = {"boto3", "aioboto3", "aws-sdk", "aws/aws-sdk-php"}


def _names_buckets(texts: list[tuple[str, str]]) -> bool:
    return any(re.search(r"(?i)\bs3\b|bucket|S3Client|storages\.", text) for _, text in texts)


def _extras(spec: str) -> list[str]:
    """`[asyncio,asyncpg]>=2` names asyncio and asyncpg."""
    found = re.match(r"\[([^\]]*)\]", spec)
    return [item.strip().lower().replace("_", "-") for item in found[1].split(",")] if found else []


def _import_of(name: str, ecosystem: str, texts: list[tuple[str, str]]) -> str | None:
    """Where a driver is imported by name. ORMs load theirs unseen."""
    if ecosystem == "python":
        module = {
            "psycopg2-binary": "psycopg2",
            "mysql-connector-python": "mysql.connector",
            "mysqlclient": "MySQLdb",
            "flask-mysqldb": "flask_mysqldb",
            "flask-mail": "flask_mail",
            "psycopg-binary": "psycopg",
            "django-storages": "storages",
        }.get(name, name.replace("-", "_"))
        # Django's settings name a backend by its dotted path.
        pattern = re.compile(
            rf"(?m)^[ \t]*(?:from|import)\s+{re.escape(module)}\b|[\"']{re.escape(module)}\.\w+\."
        )
        suffixes: tuple[str, ...] = (".py",)
    elif ecosystem == "node":
        pattern = re.compile(
            rf"(?:from|require\(|import\(?)\s*[\"']{re.escape(name)}(?:/[\w/.-]+)?[\"']"
        )
        suffixes = (".js", ".ts", ".mjs", ".cjs")
    elif ecosystem == "go":
        pattern = re.compile(rf"\"{re.escape(name)}(?:/[\w/.-]+)?\"")
        suffixes = (".go",)
    elif ecosystem == "rust":
        pattern = re.compile(rf"\b{re.escape(name.replace('-', '_'))}::")
        suffixes = (".rs",)
    else:
        return None
    for path, text in texts:
        if path.endswith(suffixes):
            found = first_in(pattern, text)
            if found:
                return _where(path, text, found.start())
    return None


def _from_texts(signals: dict[str, Signals], texts: list[tuple[str, str]]) -> None:
    for path, text in texts:
        for need, pattern in _LITERALS.items():
            if signals[need].literal is None:
                found = first_in(pattern, text)
                if found:
                    signals[need].literal = _where(path, text, found.start())


def sqlite_fallback(texts: list[tuple[str, str]], variables: Iterable[EnvVariable]) -> str | None:
    """Where the code falls back to SQLite (or H2)."""
    known = dict(texts)
    for variable in variables:
        if variable.default and _SQLITE.search(variable.default):
            if any(_is_on_demand(known, place) for place in variable.evidence):
                continue
            return variable.evidence[0] if variable.evidence else None
    for path, text in texts:
        if path.endswith((".json", ".toml")):
            continue
        for found in found_in(_SQLITE, text):
            line_start = text.rfind("\n", 0, found.start()) + 1
            line = text[line_start : text.find("\n", found.start())]
            if line.lstrip().startswith(("import ", "from ", "#", "//", "*", "require")):
                continue
            if _of_development(path, text, found.start()):
                continue
            aside = only_in_development if path.endswith(".py") else staged
            if aside(text, found.start()):
                continue
            if path.endswith(".py") and only_on_demand(text, found.start()):
                continue
            if re.search(
                r"startswith|startsWith|contains|includes\(|in [\w.]*url|==|sqlite3\.Error|"
                r"\bcase\s+[\"']",
                line,
            ):
                continue
            return _where(path, text, found.start())
    return None


def _is_on_demand(texts: Mapping[str, str], place: str) -> bool:
    path, _, line = place.rpartition(":")
    text = texts.get(path, "") if path.endswith(".py") and line.isdigit() else ""
    position = sum(len(each) + 1 for each in text.split("\n")[: int(line) - 1]) if text else 0
    return only_on_demand(text, position)


def _of_development(path: str, text: str, position: int) -> bool:
    """Whether a place is part of the settings for development or tests alone."""
    if re.search(r"(?:^|[/._-])(?:dev|development|test|testing|local)\w*\.\w+$", path):
        return True
    stages = re.findall(
        r"\b(development|dev|test|testing|production|prod|staging|default)\b[\"']?\s*[:=]",
        text[max(0, position - 400) : position],
    )
    return bool(stages) and stages[-1] in {"development", "dev", "test", "testing"}
