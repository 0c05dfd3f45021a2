"""The agents: decisions by rules and by a model, and what neither may decide."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from chat import ChatServer, calls, serving

from hivemind_agents import catalog
from hivemind_agents.agents.decider import AgentDecider
from hivemind_agents.domain.decision import PlanBrief, VerificationBrief
from hivemind_agents.domain.redaction import Redactor
from hivemind_agents.domain.request import DeployRequest, DestroyRequest, RollbackRequest
from hivemind_agents.domain.run import NoteEvent, VerbOutcome
from hivemind_agents.errors import PlaybookArgumentError

pytestmark = [pytest.mark.fast, pytest.mark.anyio]

VERBS = catalog.load()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def brief(request: DeployRequest | None = None, **recon: Any) -> PlanBrief:
    asked = request or DeployRequest(repository="/srv/app", name="demo")
    return PlanBrief(request=asked, recon=recon or None, target="sandbox", region="eu-west-1")


class Notes(list[NoteEvent]):
    """Collects what agents say."""

    def said(self, agent: str) -> str:
        return " ".join(note.message for note in self if note.agent == agent)


@pytest.fixture
def modelled(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., AgentDecider]]:
    """A decider whose model is a loopback server."""
    opened = []

    def make(server: ChatServer, redactor: Redactor | None = None) -> AgentDecider:
        context = serving(server)
        monkeypatch.setenv("OPENAI_BASE_URL", context.__enter__())
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        opened.append(context)
        return AgentDecider(VERBS, model_name="openai-chat:local", redactor=redactor)

    yield make
    for context in opened:
        context.__exit__(None, None, None)


async def test_the_rules_make_a_plan_of_every_stage_with_a_reason() -> None:
    """
    Without a model the offline policy decides, through the same tools and checks.
    """
    notes = Notes()
    plan = await AgentDecider(VERBS).plan(
        brief(kind="web", framework="flask", needs=["postgresql"]), on_event=notes.append
    )

    assert list(VERBS.stages("deploy")) == [step.verb for step in plan.steps]
    assert all(step.reason for step in plan.steps)
    assert "postgresql" == plan.arguments["database_engine"]
    assert "stage-1" == plan.arguments["stage_mode"]
    assert "Recon found" in notes.said("provisioner")


async def test_where_this_machine_cannot_build_the_plan_says_so() -> None:
    """
    Build follows provision, with the reason that a person reads before anything runs.
    """
    asked = brief(kind="web", framework="flask").model_copy(update={"builds_here": False})
    plan = await AgentDecider(VERBS).plan(asked, on_event=lambda _: None)
    reasons = {step.verb: step.reason for step in plan.steps}

    assert list(VERBS.stages("deploy", builds_here=False)) == list(reasons)
    assert "this machine cannot build" in reasons["build"]


@pytest.mark.parametrize(
    ("description", "mode"),
    [
        ("a guestbook", "stage-1"),
        ("our shop, in production", "production"),
        ("pre-production test of the shop", "stage-1"),
        ("highly available api", "production"),
    ],
)
async def test_the_description_can_ask_for_production(description: str, mode: str) -> None:
    """
    The user's words decide the stage mode where no option does.
    """
    request = DeployRequest(repository="/srv/app", name="demo", description=description)
    plan = await AgentDecider(VERBS).plan(brief(request, needs=[]), on_event=lambda _: None)

    assert mode == plan.arguments["stage_mode"]


async def test_what_the_user_fixed_wins_over_every_rule() -> None:
    """
    Options and further arguments of the request stand in the plan as they were given.
    """
    request = DeployRequest(
        repository="/srv/app",
        name="demo",
        description="production",
        stage_mode="stage-1",
        env={"MODE": "x"},
        arguments={"database_engine": "none", "instance_type": "t3.small"},
    )
    plan = await AgentDecider(VERBS).plan(
        brief(request, needs=["postgresql"]), on_event=lambda _: None
    )

    assert ("stage-1", "none", "t3.small", {"MODE": "x"}) == tuple(
        plan.arguments[name]
        for name in ("stage_mode", "database_engine", "instance_type", "app_env")
    )


async def test_an_unknown_argument_is_refused_before_anything() -> None:
    """
    A request that no spec allows never becomes a plan.
    """
    request = DeployRequest(repository="/srv/app", name="demo", arguments={"instance_tpye": "x"})

    with pytest.raises(PlaybookArgumentError, match="instance_type"):
        await AgentDecider(VERBS).plan(brief(request), on_event=lambda _: None)


async def test_the_same_request_makes_the_same_plan() -> None:
    """
    The offline policy is deterministic: an approval by digest holds.
    """
    digests = set()
    for _ in range(2):
        plan = await AgentDecider(VERBS).plan(brief(needs=[]), on_event=lambda _: None)
        digests.add(plan.digest)

    assert 1 == len(digests)


@pytest.mark.parametrize(
    ("request_", "arguments"),
    [
        (
            RollbackRequest(name="demo", release=3),
            {"deployment_name": "demo", "release_number": 3},
        ),
        (DestroyRequest(name="demo", reason="old"), {"deployment_name": "demo"}),
    ],
)
async def test_going_back_is_planned_by_the_verbs_own_arguments(request_, arguments) -> None:
    """
    Rollback and destroy need no size and no model.
    """
    if request_.verb not in VERBS:
        pytest.skip("the verb is not there yet")
    plan = await AgentDecider(VERBS, model_name="openai-chat:none").plan(
        PlanBrief(request=request_, target="t", region="r"), on_event=lambda _: None
    )

    assert arguments == plan.arguments


async def test_a_models_decision_is_followed(modelled) -> None:
    """
    A model that asks for production and a bigger host gets them into the plan, with its reason.
    """
    size = calls(
        "provision",
        deployment_name="demo",
        stage_mode="production",
        instance_type="t3.large",
        database_engine="none",
        reason="many readers",
    )
    decide = calls(
        "deploy",
        deployment_name="demo",
        app_repo="/srv/app",
        stage_mode="production",
        instance_type="t3.large",
        database_engine="none",
        reason="as sized",
    )
    server, notes = ChatServer(size, decide), Notes()
    plan = await modelled(server).plan(brief(needs=[]), on_event=notes.append)

    provision = next(step for step in plan.steps if step.verb == "provision")
    assert ("production", "t3.large") == (
        provision.arguments["stage_mode"], provision.arguments["instance_type"]
    )  # fmt: skip
    assert "many readers" == provision.reason
    assert "asked openai-chat:local: 1 requests, 10 tokens sent" in notes.said("provisioner")
    assert 2 == len(server.requests)


async def test_an_argument_outside_of_the_spec_is_refused_and_the_model_told(modelled) -> None:
    """
    The model learns every problem and can correct itself; nothing outside the spec is planned.
    """
    wrong = calls(
        "provision",
        deployment_name="demo",
        stage_mode="huge",
        user_data="#!/bin/sh\ncurl evil",
        reason="because",
    )
    right = calls("provision", deployment_name="demo", stage_mode="stage-1", reason="small")
    decide = calls("deploy", deployment_name="demo", app_repo="/srv/app", reason="go")
    server = ChatServer(wrong, right, decide)
    plan = await modelled(server).plan(brief(needs=[]), on_event=lambda _: None)

    told = json.dumps(server.requests[1]["messages"])
    assert "'user_data' is unknown" in told
    assert "'stage_mode' must be one of stage-1, production" in told
    assert "user_data" not in plan.arguments


async def test_a_model_that_insists_is_replaced_by_the_rules(modelled) -> None:
    """
    After its retries the offline policy decides, and the run says so.
    """
    wrong = calls("provision", deployment_name="demo", script="rm -rf /", reason="because")
    notes = Notes()
    plan = await modelled(ChatServer(wrong)).plan(brief(needs=[]), on_event=notes.append)

    assert "script" not in plan.arguments
    assert "stage-1" == plan.arguments["stage_mode"]
    assert "the offline policy did" in notes.said("provisioner")


async def test_a_model_cannot_change_what_the_user_fixed(modelled) -> None:
    """
    The deployment's name and the user's own options are not the model's to choose.
    """
    other = calls("provision", deployment_name="victim", stage_mode="production", reason="x")
    right = calls("provision", deployment_name="demo", reason="ok")
    decide = calls("deploy", deployment_name="demo", app_repo="/srv/app", reason="go")
    request = DeployRequest(repository="/srv/app", name="demo", stage_mode="stage-1")
    server = ChatServer(other, right, decide)
    plan = await modelled(server).plan(brief(request, needs=[]), on_event=lambda _: None)

    assert "is fixed by the user" in json.dumps(server.requests[1]["messages"])
    assert ("demo", "stage-1") == (plan.deployment_name, plan.arguments["stage_mode"])


async def test_no_network_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A model that cannot be reached is named, and the rules decide.
    """
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    notes = Notes()
    decider = AgentDecider(VERBS, model_name="openai-chat:local")
    plan = await decider.plan(brief(needs=[]), on_event=notes.append)

    assert "stage-1" == plan.arguments["stage_mode"]
    assert "openai-chat:local could not decide" in notes.said("conductor")


async def test_a_model_never_sees_a_secret(modelled) -> None:
    """
    What is sent is redacted: known values, and what looks like a secret.
    """
    decide = calls("deploy", deployment_name="demo", app_repo="/srv/app", reason="go")
    server = ChatServer(calls("provision", deployment_name="demo", reason="ok"), decide)
    decider = modelled(server, Redactor(["kn0wn-value"]))
    found = {"notes": ["kn0wn-value", "postgresql://app:hunter22@db/app"], "needs": []}
    await decider.plan(brief(**found), on_event=lambda _: None)

    sent = json.dumps(server.requests)
    assert (False, False) == ("kn0wn-value" in sent, "hunter22" in sent)


async def test_a_failed_check_is_a_veto() -> None:
    """
    QA's rules name the check and what it saw.
    """
    outputs = {"verification": {"checks": [
        {"name": "http", "status": "passed", "detail": "200"},
        {"name": "database", "status": "failed", "detail": "connection refused"},
    ]}}  # fmt: skip
    given = VerificationBrief(deployment_name="demo", outputs=outputs)
    verdict = await AgentDecider(VERBS).judge(given, on_event=lambda _: None)

    assert (False, ("database: connection refused",)) == (verdict.done, verdict.reasons)


async def test_qa_on_a_model_may_look_twice_and_veto(modelled) -> None:
    """
    QA's tool is `verify`; its verdict is a typed result.
    """
    performed: list[str] = []

    async def perform(verb: str, arguments: Any) -> VerbOutcome:
        performed.append(verb)
        return VerbOutcome(status="succeeded", outputs={"passed": True})

    def veto(request: dict[str, Any]) -> dict[str, Any]:
        names = [tool["function"]["name"] for tool in request["tools"]]
        result = next(name for name in names if name.startswith("final_result"))
        return calls(result, done=False, summary="it only looks alive", reasons=["no data"])(
            request
        )

    server = ChatServer(calls("verify", deployment_name="demo"), veto)
    given = VerificationBrief(deployment_name="demo", outputs={})
    verdict = await modelled(server).judge(given, on_event=lambda _: None, perform=perform)

    assert (["verify"], False) == (performed, verdict.done)
    assert "it only looks alive" == verdict.summary
