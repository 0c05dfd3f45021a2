"""One suite for the fake and the real adapter of each port."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import boto3
import pytest
from fakes import FakeArtifactStore, FakeClock, FakeDeploymentStore, FakeExecutor, FakeRunStore
from moto.server import ThreadedMotoServer

from hivemind_agents import catalog
from hivemind_agents.adapters.ansible_runner import AnsibleExecutor
from hivemind_agents.adapters.run_store import SqlRunStore, default_url
from hivemind_agents.adapters.target_state import S3ArtifactStore, S3DeploymentStore, TargetBucket
from hivemind_agents.domain.run import Failure, VerbOutcome
from hivemind_agents.ports import ArtifactStore, DeploymentStore, Executor, RunStore
from hivemind_agents.state.bucket import StateBucket

VERBS = Path(__file__).parent / "verbs"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    """A real HTTP server that honours conditional writes, as S3 does."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture
def bucket(
    endpoint: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> StateBucket:
    """An empty state bucket of this test alone."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    for name in ("AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.delenv(name, raising=False)
    session = boto3.Session()
    name = f"state-{abs(hash(request.node.nodeid))}"
    session.client("s3").create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    return StateBucket(session, name)


@dataclass
class Deployments:
    """A deployment store, and how its leases are made to expire."""

    store: DeploymentStore
    expire: Callable[[str], None]


@pytest.fixture(params=["fake", "real"])
def deployments(request: pytest.FixtureRequest) -> Deployments:
    if request.param == "fake":
        clock = FakeClock()
        return Deployments(FakeDeploymentStore(clock), lambda _name: clock.forward(3600))
    bucket: StateBucket = request.getfixturevalue("bucket")

    def expire(name: str) -> None:
        key = f"locks/{name}.json"
        stored = bucket.get(key)
        assert stored is not None
        lock = json.loads(stored.body)
        past = stored.read_at - timedelta(hours=1)
        lock["holder"]["expires_at"] = past.isoformat()
        bucket.put(key, json.dumps(lock).encode(), if_match=stored.etag)

    return Deployments(S3DeploymentStore(TargetBucket(bucket)), expire)


@pytest.fixture(params=["fake", "real"])
def artifacts(request: pytest.FixtureRequest) -> ArtifactStore:
    if request.param == "fake":
        return FakeArtifactStore()
    return S3ArtifactStore(TargetBucket(request.getfixturevalue("bucket")))


@pytest.fixture(params=["fake", "real"])
async def run_store(request: pytest.FixtureRequest, tmp_path: Path):
    store: RunStore = (
        FakeRunStore() if request.param == "fake" else SqlRunStore(default_url(tmp_path))
    )
    yield store
    await store.close()


@pytest.fixture
def ansible() -> AnsibleExecutor:
    """The real executor, on the verbs of `verbs/playbooks`."""
    return AnsibleExecutor(catalog.load(VERBS / "playbooks"), VERBS)


@pytest.fixture(params=["fake", "real"])
def executor(request: pytest.FixtureRequest) -> Executor:
    """Runs the verbs of `verbs/playbooks`; the fake one knows what they come to."""
    if request.param == "real":
        real: AnsibleExecutor = request.getfixturevalue("ansible")
        return real
    return FakeExecutor(
        {
            "succeed": VerbOutcome(
                status="succeeded",
                changed=1,
                outputs={"url": "http://demo.example", "api_token": "***"},
            ),
            "fail": VerbOutcome(
                status="failed",
                failure=Failure(
                    stage="fail",
                    task="Say what is to be done",
                    host="localhost",
                    message="the database refused password=*** of demo",
                    mend="hivemind resume",
                ),
            ),
            "lost": VerbOutcome(
                status="unreachable",
                failure=Failure(
                    stage="lost", task="Reach the host", host="localhost", message="refused"
                ),
            ),
            "broken": VerbOutcome(
                status="failed",
                failure=Failure(stage="broken", message="couldn't resolve module/action"),
            ),
            "hang": None,
        }
    )
