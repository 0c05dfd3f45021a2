"""What the output of a failed command means, by tables of patterns."""

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """A pattern in the output, what it means, and what to do; `{0}` is its first group."""

    pattern: str
    why: str
    mend: str | None = None


def first_of(causes: Iterable[Cause], output: str) -> tuple[str, str | None] | None:
    """What the first cause that the output speaks of means, and its mend."""
    for cause in causes:
        if found := re.search(cause.pattern, output):
            groups = [text for text in found.groups() if text] or [""]
            return cause.why.format(*groups), cause.mend and cause.mend.format(*groups)
    return None
