"""Whether the caller may do what a deploy does, asked before anything is spent.

`iam-policy.json` is what a deploy needs. IAM itself is asked about it, statement by statement;
where that is not allowed, or not there, cheap reads of each service are tried instead.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import boto3
import botocore.exceptions

from hivemind_agents.preflight.findings import Finding, failed, passed, skipped, warning
from hivemind_agents.state.aws import error_code

CHECK = "permissions"
MEND = "attach the policy that `hivemind target policy` prints to this user or role"
# IAM answers for actions alone. Each pattern of the policy (which has patterns because a policy may
# have 6,144 characters) is asked about by what a deploy needs of it for certain.
NEEDED_OF = {
    "cloudwatch:Delete*": ("cloudwatch:DeleteAlarms", "cloudwatch:DeleteDashboards"),
    "ec2:Describe*": ("ec2:DescribeInstances", "ec2:DescribeVpcs"),
    "elasticache:*Tags*": ("elasticache:AddTagsToResource",),
    "elasticache:Create*": (
        "elasticache:CreateReplicationGroup",
        "elasticache:CreateCacheSubnetGroup",
    ),
    "elasticache:Delete*": ("elasticache:DeleteReplicationGroup",),
    "elasticache:Describe*": ("elasticache:DescribeReplicationGroups",),
    "elasticache:Modify*": ("elasticache:ModifyReplicationGroup",),
    "elasticloadbalancing:Delete*": ("elasticloadbalancing:DeleteLoadBalancer",),
    "elasticloadbalancing:Describe*": ("elasticloadbalancing:DescribeTargetHealth",),
    "elasticloadbalancing:Modify*": ("elasticloadbalancing:ModifyLoadBalancerAttributes",),
    "elasticloadbalancing:Set*": ("elasticloadbalancing:SetSecurityGroups",),
    "logs:Delete*": ("logs:DeleteLogGroup",),
    "logs:Describe*": ("logs:DescribeLogGroups",),
    "logs:ListTags*": ("logs:ListTagsForResource",),
    "rds:*Tags*": ("rds:AddTagsToResource",),
    "rds:CreateDB*": (
        "rds:CreateDBInstance",
        "rds:CreateDBParameterGroup",
        "rds:CreateDBSubnetGroup",
    ),
    "rds:DeleteDB*": ("rds:DeleteDBInstance",),
    "rds:Describe*": ("rds:DescribeDBInstances",),
    "rds:ModifyDB*": ("rds:ModifyDBInstance",),
}
_DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403")


def policy_text() -> str:
    """The policy that a deploy needs, as JSON."""
    return Path(__file__).with_name("iam-policy.json").read_text()


def check(session: boto3.Session, *, caller_arn: str, name: str) -> Finding:
    """Ask IAM about the policy's actions for deployment `name`, or else try cheap reads."""
    if caller_arn.endswith(":root"):
        return warning(
            CHECK, "this is the account's root user", "use a user or role with the policy alone"
        )
    try:
        denied = _simulate(session, caller_arn, name)
    except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError):
        return _by_reading(session)
    if denied:
        return failed(CHECK, f"{caller_arn} is not permitted: {_short(denied)}", MEND)
    return passed(CHECK, "IAM allows what a deploy does")


def questions(
    policy: dict[str, Any], *, region: str, account: str, name: str
) -> Iterator[tuple[list[str], list[str], dict[str, str]]]:
    """The policy as questions to the simulator: actions, resources, context, one a statement.

    Pure.
    """
    for statement in policy["Statement"]:
        actions = [
            action
            for listed in _listed(statement["Action"])
            for action in NEEDED_OF.get(listed, (listed,))
        ]
        resources = [
            _sample(arn, region=region, account=account, name=name)
            for arn in _listed(statement["Resource"])
            if arn != "*"
        ]
        context = {
            key: value.replace("*", name)
            for operator in statement.get("Condition", {}).values()
            for key, value in operator.items()
        }
        yield actions, resources, context


def _simulate(session: boto3.Session, caller_arn: str, name: str) -> list[str]:
    """Actions that IAM would deny, sorted. Raises botocore's errors when it cannot be asked."""
    iam: Any = session.client("iam")
    source = _principal(iam, caller_arn)
    account = caller_arn.split(":")[4]
    denied: set[str] = set()
    asked = questions(
        json.loads(policy_text()),
        region=session.region_name or "us-east-1",
        account=account,
        name=name,
    )

    def ask(question: tuple[list[str], list[str], dict[str, str]]) -> set[str]:
        actions, resources, context = question
        entries = [
            {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": _type_of(key)}
            for key, value in context.items()
        ]
        pages = iam.get_paginator("simulate_principal_policy").paginate(
            PolicySourceArn=source,
            ActionNames=actions,
            **({"ResourceArns": resources} if resources else {}),
            ContextEntries=entries,
        )
        results = [result for page in pages for result in page["EvaluationResults"]]
        # An action of several resources is allowed when it is on one of them: GetObject is asked
        # about the bucket too, which has none.
        allowed = {r["EvalActionName"] for r in results if r["EvalDecision"] == "allowed"}
        return {r["EvalActionName"] for r in results} - allowed

    with ThreadPoolExecutor(max_workers=6) as pool:
        for found in pool.map(ask, asked):
            denied |= found
    return sorted(denied)


def _by_reading(session: boto3.Session) -> Finding:
    """Try one read of each service that a deploy uses."""
    probes: tuple[tuple[str, str, dict[str, str]], ...] = (
        ("cloudformation", "describe_stacks", {}),
        ("ec2", "describe_vpcs", {}),
        ("elbv2", "describe_load_balancers", {}),
        ("rds", "describe_db_instances", {}),
        ("logs", "describe_log_groups", {}),
        ("cloudwatch", "list_dashboards", {}),
        ("ssm", "get_parameters_by_path", {"Path": "/hivemind/preflight"}),
        ("resourcegroupstaggingapi", "get_resources", {}),
    )

    # Clients are made one after another, since a session is not for several threads; and by name,
    # which the stubs cannot follow.
    make = cast("Any", session.client)
    clients = [(make(service), service, call, given) for service, call, given in probes]

    def probe(item: tuple[Any, str, str, dict[str, str]]) -> str | None:
        client, service, operation, arguments = item
        try:
            getattr(client, operation)(**arguments)
        except botocore.exceptions.ClientError as error:
            return f"{service}:{error.operation_name}" if error_code(error) in _DENIED else None
        except botocore.exceptions.BotoCoreError:
            return None
        return None

    with ThreadPoolExecutor(max_workers=len(probes)) as pool:
        denied = [found for found in pool.map(probe, clients) if found]
    if denied:
        return failed(CHECK, f"these reads are not permitted: {_short(denied)}", MEND)
    return skipped(CHECK, "IAM cannot be asked here; the reads that a deploy makes are permitted")


def _principal(iam: Any, caller_arn: str) -> str:  # noqa: ANN401 - boto3 makes it at run time
    """The user or role behind a session; a role's path is known to IAM alone."""
    if ":assumed-role/" not in caller_arn:
        return caller_arn
    role = caller_arn.split("/")[1]
    return str(iam.get_role(RoleName=role)["Role"]["Arn"])


def _sample(arn: str, *, region: str, account: str, name: str) -> str:
    """One resource that the pattern means."""
    partition, service, where, who, resource = arn.split(":", 5)[1:]
    first = resource.replace("*", name, 1).replace("*", "preflight")
    return ":".join(
        ("arn", partition, service, where.replace("*", region), who.replace("*", account), first)
    )


def _type_of(key: str) -> str:
    return "stringList" if key == "aws:CalledVia" else "string"


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _short(names: list[str], limit: int = 6) -> str:
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more
