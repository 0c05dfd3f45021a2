"""What exists of a deployment, how it differs from the record, and how to remove it by hand."""

import re
from collections.abc import Iterable, Mapping, Sequence
from shlex import quote
from typing import Any

from hivemind_agents.domain.base import Frozen
from hivemind_agents.domain.deployment import Deployment
from hivemind_agents.provisioning.infrastructure import stack_name

# What is promised to stay after a destroy: it holds the data.
PROMISED = frozenset({"AWS::RDS::DBSnapshot"})
_SOUND = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE"})

# ARN's service and resource type -> CloudFormation's type.
_TYPES = {
    ("cloudformation", "stack"): "AWS::CloudFormation::Stack",
    ("cloudwatch", "alarm"): "AWS::CloudWatch::Alarm",
    ("cloudwatch", "dashboard"): "AWS::CloudWatch::Dashboard",
    ("ec2", "instance"): "AWS::EC2::Instance",
    ("ec2", "internet-gateway"): "AWS::EC2::InternetGateway",
    ("ec2", "key-pair"): "AWS::EC2::KeyPair",
    ("ec2", "network-interface"): "AWS::EC2::NetworkInterface",
    ("ec2", "route-table"): "AWS::EC2::RouteTable",
    ("ec2", "security-group"): "AWS::EC2::SecurityGroup",
    ("ec2", "subnet"): "AWS::EC2::Subnet",
    ("ec2", "volume"): "AWS::EC2::Volume",
    ("ec2", "vpc"): "AWS::EC2::VPC",
    ("elasticache", "cluster"): "AWS::ElastiCache::CacheCluster",
    ("elasticache", "replicationgroup"): "AWS::ElastiCache::ReplicationGroup",
    ("elasticache", "subnetgroup"): "AWS::ElastiCache::SubnetGroup",
    ("elasticloadbalancing", "listener"): "AWS::ElasticLoadBalancingV2::Listener",
    ("elasticloadbalancing", "loadbalancer"): "AWS::ElasticLoadBalancingV2::LoadBalancer",
    ("elasticloadbalancing", "targetgroup"): "AWS::ElasticLoadBalancingV2::TargetGroup",
    ("acm", "certificate"): "AWS::CertificateManager::Certificate",
    ("iam", "role"): "AWS::IAM::Role",
    ("iam", "instance-profile"): "AWS::IAM::InstanceProfile",
    ("logs", "log-group"): "AWS::Logs::LogGroup",
    ("rds", "db"): "AWS::RDS::DBInstance",
    ("rds", "pg"): "AWS::RDS::DBParameterGroup",
    ("rds", "snapshot"): "AWS::RDS::DBSnapshot",
    ("rds", "subgrp"): "AWS::RDS::DBSubnetGroup",
    ("secretsmanager", "secret"): "AWS::SecretsManager::Secret",
    ("ssm", "parameter"): "AWS::SSM::Parameter",
}

# CloudFormation's type -> the command that removes one; {} is its physical id, quoted.
_COMMANDS = {
    "AWS::CertificateManager::Certificate": "aws acm delete-certificate --certificate-arn {}",
    "AWS::CloudFormation::Stack": "aws cloudformation delete-stack --stack-name {}",
    "AWS::CloudWatch::Alarm": "aws cloudwatch delete-alarms --alarm-names {}",
    "AWS::CloudWatch::Dashboard": "aws cloudwatch delete-dashboards --dashboard-names {}",
    "AWS::EC2::Instance": "aws ec2 terminate-instances --instance-ids {}",
    "AWS::EC2::InternetGateway": "aws ec2 delete-internet-gateway --internet-gateway-id {}",
    "AWS::EC2::KeyPair": "aws ec2 delete-key-pair --key-name {}",
    "AWS::EC2::NetworkInterface": "aws ec2 delete-network-interface --network-interface-id {}",
    "AWS::EC2::RouteTable": "aws ec2 delete-route-table --route-table-id {}",
    "AWS::EC2::SecurityGroup": "aws ec2 delete-security-group --group-id {}",
    "AWS::EC2::Subnet": "aws ec2 delete-subnet --subnet-id {}",
    "AWS::EC2::Volume": "aws ec2 delete-volume --volume-id {}",
    "AWS::EC2::VPC": "aws ec2 delete-vpc --vpc-id {}",
    "AWS::ElastiCache::CacheCluster": "aws elasticache delete-cache-cluster --cache-cluster-id {}",
    "AWS::ElastiCache::ReplicationGroup": (
        "aws elasticache delete-replication-group --replication-group-id {}"
    ),
    "AWS::ElastiCache::SubnetGroup": (
        "aws elasticache delete-cache-subnet-group --cache-subnet-group-name {}"
    ),
    "AWS::ElasticLoadBalancingV2::Listener": "aws elbv2 delete-listener --listener-arn {}",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": (
        "aws elbv2 delete-load-balancer --load-balancer-arn {}"
    ),
    "AWS::ElasticLoadBalancingV2::TargetGroup": (
        "aws elbv2 delete-target-group --target-group-arn {}"
    ),
    "AWS::IAM::InstanceProfile": "aws iam delete-instance-profile --instance-profile-name {}",
    "AWS::IAM::Role": "aws iam delete-role --role-name {}",
    "AWS::Logs::LogGroup": "aws logs delete-log-group --log-group-name {}",
    "AWS::RDS::DBInstance": (
        "aws rds modify-db-instance --no-deletion-protection --apply-immediately "
        "--db-instance-identifier {0} && aws rds delete-db-instance --db-instance-identifier {0} "
        "--final-db-snapshot-identifier {0}-final"
    ),
    "AWS::RDS::DBParameterGroup": (
        "aws rds delete-db-parameter-group --db-parameter-group-name {}"
    ),
    "AWS::RDS::DBSnapshot": "aws rds delete-db-snapshot --db-snapshot-identifier {}",
    "AWS::RDS::DBSubnetGroup": "aws rds delete-db-subnet-group --db-subnet-group-name {}",
    "AWS::SSM::Parameter": "aws ssm delete-parameter --name {}",
    "AWS::SecretsManager::Secret": "aws secretsmanager delete-secret --secret-id {}",
}


class Resource(Frozen):
    """One thing in the account that belongs to a deployment."""

    type: str
    id: str
    arn: str | None = None
    state: str | None = None

    @property
    def is_promised(self) -> bool:
        """Whether it is meant to outlive the deployment."""
        return self.type in PROMISED


def from_arn(arn: str) -> Resource:
    """The resource that an ARN names; its type is the ARN's own where CloudFormation's is unknown.

    `id` is what the service's commands take: an ARN for load balancers and certificates, a name
    or id else.
    """
    service, rest = arn.split(":", 5)[2], arn.split(":", 5)[5]
    kind, _, name = rest.partition(":" if re.match(r"[a-z-]+:", rest) else "/")
    known = _TYPES.get((service, kind))
    if service == "cloudformation":
        name = name.split("/")[0]
    elif service == "logs":
        name = name.removesuffix(":*")
    elif service == "ssm":
        name = f"/{name}" if "/" in name else name
    elif service in {"elasticloadbalancing", "acm", "secretsmanager"}:
        name = arn
    return Resource(type=known or f"{service}:{kind}", id=name or rest, arn=arn)


def removal_command(kind: str, physical_id: str, region: str) -> str:
    """The command that removes one resource by hand; a comment where there is none."""
    command = _COMMANDS.get(kind)
    if command is None:
        return f"# {kind} {physical_id}: remove it in the console"
    return f"{command.format(quote(physical_id))} --region {region}"


def drift(
    record: Deployment | None, stack: Mapping[str, Any] | None, resources: Sequence[Resource]
) -> list[str]:
    """Sentences on where the record and the account differ. The account is right.

    `stack`: name, status and outputs of the stack, None where there is none.
    """
    if record is None:
        return [f"{len(resources)} resources exist, and no record"] if resources or stack else []
    name = stack_name(record.name)
    if record.status in {"destroyed", "rolled-back"}:
        left = [r for r in resources if not r.is_promised]
        found = [f"the record says {record.status}, but {_named(left)} exist"] if left else []
        return found + (
            [f"the record says {record.status}, but the stack {name} exists"] if stack else []
        )
    if stack is None:
        return (
            [f"the record says {record.status}, but there is no stack {name}"]
            if record.stack
            else []
        )
    sentences = []
    states = {stack["status"], record.stack.status if record.stack else None}
    # A stack that was made and one that was changed since are equally sound.
    if len(states) > 1 and not states <= _SOUND:
        sentences.append(
            f"the stack is {stack['status']}, the record says "
            f"{(record.stack and record.stack.status) or 'none'}"
        )
    living = {r.id for r in resources if r.type == "AWS::EC2::Instance"}
    known = {host.id for host in record.instances}
    if gone := sorted(known - living):
        sentences.append(f"the record names hosts that are gone: {', '.join(gone)}")
    if new := sorted(living - known):
        sentences.append(f"hosts exist that the record does not name: {', '.join(new)}")
    outputs = stack["outputs"]
    for what, ours, key in (
        ("target group", record.load_balancer and record.load_balancer.target_group_arn,
         "TargetGroupArn"),
        ("load balancer", record.load_balancer and record.load_balancer.arn, "LoadBalancerArn"),
        ("database", record.database and record.database.identifier, "DatabaseIdentifier"),
        ("cache", record.cache and record.cache.identifier, "CacheIdentifier"),
    ):  # fmt: skip
        if (ours or None) != outputs.get(key):
            sentences.append(
                f"the stack's {what} is {outputs.get(key) or 'none'}, "
                f"the record says {ours or 'none'}"
            )
    return sentences


def _named(resources: Iterable[Resource]) -> str:
    return ", ".join(f"{r.type} {r.id}" for r in resources)
