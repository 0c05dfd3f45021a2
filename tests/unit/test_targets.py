"""Targets: files, the choice among them, and the environment that they give."""

from pathlib import Path

import pytest

from hivemind_agents import targets
from hivemind_agents.errors import AccessError, UserError
from hivemind_agents.targets import Target

pytestmark = pytest.mark.fast

SANDBOX = Target(
    name="sandbox",
    region="eu-west-1",
    endpoint_url="http://127.0.0.1:4566",
    credentials_file="/var/lib/x/credentials",
    config_file="/var/lib/x/config",
    admin_cidr="198.18.0.1/32",
    host_s3_endpoint_url="http://198.18.0.1:4566",
)


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user without settings, and without anything of AWS in the environment."""
    monkeypatch.setenv("HIVEMIND_CONFIG_DIR", str(tmp_path / "config"))
    for name in ("HIVEMIND_TARGET", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "config"


def test_a_saved_target_is_read_back() -> None:
    """What is written is what is read."""
    targets.save(SANDBOX)

    assert SANDBOX == targets.load("sandbox")


@pytest.mark.parametrize("value", ['C:\\path\\"x"', "tab\there", "ümlaut"])
def test_any_text_survives_the_file(value: str) -> None:
    """Quotes, backslashes and control characters in a setting are escaped."""
    targets.save(targets.make("odd", region="eu-west-1", profile=value))

    assert value == targets.load("odd").profile


def test_the_environment_holds_only_what_is_set() -> None:
    """AWS itself has no endpoint, so there is no AWS_ENDPOINT_URL."""
    found = Target(name="work", region="us-east-1", profile="company").environment()

    assert {
        "HIVEMIND_TARGET": "work",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_PROFILE": "company",
    } == found


def test_activating_removes_what_leads_elsewhere() -> None:
    """Keys and endpoints of another account do not survive the choice of a target."""
    environment = {
        "AWS_ACCESS_KEY_ID": "AKIAOTHER",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_SESSION_TOKEN": "y",
        "AWS_PROFILE": "other",
        "HOME": "/root",
    }

    SANDBOX.activate(environment)

    assert {"HOME": "/root", **SANDBOX.environment()} == environment


def test_a_target_without_credentials_of_its_own_keeps_the_callers() -> None:
    """In CI the keys come by environment, and the target says only where."""
    environment = {"AWS_ACCESS_KEY_ID": "AKIACI", "AWS_ENDPOINT_URL": "http://elsewhere"}

    Target(name="ci", region="eu-west-1").activate(environment)

    assert "AKIACI" == environment["AWS_ACCESS_KEY_ID"]
    assert "AWS_ENDPOINT_URL" not in environment


def test_export_lines_are_quoted_for_the_shell() -> None:
    """A value with a space stays one value."""
    target = Target(name="odd", region="eu-west-1", config_file="/home/a b/config")

    assert "export AWS_CONFIG_FILE='/home/a b/config'" in target.export_lines()


def test_the_choice_goes_option_variable_current(monkeypatch: pytest.MonkeyPatch) -> None:
    """`--target` wins over HIVEMIND_TARGET, which wins over `target use`."""
    for name in ("one", "two", "three"):
        targets.save(targets.make(name, region="eu-west-1"))
    targets.use("three")

    assert "three" == targets.choose().name
    monkeypatch.setenv("HIVEMIND_TARGET", "two")
    assert "two" == targets.choose().name
    assert "one" == targets.choose("one").name


def test_without_any_target_the_way_to_one_is_named() -> None:
    """Nothing is guessed: there is nowhere to work until somebody says where."""
    with pytest.raises(AccessError) as caught:
        targets.choose(environment={})

    assert "hivemind sandbox up" in str(caught.value)


def test_the_environment_of_ci_is_a_target() -> None:
    """Region and keys by environment are enough."""
    found = targets.choose(environment={"AWS_REGION": "eu-north-1", "AWS_ACCESS_KEY_ID": "AKIACI"})

    assert ("environment", "eu-north-1") == (found.name, found.region)


def test_an_unknown_target_names_the_known_ones() -> None:
    """A typing slip shows what there is, with the exit code of access."""
    targets.save(SANDBOX)

    with pytest.raises(AccessError) as caught:
        targets.load("mars")

    assert "mars" in caught.value.message
    assert "sandbox" in caught.value.message


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("region = ", "TOML"),
        ("profile = 'x'", "region"),
        ("region = 'mars'", "mars"),
        ("region = 'eu-west-1'\nprofle = 'x'", "profle"),
        ("region = 'eu-west-1'\nprofile = 5", "profile"),
    ],
)
def test_a_broken_file_is_named_with_its_fault(config: Path, content: str, word: str) -> None:
    """The file, what is wrong in it, and what to do."""
    (config / "targets").mkdir(parents=True)
    (config / "targets" / "bad.toml").write_text(content)

    with pytest.raises(UserError) as caught:
        targets.load("bad")

    assert word in caught.value.message
    assert caught.value.mend


@pytest.mark.parametrize("name", ["../etc/passwd", "", "a/b", "environment", "x" * 80])
def test_a_name_never_leads_out_of_the_folder(name: str) -> None:
    """A target's name is no path."""
    with pytest.raises(UserError):
        targets.load(name)


def test_using_a_profile_makes_a_target_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`target use PROFILE` is all that a user of the AWS command line needs."""
    aws = tmp_path / "aws-config"
    aws.write_text("[default]\nregion = us-east-1\n[profile company]\nregion = eu-central-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(aws))

    targets.use("company")

    assert ("eu-central-1", "company") == (targets.choose().region, targets.choose().profile)


def test_a_profile_without_region_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody deploys into a region by accident."""
    aws = tmp_path / "aws-config"
    aws.write_text("[profile bare]\noutput = json\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(aws))

    with pytest.raises(UserError) as caught:
        targets.use("bare")

    assert "region" in caught.value.message


def test_removing_the_current_target_leaves_none() -> None:
    """The choice goes with the target."""
    targets.save(SANDBOX)
    targets.use("sandbox")

    targets.remove("sandbox")

    assert (None, []) == (targets.current_name(), targets.names())


def test_another_region_keeps_the_rest() -> None:
    """`--region` changes the region alone, and is checked."""
    moved = SANDBOX.at_region("us-east-1")

    assert ("us-east-1", SANDBOX.endpoint_url) == (moved.region, moved.endpoint_url)
    with pytest.raises(UserError):
        SANDBOX.at_region("nowhere")
