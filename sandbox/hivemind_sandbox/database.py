"""RDS instances as hosts with the real server."""

import hashlib
import logging
from pathlib import Path

from hivemind_sandbox import certificates, podman
from hivemind_sandbox.database_servers import SERVERS, Execute, Server, UnsupportedEngineError
from hivemind_sandbox.network import Network, resolver_address
from hivemind_sandbox.podman import Container
from hivemind_sandbox.settings import Settings
from hivemind_sandbox.wanted import Database, Vpc

log = logging.getLogger(__name__)


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
        podman.write_seed(settings, key, seed | _server_seed(settings, database))
        _note_parameters(settings, database)
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


def has_new_parameters(settings: Settings, database: Database) -> bool:
    """Whether the API's parameter group differs from what the server was started with."""
    known = _parameters_marker(settings, database)
    return known.exists() and known.read_text() != repr(database.parameters)


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


def reboot(settings: Settings, database: Database) -> None:
    """Start the server again, with the parameters that the API has now."""
    key = database.interface.key
    podman.write_seed(settings, key, _server_seed(settings, database))
    _note_parameters(settings, database)
    podman.restart(settings, key)
    await_ready(settings, database)


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
    server.restore(execute, database, inside)
    execute("rm", "-f", inside)


def _server_seed(settings: Settings, database: Database) -> dict[str, str]:
    pem = certificates.issue(settings, database.endpoint, (database.endpoint,)).read_text()
    return _server(database).seed(database, certificate=pem)


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


def _note_parameters(settings: Settings, database: Database) -> None:
    _parameters_marker(settings, database).write_text(repr(database.parameters))


def _parameters_marker(settings: Settings, database: Database) -> Path:
    return podman.seed_directory(settings, database.interface.key) / "parameters"


def _password_digest(database: Database) -> str:
    salted = f"{database.id}\0{database.password}".encode()
    return hashlib.scrypt(salted, salt=b"hivemind-sandbox", n=2**10, r=8, p=1).hex()


def _execute(settings: Settings, key: str) -> Execute:
    def execute(*argv: str, user: str = "root", stdin: str | None = None) -> str:
        return podman.execute(settings, key, *argv, user=user, stdin=stdin)

    return execute
