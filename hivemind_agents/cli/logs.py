"""`hivemind logs`."""

import subprocess
import threading
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from hivemind_agents.cli import driving, output, reading
from hivemind_agents.cli.frame import JsonOption, RegionOption, TargetOption, new_app
from hivemind_agents.errors import AccessError, UserError

if TYPE_CHECKING:
    from hivemind_agents.bootstrap import Runtime
    from hivemind_agents.domain.run import RunEvent

app = new_app()
_SSH_FAILED = 255


@app.command()
def logs(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Name of the deployment.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="How many lines back.")] = 100,
    host: Annotated[
        str | None, typer.Option(metavar="HOST", help="One host alone: id, address or number.")
    ] = None,
    process: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="One process alone: web, worker, release, cron-JOB."),
    ] = None,
    run: Annotated[
        str | None, typer.Option("--run", metavar="ID", help="The events of a run instead.")
    ] = None,
    target: TargetOption = None,
    region: RegionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read the application's log lines from its hosts, or the events of a run.

    \b
    Examples:
      hivemind logs shop --follow
      hivemind logs shop --lines 500 | grep ERROR
      hivemind logs shop --process worker
      hivemind logs --run 4f1c
    """
    place = reading.on_target(target, region)
    if run is not None:
        driving.with_runtime(place, lambda hivemind: _events(hivemind, run, as_json=as_json))
    elif name is not None:
        _journal(name, units=process or "*", follow=follow, lines=lines, host=host)
    else:
        raise UserError("whose log lines?", mend="hivemind logs NAME, or: hivemind logs --run ID")


async def _events(hivemind: "Runtime", run: str, *, as_json: bool) -> None:
    found = await hivemind.run(run)
    events = [event for _, event in await hivemind.events(found.id)]
    if as_json:
        output.document(events)
        return
    for event in events:
        output.result(f"{event.at:%H:%M:%S}  {_line(event)}")


def _line(event: "RunEvent") -> str:
    match event.kind:
        case "note":
            return f"{event.agent}: {event.message}"
        case "stack":
            reason = f": {event.reason}" if event.reason else ""
            return (
                f"{event.stage:<11} {event.status} {event.logical_id} {event.resource_type}{reason}"
            )
        case "stage":
            took = f" in {output.duration(event.seconds)}" if event.seconds is not None else ""
            message = f": {event.message}" if event.message else ""
            return f"{event.stage:<11} {event.status}{took}{message}"
        case "task":
            where = f" [{event.host}]" if event.host else ""
            message = f": {event.message}" if event.message else ""
            return f"{event.stage:<11} {event.status:<11} {event.task}{where}{message}"


def _journal(name: str, *, units: str, follow: bool, lines: int, host: str | None) -> None:
    from hivemind_agents.cli import hosts

    session = reading.session()
    record = reading.record(name, session)
    chosen = [hosts.chosen(record, host)] if host else hosts.live_hosts(record)
    remote = [
        "sudo", "journalctl", "--no-pager", "--output=short-iso",
        "--unit", f"hivemind-{name}-{units}",
        "--lines", str(lines), *(["--follow"] if follow else []),
    ]  # fmt: skip
    with hosts.reach(record, session) as reach:
        running = [
            (
                instance,
                subprocess.Popen(
                    reach.command(instance, remote, terminal=False),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    text=True,
                    errors="replace",
                ),
            )
            for instance in chosen
        ]
        readers = []
        for number, (_, process) in enumerate(running, 1):
            prefix = f"[{number}] " if len(running) > 1 else ""
            assert process.stdout is not None  # noqa: S101 - it is a pipe, as asked for above
            reader = threading.Thread(target=_copy, args=(process.stdout, prefix))
            reader.start()
            readers.append(reader)
        try:
            for reader in readers:
                reader.join()
        except KeyboardInterrupt:
            for _, process in running:
                process.terminate()
            raise typer.Exit(0) from None
        failed = [instance.id for instance, process in running if process.wait() == _SSH_FAILED]
    if failed:
        raise AccessError(
            f"no SSH to {', '.join(failed)}",
            mend=f"hivemind status {name} (is the host up?), hivemind target show (admin_cidr)",
        )


def _copy(lines: TextIO, prefix: str) -> None:
    for line in lines:
        output.result(f"{prefix}{line.rstrip()}")
