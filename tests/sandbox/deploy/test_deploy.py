"""One command takes a repository to a URL that answers, and every door sees the same."""

import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from .conftest import GUESTBOOK, Machine, resources_of

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(600)]


def changed_tasks(output: str) -> dict[str, int]:
    """Host -> changed, from a play recap."""
    recap = output.split("PLAY RECAP", 1)[1]
    return {
        line.split(":", 1)[0].strip(): int(line.split("changed=", 1)[1].split()[0])
        for line in recap.splitlines()
        if "changed=" in line
    }


def test_the_url_answers_and_keeps_a_row(guestbook: dict[str, Any]) -> None:
    """What a visitor writes through the load balancer is in the database and shown."""
    message = f"hello {uuid.uuid4()}"
    with httpx.Client(base_url=guestbook["url"], follow_redirects=True) as browser:
        written = browser.post("/entries", data={"name": "Ada", "message": message})
        shown = browser.get("/")

    assert (200, 200) == (written.status_code, shown.status_code)
    assert message in shown.text


def test_status_tells_what_a_user_asks_for(guestbook: dict[str, Any], machine: Machine) -> None:
    """Load balancer, dashboard, stage mode and tracing state are shown."""
    shown = machine.hivemind("status", "guestbook").stdout

    assert "live" == guestbook["status"]
    for expected in (
        guestbook["url"],
        guestbook["load_balancer"]["name"],
        "HiveMind-guestbook",
        "stage-1",
        "tracing",
    ):
        assert expected.lower() in shown.lower()


def test_the_same_deploy_again_changes_nothing(guestbook: dict[str, Any], machine: Machine) -> None:
    """A second run of the same command says that nothing changed, and makes no release."""
    again = machine.hivemind(
        "deploy", str(GUESTBOOK), "A guestbook", "--name", "guestbook", "--yes"
    )

    assert 0 == again.returncode, again.stderr
    assert "nothing changed" in (again.stdout + again.stderr).lower()
    assert guestbook["releases"] == machine.json("status", "guestbook")["releases"]


def test_a_second_checkout_sees_the_deployment(
    guestbook: dict[str, Any], second_machine: Machine
) -> None:
    """The truth is in the account, not on a laptop."""
    status = second_machine.json("status", "guestbook")

    assert (guestbook["url"], guestbook["id"]) == (status["url"], status["id"])
    assert "guestbook" in second_machine.hivemind("list").stdout


def test_the_plain_door_gives_the_same(
    guestbook: dict[str, Any], machine: Machine, second_machine: Machine
) -> None:
    """ansible-playbook alone deploys, and each verb's second run changes nothing."""
    arguments = ("-e", "app_repo=examples/guestbook", "-e", "deployment_name=plain")
    deployed = second_machine.playbook("deploy", *arguments)
    assert 0 == deployed.returncode, deployed.stdout + deployed.stderr

    status = machine.json("status", "plain")
    assert ("live", 200) == (status["status"], httpx.get(status["url"]).status_code)
    assert guestbook["kind"] == status["kind"]

    stages = yaml.safe_load(Path("playbooks/deploy.meta.yml").read_text())["stages"]
    recaps = dict[str, dict[str, int]]()
    for verb in stages:
        meta = yaml.safe_load(Path(f"playbooks/{verb}.meta.yml").read_text())
        own = arguments if "app_repo" in meta["argument_specs"][verb]["options"] else arguments[2:]
        again = second_machine.playbook(verb, *own)
        assert 0 == again.returncode, f"{verb}: {again.stdout}{again.stderr}"
        recaps[verb] = changed_tasks(again.stdout)
    assert {} == {verb: r for verb, r in recaps.items() if any(r.values())}

    destroyed = second_machine.playbook(
        "destroy", "-e", "deployment_name=plain", "-e", "draining_seconds=1"
    )
    assert 0 == destroyed.returncode, destroyed.stdout + destroyed.stderr
    assert [] == resources_of(machine, "plain")


def test_the_plan_reproduces_the_deployment(
    guestbook: dict[str, Any], machine: Machine, tmp_path: Path
) -> None:
    """The plan file of a deploy by agents is all that ansible-playbook needs."""
    run = next(r for r in machine.json("runs") if r["deployment_name"] == "guestbook")
    plan = tmp_path / "plan.yml"
    plan.write_text(machine.hivemind("plan", "--run", run["id"]).stdout)

    again = machine.playbook("deploy", "-e", f"@{plan}")

    assert 0 == again.returncode, again.stdout + again.stderr
    assert not any(changed_tasks(again.stdout).values()), again.stdout


def test_what_if_makes_nothing(machine: Machine) -> None:
    """`--what-if` shows plan, price and resources; afterwards nothing exists."""
    shown = machine.hivemind("deploy", str(GUESTBOOK), "A look", "--name", "lookonly", "--what-if")

    assert 0 == shown.returncode, shown.stdout + shown.stderr
    assert "AWS::RDS::DBInstance" in shown.stdout
    assert [] == resources_of(machine, "lookonly")
    assert "lookonly" not in machine.hivemind("list").stdout


def test_check_mode_makes_nothing(machine: Machine) -> None:
    """`--check` of the plain door goes through all stages, and nothing exists afterwards."""
    checked = machine.playbook(
        "deploy", "--check", "-e", "app_repo=examples/guestbook", "-e", "deployment_name=checked"
    )

    assert 0 == checked.returncode, checked.stdout + checked.stderr
    assert [] == resources_of(machine, "checked")
    assert "checked" not in machine.hivemind("list").stdout
