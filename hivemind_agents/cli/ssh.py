"""`hivemind ssh`."""

import subprocess
import sys
from typing import Annotated

import typer

from hivemind_agents.cli import reading
from hivemind_agents.cli.frame import NameArgument, RegionOption, TargetOption, new_app

app = new_app()


@app.command()
def ssh(
    name: NameArgument,
    command: Annotated[
        list[str] | None, typer.Argument(metavar="-- COMMAND ...", help="Else a shell.")
    ] = None,
    host: Annotated[
        str | None, typer.Option(metavar="HOST", help="Id, address or number; else the first.")
    ] = None,
    target: TargetOption = None,
    region: RegionOption = None,
) -> None:
    """Open a shell on a host, or run a command there, as user admin (with sudo).

    \b
    Examples:
      hivemind ssh shop
      hivemind ssh shop --host 2 -- sudo systemctl status 'hivemind-shop-*'
    """
    from hivemind_agents.cli import hosts

    reading.on_target(target, region)
    session = reading.session()
    record = reading.record(name, session)
    instance = hosts.chosen(record, host)
    with hosts.reach(record, session) as reach:
        terminal = sys.stdin.isatty() and not command
        done = subprocess.run(
            reach.command(instance, command or [], terminal=terminal), check=False
        )
    raise typer.Exit(done.returncode)
