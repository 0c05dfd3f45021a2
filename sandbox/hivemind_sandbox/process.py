"""The sandbox's one process: the endpoint, the engine, the services and the reconciler."""

import asyncio
import errno
import fcntl
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

from hivemind_sandbox import mends, seeds
from hivemind_sandbox.settings import Settings

if TYPE_CHECKING:
    from hivemind_sandbox.endpoint import Endpoint, WsgiApp

logger = logging.getLogger("hivemind_sandbox")

SAVE_EVERY_S = 2.0


class StartError(Exception):
    """The sandbox cannot start; the text says why and what mends it."""


class Reality(Protocol):
    """What makes the API's objects real and keeps their state."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def status(self) -> list[Any]: ...


@dataclass(slots=True)
class _Nothing:
    """No reality: the mode without hosts."""

    def start(self) -> None:
        """Nothing to start."""

    def stop(self) -> None:
        """Nothing to stop."""

    def status(self) -> list[Any]:
        return []


def run(settings: Settings) -> int:
    """Run the sandbox in the foreground until it is told to stop; returns the exit code."""
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(levelname)-7s %(name)s: %(message)s",
        stream=sys.stdout,
    )
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    logging.getLogger("botocore").setLevel(logging.WARNING)
    try:
        settings.directory.mkdir(parents=True, exist_ok=True)
        with _only_one(settings):
            prepare_environment(settings)
            return asyncio.run(_serve(settings))
    except StartError as error:
        logger.error("%s", error)  # noqa: TRY400  the reason is enough
        return 1
    except PermissionError as error:
        logger.error(  # noqa: TRY400
            "%s cannot be written to: run as root, or set HIVEMIND_SANDBOX_DIR", error.filename
        )
        return 1


def prepare_environment(settings: Settings) -> None:
    """Set what the services read when they are first imported."""
    images = settings.directory / "images.json"
    seeds.write_images(images)
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_DEFAULT_PROFILE"):
        os.environ.pop(name, None)
    os.environ.update(
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_DEFAULT_REGION=settings.region,
        AWS_EC2_METADATA_DISABLED="true",
        BIND_HOST="127.0.0.1",
        IOT_MTLS_ENABLED="0",
        MINISTACK_ACCOUNT_ID=settings.account_id,
        MINISTACK_REGION=settings.region,
        MOTO_ACCOUNT_ID=settings.account_id,
        MOTO_ACM_VALIDATION_WAIT="2",
        MOTO_AMIS_PATH=str(images),
        MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION="true",
        MOTO_ENABLE_AMI_VALIDATION="true",
        MOTO_ENABLE_KEYPAIR_VALIDATION="true",
        NO_PROXY="*",
        no_proxy="*",
    )


class _only_one:  # noqa: N801  used as a function
    """Hold the instance's lock and its pid file."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock: IO[str] | None = None

    def __enter__(self) -> None:
        self._lock = self._settings.lock_file.open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StartError(
                f"a sandbox of index {self._settings.index} is running already: "
                "see `hivemind sandbox status`"
            ) from None
        self._settings.pid_file.write_text(str(os.getpid()))

    def __exit__(self, *_: object) -> None:
        self._settings.pid_file.unlink(missing_ok=True)
        if self._lock:
            self._lock.close()


async def _serve(settings: Settings) -> int:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    began = time.monotonic()
    # A request waits in a thread; asyncio's own pool would have six on two processors.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(32))
    outer = _listen("127.0.0.1", settings.port)
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    parts = await asyncio.to_thread(_assemble, settings)
    from hivemind_sandbox import engine

    config = Config()
    config.bind = [f"fd://{outer.fileno()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.loglevel = "WARNING"
    config.include_server_header = False
    served = asyncio.create_task(serve(parts.endpoint, config, shutdown_trigger=stopping.wait))
    objects = asyncio.create_task(_serve_objects(settings, parts.objects, stopping))
    saving = asyncio.create_task(_save_regularly(settings, stopping))
    await engine.finish_interrupted()
    await asyncio.to_thread(parts.reality.start)
    parts.ready = True
    logger.info("ready at %s after %.1f s", settings.endpoint_url, time.monotonic() - began)
    await stopping.wait()
    logger.info("stopping")
    with suppress(asyncio.CancelledError):
        await asyncio.gather(served, objects, saving)
    await asyncio.to_thread(parts.reality.stop)
    await asyncio.to_thread(_save, settings)
    parts.stop()
    return 0


@dataclass(slots=True)
class _Parts:
    endpoint: "Endpoint"
    objects: "WsgiApp"
    reality: Reality
    stop: Callable[[], None]
    ready: bool = False


def _assemble(settings: Settings) -> _Parts:
    """Load and connect everything; the slow part of the start."""
    from hivemind_sandbox import engine, state
    from hivemind_sandbox.access import Access
    from hivemind_sandbox.endpoint import Endpoint, Services, ThreadedServer

    access = Access(settings)
    services = Services(access)
    inner = ThreadedServer(services)
    engine.install(settings, inner.url, changed=state.touch)
    try:
        state.load(settings)
    except state.StateError as error:
        raise StartError(str(error)) from error
    seeds.install(settings)
    mends.install()
    reality = _reality(settings)
    inner.start()

    def status() -> dict[str, Any]:
        return {
            "ready": parts.ready,
            "index": settings.index,
            "directory": str(settings.directory),
            "pid": os.getpid(),
            "endpoint_url": settings.endpoint_url,
            "hosts": settings.hosts,
            "region": settings.region,
            "account_id": settings.account_id,
            "objects": [_as_json(item) for item in reality.status()],
        }

    endpoint = Endpoint(settings, services, access, status)
    parts = _Parts(endpoint, services.objects_only, reality, inner.stop)
    return parts


def _reality(settings: Settings) -> Reality:
    """The reconciler, hooked into the services; nothing in the mode without hosts."""
    from hivemind_sandbox import backends, network, reconciler
    from hivemind_sandbox.resources import clients

    if settings.hosts:
        try:
            network.check_claim(settings)
        except network.IndexTakenError as error:
            raise StartError(str(error)) from error
    backends.install(settings, wake=reconciler.wake)
    if not settings.hosts:
        return _Nothing()
    reality = reconciler.Reconciler(settings)
    clients.set_failure_reason(lambda name: _reason(reality.status(), name))
    return reality


def _reason(objects: list[Any], physical_id: str) -> str:
    for item in objects:
        entry = _as_json(item)
        if physical_id in (entry.get("id"), entry.get("name")):
            return str(entry.get("reason") or "")
    return ""


def _as_json(item: Any) -> dict[str, Any]:
    if isinstance(item, dict):
        return item
    names = getattr(item, "__slots__", None) or vars(item)
    return {name: getattr(item, name) for name in names}


def _save(settings: Settings) -> None:
    from hivemind_sandbox import state

    try:
        state.save(settings)
    except Exception:
        logger.exception("the state could not be saved; the next save tries again")


async def _save_regularly(settings: Settings, stopping: asyncio.Event) -> None:
    """Keep the state on disk near enough to the truth that a crash loses seconds."""
    while not stopping.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), SAVE_EVERY_S)
        await asyncio.to_thread(_save, settings)


def _listen(address: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise StartError(
                f"port {port} of {address} is taken by another program: end it "
                f"(`ss -ltnp 'sport = :{port}'` names it) or choose another `--index`"
            ) from None
        raise
    listener.listen(256)
    listener.setblocking(False)  # noqa: FBT003
    return listener


async def _serve_objects(settings: Settings, objects: "WsgiApp", stopping: asyncio.Event) -> None:
    """Serve S3 on the operator's address once the network has made it; hosts fetch there."""
    if not settings.hosts:
        return
    from hivemind_sandbox.endpoint import ThreadedServer

    listener = await _when_address_exists(settings.operator_address, settings.port, stopping)
    if listener is None:
        return
    server = ThreadedServer(objects, listener)
    server.start()
    logger.info("serving objects to the hosts at %s", settings.host_s3_endpoint_url)
    await stopping.wait()
    await asyncio.to_thread(server.stop)


async def _when_address_exists(
    address: IPv4Address, port: int, stopping: asyncio.Event
) -> socket.socket | None:
    while not stopping.is_set():
        try:
            return _listen(str(address), port)
        except OSError as error:
            if error.errno != errno.EADDRNOTAVAIL:
                raise
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), 0.25)
    return None


def running_pid(settings: Settings) -> int | None:
    """The process id of the running sandbox; None when none holds the lock."""
    try:
        with settings.lock_file.open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read_pid(settings.pid_file)
    except OSError:
        return None
    return None


def _read_pid(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None
