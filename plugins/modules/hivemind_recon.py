#!/usr/bin/python
"""Read an application's repository: what it is and what it needs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hivemind_recon
short_description: Read what an application's repository is and needs
description: Reads the files only; nothing of the repository is executed.
options:
  repository: {description: Folder on the controller or git URL., type: str, required: true}
  ref: {description: Branch, tag or commit of a URL., type: str}
  path: {description: Folder inside the repository., type: str, default: .}
  overrides: {description: Facts that win over what is found., type: dict, default: {}}
author: [HiveMind]
"""

import tempfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.hivemind_aws import failures_told


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "repository": {"type": "str", "required": True},
            "ref": {"type": "str"},
            "path": {"type": "str", "default": "."},
            "overrides": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    params = module.params
    overrides = {name: value for name, value in params["overrides"].items() if value is not None}
    with (
        failures_told(module, f"read {params['repository']}"),
        tempfile.TemporaryDirectory(prefix="hivemind-recon-") as folder,
    ):
        from hivemind_agents.repository import inspect
        from hivemind_agents.repository_source import fetch

        source = fetch(params["repository"], params["ref"], params["path"], Path(folder))
        report = inspect(Path(folder), overrides=overrides)
    module.exit_json(
        changed=False,
        source=source.model_dump(mode="json"),
        report=report.model_dump(mode="json"),
    )


if __name__ == "__main__":
    main()
