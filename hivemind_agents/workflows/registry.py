"""Which workflow a verb has; a verb without one of its own is run as it is."""

from collections.abc import Awaitable, Mapping
from typing import Protocol

from hivemind_agents.domain.plan import Plan
from hivemind_agents.domain.run import WorkflowResult
from hivemind_agents.ports import Stages
from hivemind_agents.workflows.deploy import deploy
from hivemind_agents.workflows.destroy import destroy
from hivemind_agents.workflows.rollback import rollback
from hivemind_agents.workflows.steps import follow


class Workflow(Protocol):
    """Pure orchestration of a plan over stages."""

    def __call__(self, plan: Plan, *, stages: Stages) -> Awaitable[WorkflowResult]: ...


_WORKFLOWS: Mapping[str, Workflow] = {"deploy": deploy, "rollback": rollback, "destroy": destroy}


def workflow_of(verb: str) -> Workflow:
    """The workflow of a plan's verb."""
    return _WORKFLOWS.get(verb, follow)
