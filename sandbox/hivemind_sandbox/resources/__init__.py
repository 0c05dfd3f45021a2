"""The resource types that the sandbox's stacks can make: one module a service."""

from functools import cache

from hivemind_sandbox.resources import (
    cloudformation,
    domains,
    ec2_compute,
    ec2_network,
    elasticache,
    elbv2,
    iam,
    observability,
    rds,
    s3,
    secretsmanager,
    ssm,
)
from hivemind_sandbox.resources.base import Resource

_MODULES = (
    cloudformation,
    domains,
    ec2_compute,
    ec2_network,
    elasticache,
    elbv2,
    iam,
    observability,
    rds,
    s3,
    secretsmanager,
    ssm,
)


@cache
def resource_types() -> dict[str, Resource]:
    """Every implemented resource type by its name."""
    return {kind.type_name: kind() for module in _MODULES for kind in module.TYPES}
