"""Both builder drivers, for the tests that hold them to the same promises."""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from hivemind_agents.adapters.builder import Builder, ContainerBuilder, HostBuilder
from hivemind_agents.adapters.builder_container import LABEL
from hivemind_agents.adapters.builder_host import Host

# Shows what a build left on a host; nothing when there is nothing.
_LEFT = (
    "grep hivemind-builder /proc/mounts; getent passwd hivemind-builder; "
    "ls -d /run/hivemind-builder 2>/dev/null; pgrep -l -u 64200; pgrep -l slirp4netns; "
    "systemctl list-units --all --type service,slice --plain --no-legend '*hivemind*builder*'; true"
)


@dataclass(frozen=True)
class Yard:
    """Where a test builds, and how it looks for what was left there."""

    driver: str
    folder: Path
    builder: Builder
    # Makes the same builder in another process.
    source: str
    # What is left there of the builds of a deployment.
    left: Callable[[str], list[str]]


def container_yard(program: str, image: str, folder: Path) -> Yard:
    """Containers on this machine."""

    def left(deployment: str) -> list[str]:
        listed = subprocess.run(
            ["podman", "ps", "--all", "--filter", f"label={LABEL}", "--format", "{{.Names}}"],
            capture_output=True, text=True, check=True,
        ).stdout.split()  # fmt: skip
        mounted = [
            line for line in Path("/proc/mounts").read_text().splitlines() if str(folder) in line
        ]
        return [name for name in listed if name.startswith(f"hivemind-builder-{deployment}-")] + (
            mounted
        )

    return Yard(
        driver=program,
        folder=folder,
        builder=ContainerBuilder(image=image, program=program, folder=folder),
        source=f"ContainerBuilder(image={image!r}, program={program!r}, "
        f"folder=Path({str(folder)!r}))",
        left=left,
    )


def host_yard(host: Host, inside: Callable[[str], str], folder: Path) -> Yard:
    """A host of the sandbox. `inside` runs a command in it, as root."""
    return Yard(
        driver="host",
        folder=folder,
        builder=HostBuilder(host, folder=folder),
        source=f"HostBuilder(Host(address={host.address!r}, user={host.user!r}, "
        f"key=Path({str(host.key)!r}), options={host.options!r}), folder=Path({str(folder)!r}))",
        left=lambda _deployment: inside(_LEFT).splitlines(),
    )


def answers(program: str) -> bool:
    """Whether an engine answers that has the builder's image, or can make it."""
    if shutil.which(program) is None:
        return False
    return subprocess.run([program, "version"], capture_output=True, check=False).returncode == 0


def docker_here(image: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `docker` answer: where no engine does, it is podman under docker's name.

    That is what Debian's package `podman-docker` has; it tries our use of docker's commands, not
    docker's engine.
    """
    if answers("docker"):
        there = subprocess.run(
            ["docker", "image", "inspect", image], capture_output=True, check=False
        )
        if there.returncode:
            pytest.skip("docker does not have the builder's image: podman save | docker load")
        return
    # docker's name, and its default runtime where podman's own cannot run.
    folder.mkdir()
    pure = Path("/sys/fs/cgroup/cgroup.controllers").exists()
    shim = folder / "docker"
    shim.write_text(f'#!/bin/sh\nexec podman {"" if pure else "--runtime runc"} "$@"\n')
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
