"""What our modules share. They run on the controller, where `hivemind_agents` is installed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import boto3
import botocore.exceptions
from ansible.module_utils.basic import AnsibleModule

from hivemind_agents.errors import AccessError, HivemindError, StateError
from hivemind_agents.state.aws import translated

if TYPE_CHECKING:
    from hivemind_agents.state.lease import Lease


@contextmanager
def failures_told(module: AnsibleModule, doing: str) -> Iterator[None]:
    """Turn our errors into the module's failure: what, why, and a FIX line with the mend.

    `doing`: a phrase that continues "cannot".
    """
    try:
        with translated(doing):
            yield
    except HivemindError as error:
        module.fail_json(
            msg=told(error), error_type=type(error).__name__, exit_code=error.exit_code
        )


def told(error: HivemindError) -> str:
    """The error as a failing task's message."""
    return f"{error.message}\nFIX: {error.mend}" if error.mend else error.message


def session() -> boto3.Session:
    """The session of the target's environment.

    Raises AccessError when the environment names no region or no credentials.
    """
    try:
        made = boto3.Session()
        found = made.get_credentials()
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        raise AccessError(f"cannot use the AWS settings: {error}", mend=_MEND) from error
    if found is None:
        raise AccessError("no AWS credentials are set, so there is nowhere to work", mend=_MEND)
    if not made.region_name:
        raise AccessError("no AWS region is set", mend=_MEND)
    return made


_MEND = (
    'eval "$(hivemind target env)" (a target of yours), or: hivemind sandbox up (a local AWS, free)'
)


def held_lease(name: str, run_id: str, verb: str, fence: int) -> Lease:
    """A lease of this run, as it was taken by another process of it."""
    from datetime import UTC, datetime

    from hivemind_agents.state.lease import TTL_SECONDS, Lease, Owner

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
