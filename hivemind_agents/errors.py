"""Every failure that a user can meet.

HivemindError                      1
├── UserError                      2   the input is refused; nothing was made
│   ├── PlaybookArgumentError
│   ├── UnknownDeployment
│   ├── RepositoryError
│   └── ApprovalMissing
├── AccessError                    3   target, credentials, permissions, reach
├── Busy                           4   somebody else holds the deployment's lease
├── RunFailed                      5   a stage failed; the record says how far it came
├── Vetoed                         6   everything ran, and the verification says no
├── StateError                     7   the state bucket broke its promise
│   └── StateBucketMissing
└── Cancelled                    130   stopped on request

A message says what and why; `mend` is the command (or the act) that fixes it.
"""

from collections.abc import Mapping
from typing import ClassVar


class HivemindError(Exception):
    """The root: carries the exit code of its family and the mend."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, mend: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.message}\n  → {self.mend}" if self.mend else self.message


class UserError(HivemindError):
    """The input is refused before anything was made."""

    exit_code = 2


class PlaybookArgumentError(UserError):
    """Arguments break the playbook's spec.

    `problems` maps argument name to reason; values are never included.
    """

    def __init__(self, playbook: str, problems: Mapping[str, str]) -> None:
        detail = "; ".join(f"{name!r} {why}" for name, why in problems.items())
        super().__init__(
            f"cannot run {playbook!r}: {detail}", mend=f"hivemind playbook show {playbook}"
        )
        self.playbook = playbook
        self.problems = dict(problems)


class UnknownDeployment(UserError):
    """No record of that name on the target."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"there is no deployment {name!r} on this target",
            mend="hivemind list (what there is), hivemind target (where you are looking)",
        )
        self.name = name


class RepositoryError(UserError):
    """The repository cannot be read, or does not say what to run."""


class ApprovalMissing(UserError):
    """The plan changes something, and nobody has approved it."""

    def __init__(self, verb: str, digest: str) -> None:
        super().__init__(
            f"the plan of this {verb} waits for an approval",
            mend=f"look at it (--what-if), then approve it: --yes, or --approve {digest}",
        )
        self.digest = digest


class AccessError(HivemindError):
    """The target cannot be used: no target, credentials, permissions, region or reach."""

    exit_code = 3


class Busy(HivemindError):
    """Another run holds the deployment's lease."""

    exit_code = 4


class RunFailed(HivemindError):
    """A stage failed; the record and the run keep how far it came and the evidence."""

    exit_code = 5


class Vetoed(HivemindError):
    """Every stage ran, and the verification refuses to call the deployment done."""

    exit_code = 6


class StateError(HivemindError):
    """The state bucket is missing, or a document in it changed under our hands too often."""

    exit_code = 7


class StateBucketMissing(StateError):
    """The account has no bootstrap stack in this region yet."""

    def __init__(self, region: str | None) -> None:
        super().__init__(
            f"there is no state bucket in {region or 'this region'}: "
            "the stack hivemind-bootstrap was not made yet",
            mend="hivemind bootstrap (the first deploy does it by itself)",
        )


class Cancelled(HivemindError):
    """Stopped on the user's request."""

    exit_code = 130


def told(error: HivemindError) -> str:
    """The error as a failing task's message, with the mend in a FIX line."""
    return f"{error.message}\nFIX: {error.mend}" if error.mend else error.message
