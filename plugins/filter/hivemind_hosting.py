"""Filters of the roles that run releases: thin doors to `hivemind_agents.hosting`."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from hivemind_agents.domain.deployment import Deployment, Release
from hivemind_agents.hosting import connected
from hivemind_agents.hosting.causes import with_cause
from hivemind_agents.hosting.health import health_check
from hivemind_agents.hosting.processes import jobs, processes


def with_release(
    releases: Sequence[dict[str, Any]], number: int | str, facts: dict[str, Any]
) -> list[dict[str, Any]]:
    """The releases with `facts` changed in the one of that number."""
    return [
        {**release, **facts} if release["number"] == int(number) else dict(release)
        for release in releases
    ]


def with_connections(record: dict[str, Any], number: int | str) -> dict[str, Any]:
    """`releases` where a release has the connections of today, `number` of the one that has."""
    releases, chosen = connected.with_connections(
        Deployment.model_validate_json(json.dumps(record, default=str)),
        int(number),
        datetime.now(UTC),
    )
    return {"releases": [one.model_dump(mode="json") for one in releases], "number": chosen}


def hivemind_health(record: dict[str, Any] | None) -> dict[str, str]:
    """Path and status codes (`200-399`) of a deployment's health check."""
    return health_check((record or {}).get("recon")).model_dump()


def networks_with(networks: Sequence[str], address: str) -> list[str]:
    """Those networks that an address is in."""
    there = ipaddress.ip_address(address)
    return [each for each in networks if there in ipaddress.ip_network(each, strict=False)]


def hivemind_processes(release: dict[str, Any]) -> list[dict[str, Any]]:
    """The processes of a release: name, script, and how they are stopped."""
    return [one.model_dump(mode="json") for one in processes(_release(release))]


def hivemind_schedules(release: dict[str, Any]) -> list[dict[str, Any]]:
    """What runs by the clock: name, script, calendars."""
    return [one.model_dump(mode="json") for one in jobs(_release(release))]


def files_of(
    items: Sequence[dict[str, Any] | str | int],
    path: str,
    *,
    template: str = "",
    content: str = "",
    link: str = "",
    mode: str = "0644",
    gone: bool = False,
    folder: bool = False,
    owner: str = "",
) -> list[dict[str, Any]]:
    """One file of root's for each item, for `hivemind_files`: `{name}` in `path` is the item's.

    Made of a template that sees it as `item`, of its field `content`, or a link; or `gone`; or a
    `folder`, which is the `owner`'s alone where one is named.
    """
    files = []
    for item in items:
        name = item["name"] if isinstance(item, dict) else item
        there: dict[str, Any] = {"path": path.replace("{name}", str(name))}
        if gone:
            files.append({**there, "state": "absent"})
        elif folder:
            own = {"mode": "0750", "owner": owner} if owner else {}
            files.append({**there, "state": "directory", **own})
        elif link:
            files.append({**there, "state": "link", "src": link})
        elif template:
            made = {"template": template, "variables": {"item": item}}
            files.append({**there, **made, "mode": mode, "owner": "root"})
        elif isinstance(item, dict):
            files.append({**there, "content": item[content], "mode": mode, "owner": "root"})
    return files


def _release(release: dict[str, Any]) -> Release:
    return Release.model_validate_json(json.dumps(release, default=str))


class FilterModule:
    """Found by Ansible in plugins/filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "files_of": files_of,
            "hivemind_health": hivemind_health,
            "hivemind_processes": hivemind_processes,
            "hivemind_schedules": hivemind_schedules,
            "networks_with": networks_with,
            "with_cause": with_cause,
            "with_connections": with_connections,
            "with_release": with_release,
        }
