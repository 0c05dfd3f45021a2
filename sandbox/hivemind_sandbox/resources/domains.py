"""Certificates, hosted zones and DNS records."""

import uuid
from typing import Any

from hivemind_sandbox.resources.base import (
    Place,
    Properties,
    Resource,
    ResourceError,
    changed,
    pick,
    tag_changes,
    tag_list,
    tags_of,
    wait_until,
)
from hivemind_sandbox.resources.clients import client


class Certificate(Resource):
    """A certificate; a stack waits until it is issued, as on AWS."""

    type_name = "AWS::CertificateManager::Certificate"
    implemented = (
        "CertificateTransparencyLoggingPreference DomainName DomainValidationOptions KeyAlgorithm "
        "SubjectAlternativeNames Tags ValidationMethod"
    )
    replaced_by = "ValidationMethod"
    takes_system_tags = False

    def create(self, place: Place, props: Properties) -> str:
        tags = tag_list(tags_of(props))
        made = client("acm").request_certificate(
            **pick(props, "DomainName KeyAlgorithm SubjectAlternativeNames ValidationMethod"),
            **({"Tags": tags} if tags else {}),
        )
        return str(made["CertificateArn"])

    def settle(self, physical_id: str, props: Properties) -> None:
        """Write the validation records where the template names a hosted zone, and wait."""
        for option in props.get("DomainValidationOptions") or []:
            if "HostedZoneId" in option:
                self._validate(physical_id, option)
        wait_until(
            lambda: str(self._describe(physical_id)["Status"]),
            wanted=("ISSUED",),
            failed=("FAILED", "REVOKED", "VALIDATION_TIMED_OUT"),
            what=f"certificate {physical_id}",
        )

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        setting, removing = tag_changes(old, new)
        acm = client("acm")
        if setting:
            acm.add_tags_to_certificate(CertificateArn=physical_id, Tags=tag_list(setting))
        if removing:
            acm.remove_tags_from_certificate(
                CertificateArn=physical_id, Tags=[{"Key": key} for key in removing]
            )

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        return {"CertificateArn": physical_id, "Id": physical_id}

    def delete(self, physical_id: str, props: Properties) -> None:
        client("acm").delete_certificate(CertificateArn=physical_id)

    def _describe(self, arn: str) -> dict[str, Any]:
        found = client("acm").describe_certificate(CertificateArn=arn)
        certificate: dict[str, Any] = found["Certificate"]
        return certificate

    def _validate(self, arn: str, option: Properties) -> None:
        for entry in self._describe(arn).get("DomainValidationOptions", []):
            record = entry.get("ResourceRecord")
            if record and entry["DomainName"] == option["DomainName"]:
                change = {
                    "Name": record["Name"],
                    "Type": record["Type"],
                    "TTL": 300,
                    "ResourceRecords": [{"Value": record["Value"]}],
                }
                _change_record(option["HostedZoneId"], "UPSERT", change)


class HostedZone(Resource):
    type_name = "AWS::Route53::HostedZone"
    implemented = "HostedZoneConfig HostedZoneTags Name VPCs"
    replaced_by = "VPCs"

    def create(self, place: Place, props: Properties) -> str:
        call: dict[str, Any] = {"Name": props["Name"], "CallerReference": str(uuid.uuid4())}
        config = dict(props.get("HostedZoneConfig", {}))
        vpcs = props.get("VPCs") or []
        if vpcs:
            call["VPC"] = vpcs[0]
            config["PrivateZone"] = True
        if config:
            call["HostedZoneConfig"] = config
        made = client("route53").create_hosted_zone(**call)
        return str(made["HostedZone"]["Id"]).removeprefix("/hostedzone/")

    def settle(self, physical_id: str, props: Properties) -> None:
        for vpc in (props.get("VPCs") or [])[1:]:
            client("route53").associate_vpc_with_hosted_zone(HostedZoneId=physical_id, VPC=vpc)
        self.configure(physical_id, pick(props, "HostedZoneConfig"), props)

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        if changed(old, new, "HostedZoneConfig"):
            comment = new.get("HostedZoneConfig", {}).get("Comment", "")
            client("route53").update_hosted_zone_comment(Id=physical_id, Comment=comment)
        setting, removing = tag_changes(
            {"Tags": old.get("HostedZoneTags")}, {"Tags": new.get("HostedZoneTags")}
        )
        if setting or removing:
            client("route53").change_tags_for_resource(
                ResourceType="hostedzone",
                ResourceId=physical_id,
                **({"AddTags": tag_list(setting)} if setting else {}),
                **({"RemoveTagKeys": removing} if removing else {}),
            )

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        found = client("route53").get_hosted_zone(Id=physical_id)
        servers = found.get("DelegationSet", {}).get("NameServers", [])
        return {"Id": physical_id, "NameServers": servers}

    def delete(self, physical_id: str, props: Properties) -> None:
        client("route53").delete_hosted_zone(Id=physical_id)


class RecordSet(Resource):
    type_name = "AWS::Route53::RecordSet"
    implemented = (
        "AliasTarget Comment Failover HealthCheckId HostedZoneId HostedZoneName MultiValueAnswer "
        "Name Region ResourceRecords SetIdentifier TTL Type Weight"
    )
    replaced_by = "Name SetIdentifier Type"

    def create(self, place: Place, props: Properties) -> str:
        self._change("CREATE", props)
        return str(props["Name"])

    def settle(self, physical_id: str, props: Properties) -> None:
        """The record was made with all it has."""

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        self._change("UPSERT", new)

    def delete(self, physical_id: str, props: Properties) -> None:
        self._change("DELETE", props)

    def _change(self, action: str, props: Properties) -> None:
        record = pick(
            props,
            "AliasTarget Failover HealthCheckId MultiValueAnswer Name Region SetIdentifier Type "
            "Weight",
        )
        if "AliasTarget" in record:
            record["AliasTarget"] = {"EvaluateTargetHealth": False, **record["AliasTarget"]}
        if "TTL" in props:
            record["TTL"] = int(props["TTL"])
        if "ResourceRecords" in props:
            record["ResourceRecords"] = [{"Value": value} for value in props["ResourceRecords"]]
        _change_record(_zone(props), action, record)


def _zone(props: Properties) -> str:
    if "HostedZoneId" in props:
        return str(props["HostedZoneId"])
    name = str(props.get("HostedZoneName", "")).rstrip(".") + "."
    for zone in client("route53").list_hosted_zones()["HostedZones"]:
        if zone["Name"] == name:
            return str(zone["Id"]).removeprefix("/hostedzone/")
    raise ResourceError(f"No hosted zones named {name} found.")


def _change_record(zone: str, action: str, record: dict[str, Any]) -> None:
    client("route53").change_resource_record_sets(
        HostedZoneId=zone,
        ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": record}]},
    )


TYPES: tuple[type[Resource], ...] = (Certificate, HostedZone, RecordSet)
