"""The lease of a deployment: one writer at a time, taken by every door.

`locks/<name>.json` holds who has it, until when, and the fence: a number that grows with every new
holder and goes into each record write, so that a holder that was overtaken cannot write any more.
The document stays when the lease is let go, since it counts the fences, until the deployment is
destroyed: then the record keeps the count.

Times are the server's (the `Date` header of its answers): laptops' clocks need not agree.
"""

import random
import time
from datetime import timedelta

from pydantic import ValidationError

from hivemind_agents.domain.base import Frozen
from hivemind_agents.domain.lease import Holder, Lease, LeaseHeld, LeaseLost, Owner
from hivemind_agents.errors import StateError
from hivemind_agents.state.bucket import StateBucket, StoredObject, WriteConflict
from hivemind_agents.state.records import RecordStore

__all__ = ["Holder", "Lease", "LeaseHeld", "LeaseLost", "LeaseStore", "Owner"]

PREFIX = "locks/"
TTL_SECONDS = 60
# The `Date` header has whole seconds, and a request under way may still count as in time.
_GRACE = timedelta(seconds=3)
_ATTEMPTS = 10
_GONE = frozenset({"destroyed", "rolled-back"})


class _Lock(Frozen):
    """The stored document. Without `holder` nobody has the lease."""

    fence: int
    holder: Holder | None = None
    # Makes two documents of the same owner and second differ, so that a repeated write is
    # told from another's.
    nonce: int = 0


class LeaseStore:
    """The leases of a target's deployments."""

    def __init__(self, bucket: StateBucket) -> None:
        self._bucket = bucket

    def acquire(self, name: str, owner: Owner, ttl_seconds: int = TTL_SECONDS) -> Lease:
        """Take the lease, or enter it again when the same run has it (the fence stays).

        An expired lease is taken over under a greater fence. Raises LeaseHeld.
        """
        for _ in range(_ATTEMPTS):
            stored = self._bucket.get(_key(name))
            lock = None if stored is None else _parse(name, stored)
            now = self._bucket.server_now() if stored is None else stored.read_at
            ours = False
            if lock is not None and lock.holder is not None:
                ours = lock.holder.owner.run_id == owner.run_id
                if not ours and now < lock.holder.expires_at + _GRACE:
                    raise LeaseHeld(name, lock.holder)
            if ours and lock is not None and lock.holder is not None:
                fence, since = lock.fence, lock.holder.since
                # The outer process stays the named holder while its own is alive.
                holder_owner = owner if now >= lock.holder.expires_at else lock.holder.owner
            else:
                fence, since, holder_owner = self._next_fence(name, lock), now, owner
            holder = Holder(
                owner=holder_owner, since=since, expires_at=now + timedelta(seconds=ttl_seconds)
            )
            try:
                self._write(name, _lock(fence, holder), stored)
            except WriteConflict:
                _pause()
                continue
            return Lease(
                name=name,
                owner=owner,
                fence=fence,
                expires_at=holder.expires_at,
                ttl_seconds=ttl_seconds,
                reentered=ours,
            )
        raise _contended(name)

    def renew(self, lease: Lease) -> Lease:
        """Put the end of a lease off by its time to live.

        One that expired and that nobody took is still ours. Raises LeaseLost.
        """
        for _ in range(_ATTEMPTS):
            stored, holder = self._ours(lease)
            expires_at = stored.read_at + timedelta(seconds=lease.ttl_seconds)
            renewed = holder.model_copy(update={"expires_at": max(expires_at, holder.expires_at)})
            try:
                self._write(lease.name, _lock(lease.fence, renewed), stored)
            except WriteConflict:
                _pause()
                continue
            return lease.model_copy(update={"expires_at": renewed.expires_at})
        raise _contended(lease.name)

    def release(self, lease: Lease) -> None:
        """Let a lease go; nothing happens when it is another's already."""
        for _ in range(_ATTEMPTS):
            try:
                stored, _holder = self._ours(lease)
            except LeaseLost:
                return
            try:
                if self._record_keeps_count(lease):
                    self._bucket.delete(_key(lease.name), if_match=stored.etag)
                else:
                    self._write(lease.name, _lock(lease.fence, None), stored)
            except WriteConflict:
                _pause()
                continue
            return
        raise _contended(lease.name)

    def holder(self, name: str) -> Holder | None:
        """Who has the lease now; None when nobody has, or it expired."""
        stored = self._bucket.get(_key(name))
        if stored is None:
            return None
        holder = _parse(name, stored).holder
        if holder is None or stored.read_at >= holder.expires_at + _GRACE:
            return None
        return holder

    def _ours(self, lease: Lease) -> tuple[StoredObject, Holder]:
        stored = self._bucket.get(_key(lease.name))
        lock = None if stored is None else _parse(lease.name, stored)
        if (
            stored is None
            or lock is None
            or lock.holder is None
            or lock.fence != lease.fence
            or lock.holder.owner.run_id != lease.owner.run_id
        ):
            raise LeaseLost(lease.name)
        return stored, lock.holder

    def _write(self, name: str, lock: _Lock, over: StoredObject | None) -> None:
        body = lock.model_dump_json().encode()
        if over is None:
            self._bucket.put(_key(name), body, if_none_match=True)
        else:
            self._bucket.put(_key(name), body, if_match=over.etag)

    def _next_fence(self, name: str, lock: _Lock | None) -> int:
        if lock is not None:
            return lock.fence + 1
        record = RecordStore(self._bucket).read(name)
        return (record.fence if record else 0) + 1

    def _record_keeps_count(self, lease: Lease) -> bool:
        try:
            record = RecordStore(self._bucket).read(lease.name)
        except StateError:
            # Written by a newer version meanwhile: that must not keep the deployment locked.
            return False
        return record is not None and record.status in _GONE and record.fence >= lease.fence


def _lock(fence: int, holder: Holder | None) -> _Lock:
    return _Lock(fence=fence, holder=holder, nonce=random.getrandbits(48))


def _key(name: str) -> str:
    return f"{PREFIX}{name}.json"


def _parse(name: str, stored: StoredObject) -> _Lock:
    try:
        return _Lock.model_validate_json(stored.body)
    except ValidationError as error:
        raise StateError(
            f"the lock of {name!r} cannot be read by this version of HiveMind",
            mend="upgrade HiveMind to the version that wrote it",
        ) from error


def _pause() -> None:
    time.sleep(random.uniform(0.01, 0.1))  # noqa: S311 - spreads writers, guards nothing


def _contended(name: str) -> StateError:
    return StateError(f"the lease of {name!r} changed too often to be taken", mend="try again")
