"""The effects of one run: verbs executed, agents asked, stages and events recorded."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Mapping
from typing import Any

from hivemind_agents.domain.decision import Verdict, VerificationBrief
from hivemind_agents.domain.redaction import Redactor
from hivemind_agents.domain.run import (
    Failure,
    NoteEvent,
    Run,
    RunEvent,
    StageEvent,
    StageRecord,
    StageStatus,
    VerbOutcome,
)
from hivemind_agents.errors import HivemindError, UserError
from hivemind_agents.ports import Clock, Decider, Executor, OnEvent, RunStore, VerbCall

log = logging.getLogger(__name__)

_FLUSH_SECONDS = 0.25
_STAGE_STATUS: dict[str, StageStatus] = {"succeeded": "succeeded", "cancelled": "cancelled"}


class Session:
    """One attempt at a run. Implements Stages by doing; the engine decides what is still to do."""

    def __init__(
        self,
        run: Run,
        *,
        executor: Executor,
        decider: Decider,
        store: RunStore,
        clock: Clock,
        redactor: Redactor,
        on_event: OnEvent | None,
    ) -> None:
        self.run_state = run
        self.failure: Failure | None = None
        self._executor = executor
        self._decider = decider
        self._store = store
        self._clock = clock
        self._redactor = redactor
        self._listener = on_event
        self._events: deque[RunEvent] = deque()
        self._stopping = False

    async def run(self, verb: str, arguments: dict[str, Any]) -> VerbOutcome:
        if self._stopping:
            return _stopped(verb)
        started = self._clock.now()
        await self._stage(StageRecord(name=verb, status="running", started_at=started))
        self.tell(StageEvent(at=started, stage=verb, status="running"))
        call = VerbCall(
            run_id=self.run_state.id,
            verb=verb,
            deployment_name=self.run_state.deployment_name,
            arguments=arguments,
        )
        try:
            outcome = await self._executor.run(call, on_event=self.tell)
        except HivemindError as error:
            failure = Failure(stage=verb, message=error.message, mend=error.mend)
            outcome = VerbOutcome(status="failed", failure=failure)
        ended = self._clock.now()
        status = _STAGE_STATUS.get(outcome.status, "failed")
        seconds = round((ended - started).total_seconds(), 3)
        record = StageRecord(
            name=verb,
            status=status,
            started_at=started,
            seconds=seconds,
            changed=outcome.changed,
        )
        await self._stage(record)
        self.tell(
            StageEvent(
                at=ended,
                stage=verb,
                status=status,
                seconds=seconds,
                changed=outcome.changed,
                message=outcome.failure.message if outcome.failure else None,
            )
        )
        return outcome

    async def judge(self, outputs: dict[str, Any]) -> Verdict:
        brief = VerificationBrief(
            deployment_name=self.run_state.deployment_name, outputs=self._redactor.data(outputs)
        )
        return await self._decider.judge(brief, on_event=self.tell, perform=self._again)

    async def _again(self, verb: str, arguments: Mapping[str, Any]) -> VerbOutcome:
        """Run an approved verb for an agent that wants to look twice; the stage stays as it is."""
        if verb not in {stage.name for stage in self.run_state.stages}:
            raise UserError(f"{verb} is no part of the approved plan")
        call = VerbCall(
            run_id=self.run_state.id,
            verb=verb,
            deployment_name=self.run_state.deployment_name,
            arguments=dict(arguments),
        )
        return await self._executor.run(call, on_event=self.tell)

    async def stop(self, failure: Failure | None = None) -> None:
        """End what is under way and start nothing more; `failure`: why, when nobody asked."""
        self._stopping = True
        self.failure = self.failure or failure
        await self._executor.cancel(self.run_state.id)

    def tell(self, event: RunEvent) -> None:
        """Record an event and hand it on; on any thread."""
        if isinstance(event, NoteEvent):
            event = event.model_copy(update={"message": self._redactor.text(event.message)})
        self._events.append(event)
        if self._listener is None:
            return
        try:
            self._listener(event)
        except Exception as error:  # noqa: BLE001 - whatever a listener does
            # A pipe that was closed, a browser that went away: the run goes on.
            log.warning("nobody listens to run %s any more: %r", self.run_state.id, error)
            self._listener = None

    @contextlib.asynccontextmanager
    async def recording(self) -> AsyncIterator[None]:
        """Store events while the body runs, and all of them before it ends."""
        task = asyncio.create_task(self._flush_often())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            await self._flush()

    async def _flush_often(self) -> None:
        while True:
            await asyncio.sleep(_FLUSH_SECONDS)
            await self._flush()

    async def _flush(self) -> None:
        events = []
        while self._events:
            events.append(self._events.popleft())
        await self._store.append(self.run_state.id, events)

    async def _stage(self, record: StageRecord) -> None:
        known = {stage.name for stage in self.run_state.stages}
        stages = (
            tuple(record if stage.name == record.name else stage for stage in self.run_state.stages)
            if record.name in known
            else (*self.run_state.stages, record)
        )
        self.run_state = self.run_state.model_copy(update={"stages": stages})
        await self._store.save(self.run_state)


def _stopped(verb: str) -> VerbOutcome:
    return VerbOutcome(
        status="cancelled", failure=Failure(stage=verb, message="stopped before it began")
    )
