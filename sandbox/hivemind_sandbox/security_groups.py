"""Security groups as nftables rules of a VPC's router, where no guest can change them."""

from collections.abc import Iterable
from ipaddress import ip_network

from hivemind_sandbox.commands import in_namespace, lines
from hivemind_sandbox.wanted import Group, Interface, Rule, Vpc

INTERNET = "198.18.0.0/15"
TABLE = "hivemind"


def apply(router: str, ruleset: str) -> None:
    """Replace the router's rules in one transaction; on failure the old ones stay."""
    in_namespace(router, "nft", "-f", "-", stdin=ruleset)


def ruleset(vpc: Vpc) -> str:
    """Render all of a VPC's filtering and address translation.

    Traffic between two hosts passes the router, as do the load balancer's requests: each address
    is checked against its own groups, when it sends and when it receives. What has no group that
    allows it is dropped; answers always pass, as with AWS's connection tracking.
    """
    members = _members(vpc)
    groups = {group.id: group for group in vpc.groups}
    chains: list[str] = []
    for interface in vpc.interfaces:
        own = [groups[id_] for id_ in interface.groups if id_ in groups]
        chains += _chain(_ingress_chain(interface), own, members, ingress=True)
        chains += _chain(_egress_chain(interface), own, members, ingress=False)
    return lines(
        [
            f"table ip {TABLE}",
            f"delete table ip {TABLE}",
            f"table ip {TABLE} {{",
            *chains,
            *_forward(vpc),
            *_translation(vpc),
            "}",
        ]
    )


def _forward(vpc: Vpc) -> list[str]:
    egress = _elements(f"{i.private} : jump {_egress_chain(i)}" for i in vpc.interfaces)
    ingress = _elements(f"{i.private} : jump {_ingress_chain(i)}" for i in vpc.interfaces)
    return [
        "chain forward {",
        "type filter hook forward priority 0; policy drop;",
        "ct state established,related accept",
        # The machine's own link-local network (on a cloud, its credentials) is out of reach.
        "ip daddr 169.254.0.0/16 reject with icmp type admin-prohibited",
        *([f"ip saddr vmap {egress}"] if egress else []),
        *([f"ip daddr vmap {ingress}"] if ingress else []),
        f"ip daddr {vpc.cidr} accept",
        f"ip saddr {_set(_with_way_out(vpc))} accept" if _with_way_out(vpc) else "",
        "}",
    ]


def _translation(vpc: Vpc) -> list[str]:
    public = [i for i in vpc.interfaces if i.public]
    nat = [i.private for i in vpc.interfaces if i.nat and not i.public]
    to_private = _elements(f"{i.public} : {i.private}" for i in public)
    to_public = _elements(f"{i.private} : {i.public}" for i in public)
    return [
        "chain prerouting {",
        "type nat hook prerouting priority dstnat;",
        *([f"dnat to ip daddr map {to_private}"] if public else []),
        "}",
        "chain postrouting {",
        "type nat hook postrouting priority srcnat;",
        *([f'oifname "uplink" snat to ip saddr map {to_public}'] if public else []),
        *([f'oifname "uplink" ip saddr {_set(nat)} masquerade'] if nat else []),
        "}",
    ]


def _with_way_out(vpc: Vpc) -> list[str]:
    return [i.private for i in vpc.interfaces if i.public or i.nat]


def _members(vpc: Vpc) -> dict[str, list[str]]:
    members: dict[str, list[str]] = {}
    for interface in vpc.interfaces:
        for group in interface.groups:
            members.setdefault(group, []).append(interface.private)
    return members


def _chain(
    name: str, groups: list[Group], members: dict[str, list[str]], *, ingress: bool
) -> list[str]:
    rules = [
        text
        for group in groups
        for rule in (group.ingress if ingress else group.egress)
        if (text := _rule(rule, members, ingress=ingress))
    ]
    return [f"chain {name} {{", *dict.fromkeys(rules), "drop", "}"]


def _rule(rule: Rule, members: dict[str, list[str]], *, ingress: bool) -> str:
    """One nft rule, or nothing where the rule matches nobody (an empty group, IPv6)."""
    peer = "ip saddr" if ingress else "ip daddr"
    if rule.group is not None:
        addresses = members.get(rule.group)
        if not addresses:
            return ""
        match = f"{peer} {_set(addresses)}"
    elif rule.cidr is not None:
        match = "" if rule.cidr == "0.0.0.0/0" else f"{peer} {ip_network(rule.cidr, strict=False)}"
    else:
        return ""
    return " ".join(part for part in (match, _service(rule), "return") if part)


def _service(rule: Rule) -> str:
    protocol, low, high = rule.protocol, rule.from_port, rule.to_port
    if protocol == "-1":
        return ""
    if protocol in ("tcp", "udp"):
        if low is None or low < 0 or (low, high) == (0, 65535):
            return f"meta l4proto {protocol}"
        return f"{protocol} dport {low}" if low == high else f"{protocol} dport {low}-{high}"
    if protocol == "icmp":
        return "ip protocol icmp" if low in (None, -1) else f"icmp type {low}"
    return f"ip protocol {protocol}"


def _ingress_chain(interface: Interface) -> str:
    return f"in_{interface.link}"


def _egress_chain(interface: Interface) -> str:
    return f"out_{interface.link}"


def _set(addresses: list[str]) -> str:
    return "{ " + ", ".join(sorted(set(addresses))) + " }"


def _elements(pairs: Iterable[str]) -> str:
    found = list(pairs)
    return "{ " + ", ".join(found) + " }" if found else ""
