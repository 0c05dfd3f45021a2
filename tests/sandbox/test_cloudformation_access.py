"""Who may call the endpoint, on whose behalf stacks work, and what else the product relies on."""

import json
import time
import urllib.error
import urllib.request
import uuid
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

PROTOCOLS = {
    "sts": ("get_caller_identity", {}, "InvalidClientTokenId"),
    "ec2": ("describe_vpcs", {}, "AuthFailure"),
    "ssm": ("get_parameter", {"Name": "x"}, "UnrecognizedClientException"),
    "s3": ("list_buckets", {}, "InvalidAccessKeyId"),
    "rds": ("describe_db_instances", {}, "InvalidClientTokenId"),
    "cloudformation": ("describe_stacks", {}, "InvalidClientTokenId"),
    "cloudwatch": ("list_dashboards", {}, "UnrecognizedClientException"),
}


@pytest.mark.parametrize("service", PROTOCOLS)
def test_an_unknown_access_key_is_refused_as_the_service_would(api: Any, service: str) -> None:
    """Each protocol has its own code for a key that does not exist."""
    operation, arguments, code = PROTOCOLS[service]
    client = api.client(service, aws_access_key_id="NOSUCHKEY", aws_secret_access_key="x")

    with pytest.raises(ClientError) as refusal:
        getattr(client, operation)(**arguments)

    assert code == refusal.value.response["Error"]["Code"]


def test_the_operator_is_known(api: Any) -> None:
    """GetCallerIdentity names the sandbox's account and its operator."""
    identity = api.client("sts").get_caller_identity()

    assert ("000000000000", "arn:aws:iam::000000000000:user/operator") == (
        identity["Account"],
        identity["Arn"],
    )


@pytest.fixture
def restricted(api: Any) -> Any:
    """A user who may do everything but launch instances, list buckets and read parameters."""
    name = f"restricted-{uuid.uuid4().hex[:8]}"
    iam = api.client("iam")
    iam.create_user(UserName=name)
    denied = ["ec2:RunInstances", "s3:ListAllMyBuckets", "ssm:GetParameter", "cloudformation:Del*"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Action": denied, "Resource": "*"},
        ],
    }
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return name, {
        "aws_access_key_id": key["AccessKeyId"],
        "aws_secret_access_key": key["SecretAccessKey"],
    }


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "code"),
    [
        (
            "ec2",
            "run_instances",
            {"ImageId": "ami-0deb1a00000000018", "MinCount": 1, "MaxCount": 1},
            "UnauthorizedOperation",
        ),
        ("s3", "list_buckets", {}, "AccessDenied"),
        ("ssm", "get_parameter", {"Name": "x"}, "AccessDeniedException"),
        ("cloudformation", "delete_stack", {"StackName": "x"}, "AccessDenied"),
    ],
)
def test_a_denied_action_is_refused_over_http(  # noqa: PLR0917
    api: Any, restricted: Any, service: str, operation: str, arguments: dict[str, Any], code: str
) -> None:
    """The refusal names user and action, in the protocol's own code; other actions pass."""
    name, key = restricted
    client = api.client(service, **key)

    with pytest.raises(ClientError) as refusal:
        getattr(client, operation)(**arguments)

    error = refusal.value.response["Error"]
    assert code == error["Code"]
    assert f"user/{name} is not authorized to perform" in error["Message"]
    assert (
        []
        == api.client("ec2", **key).describe_instances(
            Filters=[{"Name": "key-name", "Values": ["nobody"]}]
        )["Reservations"]
    )


def test_a_stack_has_its_callers_permissions(api: Any, restricted: Any) -> None:
    """An instance that the caller may not launch fails the stack with EC2's refusal."""
    client = api.client("cloudformation", **restricted[1])
    name = f"t-{uuid.uuid4().hex[:12]}"
    image = {"ImageId": "ami-0deb1a00000000018", "InstanceType": "t3.micro"}
    template = {"Resources": {"Host": {"Type": "AWS::EC2::Instance", "Properties": image}}}

    client.create_stack(StackName=name, TemplateBody=json.dumps(template))
    deadline = time.monotonic() + 20
    while client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] != "ROLLBACK_COMPLETE":
        assert time.monotonic() < deadline
        time.sleep(0.05)

    events = client.describe_stack_events(StackName=name)["StackEvents"]
    reasons = [e["ResourceStatusReason"] for e in events if e["ResourceStatus"] == "CREATE_FAILED"]
    assert "not authorized to perform: ec2:RunInstances" in reasons[0]
    assert "HandlerErrorCode: AccessDenied" in reasons[0]


def test_permissions_can_be_simulated(api: Any, restricted: Any) -> None:
    """SimulatePrincipalPolicy tells what a user and the operator may do."""
    iam = api.client("iam")
    actions = ["ec2:RunInstances", "ec2:DescribeVpcs"]

    def decisions(user: str) -> dict[str, str]:
        answer = iam.simulate_principal_policy(
            PolicySourceArn=f"arn:aws:iam::000000000000:user/{user}", ActionNames=actions
        )
        return {r["EvalActionName"]: r["EvalDecision"] for r in answer["EvaluationResults"]}

    assert dict(zip(actions, ["explicitDeny", "allowed"], strict=True)) == decisions(restricted[0])
    assert dict.fromkeys(actions, "allowed") == decisions("operator")


def test_an_expired_session_is_refused(api: Any) -> None:
    """Credentials of an assumed role end with their time."""
    iam, name = api.client("iam"), f"role-{uuid.uuid4().hex[:8]}"
    iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    # The API's model asks for 15 minutes at least; a test has no time for that.
    sts = api.client("sts", config=Config(parameter_validation=False))
    made = sts.assume_role(
        RoleArn=f"arn:aws:iam::000000000000:role/{name}", RoleSessionName="s", DurationSeconds=1
    )["Credentials"]
    time.sleep(1.1)

    with pytest.raises(ClientError, match="ExpiredToken"):
        api.client(
            "sts",
            aws_access_key_id=made["AccessKeyId"],
            aws_secret_access_key=made["SecretAccessKey"],
            aws_session_token=made["SessionToken"],
        ).get_caller_identity()


def test_conditional_writes_and_presigned_addresses(api: Any) -> None:
    """What leases, records and artifacts are built on."""
    s3, bucket = api.client("s3"), f"bucket-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"one", IfNoneMatch="*")["ETag"]
    for condition in ({"IfNoneMatch": "*"}, {"IfMatch": '"0"'}):
        with pytest.raises(ClientError, match="PreconditionFailed"):
            s3.put_object(Bucket=bucket, Key="k", Body=b"two", **condition)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 3_000_000, IfMatch=etag)

    def fetch(**options: Any) -> int:
        signer = api.client("s3", config=Config(signature_version="s3v4"))
        url = signer.generate_presigned_url(
            "get_object", Params={"Bucket": bucket, "Key": "k"}, **options
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url) as answer:
            return len(answer.read())

    assert 3_000_000 == fetch(ExpiresIn=60)
    with pytest.raises(urllib.error.HTTPError, match="403"):
        fetch(ExpiresIn=-1)


def test_secure_parameters_are_only_decrypted_on_demand(api: Any) -> None:
    """A SecureString comes back encrypted unless decryption is asked for."""
    ssm, name = api.client("ssm"), f"/{uuid.uuid4().hex}/secret"
    ssm.put_parameter(Name=name, Type="SecureString", Value="hush")

    shown = ssm.get_parameter(Name=name)["Parameter"]["Value"]
    told = ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]

    assert ("hush", True) == (told, shown != "hush")


def test_debian_is_the_image_to_be_found(api: Any) -> None:
    """Debian's public parameter leads to its image, and there are no others but Debian's."""
    ssm, ec2 = api.client("ssm"), api.client("ec2")
    image = ssm.get_parameter(Name="/aws/service/debian/release/12/latest/amd64")["Parameter"]

    found = ec2.describe_images(ImageIds=[image["Value"]])["Images"][0]

    assert ("x86_64", "136693071363") == (found["Architecture"], found["OwnerId"])
    assert found["Name"].startswith("debian-12-amd64-")
    assert {"136693071363"} == {entry["OwnerId"] for entry in ec2.describe_images()["Images"]}
