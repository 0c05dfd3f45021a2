"""Applications that are told the names they answer to get the balancer's and the host's."""

import json
from datetime import UTC, datetime

import pytest

from hivemind_agents.domain.deployment import Deployment, LoadBalancer
from hivemind_agents.hosting.names import (
    reached_as,
    with_host_names,
    with_own_url,
    without_https,
)

pytestmark = pytest.mark.fast

NOW = datetime(2026, 1, 2, tzinfo=UTC)
RECORD = Deployment(
    id="1", name="shop", region="eu-west-1", created_at=NOW, updated_at=NOW,
    url="https://shop.example.org",
    load_balancer=LoadBalancer(
        arn="a", name="shop", dns_name="shop-1.elb.example", target_group_arn="t"
    ),
)  # fmt: skip


def names(given: str | None, **spelling: object) -> str:
    """The variable HOSTS after the names are put in."""
    env = {} if given is None else {"HOSTS": given}
    return with_host_names(env, {"HOSTS": spelling}, RECORD, "10.42.0.5").get("HOSTS", "")


def test_a_list_of_hosts_gets_balancer_domain_and_the_hosts_own_address() -> None:
    """The health check asks for the host's address, visitors for the names."""
    assert "shop.example.org shop-1.elb.example 10.42.0.5 localhost 127.0.0.1" == names(
        None, separator=" "
    )


def test_what_the_user_set_stays_and_health_checks_still_get_an_answer() -> None:
    """Only the host's own names are added; a star is enough by itself."""
    assert "www.example.org,10.42.0.5,localhost,127.0.0.1" == names("www.example.org")
    assert "*" == names("*")


def test_origins_have_a_scheme_and_are_only_filled_in() -> None:
    """What the user set is not touched."""
    assert (
        "https://shop.example.org,http://shop.example.org,"
        "https://shop-1.elb.example,http://shop-1.elb.example" == names(None, origins=True)
    )
    assert "https://www.example.org" == names("https://www.example.org", origins=True)


def test_a_list_in_json_is_json() -> None:
    """As pydantic's settings read lists."""
    assert ["a.example", "10.42.0.5", "localhost", "127.0.0.1"] == json.loads(
        names('["a.example"]', separator="json")
    )


def test_the_own_address_is_filled_in_and_never_put_over_the_users() -> None:
    """Before there is an address, nothing is said."""
    told = with_own_url({"APP_URL": "https://www.example.org"}, ["APP_URL", "SITE_URL"], RECORD)

    assert {"APP_URL": "https://www.example.org", "SITE_URL": "https://shop.example.org"} == told
    assert {} == with_own_url({}, ["SITE_URL"], RECORD.model_copy(update={"url": None}))


@pytest.mark.parametrize(
    ("url", "env", "expected"),
    [
        ("http://shop.example.org", {}, "False"),
        ("http://shop.example.org", {"FORCE_SSL": "True"}, "True"),
        ("https://shop.example.org", {}, None),
    ],
)
def test_switches_that_need_https_are_off_where_there_is_none(url, env, expected):
    """
    A deployment without a domain has plain HTTP; what the user says stays.
    """
    record = RECORD.model_copy(update={"url": url})

    assert expected == without_https(env, ["FORCE_SSL"], record).get("FORCE_SSL")


def test_a_wrapper_is_told_the_names_and_whether_there_is_https():
    """
    The balancer's and the domain's, then the host's own for health checks.
    """
    told = reached_as(RECORD, "10.42.0.5")

    names = "shop.example.org,shop-1.elb.example,10.42.0.5,localhost,127.0.0.1"
    assert {"HIVEMIND_HOSTS": names, "HIVEMIND_HTTPS": "yes"} == told
    plain = RECORD.model_copy(update={"url": "http://shop-1.elb.example"})
    assert "no" == reached_as(plain, None)["HIVEMIND_HTTPS"]
