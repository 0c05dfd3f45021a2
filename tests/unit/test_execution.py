"""One attempt at a run: lease, stages, stops, and what is kept of it."""

import asyncio
from datetime import UTC, datetime

import pytest
from fakes import (
    FakeClock,
    FakeDecider,
    FakeDeploymentStore,
    FakeEngine,
    FakeExecutor,
    FakeRunStore,
)

from hivemind_agents.domain.decision import Verdict
from hivemind_agents.domain.deployment import Deployment
from hivemind_agents.domain.executor import ExecutorRow, Machine, liveness
from hivemind_agents.domain.lease import LeaseHeld, Owner
from hivemind_agents.domain.plan import Plan, Step
from hivemind_agents.domain.redaction import Redactor
from hivemind_agents.domain.run import Failure, Run, RunEvent, VerbOutcome
from hivemind_agents.errors import StateBucketMissing, StateError
from hivemind_agents.workflows import execution
from hivemind_agents.workflows.execution import World, execute

pytestmark = [pytest.mark.fast, pytest.mark.anyio]

STAGES = ("build", "verify", "observe")
PLAN = Plan(
    verb="deploy",
    deployment_name="demo",
    arguments={"deployment_name": "demo"},
    steps=tuple(Step(verb=name, arguments={}, reason="because") for name in STAGES),
)
RUN = Run(
    id="r1",
    deployment_name="demo",
    verb="deploy",
    status="running",
    executor_id="here",
    started_at=datetime(2026, 1, 1, tzinfo=UTC),
)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Here(World):
    """A world of fakes, with their own types."""

    executor: FakeExecutor
    decider: FakeDecider
    deployments: FakeDeploymentStore
    runs: FakeRunStore


@pytest.fixture
def world() -> Here:
    clock = FakeClock()
    return Here(
        engine=FakeEngine(),
        executor=FakeExecutor(),
        decider=FakeDecider(),
        deployments=FakeDeploymentStore(clock),
        runs=FakeRunStore(),
        clock=clock,
        redactor=Redactor(["s3cret-value"]),
    )


def refused(stage: str, message: str = "no", **more) -> VerbOutcome:
    return VerbOutcome(status="failed", failure=Failure(stage=stage, message=message, **more))


async def test_a_run_holds_the_lease_and_lets_it_go(world: Here) -> None:
    """
    While verbs run the lease is the run's; afterwards it is free, and everything is stored.
    """
    held: list[bool] = []
    holders = world.deployments

    def watch(_: RunEvent) -> None:
        held.append(holders.leases["demo"] is not None)

    ended = await execute(RUN, PLAN, world=world, on_event=watch)

    assert (True, None) == (all(held), await holders.holder("demo"))
    assert ("succeeded", "verified") == (ended.status, ended.summary)
    assert ended == await world.runs.get("r1")
    assert list(STAGES) == [stage.name for stage in ended.stages]
    assert list(STAGES) == [call.verb for call in world.executor.calls]
    assert 0 < len(await world.runs.events("r1", 0))


async def test_the_lease_is_let_go_when_the_record_cannot_be_read(
    world: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record that a newer version wrote, say: the run's outcome stands, nobody is locked out."""

    async def unreadable(_name: str) -> None:
        raise StateError("the record was written by a newer version")

    monkeypatch.setattr(world.deployments, "read", unreadable)

    ended = await execute(RUN, PLAN, world=world, on_event=None)

    assert ("succeeded", None) == (ended.status, await world.deployments.holder("demo"))


async def test_a_deployment_that_is_held_is_not_touched(world: Here) -> None:
    """
    The refused run executes nothing and is not kept.
    """
    other = Owner(run_id="r0", host="h", pid=1, user="ada", verb="destroy")
    await world.deployments.acquire("demo", other)

    with pytest.raises(LeaseHeld, match="destroy of ada"):
        await execute(RUN, PLAN, world=world, on_event=None)

    assert ([], None) == (world.executor.calls, await world.runs.get("r1"))


async def test_the_first_deploy_of_a_target_makes_the_state_bucket(world: Here) -> None:
    """
    Where there is no bucket to hold the lease, it is made first.
    """
    acquire, asked = world.deployments.acquire, []

    async def missing_at_first(name: str, owner: Owner):
        asked.append(name)
        if len(asked) == 1:
            raise StateBucketMissing("eu-west-1")
        return await acquire(name, owner)

    world.deployments.acquire = missing_at_first  # type: ignore[method-assign]
    await execute(RUN, PLAN, world=world, on_event=None)

    assert ["bootstrap", *STAGES] == [call.verb for call in world.executor.calls]


async def test_a_failed_stage_ends_the_run_with_its_failure(world: Here) -> None:
    """
    What follows is not run; the record says that the deployment failed, and why.
    """
    at = datetime(2026, 1, 1, tzinfo=UTC)
    record = Deployment(id="1", name="demo", region="r", status="deploying",
                        created_at=at, updated_at=at)  # fmt: skip
    world.deployments.records["demo"] = record
    world.executor.outcomes["build"] = refused("build", "no such file", mend="mend it")
    ended = await execute(RUN, PLAN, world=world, on_event=None)

    assert ("failed", "mend it") == (ended.status, ended.failure.mend)
    assert ["build"] == [call.verb for call in world.executor.calls]
    left = world.deployments.records["demo"]
    assert ("failed", "no such file") == (left.status, left.failure_analysis)


async def test_a_verification_may_veto(world: Here) -> None:
    """
    By its own word, or by QA's.
    """
    world.executor.outcomes["verify"] = refused("verify", "VETO: http answered 500")
    by_verb = await execute(RUN, PLAN, world=world, on_event=None)
    del world.executor.outcomes["verify"]
    world.decider.verdict = Verdict(done=False, summary="it lies", reasons=("a",))
    again = RUN.model_copy(update={"id": "r2"})
    by_qa = await execute(again, PLAN, world=world, on_event=None)

    assert ("vetoed", "http answered 500") == (by_verb.status, by_verb.failure.message)
    assert ("vetoed", "it lies") == (by_qa.status, by_qa.failure.message)


async def test_ctrl_c_stops_the_run_and_keeps_it(world: Here) -> None:
    """
    The verb is ended, the run is `cancelled`, the lease free: it can be gone on with.
    """
    world.executor.outcomes["build"] = None
    task = asyncio.create_task(execute(RUN, PLAN, world=world, on_event=None))
    await world.executor.started.wait()
    task.cancel()
    ended = await task

    assert "cancelled" == ended.status == (await world.runs.get("r1")).status
    assert None is await world.deployments.holder("demo")
    assert 1 == len(world.executor.calls)


async def test_another_process_can_ask_a_run_to_stop(
    world: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    The wish is in the run store; the process that executes the run sees it.
    """
    monkeypatch.setattr(execution, "_WATCH_SECONDS", 0.01)
    world.executor.outcomes["build"] = None
    task = asyncio.create_task(execute(RUN, PLAN, world=world, on_event=None))
    await world.executor.started.wait()
    await world.runs.request_cancel("r1", world.clock.now())

    assert "cancelled" == (await task).status


async def test_a_run_that_lost_its_lease_stops(
    world: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Two writers would harm the deployment: the one that was overtaken ends, and says why.
    """
    monkeypatch.setattr(execution, "_RENEW_SECONDS", 0.01)
    world.executor.outcomes["build"] = None
    task = asyncio.create_task(execute(RUN, PLAN, world=world, on_event=None))
    await world.executor.started.wait()
    world.deployments.leases["demo"] = None
    ended = await task

    assert "failed" == ended.status
    assert "lease" in ended.failure.message


async def test_a_listener_that_breaks_does_not_break_the_run(world: Here) -> None:
    """
    `hivemind deploy | head` closes the pipe; the deploy goes on, and its events are stored.
    """

    def broken(_: RunEvent) -> None:
        raise BrokenPipeError

    ended = await execute(RUN, PLAN, world=world, on_event=broken)

    assert "succeeded" == ended.status
    assert 0 < len(await world.runs.events("r1", 0))


async def test_no_note_carries_a_secret(world: Here) -> None:
    """
    What is stored and shown of a decision is redacted.
    """
    world.decider.verdict = Verdict(done=True, summary="fine")
    seen: list[RunEvent] = []

    async def chatty(brief, *, on_event, perform=None):
        from hivemind_agents.domain.run import NoteEvent

        on_event(NoteEvent(at=world.clock.now(), agent="qa", message="it is s3cret-value"))
        return world.decider.verdict

    world.decider.judge = chatty  # type: ignore[method-assign]
    await execute(RUN, PLAN, world=world, on_event=seen.append)
    stored = [event for _, event in await world.runs.events("r1", 0)]

    assert [] == [event for event in [*seen, *stored] if "s3cret-value" in str(event)]


@pytest.mark.parametrize(
    ("machine", "expected"),
    [
        (Machine(host="h", boot_id="b", started={7: 100}), "alive"),
        (Machine(host="h", boot_id="b", started={7: 101}), "dead"),
        (Machine(host="h", boot_id="b", started={}), "dead"),
        (Machine(host="h", boot_id="other", started={7: 100}), "dead"),
        (Machine(host="other", boot_id="b", started={}), "unknown"),
    ],
)
def test_only_what_is_proven_is_dead(machine: Machine, expected: str) -> None:
    """
    The pid is gone, or another process's, or the machine has rebooted; another machine proves
    nothing.
    """
    row = ExecutorRow(
        id="e", host="h", boot_id="b", pid=7, pid_started=100, heartbeat_at=datetime.now(UTC)
    )

    assert expected == liveness(row, machine)
