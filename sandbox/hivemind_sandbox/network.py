"""VPCs as network namespaces, and the addresses that lead to them from this machine.

    this machine ── hm<K>u<N> ⇄ uplink ── router of VPC N ── bridge ── a host's eth0

A router holds its subnets' gateway addresses, the resolver at the VPC's base + 2, the metadata
address and the security groups. Ports of the bridge are isolated from one another, so traffic
between two hosts passes the router, too. Public addresses are routed to the router and translated
there, as on AWS. Two VPCs with the same CIDR never meet.
"""

import json
import logging
import os
import re
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, flock
from ipaddress import IPv4Address, IPv4Network, ip_address
from pathlib import Path

from hivemind_sandbox import security_groups
from hivemind_sandbox.allocations import Allocations
from hivemind_sandbox.commands import CommandError, in_namespace, ip, lines, run
from hivemind_sandbox.settings import Settings
from hivemind_sandbox.wanted import Interface, Vpc

log = logging.getLogger(__name__)

METADATA_ADDRESS = "169.254.169.254"
NAMESPACES = Path("/run/netns")
HOSTS_FILE = Path("/etc/hosts")
RUN_DIRECTORY = Path("/run/hivemind-sandbox")
FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")
BRIDGE_FILTER = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")
"""Exists while the module br_netfilter is loaded, which Docker, for one, does."""
EXIT_TIMEOUT_S = 5.0
LOCAL_RESOLV_CONF = (Path("/etc/resolv.conf"), Path("/run/systemd/resolve/resolv.conf"))


def run_directory(settings: Settings) -> Path:
    """Sockets and pid files: gone after a reboot, as what they belong to."""
    return RUN_DIRECTORY / str(settings.index)


class IndexTakenError(Exception):
    """Another sandbox, with a folder of its own, runs under this index."""


def claim(settings: Settings) -> None:
    """Note who has the index. Raises IndexTakenError when it is another's that runs."""
    check_claim(settings)
    place = run_directory(settings)
    place.mkdir(parents=True, exist_ok=True)
    (place / "owner").write_text(f"{os.getpid()} {settings.directory.resolve()}")


def check_claim(settings: Settings) -> None:
    with suppress(OSError, ValueError):
        pid, folder = (run_directory(settings) / "owner").read_text().split(" ", 1)
        ours = b"hivemind_sandbox" in Path(f"/proc/{pid}/cmdline").read_bytes()
        if folder != str(settings.directory.resolve()) and ours:
            raise IndexTakenError(
                f"index {settings.index} belongs to the running sandbox of {folder} "
                f"(process {pid}): choose another with --index, or stop that one first"
            )


def uplinks(settings: Settings) -> IPv4Network:
    """The addresses between this machine and the routers."""
    return IPv4Network(f"198.19.{16 * settings.index}.0/20")


def namespace(settings: Settings, key: str) -> str:
    return f"{settings.prefix}-{key}"


def namespaces(settings: Settings) -> list[str]:
    """All of this sandbox's namespaces that exist, by prefix."""
    if not NAMESPACES.is_dir():
        return []
    return sorted(p.name for p in NAMESPACES.iterdir() if p.name.startswith(f"{settings.prefix}-"))


class Network:
    """The sandbox's share of this machine's network."""

    def __init__(self, settings: Settings, allocations: Allocations) -> None:
        self._settings = settings
        self._allocations = allocations
        self._verified: dict[str, object] = {}
        self._rulesets: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._routes: dict[str, str] = {}
        self._unfiltered: set[str] = set()

    # This machine

    def prepare(self) -> None:
        """Give this machine the operator's address and let packets pass to the routers."""
        prefix, operator = self._settings.prefix, self._settings.operator_address
        claim(self._settings)
        _enable_forwarding()
        if not Path(f"/sys/class/net/{prefix}").exists():
            ip(f"link add {prefix} type bridge")
        ip(f"address replace {operator}/32 dev {prefix}", f"link set {prefix} up")
        run("nft", "-f", "-", stdin=_machine_ruleset(self._settings))
        _pass_firewall(self._settings)

    def heal(self) -> None:
        """Begin anew where something else took this machine's share of the network away."""
        if not Path(f"/sys/class/net/{self._settings.prefix}").exists():
            log.warning("the sandbox's network is gone; it is made again")
            for known in (self._verified, self._rulesets, self._names, self._routes):
                known.clear()
            self._unfiltered.clear()
            self.prepare()

    def publish(self, names: dict[str, str], vpcs: Iterable[Vpc]) -> None:
        """Make names and public addresses known on this machine, and no others of ours."""
        if names != self._names:
            write_hosts_block(self._settings, names)
            self._names = dict(names)
        routes = {
            interface.public: str(self._router_address(vpc.id))
            for vpc in vpcs
            for interface in vpc.interfaces
            if interface.public
        }
        if routes == self._routes:
            return
        known = set(_routes(self._settings))
        gone = [f"route del {address}/32" for address in known - set(routes)]
        added = [
            f"route replace {address}/32 via {via} src {self._settings.operator_address}"
            for address, via in routes.items()
        ]
        if gone:
            ip(*gone, check=False)
        if added:
            ip(*added)
        self._routes = routes

    # VPCs

    def ensure_vpc(self, vpc: Vpc) -> None:
        """Make the VPC's router as described; nothing happens where it is so already."""
        shape = (vpc.cidr, vpc.subnets)
        if self._verified.get(vpc.id) == shape:
            return
        router = namespace(self._settings, vpc.id)
        if not self._is_router(vpc, router):
            self.remove_namespace(router)
            self._build_router(vpc, router)
        addresses = [f"{_first(subnet.cidr, 1)}/{_length(subnet.cidr)}" for subnet in vpc.subnets]
        ip(
            *(f"address replace {address} dev bridge" for address in addresses),
            f"address replace {resolver_address(vpc.cidr)}/32 dev bridge",
            namespace=router,
        )
        self._ensure_resolver(vpc, router)
        self._verified[vpc.id] = shape

    def sync_vpc(self, vpc: Vpc) -> None:
        """Bring security groups, translation and names up to date."""
        router = namespace(self._settings, vpc.id)
        self._unfilter_bridge(vpc.id, router)
        ruleset = security_groups.ruleset(vpc)
        if self._rulesets.get(vpc.id) != ruleset:
            security_groups.apply(router, ruleset)
            self._rulesets[vpc.id] = ruleset
        self._write_names(vpc)

    def remove_vpc(self, vpc_id: str) -> None:
        stop_process(self._resolver_directory(vpc_id) / "pid", "dnsmasq")
        self.remove_namespace(namespace(self._settings, vpc_id))
        for path in sorted(self._resolver_directory(vpc_id).glob("*")):
            path.unlink()
        with suppress(OSError):
            self._resolver_directory(vpc_id).rmdir()
        self._verified.pop(vpc_id, None)
        self._rulesets.pop(vpc_id, None)
        self._unfiltered.discard(vpc_id)
        self._allocations.release_vpc(vpc_id)

    def routers(self) -> list[str]:
        """The ids of the VPCs that have a router."""
        start = len(self._settings.prefix) + 1
        return [name[start:] for name in namespaces(self._settings) if name[start:][:4] == "vpc-"]

    # Hosts, load balancers and databases

    def plug(self, interface: Interface) -> str:
        """Make the namespace that has the interface's address; give back its path."""
        name = namespace(self._settings, interface.key)
        if self._verified.get(interface.key) != interface.private:
            if not _has_address(name, interface.private):
                self.remove_namespace(name)
                self._build_interface(interface, name)
            self._verified[interface.key] = interface.private
        return str(NAMESPACES / name)

    def is_plugged(self, interface: Interface) -> bool:
        """Whether `plug` was called for it by this process."""
        return self._verified.get(interface.key) == interface.private

    def unplug(self, key: str) -> None:
        self.remove_namespace(namespace(self._settings, key))
        self._verified.pop(key, None)

    def remove_namespace(self, name: str) -> None:
        """End a namespace; its links end with it, at once."""
        if (NAMESPACES / name).exists():
            for link in _links(name):
                run("ip", "-n", name, "link", "del", link, check=False)
            run("ip", "netns", "del", name, check=False)

    def _build_interface(self, interface: Interface, name: str) -> None:
        router = namespace(self._settings, interface.vpc)
        run("ip", "-n", router, "link", "del", interface.link, check=False)
        run("ip", "netns", "add", name)
        ip(
            f"link add {interface.link} type veth"
            f" peer name eth0 address {_hardware_address(interface.private)} netns {name}",
            f"link set {interface.link} master bridge up",
            namespace=router,
        )
        run("bridge", "-n", router, "link", "set", "dev", interface.link, "isolated", "on")
        gateway = _first(interface.subnet.cidr, 1)
        ip(
            "link set lo up",
            f"address add {interface.private}/{_length(interface.subnet.cidr)} dev eth0",
            "link set eth0 up",
            f"route add default via {gateway}",
            namespace=name,
        )

    # The router

    def _build_router(self, vpc: Vpc, router: str) -> None:
        uplink = self._uplink(vpc.id)
        run("ip", "link", "del", uplink, check=False)
        run("ip", "netns", "add", router)
        ip(
            f"link add {uplink} type veth peer name uplink netns {router}",
            f"address add {self._machine_address(vpc.id)}/30 dev {uplink}",
            f"link set {uplink} up",
        )
        ip(
            "link set lo up",
            f"address add {METADATA_ADDRESS}/32 dev lo",
            f"address add {self._router_address(vpc.id)}/30 dev uplink",
            "link set uplink up",
            f"route add default via {self._machine_address(vpc.id)}",
            "link add bridge address 02:00:00:00:00:01 type bridge",
            "link set bridge up",
            namespace=router,
        )
        # Hosts of one subnet ask for each other's hardware address: the router answers with its
        # own, so that their packets come to it.
        in_namespace(
            router,
            "sysctl",
            "-qw",
            "net.ipv4.ip_forward=1",
            "net.ipv4.conf.all.rp_filter=0",
            "net.ipv4.conf.bridge.rp_filter=0",
            "net.ipv4.conf.bridge.proxy_arp_pvlan=1",
            "net.ipv4.conf.all.send_redirects=0",
            "net.ipv4.conf.bridge.send_redirects=0",
        )

    def _unfilter_bridge(self, vpc_id: str, router: str) -> None:
        """Let the bridge only bridge.

        With br_netfilter, what is translated to an address of the same subnet would be bridged
        between isolated ports, that is, dropped. The module may be loaded at any time.
        """
        if BRIDGE_FILTER.exists() and vpc_id not in self._unfiltered:
            in_namespace(router, "sysctl", "-qw", "net.bridge.bridge-nf-call-iptables=0")
            self._unfiltered.add(vpc_id)

    def _is_router(self, vpc: Vpc, router: str) -> bool:
        return Path(f"/sys/class/net/{self._uplink(vpc.id)}").exists() and "bridge" in _links(
            router
        )

    def _uplink(self, vpc_id: str) -> str:
        return f"{self._settings.prefix}u{self._allocations.vpc_number(vpc_id)}"

    def _machine_address(self, vpc_id: str) -> IPv4Address:
        return uplinks(self._settings)[4 * self._allocations.vpc_number(vpc_id) + 1]

    def _router_address(self, vpc_id: str) -> IPv4Address:
        return uplinks(self._settings)[4 * self._allocations.vpc_number(vpc_id) + 2]

    # Names within a VPC

    def _resolver_directory(self, vpc_id: str) -> Path:
        return run_directory(self._settings) / vpc_id

    def _ensure_resolver(self, vpc: Vpc, router: str) -> None:
        directory = self._resolver_directory(vpc.id)
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "hosts").touch()
        upstream = lines(f"nameserver {address}" for address in upstream_resolvers())
        (directory / "resolv.conf").write_text(upstream)
        if running(directory / "pid", "dnsmasq") is not None:
            return
        in_namespace(
            router,
            "dnsmasq",
            "--conf-file=/dev/null",
            "--user=root",
            "--no-hosts",
            "--bind-interfaces",
            "--except-interface=lo",
            f"--listen-address={resolver_address(vpc.cidr)}",
            f"--addn-hosts={directory / 'hosts'}",
            f"--resolv-file={directory / 'resolv.conf'}",
            f"--pid-file={directory / 'pid'}",
            f"--log-facility={directory / 'log'}",
        )

    def _write_names(self, vpc: Vpc) -> None:
        path = self._resolver_directory(vpc.id) / "hosts"
        pairs = {pair for interface in vpc.interfaces for pair in interface.names}
        text = lines(f"{address} {name}" for name, address in sorted(pairs))
        if path.read_text() != text:
            path.write_text(text)
            if (pid := running(path.parent / "pid", "dnsmasq")) is not None:
                os.kill(pid, signal.SIGHUP)


def resolver_address(cidr: str) -> str:
    """Where a VPC's hosts find their name server."""
    return _first(cidr, 2)


def upstream_resolvers() -> list[str]:
    """This machine's name servers, as far as another network namespace can reach them."""
    for path in LOCAL_RESOLV_CONF:
        with suppress(OSError):
            found = re.findall(r"^nameserver\s+(\S+)", path.read_text(), flags=re.MULTILINE)
            reachable = [a for a in found if "%" not in a and not ip_address(a).is_loopback]
            if reachable:
                return reachable
    log.warning(
        "no name server beyond loopback in /etc/resolv.conf: hosts resolve only AWS's names"
    )
    return []


def running(pid_file: Path, program: str) -> int | None:
    """The pid in the file, when a process of that program has it."""
    try:
        pid = int(pid_file.read_text().split()[0])
        name = Path(f"/proc/{pid}/comm").read_text().strip()
    except (OSError, ValueError, IndexError):
        return None
    return pid if name == program else None


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (OSError, IndexError):
        return False
    return state != "Z"


def stop_process(pid_file: Path, program: str) -> None:
    """End the process and return when it has ended."""
    pid = running(pid_file, program)
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + EXIT_TIMEOUT_S
            while time.monotonic() < deadline and _alive(pid):
                time.sleep(0.02)
            if _alive(pid):
                os.kill(pid, signal.SIGKILL)
    pid_file.unlink(missing_ok=True)


# This machine's /etc/hosts


def write_hosts_block(settings: Settings, names: dict[str, str]) -> None:
    """Replace our block in /etc/hosts, in place: it may be a mount, which a rename breaks."""
    begin, end = (f"# {mark} hivemind sandbox {settings.index}" for mark in (">>>", "<<<"))
    block = lines([begin, *(f"{ip_} {name}" for name, ip_ in sorted(names.items())), end])
    with _machine_lock(), HOSTS_FILE.open("r+", encoding="utf-8") as file:
        old = file.read()
        kept = re.sub(rf"{re.escape(begin)}\n.*?{re.escape(end)}\n", "", old, flags=re.DOTALL)
        if kept and not kept.endswith("\n"):
            kept += "\n"
        new = kept + block if names else kept
        if new != old:
            file.seek(0)
            file.write(new)
            file.truncate()


# What several sandboxes share


@contextmanager
def _machine_lock() -> Iterator[None]:
    RUN_DIRECTORY.mkdir(parents=True, exist_ok=True)
    with (RUN_DIRECTORY / "lock").open("w") as file:
        flock(file, LOCK_EX)
        yield


def _enable_forwarding() -> None:
    with _machine_lock():
        before = RUN_DIRECTORY / "ip_forward.before"
        if not before.exists():
            before.write_text(FORWARDING.read_text())
        FORWARDING.write_text("1\n")


def restore_forwarding(settings: Settings) -> None:
    """Put ip_forward back as it was, unless another sandbox still needs it."""
    with _machine_lock():
        before = RUN_DIRECTORY / "ip_forward.before"
        others = [f"hm{index}" for index in range(8) if index != settings.index]
        if before.exists() and not any(Path(f"/sys/class/net/{o}").exists() for o in others):
            FORWARDING.write_text(before.read_text())
            before.unlink()


def _machine_ruleset(settings: Settings) -> str:
    """Way out for hosts; from them, only the endpoint's port and name servers are reached here."""
    table, links = settings.prefix, f"{settings.prefix}u*"
    return lines(
        [
            f"table ip {table}",
            f"delete table ip {table}",
            f"table ip {table} {{",
            "chain postrouting {",
            "type nat hook postrouting priority srcnat;",
            f"ip saddr {{ {settings.internet}, {uplinks(settings)} }}"
            f" ip daddr != {security_groups.INTERNET} masquerade",
            "}",
            "chain input {",
            "type filter hook input priority filter;",
            f'iifname != "{links}" accept',
            "ct state established,related accept",
            f"ip daddr {settings.operator_address} tcp dport {settings.port} accept",
            "meta l4proto { tcp, udp } th dport 53 accept",
            "ip protocol icmp accept",
            "reject with icmp type admin-prohibited",
            "}",
            "}",
        ]
    )


def _pass_firewall(settings: Settings) -> None:
    """Where a firewall (Docker's, for one) drops what is forwarded, let our addresses pass."""
    for rule in _firewall_rules(settings):
        try:
            policy = run("iptables", "-S", "FORWARD", check=False).splitlines()[:1]
        except CommandError:
            return
        if policy == ["-P FORWARD DROP"]:
            run("iptables", "-D", "FORWARD", *rule, check=False)
            run("iptables", "-I", "FORWARD", "1", *rule)


def restore_firewall(settings: Settings) -> None:
    with suppress(CommandError):
        if settings.prefix in run("iptables", "-S", "FORWARD", check=False):
            for rule in _firewall_rules(settings):
                run("iptables", "-D", "FORWARD", *rule, check=False)


def _firewall_rules(settings: Settings) -> list[list[str]]:
    links = f"{settings.prefix}u+"
    return [["-i", links, "-j", "ACCEPT"], ["-o", links, "-j", "ACCEPT"]]


def _routes(settings: Settings) -> list[str]:
    """Public addresses of this sandbox that this machine has a route to."""
    found = json.loads(run("ip", "-j", "-4", "route", "show") or "[]")
    return [
        route["dst"]
        for route in found
        if "/" not in route["dst"]
        and route["dst"] != "default"
        and IPv4Address(route["dst"]) in settings.internet
        and str(route.get("dev", "")).startswith(f"{settings.prefix}u")
    ]


def _has_address(name: str, address: str) -> bool:
    if not (NAMESPACES / name).exists():
        return False
    shown = run("ip", "-n", name, "-o", "-4", "address", "show", "dev", "eth0", check=False)
    return f" {address}/" in shown


def _links(name: str) -> list[str]:
    if not (NAMESPACES / name).exists():
        return []
    shown = json.loads(run("ip", "-n", name, "-j", "link", "show", check=False) or "[]")
    return [link["ifname"] for link in shown if link["ifname"] != "lo"]


def _hardware_address(address: str) -> str:
    """The same for each holder of an address: neighbours remember it for half a minute."""
    return "02:42:" + IPv4Address(address).packed.hex(":")


def _first(cidr: str, offset: int) -> str:
    return str(IPv4Network(cidr, strict=False)[offset])


def _length(cidr: str) -> int:
    return IPv4Network(cidr, strict=False).prefixlen
