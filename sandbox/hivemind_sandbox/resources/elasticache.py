"""Caches and their subnet groups."""

from typing import Any

from botocore.exceptions import ClientError

from hivemind_sandbox.resources.base import (
    Place,
    Properties,
    Resource,
    changed,
    is_gone,
    pick,
    tag_list,
    tags_of,
    wait_until,
)
from hivemind_sandbox.resources.clients import client, failure_reason


class SubnetGroup(Resource):
    type_name = "AWS::ElastiCache::SubnetGroup"
    named_by = "CacheSubnetGroupName"
    implemented = "CacheSubnetGroupName Description SubnetIds Tags"

    def create(self, place: Place, props: Properties) -> str:
        name = place.name(props.get("CacheSubnetGroupName"), limit=255, lower=True)
        client("elasticache").create_cache_subnet_group(
            CacheSubnetGroupName=name,
            CacheSubnetGroupDescription=props["Description"],
            SubnetIds=props["SubnetIds"],
            Tags=tag_list(tags_of(props)),
        )
        return name

    def settle(self, physical_id: str, props: Properties) -> None:
        """The group was made with all it has."""

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        if changed(old, new, "Description", "SubnetIds"):
            client("elasticache").modify_cache_subnet_group(
                CacheSubnetGroupName=physical_id,
                CacheSubnetGroupDescription=new["Description"],
                SubnetIds=new["SubnetIds"],
            )

    def delete(self, physical_id: str, props: Properties) -> None:
        client("elasticache").delete_cache_subnet_group(CacheSubnetGroupName=physical_id)


class CacheCluster(Resource):
    type_name = "AWS::ElastiCache::CacheCluster"
    named_by = "ClusterName"
    implemented = (
        "AutoMinorVersionUpgrade CacheNodeType CacheParameterGroupName CacheSubnetGroupName "
        "ClusterName Engine EngineVersion NumCacheNodes Port PreferredAvailabilityZone "
        "PreferredMaintenanceWindow SnapshotRetentionLimit SnapshotWindow Tags "
        "TransitEncryptionEnabled VpcSecurityGroupIds"
    )
    replaced_by = "PreferredAvailabilityZone CacheNodeType EngineVersion TransitEncryptionEnabled"

    def create(self, place: Place, props: Properties) -> str:
        name = place.name(props.get("ClusterName"), limit=40, lower=True)
        client("elasticache").create_cache_cluster(
            CacheClusterId=name,
            SecurityGroupIds=props.get("VpcSecurityGroupIds", []),
            **pick(
                props,
                "AutoMinorVersionUpgrade CacheNodeType CacheParameterGroupName "
                "CacheSubnetGroupName Engine EngineVersion NumCacheNodes Port "
                "PreferredAvailabilityZone PreferredMaintenanceWindow SnapshotRetentionLimit "
                "SnapshotWindow TransitEncryptionEnabled",
            ),
            Tags=tag_list(tags_of(props)),
        )
        return name

    def settle(self, physical_id: str, props: Properties) -> None:
        _wait_cluster(physical_id)

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        names = (
            "AutoMinorVersionUpgrade CacheParameterGroupName NumCacheNodes "
            "PreferredMaintenanceWindow SnapshotRetentionLimit SnapshotWindow"
        )
        call = pick(new, " ".join(name for name in names.split() if changed(old, new, name)))
        if changed(old, new, "VpcSecurityGroupIds"):
            call["SecurityGroupIds"] = new.get("VpcSecurityGroupIds", [])
        if call:
            client("elasticache").modify_cache_cluster(
                CacheClusterId=physical_id, ApplyImmediately=True, **call
            )
            _wait_cluster(physical_id)

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        cluster = _cluster(physical_id)
        nodes = cluster.get("CacheNodes") or [{}]
        endpoint = nodes[0].get("Endpoint", {})
        return {
            "RedisEndpoint.Address": endpoint.get("Address", ""),
            "RedisEndpoint.Port": str(endpoint.get("Port", props.get("Port", 6379))),
        }

    def delete(self, physical_id: str, props: Properties) -> None:
        client("elasticache").delete_cache_cluster(CacheClusterId=physical_id)
        wait_until(
            lambda: _cluster_status(physical_id),
            wanted=("gone",),
            what=f"cache {physical_id}",
            why=lambda: failure_reason(physical_id),
        )


class ReplicationGroup(Resource):
    type_name = "AWS::ElastiCache::ReplicationGroup"
    named_by = "ReplicationGroupId"
    implemented = (
        "AtRestEncryptionEnabled AuthToken AutoMinorVersionUpgrade AutomaticFailoverEnabled "
        "CacheNodeType CacheParameterGroupName CacheSubnetGroupName Engine EngineVersion "
        "MultiAZEnabled NumCacheClusters Port PreferredMaintenanceWindow "
        "ReplicationGroupDescription ReplicationGroupId SecurityGroupIds SnapshotRetentionLimit "
        "SnapshotWindow Tags TransitEncryptionEnabled"
    )
    replaced_by = "AuthToken TransitEncryptionEnabled"

    def create(self, place: Place, props: Properties) -> str:
        name = place.name(props.get("ReplicationGroupId"), limit=40, lower=True)
        names = " ".join(
            name for name in self.implemented.split() if name not in ("ReplicationGroupId", "Tags")
        )
        client("elasticache").create_replication_group(
            ReplicationGroupId=name, **pick(props, names), Tags=tag_list(tags_of(props))
        )
        return name

    def settle(self, physical_id: str, props: Properties) -> None:
        wait_until(
            lambda: self._status(physical_id),
            wanted=("available",),
            failed=("create-failed", "gone"),
            what=f"cache {physical_id}",
            why=lambda: failure_reason(physical_id),
        )

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        names = (
            "AutoMinorVersionUpgrade AutomaticFailoverEnabled CacheNodeType "
            "CacheParameterGroupName EngineVersion MultiAZEnabled PreferredMaintenanceWindow "
            "ReplicationGroupDescription SecurityGroupIds SnapshotRetentionLimit SnapshotWindow"
        )
        call = pick(new, " ".join(name for name in names.split() if changed(old, new, name)))
        if call:
            client("elasticache").modify_replication_group(
                ReplicationGroupId=physical_id, ApplyImmediately=True, **call
            )

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        groups = self._describe(physical_id).get("NodeGroups") or [{}]
        primary, reader = groups[0].get("PrimaryEndpoint", {}), groups[0].get("ReaderEndpoint", {})
        port = props.get("Port", 6379)
        return {
            "PrimaryEndPoint.Address": primary.get("Address", ""),
            "PrimaryEndPoint.Port": str(primary.get("Port", port)),
            "ReaderEndPoint.Address": reader.get("Address", ""),
            "ReaderEndPoint.Port": str(reader.get("Port", port)),
        }

    def delete(self, physical_id: str, props: Properties) -> None:
        client("elasticache").delete_replication_group(ReplicationGroupId=physical_id)
        wait_until(
            lambda: self._status(physical_id),
            wanted=("gone",),
            what=f"cache {physical_id}",
            why=lambda: failure_reason(physical_id),
        )

    def _status(self, name: str) -> str:
        try:
            return str(self._describe(name)["Status"])
        except ClientError as error:
            if is_gone(error):
                return "gone"
            raise

    def _describe(self, name: str) -> dict[str, Any]:
        found = client("elasticache").describe_replication_groups(ReplicationGroupId=name)
        group: dict[str, Any] = found["ReplicationGroups"][0]
        return group


def _cluster(name: str) -> dict[str, Any]:
    found = client("elasticache").describe_cache_clusters(
        CacheClusterId=name, ShowCacheNodeInfo=True
    )
    cluster: dict[str, Any] = found["CacheClusters"][0]
    return cluster


def _cluster_status(name: str) -> str:
    try:
        return str(_cluster(name)["CacheClusterStatus"])
    except ClientError as error:
        if is_gone(error):
            return "gone"
        raise


def _wait_cluster(name: str) -> None:
    wait_until(
        lambda: _cluster_status(name),
        wanted=("available",),
        failed=("gone", "incompatible-network", "create-failed"),
        what=f"cache {name}",
        why=lambda: failure_reason(name),
    )


TYPES: tuple[type[Resource], ...] = (SubnetGroup, CacheCluster, ReplicationGroup)
