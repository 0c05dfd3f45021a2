"""The template, its parameters, its stack policy and its tags, from the shape."""

import hashlib
import json
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hivemind_agents.locations import ansible_home
from hivemind_agents.provisioning.infrastructure import Infrastructure

TEMPLATE = "application.yml.j2"
LARGEST_BYTES = 51_200


def render(infrastructure: Infrastructure) -> str:
    """The CloudFormation template, as YAML."""
    return _environment().get_template(TEMPLATE).render(infrastructure=infrastructure)


def digest(template: str) -> str:
    """SHA-256 of a template: its version."""
    return hashlib.sha256(template.encode()).hexdigest()


def parameters(infrastructure: Infrastructure) -> dict[str, str]:
    """A value for every parameter that the rendered template declares."""
    shape = infrastructure
    values: dict[str, object] = {
        "DeploymentName": shape.name,
        "StageMode": shape.stage_mode,
        "SshPublicKey": shape.ssh_public_key,
        "AdminCidr": shape.admin_cidr,
        "VolumeGigabytes": shape.volume_gigabytes,
        "VpcCidr": shape.vpc_cidr,
        "LogRetentionDays": shape.log_retention_days,
    }
    for title, slot in (("Blue", shape.blue), ("Green", shape.green)):
        if slot.count:
            values |= {
                f"{title}InstanceType": slot.instance_type,
                f"{title}ImageId": slot.image_id,
                f"{title}Release": slot.release,
            }
    if shape.has_load_balancer:
        values |= {
            "AppPort": shape.app_port,
            "HealthPath": shape.health_path,
            "HealthCodes": shape.health_codes,
            "HealthIntervalSeconds": shape.health_interval_seconds,
            "HealthTimeoutSeconds": shape.health_timeout_seconds,
            "HealthyThreshold": shape.healthy_threshold,
            "UnhealthyThreshold": shape.unhealthy_threshold,
            "DrainingSeconds": shape.draining_seconds,
        }
        if shape.domain_name:
            values |= {"DomainName": shape.domain_name, "HostedZoneId": shape.hosted_zone_id}
    if shape.database:
        values |= {
            "DatabaseEngineVersion": shape.database.engine_version,
            "DatabaseInstanceClass": shape.database.instance_class,
            "DatabaseGigabytes": shape.database.gigabytes,
            "DatabaseMultiAz": shape.database.multi_az,
            "DatabaseBackupDays": shape.database.backup_days,
            "DatabaseDeletionProtection": shape.database.deletion_protection,
            "DatabaseForceTls": int(shape.database.force_tls),
        }
    if shape.cache:
        values |= {
            "CacheEngineVersion": shape.cache.engine_version,
            "CacheNodeType": shape.cache.node_type,
        }
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in values.items()
    }


def tags(infrastructure: Infrastructure) -> dict[str, str]:
    """Tags of the stack, which CloudFormation puts on all that it makes.

    Slot and release differ from host to host: they are in the template.
    """
    return {
        "hivemind:deployment": infrastructure.name,
        "hivemind:stage": infrastructure.stage_mode,
    }


def stack_policy(infrastructure: Infrastructure) -> str:
    """JSON that lets all be updated, but neither live slot, database nor cache be replaced."""
    live = infrastructure.active_slot.capitalize()
    count = getattr(infrastructure, infrastructure.active_slot).count
    statements: list[dict[str, object]] = [
        {"Effect": "Allow", "Principal": "*", "Action": "Update:*", "Resource": "*"},
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "Update:Replace",
            "Resource": [
                f"LogicalResourceId/{live}Instance{number}" for number in range(1, count + 1)
            ],
        },
    ]
    stateful = ["Database", "DatabaseSecret"] if infrastructure.database else []
    stateful += ["Cache"] if infrastructure.cache else []
    if stateful:
        statements.append(
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": ["Update:Replace", "Update:Delete"],
                "Resource": [f"LogicalResourceId/{name}" for name in stateful],
            }
        )
    return json.dumps({"Statement": statements})


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(ansible_home() / "cfn"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - YAML, not HTML; values are parameters, bounded by the shape
    )
