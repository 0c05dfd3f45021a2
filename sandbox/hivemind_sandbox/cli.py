"""`hivemind sandbox`: start, stop, look at and forget the local AWS."""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Annotated, Any

import typer

from hivemind_sandbox.settings import Settings

app = typer.Typer(
    help="The local AWS: real hosts, load balancers and databases on this machine.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)

Index = Annotated[int | None, typer.Option(help="Which sandbox, 0 to 7; several run side by side.")]
START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 60.0


@app.command()
def up(
    index: Index = None,
    hosts: Annotated[
        bool | None,
        typer.Option(
            "--hosts/--no-hosts",
            help="--no-hosts: the API alone, without podman; nothing that it describes runs.",
        ),
    ] = None,
) -> None:
    """Start the sandbox, or say that it runs.

    Example: hivemind sandbox up && hivemind deploy examples/guestbook
    """
    settings = _settings(index, hosts)
    known = _status(settings)
    if known and known.get("ready"):
        if hosts is not None and known["hosts"] != hosts:
            _fail(
                f"the sandbox runs {'with' if known['hosts'] else 'without'} hosts already: "
                f"run `hivemind sandbox down --index {settings.index}` first"
            )
        _write_target(settings)
        typer.echo(f"The sandbox runs already at {settings.endpoint_url}.")
        return
    began = time.monotonic()
    process = _spawn(settings)
    _wait_ready(settings, process)
    target = _write_target(settings)
    took = time.monotonic() - began
    typer.echo(f"The sandbox is ready at {settings.endpoint_url} ({took:.1f} s).")
    typer.echo(f"Its target is {settings.name!r} ({target}).")
    if not settings.hosts:
        typer.echo("It has no hosts: instances and databases exist in the API alone.")


@app.command()
def down(index: Index = None) -> None:
    """Stop the sandbox and what it runs; deployments and their data come back with `up`."""
    settings = _settings(index)
    had_hosts = _has_hosts(settings)
    stopped = _stop(settings)
    if had_hosts:
        _clean_up(settings, keep=True)
    typer.echo("The sandbox is stopped." if stopped else "The sandbox was not running.")


@app.command()
def reset(
    index: Index = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,  # noqa: FBT002
) -> None:
    """Stop the sandbox and remove everything in it: hosts, databases, buckets, stacks."""
    settings = _settings(index)
    if not yes and not typer.confirm(
        f"Remove everything in sandbox {settings.index} ({settings.directory})?"
    ):
        raise typer.Exit(1)
    had_hosts = _has_hosts(settings)
    _stop(settings)
    if had_hosts:
        _clean_up(settings, keep=False)
    shutil.rmtree(settings.directory, ignore_errors=True)
    _remove_target(settings)
    typer.echo("The sandbox is gone, with all that was in it.")


@app.command()
def status(
    index: Index = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,  # noqa: FBT002
) -> None:
    """Show whether the sandbox runs and what is in it. Exit code 1 when it does not run."""
    settings = _settings(index)
    found = _status(settings)
    if as_json:
        stopped = {"ready": False, "index": settings.index, "endpoint_url": settings.endpoint_url}
        typer.echo(json.dumps(found or stopped, indent=2))
    elif found:
        mode = "" if found["hosts"] else " without hosts"
        state = "ready" if found["ready"] else "starting"
        typer.echo(f"{state} at {found['endpoint_url']}{mode}, process {found['pid']}")
        for item in found["objects"]:
            reason = f"  {item['reason']}" if item.get("reason") else ""
            typer.echo(f"  {item['kind']:<14} {item['id']:<44} {item['state']}{reason}")
    else:
        typer.echo("The sandbox does not run: start it with `hivemind sandbox up`.")
    if not found:
        raise typer.Exit(1)


@app.command()
def logs(
    index: Index = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as lines come.")] = False,  # noqa: FBT002
    lines: Annotated[int, typer.Option("--lines", "-n", help="How many at first.")] = 100,
) -> None:
    """Show what the sandbox's process wrote."""
    settings = _settings(index)
    if not settings.log_file.exists():
        _fail("the sandbox has written no log yet: start it with `hivemind sandbox up`")
    with settings.log_file.open(errors="replace") as log:
        typer.echo("".join(log.readlines()[-lines:]), nl=False)
        while follow:
            line = log.readline()
            if line:
                typer.echo(line, nl=False)
            else:
                time.sleep(0.2)


# -- the process ----------------------------------------------------------------------------------


def _settings(index: int | None, hosts: bool | None = None) -> Settings:  # noqa: FBT001
    try:
        return Settings.from_environment(index=index, hosts=hosts)
    except ValueError as error:
        _fail(str(error))
        raise


def _fail(message: str) -> None:
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(1)


def _spawn(settings: Settings) -> subprocess.Popen[bytes]:
    """Start the process detached from this terminal, writing to the sandbox's log."""
    try:
        settings.directory.mkdir(parents=True, exist_ok=True)
        log = settings.log_file.open("wb")
    except PermissionError:
        _fail(
            f"{settings.directory} cannot be written to: run as root, or set HIVEMIND_SANDBOX_DIR"
        )
        raise
    command = [sys.executable, "-m", "hivemind_sandbox", "--index", str(settings.index)]
    if not settings.hosts:
        command.append("--no-hosts")
    with log:
        return subprocess.Popen(
            command,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(_import_path())},
        )


def _import_path() -> list[str]:
    """Where this very code was found, so that the process finds the same."""
    here = str(Path(__file__).resolve().parent.parent)
    given = os.environ.get("PYTHONPATH", "")
    return [here, *given.split(os.pathsep)] if given else [here]


def _wait_ready(settings: Settings, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            _fail(f"the sandbox did not start.\n{_tail(settings)}")
        found = _status(settings)
        if found and found.get("ready"):
            return
        time.sleep(0.1)
    process.terminate()
    _fail(f"the sandbox was not ready after {START_TIMEOUT_S:.0f} s.\n{_tail(settings)}")


def _tail(settings: Settings, count: int = 15) -> str:
    lines = settings.log_file.read_text(errors="replace").splitlines()[-count:]
    return "\n".join(["Its last lines:", *(f"  {line}" for line in lines)])


def _status(settings: Settings) -> dict[str, Any] | None:
    """What the running sandbox says of itself; None when none runs.

    Another one of the same index, with its state elsewhere, is not to be touched.
    """
    found = _answer(settings)
    if found is None or found.get("index") != settings.index:
        return None
    if found.get("directory", str(settings.directory)) != str(settings.directory):
        _fail(
            f"a sandbox of index {settings.index} runs with its state in {found.get('directory')}, "
            f"not in {settings.directory}: choose another `--index`, or set HIVEMIND_SANDBOX_DIR"
        )
    return found


def _answer(settings: Settings) -> dict[str, Any] | None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{settings.endpoint_url}/_sandbox/status", timeout=5) as answer:
            found: dict[str, Any] = json.load(answer)
    except (OSError, ValueError):
        return None
    return found


def _stop(settings: Settings) -> bool:
    """End the process; False when none ran."""
    from hivemind_sandbox.process import running_pid

    pid = running_pid(settings)
    if pid is None:
        return False
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while running_pid(settings) is not None:
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
    return True


def _has_hosts(settings: Settings) -> bool:
    """Whether there can be hosts to clean up: not for a sandbox that was started without."""
    found = _status(settings)
    return settings.hosts if found is None else bool(found["hosts"])


def _clean_up(settings: Settings, *, keep: bool) -> None:
    from hivemind_sandbox import cleanup, network

    logging.basicConfig(level=logging.WARNING)
    try:
        if keep:
            cleanup.down(settings)
        else:
            cleanup.reset(settings)
    except network.IndexTakenError as error:
        _fail(str(error))


# -- the target -----------------------------------------------------------------------------------


def _configuration() -> Path:
    given = os.environ.get("HIVEMIND_CONFIG_DIR")
    if given:
        return Path(given)
    home = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(home) / "hivemind"


def _write_target(settings: Settings) -> Path:
    """Describe the sandbox as a target, and make it current when none is."""
    profile = settings.name
    _write_private(
        settings.credentials_file,
        f"[{profile}]\naws_access_key_id = {settings.access_key}\n"
        f"aws_secret_access_key = {settings.secret_key}\n",
    )
    _write_private(
        settings.config_file,
        f"[profile {profile}]\nregion = {settings.region}\ns3 =\n    addressing_style = path\n",
    )
    target = {
        "region": settings.region,
        "profile": profile,
        "endpoint_url": settings.endpoint_url,
        "credentials_file": str(settings.credentials_file),
        "config_file": str(settings.config_file),
        "admin_cidr": f"{settings.operator_address}/32",
    }
    if settings.hosts:
        target["host_s3_endpoint_url"] = settings.host_s3_endpoint_url
    folder = _configuration()
    path = folder / "targets" / f"{settings.name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    # A JSON string is a TOML basic string.
    path.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in target.items()))
    current = folder / "current-target"
    if not current.exists() or not current.read_text().strip():
        current.write_text(f"{settings.name}\n")
    return path


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)
    if os.geteuid() == 0 and os.environ.get("SUDO_UID", "").isdigit():
        # Whoever started the sandbox by sudo may use it without.
        os.chown(path, int(os.environ["SUDO_UID"]), -1)


def _remove_target(settings: Settings) -> None:
    folder = _configuration()
    (folder / "targets" / f"{settings.name}.toml").unlink(missing_ok=True)
    current = folder / "current-target"
    if current.exists() and current.read_text().strip() == settings.name:
        current.unlink()


if __name__ == "__main__":
    app()
