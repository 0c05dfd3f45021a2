"""From checks to a verdict, and what the verdict means for the record."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from hivemind_agents.domain.deployment import Deployment, Release
from hivemind_agents.domain.verification import Check, Verification


def verdict(checks: Sequence[Check], now: datetime) -> Verification:
    """All checks, each name once, in the order in which they came.

    A name that several hosts answered passes only if every one of them did.
    """
    by_name: dict[str, Check] = {}
    for check in checks:
        known = by_name.get(check.name)
        if known is None:
            by_name[check.name] = check
        elif check.status == "failed" and known.status == "failed":
            by_name[check.name] = known.model_copy(
                update={"detail": f"{known.detail}; {check.detail}"}
            )
        elif check.status == "failed" or known.status == "skipped":
            by_name[check.name] = check
    return Verification(checked_at=now, checks=tuple(by_name.values()))


def veto(verification: Verification) -> str | None:
    """Why the deployment may not be called done; None when it may."""
    failed = [check for check in verification.checks if check.status == "failed"]
    if not failed:
        return None
    return "VETO: " + "; ".join(f"{check.name}: {check.detail}" for check in failed)


def facts(record: Deployment, number: int | None, verification: Verification) -> dict[str, Any]:
    """The patch of the record: the verification, and whether release `number` is live now."""
    patch: dict[str, Any] = {"verification": verification.model_dump(mode="json")}
    release = record.release(number) if number is not None else None
    if release is None:
        return patch
    if verification.passed:
        patch |= {"status": "live", "failure_analysis": None}
        releases = with_live(record.releases, release.number, verification.checked_at)
    elif release.state != "live":
        patch |= {"status": "failed"}
        releases = tuple(
            one.model_copy(update={"state": "failed"}) if one.number == number else one
            for one in record.releases
        )
    else:
        return patch
    patch["releases"] = [one.model_dump(mode="json") for one in releases]
    return patch


def with_live(releases: Sequence[Release], number: int, now: datetime) -> tuple[Release, ...]:
    """The releases with `number` live and the one that was live before it as the previous one."""
    live = next((one.number for one in releases if one.state == "live"), None)
    if live == number:
        return tuple(releases)

    def changed(one: Release) -> Release:
        if one.number == number:
            return one.model_copy(update={"state": "live", "live_at": now})
        if one.number == live:
            return one.model_copy(update={"state": "previous"})
        if one.state == "previous" and live is not None:
            return one.model_copy(update={"state": "built"})
        return one

    return tuple(changed(one) for one in releases)
