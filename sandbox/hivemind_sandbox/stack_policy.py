"""Stack policies: what an update may do to which resource.

Source: CloudFormation user guide, "Prevent updates to stack resources". With a policy, everything
is denied that no statement allows, and a denial wins over an allowance.
"""

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any, Literal

Action = Literal["Update:Modify", "Update:Replace", "Update:Delete"]


def denial(policy: str, action: Action, logical_id: str, resource_type: str) -> str | None:
    """Why the policy refuses the action, in CloudFormation's words; None when it allows it."""
    if not policy.strip():
        return None
    allowed = False
    for number, statement in enumerate(_statements(policy), start=1):
        if not _applies(statement, action, logical_id, resource_type):
            continue
        if statement.get("Effect") == "Deny":
            return (
                f"Action denied by stack policy: Statement [#{number}] does not allow [{action}] "
                f"for resource [LogicalResourceId/{logical_id}];"
            )
        allowed = True
    if allowed:
        return None
    return (
        f"Action not allowed by stack policy: no statement allows [{action}] "
        f"for resource [LogicalResourceId/{logical_id}]"
    )


def problem(policy: str) -> str | None:
    """What is wrong with a policy document; None when it can be used."""
    try:
        statements = list(_statements(policy))
    except (ValueError, KeyError, TypeError, AttributeError):
        return "Error validating stack policy: Invalid stack policy"
    for number, statement in enumerate(statements, start=1):
        complete = (
            statement.get("Effect") in ("Allow", "Deny")
            and ("Action" in statement or "NotAction" in statement)
            and ("Resource" in statement or "NotResource" in statement)
        )
        if not complete:
            return f"Error validating stack policy: Statement [#{number}] is invalid"
    return None


def _statements(policy: str) -> Iterator[dict[str, Any]]:
    statements = json.loads(policy)["Statement"]
    for statement in statements if isinstance(statements, list) else [statements]:
        yield dict(statement)


def _applies(statement: dict[str, Any], action: str, logical_id: str, resource_type: str) -> bool:
    if "Action" in statement:
        chosen = _matches(statement["Action"], action)
    else:
        chosen = not _matches(statement.get("NotAction", ()), action)
    resource = f"LogicalResourceId/{logical_id}"
    if "Resource" in statement:
        meant = _matches(statement["Resource"], resource)
    else:
        meant = not _matches(statement.get("NotResource", ()), resource)
    return chosen and meant and _conditions_hold(statement.get("Condition", {}), resource_type)


def _conditions_hold(conditions: dict[str, Any], resource_type: str) -> bool:
    return all(
        _matches(values.get("ResourceType", ()), resource_type, wild=operator == "StringLike")
        for operator, values in conditions.items()
    )


def _matches(patterns: Any, value: str, *, wild: bool = True) -> bool:
    chosen = [patterns] if isinstance(patterns, str) else list(patterns)
    return any(fnmatchcase(value, pattern) if wild else value == pattern for pattern in chosen)
