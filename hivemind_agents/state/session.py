"""The AWS session and the run of a controller's process: what Ansible's plugins and modules use."""

import os
from datetime import UTC, datetime
from functools import cache
from typing import Literal

import boto3
import botocore.exceptions

from hivemind_agents.errors import AccessError, StateError
from hivemind_agents.state.lease import TTL_SECONDS, Lease, Owner

_MEND = (
    'eval "$(hivemind target env)" (a target of yours), or: hivemind sandbox up (a local AWS, free)'
)
# What nearly every verb talks to.
_USUAL_SERVICES: tuple[Literal["s3", "cloudformation", "ssm"], ...] = (
    "s3",
    "cloudformation",
    "ssm",
)


def session() -> boto3.Session:
    """The session of the target's environment, one for the process and those forked from it.

    Raises AccessError when the environment names no region or no credentials.
    """
    try:
        made = _session()
        found = made.get_credentials()
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        raise AccessError(f"cannot use the AWS settings: {error}", mend=_MEND) from error
    if found is None:
        raise AccessError("no AWS credentials are set, so there is nowhere to work", mend=_MEND)
    if not made.region_name:
        raise AccessError("no AWS region is set", mend=_MEND)
    return made


def warm_up() -> None:
    """Read the services' descriptions, so that forked processes have them.

    Nothing is connected, and no credentials are looked for: those given here are never used.
    """
    for service in _USUAL_SERVICES:
        _session().client(
            service,
            region_name="us-east-1",
            aws_access_key_id="unused",
            aws_secret_access_key="unused",  # noqa: S106
        )


def held_lease(name: str, run_id: str, verb: str, fence: int) -> Lease:
    """A lease of this run, as it was taken by another process of it."""
    if fence < 1:
        raise StateError(f"no lease of {name!r} is held")
    return Lease(
        name=name,
        owner=Owner.here(run_id, verb),
        fence=fence,
        expires_at=datetime.now(UTC),
        ttl_seconds=TTL_SECONDS,
    )


def run_id() -> str:
    """The run that this process belongs to: set by the engine, or by our callback."""
    found = os.environ.get("HIVEMIND_RUN_ID")
    if not found:
        raise StateError(
            "HIVEMIND_RUN_ID is not set: the callback plugin `hivemind_lease` did not run",
            mend="run it where ansible.cfg is, or set ANSIBLE_CALLBACK_PLUGINS=plugins/callback",
        )
    return found


@cache
def _session() -> boto3.Session:
    return boto3.Session()
