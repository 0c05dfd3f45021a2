"""Where database and cache are, in the variables by which applications ask for it.

What each client makes of TLS was seen against servers that force it, as RDS does. PostgreSQL's
clients take to it by themselves (libpq, psycopg, asyncpg, pg8000, lib/pq, pgx), so that their URL
needs no `sslmode`, which some of them refuse (asyncpg and pg8000 under SQLAlchemy). Node's do not
(pg, postgres.js, and what is built on them): theirs has it, and then they verify the certificate
against the authorities of NODE_EXTRA_CA_CERTS.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import quote

from pydantic import Field

from hivemind_agents.domain.base import Frozen
from hivemind_agents.domain.deployment import Cache, Database

# For the host's own checks: a plain URL, whatever form the application wants.
DATABASE = "HIVEMIND_DATABASE"
CACHE = "HIVEMIND_CACHE"
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"

_JAVASCRIPT = frozenset({"node", "bun", "deno"})
# Redis' clients of these send no password where it is empty (redis-py, ioredis, node-redis,
# phpredis in its frameworks, Predis, go-redis).
_NO_PASSWORD_IS_EMPTY = _JAVASCRIPT | {"python", "php", "go"}
# Endings of the names that applications give to the parts of a connection; first match wins.
_PARTS = (
    ("url", r"(^|_)(URL|URI|DSN|CONN|SOURCE|CONNECTION_?STRING|(DB|DATABASE)_STRING)$"),
    ("address", r"(ADDR|HOST_?PORT|HOST_AND_PORT)$"),
    ("host", r"(HOST|HOSTNAME|SERVER|ADDRESS|ENDPOINT)$"),
    ("port", r"PORT$"),
    ("password", r"(PASS|PASSWORD|PASSWD|PWD)$"),
    ("user", r"(USER|USERNAME|LOGIN)$"),
    ("sslmode", r"SSL_?MODE$"),
    ("ssl", r"(^|_)(USE_)?SSL$"),
    ("kind", r"(^|_)(DRIVER|DIALECT|CLIENT|TYPE|ENGINE|CONNECTION)$"),
    ("name", r"(NAME|DATABASE|(?<!MARIA)DB|SCHEMA)$"),
)
_CACHE_PARTS = (
    ("url", r"(^REDIS|URL|URI|DSN|CONNECTION_STRING|BROKER|BACKEND)$"),
    ("address", r"(ADDR|ADDRESS|ENDPOINT|SERVER|HOST_?PORT)$"),
    ("host", r"(HOST|HOSTNAME)$"),
    ("port", r"PORT$"),
    ("none", r"(^|_)(PASS|PASSWORD|PASSWD|PWD|USER|USERNAME)$"),
    ("tls", r"(^|_)(TLS|SSL)(_ENABLED)?$"),
    ("db", r"(DB|DATABASE|DB_?NUMBER|DB_?INDEX)$"),
)
# What applications of a language call the kind of database; Django's are its modules.
_KINDS: Mapping[str, Mapping[str, str]] = {
    "php": {"postgresql": "pgsql", "mysql": "mysql"},
    "django": {
        "postgresql": "django.db.backends.postgresql", "mysql": "django.db.backends.mysql",
    },
    "": {"postgresql": "postgres", "mysql": "mysql"},
}  # fmt: skip


class Wishes(Frozen):
    """How the application asks for its services, by Recon."""

    language: str | None = None
    framework: str | None = None
    # Variables that the code reads, by need.
    variables: dict[str, tuple[str, ...]] = {}
    # Scheme of a URL, by variable or by need.
    schemes: dict[str, str] = {}
    # Value of a variable that chooses the server, by need.
    values: dict[str, dict[str, str]] = {}

    @classmethod
    def of(cls, report: Mapping[str, Any]) -> "Wishes":
        """Out of Recon's report; empty where there is none."""
        return cls(
            language=report.get("language"),
            framework=report.get("framework"),
            variables={
                need: tuple(names) for need, names in (report.get("need_variables") or {}).items()
            },
            schemes=report.get("url_schemes") or {},
            values=report.get("need_values") or {},
        )


class Login(Frozen):
    """A database and the account that the application has there."""

    database: Database
    user: str
    password: str = Field(repr=False)

    def url(self, scheme: str, options: str = "") -> str:
        """A URL with every part quoted."""
        where = self.database
        return (
            f"{scheme}://{quote(self.user, safe='')}:{quote(self.password, safe='')}"
            f"@{where.host}:{where.port}/{quote(where.name, safe='')}{options}"
        )


def database_environment(login: Login, wishes: Wishes) -> dict[str, str]:
    """DATABASE_URL, what the clients' own variables are, and each variable that the code reads."""
    database = login.database
    names = wishes.variables.get(database.engine, ())
    env = {DATABASE: login.url(database.engine), **_tls(database, wishes)}
    parts = {
        "host": database.host, "port": str(database.port), "name": database.name,
        "address": f"{database.host}:{database.port}", "user": login.user,
        "password": login.password, "kind": _kind(database.engine, wishes),
    }  # fmt: skip
    if database.engine == "postgresql":
        parts |= {"sslmode": "require", "ssl": "true"}
    for variable in ("DATABASE_URL", *names):
        part = _part(variable, _PARTS)
        if part == "url":
            env[variable] = _url(login, wishes, variable, names)
        elif part in parts and variable not in env:
            env[variable] = parts[part]
    return env | wishes.values.get(database.engine, {})


def cache_environment(cache: Cache, wishes: Wishes) -> dict[str, str]:
    """REDIS_URL, and each variable that the code reads."""
    url = f"redis://{cache.host}:{cache.port}/0"
    parts = {
        "url": url, "address": f"{cache.host}:{cache.port}", "host": cache.host,
        "port": str(cache.port), "db": "0", "tls": "false",
    }  # fmt: skip
    if wishes.language in _NO_PASSWORD_IS_EMPTY:
        # The security group decides who may reach it. Where a URL is made of the parts, `None` or
        # `undefined` would be in it.
        parts["none"] = ""
    env = {CACHE: url}
    for variable in ("REDIS_URL", *wishes.variables.get("redis", ())):
        part = _part(variable, _CACHE_PARTS)
        if part in parts:
            env[variable] = parts[part]
    return env


def _part(variable: str, parts: tuple[tuple[str, str], ...]) -> str | None:
    return next((part for part, ends in parts if re.search(ends, variable.upper())), None)


def _tls(database: Database, wishes: Wishes) -> dict[str, str]:
    """What makes clients use TLS that are given the connection in parts."""
    env = {}
    if database.engine == "postgresql":
        env["PGSSLMODE"] = "require"
        if wishes.language in _JAVASCRIPT:
            env["PGSSL"] = "require"  # postgres.js
    if wishes.language in _JAVASCRIPT:
        env["NODE_EXTRA_CA_CERTS"] = AUTHORITIES
    return env


def _kind(engine: str, wishes: Wishes) -> str:
    known = next((k for k in (wishes.framework, wishes.language) if k in _KINDS), "")
    return _KINDS[known or ""][engine]


def _url(login: Login, wishes: Wishes, variable: str, names: Collection[str]) -> str:
    """The connection in the form that the application's language writes it."""
    engine = login.database.engine
    scheme = wishes.schemes.get(variable) or wishes.schemes.get(engine)
    if scheme and scheme.startswith("jdbc:"):
        return _jdbc(login, scheme, names)
    if wishes.language == "go" and engine == "mysql":
        # The driver knows no URLs.
        where = f"tcp({login.database.host}:{login.database.port})/{login.database.name}"
        return f"{login.user}:{login.password}@{where}?charset=utf8mb4&parseTime=True&loc=UTC"
    if wishes.language == "php" and variable.upper().endswith("DSN"):
        return _pdo(login)
    if wishes.language == "ruby" and engine == "mysql" and not scheme:
        scheme = "mysql2"
    return login.url(scheme or engine, _options(engine, wishes))


def _options(engine: str, wishes: Wishes) -> str:
    if engine == "postgresql" and wishes.language in _JAVASCRIPT:
        return "?sslmode=require"
    if wishes.framework == "symfony":
        # Doctrine tells the dialect by it.
        version = "15" if engine == "postgresql" else "10.11.2-MariaDB&charset=utf8mb4"
        return f"?serverVersion={version}"
    return ""


def _jdbc(login: Login, scheme: str, names: Collection[str]) -> str:
    """Java takes no account from the authority of a URL; often it has variables of its own."""
    where = login.database
    url = f"{scheme}://{where.host}:{where.port}/{where.name}"
    if any(_part(name, _PARTS) == "password" for name in names):
        return url
    account = f"user={quote(login.user, safe='')}&password={quote(login.password, safe='')}"
    return f"{url}?{account}"


def _pdo(login: Login) -> str:
    where = login.database
    driver = _KINDS["php"][where.engine]
    charset = ";charset=utf8mb4" if where.engine == "mysql" else ""
    return f"{driver}:host={where.host};port={where.port};dbname={where.name}{charset}"
