"""Executors: processes that run workflows, and when one is proven dead."""

from datetime import datetime
from typing import Literal

from hivemind_agents.domain.base import Frozen

Liveness = Literal["alive", "dead", "unknown"]


class ExecutorRow(Frozen):
    """One process. Its id is never used again; a process id may be, hence the start times."""

    id: str
    host: str
    boot_id: str
    pid: int
    # Clock ticks since boot, as the kernel has them: a reused pid has another.
    pid_started: int
    heartbeat_at: datetime


class Machine(Frozen):
    """What is true of this machine now: the facts that prove a process dead."""

    host: str
    boot_id: str
    # Start time of each process of interest, by pid; absent when there is no such process.
    started: dict[int, int]


def liveness(executor: ExecutorRow, machine: Machine) -> Liveness:
    """Say whether an executor lives, seen from a machine.

    Dead is only what is proven: its machine has rebooted, its process is gone, or its pid is
    another process's. Another machine proves nothing here.
    """
    if executor.host != machine.host:
        return "unknown"
    if executor.boot_id != machine.boot_id:
        return "dead"
    return "alive" if machine.started.get(executor.pid) == executor.pid_started else "dead"
