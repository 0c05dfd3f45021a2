"""The shape of a deployment's infrastructure, and the rules that decide it."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from hivemind_agents.domain.base import Frozen
from hivemind_agents.domain.deployment import Deployment, DeploymentName, Slot, StageMode
from hivemind_agents.errors import UserError

StackKind = Literal["web", "worker", "static"]

# RDS's PostgreSQL has the major version of the hosts' client: an older pg_dump refuses a newer
# server, and Debian 12 brings 15.
POSTGRESQL_VERSION = "15"
# A host takes about 2,000 of the 51,200 bytes of a template.
LARGEST_HOSTS = 12
STACK_PREFIX = "hivemind-"
# T4g, M7gd, Im4gn and their like are arm64; G5 is not.
_ARM_TYPE = re.compile(r"^(a1|[a-z]+[0-9]+g[a-z]*)\.")


class SlotShape(Frozen):
    """Hosts of one slot. The image is resolved once and then pinned."""

    count: Annotated[int, Field(ge=0, le=10)] = 0
    instance_type: str = "t3.micro"
    image_id: str = ""
    release: str = "none"

    @model_validator(mode="after")
    def _needs_an_image(self) -> "SlotShape":
        if self.count and not self.image_id:
            raise ValueError("a slot with hosts needs an image")
        return self


class DatabaseShape(Frozen):
    """The database of the stack."""

    engine: Literal["postgresql"] = "postgresql"
    engine_version: str = POSTGRESQL_VERSION
    instance_class: str
    gigabytes: Annotated[int, Field(ge=20, le=16384)] = 20
    multi_az: bool = False
    backup_days: Annotated[int, Field(ge=1, le=35)] = 7
    deletion_protection: bool = False


class Infrastructure(Frozen):
    """All that the template's context and its parameters are made of."""

    name: DeploymentName
    kind: StackKind
    stage_mode: StageMode = "stage-1"
    active_slot: Slot = "blue"
    blue: SlotShape = SlotShape()
    green: SlotShape = SlotShape()
    ssh_public_key: str
    admin_cidr: str
    volume_gigabytes: Annotated[int, Field(ge=8, le=16384)] = 16
    vpc_cidr: str = "10.42.0.0/16"
    app_port: Annotated[int, Field(ge=1024, le=65535)] = 8000
    health_path: str = "/health"
    health_interval_seconds: Annotated[int, Field(ge=5, le=300)] = 30
    health_timeout_seconds: Annotated[int, Field(ge=2, le=120)] = 5
    healthy_threshold: Annotated[int, Field(ge=2, le=10)] = 2
    unhealthy_threshold: Annotated[int, Field(ge=2, le=10)] = 3
    draining_seconds: Annotated[int, Field(ge=0, le=3600)] = 300
    database: DatabaseShape | None = None
    domain_name: str | None = None
    hosted_zone_id: str | None = None
    log_retention_days: int = 14

    @model_validator(mode="after")
    def _fits_into_one_template(self) -> "Infrastructure":
        if self.blue.count + self.green.count > LARGEST_HOSTS:
            raise ValueError(f"the slots hold at most {LARGEST_HOSTS} hosts together")
        return self

    @property
    def stack_name(self) -> str:
        return stack_name(self.name)

    @property
    def has_load_balancer(self) -> bool:
        return self.kind in {"web", "static"}


class _ModeDefaults(Frozen):
    instance_type: str
    instance_count: int
    database_class: str
    multi_az: bool
    backup_days: int
    protection: bool


MODES: Mapping[StageMode, _ModeDefaults] = {
    "stage-1": _ModeDefaults(
        instance_type="t3.micro",
        instance_count=1,
        database_class="db.t4g.micro",
        multi_az=False,
        backup_days=7,
        protection=False,
    ),
    "production": _ModeDefaults(
        instance_type="t3.small",
        instance_count=2,
        database_class="db.t4g.small",
        multi_az=True,
        backup_days=14,
        protection=True,
    ),
}


def stack_name(deployment: str) -> str:
    """The name of a deployment's stack."""
    return f"{STACK_PREFIX}{deployment}"


def decide(
    given: Mapping[str, Any],
    *,
    record: Deployment,
    parameters: Mapping[str, str],
    outputs: Mapping[str, str],
    image_id: str,
    ssh_public_key: str,
    admin_cidr: str,
) -> Infrastructure:
    """Decide the shape: what was given wins, then what the stack has, then the mode's default.

    `given`: the verb's arguments that were really passed. `parameters`, `outputs`: those of the
    stack, empty where there is none. `image_id`: pinned into a slot that has none yet.
    Raises UserError for what cannot be built, before anything is made.
    """
    mode: StageMode = given.get("stage_mode") or parameters.get("StageMode") or "stage-1"
    # Another mode brings its own sizes; within a mode, those that the stack has stay.
    kept = parameters if mode == parameters.get("StageMode") else {}
    defaults = MODES[mode]
    slot = record.active_slot
    kind = _kind(record, outputs)
    domain = _text(given, "domain_name", parameters.get("DomainName"))
    shape: dict[str, Any] = {
        "name": record.name,
        "kind": kind,
        "stage_mode": mode,
        "active_slot": slot,
        "ssh_public_key": ssh_public_key,
        "admin_cidr": given.get("admin_cidr") or admin_cidr,
        "health_path": _health_path(record, kind, parameters),
        "database": _database(given, record, parameters, outputs, kept, defaults),
        "domain_name": domain,
        "hosted_zone_id": _text(given, "hosted_zone_id", parameters.get("HostedZoneId"))
        if domain
        else None,
    }
    for field, argument, parameter in (
        ("volume_gigabytes", None, "VolumeGigabytes"),
        ("vpc_cidr", None, "VpcCidr"),
        ("app_port", None, "AppPort"),
        ("health_interval_seconds", None, "HealthIntervalSeconds"),
        ("health_timeout_seconds", None, "HealthTimeoutSeconds"),
        ("healthy_threshold", None, "HealthyThreshold"),
        ("unhealthy_threshold", None, "UnhealthyThreshold"),
        ("draining_seconds", "draining_seconds", "DrainingSeconds"),
        ("log_retention_days", "log_retention_days", "LogRetentionDays"),
    ):
        value = given.get(argument) if argument else None
        value = parameters.get(parameter) if value is None else value
        if value is not None:
            shape[field] = value
    for each in ("blue", "green"):
        shape[each] = _slot(
            each, given, record, outputs, parameters, kept, defaults, image_id, active=each == slot
        )
    try:
        # Parameters are text: lax validation makes them numbers.
        infrastructure = Infrastructure.model_validate(shape, strict=False)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
            for problem in error.errors(include_input=False, include_url=False)
        )
        raise UserError(
            f"the infrastructure cannot be built like this: {problems}",
            mend="hivemind playbook show provision",
        ) from error
    _refuse_impossible(infrastructure)
    return infrastructure


def _kind(record: Deployment, outputs: Mapping[str, str]) -> str:
    kind = record.kind or (record.recon or {}).get("kind") or outputs.get("Kind")
    if kind is None:
        raise UserError(
            f"it is not known yet what {record.name!r} is: Recon has not read its repository",
            mend=f"ansible-playbook playbooks/recon.yml -e deployment_name={record.name} "
            "-e app_repo=PATH_OR_URL",
        )
    if kind not in {"web", "worker", "static"}:
        raise UserError(
            f"{record.name!r} is a {kind}: nothing in it keeps running, so there is nothing to "
            "deploy",
            mend="say what runs: -e app_kind=web (or worker) -e app_start_command='...'",
        )
    return str(kind)


def _health_path(record: Deployment, kind: str, parameters: Mapping[str, str]) -> str:
    found = (record.recon or {}).get("health_path")
    return str(found or parameters.get("HealthPath") or ("/" if kind == "static" else "/health"))


def _database(
    given: Mapping[str, Any],
    record: Deployment,
    parameters: Mapping[str, str],
    outputs: Mapping[str, str],
    kept: Mapping[str, str],
    defaults: _ModeDefaults,
) -> dict[str, Any] | None:
    asked = given.get("database_engine") or "auto"
    exists = "DatabaseIdentifier" in outputs
    if asked == "none" and exists:
        raise UserError(
            f"the stack of {record.name!r} holds a database; it is not deleted by leaving it out",
            mend="leave database_engine out to keep it; destroy keeps a last snapshot of it",
        )
    needed = "postgresql" in (record.recon or {}).get("needs", ())
    if not (exists or asked == "postgresql" or (asked == "auto" and needed)):
        return None
    return {
        "engine_version": parameters.get("DatabaseEngineVersion", POSTGRESQL_VERSION),
        "instance_class": given.get("database_instance_class")
        or kept.get("DatabaseInstanceClass")
        or defaults.database_class,
        "gigabytes": parameters.get("DatabaseGigabytes", 20),
        "multi_az": kept.get("DatabaseMultiAz", defaults.multi_az),
        "backup_days": kept.get("DatabaseBackupDays", defaults.backup_days),
        "deletion_protection": kept.get("DatabaseDeletionProtection", defaults.protection),
    }


def _slot(
    slot: str,
    given: Mapping[str, Any],
    record: Deployment,
    outputs: Mapping[str, str],
    parameters: Mapping[str, str],
    kept: Mapping[str, str],
    defaults: _ModeDefaults,
    image_id: str,
    *,
    active: bool,
) -> dict[str, Any]:
    title = slot.capitalize()
    hosts = [host for host in outputs.get(f"{title}InstanceIds", "").split(",") if host]
    if not active:
        count = len(hosts)
    elif given.get("instance_count") is not None:
        count = given["instance_count"]
    else:
        count = len(hosts) if kept and hosts else defaults.instance_count
    if not count:
        return {}
    return {
        "count": count,
        "instance_type": (given.get("instance_type") if active else None)
        or kept.get(f"{title}InstanceType")
        or defaults.instance_type,
        "image_id": parameters.get(f"{title}ImageId") or image_id,
        "release": _release(record, given)
        if active
        else parameters.get(f"{title}Release", "none"),
    }


def _release(record: Deployment, given: Mapping[str, Any]) -> str:
    """The release that the active slot is made for: the one asked for, else the newest usable."""
    if given.get("release_number"):
        return str(given["release_number"])
    usable = [r.number for r in record.releases if r.state in {"built", "live"}]
    return str(max(usable)) if usable else "none"


def _text(given: Mapping[str, Any], argument: str, current: str | None) -> str | None:
    """A text that was given, empty to take it away; else the present one."""
    value = given.get(argument)
    return (current if value is None else str(value).strip()) or None


def _refuse_impossible(infrastructure: Infrastructure) -> None:
    for slot in (infrastructure.blue, infrastructure.green):
        if slot.count and _ARM_TYPE.match(slot.instance_type):
            raise UserError(
                f"{slot.instance_type} is an arm64 type, and artifacts are built for x86_64",
                mend="choose an x86_64 type, such as t3.small or m7i.large",
            )
    active = infrastructure.blue if infrastructure.active_slot == "blue" else infrastructure.green
    if not active.count:
        raise UserError("a deployment needs at least one host", mend="instance_count=1")
    if infrastructure.domain_name and not infrastructure.hosted_zone_id:
        raise UserError(
            f"the certificate and the record of {infrastructure.domain_name} need its Route 53 "
            "hosted zone",
            mend="-e hosted_zone_id=Z... (aws route53 list-hosted-zones)",
        )
    if infrastructure.domain_name and not infrastructure.has_load_balancer:
        raise UserError("a worker has no load balancer that a domain could point to")
