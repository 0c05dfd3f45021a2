"""A deploy that dies is resumed, and one under way is not disturbed."""

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from .conftest import GUESTBOOK, QUICK, Machine, resources_of

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(900)]


def wait_for_stage(machine: Machine, name: str, stage: str, deploy: subprocess.Popen[bytes]) -> str:
    """Wait until a deploy's stage runs; the run's id. Raises when it ends before."""
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline:
        assert deploy.poll() is None, "the deploy ended early"
        for run in machine.json("runs"):
            if run["deployment_name"] == name and any(
                s["name"] == stage and s["status"] == "running" for s in run["stages"]
            ):
                return str(run["id"])
        time.sleep(0.5)
    raise AssertionError(f"{stage} never ran")


def processes_of(run_id: str) -> list[str]:
    """Command lines of living processes that carry a run's id in their environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("HIVEMIND_RUN_ID") == run_id:
                found.append(" ".join(process.cmdline()))
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return found


def test_a_deploy_that_dies_again_and_again_ends_live(
    machine: Machine, second_machine: Machine, tmp_path: Path
) -> None:
    """
    kill -9 during provision, then during install, then Ctrl-C: `resume` ends live each time
    where it stopped, nothing is there twice, and others neither disturb nor are disturbed.
    """
    deploy = machine.start(
        "deploy", str(GUESTBOOK), "Unlucky", "--name", "unlucky", "--yes", log=tmp_path / "log"
    )
    run_id = wait_for_stage(machine, "unlucky", "provision", deploy)

    assert "unlucky" in second_machine.hivemind("list").stdout
    assert "deploying" == second_machine.json("status", "unlucky")["status"]
    refused = second_machine.hivemind(
        "deploy", str(GUESTBOOK), "Unlucky", "--name", "unlucky", "--yes"
    )
    assert 4 == refused.returncode, refused.stdout + refused.stderr
    assert run_id in refused.stderr

    os.kill(deploy.pid, signal.SIGKILL)
    deploy.wait()
    resumed = machine.start("resume", run_id, log=tmp_path / "resumed")
    wait_for_stage(machine, "unlucky", "install", resumed)
    os.kill(resumed.pid, signal.SIGKILL)
    resumed.wait()

    # Ctrl-C once: a clean end, and the word how to go on.
    again = machine.start("resume", run_id, log=tmp_path / "again")
    wait_for_stage(machine, "unlucky", "harden", again)
    os.killpg(again.pid, signal.SIGINT)
    assert 130 == again.wait(timeout=60)
    assert f"hivemind resume {run_id}" in (tmp_path / "again").read_text()
    assert [] == processes_of(run_id)

    last = machine.hivemind("resume", run_id, timeout_s=400)
    assert 0 == last.returncode, last.stdout + last.stderr
    status = machine.json("status", "unlucky")
    assert ("live", 200) == (status["status"], httpx.get(status["url"]).status_code)
    assert (1, 1) == (len(status["releases"]), len(status["instances"]))
    assert [] == processes_of(run_id)
    hosts = machine.client("ec2").describe_instances(
        Filters=[
            {"Name": "tag:hivemind:deployment", "Values": ["unlucky"]},
            {"Name": "instance-state-name", "Values": ["pending", "running"]},
        ]
    )["Reservations"]
    assert 1 == len(hosts)

    destroyed = machine.hivemind("destroy", "unlucky", "--yes", *QUICK, timeout_s=400)
    assert 0 == destroyed.returncode, destroyed.stderr
    assert [] == resources_of(machine, "unlucky")


def test_rollback_of_what_was_never_live_leaves_nothing(machine: Machine, tmp_path: Path) -> None:
    """A deploy that fails before it is live is taken away by `rollback`."""
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "requirements.txt").write_text("flask==3.1.0\ngunicorn==23.0.0\n")
    (broken / "app.py").write_text(
        "from flask import Flask\n"
        "app = Flask(__name__)\n"
        "raise RuntimeError('the moon is in the wrong place')\n"
        "@app.get('/')\n"
        "def home():\n    return 'ok'\n"
    )

    failed = machine.hivemind(
        "deploy", str(broken), "Broken", "--name", "broken", "--yes", timeout_s=400
    )

    assert 5 == failed.returncode, failed.stdout + failed.stderr
    assert "the moon is in the wrong place" in failed.stderr
    status: dict[str, Any] = machine.json("status", "broken")
    assert "failed" == status["status"]

    back = machine.hivemind("rollback", "broken", "--yes", *QUICK, timeout_s=400)
    assert 0 == back.returncode, back.stdout + back.stderr
    assert [] == resources_of(machine, "broken")
