"""A store that is attached later is a release of its own; the one before stays as it was."""

from datetime import UTC, datetime

import pytest

from hivemind_agents.domain.deployment import Database, Deployment, Release
from hivemind_agents.hosting.connected import known_to, wishes_of, with_connections, withheld

pytestmark = pytest.mark.fast
NOW = datetime(2026, 11, 27, tzinfo=UTC)
DATABASE = Database(
    engine="mysql", identifier="d", host="d.test", port=3306, name="app", secret_arn="arn:x"
)
RECON = {
    "language": "node",
    "need_variables": {"mysql": ["DB_HOST"], "redis": ["REDIS_URL"]},
    "need_values": {"mysql": {"DB_TYPE": "mariadb"}},
}


def deployment(*releases: Release, database: Database | None = None) -> Deployment:
    return Deployment(
        id="1", name="shop", region="eu-west-1", recon=RECON, database=database,
        releases=releases, created_at=NOW, updated_at=NOW,
    )  # fmt: skip


def live(record: Deployment) -> Deployment:
    releases, _ = with_connections(record, 1, NOW)
    seen = [one.model_copy(update={"state": "live", "live_at": NOW}) for one in releases]
    return record.model_copy(update={"releases": tuple(seen)})


def test_a_release_that_nobody_has_seen_takes_what_is_there():
    """It keeps its number; a second look changes nothing."""
    record = deployment(Release(number=1, created_at=NOW), database=DATABASE)
    releases, number = with_connections(record, 1, NOW)

    assert 1 == number
    assert ["mysql"] == releases[0].connections["stores"]
    assert (releases, 1) == with_connections(
        record.model_copy(update={"releases": releases}), 1, NOW
    )


def test_a_database_that_comes_later_is_another_release():
    """The live one keeps its environment, to be gone back to."""
    before = live(deployment(Release(number=1, artifact_digest="a", created_at=NOW)))
    after = before.model_copy(update={"database": DATABASE})
    releases, number = with_connections(after, 1, NOW)
    first, second = releases

    assert (2, "built", "a", None) == (number, second.state, second.artifact_digest, second.live_at)
    assert first == before.releases[0]
    assert known_to(after, first).database is None
    assert {"HIVEMIND_DATABASE": "none"} == withheld(after, first)
    assert {} == withheld(after, second)
    assert DATABASE == known_to(after, second).database
    assert {"mysql": {"DB_TYPE": "mariadb"}} == wishes_of(after, second).values
    assert {"mysql": ("DB_HOST",)} == wishes_of(after, second).variables


def test_variables_that_are_known_only_now_are_another_release():
    """A newer HiveMind may read more out of the code."""
    before = live(deployment(Release(number=1, created_at=NOW), database=DATABASE))
    recon = {**RECON, "need_variables": {"mysql": ["DB_HOST", "DB_USER"]}}

    assert 2 == with_connections(before.model_copy(update={"recon": recon}), 1, NOW)[1]
    assert 1 == with_connections(before, 1, NOW)[1]


def test_a_record_of_an_earlier_version_is_taken_as_it_is():
    """Its release was told of all stores."""
    old = Release(number=1, state="live", live_at=NOW, created_at=NOW)
    record = deployment(old, database=DATABASE)

    assert DATABASE == known_to(record, old).database
    assert "node" == wishes_of(record, old).language
    assert 1 == with_connections(record, 1, NOW)[1]
