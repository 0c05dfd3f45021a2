"""Instances are real Debian hosts."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from cloud import Cloud, VpcNetwork, cloud_of, eventually, operator
from hivemind_sandbox.settings import Settings

pytestmark = pytest.mark.sandbox

USER_DATA = '#!/bin/sh\necho "as $(id -un)" > /root/first-boot\n'


@dataclass
class Place:
    cloud: Cloud
    network: VpcNetwork
    group: str
    host: str


@pytest.fixture(scope="module")
def place(sandbox: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    settings: Settings = sandbox.settings
    with cloud_of(settings, tmp_path_factory.mktemp("keys")) as cloud:
        network = cloud.network()
        group = network.group("ssh", (22, operator(settings)))
        host = cloud.run_host(network.public[0], [group], UserData=USER_DATA)
        assert "ready" == cloud.await_ssh(host)
        yield Place(cloud, network, group, host)


def test_admin_logs_in_and_is_root_by_sudo(place: Place) -> None:
    """`admin` has the key pair's key and passwordless sudo; sudo knows the host's name."""
    assert "root" == place.cloud.ssh(place.host, "sudo id -un 2>&1")


def test_the_host_runs_systemd_without_a_failed_unit(place: Place) -> None:
    """systemd is up and nothing in the image fails under it."""
    state = eventually(
        lambda: place.cloud.ssh(place.host, "systemctl is-system-running"), "running"
    )
    failed = place.cloud.ssh(place.host, "systemctl --failed --no-legend")

    assert ("running", "") == (state, failed)


def test_the_host_has_the_names_and_addresses_of_the_api(place: Place) -> None:
    """Host name, private address and the name that leads to it are the API's."""
    described = place.cloud.instance(place.host)
    address = described["PrivateIpAddress"]

    assert "ip-" + address.replace(".", "-") == place.cloud.ssh(place.host, "hostname")
    assert described["PrivateDnsName"] == place.cloud.ssh(place.host, "hostname --fqdn")
    assert address in place.cloud.ssh(place.host, "ip -4 -o address show dev eth0")


def test_user_data_runs_once_as_root(place: Place) -> None:
    """A shell script in the user data ran on the first boot."""
    seen = eventually(lambda: place.cloud.inside(place.host, "cat /root/first-boot"), "as root")

    assert "as root" == seen


@pytest.mark.parametrize(
    ("limit", "greedy"),
    [
        ("MemoryMax=64M", "x = bytearray(200 << 20)"),
        (
            "TasksMax=8",
            "import os; [os.fork() or os._exit(0) for _ in 'x' * 20]",
        ),
    ],
)
def test_a_unit_has_no_more_than_it_may(limit: str, greedy: str, place: Place) -> None:
    """Memory and processes are limited by the kernel, as on any host."""
    run = "systemd-run --quiet --wait --pipe --property MemorySwapMax=0"
    without = place.cloud.inside(place.host, f'{run} python3 -c "{greedy}" >&2; echo $?')
    limited = place.cloud.inside(
        place.host, f'{run} --property {limit} python3 -c "{greedy}" >&2; echo $?'
    )

    assert ("0", True) == (without, limited != "0")


def test_a_file_can_be_a_disk(place: Place) -> None:
    """A host has loop devices."""
    seen = place.cloud.inside(
        place.host,
        "truncate -s 64M /root/disk && mkfs.ext4 -q /root/disk && mount -o loop /root/disk /mnt && "
        "dd if=/dev/zero of=/mnt/big bs=1M count=100 2>&1 | grep -o 'No space left'; umount /mnt",
    )

    assert "No space left" == seen


def test_a_guest_cannot_change_the_machines_kernel(place: Place) -> None:
    """The kernel's settings are read-only in a host, for root too."""
    place.cloud.inside(place.host, "echo 1 > /proc/sys/kernel/panic")

    assert "Read-only" in place.cloud.inside(
        place.host, "sh -c 'echo 1 > /proc/sys/vm/swappiness' 2>&1"
    )


def test_metadata_needs_a_token_and_tells_the_instance_about_itself(place: Place) -> None:
    """IMDSv2: 401 without a token, the instance's facts with one, 404 for credentials."""
    cloud, described = place.cloud, place.cloud.instance(place.host)
    cloud.ec2.modify_instance_metadata_options(InstanceId=place.host, HttpTokens="required")
    url = "http://169.254.169.254/latest"
    status = "curl -s -m 3 -o /dev/null -w '%{http_code}'"
    ttl = "X-aws-ec2-metadata-token-ttl-seconds: 60"
    token = f"-H \"X-aws-ec2-metadata-token: $(curl -s -X PUT {url}/api/token -H '{ttl}')\""

    assert "401" == cloud.ssh(place.host, f"{status} {url}/meta-data/instance-id")
    assert place.host == cloud.ssh(place.host, f"curl -s {token} {url}/meta-data/instance-id")
    assert described["PrivateIpAddress"] == cloud.ssh(
        place.host, f"curl -s {token} {url}/meta-data/local-ipv4"
    )
    assert described["Placement"]["AvailabilityZone"] == cloud.ssh(
        place.host, f"curl -s {token} {url}/meta-data/placement/availability-zone"
    )
    assert "404" == cloud.ssh(
        place.host, f"{status} {token} {url}/meta-data/iam/security-credentials/"
    )


def test_metadata_can_be_closed(place: Place) -> None:
    """An instance whose metadata endpoint is disabled gets 403 from it."""
    options = place.cloud.ec2.modify_instance_metadata_options
    options(InstanceId=place.host, HttpEndpoint="disabled")
    try:
        answer = place.cloud.ssh(
            place.host,
            "curl -s -m 3 -o /dev/null -w '%{http_code}' http://169.254.169.254/latest/meta-data/",
        )
    finally:
        options(InstanceId=place.host, HttpEndpoint="enabled")

    assert "403" == answer


def test_a_host_that_reboots_comes_back_as_it_was(place: Place) -> None:
    """After a reboot from inside: same addresses, same host keys, same disk."""
    cloud = place.cloud
    before = _identity(cloud, place.host)
    cloud.ssh(place.host, "sudo touch /root/kept; sudo systemctl reboot")
    back = eventually(lambda: _boot(cloud, place.host) not in ("", before[0]))

    after = _identity(cloud, place.host)
    assert back is True
    assert before[1:] == after[1:]
    assert "/root/kept" == cloud.ssh(place.host, "sudo ls /root/kept")


def test_a_host_that_powers_off_is_stopped_and_starts_again(place: Place) -> None:
    """Power off from inside is reported as `stopped`; StartInstances brings the disk back."""
    cloud = place.cloud
    cloud.ssh(place.host, "sudo touch /root/kept-too; sudo systemctl poweroff")
    stopped = cloud.await_state(place.host, "stopped")
    cloud.ec2.start_instances(InstanceIds=[place.host])
    again = cloud.await_ssh(place.host)

    assert ("stopped", "ready") == (stopped, again)
    assert "/root/kept-too" == cloud.ssh(place.host, "sudo ls /root/kept-too")


def test_stop_and_terminate_go_through_awss_states(place: Place) -> None:
    """StopInstances answers `stopping`; TerminateInstances `shutting-down`; then all is gone."""
    cloud = place.cloud
    host = cloud.run_host(place.network.public[1], [place.group])
    cloud.await_ssh(host)
    stopping = cloud.ec2.stop_instances(InstanceIds=[host])["StoppingInstances"][0]
    stopped = cloud.await_state(host, "stopped")
    ending = cloud.ec2.terminate_instances(InstanceIds=[host])["TerminatingInstances"][0]

    assert "stopping" == stopping["CurrentState"]["Name"]
    assert "stopped" == stopped
    assert "shutting-down" == ending["CurrentState"]["Name"]
    assert "terminated" == cloud.await_state(host, "terminated")
    assert [] == _traces(cloud.settings, host)


def test_four_hosts_answer_ssh_within_seconds(place: Place) -> None:
    """Four hosts, started at once, all answer SSH in seconds: about 4 on a quiet machine."""
    began = time.monotonic()
    started = [place.cloud.run_host(place.network.public[0], [place.group]) for _ in range(4)]
    answers = [place.cloud.await_ssh(host) for host in started]
    took_s = time.monotonic() - began

    assert ["ready"] * 4 == answers
    assert took_s < 40
    place.cloud.ec2.terminate_instances(InstanceIds=started)


def _boot(cloud: Cloud, host: str) -> str:
    return cloud.inside(host, "systemctl show --property=UserspaceTimestampMonotonic")


def _identity(cloud: Cloud, host: str) -> tuple[str, str, str, str]:
    cloud.await_ssh(host)
    described = cloud.instance(host)
    return (
        _boot(cloud, host),
        described["PublicIpAddress"],
        described["PrivateIpAddress"],
        cloud.ssh(host, "cat /etc/ssh/ssh_host_ed25519_key.pub"),
    )


def _traces(settings: Settings, host: str) -> list[str]:
    from hivemind_sandbox import network, podman

    found = [key for key in podman.containers(settings) if key == host]
    found += [name for name in network.namespaces(settings) if host in name]
    found += [str(path) for path in [podman.seed_directory(settings, host)] if path.exists()]
    return found
