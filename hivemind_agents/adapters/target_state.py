"""The DeploymentStore and ArtifactStore ports on the state bucket."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import boto3

from hivemind_agents.domain.deployment import Deployment
from hivemind_agents.domain.lease import Holder, Lease, Owner
from hivemind_agents.errors import StateBucketMissing
from hivemind_agents.state.artifacts import ArtifactStore
from hivemind_agents.state.aws import translated
from hivemind_agents.state.bucket import StateBucket
from hivemind_agents.state.lease import LeaseStore
from hivemind_agents.state.records import RecordStore


class TargetBucket:
    """The state bucket of the active target, looked for when it is first needed."""

    def __init__(self, opened: StateBucket | None = None) -> None:
        self._opened = opened
        self._lock = threading.Lock()

    def open(self) -> StateBucket:
        """Raises StateBucketMissing as long as there is none; it is looked for again then."""
        with self._lock:
            if self._opened is None:
                self._opened = StateBucket.open(new_session())
            return self._opened


def new_session() -> boto3.Session:
    """A session on the active target."""
    with translated("open the target"):
        return boto3.Session()


class S3DeploymentStore:
    """Records and leases; blocking calls run in worker threads."""

    def __init__(self, bucket: TargetBucket) -> None:
        self._bucket = bucket

    async def read(self, name: str) -> Deployment | None:
        def work() -> Deployment | None:
            try:
                return RecordStore(self._bucket.open()).read(name)
            except StateBucketMissing:
                return None

        return await asyncio.to_thread(work)

    async def list(self) -> Sequence[Deployment]:
        def work() -> Sequence[Deployment]:
            try:
                return RecordStore(self._bucket.open()).list()
            except StateBucketMissing:
                return ()

        return await asyncio.to_thread(work)

    async def update(
        self, name: str, change: Callable[[Deployment | None], Deployment], fence: int | None
    ) -> Deployment:
        return await asyncio.to_thread(
            lambda: RecordStore(self._bucket.open()).update(name, change, fence)
        )

    async def acquire(self, name: str, owner: Owner) -> Lease:
        return await asyncio.to_thread(lambda: LeaseStore(self._bucket.open()).acquire(name, owner))

    async def renew(self, lease: Lease) -> Lease:
        return await asyncio.to_thread(lambda: LeaseStore(self._bucket.open()).renew(lease))

    async def release(self, lease: Lease) -> None:
        await asyncio.to_thread(lambda: LeaseStore(self._bucket.open()).release(lease))

    async def holder(self, name: str) -> Holder | None:
        def work() -> Holder | None:
            try:
                return LeaseStore(self._bucket.open()).holder(name)
            except StateBucketMissing:
                return None

        return await asyncio.to_thread(work)


class S3ArtifactStore:
    """Artifacts; blocking calls run in worker threads."""

    def __init__(self, bucket: TargetBucket) -> None:
        self._bucket = bucket

    async def put(self, path: Path) -> str:
        return await asyncio.to_thread(lambda: self._store().put(path))

    async def get(self, digest: str, path: Path) -> None:
        await asyncio.to_thread(lambda: self._store().get(digest, path))

    async def exists(self, digest: str) -> bool:
        return await asyncio.to_thread(lambda: self._store().exists(digest))

    async def delete(self, digest: str) -> None:
        await asyncio.to_thread(lambda: self._store().delete(digest))

    def _store(self) -> ArtifactStore:
        return ArtifactStore(self._bucket.open())
