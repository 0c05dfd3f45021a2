"""The half of a build that runs on the host: as root, with Python's standard library alone.

It is sent there and started over SSH. It holds what isolates the build as long as its standard
input is open, so that all of it ends when the connection or the process on the other side does.
A line of JSON is a request, a line of JSON answers it.

The commands themselves are transient units of systemd: a user of their own, a limited slice, a
read-only system, a network namespace in which the rules of every builder are in force.
"""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from hivemind_agents.adapters import builder_volume as volumes
from hivemind_agents.adapters.builder_kept import KeptFolders
from hivemind_agents.adapters.builder_network import NetworkSettings, connected
from hivemind_agents.errors import Busy, HivemindError

FOLDER = Path("/var/lib/hivemind-builder")
RUNTIME = Path("/run/hivemind-builder")
ENVIRONMENT = RUNTIME / "environment"
ETC = RUNTIME / "etc"
USER_NAME = "hivemind-builder"
SLICE = "hivemindbuilder.slice"
_UNIT = Path("/run/systemd/system") / SLICE
_SYSTEM_MB = 6144
# What the host itself needs meanwhile.
_SPARE_MB = 192
_LINES = 400


def main() -> None:
    """Open a workshop as the first line says, then do what the others ask."""
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda *_: sys.exit(143))
    try:
        order = json.loads(sys.stdin.buffer.readline())
        # Its own clock ends it, too.
        signal.signal(signal.SIGALRM, lambda *_: sys.exit(124))
        signal.alarm(order["seconds"])
        with _opened(order) as workshop:
            _answer(workshop.about())
            for line in iter(sys.stdin.buffer.readline, b""):
                request = json.loads(line)
                _answered(getattr(workshop, request.pop("do")), request)
    except HivemindError as error:
        _answer({"error": error.message, "mend": error.mend, "busy": isinstance(error, Busy)})


def _answered(work: Callable[..., object], arguments: Mapping[str, Any]) -> None:
    try:
        _answer({"done": work(**arguments)})
    except HivemindError as error:
        _answer({"error": error.message, "mend": error.mend})
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", None) or b""
        text = said.decode(errors="replace") if isinstance(said, bytes) else said
        _answer({"error": f"{error} {text.strip()}".strip(), "mend": None})


def _answer(content: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(content) + "\n")
    sys.stdout.flush()


@contextmanager
def _opened(order: Mapping[str, Any]) -> Iterator["_Workshop"]:
    for folder in (FOLDER, RUNTIME):
        folder.mkdir(exist_ok=True, mode=0o700)
    here = FOLDER / order["name"]
    # One at a time: what is left over of another is not in use.
    with volumes.locked(FOLDER):
        here.mkdir(exist_ok=True, mode=0o700)
        _let_go(here)
        _first_boot()
        try:
            with (
                volumes.mounted(here, order["disk_mb"], order["user"]) as volume,
                volumes.disk(FOLDER / "system.img", FOLDER / "system", _SYSTEM_MB) as system,
                _user(order["user"]),
                _limited(order["memory_mb"], order["processes"]) as memory_mb,
                ExitStack() as stack,
            ):
                _write_settings(order["etc"])
                yield _Workshop(here, volume, system, memory_mb, stack)
        finally:
            _let_go(here)
            shutil.rmtree(RUNTIME, ignore_errors=True)


class _Workshop:
    """What may be asked for: each method is a request."""

    def __init__(
        self, here: Path, volume: volumes.Volume, system: Path, memory_mb: int, stack: ExitStack
    ) -> None:
        self._here = here
        self._volume = volume
        self._system = system
        self._memory_mb = memory_mb
        self._stack = stack
        # Another set of packages on the host is another system.
        installed = Path("/var/lib/dpkg/status").read_bytes()
        self._installed = hashlib.sha256(installed).hexdigest()[:8]

    def about(self) -> dict[str, object]:
        return {"volume": str(self._volume.app.parent), "memory_mb": self._memory_mb}

    def layer(
        self, name: str, below: Sequence[str], command: str, env: Mapping[str, str]
    ) -> dict[str, object]:
        """Make a layer of the system: what `command`, as root, adds to those below it."""
        layer = self._layer(name)
        if layer.is_dir():
            return {"code": 0, "lines": []}
        work, part = self._system / "work", self._system / "part"
        for folder in (work, part):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(mode=0o755)
        at = self._here / "layer"
        try:
            with _overlay(at, [self._layer(one) for one in below], part, work), _kernel(at):
                _write_afresh(at / "etc/resolv.conf", Path("/etc/resolv.conf").read_text())
                done = subprocess.run(
                    ["chroot", str(at), "/bin/sh", "-euc", command],
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                    env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", **env},
                    text=True, errors="replace", check=False,
                )  # fmt: skip
            if done.returncode == 0:
                layer.parent.mkdir(exist_ok=True)
                part.rename(layer)
        finally:
            shutil.rmtree(part, ignore_errors=True)
        return {"code": done.returncode, "lines": done.stdout.splitlines()[-_LINES:]}

    def has_layer(self, name: str) -> bool:
        return self._layer(name).is_dir()

    def start(self, layers: Sequence[str], network: Mapping[str, Any]) -> dict[str, object]:
        """Mount the system of these layers, and give its network namespace a way out."""
        self._stack.close()
        root, tools = self._here / "root", self._here / "tools"
        lower = [self._layer(one) for one in layers]
        self._stack.enter_context(_overlay(root, lower))
        self._stack.enter_context(_overlay(tools, lower))
        self._stack.enter_context(_kernel(tools))
        self._stack.enter_context(_programs_of(tools))
        pid = self._stack.enter_context(_namespace())
        asked: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in network.items()
        }
        settings = NetworkSettings(**asked).here()
        self._stack.enter_context(connected(pid, settings))
        home = self._volume.temporary / "home"
        home.mkdir(exist_ok=True)
        os.chown(home, *self._owner())
        return {"root": str(root), "network": f"/proc/{pid}/ns/net"}

    def stop(self) -> None:
        """End every command, and the network."""
        _kill()
        self._stack.close()

    def kill(self) -> None:
        """End every command."""
        _kill()

    def variables(self, values: Mapping[str, str]) -> None:
        """The environment of the next command, in a file that root alone can read."""
        ENVIRONMENT.unlink(missing_ok=True)
        descriptor = os.open(ENVIRONMENT, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(f"{name}={_quoted(value)}\n" for name, value in values.items())

    def ended(self) -> int:
        """Forget the command's environment; how often the kernel ended one for its memory."""
        ENVIRONMENT.unlink(missing_ok=True)
        group = _said(["systemctl", "show", "--property", "ControlGroup", "--value", SLICE])
        for file in (
            Path(f"/sys/fs/cgroup/memory{group}/memory.oom_control"),
            Path(f"/sys/fs/cgroup{group}/memory.events"),
        ):
            if file.is_file():
                words = file.read_text().split()
                return int(words[words.index("oom_kill") + 1]) if "oom_kill" in words else 0
        return 0

    def restore(self, key: str, folders: Sequence[str]) -> str | None:
        return self._kept(key, folders).restore(self._volume.app)

    def save(self, key: str, folders: Sequence[str]) -> None:
        self._kept(key, folders).save(self._volume.app)

    def finish(self, key: str, folders: Sequence[str], about: str) -> None:
        self._kept(key, folders).finish(about)

    def _owner(self) -> tuple[int, int]:
        status = self._volume.app.stat()
        return status.st_uid, status.st_gid

    def _kept(self, key: str, folders: Sequence[str]) -> KeptFolders:
        return KeptFolders(self._volume.kept, key, tuple(folders))

    def _layer(self, name: str) -> Path:
        return self._system / "layers" / f"{name}-{self._installed}"


def _quoted(value: str) -> str:
    """A value as systemd reads it in a file of variables."""
    for special in ("\\", '"', "$", "`"):
        value = value.replace(special, f"\\{special}")
    return f'"{value}"'


@contextmanager
def _overlay(
    at: Path, layers: Sequence[Path], upper: Path | None = None, work: Path | None = None
) -> Iterator[None]:
    """The host's own system with layers upon it, the uppermost first; read-only without `upper`."""
    at.mkdir(exist_ok=True)
    options = f"lowerdir={':'.join([*map(str, layers), '/'])}"
    if upper is not None:
        options += f",upperdir={upper},workdir={work}"
    _run(["mount", "-t", "overlay", "overlay", "-o", options, str(at)])
    try:
        yield
    finally:
        volumes.unmount(at)


@contextmanager
def _kernel(at: Path) -> Iterator[None]:
    """Processes and devices as the programs of a system expect them."""
    with ExitStack() as stack:
        for name in ("proc", "dev"):
            _run(["mount", "--bind", f"/{name}", str(at / name)])
            stack.callback(volumes.unmount, at / name)
        yield


@contextmanager
def _programs_of(tools: Path) -> Iterator[None]:
    """Let programs be found that the host does not have, and the layers do."""
    folder = RUNTIME / "bin"
    folder.mkdir(exist_ok=True)
    for name in ("nft", "slirp4netns"):
        (folder / name).write_text(f'#!/bin/sh\nexec chroot {tools} {name} "$@"\n')
        (folder / name).chmod(0o755)
    before = os.environ["PATH"]
    os.environ["PATH"] = f"{folder}:{before}"
    try:
        yield
    finally:
        os.environ["PATH"] = before


@contextmanager
def _namespace() -> Iterator[int]:
    """A process with a network namespace of its own, without any link; its id."""
    with subprocess.Popen(
        ["unshare", "--net", "sleep", "infinity"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as holder:  # fmt: skip
        try:
            own = Path("/proc/self/ns/net").readlink()
            deadline = time.monotonic() + 10
            while Path(f"/proc/{holder.pid}/ns/net").readlink() == own:
                if time.monotonic() > deadline:
                    raise HivemindError("the build's network namespace was not made")
                time.sleep(0.02)
            yield holder.pid
        finally:
            holder.kill()


@contextmanager
def _user(number: int) -> Iterator[None]:
    """The user that commands run as, for this build alone."""
    _drop_user()
    _run(["groupadd", "--gid", str(number), USER_NAME])
    _run(
        ["useradd", "--uid", str(number), "--gid", str(number), "--no-create-home",
         "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", USER_NAME]
    )  # fmt: skip
    try:
        yield
    finally:
        _kill()
        _drop_user()


def _drop_user() -> None:
    for command in (["userdel", "--force", USER_NAME], ["groupdel", USER_NAME]):
        subprocess.run(command, capture_output=True, check=False)


@contextmanager
def _limited(memory_mb: int, processes: int) -> Iterator[int]:
    """The slice that all commands of the build share; the memory that it may have, in MiB."""
    total_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    memory_mb = min(memory_mb, total_mb - _SPARE_MB)
    _UNIT.write_text(
        f"[Slice]\nMemoryMax={memory_mb}M\nMemorySwapMax=0\nTasksMax={processes}\n"
        "MemoryAccounting=yes\nTasksAccounting=yes\n"
    )
    _run(["systemctl", "daemon-reload"])
    _run(["systemctl", "start", SLICE])
    try:
        yield memory_mb
    finally:
        _end_slice()


def _end_slice() -> None:
    _kill()
    subprocess.run(["systemctl", "stop", SLICE], capture_output=True, check=False)
    if _UNIT.exists():
        _UNIT.unlink()
        subprocess.run(["systemctl", "daemon-reload"], capture_output=True, check=False)


def _kill() -> None:
    subprocess.run(["systemctl", "kill", "--signal=KILL", SLICE], capture_output=True, check=False)


def _let_go(here: Path) -> None:
    """End and unmount what a build that was killed has left."""
    if _UNIT.exists():
        _end_slice()
    for name in ("tools/proc", "tools/dev", "tools", "root", "layer/proc", "layer/dev", "layer"):
        volumes.unmount(here / name)
    for point in (here / "mount", FOLDER / "system"):
        volumes.unmount(point)
    _drop_user()


def _first_boot() -> None:
    """A host that has just been made may still be setting itself up."""
    if shutil.which("cloud-init"):
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(
                ["cloud-init", "status", "--wait"], capture_output=True, check=False, timeout=300
            )


def _write_settings(files: Mapping[str, str]) -> None:
    ETC.mkdir(exist_ok=True, mode=0o755)
    for name, text in files.items():
        (ETC / name).write_text(text)
        (ETC / name).chmod(0o644)


def _write_afresh(path: Path, text: str) -> None:
    """Replace a file, or a link that leads elsewhere."""
    path.unlink(missing_ok=True)
    path.write_text(text)


def _said(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise HivemindError(f"`{' '.join(command)}` failed on the host: {done.stderr.strip()}")
