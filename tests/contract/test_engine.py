"""The durable engine: what is done is not done again, whatever happened to the process."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hivemind_agents.adapters.dbos_engine import DbosEngine, default_url
from hivemind_agents.domain.decision import Verdict
from hivemind_agents.domain.plan import Plan, Step
from hivemind_agents.domain.run import Failure, Run, VerbOutcome

pytestmark = [pytest.mark.anyio]

STAGES = ("recon", "build", "verify", "observe")
PLAN = Plan(
    verb="deploy",
    deployment_name="demo",
    arguments={},
    steps=tuple(Step(verb=name, arguments={}, reason="because") for name in STAGES),
)


class Effects:
    """Counts what is done; a stage of `bad` fails."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()
        self.bad: set[str] = set()
        self.verdict = Verdict(done=True, summary="verified")

    async def run(self, verb: str, arguments: dict[str, Any]) -> VerbOutcome:
        self.done[verb] += 1
        if verb in self.bad:
            return VerbOutcome(status="failed", failure=Failure(stage=verb, message="no"))
        return VerbOutcome(status="succeeded", outputs={verb: self.done[verb]})

    async def judge(self, outputs: dict[str, Any]) -> Verdict:
        self.done["judge"] += 1
        return self.verdict


def run(attempt: int) -> Run:
    return Run(
        id="r1",
        deployment_name="demo",
        verb="deploy",
        status="running",
        executor_id="e",
        attempt=attempt,
        started_at=datetime.now(UTC),
    )


@pytest.fixture
async def start(tmp_path: Path):
    """Start an engine as a new process would; the one before is gone."""
    running: list[DbosEngine] = []

    async def new() -> DbosEngine:
        while running:
            await running.pop().close()
        running.append(DbosEngine(default_url(tmp_path)))
        return running[-1]

    yield new
    for engine in running:
        await engine.close()


async def test_a_failed_stage_is_run_again_and_those_before_it_are_not(start) -> None:
    """
    The next attempt goes on at the stage that failed, with the outputs of those before.
    """
    effects = Effects()
    effects.bad = {"build"}
    first = await (await start()).run(run(1), PLAN, effects)
    effects.bad = set()
    second = await (await start()).run(run(2), PLAN, effects)

    assert ("failed", "succeeded") == (first.status, second.status)
    expected = {"recon": 1, "build": 2, "verify": 1, "judge": 1, "observe": 1}
    assert expected == dict(effects.done)
    assert 1 == second.outputs["recon"]


async def test_a_veto_is_judged_again(start) -> None:
    """
    What QA has vetoed is asked again; the verification itself is not run again for that.
    """
    effects = Effects()
    effects.verdict = Verdict(done=False, summary="no", reasons=("http: 500",))
    first = await (await start()).run(run(1), PLAN, effects)
    effects.verdict = Verdict(done=True, summary="verified")
    second = await (await start()).run(run(2), PLAN, effects)

    assert ("vetoed", "succeeded") == (first.status, second.status)
    assert ("http: 500",) == first.failure.evidence
    assert 2 == effects.done["judge"]


async def test_a_third_attempt_goes_on_where_the_second_stopped(start) -> None:
    """
    Attempts add up.
    """
    effects = Effects()
    for attempt, bad in enumerate(({"build"}, {"observe"}, set()), start=1):
        effects.bad = bad
        last = await (await start()).run(run(attempt), PLAN, effects)

    assert "succeeded" == last.status
    expected = {"recon": 1, "build": 2, "verify": 1, "judge": 1, "observe": 2}
    assert expected == dict(effects.done)


async def test_a_run_that_never_reached_the_engine_starts_from_the_beginning(start) -> None:
    """
    A process that died between taking the lease and the first stage has nothing to carry over.
    """
    effects = Effects()

    assert "succeeded" == (await (await start()).run(run(2), PLAN, effects)).status
    assert 1 == effects.done["recon"]


async def test_another_process_that_starts_runs_nothing_by_itself(start) -> None:
    """
    Launching the engine recovers nothing: ids are never used twice.
    """
    effects = Effects()
    effects.bad = {"recon"}
    await (await start()).run(run(1), PLAN, effects)
    other = Effects()
    second = await start()
    await second.run(run(1).model_copy(update={"id": "r2"}), PLAN, other)

    assert ({"recon": 1}, 1) == (dict(effects.done), other.done["recon"])
