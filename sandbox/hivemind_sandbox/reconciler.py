"""Make what the API describes real, over and over.

Wanted is moto's state, actual are podman's labels, namespaces and pid files. One loop compares; a
worker for each object acts, one at a time for the same object, and after a failure waits longer
and longer. What failed too often is `failed`, with its reason.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hivemind_sandbox import (
    allocations,
    backends,
    cache,
    cache_hooks,
    certificates,
    database,
    hosts,
    load_balancer,
    metrics,
    network,
    podman,
    readings,
    state,
)
from hivemind_sandbox.database_servers import UnsupportedEngineError
from hivemind_sandbox.metadata import MetadataService
from hivemind_sandbox.settings import Settings
from hivemind_sandbox.wanted import Cache, Database, Host, LoadBalancer, Vpc, Wanted

log = logging.getLogger(__name__)

INTERVAL_S = 1.0
LISTING_INTERVAL_S = 15.0
WORKERS = 8
ATTEMPTS = 5
LONGEST_WAIT_S = 30.0

_wake = threading.Event()


def wake() -> None:
    """Compare now: something may have changed."""
    _wake.set()


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectStatus:
    """One object of the sandbox, for people."""

    kind: str
    id: str
    state: str
    reason: str = ""


@dataclass(slots=True)
class _Job:
    """What is known of the work on one object."""

    busy: bool = False
    failures: int = 0
    not_before: float = 0.0
    reason: str = ""


class Reconciler:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._given = allocations.of(settings)
        self._network = network.Network(settings, self._given)
        self._metadata = MetadataService()
        self._metrics = metrics.Metrics(settings)
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="object")
        self._jobs: dict[str, _Job] = {}
        self._lock = threading.Lock()
        self._containers: dict[str, podman.Container] = {}
        self._listed_at = float("-inf")
        self._wanted = Wanted()
        self._problem = ""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="reconciler", daemon=True)

    def start(self) -> None:
        """Take up the network and begin; without hosts (`settings.hosts`) only save the state."""
        self._settings.directory.mkdir(parents=True, exist_ok=True)
        if self._settings.hosts:
            certificates.authority_file(self._settings)
            self._network.prepare()
            self._resume()
        self._thread.start()

    def stop(self) -> None:
        """End the loop and wait for work under way; hosts and load balancers run on."""
        self._stopping.set()
        wake()
        if self._thread.is_alive():
            self._thread.join(timeout=30)
        self._workers.shutdown(wait=True, cancel_futures=True)
        self._metadata.stop()

    def status(self) -> list[ObjectStatus]:
        """All objects with state and, where something does not work, the reason."""
        seen = self._wanted
        rows = [ObjectStatus(kind="vpc", id=vpc.id, state="running") for vpc in seen.vpcs]
        rows += [self._row("host", host.id, host.id, host.state) for host in seen.hosts]
        rows += [
            self._row("database", item.interface.key, item.id, item.status)
            for item in seen.databases
        ]
        rows += [
            self._row("cache", item.interface.key, item.id, item.status) for item in seen.caches
        ]
        rows += [
            self._row("load balancer", item.interface.key, item.name, item.state)
            for item in seen.load_balancers
        ]
        if self._problem:
            rows.append(
                ObjectStatus(kind="network", id="sandbox", state="failed", reason=self._problem)
            )
        return rows

    def _row(self, kind: str, key: str, id_: str, current: str) -> ObjectStatus:
        job = self._jobs.get(key, _Job())
        failed = job.failures >= ATTEMPTS
        return ObjectStatus(
            kind=kind, id=id_, state="failed" if failed else current, reason=job.reason
        )

    # The loop

    def _loop(self) -> None:
        while not self._stopping.is_set():
            _wake.wait(INTERVAL_S)
            _wake.clear()
            try:
                self._pass()
                self._problem = ""
            except Exception as error:
                if str(error) != self._problem:
                    log.exception("the sandbox could not bring its network up to date")
                self._problem = str(error)
                self._stopping.wait(INTERVAL_S)

    def _pass(self) -> None:
        if not self._settings.hosts:
            state.save(self._settings)
            return
        wanted = readings.wanted(self._given)
        # Before anything becomes real, so that after a crash no host is unknown.
        state.save(self._settings)
        self._wanted = wanted
        self._network.heal()
        self._list_containers()
        vpcs = {vpc.id: vpc for vpc in wanted.vpcs}
        for vpc in wanted.vpcs:
            self._network.ensure_vpc(vpc)
            router = network.namespace(self._settings, vpc.id)
            self._metadata.ensure(vpc.id, router, partial(readings.metadata, vpc.id))
            self._network.sync_vpc(vpc)
        self._network.publish(_public_names(wanted), wanted.vpcs)
        for host in wanted.hosts:
            self._decide_host(vpcs[host.interface.vpc], host)
        for item in wanted.databases:
            self._decide_database(vpcs[item.interface.vpc], item)
        for kept in wanted.caches:
            self._decide_cache(vpcs[kept.interface.vpc], kept)
        for balancer in wanted.load_balancers:
            self._decide_balancer(balancer)
        self._remove_unwanted(wanted)
        self._forget_jobs(wanted)
        backends.note_healthy()
        self._metrics.collect(wanted, self._containers)

    def _list_containers(self) -> None:
        """Ask podman when something changed: it costs 50 ms, which each second would add up."""
        ended = any(
            container.running and not Path(f"/proc/{container.pid}").exists()
            for container in self._containers.values()
        )
        now = time.monotonic()
        if ended or now - self._listed_at > LISTING_INTERVAL_S:
            self._containers = podman.containers(self._settings)
            self._listed_at = now

    # Decisions

    def _decide_host(self, vpc: Vpc, host: Host) -> None:
        found = self._containers.get(host.id)
        runs = found is not None and found.running
        if host.state in ("stopping", "stopped"):
            if runs or host.state == "stopping":
                self._work(host.id, partial(self._stop_host, host, runs=runs))
        elif host.state == "running" and host.reboot:
            self._work(host.id, partial(self._reboot_host, host))
        elif host.state == "running" and found is not None and not runs and self._is_off(found):
            self._work(host.id, partial(backends.host_stopped, host.id, by_itself=True))
        elif not runs or host.state == "pending":
            self._work(
                host.id,
                partial(self._run_host, vpc, host, found),
                give_up=partial(backends.host_failed, host.id),
            )

    def _decide_database(self, vpc: Vpc, item: Database) -> None:
        key = item.interface.key
        found = self._containers.get(key)
        runs = found is not None and found.running
        if item.snapshots and runs:
            self._work(key, partial(self._snapshot, item))
        elif item.status == "deleting":
            self._work(key, partial(self._delete_database, vpc, item, found))
        elif item.status in ("stopping", "stopped"):
            if runs or item.status == "stopping":
                self._work(key, partial(self._stop_database, item, runs=runs))
        elif runs and (
            item.status == "rebooting"
            or (item.status == "available" and database.has_new_parameters(self._settings, item))
        ):
            self._work(key, partial(self._reboot_database, item))
        elif not runs or item.status != "available":
            self._work(
                key,
                partial(self._run_database, vpc, item, found),
                give_up=lambda _: backends.database_is(item.region, item.id, "failed"),
            )
        elif item.status == "available" and not self._network.is_plugged(item.interface):
            self._work(key, partial(self._network.plug, item.interface))

    def _decide_cache(self, vpc: Vpc, item: Cache) -> None:
        key = item.interface.key
        found = self._containers.get(key)
        if item.status == "deleting":
            self._work(key, partial(self._delete_cache, item))
        elif found is None or not found.running or item.status != "available":
            self._work(
                key,
                partial(self._run_cache, vpc, item, found),
                give_up=lambda _: cache_hooks.cache_is(item.region, item.id, "create-failed"),
            )
        elif not self._network.is_plugged(item.interface):
            self._work(key, partial(self._network.plug, item.interface))

    def _decide_balancer(self, balancer: LoadBalancer) -> None:
        self._work(
            balancer.interface.key,
            partial(self._run_balancer, balancer),
            give_up=lambda _: backends.balancer_is(balancer.arn, "failed"),
            quiet=True,
        )

    def _is_off(self, container: podman.Container) -> bool:
        """Whether the host powered itself off, rather than rebooted or was stopped by `down`."""
        return (
            container.exit_code == podman.EXIT_POWEROFF
            and not podman.paused_marker(self._settings, container.key).exists()
        )

    def _remove_unwanted(self, wanted: Wanted) -> None:
        kept = wanted.keys
        for key in set(self._containers) - kept:
            self._work(key, partial(self._remove_container, key))
        for key in backends.ending_hosts():
            if key not in self._containers:
                self._work(key, partial(self._remove_container, key))
        for key in set(load_balancer.found(self._settings)) - kept:
            self._work(key, partial(self._remove_balancer, key))
        for key in set(self._given.interfaces()) - kept:
            readings.release(self._given, key)
        if not self._busy(exclude=kept):
            vpcs = {vpc.id for vpc in wanted.vpcs}
            for vpc_id in set(self._network.routers()) - vpcs:
                self._metadata.remove(vpc_id)
                self._network.remove_vpc(vpc_id)

    # Work on one object, on a worker's thread

    def _run_host(self, vpc: Vpc, host: Host, found: podman.Container | None) -> None:
        hosts.ensure_running(self._settings, self._network, vpc, host, found)
        backends.host_runs(host.id)

    def _stop_host(self, host: Host, *, runs: bool) -> None:
        if runs:
            podman.stop(self._settings, host.id)
        backends.host_stopped(host.id, by_itself=False)

    def _reboot_host(self, host: Host) -> None:
        podman.restart(self._settings, host.id)
        backends.host_rebooted(host.id)

    def _remove_container(self, key: str) -> None:
        hosts.remove(self._settings, self._network, key)
        backends.host_gone(key)

    def _run_database(self, vpc: Vpc, item: Database, found: podman.Container | None) -> None:
        database.ensure_running(self._settings, self._network, vpc, item, found)
        database.sync_password(self._settings, item)
        backends.database_is(item.region, item.id, "available")

    def _stop_database(self, item: Database, *, runs: bool) -> None:
        if runs:
            podman.stop(self._settings, item.interface.key)
        backends.database_is(item.region, item.id, "stopped")

    def _reboot_database(self, item: Database) -> None:
        database.reboot(self._settings, item)
        backends.database_is(item.region, item.id, "available")

    def _snapshot(self, item: Database) -> None:
        for name in item.snapshots:
            database.snapshot(self._settings, item, name)
            backends.snapshot_is(item.region, name, "available")

    def _delete_database(self, vpc: Vpc, item: Database, found: podman.Container | None) -> None:
        """Remove the host, but never before its data is kept where that was asked for."""
        if item.snapshots and database.has_data(self._settings, item):
            database.ensure_running(self._settings, self._network, vpc, item, found)
            self._snapshot(item)
        for name in item.snapshots:
            backends.snapshot_is(item.region, name, "available")
        database.remove(self._settings, self._network, item.interface.key)
        backends.database_gone(item.region, item.id)

    def _run_cache(self, vpc: Vpc, item: Cache, found: podman.Container | None) -> None:
        cache.ensure_running(self._settings, self._network, vpc, item, found)
        cache_hooks.cache_is(item.region, item.id, "available")

    def _delete_cache(self, item: Cache) -> None:
        cache.remove(self._settings, self._network, item.interface.key)
        cache_hooks.cache_gone(item.region, item.id)

    def _run_balancer(self, balancer: LoadBalancer) -> None:
        load_balancer.ensure(self._settings, self._network, balancer)
        backends.balancer_is(balancer.arn, "active")

    def _remove_balancer(self, key: str) -> None:
        load_balancer.remove(self._settings, self._network, key)

    # Workers

    def _work(
        self,
        key: str,
        action: Callable[[], object],
        *,
        give_up: Callable[[str], object] | None = None,
        quiet: bool = False,
    ) -> None:
        """Run `action` unless the object is worked on or waits after a failure.

        `give_up` gets the reason when it failed too often. `quiet`: it is called at every pass,
        and mostly finds nothing to do.
        """
        with self._lock:
            job = self._jobs.setdefault(key, _Job())
            if job.busy or time.monotonic() < job.not_before:
                return
            job.busy = True
        self._workers.submit(self._perform, key, job, action, give_up, quiet)

    def _perform(
        self,
        key: str,
        job: _Job,
        action: Callable[[], object],
        give_up: Callable[[str], object] | None,
        quiet: bool,  # noqa: FBT001
    ) -> None:
        started = time.monotonic()
        failed = False
        try:
            action()
            job.failures, job.reason, job.not_before = 0, "", 0.0
        except Exception as error:
            failed = True
            # Some failures no second attempt mends.
            hopeless = isinstance(error, UnsupportedEngineError) and job.failures == 0
            job.failures = ATTEMPTS if hopeless else job.failures + 1
            job.reason = str(error) or repr(error)
            job.not_before = time.monotonic() + min(2.0**job.failures / 2, LONGEST_WAIT_S)
            log.warning("%s: attempt %d failed: %s", key, job.failures, job.reason)
            log.debug("%s", key, exc_info=True)
            if job.failures == ATTEMPTS and give_up is not None:
                give_up(job.reason)
        if not quiet or failed:
            log.info("%s: worked on for %.2f s", key, time.monotonic() - started)
            self._listed_at = float("-inf")
        with self._lock:
            job.busy = False
        if not quiet:
            wake()

    def _busy(self, *, exclude: Iterable[str]) -> bool:
        """Whether something that is about to go is still worked on."""
        with self._lock:
            return any(job.busy for key, job in self._jobs.items() if key not in set(exclude))

    def _forget_jobs(self, wanted: Wanted) -> None:
        kept = wanted.keys
        with self._lock:
            for key in list(self._jobs):
                job = self._jobs[key]
                if key not in kept and not job.busy and not job.failures:
                    del self._jobs[key]

    def _resume(self) -> None:
        """After a restart of this machine, hosts that are off were not switched off by anyone."""
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()
        path = self._settings.directory / "boot_id"
        if not path.exists() or path.read_text() != boot:
            for key in podman.found(self._settings):
                podman.pause(self._settings, key)
            path.write_text(boot)


def _public_names(wanted: Wanted) -> dict[str, str]:
    return {
        name: interface.public
        for interface in wanted.interfaces
        if interface.public
        for name in interface.public_names
    }
