"""End what runs for a sandbox, by label and prefix: it works when the process is dead."""

import logging
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

from hivemind_sandbox import allocations, network, podman
from hivemind_sandbox.commands import CommandError, run
from hivemind_sandbox.settings import Settings

log = logging.getLogger(__name__)


def down(settings: Settings) -> None:
    """Leave no process, namespace, link, address, route, rule or hosts entry.

    Hosts are stopped, not removed: their containers keep their disks, so `up` brings them back.
    The sandbox's process must have ended. Raises IndexTakenError when the index is in use by a
    sandbox with another folder.
    """
    network.check_claim(settings)
    _each(partial(_stop, settings), podman.found(settings))
    _remove_network(settings)


def reset(settings: Settings) -> None:
    """As `down`, and remove hosts, databases, snapshots, certificates and the API's state."""
    network.check_claim(settings)
    _each(partial(podman.remove, settings), podman.found(settings))
    _remove_network(settings)
    shutil.rmtree(settings.directory, ignore_errors=True)


def leftovers(settings: Settings) -> list[str]:
    """Everything of the sandbox that is not a stopped container or a file of its folder."""
    found = [f"namespace {name}" for name in network.namespaces(settings)]
    found += [f"link {path.name}" for path in _links(settings)]
    found += [
        f"container {key}" for key, host in podman.containers(settings).items() if host.running
    ]
    tables = run("nft", "list", "tables", check=False).split("\n")
    found += [f"nft {table}" for table in tables if table == f"table ip {settings.prefix}"]
    if f"hivemind sandbox {settings.index}" in network.HOSTS_FILE.read_text():
        found.append(f"entries in {network.HOSTS_FILE}")
    if network.run_directory(settings).exists():
        found.append(f"folder {network.run_directory(settings)}")
    return found


def _stop(settings: Settings, key: str) -> None:
    podman.pause(settings, key)
    podman.stop(settings, key)


def _each(action: partial[None], keys: list[str]) -> None:
    with ThreadPoolExecutor(8) as workers:
        for done in [workers.submit(action, key) for key in keys]:
            done.result()


def _remove_network(settings: Settings) -> None:
    run_directory = network.run_directory(settings)
    for pid_file in run_directory.glob("lb-*/pid"):
        network.stop_process(pid_file, "haproxy")
    for pid_file in run_directory.glob("vpc-*/pid"):
        network.stop_process(pid_file, "dnsmasq")
    net = network.Network(settings, allocations.of(settings))
    for name in network.namespaces(settings):
        net.remove_namespace(name)
    for path in _links(settings):
        run("ip", "link", "del", path.name, check=False)
    run("nft", "delete", "table", "ip", settings.prefix, check=False)
    network.restore_firewall(settings)
    network.write_hosts_block(settings, {})
    network.restore_forwarding(settings)
    shutil.rmtree(run_directory, ignore_errors=True)
    with suppress(OSError, CommandError):
        if not any(network.RUN_DIRECTORY.glob("[0-7]")):
            shutil.rmtree(network.RUN_DIRECTORY)


def _links(settings: Settings) -> list[Path]:
    """The sandbox's links: its bridge `hm<K>` and its uplinks `hm<K>u<N>`."""
    everything = sorted(Path("/sys/class/net").glob(f"{settings.prefix}*"))
    rest = len(settings.prefix)
    return [
        path
        for path in everything
        if path.name == settings.prefix
        or (path.name[rest] == "u" and path.name[rest + 1 :].isdigit())
    ]
