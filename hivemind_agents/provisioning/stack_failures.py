"""The one stack event that says why an operation failed."""

from collections.abc import Mapping, Sequence
from typing import Any

from hivemind_agents.domain.base import Frozen

_CANCELLED = (
    "resource creation cancelled",
    "resource update cancelled",
    "resource deletion cancel",
)
_WRAPPERS = ("the following resource(s) failed", "embedded stack")
_STARTS = frozenset({"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"})

# A part of the reason, in lower case -> the act that mends it.
_MENDS = (
    (("not authorized", "accessdenied", "access denied", "unauthorizedoperation"),
     "give the permission that the reason names (the README lists the policy that a deploy needs)"),
    (("insufficientinstancecapacity", "sufficient capacity"),
     "choose another type: -e instance_type=t3a.micro (or try again later)"),
    (("limitexceeded", "limit exceeded", "quota", "maximum number", "has been reached"),
     "free one of them, or raise the quota: aws service-quotas list-service-quotas"),
    (("invalidinstancetype", "instance type"),
     "choose a type that the region has: -e instance_type=t3.small "
     "(aws ec2 describe-instance-type-offerings)"),
    (("already exists", "alreadyexists"),
     "remove or import the resource that has the name, or deploy under another name"),
    (("invalidamiid", "image id"),
     "deploy again: the image is resolved anew when there is no host yet"),
    (("denied by stack policy", "stack policy"),
     "the change would replace the live host or the database; take it back"),
)  # fmt: skip


class StackFailure(Frozen):
    """The earliest real failure of a stack's last operation."""

    logical_id: str
    resource_type: str
    status: str
    reason: str
    mend: str

    @property
    def sentence(self) -> str:
        return f"{self.resource_type} {self.logical_id} {self.status}: {self.reason}"


def first_failure(events: Sequence[Mapping[str, Any]], stack: str) -> StackFailure | None:
    """Find why the last operation failed.

    `events`: those of DescribeStackEvents (newest first), keys in snake case. Cancelled resources
    and wrappers only follow from another failure, so they never win over it.
    """
    failed = [event for event in _last_operation(events, stack) if _failed(event)]
    best = next(
        (event for event in failed if not _says(event, _CANCELLED + _WRAPPERS)),
        next((event for event in failed if not _says(event, _CANCELLED)), None),
    )
    if best is None:
        return None
    reason = str(best.get("resource_status_reason") or "no reason given")
    return StackFailure(
        logical_id=str(best["logical_resource_id"]),
        resource_type=str(best["resource_type"]),
        status=str(best["resource_status"]),
        reason=reason,
        mend=_mend(reason, stack),
    )


def _last_operation(events: Sequence[Mapping[str, Any]], stack: str) -> list[Mapping[str, Any]]:
    """The events since the operation began, oldest first."""
    latest: list[Mapping[str, Any]] = []
    for event in events:
        latest.append(event)
        if event["logical_resource_id"] == stack and event["resource_status"] in _STARTS:
            break
    return latest[::-1]


def _failed(event: Mapping[str, Any]) -> bool:
    return str(event["resource_status"]).endswith("_FAILED")


def _says(event: Mapping[str, Any], phrases: tuple[str, ...]) -> bool:
    reason = str(event.get("resource_status_reason") or "").lower()
    return any(phrase in reason for phrase in phrases)


def _mend(reason: str, stack: str) -> str:
    lower = reason.lower()
    for phrases, mend in _MENDS:
        if any(phrase in lower for phrase in phrases):
            return mend
    return f"aws cloudformation describe-stack-events --stack-name {stack} (all that happened)"
