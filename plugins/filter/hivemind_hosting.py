"""Filters of the roles that run releases: thin doors to `hivemind_agents.hosting`."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from typing import Any

from hivemind_agents.hosting.processes import launcher


def with_release(
    releases: Sequence[dict[str, Any]], number: int | str, facts: dict[str, Any]
) -> list[dict[str, Any]]:
    """The releases with `facts` changed in the one of that number."""
    return [
        {**release, **facts} if release["number"] == int(number) else dict(release)
        for release in releases
    ]


def networks_with(networks: Sequence[str], address: str) -> list[str]:
    """Those networks that an address is in."""
    there = ipaddress.ip_address(address)
    return [each for each in networks if there in ipaddress.ip_network(each, strict=False)]


class FilterModule:
    """Found by Ansible in plugins/filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "launcher": launcher,
            "networks_with": networks_with,
            "with_release": with_release,
        }
