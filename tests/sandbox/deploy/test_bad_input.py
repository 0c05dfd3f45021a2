"""Each mistake gives one clear error with its mend, and nothing is made."""

import json
import re
from pathlib import Path

import pytest

from .conftest import GUESTBOOK, QUICK, Machine, resources_of

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(200)]


def refused(machine: Machine, *arguments: str, code: int, env: dict[str, str] | None = None) -> str:
    """Run a command that has to be refused; its one error message."""
    done = machine.hivemind(*arguments, env=env)
    assert code == done.returncode, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "→" in done.stderr, done.stderr
    return done.stderr


def test_no_repository_at_the_path(machine: Machine, tmp_path: Path) -> None:
    """A path that is not there is refused by name."""
    said = refused(machine, "deploy", str(tmp_path / "nowhere"), "x", "--yes", code=2)

    assert "nowhere" in said


def test_an_unreachable_url(machine: Machine) -> None:
    """A URL that does not answer is refused, and nothing is made."""
    said = refused(
        machine, "deploy", "http://127.0.0.1:9/a/b.git", "x", "--name", "nowhere", "--yes", code=2
    )

    assert "127.0.0.1:9" in said
    assert [] == resources_of(machine, "nowhere")


def test_no_start_command(machine: Machine, tmp_path: Path) -> None:
    """A repository that does not say what to run: what was looked for, and how to say it."""
    (tmp_path / "notes.txt").write_text("nothing to run\n")

    said = refused(machine, "deploy", str(tmp_path), "x", "--name", "nostart", "--yes", code=2)

    assert "hivemind.yml" in said or "--start" in said
    assert [] == resources_of(machine, "nostart")


@pytest.mark.parametrize("name", ["Upper", "a", "two--hyphens", "-x", "x" * 25, "bootstrap"])
def test_a_name_that_is_not_allowed(machine: Machine, name: str) -> None:
    """The rule for names is told before anything happens."""
    said = refused(machine, "deploy", str(GUESTBOOK), "x", f"--name={name}", "--yes", code=2)

    assert name in said


def as_somebody_else(machine: Machine, folder: Path, key_id: str, secret: str) -> str:
    """A target that differs from the machine's by its credentials; its name."""
    credentials = folder / "credentials"
    profile = machine.target_environment()["AWS_PROFILE"]
    credentials.write_text(
        f"[{profile}]\naws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n"
    )
    targets = machine.home / "config" / "targets"
    mine = (targets / f"{machine.target}.toml").read_text()
    (targets / "else.toml").write_text(
        re.sub(r"(?m)^credentials_file = .*$", f'credentials_file = "{credentials}"', mine)
    )
    return "else"


def test_wrong_credentials(machine: Machine, tmp_path: Path) -> None:
    """Credentials that AWS does not know: said in one line, exit code 3."""
    target = as_somebody_else(machine, tmp_path, "AKIAWRONGWRONGWRONG0", "x" * 40)

    said = refused(
        machine, "deploy", str(GUESTBOOK), "x",
        *("--name", "nocred", "--yes", "--target", target), code=3,
    )  # fmt: skip

    assert "credential" in said.lower()


def test_missing_permissions_are_found_before_anything_is_made(
    machine: Machine, tmp_path: Path
) -> None:
    """Preflight asks IAM: what is not allowed is named, all of it at once, exit code 3."""
    iam = machine.client("iam")
    iam.create_user(UserName="junior")
    denied = ["rds:CreateDBInstance", "elasticloadbalancing:CreateLoadBalancer"]
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": denied, "Resource": "*"},
    ]
    policy = {"Version": "2012-10-17", "Statement": statements}
    iam.put_user_policy(UserName="junior", PolicyName="most", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName="junior")["AccessKey"]
    target = as_somebody_else(machine, tmp_path, key["AccessKeyId"], key["SecretAccessKey"])

    said = refused(
        machine, "deploy", str(GUESTBOOK), "x",
        *("--name", "junior", "--yes", "--target", target), code=3,
    )  # fmt: skip

    assert [] == [action for action in denied if action not in said]
    assert "hivemind target policy" in said
    assert [] == resources_of(machine, "junior")


@pytest.mark.release
@pytest.mark.timeout(400)
def test_a_host_that_does_not_answer(machine: Machine, tmp_path: Path) -> None:
    """SSH from an address that is not let in: told soon, with what lets it in; then removed."""
    (tmp_path / "index.html").write_text("<h1>far away</h1>")

    ended = machine.hivemind(
        *("deploy", str(tmp_path), "x", "--name", "faraway", "--yes"),
        *("--set", "admin_cidr=192.0.2.1/32", "--set", "health_timeout_seconds=10"),
    )

    assert 5 == ended.returncode, ended.stdout + ended.stderr
    assert "does not answer SSH" in ended.stderr
    assert "admin_cidr" in ended.stderr
    assert "failed" == machine.json("status", "faraway")["status"]
    back = machine.hivemind("rollback", "faraway", "--yes", *QUICK)
    assert 0 == back.returncode, back.stdout + back.stderr
    assert [] == resources_of(machine, "faraway")


def test_an_unknown_target(machine: Machine) -> None:
    """A target that is not there: the known ones are named."""
    said = refused(machine, "list", "--target", "mars", code=3)

    assert "mars" in said
    assert machine.target in said


def test_an_option_value_out_of_range(machine: Machine) -> None:
    """An option value that the spec does not allow is refused by the name of its option."""
    said = refused(
        machine,
        "deploy",
        str(GUESTBOOK),
        "x",
        "--name",
        "badvalue",
        "--yes",
        "--instance-count",
        "-3",
        code=2,
    )

    assert "count" in said.lower()


def test_a_name_in_use(machine: Machine, guestbook: dict[str, object], tmp_path: Path) -> None:
    """Another repository under a name in use does not replace what runs there."""
    (tmp_path / "index.html").write_text("<h1>other</h1>")

    said = refused(machine, "deploy", str(tmp_path), "x", "--name", "guestbook", "--yes", code=2)

    assert str(guestbook["name"]) in said


def test_reading_what_is_not_there(machine: Machine) -> None:
    """status of an unknown name says so, and how to see what there is."""
    said = refused(machine, "status", "nosuch", code=2)

    assert "hivemind list" in said
