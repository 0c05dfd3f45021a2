"""The single verbs: one playbook each, through the same runner, record and lease as a deploy."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hivemind_agents.cli import changing, driving, output
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

# Naming a verb is asking for it; but this one takes the application off the net.
_ASKED_FIRST = frozenset({"deregister"})
# What is worth a column, where verbs report lists; `--json` has the rest.
_COLUMNS = ("name", "type", "id", "host", "status", "state", "reason", "detail", "what")

SettingsOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="ARGUMENT=VALUE", help="See `hivemind playbook show VERB`."),
]


def _app(verb: str, text: str) -> typer.Typer:
    app = new_app()

    @app.command(
        help=f"{text}\n\n\b\nExamples:\n  hivemind {verb} shop\n  hivemind playbook show {verb}"
    )
    def command(
        name: NameArgument,
        settings: SettingsOption = None,
        target: TargetOption = None,
        region: RegionOption = None,
        yes: YesOption = False,
        as_json: JsonOption = False,
    ) -> None:
        _run(verb, name, settings or [], target, region, yes=yes, as_json=as_json)

    return app


def _run(
    verb: str,
    name: str,
    settings: list[str],
    target: str | None,
    region: str | None,
    *,
    yes: bool,
    as_json: bool,
) -> None:
    from hivemind_agents import catalog
    from hivemind_agents.domain.request import VerbRequest

    known = catalog.load()[verb]
    arguments = parsed(settings, mend=f"hivemind playbook show {verb}")
    known.check({"deployment_name": name, **arguments})
    place = changing.announced(target, region)

    def approve(plan: "Plan") -> None:  # noqa: ARG001 - one verb, which the user has named
        if verb in _ASKED_FIRST:
            driving.confirm(f"Run {verb} on {name} ({place.name})?", yes=yes)

    request = VerbRequest(verb=verb, name=name, arguments=arguments)
    run = changing.carry_out(place, request, approve=approve, as_json=as_json)
    if as_json:
        return
    changing.went_well(run, reads=known.effect == "read")
    for key, value in run.outputs.items():
        print_output(key, value)


def parsed(settings: list[str], *, mend: str, option: str = "--set") -> dict[str, Any]:
    """`ARGUMENT=VALUE` pairs; values are read as YAML, as ansible-playbook's -e would."""
    import yaml

    found: dict[str, Any] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or not name:
            raise UserError(f"{option} {setting!r} is not NAME=VALUE", mend=mend)
        try:
            found[name] = yaml.safe_load(value)
        except yaml.YAMLError:
            found[name] = value
    return found


def print_output(key: str, value: object) -> None:
    """One thing that a verb reported: a list of findings as a table, all else on its line."""
    import json

    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        columns = [column for column in _COLUMNS if any(item.get(column) for item in value)]
        rows = [[_short(item.get(column)) for column in columns] for item in value]
        output.result(f"  {key}:")
        head = [column.upper() for column in columns]
        for line in output.table(head, rows).splitlines():
            output.result(f"    {line}")
        return
    plain = isinstance(value, str | int | float | bool)
    shown = str(value) if plain else json.dumps(value, default=str)
    if value not in (None, "", [], {}):
        output.result(f"  {key:<16}{shown}")


def _short(cell: object) -> object:
    """An ARN without what is the same for all."""
    if isinstance(cell, str) and cell.startswith("arn:"):
        return cell.split(":", 5)[-1]
    return cell


apps = {
    "harden": _app("harden", "Bring the hosts to the security baseline."),
    "register": _app("register", "Put the hosts behind the load balancer; waits until healthy."),
    "deregister": _app("deregister", "Take the hosts from the load balancer; waits for draining."),
    "verify": _app("verify", "Check that the deployment is what it claims to be."),
    "observe": _app("observe", "Make the dashboard and the log group."),
    "discover": _app("discover", "Find everything that belongs to a deployment."),
}
