"""Read an application's repository: what it is and what it needs."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hivemind_agents.controller import ControllerAction


class ActionModule(ControllerAction):
    """Reads the files only; nothing of the repository is executed."""

    ARGUMENTS = {
        # Folder on the controller or git URL.
        "repository": {"type": "str", "required": True},
        # Branch, tag or commit of a URL.
        "ref": {"type": "str"},
        # Folder inside the repository.
        "path": {"type": "str", "default": "."},
        # Facts that win over what is found.
        "overrides": {"type": "dict", "default": {}},
    }

    def doing(self, parameters: Mapping[str, Any]) -> str:
        return f"read {parameters['repository']}"

    def work(self, parameters: Mapping[str, Any], *, check: bool) -> dict[str, Any]:
        from hivemind_agents.repository import inspect
        from hivemind_agents.repository_source import fetch

        overrides = {
            name: value for name, value in parameters["overrides"].items() if value is not None
        }
        with tempfile.TemporaryDirectory(prefix="hivemind-recon-") as folder:
            source = fetch(
                parameters["repository"], parameters["ref"], parameters["path"], Path(folder)
            )
            report = inspect(Path(folder), overrides=overrides)
        return {
            "source": source.model_dump(mode="json"),
            "report": report.model_dump(mode="json"),
        }
