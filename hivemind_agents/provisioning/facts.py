"""What the record keeps of a stack, out of its outputs and its hosts."""

from collections.abc import Mapping, Sequence
from typing import Any

# What the verbs read, by the kind of stack. The template is held to it.
ALWAYS = ("DeploymentName", "Kind", "StageMode", "ActiveSlot", "LogGroupName", "DashboardName",
          "KeyPairName")  # fmt: skip
WITH_LOAD_BALANCER = ("LoadBalancerArn", "LoadBalancerName", "LoadBalancerDnsName",
                      "TargetGroupArn", "Url")  # fmt: skip
WITH_DATABASE = ("DatabaseEngine", "DatabaseIdentifier", "DatabaseHost", "DatabasePort",
                 "DatabaseName", "DatabaseSecretArn")  # fmt: skip
WITH_CACHE = ("CacheIdentifier", "CacheHost", "CachePort")
HOSTS_OF_SLOT = {"blue": "BlueInstanceIds", "green": "GreenInstanceIds"}


def instance_ids(outputs: Mapping[str, str], slot: str) -> list[str]:
    """The hosts of a slot."""
    return [each for each in outputs.get(HOSTS_OF_SLOT[slot], "").split(",") if each]


def from_stack(
    outputs: Mapping[str, str], hosts: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """A patch for the record: what the stack has; null for what is not there.

    `hosts`: as `ec2_instance_info` returns them; those that the stack does not name are left out.
    """
    balanced = "LoadBalancerArn" in outputs
    stored = "DatabaseIdentifier" in outputs
    return {
        "stage_mode": outputs["StageMode"],
        "kind": outputs["Kind"],
        "active_slot": outputs["ActiveSlot"],
        "load_balancer": {
            "arn": outputs["LoadBalancerArn"],
            "name": outputs["LoadBalancerName"],
            "dns_name": outputs["LoadBalancerDnsName"],
            "target_group_arn": outputs["TargetGroupArn"],
        }
        if balanced
        else None,
        "url": outputs.get("Url"),
        "database": {
            "engine": outputs["DatabaseEngine"],
            "identifier": outputs["DatabaseIdentifier"],
            "host": outputs["DatabaseHost"],
            "port": int(outputs["DatabasePort"]),
            "name": outputs["DatabaseName"],
            "secret_arn": outputs["DatabaseSecretArn"],
        }
        if stored
        else None,
        "cache": {
            "engine": "redis",
            "identifier": outputs["CacheIdentifier"],
            "host": outputs["CacheHost"],
            "port": int(outputs["CachePort"]),
        }
        if "CacheIdentifier" in outputs
        else None,
        "instances": _instances(outputs, hosts),
    }


def _instances(
    outputs: Mapping[str, str], hosts: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    known = {host["instance_id"]: host for host in hosts}
    return [
        {
            "id": each,
            "slot": slot,
            "zone": known[each].get("placement", {}).get("availability_zone"),
            "type": known[each].get("instance_type"),
            "image_id": known[each].get("image_id"),
            "private_ip": known[each].get("private_ip_address"),
            "public_ip": known[each].get("public_ip_address"),
        }
        for slot in HOSTS_OF_SLOT
        for each in instance_ids(outputs, slot)
        if each in known
    ]
