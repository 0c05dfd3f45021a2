"""EC2 instances as podman hosts."""

from hivemind_sandbox import certificates, podman
from hivemind_sandbox.network import Network, resolver_address
from hivemind_sandbox.podman import Container
from hivemind_sandbox.settings import Settings
from hivemind_sandbox.wanted import Host, Vpc

# Of Amazon's authorities a host knows those that are installed; this stands for them.
AUTHORITY = "/usr/local/share/ca-certificates/hivemind-sandbox.crt"


def ensure_running(
    settings: Settings, network: Network, vpc: Vpc, host: Host, found: Container | None
) -> None:
    """Make the host run; its disk, keys and addresses stay as they were on an earlier start."""
    path = network.plug(host.interface)
    if found is None:
        podman.write_seed(settings, host.id, _seed(vpc, host))
        # A create that was cut short leaves a container that cannot start.
        podman.create(
            settings,
            host.id,
            kind="instance",
            image_kind="base",
            hostname=host.hostname,
            network=path,
            files={certificates.authority_file(settings): AUTHORITY},
        )
    if found is None or not found.running:
        podman.start(settings, host.id)


def remove(settings: Settings, network: Network, key: str) -> None:
    network.unplug(key)
    podman.remove(settings, key)


def _seed(vpc: Vpc, host: Host) -> dict[str, str]:
    files = podman.seed_of_host(
        hostname=host.hostname,
        domain=f"{host.region}.compute.internal",
        address=host.interface.private,
        resolver=resolver_address(vpc.cidr),
        region=host.region,
    )
    if host.authorized_key:
        files["authorized_keys"] = host.authorized_key.rstrip("\n") + "\n"
    if host.user_data.startswith("#!"):
        files["user-data"] = host.user_data
    return files
