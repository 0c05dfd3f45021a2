"""What the verbs that change something share: plan, show, ask, run, say how it ended."""

from typing import TYPE_CHECKING

from hivemind_agents.cli import driving, output, reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from hivemind_agents.bootstrap import Runtime
    from hivemind_agents.domain.plan import Plan
    from hivemind_agents.domain.request import Request
    from hivemind_agents.domain.run import Run
    from hivemind_agents.targets import Target


def carry_out(
    target: "Target",
    request: "Request",
    *,
    approve: "Callable[[Plan], None]",
    as_json: bool = False,
) -> "Run":
    """Plan what is asked, have it approved, run it; raise the error of a run that failed."""

    async def work(hivemind: "Runtime") -> "Run":
        from hivemind_agents.bootstrap import raise_for_status

        plan = await hivemind.plan(request)
        approve(plan)
        title = f"{request.verb} of {request.name} on {target.name} ({target.region})"
        run = await driving.watched(
            [step.verb for step in plan.steps],
            title,
            lambda view: hivemind.execute(plan, approval=plan.digest, on_event=view.show),
        )
        if as_json:
            output.document(run)
        raise_for_status(run)
        return run

    return driving.with_runtime(target, work)


def went_well(run: "Run", *, reads: bool = False) -> None:
    """Say that a run succeeded, and how long its stages took. `reads`: it could change nothing."""
    if not reads and driving.changed_nothing(run):
        output.note("Nothing changed.")
    took = sum(stage.seconds or 0.0 for stage in run.stages)
    output.result(f"{run.verb} of {run.deployment_name}: done in {output.duration(took)}")
    if run.summary:
        output.result(f"  {run.summary}")


def announced(target: str | None, region: str | None) -> "Target":
    """The target, active and shown."""
    place = reading.on_target(target, region)
    reading.announce(place)
    return place
