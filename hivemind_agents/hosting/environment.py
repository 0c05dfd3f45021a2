"""The environment of an application, and its spelling in a systemd environment file."""

import re
from collections.abc import Callable, Mapping

from hivemind_agents.domain.deployment import Cache, Database, Release
from hivemind_agents.errors import UserError
from hivemind_agents.hosting.connections import (
    Login,
    Wishes,
    cache_environment,
    database_environment,
)

Resolve = Callable[[str], str]

# The system's folders on a host, after the release's own.
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")


def application_environment(
    *,
    deployment_name: str,
    release: Release,
    database: Database | None,
    cache: Cache | None = None,
    resolve: Resolve,
    wishes: Wishes | None = None,
) -> dict[str, str]:
    """All that the application's processes get, secrets included; what the user set wins.

    `wishes`: how the code asks for database and cache. `resolve` gives the value behind a
    reference.
    """
    wishes = wishes or Wishes()
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
        login = Login(
            database=database,
            user=resolve(f"{database.secret_arn}#username"),
            password=resolve(f"{database.secret_arn}#password"),
        )
        env |= database_environment(login, wishes)
    if cache is not None:
        env |= cache_environment(cache, wishes)
    env |= release.env
    env |= {name: resolve(reference) for name, reference in release.secrets.items()}
    return env


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
