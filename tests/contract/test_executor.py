"""Executing verbs: outcomes, events, and an end that leaves nothing behind."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from hivemind_agents.adapters import processes
from hivemind_agents.domain.run import RunEvent
from hivemind_agents.errors import PlaybookArgumentError
from hivemind_agents.ports import VerbCall

pytestmark = [pytest.mark.anyio]


def call(verb: str, folder: Path, *, check: bool = False, **more: Any) -> VerbCall:
    arguments = {"deployment_name": "demo", "folder": str(folder), **more}
    return VerbCall(
        run_id=f"test-{folder.name}",
        verb=verb,
        deployment_name="demo",
        arguments=arguments,
        check=check,
    )


async def test_a_verb_that_succeeds_reports_its_outputs(executor, tmp_path: Path) -> None:
    """
    Outputs come from the verb's report, without what looks like a secret.
    """
    events: list[RunEvent] = []
    outcome = await executor.run(call("succeed", tmp_path), on_event=events.append)

    assert ("succeeded", 1, None) == (outcome.status, outcome.changed, outcome.failure)
    assert {"url": "http://demo.example", "api_token": "***"} == outcome.outputs
    assert "started" == events[0].status


async def test_a_failure_is_a_value_with_its_mend(executor, tmp_path: Path) -> None:
    """
    The task that ended the host says why; its last line says what to do.
    """
    outcome = await executor.run(call("fail", tmp_path), on_event=lambda _: None)

    assert "failed" == outcome.status
    assert "Say what is to be done" == outcome.failure.task
    assert "the database refused password=*** of demo" == outcome.failure.message
    assert "hivemind resume" == outcome.failure.mend


async def test_an_unreachable_host_is_told_from_a_failed_task(executor, tmp_path: Path) -> None:
    """
    Nothing ran on a host that does not answer.
    """
    outcome = await executor.run(call("lost", tmp_path), on_event=lambda _: None)

    assert ("unreachable", "localhost") == (outcome.status, outcome.failure.host)
    assert "refused" in outcome.failure.message


async def test_a_playbook_that_cannot_be_read_says_why(executor, tmp_path: Path) -> None:
    """
    An error before the first task is a failure with Ansible's own words.
    """
    outcome = await executor.run(call("broken", tmp_path), on_event=lambda _: None)

    assert "failed" == outcome.status
    assert outcome.failure.message.startswith("couldn't resolve module/action")


async def test_cancelling_a_run_ends_its_verb(executor, tmp_path: Path) -> None:
    """
    `cancel` makes the verb end as cancelled, and nothing of it runs any more.
    """
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(
        executor.run(
            call("hang", tmp_path), on_event=lambda _: loop.call_soon_threadsafe(begun.set)
        )
    )
    await begun.wait()
    await asyncio.sleep(0.5)
    await executor.cancel(f"test-{tmp_path.name}")
    outcome = await task

    assert "cancelled" == outcome.status
    assert [] == processes.of_run(f"test-{tmp_path.name}")


async def test_cancelling_the_task_leaves_nothing_behind(ansible, tmp_path: Path) -> None:
    """
    Ctrl-C ends ansible-playbook, its workers, and the processes of its modules.
    """
    task = asyncio.create_task(ansible.run(call("hang", tmp_path), on_event=lambda _: None))
    while not (tmp_path / "started").exists():  # noqa: ASYNC110 - made by another process
        await asyncio.sleep(0.05)
    assert len(processes.of_run(f"test-{tmp_path.name}")) > 2
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert [] == processes.of_run(f"test-{tmp_path.name}")


async def test_arguments_are_checked_before_anything_starts(ansible, tmp_path: Path) -> None:
    """
    A misspelt argument is refused with a suggestion, and its value is not repeated.
    """
    with pytest.raises(PlaybookArgumentError, match="did you mean 'folder'") as refused:
        await ansible.run(call("succeed", tmp_path, foldre="s3cret-value"), on_event=print)

    assert "s3cret-value" not in str(refused.value)


async def test_an_argument_is_never_a_template(ansible, tmp_path: Path) -> None:
    """
    What looks like Jinja in a description stays text: nothing of it is executed.
    """
    trap = "{{ lookup('pipe', 'touch " + str(tmp_path / "trapped") + "') }}"
    outcome = await ansible.run(
        call("succeed", tmp_path, app_description=trap), on_event=lambda _: None
    )

    assert "succeeded" == outcome.status
    assert f"{trap}\n" == (tmp_path / "trace").read_text()
    assert not (tmp_path / "trapped").exists()


async def test_check_mode_changes_nothing(ansible, tmp_path: Path) -> None:
    """
    A check reports the change that it would make, and makes none.
    """
    outcome = await ansible.run(call("succeed", tmp_path, check=True), on_event=lambda _: None)

    assert ("succeeded", 1) == (outcome.status, outcome.changed)
    assert not (tmp_path / "trace").exists()


async def test_no_secret_of_the_environment_is_written(
    ansible, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    While a verb runs, no file of its run folder holds a value of our environment; afterwards
    there is no folder.
    """
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "v3ry-secret-value")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "memory"))
    (tmp_path / "memory").mkdir()
    found: list[str] = []

    def search(_: RunEvent) -> None:
        files = [path for path in (tmp_path / "memory").rglob("*") if path.is_file()]
        found.extend(str(path) for path in files if b"v3ry-secret-value" in path.read_bytes())

    await ansible.run(call("succeed", tmp_path), on_event=search)

    assert [] == found
    assert [] == list((tmp_path / "memory").iterdir())
