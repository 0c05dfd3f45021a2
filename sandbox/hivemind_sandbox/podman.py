"""Containers that are whole hosts: systemd as their first process, in a namespace of ours."""

import json
import logging
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from hivemind_sandbox import image
from hivemind_sandbox.commands import CommandError, lines, run
from hivemind_sandbox.settings import Settings

log = logging.getLogger(__name__)

SANDBOX_LABEL = "hivemind.sandbox"
KEY_LABEL = "hivemind.key"
KIND_LABEL = "hivemind.kind"
SEED = "/var/lib/hivemind-seed"

# What systemd and common services need, short of --privileged, with which a guest could change
# this machine. Podman's default is a trap: systemd runs, but ProtectSystem silently does nothing.
CAPABILITIES = (
    "SYS_ADMIN,NET_ADMIN,NET_RAW,AUDIT_WRITE,AUDIT_CONTROL,SYS_PTRACE,MKNOD,SYS_NICE,IPC_LOCK,"
    "LINUX_IMMUTABLE,DAC_READ_SEARCH,SYS_BOOT"
)

# A host mounts file systems that are in files: loop devices, and what hands them out.
_DEVICES = ("--device-cgroup-rule", "b 7:* rmw", "--device-cgroup-rule", "c 10:237 rmw")

# How a first process ends that called reboot(2): 128 + the signal that the kernel makes of it.
EXIT_REBOOT = 129
EXIT_POWEROFF = 130

Kind = Literal["instance", "database", "cache"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A container of this sandbox, as podman has it."""

    key: str
    kind: str
    running: bool
    pid: int
    exit_code: int
    never_started: bool


def containers(settings: Settings) -> dict[str, Container]:
    """All containers of this sandbox by the key of their object, found by label."""
    shown = run(
        *_podman(), "ps", "--all", "--format", "json",
        "--filter", f"label={SANDBOX_LABEL}={settings.index}",
    )  # fmt: skip
    found = {}
    for row in json.loads(shown or "[]"):
        key = row["Labels"][KEY_LABEL]
        found[key] = Container(
            key=key,
            kind=row["Labels"][KIND_LABEL],
            running=row["State"] == "running",
            pid=row["Pid"],
            exit_code=row["ExitCode"],
            never_started=row["State"] in ("created", "configured"),
        )
    return found


def name(settings: Settings, key: str) -> str:
    return f"{settings.prefix}-{key}"


def seed_directory(settings: Settings, key: str) -> Path:
    return settings.directory / "hosts" / key


def write_seed(settings: Settings, key: str, files: dict[str, str]) -> None:
    """Write what the host's first process reads; only root may, as user data can be secret."""
    directory = seed_directory(settings, key)
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    for file, text in files.items():
        (directory / file).write_text(text)


def seed_of_host(
    *, hostname: str, domain: str, address: str, resolver: str, region: str
) -> dict[str, str]:
    """Name and name server as a host of AWS has them."""
    return {
        "hostname": f"{hostname}\n",
        "hosts": lines(
            [
                "127.0.0.1 localhost",
                f"{address} {hostname}.{domain} {hostname}",
                "::1 ip6-localhost ip6-loopback",
            ]
        ),
        "resolv.conf": lines([f"nameserver {resolver}", f"search {region}.compute.internal"]),
    }


def create(
    settings: Settings,
    key: str,
    *,
    kind: Kind,
    image_kind: image.Kind,
    hostname: str,
    network: str,
    files: Mapping[Path, str] | None = None,
) -> None:
    """Create the container, stopped. `files` of this machine are in it, read-only."""
    reference = image.ensure(image_kind)
    volumes = {seed_directory(settings, key): SEED, **(files or {})}
    mounts = [part for source, at in volumes.items() for part in ("--volume", f"{source}:{at}:ro")]
    run(
        *_podman(), "create", "--name", name(settings, key), "--hostname", hostname, "--no-hosts",
        "--label", f"{SANDBOX_LABEL}={settings.index}",
        "--label", f"{KEY_LABEL}={key}", "--label", f"{KIND_LABEL}={kind}",
        "--network", f"ns:{network}", "--systemd=always", *_limits(), "--cap-add", CAPABILITIES,
        "--security-opt", "seccomp=unconfined", "--security-opt", "unmask=ALL",
        "--security-opt", "label=disable", "--security-opt", "apparmor=unconfined",
        *_DEVICES, *mounts,
        "--log-driver", "none", "--http-proxy=false", reference,
    )  # fmt: skip


def start(settings: Settings, key: str) -> None:
    run(*_podman(), "start", name(settings, key))
    paused_marker(settings, key).unlink(missing_ok=True)


def pause(settings: Settings, key: str) -> None:
    """Note that whoever finds the host off shall start it again."""
    marker = paused_marker(settings, key)
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.touch()


def paused_marker(settings: Settings, key: str) -> Path:
    return seed_directory(settings, key) / "paused"


def stop(settings: Settings, key: str, *, grace_s: int = 10) -> None:
    run(*_podman(), "stop", "--time", str(grace_s), name(settings, key))


def restart(settings: Settings, key: str) -> None:
    run(*_podman(), "restart", "--time", "10", name(settings, key))


def remove(settings: Settings, key: str) -> None:
    """Remove container and seed; neither need exist."""
    run(*_podman(), "rm", "--force", "--time", "0", "--ignore", name(settings, key))
    shutil.rmtree(seed_directory(settings, key), ignore_errors=True)


def execute(
    settings: Settings, key: str, *argv: str, user: str = "root", stdin: str | None = None
) -> str:
    """Run a program in the host; secrets go by `stdin`, where no process list shows them."""
    return run(
        *_podman(), "exec", "--interactive", "--user", user, name(settings, key), *argv,
        stdin="" if stdin is None else stdin,
    )  # fmt: skip


def copy_out(settings: Settings, key: str, source: str, target: Path) -> None:
    run(*_podman(), "cp", f"{name(settings, key)}:{source}", str(target))


def copy_in(settings: Settings, key: str, source: Path, target: str) -> None:
    run(*_podman(), "cp", str(source), f"{name(settings, key)}:{target}")


@cache
def _podman() -> tuple[str, ...]:
    """Crun refuses a cgroup tree that is not purely version 2; runc takes it."""
    kind = run("stat", "--file-system", "--format=%T", "/sys/fs/cgroup").strip()
    return ("podman",) if kind == "cgroup2fs" else ("podman", "--runtime", "runc")


@cache
def _limits() -> tuple[str, ...]:
    """Podman's own limits exceed what a process without CAP_SYS_RESOURCE may give."""
    status = Path("/proc/self/status").read_text()
    effective = next(line for line in status.splitlines() if line.startswith("CapEff:"))
    if int(effective.split()[1], 16) & (1 << 24):
        return ()
    return ("--ulimit", "nofile=20000:20000", "--ulimit", "nproc=32768:32768")


def found(settings: Settings) -> list[str]:
    """Keys of the sandbox's containers; none where podman is not installed."""
    try:
        return sorted(containers(settings))
    except CommandError as error:
        if error.returncode == 127:
            return []
        raise
