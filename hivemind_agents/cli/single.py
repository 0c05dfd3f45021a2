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
    arguments = parsed(settings, verb)
    known.check({"deployment_name": name, **arguments})
    place = changing.announced(target, region)

    def approve(plan: "Plan") -> None:  # noqa: ARG001 - one verb, which the user has named
        if known.effect != "read":
            driving.confirm(f"Run {verb} on {name} ({place.name})?", yes=yes)

    request = VerbRequest(verb=verb, name=name, arguments=arguments)
    run = changing.carry_out(place, request, approve=approve, as_json=as_json)
    if as_json:
        return
    changing.went_well(run)
    for key, value in run.outputs.items():
        output.result(f"  {key:<20}{_shown(value)}")


def parsed(settings: list[str], verb: str) -> dict[str, Any]:
    """`ARGUMENT=VALUE` pairs; values are read as YAML, as ansible-playbook's -e would."""
    import yaml

    found: dict[str, Any] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or not name:
            raise UserError(
                f"--set {setting!r} is not ARGUMENT=VALUE", mend=f"hivemind playbook show {verb}"
            )
        try:
            found[name] = yaml.safe_load(value)
        except yaml.YAMLError:
            found[name] = value
    return found


def _shown(value: object) -> str:
    if isinstance(value, str | int | float | bool) or value is None:
        return str(value)
    import json

    return json.dumps(value, default=str)


apps = {
    "harden": _app("harden", "Bring the hosts to the security baseline."),
    "register": _app("register", "Put the hosts behind the load balancer; waits until healthy."),
    "deregister": _app("deregister", "Take the hosts from the load balancer; waits for draining."),
    "verify": _app("verify", "Check that the deployment is what it claims to be."),
    "observe": _app("observe", "Make the dashboard and the log group."),
    "discover": _app("discover", "Find everything that belongs to a deployment."),
}
