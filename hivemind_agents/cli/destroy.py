"""`hivemind destroy`."""

from typing import TYPE_CHECKING

from hivemind_agents.cli import changing, driving, output, reading, single
from hivemind_agents.cli.frame import (
    JsonOption,
    NameArgument,
    RegionOption,
    TargetOption,
    YesOption,
    new_app,
)

if TYPE_CHECKING:
    from hivemind_agents.domain.plan import Plan

app = new_app()


@app.command()
def destroy(
    name: NameArgument,
    settings: single.SettingsOption = None,
    target: TargetOption = None,
    region: RegionOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take a deployment away: drain, delete the stack, keep a last snapshot of the database.

    Shows what will be touched and has the name typed. The record stays, and says that it is gone.

    \b
    Examples:
      hivemind destroy shop
      hivemind destroy shop --yes --set draining_seconds=10
    """
    from hivemind_agents.cli import doomed
    from hivemind_agents.domain.request import DestroyRequest

    place = changing.announced(target, region)
    session = reading.session()
    record = reading.record(name, session)

    def approve(plan: "Plan") -> None:
        driving.show_plan(plan)
        output.note(doomed.render(doomed.look(record, session)))
        driving.confirm_name(name, yes=yes)

    request = DestroyRequest(
        name=name, arguments=single.parsed(settings or [], mend="hivemind playbook show destroy")
    )
    run = changing.carry_out(place, request, approve=approve, as_json=as_json)
    if not as_json:
        changing.went_well(run)
        for key, value in run.outputs.items():
            single.print_output(key, value)
