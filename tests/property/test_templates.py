"""The templates: whatever the switches, they are valid, small, and have what the verbs read."""

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from hivemind_agents.provisioning import facts, template
from hivemind_agents.provisioning.infrastructure import (
    LARGEST_HOSTS,
    MODES,
    CacheShape,
    DatabaseShape,
    Infrastructure,
    SlotShape,
)

ROOT = Path(__file__).resolve().parents[2]
IMAGE = "ami-0123456789abcdef0"
KEY = "ssh-ed25519 " + "A" * 68 + " hivemind-demo"

pytestmark = pytest.mark.property


class _Loader(yaml.CSafeLoader):
    """Reads CloudFormation's short forms as `{"Ref": ...}` and `{"Fn::Name": ...}`."""


def _intrinsic(loader: Any, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix == "Ref" else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _intrinsic)


def parsed(text: str) -> dict[str, Any]:
    document = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    assert isinstance(document, dict)
    return document


def of_type(document: dict[str, Any], kind: str) -> dict[str, Any]:
    return {k: v for k, v in document["Resources"].items() if v["Type"] == kind}


names = st.from_regex(r"\A[a-z](-?[a-z0-9]){1,11}\Z").filter(lambda n: n != "bootstrap")


@st.composite
def shapes(draw: st.DrawFn) -> Infrastructure:
    """Any shape that the rules allow."""
    active = draw(st.sampled_from(["blue", "green"]))
    live = draw(st.integers(1, 10))
    other = draw(st.integers(0, min(10, LARGEST_HOSTS - live)))
    counts = {active: live, ({"blue", "green"} - {active}).pop(): other}
    kind = draw(st.sampled_from(["web", "worker", "static"]))
    domain = kind != "worker" and draw(st.booleans())
    mode = draw(st.sampled_from(["stage-1", "production"]))
    slots = {
        slot: SlotShape(
            count=count,
            image_id=IMAGE if count else "",
            instance_type=MODES[mode].instance_type,
            release=draw(st.sampled_from(["none", "1", "23"])),
        )
        for slot, count in counts.items()
    }
    return Infrastructure(
        name=draw(names),
        kind=kind,
        stage_mode=mode,
        active_slot=active,
        **slots,
        ssh_public_key=KEY,
        admin_cidr="203.0.113.7/32",
        draining_seconds=draw(st.integers(0, 3600)),
        health_path=draw(st.sampled_from(["/", "/health", "/a/b?c=d"])),
        log_retention_days=draw(st.sampled_from([1, 14, 365])),
        database=DatabaseShape(
            engine=engine,
            engine_version={"postgresql": "15", "mysql": "10.11"}[engine],
            instance_class=MODES[mode].database_class,
            multi_az=MODES[mode].multi_az,
            deletion_protection=MODES[mode].protection,
            force_tls=draw(st.booleans()),
        )
        if (engine := draw(st.sampled_from([None, "postgresql", "mysql"])))
        else None,
        cache=CacheShape(node_type=MODES[mode].cache_type, nodes=draw(st.integers(1, 2)))
        if draw(st.booleans())
        else None,
        domain_name="app.example.org" if domain else None,
        hosted_zone_id="Z0123456789ABC" if domain else None,
    )


render_only = settings(max_examples=100, deadline=None)


@render_only
@given(shapes())
def test_every_shape_renders_and_fits(shape: Infrastructure) -> None:
    """Any shape gives YAML of a template, below the size that CloudFormation takes inline."""
    text = template.render(shape)

    assert {"AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Resources",
            "Outputs"} == set(parsed(text))  # fmt: skip
    assert len(text.encode()) < template.LARGEST_BYTES


@pytest.mark.parametrize("engine", ["postgresql", "mysql"])
@pytest.mark.parametrize("blue", [2, LARGEST_HOSTS // 2, 10])
def test_the_largest_shape_fits(engine: str, blue: int) -> None:
    """All that there is at once, under the longest name; searching may miss it."""
    production = MODES["production"]
    shape = Infrastructure(
        name="a" + "b" * 23,
        kind="web",
        stage_mode="production",
        blue=SlotShape(count=blue, image_id=IMAGE, release="1000"),
        green=SlotShape(count=LARGEST_HOSTS - blue, image_id=IMAGE, release="1000"),
        ssh_public_key=KEY,
        admin_cidr="203.0.113.7/32",
        database=DatabaseShape(
            engine=engine,
            engine_version={"postgresql": "15", "mysql": "10.11"}[engine],
            instance_class=production.database_class,
            multi_az=True,
            deletion_protection=True,
            force_tls=True,
        ),
        cache=CacheShape(node_type=production.cache_type, nodes=2),
        domain_name="app.example.org",
        hosted_zone_id="Z0123456789ABC",
    )

    assert len(template.render(shape).encode()) < template.LARGEST_BYTES


@render_only
@given(shapes())
def test_web_has_a_load_balancer_and_a_worker_none(shape: Infrastructure) -> None:
    """Load balancer, target group and listener are there for web and static, together, only."""
    document = parsed(template.render(shape))
    expected = 1 if shape.kind in {"web", "static"} else 0

    found = [
        len(of_type(document, f"AWS::ElasticLoadBalancingV2::{part}"))
        for part in ("LoadBalancer", "TargetGroup", "Listener")
    ]

    listeners = expected + (1 if shape.domain_name else 0)
    assert [expected, expected, listeners] == found


@render_only
@given(shapes())
def test_the_database_is_there_exactly_when_it_is_asked_for(shape: Infrastructure) -> None:
    """A database is private, encrypted and leaves a snapshot; without one there is no secret."""
    document = parsed(template.render(shape))
    databases = of_type(document, "AWS::RDS::DBInstance")

    assert bool(shape.database) == bool(databases)
    assert bool(shape.database) == bool(of_type(document, "AWS::SecretsManager::Secret"))
    for database in databases.values():
        assert ("Snapshot", "Snapshot") == (
            database["DeletionPolicy"],
            database["UpdateReplacePolicy"],
        )
        assert (False, True) == (
            database["Properties"]["PubliclyAccessible"],
            database["Properties"]["StorageEncrypted"],
        )


@render_only
@given(shapes())
def test_the_cache_is_there_exactly_when_it_is_asked_for(shape: Infrastructure) -> None:
    """A cache is encrypted at rest, takes over when it has two nodes, and lets the hosts in."""
    document = parsed(template.render(shape))
    caches = of_type(document, "AWS::ElastiCache::ReplicationGroup")

    assert bool(shape.cache) == bool(caches)
    for cache in caches.values():
        found = cache["Properties"]
        assert shape.cache is not None
        assert (True, shape.cache.nodes, shape.cache.nodes > 1) == (
            found["AtRestEncryptionEnabled"],
            found["NumCacheClusters"],
            found["AutomaticFailoverEnabled"],
        )
    for group in ("DatabaseSecurityGroup", "CacheSecurityGroup"):
        for rule in (
            document["Resources"]
            .get(group, {})
            .get("Properties", {})
            .get("SecurityGroupIngress", ())
        ):
            assert {"Ref": "HostSecurityGroup"} == rule["SourceSecurityGroupId"]


@render_only
@given(shapes())
def test_every_output_that_the_verbs_read_exists(shape: Infrastructure) -> None:
    """The facts of a record can be extracted from the outputs of any stack."""
    outputs = parsed(template.render(shape))["Outputs"]
    expected = set(facts.ALWAYS)
    expected |= set(facts.WITH_LOAD_BALANCER) if shape.has_load_balancer else set()
    expected |= set(facts.WITH_DATABASE) if shape.database else set()
    expected |= set(facts.WITH_CACHE) if shape.cache else set()
    expected |= {
        facts.HOSTS_OF_SLOT[slot] for slot in ("blue", "green") if getattr(shape, slot).count
    }

    assert set() == expected - set(outputs)
    values = {name: "5432" if name.endswith("Port") else "x" for name in outputs}
    extracted = facts.from_stack(values)
    assert shape.has_load_balancer == (extracted["load_balancer"] is not None)
    assert (shape.database is not None) == (extracted["database"] is not None)
    assert (shape.cache is not None) == (extracted["cache"] is not None)
    assert shape.has_load_balancer == (extracted["url"] is not None)


@render_only
@given(shapes())
def test_every_parameter_has_a_value_and_no_other_is_sent(shape: Infrastructure) -> None:
    """The values that are sent are those that the template declares, within its bounds."""
    declared = parsed(template.render(shape))["Parameters"]
    values = template.parameters(shape)

    assert set(declared) == set(values)
    for name, rules in declared.items():
        assert rules["Description"]
        if pattern := rules.get("AllowedPattern"):
            assert re.match(pattern, values[name]), name
        if allowed := rules.get("AllowedValues"):
            assert values[name] in map(str, allowed), name


@render_only
@given(shapes())
def test_every_parameter_stands_in_a_group(shape: Infrastructure) -> None:
    """A person who opens the stack in the console finds each parameter in a named group."""
    document = parsed(template.render(shape))
    groups = document["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]

    grouped = [name for group in groups for name in group["Parameters"]]

    assert sorted(document["Parameters"]) == sorted(grouped)


@render_only
@given(shapes())
def test_the_dashboard_is_json_and_names_every_host(shape: Infrastructure) -> None:
    """The dashboard's body is valid JSON with a metric of each host."""
    document = parsed(template.render(shape))
    body = document["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"][0]
    widgets = json.loads(body)["widgets"]
    hosts = set(of_type(document, "AWS::EC2::Instance"))

    shown = {
        metric[3].strip("${}")
        for widget in widgets
        for metric in widget["properties"].get("metrics", [])
        if metric[:2] == ["AWS/EC2", "CPUUtilization"]
    }

    assert hosts == shown


@render_only
@given(shapes())
def test_the_stack_policy_guards_the_live_slot_and_what_holds_data(shape: Infrastructure) -> None:
    """No update may replace a live host, nor replace or delete database and cache."""
    statements = json.loads(template.stack_policy(shape))["Statement"]
    document = parsed(template.render(shape))
    denied = {
        resource.removeprefix("LogicalResourceId/")
        for statement in statements
        if statement["Effect"] == "Deny"
        for resource in statement["Resource"]
    }
    live = {
        name
        for name in of_type(document, "AWS::EC2::Instance")
        if name.lower().startswith(shape.active_slot)
    }

    assert live <= denied
    assert set(of_type(document, "AWS::RDS::DBInstance")) <= denied
    assert set(of_type(document, "AWS::ElastiCache::ReplicationGroup")) <= denied
    assert denied <= set(document["Resources"])


@render_only
@given(shapes())
def test_no_host_is_open_to_the_world(shape: Infrastructure) -> None:
    """The world reaches the load balancer alone: hosts and database name a group or the admin."""
    for name, group in of_type(parsed(template.render(shape)), "AWS::EC2::SecurityGroup").items():
        for rule in group["Properties"]["SecurityGroupIngress"]:
            if rule.get("CidrIp") == "0.0.0.0/0":
                assert name == "LoadBalancerSecurityGroup"


def sampled_shapes() -> list[Infrastructure]:
    """Each pair of switches at least once, few enough to lint in seconds."""
    every = itertools.product(
        ("web", "worker", "static"), ("postgresql", "mysql", None), (0, 1, 2), (True, False),
        ((1, 0), (2, 2)), ("stage-1", "production"),
    )  # fmt: skip
    return [
        Infrastructure(
            name="demo",
            kind=kind,
            stage_mode=mode,
            blue=SlotShape(count=blue, image_id=IMAGE),
            green=SlotShape(count=green, image_id=IMAGE if green else ""),
            ssh_public_key=KEY,
            admin_cidr="203.0.113.7/32",
            database=DatabaseShape(
                engine=engine,
                engine_version={"postgresql": "15", "mysql": "10.11"}[engine],
                instance_class="db.t4g.micro",
            )
            if engine
            else None,
            cache=CacheShape(node_type="cache.t4g.micro", nodes=nodes) if nodes else None,
            domain_name="app.example.org" if domain and kind != "worker" else None,
            hosted_zone_id="Z0123456789ABC" if domain and kind != "worker" else None,
        )
        for number, (kind, engine, nodes, domain, (blue, green), mode) in enumerate(every)
        if number % 19 == 0
    ]


def test_cfn_lint_finds_nothing(tmp_path: Path) -> None:
    """cfn-lint has no finding in the bootstrap template and in a sample of the application's."""
    from cfnlint import core, decode

    files = [ROOT / "cfn" / "bootstrap.yml"]
    for number, shape in enumerate(sampled_shapes()):
        file = tmp_path / f"{number}.yml"
        file.write_text(template.render(shape))
        files.append(file)
    rules = core.get_rules([], [], ["I", "W", "E"])

    findings = []
    for file in files:
        document, problems = decode.decode(str(file))
        findings += problems
        findings += core.run_checks(str(file), document, rules, ["eu-west-1"])

    assert [] == [str(finding) for finding in findings]
