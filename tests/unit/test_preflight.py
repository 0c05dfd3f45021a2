"""Preflight: what is asked of IAM, and how findings become one error."""

import fnmatch
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import boto3
import botocore.session
import pytest

from hivemind_agents.errors import AccessError, UserError
from hivemind_agents.preflight import checks
from hivemind_agents.preflight.findings import failed, passed, raise_for
from hivemind_agents.preflight.permissions import NEEDED_OF, policy_text, questions

pytestmark = pytest.mark.fast

ROOT = Path(__file__).resolve().parents[2]
POLICY = json.loads(policy_text())
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
LARGEST_MANAGED_POLICY = 6144


def test_the_documented_policy_is_the_one_that_is_checked() -> None:
    """docs/iam-policy.json is what people attach; preflight asks about the same."""
    assert policy_text() == (ROOT / "docs" / "iam-policy.json").read_text()


def test_the_policy_fits_into_one_managed_policy() -> None:
    """IAM counts characters without white space."""
    assert len("".join(policy_text().split())) <= LARGEST_MANAGED_POLICY


def test_nothing_is_made_but_through_stacks() -> None:
    """Whoever has the policy cannot run an instance by hand: CloudFormation has to ask for it."""
    direct = {
        action
        for statement in POLICY["Statement"]
        if "aws:CalledVia" not in json.dumps(statement.get("Condition", {}))
        for action in (
            [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        )
    }
    making = ("ec2:Run", "ec2:Create", "rds:Create", "iam:Create", "iam:Put", "s3:CreateBucket")

    assert set() == {action for action in direct if action.startswith(making)}


def test_questions_name_real_resources() -> None:
    """Patterns become one resource of the deployment: the simulator would deny a pattern."""
    asked = list(questions(POLICY, region="eu-west-1", account="123456789012", name="shop"))
    resources = {arn for _, arns, _ in asked for arn in arns}

    assert (
        "arn:aws:cloudformation:eu-west-1:123456789012:stack/hivemind-shop/preflight" in resources
    )
    assert "arn:aws:s3:::hivemind-bootstrap-shop" in resources
    assert not [arn for arn in resources if "*" in arn]
    assert not [action for actions, _, _ in asked for action in actions if "*" in action]


def test_each_pattern_is_asked_about_by_actions_that_exist() -> None:
    """What a policy allows by a pattern may be missing, too; IAM knows no `rds:CreateDB*`."""
    patterns = {
        action
        for statement in POLICY["Statement"]
        for action in (
            [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        )
        if "*" in action
    }
    services = {"elasticloadbalancing": "elbv2"}
    session = botocore.session.get_session()

    assert patterns == set(NEEDED_OF)
    for pattern, actions in NEEDED_OF.items():
        service = pattern.partition(":")[0]
        model = session.get_service_model(services.get(service, service))
        for action in actions:
            assert fnmatch.fnmatchcase(action, pattern)
            assert action.partition(":")[2] in model.operation_names


def test_questions_carry_the_conditions_context() -> None:
    """A condition that is not told of would be a denial."""
    asked = list(questions(POLICY, region="eu-west-1", account="1", name="shop"))
    by_action = {action: context for actions, _, context in asked for action in actions}

    assert {"aws:CalledVia": "cloudformation.amazonaws.com"} == by_action["ec2:RunInstances"]
    assert {"aws:ResourceTag/hivemind:deployment": "shop"} == by_action[
        "elasticloadbalancing:RegisterTargets"
    ]


def test_all_is_well_raises_nothing() -> None:
    """Warnings do not stop a deploy."""
    raise_for([passed("a", "fine")], "deploy")


def test_one_failure_is_one_sentence_with_its_mend() -> None:
    """What, why, and the command."""
    with pytest.raises(AccessError) as caught:
        raise_for([failed("quota", "all 5 VPCs are in use", "aws service-quotas …")], "deploy shop")

    assert "cannot deploy shop: all 5 VPCs are in use" == caught.value.message
    assert "aws service-quotas …" == caught.value.mend


def test_several_failures_are_told_at_once() -> None:
    """Nobody mends one thing only to be told of the next."""
    with pytest.raises(AccessError) as caught:
        raise_for([failed("a", "first", "mend 1"), failed("b", "second", "mend 2")], "deploy")

    for word in ("first", "mend 1", "second", "mend 2"):
        assert word in str(caught.value)


def test_refused_input_has_its_own_exit_code() -> None:
    """A name in use is the user's to change, not the target's."""
    with pytest.raises(UserError):
        raise_for([failed("name", "in use", "--name", input_refused=True)], "deploy")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("/home/a/shop", "/srv/ci/shop", True),
        ("https://host/me/shop.git", "git@host:me/shop", True),
        ("/home/a/shop", "https://host/me/shop", True),
        ("/home/a/shop", "/home/a/blog", False),
    ],
)
def test_an_application_is_known_by_its_repositorys_name(one: str, other: str, same: bool) -> None:
    """Another laptop has another path to the same application."""
    assert same == checks.same_repository(one, other)


@pytest.mark.parametrize(("minutes", "status"), [(-1, "failed"), (10, "warning"), (600, "passed")])
def test_the_end_of_credentials_is_foreseen(
    minutes: int, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credentials that end during a deploy are told of before."""
    now = datetime(2030, 1, 1, tzinfo=UTC)
    ends = (now + timedelta(minutes=minutes)).isoformat()
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", ends)
    session = cast("boto3.Session", SimpleNamespace(profile_name=None))

    assert status == checks.expiry(session, now=now).status


class _Ec2:
    """Answers as EC2 does for an account with so many networks."""

    def __init__(self, vpcs: int) -> None:
        self._vpcs = vpcs

    def get_paginator(self, _: str) -> Any:
        return SimpleNamespace(paginate=lambda: [{"Vpcs": [{}] * self._vpcs}])


class _Quotas:
    def get_service_quota(self, **_: str) -> dict[str, Any]:
        return {"Quota": {"Value": 5.0}}


@pytest.mark.parametrize(
    ("vpcs", "there", "status"), [(4, False, "passed"), (5, False, "failed"), (5, True, "passed")]
)
def test_a_full_account_is_told_before_the_stack_fails(vpcs: int, there: bool, status: str) -> None:
    """A new deployment needs a network of its own; one that exists has it."""
    clients: dict[str, Any] = {"ec2": _Ec2(vpcs), "service-quotas": _Quotas()}
    session = cast(
        "boto3.Session", SimpleNamespace(client=clients.__getitem__, region_name="eu-west-1")
    )

    assert status == checks.vpc_quota(session, already_there=there).status
