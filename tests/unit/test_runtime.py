"""The runtime as the doors see it: approvals, plans, what can be gone on with."""

import asyncio
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from hivemind_agents import bootstrap
from hivemind_agents.adapters import extra_vars
from hivemind_agents.domain.plan import Plan, Step
from hivemind_agents.domain.run import Failure, Run
from hivemind_agents.errors import ApprovalMissing, Cancelled, RunFailed, UserError, Vetoed
from hivemind_agents.targets import Target

pytestmark = [pytest.mark.fast, pytest.mark.anyio]

AT = datetime(2026, 1, 1, tzinfo=UTC)
PLAN = Plan(
    verb="deploy",
    deployment_name="demo",
    arguments={"deployment_name": "demo", "app_description": "{{ boom }}"},
    steps=(Step(verb="build", arguments={"deployment_name": "demo"}, reason="because"),),
)


class _Loader(yaml.SafeLoader):
    """Reads `!unsafe` as Ansible does: as text."""


_Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Target:
    """A target that nothing reaches, and a state folder of the test's own."""
    monkeypatch.setenv("HIVEMIND_STATE_DIR", str(tmp_path))
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "HIVEMIND_TARGET"):
        monkeypatch.setenv(name, "eu-west-1")
    return Target(name="nowhere", region="eu-west-1")


def run(status: str, *, name: str = "demo", minutes: int = 0, **more) -> Run:
    fields = {
        "id": f"{name}-{minutes}",
        "deployment_name": name,
        "verb": "deploy",
        "status": status,
        "executor_id": "e",
        "started_at": AT + timedelta(minutes=minutes),
    }
    return Run(**{**fields, **more})


async def test_a_change_needs_the_approval_of_its_very_plan(target: Target) -> None:
    """
    Without an approval, or with that of another plan, nothing is started or kept.
    """
    async with bootstrap.runtime(target) as hivemind:
        for approval in (None, "0" * 64):
            with pytest.raises(ApprovalMissing, match="waits for an approval"):
                await hivemind.execute(PLAN, approval=approval)

        assert [] == await hivemind.runs()


async def test_the_printed_command_reproduces_the_plan(target: Target, tmp_path: Path) -> None:
    """
    The command names the playbook and a file that holds the plan's arguments as they are.
    """
    async with bootstrap.runtime(target) as hivemind:
        words = shlex.split(hivemind.playbook_command(PLAN))
    file = Path(words[-1].removeprefix("@"))
    text = await asyncio.to_thread(file.read_text)

    assert words[-3].endswith("playbooks/deploy.yml")
    assert file.is_relative_to(tmp_path)
    assert '!unsafe "{{ boom }}"' in text
    found = yaml.load(text, _Loader)  # noqa: S506 - a safe loader
    assert PLAN.arguments == {name: found[name] for name in PLAN.arguments}
    assert PLAN.digest == found["hivemind_plan"]["digest"]


async def test_nothing_to_go_on_with_is_said(target: Target) -> None:
    """
    On a machine without runs, and for a name that is none.
    """
    async with bootstrap.runtime(target) as hivemind:
        with pytest.raises(UserError, match="no run to go on with"):
            await hivemind.resume()
        with pytest.raises(UserError, match="neither a run nor a deployment"):
            await hivemind.resume("ghost")


@pytest.mark.parametrize(
    ("newest_first", "expected"),
    [
        ([run("failed", minutes=2), run("succeeded")], "demo-2"),
        ([run("succeeded", minutes=2), run("failed")], None),
        ([run("succeeded", minutes=3), run("cancelled", name="other", minutes=2),
          run("failed", minutes=1)], "other-2"),
        ([], None),
    ],
)  # fmt: skip
def test_only_a_deployments_last_run_is_gone_on_with(newest_first, expected) -> None:
    """
    A failure that a later run has overtaken is history.
    """
    found = bootstrap._last_unfinished(newest_first)

    assert expected == (found.id if found else None)


@pytest.mark.parametrize(
    ("ended", "error", "mend"),
    [
        (run("failed", failure=Failure(stage="build", message="no", mend="mend it")),
         RunFailed, "mend it"),
        (run("failed", failure=Failure(stage="build", message="no")),
         RunFailed, "hivemind resume demo-0"),
        (run("vetoed", failure=Failure(stage="verify", message="no")),
         Vetoed, "hivemind resume demo-0"),
        (run("cancelled"), Cancelled, "hivemind resume demo-0"),
    ],
)  # fmt: skip
def test_a_bad_end_is_an_error_with_its_mend(ended: Run, error: type, mend: str) -> None:
    """
    Each end has its own exit code, and says how to go on.
    """
    with pytest.raises(error) as raised:
        bootstrap.raise_for_status(ended)

    assert mend in raised.value.mend


def test_a_good_end_raises_nothing() -> None:
    """
    `succeeded` is no error.
    """
    bootstrap.raise_for_status(run("succeeded"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.property
@settings(deadline=None)
@given(st.dictionaries(st.text(min_size=1), JSON))
def test_extra_vars_come_back_as_they_were(variables) -> None:
    """
    Any text survives the file, templates as plain text.
    """
    assert variables == yaml.load(extra_vars.dump(variables), _Loader)  # noqa: S506
