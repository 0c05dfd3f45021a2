"""Where the commands of a build run, whoever isolates it: how one is run, and what it may see."""

import os
import subprocess
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, unquote, urlsplit

from hivemind_agents.adapters.builder_network import RESOLVER, NetworkSettings
from hivemind_agents.building.model import BuildLimits, BuildRequest

# Nobody on the machine has it.
USER = 64200
# The last lines of a command: its cause may stand well above the end.
KEPT_LINES = 400
MINUTE_SECONDS = 60
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


class Box(ABC):
    """A builder that runs; `run` executes one command in it after the other.

    `deadline`: of the monotonic clock, when it is ended with all that it started.
    """

    # What it may use where that is less than what was asked for.
    memory_mb: int | None = None

    def __init__(self, log: Path, deadline: float) -> None:
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
        argv, variables = self._starting(command, hidden)
        timer = threading.Timer(max(0.0, self._deadline - time.monotonic()), self._expire, (late,))
        last: deque[str] = deque(maxlen=KEPT_LINES)
        with (
            self._log.open("ab") as log,
            subprocess.Popen(
                argv,
                env={**os.environ, **variables},
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
        """No process of the builder moves while this lasts."""
        yield

    @abstractmethod
    def _starting(
        self, command: str, secrets: Mapping[str, str]
    ) -> tuple[list[str], Mapping[str, str]]:
        """The program here that runs `command` there, and its variables."""

    @abstractmethod
    def _end(self) -> None:
        """End the builder with all that it started."""

    @abstractmethod
    def _kills(self) -> int:
        """How often the kernel ended a process of this builder for its memory."""

    def _expire(self, late: threading.Event) -> None:
        late.set()
        self._end()


class Workshop(Protocol):
    """One build's disk, and the systems that its commands can run in."""

    def place(self, tree: Path) -> None:
        """Put the files into /app, and the programs that recipes call."""
        ...

    def restore(self, key: str, folders: tuple[str, ...]) -> str | None:
        """Take what an earlier build kept; what was said of it, None when there is nothing."""
        ...

    def save(self, key: str, folders: tuple[str, ...]) -> None:
        """Keep folders of /app, which no command of the build can change then."""
        ...

    def finish(self, key: str, folders: tuple[str, ...], about: str) -> None:
        """Say of what was kept that it is whole."""
        ...

    def has_python(self, image: str, version: str) -> bool:
        """Whether that version is compiled already."""
        ...

    def with_python(self, image: str, version: str) -> str:
        """The system with Python `version`, compiled of Debian's signed source."""
        ...

    def with_packages(self, image: str, packages: tuple[str, ...]) -> str:
        """The system with these Debian packages."""
        ...

    def running(self, image: str, env: Mapping[str, str], log: Path) -> AbstractContextManager[Box]:
        """A builder of that system, as long as this lasts."""
        ...

    def first_with(self, secret: str) -> str | None:
        """The first file below /app with the secret in it."""
        ...

    def tree(self) -> AbstractContextManager[Path]:
        """What the build left in /app, here."""
        ...


class Driver(Protocol):
    """What isolates builds."""

    architecture: str

    @property
    def image(self) -> str:
        """What names the system that builds run in; it decides the bytes of the result."""
        ...

    def ready(self) -> None:
        """Raise AccessError where no build can run."""
        ...

    def opened(
        self, folder: Path, request: BuildRequest, network: NetworkSettings
    ) -> AbstractContextManager[Workshop]:
        """A workshop for one build. `folder`: the deployment's own, on this machine, locked."""
        ...


def deadline_of(limits: BuildLimits) -> float:
    """When a build that begins now is ended, of the monotonic clock."""
    return time.monotonic() + limits.timeout_minutes * MINUTE_SECONDS


def environment(env: Mapping[str, str], search_path: tuple[str, ...]) -> dict[str, str]:
    """The variables of every command: those of builders, then those of the recipe."""
    path = ":".join((*(f"/app/{folder}" for folder in search_path), _SYSTEM_PATH))
    return {**_ENV, **env, "PATH": path}


def with_heap(env: Mapping[str, str], memory_mb: int) -> dict[str, str]:
    """`env` with a heap for Node of three quarters of the builder's memory.

    Node itself takes half at most, and a bundler that nears it spends its time on collecting.
    """
    given = env.get("NODE_OPTIONS", "")
    if "--max-old-space-size" in given or "--max_old_space_size" in given:
        return dict(env)
    heap = f"--max-old-space-size={memory_mb * 3 // 4}"
    return {**env, "NODE_OPTIONS": f"{given} {heap}".strip()}


def settings_files() -> dict[str, str]:
    """Name to text of files in a builder's /etc that say nothing of the machine."""
    return {
        "resolv.conf": f"nameserver {RESOLVER}\noptions timeout:3 attempts:3\n",
        "hosts": "127.0.0.1 localhost builder\n",
        "passwd": f"root:x:0:0::/root:/bin/sh\nbuilder:x:{USER}:{USER}::/tmp/home:/bin/sh\n",
        "group": f"root:x:0:\nbuilder:x:{USER}:\n",
    }


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
