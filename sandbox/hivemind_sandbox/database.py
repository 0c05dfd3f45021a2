"""RDS instances as hosts with the real server."""

import hashlib
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from hivemind_sandbox import certificates, image, podman
from hivemind_sandbox.commands import CommandError, lines
from hivemind_sandbox.network import Network, resolver_address
from hivemind_sandbox.podman import Container
from hivemind_sandbox.settings import Settings
from hivemind_sandbox.wanted import Database, Vpc

log = logging.getLogger(__name__)

START_TIMEOUT_S = 60.0

Execute = Callable[..., str]
"""podman.execute, bound to one host."""


class Server(Protocol):
    """A kind of database server: how its host is set up from what the API says."""

    image_kind: image.Kind
    dump_suffix: str

    def seed(self, database: Database, *, certificate: str) -> dict[str, str]:
        """Files for the host's seed, read at each start of the server."""
        ...

    def await_ready(self, execute: Execute, database: Database) -> None:
        """Return when a started server answers."""

    def create(self, execute: Execute, database: Database) -> None:
        """Make role, password and database; a second call changes nothing."""

    def set_password(self, execute: Execute, database: Database) -> None: ...

    def dump(self, execute: Execute, database: Database, path: str) -> None:
        """Write all data to a file on the host."""

    def restore(self, execute: Execute, database: Database, path: str) -> None: ...


class PostgreSQL:
    image_kind: image.Kind = "postgres"
    dump_suffix = ".sql"

    def seed(self, database: Database, *, certificate: str) -> dict[str, str]:
        settings = (
            f"port = {database.port}",
            "ssl_cert_file = '/etc/postgresql/15/main/server.pem'",
            "ssl_key_file = '/etc/postgresql/15/main/server.pem'",
        )
        return {"instance.conf": lines(settings), "server.pem": certificate}

    def await_ready(self, execute: Execute, database: Database) -> None:
        _await(lambda: execute("pg_isready", "--quiet", "--port", str(database.port)))

    def create(self, execute: Execute, database: Database) -> None:
        """As on RDS, the master user is no superuser, but may do what its owner may."""
        role = _identifier(database.user)
        sql = (
            "SELECT 'CREATE ROLE rds_superuser NOLOGIN' WHERE NOT EXISTS "  # noqa: S608
            "(SELECT FROM pg_roles WHERE rolname = 'rds_superuser') \\gexec\n"
            f"SELECT {_literal(f'CREATE ROLE {role} LOGIN')} WHERE NOT EXISTS "
            f"(SELECT FROM pg_roles WHERE rolname = {_literal(database.user)}) \\gexec\n"
            "GRANT pg_monitor, pg_signal_backend, pg_read_all_data, pg_write_all_data "
            "TO rds_superuser;\n"
            f"ALTER ROLE {role} CREATEDB CREATEROLE;\n"
            f"GRANT rds_superuser TO {role};\n"
            f"ALTER DATABASE postgres OWNER TO {role};\n"
        )
        if database.database:
            create = f"CREATE DATABASE {_identifier(database.database)} OWNER {role}"
            sql += (
                f"SELECT {_literal(create)} WHERE NOT EXISTS "  # noqa: S608
                f"(SELECT FROM pg_database WHERE datname = {_literal(database.database)}) \\gexec\n"
            )
        self._sql(execute, database, sql + self._password(database))

    def set_password(self, execute: Execute, database: Database) -> None:
        self._sql(execute, database, self._password(database))

    @staticmethod
    def _password(database: Database) -> str:
        """The server's log shall not hold the statement."""
        role, password = _identifier(database.user), _literal(database.password)
        return (
            "SET log_statement = 'none'; SET log_min_error_statement = 'panic';\n"
            f"ALTER ROLE {role} PASSWORD {password};\n"
        )

    def dump(self, execute: Execute, database: Database, path: str) -> None:
        execute(
            "pg_dumpall", "--clean", "--if-exists", f"--port={database.port}", f"--file={path}",
            user="postgres",
        )  # fmt: skip

    def restore(self, execute: Execute, database: Database, path: str) -> None:
        # What exists already (the role that restores) is reported by psql and passed over.
        execute(
            "psql", "--quiet", "--no-psqlrc", f"--port={database.port}", f"--file={path}",
            "postgres", user="postgres",
        )  # fmt: skip

    @staticmethod
    def _sql(execute: Execute, database: Database, sql: str) -> None:
        execute(
            "psql", "--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1",
            f"--port={database.port}", "postgres", user="postgres", stdin=sql,
        )  # fmt: skip


SERVERS: dict[str, Server] = {"postgres": PostgreSQL()}


class UnsupportedEngineError(Exception):
    def __init__(self, engine: str) -> None:
        super().__init__(
            f"the sandbox has no server for the engine {engine!r}; it has: {', '.join(SERVERS)}"
        )


def ensure_running(
    settings: Settings, network: Network, vpc: Vpc, database: Database, found: Container | None
) -> None:
    """Make the server run with the API's role, password and database, keeping existing data."""
    server = _server(database)
    key = database.interface.key
    path = network.plug(database.interface)
    if found is None:
        hostname = "ip-" + database.interface.private.replace(".", "-")
        seed = podman.seed_of_host(
            hostname=hostname,
            domain=f"{database.region}.compute.internal",
            address=database.interface.private,
            resolver=resolver_address(vpc.cidr),
            region=database.region,
        )
        pem = certificates.issue(settings, database.endpoint, (database.endpoint,)).read_text()
        podman.write_seed(settings, key, seed | server.seed(database, certificate=pem))
        podman.create(
            settings,
            key,
            kind="database",
            image_kind=server.image_kind,
            hostname=hostname,
            network=path,
        )
    if found is None or not found.running:
        podman.start(settings, key)
    execute = _execute(settings, key)
    server.await_ready(execute, database)
    if not (made := _made_marker(settings, key)).exists():
        if database.restore_from:
            _restore(settings, server, execute, database)
        server.create(execute, database)
        made.write_text(_password_digest(database))


def sync_password(settings: Settings, database: Database) -> bool:
    """Set the password when the API's is not the server's; say whether it did."""
    made = _made_marker(settings, database.interface.key)
    if not made.exists() or made.read_text() == _password_digest(database):
        return False
    _server(database).set_password(_execute(settings, database.interface.key), database)
    made.write_text(_password_digest(database))
    return True


def snapshot(settings: Settings, database: Database, name: str) -> None:
    """Keep all data of a running database under a snapshot's name."""
    server = _server(database)
    key = database.interface.key
    target = _snapshot_file(settings, server, database.region, name)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.parent.chmod(0o700)
    inside = "/var/tmp/snapshot"  # noqa: S108  (on a host of one user)
    server.dump(_execute(settings, key), database, inside)
    podman.copy_out(settings, key, inside, target)
    _execute(settings, key)("rm", "-f", inside)


def has_data(settings: Settings, database: Database) -> bool:
    """Whether the server was ever set up: before that there is nothing to keep."""
    return _made_marker(settings, database.interface.key).exists()


def await_ready(settings: Settings, database: Database) -> None:
    """Return when a started server answers."""
    _server(database).await_ready(_execute(settings, database.interface.key), database)


def remove_snapshot(settings: Settings, region: str, name: str) -> None:
    for path in (settings.directory / "snapshots" / region).glob(f"{name}.*"):
        path.unlink(missing_ok=True)


def remove(settings: Settings, network: Network, key: str) -> None:
    network.unplug(key)
    podman.remove(settings, key)


def _restore(settings: Settings, server: Server, execute: Execute, database: Database) -> None:
    assert database.restore_from  # noqa: S101
    source = _snapshot_file(settings, server, database.region, database.restore_from)
    if not source.exists():
        raise FileNotFoundError(
            f"the snapshot {database.restore_from!r} has no data: {source} does not exist"
        )
    inside = "/var/tmp/snapshot"  # noqa: S108
    podman.copy_in(settings, database.interface.key, source, inside)
    execute("chown", "postgres", inside)
    server.restore(execute, database, inside)
    execute("rm", "-f", inside)


def _server(database: Database) -> Server:
    try:
        return SERVERS[database.engine]
    except KeyError:
        raise UnsupportedEngineError(database.engine) from None


def _snapshot_file(settings: Settings, server: Server, region: str, name: str) -> Path:
    return settings.directory / "snapshots" / region / f"{name}{server.dump_suffix}"


def _made_marker(settings: Settings, key: str) -> Path:
    """Exists once role and database do; holds a digest of the password that was set."""
    return podman.seed_directory(settings, key) / "made"


def _password_digest(database: Database) -> str:
    salted = f"{database.id}\0{database.password}".encode()
    return hashlib.scrypt(salted, salt=b"hivemind-sandbox", n=2**10, r=8, p=1).hex()


def _execute(settings: Settings, key: str) -> Execute:
    def execute(*argv: str, user: str = "root", stdin: str | None = None) -> str:
        return podman.execute(settings, key, *argv, user=user, stdin=stdin)

    return execute


def _await(probe: Callable[[], object]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            probe()
            return
        except CommandError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _identifier(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
