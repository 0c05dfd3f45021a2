"""The durable engine: DBOS, one step a stage.

A process has an executor id of its own that is never used again: with DBOS's default id, merely
launching it would run once more what another process is running. So nothing is ever recovered by
itself; `run` with a later attempt forks the attempt before at its first stage that is not done,
onto a queue that only this process listens to.
"""

import asyncio
import logging
import uuid
from pathlib import Path
from typing import Any

from dbos import DBOS, DBOSConfig, SetWorkflowID

from hivemind_agents.domain.decision import Verdict
from hivemind_agents.domain.plan import Plan
from hivemind_agents.domain.run import Run, VerbOutcome, WorkflowResult
from hivemind_agents.ports import Stages
from hivemind_agents.workflows.registry import workflow_of

log = logging.getLogger(__name__)

# The version of the workflows' steps: it changes when an older run could not go on with newer code.
WORKFLOW_VERSION = "hivemind-1"
_VERB = "verb "
_JUDGE = "judge"
_POLL_SECONDS = 0.2


class DbosEngine:
    """The Engine port. One a process: DBOS has global state."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._executor_id = str(uuid.uuid4())
        self._effects: dict[str, Stages] = {}
        self._launched = False
        self._queued = False

    @property
    def executor_id(self) -> str:
        return self._executor_id

    async def run(self, run: Run, plan: Plan, effects: Stages) -> WorkflowResult:
        await self._launch()
        self._effects[run.id] = effects
        try:
            done = await self._carried_over(run)
            if done:
                return await self._go_on(run, done)
            with SetWorkflowID(attempt_id(run.id, run.attempt)):
                handle = await DBOS.start_workflow_async(
                    self._workflow, run.id, plan.model_dump(mode="json")
                )
            return WorkflowResult.model_validate(await handle.get_result())
        finally:
            self._effects.pop(run.id, None)

    async def close(self) -> None:
        if self._launched:
            self._launched = False
            if self._queued:
                await DBOS.delete_queue_async(self._queue)
            await asyncio.to_thread(DBOS.destroy)

    @property
    def _queue(self) -> str:
        return f"hivemind-{self._executor_id}"

    async def _launch(self) -> None:
        if self._launched:
            return
        config: DBOSConfig = {
            "name": "hivemind",
            "system_database_url": self._url,
            "executor_id": self._executor_id,
            "application_version": WORKFLOW_VERSION,
            "log_level": "ERROR",
            "enable_otlp": False,
        }
        DBOS(config=config)

        async def workflow(run_id: str, plan: dict[str, Any]) -> dict[str, Any]:
            return await self._run_workflow(run_id, plan)

        self._workflow = DBOS.workflow(name="hivemind-run")(workflow)
        DBOS.listen_queues([self._queue])
        DBOS.launch()
        self._launched = True

    async def _run_workflow(self, run_id: str, plan: dict[str, Any]) -> dict[str, Any]:
        stages = _DurableStages(self._effects[run_id])
        parsed = Plan.model_validate(plan)
        result = await workflow_of(parsed.verb)(parsed, stages=stages)
        return result.model_dump(mode="json")

    async def _carried_over(self, run: Run) -> tuple[str, int] | None:
        """The newest earlier attempt that DBOS knows, and the step at which to go on."""
        for attempt in range(run.attempt - 1, 0, -1):
            earlier = attempt_id(run.id, attempt)
            if await DBOS.get_workflow_status_async(earlier) is None:
                continue
            steps = sorted(
                await DBOS.list_workflow_steps_async(earlier), key=lambda step: step["function_id"]
            )
            for step in steps:
                if not _is_done(step["function_name"], step["output"]):
                    return earlier, step["function_id"]
            return earlier, len(steps) + 1
        return None

    async def _go_on(self, run: Run, done: tuple[str, int]) -> WorkflowResult:
        earlier, step = done
        log.info("run %s goes on at step %s of %s", run.id, step, earlier)
        await DBOS.cancel_workflow_async(earlier)
        # Only a fork needs one: asking the database for its work all the time costs a deploy 5 %.
        await DBOS.register_queue_async(self._queue, polling_interval_sec=_POLL_SECONDS)
        self._queued = True
        with SetWorkflowID(attempt_id(run.id, run.attempt)):
            handle = await DBOS.fork_workflow_async(
                earlier, step, application_version=WORKFLOW_VERSION, queue_name=self._queue
            )
        result = await handle.get_result(polling_interval_sec=_POLL_SECONDS)
        return WorkflowResult.model_validate(result)


class _DurableStages:
    """Stages whose results DBOS keeps: what is done is not done again."""

    def __init__(self, effects: Stages) -> None:
        self._effects = effects

    async def run(self, verb: str, arguments: dict[str, Any]) -> VerbOutcome:
        async def step() -> dict[str, Any]:
            outcome = await self._effects.run(verb, arguments)
            return outcome.model_dump(mode="json")

        kept = await DBOS.run_step_async({"name": f"{_VERB}{verb}"}, step)
        return VerbOutcome.model_validate(kept)

    async def judge(self, outputs: dict[str, Any]) -> Verdict:
        async def step() -> dict[str, Any]:
            verdict = await self._effects.judge(outputs)
            return verdict.model_dump(mode="json")

        return Verdict.model_validate(await DBOS.run_step_async({"name": _JUDGE}, step))


def default_url(folder: Path) -> str:
    """A SQLite file of its own in the machine's state folder."""
    return f"sqlite:///{folder / 'workflows.db'}"


def attempt_id(run_id: str, attempt: int) -> str:
    """DBOS's id of an attempt at a run."""
    return f"{run_id}-{attempt}"


def _is_done(name: str, output: Any) -> bool:  # noqa: ANN401 - what was kept
    """Whether a step's result stands: a verb that failed is run again, a veto is judged again."""
    if not isinstance(output, dict):
        return False
    if name == _JUDGE:
        return output.get("done") is True
    return output.get("status") == "succeeded"
