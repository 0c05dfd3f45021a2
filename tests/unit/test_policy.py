"""The Provisioner's rules for databases and caches, in its own words."""

from typing import Any

import pytest

from hivemind_agents.agents.policy import size
from hivemind_agents.domain.decision import PlanBrief, ProvisionSizing
from hivemind_agents.domain.request import DeployRequest

pytestmark = pytest.mark.fast


def sized(arguments: dict[str, Any] | None = None, **recon: Any) -> ProvisionSizing:
    asked = DeployRequest(repository="/srv/app", name="demo", arguments=arguments or {})
    return size(PlanBrief(request=asked, recon=recon, target="sandbox", region="eu-west-1"))


def test_what_is_needed_is_made_and_the_reason_names_it() -> None:
    """
    Both a MariaDB and a Redis.
    """
    found = sized(needs=["mysql", "redis"])

    assert ("mysql", "redis") == (found.database_engine, found.cache)
    assert "a mysql database (MariaDB), because Recon found that it is needed" in found.reason
    assert "a redis, because Recon found that it is needed" in found.reason


def test_what_is_optional_is_offered_and_not_made() -> None:
    """
    The reason has the option that asks for it.
    """
    found = sized(needs=[], optional_needs=["postgresql", "redis", "smtp"])

    assert ("none", None) == (found.database_engine, found.cache)
    assert found.reason.endswith(
        "it can also use postgresql (--database postgresql) or redis (--cache redis)"
    )


def test_a_second_database_is_not_offered() -> None:
    """
    A stack holds one.
    """
    assert "mysql" not in sized(needs=["postgresql"], optional_needs=["mysql"]).reason


def test_what_was_asked_for_is_decided_already() -> None:
    """
    No argument of the user's is overruled.
    """
    found = sized({"database_engine": "none", "cache": "none"}, needs=["mysql", "redis"])

    assert (None, None) == (found.database_engine, found.cache)
