"""`hivemind runs`."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from hivemind_agents.cli import driving, output, reading
from hivemind_agents.cli.frame import JsonOption, TargetOption, new_app

if TYPE_CHECKING:
    from hivemind_agents.bootstrap import Runtime
    from hivemind_agents.domain.run import Run

app = new_app()


@app.command()
def runs(
    which: Annotated[
        str | None, typer.Argument(metavar="NAME|RUN", help="A deployment, or the id of a run.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = 20,
    target: TargetOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the runs of this machine, newest first, or show one with its stages.

    \b
    Examples:
      hivemind runs
      hivemind runs shop
      hivemind runs 4f1c
    """
    place = reading.on_target(target)

    async def work(hivemind: "Runtime") -> None:
        found = list(await hivemind.runs(which, limit=limit))
        if which and not found:
            one = await hivemind.run(which)
            output.document(one) if as_json else output.result(render(one))
            return
        if as_json:
            output.document(found)
        elif not found:
            output.note("This machine has made no run yet.\n  → hivemind deploy PATH|URL")
        else:
            output.result(_table(found))

    driving.with_runtime(place, work)


def render(run: "Run") -> str:
    """One run with its stages and its failure."""
    pairs = [
        ("run", run.id),
        ("verb", f"{run.verb} {run.deployment_name}"),
        ("status", output.state(run.status)),
        ("started", f"{run.started_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("took", _took(run)),
        ("plan", run.plan_digest),
        ("summary", run.summary),
    ]
    lines = [f"{key:<10}{value}" for key, value in pairs if value]
    rows = [
        (stage.name, stage.status, output.duration(stage.seconds), stage.changed)
        for stage in run.stages
    ]
    lines += [
        "",
        output.table(("STAGE", "STATUS", "TIME", "CHANGED"), rows, right=frozenset({2, 3})),
    ]
    if run.failure is not None:
        lines += ["", f"Failed at {run.failure.stage}: {run.failure.message}"]
        lines += [f"  {line}" for line in run.failure.evidence]
        if run.failure.mend:
            lines.append(f"  → {run.failure.mend}")
    return "\n".join(lines)


def _table(found: "list[Run]") -> str:
    rows = [
        (run.id, run.verb, run.deployment_name, run.status, _stage(run), _took(run),
         output.age(run.started_at))
        for run in found
    ]  # fmt: skip
    return output.table(("RUN", "VERB", "DEPLOYMENT", "STATUS", "STAGE", "TOOK", "STARTED"), rows)


def _stage(run: "Run") -> str | None:
    """The stage that is at work, or the one that it ended in."""
    reached = [s.name for s in run.stages if s.status not in ("pending", "skipped")]
    return reached[-1] if reached else None


def _took(run: "Run") -> str:
    ended = run.ended_at or (datetime.now(UTC) if run.status == "running" else None)
    return output.duration((ended - run.started_at).total_seconds()) if ended else "-"
