"""The rules that decide a deployment's infrastructure, and what is read back from AWS."""

from datetime import UTC, datetime
from typing import Any

import pytest

from hivemind_agents.domain.deployment import Deployment, Instance, Release, Stack
from hivemind_agents.errors import UserError
from hivemind_agents.provisioning import facts, leftovers
from hivemind_agents.provisioning.infrastructure import Infrastructure, decide
from hivemind_agents.provisioning.stack_failures import first_failure
from hivemind_agents.provisioning.template import parameters

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
KEY = "ssh-ed25519 " + "A" * 68

pytestmark = pytest.mark.fast


def record(**changes: Any) -> Deployment:
    base: dict[str, Any] = {
        "id": "1", "name": "demo", "region": "eu-west-1", "kind": "web",
        "recon": {"kind": "web", "needs": ["postgresql"], "health_path": "/ready"},
        "created_at": NOW, "updated_at": NOW,
    }  # fmt: skip
    return Deployment(**(base | changes))


def shape(
    given: dict[str, Any] | None = None,
    *,
    of: Deployment | None = None,
    stack: Infrastructure | None = None,
) -> Infrastructure:
    """What is decided, with the parameters and outputs that the stack of an earlier shape has."""
    outputs: dict[str, str] = {}
    if stack:
        outputs = {
            f"{slot.capitalize()}InstanceIds": ",".join(
                f"i-{slot}{number}" for number in range(getattr(stack, slot).count)
            )
            for slot in ("blue", "green")
        }
        if stack.database:
            outputs |= {"DatabaseIdentifier": "db", "DatabaseEngine": stack.database.engine}
        if stack.cache:
            outputs["CacheIdentifier"] = "cache"
    return decide(
        given or {},
        record=of or record(),
        parameters=parameters(stack) if stack else {},
        outputs=outputs,
        image_id="ami-new",
        ssh_public_key=KEY,
        admin_cidr="203.0.113.7/32",
    )


def test_a_first_deploy_is_one_small_host_and_the_database_that_is_needed() -> None:
    """
    stage-1 without any argument: one t3.micro of the newest image, a single-zone database.
    """
    decided = shape()

    assert (1, "t3.micro", "ami-new") == (
        decided.blue.count, decided.blue.instance_type, decided.blue.image_id,
    )  # fmt: skip
    assert decided.database is not None
    assert ("db.t4g.micro", False) == (decided.database.instance_class, decided.database.multi_az)
    assert "/ready" == decided.health_path


def test_production_is_two_hosts_and_a_protected_database_in_two_zones() -> None:
    """
    The mode's own sizes, redundancy and protection.
    """
    decided = shape({"stage_mode": "production"})

    assert decided.database is not None
    assert (2, "t3.small", True, True) == (
        decided.blue.count,
        decided.blue.instance_type,
        decided.database.multi_az,
        decided.database.deletion_protection,
    )


def test_what_is_not_given_stays_as_it_is() -> None:
    """
    A second provision without arguments decides what the stack has: nothing shrinks by silence.
    """
    before = shape({"stage_mode": "production", "instance_count": 3, "draining_seconds": 7})

    assert before == shape(stack=before)


def test_another_mode_brings_its_own_sizes_and_keeps_image_and_database() -> None:
    """
    From stage-1 to production: larger and doubled, on the same image, with the same data.
    """
    before = shape()

    after = shape({"stage_mode": "production"}, stack=before)

    assert (2, "t3.small", before.blue.image_id) == (
        after.blue.count, after.blue.instance_type, after.blue.image_id,
    )  # fmt: skip
    assert after.database is not None
    assert after.database.multi_az


def test_a_newer_image_replaces_no_host() -> None:
    """
    The image of a slot that has hosts stays pinned.
    """
    old = shape()
    pinned = old.model_copy(update={"blue": old.blue.model_copy(update={"image_id": "ami-old"})})

    assert "ami-old" == shape(stack=pinned).blue.image_id


def test_the_tag_names_the_newest_release_that_can_run() -> None:
    """
    A failed or earlier release is not what the slot is made for.
    """
    states = [(1, "previous"), (2, "live"), (3, "failed")]
    releases = tuple(Release(number=n, state=s, created_at=NOW) for n, s in states)  # type: ignore[arg-type]

    assert "2" == shape(of=record(releases=releases)).blue.release


@pytest.mark.parametrize(
    ("given", "changes", "word"),
    [
        ({}, {"kind": None, "recon": None}, "Recon"),
        ({}, {"kind": "library"}, "nothing in it keeps running"),
        ({"instance_type": "t4g.small"}, {}, "arm64"),
        ({"instance_count": 0}, {}, "at least one host"),
        ({"instance_count": 99}, {}, "blue.count"),
        ({"domain_name": "a.example.org"}, {}, "hosted zone"),
        (
            {"domain_name": "a.example.org", "hosted_zone_id": "Z1"},
            {"kind": "worker"},
            "no load balancer",
        ),
        ({"draining_seconds": 9999}, {}, "draining_seconds"),
    ],
)
def test_what_cannot_be_built_is_refused(
    given: dict[str, Any], changes: dict[str, Any], word: str
) -> None:
    """
    Bad input is refused with its reason before anything is made.
    """
    with pytest.raises(UserError, match=word):
        shape(given, of=record(**changes))


def test_graphics_types_are_no_arm_types() -> None:
    """
    g5.xlarge is x86_64 although its name has a g and a digit.
    """
    assert "g5.xlarge" == shape({"instance_type": "g5.xlarge"}).blue.instance_type


def test_a_database_is_not_deleted_by_leaving_it_out() -> None:
    """
    `database_engine=none` over a stack with a database is refused.
    """
    with pytest.raises(UserError, match="holds a database"):
        shape({"database_engine": "none"}, stack=shape())


@pytest.mark.parametrize(
    ("need", "version", "force_tls"), [("postgresql", "15", True), ("mysql", "10.11", False)]
)
def test_the_database_is_the_one_that_is_needed(need: str, version: str, force_tls: bool) -> None:
    """
    MariaDB does not force TLS, as most of its clients do not ask for it by themselves.
    """
    decided = shape(of=record(recon={"kind": "web", "needs": ["smtp", need]})).database

    assert decided is not None
    assert (need, version, force_tls) == (decided.engine, decided.engine_version, decided.force_tls)


def test_a_redis_is_made_where_it_is_needed_and_doubled_in_production() -> None:
    """
    One small node, or two that take over from one another.
    """
    needing = record(recon={"kind": "web", "needs": ["redis"]})

    small = shape(of=needing)
    large = shape({"stage_mode": "production"}, of=needing, stack=small)

    assert small.cache is not None
    assert large.cache is not None
    assert ("cache.t4g.micro", 1) == (small.cache.node_type, small.cache.nodes)
    assert ("cache.t4g.small", 2) == (large.cache.node_type, large.cache.nodes)
    assert small.database is None


def test_what_is_optional_is_not_made_unless_it_is_asked_for() -> None:
    """
    It costs money, and the application runs without.
    """
    able = record(recon={"kind": "web", "needs": [], "optional_needs": ["mysql", "redis"]})

    left, asked = shape(of=able), shape({"database_engine": "mysql", "cache": "redis"}, of=able)

    assert (None, None) == (left.database, left.cache)
    assert asked.database is not None
    assert asked.cache is not None


def test_what_holds_data_stays_when_the_code_no_longer_needs_it() -> None:
    """
    A database or cache never disappears by a change of the repository.
    """
    before = shape(of=record(recon={"kind": "web", "needs": ["mysql", "redis"]}))

    after = shape(of=record(recon={"kind": "web", "needs": ["postgresql"]}), stack=before)

    assert (before.database, before.cache) == (after.database, after.cache)
    with pytest.raises(UserError, match="holds a cache"):
        shape({"cache": "none"}, stack=before)
    with pytest.raises(UserError, match="cannot become postgresql"):
        shape({"database_engine": "postgresql"}, stack=before)


def test_the_demand_for_tls_stays_until_it_is_changed() -> None:
    """
    For code that switches TLS off by itself there is `database_tls=optional`.
    """
    optional = shape({"database_tls": "optional"})

    assert [False, False, True] == [
        each.database.force_tls
        for each in (optional, shape(stack=optional), shape({"database_tls": "required"}))
        if each.database
    ]


def test_code_that_switches_tls_off_is_let_in() -> None:
    """
    An application that is taken as it is starts; the behaviour says how to do better.
    """
    recon = {"kind": "web", "needs": ["postgresql"], "behaviours": [{"about": "database-tls"}]}

    lax = shape(of=record(recon=recon))
    strict = shape({"database_tls": "required"}, of=record(recon=recon))

    assert [False, True] == [each.database.force_tls for each in (lax, strict) if each.database]


def test_a_domain_stays_until_it_is_emptied() -> None:
    """
    Absent keeps it, "" takes it away.
    """
    before = shape({"domain_name": "a.example.org", "hosted_zone_id": "Z123"})

    assert "a.example.org" == shape(stack=before).domain_name
    assert shape({"domain_name": ""}, stack=before).domain_name is None


# Stack failures


def event(name: str, status: str, reason: str = "", kind: str = "AWS::EC2::VPC") -> dict[str, str]:
    return {
        "logical_resource_id": name,
        "resource_type": kind,
        "resource_status": status,
        "resource_status_reason": reason,
    }


def test_the_earliest_real_failure_is_told() -> None:
    """
    Cancelled resources and the stack's own summary follow from the first failure.
    """
    events = [
        event("s", "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [A, B]."),
        event("B", "CREATE_FAILED", "Resource creation cancelled"),
        event("A", "CREATE_FAILED", "You have reached the maximum number of VPCs: limit exceeded"),
        event("A", "CREATE_IN_PROGRESS"),
        event("s", "CREATE_IN_PROGRESS", "User Initiated"),
    ]

    found = first_failure(events, "s")

    assert found is not None
    assert ("A", True) == (found.logical_id, "quota" in found.mend)


def test_failures_of_earlier_operations_are_not_told() -> None:
    """
    Only the last operation counts.
    """
    events = [
        event("s", "UPDATE_COMPLETE"),
        event("s", "UPDATE_IN_PROGRESS", "User Initiated"),
        event("A", "CREATE_FAILED", "old"),
        event("s", "CREATE_IN_PROGRESS", "User Initiated"),
    ]

    assert first_failure(events, "s") is None


# What exists


@pytest.mark.parametrize(
    ("arn", "kind", "name"),
    [
        ("arn:aws:ec2:r:1:instance/i-1", "AWS::EC2::Instance", "i-1"),
        ("arn:aws:rds:r:1:db:demo", "AWS::RDS::DBInstance", "demo"),
        ("arn:aws:rds:r:1:snapshot:demo-last", "AWS::RDS::DBSnapshot", "demo-last"),
        ("arn:aws:logs:r:1:log-group:/hivemind/demo:*", "AWS::Logs::LogGroup", "/hivemind/demo"),
        ("arn:aws:ssm:r:1:parameter/hivemind/demo/k", "AWS::SSM::Parameter", "/hivemind/demo/k"),
        (
            "arn:aws:cloudformation:r:1:stack/hivemind-demo/1-2",
            "AWS::CloudFormation::Stack",
            "hivemind-demo",
        ),
        ("arn:aws:cloudwatch:r:1:alarm:demo-Cpu", "AWS::CloudWatch::Alarm", "demo-Cpu"),
        ("arn:aws:sns:r:1:topic", "sns:topic", "topic"),
    ],
)
def test_an_arn_becomes_a_type_and_what_its_commands_take(arn: str, kind: str, name: str) -> None:
    """
    So that a command can be printed that removes it.
    """
    found = leftovers.from_arn(arn)

    assert (kind, name) == (found.type, found.id)


def test_every_known_type_has_a_command() -> None:
    """
    What cannot be deleted is named with the command to do it by hand.
    """
    wrong = [
        kind
        for kind in leftovers._TYPES.values()
        if leftovers.removal_command(kind, "x", "eu-west-1").startswith("#")
    ]

    assert [] == wrong


def test_ids_are_quoted_in_commands() -> None:
    """
    A name that a shell would read stays a name.
    """
    command = leftovers.removal_command("AWS::Logs::LogGroup", "a;b", "eu-west-1")

    assert "aws logs delete-log-group --log-group-name 'a;b' --region eu-west-1" == command


def test_no_drift_where_record_and_account_agree() -> None:
    """
    Hosts, stack state, load balancer and database are compared.
    """
    live = record(
        status="live",
        stack=Stack(name="hivemind-demo", status="CREATE_COMPLETE"),
        instances=(Instance(id="i-1", slot="blue"),),
    )
    stack = {"name": "hivemind-demo", "status": "CREATE_COMPLETE", "outputs": {}}
    host = leftovers.from_arn("arn:aws:ec2:r:1:instance/i-1")

    assert [] == leftovers.drift(live, stack, [host])
    assert ["the record names hosts that are gone: i-1"] == leftovers.drift(live, stack, [])


def test_what_is_left_of_a_destroyed_deployment_is_drift_but_for_its_snapshot() -> None:
    """
    The last snapshot was promised.
    """
    gone = record(status="destroyed")
    snapshot = leftovers.from_arn("arn:aws:rds:r:1:snapshot:last")
    volume = leftovers.from_arn("arn:aws:ec2:r:1:volume/vol-1")

    assert [] == leftovers.drift(gone, None, [snapshot])
    assert ["the record says destroyed, but AWS::EC2::Volume vol-1 exist"] == leftovers.drift(
        gone, None, [snapshot, volume]
    )


def test_a_worker_without_database_has_neither_in_its_facts() -> None:
    """
    What is not there is null, so that it leaves the record.
    """
    found = facts.from_stack(
        {"StageMode": "stage-1", "Kind": "worker", "ActiveSlot": "blue", "BlueInstanceIds": "i-1"},
        [{"instance_id": "i-1", "instance_type": "t3.micro"}, {"instance_id": "i-of-nobody"}],
    )

    assert (None, None, None) == (found["load_balancer"], found["database"], found["url"])
    assert ["i-1"] == [host["id"] for host in found["instances"]]
