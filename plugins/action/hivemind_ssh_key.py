"""Make the SSH key of a deployment; its private half never touches a disk."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hivemind_agents.controller import ControllerAction
from hivemind_agents.errors import UserError
from hivemind_agents.state.secrets import SSM, put_secret, resolve
from hivemind_agents.state.session import session

# Memory, where the system has a file system in it.
_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108


class ActionModule(ControllerAction):
    """The private half is stored first, as SSM SecureString: a run that is killed never leaves a
    host that nobody can enter. The public half is returned.
    """

    ARGUMENTS = {
        # Path of the SSM parameter.
        "parameter": {"type": "str", "required": True},
        # Comment in the public key.
        "comment": {"type": "str", "default": "hivemind"},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    }

    def doing(self, parameters: Mapping[str, Any]) -> str:
        return f"keep the SSH key {parameters['parameter']}"

    def work(self, parameters: Mapping[str, Any], *, check: bool) -> dict[str, Any]:
        path, comment = parameters["parameter"], parameters["comment"]
        aws = session()
        try:
            private: str | None = resolve(aws, f"{SSM}{path}")
        except UserError:
            private = None
        if parameters["state"] == "absent":
            if private is not None and not check:
                aws.client("ssm").delete_parameter(Name=path)
            return {"changed": private is not None}
        changed = private is None
        if private is None and check:
            placeholder = f"ssh-ed25519 {'A' * 68} {comment}"
            return {"changed": True, "reference": f"{SSM}{path}", "public_key": placeholder}
        if private is None:
            private = new_private()
            put_secret(aws, path, private)
        public = public_half(private, comment)
        return {"changed": changed, "reference": f"{SSM}{path}", "public_key": public}


def public_half(private: str, comment: str) -> str:
    """The public key that belongs to a private one, in OpenSSH's form."""
    with tempfile.TemporaryDirectory(dir=_MEMORY, prefix="hivemind-key-") as folder:
        file = Path(folder) / "key"
        file.touch(mode=0o600)
        file.write_text(private if private.endswith("\n") else f"{private}\n")
        done = subprocess.run(
            ["ssh-keygen", "-y", "-P", "", "-f", str(file)],
            capture_output=True,
            text=True,
            check=True,
        )
    kind, body = done.stdout.split()[:2]
    return f"{kind} {body} {comment}"


def new_private() -> str:
    """A fresh ed25519 key."""
    with tempfile.TemporaryDirectory(dir=_MEMORY, prefix="hivemind-key-") as folder:
        file = Path(folder) / "key"
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(file)],
            capture_output=True,
            check=True,
        )
        return file.read_text()
