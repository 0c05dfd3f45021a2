"""Builds on a new host of the deployment, over SSH, where this machine has no container engine.

The host must take no traffic: whoever calls says so. Commands run in the host's own system with
the builder's packages in a layer upon it, read-only; they see nothing else of the host. What
isolates them is made and held by `builder_host_side`, which is sent there.
"""

import io
import json
import shlex
import subprocess
import tarfile
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import hivemind_agents
from hivemind_agents.adapters import builder_host_side as side
from hivemind_agents.adapters.builder_box import (
    USER,
    Box,
    deadline_of,
    settings_files,
    with_heap,
)
from hivemind_agents.adapters.builder_image import (
    compile_command,
    install_command,
    not_made,
    python_reference,
    reference_with,
)
from hivemind_agents.adapters.builder_network import NetworkSettings
from hivemind_agents.building import archive, programs
from hivemind_agents.building.model import BuildRequest, digest_of
from hivemind_agents.building.system_packages import checked
from hivemind_agents.building.unpack import unpack
from hivemind_agents.errors import AccessError, Busy, HivemindError
from hivemind_agents.locations import ansible_home

# What the other half consists of, all of it with the standard library alone.
SENT = (
    "__init__", "errors", "locations", "adapters/__init__", "adapters/builder_host_side",
    "adapters/builder_kept", "adapters/builder_network", "adapters/builder_proxy",
    "adapters/builder_volume", "building/__init__", "building/programs/__init__",
)  # fmt: skip
_RECEIVE = (
    "import os, sys; os.makedirs('{folder}', 0o700, exist_ok=True); "
    "size = int(sys.stdin.buffer.readline()); code = sys.stdin.buffer.read(size); "
    "open('{folder}/code.zip', 'wb').write(code); sys.path.insert(0, '{folder}/code.zip'); "
    "from hivemind_agents.adapters.builder_host_side import main; main()"
)
# Packages of the builder beyond its list: what its network is made with.
_NETWORK_PACKAGES = ("ca-certificates", "curl", "nftables", "slirp4netns")
# What a build must not read of the host is not there for it.
_BASE = """
export DEBIAN_FRONTEND=noninteractive
rm -rf /home/* /root /etc/ssh /etc/hivemind /opt/hivemind /var/lib/cloud /var/lib/hivemind* \
  /var/log/*
mkdir -m 700 /root
mkdir /app /cache
printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
apt-get -qq update
apt-get -qq install --yes --no-install-recommends -o Dpkg::Use-Pty=0 \
  -o Dpkg::Options::=--force-unsafe-io {packages}
rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*.deb
"""
# A transient unit's properties beyond its user, system, folders and network.
_LOCKED_DOWN = (
    "CapabilityBoundingSet=", "NoNewPrivileges=yes", "ProtectSystem=strict", "MountAPIVFS=yes",
    "PrivateDevices=yes", "PrivateIPC=yes", "ProtectProc=invisible", "ProtectControlGroups=yes",
    "ProtectKernelLogs=yes", "ProtectKernelModules=yes", "ProtectKernelTunables=yes",
    "ProtectClock=yes", "ProtectHostname=yes", "RestrictNamespaces=yes", "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes", "LockPersonality=yes", "SystemCallErrorNumber=EPERM",
    "SystemCallFilter=~@mount @module @raw-io @reboot @swap @clock @cpu-emulation @debug",
    "UnsetEnvironment=INVOCATION_ID JOURNAL_STREAM LOGNAME SHELL SYSTEMD_EXEC_PID USER",
    "KeyringMode=private", "UMask=0022", "LimitCORE=0", "OOMPolicy=continue",
    # The slice's limits hold for all commands together.
    "MemoryAccounting=no", "TasksAccounting=no",
)  # fmt: skip
_ANSWER_SECONDS = 3600
_GRACE_SECONDS = 60


@dataclass(frozen=True)
class Host:
    """A host and how it is reached. `options`: further arguments of `ssh`."""

    address: str
    user: str
    key: Path
    options: tuple[str, ...] = ()
    # How long a host that was just made may take to answer.
    wait_seconds: int = 300


class HostDriver:
    """Isolates builds on a host that takes no traffic; without one, says why not.

    `host`: also the reason for which there is none. What was built already is found all the same.
    """

    # Of all instance types that deployments may have.
    architecture = "x86_64"

    def __init__(self, host: Host | AccessError) -> None:
        self._host = host

    @property
    def image(self) -> str:
        """Debian 12 with the builder's packages, by what is asked for; no host is asked."""
        return f"debian-12/host:{digest_of(_base_command())[:12]}"

    def ready(self) -> None:
        if isinstance(self._host, AccessError):
            raise self._host

    @contextmanager
    def opened(
        self, folder: Path, request: BuildRequest, network: NetworkSettings
    ) -> Iterator["HostWorkshop"]:
        """Send the other half to the host and open a workshop there."""
        assert isinstance(self._host, Host)  # noqa: S101 - as `ready` says
        limits = request.limits
        order = {
            "name": folder.name,
            "user": USER,
            "etc": settings_files(),
            "disk_mb": limits.disk_mb,
            "memory_mb": limits.memory_mb,
            "processes": limits.processes,
            "seconds": limits.timeout_minutes * 60 + _ANSWER_SECONDS,
        }
        with _session(self._host, order) as session:
            yield HostWorkshop(session, request, network)


class Session:
    """The open connection: requests to the other half, and commands beside it."""

    def __init__(
        self, host: Host, control: Path, process: "subprocess.Popen[bytes]", about: dict[str, Any]
    ) -> None:
        self._host = host
        self._control = control
        self._process = process
        self._one = threading.Lock()
        self.volume = Path(about["volume"])
        self.memory_mb = int(about["memory_mb"])

    def ask(self, do: str, **arguments: object) -> Any:  # noqa: ANN401 - as the request's method
        """What the other half answers. Raises HivemindError with what it says."""
        with self._one:
            assert self._process.stdin is not None  # noqa: S101 - it is a pipe
            try:
                self._process.stdin.write(json.dumps({"do": do, **arguments}).encode() + b"\n")
                self._process.stdin.flush()
            except BrokenPipeError as error:
                raise _lost(self._host) from error
            return _answer_of(self._process, self._host)["done"]

    def command(self, *words: str) -> list[str]:
        """The program here that runs a command there, as root."""
        return _ssh(self._host, self._control, shlex.join(["sudo", "-n", *words]))


class HostWorkshop:
    """One build's disk on the host, and the systems that its commands can run in."""

    def __init__(self, session: Session, request: BuildRequest, network: NetworkSettings) -> None:
        self._session = session
        self._request = request
        self._network = network
        # The layers of each system, the uppermost first.
        base = _base_command()
        self._layers: dict[str, tuple[str, ...]] = {}
        self._base = f"base-{digest_of(base)[:12]}"
        self._made(
            self._base, (), base, "the packages of the builder cannot be installed on the host"
        )

    def place(self, tree: Path) -> None:
        with (
            _piped_in(self._session, "tar", *_EXTRACT, str(self._session.volume)) as packed,
            tarfile.open(fileobj=packed, mode="w|gz") as sent,
        ):
            sent.add(tree, "app", filter=_owned)
            folder = programs.FOLDER.lstrip("/")
            for name, text in programs.texts().items():
                content = text.encode()
                entry = tarfile.TarInfo(f"{folder}/{name}")
                entry.size, entry.mode = len(content), 0o644
                sent.addfile(entry, io.BytesIO(content))

    def restore(self, key: str, folders: tuple[str, ...]) -> str | None:
        about: str | None = self._session.ask("restore", key=key, folders=folders)
        return about

    def save(self, key: str, folders: tuple[str, ...]) -> None:
        self._session.ask("save", key=key, folders=folders)

    def finish(self, key: str, folders: tuple[str, ...], about: str) -> None:
        self._session.ask("finish", key=key, folders=folders, about=about)

    def has_python(self, image: str, version: str) -> bool:
        name = _layer_name(python_reference(image, version))
        return bool(self._session.ask("has_layer", name=name))

    def with_python(self, image: str, version: str) -> str:
        return self._with(python_reference(image, version), image, *compile_command(version))

    def with_packages(self, image: str, packages: tuple[str, ...]) -> str:
        packages = checked(packages)
        return self._with(reference_with(image, packages), image, *install_command(packages))

    @contextmanager
    def running(self, image: str, env: Mapping[str, str], log: Path) -> Iterator[Box]:
        # The host finds out itself what is private there, and what is its own.
        started = self._session.ask(
            "start", layers=self._system(image), network=asdict(self._network)
        )
        try:
            yield HostBox(
                self._session,
                name=self._request.deployment_name,
                root=started["root"],
                network=started["network"],
                env=with_heap(env, self._session.memory_mb),
                log=log,
                request=self._request,
            )
        finally:
            self._session.ask("stop")

    def first_with(self, secret: str) -> str | None:
        """As the archive's check, which follows here in any case, but on the host."""
        wanted = [needle for needle in archive.needles(secret) if b"\n" not in needle]
        if not wanted:
            return None
        app = self._session.volume / "app"
        command = ["env", "LC_ALL=C", "grep", "-rlaF", "--devices=skip", "--file=-", str(app)]
        found = subprocess.run(
            self._session.command(*command),
            input=b"\n".join(wanted), capture_output=True, check=False,
        ).stdout.decode(errors="replace").splitlines()  # fmt: skip
        return min(found).removeprefix(f"{app}/") if found else None

    @contextmanager
    def tree(self) -> Iterator[Path]:
        """Bring the result here: the archive is written where its digest counts."""
        app = self._session.volume / "app"
        pack = ["tar", "--create", "--gzip", "--hard-dereference", "--exclude=__pycache__",
                "--directory", str(app), "."]  # fmt: skip
        with (
            tempfile.TemporaryDirectory(prefix="hivemind-result-") as folder,
            subprocess.Popen(
                self._session.command(*pack), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
            ) as process,
        ):
            assert process.stdout is not None  # noqa: S101 - it is a pipe
            unpack(process.stdout, Path(folder))
            if process.wait():
                raise HivemindError("the build's result could not be read on the host")
            yield Path(folder)

    def _with(self, reference: str, image: str, command: str, what: str) -> str:
        if reference != image:
            below = self._system(image)
            name = _layer_name(reference)
            self._made(name, below, command, what)
            self._layers[reference] = (name, *below)
        return reference

    def _system(self, image: str) -> tuple[str, ...]:
        return self._layers.get(image, (self._base,))

    def _made(self, name: str, below: tuple[str, ...], command: str, what: str) -> None:
        proxies = {key: value for key, value in self._network.env.items() if "proxy" in key}
        done = self._session.ask("layer", name=name, below=below, command=command, env=proxies)
        if done["code"]:
            raise not_made(what, done["lines"], done["code"])


class HostBox(Box):
    """Commands as transient units, in one slice."""

    def __init__(
        self,
        session: Session,
        *,
        name: str,
        root: str,
        network: str,
        env: Mapping[str, str],
        log: Path,
        request: BuildRequest,
    ) -> None:
        super().__init__(log, deadline_of(request.limits))
        self.memory_mb = session.memory_mb
        self._session = session
        self._unit = f"hivemind-builder-{name}"
        self._env = env
        volume = session.volume
        binds = [f"{volume / part}:{at}" for part, at in _PARTS.items()]
        reads = [f"{side.ETC / file}:/etc/{file}" for file in settings_files()]
        self._properties = (
            f"User={side.USER_NAME}", f"Group={side.USER_NAME}", f"RootDirectory={root}",
            f"NetworkNamespacePath={network}", "WorkingDirectory=/app",
            f"BindPaths={' '.join(binds)}", f"BindReadOnlyPaths={' '.join(reads)}",
            f"EnvironmentFile={side.ENVIRONMENT}", *_LOCKED_DOWN,
        )  # fmt: skip
        self._seconds = request.limits.timeout_minutes * 60 + _GRACE_SECONDS
        self._killed = 0

    def _starting(
        self, command: str, secrets: Mapping[str, str]
    ) -> tuple[list[str], Mapping[str, str]]:
        self._session.ask("variables", values={**self._env, **secrets})
        properties = [f"--property={one}" for one in self._properties]
        argv = self._session.command(
            "systemd-run", "--quiet", "--pipe", "--wait", "--collect", f"--unit={self._unit}",
            f"--slice={side.SLICE}", f"--property=RuntimeMaxSec={self._seconds}", *properties,
            # systemd would put variables in; the shell is to do that.
            "/bin/sh", "-euc", command.replace("$", "$$"),
        )  # fmt: skip
        return argv, {}

    def _end(self) -> None:
        self._session.ask("kill")

    def _kills(self) -> int:
        return int(self._session.ask("ended"))


_PARTS = {"app": "/app", "tmp": "/tmp", "cache": "/cache"}  # noqa: S108 - the builder's own
_EXTRACT = ("--extract", "--gzip", "--numeric-owner", "--same-owner", "--same-permissions",
            "--directory")  # fmt: skip


def _base_command() -> str:
    """What makes the builder's system of a host's."""
    listed = (ansible_home() / "images" / "packages" / "builder.txt").read_text().splitlines()
    packages = [line for line in listed if line and not line.startswith("#")]
    return _BASE.format(packages=" ".join(sorted({*packages, *_NETWORK_PACKAGES})))


def _layer_name(reference: str) -> str:
    return reference.rpartition("/")[2].replace(":", "-")


def _owned(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """What the build's user may change."""
    entry.uid = entry.gid = USER
    entry.uname = entry.gname = ""
    return entry


@contextmanager
def _piped_in(session: Session, *words: str) -> Iterator[IO[bytes]]:
    with subprocess.Popen(
        session.command(*words), stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None  # noqa: S101 - it is a pipe
        assert process.stderr is not None  # noqa: S101
        try:
            yield process.stdin
            process.stdin.close()
        except BrokenPipeError:
            pass
        said = process.stderr.read().decode(errors="replace").strip()
        if process.wait():
            raise HivemindError(f"the files could not be placed on the host: {said}")


@contextmanager
def _session(host: Host, order: Mapping[str, Any]) -> Iterator[Session]:
    """Start the other half; it ends with this, however this ends."""
    code = _packed_code()
    start = shlex.join(["sudo", "-n", "python3", "-c", _RECEIVE.format(folder=side.RUNTIME)])
    first = str(len(code)).encode() + b"\n" + code + json.dumps(order).encode() + b"\n"
    deadline = time.monotonic() + host.wait_seconds
    with tempfile.TemporaryDirectory(prefix="hm-") as folder, tempfile.TemporaryFile() as errors:
        control = Path(folder) / "c"
        while True:
            errors.seek(0)
            errors.truncate()
            with subprocess.Popen(
                _ssh(host, control, start, master=True),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
            ) as process:  # fmt: skip
                try:
                    _send(process, first)
                    try:
                        about = _answer_of(process, host)
                    except AccessError as error:
                        errors.seek(0)
                        said = errors.read().decode(errors="replace").strip().splitlines()
                        if process.wait() != _SSH_FAILED or time.monotonic() > deadline:
                            why = said[-1] if said else "no reason given"
                            raise AccessError(f"{error.message}: {why}", mend=error.mend) from error
                        time.sleep(1)
                        continue
                    yield Session(host, control, process, about)
                    return
                finally:
                    _hang_up(process)


_SSH_FAILED = 255


def _send(process: "subprocess.Popen[bytes]", content: bytes) -> None:
    assert process.stdin is not None  # noqa: S101 - it is a pipe
    try:
        process.stdin.write(content)
        process.stdin.flush()
    except BrokenPipeError:
        return


def _hang_up(process: "subprocess.Popen[bytes]") -> None:
    """Close the other half's input, and let it take away what it made."""
    assert process.stdin is not None  # noqa: S101 - it is a pipe
    with suppress(BrokenPipeError):
        process.stdin.close()
    try:
        process.wait(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()


def _answer_of(process: "subprocess.Popen[bytes]", host: Host) -> dict[str, Any]:
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    line = process.stdout.readline()
    if not line:
        raise _lost(host)
    answer: dict[str, Any] = json.loads(line)
    if "error" in answer:
        kind = Busy if answer.get("busy") else HivemindError
        raise kind(answer["error"], mend=answer["mend"])
    return answer


def _lost(host: Host) -> AccessError:
    return AccessError(
        f"the host {host.address}, where the build runs, does not answer",
        mend="deploy again: what the build left there is taken away first",
    )


def _ssh(host: Host, control: Path, command: str, *, master: bool = False) -> list[str]:
    return [
        "ssh", "-T", "-i", str(host.key), *host.options,
        "-o", "BatchMode=yes", "-o", "LogLevel=ERROR", "-o", "ConnectTimeout=5",
        "-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=4",
        "-o", f"ControlMaster={'yes' if master else 'no'}", "-o", f"ControlPath={control}",
        "-o", "ControlPersist=no", f"{host.user}@{host.address}", command,
    ]  # fmt: skip


def _packed_code() -> bytes:
    """The modules of the other half, as Python imports them from one file."""
    package = Path(hivemind_agents.__file__).parent
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name in SENT:
            file.write(package / f"{name}.py", f"hivemind_agents/{name}.py")
    return packed.getvalue()
