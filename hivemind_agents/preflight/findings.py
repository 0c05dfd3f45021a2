"""What a check found: passed, or what is wrong, why, and the mend."""

from collections.abc import Sequence
from typing import Literal

from hivemind_agents.domain.base import Frozen
from hivemind_agents.errors import AccessError, HivemindError, UserError

FindingStatus = Literal["passed", "failed", "warning", "skipped"]


class Finding(Frozen):
    """One check's answer. `detail` says what and why; `mend` is the command that fixes it."""

    check: str
    status: FindingStatus
    detail: str
    mend: str | None = None
    # Whether it is the user's input that is wrong rather than the access to the target.
    input_refused: bool = False


def passed(check: str, detail: str) -> Finding:
    return Finding(check=check, status="passed", detail=detail)


def skipped(check: str, detail: str) -> Finding:
    return Finding(check=check, status="skipped", detail=detail)


def warning(check: str, detail: str, mend: str | None = None) -> Finding:
    return Finding(check=check, status="warning", detail=detail, mend=mend)


def failed(check: str, detail: str, mend: str, *, input_refused: bool = False) -> Finding:
    return Finding(
        check=check, status="failed", detail=detail, mend=mend, input_refused=input_refused
    )


def raise_for(findings: Sequence[Finding], doing: str) -> None:
    """Raise one error that names every failed check, if any failed.

    Raises AccessError, or UserError when only input is refused.
    """
    bad = [finding for finding in findings if finding.status == "failed"]
    if not bad:
        return
    family: type[HivemindError] = (
        UserError if all(finding.input_refused for finding in bad) else AccessError
    )
    if len(bad) == 1:
        raise family(f"cannot {doing}: {bad[0].detail}", mend=bad[0].mend)
    lines = [f"cannot {doing}: {len(bad)} checks failed, and nothing was made"]
    lines += [f"  {finding.check}: {finding.detail}\n    → {finding.mend}" for finding in bad]
    raise family("\n".join(lines))
