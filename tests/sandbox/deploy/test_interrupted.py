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

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(900), pytest.mark.xdist_group("interrupt")]


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


@pytest.mark.parametrize("stage", ["provision", "install"])
def test_a_killed_deploy_is_resumed(machine: Machine, stage: str, tmp_path: Path) -> None:
    """kill -9 in the middle of a stage; `resume` ends live, nothing is there twice."""
    name = f"killed-{stage}"
    deploy = machine.start(
        "deploy", str(GUESTBOOK), "Killed", "--name", name, "--yes", log=tmp_path / "log"
    )
    run_id = wait_for_stage(machine, name, stage, deploy)
    time.sleep(2)
    os.kill(deploy.pid, signal.SIGKILL)
    deploy.wait()

    resumed = machine.hivemind("resume", run_id, timeout_s=400)

    assert 0 == resumed.returncode, resumed.stdout + resumed.stderr
    status = machine.json("status", name)
    assert ("live", 200) == (status["status"], httpx.get(status["url"]).status_code)
    assert 1 == len(status["releases"])
    assert 1 == len(status["instances"])
    assert [] == processes_of(run_id)
    stacks = [
        stack["StackName"]
        for stack in machine.client("cloudformation").describe_stacks()["Stacks"]
        if stack["StackName"] == f"hivemind-{name}"
    ]
    assert [f"hivemind-{name}"] == stacks
    destroyed = machine.hivemind("destroy", name, "--yes", *QUICK, timeout_s=400)
    assert 0 == destroyed.returncode, destroyed.stderr
    assert [] == resources_of(machine, name)


def test_others_do_not_disturb_a_deploy(
    machine: Machine, second_machine: Machine, tmp_path: Path
) -> None:
    """list and status go on during a deploy; a second deploy of the name is refused by name."""
    deploy = machine.start(
        "deploy", str(GUESTBOOK), "Busy", "--name", "busy", "--yes", log=tmp_path / "log"
    )
    run_id = wait_for_stage(machine, "busy", "provision", deploy)

    assert "busy" in second_machine.hivemind("list").stdout
    assert "deploying" == second_machine.json("status", "busy")["status"]
    refused = second_machine.hivemind("deploy", str(GUESTBOOK), "Busy", "--name", "busy", "--yes")
    assert 4 == refused.returncode, refused.stdout + refused.stderr
    assert run_id in refused.stderr

    # Ctrl-C once: a clean end, and the word how to go on.
    wait_for_stage(machine, "busy", "install", deploy)
    os.killpg(deploy.pid, signal.SIGINT)
    assert 130 == deploy.wait(timeout=60)
    said = (tmp_path / "log").read_text()
    assert f"hivemind resume {run_id}" in said
    assert [] == processes_of(run_id)

    resumed = machine.hivemind("resume", run_id, timeout_s=400)
    assert 0 == resumed.returncode, resumed.stdout + resumed.stderr
    assert "live" == machine.json("status", "busy")["status"]
    machine.hivemind("destroy", "busy", "--yes", *QUICK, timeout_s=400)


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
