"""Put the SSH key and the known host keys of a deployment where `ssh` finds them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hivemind_agents.controller import ControllerAction
from hivemind_agents.state.secrets import resolve
from hivemind_agents.state.session import session


class ActionModule(ControllerAction):
    """Writes `path` (the private key) and `path`.known_hosts, both 0600, in check mode too.

    The folder is the callback plugin's: in memory, and removed when the run ends. The key is in no
    argument and no result.
    """

    ARGUMENTS = {
        "path": {"type": "path", "required": True},
        # Reference to the private key.
        "reference": {"type": "str", "required": True},
        # Lines of known_hosts.
        "host_keys": {"type": "list", "elements": "str", "default": []},
    }

    def doing(self, parameters: Mapping[str, Any]) -> str:
        return f"keep the SSH key {parameters['reference']} in memory"

    def work(self, parameters: Mapping[str, Any], *, check: bool) -> dict[str, Any]:
        key = resolve(session(), parameters["reference"])
        _write(Path(parameters["path"]), f"{key.rstrip()}\n")
        known = "".join(f"{line}\n" for line in parameters["host_keys"])
        _write(Path(f"{parameters['path']}.known_hosts"), known)
        return {}


def _write(path: Path, text: str) -> None:
    """A file that is there whole and private from its first moment."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    part.replace(path)
