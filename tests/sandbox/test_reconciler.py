"""The sandbox over crashes, restarts and their end. On an instance of its own: all is destroyed."""

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cloud import Cloud, VpcNetwork, eventually, operator
from hivemind_sandbox import cleanup, load_balancer, network, podman, state
from hivemind_sandbox.settings import Settings

pytestmark = pytest.mark.sandbox

INDEX = int(os.environ.get("HIVEMIND_TEST_DESTRUCTIVE_INDEX", "6"))
FORWARDING = network.FORWARDING


@dataclass
class Place:
    sandbox: Any
    cloud: Cloud
    network: VpcNetwork
    host: str
    balancer: str
    forwarding: str

    @property
    def settings(self) -> Settings:
        return self.cloud.settings

    def kill(self) -> None:
        """End the process as a crash does."""
        pid = int(self.settings.pid_file.read_text())
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: not Path(f"/proc/{pid}").exists())

    def running(self) -> list[str]:
        found = podman.containers(self.settings)
        return sorted(key for key, container in found.items() if container.running)

    def haproxy(self) -> int | None:
        home = load_balancer.directory(self.settings, load_balancer.key(self.balancer))
        return network.running(home / "pid", "haproxy")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    if os.geteuid() != 0:
        pytest.skip("the sandbox's hosts need root")
    from conftest import Sandbox

    folder = tmp_path_factory.mktemp("destructive")
    settings = Settings(index=INDEX, directory=folder / "state" / str(INDEX))
    sandbox = Sandbox(settings, folder / "config")
    before = FORWARDING.read_text()
    sandbox.command("reset", "--yes")
    try:
        sandbox.command("up")
        cloud = Cloud(settings, folder)
        made = cloud.network()
        group = made.group("ssh", (22, operator(settings)), (80, "0.0.0.0/0"))
        host = cloud.run_host(made.public[0], [group])
        arn = cloud.elb.create_load_balancer(
            Name="lasting", Subnets=made.public, SecurityGroups=[group]
        )["LoadBalancers"][0]["LoadBalancerArn"]
        assert "ready" == cloud.await_ssh(host)
        place = Place(sandbox, cloud, made, host, arn, before)
        eventually(lambda: place.haproxy() is not None)
        yield place
    finally:
        sandbox.command("reset", "--yes")


def test_a_killed_sandbox_loses_no_host_and_adopts_its_load_balancer(place: Place) -> None:
    """After kill -9 all runs on; the next start knows the objects and takes the processes over."""
    cloud, haproxy = place.cloud, place.haproxy()
    described = cloud.instance(place.host)
    boot = cloud.inside(place.host, "cat /proc/1/stat | cut -d' ' -f22")
    place.kill()
    without = (place.running(), place.haproxy())
    place.sandbox.command("up")

    assert ([place.host], haproxy) == without
    assert described["PublicIpAddress"] == cloud.instance(place.host)["PublicIpAddress"]
    assert "running" == cloud.state(place.host)
    assert "ready" == cloud.ssh(place.host, "echo ready")
    assert boot == cloud.inside(place.host, "cat /proc/1/stat | cut -d' ' -f22")
    assert haproxy == place.haproxy()


def test_without_its_state_file_the_sandbox_refuses_to_start(place: Place) -> None:
    """Hosts that it would not know are left alone, and the word names the way out."""
    place.kill()
    file = state.file(place.settings)
    away = file.rename(file.with_suffix(".away"))
    refused = place.sandbox.command("up", check=False)
    left = place.running()
    away.rename(file)
    place.sandbox.command("up")

    assert 0 != refused.returncode
    assert "sandbox reset" in refused.stdout + refused.stderr
    assert [place.host] == left
    assert "running" == place.cloud.state(place.host)


def test_down_leaves_nothing_running_and_up_brings_all_back(place: Place) -> None:
    """No process, namespace, link, rule, or hosts entry after `down`; the same hosts after `up`."""
    cloud = place.cloud
    cloud.ssh(place.host, "sudo touch /root/kept")
    described = cloud.instance(place.host)
    place.sandbox.command("down")
    left = cleanup.leftovers(place.settings)
    place.sandbox.command("up")
    back = cloud.await_ssh(place.host)

    assert [] == left
    assert "ready" == back
    assert described["PublicIpAddress"] == cloud.instance(place.host)["PublicIpAddress"]
    assert "/root/kept" == cloud.ssh(place.host, "sudo ls /root/kept")
    assert eventually(lambda: place.haproxy() is not None)


def test_reset_of_a_dead_sandbox_removes_everything(place: Place) -> None:
    """By label and prefix, without the process: containers, network, state, and ip_forward."""
    place.kill()
    place.sandbox.command("reset", "--yes")

    assert [] == cleanup.leftovers(place.settings)
    assert {} == podman.containers(place.settings)
    assert not state.file(place.settings).exists()
    if not list(network.RUN_DIRECTORY.glob("[0-7]")):
        assert place.forwarding == FORWARDING.read_text()
