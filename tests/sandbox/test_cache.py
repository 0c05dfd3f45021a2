"""ElastiCache's groups and clusters are hosts with a real Redis."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from cloud import Cloud, VpcNetwork, cloud_of, eventually, operator
from hivemind_sandbox import certificates, network, podman

pytestmark = pytest.mark.sandbox

# Sends lines in Redis's inline form and prints what comes back until it says +BYE, or nothing more.
_CLIENT = """
import socket, ssl, sys
address, name, port, authority, *lines = sys.argv[1:]
link = socket.create_connection((address, int(port)), timeout=3)
link.settimeout(3)
if authority:
    link = ssl.create_default_context(cafile=authority).wrap_socket(link, server_hostname=name)
link.sendall("".join(line + "\\r\\n" for line in (*lines, "QUIT")).encode())
said = b""
while more := link.recv(4096):
    said += more
print(said.decode().removesuffix("+OK\\r\\n").replace("\\r\\n", " ").strip())
"""


@dataclass
class Place:
    cloud: Cloud
    network: VpcNetwork
    app: str
    """The group of the application's hosts: the only one that the caches let in."""
    group: str
    host: str

    def __post_init__(self) -> None:
        self.elasticache = self.cloud.client("elasticache")

    def replication_group(self, name: str) -> dict[str, Any]:
        found = self.elasticache.describe_replication_groups(ReplicationGroupId=name)
        return dict(found["ReplicationGroups"][0])

    def status(self, name: str) -> str:
        try:
            return str(self.replication_group(name)["Status"])
        except self.elasticache.exceptions.ReplicationGroupNotFoundFault:
            return "gone"

    def ask(self, endpoint: dict[str, Any], *lines: str, tls: bool = False) -> str:
        """Talk as the application does: from its host, by the endpoint's name."""
        name = endpoint["Address"]
        address = self.cloud.inside(self.host, f"getent hosts {name}").split(" ")[0]
        authority = str(certificates.authority_file(self.cloud.settings)) if tls else ""
        argv = [sys.executable, "-c", _CLIENT, address, name, str(endpoint["Port"]), authority]
        namespace = network.namespace(self.cloud.settings, self.host)
        done = subprocess.run(
            ["ip", "netns", "exec", namespace, *argv, *lines],
            capture_output=True,
            text=True,
            check=False,
        )
        return (done.stdout or done.stderr.strip().splitlines()[-1]).strip()


@pytest.fixture(scope="module")
def place(sandbox: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with cloud_of(sandbox.settings, tmp_path_factory.mktemp("keys")) as cloud:
        vpc = cloud.network("10.78.0.0/16")
        app = vpc.group("app", (22, operator(sandbox.settings)))
        group = vpc.group("cache", (6379, app))
        here = Place(cloud, vpc, app, group, cloud.run_host(vpc.public[0], [app]))
        here.elasticache.create_cache_subnet_group(
            CacheSubnetGroupName="caches",
            CacheSubnetGroupDescription="tests",
            SubnetIds=vpc.private,
        )
        cloud.made.append(
            lambda: here.elasticache.delete_cache_subnet_group(CacheSubnetGroupName="caches")
        )
        cloud.await_state(here.host, "running")
        yield here


@pytest.fixture(scope="module")
def primary(place: Place) -> Iterator[dict[str, Any]]:
    """The endpoint of a group without TLS and password."""
    assert "creating" == create(place, "plain")["Status"]
    assert "available" == eventually(lambda: place.status("plain"), "available", within_s=120)
    yield dict(place.replication_group("plain")["NodeGroups"][0]["PrimaryEndpoint"])
    delete(place, "plain")


def create(place: Place, name: str, **options: Any) -> dict[str, Any]:
    given = {"Engine": "redis", "AutomaticFailoverEnabled": False} | options
    made = place.elasticache.create_replication_group(
        ReplicationGroupId=name,
        ReplicationGroupDescription="tests",
        CacheNodeType="cache.t4g.micro",
        NumCacheClusters=1,
        CacheSubnetGroupName="caches",
        SecurityGroupIds=[place.group],
        **given,
    )
    return dict(made["ReplicationGroup"])


def delete(place: Place, name: str) -> str:
    if place.status(name) != "gone":
        place.elasticache.delete_replication_group(ReplicationGroupId=name)
    return str(eventually(lambda: place.status(name), "gone", within_s=120))


def test_the_application_keeps_values_in_its_cache(place: Place, primary: dict[str, Any]) -> None:
    """By the endpoint's name, without a password; administration is not the application's."""
    assert "+PONG +OK $2 41 :42" == place.ask(
        primary, "PING", "SET answer 41", "GET answer", "INCR answer"
    )
    assert "unknown command" in place.ask(primary, "CONFIG GET dir")


def test_only_the_vpc_and_its_allowed_group_reach_the_cache(
    place: Place, primary: dict[str, Any]
) -> None:
    """The name is unknown to this machine; a host outside the source group is refused."""
    stranger = place.network.group("stranger", (22, operator(place.cloud.settings)))
    place.cloud.ec2.modify_instance_attribute(InstanceId=place.host, Groups=[stranger])
    closed = eventually(lambda: "timed out" in place.ask(primary, "PING"))
    place.cloud.ec2.modify_instance_attribute(InstanceId=place.host, Groups=[place.app])
    opened = eventually(lambda: place.ask(primary, "PING"), "+PONG")

    assert (True, "+PONG") == (closed, opened)
    assert primary["Address"] not in network.HOSTS_FILE.read_text()


def test_what_is_kept_survives_a_stop_of_the_host(place: Place, primary: dict[str, Any]) -> None:
    """The sandbox starts a cache that is off, with what it held."""
    key = f"cache-{place.cloud.settings.region}-plain"
    place.ask(primary, "SET kept yes")
    podman.stop(place.cloud.settings, key)

    assert "$3 yes" == eventually(lambda: place.ask(primary, "GET kept"), "$3 yes")


def test_tls_and_a_password_are_as_the_api_says(place: Place) -> None:
    """Transit encryption with a certificate for the endpoint's name; AUTH before anything else."""
    token = "a-token-of-the-tests-own"
    create(place, "guarded", TransitEncryptionEnabled=True, AuthToken=token)
    made = eventually(lambda: place.status("guarded"), "available", within_s=120)
    endpoint = place.replication_group("guarded")["NodeGroups"][0]["PrimaryEndpoint"]
    answers = [
        place.ask(endpoint, f"AUTH {token}", "PING", tls=True),
        place.ask(endpoint, "PING", tls=True),
        place.ask(endpoint, "PING"),
    ]
    gone = delete(place, "guarded")

    assert ("available", "gone") == (made, gone)
    assert "+OK +PONG" == answers[0]
    assert "NOAUTH" in answers[1]
    assert "PONG" not in answers[2]


def test_a_deleted_cache_is_gone_with_its_host(place: Place) -> None:
    """A cluster of its own, and nothing of it left."""
    make = place.elasticache.create_cache_cluster
    make(
        CacheClusterId="single",
        Engine="redis",
        CacheNodeType="cache.t4g.micro",
        NumCacheNodes=1,
        CacheSubnetGroupName="caches",
        SecurityGroupIds=[place.group],
    )

    def shown() -> dict[str, Any]:
        found = place.elasticache.describe_cache_clusters(
            CacheClusterId="single", ShowCacheNodeInfo=True
        )
        return dict(found["CacheClusters"][0])

    def is_there() -> bool:
        found = place.elasticache.describe_cache_clusters()["CacheClusters"]
        return any(cluster["CacheClusterId"] == "single" for cluster in found)

    made = eventually(lambda: shown()["CacheClusterStatus"], "available", within_s=120)
    answer = place.ask(shown()["CacheNodes"][0]["Endpoint"], "PING")
    place.elasticache.delete_cache_cluster(CacheClusterId="single")
    there = eventually(is_there, expected=False)
    left = [key for key in podman.containers(place.cloud.settings) if key.endswith("-single")]

    assert ("available", "+PONG", False, []) == (made, answer, there, left)


def test_an_engine_without_a_server_fails_at_once(place: Place) -> None:
    """The group ends as `create-failed`."""
    create(place, "strange", Engine="valkey")
    failed = eventually(lambda: place.status("strange"), "create-failed", within_s=10)
    gone = delete(place, "strange")

    assert ("create-failed", "gone") == (failed, gone)
