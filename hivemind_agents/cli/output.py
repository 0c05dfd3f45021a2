"""Printing: results to standard output, all else to standard error."""

import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hivemind_agents.domain.run import RunEvent

_RED, _GREEN, _YELLOW, _DIM, _BOLD = 31, 32, 33, 2, 1
_COLOURS = {
    "live": _GREEN, "succeeded": _GREEN, "passed": _GREEN, "healthy": _GREEN, "ok": _GREEN,
    "failed": _RED, "vetoed": _RED, "unhealthy": _RED, "interrupted": _RED,
    "deploying": _YELLOW, "running": _YELLOW, "destroying": _YELLOW, "rolling-back": _YELLOW,
    "warning": _YELLOW, "cancelled": _YELLOW,
    "destroyed": _DIM, "rolled-back": _DIM, "previous": _DIM, "skipped": _DIM,
}  # fmt: skip


def result(text: str = "") -> None:
    """Print a line of the result."""
    sys.stdout.write(text + "\n")


def note(text: str = "") -> None:
    """Print a line for the person who watches."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def agent_note(event: "RunEvent") -> None:
    """Print what an agent says; other events are not for a person who waits."""
    if event.kind == "note":
        note(f"  {event.agent}: {event.message}")


def document(value: Any) -> None:  # noqa: ANN401 - anything that JSON can say
    """Print a JSON document; pydantic models and times inside it are understood."""
    result(json.dumps(value, indent=2, default=_jsonable))


def table(
    head: Sequence[str], rows: Sequence[Sequence[object]], *, right: frozenset[int] = frozenset()
) -> str:
    """Columns as wide as their longest cell. `right`: columns that are set flush right."""
    cells = [list(head), *([_text(cell) for cell in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    lines = []
    for number, row in enumerate(cells):
        parts = [
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        # Coloured after padding: escape sequences have no width.
        padded = parts if number == 0 else [_state(part) for part in parts]
        line = "  ".join(padded).rstrip()
        lines.append(dim(line) if number == 0 else line)
    return "\n".join(lines)


def state(word: str) -> str:
    """A status word in its colour."""
    return _state(word)


def marked(mark: str, word: str) -> str:
    """A mark in the colour of a status word."""
    colour = _COLOURS.get(word)
    return mark if colour is None else _paint(mark, colour)


def bold(text: str) -> str:
    return _paint(text, _BOLD)


def dim(text: str) -> str:
    return _paint(text, _DIM)


def duration(seconds: float | None) -> str:
    """`0.4 s`, `12 s`, `3 min 05 s`; `-` when it is not known."""
    if seconds is None:
        return "-"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def age(at: datetime | None) -> str:
    """`5 min ago`; `-` when there is no time."""
    if at is None:
        return "-"
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    seconds = max(0.0, (datetime.now(UTC) - at).total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit} ago"
    return "just now"


def _state(cell: str) -> str:
    colour = _COLOURS.get(cell.strip())
    return cell if colour is None else _paint(cell, colour)


def _paint(text: str, code: int) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if _colourful() else text


def _colourful() -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    return sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def _text(cell: object) -> str:
    return "-" if cell is None or cell == "" else str(cell)


def _jsonable(value: Any) -> Any:  # noqa: ANN401 - whatever json does not know
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)
