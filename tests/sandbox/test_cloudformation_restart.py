"""The process: what it keeps over an end, orderly or not, and what it says when it cannot start."""

import fcntl
import json
import os
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hivemind_sandbox.settings import Settings

INDEX = int(os.environ.get("HIVEMIND_TEST_RESTART_INDEX", "6"))

pytestmark = [pytest.mark.slow]


@pytest.fixture
def own(tmp_path: Path, make_sandbox: Any) -> Iterator[Any]:
    """A sandbox without hosts that a test may kill; not started yet, and not two at a time."""
    lock = (Path(tempfile.gettempdir()) / f"hivemind-tests-restart-{INDEX}.lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    settings = Settings(index=INDEX, directory=tmp_path / "state" / str(INDEX), hosts=False)
    made = make_sandbox(settings, tmp_path / "config")
    yield made
    made.command("reset", "--yes")
    lock.close()


def kill(sandbox: Any) -> None:
    pid = int(sandbox.settings.pid_file.read_text())
    os.kill(pid, signal.SIGKILL)
    while sandbox.command("status", check=False).returncode == 0:
        time.sleep(0.05)


def create(sandbox: Any, name: str, resources: dict[str, Any]) -> None:
    template = json.dumps({"Resources": resources})
    sandbox.client("cloudformation").create_stack(StackName=name, TemplateBody=template)


def stack(sandbox: Any, name: str) -> dict[str, Any]:
    return dict(sandbox.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0])


def wait(sandbox: Any, name: str) -> str:
    deadline = time.monotonic() + 30
    while (status := stack(sandbox, name)["StackStatus"]).endswith("_IN_PROGRESS"):
        assert time.monotonic() < deadline, status
        time.sleep(0.05)
    return str(status)


VPC = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.5.0.0/16"}}
CERTIFICATE = {
    "Type": "AWS::CertificateManager::Certificate",
    "Properties": {"DomainName": "example.org", "ValidationMethod": "DNS"},
}


def test_the_state_survives_down_and_kill(own: Any) -> None:
    """Stacks, what they made, objects and secret parameters are there after both."""
    own.command("up")
    create(own, "kept", {"Vpc": VPC})
    assert "CREATE_COMPLETE" == wait(own, "kept")
    own.client("s3").create_bucket(
        Bucket="kept-bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    own.client("s3").put_object(Bucket="kept-bucket", Key="k", Body=b"bytes")
    own.client("ssm").put_parameter(Name="/kept", Type="SecureString", Value="hush")
    found = []
    for end in (lambda: own.command("down"), lambda: kill(own)):
        time.sleep(3)  # longer than the time between two saves
        end()
        own.command("up")
        physical = own.client("cloudformation").describe_stack_resource(
            StackName="kept", LogicalResourceId="Vpc"
        )["StackResourceDetail"]["PhysicalResourceId"]
        vpcs = own.client("ec2").describe_vpcs(VpcIds=[physical])["Vpcs"]
        body = own.client("s3").get_object(Bucket="kept-bucket", Key="k")["Body"].read()
        secret = own.client("ssm").get_parameter(Name="/kept", WithDecryption=True)["Parameter"]
        found.append((stack(own, "kept")["StackStatus"], len(vpcs), body, secret["Value"]))
    own.client("cloudformation").delete_stack(StackName="kept")

    assert [("CREATE_COMPLETE", 1, b"bytes", "hush")] * 2 == found


def test_an_operation_that_was_cut_off_is_brought_to_an_end(own: Any) -> None:
    """A creation under way when the process is killed is rolled back by the next one."""
    own.command("up")
    create(own, "cut", {"Vpc": VPC, "Slow": {**CERTIFICATE, "DependsOn": "Vpc"}})
    while "Vpc" not in [
        r["LogicalResourceId"]
        for r in own.client("cloudformation").list_stack_resources(StackName="cut")[
            "StackResourceSummaries"
        ]
    ]:
        time.sleep(0.02)
    own.command("down")
    own.command("up")

    assert "ROLLBACK_COMPLETE" == wait(own, "cut")
    assert "The sandbox was stopped during this operation" in " ".join(
        event.get("ResourceStatusReason", "")
        for event in own.client("cloudformation").describe_stack_events(StackName="cut")[
            "StackEvents"
        ]
    )
    vpcs = own.client("ec2").describe_vpcs(
        Filters=[{"Name": "tag:aws:cloudformation:stack-name", "Values": ["cut"]}]
    )["Vpcs"]
    assert [] == vpcs


def test_what_was_being_made_when_the_process_was_killed_is_removed(own: Any) -> None:
    """A resource that existed but was not finished leaves nothing behind."""
    own.command("up")
    create(own, "cut", {"Slow": CERTIFICATE})
    acm = own.client("acm")
    while not acm.list_certificates()["CertificateSummaryList"]:
        time.sleep(0.02)
    own.command("down")
    own.command("up")

    assert "ROLLBACK_COMPLETE" == wait(own, "cut")
    assert [] == own.client("acm").list_certificates()["CertificateSummaryList"]


def test_a_taken_port_is_named_with_the_mend(own: Any) -> None:
    """Another program on the port is told from a sandbox that runs already."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", own.settings.port))
        other.listen()
        done = own.command("up", check=False)

    assert 1 == done.returncode
    assert f"port {own.settings.port} of 127.0.0.1 is taken by another program" in done.stderr
    assert "--index" in done.stderr


def test_the_commands_say_what_is(own: Any, make_sandbox: Any, tmp_path: Path) -> None:
    """status tells stopped from running, up twice is no failure, and the target is written.

    A sandbox of the same index whose state is elsewhere is another's, and left alone.
    """
    before = own.command("status", check=False)
    first, second = own.command("up"), own.command("up")
    after = json.loads(own.command("status", "--json").stdout)

    assert (1, "does not run" in before.stdout) == (before.returncode, True)
    assert ("is ready" in first.stdout, "runs already" in second.stdout) == (True, True)
    assert (True, own.endpoint_url, False) == (
        after["ready"],
        after["endpoint_url"],
        after["hosts"],
    )
    target = own.target_file.read_text()
    assert f'endpoint_url = "{own.endpoint_url}"' in target
    assert own.settings.name == (own.config / "current-target").read_text().strip()
    assert "ready at" in own.command("logs").stdout

    folder = tmp_path / "elsewhere" / str(INDEX)
    other = make_sandbox(Settings(index=INDEX, directory=folder, hosts=False), tmp_path / "config")
    for refused in (other.command("reset", "--yes", check=False), other.command("up", check=False)):
        assert (1, True) == (refused.returncode, "runs with its state in" in refused.stderr)
    own.command("status")
