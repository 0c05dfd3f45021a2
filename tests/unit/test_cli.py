"""The command line's frame: help, typing slips, errors and exit codes, and what it prints."""

import importlib
import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer

from hivemind_agents import cli, errors
from hivemind_agents.cli import frame, output
from hivemind_agents.cli.deploy import checked, default_name, located
from hivemind_agents.errors import HivemindError, RepositoryError, UserError

pytestmark = pytest.mark.fast

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"pydantic_ai", "dbos", "sqlalchemy", "boto3", "botocore", "ansible", "pydantic", "typer"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user without settings."""
    monkeypatch.setenv("HIVEMIND_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("HIVEMIND_STATE_DIR", str(tmp_path / "state"))
    for name in ("HIVEMIND_TARGET", "AWS_REGION", "AWS_DEFAULT_REGION", "HIVEMIND_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def imported_by(*arguments: str) -> set[str]:
    """Top-level modules that a command line imports, seen in a process of its own."""
    program = (
        "import sys, io; sys.stdout = io.StringIO()\n"
        f"from hivemind_agents.cli import main; main({list(arguments)!r})\n"
        "sys.stderr.write('\\n'.join(sorted(name.split('.')[0] for name in sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(done.stderr.splitlines())


def test_help_imports_nothing_heavy() -> None:
    """`hivemind --help` is there at once."""
    assert set() == HEAVY & imported_by("--help")


def test_listing_imports_no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reading command takes the light path: record store and boto3, no runtime."""
    monkeypatch.setenv("HIVEMIND_TARGET", "nowhere")

    assert set() == {"pydantic_ai", "dbos", "sqlalchemy", "ansible"} & imported_by("list")


def test_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    """What can be called is what is shown."""
    assert 0 == cli.main(["--help"])
    shown = capsys.readouterr().out

    assert set() == {name for name in cli.verbs() if f"\n  {name}" not in shown}


@pytest.mark.parametrize("arguments", [[], ["-h"], ["help"], ["--help"]])
def test_help_is_asked_for_in_many_ways(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody has to know how."""
    assert 0 == cli.main(arguments)
    assert capsys.readouterr().out.startswith("Deploy any repository")


@pytest.mark.parametrize("name", sorted(cli.verbs()))
def test_every_verb_has_help_with_examples(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Help of each verb says what it does, and shows how."""
    verb = cli.verbs()[name]

    assert 0 == cli.main([name, "--help"])
    shown = capsys.readouterr().out

    assert f"hivemind {name}" in shown
    if verb.module is not None and name != "version":
        assert "Examples:" in shown


@pytest.mark.parametrize(
    "name", sorted(n for n, verb in cli.verbs().items() if verb.module is not None)
)
def test_every_verb_has_its_module(name: str) -> None:
    """The table of verbs leads to modules that are there."""
    module = importlib.import_module(str(cli.verbs()[name].module))

    assert hasattr(module, "app") or name in module.apps


@pytest.mark.parametrize(
    "place",
    ["hivemind_agents", "sandbox/hivemind_sandbox", "plugins", "roles", "playbooks", "docs"],
)
def test_messages_name_verbs_that_exist(place: str) -> None:
    """Whoever is told to type a command finds it."""
    files = (
        path
        for path in (ROOT / place).rglob("*")
        if path.suffix in {".py", ".yml", ".j2", ".md"} and not path.name.startswith("_")
    )
    named = {
        (path.name, verb)
        for path in files
        for verb in re.findall(r"(?:`|FIX: |mend=f?\"|\$ )hivemind ([a-z]+)", path.read_text())
    }

    assert set() == {(file, verb) for file, verb in named if verb not in cli.verbs()}


def test_a_typing_slip_is_met_with_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    """`hivemind destory` is a slip, not a riddle."""
    assert 2 == cli.main(["destory", "shop"])
    assert "did you mean `hivemind destroy`?" in capsys.readouterr().err


def test_a_wrong_option_names_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    """Usage errors are the user's input: exit code 2, with the way on."""
    assert 2 == cli.main(["list", "--colour"])
    said = capsys.readouterr().err

    assert "--colour" in said
    assert "→ hivemind list --help" in said


def families() -> list[type[HivemindError]]:
    return [
        value
        for value in vars(errors).values()
        if isinstance(value, type)
        and issubclass(value, HivemindError)
        and value.__init__ is HivemindError.__init__
    ]


@pytest.mark.parametrize("family", families(), ids=lambda family: family.__name__)
def test_an_error_is_one_message_with_its_families_code(
    family: type[HivemindError],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What, why, the mend, and never a traceback."""
    monkeypatch.setattr(frame, "_command", lambda _: _Raising(family("it broke", mend="mend it")))

    assert family.exit_code == cli.main(["list"])
    assert "hivemind: it broke\n  → mend it\n" == capsys.readouterr().err


def test_an_unforeseen_fault_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The user gets a sentence; HIVEMIND_DEBUG gets the rest."""
    monkeypatch.setattr(frame, "_command", lambda _: _Raising(ZeroDivisionError("by zero")))

    assert 1 == cli.main(["list"])
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert "HIVEMIND_DEBUG=1" in said

    monkeypatch.setenv("HIVEMIND_DEBUG", "1")
    assert 1 == cli.main(["list"])
    assert "Traceback" in capsys.readouterr().err


def test_an_interruption_by_the_keyboard_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A command that ends without a word leaves its user wondering."""
    app = frame.new_app()

    @app.command()
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(frame, "_command", lambda _: typer.main.get_command(app))

    assert 130 == cli.main(["list"])
    assert capsys.readouterr().err.startswith("hivemind: stopped by the keyboard")


class _Raising:
    """A command that ends with an exception."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def main(self, **_: object) -> None:
        raise self._error


def test_without_a_target_the_way_to_one_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 3: there is nowhere to work."""
    assert 3 == cli.main(["list"])
    assert "hivemind sandbox up" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("repository", "name"),
    [
        ("/home/me/Shop", "shop"),
        ("/home/me/my_shop.v2/", "my-shop-v2"),
        ("https://host/me/Guest--Book.git", "guest-book"),
        ("git@host:me/blog.git", "blog"),
        ("/srv/2048", "app"),
        ("/srv/42-answers", "answers"),
        ("/srv/" + "x" * 60, "x" * 24),
        ("/srv/é", "app"),
        ("/srv/x", "app"),
        ("/srv/abcdefghijklmnopqrstuvw-xyz", "abcdefghijklmnopqrstuvw"),
    ],
)
def test_a_name_is_made_of_the_repositorys(repository: str, name: str) -> None:
    """The default name is always one that a deployment may have."""
    assert name == checked(default_name(repository))


@pytest.mark.parametrize("name", ["Upper", "a", "two--hyphens", "-x", "x" * 25, "bootstrap"])
def test_a_name_that_is_not_allowed_is_refused(name: str) -> None:
    """With the rule that it breaks."""
    with pytest.raises(UserError) as caught:
        checked(name)

    assert name in caught.value.message


def test_a_path_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run is resumed from other folders too."""
    (tmp_path / "shop").mkdir()
    monkeypatch.chdir(tmp_path)

    assert str(tmp_path / "shop") == located("shop")
    assert "https://host/me/shop.git" == located("https://host/me/shop.git")


def test_a_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """Before anything else is looked at."""
    with pytest.raises(RepositoryError) as caught:
        located(str(tmp_path / "nowhere"))

    assert "nowhere" in caught.value.message


def test_a_url_with_a_token_is_refused() -> None:
    """It would be kept in plan and record. The token is not repeated."""
    with pytest.raises(UserError) as caught:
        located("https://x:ghp_hush@host/me/shop.git")

    assert "ghp_hush" not in str(caught.value)


def test_columns_are_as_wide_as_their_longest_cell() -> None:
    """What has no value is a hyphen."""
    shown = output.table(("NAME", "N"), [("shop", 1), ("a", None)], right=frozenset({1}))

    assert ["NAME  N", "shop  1", "a     -"] == shown.splitlines()


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "-"), (0.42, "0.4 s"), (42.4, "42 s"), (185, "3 min 05 s")]
)
def test_durations_are_read_at_a_glance(seconds: float | None, text: str) -> None:
    """Tenths only where they matter."""
    assert text == output.duration(seconds)


def test_documents_know_models_and_times(capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` is JSON, whatever is in it."""
    output.document({"at": datetime(2030, 1, 1, tzinfo=UTC), "path": Path("/x")})

    assert {"at": "2030-01-01T00:00:00+00:00", "path": "/x"} == json.loads(capsys.readouterr().out)
