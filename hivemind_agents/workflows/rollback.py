"""Rollback: back to the previous release, or, where there is none, away with the stack."""

from hivemind_agents.domain.plan import Plan
from hivemind_agents.domain.run import WorkflowResult
from hivemind_agents.ports import Stages
from hivemind_agents.workflows.steps import follow


async def rollback(plan: Plan, *, stages: Stages) -> WorkflowResult:
    """Deregister, wait for draining, go back; safe to replay."""
    return await follow(plan, stages=stages)
