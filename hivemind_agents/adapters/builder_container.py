"""The container that a build runs in: no rights, no credentials, limits, and no life of its own.

It lives as long as a pipe of ours is open, so it ends when this process does, even by `kill -9`;
its own clock ends it as well.
"""

import contextlib
import json
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from hivemind_agents.adapters.builder_box import (
    USER,
    Box,
    deadline_of,
    environment,
    settings_files,
    with_heap,
)
from hivemind_agents.adapters.builder_network import (
    RESOLVER,
    NetworkSettings,
    connected,
    missing,
)
from hivemind_agents.adapters.builder_volume import Volume
from hivemind_agents.building.model import BuildLimits
from hivemind_agents.engine import container_engine, mend, why_not_here
from hivemind_agents.errors import AccessError, HivemindError

LABEL = "hivemind.builder"
_START_SECONDS = 60


class Container(Box):
    """A running container."""

    def __init__(self, program: str, name: str, pid: int, log: Path, deadline: float) -> None:
        super().__init__(log, deadline)
        self._program = program
        self._name = name
        self._pid = pid

    @contextmanager
    def held(self) -> Iterator[None]:
        """No process of the container moves while this lasts."""
        subprocess.run([self._program, "pause", self._name], capture_output=True, check=True)
        try:
            yield
        finally:
            subprocess.run([self._program, "unpause", self._name], capture_output=True, check=True)

    def _starting(
        self, command: str, secrets: Mapping[str, str]
    ) -> tuple[list[str], Mapping[str, str]]:
        # Without a value: the engine takes it from its own environment.
        named = (f"--env={name}" for name in secrets)
        argv = [self._program, "exec", "--workdir", "/app", *named, self._name]
        return [*argv, "/bin/sh", "-euc", command], secrets

    def _end(self) -> None:
        _remove(self._program, self._name)

    def _kills(self) -> int:
        for line in _cgroup_file(self._pid).splitlines():
            name, _, count = line.partition(" ")
            if name == "oom_kill":
                return int(count)
        return 0


@contextmanager
def running(
    *,
    program: str,
    image: str,
    label: str,
    volume: Volume,
    limits: BuildLimits,
    network: NetworkSettings,
    env: Mapping[str, str],
    log: Path,
) -> Iterator[Container]:
    """Start a builder, plug its network in, and remove it at the end.

    `label` tells the deployment's builders; left-over ones are removed first.
    """
    remove_labelled(program, label)
    memory_mb = min(limits.memory_mb, machine_memory_mb() * 3 // 4)
    settings = log.parent / "etc"
    settings.mkdir(exist_ok=True)
    command = [
        *engine(program), "run", "--rm", "--interactive",
        "--name", label, "--label", f"{LABEL}={label}", "--hostname", "builder",
        "--network", "none", "--pull", "never",
        "--user", f"{USER}:{USER}", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
        "--read-only", "--workdir", "/app",
        "--memory", f"{memory_mb}m", "--memory-swap", f"{memory_mb}m",
        "--pids-limit", str(limits.processes),
        *_ulimits(),
        "--volume", f"{volume.app}:/app",
        "--volume", f"{volume.temporary}:/tmp",
        "--volume", f"{volume.cache}:/cache",
        *_settings_mounts(settings),
        *_environment(program, with_heap(env, memory_mb)),
        "--entrypoint", "/bin/sh", image,
        "-c", f'mkdir -p "$HOME"; echo ready; exec timeout {limits.timeout_minutes * 60 + 60} cat',
    ]  # fmt: skip
    deadline = deadline_of(limits)
    try:
        process = subprocess.Popen(
            command,
            # The engine's monitor leaves a file where it stands when memory runs out.
            cwd=settings,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except FileNotFoundError as error:
        raise missing(program) from error
    with process:
        try:
            pid = _wait_ready(program, label, process)
            with connected(pid, network):
                container = Container(program, label, pid, log, deadline)
                container.memory_mb = memory_mb
                yield container
        finally:
            _remove(program, label)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=20)
            process.kill()


def remove_labelled(program: str, label: str) -> None:
    """Remove the builders of a deployment that a killed process may have left."""
    try:
        found = subprocess.run(
            [program, "ps", "--all", "--quiet", "--filter", f"label={LABEL}={label}"],
            capture_output=True, text=True, check=False,
        ).stdout.split()  # fmt: skip
    except FileNotFoundError as error:
        raise missing(program) from error
    for container in found:
        _remove(program, container)


def _wait_ready(program: str, label: str, process: "subprocess.Popen[bytes]") -> int:
    assert process.stdout is not None  # noqa: S101 - they are pipes
    assert process.stderr is not None  # noqa: S101
    timer = threading.Timer(_START_SECONDS, process.kill)
    timer.start()
    try:
        if process.stdout.readline().strip() != b"ready":
            process.kill()
            said = process.stderr.read().decode(errors="replace").strip()
            raise HivemindError(
                f"the builder did not start: {said or f'no answer in {_START_SECONDS} s'}",
                mend="hivemind doctor",
            )
    finally:
        timer.cancel()
    told = subprocess.run(
        [program, "inspect", "--format", "{{json .State}}", label],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return int(json.loads(told.stdout)["Pid"])


def _remove(program: str, container: str) -> None:
    quick = ["--time", "0"] if Path(program).name == "podman" else []
    subprocess.run([program, "rm", "--force", *quick, container], capture_output=True, check=False)


def installed() -> str:
    """The container engine of this machine. Raises HivemindError when there is none."""
    if found := container_engine():
        return found
    raise AccessError(
        f"this machine cannot build: {why_not_here()}",
        mend=f"{mend()}; a first deploy builds on the deployment's new host instead",
    )


def engine(program: str) -> list[str]:
    """The engine's command; podman's default runtime refuses anything but pure cgroup v2."""
    pure = Path("/sys/fs/cgroup/cgroup.controllers").exists()
    if Path(program).name == "podman" and not pure:
        return [program, "--runtime", "runc"]
    return [program]


def _ulimits() -> list[str]:
    """Limits that the runtime may set: without CAP_SYS_RESOURCE none can be raised."""
    bit = 1 << 24
    capabilities = next(
        line for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("CapEff:")
    )  # fmt: skip
    if int(capabilities.split()[1], 16) & bit:
        return ["--ulimit", "core=0:0"]
    return ["--ulimit", "nofile=20000:20000", "--ulimit", "nproc=32768:32768"]


def _settings_mounts(folder: Path) -> list[str]:
    mounts = []
    for name, text in settings_files().items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o644)
        mounts += ["--volume", f"{folder / name}:/etc/{name}:ro"]
    return mounts


@contextmanager
def ephemeral(
    program: str, image: str, name: str, network: NetworkSettings, folder: Path
) -> Iterator[None]:
    """A container of `image` as root, with nothing of any repository in it, for installing."""
    _remove(program, name)
    (folder / "resolv.conf").write_text(f"nameserver {RESOLVER}\n")
    rights = "CHOWN,DAC_OVERRIDE,FOWNER,FSETID,SETGID,SETUID,SYS_CHROOT"
    capabilities = [f"--cap-add={right}" for right in rights.split(",")]
    command = [
        *engine(program), "run", "--rm", "--interactive", "--name", name,
        "--label", f"{LABEL}={name}",
        "--network", "none", "--pull", "never", "--user", "0:0", "--cap-drop", "ALL", *capabilities,
        "--security-opt", "no-new-privileges", "--memory", "2048m", "--pids-limit", "512",
        *_ulimits(), "--volume", f"{folder / 'resolv.conf'}:/etc/resolv.conf:ro",
        *_environment(program, environment(network.env, ())),
        "--entrypoint", "/bin/sh", image, "-c", "echo ready; exec timeout 1800 cat",
    ]  # fmt: skip
    with subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            pid = _wait_ready(program, name, process)
            with connected(pid, network):
                yield
        finally:
            _remove(program, name)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=20)
            process.kill()


def machine_memory_mb() -> int:
    """What this machine has in MiB, with all that runs on it."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20


def _environment(program: str, env: Mapping[str, str]) -> list[str]:
    # podman hands the machine's proxies on, docker those of its own configuration.
    options = ["--http-proxy=false"] if Path(program).name == "podman" else []
    for name, value in env.items():
        options += ["--env", f"{name}={value}"]
    return options


def _cgroup_file(pid: int) -> str:
    """The memory events of a process's control group, of whichever version."""
    try:
        memberships = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    except OSError:
        return ""
    for line in memberships:
        _, controllers, path = line.split(":", 2)
        if controllers == "memory":
            file = Path(f"/sys/fs/cgroup/memory{path}/memory.oom_control")
        elif controllers == "":
            file = Path(f"/sys/fs/cgroup{path}/memory.events")
        else:
            continue
        if file.is_file() and os.access(file, os.R_OK):
            return file.read_text()
    return ""
