#!/usr/bin/python
"""Make the SSH key of a deployment; its private half never touches a disk."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hivemind_ssh_key
short_description: Make the SSH key of a deployment
description:
  - The private half is stored first, as SSM SecureString, so that a run that is killed never leaves
    a host that nobody can enter. The public half is returned.
options:
  parameter: {description: Path of the SSM parameter., type: str, required: true}
  comment: {description: Comment in the public key., type: str, default: hivemind}
  state: {description: Whether it exists., type: str, choices: [present, absent], default: present}
author: [HiveMind]
"""

import os
import subprocess
import tempfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.hivemind_aws import failures_told, session

# Memory, where the system has a file system in it.
_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108


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


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "parameter": {"type": "str", "required": True},
            "comment": {"type": "str", "default": "hivemind"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    path, comment = module.params["parameter"], module.params["comment"]
    with failures_told(module, f"keep the SSH key {path}"):
        from hivemind_agents.errors import UserError
        from hivemind_agents.state.secrets import SSM, put_secret, resolve

        aws = session()
        try:
            private: str | None = resolve(aws, f"{SSM}{path}")
        except UserError:
            private = None
        if module.params["state"] == "absent":
            if private is not None and not module.check_mode:
                aws.client("ssm").delete_parameter(Name=path)
            module.exit_json(changed=private is not None)
        changed = private is None
        if private is None and module.check_mode:
            placeholder = f"ssh-ed25519 {'A' * 68} {comment}"
            module.exit_json(changed=True, reference=f"{SSM}{path}", public_key=placeholder)
        if private is None:
            private = new_private()
            put_secret(aws, path, private)
        public = public_half(private, comment)
    module.exit_json(changed=changed, reference=f"{SSM}{path}", public_key=public)


if __name__ == "__main__":
    main()
