"""Recon on a tree of 50,000 files, by phase; fails over its budget of one second.

Run: `python tests/bench/bench_recon.py [files]`.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

from hivemind_agents.repository import FileTree, inspect_tree
from hivemind_agents.repository.components import read_layout
from hivemind_agents.repository.environment import read_environment
from hivemind_agents.repository.languages import read_languages
from hivemind_agents.repository.platforms import read_platforms

BUDGET_SECONDS = 1.0
SOURCE = "import os\nVALUE = os.environ.get('VALUE', 'x')\n\n\ndef f():\n    return VALUE\n" * 3
HUGE_BYTES = 2_000_000_000


def make_tree(root: Path, files: int) -> None:
    """A Flask application among very many files, and two of 2 GB (sparse)."""
    for number in range(files // 100):
        folder = root / f"package{number % 20}" / f"module{number}"
        folder.mkdir(parents=True)
        for index in range(100):
            (folder / f"file{index}.py").write_text(SOURCE)
    (root / "requirements.txt").write_text("flask\npsycopg[binary]\n")
    (root / "app.py").write_text("from flask import Flask\napp = Flask(__name__)\n")
    for name in ("huge.py", "package.json"):
        with (root / name).open("wb") as file:
            file.truncate(HUGE_BYTES)


def main() -> int:
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    with tempfile.TemporaryDirectory(prefix="bench-recon-") as folder:
        root = Path(folder)
        make_tree(root, files)
        FileTree.open(root)  # the file system's own cache is not what is measured
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        phases: dict[str, float] = {}
        started = last = time.perf_counter()

        def phase(name: str) -> None:
            nonlocal last
            now = time.perf_counter()
            phases[name] = now - last
            last = now

        tree = FileTree.open(root)
        phase("list the files")
        read_languages(tree)
        phase("languages and frameworks")
        read_platforms(tree)
        phase("platform files")
        read_layout(tree)
        phase("components")
        read_environment(tree)
        phase("environment variables")
        report = inspect_tree(tree)
        phase("needs, health, questions, report")
        total = time.perf_counter() - started
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    for name, seconds in phases.items():
        sys.stdout.write(f"{name:<36}{seconds:6.3f} s\n")
    sys.stdout.write(f"{'in all, ' + format(len(tree), ',') + ' files':<36}{total:6.3f} s\n")
    sys.stdout.write(f"{'memory above the start':<36}{grown:6d} MB\n")
    sys.stdout.write(f"{'found':<36}{report.framework}\n")
    if total > BUDGET_SECONDS:
        sys.stdout.write(f"over the budget of {BUDGET_SECONDS} s\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
