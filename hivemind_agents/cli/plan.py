"""`hivemind plan`."""

from typing import TYPE_CHECKING, Annotated

import typer

from hivemind_agents.cli import driving, output, reading
from hivemind_agents.cli.frame import JsonOption, TargetOption, new_app
from hivemind_agents.errors import UserError

if TYPE_CHECKING:
    from hivemind_agents.bootstrap import Runtime

app = new_app()


@app.command()
def plan(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Deployment whose last plan is meant.")
    ] = None,
    run: Annotated[str | None, typer.Option(metavar="ID", help="The plan of this run.")] = None,
    target: TargetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what the agents decided in a run, as the plan file that plain Ansible takes.

    \b
    Examples:
      hivemind plan shop
      hivemind plan --run 4f1c > plan.yml && ansible-playbook playbooks/deploy.yml -e @plan.yml
    """
    place = reading.on_target(target)

    async def work(hivemind: "Runtime") -> None:
        run_id = run or await _last_run(hivemind, name)
        found = await hivemind.plan_of(run_id)
        if as_json:
            output.document({"digest": found.digest, **found.model_dump(mode="json")})
            return
        import yaml

        output.result(yaml.safe_dump(found.to_extra_vars(), sort_keys=False, width=96).rstrip())
        output.note(f"\nThe same without any agent:\n  {hivemind.playbook_command(found, run_id)}")

    driving.with_runtime(place, work)


async def _last_run(hivemind: "Runtime", name: str | None) -> str:
    runs = await hivemind.runs(name, limit=1)
    if not runs:
        of = f" of {name!r}" if name else ""
        raise UserError(f"this machine knows no run{of}", mend="hivemind runs")
    return runs[0].id
