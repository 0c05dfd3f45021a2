"""Instances, their key pairs and launch templates."""

from base64 import b64decode
from typing import Any

from hivemind_sandbox.resources.base import Place, Properties, Resource, changed, pick, wait_until
from hivemind_sandbox.resources.clients import client, failure_reason
from hivemind_sandbox.resources.ec2_network import retag, tag_specification


class KeyPair(Resource):
    type_name = "AWS::EC2::KeyPair"
    named_by = "KeyName"
    implemented = "KeyName KeyType PublicKeyMaterial Tags"
    kept_by = "Tags"

    def create(self, place: Place, props: Properties) -> str:
        specification = tag_specification("key-pair", props)
        if "PublicKeyMaterial" in props:
            client("ec2").import_key_pair(
                KeyName=props["KeyName"],
                PublicKeyMaterial=props["PublicKeyMaterial"].encode(),
                TagSpecifications=specification,
            )
        else:
            client("ec2").create_key_pair(
                **pick(props, "KeyName KeyType"), TagSpecifications=specification
            )
        return str(props["KeyName"])

    def settle(self, physical_id: str, props: Properties) -> None:
        """The pair was made with all it has."""

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        retag(self.attributes(physical_id, new)["KeyPairId"], old, new)

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        pair = client("ec2").describe_key_pairs(KeyNames=[physical_id])["KeyPairs"][0]
        return pick(pair, "KeyPairId KeyFingerprint")

    def delete(self, physical_id: str, props: Properties) -> None:
        client("ec2").delete_key_pair(KeyName=physical_id)


class LaunchTemplate(Resource):
    type_name = "AWS::EC2::LaunchTemplate"
    named_by = "LaunchTemplateName"
    implemented = "LaunchTemplateData LaunchTemplateName TagSpecifications VersionDescription"

    def create(self, place: Place, props: Properties) -> str:
        template = client("ec2").create_launch_template(
            LaunchTemplateName=place.name(props.get("LaunchTemplateName")),
            **pick(props, "LaunchTemplateData TagSpecifications VersionDescription"),
        )
        return str(template["LaunchTemplate"]["LaunchTemplateId"])

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        if changed(old, new, "LaunchTemplateData"):
            client("ec2").create_launch_template_version(
                LaunchTemplateId=physical_id, **pick(new, "LaunchTemplateData VersionDescription")
            )

    def settle(self, physical_id: str, props: Properties) -> None:
        """The first version holds all."""

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        found = client("ec2").describe_launch_templates(LaunchTemplateIds=[physical_id])
        template = found["LaunchTemplates"][0]
        return {
            "LaunchTemplateId": physical_id,
            "LatestVersionNumber": str(template["LatestVersionNumber"]),
            "DefaultVersionNumber": str(template["DefaultVersionNumber"]),
        }

    def delete(self, physical_id: str, props: Properties) -> None:
        client("ec2").delete_launch_template(LaunchTemplateId=physical_id)


class Instance(Resource):
    type_name = "AWS::EC2::Instance"
    implemented = (
        "AvailabilityZone BlockDeviceMappings CreditSpecification DisableApiTermination "
        "EbsOptimized IamInstanceProfile ImageId InstanceInitiatedShutdownBehavior "
        "InstanceType KeyName "
        "LaunchTemplate MetadataOptions Monitoring NetworkInterfaces PrivateIpAddress "
        "PropagateTagsToVolumeOnCreation SecurityGroupIds SourceDestCheck SubnetId Tags UserData"
    )
    replaced_by = "BlockDeviceMappings"
    kept_by = "EbsOptimized InstanceType SecurityGroupIds UserData"

    def create(self, place: Place, props: Properties) -> str:
        call = pick(
            props,
            "BlockDeviceMappings CreditSpecification DisableApiTermination EbsOptimized ImageId "
            "InstanceInitiatedShutdownBehavior InstanceType KeyName MetadataOptions "
            "PrivateIpAddress SecurityGroupIds SubnetId",
        )
        if "AvailabilityZone" in props:
            call["Placement"] = pick(props, "AvailabilityZone")
        if "IamInstanceProfile" in props:
            call["IamInstanceProfile"] = {"Name": props["IamInstanceProfile"]}
        if "LaunchTemplate" in props:
            call["LaunchTemplate"] = props["LaunchTemplate"]
        if "Monitoring" in props:
            call["Monitoring"] = {"Enabled": props["Monitoring"]}
        if "NetworkInterfaces" in props:
            call["NetworkInterfaces"] = [_interface(entry) for entry in props["NetworkInterfaces"]]
        if "UserData" in props:
            # boto3 encodes it again; the template's value is base64 already.
            call["UserData"] = b64decode(props["UserData"])
        tags = tag_specification("instance", props)
        if tags and props.get("PropagateTagsToVolumeOnCreation"):
            tags += tag_specification("volume", props)
        launched = client("ec2").run_instances(
            MinCount=1, MaxCount=1, TagSpecifications=tags, **call
        )
        return str(launched["Instances"][0]["InstanceId"])

    def settle(self, physical_id: str, props: Properties) -> None:
        self._wait(physical_id, "running", failed=("shutting-down", "terminated", "stopped"))
        if not props.get("SourceDestCheck", True):
            self._modify(physical_id, SourceDestCheck={"Value": False})

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        if changed(old, new, "InstanceType", "UserData", "EbsOptimized"):
            self._change_stopped(physical_id, old, new)
        if changed(old, new, "SecurityGroupIds"):
            self._modify(physical_id, Groups=new.get("SecurityGroupIds", []))
        for name, default in {"SourceDestCheck": True, "DisableApiTermination": False}.items():
            if changed(old, new, name):
                self._modify(physical_id, **{name: {"Value": new.get(name, default)}})
        if changed(old, new, "MetadataOptions"):
            client("ec2").modify_instance_metadata_options(
                InstanceId=physical_id, **new.get("MetadataOptions", {})
            )
        if changed(old, new, "IamInstanceProfile"):
            self._change_profile(physical_id, new.get("IamInstanceProfile"))
        retag(physical_id, old, new)

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        instance = self._describe(physical_id)
        return {
            "InstanceId": physical_id,
            "AvailabilityZone": instance["Placement"]["AvailabilityZone"],
            "PrivateDnsName": instance.get("PrivateDnsName", ""),
            "PrivateIp": instance.get("PrivateIpAddress", ""),
            "PublicDnsName": instance.get("PublicDnsName", ""),
            "PublicIp": instance.get("PublicIpAddress", ""),
            "VpcId": instance.get("VpcId", ""),
        }

    def delete(self, physical_id: str, props: Properties) -> None:
        client("ec2").terminate_instances(InstanceIds=[physical_id])
        self._wait(physical_id, "terminated")

    def _change_stopped(self, instance_id: str, old: Properties, new: Properties) -> None:
        """Change what can only be changed while the instance is stopped."""
        ec2 = client("ec2")
        ec2.stop_instances(InstanceIds=[instance_id])
        self._wait(instance_id, "stopped", failed=("terminated",))
        if changed(old, new, "InstanceType"):
            self._modify(instance_id, InstanceType={"Value": new.get("InstanceType", "m1.small")})
        if changed(old, new, "UserData"):
            data = b64decode(new.get("UserData", ""))
            self._modify(instance_id, UserData={"Value": data})
        if changed(old, new, "EbsOptimized"):
            self._modify(instance_id, EbsOptimized={"Value": new.get("EbsOptimized", False)})
        ec2.start_instances(InstanceIds=[instance_id])
        self._wait(instance_id, "running", failed=("terminated", "stopped"))

    def _change_profile(self, instance_id: str, profile: str | None) -> None:
        ec2 = client("ec2")
        here = [{"Name": "instance-id", "Values": [instance_id]}]
        found = ec2.describe_iam_instance_profile_associations(Filters=here)
        for entry in found["IamInstanceProfileAssociations"]:
            ec2.disassociate_iam_instance_profile(AssociationId=entry["AssociationId"])
        if profile:
            ec2.associate_iam_instance_profile(
                InstanceId=instance_id, IamInstanceProfile={"Name": profile}
            )

    def _modify(self, instance_id: str, **attribute: Any) -> None:
        client("ec2").modify_instance_attribute(InstanceId=instance_id, **attribute)

    def _describe(self, instance_id: str) -> dict[str, Any]:
        found = client("ec2").describe_instances(InstanceIds=[instance_id])
        instance: dict[str, Any] = found["Reservations"][0]["Instances"][0]
        return instance

    def _wait(self, instance_id: str, state: str, failed: tuple[str, ...] = ()) -> None:
        def why() -> str:
            said = self._describe(instance_id).get("StateReason", {}).get("Message", "")
            return failure_reason(instance_id) or str(said)

        wait_until(
            lambda: str(self._describe(instance_id)["State"]["Name"]),
            wanted=(state,),
            failed=failed,
            what=f"instance {instance_id}",
            why=why,
        )


def _interface(entry: Properties) -> dict[str, Any]:
    """A network interface of a template in the API's names."""
    call = pick(
        entry,
        "AssociatePublicIpAddress DeleteOnTermination Description NetworkInterfaceId "
        "PrivateIpAddress SubnetId",
    )
    if "DeviceIndex" in entry:
        call["DeviceIndex"] = int(entry["DeviceIndex"])
    if "GroupSet" in entry:
        call["Groups"] = entry["GroupSet"]
    return call


TYPES: tuple[type[Resource], ...] = (KeyPair, LaunchTemplate, Instance)
