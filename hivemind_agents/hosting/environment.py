"""The environment of an application, and its spelling in a systemd environment file."""

import re
from collections.abc import Callable, Mapping
from urllib.parse import quote

from hivemind_agents.domain.deployment import Database, Release
from hivemind_agents.errors import UserError

Resolve = Callable[[str], str]

# The system's folders on a host, after the release's own.
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
_SCHEMES = {"postgresql": "postgresql", "mysql": "mysql"}
# Endings of the names that applications give to the parts of a connection; first match wins.
_PARTS = (
    ("url", r"(^|_)(URL|URI|DSN|CONNECTION_STRING)$"),
    ("host", r"(HOST|HOSTNAME|SERVER|ADDRESS|ENDPOINT)$"),
    ("port", r"PORT$"),
    ("password", r"(PASS|PASSWORD|PASSWD|PWD)$"),
    ("user", r"(USER|USERNAME|LOGIN)$"),
    ("sslmode", r"SSL_?MODE$"),
    ("name", r"(NAME|DATABASE|DB|SCHEMA)$"),
)


def application_environment(
    *,
    deployment_name: str,
    release: Release,
    database: Database | None,
    resolve: Resolve,
    need_variables: Mapping[str, tuple[str, ...]] | None = None,
    url_schemes: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """All that the application's processes get, secrets included; what the user set wins.

    `need_variables`: variables that the code reads for a need, by Recon; `url_schemes`: the scheme
    that each URL among them has to have. `resolve` gives the value behind a reference.
    """
    env = {
        "PORT": str(release.port),
        "HIVEMIND_DEPLOYMENT": deployment_name,
        "HIVEMIND_RELEASE": str(release.number),
        "PATH": ":".join((*(f"/app/{f}" for f in release.runtime.search_path), SYSTEM_PATH)),
        # The release cannot be written to; byte code is kept beside it.
        "PYTHONPYCACHEPREFIX": f"/var/cache/hivemind-{deployment_name}/python",
        "PYTHONUNBUFFERED": "1",
        **release.runtime.env,
    }
    if database is not None:
        env |= _database(database, resolve, need_variables or {}, url_schemes or {})
    env |= release.env
    env |= {name: resolve(reference) for name, reference in release.secrets.items()}
    return env


def database_url(*, scheme: str, user: str, password: str, host: str, port: int, name: str) -> str:
    """A connection's URL; every part is quoted, and TLS is asked for where the scheme knows how."""
    options = "?sslmode=require" if scheme.startswith("postgres") else ""
    return (
        f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}"
        f"@{host}:{port}/{quote(name, safe='')}{options}"
    )


def environment_file(env: Mapping[str, str]) -> str:
    """`env` as systemd's EnvironmentFile, sorted.

    Raises UserError for a name that no environment can have, or a value with a null byte.
    """
    lines = []
    for name, value in sorted(env.items()):
        if not _NAME.match(name):
            raise UserError(
                f"{name!r} is no name of an environment variable",
                mend="use letters, digits and underscores, no digit first",
            )
        if "\0" in value:
            raise UserError(f"the value of {name} has a null byte in it")
        escaped = re.sub(r'([\\"$`])', r"\\\1", value)
        lines.append(f'{name}="{escaped}"')
    return "\n".join(lines) + "\n"


def _database(
    database: Database,
    resolve: Resolve,
    need_variables: Mapping[str, tuple[str, ...]],
    url_schemes: Mapping[str, str],
) -> dict[str, str]:
    user = resolve(f"{database.secret_arn}#username")
    password = resolve(f"{database.secret_arn}#password")

    def url(scheme: str) -> str:
        return database_url(
            scheme=scheme, user=user, password=password,
            host=database.host, port=database.port, name=database.name,
        )  # fmt: skip

    scheme = _SCHEMES[database.engine]
    parts = {
        "host": database.host, "port": str(database.port), "user": user, "password": password,
        "name": database.name, "sslmode": "require",
    }  # fmt: skip
    env = {"DATABASE_URL": url(url_schemes.get("DATABASE_URL", scheme))}
    for variable in need_variables.get(database.engine, ()):
        part = next((part for part, ends in _PARTS if re.search(ends, variable.upper())), None)
        if part == "url":
            env[variable] = url(url_schemes.get(variable, scheme))
        elif part is not None:
            env[variable] = parts[part]
    return env
