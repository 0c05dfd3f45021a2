"""Names the modules that a compiled Go program was made of, one `name version` a line."""

import re
import subprocess
import sys


def main() -> None:
    told = subprocess.run(
        ["/app/.runtime/bin/go", "version", "-m", sys.argv[1]],
        capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    for name, version in re.findall(r"(?m)^\s+dep\s+(\S+)\s+(\S+)", told):
        sys.stdout.write(f"{name} {version}\n")


if __name__ == "__main__":
    main()
