"""What all workflows share: the plan's steps, one after the other."""

from typing import Any

from hivemind_agents.domain.plan import Plan, Step
from hivemind_agents.domain.run import Failure, RunStatus, VerbOutcome, WorkflowResult
from hivemind_agents.ports import Stages

# Begins the message of a verification that refuses to call a deployment done.
VETO = "VETO:"


async def follow(plan: Plan, *, stages: Stages) -> WorkflowResult:
    """Run every step; the first that does not succeed ends the workflow."""
    outputs: dict[str, Any] = {}
    for step in plan.steps:
        outcome = await stages.run(step.verb, step.arguments)
        outputs.update(outcome.outputs)
        if outcome.status != "succeeded":
            return unsuccessful(step, outcome, outputs)
    return WorkflowResult(status="succeeded", outputs=outputs)


def unsuccessful(step: Step, outcome: VerbOutcome, outputs: dict[str, Any]) -> WorkflowResult:
    """The result of a workflow that a step has ended."""
    failure = outcome.failure or Failure(stage=step.verb, message=f"{step.verb} {outcome.status}")
    status: RunStatus = "failed"
    if outcome.status == "cancelled":
        status = "cancelled"
    elif failure.message.startswith(VETO):
        status = "vetoed"
        message = failure.message.removeprefix(VETO).strip()
        failure = failure.model_copy(update={"message": message or "the verification says no"})
    return WorkflowResult(status=status, outputs=outputs, failure=failure)
