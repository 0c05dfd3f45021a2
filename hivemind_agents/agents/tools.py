"""The agents' tools: the catalogue's verbs, and look-ups that change nothing."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic_ai import (
    ApprovalRequired,
    DeferredToolRequests,
    FunctionToolset,
    ModelRetry,
    RunContext,
    Tool,
    ToolFailed,
)

from hivemind_agents.catalog import Catalog, Verb
from hivemind_agents.domain.decision import VerbDecision
from hivemind_agents.domain.deployment import Deployment
from hivemind_agents.domain.redaction import Redactor
from hivemind_agents.errors import PlaybookArgumentError, UserError
from hivemind_agents.ports import Perform

# Each verb's tool takes one argument more than its playbook: why it is called.
REASON = "reason"

# A decision as a result, or as a verb's call that waits for a person.
Decided = VerbDecision | DeferredToolRequests
ReadDeployment = Callable[[str], Awaitable[Deployment | None]]


@dataclass(frozen=True)
class AgentDeps:
    """What an agent's tools may use.

    `pinned` are arguments that the user has fixed: no agent may say otherwise. `perform` runs a
    verb that is approved already; without it every change waits for a person.
    """

    catalog: Catalog
    redactor: Redactor
    deployment_name: str
    pinned: Mapping[str, Any] = field(default_factory=dict)
    read_deployment: ReadDeployment | None = None
    perform: Perform | None = None


def toolset_of(agent: str, catalog: Catalog) -> FunctionToolset[AgentDeps]:
    """The tools of an agent: its verbs and the look-ups."""
    verbs = [_verb_tool(verb) for verb in catalog.of_agent(agent)]
    return FunctionToolset[AgentDeps](tools=[*verbs, Tool(show_verb), Tool(show_deployment)])


async def show_verb(ctx: RunContext[AgentDeps], name: str) -> dict[str, Any]:
    """Show a verb of the catalogue: what it does and the arguments that it takes."""
    try:
        verb = ctx.deps.catalog[name]
    except UserError as error:
        known = ", ".join(verb.name for verb in ctx.deps.catalog)
        raise ModelRetry(f"{error.message}; there are: {known}") from error
    return {
        "name": verb.name,
        "agent": verb.agent,
        "effect": verb.effect,
        "summary": verb.summary,
        "stages": list(verb.stages),
        "arguments": verb.json_schema(),
    }


async def show_deployment(ctx: RunContext[AgentDeps]) -> dict[str, Any]:
    """Show the record of the deployment under discussion; empty when there is none yet."""
    if ctx.deps.read_deployment is None:
        return {}
    record = await ctx.deps.read_deployment(ctx.deps.deployment_name)
    if record is None:
        return {}
    shown: dict[str, Any] = ctx.deps.redactor.data(record.model_dump(mode="json"))
    return shown


def _verb_tool(verb: Verb) -> Tool[AgentDeps]:
    """A verb as a tool: its spec as schema, checked before anything, approved before a change."""

    async def call(ctx: RunContext[AgentDeps], **arguments: Any) -> dict[str, Any]:  # noqa: ANN401
        arguments.pop(REASON, None)
        # Whoever hands over `perform` has an approved plan; it never covers a destruction.
        approved = ctx.tool_call_approved or verb.effect != "destroy"
        if ctx.deps.perform is None or not approved:
            raise ApprovalRequired(metadata={"verb": verb.name, "effect": verb.effect})
        outcome = await ctx.deps.perform(verb.name, arguments)
        if outcome.status != "succeeded":
            why = outcome.failure.message if outcome.failure else outcome.status
            raise ToolFailed(f"`{outcome.command}` {outcome.status}: {why}")
        return {"command": outcome.command, "outputs": ctx.deps.redactor.data(outcome.outputs)}

    def check(ctx: RunContext[AgentDeps], **arguments: Any) -> None:  # noqa: ANN401
        arguments.pop(REASON, None)
        problems = argument_problems(verb, arguments, ctx.deps)
        if problems:
            raise ModelRetry(
                f"{verb.name} was not called: {problems}. Call it again with arguments of its "
                "spec only."
            )

    return Tool.from_schema(
        call,
        name=verb.name,
        description=f"{verb.summary} (effect: {verb.effect})",
        json_schema=_with_reason(verb.json_schema()),
        takes_ctx=True,
        sequential=True,
        args_validator=check,
    )


def argument_problems(verb: Verb, arguments: Mapping[str, Any], deps: AgentDeps) -> str | None:
    """Everything that is wrong with a verb's arguments; None when nothing is."""
    found: dict[str, str] = {}
    try:
        verb.check(arguments)
    except PlaybookArgumentError as error:
        found.update(error.problems)
    for name, value in {**deps.pinned, "deployment_name": deps.deployment_name}.items():
        if name in arguments and arguments[name] != value:
            found[name] = "is fixed by the user and must stay as it is"
    return "; ".join(f"{name!r} {why}" for name, why in found.items()) or None


def checked(verb: str, deps: AgentDeps, decided: Decided) -> Decided:
    """The decision, when its arguments are of the verb's spec; ModelRetry says what is not.

    A call was checked when it was made.
    """
    if isinstance(decided, VerbDecision):
        spec = deps.catalog[verb]
        fixed = spec.accepted({**deps.pinned, "deployment_name": deps.deployment_name})
        problems = argument_problems(spec, {**fixed, **decided.arguments}, deps)
        if problems:
            raise ModelRetry(f"{verb} does not take these arguments: {problems}")
    return decided


def _with_reason(schema: dict[str, Any]) -> dict[str, Any]:
    told = {"type": "string", "description": "Why, in one sentence that a person reads."}
    return {**schema, "properties": {**schema["properties"], REASON: told}}
