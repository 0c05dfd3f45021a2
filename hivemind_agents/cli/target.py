"""`hivemind target`: choose where to work."""

from typing import Annotated

import typer

from hivemind_agents import targets
from hivemind_agents.cli import output
from hivemind_agents.cli.frame import JsonOption, TargetOption, YesOption, new_app
from hivemind_agents.errors import UserError

app = new_app(
    invoke_without_command=True,
    help="""Choose where to work: the sandbox, or an account and region of AWS.

    \b
    Examples:
      hivemind target use sandbox
      hivemind target add work --profile company --region eu-west-1 --admin-cidr 203.0.113.7/32
      eval "$(hivemind target env)"     # for ansible-playbook, aws and others
    """,
)
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Name of the target.")]


@app.callback()
def current(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        _print_one(targets.choose())
        output.note("  → hivemind target list, hivemind target use NAME")


@app.command("list")
def list_targets(as_json: JsonOption = False) -> None:
    """List the targets of this machine."""
    chosen = targets.current_name()
    found = [targets.load(name) for name in targets.names()]
    if as_json:
        output.document([{**_settings(t), "current": t.name == chosen} for t in found])
        return
    if not found:
        output.note("No targets yet.\n  → hivemind sandbox up, or: hivemind target use AWS_PROFILE")
        return
    rows = [
        ("*" if t.name == chosen else " ", t.name, t.region, t.profile, t.endpoint_url or "AWS")
        for t in found
    ]
    output.result(output.table(("", "NAME", "REGION", "PROFILE", "ENDPOINT"), rows))


@app.command()
def use(name: NameArgument) -> None:
    """Make a target the current one; an AWS profile's name makes a target of it."""
    target = targets.use(name)
    output.note(f"Now on {target.name} ({target.region}).")


@app.command()
def show(
    name: Annotated[str | None, typer.Argument(metavar="NAME")] = None, as_json: JsonOption = False
) -> None:
    """Show one target's settings, the current one's if no name is given."""
    target = targets.choose(name)
    if as_json:
        output.document(_settings(target))
    else:
        _print_one(target)


@app.command()
def env(target: TargetOption = None) -> None:
    """Print the target's environment for a shell: eval "$(hivemind target env)"."""
    output.result("\n".join(targets.choose(target).export_lines()))


@app.command()
def add(
    name: NameArgument,
    region: Annotated[str | None, typer.Option(help="Region, such as eu-west-1.")] = None,
    profile: Annotated[str | None, typer.Option(help="Profile in ~/.aws/config.")] = None,
    admin_cidr: Annotated[
        str | None, typer.Option(help="Addresses that may reach the hosts by SSH.")
    ] = None,
    endpoint_url: Annotated[
        str | None, typer.Option(help="Where the API answers, if it is not AWS itself.")
    ] = None,
    credentials_file: Annotated[str | None, typer.Option(help="Instead of ~/.aws.")] = None,
    config_file: Annotated[str | None, typer.Option(help="Instead of ~/.aws/config.")] = None,
    console_url: Annotated[
        str | None, typer.Option(help="Where links to the console lead.")
    ] = None,
) -> None:
    """Add a target, or change settings of one that is there."""
    given = {
        "region": region,
        "profile": profile,
        "admin_cidr": admin_cidr,
        "endpoint_url": endpoint_url,
        "credentials_file": credentials_file,
        "config_file": config_file,
        "console_url": console_url,
    }
    known = _settings(targets.load(name)) if name in targets.names() else {}
    known.pop("name", None)
    settings = known | {key: value for key, value in given.items() if value is not None}
    if admin_cidr is not None:
        _check_cidr(admin_cidr)
    if not settings:
        raise UserError(
            "a target needs a region", mend=f"hivemind target add {name} --region eu-west-1"
        )
    path = targets.save(targets.make(name, **settings))
    output.note(f"Wrote {path}.\n  → hivemind target use {name}")


@app.command()
def remove(name: NameArgument, yes: YesOption = False) -> None:
    """Forget a target; nothing on it is touched."""
    targets.load(name)
    if not yes:
        typer.confirm(f"Forget the target {name}?", abort=True, err=True)
    targets.remove(name)
    output.note(f"Forgot {name}; nothing on it was touched.")


@app.command()
def policy() -> None:
    """Print the IAM policy that a deploy needs, as JSON."""
    from hivemind_agents.preflight.permissions import policy_text

    output.result(policy_text().rstrip())


def _print_one(target: targets.Target) -> None:
    settings = _settings(target)
    for key, value in settings.items():
        output.result(f"{key:<22}{value}")


def _settings(target: targets.Target) -> dict[str, str]:
    keys = (
        "name", "region", "profile", "endpoint_url", "credentials_file", "config_file",
        "admin_cidr", "host_s3_endpoint_url", "console_url",
    )  # fmt: skip
    return {key: value for key in keys if (value := getattr(target, key)) is not None}


def _check_cidr(text: str) -> None:
    import ipaddress

    try:
        ipaddress.IPv4Network(text)
    except ValueError as error:
        raise UserError(
            f"{text!r} is not a range of addresses: {error}", mend="write it as 203.0.113.7/32"
        ) from None
