"""The checks, each a function of what it needs, returning one finding. None of them spends."""

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import botocore.exceptions
import botocore.session

from hivemind_agents import engine
from hivemind_agents.domain.deployment import Deployment
from hivemind_agents.errors import HivemindError
from hivemind_agents.preflight.findings import Finding, failed, passed, skipped, warning
from hivemind_agents.state.aws import error_code, translated
from hivemind_agents.state.bucket import StateBucket, StateBucketMissing
from hivemind_agents.state.lease import LeaseStore
from hivemind_agents.state.records import RecordStore
from hivemind_agents.targets import Target

AMI_PARAMETER = "/aws/service/debian/release/12/latest/amd64"
VPC_QUOTA = ("vpc", "L-F678F1CE")
DEFAULT_VPC_QUOTA = 5
_SOON = timedelta(minutes=60)
_GONE = ("destroyed", "rolled-back")
_RENEW = "renew them (aws sso login, aws configure), then try again"


def expiry(session: boto3.Session, *, now: datetime | None = None) -> Finding:
    """Whether the credentials last for a deploy, where their end is known."""
    ends = _end_of_credentials(session)
    left = None if ends is None else ends - (now or datetime.now(UTC))
    if left is None:
        return passed("expiry", "the credentials name no end")
    if left <= timedelta(0):
        return failed("expiry", f"the credentials expired at {ends:%H:%M UTC}", _RENEW)
    minutes = int(left.total_seconds() // 60)
    if left < _SOON:
        return warning(
            "expiry", f"the credentials end in {minutes} min; a deploy may take longer", _RENEW
        )
    return passed("expiry", f"the credentials last for {minutes // 60} h")


def region(session: boto3.Session) -> Finding:
    """Whether the region is there for this account and has the two zones that a network needs."""
    try:
        answer = session.client("ec2").describe_availability_zones(
            Filters=[{"Name": "state", "Values": ["available"]}]
        )
    except botocore.exceptions.ClientError as error:
        if error_code(error) in ("AuthFailure", "OptInRequired"):
            return failed(
                "region",
                f"the account has not switched {session.region_name} on",
                "enable the region in the account's settings, or choose another by --region",
            )
        return skipped("region", f"its zones cannot be listed ({error_code(error)})")
    except botocore.exceptions.BotoCoreError as error:
        return failed("region", str(error), "hivemind target show (region and endpoint)")
    zones = [zone.get("ZoneName", "") for zone in answer["AvailabilityZones"]]
    if len(zones) < 2:
        return failed(
            "region", f"{session.region_name} offers {len(zones)} zones, two are needed",
            "choose another region by --region",
        )  # fmt: skip
    return passed("region", f"{session.region_name}, {len(zones)} zones")


def vpc_quota(session: boto3.Session, *, already_there: bool) -> Finding:
    """Whether one more VPC fits; a deployment that exists needs none."""
    if already_there:
        return passed("quota", "the deployment has its network already")
    try:
        pages = session.client("ec2").get_paginator("describe_vpcs").paginate()
        used = sum(len(page["Vpcs"]) for page in pages)
    except botocore.exceptions.ClientError as error:
        return skipped("quota", f"VPCs cannot be counted ({error_code(error)})")
    limit = _vpc_limit(session)
    if used >= limit:
        return failed(
            "quota",
            f"all {limit} VPCs of {session.region_name} are in use, and a deployment needs its own",
            "hivemind list (what could be destroyed), or: aws service-quotas "
            f"request-service-quota-increase --service-code {VPC_QUOTA[0]} "
            f"--quota-code {VPC_QUOTA[1]} --desired-value {limit + 5}",
        )
    return passed("quota", f"{used} of {limit} VPCs in use")


def image(session: boto3.Session) -> Finding:
    """Whether the public parameter that names Debian's image can be read."""
    try:
        answer = session.client("ssm").get_parameter(Name=AMI_PARAMETER)
    except botocore.exceptions.ClientError as error:
        return failed(
            "image",
            f"the image of Debian 12 cannot be looked up: {AMI_PARAMETER} ({error_code(error)})",
            "allow ssm:GetParameter on it, or choose another region by --region",
        )
    return passed("image", f"Debian 12 is {answer['Parameter'].get('Value')}")


def name_free(session: boto3.Session, *, name: str, repository: str) -> tuple[Finding, bool]:
    """Whether the name is free, or this repository's own; and whether its stack exists."""
    record, held = _record_of(session, name)
    stack = _stack_status(session, name)
    there = stack is not None and stack != "DELETE_COMPLETE"
    if held:
        return _held(held), there
    if record is None or record.status in _GONE:
        if there and record is None:
            return failed(
                "name",
                f"a stack hivemind-{name} exists ({stack}) that no record knows",
                f"choose another name by --name, or delete it: aws cloudformation delete-stack "
                f"--stack-name hivemind-{name}",
                input_refused=True,
            ), there
        return passed("name", f"{name!r} is free"), there
    known = record.source.repository if record.source else None
    if known is not None and not same_repository(known, repository):
        return failed(
            "name",
            f"the name {name!r} is in use by {known}",
            f"choose another by --name, or take that one away: hivemind destroy {name}",
            input_refused=True,
        ), there
    return passed("name", f"{name!r} exists ({record.status}) and is updated"), there


def builder(session: boto3.Session, *, name: str) -> Finding:
    """Where the build would run, apart from everything else."""
    why = engine.why_not_here()
    if why is None:
        return passed("builder", shutil.which(engine.container_engine() or "") or "here")
    record, _ = _record_of(session, name)
    if engine.place(live=bool(record and record.live_release)) == "host":
        return passed("builder", f"the new host, before it takes traffic: {why}")
    return warning(
        "builder",
        f"this machine cannot build ({why}), and {name!r} is live: only what is built already can "
        "be deployed",
        engine.mend(),
    )


def ssh_source(target: Target, given: str | None = None) -> Finding:
    """Whether the address from which the hosts may be reached by SSH is known."""
    if known := given or target.admin_cidr:
        return passed("ssh", f"hosts accept SSH from {known}")
    return failed(
        "ssh",
        f"the target {target.name!r} does not say from which address the hosts accept SSH",
        f"hivemind target add {target.name} --region {target.region} "
        '--admin-cidr "$(curl -s https://checkip.amazonaws.com)/32"',
    )


def programs() -> Finding:
    """Whether the programs that a deploy calls are installed."""
    missing = [name for name in ("ssh", "git") if shutil.which(name) is None]
    if missing:
        return failed(
            "programs",
            f"not installed: {', '.join(missing)}",
            "sudo apt-get install --no-install-recommends openssh-client git",
        )
    return passed("programs", "ssh and git are installed")


def same_repository(one: str, other: str) -> bool:
    """Whether two paths or URLs mean one application: another laptop has another path to it."""
    return _stem(one) == _stem(other)


def _stem(repository: str) -> str:
    path = repository.rstrip("/").removesuffix(".git").rstrip("/")
    if "://" not in path and "@" not in path:
        path = str(Path(path).expanduser().resolve())
    return path.replace(":", "/").rsplit("/", 1)[-1].lower()


def _record_of(session: boto3.Session, name: str) -> tuple[Deployment | None, str | None]:
    """The record of a name, and who holds its lease, in words."""
    try:
        bucket = StateBucket.open(session)
    except StateBucketMissing:
        return None, None
    holder = LeaseStore(bucket).holder(name)
    held = None
    if holder is not None:
        owner = holder.owner
        held = (
            f"{name!r} is held by a {owner.verb} of {owner.user} on {owner.host} "
            f"(run {owner.run_id}) since {holder.since.astimezone(UTC):%H:%M:%S UTC}"
        )
    return RecordStore(bucket).read(name), held


def _held(held: str) -> Finding:
    """Not a failure here: the run itself takes the lease and is refused with its own exit code."""
    return warning("name", held)


def _stack_status(session: boto3.Session, name: str) -> str | None:
    with translated(f"look for the stack of {name!r}"):
        try:
            stacks = session.client("cloudformation").describe_stacks(StackName=f"hivemind-{name}")
        except botocore.exceptions.ClientError as error:
            if error_code(error) == "ValidationError":
                return None
            raise
    return str(stacks["Stacks"][0]["StackStatus"])


def _vpc_limit(session: boto3.Session) -> int:
    try:
        answer = session.client("service-quotas").get_service_quota(
            ServiceCode=VPC_QUOTA[0], QuotaCode=VPC_QUOTA[1]
        )
        return int(answer["Quota"].get("Value", DEFAULT_VPC_QUOTA))
    except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError):
        return DEFAULT_VPC_QUOTA


def _end_of_credentials(session: boto3.Session) -> datetime | None:
    """When the credentials end, as the environment or the profile says (sign-in tools write it).

    Credentials that boto3 renews by itself count as endless.
    """
    said = os.environ.get("AWS_CREDENTIAL_EXPIRATION")
    if not said:
        profile = botocore.session.Session(profile=session.profile_name)
        try:
            scoped = profile.get_scoped_config()
        except botocore.exceptions.ProfileNotFound:
            return None
        keys = (
            "x_security_token_expires",
            "aws_session_expiration",
            "aws_expiration",
            "expiration",
        )
        said = next((str(scoped[key]) for key in keys if key in scoped), None)
    if not said:
        return None
    try:
        ends = datetime.fromisoformat(said.replace("Z", "+00:00"))
    except ValueError:
        return None
    return ends if ends.tzinfo else ends.replace(tzinfo=UTC)


def credentials(session: boto3.Session) -> tuple[Finding, str | None]:
    """Who the target takes us for; the ARN when it does."""
    try:
        with translated("use the target"):
            caller = session.client("sts").get_caller_identity()
    except HivemindError as error:
        why = error.message.removeprefix("cannot use the target: ")
        return failed("credentials", why, error.mend or _RENEW), None
    return passed("credentials", f"{caller['Arn']}"), caller["Arn"]
