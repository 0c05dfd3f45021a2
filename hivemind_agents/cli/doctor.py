"""`hivemind doctor`."""

import subprocess
from typing import TYPE_CHECKING, Annotated

import typer

from hivemind_agents.cli import driving, output
from hivemind_agents.cli.frame import JsonOption, TargetOption, YesOption, new_app

if TYPE_CHECKING:
    from hivemind_agents.doctor import Ailment

app = new_app()
_MARKS = {"passed": "✓", "failed": "✗", "warning": "!", "skipped": "-"}


@app.command()
def doctor(
    fix: Annotated[bool, typer.Option("--fix", help="Run the commands that mend it.")] = False,
    yes: YesOption = False,
    target: TargetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what this machine lacks, and the command that mends it.

    \b
    Examples:
      hivemind doctor
      hivemind doctor --fix
      hivemind doctor --target production
    """
    from hivemind_agents.doctor import examine

    found = examine(target)
    if as_json:
        output.document(found)
    else:
        _print(found)
    bad = [ailment for ailment in found if ailment.status == "failed"]
    if fix and bad:
        _mend(bad, yes=yes)
        bad = [ailment for ailment in examine(target) if ailment.status == "failed"]
    if bad:
        if not as_json:
            automatic = "" if fix else " (hivemind doctor --fix runs the commands)"
            output.note(f"\n{len(bad)} to mend{automatic}.")
        raise typer.Exit(1)
    if not as_json:
        output.note("\nAll is well.")


def _print(found: "list[Ailment]") -> None:
    width = max(len(ailment.check) for ailment in found)
    group = ""
    for ailment in found:
        if ailment.group != group:
            output.result(f"{'' if not group else chr(10)}{output.bold(ailment.group)}")
            group = ailment.group
        mark = output.marked(_MARKS[ailment.status], ailment.status)
        output.result(f"  {mark} {ailment.check:<{width}}  {ailment.detail}")
        if ailment.mend:
            output.result(f"    {'':<{width}}  → {ailment.mend}")


def _mend(bad: "list[Ailment]", *, yes: bool) -> None:
    fixes = list(dict.fromkeys(ailment.fix for ailment in bad if ailment.fix))
    if not fixes:
        output.note("\nNone of these can be mended without you.")
        return
    output.note("\nThese commands will run:")
    for command in fixes:
        output.note(f"  {' '.join(command)}")
    driving.confirm("Run them?", yes=yes)
    for command in fixes:
        output.note(f"+ {' '.join(command)}")
        subprocess.run(command, check=False)
