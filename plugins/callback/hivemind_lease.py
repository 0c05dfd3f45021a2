"""Keeps a run's lease alive, and tidies up after the run."""

from __future__ import annotations

DOCUMENTATION = r"""
name: hivemind_lease
type: aggregate
short_description: Keep the lease of a deployment alive while a playbook runs
description:
  - Uses the current target where no AWS variable is set, and gives the run an id.
  - Renews leases that C(hivemind_lease) took; lets them go at the end, unless an outer run holds
    them.
  - Marks the deployment as failed when the run failed or was interrupted, and removes the SSH keys
    in memory.
"""

import atexit
import os
import shutil
import signal
import tempfile
import threading
import uuid
from collections.abc import MutableMapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from ansible.plugins.callback import CallbackBase

if TYPE_CHECKING:
    from hivemind_agents.state.lease import Lease, LeaseStore
    from hivemind_agents.state.records import RecordStore

KEY_FOLDER = "HIVEMIND_KEY_DIR"
_FOLDER_PREFIX = "hivemind-keys-"
_TARGET_VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_ENDPOINT_URL",
    "AWS_PROFILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "HIVEMIND_TARGET",
)
# A live version is untouched by a failure in these.
_HARMLESS_STAGES = frozenset({"recon", "build", "provision", "observe"})
# What `app_install` says (set_stats) where a release failed and the one before it runs everywhere.
_GOES_ON = "hivemind_goes_on"
# These say in the record when they begin; until then they only looked.
_ANNOUNCED_STAGES = frozenset({"destroy", "rollback"})
_ANNOUNCED = frozenset({"destroying", "rolling-back"})


def use_current_target(environment: MutableMapping[str, str]) -> str | None:
    """Put the current target into the environment where it names none; return its name."""
    if any(environment.get(name) for name in _TARGET_VARIABLES):
        return None
    from hivemind_agents import targets
    from hivemind_agents.errors import HivemindError

    try:
        target = targets.choose(environment=environment)
    except HivemindError:
        return None
    target.activate(environment)
    return target.name


def memory_folder() -> Path:
    """A folder whose files are in memory, where the system has one."""
    for candidate in (os.environ.get("XDG_RUNTIME_DIR"), "/dev/shm"):  # noqa: S108
        if candidate and os.access(candidate, os.W_OK):
            return Path(candidate)
    return Path(tempfile.gettempdir())


def new_key_folder(base: Path) -> Path:
    """A folder of this process, 0700; those of processes that died are removed first."""
    for old in base.glob(f"{_FOLDER_PREFIX}*"):
        pid = old.name.removeprefix(_FOLDER_PREFIX).split("-")[0]
        if old.stat().st_uid == os.getuid() and pid.isdigit() and not Path("/proc", pid).exists():
            shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{_FOLDER_PREFIX}{os.getpid()}-", dir=base))


def _prepare() -> None:
    """Import once, here, what every task of ours needs: workers are forked from this process.

    Not in a thread: a worker that is forked amid an import waits for it for ever.
    """
    for name in ("controller", "state.artifacts", "state.records", "state.secrets"):
        import_module(f"hivemind_agents.{name}")
    from hivemind_agents.state.session import warm_up

    warm_up()


@dataclass
class _Held:
    lease: Lease
    leases: LeaseStore
    records: RecordStore
    # False: an outer run took it, renews it and lets it go.
    ours: bool


class CallbackModule(CallbackBase):
    """Loaded by its folder alone: see ansible.cfg, or ANSIBLE_CALLBACK_PLUGINS."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "hivemind_lease"
    CALLBACK_NEEDS_ENABLED = False

    def __init__(self) -> None:
        super().__init__()
        self._pid = os.getpid()
        self._held: dict[str, _Held] = {}
        self._stage = ""
        self._outcome_kept = False
        self._goes_on = False
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        use_current_target(os.environ)
        os.environ.setdefault("HIVEMIND_RUN_ID", uuid.uuid4().hex)
        self._folder = new_key_folder(memory_folder())
        os.environ[KEY_FOLDER] = str(self._folder)
        atexit.register(self._end)
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, self._terminated)

    def _terminated(self, number: int, frame: FrameType | None) -> None:
        """End as by Ctrl-C: Ansible ends its workers, and the end of the process tidies up."""
        if os.getpid() != self._pid:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        else:
            signal.raise_signal(signal.SIGINT)

    def v2_runner_on_ok(self, result: Any) -> None:
        action = result.task.action
        if action == "hivemind_arguments":
            self._stage = str(result.result.get("verb", ""))
        elif action == "hivemind_lease" and result.result.get("fence"):
            self._keep(result.task.args.get("name"), result.result)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._outcome_kept = not (stats.failures or stats.dark)
        self._goes_on = bool(stats.custom.get("_run", {}).get(_GOES_ON))
        self._end()

    def _keep(self, name: str, result: dict[str, Any]) -> None:
        import boto3

        from hivemind_agents.state.bucket import StateBucket
        from hivemind_agents.state.lease import TTL_SECONDS, Lease, LeaseStore, Owner
        from hivemind_agents.state.records import RecordStore

        invocation = result.get("invocation", {}).get("module_args", {})
        name = str(invocation.get("name") or name)
        if name in self._held:
            return
        bucket = StateBucket(boto3.Session(), str(result["bucket"]))
        owner = Owner.here(str(result["run_id"]), str(invocation.get("verb", "")))
        from datetime import UTC, datetime

        lease = Lease(
            name=name,
            owner=owner,
            fence=int(result["fence"]),
            expires_at=datetime.now(UTC),
            ttl_seconds=TTL_SECONDS,
        )
        self._held[name] = _Held(
            lease, LeaseStore(bucket), RecordStore(bucket), ours=not result["reentered"]
        )
        if self._thread is None and not result["reentered"]:
            self._thread = threading.Thread(target=self._renew, daemon=True, name="lease")
            self._thread.start()

    def _renew(self) -> None:
        from hivemind_agents.errors import HivemindError
        from hivemind_agents.state.lease import TTL_SECONDS, LeaseLost

        while not self._stop.wait(TTL_SECONDS / 3):
            for held in list(self._held.values()):
                if not held.ours:
                    continue
                try:
                    held.lease = held.leases.renew(held.lease)
                except LeaseLost as error:
                    # Two writers would harm the deployment: this run ends as by Ctrl-C.
                    self._display.error(str(error))
                    os.kill(self._pid, signal.SIGINT)
                    return
                except HivemindError as error:
                    self._display.warning(f"the lease was not renewed yet: {error}")

    def _mark_failed(self) -> None:
        from hivemind_agents.domain.deployment import Deployment
        from hivemind_agents.errors import HivemindError

        stage = self._stage

        def failed(record: Deployment | None) -> Deployment:
            assert record is not None  # noqa: S101 - looked at below
            if stage in _ANNOUNCED_STAGES and record.status not in _ANNOUNCED:
                return record
            untouched = stage in _HARMLESS_STAGES or (stage == "install" and self._goes_on)
            live = record.live_release is not None and untouched
            return record.model_copy(
                update={"status": "live" if live else "failed", "stage": stage or record.stage}
            )

        for name, held in self._held.items():
            try:
                if held.records.read(name) is not None:
                    held.records.update(name, failed, held.lease.fence)
            except HivemindError as error:
                self._display.warning(
                    f"the record of {name!r} does not say that it failed: {error}"
                )

    def _end(self) -> None:
        """Let go what is held; safe to be called twice, and in a forked worker."""
        if os.getpid() != self._pid:
            return
        from hivemind_agents.errors import HivemindError

        if not self._outcome_kept:
            # It failed, or was interrupted before Ansible told how it ended.
            self._outcome_kept = True
            self._mark_failed()
        self._stop.set()
        if self._thread is not None:
            # A renewal under way would meet the release half-way.
            self._thread.join(timeout=30)
        for name, held in list(self._held.items()):
            del self._held[name]
            if held.ours:
                try:
                    held.leases.release(held.lease)
                except HivemindError as error:
                    self._display.warning(f"the lease of {name!r} ends by itself: {error}")
        shutil.rmtree(self._folder, ignore_errors=True)
