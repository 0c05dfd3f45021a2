"""Faults of moto's services that stacks meet, mended from outside.

Each is gone from here when moto mends it: tests/sandbox/test_cloudformation_types.py says so.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any


def install() -> None:
    """Mend the services, once a process."""
    _keep_changed_subnet_groups()
    _know_engine_versions()
    _let_deleted_caches_go()
    _let_cache_subnet_groups_go()
    _keep_reserved_addresses()


def _keep_changed_subnet_groups() -> None:
    """RDS forgets a subnet group when it is changed."""
    from moto.rds.models import RDSBackend

    original = RDSBackend.modify_db_subnet_group

    @wraps(original)
    def modify(self: Any, subnet_name: str, *args: Any, **kwargs: Any) -> Any:
        group = original(self, subnet_name, *args, **kwargs)
        self.subnet_groups[subnet_name] = group
        return group

    RDSBackend.modify_db_subnet_group = modify


def _keep_reserved_addresses() -> None:
    """A subnet that was loaded again hands out its first addresses, the router's among them."""
    from moto.ec2.models.subnets import Subnet

    original = Subnet.get_available_subnet_ip

    @wraps(original)
    def available(self: Any, instance: Any) -> Any:
        self._reserved_ips |= self.aws_reserved_ips
        return original(self, instance)

    Subnet.get_available_subnet_ip = available


def _know_engine_versions() -> None:
    """RDS knows no version of MariaDB, and one of PostgreSQL that is not what runs here."""
    from moto.rds.models import DBInstance

    DBInstance.default_engine_versions |= {"mariadb": "10.11.11", "postgres": "15.12"}


def _let_deleted_caches_go() -> None:
    """ElastiCache keeps what is deleted in the state `deleting` for ever."""
    from moto.elasticache.models import ElastiCacheBackend

    for name, store in (
        ("delete_cache_cluster", "cache_clusters"),
        ("delete_replication_group", "replication_groups"),
    ):
        setattr(ElastiCacheBackend, name, _then_forgotten(getattr(ElastiCacheBackend, name), store))


def _then_forgotten(original: Callable[..., Any], store: str) -> Callable[..., Any]:
    @wraps(original)
    def delete(self: Any, **kwargs: Any) -> Any:
        deleted = original(self, **kwargs)
        getattr(self, store).pop(next(iter(kwargs.values())), None)
        return deleted

    return delete


def _let_cache_subnet_groups_go() -> None:
    """ElastiCache can make a subnet group, but neither change nor delete it."""
    from moto.core.responses import ActionResult
    from moto.elasticache.responses import ElastiCacheResponse

    def group(self: Any) -> Any:
        name = self._get_param("CacheSubnetGroupName")
        return self.elasticache_backend.describe_cache_subnet_groups(name)[0]

    def modify(self: Any) -> Any:
        changed = group(self)
        changed.cache_subnet_group_description = self._get_param("CacheSubnetGroupDescription")
        changed.subnet_ids = self.params.get("SubnetIds") or changed.subnet_ids
        return ActionResult({"CacheSubnetGroup": changed})

    def delete(self: Any) -> Any:
        name = group(self).cache_subnet_group_name
        del self.elasticache_backend.cache_subnet_groups[name]
        return ActionResult({})

    ElastiCacheResponse.modify_cache_subnet_group = modify
    ElastiCacheResponse.delete_cache_subnet_group = delete
