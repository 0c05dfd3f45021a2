"""What counts as alive: one rule for the load balancer, the hosts and the verification."""

from collections.abc import Mapping
from typing import Any

from hivemind_agents.domain.base import Frozen

# Recon is surer than this of a route that it saw; below, the path is a guess.
_SEEN = 0.9


class HealthCheck(Frozen):
    """`codes`: HTTP status codes that count as alive, first and last."""

    path: str = "/"
    codes: str = "200-399"

    @property
    def fine(self) -> range:
        """The codes as a range."""
        first, last = self.codes.split("-")
        return range(int(first), int(last) + 1)


def health_check(recon: Mapping[str, Any] | None) -> HealthCheck:
    """The check that fits what Recon found, or what the user said.

    A path that was only guessed may want a login or not exist: there any answer but a server's
    error is a sign of life.
    """
    found = recon or {}
    path = found.get("health_path")
    sure = float((found.get("confidence") or {}).get("health_path", 0)) >= _SEEN
    if path and sure:
        return HealthCheck(path=str(path))
    return HealthCheck(path=str(path or "/"), codes="200-499")
