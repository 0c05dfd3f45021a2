"""Preflight: what would stop a deploy, found in seconds, before anything is spent."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import boto3
import botocore.exceptions

from hivemind_agents.errors import HivemindError
from hivemind_agents.preflight import checks, permissions
from hivemind_agents.preflight.findings import Finding, failed, raise_for
from hivemind_agents.targets import Target

__all__ = ["Finding", "before_deploy", "raise_for"]

Task = Callable[[boto3.Session], list[Finding]]


def before_deploy(
    target: Target, *, name: str, repository: str, admin_cidr: str | None = None
) -> list[Finding]:
    """Run every check of a deploy, in parallel; in the order in which they are shown.

    `admin_cidr`: given for this deploy alone. The target's environment must be active.
    Raises nothing: a check that cannot run says so.
    """
    local = [checks.programs(), checks.ssh_source(target, admin_cidr)]
    session = _session()
    if isinstance(session, Finding):
        return [session, *local]
    known, caller_arn = checks.credentials(session)
    if caller_arn is None:
        return [known, *local]

    def named(session: boto3.Session) -> list[Finding]:
        name_finding, there = checks.name_free(session, name=name, repository=repository)
        return [name_finding, checks.vpc_quota(session, already_there=there)]

    tasks: dict[str, Task] = {
        "expiry": lambda session: [checks.expiry(session)],
        "permissions": lambda session: [
            permissions.check(session, caller_arn=caller_arn, name=name)
        ],
        "region": lambda session: [checks.region(session)],
        "image": lambda session: [checks.image(session)],
        "name": named,
        "builder": lambda session: [checks.builder(session, name=name)],
    }
    with ThreadPoolExecutor(max_workers=len(tasks)) as pool:
        found = list(pool.map(lambda item: _guarded(*item), tasks.items()))
    return [known, *(finding for group in found for finding in group), *local]


def _session() -> boto3.Session | Finding:
    try:
        return boto3.Session()
    except botocore.exceptions.BotoCoreError as error:
        return failed("credentials", str(error), "hivemind target list")


def _guarded(check: str, task: Task) -> list[Finding]:
    try:
        # A session is not for several threads.
        return task(boto3.Session())
    except HivemindError as error:
        return [failed(check, error.message, error.mend or "hivemind doctor")]
    except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError) as error:
        return [failed(check, f"{type(error).__name__}: {error}", "hivemind doctor")]
