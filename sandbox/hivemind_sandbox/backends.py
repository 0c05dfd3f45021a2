"""Hooks into moto: the one place where the sandbox changes how moto's services behave.

A hook only sets a state (pending, stopping, creating, deleting) or adds a time stamp; the
reconciler makes it real and then says so through the functions at the end. Reading is in
readings.py.
"""

import contextlib
import json
import re
import threading
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from moto.core.responses import BaseResponse
from moto.core.utils import utcnow
from moto.ec2.models import EC2Backend, elastic_ip_addresses, elastic_network_interfaces
from moto.ec2.models.instances import Instance, InstanceState, StateReason
from moto.elbv2 import models as elbv2
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.rds.models import RDSBackend
from moto.s3.models import FakeBucket
from moto.s3.responses import S3Response

from hivemind_sandbox import allocations, cache_hooks, database, load_balancer, readings, state
from hivemind_sandbox.readings import each
from hivemind_sandbox.settings import Settings

PENDING, RUNNING, SHUTTING_DOWN, TERMINATED, STOPPING, STOPPED = 0, 16, 32, 48, 64, 80
READS = re.compile(
    r"^(Describe|Get|List|Head|Search|Select|Batch[_]?Get|Lookup|Simulate|Test)", re.I
)

_restoring = threading.local()
_installed = False


def install(settings: Settings, wake: Callable[[], None]) -> None:
    """Hook into moto's services. `wake` is called after each call that may have changed one.

    With `settings.hosts` false, only addresses come from the sandbox's slice, and moto's own
    transitions stay: everything is available at once.
    """
    global _installed  # noqa: PLW0603
    if _installed:
        raise RuntimeError("moto is hooked already: a process runs one sandbox")
    _installed = True
    _hook_changes(wake)
    _hook_addresses(settings)
    _hook_names()
    _hook_bucket_policies()
    cache_hooks.install(hosts=settings.hosts)
    if settings.hosts:
        _hook_instances()
        _hook_databases(settings)
        _hook_load_balancers(settings)


# Changes


def _hook_changes(wake: Callable[[], None]) -> None:
    original = BaseResponse.call_action

    @wraps(original)
    def call_action(self: Any) -> Any:
        answer = original(self)
        if not READS.match(self._get_action()):
            state.touch()
            wake()
        return answer

    BaseResponse.call_action = call_action

    # S3 does not go that way.
    for name in ("_bucket_response", "_key_response"):
        setattr(S3Response, name, _touching(getattr(S3Response, name)))


def _touching(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def respond(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        answer = original(self, request, *args, **kwargs)
        if request.method not in ("GET", "HEAD"):
            state.touch()
        return answer

    return respond


# Addresses and names


def _hook_addresses(settings: Settings) -> None:
    given = allocations.of(settings)

    def public_address() -> str:
        return given.public_address(readings.public_addresses())

    elastic_network_interfaces.random_public_ip = public_address
    elastic_ip_addresses.random_ip = public_address


def _hook_names() -> None:
    original = elbv2.ELBv2Backend.create_load_balancer

    @wraps(original)
    def create_load_balancer(self: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        """As AWS does it: two load balancers of one name, one after the other, differ."""
        kind = kwargs.get("loadbalancer_type") or "application"
        if kind != "application":
            raise elbv2.ValidationError(
                f"the sandbox has application load balancers only, not {kind} load balancers"
            )
        balancer = original(self, name, *args, **kwargs)
        number = int(balancer.arn.rsplit("/", 1)[-1], 16) % 10**10
        internal = "internal-" if balancer.scheme == "internal" else ""
        region = self.region_name
        balancer.dns_name = f"{internal}{name}-{number:010}.{region}.elb.amazonaws.com"
        return balancer

    elbv2.ELBv2Backend.create_load_balancer = create_load_balancer


def _hook_bucket_policies() -> None:
    """Moto ignores conditions, so a policy that asks for TLS would refuse everything.

    The way to this endpoint never leaves the machine: it counts as secure transport.
    """

    def get_permission(self: Any, action: str, resource: str) -> Any:
        if self.policy is None:
            return PermissionResult.NEUTRAL
        document = json.loads(self.policy)
        insecure = {"Bool": {"aws:SecureTransport": "false"}}
        document["Statement"] = [
            statement
            for statement in document["Statement"]
            if statement.get("Condition") != insecure
        ]
        return IAMPolicy(json.dumps(document)).is_action_permitted(action, resource)

    FakeBucket.get_permission = get_permission


# Instances


def _hook_instances() -> None:
    original_run = EC2Backend.run_instances
    original_start, original_stop = Instance.start, Instance.stop
    original_terminate, original_reboot = Instance.terminate, Instance.reboot

    @wraps(original_run)
    def run_instances(self: Any, *args: Any, **kwargs: Any) -> Any:
        reservation = original_run(self, *args, **kwargs)
        for instance in reservation.instances:
            _set_state(instance, "pending", PENDING)
        return reservation

    @wraps(original_start)
    def start(self: Any) -> Any:
        if self._state.name in ("running", "pending"):
            return InstanceState(self._state.name, self._state.code)
        previous = original_start(self)
        _set_state(self, "pending", PENDING)
        return previous

    @wraps(original_stop)
    def stop(self: Any) -> Any:
        if self._state.name in ("stopped", "stopping"):
            return InstanceState(self._state.name, self._state.code)
        previous = original_stop(self)
        _set_state(self, "stopping", STOPPING)
        return previous

    @wraps(original_terminate)
    def terminate(self: Any) -> Any:
        if self._state.name in ("terminated", "shutting-down"):
            return InstanceState(self._state.name, self._state.code)
        previous = original_terminate(self)
        _set_state(self, "shutting-down", SHUTTING_DOWN)
        return previous

    @wraps(original_reboot)
    def reboot(self: Any) -> None:
        if self._state.name == "running":
            original_reboot(self)
            self.sandbox_reboot = True

    original_groups = EC2Backend.modify_instance_security_groups

    @wraps(original_groups)
    def modify_groups(self: Any, *args: Any, **kwargs: Any) -> Any:
        """An instance's groups are its first interface's: moto would keep the old ones there."""
        instance = original_groups(self, *args, **kwargs)
        instance.nics[0]._group_set = list(instance.security_groups)
        return instance

    EC2Backend.modify_instance_security_groups = modify_groups
    EC2Backend.run_instances = run_instances
    Instance.start, Instance.stop = start, stop
    Instance.terminate, Instance.reboot = terminate, reboot


def _set_state(instance: Any, name: str, code: int) -> None:
    instance._state.name = name
    instance._state.code = code


def _instance(instance_id: str) -> Any:
    for backend in each("ec2"):
        if (found := backend.get_instance_by_id(instance_id)) is not None:
            return found
    return None


# Databases


def _hook_databases(settings: Settings) -> None:
    original_create = RDSBackend.create_db_instance
    original_restore = RDSBackend.restore_db_instance_from_db_snapshot
    original_modify = RDSBackend.modify_db_instance
    original_snapshot = RDSBackend.create_db_snapshot
    original_delete_snapshot = RDSBackend.delete_db_snapshot

    @wraps(original_create)
    def create_db_instance(self: Any, db_kwargs: Any) -> Any:
        created = original_create(self, db_kwargs)
        created.sandbox_restore_from = getattr(_restoring, "snapshot", None)
        created.status = "creating"
        return created

    @wraps(original_restore)
    def restore(self: Any, from_snapshot_id: str, overrides: Any) -> Any:
        _restoring.snapshot = from_snapshot_id.rsplit(":", 1)[-1]
        try:
            return original_restore(self, from_snapshot_id, overrides)
        finally:
            _restoring.snapshot = None

    @wraps(original_modify)
    def modify_db_instance(self: Any, db_instance_identifier: str, db_kwargs: Any) -> Any:
        modified = original_modify(self, db_instance_identifier, db_kwargs)
        if db_kwargs.get("master_user_password") and modified.status == "available":
            modified.status = "resetting-master-credentials"
        return modified

    @wraps(original_snapshot)
    def create_db_snapshot(self: Any, *args: Any, **kwargs: Any) -> Any:
        created = original_snapshot(self, *args, **kwargs)
        if created.snapshot_type == "manual":
            created.status = "creating"
        return created

    @wraps(original_delete_snapshot)
    def delete_db_snapshot(self: Any, db_snapshot_identifier: str) -> Any:
        gone = original_delete_snapshot(self, db_snapshot_identifier)
        database.remove_snapshot(settings, self.region_name, gone.db_snapshot_identifier)
        return gone

    RDSBackend.create_db_instance = create_db_instance
    RDSBackend.restore_db_instance_from_db_snapshot = restore
    RDSBackend.modify_db_instance = modify_db_instance
    RDSBackend.create_db_snapshot = create_db_snapshot
    RDSBackend.delete_db_snapshot = delete_db_snapshot
    RDSBackend.delete_db_instance = _deleting(RDSBackend.delete_db_instance)
    for name, status in (
        ("stop_db_instance", "stopping"),
        ("start_db_instance", "starting"),
        ("reboot_db_instance", "rebooting"),
    ):
        setattr(RDSBackend, name, _with_status(getattr(RDSBackend, name), status))


def _deleting(original: Callable[..., Any]) -> Callable[..., Any]:
    """Keep the instance, as `deleting`, until its data is kept and its host is gone."""

    @wraps(original)
    def delete_db_instance(
        self: Any,
        db_instance_identifier: str,
        final_db_snapshot_identifier: str | None = None,
        skip_final_snapshot: bool | None = False,  # noqa: FBT001, FBT002
        delete_automated_backups: bool | None = True,  # noqa: FBT001, FBT002
    ) -> Any:
        found = self.databases.get(db_instance_identifier)
        if found is None or found.deletion_protection:
            return original(self, db_instance_identifier)
        if found.status == "deleting":
            return found
        if final_db_snapshot_identifier and not skip_final_snapshot:
            self.create_db_snapshot(db_instance_identifier, final_db_snapshot_identifier)
        found.sandbox_delete_backups = delete_automated_backups
        found.status = "deleting"
        return found

    delete_db_instance.sandbox_original = original  # type: ignore[attr-defined]
    return delete_db_instance


def _with_status(original: Callable[..., Any], status: str) -> Callable[..., Any]:
    @wraps(original)
    def change(self: Any, *args: Any, **kwargs: Any) -> Any:
        changed = original(self, *args, **kwargs)
        changed.status = status
        return changed

    return change


def _database(region: str, identifier: str) -> tuple[Any, Any]:
    for backend in each("rds"):
        if backend.region_name == region and identifier in backend.databases:
            return backend, backend.databases[identifier]
    return None, None


# Load balancers


def _hook_load_balancers(settings: Settings) -> None:
    group = elbv2.FakeTargetGroup
    original_register, original_deregister = group.register, group.deregister
    original_terminated = group.deregister_terminated_instances

    @wraps(original_register)
    def register(self: Any, targets: list[dict[str, Any]]) -> None:
        known = dict(self.targets)
        original_register(self, targets)
        for target in targets:
            entry, old = self.targets[target["Id"]], known.get(target["Id"])
            same = old is not None and str(old["Port"]) == str(entry["Port"])
            entry["RegisteredAt"] = old["RegisteredAt"] if same and old else time.time()
            entry["SeenHealthy"] = bool(same and old and old["SeenHealthy"])

    @wraps(original_deregister)
    def deregister(self: Any, targets: list[dict[str, Any]]) -> None:
        original_deregister(self, targets)
        for target in targets:
            _drain(self, self.deregistered_targets[target["Id"]])

    @wraps(original_terminated)
    def deregister_terminated_instances(self: Any, instance_ids: list[str]) -> None:
        ended = [target for target in self.targets.values() if target["Id"] in instance_ids]
        original_terminated(self, instance_ids)
        for target in ended:
            self.terminated_targets.pop(target["Id"], None)
            self.deregistered_targets[target["Id"]] = target
            _drain(self, target)

    def health_for(self: Any, target: dict[str, Any], ec2_backend: Any) -> Any:
        entry = self.targets.get(target["Id"]) or self.deregistered_targets.get(target["Id"])
        port = str((entry or target).get("Port", self.port))
        health = _health(settings, self, target["Id"], ec2_backend)
        return elbv2.FakeHealthStatus(
            target["Id"],
            port,
            port if self.health_check_port == "traffic-port" else self.health_check_port,
            health.state,
            health.reason,
            health.description,
        )

    def describe_target_health(self: Any, target_group_arn: str, targets: Any) -> Any:
        found = self.target_groups.get(target_group_arn)
        if found is None:
            raise elbv2.TargetGroupNotFoundError
        if not targets:
            left = found.deregistered_targets.values()
            draining = [t for t in left if _is_draining(settings, found, t, self.ec2_backend)]
            targets = [*found.targets.values(), *draining]
        return [found.health_for(target, self.ec2_backend) for target in targets]

    group.register, group.deregister = register, deregister
    group.deregister_terminated_instances = deregister_terminated_instances
    group.health_for = health_for
    elbv2.ELBv2Backend.describe_target_health = describe_target_health
    # A load balancer is active when its process runs, not when it is looked at.
    elbv2.FakeLoadBalancer.activate = lambda _self: None


# The configuration without the target is in force by then.
_LEAST_DRAINING_S = 3.0


def _drain(group: Any, target: dict[str, Any]) -> None:
    delay = int(group.attributes["deregistration_delay.timeout_seconds"])
    now = time.time()
    target["DrainingUntil"] = now + delay
    target["DrainingAtLeast"] = now + min(delay, _LEAST_DRAINING_S)


def _is_draining(settings: Settings, group: Any, target: dict[str, Any], ec2_backend: Any) -> bool:
    """Until the delay is over, or, as on AWS, no connection to the target is left.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#deregistration-delay
    """
    now = time.time()
    if now < target.get("DrainingAtLeast", 0.0):
        return True
    address = readings.target_address(target["Id"], ec2_backend)
    return (
        now < target.get("DrainingUntil", 0.0)
        and address is not None
        and any(
            load_balancer.is_connected(
                settings, load_balancer.key(arn), address, int(target["Port"])
            )
            for arn in readings.balancers_of(group.arn)
        )
    )


def _health(
    settings: Settings, group: Any, target_id: str, ec2_backend: Any
) -> load_balancer.Health:
    entry = group.targets.get(target_id)
    if entry is None:
        left = group.deregistered_targets.get(target_id)
        if left is not None and _is_draining(settings, group, left, ec2_backend):
            return load_balancer.Health(
                state="draining",
                reason="Target.DeregistrationInProgress",
                description="Target deregistration is in progress",
            )
        return load_balancer.Health(
            state="unused",
            reason="Target.NotRegistered",
            description="Target is not registered to the target group",
        )
    instance = ec2_backend.get_instance_by_id(target_id)
    if instance is not None and instance.state in ("stopping", "stopped"):
        return load_balancer.Health(
            state="unused",
            reason="Target.InvalidState",
            description=f"Target is in the {instance.state} state",
        )
    balancers = readings.balancers_of(group.arn)
    if not balancers:
        return load_balancer.Health(
            state="unused",
            reason="Target.NotInUse",
            description="Target group is not configured to receive traffic from the load balancer",
        )
    value = readings.target_group(group, ec2_backend)
    server = f"{target_id}_{entry['Port']}"
    rows = load_balancer.stats(settings, load_balancer.key(balancers[0]))
    health = load_balancer.health(
        rows.get((value.backend, server)),
        value,
        seen_healthy=entry["SeenHealthy"],
        registered_s=time.time() - entry["RegisteredAt"],
    )
    if health.state == "healthy":
        entry["SeenHealthy"] = True
    return health


# What the reconciler says back


def ending_hosts() -> list[str]:
    """Instances that are terminated by the API, whose host may be there still."""
    return [
        instance.id
        for backend in each("ec2")
        for instance in backend.all_instances()
        if instance.state == "shutting-down"
    ]


def host_runs(instance_id: str) -> None:
    if (found := _instance(instance_id)) is not None and found._state.name == "pending":
        _set_state(found, "running", RUNNING)
        state.touch()


def host_rebooted(instance_id: str) -> None:
    if (found := _instance(instance_id)) is not None:
        found.sandbox_reboot = False
        state.touch()


def host_stopped(instance_id: str, *, by_itself: bool) -> None:
    """The host is off: it was stopped, or powered itself off."""
    found = _instance(instance_id)
    if found is None:
        return
    if by_itself:
        if found._state.name != "running":
            return
        if found.instance_initiated_shutdown_behavior == "terminate":
            found.terminate()
            return
        found.stop()
        found.state_reason = StateReason(
            "Client.InstanceInitiatedShutdown: Instance initiated shutdown",
            "Client.InstanceInitiatedShutdown",
        )
    if found._state.name == "stopping":
        _set_state(found, "stopped", STOPPED)
        state.touch()


def host_gone(instance_id: str) -> None:
    if (found := _instance(instance_id)) is not None and found._state.name == "shutting-down":
        _set_state(found, "terminated", TERMINATED)
        state.touch()


def host_failed(instance_id: str, reason: str) -> None:
    """A launch that does not work ends as on AWS: terminated, with the reason."""
    found = _instance(instance_id)
    if found is None or found._state.name != "pending":
        return
    with contextlib.suppress(Exception):
        found.terminate()
    _set_state(found, "shutting-down", SHUTTING_DOWN)
    found._reason = f"Server.InternalError ({utcnow():%Y-%m-%d %H:%M:%S} UTC)"
    found.state_reason = StateReason(f"Server.InternalError: {reason}", "Server.InternalError")
    state.touch()


def database_is(region: str, identifier: str, status: str) -> None:
    _, found = _database(region, identifier)
    if found is not None and found.status not in ("deleting", status):
        found.status = status
        state.touch()


def database_gone(region: str, identifier: str) -> None:
    backend, found = _database(region, identifier)
    if found is None:
        return
    original = RDSBackend.delete_db_instance.sandbox_original
    original(
        backend,
        identifier,
        None,
        skip_final_snapshot=True,
        delete_automated_backups=found.sandbox_delete_backups,
    )
    state.touch()


def snapshot_is(region: str, identifier: str, status: str) -> None:
    for backend in each("rds"):
        found = backend.database_snapshots.get(identifier)
        if backend.region_name == region and found is not None and found.status != status:
            found.status = status
            state.touch()


def balancer_is(arn: str, status: str) -> None:
    for backend in each("elbv2"):
        found = backend.load_balancers.get(arn)
        if found is not None and found.state != status:
            found.state = status
            state.touch()


def note_healthy() -> None:
    """Remember which targets have been healthy: a later failure is not an initial one."""
    for backend in each("elbv2"):
        for group in list(backend.target_groups.values()):
            for target in list(group.targets.values()):
                if not target["SeenHealthy"]:
                    group.health_for(target, backend.ec2_backend)
