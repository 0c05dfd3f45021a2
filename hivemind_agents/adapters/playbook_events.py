"""Reads ansible-runner's events: what a person follows, and what a verb came to. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hivemind_agents.domain.redaction import Redactor
from hivemind_agents.domain.run import Failure, RunEvent, TaskEvent, VerbOutcome

# The mend ends the message, and may take several lines.
_MEND = re.compile(r"^\s*FIX:\s*(.+)\Z", re.M | re.S)
_CAUSE = re.compile(r"<<<\s*caused by\s*>>>", re.I)
_PLAYBOOK = re.compile(r"/playbooks/([a-z_]+)\.yml(?::\d+)?$")
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_PREFIXES = ("Task failed: ", "Action failed: ")
_NO_TRACEBACK = "(traceback unavailable)"
_EVIDENCE_LINES = 20
_LONGEST_MESSAGE = 4000


class PlaybookEvents:
    """One playbook's events, fed in order.

    `stages`: the verbs among which the task under way is placed when the playbook runs several.
    """

    def __init__(self, verb: str, redactor: Redactor, stages: tuple[str, ...] = ()) -> None:
        self._stage = verb
        self._redactor = redactor
        self._stages = stages
        self._failures: dict[str, Failure] = {}
        self._stats: Mapping[str, Any] | None = None
        self._loose_lines: list[str] = []
        self.pid: int | None = None

    def feed(self, event: Mapping[str, Any]) -> list[RunEvent]:
        """Take one event; return what is to be told of it."""
        self.pid = event.get("pid") or self.pid
        data = event.get("event_data") or {}
        kind = event.get("event")
        if kind == "playbook_on_stats":
            self._stats = data
            return []
        if kind in {"verbose", "error", "warning", "deprecated"} and event.get("stdout"):
            self._loose_lines.append(_ANSI.sub("", str(event["stdout"])))
            return []
        self._place(data)
        told = self._told(str(kind), event, data)
        return [] if told is None else [told]

    def _told(
        self, kind: str, event: Mapping[str, Any], data: Mapping[str, Any]
    ) -> TaskEvent | None:
        res = data.get("res") or {}
        match kind:
            case "playbook_on_task_start" | "playbook_on_handler_task_start":
                told = self._task(event, data, "started")
            case "runner_retry":
                told = self._task(event, data, "retrying", _retry(data))
            case "runner_on_ok":
                told = self._task(event, data, _ok(res))
            case "runner_on_skipped":
                told = self._task(event, data, "skipped")
            case "runner_on_failed" if data.get("ignore_errors"):
                told = self._task(event, data, "ignored", message(res))
            case "runner_on_failed":
                told = self._failed(event, data, "failed")
            case "runner_on_unreachable":
                told = self._failed(event, data, "unreachable")
            case _:
                return None
        return told

    def outcome(
        self, *, rc: int | None, ended: str | None, seconds: float, command: str
    ) -> VerbOutcome:
        """What the verb came to. `ended`: `cancelled` or `timed-out`, when we ended it."""
        stats = self._stats or {}
        changed = sum((stats.get("changed") or {}).values())
        outputs = self._redactor.data(dict(stats.get("artifact_data") or {}))
        dark, failures = stats.get("dark") or {}, stats.get("failures") or {}
        status = _classify(ended, has_stats=self._stats is not None, dark=bool(dark),
                           failed=bool(failures) or rc != 0)  # fmt: skip
        failure = None
        if status != "succeeded":
            failure = self._failure(status, {**dark, **failures}, rc, seconds)
        return VerbOutcome(
            status=status,
            changed=changed,
            outputs=outputs,
            failure=failure,
            seconds=round(seconds, 3),
            command=command,
        )

    def _place(self, data: Mapping[str, Any]) -> None:
        found = _PLAYBOOK.search(str(data.get("task_path") or ""))
        if found and found[1] in self._stages:
            self._stage = found[1]

    def _task(
        self, event: Mapping[str, Any], data: Mapping[str, Any], status: Any, text: str = ""  # noqa: ANN401
    ) -> TaskEvent:  # fmt: skip
        return TaskEvent(
            at=_time(event),
            stage=self._stage,
            task=self._redactor.text(str(data.get("task") or data.get("name") or "")),
            host=data.get("host") if status != "started" else None,
            status=status,
            seconds=data.get("duration"),
            message=self._redactor.text(text) or None,
        )

    def _failed(self, event: Mapping[str, Any], data: Mapping[str, Any], status: str) -> TaskEvent:
        res = data.get("res") or {}
        text = self._redactor.text(message(res))
        mend = _MEND.search(text)
        text = _MEND.sub("", text).strip() or "the task failed and gave no reason"
        told = self._task(event, data, status, text)
        # A rescued failure is overtaken by the one that ends the host: the last one counts.
        self._failures.pop(str(data.get("host")), None)
        self._failures[str(data.get("host"))] = Failure(
            stage=self._stage,
            message=text,
            task=told.task,
            host=data.get("host"),
            mend=" ".join(mend[1].split()) if mend else None,
            evidence=tuple(self._redactor.text(line) for line in evidence(res)),
        )
        return told

    def _failure(
        self, status: str, hosts: Mapping[str, Any], rc: int | None, seconds: float
    ) -> Failure:
        if status == "cancelled":
            return Failure(stage=self._stage, message="stopped on request")
        if status == "timed-out":
            return Failure(
                stage=self._stage,
                message=f"{self._stage} was stopped: it took longer than it may "
                f"({seconds / 60:.0f} minutes)",
            )
        for host, failure in self._failures.items():
            if host in hosts or not hosts:
                return failure
        lines = [line for text in self._loose_lines for line in text.splitlines() if line.strip()][
            -_EVIDENCE_LINES:
        ]
        lines = [self._redactor.text(line) for line in lines]
        first = next((line for line in lines if "ERROR" in line), lines[0] if lines else "")
        return Failure(
            stage=self._stage,
            message=first.strip().removeprefix("[ERROR]: ")
            or f"ansible-playbook ended with code {rc} and gave no reason",
            evidence=tuple(lines),
        )


def message(res: Mapping[str, Any]) -> str:
    """What a failed task says: the innermost cause, of the first failed item of a loop."""
    if "censored" in res:
        return "the task failed; its result is hidden because it may hold secrets"
    for item in res.get("results") or []:
        if isinstance(item, Mapping) and (item.get("failed") or item.get("unreachable")):
            return message(item)
    text = res.get("msg") or res.get("message") or res.get("reason") or ""
    if isinstance(text, list | tuple):
        text = "\n".join(str(part) for part in text)
    text = _CAUSE.split(_ANSI.sub("", str(text)))[-1].strip()
    for prefix in _PREFIXES:
        text = text.removeprefix(prefix)
    if text in {"", "non-zero return code", "MODULE FAILURE"} or text.startswith("MODULE FAILURE"):
        said = [line for line in evidence(res) if line.strip()]
        if said:
            text = f"{text}: {said[-1].strip()}" if text else said[-1].strip()
    return text[:_LONGEST_MESSAGE]


def evidence(res: Mapping[str, Any]) -> tuple[str, ...]:
    """The last lines that the failed task's program wrote."""
    if "censored" in res:
        return ()
    for name in ("stderr", "module_stderr", "stdout", "module_stdout", "exception"):
        text = res.get(name)
        if isinstance(text, str) and text.strip() and text != _NO_TRACEBACK:
            return tuple(_ANSI.sub("", text).strip().splitlines()[-_EVIDENCE_LINES:])
    for item in res.get("results") or []:
        if isinstance(item, Mapping) and item.get("failed"):
            return evidence(item)
    return ()


def _ok(res: Mapping[str, Any]) -> str:
    return "changed" if res.get("changed") else "ok"


def _retry(data: Mapping[str, Any]) -> str:
    res = data.get("res") or {}
    attempts, retries = res.get("attempts"), res.get("retries")
    counted = f"attempt {attempts} of {retries}" if attempts and retries else "tries again"
    said = message(res).splitlines()
    return f"{counted}: {said[0]}" if said else counted


def _classify(ended: str | None, *, has_stats: bool, dark: bool, failed: bool) -> Any:  # noqa: ANN401
    if ended:
        return ended
    if has_stats and dark:
        return "unreachable"
    return "failed" if failed or not has_stats else "succeeded"


def _time(event: Mapping[str, Any]) -> datetime:
    created = event.get("created")
    if not created:
        return datetime.now(UTC)
    at = datetime.fromisoformat(str(created))
    return at if at.tzinfo else at.replace(tzinfo=UTC)
