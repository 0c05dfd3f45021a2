"""`hivemind resume`."""

from typing import TYPE_CHECKING, Annotated

import typer

from hivemind_agents.cli import changing, driving, output
from hivemind_agents.cli.frame import JsonOption, RegionOption, TargetOption, new_app

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from hivemind_agents.bootstrap import Runtime
    from hivemind_agents.cli.progress import Progress
    from hivemind_agents.domain.run import Run, StageRecord

app = new_app()


@app.command()
def resume(
    which: Annotated[
        str | None, typer.Argument(metavar="RUN|NAME", help="Else the last run.")
    ] = None,
    target: TargetOption = None,
    region: RegionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Go on with a run that died, was cancelled or failed; stages that are done are skipped.

    \b
    Examples:
      hivemind resume
      hivemind resume 4f1c
      hivemind resume shop
    """
    place = changing.announced(target, region)

    async def work(hivemind: "Runtime") -> "Run":
        from hivemind_agents.bootstrap import raise_for_status

        stages: Sequence[StageRecord] = ()
        if which is not None:
            found = await hivemind.runs(which, limit=1) or [await hivemind.run(which)]
            stages = () if found[0].status == "succeeded" else found[0].stages

        def go_on(view: "Progress") -> "Awaitable[Run]":
            for stage in stages:
                if stage.status == "succeeded":
                    view.recall(stage)
            return hivemind.resume(which, on_event=view.show)

        title = f"Resuming {which or 'the last run'} on {place.name} ({place.region})"
        run = await driving.watched([stage.name for stage in stages], title, go_on)
        if as_json:
            output.document(run)
        raise_for_status(run)
        return run

    run = driving.with_runtime(place, work)
    if not as_json:
        changing.went_well(run)
        for key in ("url", "release_number"):
            if key in run.outputs:
                output.result(f"  {key.replace('_', ' '):<14}{run.outputs[key]}")
