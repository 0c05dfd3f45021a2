"""Prints docs/recon-examples.md: what Recon says of each example.

.venv/bin/python tools/recon_examples.py > docs/recon-examples.md
"""

import contextlib
import io
import sys
from pathlib import Path

from hivemind_agents.cli import recon

ROOT = Path(__file__).resolve().parents[1]
HEAD = """# What Recon says of the examples

Each as `hivemind recon examples/NAME` prints it; a test holds this page to that.
"""


def reported(name: str) -> str:
    """The report on one example, as it is printed where there are no colours."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        recon.show(recon.read(str(ROOT / "examples" / name), None, {}), name)
    return printed.getvalue()


def page() -> str:
    """The whole page."""
    names = sorted(path.name for path in (ROOT / "examples").iterdir() if path.is_dir())
    captures = (f"\n```text\n{reported(name).rstrip()}\n```\n" for name in names)
    return HEAD + "".join(captures)


if __name__ == "__main__":
    sys.stdout.write(page())
