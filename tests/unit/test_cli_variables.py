"""The application's environment from the command line: what is plain, and what is secret."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hivemind_agents.cli import variables
from hivemind_agents.errors import UserError

pytestmark = pytest.mark.fast


def test_a_value_in_clear_is_plain() -> None:
    """`--env NAME=VALUE` keeps everything after the first equals sign."""
    found = variables.collect(["LOG=a=b", "EMPTY="], None, [], {})

    assert {"LOG": "a=b", "EMPTY": ""} == found.plain


def test_a_name_alone_is_a_secret_of_this_environment() -> None:
    """Its value is never on a command line."""
    found = variables.collect(["STRIPE"], None, [], {"STRIPE": "hush"})

    assert ({}, {"STRIPE": "hush"}) == (found.plain, found.secret)
    assert "hush" not in repr(found)


def test_a_name_that_is_not_in_the_environment_is_refused() -> None:
    """It is not silently empty."""
    with pytest.raises(UserError) as caught:
        variables.collect(["STRIPE"], None, [], {})

    assert "STRIPE" in caught.value.message


def test_what_looks_like_a_secret_is_stored_as_one() -> None:
    """And the user is told that it stood on the command line."""
    found = variables.collect(["API_TOKEN=hush"], None, [], {})

    assert ({}, {"API_TOKEN": "hush"}, ("API_TOKEN",)) == (found.plain, found.secret, found.exposed)


def test_a_secrets_value_on_the_command_line_is_refused() -> None:
    """And not repeated."""
    with pytest.raises(UserError) as caught:
        variables.collect([], None, ["KEY=hush"], {})

    assert "hush" not in str(caught.value)


def test_a_reference_is_handed_on() -> None:
    """It is no value."""
    arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x#key"
    found = variables.collect([], None, [f"A={arn}", "B=ssm:/x/y", "C"], {})

    assert {"A": arn, "B": "ssm:/x/y", "C": "ssm:/hivemind/shop/env/C"} == found.all_references(
        "shop"
    )
    assert ("C",) == found.asked


def test_secrets_are_read_line_by_line_where_there_is_no_terminal() -> None:
    """In the order in which they were named."""
    assert {"A": "1", "B": "2"} == variables.ask(("A", "B"), terminal=False, lines=["1", "2"])
    with pytest.raises(UserError) as caught:
        variables.ask(("A", "B"), terminal=False, lines=["1"])
    assert "B" in str(caught.value)


def test_an_env_file_is_read_as_shells_and_docker_do(tmp_path: Path) -> None:
    """Comments, export, quotes, blank lines."""
    file = tmp_path / "env"
    file.write_text(
        "# comment\n\nexport A=1\nB = two words # comment\nC='single # kept'\n"
        'D="line\\nbreak"\nE=\nURL=postgresql://u:p@h/db?x=1#frag\n'
    )

    assert {
        "A": "1",
        "B": "two words",
        "C": "single # kept",
        "D": "line\nbreak",
        "E": "",
        "URL": "postgresql://u:p@h/db?x=1#frag",
    } == variables.read_env_file(file)


@pytest.mark.parametrize("line", ["hush", "1A=hush", "A B=hush", "=hush"])
def test_a_broken_line_is_named_by_number_alone(tmp_path: Path, line: str) -> None:
    """Its text may be a secret."""
    file = tmp_path / "env"
    file.write_text(f"A=1\n{line}\n")

    with pytest.raises(UserError) as caught:
        variables.read_env_file(file)

    assert "line 2" in caught.value.message
    assert "hush" not in str(caught.value)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.text("ABCXYZ_", min_size=1, max_size=6),
        st.text('abc \t#="\\$äöü€😀', max_size=12),
        max_size=4,
    )
)
def test_quoted_values_survive_any_file(values: dict[str, str]) -> None:
    """What stands between single quotes comes back as it is."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "env"
        file.write_text("".join(f"{name}='{value}'\n" for name, value in values.items()))

        assert values == variables.read_env_file(file)
