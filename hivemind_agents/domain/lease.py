"""The lease of a deployment: who may change it now."""

import os
import socket
from datetime import UTC, datetime
from typing import Annotated

import psutil
from pydantic import Field

from hivemind_agents.domain.base import Frozen
from hivemind_agents.errors import Busy


class Owner(Frozen):
    """Who holds a lease. Two owners with the same run id are the same."""

    run_id: str
    host: str
    pid: int
    user: str
    verb: str

    @classmethod
    def here(cls, run_id: str, verb: str) -> "Owner":
        """This process, as the owner for a run."""
        try:
            user = psutil.Process().username()
        except (KeyError, psutil.Error):
            user = str(os.getuid())
        return cls(run_id=run_id, host=socket.gethostname(), pid=os.getpid(), user=user, verb=verb)


class Lease(Frozen):
    """A held lease: `fence` goes into record writes; after `expires_at` it may be another's."""

    name: str
    owner: Owner
    fence: Annotated[int, Field(ge=1)]
    expires_at: datetime
    ttl_seconds: int
    reentered: bool = False


class Holder(Frozen):
    """Who holds a deployment, since when, and until when unless it is renewed."""

    owner: Owner
    since: datetime
    expires_at: datetime


class LeaseHeld(Busy):
    """Another run holds the deployment."""

    def __init__(self, name: str, holder: Holder) -> None:
        owner = holder.owner
        super().__init__(
            f"{name!r} is held by a {owner.verb} of {owner.user} on {owner.host} "
            f"(run {owner.run_id}, process {owner.pid}) since {_clock(holder.since)}; its lease "
            f"ends {_clock(holder.expires_at)} unless it is renewed",
            mend=f"hivemind runs {name} (how far it is); wait for it, or hivemind cancel "
            f"{owner.run_id}",
        )
        self.name = name
        self.holder = holder


class LeaseLost(Busy):
    """The lease that was held is another's now, or was let go."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"the lease of {name!r} was lost: it was not renewed in time and another run took it",
            mend=f"hivemind runs {name} (who has it), then hivemind resume",
        )


def _clock(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%H:%M:%S UTC")
