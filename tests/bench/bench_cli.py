"""How long the command line takes to answer; fails when it is over a budget.

    .venv/bin/python tests/bench/bench_cli.py

`list` and `status` read a sandbox without hosts, which is made for it and removed.
"""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

HIVEMIND = str(Path(sys.executable).with_name("hivemind"))
FIRST_PORT = 4566
RECORDS = 20
RUNS = 9
BUDGETS_S = {"--help": 0.150, "version": 0.500, "list": 1.0, "status app-1": 1.0}


def free_index() -> int:
    """The last index whose port nobody listens on."""
    for index in range(7, 1, -1):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", FIRST_PORT + index)):
                return index
    raise SystemExit("all sandboxes are in use: end one with `hivemind sandbox down --index N`")


def environment(folder: Path) -> dict[str, str]:
    """A user of this bench alone, on a sandbox of its own."""
    index = free_index()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return clean | {
        "HIVEMIND_CONFIG_DIR": str(folder / "config"),
        "HIVEMIND_STATE_DIR": str(folder / "state"),
        "HIVEMIND_SANDBOX_DIR": str(folder / "sandbox"),
        "HIVEMIND_SANDBOX_INDEX": str(index),
        "HIVEMIND_TARGET": f"sandbox-{index}",
    }


def hivemind(env: dict[str, str], *arguments: str) -> float:
    """Run a command line; seconds until it ended. Raises when it fails."""
    began = time.perf_counter()
    done = subprocess.run(
        [HIVEMIND, *arguments], env=env, capture_output=True, text=True, check=False
    )
    took = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"hivemind {' '.join(arguments)}: {done.stdout}{done.stderr}")
    return took


def fill() -> None:
    """Write records as deployments would."""
    import boto3

    from hivemind_agents import targets
    from hivemind_agents.domain.deployment import Deployment
    from hivemind_agents.state.bucket import StateBucket
    from hivemind_agents.state.records import RecordStore

    target = targets.choose()
    target.activate()
    store = RecordStore(StateBucket.open(boto3.Session()))
    for number in range(1, RECORDS + 1):
        now = datetime.now(UTC)
        record = Deployment(
            id=f"id-{number}", name=f"app-{number}", region=target.region, status="live",
            created_at=now, updated_at=now,
        )  # fmt: skip
        store.update(record.name, lambda _, record=record: record, None)


def main() -> int:
    """Measure, print, and say whether it is within the budgets."""
    over = []
    with tempfile.TemporaryDirectory(prefix="hivemind-bench-") as folder:
        env = environment(Path(folder))
        hivemind(env, "sandbox", "up", "--no-hosts")
        try:
            hivemind(env, "bootstrap", "--yes")
            os.environ.update(env)
            fill()
            for words, budget in BUDGETS_S.items():
                arguments = words.split()
                hivemind(env, *arguments)
                times = [hivemind(env, *arguments) for _ in range(RUNS)]
                # The best one is ours; the others are the machine's as well.
                best, median = min(times), statistics.median(times)
                over += [words] if best > budget else []
                print(  # noqa: T201
                    f"hivemind {words:<14} {best * 1000:6.0f} ms, median {median * 1000:.0f}"
                    f"   (budget {budget * 1000:.0f})"
                )
        finally:
            hivemind(env, "sandbox", "reset", "--yes")
    if over:
        print(f"over budget: {', '.join(over)}")  # noqa: T201
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
