"""Parameters whose type names a resource: the resource must exist before a stack is made."""

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from hivemind_sandbox.resources.clients import client
from hivemind_sandbox.validation import TemplateError

_LOOK_UPS: Mapping[str, Callable[[list[str]], object]] = {
    "AWS::EC2::AvailabilityZone::Name": lambda names: client("ec2").describe_availability_zones(
        ZoneNames=names
    ),
    "AWS::EC2::Image::Id": lambda names: client("ec2").describe_images(ImageIds=names),
    "AWS::EC2::Instance::Id": lambda names: client("ec2").describe_instances(InstanceIds=names),
    "AWS::EC2::KeyPair::KeyName": lambda names: client("ec2").describe_key_pairs(KeyNames=names),
    "AWS::EC2::SecurityGroup::Id": lambda names: client("ec2").describe_security_groups(
        GroupIds=names
    ),
    "AWS::EC2::Subnet::Id": lambda names: client("ec2").describe_subnets(SubnetIds=names),
    "AWS::EC2::VPC::Id": lambda names: client("ec2").describe_vpcs(VpcIds=names),
    "AWS::Route53::HostedZone::Id": lambda names: [
        client("route53").get_hosted_zone(Id=name) for name in names
    ],
}


def check(declared: Mapping[str, Any], given: Mapping[str, str]) -> None:
    """Refuse values that name nothing, defaults included. Raises TemplateError."""
    for name, parameter in declared.items():
        kind = str(parameter.get("Type", "")).removeprefix("List<").removesuffix(">")
        value = given.get(name, str(parameter.get("Default", "")))
        names = [entry.strip() for entry in value.split(",") if entry.strip()]
        if kind not in _LOOK_UPS or not names:
            continue
        try:
            _LOOK_UPS[kind](names)
        except ClientError as error:
            raise TemplateError(
                f"Parameter validation failed: parameter value {value} for parameter name {name} "
                f"does not exist. ({error.response['Error'].get('Message', '')})"
            ) from error
