"""Fakes of the ports: real in behaviour, in memory. The contract suite holds them to it."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hivemind_agents.domain.decision import PlanBrief, Verdict, VerificationBrief
from hivemind_agents.domain.deployment import Deployment
from hivemind_agents.domain.executor import ExecutorRow
from hivemind_agents.domain.lease import Holder, Lease, LeaseHeld, LeaseLost, Owner
from hivemind_agents.domain.plan import Plan
from hivemind_agents.domain.run import (
    Failure,
    Run,
    RunEvent,
    StageRecord,
    TaskEvent,
    VerbOutcome,
    WorkflowResult,
)
from hivemind_agents.errors import StateError, UserError
from hivemind_agents.ports import OnEvent, Perform, Stages, VerbCall
from hivemind_agents.workflows.registry import workflow_of


class FakeClock:
    """A clock that is put forward by hand."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def forward(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class FakeExecutor:
    """Answers each verb with a prepared outcome, and keeps the calls.

    An outcome `None` hangs until it is cancelled.
    """

    def __init__(self, outcomes: Mapping[str, VerbOutcome | None] | None = None) -> None:
        self.outcomes = dict(outcomes or {})
        self.calls: list[VerbCall] = []
        self.cleaned: list[str] = []
        self.started = asyncio.Event()
        self._cancelled: set[str] = set()
        self._wake = asyncio.Event()

    async def run(self, call: VerbCall, *, on_event: OnEvent) -> VerbOutcome:
        self.calls.append(call)
        self.started.set()
        at = datetime.now(UTC)
        on_event(TaskEvent(at=at, stage=call.verb, task="Do it", status="started"))
        outcome = self.outcomes.get(call.verb, VerbOutcome(status="succeeded"))
        if outcome is None:
            while call.run_id not in self._cancelled:
                await self._wake.wait()
                self._wake.clear()
            failure = Failure(stage=call.verb, message="stopped on request")
            return VerbOutcome(status="cancelled", failure=failure)
        status: Any = "ok" if outcome.status == "succeeded" else "failed"
        on_event(TaskEvent(at=at, stage=call.verb, task="Do it", host="localhost", status=status))
        return outcome

    async def cancel(self, run_id: str) -> None:
        self._cancelled.add(run_id)
        self._wake.set()

    async def clean_up(self, run_id: str) -> int:
        self.cleaned.append(run_id)
        return 0


class FakeDecider:
    """Gives the prepared verdict, and keeps the briefs."""

    def __init__(self, verdict: Verdict | None = None) -> None:
        self.verdict = verdict or Verdict(done=True, summary="verified")
        self.briefs: list[VerificationBrief] = []

    async def plan(self, brief: PlanBrief, *, on_event: OnEvent) -> Plan:
        raise NotImplementedError

    async def judge(
        self, brief: VerificationBrief, *, on_event: OnEvent, perform: Perform | None = None
    ) -> Verdict:
        self.briefs.append(brief)
        return self.verdict


class FakeDeploymentStore:
    """Records and leases in a dict."""

    def __init__(self, clock: FakeClock | None = None, ttl_seconds: int = 60) -> None:
        self.records: dict[str, Deployment] = {}
        self.leases: dict[str, tuple[Lease, Holder] | None] = {}
        self._fences: dict[str, int] = {}
        self._clock = clock or FakeClock()
        self._ttl = ttl_seconds

    async def read(self, name: str) -> Deployment | None:
        return self.records.get(name)

    async def list(self) -> Sequence[Deployment]:
        return [self.records[name] for name in sorted(self.records)]

    async def update(
        self, name: str, change: Callable[[Deployment | None], Deployment], fence: int | None
    ) -> Deployment:
        old = self.records.get(name)
        if old is not None and fence is not None and old.fence > fence:
            raise StateError(f"overtaken: fence {fence} is older than {old.fence}")
        new = change(old)
        if fence is not None:
            new = new.model_copy(update={"fence": fence})
        self.records[name] = new
        return new

    async def acquire(self, name: str, owner: Owner) -> Lease:
        now = self._clock.now()
        held = self.leases.get(name)
        again = held is not None and held[0].owner.run_id == owner.run_id
        if held is not None and not again and now < held[1].expires_at:
            raise LeaseHeld(name, held[1])
        if not again:
            self._fences[name] = self._fences.get(name, 0) + 1
        since = held[1].since if held is not None and again else now
        ends = now + timedelta(seconds=self._ttl)
        lease = Lease(
            name=name,
            owner=owner,
            fence=self._fences[name],
            expires_at=ends,
            ttl_seconds=self._ttl,
            reentered=again,
        )
        self.leases[name] = (lease, Holder(owner=owner, since=since, expires_at=ends))
        return lease

    async def renew(self, lease: Lease) -> Lease:
        held = self._ours(lease)
        ends = self._clock.now() + timedelta(seconds=lease.ttl_seconds)
        renewed = lease.model_copy(update={"expires_at": ends})
        self.leases[lease.name] = (renewed, held.model_copy(update={"expires_at": ends}))
        return renewed

    async def release(self, lease: Lease) -> None:
        held = self.leases.get(lease.name)
        if held is not None and held[0].fence == lease.fence:
            self.leases[lease.name] = None

    async def holder(self, name: str) -> Holder | None:
        held = self.leases.get(name)
        return held[1] if held and self._clock.now() < held[1].expires_at else None

    def _ours(self, lease: Lease) -> Holder:
        held = self.leases.get(lease.name)
        if held is None or held[0].fence != lease.fence:
            raise LeaseLost(lease.name)
        return held[1]


class FakeArtifactStore:
    """Archives in a dict."""

    def __init__(self) -> None:
        self._archives: dict[str, bytes] = {}

    async def put(self, path: Path) -> str:
        body = await asyncio.to_thread(path.read_bytes)
        digest = hashlib.sha256(body).hexdigest()
        self._archives[digest] = body
        return digest

    async def get(self, digest: str, path: Path) -> None:
        if digest not in self._archives:
            raise StateError(f"the artifact {digest[:12]} is not there")
        await asyncio.to_thread(path.write_bytes, self._archives[digest])

    async def exists(self, digest: str) -> bool:
        return digest in self._archives

    async def delete(self, digest: str) -> None:
        self._archives.pop(digest, None)


class FakeRunStore:
    """Runs and events in dicts."""

    def __init__(self) -> None:
        self._runs: dict[str, Run] = {}
        self._plans: dict[str, Plan] = {}
        self._events: list[tuple[str, RunEvent]] = []
        self._executors: dict[str, ExecutorRow] = {}
        self._cancels: dict[str, datetime] = {}

    async def create(self, run: Run, plan: Plan) -> None:
        self._runs[run.id] = run
        self._plans[run.id] = plan

    async def save(self, run: Run) -> None:
        if run.id in self._runs:
            self._runs[run.id] = run

    async def get(self, run_id: str) -> Run | None:
        if run_id in self._runs:
            return self._runs[run_id]
        found = [run for key, run in self._runs.items() if key.startswith(run_id)]
        if len(found) > 1:
            raise UserError(f"several runs begin with {run_id!r}")
        return found[0] if found else None

    async def plan(self, run_id: str) -> Plan | None:
        return self._plans.get(run_id)

    async def list(self, deployment: str | None, target: str | None, limit: int) -> Sequence[Run]:
        found = [
            run
            for run in self._runs.values()
            if deployment in (None, run.deployment_name) and target in (None, run.target)
        ]
        return sorted(found, key=lambda run: run.started_at, reverse=True)[:limit]

    async def append(self, run_id: str, events: Sequence[RunEvent]) -> None:
        self._events += [(run_id, event) for event in events]

    async def events(self, run_id: str, after: int) -> Sequence[tuple[int, RunEvent]]:
        numbered = enumerate(self._events, start=1)
        return [(n, event) for n, (of, event) in numbered if of == run_id and n > after]

    async def claim(self, run: Run, executor_id: str) -> Run | None:
        if self._runs[run.id].attempt != run.attempt:
            return None
        stages = tuple(
            stage if stage.status == "succeeded" else StageRecord(name=stage.name)
            for stage in run.stages
        )
        claimed = run.model_copy(
            update={
                "executor_id": executor_id,
                "attempt": run.attempt + 1,
                "status": "running",
                "ended_at": None,
                "failure": None,
                "summary": None,
                "stages": stages,
            }
        )
        self._runs[run.id] = claimed
        return claimed

    async def request_cancel(self, run_id: str, at: datetime) -> None:
        self._cancels[run_id] = at

    async def cancel_requested(self, run_id: str, since: datetime) -> bool:
        at = self._cancels.get(run_id)
        return at is not None and at >= since

    async def register(self, executor: ExecutorRow) -> None:
        self._executors[executor.id] = executor

    async def beat(self, executor_id: str, at: datetime) -> None:
        row = self._executors[executor_id]
        self._executors[executor_id] = row.model_copy(update={"heartbeat_at": at})

    async def executor(self, executor_id: str) -> ExecutorRow | None:
        return self._executors.get(executor_id)

    async def close(self) -> None:
        return


class FakeEngine:
    """Runs workflows without keeping anything."""

    executor_id = "here"

    async def run(self, run: Run, plan: Plan, effects: Stages) -> WorkflowResult:
        return await workflow_of(plan.verb)(plan, stages=effects)

    async def close(self) -> None:
        return
