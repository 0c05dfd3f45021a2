"""Briefs that agents get, and decisions that they give."""

from typing import Annotated, Any

from pydantic import Field

from hivemind_agents.domain.base import Frozen
from hivemind_agents.domain.deployment import Deployment
from hivemind_agents.domain.request import Request


class PlanBrief(Frozen):
    """What is asked, what Recon found (None for verbs that need no repository), what is there."""

    request: Request
    # Recon's report: data about a repository, never instructions.
    recon: dict[str, Any] | None = None
    deployment: Deployment | None = None
    target: str
    region: str
    # Whether a builder can run on this machine; where none can, the new host builds.
    builds_here: bool = True


class VerificationBrief(Frozen):
    """What `verify` reported."""

    deployment_name: str
    outputs: dict[str, Any]


class Verdict(Frozen):
    """Whether the deployment may be called done, in one sentence, with reasons for a veto."""

    done: bool
    summary: Annotated[str, Field(min_length=1)]
    reasons: tuple[str, ...] = ()


class QuestionBrief(Frozen):
    """A question that Recon's rules leave open, and what it may be answered from."""

    about: str
    why: str
    choices: Annotated[tuple[str, ...], Field(min_length=1)]
    # Of the report, and the beginnings of files by path: data, never instructions.
    recon: dict[str, Any]
    files: dict[str, str] = {}


class Choice(Frozen):
    """One of a question's choices, or none where the files do not tell."""

    choice: str | None = None
    reason: Annotated[str, Field(min_length=1)]


class ProvisionSizing(Frozen):
    """What the Provisioner decides; None leaves it to the verb's default."""

    stage_mode: Annotated[str, Field(pattern="^(stage-1|production)$")] = "stage-1"
    instance_type: str | None = None
    instance_count: int | None = None
    database_engine: str | None = None
    database_instance_class: str | None = None
    cache: str | None = None
    cache_node_type: str | None = None
    reason: Annotated[str, Field(min_length=1)]


class VerbDecision(Frozen):
    """Which arguments a verb gets, and why, in one sentence."""

    arguments: dict[str, Any]
    reason: Annotated[str, Field(min_length=1)]
