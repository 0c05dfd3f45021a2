"""The container that a build runs in: no rights, no credentials, limits, and no life of its own.

It lives as long as a pipe of ours is open, so it ends when this process does, even by `kill -9`;
its own clock ends it as well.
"""

import contextlib
import json
import os
import shutil
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from hivemind_agents.adapters.builder_network import (
    RESOLVER,
    NetworkSettings,
    connected,
    missing,
)
from hivemind_agents.adapters.builder_volume import Volume
from hivemind_agents.building.model import BuildLimits
from hivemind_agents.errors import HivemindError

# Nobody on the machine has it.
USER = 64200
LABEL = "hivemind.builder"
# The last lines of a command: its cause may stand well above the end.
KEPT_LINES = 400
MINUTE_SECONDS = 60
_START_SECONDS = 60
_LOG_BYTES = 20 << 20
_CA = "/etc/ssl/certs/ca-certificates.crt"
_ENV = {
    "HOME": "/tmp/home",  # noqa: S108 - the container's own
    "TMPDIR": "/tmp",  # noqa: S108
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "CI": "1",
    "SOURCE_DATE_EPOCH": "315532800",
    "SSL_CERT_FILE": _CA,
    "PIP_CERT": _CA,
    "REQUESTS_CA_BUNDLE": _CA,
    "NODE_EXTRA_CA_CERTS": _CA,
}
_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code and its last lines."""

    exit_code: int
    lines: tuple[str, ...]
    timed_out: bool = False
    out_of_memory: bool = False


class Container:
    """A running builder; `run` executes one command in it after the other."""

    def __init__(self, program: str, name: str, pid: int, log: Path, deadline: float) -> None:
        self._program = program
        self._name = name
        self._pid = pid
        self._log = log
        self._deadline = deadline

    def run(
        self,
        command: str,
        tell: Callable[[str], None] = lambda _line: None,
        *,
        secrets: Mapping[str, str] | None = None,
    ) -> Ended:
        """Run `command` with a shell in /app; every line goes to the log and to `tell`.

        `secrets`: variables of this command alone. They are on no command line, and no line that
        is kept or told has one of their values in it.
        """
        hidden = dict(secrets or {})
        late = threading.Event()
        kills_before = self._kills()
        timer = threading.Timer(max(0.0, self._deadline - time.monotonic()), self._expire, (late,))
        last: deque[str] = deque(maxlen=KEPT_LINES)
        with (
            self._log.open("ab") as log,
            subprocess.Popen(
                [
                    self._program,
                    "exec",
                    "--workdir",
                    "/app",
                    # Without a value: the engine takes it from its own environment.
                    *(f"--env={name}" for name in hidden),
                    self._name,
                    "/bin/sh",
                    "-euc",
                    command,
                ],
                env={**os.environ, **hidden},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            ) as process,
        ):
            assert process.stdout is not None  # noqa: S101 - it is a pipe
            timer.start()
            try:
                while line := process.stdout.readline(1 << 16):
                    line = without(line, hidden.values())
                    if log.tell() < _LOG_BYTES:
                        log.write(line)
                        log.flush()
                    if text := line.decode(errors="replace").rstrip():
                        last.append(text)
                        tell(text)
                exit_code = process.wait()
            finally:
                timer.cancel()
                process.kill()
        return Ended(
            exit_code=exit_code,
            lines=tuple(last),
            timed_out=late.is_set(),
            out_of_memory=not late.is_set() and self._kills() > kills_before,
        )

    @contextmanager
    def held(self) -> Iterator[None]:
        """No process of the container moves while this lasts."""
        subprocess.run([self._program, "pause", self._name], capture_output=True, check=True)
        try:
            yield
        finally:
            subprocess.run([self._program, "unpause", self._name], capture_output=True, check=True)

    def _expire(self, late: threading.Event) -> None:
        late.set()
        _remove(self._program, self._name)

    def _kills(self) -> int:
        """How often the kernel ended a process of this container for its memory."""
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
    search_path: tuple[str, ...],
    log: Path,
) -> Iterator[Container]:
    """Start a builder, plug its network in, and remove it at the end.

    `label` tells the deployment's builders; left-over ones are removed first.
    """
    remove_labelled(program, label)
    settings = log.parent / "etc"
    settings.mkdir(exist_ok=True)
    command = [
        *engine(program), "run", "--rm", "--interactive",
        "--name", label, "--label", f"{LABEL}={label}", "--hostname", "builder",
        "--network", "none", "--pull", "never",
        "--user", f"{USER}:{USER}", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
        "--read-only", "--workdir", "/app",
        "--memory", f"{limits.memory_mb}m", "--memory-swap", f"{limits.memory_mb}m",
        "--pids-limit", str(limits.processes),
        *_ulimits(),
        "--volume", f"{volume.app}:/app",
        "--volume", f"{volume.temporary}:/tmp",
        "--volume", f"{volume.cache}:/cache",
        *_settings_mounts(settings),
        *_environment(program, env, search_path),
        "--entrypoint", "/bin/sh", image,
        "-c", f'mkdir -p "$HOME"; echo ready; exec timeout {limits.timeout_minutes * 60 + 60} cat',
    ]  # fmt: skip
    deadline = time.monotonic() + limits.timeout_minutes * MINUTE_SECONDS
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
                yield Container(program, label, pid, log, deadline)
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
    """The container engine of this machine: podman, or docker where that is what there is.

    Raises HivemindError when there is neither.
    """
    for program in (os.environ.get("HIVEMIND_CONTAINER_ENGINE"), "podman", "docker"):
        if program and shutil.which(program):
            return program
    raise missing("podman")


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
    files = {
        "resolv.conf": f"nameserver {RESOLVER}\noptions timeout:3 attempts:3\n",
        "hosts": "127.0.0.1 localhost builder\n",
        "passwd": f"root:x:0:0::/root:/bin/sh\nbuilder:x:{USER}:{USER}::/tmp/home:/bin/sh\n",
        "group": f"root:x:0:\nbuilder:x:{USER}:\n",
    }
    mounts = []
    for name, text in files.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o644)
        mounts += ["--volume", f"{folder / name}:/etc/{name}:ro"]
    return mounts


def without(line: bytes, values: Iterable[str]) -> bytes:
    """The line with stars in place of each value, in the ways that tools spell it."""
    for value in values:
        if len(value) < 4:
            continue
        shapes = {value, quote(value, safe=""), *_passwords(value)}
        for shape in sorted(shapes, key=len, reverse=True):
            line = line.replace(shape.encode(), b"****")
    return line


def _passwords(value: str) -> set[str]:
    """Of a URL, the password alone, quoted and plain."""
    password = urlsplit(value).password if "://" in value else None
    return {password, unquote(password)} if password and len(password) > 3 else set()


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
        *_environment(program, network.env, ()),
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


def _environment(program: str, env: Mapping[str, str], search_path: tuple[str, ...]) -> list[str]:
    path = ":".join((*(f"/app/{folder}" for folder in search_path), _SYSTEM_PATH))
    # podman hands the machine's proxies on, docker those of its own configuration.
    options = ["--http-proxy=false"] if Path(program).name == "podman" else []
    for name, value in {**_ENV, **env, "PATH": path}.items():
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
