"""VPCs, security groups and the ways in and out of them."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest
from cloud import Cloud, VpcNetwork, cloud_of, eventually, operator
from hivemind_sandbox import security_groups
from hivemind_sandbox.wanted import Group, Interface, Rule, Subnet, Vpc

WORLD = "0.0.0.0/0"


@dataclass
class Place:
    cloud: Cloud
    network: VpcNetwork
    twin: VpcNetwork
    ssh: str
    """A group that lets the operator in."""
    app: str
    """A group that lets in port 8000 from the group `ssh`."""
    front: str
    back: str
    hidden: str
    """A host in a private subnet."""
    other: str
    """A host of the other VPC, of the same CIDR and the same private address as `front`."""


@pytest.fixture(scope="module")
def place(sandbox: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with cloud_of(sandbox.settings, tmp_path_factory.mktemp("keys")) as cloud:
        network, twin = cloud.network(), cloud.network()
        ssh = network.group("ssh", (22, operator(sandbox.settings)))
        app = network.group("app", (8000, ssh))
        twin_group = twin.group("all", (22, operator(sandbox.settings)), (8000, WORLD))
        front = cloud.run_host(network.public[0], [ssh])
        back = cloud.run_host(network.public[0], [app])
        hidden = cloud.run_host(network.private[0], [app])
        other = cloud.run_host(
            twin.public[0],
            [twin_group],
            PrivateIpAddress=cloud.instance(front)["PrivateIpAddress"],
        )
        assert "ready" == cloud.await_ssh(front)
        assert "ready" == cloud.await_ssh(other)
        for host in (back, hidden):
            cloud.await_state(host, "running")
            cloud.serve(host)
        yield Place(cloud, network, twin, ssh, app, front, back, hidden, other)


@pytest.mark.sandbox
def test_two_vpcs_with_the_same_cidr_do_not_see_each_other(place: Place) -> None:
    """The same private address leads to a different host in each VPC, or to none."""
    cloud = place.cloud
    back = cloud.instance(place.back)["PrivateIpAddress"]
    front, other = (cloud.instance(host) for host in (place.front, place.other))

    assert front["PrivateIpAddress"] == other["PrivateIpAddress"]
    assert front["PublicIpAddress"] != other["PublicIpAddress"]
    assert "ok" == cloud.ssh(place.front, f"curl -s -m 3 http://{back}:8000/")
    assert "" == cloud.ssh(place.other, f"curl -s -m 2 http://{back}:8000/")


@pytest.mark.sandbox
def test_public_addresses_come_from_the_sandboxs_slice(place: Place) -> None:
    """A host of a mapping subnet has one, a host of a private subnet none."""
    front, hidden = (place.cloud.instance(host) for host in (place.front, place.hidden))
    slice_ = place.cloud.settings.internet

    assert front["PublicIpAddress"].startswith(str(slice_[0]).rsplit(".", 2)[0] + ".")
    assert None is hidden.get("PublicIpAddress")


@pytest.mark.sandbox
def test_a_group_lets_in_what_its_rules_say_and_nothing_else(place: Place) -> None:
    """Port 8000 from the source group; not from outside, and no other port from inside."""
    cloud = place.cloud
    back = cloud.instance(place.back)
    inside, outside = back["PrivateIpAddress"], back["PublicIpAddress"]

    assert "ok" == cloud.ssh(place.front, f"curl -s -m 3 http://{inside}:8000/")
    assert "closed" == cloud.ssh(
        place.front, f"timeout 2 bash -c '</dev/tcp/{inside}/22' 2>/dev/null || echo closed"
    )
    assert not _reaches(outside, 8000)
    assert not _reaches(outside, 22)


@pytest.mark.sandbox
def test_a_changed_rule_is_enforced_within_seconds(place: Place) -> None:
    """Authorised, a port opens to the world; revoked, it closes."""
    address = place.cloud.instance(place.back)["PublicIpAddress"]
    place.network.allow(place.app, 8000, WORLD)
    opened = eventually(lambda: _reaches(address, 8000), True)
    place.network.refuse(place.app, 8000, WORLD)
    closed = eventually(lambda: _reaches(address, 8000), False)

    assert (True, False) == (opened, closed)


@pytest.mark.sandbox
def test_hosts_resolve_the_names_of_their_vpc_and_of_the_world(place: Place) -> None:
    """The VPC's name server knows private names and hands on all others."""
    cloud = place.cloud
    hidden = cloud.instance(place.hidden)
    name, address = hidden["PrivateDnsName"], hidden["PrivateIpAddress"]

    assert address in cloud.ssh(place.front, f"getent hosts {name}")
    assert "" == cloud.ssh(place.other, f"getent hosts {name}")
    assert "" != cloud.ssh(place.front, "getent ahosts localhost")


@pytest.mark.sandbox
def test_only_a_subnet_with_a_route_to_the_internet_has_one(place: Place) -> None:
    """A public host reaches the world's addresses; a private one, without NAT, does not."""
    settings = place.cloud.settings
    url = f"http://{settings.operator_address}:{settings.port}/"
    ask = f"curl -s -m 3 -o /dev/null {url} && echo out || echo shut"

    assert "out" == place.cloud.ssh(place.front, ask)
    assert "shut" == place.cloud.inside(place.hidden, ask)


@pytest.mark.sandbox
def test_hosts_reach_no_service_of_this_machine_but_the_endpoint(place: Place) -> None:
    """A port that listens on the operator's address is closed to hosts."""
    settings = place.cloud.settings
    with closing(socket.create_server((str(settings.operator_address), 0))) as server:
        port = server.getsockname()[1]
        seen = place.cloud.ssh(
            place.front,
            f"timeout 2 bash -c '</dev/tcp/{settings.operator_address}/{port}' 2>&1 "
            "&& echo open || echo closed",
        )

    assert seen.endswith("closed")


@pytest.mark.sandbox
def test_the_machines_own_link_local_network_is_out_of_reach(place: Place) -> None:
    """Only the metadata address answers; the rest of 169.254.0.0/16 is refused in the router."""
    seen = place.cloud.ssh(
        place.front, "timeout 2 bash -c '</dev/tcp/169.254.170.2/80' 2>/dev/null || echo closed"
    )

    assert "closed" == seen


@pytest.mark.sandbox
def test_a_deleted_vpc_leaves_no_namespace_and_no_link(sandbox: Any, tmp_path: Any) -> None:
    """DeleteVpc takes router, links and name server away."""
    from hivemind_sandbox import network

    with cloud_of(sandbox.settings, tmp_path) as cloud:
        made = cloud.network("10.78.0.0/16")
        router = network.namespace(sandbox.settings, made.id)
        there = eventually(lambda: router in network.namespaces(sandbox.settings))
    gone = eventually(lambda: router not in network.namespaces(sandbox.settings))

    assert (True, True) == (there, gone)
    assert not (network.run_directory(sandbox.settings) / made.id).exists()


@pytest.mark.fast
def test_an_interface_without_rules_lets_nothing_in() -> None:
    """The chain of an interface whose groups are empty is a drop alone."""
    text = security_groups.ruleset(_vpc(Group(id="sg-1")))
    chain = text.split(f"chain in_{_interface().link} {{\n", 1)[1].split("}", 1)[0]

    assert "drop\n" == chain


@pytest.mark.fast
@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Rule(protocol="-1", cidr=WORLD), "return"),
        (Rule(protocol="tcp", from_port=22, to_port=22, cidr=WORLD), "tcp dport 22 return"),
        (
            Rule(protocol="udp", from_port=5, to_port=9, cidr="10.0.0.0/8"),
            "ip saddr 10.0.0.0/8 udp dport 5-9 return",
        ),
        (
            Rule(protocol="tcp", from_port=80, to_port=80, group="sg-1"),
            "ip saddr { 10.0.0.4 } tcp dport 80 return",
        ),
        (Rule(protocol="tcp", from_port=80, to_port=80, group="sg-empty"), "drop"),
        (Rule(protocol="icmp", from_port=8, to_port=-1, cidr=WORLD), "icmp type 8 return"),
    ],
)
def test_a_rule_of_the_api_is_one_rule_of_the_router(rule: Rule, expected: str) -> None:
    """Protocol, ports and peer are carried over; a group without members matches nobody."""
    text = security_groups.ruleset(_vpc(Group(id="sg-1", ingress=(rule,))))
    chain = text.split(f"chain in_{_interface().link} {{\n", 1)[1]

    assert expected == chain.splitlines()[0]


def _vpc(group: Group) -> Vpc:
    return Vpc(
        id="vpc-1", cidr="10.0.0.0/16", subnets=(), groups=(group,), interfaces=(_interface(),)
    )


def _interface() -> Interface:
    subnet = Subnet(id="subnet-1", cidr="10.0.0.0/24")
    return Interface(key="i-1", vpc="vpc-1", subnet=subnet, private="10.0.0.4", groups=("sg-1",))


def _reaches(address: str, port: int) -> bool:
    """By content: some networks accept any connection."""
    argv = ["curl", "-s", "-m", "1", f"http://{address}:{port}/"]
    return "ok" == subprocess.run(argv, capture_output=True, text=True, check=False).stdout
