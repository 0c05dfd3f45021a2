"""Destroy: take a deployment away with everything that its stack holds."""

from hivemind_agents.domain.plan import Plan
from hivemind_agents.domain.run import WorkflowResult
from hivemind_agents.ports import Stages
from hivemind_agents.workflows.steps import follow


async def destroy(plan: Plan, *, stages: Stages) -> WorkflowResult:
    """Deregister, wait for draining, delete, look for leftovers; safe to replay."""
    return await follow(plan, stages=stages)
