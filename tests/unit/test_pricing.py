"""The price estimate: complete, adding up, and honest about what it does not know."""

import json
from pathlib import Path

import pytest

from hivemind_agents import pricing
from hivemind_agents.pricing import Shape

pytestmark = pytest.mark.fast

TABLE = json.loads(Path(pricing.__file__).with_name("prices.json").read_text())
FIELDS = {"alb_hour", "lcu_hour", "gp3_gb", "rds_gp3_gb", "logs_gb", "ec2", "rds", "elasticache"}


def test_every_region_prices_the_same_things() -> None:
    """A region without one of the prices would give a sum that is too small."""
    instance_types = set(TABLE["regions"]["us-east-1"]["ec2"])
    classes = set(TABLE["regions"]["us-east-1"]["rds"])
    nodes = set(TABLE["regions"]["us-east-1"]["elasticache"])

    for region, prices in TABLE["regions"].items():
        assert FIELDS == set(prices), region
        assert (instance_types, classes) == (set(prices["ec2"]), set(prices["rds"])), region
        assert nodes == set(prices["elasticache"]), region


@pytest.mark.parametrize("region", pricing.known_regions())
@pytest.mark.parametrize("database", [None, "db.t4g.micro"])
def test_the_total_is_the_sum_of_what_is_shown(region: str, database: str | None) -> None:
    """A reader who adds the lines up gets the total."""
    found = pricing.estimate(Shape(region=region, database_class=database))

    assert round(sum(item.monthly_usd for item in found.items), 2) == found.total_usd
    assert f"{found.total_usd:.2f}" in pricing.render(found)


def test_public_addresses_and_the_load_balancer_are_counted() -> None:
    """The items that surprise people: one address a host, two of the load balancer."""
    found = pricing.estimate(Shape(region="us-east-1"))
    by_name = {item.what: item.monthly_usd for item in found.items}

    assert 10.95 == by_name["Public IPv4 addresses: 3"]
    assert 16.43 == by_name["Application load balancer"]


def test_a_worker_pays_no_load_balancer() -> None:
    """Neither it, nor its addresses."""
    found = pricing.estimate(Shape(region="us-east-1", load_balancer=False))
    names = [item.what for item in found.items]

    assert "Public IPv4 addresses: 1" in names
    assert not [name for name in names if "load balancer" in name]


def test_each_node_of_a_cache_is_counted() -> None:
    """Two nodes cost twice as much as one."""
    found = pricing.estimate(Shape(region="us-east-1", cache_type="cache.t4g.small", cache_nodes=2))
    by_name = {item.what: item.monthly_usd for item in found.items}

    assert round(730 * 2 * 0.032, 2) == by_name["Cache: 2 x cache.t4g.small"]


def test_multi_az_costs_twice() -> None:
    """Instance and storage are there twice."""
    one = pricing.estimate(Shape(region="us-east-1", database_class="db.t4g.small"))
    two = pricing.estimate(Shape(region="us-east-1", database_class="db.t4g.small", multi_az=True))

    assert round(730 * 0.032 + 20 * 0.115, 2) == round(two.total_usd - one.total_usd, 2)


def test_what_has_no_price_is_named() -> None:
    """A sum that lacks something says so."""
    found = pricing.estimate(Shape(region="us-east-1", instance_type="u-24tb1.metal"))

    assert "u-24tb1.metal" in " ".join(found.notes)


def test_an_unknown_region_is_named_as_such() -> None:
    """Another region's prices are shown as what they are."""
    found = pricing.estimate(Shape(region="mx-central-1"))

    assert "us-east-1" == found.region
    assert "mx-central-1" in " ".join(found.notes)


def test_the_estimate_says_how_old_it_is() -> None:
    """Prices are of a date."""
    found = pricing.estimate(Shape(region="eu-west-1"))

    assert TABLE["as_of"] in " ".join(found.notes)
