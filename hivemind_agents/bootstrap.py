"""Puts the runtime together: the only module that names adapters.

    async with runtime(target) as hivemind:
        plan = await hivemind.plan(DeployRequest(...), on_event=show)
        run = await hivemind.execute(plan, approval=plan.digest, on_event=show)
        raise_for_status(run)

Imports are lazy: `deployments` costs boto3, `runs` the run store, and only what executes a run
launches the workflow engine.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from hivemind_agents.domain.deployment import Deployment
from hivemind_agents.domain.plan import Plan
from hivemind_agents.domain.request import Request
from hivemind_agents.domain.run import Run, RunEvent, VerbOutcome
from hivemind_agents.errors import Cancelled, RunFailed, Vetoed
from hivemind_agents.targets import Target

# Called on any thread, in order, with events that hold no secret.
OnEvent = Callable[[RunEvent], None]


class Runtime:
    """What every door can ask for, on one target."""

    target: Target

    # Reads: no workflow engine, nothing changed.

    async def deployments(self) -> Sequence[Deployment]:
        """All records of the target, by name; empty when there is no state bucket yet.

        Raises AccessError.
        """
        raise NotImplementedError

    async def deployment(self, name: str) -> Deployment:
        """One record. Raises UnknownDeployment, AccessError."""
        raise NotImplementedError

    async def runs(self, name: str | None = None, limit: int = 20) -> Sequence[Run]:
        """Runs of this machine (or of the shared database), newest first.

        One whose process is proven dead shows as `interrupted`.
        """
        raise NotImplementedError

    async def run(self, run_id: str) -> Run:
        """One run by its id, or by an unambiguous beginning of it. Raises UserError."""
        raise NotImplementedError

    async def plan_of(self, run_id: str) -> Plan:
        """The plan that a run executes. Raises UserError."""
        raise NotImplementedError

    async def events(self, run_id: str, after: int = 0) -> Sequence[tuple[int, RunEvent]]:
        """Stored events with their numbers, those after number `after`."""
        raise NotImplementedError

    # Deciding.

    async def plan(self, request: Request, on_event: OnEvent | None = None) -> Plan:
        """Let the agents decide how to do what is asked; nothing is changed.

        `on_event` gets the agents' notes. Raises PlaybookArgumentError, RepositoryError,
        UnknownDeployment (rollback and destroy of a name without record).
        """
        raise NotImplementedError

    async def what_if(self, plan: Plan, on_event: OnEvent | None = None) -> VerbOutcome:
        """Run the plan's verb in check mode: everything is computed, nothing is changed or stored.

        The outcome's `outputs` hold what the verbs would report.
        """
        raise NotImplementedError

    async def store_secret(self, name: str, variable: str, value: str) -> str:
        """Store the value of a deployment's environment variable; return the reference to it."""
        raise NotImplementedError

    # Changing.

    async def execute(
        self,
        plan: Plan,
        *,
        approval: str | None = None,
        description: str = "",
        on_event: OnEvent | None = None,
    ) -> Run:
        """Do what a plan says, durably, holding the deployment's lease; return how it ended.

        `approval` is the digest of the plan that a person (or `--yes`) has approved; verbs with
        effect `change` or `destroy` need it. Cancelling the task (Ctrl-C) ends the playbook and
        what it started, marks the run `cancelled` and lets the lease go; the Run is returned then
        too. Raises ApprovalMissing, LeaseHeld, AccessError; a failed stage is in the Run.
        """
        raise NotImplementedError

    async def resume(self, run: str | None = None, on_event: OnEvent | None = None) -> Run:
        """Go on with a run that was interrupted, cancelled or failed: the last one, when None.

        `run`: its id, or a deployment's name. Ends what the dead process left, enters the lease
        again, skips the stages that are done. Raises UserError when there is nothing to go on
        with, or when its process still lives.
        """
        raise NotImplementedError

    async def cancel(self, run_id: str) -> Run:
        """Stop a run of this machine: that of a live process is asked to end, that of a dead one
        is cleaned up. Raises UserError when it has ended already."""
        raise NotImplementedError

    def playbook_command(self, plan: Plan, run_id: str | None = None) -> str:
        """The exact command that does the same without any agent.

        With a run's id the plan file is that run's; else it is written for the plan.
        """
        raise NotImplementedError


@asynccontextmanager
async def runtime(
    target: Target, *, environment: Mapping[str, str] | None = None
) -> AsyncIterator[Runtime]:
    """The runtime on a target, closed at the end. Nothing is opened before it is needed."""
    raise NotImplementedError
    yield Runtime()


def raise_for_status(run: Run) -> None:
    """Raise the error of a run that did not succeed, with the mend."""
    if run.status == "succeeded":
        return
    failure = run.failure
    message = failure.message if failure else f"the {run.verb} of {run.deployment_name!r} ended"
    mend = (failure.mend if failure else None) or f"hivemind resume {run.id}"
    if run.status == "cancelled":
        raise Cancelled(
            f"the {run.verb} of {run.deployment_name!r} was stopped; nothing of it runs any more",
            mend=f"hivemind resume {run.id}, or hivemind rollback {run.deployment_name}",
        )
    if run.status == "vetoed":
        raise Vetoed(message, mend=mend)
    raise RunFailed(message, mend=mend)
