"""Reads a repository for the plan, as the verb `recon` will: nothing of it is executed."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hivemind_agents.domain.request import DeployRequest
from hivemind_agents.repository import inspect
from hivemind_agents.repository_source import fetch


async def read_repository(request: DeployRequest) -> dict[str, Any]:
    """Recon's report on what a request asks to deploy. Raises RepositoryError."""
    return await asyncio.to_thread(_read, request)


def _read(request: DeployRequest) -> dict[str, Any]:
    said = {
        "kind": request.kind,
        "start": request.start_command,
        "health_path": request.health_path,
    }
    overrides = {name: value for name, value in said.items() if value is not None}
    with tempfile.TemporaryDirectory(prefix="hivemind-recon-") as folder:
        fetch(request.repository, request.ref, request.path, Path(folder))
        return inspect(folder, overrides=overrides).model_dump(mode="json")
