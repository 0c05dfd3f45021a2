"""Artifacts: immutable, found by what they are."""

import hashlib
import urllib.request
from pathlib import Path

import pytest

from hivemind_agents.errors import StateError
from hivemind_agents.state.artifacts import ArtifactStore
from hivemind_agents.state.bucket import StateBucket

BYTES = b"bytes of an archive"

pytestmark = [pytest.mark.fast, pytest.mark.anyio]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "app.tar.gz"
    path.write_bytes(BYTES)
    return path


async def test_an_artifact_is_found_by_its_digest(artifacts, archive: Path) -> None:
    """
    What was stored comes back byte for byte; storing it again changes nothing.
    """
    digest = await artifacts.put(archive)
    again = await artifacts.put(archive)
    await artifacts.get(digest, archive.with_name("back"))

    assert hashlib.sha256(BYTES).hexdigest() == digest == again
    assert BYTES == archive.with_name("back").read_bytes()


async def test_what_is_not_there_is_said(artifacts, archive: Path) -> None:
    """
    A missing artifact is an error, and leaves no file behind.
    """
    assert False is await artifacts.exists("0" * 64)
    with pytest.raises(StateError):
        await artifacts.get("0" * 64, archive.with_name("back"))
    assert not archive.with_name("back").exists()


async def test_a_deleted_artifact_is_gone(artifacts, archive: Path) -> None:
    """
    Deleting twice is as good as once.
    """
    digest = await artifacts.put(archive)
    await artifacts.delete(digest)
    await artifacts.delete(digest)

    assert False is await artifacts.exists(digest)


def test_a_host_fetches_it_without_credentials(bucket: StateBucket, archive: Path) -> None:
    """
    A presigned URL is all that a host gets.
    """
    store = ArtifactStore(bucket)
    url = store.presigned_url(store.put(archive), 60)

    with urllib.request.urlopen(url) as answer:  # noqa: S310 - our own server
        assert BYTES == answer.read()


def test_damaged_bytes_are_refused(bucket: StateBucket, archive: Path) -> None:
    """
    An artifact whose bytes are not what its digest says is never handed out.
    """
    store = ArtifactStore(bucket)
    digest = store.put(archive)
    bucket.put(f"artifacts/sha256/{digest}.tar.gz", b"something else")

    with pytest.raises(StateError, match="damaged"):
        store.get(digest, archive.with_name("back"))
