"""The light path of reading commands: target, session, records; nothing of the runtime."""

from typing import TYPE_CHECKING

from hivemind_agents import targets
from hivemind_agents.cli import output
from hivemind_agents.errors import UnknownDeployment
from hivemind_agents.targets import Target

if TYPE_CHECKING:
    import boto3

    from hivemind_agents.domain.deployment import Deployment
    from hivemind_agents.state.records import RecordStore


def on_target(name: str | None, region: str | None = None) -> Target:
    """Find the target of a command and put it into this process's environment."""
    target = targets.choose(name).at_region(region)
    target.activate()
    return target


def announce(target: Target) -> None:
    """Say where something is about to be changed."""
    where = ", ".join(filter(None, (target.region, target.profile, target.endpoint_url)))
    output.note(f"Target {target.name} ({where})")


def session() -> "boto3.Session":
    """A session on the active target. Raises AccessError for a profile that is not there."""
    import boto3

    from hivemind_agents.state.aws import translated

    with translated("open the target"):
        return boto3.Session()


def records(on: "boto3.Session | None" = None) -> "RecordStore":
    """The records of the active target. Raises StateBucketMissing, AccessError."""
    from hivemind_agents.state.bucket import StateBucket
    from hivemind_agents.state.records import RecordStore

    return RecordStore(StateBucket.open(on or session()))


def record(name: str, on: "boto3.Session | None" = None) -> "Deployment":
    """One deployment's record. Raises UnknownDeployment, AccessError."""
    from hivemind_agents.state.bucket import StateBucketMissing

    try:
        found = records(on).read(name)
    except StateBucketMissing:
        found = None
    if found is None:
        raise UnknownDeployment(name)
    return found
