"""Hooks into moto's ElastiCache, as backends.py has them for the other services.

A hook sets a state (creating, deleting) and keeps what moto forgets; the reconciler makes it real
and says so through the functions at the end.
"""

import secrets
import string
from collections.abc import Callable
from functools import wraps
from typing import Any

from moto.elasticache.models import ElastiCacheBackend
from moto.elasticache.responses import ElastiCacheResponse

from hivemind_sandbox import state
from hivemind_sandbox.readings import each

_LETTERS = string.ascii_lowercase + string.digits
_STORES = ("replication_groups", "cache_clusters")


def install(*, hosts: bool) -> None:
    """Give caches their endpoints; with hosts, also the states that lead to a real server."""
    backend = ElastiCacheBackend
    backend.create_replication_group = _creating(backend.create_replication_group, hosts=hosts)
    backend.create_cache_cluster = _creating(backend.create_cache_cluster, hosts=hosts)
    _keep_changed_groups()
    if hosts:
        backend.delete_replication_group = _deleting("replication_groups")
        backend.delete_cache_cluster = _deleting("cache_clusters")


def _creating(original: Callable[..., Any], *, hosts: bool) -> Callable[..., Any]:
    @wraps(original)
    def create(self: Any, **kwargs: Any) -> Any:
        made = original(self, **kwargs)
        made.sandbox_auth_token = kwargs.get("auth_token")
        _name_endpoint(made, self.region_name)
        if hosts:
            _set_status(made, "creating")
        return made

    return create


def _name_endpoint(made: Any, region: str) -> None:
    """As AWS names them: with TLS after their role, without it after their node group."""
    area, side, number = region.split("-")
    suffix = "".join(secrets.choice(_LETTERS) for _ in range(6))
    place = f"{area}{side[0]}{number}.cache.amazonaws.com"
    if hasattr(made, "node_groups"):
        name, encrypted = made.replication_group_id, made.transit_encryption_enabled
        address = f"master.{name}.{suffix}" if encrypted else f"{name}.{suffix}.ng.0001"
        reader = f"replica.{name}.{suffix}" if encrypted else f"{name}-ro.{suffix}.ng.0001"
        group = made.node_groups[0]
        group["primary_endpoint"] = {"address": f"{address}.{place}", "port": made.port}
        group["primary_endpoint_address"] = f"{address}.{place}"
        group["reader_endpoint"] = {"address": f"{reader}.{place}", "port": made.port}
        group["reader_endpoint_address"] = f"{reader}.{place}"
    else:
        address = f"{made.cache_cluster_id}.{suffix}.0001.{place}"
        made.cache_nodes = [
            {
                "cache_node_id": "0001",
                "cache_node_status": "available",
                "endpoint": {"address": address, "port": made.port},
            }
        ]


def _keep_changed_groups() -> None:
    """Security groups of a replication group change; moto would keep the old ones."""
    original = ElastiCacheResponse.modify_replication_group

    @wraps(original)
    def modify(self: Any) -> Any:
        answer = original(self)
        groups = self.params.get("SecurityGroupIds")
        if groups:
            name = self._get_param("ReplicationGroupId")
            self.elasticache_backend.replication_groups[name].security_group_ids = groups
        return answer

    ElastiCacheResponse.modify_replication_group = modify


def _deleting(store: str) -> Callable[..., Any]:
    """Keep it, as `deleting`, until its host is gone; mends.py would forget it at once."""
    original = getattr(ElastiCacheBackend, f"delete_{store[:-1]}")
    while hasattr(original, "__wrapped__"):
        original = original.__wrapped__

    @wraps(original)
    def delete(self: Any, **kwargs: Any) -> Any:
        deleted = original(self, **kwargs)
        _set_status(deleted, "deleting")
        return deleted

    return delete


def _set_status(found: Any, status: str) -> None:
    found.status = status
    if hasattr(found, "cache_cluster_status"):
        found.cache_cluster_status = status


# What the reconciler says back


def cache_is(region: str, identifier: str, status: str) -> None:
    for backend in each("elasticache"):
        for store in _STORES:
            found = getattr(backend, store).get(identifier)
            if (
                backend.region_name == region
                and found is not None
                and found.status not in ("deleting", status)
            ):
                _set_status(found, status)
                state.touch()


def cache_gone(region: str, identifier: str) -> None:
    for backend in each("elasticache"):
        for store in _STORES:
            found = getattr(backend, store).get(identifier)
            if backend.region_name == region and found is not None and found.status == "deleting":
                del getattr(backend, store)[identifier]
                state.touch()
