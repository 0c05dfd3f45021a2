"""`python -m hivemind_sandbox --index K [--no-hosts]`: the sandbox in the foreground."""

import argparse
import sys

from hivemind_sandbox.process import run
from hivemind_sandbox.settings import Settings


def main() -> int:
    parser = argparse.ArgumentParser(prog="hivemind_sandbox")
    parser.add_argument("--index", type=int)
    parser.add_argument("--no-hosts", action="store_true")
    options = parser.parse_args()
    return run(
        Settings.from_environment(index=options.index, hosts=False if options.no_hosts else None)
    )


if __name__ == "__main__":
    sys.exit(main())
