"""`hivemind list`."""

from typing import Annotated

import typer

from hivemind_agents.cli import output, reading
from hivemind_agents.cli.frame import JsonOption, RegionOption, TargetOption, new_app

app = new_app()
_GONE = ("destroyed", "rolled-back")


@app.command("list")
def list_deployments(
    everything: Annotated[
        bool, typer.Option("--all", "-a", help="Also those that were destroyed.")
    ] = False,
    target: TargetOption = None,
    region: RegionOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the deployments of the target, whoever made them.

    \b
    Examples:
      hivemind list
      hivemind list --all --json
    """
    from hivemind_agents.state.bucket import StateBucketMissing

    place = reading.on_target(target, region)
    try:
        found = reading.records().list()
    except StateBucketMissing:
        found = []
    shown = [record for record in found if everything or record.status not in _GONE]
    if as_json:
        output.document(shown)
        return
    if not shown:
        output.note(f"No deployments on {place.name} ({place.region}).")
        output.note("  → hivemind deploy PATH|URL")
        return
    rows = [
        (
            record.name,
            record.status,
            record.stage_mode,
            record.live_release.number if record.live_release else None,
            output.age(record.updated_at),
            record.url,
        )
        for record in shown
    ]
    output.result(output.table(("NAME", "STATUS", "MODE", "RELEASE", "CHANGED", "URL"), rows))
