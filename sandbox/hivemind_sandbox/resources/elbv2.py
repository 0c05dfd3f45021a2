"""Application load balancers, target groups, listeners and their rules."""

from typing import Any

from hivemind_sandbox.resources.base import (
    Place,
    Properties,
    Resource,
    changed,
    pick,
    tag_changes,
    tag_list,
    tags_of,
    wait_until,
)
from hivemind_sandbox.resources.clients import client, failure_reason


def _tags(props: Properties) -> dict[str, Any]:
    """The Tags argument of a create call: the service refuses an empty one."""
    tags = tag_list(tags_of(props))
    return {"Tags": tags} if tags else {}


def _retag(arn: str, old: Properties, new: Properties) -> None:
    setting, removing = tag_changes(old, new)
    if setting:
        client("elbv2").add_tags(ResourceArns=[arn], Tags=tag_list(setting))
    if removing:
        client("elbv2").remove_tags(ResourceArns=[arn], TagKeys=removing)


class LoadBalancer(Resource):
    type_name = "AWS::ElasticLoadBalancingV2::LoadBalancer"
    named_by = "Name"
    implemented = (
        "IpAddressType LoadBalancerAttributes Name Scheme SecurityGroups Subnets Tags Type"
    )

    def create(self, place: Place, props: Properties) -> str:
        made = client("elbv2").create_load_balancer(
            Name=place.name(props.get("Name"), limit=32),
            **pick(props, "IpAddressType Scheme SecurityGroups Subnets Type"),
            **_tags(props),
        )
        return str(made["LoadBalancers"][0]["LoadBalancerArn"])

    def settle(self, physical_id: str, props: Properties) -> None:
        made_with = pick(props, "IpAddressType SecurityGroups Subnets Tags")
        self.configure(physical_id, made_with, props)
        wait_until(
            lambda: str(self._describe(physical_id)["State"]["Code"]),
            wanted=("active", "active_impaired"),
            failed=("failed",),
            what=f"load balancer {physical_id}",
            why=lambda: failure_reason(physical_id),
        )

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        elbv2 = client("elbv2")
        if changed(old, new, "LoadBalancerAttributes") and new.get("LoadBalancerAttributes"):
            elbv2.modify_load_balancer_attributes(
                LoadBalancerArn=physical_id, Attributes=new["LoadBalancerAttributes"]
            )
        if changed(old, new, "SecurityGroups"):
            elbv2.set_security_groups(
                LoadBalancerArn=physical_id, SecurityGroups=new.get("SecurityGroups", [])
            )
        if changed(old, new, "Subnets"):
            elbv2.set_subnets(LoadBalancerArn=physical_id, Subnets=new.get("Subnets", []))
        if changed(old, new, "IpAddressType"):
            elbv2.set_ip_address_type(
                LoadBalancerArn=physical_id, IpAddressType=new.get("IpAddressType", "ipv4")
            )
        _retag(physical_id, old, new)

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        balancer = self._describe(physical_id)
        return {
            "CanonicalHostedZoneID": balancer["CanonicalHostedZoneId"],
            "DNSName": balancer["DNSName"],
            "LoadBalancerArn": physical_id,
            "LoadBalancerFullName": physical_id.split("loadbalancer/")[1],
            "LoadBalancerName": balancer["LoadBalancerName"],
            "SecurityGroups": balancer.get("SecurityGroups", []),
        }

    def delete(self, physical_id: str, props: Properties) -> None:
        client("elbv2").delete_load_balancer(LoadBalancerArn=physical_id)

    def _describe(self, arn: str) -> dict[str, Any]:
        found = client("elbv2").describe_load_balancers(LoadBalancerArns=[arn])
        balancer: dict[str, Any] = found["LoadBalancers"][0]
        return balancer


class TargetGroup(Resource):
    type_name = "AWS::ElasticLoadBalancingV2::TargetGroup"
    named_by = "Name"
    implemented = (
        "HealthCheckEnabled HealthCheckIntervalSeconds HealthCheckPath HealthCheckPort "
        "HealthCheckProtocol HealthCheckTimeoutSeconds HealthyThresholdCount IpAddressType Matcher "
        "Name Port Protocol ProtocolVersion Tags TargetGroupAttributes TargetType Targets "
        "UnhealthyThresholdCount VpcId"
    )
    health_check = (
        "HealthCheckEnabled HealthCheckIntervalSeconds HealthCheckPath HealthCheckPort "
        "HealthCheckProtocol HealthCheckTimeoutSeconds HealthyThresholdCount Matcher "
        "UnhealthyThresholdCount"
    )

    def create(self, place: Place, props: Properties) -> str:
        made = client("elbv2").create_target_group(
            Name=place.name(props.get("Name"), limit=32),
            **pick(props, "IpAddressType Port Protocol ProtocolVersion TargetType VpcId"),
            **pick(props, self.health_check),
            **_tags(props),
        )
        return str(made["TargetGroups"][0]["TargetGroupArn"])

    def settle(self, physical_id: str, props: Properties) -> None:
        self.configure(physical_id, pick(props, f"Tags {self.health_check}"), props)

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        elbv2 = client("elbv2")
        if changed(old, new, *self.health_check.split()):
            elbv2.modify_target_group(TargetGroupArn=physical_id, **pick(new, self.health_check))
        if changed(old, new, "TargetGroupAttributes") and new.get("TargetGroupAttributes"):
            elbv2.modify_target_group_attributes(
                TargetGroupArn=physical_id, Attributes=new["TargetGroupAttributes"]
            )
        before, after = old.get("Targets") or [], new.get("Targets") or []
        if joining := [target for target in after if target not in before]:
            elbv2.register_targets(TargetGroupArn=physical_id, Targets=joining)
        if leaving := [target for target in before if target not in after]:
            elbv2.deregister_targets(TargetGroupArn=physical_id, Targets=leaving)
        _retag(physical_id, old, new)

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        found = client("elbv2").describe_target_groups(TargetGroupArns=[physical_id])
        group = found["TargetGroups"][0]
        return {
            "LoadBalancerArns": group.get("LoadBalancerArns", []),
            "TargetGroupArn": physical_id,
            "TargetGroupFullName": physical_id.rsplit(":", maxsplit=1)[-1],
            "TargetGroupName": group["TargetGroupName"],
        }

    def delete(self, physical_id: str, props: Properties) -> None:
        client("elbv2").delete_target_group(TargetGroupArn=physical_id)


class Listener(Resource):
    type_name = "AWS::ElasticLoadBalancingV2::Listener"
    implemented = (
        "AlpnPolicy Certificates DefaultActions ListenerAttributes LoadBalancerArn Port Protocol "
        "SslPolicy Tags"
    )
    settings = "AlpnPolicy Certificates DefaultActions Port Protocol SslPolicy"

    def create(self, place: Place, props: Properties) -> str:
        made = client("elbv2").create_listener(
            **pick(props, f"LoadBalancerArn {self.settings}"), **_tags(props)
        )
        return str(made["Listeners"][0]["ListenerArn"])

    def settle(self, physical_id: str, props: Properties) -> None:
        self.configure(physical_id, pick(props, f"Tags {self.settings}"), props)

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        if changed(old, new, *self.settings.split()):
            client("elbv2").modify_listener(ListenerArn=physical_id, **pick(new, self.settings))
        if changed(old, new, "ListenerAttributes") and new.get("ListenerAttributes"):
            client("elbv2").modify_listener_attributes(
                ListenerArn=physical_id, Attributes=new["ListenerAttributes"]
            )
        _retag(physical_id, old, new)

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        return {"ListenerArn": physical_id}

    def delete(self, physical_id: str, props: Properties) -> None:
        client("elbv2").delete_listener(ListenerArn=physical_id)


class ListenerRule(Resource):
    type_name = "AWS::ElasticLoadBalancingV2::ListenerRule"
    implemented = "Actions Conditions ListenerArn Priority Tags"

    def create(self, place: Place, props: Properties) -> str:
        made = client("elbv2").create_rule(
            **pick(props, "ListenerArn Priority Conditions Actions"), **_tags(props)
        )
        return str(made["Rules"][0]["RuleArn"])

    def settle(self, physical_id: str, props: Properties) -> None:
        """The rule was made with all it has."""

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        elbv2 = client("elbv2")
        if changed(old, new, "Conditions", "Actions"):
            elbv2.modify_rule(RuleArn=physical_id, **pick(new, "Conditions Actions"))
        if changed(old, new, "Priority"):
            elbv2.set_rule_priorities(
                RulePriorities=[{"RuleArn": physical_id, "Priority": new["Priority"]}]
            )
        _retag(physical_id, old, new)

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        return {"RuleArn": physical_id, "IsDefault": "false"}

    def delete(self, physical_id: str, props: Properties) -> None:
        client("elbv2").delete_rule(RuleArn=physical_id)


TYPES: tuple[type[Resource], ...] = (LoadBalancer, TargetGroup, Listener, ListenerRule)
