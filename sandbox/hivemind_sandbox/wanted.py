"""What the API describes, as values: read once a pass, compared with what runs, never changed."""

import hashlib
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One peer of a security group's rule: a CIDR or another group."""

    protocol: str
    """"tcp", "udp", "icmp", a protocol's number, or "-1" for all."""
    from_port: int | None = None
    to_port: int | None = None
    cidr: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    id: str
    ingress: tuple[Rule, ...] = ()
    egress: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    id: str
    cidr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """An address in a VPC, and the network namespace that has it."""

    key: str
    """The object's id; names its namespace, its container, its folder."""
    vpc: str
    subnet: Subnet
    private: str
    public: str | None = None
    """Its address on "the internet", when its subnet has a route there."""
    nat: bool = False
    """Without a public address, but with a way out through a NAT gateway."""
    groups: tuple[str, ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    """(name, address) as hosts of the VPC resolve them."""
    public_names: tuple[str, ...] = ()
    """Names by which this machine reaches the public address."""

    @property
    def link(self) -> str:
        """Its link's name in the router: at most 15 characters, so not its key."""
        return "v" + hashlib.sha256(self.key.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vpc:
    id: str
    cidr: str
    subnets: tuple[Subnet, ...]
    groups: tuple[Group, ...]
    interfaces: tuple[Interface, ...] = ()


HostState = Literal["pending", "running", "stopping", "stopped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """An EC2 instance that is not gone."""

    id: str
    region: str
    state: HostState
    interface: Interface
    hostname: str
    authorized_key: str = ""
    user_data: str = ""
    reboot: bool = False
    """RebootInstances was called and not yet followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """An RDS instance that is not gone."""

    id: str
    region: str
    engine: str
    status: str
    interface: Interface
    endpoint: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str | None
    parameters: tuple[tuple[str, str], ...] = ()
    """(name, value) of its parameter group, where they differ from the engine's own."""
    restore_from: str | None = None
    """The snapshot that it starts from."""
    snapshots: tuple[str, ...] = ()
    """Snapshots of it that were asked for and not yet made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """An ElastiCache replication group or cluster that is not gone."""

    id: str
    node: str
    """The cluster that metrics are of: of a replication group its first one."""
    region: str
    engine: str
    status: str
    interface: Interface
    endpoint: str
    port: int
    tls: bool = False
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    id: str
    address: str
    port: int
    seen_healthy: bool
    """Whether it was healthy since it was registered."""

    @property
    def server(self) -> str:
        """Its name in HAProxy."""
        return f"{self.id}_{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetGroup:
    arn: str
    protocol: str
    check_protocol: str
    check_port: str
    check_path: str
    check_matcher: str
    check_interval_s: int
    check_timeout_s: int
    healthy_threshold: int
    unhealthy_threshold: int
    sticky_s: int | None
    targets: tuple[Target, ...]

    @property
    def backend(self) -> str:
        """Its name in HAProxy."""
        return "tg_" + self.arn.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What a listener does with a request; `type` says which fields count."""

    type: str
    forward: tuple[tuple[str, int], ...] = ()
    """(target group's ARN, weight)"""
    redirect: tuple[tuple[str, str], ...] = ()
    """Protocol, Host, Port, Path, Query, StatusCode as the API has them."""
    status: str = "503"
    content_type: str = "text/plain"
    body: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """All conditions of a rule must hold; of `values`, one."""

    field: str
    values: tuple[str, ...]
    header: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerRule:
    conditions: tuple[Condition, ...]
    action: Action


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A server certificate. Without PEMs the sandbox's own authority issues it."""

    arn: str
    names: tuple[str, ...]
    pem: str | None = None
    key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    arn: str
    port: int
    protocol: str
    tls_policy: str
    certificates: tuple[Certificate, ...]
    rules: tuple[ListenerRule, ...]
    """In order of priority; the last has no condition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancer:
    arn: str
    name: str
    region: str
    dns_name: str
    state: str
    interface: Interface
    idle_timeout_s: int
    listeners: tuple[Listener, ...]
    target_groups: tuple[TargetGroup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The whole of what the API describes at one moment."""

    vpcs: tuple[Vpc, ...] = ()
    hosts: tuple[Host, ...] = ()
    databases: tuple[Database, ...] = ()
    caches: tuple[Cache, ...] = ()
    load_balancers: tuple[LoadBalancer, ...] = ()

    @property
    def interfaces(self) -> tuple[Interface, ...]:
        return (
            *(host.interface for host in self.hosts),
            *(item.interface for item in self.databases),
            *(item.interface for item in self.caches),
            *(item.interface for item in self.load_balancers),
        )

    @property
    def keys(self) -> frozenset[str]:
        """Of all objects that have an interface."""
        return frozenset(interface.key for interface in self.interfaces)
