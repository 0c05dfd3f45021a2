"""Filters of the roles that run releases: thin doors to `hivemind_agents.hosting`."""

from __future__ import annotations

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


class FilterModule:
    """Found by Ansible in plugins/filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"launcher": launcher, "with_release": with_release}
