"""Deployment records: changed by compare-and-swap, guarded by fences."""

import asyncio
from datetime import UTC, datetime

import pytest

from hivemind_agents.domain.deployment import Deployment
from hivemind_agents.errors import StateError
from hivemind_agents.state.bucket import StateBucket
from hivemind_agents.state.records import FenceRefused, RecordStore, merge_patch

pytestmark = [pytest.mark.fast, pytest.mark.anyio]


def new(name: str = "demo") -> Deployment:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Deployment(id="1", name=name, region="eu-west-1", created_at=at, updated_at=at)


async def test_what_was_written_is_read(deployments) -> None:
    """
    A record is read as it was written, and nothing is read where there is none.
    """
    store = deployments.store
    written = await store.update("demo", lambda old: old or new(), 1)

    assert (None, written) == (await store.read("other"), await store.read("demo"))
    assert ["demo"] == [record.name for record in await store.list()]


async def test_changes_at_once_are_all_kept(deployments) -> None:
    """
    Two writers that overlap both see the other's change: none is lost.
    """
    store = deployments.store
    await store.update("demo", lambda old: old or new(), None)

    def again(old: Deployment | None) -> Deployment:
        assert old is not None
        return old.model_copy(update={"retry_count": old.retry_count + 1})

    await asyncio.gather(*(store.update("demo", again, None) for _ in range(4)))

    assert 4 == (await store.read("demo")).retry_count


async def test_a_writer_that_was_overtaken_is_refused(deployments) -> None:
    """
    A fence older than the last writer's is refused, and the record stays.
    """
    store = deployments.store
    await store.update("demo", lambda old: new(), 2)

    with pytest.raises(StateError, match="overtaken"):
        await store.update("demo", lambda old: old.model_copy(update={"status": "failed"}), 1)

    assert "new" == (await store.read("demo")).status


def test_a_change_that_changes_nothing_writes_nothing(bucket: StateBucket) -> None:
    """
    The record keeps its time when a verb finds everything as it was.
    """
    store = RecordStore(bucket)
    first = store.merge("demo", {"status": "live"}, fence=1, region="eu-west-1")

    assert first == store.merge("demo", {"status": "live"}, fence=2, region="eu-west-1")


def test_a_field_that_does_not_fit_is_named(bucket: StateBucket) -> None:
    """
    A typing slip in a merge never is stored; the error names the field.
    """
    with pytest.raises(StateError, match="statsu"):
        RecordStore(bucket).merge("demo", {"statsu": "live"}, fence=1, region="eu-west-1")

    assert None is RecordStore(bucket).read("demo")


def test_a_refusal_names_both_fences(bucket: StateBucket) -> None:
    """
    Who was overtaken learns by whom, and what to do.
    """
    store = RecordStore(bucket)
    store.merge("demo", {}, fence=7, region="eu-west-1")

    with pytest.raises(FenceRefused, match=r"fence 3.*fence 7") as refused:
        store.merge("demo", {"status": "live"}, fence=3, region="eu-west-1")

    assert "hivemind resume" in str(refused.value.mend)


@pytest.mark.parametrize(
    ("document", "patch", "merged"),
    [
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}}, {"a": {"b": 3, "c": 2}}),
        ({"a": 1}, {"a": None}, {}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": 1}, {"a": {"b": None}}, {"a": {}}),
    ],
)
def test_merging_follows_rfc_7396(document, patch, merged) -> None:
    """
    Objects merge, null removes, lists and values are replaced.
    """
    assert merged == merge_patch(document, patch)
