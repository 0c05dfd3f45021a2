"""`hivemind rollback`."""

from typing import TYPE_CHECKING, Annotated

import typer

from hivemind_agents.cli import changing, driving, output, reading, single
from hivemind_agents.cli.frame import (
    JsonOption,
    NameArgument,
    RegionOption,
    TargetOption,
    YesOption,
    new_app,
)
from hivemind_agents.errors import UserError

if TYPE_CHECKING:
    from hivemind_agents.domain.plan import Plan

app = new_app()
_GONE = ("destroyed", "rolled-back")


@app.command()
def rollback(
    name: NameArgument,
    release: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Another than the previous release.")
    ] = None,
    delete_stack: Annotated[
        bool, typer.Option("--delete-stack", help="Take the whole stack away, as destroy does.")
    ] = False,
    settings: single.SettingsOption = None,
    target: TargetOption = None,
    region: RegionOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Go back to the previous release; what was never live is taken away.

    \b
    Examples:
      hivemind rollback shop
      hivemind rollback shop --release 3
      hivemind rollback shop --delete-stack
    """
    from hivemind_agents.cli import doomed
    from hivemind_agents.domain.request import RollbackRequest

    place = changing.announced(target, region)
    session = reading.session()
    record = reading.record(name, session)
    if record.status in _GONE and not delete_stack:
        raise UserError(
            f"{name!r} is {record.status}: there is nothing to go back on",
            mend="hivemind deploy REPOSITORY (a new deployment of it)",
        )
    takes_away = delete_stack or not record.was_ever_live

    def approve(plan: "Plan") -> None:
        driving.show_plan(plan)
        if takes_away:
            output.note(doomed.render(doomed.look(record, session)))
        if delete_stack and record.was_ever_live:
            driving.confirm_name(name, yes=yes)
        else:
            driving.confirm(f"Roll {name} back?", yes=yes)

    request = RollbackRequest(
        name=name,
        release=release,
        delete_stack=delete_stack,
        arguments=single.parsed(settings or [], mend="hivemind playbook show rollback"),
    )
    run = changing.carry_out(place, request, approve=approve, as_json=as_json)
    if not as_json:
        changing.went_well(run)
        for key, value in run.outputs.items():
            single.print_output(key.replace("_", " "), value)
