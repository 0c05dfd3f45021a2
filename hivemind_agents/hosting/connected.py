"""Which stores a release is told of, and how: a part of the release.

A database that is attached later, or a variable that is only known now, changes what runs as new
code does. It comes with a release of its own, which is tried beside the one that visitors see, and
whoever goes back to the release before it goes back to its connections.
"""

from datetime import datetime
from typing import Any

from hivemind_agents.domain.deployment import Deployment, Release
from hivemind_agents.hosting.connections import CACHE, DATABASE, Wishes

WITHHELD = "none"


def connections(record: Deployment) -> dict[str, Any]:
    """The stores of the deployment, and the variables in which the code looks for them."""
    stores = sorted(store.engine for store in (record.database, record.cache) if store)
    wishes = Wishes.of(record.recon or {})
    told = wishes.model_copy(
        update={
            "variables": {
                need: wishes.variables[need] for need in stores if need in wishes.variables
            },
            "values": {need: wishes.values[need] for need in stores if need in wishes.values},
        }
    )
    return {"stores": stores, "wishes": told.model_dump(mode="json") if stores else {}}


def with_connections(
    record: Deployment, number: int, now: datetime
) -> tuple[tuple[Release, ...], int]:
    """The releases where release `number` has the connections of today, and the number of the one
    that has: another one where visitors have seen it with others.
    """
    release, today = record.release(number), connections(record)
    if release is None or release.connections == today:
        return record.releases, number
    if release.live_at is None or release.connections is None:
        settled = release.model_copy(update={"connections": today})
        return tuple(settled if one is release else one for one in record.releases), number
    newest = max(one.number for one in record.releases)
    following = release.model_copy(
        update={
            "number": newest + 1, "state": "built", "connections": today, "created_at": now,
            "live_at": None, "migrated_at": None,
        }
    )  # fmt: skip
    return (*record.releases, following), following.number


def known_to(record: Deployment, release: Release) -> Deployment:
    """The record with those stores alone that the release is told of."""
    if release.connections is None:
        return record
    stores = release.connections["stores"]
    database = record.database if record.database and record.database.engine in stores else None
    cache = record.cache if record.cache and record.cache.engine in stores else None
    return record.model_copy(update={"database": database, "cache": cache})


def withheld(record: Deployment, release: Release) -> dict[str, str]:
    """For the host's own checks: the stores that the release came before."""
    known = known_to(record, release)
    lacking = {DATABASE: record.database and not known.database,
               CACHE: record.cache and not known.cache}  # fmt: skip
    return {name: WITHHELD for name, lacks in lacking.items() if lacks}


def wishes_of(record: Deployment, release: Release) -> Wishes:
    """How the release asks for its stores."""
    if release.connections is None:
        return Wishes.of(record.recon or {})
    return Wishes.model_validate(release.connections["wishes"])
