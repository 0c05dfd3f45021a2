"""The shape of a deployment's infrastructure, and the rules that decide it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from hivemind_agents.domain.base import Frozen
from hivemind_agents.domain.deployment import Deployment, DeploymentName, Slot, StageMode
from hivemind_agents.errors import UserError
from hivemind_agents.hosting.health import HealthCheck, health_check

StackKind = Literal["web", "worker", "static"]
DatabaseEngine = Literal["postgresql", "mysql"]

# RDS's PostgreSQL has the major version of the hosts' client: an older pg_dump refuses a newer
# server, and Debian 12 brings 15.
POSTGRESQL_VERSION = "15"
# The need `mysql` is met with MariaDB, of Debian 12's version.
MARIADB_VERSION = "10.11"
REDIS_VERSION = "7.1"
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

    engine: DatabaseEngine = "postgresql"
    engine_version: str = POSTGRESQL_VERSION
    instance_class: str
    gigabytes: Annotated[int, Field(ge=20, le=16384)] = 20
    multi_az: bool = False
    backup_days: Annotated[int, Field(ge=1, le=35)] = 7
    deletion_protection: bool = False
    force_tls: bool = True


class CacheShape(Frozen):
    """The Redis of the stack; two nodes are in two zones and take over from one another."""

    engine_version: str = REDIS_VERSION
    node_type: str
    nodes: Annotated[int, Field(ge=1, le=2)] = 1


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
    health_codes: Annotated[str, Field(pattern=r"^[1-5]\d\d-[1-5]\d\d$")] = "200-399"
    health_interval_seconds: Annotated[int, Field(ge=5, le=300)] = 30
    health_timeout_seconds: Annotated[int, Field(ge=2, le=120)] = 5
    healthy_threshold: Annotated[int, Field(ge=2, le=10)] = 2
    unhealthy_threshold: Annotated[int, Field(ge=2, le=10)] = 3
    draining_seconds: Annotated[int, Field(ge=0, le=3600)] = 300
    database: DatabaseShape | None = None
    cache: CacheShape | None = None
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
    cache_type: str
    cache_nodes: int


MODES: Mapping[StageMode, _ModeDefaults] = {
    "stage-1": _ModeDefaults(
        instance_type="t3.micro",
        instance_count=1,
        database_class="db.t4g.micro",
        multi_az=False,
        backup_days=7,
        protection=False,
        cache_type="cache.t4g.micro",
        cache_nodes=1,
    ),
    "production": _ModeDefaults(
        instance_type="t3.small",
        instance_count=2,
        database_class="db.t4g.small",
        multi_az=True,
        backup_days=14,
        protection=True,
        cache_type="cache.t4g.small",
        cache_nodes=2,
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
    mode = _mode(given.get("stage_mode") or parameters.get("StageMode") or "stage-1")
    now = _Situation(
        given=given,
        record=record,
        parameters=parameters,
        outputs=outputs,
        # Another mode brings its own sizes; within a mode, those that the stack has stay.
        kept=parameters if mode == parameters.get("StageMode") else {},
        defaults=MODES[mode],
        image_id=image_id,
    )
    kind = _kind(record, outputs)
    domain = now.text("domain_name", "DomainName")
    health = _health(record, parameters)
    shape: dict[str, Any] = {
        "name": record.name,
        "kind": kind,
        "stage_mode": mode,
        "active_slot": record.active_slot,
        "ssh_public_key": ssh_public_key,
        "admin_cidr": given.get("admin_cidr") or admin_cidr,
        "health_path": health.path,
        "health_codes": health.codes,
        "database": _database(now),
        "cache": _cache(now),
        "domain_name": domain,
        "hosted_zone_id": now.text("hosted_zone_id", "HostedZoneId") if domain else None,
        "blue": _slot(now, "blue"),
        "green": _slot(now, "green"),
    }
    for field, parameter in _KEPT_OR_DEFAULT.items():
        value = given.get(field)
        value = parameters.get(parameter) if value is None else value
        if value is not None:
            shape[field] = value
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


# Field -> parameter, for what needs no rule of its own.
_KEPT_OR_DEFAULT = {
    "volume_gigabytes": "VolumeGigabytes",
    "vpc_cidr": "VpcCidr",
    "app_port": "AppPort",
    "health_interval_seconds": "HealthIntervalSeconds",
    "health_timeout_seconds": "HealthTimeoutSeconds",
    "healthy_threshold": "HealthyThreshold",
    "unhealthy_threshold": "UnhealthyThreshold",
    "draining_seconds": "DrainingSeconds",
    "log_retention_days": "LogRetentionDays",
}
# A database that the stack can make -> its version.
_VERSIONS: Mapping[str, str] = {"postgresql": POSTGRESQL_VERSION, "mysql": MARIADB_VERSION}
_MODE: TypeAdapter[StageMode] = TypeAdapter(StageMode)


@dataclass(frozen=True, kw_only=True)
class _Situation:
    """What the rules look at."""

    given: Mapping[str, Any]
    record: Deployment
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]
    # Parameters of the stack that outlive this decision; empty when the mode changes.
    kept: Mapping[str, str]
    defaults: _ModeDefaults
    image_id: str

    def text(self, argument: str, parameter: str) -> str | None:
        """A text that was given, empty to take it away; else the present one."""
        value = self.given.get(argument)
        return (self.parameters.get(parameter) if value is None else str(value).strip()) or None


def _mode(name: str) -> StageMode:
    return _MODE.validate_python(name)


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


def _health(record: Deployment, parameters: Mapping[str, str]) -> HealthCheck:
    """By what Recon found; where it has not looked, as it is."""
    kept = {"path": parameters.get("HealthPath"), "codes": parameters.get("HealthCodes")}
    if record.recon is None and all(kept.values()):
        return HealthCheck.model_validate(kept)
    return health_check(record.recon)


def _database(now: _Situation) -> dict[str, Any] | None:
    asked = now.given.get("database_engine") or "auto"
    present = now.outputs.get("DatabaseEngine")
    if asked == "none" and present:
        raise UserError(
            f"the stack of {now.record.name!r} holds a database; it is not deleted by leaving it "
            "out",
            mend="leave database_engine out to keep it; destroy keeps a last snapshot of it",
        )
    if asked not in {"auto", "none", present} and present:
        raise UserError(
            f"the stack of {now.record.name!r} holds a {present} database, which cannot become "
            f"{asked}",
            mend="leave database_engine out to keep it, or deploy under another name",
        )
    needed = next((need for need in _needs(now) if need in _VERSIONS), None)
    engine = present or {"auto": needed, "none": None}.get(asked, asked)
    if engine is None:
        return None
    return {
        "engine": engine,
        "engine_version": now.parameters.get("DatabaseEngineVersion", _VERSIONS[engine]),
        "instance_class": now.given.get("database_instance_class")
        or now.kept.get("DatabaseInstanceClass")
        or now.defaults.database_class,
        "gigabytes": now.parameters.get("DatabaseGigabytes", 20),
        "multi_az": now.kept.get("DatabaseMultiAz", now.defaults.multi_az),
        "backup_days": now.kept.get("DatabaseBackupDays", now.defaults.backup_days),
        "deletion_protection": now.kept.get("DatabaseDeletionProtection", now.defaults.protection),
        "force_tls": _force_tls(now, engine),
    }


def _force_tls(now: _Situation, engine: str) -> bool:
    """By default where the usual clients take to it by themselves: PostgreSQL's do.

    PyMySQL apart, MySQL's clients (mysqlclient, aiomysql, mysql2, PDO, mysqli, Go's) ask for TLS
    only when they are told to, and an unchanged application does not tell them. Nor is TLS forced
    where Recon saw that the code switches it off.
    """
    asked = now.given.get("database_tls") or "auto"
    if asked != "auto":
        return bool(asked == "required")
    if present := now.parameters.get("DatabaseForceTls"):
        return present == "1"
    behaviours = (now.record.recon or {}).get("behaviours", ())
    return engine == "postgresql" and not any(b["about"] == "database-tls" for b in behaviours)


def _cache(now: _Situation) -> dict[str, Any] | None:
    asked = now.given.get("cache") or "auto"
    exists = "CacheIdentifier" in now.outputs
    if asked == "none" and exists:
        raise UserError(
            f"the stack of {now.record.name!r} holds a cache; it is not deleted by leaving it out",
            mend="leave cache out to keep it; destroy takes it away with all else",
        )
    if not (exists or asked == "redis" or (asked == "auto" and "redis" in _needs(now))):
        return None
    return {
        "engine_version": now.parameters.get("CacheEngineVersion", REDIS_VERSION),
        "node_type": now.given.get("cache_node_type")
        or now.kept.get("CacheNodeType")
        or now.defaults.cache_type,
        "nodes": now.defaults.cache_nodes,
    }


def _needs(now: _Situation) -> tuple[str, ...]:
    return tuple((now.record.recon or {}).get("needs", ()))


def _slot(now: _Situation, slot: Slot) -> dict[str, Any]:
    """The live slot by the rules; the other one as it is."""
    title = slot.capitalize()
    active = slot == now.record.active_slot
    given = now.given if active else {}
    hosts = [host for host in now.outputs.get(f"{title}InstanceIds", "").split(",") if host]
    count = given.get("instance_count")
    if count is None:
        count = len(hosts) if not active or (now.kept and hosts) else now.defaults.instance_count
    if not count:
        return {}
    return {
        "count": count,
        "instance_type": given.get("instance_type")
        or now.kept.get(f"{title}InstanceType")
        or now.defaults.instance_type,
        "image_id": now.parameters.get(f"{title}ImageId") or now.image_id,
        "release": _release(now) if active else now.parameters.get(f"{title}Release", "none"),
    }


def _release(now: _Situation) -> str:
    """The newest release that can run: the one that the live slot is made for."""
    usable = [r.number for r in now.record.releases if r.state in {"built", "live"}]
    return str(max(usable)) if usable else "none"


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
