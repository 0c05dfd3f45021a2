"""The Decider port: the agents, on a model or on their rules."""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic_ai import Agent, ModelSettings, UsageLimits
from pydantic_ai.exceptions import AgentRunError
from pydantic_ai.exceptions import UserError as AgentError
from pydantic_ai.models import Model, infer_model

from hivemind_agents.agents import conductor, provisioner, qa, recon
from hivemind_agents.agents.offline import OfflineModel, Rules
from hivemind_agents.agents.policy import ON_THE_HOST, asked_arguments
from hivemind_agents.agents.tools import REASON, AgentDeps, Decided, ReadDeployment, toolset_of
from hivemind_agents.catalog import Catalog
from hivemind_agents.domain.decision import (
    Choice,
    PlanBrief,
    QuestionBrief,
    VerbDecision,
    Verdict,
    VerificationBrief,
)
from hivemind_agents.domain.plan import Plan
from hivemind_agents.domain.redaction import Redactor
from hivemind_agents.domain.request import DeployRequest
from hivemind_agents.domain.run import NoteEvent
from hivemind_agents.ports import OnEvent, Perform

log = logging.getLogger(__name__)

# What one decision may cost; a model that needs more has lost its way.
LIMITS = UsageLimits(request_limit=8, tool_calls_limit=12, total_tokens_limit=80_000)
_SETTINGS = ModelSettings(timeout=60, temperature=0)
_LONGEST_BRIEF = 60_000
_Output = TypeVar("_Output")


class AgentDecider:
    """Asks the agents. `model_name` is any that pydantic-ai knows; None means their rules."""

    def __init__(
        self,
        catalog: Catalog,
        *,
        model_name: str | None = None,
        redactor: Redactor | None = None,
        read_deployment: ReadDeployment | None = None,
    ) -> None:
        self._catalog = catalog
        self._model_name = model_name
        self._redactor = redactor or Redactor()
        self._read_deployment = read_deployment

    async def plan(self, brief: PlanBrief, *, on_event: OnEvent) -> Plan:
        """Size the stack, then decide the whole; a verb that only runs itself needs no agent."""
        request = brief.request
        asked = asked_arguments(request)
        self._catalog[request.verb].check(asked)
        if not isinstance(request, DeployRequest):
            return conductor.to_plan(request.verb, asked, self._catalog, {})
        deps = self._deps(request.name, asked)
        proposed, why = await self._size(brief, asked, deps, on_event)
        _note(on_event, provisioner.NAME, why)
        summary = _summary(brief)
        decided = {
            "verb": request.verb,
            "asked": asked,
            "proposed": proposed,
            "summary": summary,
            "recon": brief.recon,
            "deployed": _outline(brief),
        }
        output = await self._ask(conductor.conductor, conductor.rules, decided, deps, on_event)
        arguments, reason = _decision(output, request.verb)
        _note(on_event, conductor.NAME, reason or summary)
        reasons = {"provision": why} | ({} if brief.builds_here else {"build": ON_THE_HOST})
        return conductor.to_plan(
            request.verb,
            {**arguments, **asked},
            self._catalog,
            reasons,
            builds_here=brief.builds_here,
        )

    async def judge(
        self, brief: VerificationBrief, *, on_event: OnEvent, perform: Perform | None = None
    ) -> Verdict:
        deps = self._deps(brief.deployment_name, {}, perform)
        verdict = await self._ask(qa.qa, qa.rules, brief.model_dump(mode="json"), deps, on_event)
        _note(on_event, qa.NAME, verdict.summary)
        return verdict

    async def choose(self, brief: QuestionBrief, *, on_event: OnEvent) -> Choice:
        """Answer a question about a repository by one of its choices, or leave it open.

        What is none of the choices is no answer: a model never words a command.
        """
        deps = self._deps("", {})
        chosen = await self._ask(
            recon.recon, recon.rules, brief.model_dump(mode="json"), deps, on_event
        )
        if chosen.choice is not None and chosen.choice not in brief.choices:
            chosen = Choice(reason=f"{chosen.choice[:80]!r} is none of the choices")
        said = f"{chosen.choice} (chosen by the model)" if chosen.choice else "left open"
        _note(on_event, recon.NAME, f"{brief.about}: {said}: {chosen.reason}")
        return chosen

    async def _size(
        self, brief: PlanBrief, asked: Mapping[str, Any], deps: AgentDeps, on_event: OnEvent
    ) -> tuple[dict[str, Any], str]:
        spec = self._catalog["provision"]
        known = {"asked": spec.accepted(asked), "brief": brief.model_dump(mode="json")}
        output = await self._ask(provisioner.provisioner, provisioner.rules, known, deps, on_event)
        arguments, reason = _decision(output, "provision")
        return arguments, reason or "sized by the Provisioner"

    async def _ask(
        self,
        agent: Agent[AgentDeps, _Output],
        rules: Rules,
        brief: Mapping[str, Any],
        deps: AgentDeps,
        on_event: OnEvent,
    ) -> _Output:
        """Let the model decide; when it cannot, the rules do, and that is said."""
        if self._model_name is not None:
            try:
                prompt = self._prompt(brief)
                return await self._run(agent, infer_model(self._model_name), prompt, deps, on_event)
            except (AgentRunError, AgentError, ValueError, OSError) as error:
                why = self._redactor.text(str(error).splitlines()[0] if str(error) else repr(error))
                log.warning("%s: %s could not decide: %s", agent.name, self._model_name, why)
                _note(
                    on_event,
                    str(agent.name),
                    f"The model {self._model_name} could not decide ({why[:300]}); "
                    "the offline policy did.",
                )
        return await self._run(agent, OfflineModel(rules), json.dumps(brief), deps, on_event)

    async def _run(
        self,
        agent: Agent[AgentDeps, _Output],
        model: Model,
        prompt: str,
        deps: AgentDeps,
        on_event: OnEvent,
    ) -> _Output:
        offline = isinstance(model, OfflineModel)
        result = await agent.run(
            prompt,
            deps=deps,
            model=model,
            toolsets=[toolset_of(str(agent.name), self._catalog)],
            usage_limits=LIMITS,
            model_settings=None if offline else _SETTINGS,
        )
        if not offline:
            usage = result.usage
            counted = (
                f"asked {self._model_name}: {usage.requests} requests, "
                f"{usage.input_tokens} tokens sent, {usage.output_tokens} received"
            )
            log.info("%s %s", agent.name, counted)
            _note(on_event, str(agent.name), counted)
        return result.output

    def _prompt(self, brief: Mapping[str, Any]) -> str:
        """The brief without secrets, and not longer than a model should read."""
        text = json.dumps(self._redactor.data(brief))
        if len(text) > _LONGEST_BRIEF:
            raise ValueError(f"the brief is longer than {_LONGEST_BRIEF} characters")
        return text

    def _deps(
        self, name: str, pinned: Mapping[str, Any], perform: Perform | None = None
    ) -> AgentDeps:
        return AgentDeps(
            catalog=self._catalog,
            redactor=self._redactor,
            deployment_name=name,
            pinned=pinned,
            read_deployment=self._read_deployment,
            perform=perform,
        )


def _decision(output: Decided, verb: str) -> tuple[dict[str, Any], str | None]:
    """The arguments and the reason of a result, or of the one call that waits for a person."""
    if isinstance(output, VerbDecision):
        return dict(output.arguments), output.reason
    calls = [call for call in output.approvals if call.tool_name == verb]
    if len(calls) != 1:
        raise ValueError(f"{verb} was called {len(calls)} times instead of once")
    arguments = calls[0].args_as_dict()
    reason = arguments.pop(REASON, None)
    return arguments, reason


def _summary(brief: PlanBrief) -> str:
    request = brief.request
    recon = brief.recon or {}
    what = " ".join(str(recon[key]) for key in ("framework", "kind") if recon.get(key))
    known = brief.deployment is not None and brief.deployment.status != "destroyed"
    verb = "update" if known else "deploy"
    return f"{verb} {request.name!r}{f', a {what} application,' if what else ''} to {brief.region}"


def _outline(brief: PlanBrief) -> dict[str, Any] | None:
    if brief.deployment is None:
        return None
    shown = {"status", "stage_mode", "kind", "url", "active_slot"}
    return brief.deployment.model_dump(mode="json", include=shown)


def _note(on_event: OnEvent, agent: str, message: str) -> None:
    on_event(NoteEvent(at=datetime.now(UTC), agent=agent, message=message))
