"""The AWS half of the verbs, by plain ansible-playbook against the API without hosts."""

import dataclasses
import json
import os
import subprocess
import sys
import time
import tomllib
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from hivemind_agents.domain.deployment import Deployment
from hivemind_agents.state.bucket import BOOTSTRAP_STACK, StateBucket
from hivemind_agents.state.lease import LeaseStore, Owner
from hivemind_agents.state.records import RecordStore
from hivemind_agents.targets import Target

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]


@dataclasses.dataclass(frozen=True)
class Outcome:
    """One run of a playbook."""

    code: int
    changed: int
    outputs: dict[str, Any]
    failure: str
    text: str


@dataclasses.dataclass(frozen=True)
class Door:
    """The plain door: ansible-playbook with a target's configuration."""

    environment: dict[str, str]
    session: boto3.Session

    def start(self, verb: str, *flags: str, **arguments: Any) -> "subprocess.Popen[str]":
        given = {name: value for name, value in arguments.items() if value is not None}
        return subprocess.Popen(
            [PLAYBOOK, f"playbooks/{verb}.yml", "-e", json.dumps(given), *flags],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, verb: str, *flags: str, **arguments: Any) -> Outcome:
        process = self.start(verb, *flags, **arguments)
        text, errors = process.communicate(timeout=110)
        return outcome(process.returncode, text, errors)

    def done(self, verb: str, *flags: str, **arguments: Any) -> Outcome:
        """Run a verb that must succeed."""
        ended = self.run(verb, *flags, **arguments)
        assert 0 == ended.code, ended.failure or ended.text
        return ended

    def record(self, name: str) -> Deployment | None:
        return RecordStore(StateBucket.open(self.session)).read(name)


def outcome(code: int, text: str, errors: str) -> Outcome:
    begin = text.find("{\n")
    if begin < 0:
        return Outcome(code, 0, {}, "", text + errors)
    document = json.loads(text[begin:])
    failures = [
        str(result.get("msg", ""))
        for play in document["plays"]
        for task in play["tasks"]
        for result in task["hosts"].values()
        if result.get("failed")
    ]
    return Outcome(
        code=code,
        changed=sum(host["changed"] for host in document["stats"].values()),
        outputs=document.get("global_custom_stats", {}),
        failure=failures[-1] if failures else "",
        text=text + errors,
    )


@pytest.fixture(scope="module")
def door(api: Any) -> Door:
    target = Target(name=api.settings.name, **tomllib.loads(api.target_file.read_text()))
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "ANSIBLE_", "HIVEMIND_"))
    } | {
        **target.environment(),
        "HIVEMIND_CONFIG_DIR": str(api.config),
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
        "ANSIBLE_SHOW_CUSTOM_STATS": "1",
    }
    session = boto3.Session(
        aws_access_key_id=api.settings.access_key,
        aws_secret_access_key=api.settings.secret_key,
        region_name=api.settings.region,
    )
    return Door(environment, _at(session, api.endpoint_url))


def _at(session: boto3.Session, endpoint_url: str) -> boto3.Session:
    """A session whose clients talk to the endpoint."""
    make = session.client
    session.client = lambda *args, **kw: make(  # type: ignore[method-assign]
        *args, **({"endpoint_url": endpoint_url} | kw)
    )
    return session


@pytest.fixture
def name(door: Door) -> Iterator[str]:
    """A deployment's name; what a test leaves of it is removed."""
    made = f"t-{uuid.uuid4().hex[:8]}"
    yield made
    stack = f"hivemind-{made}"
    client = door.session.client("cloudformation")
    client.delete_stack(StackName=stack)


@pytest.fixture
def web(door: Door, name: str, website: Path) -> str:
    """A deployment that Recon has read."""
    door.done("recon", deployment_name=name, app_repo=str(website))
    return name


@pytest.fixture(scope="session")
def website(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("website")
    (folder / "index.html").write_text("<!doctype html><title>hello</title>hello")
    return folder


def stacks(door: Door) -> dict[str, str]:
    pages = door.session.client("cloudformation").get_paginator("describe_stacks").paginate()
    return {each["StackName"]: each["StackStatus"] for page in pages for each in page["Stacks"]}


def test_bootstrap_makes_a_private_bucket_once(door: Door) -> None:
    """
    The state bucket is private, encrypted, versioned and TLS only; a second run changes nothing.
    """
    door.done("bootstrap")

    again = door.done("bootstrap")

    assert 0 == again.changed
    s3, bucket = door.session.client("s3"), again.outputs["bucket"]
    assert "Enabled" == s3.get_bucket_versioning(Bucket=bucket)["Status"]
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
    assert s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert "aws:SecureTransport" in s3.get_bucket_policy(Bucket=bucket)["Policy"]
    assert "CREATE_COMPLETE" == stacks(door)[BOOTSTRAP_STACK]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"deployment_name": "ok", "stage_mod": "production"}, "did you mean 'stage_mode'?"),
        ({"deployment_name": "Not_OK"}, "is not a deployment name"),
        ({"deployment_name": "ok", "stage_mode": "huge"}, "must be one of"),
        ({"deployment_name": "ok", "instance_count": "many"}, "instance_count"),
        ({}, "deployment_name"),
    ],
)
def test_bad_arguments_are_refused_before_anything(
    door: Door, arguments: dict[str, Any], words: str
) -> None:
    """
    A misspelt, missing or unfitting argument fails the first task, with the mend.
    """
    ended = door.run("provision", **arguments)

    assert 2 == ended.code
    assert words in ended.failure
    assert "FIX: hivemind playbook show provision" in ended.failure


def test_without_any_target_the_first_task_says_so(door: Door, tmp_path: Path) -> None:
    """
    No AWS variable, no chosen target: a clear word and the commands that mend it.
    """
    bare = {
        name: value
        for name, value in door.environment.items()
        if not name.startswith(("AWS_", "HIVEMIND_"))
    } | {"HOME": str(tmp_path), "HIVEMIND_CONFIG_DIR": str(tmp_path)}

    ended = dataclasses.replace(door, environment=bare).run("provision", deployment_name="demo")

    assert 2 == ended.code
    assert "no AWS" in ended.failure
    assert "hivemind sandbox up" in ended.failure


def test_the_current_target_is_used_where_none_is_named(door: Door, api: Any) -> None:
    """
    Plain ansible-playbook without any AWS variable works where `hivemind` would.
    """
    bare = {
        name: value
        for name, value in door.environment.items()
        if not name.startswith(("AWS_", "HIVEMIND_"))
    } | {"HIVEMIND_CONFIG_DIR": str(api.config)}

    ended = dataclasses.replace(door, environment=bare).run("discover", deployment_name="nobody")

    assert (0, []) == (ended.code, ended.outputs["resources"])


def test_a_check_makes_nothing(door: Door, web: str) -> None:
    """
    Check mode says that a stack would be created, and leaves no stack, key or record of one.
    """
    ended = door.done("provision", "--check", deployment_name=web)

    record = door.record(web)
    assert ended.changed > 0
    assert f"hivemind-{web}" not in stacks(door)
    assert record is not None
    assert record.stack is None
    with pytest.raises(ClientError, match="ParameterNotFound"):
        door.session.client("ssm").get_parameter(Name=f"/hivemind/{web}/ssh_private_key")


def test_provision_is_idempotent_and_its_checks_are_true(door: Door, web: str) -> None:
    """
    First changed, then not; a check of a change names what would change, and changes nothing.
    """
    first = door.done("provision", deployment_name=web, draining_seconds=0)
    second = door.done("provision", deployment_name=web)
    check = door.done("provision", "--check", deployment_name=web, draining_seconds=9)
    third = door.done("provision", "--check", deployment_name=web)

    assert first.changed > 0
    assert [0, 0] == [second.changed, third.changed]
    # What refers to the target group is looked at again, as CloudFormation says.
    assert "TargetGroup" in [
        change["ResourceChange"]["LogicalResourceId"] for change in check.outputs["stack_changes"]
    ]
    record = door.record(web)
    assert record is not None
    assert ("static", "deploying", 1) == (record.kind, record.status, len(record.instances))
    assert record.load_balancer is not None
    assert record.url == f"http://{record.load_balancer.dns_name}"


def test_the_ssh_key_is_stored_before_it_is_used(door: Door, web: str) -> None:
    """
    The private half is a SecureString; its public half is the stack's key pair.
    """
    door.done("provision", deployment_name=web)

    ssm = door.session.client("ssm")
    kept = ssm.get_parameter(Name=f"/hivemind/{web}/ssh_private_key", WithDecryption=True)
    assert "SecureString" == kept["Parameter"]["Type"]
    assert "BEGIN OPENSSH PRIVATE KEY" in kept["Parameter"]["Value"]
    pairs = door.session.client("ec2").describe_key_pairs(KeyNames=[f"hivemind-{web}"])
    assert 1 == len(pairs["KeyPairs"])


def test_a_stack_that_fails_says_why_and_the_next_run_mends_it(door: Door, web: str) -> None:
    """
    The first real reason and a FIX line; the failed first create is deleted and made anew.
    """
    failed = door.run("provision", deployment_name=web, instance_type="t3.nonsense")
    record = door.record(web)
    mended = door.done("provision", deployment_name=web)

    assert 2 == failed.code
    assert "BlueInstance1" in failed.failure
    assert "FIX:" in failed.failure
    assert record is not None
    assert "failed" == record.status
    assert mended.changed > 0
    assert "CREATE_COMPLETE" == stacks(door)[f"hivemind-{web}"]


def test_a_killed_provision_is_joined(door: Door, web: str) -> None:
    """
    After kill -9 in the middle, the same run goes on with the stack that the dead one began.
    """
    run = dataclasses.replace(
        door, environment={**door.environment, "HIVEMIND_RUN_ID": uuid.uuid4().hex}
    )
    first = run.start("provision", deployment_name=web)
    end = time.monotonic() + 60
    while f"hivemind-{web}" not in stacks(door) and time.monotonic() < end:
        time.sleep(0.05)
    first.kill()
    first.communicate()

    run.done("provision", deployment_name=web)
    again = run.done("provision", deployment_name=web)

    assert 0 == again.changed
    assert "CREATE_COMPLETE" == stacks(door)[f"hivemind-{web}"]


def test_a_second_writer_is_refused_and_told_who_holds_it(door: Door, web: str) -> None:
    """
    The holder of the lease is named; nothing is changed.
    """
    leases = LeaseStore(StateBucket.open(door.session))
    lease = leases.acquire(web, Owner.here("another-run", "deploy"))
    try:
        ended = door.run("provision", deployment_name=web)
    finally:
        leases.release(lease)

    assert 2 == ended.code
    assert "is held by a deploy" in ended.failure
    assert "another-run" in ended.failure
    assert f"hivemind-{web}" not in stacks(door)


def test_the_lease_ends_with_the_run(door: Door, web: str) -> None:
    """
    A run that succeeded and a run that failed both let the deployment go.
    """
    door.done("provision", "--check", deployment_name=web)
    door.run("provision", deployment_name=web, instance_type="t4g.micro")

    assert LeaseStore(StateBucket.open(door.session)).holder(web) is None


def test_traffic_comes_and_goes_once(door: Door, web: str) -> None:
    """
    register waits for health, deregister for unused; each a second time changes nothing.
    """
    door.done("provision", deployment_name=web, draining_seconds=0)

    runs = [
        door.done(verb, deployment_name=web, **extra)
        for verb, extra in (
            ("register", {}),
            ("register", {}),
            ("deregister", {"draining_seconds": 0}),
            ("deregister", {"draining_seconds": 0}),
        )
    ]

    assert ["healthy"] == [target["state"] for target in runs[0].outputs["targets"]]
    assert [True, False, True, False] == [run.changed > 0 for run in runs]


def test_observe_finds_the_dashboard_and_its_metrics(door: Door, web: str) -> None:
    """
    The console's URL and the log group go into the record; a second run changes nothing.
    """
    door.done("provision", deployment_name=web)

    first = door.done("observe", deployment_name=web)
    second = door.done("observe", deployment_name=web)

    assert f"HiveMind-{web}" in first.outputs["dashboard_url"]
    assert f"/hivemind/{web}" == first.outputs["log_group"]
    assert 0 == second.changed


def test_discover_tells_what_exists_and_what_drifted(door: Door, web: str) -> None:
    """
    All that is tagged, but for terminated hosts; a host that was terminated by hand is drift.
    """
    door.done("provision", deployment_name=web)
    before = door.done("discover", deployment_name=web)
    record = door.record(web)
    assert record is not None
    host = record.instances[0].id

    door.session.client("ec2").terminate_instances(InstanceIds=[host])
    after = door.done("discover", deployment_name=web)

    assert [] == before.outputs["drift"]
    assert host in [each["id"] for each in before.outputs["resources"]]
    assert host not in [each["id"] for each in after.outputs["resources"]]
    assert [f"the record names hosts that are gone: {host}"] == after.outputs["drift"]


def test_destroy_leaves_the_record_alone(door: Door, web: str) -> None:
    """
    Stack, key and tagged resources are gone; a second destroy changes nothing.
    """
    door.done("provision", deployment_name=web, draining_seconds=0)
    door.done("register", deployment_name=web)

    check = door.done("destroy", "--check", deployment_name=web, draining_seconds=0)
    still = stacks(door)
    first = door.done("destroy", deployment_name=web, draining_seconds=0)
    second = door.done("destroy", deployment_name=web, draining_seconds=0)
    left = door.done("discover", deployment_name=web)

    assert check.changed > 0
    assert f"hivemind-{web}" in still
    assert (True, 0) == (first.changed > 0, second.changed)
    assert ([], []) == (left.outputs["resources"], left.outputs["drift"])
    assert f"hivemind-{web}" not in stacks(door)
    record = door.record(web)
    assert record is not None
    assert ("destroyed", None, ()) == (record.status, record.stack, record.instances)


def test_rollback_of_what_never_was_live_removes_it(door: Door, web: str) -> None:
    """
    A first deploy that failed is taken away whole, and its record says rolled-back.
    """
    door.run("provision", deployment_name=web, instance_type="t3.nonsense")

    ended = door.done("rollback", deployment_name=web)

    record = door.record(web)
    assert record is not None
    assert ("rolled-back", "rolled-back") == (ended.outputs["status"], record.status)
    assert f"hivemind-{web}" not in stacks(door)
    assert [] == door.done("discover", deployment_name=web).outputs["resources"]


def test_a_worker_has_no_load_balancer(door: Door, name: str, website: Path) -> None:
    """
    Its stack has none, and register has nothing to do.
    """
    door.done(
        "recon",
        deployment_name=name,
        app_repo=str(website),
        app_kind="worker",
        app_start_command="sleep 1000",
    )
    door.done("provision", deployment_name=name)

    ended = door.done("register", deployment_name=name)

    record = door.record(name)
    assert record is not None
    assert (0, None, None) == (ended.changed, record.load_balancer, record.url)


def test_a_database_leaves_its_last_snapshot_although_it_was_protected(
    door: Door, web: str
) -> None:
    """
    production: RDS refuses to delete the database until destroy lifts that; a snapshot stays.
    """
    door.done(
        "provision",
        deployment_name=web,
        stage_mode="production",
        database_engine="postgresql",
        draining_seconds=0,
    )
    rds = door.session.client("rds")
    record = door.record(web)
    assert record is not None
    assert record.database is not None
    found = rds.describe_db_instances(DBInstanceIdentifier=record.database.identifier)
    assert (True, True, False) == tuple(
        found["DBInstances"][0][key]
        for key in ("DeletionProtection", "StorageEncrypted", "PubliclyAccessible")
    )

    ended = door.done("destroy", deployment_name=web, draining_seconds=0)

    assert ["AWS::RDS::DBSnapshot"] == [kept["type"] for kept in ended.outputs["kept"]]


def test_keys_leave_no_trace_in_memory(door: Door, web: str) -> None:
    """
    The folder for SSH keys is gone when the run is.
    """
    door.done("provision", deployment_name=web)
    door.done("register", deployment_name=web)

    folders: Callable[[], list[Path]] = lambda: [  # noqa: E731
        path
        for base in (Path("/dev/shm"), Path(os.environ.get("XDG_RUNTIME_DIR", "/nonexistent")))
        if base.is_dir()
        for path in base.glob("hivemind-keys-*")
        if (path / web).exists()
    ]

    assert [] == folders()
