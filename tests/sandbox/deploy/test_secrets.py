"""No secret value is anywhere but where it belongs."""

import gzip
import json
import secrets
import subprocess
import threading
from pathlib import Path

import psutil
import pytest

from .conftest import GUESTBOOK, QUICK, Machine

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(600), pytest.mark.xdist_group("secrets")]


class ProcessSampler:
    """Samples every process's command line until it is stopped, looking for given words."""

    def __init__(self, words: list[str]) -> None:
        self._words = words
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
        while not self._stop.wait(0.15):
            self.samples += 1
            for process in psutil.process_iter():
                try:
                    line = " ".join(process.cmdline())
                except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
                    continue
                self.hits |= {line for word in self._words if word in line}


def files_with(folder: Path, words: list[str]) -> list[str]:
    """Files below a folder that hold one of the words, gzip archives unpacked."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            if content[:2] == b"\x1f\x8b":
                content = gzip.decompress(content)
            found += [str(path) for word in words if word.encode() in content]
    return found


def test_no_secret_leaves_its_place(machine: Machine, tmp_path: Path) -> None:
    """
    Known secret values, given by environment and by the stack's generated password, are in no
    record, run store, engine file, artifact, log, event, process list or journal.
    """
    given = f"hush-{secrets.token_hex(12)}"
    with ProcessSampler([given]) as sampler:
        deployed = machine.hivemind(
            "deploy",
            str(GUESTBOOK),
            "Secrets",
            "--name",
            "secretive",
            "--yes",
            "--secret",
            "STRIPE_KEY",
            stdin=f"{given}\n",
            timeout_s=400,
        )
    assert 0 == deployed.returncode, deployed.stdout + deployed.stderr
    assert sampler.samples > 20

    status = machine.json("status", "secretive")
    database = machine.client("secretsmanager").get_secret_value(
        SecretId=status["database"]["secret_arn"]
    )["SecretString"]
    password = json.loads(database)["password"]
    private_key = (
        machine.client("ssm")
        .get_parameter(Name=status["ssh_key_parameter"], WithDecryption=True)["Parameter"]["Value"]
        .splitlines()[2]
    )
    words = [given, password, private_key]

    # The secret did reach the application: the file that only root and the unit can read.
    ssh = machine.hivemind(
        "ssh", "secretive", "--", "sudo", "cat", "/etc/hivemind/secretive/app.env"
    )
    assert given in ssh.stdout
    assert password in ssh.stdout.replace("%21", "!")
    modes = machine.hivemind(
        "ssh", "secretive", "--", "sudo", "stat", "-c", "%a_%U", "/etc/hivemind/secretive/app.env"
    )
    assert "600_root" == modes.stdout.strip()

    assert set() == sampler.hits
    assert [] == files_with(machine.home / "state", words)
    said = deployed.stdout + deployed.stderr
    run = next(r for r in machine.json("runs") if r["deployment_name"] == "secretive")
    said += machine.hivemind("logs", "--run", run["id"]).stdout
    s3 = machine.client("s3")
    bucket = s3.list_buckets()["Buckets"][0]["Name"]
    objects = tmp_path / "bucket"
    objects.mkdir()
    for number, entry in enumerate(s3.list_objects_v2(Bucket=bucket).get("Contents", [])):
        s3.download_file(bucket, entry["Key"], str(objects / str(number)))
    assert [] == files_with(objects, words)
    journal = machine.hivemind(
        "ssh", "secretive", "--", "sudo", "journalctl", "--no-pager", "-o", "cat"
    ).stdout
    controller = subprocess.run(
        ["journalctl", "--no-pager", "-o", "cat", "--since", "-20min"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    for text in (said, journal, controller):
        assert [] == [word for word in words if word in text]
    machine.hivemind("destroy", "secretive", "--yes", *QUICK, timeout_s=400)
