"""What the agents cost over the bare playbooks, and how long a deploy takes to begin.

Deploys examples/guestbook to a sandbox of its own, then repeats that deploy (which changes
nothing) in turn by `hivemind deploy` and by one `ansible-playbook` a stage, with the same plan
file, and compares the best of each. Fails when the agents' share is above 5%, or the start-up
above 10 s.

    .venv/bin/python tests/bench/bench_overhead.py [--rounds 3] [--index 2]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
NAME = "bench"
MOST_OVERHEAD = 0.05
MOST_START_SECONDS = 10.0


class Bench:
    """One sandbox, one deployment, two doors."""

    def __init__(self, folder: Path, index: int) -> None:
        self._index = str(index)
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self._environment = clean | {
            "HIVEMIND_CONFIG_DIR": str(folder / "config"),
            "HIVEMIND_STATE_DIR": str(folder / "state"),
            "PATH": f"{BIN}:{os.environ['PATH']}",
        }

    def sandbox(self, verb: str) -> None:
        command = [sys.executable, "-m", "hivemind_sandbox.cli", verb, "--index", self._index]
        if verb == "reset":
            command.append("--yes")
        subprocess.run(command, env=self._environment, check=True, stdout=subprocess.DEVNULL)

    def by_agents(self) -> tuple[float, dict[str, float]]:
        """Deploy; return the seconds until the first stage began, and those of each stage.

        `between` is what is spent between the stages and after the last one.
        """
        began = time.time()
        self._hivemind("deploy", "examples/guestbook", "A guestbook", "--name", NAME, "--yes")
        run = json.loads(self._hivemind("runs", NAME, "--json"))[0]
        first = _time(run["stages"][0]["started_at"])
        stages = {stage["name"]: stage["seconds"] for stage in run["stages"]}
        whole = _time(run["ended_at"]) - first
        return first - began, {**stages, "between": whole - sum(stages.values())}

    def by_playbooks(self) -> dict[str, float]:
        """Run the same stages with ansible-playbook alone; return the seconds of each."""
        plan = json.loads(self._hivemind("plan", NAME, "--json"))
        target = self._hivemind("target", "env")
        exported = [line.removeprefix("export ") for line in target.splitlines()]
        variables = dict(line.split("=", 1) for line in exported if "=" in line)
        environment = self._environment | {
            name: value.strip("'\"") for name, value in variables.items()
        }
        seconds = {}
        for step in plan["steps"]:
            arguments = ["-e", json.dumps(step["arguments"])]
            began = time.monotonic()
            subprocess.run(
                ["ansible-playbook", f"playbooks/{step['verb']}.yml", *arguments],
                cwd=ROOT,
                env=environment,
                check=True,
                stdout=subprocess.DEVNULL,
            )
            seconds[step["verb"]] = time.monotonic() - began
        return seconds

    def _hivemind(self, *arguments: str) -> str:
        done = subprocess.run(
            ["hivemind", *arguments],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"hivemind {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout


def main() -> int:
    """Measure, print a table, and return 1 when a budget is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--index", type=int, default=2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hivemind-bench-") as folder:
        bench = Bench(Path(folder), asked.index)
        bench.sandbox("up")
        try:
            bench.by_agents()
            starts, agents, playbooks = [], [], []
            for _ in range(asked.rounds):
                start, stages = bench.by_agents()
                starts.append(start)
                agents.append(stages)
                playbooks.append(bench.by_playbooks())
        finally:
            bench.sandbox("reset")
    return _report(starts, agents, playbooks)


def _report(
    starts: list[float], agents: list[dict[str, float]], playbooks: list[dict[str, float]]
) -> int:
    print(f"{'stage':<12}{'agents':>9}{'playbook':>10}   best of {len(agents)}, seconds")  # noqa: T201
    for name in agents[0]:
        ours = min(stages[name] for stages in agents)
        bare = min((stages[name] for stages in playbooks if name in stages), default=0.0)
        print(f"{name:<12}{ours:>9.2f}{bare:>10.2f}")  # noqa: T201
    ours = min(sum(stages.values()) for stages in agents)
    bare = min(sum(stages.values()) for stages in playbooks)
    overhead = ours / bare - 1
    print(f"{'all':<12}{ours:>9.2f}{bare:>10.2f}   overhead {overhead:+.1%}")  # noqa: T201
    print(f"start-up {min(starts):.2f} s (budget {MOST_START_SECONDS:.0f} s)")  # noqa: T201
    return int(overhead > MOST_OVERHEAD or min(starts) > MOST_START_SECONDS)


def _time(text: Any) -> float:
    return datetime.fromisoformat(text).timestamp()


if __name__ == "__main__":
    sys.exit(main())
