"""Environment variables by name: which belong to the platform, which are secrets."""

import re
from dataclasses import dataclass

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
        "DISPLAY",
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


def names_a_store(name: str) -> bool:
    """Whether a variable is the address of a database."""
    return bool(_NEEDED.search(name))


def is_needed(name: str) -> bool:
    """Whether a variable without a default is one that nothing works without."""
    return names_a_store(name) or (
        is_secret(name) and not re.search(r"(?i)SENTRY|DSN$|ROLLBAR|NEW_RELIC|ANALYTICS", name)
    )


def literal(text: str | None) -> str | None:
    """A default as it stands in the code, without its quotes; None of anything computed."""
    if text is None:
        return None
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'`":
        return text[1:-1]
    if text in {"true", "false", "True", "False"}:
        return text
    inner = re.fullmatch(r"\w+[!.:]*\w*\(?\"([^\"]*)\"\)?(?:\.\w+\(\))?", text)
    if inner:
        return inner.group(1)
    return text if re.fullmatch(r"[\w.:/@-]{1,80}", text) and not text.isidentifier() else None
