"""What more hosts cost: the install of a 200 MB artifact on four hosts against that on one.

Deploys a page of two hundred megabytes that cannot be compressed to a sandbox of its own, on one
host, and on four. Hosts fetch the artifact side by side. Fails when four take more than 1.5 times
as long as one.

Hosts in AWS have processors of their own. Here they share those of this machine with each other,
the controller and the storage, and one host has them all. `--cpus` gives each host the same part
of a processor in both measurements, which tells what more hosts cost where they do not share.

    .venv/bin/python tests/bench/bench_install.py [--rounds 2] [--index 3] [--cpus 0.25]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
NAME = "bench"
MOST_FACTOR = 1.5


class Bench:
    """One sandbox, one site whose content is another one each time."""

    def __init__(self, folder: Path, index: int) -> None:
        self._index, self._site = str(index), folder / "site"
        self._site.mkdir()
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

    def install(self, hosts: int, megabytes: int) -> float:
        """Deploy new content to so many hosts; return the seconds of the install stage."""
        (self._site / "index.html").write_text(f"<h1>{os.urandom(8).hex()}</h1>")
        with (self._site / "large.bin").open("wb") as large:
            for _ in range(megabytes):
                large.write(os.urandom(1 << 20))
        count = f"instance_count={hosts}"
        self._hivemind("deploy", str(self._site), "--name", NAME, "--yes", "--set", count)
        run = json.loads(self._hivemind("runs", NAME, "--json"))[0]
        return next(
            float(stage["seconds"]) for stage in run["stages"] if stage["name"] == "install"
        )

    def limit(self, cpus: float) -> None:
        """Give each host of the sandbox that part of a processor."""
        listed = subprocess.run(
            ["podman", "ps", "--format", "{{.Names}}", "--filter", f"name=^hm{self._index}-i-"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        for host in listed.stdout.split():
            command = ["podman", "update", "--cpus", str(cpus), host]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

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
    """Measure, print, and return 1 when four hosts take too long."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--index", type=int, default=3)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--cpus", type=float, default=0.0, help="of a host; 0: unlimited")
    asked = parser.parse_args()
    best: dict[int, float] = {}
    with tempfile.TemporaryDirectory(prefix="hivemind-bench-") as folder:
        bench = Bench(Path(folder), asked.index)
        bench.sandbox("up")
        try:
            for hosts in (1, 4):
                # New hosts install the web server first: that is not what is measured.
                bench.install(hosts, 0)
                if asked.cpus:
                    bench.limit(asked.cpus)
                best[hosts] = min(
                    bench.install(hosts, asked.megabytes) for _ in range(asked.rounds)
                )
        finally:
            bench.sandbox("reset")
    factor = best[4] / best[1]
    print(f"install of {asked.megabytes} MB: 1 host {best[1]:.1f} s, 4 hosts {best[4]:.1f} s")  # noqa: T201
    share = f"{asked.cpus or 'unlimited'} processors a host"
    print(f"factor {factor:.2f} (budget {MOST_FACTOR}), {share}")  # noqa: T201
    return int(factor > MOST_FACTOR)


if __name__ == "__main__":
    sys.exit(main())
