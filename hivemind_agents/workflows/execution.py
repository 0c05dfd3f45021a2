"""One attempt at a run, from its lease to its end."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from hivemind_agents.domain.deployment import Deployment
from hivemind_agents.domain.lease import Lease, LeaseLost, Owner
from hivemind_agents.domain.plan import Plan
from hivemind_agents.domain.redaction import Redactor
from hivemind_agents.domain.run import Failure, NoteEvent, Run, WorkflowResult
from hivemind_agents.errors import HivemindError, RunFailed, StateBucketMissing
from hivemind_agents.ports import (
    Clock,
    Decider,
    DeploymentStore,
    Engine,
    Executor,
    OnEvent,
    RunStore,
    VerbCall,
)
from hivemind_agents.workflows.session import Session

log = logging.getLogger(__name__)

_RENEW_SECONDS = 15.0
_BEAT_SECONDS = 5.0
_WATCH_SECONDS = 1.0
_UNDER_WAY = frozenset({"new", "deploying", "rolling-back", "destroying"})


@dataclass(frozen=True)
class World:
    """The ports that an execution needs."""

    engine: Engine
    executor: Executor
    decider: Decider
    deployments: DeploymentStore
    runs: RunStore
    clock: Clock
    redactor: Redactor


async def execute(
    run: Run, plan: Plan, *, world: World, on_event: OnEvent | None, changes: bool = True
) -> Run:
    """Run a plan's workflow to its end, holding the lease; return the run as it is stored.

    A run of verbs that only read (`changes` false) takes no lease. Cancelling the task stops
    the run and returns it, too. Raises LeaseHeld before anything is changed: a first attempt that
    is refused was no run, and is not kept.
    """
    session = Session(
        run,
        executor=world.executor,
        decider=world.decider,
        store=world.runs,
        clock=world.clock,
        redactor=world.redactor,
        on_event=on_event,
    )
    try:
        lease = await _take(run, world, session) if changes else None
    except (HivemindError, asyncio.CancelledError) as error:
        if run.attempt > 1:
            await _refused(run, error, world)
        raise
    if run.attempt == 1:
        await world.runs.create(run, plan)
    async with session.recording():
        broken: Exception | None = None
        async with _background(run, lease, world, session):
            try:
                result = await _to_the_end(run, plan, world, session)
            except Exception as error:  # noqa: BLE001 - kept with the run, then raised again
                broken = error
                result = WorkflowResult(status="failed", failure=_unexpected(run, error))
        if session.failure is not None and result.status == "cancelled":
            result = result.model_copy(update={"status": "failed", "failure": session.failure})
        ended = session.run_state.model_copy(
            update={
                "status": result.status,
                "ended_at": world.clock.now(),
                "outputs": result.outputs,
                "summary": result.summary,
                "failure": result.failure,
            }
        )
        if lease is not None:
            await _let_go(lease, ended, world)
        await world.runs.save(ended)
    if broken is not None and not isinstance(broken, HivemindError):
        raise broken
    return ended


def _unexpected(run: Run, error: Exception) -> Failure:
    if isinstance(error, HivemindError):
        return Failure(stage=run.verb, message=error.message, mend=error.mend)
    return Failure(stage=run.verb, message=f"the engine failed: {error!r}")


async def _to_the_end(run: Run, plan: Plan, world: World, session: Session) -> WorkflowResult:
    """The workflow's result; when we are cancelled, after everything has been ended."""
    work = asyncio.create_task(world.engine.run(run, plan, session))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        if work.cancelled():
            raise
        await session.stop()
        return await work


async def _take(run: Run, world: World, session: Session) -> Lease:
    """The deployment's lease; on a target's first deploy the state bucket is made before."""
    owner = Owner.here(run.id, run.verb)
    try:
        return await world.deployments.acquire(run.deployment_name, owner)
    except StateBucketMissing:
        note = "This is the target's first deployment: making the state bucket."
        session.tell(NoteEvent(at=world.clock.now(), agent="conductor", message=note))
    call = VerbCall(
        run_id=run.id, verb="bootstrap", deployment_name=run.deployment_name, arguments={}
    )
    outcome = await world.executor.run(call, on_event=session.tell)
    if outcome.status != "succeeded":
        why = outcome.failure
        raise RunFailed(
            f"the state bucket could not be made: {why.message if why else outcome.status}",
            mend=(why.mend if why else None) or "hivemind bootstrap",
        )
    return await world.deployments.acquire(run.deployment_name, owner)


async def _refused(run: Run, error: BaseException, world: World) -> None:
    """Keep that a run could not go on, and why; it can be tried again."""
    message = error.message if isinstance(error, HivemindError) else "stopped on request"
    mend = error.mend if isinstance(error, HivemindError) else None
    await world.runs.save(
        run.model_copy(
            update={
                "status": "failed" if isinstance(error, HivemindError) else "cancelled",
                "ended_at": world.clock.now(),
                "failure": Failure(stage=run.verb, message=message, mend=mend),
            }
        )
    )


@contextlib.asynccontextmanager
async def _background(
    run: Run, lease: Lease | None, world: World, session: Session
) -> AsyncIterator[None]:
    """Renew the lease, show that we live, and listen for a wish to stop, while the body runs."""
    tasks = [
        asyncio.create_task(_beat(world)),
        asyncio.create_task(_watch(run, world, session, world.clock.now())),
    ]
    if lease is not None:
        tasks.append(asyncio.create_task(_renew(lease, world, session)))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _renew(lease: Lease, world: World, session: Session) -> None:
    """Renew until the lease is another's; then stop, since its holder may write already."""
    while True:
        await asyncio.sleep(_RENEW_SECONDS)
        try:
            lease = await world.deployments.renew(lease)
        except LeaseLost as error:
            failure = Failure(stage=lease.owner.verb, message=error.message, mend=error.mend)
            await session.stop(failure)
            return
        except HivemindError as error:
            # The next time may work; what we write is fenced in any case.
            log.warning("the lease of %s could not be renewed: %s", lease.name, error.message)


async def _beat(world: World) -> None:
    while True:
        await asyncio.sleep(_BEAT_SECONDS)
        with contextlib.suppress(HivemindError):
            await world.runs.beat(world.engine.executor_id, world.clock.now())


async def _watch(run: Run, world: World, session: Session, since: datetime) -> None:
    while True:
        await asyncio.sleep(_WATCH_SECONDS)
        with contextlib.suppress(HivemindError):
            if await world.runs.cancel_requested(run.id, since):
                await session.stop()
                return


async def _let_go(lease: Lease, run: Run, world: World) -> None:
    """Record the end where the verbs could not, and release the lease, whatever comes of that.

    The run's own outcome is worth more than an error here; a lease ends by itself.
    """
    try:
        record = await world.deployments.read(lease.name)
        if record is not None:
            await world.deployments.update(
                lease.name, lambda old: _after(old or record, run), lease.fence
            )
    except HivemindError as error:
        log.warning("the end of %s could not be recorded: %s", run.id, error.message)
    try:
        await world.deployments.release(lease)
    except HivemindError as error:
        log.warning("the lease of %s was not let go: %s", lease.name, error.message)


def _after(record: Deployment, run: Run) -> Deployment:
    """The record after a run: why it failed; and nothing stays under way. What was live, is."""
    why = None if run.status == "succeeded" or run.failure is None else run.failure.message
    after = record.model_copy(update={"failure_analysis": why, "retry_count": run.attempt - 1})
    if run.status == "succeeded" or record.status not in _UNDER_WAY:
        return after
    still_live = run.verb == "deploy" and record.live_release is not None
    return after.model_copy(update={"status": "live" if still_live else "failed"})
