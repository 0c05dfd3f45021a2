"""Database instances, their subnet groups and parameter groups."""

import time
from typing import Any

from botocore.exceptions import ClientError

from hivemind_sandbox.resources.base import (
    Place,
    Properties,
    Resource,
    ResourceError,
    changed,
    is_gone,
    pick,
    tag_changes,
    tag_list,
    tags_of,
    wait_until,
)
from hivemind_sandbox.resources.clients import client, failure_reason


def _retag(arn: str, old: Properties, new: Properties) -> None:
    setting, removing = tag_changes(old, new)
    if setting:
        client("rds").add_tags_to_resource(ResourceName=arn, Tags=tag_list(setting))
    if removing:
        client("rds").remove_tags_from_resource(ResourceName=arn, TagKeys=removing)


class DbSubnetGroup(Resource):
    type_name = "AWS::RDS::DBSubnetGroup"
    named_by = "DBSubnetGroupName"
    implemented = "DBSubnetGroupDescription DBSubnetGroupName SubnetIds Tags"

    def create(self, place: Place, props: Properties) -> str:
        name = place.name(props.get("DBSubnetGroupName"), limit=255, lower=True)
        client("rds").create_db_subnet_group(
            DBSubnetGroupName=name,
            **pick(props, "DBSubnetGroupDescription SubnetIds"),
            Tags=tag_list(tags_of(props)),
        )
        return name

    def settle(self, physical_id: str, props: Properties) -> None:
        """The group was made with all it has."""

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        if changed(old, new, "DBSubnetGroupDescription", "SubnetIds"):
            client("rds").modify_db_subnet_group(
                DBSubnetGroupName=physical_id, **pick(new, "DBSubnetGroupDescription SubnetIds")
            )
        _retag(self.attributes(physical_id, new)["DBSubnetGroupArn"], old, new)

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        found = client("rds").describe_db_subnet_groups(DBSubnetGroupName=physical_id)
        return pick(found["DBSubnetGroups"][0], "DBSubnetGroupArn")

    def delete(self, physical_id: str, props: Properties) -> None:
        client("rds").delete_db_subnet_group(DBSubnetGroupName=physical_id)


class DbParameterGroup(Resource):
    type_name = "AWS::RDS::DBParameterGroup"
    named_by = "DBParameterGroupName"
    implemented = "DBParameterGroupName Description Family Parameters Tags"

    def create(self, place: Place, props: Properties) -> str:
        name = place.name(props.get("DBParameterGroupName"), limit=255, lower=True)
        client("rds").create_db_parameter_group(
            DBParameterGroupName=name,
            DBParameterGroupFamily=props["Family"],
            Description=props["Description"],
            Tags=tag_list(tags_of(props)),
        )
        return name

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        before, after = old.get("Parameters") or {}, new.get("Parameters") or {}
        setting = [
            {"ParameterName": name, "ParameterValue": str(value), "ApplyMethod": "pending-reboot"}
            for name, value in after.items()
            if before.get(name) != value
        ]
        if setting:
            client("rds").modify_db_parameter_group(
                DBParameterGroupName=physical_id, Parameters=setting
            )
        setting_tags, removing_tags = tag_changes(old, new)
        if setting_tags or removing_tags:
            _retag(self._arn(physical_id), old, new)

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        return {"DBParameterGroupName": physical_id, "DBParameterGroupArn": self._arn(physical_id)}

    def delete(self, physical_id: str, props: Properties) -> None:
        client("rds").delete_db_parameter_group(DBParameterGroupName=physical_id)

    def _arn(self, name: str) -> str:
        found = client("rds").describe_db_parameter_groups(DBParameterGroupName=name)
        return str(found["DBParameterGroups"][0]["DBParameterGroupArn"])


class DbInstance(Resource):
    type_name = "AWS::RDS::DBInstance"
    named_by = "DBInstanceIdentifier"
    implemented = (
        "AllocatedStorage AllowMajorVersionUpgrade ApplyImmediately AutoMinorVersionUpgrade "
        "AvailabilityZone BackupRetentionPeriod CACertificateIdentifier CopyTagsToSnapshot "
        "DBInstanceClass DBInstanceIdentifier DBName DBParameterGroupName DBSnapshotIdentifier "
        "DBSubnetGroupName DeleteAutomatedBackups DeletionProtection EnableCloudwatchLogsExports "
        "EnableIAMDatabaseAuthentication EnablePerformanceInsights Engine EngineVersion Iops "
        "KmsKeyId LicenseModel MasterUserPassword MasterUsername MaxAllocatedStorage "
        "MonitoringInterval MultiAZ Port PreferredBackupWindow PreferredMaintenanceWindow "
        "PubliclyAccessible StorageEncrypted StorageThroughput StorageType Tags VPCSecurityGroups"
    )
    replaced_by = "DBSnapshotIdentifier Engine"
    kept_by = (
        "AutoMinorVersionUpgrade BackupRetentionPeriod DBParameterGroupName MultiAZ "
        "PreferredMaintenanceWindow"
    )
    created_with = (
        "AllocatedStorage AutoMinorVersionUpgrade AvailabilityZone BackupRetentionPeriod "
        "CACertificateIdentifier CopyTagsToSnapshot DBInstanceClass DBName DBParameterGroupName "
        "DBSubnetGroupName DeletionProtection EnableCloudwatchLogsExports "
        "EnableIAMDatabaseAuthentication EnablePerformanceInsights Engine EngineVersion Iops "
        "KmsKeyId LicenseModel MasterUserPassword MasterUsername MaxAllocatedStorage "
        "MonitoringInterval MultiAZ Port PreferredBackupWindow PreferredMaintenanceWindow "
        "PubliclyAccessible StorageEncrypted StorageThroughput StorageType"
    )
    restored_with = (
        "AutoMinorVersionUpgrade AvailabilityZone CopyTagsToSnapshot DBInstanceClass DBName "
        "DBParameterGroupName DBSubnetGroupName DeletionProtection Engine Iops LicenseModel "
        "MultiAZ Port PubliclyAccessible StorageType"
    )
    modified_with = (
        "AllocatedStorage AllowMajorVersionUpgrade AutoMinorVersionUpgrade BackupRetentionPeriod "
        "CACertificateIdentifier CopyTagsToSnapshot DBInstanceClass DBParameterGroupName "
        "DeletionProtection EnableIAMDatabaseAuthentication EnablePerformanceInsights "
        "EngineVersion Iops MasterUserPassword MaxAllocatedStorage MonitoringInterval MultiAZ "
        "PreferredBackupWindow PreferredMaintenanceWindow PubliclyAccessible StorageThroughput "
        "StorageType"
    )

    def create(self, place: Place, props: Properties) -> str:
        name = place.name(props.get("DBInstanceIdentifier"), limit=63, lower=True)
        common = {
            "DBInstanceIdentifier": name,
            "VpcSecurityGroupIds": props.get("VPCSecurityGroups", []),
            "Tags": tag_list(tags_of(props)),
        }
        if "DBSnapshotIdentifier" in props:
            client("rds").restore_db_instance_from_db_snapshot(
                **common, **pick(props, f"DBSnapshotIdentifier {self.restored_with}")
            )
        else:
            client("rds").create_db_instance(**common, **pick(props, self.created_with))
        return name

    def settle(self, physical_id: str, props: Properties) -> None:
        self._wait_available(physical_id)
        if "DBSnapshotIdentifier" in props and "MasterUserPassword" in props:
            client("rds").modify_db_instance(
                DBInstanceIdentifier=physical_id,
                ApplyImmediately=True,
                **pick(props, "MasterUserPassword"),
            )
            self._wait_available(physical_id)

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        names = [name for name in self.modified_with.split() if changed(old, new, name)]
        call = pick(new, " ".join(names))
        if changed(old, new, "VPCSecurityGroups"):
            call["VpcSecurityGroupIds"] = new.get("VPCSecurityGroups", [])
        if call:
            client("rds").modify_db_instance(
                DBInstanceIdentifier=physical_id, ApplyImmediately=True, **call
            )
            self._wait_available(physical_id)
        setting, removing = tag_changes(old, new)
        if setting or removing:
            _retag(self._describe(physical_id)["DBInstanceArn"], old, new)

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        instance = self._describe(physical_id)
        endpoint = instance.get("Endpoint", {})
        return {
            "DBInstanceArn": instance["DBInstanceArn"],
            "DbiResourceId": instance.get("DbiResourceId", ""),
            "Endpoint.Address": endpoint.get("Address", ""),
            "Endpoint.Port": str(endpoint.get("Port", "")),
            "Endpoint.HostedZoneId": endpoint.get("HostedZoneId", ""),
        }

    def delete(self, physical_id: str, props: Properties) -> None:
        client("rds").delete_db_instance(
            DBInstanceIdentifier=physical_id,
            SkipFinalSnapshot=True,
            DeleteAutomatedBackups=props.get("DeleteAutomatedBackups", True),
        )
        wait_until(
            lambda: self._status(physical_id),
            wanted=("gone",),
            what=f"database {physical_id}",
            why=lambda: failure_reason(physical_id),
        )

    def snapshot(self, physical_id: str, props: Properties) -> None:
        if self._status(physical_id) == "gone":
            return
        if self._describe(physical_id).get("DeletionProtection"):
            raise ResourceError(
                f"Cannot delete protected DB Instance {physical_id}, please disable deletion "
                "protection and try again."
            )
        name = f"{physical_id[:200]}-snapshot-{time.time_ns() // 1_000_000}"
        rds = client("rds")
        rds.create_db_snapshot(
            DBInstanceIdentifier=physical_id,
            DBSnapshotIdentifier=name,
            Tags=[tag for tag in tag_list(tags_of(props)) if not tag["Key"].startswith("aws:")],
        )

        def state() -> str:
            found = rds.describe_db_snapshots(DBSnapshotIdentifier=name)
            return str(found["DBSnapshots"][0]["Status"])

        wait_until(
            state,
            wanted=("available",),
            failed=("failed",),
            what=f"snapshot {name}",
            why=lambda: failure_reason(name),
        )

    def _describe(self, name: str) -> dict[str, Any]:
        found = client("rds").describe_db_instances(DBInstanceIdentifier=name)
        instance: dict[str, Any] = found["DBInstances"][0]
        return instance

    def _status(self, name: str) -> str:
        try:
            return str(self._describe(name)["DBInstanceStatus"])
        except ClientError as error:
            if is_gone(error):
                return "gone"
            raise

    def _wait_available(self, name: str) -> None:
        wait_until(
            lambda: self._status(name),
            wanted=("available",),
            failed=("failed", "gone", "deleting", "incompatible-parameters", "storage-full"),
            what=f"database {name}",
            why=lambda: failure_reason(name),
        )


TYPES: tuple[type[Resource], ...] = (DbSubnetGroup, DbParameterGroup, DbInstance)
