"""What an application cannot run without, and what it can use.

Signals are gathered per need (a driver that is listed, its use in the code, a configuration that
chooses it, a platform file that provides it, a fallback to SQLite), then judged once.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import get_args

from hivemind_agents.repository import configured
from hivemind_agents.repository.facts import GUESS, LIKELY, SURE, Fact, Finding
from hivemind_agents.repository.platforms import Declared
from hivemind_agents.repository.report import EnvVariable, Need
from hivemind_agents.repository.services import BOUND, DRIVERS, ECOSYSTEM, SYSTEM_PACKAGES
from hivemind_agents.repository.tree import FileTree

SQL = ("postgresql", "mysql")
VARIABLES: dict[str, re.Pattern[str]] = {
    "postgresql": re.compile(
        r"^(?:\w+_)?(DATABASE_UR[LI]|DB_UR[LI]|POSTGRES\w*|PG(HOST|PORT|USER|PASSWORD|DATABASE)|"
        r"DB_(HOST|PORT|USER\w*|PASS\w*|NAME|DATABASE)|SQLALCHEMY_DATABASE_URI|DATABASE_(HOST|"
        r"PORT|USER\w*|PASS\w*|NAME)|JDBC_DATABASE_URL|SPRING_DATASOURCE_\w+|TYPEORM_\w+|"
        r"DB_CONNECTION\w*|SQL_(HOST|DATABASE|USER|PASSWORD)|DB_DSN|DSN)$"
    ),
    "mysql": re.compile(
        r"^(?:\w+_)?(DATABASE_UR[LI]|DB_UR[LI]|MYSQL\w*|MARIADB\w*|DB_(HOST|PORT|USER\w*|"
        r"PASS\w*|NAME|DATABASE)|SQLALCHEMY_DATABASE_URI|DATABASE_(HOST|PORT|USER\w*|PASS\w*|"
        r"NAME)|JAWSDB_URL|CLEARDB_DATABASE_URL|SPRING_DATASOURCE_\w+|DB_CONNECTION\w*|DB_DSN|DSN)$"
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
_LITERALS: dict[str, re.Pattern[str]] = {
    "postgresql": re.compile(
        r"(?i)postgres(?:ql)?(?:\+\w+)?://|jdbc:postgresql:|postgresql_psycopg2|"
        r"backends\.postgresql|dialect[\"']?\s*[:=]\s*[\"']postgres|type:\s*[\"']postgres[\"']|"
        r"client:\s*[\"']pg[\"']|pgsql:"
    ),
    "mysql": re.compile(
        r"(?i)(?:mysql|mariadb)(?:\+\w+)?://|jdbc:(?:mysql|mariadb):|backends\.mysql|"
        r"dialect[\"']?\s*[:=]\s*[\"'](?:mysql|mariadb)|type:\s*[\"'](?:mysql|mariadb)[\"']|"
        r"client:\s*[\"']mysql2?[\"']|mysql:host|mysqli"
    ),
    "mongodb": re.compile(r"mongodb(?:\+srv)?://"),
    "redis": re.compile(r"rediss?://"),
}
_SQLITE = re.compile(
    r"(?i)sqlite:|sqlite3|backends\.sqlite|dialect[\"']?\s*[:=]\s*[\"']sqlite|better-sqlite|"
    r"jdbc:h2:|[\"']sqlite[\"']"
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
)


@dataclass(slots=True)
class _Signals:
    """All that speaks for one need."""

    driver: str | None = None
    used: str | None = None
    literal: str | None = None
    configured: str | None = None
    optional: str | None = None
    provided: str | None = None
    weakly_provided: str | None = None
    variables: list[EnvVariable] = field(default_factory=list)
    bound: bool = False

    def evidence(self) -> tuple[str, ...]:
        found = (self.configured, self.used, self.driver, self.literal, self.provided,
                 self.weakly_provided, self.optional)  # fmt: skip
        where = [item for item in found if item]
        where.extend(variable.evidence[0] for variable in self.variables[:2] if variable.evidence)
        return tuple(dict.fromkeys(where))[:6]


@dataclass(frozen=True, slots=True)
class Needs:
    """The judgement: what is required, what is optional, by which variables."""

    required: dict[str, Fact[str]]
    optional: dict[str, Fact[str]]
    variables: dict[str, tuple[str, ...]]
    schemes: dict[str, str]
    system_packages: tuple[str, ...]
    undecided: tuple[str, ...] = ()


def read_needs(
    tree: FileTree,
    finding: Finding | None,
    declared: Sequence[Declared],
    env: Sequence[EnvVariable],
) -> Needs:
    """Gather the signals and judge them."""
    if finding is None:
        return Needs({}, {}, {}, {}, ())
    signals: dict[str, _Signals] = {need: _Signals() for need in get_args(Need)}
    ecosystem = ECOSYSTEM.get(finding.language.value, finding.language.value)
    texts = _texts(tree)
    _from_dependencies(signals, finding, ecosystem, texts)
    _from_texts(signals, texts)
    for choice in configured.read_choices(tree, finding):
        entry = signals[choice.need]
        if choice.required:
            entry.configured = entry.configured or choice.where
        else:
            entry.optional = entry.optional or choice.where
    for item in declared:
        for service in item.services:
            entry = signals[service.need]
            if item.source == "compose":
                entry.weakly_provided = entry.weakly_provided or service.where
            else:
                entry.provided = entry.provided or service.where
        if item.disk:
            signals["persistent-disk"].configured = item.disk
    for name, pattern in VARIABLES.items():
        signals[name].variables = [variable for variable in env if pattern.match(variable.name)]
    guarded = _guarded_variables(texts)
    for entry in signals.values():
        unset = [guarded[item.name] for item in entry.variables if item.name in guarded]
        if unset:
            entry.optional = entry.optional or unset[0]
    return _judge(signals, finding, ecosystem, texts)


def _texts(tree: FileTree) -> list[tuple[str, str]]:
    """Sources and configuration, bounded."""
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
        size += len(text)
        if size > 8_000_000:
            break
        found.append((path, text))
    return found


_GUARDS = (
    # JavaScript: if (process.env.REDIS_URL) { … }
    re.compile(r"\bif\s*\(\s*process\.env\.(\w+)\s*(?:&&[^)]*)?\)"),
    # Python: if os.environ.get("REDIS_URL"): …, if "REDIS_URL" in os.environ: …
    re.compile(r"\bif\s+os\.(?:environ\.get|getenv)\(\s*[\"'](\w+)[\"']\s*\)\s*(?::|else\b)"),
    re.compile(r"\bif\s+[\"'](\w+)[\"']\s+in\s+(?:os\.)?environ\b"),
    # Ruby: … if ENV["REDIS_URL"]
    re.compile(r"\bif\s+ENV(?:\.key\?\(|\[)\s*[\"'](\w+)[\"']"),
)
_ASSIGNED = re.compile(
    r"(?m)^\s*(\w+)\s*(?::\s*[\w| \[\]]+)?=\s*os\.(?:environ\.get|getenv)\(\s*[\"'](\w+)[\"']\s*\)"
)


def _guarded_variables(texts: list[tuple[str, str]]) -> dict[str, str]:
    """Variables whose absence the code provides for, with the place."""
    found: dict[str, str] = {}
    for path, text in texts:
        for pattern in _GUARDS:
            for hit in pattern.finditer(text):
                found.setdefault(hit.group(1), _where(path, text, hit.start()))
        for hit in _ASSIGNED.finditer(text):
            asked = re.search(
                rf"\bif\s+{hit.group(1)}(?:\s+is\s+not\s+None)?\s*(?::|else\b)", text[hit.end() :]
            )
            if asked:
                found.setdefault(hit.group(2), _where(path, text, hit.start()))
    return found


def _where(path: str, text: str, position: int) -> str:
    return f"{path}:{text.count(chr(10), 0, position) + 1}"


def _from_dependencies(
    signals: dict[str, _Signals], finding: Finding, ecosystem: str, texts: list[tuple[str, str]]
) -> None:
    drivers = DRIVERS.get(ecosystem, {})
    for name, dependency in finding.dependencies.items():
        need = drivers.get(name)
        if need is None or dependency.dev:
            continue
        entry = signals[need]
        entry.driver = entry.driver or dependency.where
        entry.bound = entry.bound or name in BOUND
        entry.used = entry.used or _import_of(name, ecosystem, texts)
    celery = finding.dependencies.runtime("celery")
    if celery and ("redis" in celery.spec or finding.dependencies.runtime("redis")):
        signals["redis"].driver = signals["redis"].driver or celery.where
        signals["redis"].bound = True


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
        pattern = re.compile(rf"(?m)^\s*(?:from|import)\s+{re.escape(module)}\b")
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
            found = pattern.search(text)
            if found:
                return _where(path, text, found.start())
    return None


def _from_texts(signals: dict[str, _Signals], texts: list[tuple[str, str]]) -> None:
    for path, text in texts:
        for need, pattern in _LITERALS.items():
            if signals[need].literal is None:
                found = pattern.search(text)
                if found:
                    signals[need].literal = _where(path, text, found.start())


def _sqlite(
    finding: Finding, texts: list[tuple[str, str]], variables: Iterable[EnvVariable]
) -> str | None:
    """Where the code falls back to SQLite (or H2)."""
    for variable in variables:
        if variable.default and _SQLITE.search(variable.default):
            return variable.evidence[0] if variable.evidence else None
    for path, text in texts:
        if path.endswith((".json", ".toml")):
            continue
        for found in _SQLITE.finditer(text):
            line_start = text.rfind("\n", 0, found.start()) + 1
            line = text[line_start : text.find("\n", found.start())]
            if line.lstrip().startswith(("import ", "from ", "#", "//", "*", "require")):
                continue
            if _of_development(path, text, found.start()):
                continue
            if re.search(
                r"startswith|startsWith|contains|includes\(|in [\w.]*url|==|sqlite3\.Error", line
            ):
                continue
            return _where(path, text, found.start())
    del finding
    return None


def _of_development(path: str, text: str, position: int) -> bool:
    """Whether a place is part of the settings for development or tests alone."""
    if re.search(r"(?:^|[/._-])(?:dev|development|test|testing|local)\w*\.\w+$", path):
        return True
    stages = re.findall(
        r"\b(development|dev|test|testing|production|prod|staging|default)\b[\"']?\s*[:=]",
        text[max(0, position - 400) : position],
    )
    return bool(stages) and stages[-1] in {"development", "dev", "test", "testing"}


def _judge(
    signals: dict[str, _Signals], finding: Finding, ecosystem: str, texts: list[tuple[str, str]]
) -> Needs:
    required: dict[str, Fact[str]] = {}
    optional: dict[str, Fact[str]] = {}
    sql_variables = {
        variable.name: variable for need in SQL for variable in signals[need].variables
    }
    sqlite = _sqlite(finding, texts, sql_variables.values())
    for need, entry in signals.items():
        verdict = _verdict(need, entry, sqlite if need in SQL else None)
        if verdict is None:
            continue
        is_required, confidence = verdict
        fact = Fact(need, confidence, entry.evidence() or ((sqlite,) if sqlite else ()))
        (required if is_required else optional)[need] = fact
    undecided = _one_database(required, optional, signals)
    if sqlite and not any(need in required for need in SQL) and "persistent-disk" not in required:
        optional.setdefault("persistent-disk", Fact("persistent-disk", GUESS, (sqlite,)))
    variables = {
        need: tuple(variable.name for variable in signals[need].variables)
        for need in (*required, *optional)
        if signals[need].variables
    }
    return Needs(
        required, optional, variables, _schemes(finding, texts, (*required, *optional)),
        _system_packages(finding, ecosystem), undecided,
    )  # fmt: skip


def _verdict(  # noqa: PLR0911 - a rule each
    need: str, entry: _Signals, sqlite: str | None
) -> tuple[bool, float] | None:
    """(required, confidence), or None where nothing speaks for the need."""
    demanded = any(variable.required for variable in entry.variables)
    if entry.configured:
        return True, SURE if entry.provided or entry.variables else 0.88
    if need in {"smtp", "object-storage"}:
        return _side_service(need, entry, demanded=demanded)
    if need == "persistent-disk":
        return (False, GUESS) if entry.optional or entry.provided else None
    specific = [
        item for item in entry.variables if not re.search(r"^(DATABASE|DB)_|^DSN$", item.name)
    ]
    if not (entry.driver or entry.used):
        return _without_driver(entry, demanded=demanded and bool(specific), sqlite=sqlite)
    if entry.optional or sqlite:
        return False, LIKELY
    if need == "redis" and not entry.bound and not demanded and _guarded(entry):
        return False, GUESS
    if entry.used or entry.bound:
        return True, 0.89 if entry.variables or entry.literal or entry.bound else 0.85
    if entry.literal or entry.variables or entry.provided or entry.weakly_provided:
        return True, 0.88 if entry.variables or entry.provided else LIKELY
    return (False, GUESS) if need in {"redis"} else (False, 0.5)


def _without_driver(
    entry: _Signals, *, demanded: bool, sqlite: str | None
) -> tuple[bool, float] | None:
    if entry.provided:
        return (not sqlite and not entry.optional), LIKELY
    if entry.optional:
        return False, LIKELY
    if entry.weakly_provided and (entry.literal or entry.variables):
        return not sqlite, 0.75
    if entry.literal and demanded:
        return not sqlite, 0.7
    if entry.weakly_provided:
        return False, 0.5
    return None


def _side_service(need: str, entry: _Signals, *, demanded: bool) -> tuple[bool, float] | None:
    """Mail and object storage: most applications start, and work but for a part, without."""
    bucket = any("BUCKET" in item.name and item.required for item in entry.variables)
    if need == "object-storage" and entry.driver and demanded and bucket:
        return True, 0.7
    if (
        entry.driver
        or entry.provided
        or entry.optional
        or (entry.variables and len(entry.variables) > 1)
    ):
        return False, GUESS
    return None


def _guarded(entry: _Signals) -> bool:
    """Whether the only sign is a variable that may be absent."""
    return (
        bool(entry.variables)
        and all(not item.required and item.default is None for item in entry.variables)
        and not entry.literal
    )


def _one_database(
    required: dict[str, Fact[str]], optional: dict[str, Fact[str]], signals: dict[str, _Signals]
) -> tuple[str, ...]:
    """Of two SQL databases that the code could use, the one it is configured for is required."""
    both = [need for need in SQL if need in required]
    if len(both) < 2:
        return ()
    strength = {
        need: (
            bool(signals[need].configured),
            bool(signals[need].literal)
            + bool(signals[need].used)
            + bool(signals[need].provided)
            + bool(signals[need].weakly_provided),
            any("POSTGRES" in v.name or "PG" in v.name for v in signals[need].variables)
            if need == "postgresql"
            else any("MYSQL" in v.name for v in signals[need].variables),
        )
        for need in both
    }
    first = max(both, key=lambda need: strength[need])
    other = next(need for need in both if need != first)
    if signals[other].configured and signals[first].configured:
        return ()
    optional[other] = required.pop(other)
    required[first] = Fact(first, min(required[first].confidence, LIKELY), required[first].evidence)
    return tuple(both) if strength[first] == strength[other] else ()


def _schemes(
    finding: Finding, texts: list[tuple[str, str]], needs: Iterable[str]
) -> dict[str, str]:
    """How the connection's URL has to begin, where it is more than the service's name."""
    found: dict[str, str] = {}
    pattern = {
        "postgresql": r"\b((?:postgres|postgresql)\+\w+|jdbc:postgresql)://",
        "mysql": r"\b((?:mysql|mariadb)\+\w+|jdbc:mysql|jdbc:mariadb)://",
    }
    for need in needs:
        for _, text in texts if need in pattern else ():
            hit = re.search(pattern[need], text)
            if hit:
                found[need] = hit.group(1)
                break
    uses_alchemy = finding.dependencies.runtime("sqlalchemy", "flask-sqlalchemy", "sqlmodel")
    if uses_alchemy:
        for package, need, scheme in (
            ("pymysql", "mysql", "mysql+pymysql"),
            ("aiomysql", "mysql", "mysql+aiomysql"),
            ("asyncmy", "mysql", "mysql+asyncmy"),
            ("mysql-connector-python", "mysql", "mysql+mysqlconnector"),
            ("asyncpg", "postgresql", "postgresql+asyncpg"),
            ("psycopg", "postgresql", "postgresql+psycopg"),
            ("pg8000", "postgresql", "postgresql+pg8000"),
        ):
            if need in needs and finding.dependencies.runtime(package):
                found.setdefault(need, scheme)
    return found


def _system_packages(finding: Finding, ecosystem: str) -> tuple[str, ...]:
    table = SYSTEM_PACKAGES.get(ecosystem, {})
    found: dict[str, None] = {}
    for name, dependency in finding.dependencies.items():
        bundled = "binary" in dependency.spec or f"{name}-binary" in finding.dependencies
        if not dependency.dev and not bundled:
            found.update(dict.fromkeys(table.get(name, ())))
    return tuple(found)
