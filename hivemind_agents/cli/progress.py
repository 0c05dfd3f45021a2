"""Progress that a person likes to watch: a live view on a terminal, plain lines elsewhere.

Both are fed with the run's events, on any thread, and write to standard error.
"""

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from hivemind_agents.cli import output
from hivemind_agents.domain.run import (
    NoteEvent,
    RunEvent,
    StackEvent,
    StageEvent,
    StageRecord,
    StageStatus,
    TaskEvent,
)

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_MARKS: dict[StageStatus, tuple[str, str]] = {
    "pending": ("·", "dim"),
    "running": ("▸", "cyan"),
    "succeeded": ("✓", "green"),
    "failed": ("✗", "red"),
    "skipped": ("-", "dim"),
    "cancelled": ("■", "yellow"),
}
_STACK_LINES = 5
_BAD_TASKS = ("failed", "unreachable")
# So long a log may be silent, before it says what is waited for.
QUIET_SECONDS = 60.0


class Progress(Protocol):
    """Shows events until it is left."""

    def show(self, event: RunEvent) -> None: ...

    def say(self, message: str) -> None:
        """Show a sentence of our own."""
        ...

    def recall(self, stage: StageRecord) -> None:
        """Show a stage that was done before."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def progress(stages: Sequence[str], *, title: str) -> Progress:
    """The view that fits the terminal, or the lack of one."""
    live = sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    return LiveProgress(stages, title=title) if live else PlainProgress(title=title)


class PlainProgress:
    """A line with the time for what matters: stages, resources that are ready, faults, notes.

    Where nothing of it happens for a minute, a line says which task is at work, and for how long.
    """

    def __init__(self, *, title: str, quiet_seconds: float = QUIET_SECONDS) -> None:
        self._title = title
        self._lock = threading.Lock()
        self._retrying: set[tuple[str, str]] = set()
        self._task: tuple[TaskEvent, float] | None = None
        self._quiet_seconds = quiet_seconds
        self._spoke = time.monotonic()
        self._left = threading.Event()
        self._watch = threading.Thread(target=self._remind, name="progress", daemon=True)

    def __enter__(self) -> Self:
        self.say(self._title)
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._left.set()
        self._watch.join()

    def say(self, message: str) -> None:
        with self._lock:
            output.note(f"{time.strftime('%H:%M:%S')}  {message}")
            self._spoke = time.monotonic()

    def _remind(self) -> None:
        while not self._left.wait(
            max(self._spoke + self._quiet_seconds - time.monotonic(), self._quiet_seconds / 60)
        ):
            task = self._task
            if task is None or time.monotonic() < self._spoke + self._quiet_seconds:
                continue
            event, began = task
            took = output.duration(time.monotonic() - began)
            self.say(f"{event.stage:<11} still at work: {event.task} ({took})")

    def recall(self, stage: StageRecord) -> None:
        self.say(f"{stage.name:<11} was done before")

    def show(self, event: RunEvent) -> None:
        if isinstance(event, TaskEvent) and event.status == "started":
            self._task = (event, time.monotonic())
        elif isinstance(event, StageEvent):
            self._task = None
        if line := self._line(event):
            self.say(line)

    def _line(self, event: RunEvent) -> str | None:  # noqa: PLR0911 - a line for each kind
        match event:
            case StageEvent(status="running"):
                return f"{event.stage:<11} started"
            case StageEvent(status="pending"):
                return None
            case StageEvent():
                return f"{event.stage:<11} {_ended(event)}"
            case StackEvent():
                if not event.status.endswith(("_COMPLETE", "_FAILED")):
                    return None
                reason = f": {event.reason}" if event.reason else ""
                return f"{event.stage:<11} {event.status} {event.logical_id}{reason}"
            case TaskEvent(status="retrying"):
                # A wait tries many times; one line tells it.
                key = (event.stage, event.task)
                if key in self._retrying:
                    return None
                self._retrying.add(key)
                return f"{event.stage:<11} waiting: {event.task}"
            case TaskEvent() if event.status in _BAD_TASKS:
                host = f" on {event.host}" if event.host else ""
                return f"{event.stage:<11} {event.status}: {event.task}{host}"
            case NoteEvent():
                return f"{event.agent:<11} {event.message}"
        return None


class LiveProgress(AbstractContextManager["LiveProgress"]):
    """All stages with their times, and under the one at work its task and its resources."""

    def __init__(
        self, stages: Sequence[str], *, title: str, console: "Console | None" = None
    ) -> None:
        from rich.console import Console
        from rich.live import Live

        self._title = title
        self._lock = threading.Lock()
        self._stages: dict[str, StageEvent | None] = dict.fromkeys(stages)
        self._began: dict[str, float] = {}
        self._task = ""
        self._stack: deque[StackEvent] = deque(maxlen=_STACK_LINES)
        self._started = time.monotonic()
        self._console = console or Console(stderr=True, highlight=False)
        self._live = Live(
            get_renderable=self._picture,
            console=self._console,
            refresh_per_second=8,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> "LiveProgress":
        from rich.text import Text

        self._console.print(Text(self._title, style="bold"))
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._task = ""
            self._stack.clear()
        self._live.stop()

    def say(self, message: str) -> None:
        from rich.text import Text

        self._live.console.print(Text(message))

    def recall(self, stage: StageRecord) -> None:
        event = StageEvent(
            at=stage.started_at or datetime.now(UTC),
            stage=stage.name,
            status=stage.status,
            seconds=stage.seconds,
            message="done before",
        )
        with self._lock:
            self._stages[stage.name] = event

    def show(self, event: RunEvent) -> None:
        match event:
            case StageEvent():
                self._stage(event)
            case TaskEvent(status="started" | "retrying"):
                with self._lock:
                    host = f" [{event.host}]" if event.host not in (None, "localhost") else ""
                    again = " (waiting)" if event.status == "retrying" else ""
                    self._task = f"{event.task}{host}{again}"
            case TaskEvent() if event.status in _BAD_TASKS:
                self.say(f"  {event.stage}: {event.status}: {event.task}")
            case StackEvent():
                with self._lock:
                    self._drop(event)
                    self._stack.append(event)
            case NoteEvent():
                self._note(event)

    def _stage(self, event: StageEvent) -> None:
        with self._lock:
            self._stages[event.stage] = event
            self._task = ""
            self._stack.clear()
            if event.status == "running":
                self._began[event.stage] = time.monotonic()

    def _drop(self, event: StackEvent) -> None:
        """A resource's newer event takes the place of its older one."""
        for old in [e for e in self._stack if e.logical_id == event.logical_id]:
            self._stack.remove(old)

    def _note(self, event: NoteEvent) -> None:
        from rich.text import Text

        line = Text.assemble((f"  {event.agent}: ", "magenta"), event.message)
        self._live.console.print(line)

    def _picture(self) -> "RenderableType":
        from rich.table import Table
        from rich.text import Text

        with self._lock:
            grid = Table.grid(padding=(0, 1))
            grid.add_column(width=3, justify="right")
            grid.add_column(min_width=10)
            grid.add_column(justify="right", min_width=11)
            grid.add_column(overflow="ellipsis", no_wrap=True, ratio=1)
            for stage, event in self._stages.items():
                status: StageStatus = event.status if event else "pending"
                mark, style = _MARKS[status]
                grid.add_row(
                    Text(mark, style=style),
                    Text(stage, style="bold" if status == "running" else style),
                    Text(self._time_of(stage, event), style="dim"),
                    Text(self._beside(event), style="red" if status == "failed" else ""),
                )
                if status == "running":
                    for resource in self._stack:
                        grid.add_row("", "", "", _resource_line(resource))
            elapsed = output.duration(time.monotonic() - self._started)
            grid.add_row("", Text("total", style="dim"), Text(elapsed, style="dim"), "")
            return grid

    def _time_of(self, stage: str, event: StageEvent | None) -> str:
        if event is None or event.status in ("pending", "skipped"):
            return ""
        if event.seconds is not None:
            return output.duration(event.seconds)
        return output.duration(time.monotonic() - self._began.get(stage, time.monotonic()))

    def _beside(self, event: StageEvent | None) -> str:
        if event is None or event.status == "pending":
            return ""
        if event.status == "running":
            return self._task
        if event.message:
            return event.message.splitlines()[0]
        return _changes(event)


def _ended(event: StageEvent) -> str:
    took = f" in {output.duration(event.seconds)}" if event.seconds is not None else ""
    # The whole of a failure is told once, at the end.
    said = event.message.splitlines()[0] if event.message else None
    details = ", ".join(filter(None, (_changes(event), said)))
    return f"{event.status}{took}{f' ({details})' if details else ''}"


def _changes(event: StageEvent) -> str:
    if event.changed is None or event.status != "succeeded":
        return ""
    return "no change" if event.changed == 0 else f"{event.changed} changed"


def _resource_line(event: StackEvent) -> "RenderableType":
    from rich.text import Text

    style = "green" if event.status.endswith("_COMPLETE") else "yellow"
    if "FAILED" in event.status or "ROLLBACK" in event.status:
        style = "red"
    reason = f"  {event.reason}" if event.reason else ""
    kind = event.resource_type.removeprefix("AWS::")
    return Text.assemble(
        (f"{event.status.lower().replace('_', ' ')}  ", style),
        event.logical_id,
        (f"  {kind}{reason}", "dim"),
    )
