"""What the workflows need of the world. Adapters implement these; `bootstrap` chooses them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from hivemind_agents.domain.base import Frozen
from hivemind_agents.domain.decision import PlanBrief, Verdict, VerificationBrief
from hivemind_agents.domain.deployment import Deployment
from hivemind_agents.domain.executor import ExecutorRow
from hivemind_agents.domain.lease import Holder, Lease, Owner
from hivemind_agents.domain.plan import Plan
from hivemind_agents.domain.run import Run, RunEvent, VerbOutcome, WorkflowResult

# Called on any thread, in order, with events that hold no secret.
OnEvent = Callable[[RunEvent], None]
# Runs a verb that was approved.
Perform = Callable[[str, Mapping[str, Any]], Awaitable[VerbOutcome]]


class VerbCall(Frozen):
    """One execution of one verb."""

    run_id: str
    verb: str
    deployment_name: str
    arguments: dict[str, Any]
    check: bool = False


class Executor(Protocol):
    """Runs verbs, on Ansible."""

    async def run(self, call: VerbCall, *, on_event: OnEvent) -> VerbOutcome:
        """Run a verb to its end; a failed one is a value too.

        Cancelling the task ends the verb and everything that it started, before it returns.
        Raises PlaybookArgumentError before anything is started.
        """
        ...

    async def cancel(self, run_id: str) -> None:
        """End what the run executes here; its `run` returns an outcome `cancelled`."""
        ...

    async def clean_up(self, run_id: str) -> int:
        """End the processes that a dead executor left of a run; return how many there were."""
        ...


class Decider(Protocol):
    """The agents."""

    async def plan(self, brief: PlanBrief, *, on_event: OnEvent) -> Plan:
        """Decide the verbs, their arguments and the reasons."""
        ...

    async def judge(
        self, brief: VerificationBrief, *, on_event: OnEvent, perform: Perform | None = None
    ) -> Verdict:
        """Say whether what was verified may be called done.

        `perform` runs an approved verb again, for a fault that may have passed.
        """
        ...


class DeploymentStore(Protocol):
    """The records and leases of a target."""

    async def read(self, name: str) -> Deployment | None: ...

    async def list(self) -> Sequence[Deployment]: ...

    async def update(
        self, name: str, change: Callable[[Deployment | None], Deployment], fence: int | None
    ) -> Deployment:
        """Change a record by compare-and-swap; a fence older than the record's is refused."""
        ...

    async def acquire(self, name: str, owner: Owner) -> Lease:
        """Take the lease, or enter it again by run id. Raises LeaseHeld."""
        ...

    async def renew(self, lease: Lease) -> Lease:
        """Put its end off. Raises LeaseLost."""
        ...

    async def release(self, lease: Lease) -> None: ...

    async def holder(self, name: str) -> Holder | None: ...


class ArtifactStore(Protocol):
    """Immutable archives by digest."""

    async def put(self, path: Path) -> str: ...

    async def get(self, digest: str, path: Path) -> None: ...

    async def exists(self, digest: str) -> bool: ...

    async def delete(self, digest: str) -> None: ...


class RunStore(Protocol):
    """Runs, their stages and events, and who executes them."""

    async def create(self, run: Run, plan: Plan) -> None: ...

    async def save(self, run: Run) -> None:
        """Replace a run's row and stages by what is known now."""
        ...

    async def get(self, run_id: str) -> Run | None:
        """A run by its id, or by a beginning that only one has."""
        ...

    async def plan(self, run_id: str) -> Plan | None: ...

    async def list(self, deployment: str | None, target: str | None, limit: int) -> Sequence[Run]:
        """Newest first."""
        ...

    async def append(self, run_id: str, events: Sequence[RunEvent]) -> None: ...

    async def events(self, run_id: str, after: int) -> Sequence[tuple[int, RunEvent]]: ...

    async def claim(self, run: Run, executor_id: str) -> Run | None:
        """Make a run this executor's, as its next attempt; None when another was faster."""
        ...

    async def request_cancel(self, run_id: str, at: datetime) -> None:
        """Ask the process that executes a run, wherever it is, to stop it."""
        ...

    async def cancel_requested(self, run_id: str, since: datetime) -> bool: ...

    async def register(self, executor: ExecutorRow) -> None: ...

    async def beat(self, executor_id: str, at: datetime) -> None: ...

    async def executor(self, executor_id: str) -> ExecutorRow | None: ...

    async def close(self) -> None: ...


class Stages(Protocol):
    """Executes a workflow's effects once each, whatever happens to the process in between."""

    async def run(self, verb: str, arguments: dict[str, Any]) -> VerbOutcome:
        """Run a verb; one that succeeded before is not run again: its outcome is returned."""
        ...

    async def judge(self, outputs: dict[str, Any]) -> Verdict:
        """Ask the agent that verifies; its answer is kept, too."""
        ...


class Engine(Protocol):
    """Executes workflows durably."""

    @property
    def executor_id(self) -> str:
        """Of this process, and never of another."""
        ...

    async def run(self, run: Run, plan: Plan, effects: Stages) -> WorkflowResult:
        """Execute the plan's workflow; `effects` are called for what is not done yet.

        With `run.attempt` above 1 it goes on where the attempt before stopped. Cancelling the
        task does not stop the workflow: stopping is for `effects`.
        """
        ...

    async def close(self) -> None: ...


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """Now, in UTC."""
        ...
