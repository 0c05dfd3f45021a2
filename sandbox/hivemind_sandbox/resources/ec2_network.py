"""VPC, subnets, gateways, routes, addresses and security groups."""

from typing import Any

from botocore.exceptions import ClientError

from hivemind_sandbox.resources.base import (
    Place,
    Properties,
    Resource,
    changed,
    pick,
    tag_changes,
    tag_list,
    tags_of,
)
from hivemind_sandbox.resources.clients import client

ANYWHERE = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


def tag_specification(kind: str, props: Properties) -> list[dict[str, Any]]:
    tags = tags_of(props)
    return [{"ResourceType": kind, "Tags": tag_list(tags)}] if tags else []


def retag(resource_id: str, old: Properties, new: Properties) -> None:
    setting, removing = tag_changes(old, new)
    if removing:
        client("ec2").delete_tags(Resources=[resource_id], Tags=[{"Key": k} for k in removing])
    if setting:
        client("ec2").create_tags(Resources=[resource_id], Tags=tag_list(setting))


class Vpc(Resource):
    type_name = "AWS::EC2::VPC"
    implemented = "CidrBlock EnableDnsHostnames EnableDnsSupport InstanceTenancy Tags"

    def create(self, place: Place, props: Properties) -> str:
        vpc = client("ec2").create_vpc(
            **pick(props, "CidrBlock InstanceTenancy"),
            TagSpecifications=tag_specification("vpc", props),
        )
        return str(vpc["Vpc"]["VpcId"])

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        defaults = {"EnableDnsSupport": True, "EnableDnsHostnames": False}
        for name, default in defaults.items():
            value = new.get(name, default)
            if value != old.get(name, default):
                client("ec2").modify_vpc_attribute(VpcId=physical_id, **{name: {"Value": value}})
        retag(physical_id, old, new)

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        ec2 = client("ec2")
        vpc = ec2.describe_vpcs(VpcIds=[physical_id])["Vpcs"][0]
        here = [{"Name": "vpc-id", "Values": [physical_id]}]
        named = [*here, {"Name": "group-name", "Values": ["default"]}]
        groups = ec2.describe_security_groups(Filters=named)["SecurityGroups"]
        lists = ec2.describe_network_acls(Filters=here)["NetworkAcls"]
        return {
            "VpcId": physical_id,
            "CidrBlock": vpc["CidrBlock"],
            "CidrBlockAssociations": [
                entry["AssociationId"] for entry in vpc.get("CidrBlockAssociationSet", [])
            ],
            "DefaultSecurityGroup": groups[0]["GroupId"] if groups else "",
            "DefaultNetworkAcl": lists[0]["NetworkAclId"] if lists else "",
        }

    def delete(self, physical_id: str, props: Properties) -> None:
        client("ec2").delete_vpc(VpcId=physical_id)


class Subnet(Resource):
    type_name = "AWS::EC2::Subnet"
    implemented = "AvailabilityZone CidrBlock MapPublicIpOnLaunch Tags VpcId"

    def create(self, place: Place, props: Properties) -> str:
        subnet = client("ec2").create_subnet(
            **pick(props, "VpcId CidrBlock AvailabilityZone"),
            TagSpecifications=tag_specification("subnet", props),
        )
        return str(subnet["Subnet"]["SubnetId"])

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        public = new.get("MapPublicIpOnLaunch", False)
        if public != old.get("MapPublicIpOnLaunch", False):
            client("ec2").modify_subnet_attribute(
                SubnetId=physical_id, MapPublicIpOnLaunch={"Value": public}
            )
        retag(physical_id, old, new)

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        subnet = client("ec2").describe_subnets(SubnetIds=[physical_id])["Subnets"][0]
        return {
            "SubnetId": physical_id,
            "VpcId": subnet["VpcId"],
            "CidrBlock": subnet["CidrBlock"],
            "AvailabilityZone": subnet["AvailabilityZone"],
            "AvailabilityZoneId": subnet.get("AvailabilityZoneId", ""),
        }

    def delete(self, physical_id: str, props: Properties) -> None:
        client("ec2").delete_subnet(SubnetId=physical_id)


class InternetGateway(Resource):
    type_name = "AWS::EC2::InternetGateway"
    implemented = "Tags"

    def create(self, place: Place, props: Properties) -> str:
        gateway = client("ec2").create_internet_gateway(
            TagSpecifications=tag_specification("internet-gateway", props)
        )
        return str(gateway["InternetGateway"]["InternetGatewayId"])

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        retag(physical_id, old, new)

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        return {"InternetGatewayId": physical_id}

    def delete(self, physical_id: str, props: Properties) -> None:
        client("ec2").delete_internet_gateway(InternetGatewayId=physical_id)


class VpcGatewayAttachment(Resource):
    type_name = "AWS::EC2::VPCGatewayAttachment"
    implemented = "InternetGatewayId VpcId"
    replaced_by = "InternetGatewayId"

    def create(self, place: Place, props: Properties) -> str:
        client("ec2").attach_internet_gateway(**pick(props, "VpcId InternetGatewayId"))
        return f"IGW|{props['VpcId']}"

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        return {"AttachmentType": "IGW"}

    def delete(self, physical_id: str, props: Properties) -> None:
        client("ec2").detach_internet_gateway(**pick(props, "VpcId InternetGatewayId"))


class RouteTable(Resource):
    type_name = "AWS::EC2::RouteTable"
    implemented = "Tags VpcId"

    def create(self, place: Place, props: Properties) -> str:
        table = client("ec2").create_route_table(
            VpcId=props["VpcId"], TagSpecifications=tag_specification("route-table", props)
        )
        return str(table["RouteTable"]["RouteTableId"])

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        retag(physical_id, old, new)

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        return {"RouteTableId": physical_id}

    def delete(self, physical_id: str, props: Properties) -> None:
        client("ec2").delete_route_table(RouteTableId=physical_id)


class Route(Resource):
    type_name = "AWS::EC2::Route"
    implemented = "DestinationCidrBlock GatewayId NatGatewayId RouteTableId"

    def create(self, place: Place, props: Properties) -> str:
        client("ec2").create_route(**props)
        return f"{props['RouteTableId']}|{props['DestinationCidrBlock']}"

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        if changed(old, new, "GatewayId", "NatGatewayId"):
            client("ec2").replace_route(**new)

    def settle(self, physical_id: str, props: Properties) -> None:
        """Nothing is left to do."""

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        return {"CidrBlock": props["DestinationCidrBlock"]}

    def delete(self, physical_id: str, props: Properties) -> None:
        client("ec2").delete_route(**pick(props, "RouteTableId DestinationCidrBlock"))


class SubnetRouteTableAssociation(Resource):
    type_name = "AWS::EC2::SubnetRouteTableAssociation"
    implemented = "RouteTableId SubnetId"

    def create(self, place: Place, props: Properties) -> str:
        association = client("ec2").associate_route_table(**props)
        return str(association["AssociationId"])

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        return {"Id": physical_id}

    def delete(self, physical_id: str, props: Properties) -> None:
        client("ec2").disassociate_route_table(AssociationId=physical_id)


class ElasticIp(Resource):
    type_name = "AWS::EC2::EIP"
    implemented = "Domain InstanceId Tags"
    replaced_by = "Domain"

    def create(self, place: Place, props: Properties) -> str:
        address = client("ec2").allocate_address(
            Domain="vpc", TagSpecifications=tag_specification("elastic-ip", props)
        )
        return str(address["PublicIp"])

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        address = self._address(physical_id)
        if changed(old, new, "InstanceId"):
            if "AssociationId" in address:
                client("ec2").disassociate_address(AssociationId=address["AssociationId"])
            if new.get("InstanceId"):
                client("ec2").associate_address(
                    AllocationId=address["AllocationId"], InstanceId=new["InstanceId"]
                )
        retag(address["AllocationId"], old, new)

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        address = self._address(physical_id)
        return {"AllocationId": address["AllocationId"], "PublicIp": physical_id}

    def delete(self, physical_id: str, props: Properties) -> None:
        address = self._address(physical_id)
        if "AssociationId" in address:
            client("ec2").disassociate_address(AssociationId=address["AssociationId"])
        client("ec2").release_address(AllocationId=address["AllocationId"])

    def _address(self, public_ip: str) -> dict[str, Any]:
        found = client("ec2").describe_addresses(PublicIps=[public_ip])["Addresses"]
        address: dict[str, Any] = found[0]
        return address


def permission(rule: Properties) -> dict[str, Any]:
    """One rule of a template as the API's IpPermission."""
    result: dict[str, Any] = pick(rule, "IpProtocol FromPort ToPort")
    about = pick(rule, "Description")
    group = rule.get("SourceSecurityGroupId") or rule.get("DestinationSecurityGroupId")
    if "CidrIp" in rule:
        result["IpRanges"] = [{"CidrIp": rule["CidrIp"], **about}]
    if "CidrIpv6" in rule:
        result["Ipv6Ranges"] = [{"CidrIpv6": rule["CidrIpv6"], **about}]
    if group:
        result["UserIdGroupPairs"] = [{"GroupId": group, **about}]
    return result


class SecurityGroup(Resource):
    type_name = "AWS::EC2::SecurityGroup"
    named_by = "GroupName"
    implemented = "GroupDescription GroupName SecurityGroupEgress SecurityGroupIngress Tags VpcId"

    def create(self, place: Place, props: Properties) -> str:
        group = client("ec2").create_security_group(
            GroupName=place.name(props.get("GroupName"), limit=255),
            Description=props["GroupDescription"],
            **pick(props, "VpcId"),
            TagSpecifications=tag_specification("security-group", props),
        )
        return str(group["GroupId"])

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        self._change_rules(physical_id, "ingress", _rules(old, "Ingress"), _rules(new, "Ingress"))
        self._change_rules(
            physical_id,
            "egress",
            _rules(old, "Egress") or [ANYWHERE],
            _rules(new, "Egress") or [ANYWHERE],
        )
        retag(physical_id, old, new)

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        groups = client("ec2").describe_security_groups(GroupIds=[physical_id])
        group = groups["SecurityGroups"][0]
        return {"GroupId": physical_id, "Id": physical_id, "VpcId": group.get("VpcId", "")}

    def delete(self, physical_id: str, props: Properties) -> None:
        client("ec2").delete_security_group(GroupId=physical_id)

    def _change_rules(
        self,
        group_id: str,
        direction: str,
        old: list[dict[str, Any]],
        new: list[dict[str, Any]],
    ) -> None:
        """New rules first, so that no traffic is cut off in between."""
        ec2 = client("ec2")
        for rule in (rule for rule in new if rule not in old):
            try:
                getattr(ec2, f"authorize_security_group_{direction}")(
                    GroupId=group_id, IpPermissions=[rule]
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != "InvalidPermission.Duplicate":
                    raise
        for rule in (rule for rule in old if rule not in new):
            try:
                getattr(ec2, f"revoke_security_group_{direction}")(
                    GroupId=group_id, IpPermissions=[rule]
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != "InvalidPermission.NotFound":
                    raise


def _rules(props: Properties, direction: str) -> list[dict[str, Any]]:
    return [permission(rule) for rule in props.get(f"SecurityGroup{direction}") or []]


class SecurityGroupIngress(Resource):
    type_name = "AWS::EC2::SecurityGroupIngress"
    implemented = (
        "CidrIp CidrIpv6 Description FromPort GroupId IpProtocol SourceSecurityGroupId ToPort"
    )
    replaced_by = "Description"
    direction = "ingress"

    def create(self, place: Place, props: Properties) -> str:
        authorize = getattr(client("ec2"), f"authorize_security_group_{self.direction}")
        answer = authorize(GroupId=props["GroupId"], IpPermissions=[permission(props)])
        return str(answer["SecurityGroupRules"][0]["SecurityGroupRuleId"])

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        return {"Id": physical_id}

    def delete(self, physical_id: str, props: Properties) -> None:
        revoke = getattr(client("ec2"), f"revoke_security_group_{self.direction}")
        revoke(GroupId=props["GroupId"], IpPermissions=[permission(props)])


class SecurityGroupEgress(SecurityGroupIngress):
    type_name = "AWS::EC2::SecurityGroupEgress"
    implemented = (
        "CidrIp CidrIpv6 Description DestinationSecurityGroupId FromPort GroupId IpProtocol ToPort"
    )
    direction = "egress"


TYPES: tuple[type[Resource], ...] = (
    Vpc,
    Subnet,
    InternetGateway,
    VpcGatewayAttachment,
    RouteTable,
    Route,
    SubnetRouteTableAssociation,
    ElasticIp,
    SecurityGroup,
    SecurityGroupIngress,
    SecurityGroupEgress,
)
