#!/usr/bin/python
"""What a host has of a deployment, in one call: each call costs more than the looking."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hivemind_release_info
short_description: Look at what a host has of a deployment
description: Runs on hosts, with the standard library alone, and changes nothing.
options:
  home: {description: Folder of the deployment's releases., type: path, required: true}
  unit_prefix: {description: How the names of its units begin., type: str, required: true}
  user: {description: The application's user., type: str, required: true}
  user_home: {description: The home that the user has to have., type: path, required: true}
  packages: {description: Packages that are needed., type: list, elements: str, default: []}
author: [HiveMind]
"""
RETURN = r"""
releases: {description: Numbers of the releases that are there., type: list, returned: always}
current: {description: Number of the linked release, or empty., type: str, returned: always}
units: {description: Names of its services and timers., type: list, returned: always}
forwarded: {description: Whether a socket of ours leads to it., type: bool, returned: always}
user_ready: {description: Whether the user is as it has to be., type: bool, returned: always}
missing: {description: Needed packages that are not installed., type: list, returned: always}
"""

import pwd
import subprocess
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

UNITS = Path("/etc/systemd/system")
SHELL = "/usr/sbin/nologin"


def seen(home: Path, prefix: str) -> dict[str, Any]:
    """Releases, the linked one, units and whether a socket leads to it."""
    releases = [path for path in (home / "releases").glob("*") if path.name.isdigit()]
    current = home / "current"
    units = [path for path in UNITS.glob(f"{prefix}-*") if path.suffix in {".service", ".timer"}]
    return {
        "releases": sorted(int(path.name) for path in releases if path.is_dir()),
        "current": current.readlink().name if current.is_symlink() else "",
        "units": sorted(path.name for path in units),
        "forwarded": (UNITS / f"{prefix}-forward.socket").exists(),
    }


def missing(packages: list[str]) -> list[str]:
    """Those that are not installed whole."""
    if not packages:
        return []
    done = subprocess.run(
        ["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\n", *packages],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    known = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    return [name for name in packages if known.get(name.partition(":")[0]) != "installed"]


def is_ready(user: str, home: str) -> bool:
    """Whether the user is there, with its home and without a shell."""
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        return False
    return (entry.pw_dir, entry.pw_shell) == (home, SHELL)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "home": {"type": "path", "required": True},
            "unit_prefix": {"type": "str", "required": True},
            "user": {"type": "str", "required": True},
            "user_home": {"type": "path", "required": True},
            "packages": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    given = module.params
    module.exit_json(
        changed=False,
        **seen(Path(given["home"]), given["unit_prefix"]),
        user_ready=is_ready(given["user"], given["user_home"]),
        missing=missing(given["packages"]),
    )


if __name__ == "__main__":
    main()
