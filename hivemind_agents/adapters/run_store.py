"""The run store: runs, stages, events and executors, in SQLite or PostgreSQL."""

import asyncio
import contextlib
import fcntl
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from pydantic import TypeAdapter

from hivemind_agents.domain.executor import ExecutorRow
from hivemind_agents.domain.plan import Plan
from hivemind_agents.domain.run import Failure, Run, RunEvent, StageRecord
from hivemind_agents.errors import StateError, UserError

# The newest migration; a test holds it to the folder's.
HEAD = "0001"
_MIGRATIONS = Path(__file__).parent / "migrations"
_EVENT: TypeAdapter[RunEvent] = TypeAdapter(RunEvent)
_T = TypeVar("_T")

metadata = sa.MetaData()

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("deployment_name", sa.String(64), nullable=False, index=True),
    sa.Column("verb", sa.String(64), nullable=False),
    sa.Column("status", sa.String(32), nullable=False),
    sa.Column("executor_id", sa.String(64), nullable=False),
    sa.Column("target", sa.String(64)),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("plan_digest", sa.String(64)),
    sa.Column("plan", sa.JSON, nullable=False),
    sa.Column("started_at", sa.DateTime(timezone=True), nullable=False, index=True),
    sa.Column("ended_at", sa.DateTime(timezone=True)),
    sa.Column("outputs", sa.JSON, nullable=False),
    sa.Column("summary", sa.Text),
    sa.Column("failure", sa.JSON),
    # Set by another process that wants it to stop.
    sa.Column("cancel_requested_at", sa.DateTime(timezone=True)),
)

stages = sa.Table(
    "stages",
    metadata,
    sa.Column(
        "run_id", sa.String(64), sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("status", sa.String(32), nullable=False),
    sa.Column("started_at", sa.DateTime(timezone=True)),
    sa.Column("seconds", sa.Float),
    sa.Column("changed", sa.Integer),
)

events = sa.Table(
    "events",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column(
        "run_id",
        sa.String(64),
        sa.ForeignKey("runs.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    sa.Column("body", sa.JSON, nullable=False),
)

executors = sa.Table(
    "executors",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("host", sa.String(255), nullable=False),
    sa.Column("boot_id", sa.String(64), nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("pid_started", sa.BigInteger, nullable=False),
    sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=False),
)


class SqlRunStore:
    """The RunStore port on SQLAlchemy.

    One thread does all the work, in order: events are stored as they happened.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="run-store")
        self._engine: sa.Engine | None = None

    async def create(self, run: Run, plan: Plan) -> None:
        def work(connection: sa.Connection) -> None:
            row = {**_run_row(run), "plan": plan.model_dump(mode="json")}
            connection.execute(sa.insert(runs).values(row))
            _write_stages(connection, run)

        await self._do(work)

    async def save(self, run: Run) -> None:
        def work(connection: sa.Connection) -> None:
            connection.execute(sa.update(runs).where(runs.c.id == run.id).values(_run_row(run)))
            _write_stages(connection, run)

        await self._do(work)

    async def get(self, run_id: str) -> Run | None:
        def work(connection: sa.Connection) -> Run | None:
            beginning = runs.c.id.startswith(run_id, autoescape=True)
            rows = connection.execute(sa.select(runs).where(beginning).limit(3)).all()
            exact = [row for row in rows if row.id == run_id]
            if len(rows) > 1 and not exact:
                raise UserError(
                    f"several runs begin with {run_id!r}", mend="hivemind runs (their whole ids)"
                )
            chosen = exact or rows
            return _run(connection, chosen[0]) if chosen else None

        return await self._do(work)

    async def plan(self, run_id: str) -> Plan | None:
        def work(connection: sa.Connection) -> Plan | None:
            found = connection.execute(sa.select(runs.c.plan).where(runs.c.id == run_id)).scalar()
            return None if found is None else Plan.model_validate(found)

        return await self._do(work)

    async def list(self, deployment: str | None, target: str | None, limit: int) -> Sequence[Run]:
        def work(connection: sa.Connection) -> Sequence[Run]:
            query = sa.select(runs).order_by(runs.c.started_at.desc()).limit(limit)
            if deployment is not None:
                query = query.where(runs.c.deployment_name == deployment)
            if target is not None:
                query = query.where(runs.c.target == target)
            return [_run(connection, row) for row in connection.execute(query).all()]

        return await self._do(work)

    async def append(self, run_id: str, events_: Sequence[RunEvent]) -> None:
        if not events_:
            return

        def work(connection: sa.Connection) -> None:
            bodies = [_EVENT.dump_python(event, mode="json") for event in events_]
            connection.execute(
                sa.insert(events), [{"run_id": run_id, "body": body} for body in bodies]
            )

        await self._do(work)

    async def events(self, run_id: str, after: int) -> Sequence[tuple[int, RunEvent]]:
        def work(connection: sa.Connection) -> Sequence[tuple[int, RunEvent]]:
            query = (
                sa.select(events.c.number, events.c.body)
                .where(events.c.run_id == run_id, events.c.number > after)
                .order_by(events.c.number)
            )
            return [
                (number, _EVENT.validate_python(body))
                for number, body in connection.execute(query).all()
            ]

        return await self._do(work)

    async def claim(self, run: Run, executor_id: str) -> Run | None:
        claimed = run.model_copy(
            update={
                "executor_id": executor_id,
                "attempt": run.attempt + 1,
                "status": "running",
                "ended_at": None,
                "failure": None,
                "summary": None,
                "stages": tuple(
                    stage if stage.status == "succeeded" else StageRecord(name=stage.name)
                    for stage in run.stages
                ),
            }
        )

        def work(connection: sa.Connection) -> Run | None:
            as_seen = (runs.c.id == run.id, runs.c.attempt == run.attempt)
            done = connection.execute(sa.update(runs).where(*as_seen).values(_run_row(claimed)))
            if done.rowcount != 1:
                return None
            _write_stages(connection, claimed)
            return claimed

        return await self._do(work)

    async def request_cancel(self, run_id: str, at: datetime) -> None:
        def work(connection: sa.Connection) -> None:
            connection.execute(
                sa.update(runs).where(runs.c.id == run_id).values(cancel_requested_at=at)
            )

        await self._do(work)

    async def cancel_requested(self, run_id: str, since: datetime) -> bool:
        def work(connection: sa.Connection) -> bool:
            query = sa.select(runs.c.cancel_requested_at).where(runs.c.id == run_id)
            at = _utc(connection.execute(query).scalar())
            return at is not None and at >= since

        return await self._do(work)

    async def register(self, executor: ExecutorRow) -> None:
        await self._do(lambda c: c.execute(sa.insert(executors).values(executor.model_dump())))

    async def beat(self, executor_id: str, at: datetime) -> None:
        await self._do(
            lambda c: c.execute(
                sa.update(executors).where(executors.c.id == executor_id).values(heartbeat_at=at)
            )
        )

    async def executor(self, executor_id: str) -> ExecutorRow | None:
        def work(connection: sa.Connection) -> ExecutorRow | None:
            query = sa.select(executors).where(executors.c.id == executor_id)
            row = connection.execute(query).one_or_none()
            if row is None:
                return None
            fields = {**row._mapping, "heartbeat_at": _utc(row.heartbeat_at)}  # noqa: SLF001 - public in SQLAlchemy
            return ExecutorRow.model_validate(fields)

        return await self._do(work)

    async def close(self) -> None:
        if self._engine is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._engine.dispose)
        self._thread.shutdown(wait=True)

    async def _do(self, work: Callable[[sa.Connection], _T]) -> _T:
        def in_transaction() -> _T:
            try:
                with self._opened().begin() as connection:
                    return work(connection)
            except sa.exc.SQLAlchemyError as error:
                shown = sa.make_url(self._url).render_as_string(hide_password=True)
                raise StateError(
                    f"the run store {shown} cannot be used: {error.__class__.__name__}: "
                    f"{getattr(error, 'orig', None) or error}",
                    mend="is the disk full, or the file another user's? hivemind doctor",
                ) from error

        return await asyncio.get_running_loop().run_in_executor(self._thread, in_transaction)

    def _opened(self) -> sa.Engine:
        if self._engine is None:
            self._engine = open_engine(self._url)
            migrate(self._engine)
        return self._engine


def default_url(folder: Path) -> str:
    """SQLite in the machine's state folder."""
    return f"sqlite:///{folder / 'hivemind.db'}"


def open_engine(url: str) -> sa.Engine:
    """An engine; SQLite with write-ahead log, so that readers do not wait for the writer."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        return sa.create_engine(parsed, pool_pre_ping=True)
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = sa.create_engine(parsed)

    @sa.event.listens_for(engine, "connect")
    def pragmas(connection: Any, _record: Any) -> None:  # noqa: ANN401 - the driver's
        cursor = connection.cursor()
        for pragma in ("busy_timeout=10000", "synchronous=NORMAL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        # The file keeps its mode. Two processes that change it at once would both be refused,
        # whatever the time-out.
        if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            with _turn(engine):
                cursor.execute("PRAGMA journal_mode=WAL")
        cursor.close()

    return engine


def migrate(engine: sa.Engine) -> None:
    """Bring the schema to HEAD; costs one query when it is there. Two processes take turns."""
    if _version(engine) == HEAD:
        return
    with _turn(engine):
        version = _version(engine)
        if version == HEAD:
            return
        if version is not None and version > HEAD:
            raise StateError(
                f"the run store's schema ({version}) is newer than this version of HiveMind",
                mend="upgrade HiveMind, or set HIVEMIND_STATE_DIR to another folder",
            )
        from alembic import command  # noqa: PLC0415 - only when there is something to do
        from alembic.config import Config  # noqa: PLC0415

        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS))
        config.attributes["engine"] = engine
        command.upgrade(config, "head")


def _version(engine: sa.Engine) -> str | None:
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.execute(
            sa.text("SELECT version_num FROM alembic_version")
        ).scalar()
        return found


@contextlib.contextmanager
def _turn(engine: sa.Engine) -> Iterator[None]:
    """Keep other processes from migrating at the same time."""
    if engine.dialect.name == "sqlite":
        path = f"{engine.url.database}.migrating"
        with Path(path).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
    else:
        with engine.connect() as connection:
            connection.execute(sa.text("SELECT pg_advisory_lock(7205759403792)"))
            try:
                yield
            finally:
                connection.execute(sa.text("SELECT pg_advisory_unlock(7205759403792)"))


def _run_row(run: Run) -> dict[str, Any]:
    fields = run.model_dump(mode="json", exclude={"stages", "started_at", "ended_at"})
    return {**fields, "started_at": run.started_at, "ended_at": run.ended_at}


def _write_stages(connection: sa.Connection, run: Run) -> None:
    connection.execute(sa.delete(stages).where(stages.c.run_id == run.id))
    rows = [
        {**stage.model_dump(), "run_id": run.id, "position": position}
        for position, stage in enumerate(run.stages)
    ]
    if rows:
        connection.execute(sa.insert(stages), rows)


def _run(connection: sa.Connection, row: sa.Row[Any]) -> Run:
    query = sa.select(stages).where(stages.c.run_id == row.id).order_by(stages.c.position)
    return Run(
        id=row.id,
        deployment_name=row.deployment_name,
        verb=row.verb,
        status=row.status,
        executor_id=row.executor_id,
        target=row.target,
        attempt=row.attempt,
        plan_digest=row.plan_digest,
        started_at=_known(row.started_at),
        ended_at=_utc(row.ended_at),
        outputs=row.outputs,
        summary=row.summary,
        failure=None if row.failure is None else Failure.model_validate(row.failure),
        stages=tuple(
            StageRecord(
                name=stage.name,
                status=stage.status,
                started_at=_utc(stage.started_at),
                seconds=stage.seconds,
                changed=stage.changed,
            )
            for stage in connection.execute(query)
        ),
    )


def _utc(at: datetime | None) -> datetime | None:
    return None if at is None else _known(at)


def _known(at: datetime) -> datetime:
    """SQLite forgets the zone; all times are UTC."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
