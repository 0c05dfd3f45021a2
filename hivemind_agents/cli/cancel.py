"""`hivemind cancel`."""

from typing import TYPE_CHECKING, Annotated

import typer

from hivemind_agents.cli import driving, output, reading
from hivemind_agents.cli.frame import JsonOption, TargetOption, new_app

if TYPE_CHECKING:
    from hivemind_agents.bootstrap import Runtime

app = new_app()


@app.command()
def cancel(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of the run.")],
    target: TargetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Stop a run of this machine cleanly; what it started is ended with it.

    \b
    Examples:
      hivemind runs
      hivemind cancel 4f1c
    """
    place = reading.on_target(target)

    async def work(hivemind: "Runtime") -> None:
        ended = await hivemind.cancel(run)
        if as_json:
            output.document(ended)
        else:
            output.result(f"{ended.verb} of {ended.deployment_name} is {ended.status}")
            output.note(
                f"  → hivemind resume {ended.id}, or hivemind rollback {ended.deployment_name}"
            )

    driving.with_runtime(place, work)
