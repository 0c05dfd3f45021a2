"""Driving a run from the terminal: the event loop, Ctrl-C, progress, the way it ended."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from hivemind_agents.cli import output
from hivemind_agents.cli.progress import Progress, progress
from hivemind_agents.errors import UserError

if TYPE_CHECKING:
    from hivemind_agents.bootstrap import Runtime
    from hivemind_agents.domain.plan import Plan
    from hivemind_agents.domain.run import Run
    from hivemind_agents.targets import Target

T = TypeVar("T")


def with_runtime(target: "Target", work: Callable[["Runtime"], Awaitable[T]]) -> T:
    """Open the runtime on a target, do the work on an event loop, close it."""
    # The library's greeting is not for our users.
    os.environ.setdefault("PYDANTIC_AI_NO_BANNER", "1")
    from hivemind_agents.bootstrap import runtime

    async def run() -> T:
        async with runtime(target) as hivemind:
            return await work(hivemind)

    return asyncio.run(run())


async def watched(
    stages: Sequence[str], title: str, work: Callable[[Progress], Awaitable["Run"]]
) -> "Run":
    """Do the work under a progress view; the first Ctrl-C cancels it, the second ends at once."""
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    with progress(stages, title=title) as view:
        pressed = 0

        def stop() -> None:
            nonlocal pressed
            pressed += 1
            if pressed > 1:
                output.note(
                    "\nEnded at once. `hivemind resume` cleans up what was left, and goes on."
                )
                os._exit(130)
            view.say("Stopping cleanly; Ctrl-C again ends at once.")
            if task is not None:
                task.cancel()

        signals = (signal.SIGINT, signal.SIGTERM)
        for number in signals:
            loop.add_signal_handler(number, stop)
        try:
            return await work(view)
        finally:
            for number in signals:
                loop.remove_signal_handler(number)


def confirm(question: str, *, yes: bool) -> None:
    """Ask on the terminal; without one, only `--yes` is an answer. Raises UserError, Abort."""
    if yes:
        return
    _needs_terminal("this has to be confirmed")
    import typer

    if not typer.confirm(question, err=True):
        raise typer.Abort


def confirm_name(name: str, *, yes: bool) -> None:
    """Have the deployment's name typed, for what cannot be taken back."""
    if yes:
        return
    _needs_terminal("this has to be confirmed by typing the deployment's name")
    import typer

    typed = typer.prompt(f"Type the name of the deployment to go on ({name})", err=True)
    if typed.strip() != name:
        raise UserError(f"{typed.strip()!r} is not {name!r}: nothing was changed", mend="try again")


def show_plan(plan: "Plan") -> None:
    """Print what the agents decided, on standard error."""
    output.note("Plan")
    width = max((len(step.verb) for step in plan.steps), default=0)
    for step in plan.steps:
        output.note(f"  {step.verb:<{width}}  {step.reason}")


def summarise(run: "Run") -> None:
    """Print the stages' times of a run, on standard error."""
    done = [stage for stage in run.stages if stage.seconds is not None]
    if not done:
        return
    rows = [
        (stage.name, stage.status, output.duration(stage.seconds), stage.changed)
        for stage in run.stages
    ]
    output.note(output.table(("STAGE", "STATUS", "TIME", "CHANGED"), rows, right=frozenset({2, 3})))


def changed_nothing(run: "Run") -> bool:
    """Whether every stage reported that it found all as it should be."""
    return bool(run.stages) and all(
        stage.changed == 0 for stage in run.stages if stage.status == "succeeded"
    )


def _needs_terminal(what: str) -> None:
    if not sys.stdin.isatty():
        raise UserError(
            f"{what}, and there is no terminal to ask on", mend="add --yes (or look: --what-if)"
        )
