"""What QA saw: checks with their evidence, and the verdict."""

from datetime import datetime
from typing import Literal

from hivemind_agents.domain.base import Frozen

# A warning is for a person to look at: it vetoes nothing.
CheckStatus = Literal["passed", "failed", "warning", "skipped"]


class Check(Frozen):
    """One question and its answer, e.g. `http` / passed / `200 in 12 ms`."""

    name: str
    status: CheckStatus
    detail: str


class Verification(Frozen):
    """All checks of one verification; a single failed one vetoes "done"."""

    checked_at: datetime
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        return all(check.status != "failed" for check in self.checks)
