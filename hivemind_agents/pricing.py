"""What a deployment costs a month, item by item: an estimate from the dated table `prices.json`.

Pure; no call to any price service. Public IPv4 addresses and the load balancer are counted, since
they are what surprises people.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from hivemind_agents.domain.base import Frozen

HOURS = 730
FALLBACK_REGION = "us-east-1"
# A load balancer has one address in each of its zones.
_LOAD_BALANCER_ADDRESSES = 2
# Idle to light traffic; one LCU serves about 25 new connections a second.
_LCU = 0.2
_LOG_GB = 0.5


class Shape(Frozen):
    """What of a deployment costs money."""

    region: str
    instance_type: str = "t3.micro"
    instances: int = 1
    volume_gb: int = 8
    load_balancer: bool = True
    database_class: str | None = None
    database_gb: int = 20
    multi_az: bool = False
    cache_type: str | None = None
    cache_nodes: int = 1


class Item(Frozen):
    """One line of the estimate, in US dollars a month."""

    what: str
    monthly_usd: float


class Estimate(Frozen):
    """The items, their sum, and how far to trust them."""

    region: str
    as_of: str
    items: tuple[Item, ...]
    notes: tuple[str, ...]

    @property
    def total_usd(self) -> float:
        """The sum as shown: of the rounded items, so that it adds up."""
        return round(sum(item.monthly_usd for item in self.items), 2)


def estimate(shape: Shape) -> Estimate:
    """Price a deployment. Raises nothing: what has no price in the table is named in the notes."""
    table = _table()
    region = shape.region if shape.region in table["regions"] else FALLBACK_REGION
    prices: dict[str, Any] = table["regions"][region]
    unpriced: list[str] = []
    items = [
        _hosts(shape, prices, unpriced),
        _item(
            f"Root volumes: {shape.instances} x {shape.volume_gb} GB gp3",
            shape.instances * shape.volume_gb * prices["gp3_gb"],
        ),
    ]
    addresses = shape.instances
    if shape.load_balancer:
        addresses += _LOAD_BALANCER_ADDRESSES
        items.append(_item("Application load balancer", HOURS * prices["alb_hour"]))
        items.append(
            _item("  its capacity units, light traffic", HOURS * _LCU * prices["lcu_hour"])
        )
    ipv4 = HOURS * addresses * table["everywhere"]["public_ipv4_hour"]
    items.append(_item(f"Public IPv4 addresses: {addresses}", ipv4))
    if shape.database_class:
        items += _database(shape, prices, unpriced)
        items.append(
            _item("Database password in Secrets Manager", table["everywhere"]["secret_month"])
        )
    if shape.cache_type:
        items.append(_cache(shape, prices, unpriced))
    items.append(_item(f"Logs: {_LOG_GB} GB", _LOG_GB * prices["logs_gb"]))
    return Estimate(
        region=region,
        as_of=table["as_of"],
        items=tuple(item for item in items if item is not None),
        notes=_notes(shape, region, unpriced, table),
    )


def known_regions() -> list[str]:
    """Regions with prices of their own in the table."""
    return sorted(_table()["regions"])


def render(found: Estimate) -> str:
    """The estimate as lines of text, the total last."""
    width = max(len(item.what) for item in found.items) + 2
    lines = [f"{item.what:<{width}}{item.monthly_usd:>9.2f}" for item in found.items]
    total = f"{'Estimate, USD a month':<{width}}{found.total_usd:>9.2f}"
    return "\n".join([*lines, "-" * len(total), total, *(f"  {note}" for note in found.notes)])


def _hosts(shape: Shape, prices: dict[str, Any], unpriced: list[str]) -> Item | None:
    hourly = prices["ec2"].get(shape.instance_type)
    if hourly is None:
        unpriced.append(shape.instance_type)
        return None
    what = f"Hosts: {shape.instances} x {shape.instance_type}"
    return _item(what, HOURS * shape.instances * hourly)


def _database(shape: Shape, prices: dict[str, Any], unpriced: list[str]) -> list[Item]:
    copies = 2 if shape.multi_az else 1
    zones = ", Multi-AZ" if shape.multi_az else ""
    storage = _item(
        f"  its storage: {shape.database_gb} GB gp3{zones}",
        copies * shape.database_gb * prices["rds_gp3_gb"],
    )
    hourly = prices["rds"].get(shape.database_class)
    if hourly is None:
        unpriced.append(str(shape.database_class))
        return [storage]
    return [_item(f"Database: {shape.database_class}{zones}", HOURS * copies * hourly), storage]


def _cache(shape: Shape, prices: dict[str, Any], unpriced: list[str]) -> Item | None:
    hourly = prices["elasticache"].get(shape.cache_type)
    if hourly is None:
        unpriced.append(str(shape.cache_type))
        return None
    what = f"Cache: {shape.cache_nodes} x {shape.cache_type}"
    return _item(what, HOURS * shape.cache_nodes * hourly)


def _notes(
    shape: Shape, region: str, unpriced: list[str], table: dict[str, Any]
) -> tuple[str, ...]:
    everywhere = table["everywhere"]
    notes = [
        f"Public prices of {region} as of {table['as_of']}; without taxes, free tier, traffic."
    ]
    if region != shape.region:
        notes.append(f"The table has no prices for {shape.region}; expect up to half as much more.")
    if unpriced:
        notes.append(f"Not in the sum, the table has no price for it: {', '.join(unpriced)}.")
    notes.append(
        f"An account's first 3 dashboards and 10 alarms are free, then "
        f"${everywhere['dashboard_month']:.2f} and ${everywhere['alarm_month']:.2f} each."
    )
    return tuple(notes)


def _item(what: str, monthly_usd: float) -> Item:
    return Item(what=what, monthly_usd=round(monthly_usd, 2))


@cache
def _table() -> dict[str, Any]:
    path = Path(__file__).with_name("prices.json")
    table: dict[str, Any] = json.loads(path.read_text())
    return table
