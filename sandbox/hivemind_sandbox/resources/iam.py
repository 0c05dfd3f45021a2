"""Roles, instance profiles and inline policies."""

import json
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
)
from hivemind_sandbox.resources.clients import client


def document(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


class Role(Resource):
    type_name = "AWS::IAM::Role"
    named_by = "RoleName"
    implemented = (
        "AssumeRolePolicyDocument Description ManagedPolicyArns MaxSessionDuration Path "
        "PermissionsBoundary Policies RoleName Tags"
    )

    def create(self, place: Place, props: Properties) -> str:
        name = place.name(props.get("RoleName"), limit=64)
        client("iam").create_role(
            RoleName=name,
            AssumeRolePolicyDocument=document(props["AssumeRolePolicyDocument"]),
            **pick(props, "Path Description MaxSessionDuration PermissionsBoundary"),
            Tags=tag_list(tags_of(props)),
        )
        return name

    def settle(self, physical_id: str, props: Properties) -> None:
        made_with = ("AssumeRolePolicyDocument", "Description", "MaxSessionDuration", "Tags")
        self.configure(physical_id, pick(props, " ".join(made_with)), props)

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        iam = client("iam")
        if changed(old, new, "AssumeRolePolicyDocument"):
            iam.update_assume_role_policy(
                RoleName=physical_id, PolicyDocument=document(new["AssumeRolePolicyDocument"])
            )
        if changed(old, new, "Description", "MaxSessionDuration"):
            iam.update_role(RoleName=physical_id, **pick(new, "Description MaxSessionDuration"))
        self._change_inline(physical_id, old, new)
        before, after = set(old.get("ManagedPolicyArns", ())), set(new.get("ManagedPolicyArns", ()))
        for arn in sorted(after - before):
            iam.attach_role_policy(RoleName=physical_id, PolicyArn=arn)
        for arn in sorted(before - after):
            iam.detach_role_policy(RoleName=physical_id, PolicyArn=arn)
        setting, removing = tag_changes(old, new)
        if setting:
            iam.tag_role(RoleName=physical_id, Tags=tag_list(setting))
        if removing:
            iam.untag_role(RoleName=physical_id, TagKeys=removing)

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        return pick(client("iam").get_role(RoleName=physical_id)["Role"], "Arn RoleId")

    def delete(self, physical_id: str, props: Properties) -> None:
        iam = client("iam")
        for name in iam.list_role_policies(RoleName=physical_id)["PolicyNames"]:
            iam.delete_role_policy(RoleName=physical_id, PolicyName=name)
        attached = iam.list_attached_role_policies(RoleName=physical_id)["AttachedPolicies"]
        for policy in attached:
            iam.detach_role_policy(RoleName=physical_id, PolicyArn=policy["PolicyArn"])
        iam.delete_role(RoleName=physical_id)

    def _change_inline(self, role: str, old: Properties, new: Properties) -> None:
        before = {p["PolicyName"]: p["PolicyDocument"] for p in old.get("Policies", ())}
        after = {p["PolicyName"]: p["PolicyDocument"] for p in new.get("Policies", ())}
        for name, policy in after.items():
            if before.get(name) != policy:
                client("iam").put_role_policy(
                    RoleName=role, PolicyName=name, PolicyDocument=document(policy)
                )
        for name in before.keys() - after.keys():
            client("iam").delete_role_policy(RoleName=role, PolicyName=name)


class InstanceProfile(Resource):
    type_name = "AWS::IAM::InstanceProfile"
    named_by = "InstanceProfileName"
    implemented = "InstanceProfileName Path Roles"

    def create(self, place: Place, props: Properties) -> str:
        name = place.name(props.get("InstanceProfileName"))
        client("iam").create_instance_profile(InstanceProfileName=name, **pick(props, "Path"))
        return name

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        before, after = set(old.get("Roles", ())), set(new.get("Roles", ()))
        for role in sorted(before - after):
            client("iam").remove_role_from_instance_profile(
                InstanceProfileName=physical_id, RoleName=role
            )
        for role in sorted(after - before):
            client("iam").add_role_to_instance_profile(
                InstanceProfileName=physical_id, RoleName=role
            )

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        found = client("iam").get_instance_profile(InstanceProfileName=physical_id)
        return pick(found["InstanceProfile"], "Arn")

    def delete(self, physical_id: str, props: Properties) -> None:
        iam = client("iam")
        profile = iam.get_instance_profile(InstanceProfileName=physical_id)["InstanceProfile"]
        for role in profile["Roles"]:
            iam.remove_role_from_instance_profile(
                InstanceProfileName=physical_id, RoleName=role["RoleName"]
            )
        iam.delete_instance_profile(InstanceProfileName=physical_id)


class Policy(Resource):
    """An inline policy on roles; its physical id names it within the stack."""

    type_name = "AWS::IAM::Policy"
    implemented = "PolicyDocument PolicyName Roles"
    replaced_by = "PolicyName"

    def create(self, place: Place, props: Properties) -> str:
        for role in props.get("Roles", ()):
            self._put(role, props)
        return place.name(limit=128)

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        for role in new.get("Roles", ()):
            self._put(role, new)
        for role in sorted(set(old.get("Roles", ())) - set(new.get("Roles", ()))):
            client("iam").delete_role_policy(RoleName=role, PolicyName=old["PolicyName"])

    def settle(self, physical_id: str, props: Properties) -> None:
        """The policy is on its roles already."""

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        return {"Id": physical_id}

    def delete(self, physical_id: str, props: Properties) -> None:
        for role in props.get("Roles", ()):
            client("iam").delete_role_policy(RoleName=role, PolicyName=props["PolicyName"])

    def _put(self, role: str, props: Properties) -> None:
        client("iam").put_role_policy(
            RoleName=role,
            PolicyName=props["PolicyName"],
            PolicyDocument=document(props["PolicyDocument"]),
        )


TYPES: tuple[type[Resource], ...] = (Role, InstanceProfile, Policy)
