"""Runs: one workflow's execution, its stages and its events."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from hivemind_agents.domain.base import Frozen

RunStatus = Literal["running", "succeeded", "failed", "vetoed", "cancelled", "interrupted"]
StageStatus = Literal["pending", "running", "succeeded", "failed", "skipped", "cancelled"]


class TaskEvent(Frozen):
    """One task on one host: started, or ended with its outcome."""

    kind: Literal["task"] = "task"
    at: datetime
    stage: str
    task: str
    host: str | None = None
    status: Literal[
        "started", "retrying", "ok", "changed", "skipped", "failed", "unreachable", "ignored"
    ]
    seconds: float | None = None
    message: str | None = None


class StackEvent(Frozen):
    """One CloudFormation resource event, streamed while the stack works."""

    kind: Literal["stack"] = "stack"
    at: datetime
    stage: str
    stack: str
    logical_id: str
    resource_type: str
    status: str
    reason: str | None = None


class StageEvent(Frozen):
    """A stage began or ended."""

    kind: Literal["stage"] = "stage"
    at: datetime
    stage: str
    status: StageStatus
    seconds: float | None = None
    changed: int | None = None
    message: str | None = None


class NoteEvent(Frozen):
    """A sentence of an agent: a decision and its reason, a summary, a warning."""

    kind: Literal["note"] = "note"
    at: datetime
    agent: str
    message: str


RunEvent = Annotated[TaskEvent | StackEvent | StageEvent | NoteEvent, Field(discriminator="kind")]


class Failure(Frozen):
    """Why a stage ended badly: the first failed task and its innermost cause."""

    stage: str
    message: str
    task: str | None = None
    host: str | None = None
    mend: str | None = None
    evidence: tuple[str, ...] = ()


class VerbOutcome(Frozen):
    """What one verb's playbook came to."""

    status: Literal["succeeded", "failed", "unreachable", "cancelled", "timed-out"]
    changed: int = 0
    outputs: dict[str, Any] = {}
    failure: Failure | None = None
    seconds: float = 0.0
    command: str = ""


class StageRecord(Frozen):
    """One stage of a run, with times in seconds."""

    name: str
    status: StageStatus = "pending"
    started_at: datetime | None = None
    seconds: float | None = None
    changed: int | None = None


class Run(Frozen):
    """One workflow's execution."""

    id: str
    deployment_name: str
    verb: str
    status: RunStatus
    executor_id: str
    target: str | None = None
    # Grows with each resume.
    attempt: Annotated[int, Field(ge=1)] = 1
    plan_digest: str | None = None
    started_at: datetime
    ended_at: datetime | None = None
    stages: tuple[StageRecord, ...] = ()
    # What the verbs reported (`set_stats`), e.g. `url`.
    outputs: dict[str, Any] = {}
    # One sentence of the agent that summed it up.
    summary: str | None = None
    failure: Failure | None = None


class WorkflowResult(Frozen):
    """What a workflow came to."""

    status: RunStatus
    outputs: dict[str, Any] = {}
    summary: str | None = None
    failure: Failure | None = None
