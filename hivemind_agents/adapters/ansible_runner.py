"""Executes verbs with ansible-runner, in a worker thread each."""

import asyncio
import logging
import os
import shlex
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from hivemind_agents.adapters import extra_vars, processes
from hivemind_agents.adapters.playbook_events import PlaybookEvents
from hivemind_agents.catalog import Catalog, Verb
from hivemind_agents.domain.redaction import Redactor
from hivemind_agents.domain.run import RunEvent, VerbOutcome
from hivemind_agents.ports import OnEvent, VerbCall

log = logging.getLogger(__name__)

_FOLDER_PREFIX = "hivemind-run-"
_AT_ONCE = 8
# The playbooks have no use for these, and a log could show them.
_WITHHELD = ("HIVEMIND_DATABASE_URL", "OPENAI_", "ANTHROPIC_", "GEMINI_", "GOOGLE_API")


class AnsibleExecutor:
    """The Executor port on ansible-playbook.

    `environment` is added to this process's own, and `absent` taken away from it: together they
    are a target.
    """

    def __init__(
        self,
        catalog: Catalog,
        home: Path,
        *,
        environment: Mapping[str, str] | None = None,
        absent: Sequence[str] = (),
        redactor: Redactor | None = None,
    ) -> None:
        self._catalog = catalog
        self._home = home
        self._environment = dict(environment or {})
        self._absent = frozenset(absent)
        self._redactor = redactor or Redactor()
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="ansible-runner-")
        self._executions: dict[str, set[_Execution]] = {}

    async def run(self, call: VerbCall, *, on_event: OnEvent) -> VerbOutcome:
        verb = self._catalog[call.verb]
        verb.check(call.arguments)
        execution = _Execution(self, call, verb, on_event)
        self._executions.setdefault(call.run_id, set()).add(execution)
        future = asyncio.get_running_loop().run_in_executor(self._threads, execution.run)
        try:
            return await _until_ended(future, execution.stop, verb.timeout_minutes * 60)
        finally:
            self._executions[call.run_id].discard(execution)

    async def cancel(self, run_id: str) -> None:
        for execution in tuple(self._executions.get(run_id, ())):
            execution.stop("cancelled")

    async def clean_up(self, run_id: str) -> int:
        ended = await asyncio.to_thread(processes.end_run, run_id)
        for folder in _base_folder().glob(f"{_FOLDER_PREFIX}{run_id}-*"):
            shutil.rmtree(folder, ignore_errors=True)
        return ended

    def command(self, verb: str, variables: str, *, check: bool = False) -> list[str]:
        """The command that a person would type for the same."""
        checking = ["--check"] if check else []
        return [
            "ansible-playbook",
            str(self._home / "playbooks" / self._catalog[verb].playbook),
            "-e",
            f"@{variables}",
            *checking,
        ]

    def variables(self, run_id: str) -> dict[str, str]:
        """Environment of ansible-playbook: finds our roles and plugins from any folder."""
        home = self._home
        found = {
            "ANSIBLE_ROLES_PATH": home / "roles",
            "ANSIBLE_LIBRARY": home / "plugins" / "modules",
            "ANSIBLE_MODULE_UTILS": home / "plugins" / "module_utils",
            "ANSIBLE_ACTION_PLUGINS": home / "plugins" / "action",
            "ANSIBLE_FILTER_PLUGINS": home / "plugins" / "filter",
            "ANSIBLE_LOOKUP_PLUGINS": home / "plugins" / "lookup",
            "ANSIBLE_CALLBACK_PLUGINS": home / "plugins" / "callback",
        }
        values = {name: str(path) for name, path in found.items() if path.is_dir()}
        if (home / "ansible.cfg").is_file():
            values["ANSIBLE_CONFIG"] = str(home / "ansible.cfg")
        programs = str(Path(sys.executable).parent)
        return {
            **values,
            **self._environment,
            processes.RUN_ID: run_id,
            # ansible-runner would switch it off.
            "ANSIBLE_HOST_KEY_CHECKING": os.environ.get("ANSIBLE_HOST_KEY_CHECKING", "True"),
            "ANSIBLE_NOCOLOR": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "PATH": os.pathsep.join([programs, os.environ.get("PATH", os.defpath)]),
            "PYTHONUNBUFFERED": "1",
        }

    def withheld(self, name: str) -> bool:
        """Whether a variable of our own environment is kept from the playbooks."""
        return name in self._absent or name.startswith(_WITHHELD)

    @property
    def home(self) -> Path:
        return self._home

    @property
    def redactor(self) -> Redactor:
        return self._redactor


class _Execution:
    """One ansible-playbook. `run` blocks; `stop` may be called from any thread."""

    def __init__(
        self, executor: AnsibleExecutor, call: VerbCall, verb: Verb, on_event: OnEvent
    ) -> None:
        self._executor = executor
        self._call = call
        self._verb = verb
        self._on_event = on_event
        self._events = PlaybookEvents(verb.name, executor.redactor, verb.stages)
        self._stopped: str | None = None
        self._stopping = threading.Event()

    def stop(self, why: str) -> None:
        """End the playbook. First ansible-playbook itself, so that it ends its own workers."""
        if self._stopping.is_set():
            return
        self._stopped = why
        if self._events.pid:
            try:
                os.kill(self._events.pid, signal.SIGTERM)
            except ProcessLookupError:
                log.debug("the playbook of %s had ended already", self._verb.name)
        self._stopping.set()

    def run(self) -> VerbOutcome:
        folder = Path(
            tempfile.mkdtemp(prefix=f"{_FOLDER_PREFIX}{self._call.run_id}-", dir=_base_folder())
        )
        started = time.monotonic()
        try:
            rc = None if self._stopping.is_set() else self._play(folder)
            return self._events.outcome(
                rc=rc,
                ended=self._stopped,
                seconds=time.monotonic() - started,
                command=self._shown_command(),
            )
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            if self._stopped:
                left = processes.end_run(self._call.run_id)
                log.info("stopped %s; %d processes were left", self._verb.name, left)

    def _play(self, folder: Path) -> int | None:
        from ansible_runner import Runner, RunnerConfig  # noqa: PLC0415 - slow to import

        variables = folder / "extra_vars.yml"
        variables.touch(mode=0o600)
        given = {**self._call.arguments, "hivemind_creation_method": "agents"}
        variables.write_text(extra_vars.dump(given), encoding="utf-8")
        command = self._executor.command(self._verb.name, str(variables), check=self._call.check)
        config = RunnerConfig(
            private_data_dir=str(folder),
            project_dir=str(self._executor.home),
            playbook=command[1],
            cmdline=shlex.join(command[2:]),
            envvars=self._executor.variables(self._call.run_id),
            ident="run",
            quiet=True,
            suppress_output_file=True,
            settings={"pexpect_timeout": 1, "suppress_output_file": True},
        )
        config.prepare()
        config.env = {
            name: value for name, value in config.env.items() if not self._executor.withheld(name)
        }
        runner = Runner(
            config,
            event_handler=self._handle,
            status_handler=partial(_drop_command_file, Path(config.artifact_dir)),
            cancel_callback=self._stopping.is_set,
            remove_partials=True,
        )
        runner.run()
        rc: int | None = runner.rc
        return rc

    def _handle(self, event: dict[str, Any]) -> bool:
        for told in self._events.feed(event):
            _tell(self._on_event, told)
        # False: no file of the event is written.
        return False

    def _shown_command(self) -> str:
        return shlex.join(
            self._executor.command(self._verb.name, "plan.yml", check=self._call.check)
        )


async def _until_ended(
    future: "asyncio.Future[VerbOutcome]", stop: Callable[[str], None], seconds: float
) -> VerbOutcome:
    """Wait for an execution; stop it when time is over, or when we are cancelled."""
    try:
        done, _ = await asyncio.wait({future}, timeout=seconds)
        if not done:
            stop("timed-out")
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        stop("cancelled")
        await asyncio.shield(future)
        raise


def _drop_command_file(artifacts: Path, status: Mapping[str, Any], **_: Any) -> None:  # noqa: ANN401
    """Remove the file in which ansible-runner keeps the whole environment in clear."""
    if status.get("status") == "running":
        (artifacts / "command").unlink(missing_ok=True)


def _tell(on_event: OnEvent, event: RunEvent) -> None:
    try:
        on_event(event)
    except Exception:
        # A listener that fails must not end the playbook.
        log.exception("an event could not be told")


def _base_folder() -> Path:
    """Where run folders go: memory rather than disk, where there is such a place."""
    for candidate in (os.environ.get("XDG_RUNTIME_DIR"), "/dev/shm"):  # noqa: S108
        if candidate and os.access(candidate, os.W_OK | os.X_OK):
            return Path(candidate)
    return Path(tempfile.gettempdir())
