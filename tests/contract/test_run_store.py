"""The run store: runs, stages, events, and who executes them."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hivemind_agents.adapters import run_store as sql
from hivemind_agents.domain.executor import ExecutorRow
from hivemind_agents.domain.plan import Plan, Step
from hivemind_agents.domain.run import Failure, NoteEvent, Run, StageRecord
from hivemind_agents.errors import UserError

pytestmark = [pytest.mark.fast, pytest.mark.anyio]

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
PLAN = Plan(
    verb="deploy",
    deployment_name="demo",
    arguments={"deployment_name": "demo"},
    steps=(Step(verb="recon", arguments={}, reason="to know"),),
)


def run(run_id: str = "abc123", *, minutes: int = 0, **more) -> Run:
    fields = {
        "id": run_id,
        "deployment_name": "demo",
        "verb": "deploy",
        "status": "running",
        "executor_id": "e1",
        "target": "sandbox",
        "started_at": AT + timedelta(minutes=minutes),
        "stages": (StageRecord(name="recon"), StageRecord(name="build")),
    }
    return Run(**{**fields, **more})


async def test_a_run_is_read_as_it_was_stored(run_store) -> None:
    """
    Runs come back with their stages, their failure and their plan.
    """
    await run_store.create(run(), PLAN)
    ended = run(
        status="failed",
        ended_at=AT,
        outputs={"url": "http://demo"},
        failure=Failure(stage="build", message="no", evidence=("a", "b")),
        stages=(StageRecord(name="recon", status="succeeded", started_at=AT, seconds=1.5),),
    )
    await run_store.save(ended)

    assert (ended, PLAN) == (await run_store.get("abc123"), await run_store.plan("abc123"))
    assert None is await run_store.get("nothing")


async def test_a_beginning_of_an_id_is_enough_when_only_one_has_it(run_store) -> None:
    """
    An ambiguous beginning is refused instead of guessed.
    """
    await run_store.create(run("abc123"), PLAN)
    await run_store.create(run("abd456"), PLAN)

    assert "abc123" == (await run_store.get("abc")).id
    with pytest.raises(UserError, match="several"):
        await run_store.get("ab")


async def test_runs_are_listed_newest_first(run_store) -> None:
    """
    Of a deployment and a target, up to a number.
    """
    for number in range(3):
        await run_store.create(run(f"r{number}", minutes=number), PLAN)
    await run_store.create(run("other", deployment_name="other", minutes=9), PLAN)
    await run_store.create(run("else", target="aws", minutes=8), PLAN)

    assert ["r2", "r1"] == [each.id for each in await run_store.list("demo", "sandbox", 2)]


async def test_events_keep_their_order_and_are_read_on_from_a_number(run_store) -> None:
    """
    A watcher asks for what came after the last one that it has seen.
    """
    await run_store.create(run(), PLAN)
    notes = [NoteEvent(at=AT, agent="qa", message=str(number)) for number in range(5)]
    await run_store.append("abc123", notes[:3])
    await run_store.append("abc123", notes[3:])
    first = await run_store.events("abc123", 0)
    later = await run_store.events("abc123", first[2][0])

    assert notes == [event for _, event in first]
    assert notes[3:] == [event for _, event in later]


async def test_only_one_executor_claims_a_run(run_store) -> None:
    """
    Of two that want to go on with a run, one gets it; what is done stays done.
    """
    stages = (StageRecord(name="recon", status="succeeded", seconds=1.0, started_at=AT),
              StageRecord(name="build", status="failed", seconds=2.0, started_at=AT))  # fmt: skip
    failed = run(status="failed", failure=Failure(stage="build", message="no"), stages=stages)
    await run_store.create(failed, PLAN)
    first = await run_store.claim(failed, "e2")
    second = await run_store.claim(failed, "e3")

    assert None is second
    assert ("e2", 2, "running", None) == (
        first.executor_id, first.attempt, first.status, first.failure
    )  # fmt: skip
    assert ["succeeded", "pending"] == [stage.status for stage in first.stages]
    assert first == await run_store.get("abc123")


async def test_a_wish_to_stop_counts_for_the_attempt_under_way(run_store) -> None:
    """
    A wish from before a run was resumed does not stop it again.
    """
    await run_store.create(run(), PLAN)
    assert False is await run_store.cancel_requested("abc123", AT)
    await run_store.request_cancel("abc123", AT + timedelta(seconds=5))

    assert True is await run_store.cancel_requested("abc123", AT)
    assert False is await run_store.cancel_requested("abc123", AT + timedelta(seconds=9))


async def test_executors_show_that_they_live(run_store) -> None:
    """
    The heartbeat moves; what identifies the process stays.
    """
    row = ExecutorRow(id="e1", host="h", boot_id="b", pid=1, pid_started=2, heartbeat_at=AT)
    await run_store.register(row)
    await run_store.beat("e1", AT + timedelta(seconds=5))

    expected = row.model_copy(update={"heartbeat_at": AT + timedelta(seconds=5)})
    assert expected == await run_store.executor("e1")
    assert None is await run_store.executor("e2")


async def test_processes_that_open_a_new_store_at_once_migrate_it_once(tmp_path: Path) -> None:
    """
    Two commands on a fresh machine do not stumble over each other.
    """
    stores = [sql.SqlRunStore(sql.default_url(tmp_path)) for _ in range(3)]
    found = await asyncio.gather(*(store.list(None, None, 1) for store in stores))
    for store in stores:
        await store.close()

    assert [[], [], []] == found


def test_the_migrations_lead_to_the_tables_that_the_code_knows(tmp_path: Path) -> None:
    """
    HEAD is the newest migration, and it makes exactly the declared schema.
    """
    from alembic.autogenerate import compare_metadata
    from alembic.config import Config
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(sql.__file__).parent / "migrations"))
    engine = sql.open_engine(sql.default_url(tmp_path))
    sql.migrate(engine)
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), sql.metadata)
    engine.dispose()

    assert ([sql.HEAD], []) == (ScriptDirectory.from_config(config).get_heads(), found)
