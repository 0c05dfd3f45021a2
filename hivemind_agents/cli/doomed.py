"""What a destroy would touch: shown before anybody is asked."""

from typing import TYPE_CHECKING, NamedTuple

import botocore.exceptions

if TYPE_CHECKING:
    import boto3

    from hivemind_agents.domain.deployment import Deployment


class Doomed(NamedTuple):
    """`resources`: logical name, type and physical id of what the stack would delete."""

    name: str
    stack: str
    resources: list[tuple[str, str, str]]
    data_at_risk: str
    kept: str


def look(record: "Deployment", session: "boto3.Session") -> Doomed:
    """List what belongs to the deployment's stack; empty where the stack is gone."""
    from hivemind_agents.state.aws import error_code, translated

    stack = record.stack.name if record.stack else f"hivemind-{record.name}"
    resources: list[tuple[str, str, str]] = []
    with translated(f"list the resources of {stack}"):
        pages = session.client("cloudformation").get_paginator("list_stack_resources")
        try:
            for page in pages.paginate(StackName=stack):
                resources += [
                    (r["LogicalResourceId"], r["ResourceType"], r.get("PhysicalResourceId", ""))
                    for r in page["StackResourceSummaries"]
                    if r["ResourceStatus"] != "DELETE_COMPLETE"
                ]
        except botocore.exceptions.ClientError as error:
            if error_code(error) != "ValidationError":
                raise
    # The stack may hold one that the record does not know yet.
    databases = [name for _, kind, name in resources if kind == "AWS::RDS::DBInstance"]
    if record.database and resources:
        databases = [record.database.identifier]
    at_risk = [f"the database {name}" for name in databases[:1]]
    if any(kind == "AWS::ElastiCache::ReplicationGroup" for _, kind, _ in resources):
        at_risk.append("what is in the cache")
    at_risk.append("files that the application wrote on its hosts")
    return Doomed(
        name=record.name,
        stack=stack,
        resources=resources,
        data_at_risk=(
            f"{', '.join(at_risk[:-1])}, and {at_risk[-1]}" if len(at_risk) > 1 else at_risk[0]
        ),
        kept=(
            "a last snapshot of the database, and the record"
            if databases
            else "the record (there is no database)"
        ),
    )


def render(doomed: Doomed) -> str:
    """The list as text: counted by type, the data named."""
    counts: dict[str, int] = {}
    for _, kind, _ in doomed.resources:
        counts[kind] = counts.get(kind, 0) + 1
    lines = [f"This deletes the stack {doomed.stack} with {len(doomed.resources)} resources:"]
    lines += [f"  {count:>3}  {kind}" for kind, count in sorted(counts.items())]
    if not doomed.resources:
        return f"The stack {doomed.stack} is gone already; what is left besides it is removed."
    lines += [f"Data at risk: {doomed.data_at_risk}.", f"Kept: {doomed.kept}."]
    return "\n".join(lines)
