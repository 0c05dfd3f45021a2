"""Deployments of the guestbook on real hosts, shared by the tests of one worker."""

import dataclasses
import json
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest

ROOT = Path(__file__).resolve().parents[3]
BIN = Path(sys.executable).parent
GUESTBOOK = ROOT / "examples" / "guestbook"
# Nobody uses what the tests take away: no need to wait for the last requests.
QUICK = ("--set", "draining_seconds=1")


@dataclasses.dataclass(frozen=True)
class Machine:
    """One user's machine: settings and state folders of its own, the sandbox as its target."""

    home: Path
    target: str
    sandbox_dir: str

    @property
    def environment(self) -> dict[str, str]:
        """The environment of this user's processes: nothing of AWS comes from outside."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return clean | {
            "HIVEMIND_CONFIG_DIR": str(self.home / "config"),
            "HIVEMIND_STATE_DIR": str(self.home / "state"),
            "HIVEMIND_TARGET": self.target,
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "COLUMNS": "120",
        }

    def hivemind(
        self,
        *arguments: str,
        timeout_s: float = 300,
        env: dict[str, str] | None = None,
        stdin: str | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run the command line; never raises on a failing command."""
        return subprocess.run(
            [str(BIN / "hivemind"), *arguments],
            capture_output=True,
            text=True,
            timeout=timeout_s,
            env=self.environment | (env or {}),
            cwd=ROOT,
            input=stdin if stdin is not None else "",
            check=False,
        )

    def start(self, *arguments: str, log: Path) -> subprocess.Popen[bytes]:
        """Start the command line in a session of its own, its output in `log`."""
        with log.open("wb") as output:
            return subprocess.Popen(
                [str(BIN / "hivemind"), *arguments],
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=self.environment,
                cwd=ROOT,
                start_new_session=True,
            )

    def json(self, *arguments: str) -> Any:
        """Run a reading command with `--json` and parse what it printed."""
        done = self.hivemind(*arguments, "--json")
        assert 0 == done.returncode, done.stderr
        return json.loads(done.stdout)

    def target_environment(self) -> dict[str, str]:
        """What `hivemind target env` prints, as a mapping."""
        done = self.hivemind("target", "env")
        assert 0 == done.returncode, done.stderr
        pairs = (
            line.removeprefix("export ").split("=", 1)
            for line in done.stdout.splitlines()
            if line.startswith("export ")
        )
        return {name: value.strip("'\"") for name, value in pairs}

    def playbook(
        self, verb: str, *arguments: str, timeout_s: float = 300
    ) -> subprocess.CompletedProcess[str]:
        """Run a verb through the plain door."""
        return subprocess.run(
            [str(BIN / "ansible-playbook"), f"playbooks/{verb}.yml", *arguments],
            capture_output=True,
            text=True,
            timeout=timeout_s,
            env=self.environment | self.target_environment() | {"ANSIBLE_NOCOLOR": "1"},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    def client(self, service: str) -> Any:
        """A boto3 client on the target."""
        env = self.target_environment()
        credentials = dict[str, str]()
        for line in Path(env["AWS_SHARED_CREDENTIALS_FILE"]).read_text().splitlines():
            if "=" in line:
                name, value = (part.strip() for part in line.split("=", 1))
                credentials[name] = value
        return boto3.client(
            service,
            endpoint_url=env["AWS_ENDPOINT_URL"],
            region_name=env["AWS_REGION"],
            aws_access_key_id=credentials["aws_access_key_id"],
            aws_secret_access_key=credentials["aws_secret_access_key"],
        )


def resources_of(machine: Machine, name: str) -> list[str]:
    """ARNs that the tagging API knows for a deployment.

    Terminated instances apart, and the database's last snapshot, which is promised to stay.
    """
    tagging = machine.client("resourcegroupstaggingapi")
    found = [
        entry["ResourceARN"]
        for page in tagging.get_paginator("get_resources").paginate(
            TagFilters=[{"Key": "hivemind:deployment", "Values": [name]}]
        )
        for entry in page["ResourceTagMappingList"]
    ]
    ec2 = machine.client("ec2")
    gone = {
        instance["InstanceId"]
        for reservation in ec2.describe_instances(
            Filters=[{"Name": "instance-state-name", "Values": ["terminated"]}]
        )["Reservations"]
        for instance in reservation["Instances"]
    }
    return sorted(
        arn for arn in found if arn.rsplit("/", 1)[-1] not in gone and ":snapshot:" not in arn
    )


def make_machine(home: Path, sandbox: Any) -> Machine:
    """A user's machine that knows the tests' sandbox as its target."""
    targets = home / "config" / "targets"
    targets.mkdir(parents=True)
    (home / "state").mkdir()
    (targets / f"{sandbox.target_file.stem}.toml").write_text(sandbox.target_file.read_text())
    return Machine(home=home, target=sandbox.target_file.stem, sandbox_dir=str(sandbox.folder))


@pytest.fixture(scope="session")
def machine(sandbox: Any, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """The first user's machine."""
    return make_machine(tmp_path_factory.mktemp("machine"), sandbox)


@pytest.fixture(scope="session")
def second_machine(sandbox: Any, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A second checkout on the same target: it shares nothing but the target with the first."""
    return make_machine(tmp_path_factory.mktemp("second"), sandbox)


class ProcessSampler:
    """Samples every process's command line until it is stopped, looking for a word."""

    def __init__(self, word: str) -> None:
        self._word = word
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample)
        self.samples = 0
        self.hits: set[str] = set()

    def __enter__(self) -> "ProcessSampler":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._stop.wait(0.25):
            self.samples += 1
            for process in psutil.process_iter():
                try:
                    line = " ".join(process.cmdline())
                except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
                    continue
                if self._word in line:
                    self.hits.add(line)


@dataclasses.dataclass(frozen=True)
class Deployed:
    """The guestbook as one command deployed it."""

    # What the command printed, the secret that was given to it, and who looked on meanwhile.
    said: str
    secret: str
    sampler: ProcessSampler
    status: dict[str, Any]


@pytest.fixture(scope="session")
def deployed(machine: Machine) -> Iterator[Deployed]:
    """The guestbook, deployed by the agents with a secret."""
    secret = f"hush-{secrets.token_hex(12)}"
    with ProcessSampler(secret) as sampler:
        done = machine.hivemind(
            *("deploy", str(GUESTBOOK), "A guestbook", "--name", "guestbook", "--yes"),
            *("--secret", "STRIPE_KEY"),
            stdin=f"{secret}\n",
            timeout_s=400,
        )
    said = done.stdout + done.stderr
    assert 0 == done.returncode, said
    yield Deployed(said, secret, sampler, machine.json("status", "guestbook"))
    machine.hivemind("destroy", "guestbook", "--yes", *QUICK, timeout_s=400)


@pytest.fixture(scope="session")
def guestbook(deployed: Deployed) -> dict[str, Any]:
    """What `status --json` says of the guestbook."""
    return deployed.status
