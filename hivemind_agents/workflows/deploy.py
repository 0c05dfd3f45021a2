"""Deploy: the plan's stages in order, and QA's word on what `verify` saw."""

from typing import Any

from hivemind_agents.domain.plan import Plan
from hivemind_agents.domain.run import Failure, WorkflowResult
from hivemind_agents.ports import Stages
from hivemind_agents.workflows.steps import unsuccessful

VERIFICATION = "verify"


async def deploy(plan: Plan, *, stages: Stages) -> WorkflowResult:
    """Apply an approved plan.

    Safe to replay: a stage that is done is not run again, and QA is not asked twice.
    """
    outputs: dict[str, Any] = {}
    summary: str | None = None
    name = plan.deployment_name
    for step in plan.steps:
        outcome = await stages.run(step.verb, step.arguments)
        outputs.update(outcome.outputs)
        if outcome.status != "succeeded":
            return unsuccessful(step, outcome, outputs)
        if step.verb != VERIFICATION:
            continue
        verdict = await stages.judge(outcome.outputs)
        summary = verdict.summary
        if not verdict.done:
            return WorkflowResult(
                status="vetoed",
                outputs=outputs,
                summary=summary,
                failure=Failure(
                    stage=step.verb,
                    message=verdict.summary,
                    mend=f"hivemind logs {name}, then hivemind verify {name}",
                    evidence=verdict.reasons,
                ),
            )
    return WorkflowResult(status="succeeded", outputs=outputs, summary=summary)
