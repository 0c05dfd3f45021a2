"""The host half of the verbs on a real host, by plain ansible-playbook: build to verify."""

import dataclasses
import json
import os
import shutil
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from hivemind_agents.domain.deployment import Deployment, Release
from hivemind_agents.state.bucket import StateBucket
from hivemind_agents.state.records import RecordStore
from hivemind_agents.targets import Target

ROOT = Path(__file__).resolve().parents[2]
NAME = "hosted"

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.slow,
    pytest.mark.timeout(600),
]

APP = """
import http.server, os, pathlib, sys
home = pathlib.Path(os.environ["HOME"])
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        seen = (home / "migrated").read_text() if (home / "migrated").exists() else ""
        text = f"{os.environ.get('COLOUR')} migrated {seen.count('x')}"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())
if sys.argv[1:] == ["migrate"]:
    with (home / "migrated").open("a") as file:
        file.write("x")
else:
    # As old servers do: they become who they are, and take what they have.
    os.setuid(os.getuid())
    os.chown(home, os.getuid(), os.getgid())
    http.server.HTTPServer(("0.0.0.0", int(os.environ["PORT"])), Page).serve_forever()
"""


@dataclasses.dataclass(frozen=True)
class Ended:
    code: int
    changed: int
    text: str


class Door:
    """ansible-playbook against the sandbox, for one application in one folder."""

    def __init__(self, environment: dict[str, str], app: Path) -> None:
        self.environment = environment
        self.app = app

    def run(self, verb: str, *flags: str, **arguments: Any) -> Ended:
        given = {"deployment_name": NAME, **arguments}
        done = subprocess.run(
            [Path(sys.executable).with_name("ansible-playbook"), f"playbooks/{verb}.yml",
             "-e", json.dumps(given), *flags],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False,
            timeout=400,
        )  # fmt: skip
        recap = done.stdout.rpartition("PLAY RECAP")[2]
        changed = sum(int(word[8:]) for word in recap.split() if word.startswith("changed="))
        return Ended(done.returncode, changed, done.stdout + done.stderr)

    def done(self, verb: str, *flags: str, **arguments: Any) -> Ended:
        ended = self.run(verb, *flags, **arguments)
        assert 0 == ended.code, ended.text[-4000:]
        return ended

    def release(self, **arguments: Any) -> None:
        """Build what the folder holds and install it."""
        self.done("build", app_repo=str(self.app), **arguments)
        self.done("install")

    @property
    def record(self) -> Deployment:
        found = RecordStore(StateBucket.open(boto3_session(self.environment))).read(NAME)
        assert found is not None
        return found

    def on_host(self, command: str, number: int = 0) -> str:
        """What a command says on a host, as root; not by SSH, so that nothing hides it."""
        instance = self.record.instances[number].id
        names = subprocess.run(
            ["podman", "ps", "--format", "{{.Names}}"], capture_output=True, text=True, check=True
        ).stdout.split()
        container = next(name for name in names if name.endswith(instance))
        return subprocess.run(
            ["podman", "exec", container, "sh", "-c", command],
            capture_output=True, text=True, check=False,
        ).stdout  # fmt: skip

    def page(self) -> str:
        return self.on_host("curl -s http://127.0.0.1:8000/")


def boto3_session(environment: dict[str, str]) -> boto3.Session:
    keep = {name: value for name, value in environment.items() if name.startswith("AWS_")}
    os.environ.update(keep)
    return boto3.Session()


@pytest.fixture(scope="module")
def door(sandbox: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """An application of one file on one provisioned host."""
    before = dict(os.environ)
    for name in list(os.environ):
        if name.startswith(("AWS_", "ANSIBLE_", "HIVEMIND_")):
            del os.environ[name]
    target = Target(name="test", **tomllib.loads(sandbox.target_file.read_text()))
    environment = {
        **os.environ,
        **target.environment(),
        "HIVEMIND_STATE_DIR": str(tmp_path_factory.mktemp("state")),
        "ANSIBLE_NOCOLOR": "1",
    }
    app = tmp_path_factory.mktemp("app")
    (app / "server.py").write_text(textwrap.dedent(APP))
    (app / "requirements.txt").write_text("")
    procfile(app, web="python server.py", release="python server.py migrate")
    door = Door(environment, app)
    door.done("recon", app_repo=str(app))
    door.done("build", app_repo=str(app), app_env={"COLOUR": "green"})
    door.done("provision")
    door.done("install")
    try:
        yield door
    finally:
        door.run("destroy", confirm=NAME)
        os.environ.clear()
        os.environ.update(before)


def procfile(app: Path, **processes: str) -> None:
    lines = (f"{name}: {command}\n" for name, command in processes.items())
    (app / "Procfile").write_text("".join(lines))


def newest(record: Deployment) -> Release:
    return max(record.releases, key=lambda release: release.number)


def test_a_second_run_of_each_verb_changes_nothing(door: Door) -> None:
    """Build, install and harden are where they should be after one run."""
    door.done("harden")

    changes = {
        verb: door.done(verb, **arguments).changed
        for verb, arguments in {
            "build": {"app_repo": str(door.app), "app_env": {"COLOUR": "green"}},
            "install": {},
            "harden": {},
        }.items()
    }

    assert {"build": 0, "install": 0, "harden": 0} == changes
    assert "green migrated 1" == door.page()


def test_the_process_is_nobody_in_particular_and_sees_no_other(door: Door) -> None:
    """Own user, no capability, settings that only root reads."""
    status = door.on_host(
        "p=$(systemctl show -P MainPID hivemind-hosted-web); grep -E 'Uid|CapEff|NoNewPrivs' "
        "/proc/$p/status; stat -c '%a %U' /etc/hivemind/hosted/app.env -L"
    ).split()

    assert "0" not in status[status.index("Uid:") + 1 : status.index("Uid:") + 5]
    assert "0000000000000000" == status[status.index("CapEff:") + 1]
    assert "1" == status[status.index("NoNewPrivs:") + 1]
    assert status[-2:] == ["600", "root"]


def test_another_setting_restarts_once_and_migrates_once(door: Door) -> None:
    """A release is code and settings; its release command runs once, on its first installation."""
    migrations = int(door.page().split()[-1])
    door.release(app_env={"COLOUR": "blue"})
    before = door.page()
    door.done("install")

    assert before == door.page() == f"blue migrated {migrations + 1}"
    assert newest(door.record).migrated_at is not None


def test_a_release_that_does_not_start_shows_its_log_and_the_one_before_runs(door: Door) -> None:
    """The failure ends with what the process said and why; what runs is not even restarted."""
    process = door.on_host("systemctl show -P MainPID hivemind-hosted-web")
    current, page = door.on_host("readlink /opt/hivemind/apps/hosted/current"), door.page()
    procfile(door.app, web="python -c 'import no_such_colour'")
    door.done("build", app_repo=str(door.app), app_env={"COLOUR": "none"})

    ended = door.run("install")
    procfile(door.app, web="python server.py", release="python server.py migrate")

    assert 2 == ended.code
    assert "No module named 'no_such_colour'" in ended.text
    assert "Probable cause: the code imports no_such_colour" in ended.text
    assert current == door.on_host("readlink /opt/hivemind/apps/hosted/current")
    assert page == door.page()
    assert process == door.on_host("systemctl show -P MainPID hivemind-hosted-web")
    assert "" == door.on_host("systemctl list-units --no-legend --all 'hivemind-*-trial*'")
    assert "failed" == newest(door.record).state


def test_a_release_command_that_fails_stops_the_release_before_traffic(door: Door) -> None:
    """The processes of the release before are not even restarted."""
    process = door.on_host("systemctl show -P MainPID hivemind-hosted-web")
    procfile(door.app, web="python server.py", release="echo cannot migrate >&2; exit 3")
    door.done("build", app_repo=str(door.app), app_env={"COLOUR": "blue"})

    ended = door.run("install")
    procfile(door.app, web="python server.py", release="python server.py migrate")

    assert "cannot migrate" in ended.text
    assert process == door.on_host("systemctl show -P MainPID hivemind-hosted-web")


@pytest.mark.release
def test_workers_and_jobs_run_and_say_who_they_are(door: Door) -> None:
    """A worker is a unit, a job a timer on the first host; log lines name process and release."""
    (door.app / "hivemind.yml").write_text(
        'schedules:\n  tick: {command: echo tock, cron: "*/5 * * * *"}\n'
    )
    procfile(
        door.app, web="python server.py", release="python server.py migrate",
        worker="python -c 'import time; print(1, flush=True); time.sleep(1e6)'",
    )  # fmt: skip
    door.release(app_env={"COLOUR": "blue"})
    timers = door.on_host("systemctl list-timers --all --no-legend 'hivemind-hosted-*'")
    door.on_host("systemctl start hivemind-hosted-cron-tick.service")
    fields = "--output json --output-fields HIVEMIND_RELEASE,HIVEMIND_PROCESS,MESSAGE"
    lines = [
        json.loads(line)
        for line in door.on_host(
            f"journalctl {fields} -t hivemind-hosted-worker -t hivemind-hosted-cron-tick"
        ).splitlines()
    ]
    (door.app / "hivemind.yml").unlink()
    procfile(door.app, web="python server.py", release="python server.py migrate")
    number = newest(door.record).number
    door.release(app_env={"COLOUR": "blue"})

    assert "hivemind-hosted-cron-tick.timer" in timers
    assert {("worker", "1"), ("cron-tick", "tock")} == {
        (line["HIVEMIND_PROCESS"], line["MESSAGE"])
        for line in lines
        if line["HIVEMIND_RELEASE"] == str(number)
    }
    assert "" == door.on_host("ls /etc/systemd/system | grep -E 'hosted-(worker|cron)'")


@pytest.mark.release
def test_what_is_written_stays_or_its_loss_is_told(door: Door) -> None:
    """A kept folder outlives releases, files of ours cannot be changed, others come along.

    What a program makes of its code does not, and is named.
    """
    (door.app / "hivemind.yml").write_text("persistent: [uploads]\n")
    write = (
        "mkdir -p new build && date +%N >> new/a && touch build/b$(date +%N) && "
        "echo x >> uploads/seen && ! echo x >> server.py"
    )
    procfile(door.app, web=f"{write} && python server.py")
    door.release(app_env={"COLOUR": "one"})
    door.done("build", app_repo=str(door.app), app_env={"COLOUR": "two"})
    ended = door.done("install")
    seen = door.on_host("cat /var/lib/hivemind-hosted/app/uploads/seen").split()
    both = [door.on_host(f"cat /opt/hivemind/apps/hosted/releases/{number}/new/a").split()
            for number in (newest(door.record).number - 1, newest(door.record).number)]  # fmt: skip
    (door.app / "hivemind.yml").unlink()
    procfile(door.app, web="python server.py", release="python server.py migrate")

    assert len(seen) > 1
    assert both[0] == both[1][: len(both[0])]
    assert len(both[1]) > len(both[0])
    assert "build/b" in ended.text
    assert "new/a" not in ended.text
    assert "persistent:" in ended.text


@pytest.mark.release
def test_an_application_that_listens_elsewhere_is_reached(door: Door) -> None:
    """A fixed port on loopback alone is forwarded to, and the user told; later it is not."""
    text = (door.app / "server.py").read_text()
    fixed = text.replace('("0.0.0.0", int(os.environ["PORT"]))', '("127.0.0.1", int("50" + "55"))')
    (door.app / "server.py").write_text(fixed)
    door.done("build", app_repo=str(door.app), app_env={"COLOUR": "far"})
    ended = door.done("install")
    page = door.on_host("curl -s http://$(hostname -I | cut -d' ' -f1):8000/")
    again = door.done("install").changed
    (door.app / "server.py").write_text(text)
    door.release(app_env={"COLOUR": "near"})

    assert "listens on 127.0.0.1:5055" in ended.text
    assert page.startswith("far")
    assert 0 == again
    assert door.page().startswith("near")
    assert "" == door.on_host("ls /etc/systemd/system | grep forward")


def test_verify_vetoes_what_takes_no_traffic(door: Door) -> None:
    """A host that is not registered fails the verification, and the record says so."""
    door.release(app_env={"COLOUR": "blue"})

    ended = door.run("verify")

    assert "VETO: " in ended.text
    assert "is not registered" in ended.text
    assert door.record.verification is not None
    assert not door.record.verification.passed


def test_verify_passes_what_is_done_and_the_release_is_live(door: Door) -> None:
    """Once registered, everything is checked anew, and a second look changes nothing."""
    door.done("register")
    door.done("verify")

    assert 0 == door.done("verify").changed
    assert ("live", "live") == (door.record.status, newest(door.record).state)


def test_verify_sees_hardening_that_was_undone(door: Door) -> None:
    """What harden made is asked again, not remembered."""
    door.on_host("nft delete table inet hivemind")

    ended = door.run("verify")
    door.on_host("systemctl reload nftables")

    assert "hardening: firewall" in ended.text.partition("VETO: ")[2]


def test_a_check_of_the_next_release_touches_nothing(door: Door) -> None:
    """Check mode says that there is something to do, and does not do it."""
    before = door.record.model_dump(exclude={"updated_at", "fence"})
    shutil.copy(door.app / "server.py", door.app / "copy.py")

    ended = door.done("build", "--check", app_repo=str(door.app), app_env={"COLOUR": "blue"})
    (door.app / "copy.py").unlink()

    assert ended.changed > 0
    assert before == door.record.model_dump(exclude={"updated_at", "fence"})


@pytest.mark.release
def test_a_host_that_is_added_later_runs_the_live_release(door: Door) -> None:
    """The same verbs bring it up; its release command has run before, the clock's jobs stay."""
    page = door.page()
    door.done("provision", instance_count=2)
    door.done("install")
    door.done("harden")

    assert 2 == len(door.record.instances)
    assert page == door.page()
    assert "blue migrated 0" == door.on_host("curl -s http://127.0.0.1:8000/", 1)
