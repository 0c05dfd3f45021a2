"""The lease: one writer at a time, whatever the door."""

import asyncio

import pytest

from hivemind_agents.domain.lease import LeaseHeld, LeaseLost, Owner
from hivemind_agents.state.bucket import StateBucket
from hivemind_agents.state.lease import LeaseStore
from hivemind_agents.state.records import RecordStore

pytestmark = [pytest.mark.fast, pytest.mark.anyio]


def owner(run_id: str) -> Owner:
    return Owner(run_id=run_id, host="laptop", pid=4711, user="ada", verb="deploy")


async def test_a_second_run_is_refused_and_told_who_holds_it(deployments) -> None:
    """
    The refusal names the holder, since when, and until when.
    """
    store = deployments.store
    await store.acquire("demo", owner("r1"))

    with pytest.raises(LeaseHeld, match=r"deploy of ada on laptop \(run r1, process 4711\)"):
        await store.acquire("demo", owner("r2"))

    assert "r1" == (await store.holder("demo")).owner.run_id


async def test_the_same_run_enters_again_under_the_same_fence(deployments) -> None:
    """
    A verb inside of a run, and a run that goes on, hold the lease of the run.
    """
    store = deployments.store
    outer = await store.acquire("demo", owner("r1"))
    inner = await store.acquire("demo", owner("r1"))

    assert (False, True) == (outer.reentered, inner.reentered)
    assert outer.fence == inner.fence


async def test_an_expired_lease_is_taken_over_under_a_greater_fence(deployments) -> None:
    """
    Who was away too long is overtaken, and cannot renew any more.
    """
    store = deployments.store
    first = await store.acquire("demo", owner("r1"))
    deployments.expire("demo")
    second = await store.acquire("demo", owner("r2"))

    assert second.fence > first.fence
    with pytest.raises(LeaseLost):
        await store.renew(first)


async def test_an_expired_lease_that_nobody_took_can_be_renewed(deployments) -> None:
    """
    A laptop that slept goes on, when nobody was faster.
    """
    store = deployments.store
    lease = await store.acquire("demo", owner("r1"))
    deployments.expire("demo")

    assert lease.fence == (await store.renew(lease)).fence
    assert "r1" == (await store.holder("demo")).owner.run_id


async def test_a_released_lease_is_free_and_its_fence_is_not_used_again(deployments) -> None:
    """
    The count goes on after a release.
    """
    store = deployments.store
    first = await store.acquire("demo", owner("r1"))
    await store.release(first)

    assert None is await store.holder("demo")
    assert first.fence + 1 == (await store.acquire("demo", owner("r2"))).fence


async def test_releasing_what_is_anothers_does_nothing(deployments) -> None:
    """
    The late end of a run that was overtaken leaves the new holder alone.
    """
    store = deployments.store
    first = await store.acquire("demo", owner("r1"))
    deployments.expire("demo")
    await store.acquire("demo", owner("r2"))
    await store.release(first)

    assert "r2" == (await store.holder("demo")).owner.run_id


async def test_only_one_of_many_gets_it(deployments) -> None:
    """
    Of runs that ask at once, one holds the lease.
    """
    store = deployments.store
    answers = await asyncio.gather(
        *(store.acquire("demo", owner(f"r{number}")) for number in range(6)),
        return_exceptions=True,
    )

    assert 1 == sum(not isinstance(answer, LeaseHeld) for answer in answers)


def test_a_destroyed_deployment_leaves_no_lock_behind(bucket: StateBucket) -> None:
    """
    The record keeps the count of fences, so the lock can go with the deployment.
    """
    store = LeaseStore(bucket)
    lease = store.acquire("demo", owner("r1"))
    RecordStore(bucket).merge("demo", {"status": "destroyed"}, fence=lease.fence, region="r")
    store.release(lease)

    assert ["records/demo.json"] == bucket.list("")
    assert lease.fence + 1 == store.acquire("demo", owner("r2")).fence


def test_a_record_of_a_newer_version_keeps_no_lease(bucket: StateBucket) -> None:
    """
    Somebody upgraded while a run was under way: at its end the lease is free all the same.
    """
    store = LeaseStore(bucket)
    lease = store.acquire("demo", owner("r1"))
    bucket.put("records/demo.json", b'{"from_the_future": true}')

    store.release(lease)

    assert store.holder("demo") is None
    assert lease.fence + 1 == store.acquire("demo", owner("r2")).fence
