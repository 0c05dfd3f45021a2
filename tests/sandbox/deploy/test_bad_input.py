"""Each mistake gives one clear error with its mend, and nothing is made."""

from pathlib import Path

import pytest

from .conftest import GUESTBOOK, Machine, resources_of

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
        machine, "deploy", "http://127.0.0.1:9/a/b.git", "x", "--name", "faraway", "--yes", code=2
    )

    assert "127.0.0.1:9" in said
    assert [] == resources_of(machine, "faraway")


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


def test_wrong_credentials(machine: Machine, tmp_path: Path) -> None:
    """Credentials that AWS does not know: said in one line, exit code 3."""
    wrong = tmp_path / "credentials"
    content = Path(machine.target_environment()["AWS_SHARED_CREDENTIALS_FILE"]).read_text()
    wrong.write_text(
        "\n".join(
            "aws_access_key_id = AKIAWRONGWRONGWRONG0"
            if line.startswith("aws_access_key_id")
            else line
            for line in content.splitlines()
        )
    )
    folder = machine.home / "config" / "targets"
    target = (folder / f"{machine.target}.toml").read_text()
    (folder / "wrong.toml").write_text(
        "\n".join(
            f'credentials_file = "{wrong}"' if line.startswith("credentials_file") else line
            for line in target.splitlines()
        )
    )

    said = refused(
        machine,
        "deploy",
        str(GUESTBOOK),
        "x",
        "--name",
        "nocred",
        "--yes",
        "--target",
        "wrong",
        code=3,
    )

    assert "credential" in said.lower()


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
