"""Without a container engine the deployment's new host builds, before it takes traffic."""

import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from .conftest import GUESTBOOK, QUICK, Machine

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(1800)]

NO_ENGINE = ("HIVEMIND_CONTAINER_ENGINE", "none")
APP = """
from flask import Flask

app = Flask(__name__)


@app.get("/")
def front():
    return "built on its own host"
"""


def inside(machine: Machine, instance: str, command: str) -> str:
    """What a command says, as root in a host."""
    prefix = f"hm{machine.target.rpartition('-')[2]}"
    argv = ["podman", "exec", f"{prefix}-{instance}", "sh", "-c", command]
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout.strip()


@pytest.fixture
def application(tmp_path: Path) -> Path:
    """A page with one dependency, and no need of a service."""
    folder = tmp_path / "page"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "requirements.txt").write_text("flask==3.0.3\n")
    return folder


@pytest.mark.release
def test_a_new_host_builds_and_keeps_nothing_of_it(
    machine: Machine, application: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the verbs alone: refused before there is a host, built on it, tools and user gone."""
    monkeypatch.setenv(*NO_ENGINE)
    repository = ("-e", f"app_repo={application}")
    name = ("-e", "deployment_name=verbs")

    def done(verb: str, *arguments: str) -> str:
        ended = machine.playbook(verb, *name, *arguments, timeout_s=500)
        assert 0 == ended.returncode, ended.stdout + ended.stderr
        return ended.stdout

    done("recon", *repository)
    early = machine.playbook("build", *name, *repository)
    done("provision", "-e", "database_engine=none")
    done("build", *repository)
    shown: dict[str, Any] = machine.json("status", "verbs")
    host = shown["instances"][0]["id"]
    left = inside(
        machine,
        host,
        "which gcc; ls -d /run/hivemind-builder; grep hivemind-builder /proc/mounts /etc/passwd",
    )
    machine.hivemind("destroy", "verbs", "--yes", *QUICK)

    assert early.returncode != 0
    assert "build follows provision" in early.stdout
    (release,) = shown["releases"]
    assert ("built", 64) == (release["state"], len(release["artifact_digest"]))
    assert "" == left


@pytest.mark.release
def test_the_new_host_builds_what_it_runs(machine: Machine, application: Path) -> None:
    """Build follows provision; what is live runs on and is not built upon."""
    deploy = ("deploy", str(application), "A page", "--name", "onhost", "--yes")
    env = dict([NO_ENGINE])
    done = machine.hivemind(*deploy, env=env, timeout_s=900)
    assert 0 == done.returncode, done.stderr
    shown: dict[str, Any] = machine.json("status", "onhost")
    plan = machine.json("plan", "onhost")
    left = inside(machine, shown["instances"][0]["id"], "ls -d /var/lib/hivemind-builder")
    again = machine.hivemind(*deploy, env=env, timeout_s=900)
    (application / "app.py").write_text(APP.replace("own", "very own"))
    changed = machine.hivemind(*deploy, env=env, timeout_s=900)
    with httpx.Client() as browser:
        page = browser.get(shown["url"]).text
    machine.hivemind("destroy", "onhost", "--yes", *QUICK)

    stages = [step["verb"] for step in plan["steps"]]
    assert ["recon", "provision", "build", "install"] == stages[:4]
    assert "built on its own host" == page
    assert "" == left
    assert "nothing changed" in (again.stdout + again.stderr).lower()
    assert changed.returncode != 0
    assert "nothing is built on hosts that take traffic" in changed.stderr


@pytest.mark.release
def test_the_plain_door_builds_on_the_host(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The playbook finds out by itself; a check before it tells what would be done."""
    monkeypatch.setenv(*NO_ENGINE)
    arguments = ("-e", f"app_repo={GUESTBOOK}", "-e", "deployment_name=plainhost")

    looked = machine.playbook("deploy", *arguments, "--check", timeout_s=500)
    made = machine.playbook("deploy", *arguments, timeout_s=900)
    shown = machine.json("status", "plainhost") if made.returncode == 0 else {}
    machine.hivemind("destroy", "plainhost", "--yes", *QUICK)

    assert 0 == looked.returncode, looked.stdout + looked.stderr
    assert 0 == made.returncode, made.stdout + made.stderr
    assert "live" == shown["status"]
