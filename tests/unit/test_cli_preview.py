"""`--what-if`: the resources of the rendered template, compared with the stack that is there."""

from datetime import UTC, datetime
from typing import Any

import pytest

from hivemind_agents.cli import preview
from hivemind_agents.domain.deployment import Deployment
from hivemind_agents.domain.plan import Plan
from hivemind_agents.domain.request import DeployRequest
from hivemind_agents.errors import RepositoryError
from hivemind_agents.provisioning import template
from hivemind_agents.provisioning.infrastructure import Infrastructure, decide
from hivemind_agents.repository import inspect
from hivemind_agents.targets import Target

pytestmark = pytest.mark.fast

TARGET = Target(name="work", region="eu-west-1")


def shape(kind: str = "web", **given: Any) -> Infrastructure:
    """The shape that the provision verb would decide for a new deployment."""
    now = datetime.now(UTC)
    record = Deployment(
        id="1", name="shop", region="eu-west-1", created_at=now, updated_at=now
    ).model_copy(update={"kind": kind, "recon": {"needs": ["postgresql"]}})
    return decide(
        given,
        record=record,
        parameters={},
        outputs={},
        image_id="ami-00000000000000000",
        ssh_public_key="ssh-ed25519 " + "A" * 64,
        admin_cidr="192.0.2.1/32",
    )


def stack_of(infrastructure: Infrastructure) -> preview._Stack:
    resources = preview._parsed(template.render(infrastructure))["Resources"]
    return preview._Stack({}, {}, resources)


def actions(rows: list[tuple[str, str, str]]) -> dict[str, str]:
    return {name: action for name, _, action in rows}


def test_a_new_deployment_creates_everything() -> None:
    """Every resource of the template is shown with its type."""
    rows = preview._resources(shape(), preview._Stack({}, {}, {}))

    assert {"create"} == set(actions(rows).values())
    assert ("Database", "AWS::RDS::DBInstance", "create") in rows


def test_an_unchanged_deployment_keeps_everything() -> None:
    """The same template again is nothing to do."""
    rows = preview._resources(shape(), stack_of(shape()))

    assert {"keep"} == set(actions(rows).values())


def test_a_larger_one_adds_what_is_missing() -> None:
    """One more host is one more instance with its alarms; the rest stays."""
    found = actions(preview._resources(shape(instance_count=2), stack_of(shape())))

    assert "create" == found["BlueInstance2"]
    assert "keep" == found["Vpc"]


def test_what_the_template_no_longer_has_is_deleted() -> None:
    """And it is said before it happens."""
    found = actions(preview._resources(shape("worker"), stack_of(shape("web"))))

    assert "delete" == found["LoadBalancer"]


@pytest.mark.parametrize(
    ("kind", "mode", "balancer", "multi_az"),
    [("web", "stage-1", True, False), ("worker", "stage-1", False, False),
     ("web", "production", True, True)],
)  # fmt: skip
def test_what_is_priced_is_what_is_made(
    kind: str, mode: str, balancer: bool, multi_az: bool
) -> None:
    """The price's shape comes from the infrastructure's."""
    infrastructure = shape(kind, stage_mode=mode)
    priced = preview.price_shape(infrastructure, "eu-west-1")

    assert (balancer, multi_az) == (priced.load_balancer, priced.multi_az)
    assert infrastructure.blue.count == priced.instances
    assert infrastructure.database is not None
    assert infrastructure.database.instance_class == priced.database_class


def test_nothing_to_run_says_what_was_looked_for(tmp_path: Any) -> None:
    """And how to say what runs."""
    (tmp_path / "notes.txt").write_text("nothing to run\n")
    request = DeployRequest(repository=str(tmp_path), name="shop")
    plan = Plan(verb="deploy", deployment_name="shop", arguments={}, steps=())
    report = inspect(tmp_path)

    with pytest.raises(RepositoryError) as caught:
        preview._expected(None, plan, request, TARGET, report.model_dump(mode="json"))

    assert "requirements.txt" in caught.value.message
    assert "--start" in str(caught.value.mend)
