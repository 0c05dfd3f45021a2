"""The processes of a run: found by the run id in their environment, and ended."""

import os
import socket
from pathlib import Path

import psutil

from hivemind_agents.domain.executor import Machine

RUN_ID = "HIVEMIND_RUN_ID"


def of_run(run_id: str) -> list[psutil.Process]:
    """Every process whose environment carries the run's id, but this one and its ancestors.

    Those of other users, whose environment cannot be read, are left out.
    """
    own = {os.getpid(), *(process.pid for process in psutil.Process().parents())}
    found = []
    for process in psutil.process_iter():
        if process.pid in own:
            continue
        try:
            if process.environ().get(RUN_ID) == run_id:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def end_run(run_id: str, *, grace_seconds: float = 3.0) -> int:
    """End every process of a run, politely first; return how many there were.

    Looks again until none is left: one that forked in between is found the next time.
    """
    ended: set[int] = set()
    for seconds in (grace_seconds, grace_seconds, 1.0, 1.0, 1.0):
        processes = of_run(run_id)
        if not processes:
            break
        ended |= {process.pid for process in processes}
        _end(processes, seconds)
    return len(ended)


def machine(pids: list[int]) -> Machine:
    """The facts of this machine that tell a living executor from a dead one."""
    started = {pid: ticks for pid in pids if (ticks := start_ticks(pid)) is not None}
    return Machine(host=socket.gethostname(), boot_id=boot_id(), started=started)


def boot_id() -> str:
    """Changes with every boot of the machine."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return str(int(psutil.boot_time()))


def start_ticks(pid: int) -> int | None:
    """When a process started, in clock ticks since boot; None when there is none.

    A zombie is none: it only waits for its parent to ask.
    """
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[19])
    except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
        return None
    except OSError:
        return int(psutil.Process(pid).create_time() * 100)


def _end(processes: list[psutil.Process], seconds: float) -> None:
    for process in processes:
        try:
            process.terminate()
        except psutil.Error:
            continue
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    for process in alive:
        try:
            process.kill()
        except psutil.Error:
            continue
    psutil.wait_procs(alive, timeout=1.0)
