"""ElastiCache's replication groups and clusters as hosts with a real Redis."""

from hivemind_sandbox import certificates, podman
from hivemind_sandbox.commands import CommandError, lines
from hivemind_sandbox.database_servers import UnsupportedEngineError, await_answer
from hivemind_sandbox.network import Network, resolver_address
from hivemind_sandbox.podman import Container
from hivemind_sandbox.settings import Settings
from hivemind_sandbox.wanted import Cache, Vpc

ENGINES = ("redis",)


def ensure_running(
    settings: Settings, network: Network, vpc: Vpc, cache: Cache, found: Container | None
) -> None:
    """Make the server run as the API says, and return when it answers; its data stays."""
    if cache.engine not in ENGINES:
        raise UnsupportedEngineError(cache.engine, ENGINES)
    key = cache.interface.key
    path = network.plug(cache.interface)
    if found is None:
        hostname = "ip-" + cache.interface.private.replace(".", "-")
        seed = podman.seed_of_host(
            hostname=hostname,
            domain=f"{cache.region}.compute.internal",
            address=cache.interface.private,
            resolver=resolver_address(vpc.cidr),
            region=cache.region,
        )
        podman.write_seed(settings, key, seed | _server_seed(settings, cache))
        podman.create(
            settings, key, kind="cache", image_kind="redis", hostname=hostname, network=path
        )
    if found is None or not found.running:
        podman.start(settings, key)
    await_answer(lambda: _ping(settings, cache))


def remove(settings: Settings, network: Network, key: str) -> None:
    network.unplug(key)
    podman.remove(settings, key)


def _server_seed(settings: Settings, cache: Cache) -> dict[str, str]:
    conf = [f"port {0 if cache.tls else cache.port}"]
    if cache.tls:
        conf += [
            f"tls-port {cache.port}",
            "tls-cert-file /etc/redis/server.pem",
            "tls-key-file /etc/redis/server.pem",
            "tls-ca-cert-dir /etc/ssl/certs",
            "tls-auth-clients no",
        ]
    if cache.password:
        conf.append(f"requirepass {cache.password}")
    pem = certificates.issue(settings, cache.endpoint, (cache.endpoint,)).read_text()
    return {"instance.conf": lines(conf), "server.pem": pem}


def _ping(settings: Settings, cache: Cache) -> None:
    """Fails while the server is starting or loading."""
    argv = ["redis-cli", "-e", "-p", str(cache.port)]
    argv += ["--tls", "--insecure"] if cache.tls else []
    authentication = f"AUTH {cache.password}\n" if cache.password else ""
    said = podman.execute(settings, cache.interface.key, *argv, stdin=f"{authentication}PING\n")
    if "PONG" not in said:
        raise CommandError(argv, 1, said)
