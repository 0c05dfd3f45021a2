"""Sandboxes shared by all tests and all workers of a run.

`sandbox` is the real one, with hosts (index 1, or HIVEMIND_TEST_INDEX). `api` is one without hosts
(index 7, or HIVEMIND_TEST_API_INDEX): it needs neither root nor podman, and what it describes is
available at once. Each is started by the first worker that asks, and removed with all that is in it
by the last one that leaves.
"""

import dataclasses
import fcntl
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from builders import Yard, container_yard, docker_here, host_yard
from cloud import cloud_of, operator
from hivemind_sandbox.settings import Settings

from hivemind_agents.adapters.builder import ContainerBuilder
from hivemind_agents.adapters.builder_host import Host

SHARED = Path(tempfile.gettempdir()) / f"hivemind-tests-{os.getuid()}"


SESSION = boto3.session.Session()  # it keeps the services' models, which are slow to read


@dataclasses.dataclass(frozen=True)
class Sandbox:
    """A running sandbox, and how tests reach it."""

    settings: Settings
    config: Path

    @property
    def endpoint_url(self) -> str:
        return self.settings.endpoint_url

    @property
    def folder(self) -> Path:
        return self.settings.directory

    @property
    def target_file(self) -> Path:
        return self.config / "targets" / f"{self.settings.name}.toml"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the sandbox's own commands."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return clean | {
            "HIVEMIND_CONFIG_DIR": str(self.config),
            "HIVEMIND_SANDBOX_DIR": str(self.settings.directory.parent),
            "HIVEMIND_SANDBOX_HOSTS": "1" if self.settings.hosts else "0",
            "HIVEMIND_SANDBOX_INDEX": str(self.settings.index),
        }

    def command(
        self, *arguments: str, check: bool = True, timeout_s: float = 300
    ) -> subprocess.CompletedProcess[str]:
        """Run `hivemind sandbox ...` for this sandbox."""
        done = subprocess.run(
            [sys.executable, "-m", "hivemind_sandbox.cli", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        if check:
            assert 0 == done.returncode, done.stdout + done.stderr
        return done

    def client(self, service: str, **overrides: Any) -> Any:
        """A boto3 client with the operator's key; `overrides` replace its arguments."""
        arguments: dict[str, Any] = {
            "endpoint_url": self.endpoint_url,
            "region_name": self.settings.region,
            "aws_access_key_id": self.settings.access_key,
            "aws_secret_access_key": self.settings.secret_key,
            "config": Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}),
        }
        return SESSION.client(service, **(arguments | overrides))


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """The real sandbox, with hosts."""
    if os.geteuid() != 0:
        pytest.skip("the sandbox's hosts need root")
    index = int(os.environ.get("HIVEMIND_TEST_INDEX", "1"))
    with shared(Settings(index=index, directory=SHARED / "hosts" / str(index))) as running:
        yield running


@pytest.fixture(scope="session")
def api() -> Iterator[Sandbox]:
    """The sandbox's API alone, without hosts."""
    index = int(os.environ.get("HIVEMIND_TEST_API_INDEX", "7"))
    folder = SHARED / "api" / str(index)
    with shared(Settings(index=index, directory=folder, hosts=False)) as running:
        yield running


@pytest.fixture
def make_sandbox() -> type[Sandbox]:
    """For tests that start, kill and remove a sandbox of their own."""
    return Sandbox


@dataclasses.dataclass(frozen=True)
class BuildHost:
    """A new host that takes no traffic, and a way into it as root."""

    host: Host
    inside: Callable[[str], str]


@pytest.fixture(scope="module")
def build_host(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuildHost]:
    """One for all tests of a module: its system is made once."""
    with cloud_of(sandbox.settings, tmp_path_factory.mktemp("keys")) as cloud:
        network = cloud.network("10.78.0.0/16")
        group = network.group("builds", (22, operator(sandbox.settings)))
        instance = cloud.run_host(network.public[0], [group])
        cloud.await_ssh(instance)
        unknown = ("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null")
        address = str(cloud.instance(instance)["PublicIpAddress"])
        yield BuildHost(
            Host(address=address, user="admin", key=cloud.key_file, options=unknown),
            lambda command: cloud.inside(instance, command),
        )


@pytest.fixture(scope="module")
def builder_image() -> str:
    return ContainerBuilder(program="podman").image


@pytest.fixture(
    params=[
        "podman",
        pytest.param("docker", marks=pytest.mark.release),
        pytest.param("host", marks=pytest.mark.release),
    ]
)
def driver(request: pytest.FixtureRequest) -> str:
    """Each driver of builds in turn."""
    return str(request.param)


@pytest.fixture
def yard(
    driver: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Yard:
    """Where the test builds, by its driver."""
    folder = tmp_path / "builds"
    if driver == "host":
        there: BuildHost = request.getfixturevalue("build_host")
        return host_yard(there.host, there.inside, folder)
    image: str = request.getfixturevalue("builder_image")
    if driver == "docker":
        docker_here(image, tmp_path / "bin", monkeypatch)
    return container_yard(driver, image, folder)


@contextmanager
def shared(settings: Settings) -> Iterator[Sandbox]:
    """Join the sandbox that another worker started, or start it; the last one removes it."""
    running = Sandbox(settings, SHARED / f"config-{settings.index}")
    with _users(settings) as users:
        if not users:
            running.command("reset", "--yes")
            running.command("up")
        users.append(os.getpid())
    try:
        yield running
    finally:
        with _users(settings) as users:
            users.remove(os.getpid())
            if not users:
                running.command("reset", "--yes")


@contextmanager
def _users(settings: Settings) -> Iterator[list[int]]:
    """The processes that use a sandbox, under a lock; those that died are left out."""
    SHARED.mkdir(parents=True, exist_ok=True)
    path = SHARED / f"users-{settings.index}.json"
    with path.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        known: list[int] = json.loads(file.read() or "[]")
        users = [pid for pid in known if Path(f"/proc/{pid}").exists()]
        try:
            yield users
        finally:
            file.truncate(0)
            file.write(json.dumps(users))
