"""Puts the runtime together: the only module that names adapters.

    async with runtime(target) as hivemind:
        plan = await hivemind.plan(DeployRequest(...), on_event=show)
        run = await hivemind.execute(plan, approval=plan.digest, on_event=show)
        raise_for_status(run)

Imports are lazy: `deployments` costs boto3, `runs` the run store, and only what executes a run
launches the workflow engine.
"""

import asyncio
import os
import shlex
import shutil
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from hivemind_agents import catalog, engine
from hivemind_agents.domain.decision import PlanBrief
from hivemind_agents.domain.deployment import Deployment
from hivemind_agents.domain.executor import ExecutorRow, Liveness, liveness
from hivemind_agents.domain.lease import Owner
from hivemind_agents.domain.plan import Plan
from hivemind_agents.domain.redaction import Redactor
from hivemind_agents.domain.request import DeployRequest, Request
from hivemind_agents.domain.run import Run, RunEvent, StageRecord, VerbOutcome
from hivemind_agents.errors import (
    ApprovalMissing,
    Busy,
    Cancelled,
    HivemindError,
    RunFailed,
    UnknownDeployment,
    UserError,
    Vetoed,
)
from hivemind_agents.locations import ansible_home, state_dir
from hivemind_agents.ports import VerbCall
from hivemind_agents.targets import Target

if TYPE_CHECKING:
    from hivemind_agents.adapters.ansible_runner import AnsibleExecutor
    from hivemind_agents.adapters.builder import ContainerBuilder
    from hivemind_agents.adapters.dbos_engine import DbosEngine
    from hivemind_agents.adapters.run_store import SqlRunStore
    from hivemind_agents.adapters.source import FetchedRepository
    from hivemind_agents.adapters.target_state import S3DeploymentStore
    from hivemind_agents.agents.decider import AgentDecider
    from hivemind_agents.repository.report import Question, RepositoryReport
    from hivemind_agents.workflows.execution import World

# Called on any thread, in order, with events that hold no secret.
OnEvent = Callable[[RunEvent], None]

# Environment variables whose values never appear anywhere.
_SECRET_VARIABLES = (
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
)
_GONE = frozenset({"destroyed", "rolled-back"})
# Verbs that make sense before there is a record.
_WITHOUT_RECORD = frozenset({"deploy", "recon", "build", "provision", "discover", "bootstrap"})
_CANCEL_SECONDS = 60.0


class Clock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def builder_of_this_machine(
    *, engine: str | None, tell: Callable[[str, str], None]
) -> "ContainerBuilder":
    """What builds here, without any target. `engine`: podman or docker; what there is if None."""
    from hivemind_agents.adapters.builder import ContainerBuilder  # noqa: PLC0415

    return ContainerBuilder(program=engine, tell=tell)


def answering(
    folder: Path, report: "RepositoryReport", *, model: str, on_event: OnEvent
) -> "Callable[[Question], str]":
    """Answers questions that Recon leaves open about the files in `folder`, by a model.

    An empty answer leaves one open, as one without choices always is: a model words no command.
    """
    from hivemind_agents.agents.decider import AgentDecider  # noqa: PLC0415
    from hivemind_agents.repository import FileTree  # noqa: PLC0415
    from hivemind_agents.repository.excerpts import brief  # noqa: PLC0415

    decider = AgentDecider(catalog.load(), model_name=model, redactor=_own_redactor())
    tree = FileTree.open(folder)

    def answer(question: "Question") -> str:
        if not question.choices:
            return ""
        asked = brief(tree, report, question)
        return asyncio.run(decider.choose(asked, on_event=on_event)).choice or ""

    return answer


def _own_redactor() -> Redactor:
    """Knows the secrets of this process's environment."""
    values = (os.environ.get(name, "") for name in _SECRET_VARIABLES)
    return Redactor(value for value in values if value)


class Runtime:
    """What every door can ask for, on one target."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._clock = Clock()
        self._redactor = _own_redactor()
        self._registered = False

    # Reads: no workflow engine, nothing changed.

    async def deployments(self) -> Sequence[Deployment]:
        """All records of the target, by name; empty when there is no state bucket yet.

        Raises AccessError.
        """
        return await self._deployments.list()

    async def deployment(self, name: str) -> Deployment:
        """One record. Raises UnknownDeployment, AccessError."""
        record = await self._deployments.read(name)
        if record is None:
            raise UnknownDeployment(name)
        return record

    async def runs(self, name: str | None = None, limit: int = 20) -> Sequence[Run]:
        """Runs of this machine (or of the shared database), newest first.

        One whose process is proven dead shows as `interrupted`.
        """
        found = await self._runs.list(name, self.target.name, limit)
        return [await self._as_seen(run) for run in found]

    async def run(self, run_id: str) -> Run:
        """One run by its id, or by an unambiguous beginning of it. Raises UserError."""
        found = await self._runs.get(run_id)
        if found is None:
            raise UserError(f"there is no run {run_id!r}", mend="hivemind runs (what there is)")
        return await self._as_seen(found)

    async def plan_of(self, run_id: str) -> Plan:
        """The plan that a run executes. Raises UserError."""
        found = await self._runs.plan((await self.run(run_id)).id)
        if found is None:
            raise UserError(f"the run {run_id!r} has no plan")
        return found

    async def events(self, run_id: str, after: int = 0) -> Sequence[tuple[int, RunEvent]]:
        """Stored events with their numbers, those after number `after`."""
        return await self._runs.events((await self.run(run_id)).id, after)

    # Deciding.

    async def fetch(self, request: DeployRequest) -> "FetchedRepository":
        """The repository's files, to be read and asked about; a context manager.

        Raises RepositoryError when nothing is there.
        """
        from hivemind_agents.adapters.source import FetchedRepository  # noqa: PLC0415

        return await asyncio.to_thread(FetchedRepository, request)

    async def plan(
        self,
        request: Request,
        on_event: OnEvent | None = None,
        *,
        report: "RepositoryReport | None" = None,
    ) -> Plan:
        """Let the agents decide how to do what is asked; nothing is changed.

        `on_event` gets the agents' notes; `report` saves a second reading of the repository.
        Raises PlaybookArgumentError, RepositoryError, UnknownDeployment (rollback and destroy of
        a name without record).
        """
        self.catalog[request.verb]
        record = await self._deployments.read(request.name)
        if isinstance(request, DeployRequest):
            if report is None:
                with await self.fetch(request) as fetched:
                    kept = record.overrides if record else {}
                    report = await asyncio.to_thread(fetched.report, kept | request.word)
                    await asyncio.to_thread(fetched.check, report)
        elif record is None and request.verb not in _WITHOUT_RECORD:
            raise UnknownDeployment(request.name)
        recon = report.model_dump(mode="json") if report else None
        brief = PlanBrief(
            request=request,
            recon=recon,
            deployment=None if record is None or record.status in _GONE else record,
            target=self.target.name,
            region=self.target.region,
            builds_here=engine.place(live=bool(record and record.live_release)) == "controller",
        )
        return await self._decider.plan(brief, on_event=on_event or _nobody)

    def get_ready(self) -> None:
        """Import what `execute` needs, on a thread, while a person reads the plan."""
        asyncio.get_running_loop().run_in_executor(None, lambda: self._engine)

    async def what_if(self, plan: Plan, on_event: OnEvent | None = None) -> VerbOutcome:
        """Run the plan's verb in check mode: everything is computed, nothing is changed or stored.

        The outcome's `outputs` hold what the verbs would report.
        """
        call = VerbCall(
            run_id=f"what-if-{_new_id()}",
            verb=plan.verb,
            deployment_name=plan.deployment_name,
            arguments=plan.arguments,
            check=True,
        )
        return await self._ansible.run(call, on_event=on_event or _nobody)

    async def store_secret(self, name: str, variable: str, value: str, *, kind: str = "env") -> str:
        """Store the value of a deployment's variable; return the reference to it.

        `kind`: `env` of the application, `build` of its builds.
        """
        from hivemind_agents.adapters.target_state import new_session  # noqa: PLC0415
        from hivemind_agents.state import secrets  # noqa: PLC0415

        self._redactor.learn(value)
        path = secrets.parameter_path(name, kind, variable)
        return await asyncio.to_thread(lambda: secrets.put_secret(new_session(), path, value))

    # Changing.

    async def execute(
        self,
        plan: Plan,
        *,
        approval: str | None = None,
        description: str = "",  # noqa: ARG002 - the plan holds it
        on_event: OnEvent | None = None,
    ) -> Run:
        """Do what a plan says, durably, holding the deployment's lease; return how it ended.

        `approval` is the digest of the plan that a person (or `--yes`) has approved; verbs with
        effect `change` or `destroy` need it. Cancelling the task (Ctrl-C) ends the playbook and
        what it started, marks the run `cancelled` and lets the lease go; the Run is returned then
        too. Raises ApprovalMissing, LeaseHeld, AccessError; a failed stage is in the Run.
        """
        changes = self._changes(plan)
        if changes and approval != plan.digest:
            raise ApprovalMissing(plan.verb, plan.digest)
        world = await self._world()
        run = Run(
            id=_new_id(),
            deployment_name=plan.deployment_name,
            verb=plan.verb,
            status="running",
            executor_id=world.engine.executor_id,
            target=self.target.name,
            plan_digest=plan.digest,
            started_at=self._clock.now(),
            stages=tuple(StageRecord(name=step.verb) for step in plan.steps),
        )
        self._write_plan(plan, self._plan_path(run.id))
        return await self._execute(run, plan, world, on_event, changes=changes)

    async def resume(self, run: str | None = None, on_event: OnEvent | None = None) -> Run:
        """Go on with a run that was interrupted, cancelled or failed: the last one, when None.

        `run`: its id, or a deployment's name. Ends what the dead process left, enters the lease
        again, skips the stages that are done. Raises UserError when there is nothing to go on
        with, or when its process still lives.
        """
        found = await self._resumable(run)
        world = await self._world()
        # First it is ours: two that resume at once would end each other's processes.
        claimed = await self._runs.claim(found, world.engine.executor_id)
        if claimed is None:
            raise Busy(f"another process goes on with run {found.id}", mend="hivemind runs")
        await world.executor.clean_up(found.id)
        plan = await self.plan_of(found.id)
        self._write_plan(plan, self._plan_path(found.id))
        return await self._execute(claimed, plan, world, on_event, changes=self._changes(plan))

    async def cancel(self, run_id: str) -> Run:
        """Stop a run of this machine.

        That of a live process is asked to end, and waited for; that of a dead one is cleaned up.
        Raises UserError when it has ended already.
        """
        run = await self.run(run_id)
        if run.status not in {"running", "interrupted"}:
            raise UserError(
                f"the run {run.id} has ended already: {run.status}", mend=f"hivemind runs {run.id}"
            )
        if run.status == "interrupted":
            return await self._bury(run)
        await self._runs.request_cancel(run.id, self._clock.now())
        deadline = asyncio.get_running_loop().time() + _CANCEL_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.5)
            run = await self.run(run.id)
            if run.status != "running":
                return run
        raise Busy(
            f"the run {run.id} did not stop within {_CANCEL_SECONDS:.0f} s",
            mend=f"hivemind runs {run.deployment_name}",
        )

    def playbook_command(self, plan: Plan, run_id: str | None = None) -> str:
        """The exact command that does the same without any agent.

        With a run's id the plan file is that run's; else it is written for the plan.
        """
        path = (
            state_dir() / "plans" / f"{plan.digest[:12]}.yml"
            if run_id is None
            else self._plan_path(run_id)
        )
        if run_id is None or not path.is_file():
            self._write_plan(plan, path)
        command = self._ansible.command(plan.verb, str(path))
        beside = Path(sys.executable).with_name("ansible-playbook")
        if shutil.which("ansible-playbook") != str(beside) and beside.is_file():
            command[0] = str(beside)
        found_by = f"ANSIBLE_CONFIG={shlex.quote(str(self._ansible.home / 'ansible.cfg'))} "
        return ("" if Path.cwd() == self._ansible.home else found_by) + shlex.join(command)

    async def close(self) -> None:
        """End the workflow engine and close the run store, if they were opened."""
        opened = self.__dict__
        if "_engine" in opened:
            await self._engine.close()
        if "_runs" in opened:
            await self._runs.close()

    @cached_property
    def catalog(self) -> catalog.Catalog:
        """The verbs."""
        return catalog.load()

    # The parts, each made when it is first needed.

    @cached_property
    def _deployments(self) -> "S3DeploymentStore":
        from hivemind_agents.adapters.target_state import (  # noqa: PLC0415
            S3DeploymentStore,
            TargetBucket,
        )

        return S3DeploymentStore(TargetBucket())

    @cached_property
    def _runs(self) -> "SqlRunStore":
        from hivemind_agents.adapters import run_store  # noqa: PLC0415

        return run_store.SqlRunStore(_database_url() or run_store.default_url(state_dir()))

    @cached_property
    def _ansible(self) -> "AnsibleExecutor":
        from hivemind_agents.adapters.ansible_runner import AnsibleExecutor  # noqa: PLC0415

        return AnsibleExecutor(self.catalog, ansible_home(), redactor=self._redactor)

    @cached_property
    def _engine(self) -> "DbosEngine":
        from hivemind_agents.adapters import dbos_engine  # noqa: PLC0415

        return dbos_engine.DbosEngine(_database_url() or dbos_engine.default_url(state_dir()))

    @cached_property
    def _decider(self) -> "AgentDecider":
        from hivemind_agents.agents.decider import AgentDecider  # noqa: PLC0415

        return AgentDecider(
            self.catalog,
            model_name=os.environ.get("HIVEMIND_MODEL") or None,
            redactor=self._redactor,
            read_deployment=self._deployments.read,
        )

    async def _world(self) -> "World":
        # Slow to import; the loop stays free.
        engine = await asyncio.to_thread(lambda: self._engine)
        from hivemind_agents.adapters.stack_events import StackFollower  # noqa: PLC0415
        from hivemind_agents.adapters.target_state import new_session  # noqa: PLC0415
        from hivemind_agents.workflows.execution import World  # noqa: PLC0415

        if not self._registered:
            self._registered = True
            await self._runs.register(_this_process(engine.executor_id, self._clock.now()))
        return World(
            engine=engine,
            executor=StackFollower(self._ansible, new_session),
            decider=self._decider,
            deployments=self._deployments,
            runs=self._runs,
            clock=self._clock,
            redactor=self._redactor,
        )

    async def _execute(
        self, run: Run, plan: Plan, world: "World", on_event: OnEvent | None, *, changes: bool
    ) -> Run:
        from hivemind_agents.workflows.execution import execute  # noqa: PLC0415

        return await execute(run, plan, world=world, on_event=on_event, changes=changes)

    def _changes(self, plan: Plan) -> bool:
        return any(self.catalog[step.verb].effect != "read" for step in plan.steps)

    def _plan_path(self, run_id: str) -> Path:
        return state_dir() / "runs" / run_id / "plan.yml"

    def _write_plan(self, plan: Plan, path: Path) -> None:
        from hivemind_agents.adapters import extra_vars  # noqa: PLC0415

        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        heading = f"What the agents decided; the same without them:\n{plan.verb}.yml -e @{path}"
        path.write_text(extra_vars.dump(plan.to_extra_vars(), heading=heading), encoding="utf-8")

    async def _liveness(self, run: Run) -> Liveness:
        from hivemind_agents.adapters import processes  # noqa: PLC0415

        executor = await self._runs.executor(run.executor_id)
        if executor is None:
            return "unknown"
        return liveness(executor, processes.machine([executor.pid]))

    async def _as_seen(self, run: Run) -> Run:
        if run.status == "running" and await self._liveness(run) == "dead":
            return run.model_copy(update={"status": "interrupted"})
        return run

    async def _resumable(self, which: str | None) -> Run:
        """The run to go on with. Raises UserError when it must not, or there is none."""
        found = await self._find(which)
        if found.status == "succeeded":
            raise UserError(
                f"the last run of {found.deployment_name!r} ({found.id}) succeeded: there is "
                "nothing to go on with",
                mend="hivemind runs (which one is meant?)",
            )
        if found.status == "running":
            known = await self._liveness(found)
            executor = await self._runs.executor(found.executor_id)
            where = f"process {executor.pid} on {executor.host}" if executor else "its process"
            if known == "alive":
                raise Busy(
                    f"the run {found.id} is still going on: {where}",
                    mend=f"hivemind logs {found.deployment_name}, or hivemind cancel {found.id}",
                )
            if known == "unknown":
                raise Busy(
                    f"the run {found.id} belongs to {where}, and cannot be proven dead from here",
                    mend="hivemind resume, on that machine",
                )
        return found

    async def _find(self, which: str | None) -> Run:
        if which is not None:
            found = await self._runs.list(which, self.target.name, 1)
            run = found[0] if found else await self._runs.get(which)
        else:
            run = _last_unfinished(await self._runs.list(None, self.target.name, 50))
        if run is None:
            what = (
                f"{which!r} is neither a run nor a deployment with runs here"
                if which
                else ("there is no run to go on with")
            )
            raise UserError(what, mend="hivemind runs (what there is)")
        return run

    async def _bury(self, run: Run) -> Run:
        """End what a dead process left of a run, and let its lease go."""
        await self._ansible.clean_up(run.id)
        ended = run.model_copy(update={"status": "cancelled", "ended_at": self._clock.now()})
        await self._runs.save(ended)
        try:
            owner = Owner.here(run.id, run.verb)
            await self._deployments.release(
                await self._deployments.acquire(run.deployment_name, owner)
            )
        except HivemindError:
            # Another's by now, or no bucket: nothing of ours is left to let go.
            return ended
        return ended


@asynccontextmanager
async def runtime(target: Target) -> AsyncIterator[Runtime]:
    """The runtime on a target, closed at the end. Nothing is opened before it is needed.

    The target becomes this process's: its variables are put into the environment.
    """
    target.activate()
    made = Runtime(target)
    try:
        yield made
    finally:
        await made.close()


def raise_for_status(run: Run) -> None:
    """Raise the error of a run that did not succeed, with the mend."""
    if run.status == "succeeded":
        return
    failure = run.failure
    message = failure.message if failure else f"the {run.verb} of {run.deployment_name!r} ended"
    mend = (failure.mend if failure else None) or (
        f"mend it and run the same command again, or go on as it is: hivemind resume {run.id}"
    )
    if run.status == "cancelled":
        raise Cancelled(
            f"the {run.verb} of {run.deployment_name!r} was stopped; nothing of it runs any more",
            mend=f"hivemind resume {run.id}, or hivemind rollback {run.deployment_name}",
        )
    if run.status == "vetoed":
        raise Vetoed(message, mend=mend)
    stage = f"{failure.stage}: " if failure and failure.stage != run.verb else ""
    raise RunFailed(f"{stage}{message}", mend=mend)


def _this_process(executor_id: str, at: datetime) -> ExecutorRow:
    import socket  # noqa: PLC0415

    from hivemind_agents.adapters import processes  # noqa: PLC0415

    pid = os.getpid()
    return ExecutorRow(
        id=executor_id,
        host=socket.gethostname(),
        boot_id=processes.boot_id(),
        pid=pid,
        pid_started=processes.start_ticks(pid) or 0,
        heartbeat_at=at,
    )


def _last_unfinished(newest_first: Sequence[Run]) -> Run | None:
    """The newest run that did not succeed and that no later run of its deployment overtook."""
    overtaken: set[str] = set()
    for run in newest_first:
        if run.deployment_name not in overtaken and run.status != "succeeded":
            return run
        overtaken.add(run.deployment_name)
    return None


def _database_url() -> str | None:
    return os.environ.get("HIVEMIND_DATABASE_URL") or None


def _new_id() -> str:
    return uuid.uuid4().hex[:12]


def _nobody(_event: RunEvent) -> None:
    """Listens to nothing."""
