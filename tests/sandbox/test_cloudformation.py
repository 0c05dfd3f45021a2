"""How stacks behave over HTTP: what guards the adapter of the stack engine."""

import json
import time
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

OPEN_POLICY = {
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "Update:*", "Resource": "*"}]
}


def parameter(name: str, value: Any = "1", **rest: Any) -> dict[str, Any]:
    """An SSM parameter as a resource: cheap, named, updated in place and replaced by its name."""
    properties = {"Name": name, "Type": "String", "Value": value}
    return {"Type": "AWS::SSM::Parameter", "Properties": properties, **rest}


class Stacks:
    """Stacks of one test: unique names, a wait after each operation, all deleted at the end."""

    def __init__(self, api: Any) -> None:
        self.api = api
        self.client = api.client("cloudformation")
        self.ssm = api.client("ssm")
        self.name = f"t-{uuid.uuid4().hex[:12]}"

    def path(self, name: str) -> str:
        return f"/{self.name}/{name}"

    def create(self, resources: dict[str, Any], **arguments: Any) -> dict[str, Any]:
        self.client.create_stack(**self._arguments(resources, arguments))
        return self.wait()

    def update(self, resources: dict[str, Any], **arguments: Any) -> dict[str, Any]:
        self.client.update_stack(**self._arguments(resources, arguments))
        return self.wait()

    def delete(self) -> dict[str, Any]:
        stack_id = self.describe()["StackId"]
        self.client.delete_stack(StackName=stack_id)
        return self.wait(stack_id)

    def change_set(self, resources: dict[str, Any], **arguments: Any) -> dict[str, Any]:
        name = f"c-{uuid.uuid4().hex[:8]}"
        self.client.create_change_set(ChangeSetName=name, **self._arguments(resources, arguments))
        return dict(self.client.describe_change_set(ChangeSetName=name, StackName=self.name))

    def refused(self, resources: dict[str, Any], **arguments: Any) -> str:
        """The message with which a creation is refused; nothing may be left of it."""
        with pytest.raises(ClientError) as refusal:
            self.client.create_stack(**self._arguments(resources, arguments))
        assert [] == [s for s in self._all() if s["StackName"] == self.name]
        return str(refusal.value.response["Error"]["Message"])

    def describe(self, name: str | None = None) -> dict[str, Any]:
        return dict(self.client.describe_stacks(StackName=name or self.name)["Stacks"][0])

    def wait(self, name: str | None = None) -> dict[str, Any]:
        deadline = time.monotonic() + 30
        while (stack := self.describe(name))["StackStatus"].endswith("_IN_PROGRESS"):
            assert time.monotonic() < deadline, stack["StackStatus"]
            time.sleep(0.02)
        return stack

    def events(self, name: str | None = None) -> list[tuple[str, str]]:
        """(logical id, status), oldest first, without the stack's own."""
        return [
            (event["LogicalResourceId"], event["ResourceStatus"])
            for event in self.raw_events(name)
            if event["ResourceType"] != "AWS::CloudFormation::Stack"
        ]

    def raw_events(self, name: str | None = None) -> list[dict[str, Any]]:
        found = self.client.describe_stack_events(StackName=name or self.name)["StackEvents"]
        return list(reversed(found))

    def value(self, name: str) -> str | None:
        try:
            return str(self.ssm.get_parameter(Name=self.path(name))["Parameter"]["Value"])
        except self.ssm.exceptions.ParameterNotFound:
            return None

    def end(self) -> None:
        for stack in self._all():
            if stack["StackName"].startswith(self.name):
                name = stack["StackName"]
                self.client.update_termination_protection(
                    StackName=name, EnableTerminationProtection=False
                )
                self.client.delete_stack(StackName=name)

    def _all(self) -> list[dict[str, Any]]:
        return list(self.client.describe_stacks()["Stacks"])

    def _arguments(self, resources: dict[str, Any], arguments: dict[str, Any]) -> dict[str, Any]:
        sections = {
            name: arguments.pop(name)
            for name in ("Conditions", "Mappings", "Outputs", "Parameters", "Rules")
            if name in arguments
        }
        given = arguments.pop("given", {})
        return {
            "StackName": self.name,
            "TemplateBody": json.dumps({**sections, "Resources": resources}),
            "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in given.items()],
            **arguments,
        }


@pytest.fixture
def stacks(api: Any) -> Any:
    made = Stacks(api)
    yield made
    made.end()


# -- life --------------------------------------------------------------------------------------


def test_a_stack_is_created_with_events_that_carry_the_token(stacks: Stacks) -> None:
    """A creation ends CREATE_COMPLETE; each of its events has the request's token."""
    stack = stacks.create({"One": parameter(stacks.path("one"))}, ClientRequestToken="token-1")

    assert "CREATE_COMPLETE" == stack["StackStatus"]
    assert [("One", "CREATE_IN_PROGRESS"), ("One", "CREATE_COMPLETE")] == stacks.events()
    assert {"token-1"} == {event["ClientRequestToken"] for event in stacks.raw_events()}
    assert "1" == stacks.value("one")


def test_outputs_and_attributes_are_resolved(stacks: Stacks) -> None:
    """Ref gives the physical id, GetAtt an attribute, Sub and Join both."""
    stack = stacks.create(
        {"One": parameter(stacks.path("one"), "red")},
        Outputs={
            "Id": {"Value": {"Ref": "One"}},
            "Value": {"Value": {"Fn::GetAtt": ["One", "Value"]}},
            "Both": {"Value": {"Fn::Sub": "${One.Value}-${AWS::Region}-${AWS::AccountId}"}},
            "Joined": {"Value": {"Fn::Join": ["+", [{"Ref": "One"}, "x"]]}},
        },
    )

    outputs = {entry["OutputKey"]: entry["OutputValue"] for entry in stack["Outputs"]}
    assert {
        "Id": stacks.path("one"),
        "Value": "red",
        "Both": "red-eu-west-1-000000000000",
        "Joined": stacks.path("one") + "+x",
    } == outputs


def test_a_deleted_stack_is_known_by_its_id_alone(stacks: Stacks) -> None:
    """After a deletion the resource is gone, the name unknown, the id DELETE_COMPLETE."""
    stacks.create({"One": parameter(stacks.path("one"))})

    stack = stacks.delete()

    assert ("DELETE_COMPLETE", None) == (stack["StackStatus"], stacks.value("one"))
    with pytest.raises(ClientError, match="does not exist"):
        stacks.describe()
    with pytest.raises(ClientError, match="does not exist"):
        stacks.events()
    assert ("One", "DELETE_COMPLETE") == stacks.events(stack["StackId"])[-1]


def test_a_failed_creation_is_rolled_back_with_the_services_reason(stacks: Stacks) -> None:
    """What was made is removed, and the failed resource's event has the service's own words."""
    vpc = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.9.0.0/16"}}
    subnet = {
        "Type": "AWS::EC2::Subnet",
        "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.77.0.0/24"},
    }

    stack = stacks.create({"Vpc": vpc, "Wrong": subnet})

    assert "ROLLBACK_COMPLETE" == stack["StackStatus"]
    assert "The following resource(s) failed to create: [Wrong]" in stack["StackStatusReason"]
    reasons = [
        event.get("ResourceStatusReason", "")
        for event in stacks.raw_events()
        if event["ResourceStatus"] == "CREATE_FAILED"
    ]
    assert "InvalidSubnet.Range" in reasons[0]
    assert "10.77.0.0/24" in reasons[0]
    assert ("Vpc", "DELETE_COMPLETE") == stacks.events()[-1]


def test_a_resource_that_fails_half_way_is_undone(stacks: Stacks) -> None:
    """A role whose managed policy does not exist leaves no role behind."""
    name = f"{stacks.name}-role"
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ec2.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": name,
            "AssumeRolePolicyDocument": trust,
            "ManagedPolicyArns": ["arn:aws:iam::aws:policy/NoSuchPolicy"],
        },
    }

    stack = stacks.create({"Role": role}, Capabilities=["CAPABILITY_NAMED_IAM"])

    iam = stacks.api.client("iam")
    assert "ROLLBACK_COMPLETE" == stack["StackStatus"]
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_role(RoleName=name)


def test_a_rolled_back_stack_keeps_its_name_until_it_is_deleted(stacks: Stacks) -> None:
    """ROLLBACK_COMPLETE can be neither updated nor created again; a deletion frees the name."""
    wrong = {
        "Wrong": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {"VpcId": "vpc-0", "CidrBlock": "10.0.0.0/24"},
        }
    }
    stacks.create(wrong)

    with pytest.raises(ClientError, match="AlreadyExists"):
        stacks.create({"One": parameter(stacks.path("one"))})
    with pytest.raises(ClientError, match="ROLLBACK_COMPLETE"):
        stacks.update({"One": parameter(stacks.path("one"))})
    stacks.delete()

    assert "CREATE_COMPLETE" == stacks.create({"One": parameter(stacks.path("one"))})["StackStatus"]


def test_without_rollback_a_failed_creation_stays(stacks: Stacks) -> None:
    """DisableRollback keeps what was made, in CREATE_FAILED."""
    wrong = {
        "Type": "AWS::EC2::Subnet",
        "Properties": {"VpcId": "vpc-0", "CidrBlock": "10.0.0.0/24"},
    }

    stack = stacks.create({"A": parameter(stacks.path("a")), "Z": wrong}, DisableRollback=True)

    assert ("CREATE_FAILED", "1") == (stack["StackStatus"], stacks.value("a"))


def test_a_deletion_cuts_a_creation_short(stacks: Stacks) -> None:
    """A stack that is being created can be deleted; nothing that it made is left."""
    certificate = {
        "Type": "AWS::CertificateManager::Certificate",
        "Properties": {"DomainName": "example.org", "ValidationMethod": "DNS"},
    }
    template = {
        "Resources": {
            "First": parameter(stacks.path("first")),
            "Slow": {**certificate, "DependsOn": "First"},
            "Never": {**parameter(stacks.path("never")), "DependsOn": "Slow"},
        }
    }
    made = stacks.client.create_stack(StackName=stacks.name, TemplateBody=json.dumps(template))
    while stacks.value("first") is None:
        time.sleep(0.02)

    stack = stacks.delete()

    assert "DELETE_COMPLETE" == stack["StackStatus"]
    assert (None, None) == (stacks.value("first"), stacks.value("never"))
    assert ("Never", "CREATE_FAILED") in stacks.events(made["StackId"])
    assert ("First", "DELETE_COMPLETE") in stacks.events(made["StackId"])


# -- updates -----------------------------------------------------------------------------------


def test_an_update_in_place_touches_only_what_changes(stacks: Stacks) -> None:
    """Events name the changed resource, a new one as CREATE, a removed one as DELETE."""
    stacks.create({n: parameter(stacks.path(n)) for n in ("Same", "Changed", "Removed")})
    before = len(stacks.events())

    stack = stacks.update(
        {
            "Same": parameter(stacks.path("Same")),
            "Changed": parameter(stacks.path("Changed"), "2"),
            "Added": parameter(stacks.path("Added")),
        }
    )

    assert "UPDATE_COMPLETE" == stack["StackStatus"]
    assert {
        ("Changed", "UPDATE_IN_PROGRESS"),
        ("Changed", "UPDATE_COMPLETE"),
        ("Added", "CREATE_IN_PROGRESS"),
        ("Added", "CREATE_COMPLETE"),
        ("Removed", "DELETE_IN_PROGRESS"),
        ("Removed", "DELETE_COMPLETE"),
    } == set(stacks.events()[before:])
    assert ("2", "1", None) == tuple(stacks.value(n) for n in ("Changed", "Added", "Removed"))
    statuses = {
        r["LogicalResourceId"]: r["ResourceStatus"]
        for r in stacks.client.list_stack_resources(StackName=stacks.name)["StackResourceSummaries"]
    }
    assert {
        "Same": "CREATE_COMPLETE",
        "Changed": "UPDATE_COMPLETE",
        "Added": "CREATE_COMPLETE",
    } == statuses


def test_a_replacement_makes_the_new_one_first_and_deletes_the_old_in_clean_up(
    stacks: Stacks,
) -> None:
    """A changed name replaces: both events, then the clean-up, then UPDATE_COMPLETE."""
    stacks.create({"One": parameter(stacks.path("old"))})

    stacks.update({"One": parameter(stacks.path("new"))})

    assert (None, "1") == (stacks.value("old"), stacks.value("new"))
    statuses = [event["ResourceStatus"] for event in stacks.raw_events()]
    assert [
        "UPDATE_IN_PROGRESS",
        "UPDATE_IN_PROGRESS",
        "UPDATE_COMPLETE",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "DELETE_IN_PROGRESS",
        "DELETE_COMPLETE",
        "UPDATE_COMPLETE",
    ] == statuses[-7:]


def test_a_failed_update_goes_back_to_what_was(stacks: Stacks) -> None:
    """Values, template and outputs are the earlier ones, and the new resource is gone."""
    stacks.create(
        {"A": parameter(stacks.path("a"))}, Outputs={"V": {"Value": {"Fn::GetAtt": "A.Value"}}}
    )
    wrong = {
        "Type": "AWS::EC2::Subnet",
        "DependsOn": ["A", "B"],
        "Properties": {"VpcId": "vpc-0", "CidrBlock": "10.0.0.0/24"},
    }

    stack = stacks.update(
        {"A": parameter(stacks.path("a"), "2"), "B": parameter(stacks.path("b")), "Z": wrong},
        Outputs={"V": {"Value": {"Fn::GetAtt": "A.Value"}}},
    )

    assert "UPDATE_ROLLBACK_COMPLETE" == stack["StackStatus"]
    assert "[Z]" in stack["StackStatusReason"]
    assert ("1", None) == (stacks.value("a"), stacks.value("b"))
    assert "1" == stack["Outputs"][0]["OutputValue"]
    assert ("Z", "CREATE_FAILED") in stacks.events()


def test_an_update_without_change_is_refused(stacks: Stacks) -> None:
    """The same template and parameters give the error that tools look for."""
    stacks.create({"One": parameter(stacks.path("one"))})

    with pytest.raises(ClientError, match="No updates are to be performed"):
        stacks.update({"One": parameter(stacks.path("one"))})


def test_a_named_resource_cannot_be_replaced_under_its_name(stacks: Stacks) -> None:
    """CloudFormation refuses a replacement that would meet its own name."""

    def group(description: str) -> dict[str, Any]:
        return {
            "Type": "AWS::EC2::SecurityGroup",
            "Properties": {"GroupName": stacks.name, "GroupDescription": description},
        }

    stacks.create({"Group": group("old")})

    stack = stacks.update({"Group": group("new")})

    assert "UPDATE_ROLLBACK_COMPLETE" == stack["StackStatus"]
    reasons = [event.get("ResourceStatusReason", "") for event in stacks.raw_events()]
    assert any("custom-named resource requires replacing" in reason for reason in reasons)


# -- policies ----------------------------------------------------------------------------------


def test_deletion_policy_retain_keeps_the_resource(stacks: Stacks) -> None:
    """A retained resource is skipped by the deletion and by an update that removes it."""
    kept = {"DeletionPolicy": "Retain"}
    stacks.create(
        {
            "One": parameter(stacks.path("one"), **kept),
            "Two": parameter(stacks.path("two"), **kept),
            "Gone": parameter(stacks.path("gone")),
        }
    )
    stacks.update(
        {"Two": parameter(stacks.path("two"), **kept), "Gone": parameter(stacks.path("gone"))}
    )

    stack = stacks.delete()

    values = tuple(stacks.value(name) for name in ("one", "two", "gone"))
    assert ("DELETE_COMPLETE", ("1", "1", None)) == (stack["StackStatus"], values)
    assert ("Two", "DELETE_SKIPPED") in stacks.events(stack["StackId"])


def test_update_replace_policy_retain_keeps_the_replaced_one(stacks: Stacks) -> None:
    """The old resource stays when the update replaces it."""
    stacks.create({"One": parameter(stacks.path("old"), UpdateReplacePolicy="Retain")})

    stacks.update({"One": parameter(stacks.path("new"), UpdateReplacePolicy="Retain")})

    assert ("1", "1") == (stacks.value("old"), stacks.value("new"))


def database(identifier: str, **properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::RDS::DBInstance",
        "DeletionPolicy": "Snapshot",
        "UpdateReplacePolicy": "Snapshot",
        "Properties": {
            "DBInstanceIdentifier": identifier,
            "DBInstanceClass": "db.t4g.micro",
            "Engine": "postgres",
            "AllocatedStorage": "20",
            "MasterUsername": "app",
            "MasterUserPassword": "not-a-secret",
            **properties,
        },
    }


def snapshots(stacks: Stacks, identifier: str) -> list[dict[str, Any]]:
    rds = stacks.api.client("rds")
    found = rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    return [s for s in found if s["DBInstanceIdentifier"] == identifier]


def test_policy_snapshot_leaves_a_snapshot_on_replacement_and_on_deletion(stacks: Stacks) -> None:
    """Both the replaced and the deleted database leave a snapshot, and no instance."""
    old, new = f"{stacks.name}-a", f"{stacks.name}-b"
    stacks.create({"Database": database(old)})

    stacks.update({"Database": database(new)})
    assert (1, 0) == (len(snapshots(stacks, old)), len(snapshots(stacks, new)))
    stacks.delete()

    assert 1 == len(snapshots(stacks, new))
    instances = stacks.api.client("rds").describe_db_instances()["DBInstances"]
    assert [] == [i for i in instances if i["DBInstanceIdentifier"] in (old, new)]


def test_a_stack_under_termination_protection_is_not_deleted(stacks: Stacks) -> None:
    """DeleteStack is refused until the protection is taken off."""
    stacks.create({"One": parameter(stacks.path("one"))}, EnableTerminationProtection=True)

    with pytest.raises(ClientError, match="TerminationProtection is enabled"):
        stacks.delete()
    stacks.client.update_termination_protection(
        StackName=stacks.name, EnableTerminationProtection=False
    )

    assert "DELETE_COMPLETE" == stacks.delete()["StackStatus"]


def deny(action: str, *logical_ids: str) -> str:
    denial = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": [f"LogicalResourceId/{name}" for name in logical_ids],
    }
    return json.dumps({"Statement": [*OPEN_POLICY["Statement"], denial]})


def test_a_stack_policy_refuses_replacement_but_allows_a_change_in_place(stacks: Stacks) -> None:
    """Update:Replace is denied by pattern; the refusal names statement, action and resource."""
    stacks.create(
        {"Live": parameter(stacks.path("old"))}, StackPolicyBody=deny("Update:Replace", "Li*")
    )

    assert (
        "UPDATE_COMPLETE"
        == stacks.update({"Live": parameter(stacks.path("old"), "2")})["StackStatus"]
    )
    stack = stacks.update({"Live": parameter(stacks.path("new"), "2")})

    assert "UPDATE_ROLLBACK_COMPLETE" == stack["StackStatus"]
    reasons = " ".join(event.get("ResourceStatusReason", "") for event in stacks.raw_events())
    assert (
        "Action denied by stack policy: Statement [#2] does not allow [Update:Replace] "
        "for resource [LogicalResourceId/Live]" in reasons
    )
    assert ("2", None) == (stacks.value("old"), stacks.value("new"))


def test_a_stack_policy_refuses_a_deletion_before_anything_is_done(stacks: Stacks) -> None:
    """The update that would remove the resource changes nothing else either."""
    both = {"Data": parameter(stacks.path("data")), "Other": parameter(stacks.path("other"))}
    stacks.create(both)
    stacks.client.set_stack_policy(
        StackName=stacks.name, StackPolicyBody=deny("Update:Delete", "Data")
    )

    stack = stacks.update({"Other": parameter(stacks.path("other"), "2")})

    assert "UPDATE_ROLLBACK_COMPLETE" == stack["StackStatus"]
    assert "[Update:Delete]" in stack["StackStatusReason"]
    assert ("1", "1") == (stacks.value("data"), stacks.value("other"))


def test_a_policy_during_one_update_overrides_the_stacks_own(stacks: Stacks) -> None:
    """StackPolicyDuringUpdateBody holds for that update alone."""
    stacks.create({"One": parameter(stacks.path("one"))}, StackPolicyBody=deny("Update:*", "*"))

    opened = stacks.update(
        {"One": parameter(stacks.path("one"), "2")},
        StackPolicyDuringUpdateBody=json.dumps(OPEN_POLICY),
    )
    closed = stacks.update({"One": parameter(stacks.path("one"), "3")})

    assert ("UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE") == (
        opened["StackStatus"],
        closed["StackStatus"],
    )
    assert "2" == stacks.value("one")


# -- change sets -------------------------------------------------------------------------------


def test_a_change_set_shows_what_would_change_and_changes_nothing(stacks: Stacks) -> None:
    """Adding, changing in place, replacing and removing are told apart."""
    names = ("Changed", "Removed", "Replaced", "Same")
    stacks.create({name: parameter(stacks.path(name)) for name in names})

    changes = stacks.change_set(
        {
            "Added": parameter(stacks.path("Added")),
            "Changed": parameter(stacks.path("Changed"), "2"),
            "Replaced": parameter(stacks.path("Other")),
            "Same": parameter(stacks.path("Same")),
        }
    )["Changes"]

    shown = {
        change["LogicalResourceId"]: (change["Action"], change.get("Replacement"))
        for change in (entry["ResourceChange"] for entry in changes)
    }
    assert {
        "Added": ("Add", None),
        "Changed": ("Modify", "False"),
        "Removed": ("Remove", None),
        "Replaced": ("Modify", "True"),
    } == shown
    assert "1" == stacks.value("Changed")


def test_a_change_set_respects_conditions(stacks: Stacks) -> None:
    """A resource whose condition is false is neither added nor changed."""
    sections: dict[str, Any] = {
        "Parameters": {"On": {"Type": "String", "Default": "no"}},
        "Conditions": {"IsOn": {"Fn::Equals": [{"Ref": "On"}, "yes"]}},
    }
    resources = {
        "Always": parameter(stacks.path("always")),
        "Sometimes": parameter(stacks.path("sometimes"), Condition="IsOn"),
    }
    stacks.create(resources, **sections)

    off = stacks.change_set(resources, **sections, given={"On": "no"})
    on = stacks.change_set(resources, **sections, given={"On": "yes"})

    assert ("FAILED", []) == (off["Status"], off.get("Changes", []))
    assert [("Add", "Sometimes")] == [
        (c["ResourceChange"]["Action"], c["ResourceChange"]["LogicalResourceId"])
        for c in on["Changes"]
    ]


def test_an_executed_change_set_makes_the_stack(stacks: Stacks) -> None:
    """A CREATE change set leaves REVIEW_IN_PROGRESS alone until it is executed."""
    made = stacks.change_set({"One": parameter(stacks.path("one"))}, ChangeSetType="CREATE")
    assert ("REVIEW_IN_PROGRESS", None) == (stacks.describe()["StackStatus"], stacks.value("one"))

    stacks.client.execute_change_set(ChangeSetName=made["ChangeSetId"])

    assert ("CREATE_COMPLETE", "1") == (stacks.wait()["StackStatus"], stacks.value("one"))


# -- refusals ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        (
            {"X": {"Type": "AWS::Nothing::Such"}},
            "Unrecognized resource types: [AWS::Nothing::Such]",
        ),
        (
            {"X": {"Type": "AWS::Lambda::Function"}},
            "not implemented by this sandbox: [AWS::Lambda::Function]",
        ),
        (
            {"X": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlok": "10.0.0.0/16"}}},
            "#: extraneous key [CidrBlok] is not permitted",
        ),
        (
            {"X": {"Type": "AWS::EC2::VPC", "Properties": {"Ipv4IpamPoolId": "pool"}}},
            "AWS::EC2::VPC property Ipv4IpamPoolId is not implemented by this sandbox",
        ),
        (
            {"X": {"Type": "AWS::EC2::VPC", "Properties": {"Tags": [{"Key": "k", "Valu": "v"}]}}},
            "#/Tags/0: extraneous key [Valu] is not permitted",
        ),
        (
            {"X": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String"}}},
            "required key [Value] not found",
        ),
        (
            {"X": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Nobody"}}}},
            "Unresolved resource dependencies [Nobody] in the Resources block",
        ),
        (
            {
                "X": {
                    "Type": "AWS::EC2::Subnet",
                    "Properties": {"VpcId": {"Fn::GetAtt": "Nobody.Id"}},
                }
            },
            "Fn::GetAtt references undefined resource Nobody",
        ),
        ({}, "At least one Resources member must be defined"),
    ],
)
def test_a_wrong_template_is_refused_by_name(
    stacks: Stacks, resources: dict[str, Any], message: str
) -> None:
    """Unknown types, unknown properties and unresolved references make nothing."""
    assert message in stacks.refused(resources)


def test_parameters_are_checked(stacks: Stacks) -> None:
    """Unknown, missing and out-of-bounds parameters are refused before anything is made."""
    size = {"Type": "Number", "MinValue": 1, "MaxValue": 5}
    declared = {
        "Size": size,
        "Mode": {"Type": "String", "AllowedValues": ["a", "b"], "Default": "a"},
    }
    resources = {"One": parameter(stacks.path("one"), {"Ref": "Size"})}

    messages = [
        stacks.refused(resources, Parameters=declared, given=given)
        for given in ({}, {"Size": "9"}, {"Size": "2", "Mode": "c"}, {"Size": "2", "Other": "1"})
    ]

    assert "Parameters: [Size] must have values" == messages[0]
    assert "must be a number not greater than 5" in messages[1]
    assert "Mode" in messages[2]
    assert "Parameters: [Other] do not exist in the template" == messages[3]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("AWS::EC2::Image::Id", "ami-00000000000000000"),
        ("AWS::EC2::KeyPair::KeyName", "nobody"),
        ("AWS::EC2::VPC::Id", "vpc-00000000000000000"),
        ("AWS::Route53::HostedZone::Id", "Z0NOSUCHZONE"),
    ],
)
def test_a_parameter_that_names_a_resource_must_name_one_that_exists(
    stacks: Stacks, kind: str, value: str
) -> None:
    """A wrong id is refused with the parameter's name before anything is made."""
    message = stacks.refused(
        {"One": parameter(stacks.path("one"), {"Ref": "Which"})},
        Parameters={"Which": {"Type": kind}},
        given={"Which": value},
    )

    assert f"parameter value {value} for parameter name Which does not exist" in message


@pytest.mark.parametrize(
    ("name", "needed", "insufficient"),
    [({}, "CAPABILITY_IAM", []), ({"RoleName": "r"}, "CAPABILITY_NAMED_IAM", ["CAPABILITY_IAM"])],
)
def test_identities_need_capabilities(
    stacks: Stacks, name: dict[str, str], needed: str, insufficient: list[str]
) -> None:
    """IAM resources need CAPABILITY_IAM, named ones CAPABILITY_NAMED_IAM."""
    trust = {"Version": "2012-10-17", "Statement": []}
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust, **name}}

    assert f"Requires capabilities : [{needed}]" == stacks.refused(
        {"Role": role}, Capabilities=insufficient
    )


def test_instances_of_unknown_images_and_types_fail_as_on_aws(stacks: Stacks) -> None:
    """A bad AMI and a bad instance type are refused by EC2, and the stack rolls back."""
    image = stacks.ssm.get_parameter(Name="/aws/service/debian/release/12/latest/amd64")
    good = image["Parameter"]["Value"]
    reasons = []
    for properties in (
        {"ImageId": "ami-00000000000000000", "InstanceType": "t3.micro"},
        {"ImageId": good, "InstanceType": "t9.huge"},
    ):
        stacks.create({"Host": {"Type": "AWS::EC2::Instance", "Properties": properties}})
        reasons += [
            event["ResourceStatusReason"]
            for event in stacks.raw_events()
            if event["ResourceStatus"] == "CREATE_FAILED"
        ]
        stacks.delete()

    assert ("InvalidAMIID.NotFound" in reasons[0], "t9.huge" in reasons[1]) == (True, True)


# -- values ------------------------------------------------------------------------------------


def test_dynamic_references_are_resolved(stacks: Stacks) -> None:
    """SSM parameters and keys of secrets are read when the resource is made."""
    stacks.ssm.put_parameter(Name=stacks.path("source"), Type="String", Value="from-ssm")
    secret = {
        "Type": "AWS::SecretsManager::Secret",
        "Properties": {
            "GenerateSecretString": {
                "SecretStringTemplate": '{"username": "app"}',
                "GenerateStringKey": "password",
                "PasswordLength": 24,
                "ExcludePunctuation": True,
            }
        },
    }

    stacks.create(
        {
            "Secret": secret,
            "Ssm": parameter(stacks.path("ssm"), f"{{{{resolve:ssm:{stacks.path('source')}}}}}"),
            "Password": parameter(
                stacks.path("password"),
                {"Fn::Sub": "{{resolve:secretsmanager:${Secret}:SecretString:password}}"},
            ),
        }
    )

    arn = stacks.client.describe_stack_resource(StackName=stacks.name, LogicalResourceId="Secret")[
        "StackResourceDetail"
    ]["PhysicalResourceId"]
    held = stacks.api.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
    assert ("from-ssm", json.loads(held)["password"]) == (
        stacks.value("ssm"),
        stacks.value("password"),
    )
    assert 24 == len(json.loads(held)["password"])


def test_stack_tags_reach_the_resources_and_the_tagging_api(stacks: Stacks) -> None:
    """A resource has its own tags, the stack's and CloudFormation's; a later change reaches it."""
    vpc = {
        "Type": "AWS::EC2::VPC",
        "Properties": {"CidrBlock": "10.3.0.0/16", "Tags": [{"Key": "own", "Value": "1"}]},
    }
    stacks.create({"Vpc": vpc}, Tags=[{"Key": "test", "Value": stacks.name}])

    def found(value: str) -> list[dict[str, str]]:
        tagging = stacks.api.client("resourcegroupstaggingapi")
        answer = tagging.get_resources(TagFilters=[{"Key": "test", "Values": [value]}])
        return [
            {tag["Key"]: tag["Value"] for tag in entry["Tags"]}
            for entry in answer["ResourceTagMappingList"]
            if ":vpc/" in entry["ResourceARN"]
        ]

    tags = found(stacks.name)[0]
    stacks.update({"Vpc": vpc}, Tags=[{"Key": "test", "Value": f"{stacks.name}-2"}])

    assert ("1", stacks.name, "Vpc") == (
        tags["own"],
        tags["aws:cloudformation:stack-name"],
        tags["aws:cloudformation:logical-id"],
    )
    assert (0, 1) == (len(found(stacks.name)), len(found(f"{stacks.name}-2")))


def test_exports_bind_stacks_to_one_another(stacks: Stacks) -> None:
    """An imported export keeps its stack from being deleted."""
    export = f"{stacks.name}-export"
    stacks.create(
        {"One": parameter(stacks.path("one"))},
        Outputs={"Out": {"Value": {"Ref": "One"}, "Export": {"Name": export}}},
    )
    other = Stacks(stacks.api)
    other.create({"Two": parameter(other.path("two"), {"Fn::ImportValue": export})})

    with pytest.raises(ClientError, match="is imported by"):
        stacks.delete()
    imported = other.value("two")
    other.delete()

    assert (stacks.path("one"), "DELETE_COMPLETE") == (imported, stacks.delete()["StackStatus"])


def test_a_template_may_come_from_s3_under_both_forms_of_address(stacks: Stacks) -> None:
    """TemplateURL works with the bucket in the path and in the host."""
    s3 = stacks.api.client("s3")
    bucket = f"{stacks.name}-templates"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    template = {"Resources": {"One": parameter(stacks.path("one"))}}
    s3.put_object(Bucket=bucket, Key="a/t.json", Body=json.dumps(template).encode())
    statuses = []
    for url in (
        f"https://s3.eu-west-1.amazonaws.com/{bucket}/a/t.json",
        f"https://{bucket}.s3.eu-west-1.amazonaws.com/a/t.json",
    ):
        stacks.client.create_stack(StackName=stacks.name, TemplateURL=url)
        statuses.append(stacks.wait()["StackStatus"])
        stacks.delete()

    assert ["CREATE_COMPLETE", "CREATE_COMPLETE"] == statuses
