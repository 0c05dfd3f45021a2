"""Reads a repository for the plan, as the verb `recon` will: nothing of it is executed.

What cannot be deployed is refused here, before anything is made.
"""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hivemind_agents.building.recipe import recipe_for
from hivemind_agents.domain.request import DeployRequest
from hivemind_agents.errors import RepositoryError
from hivemind_agents.repository import RepositoryReport, inspect
from hivemind_agents.repository_source import fetch

_NEEDED = frozenset({"language", "start"})


async def read_repository(request: DeployRequest) -> dict[str, Any]:
    """Recon's report on what a request asks to deploy.

    Raises RepositoryError: nothing there, nothing to start, or no recipe to build it by; it says
    what was looked for.
    """
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
        report = inspect(folder, overrides=overrides)
        _refuse_open_questions(request, report)
        application = Path(folder) / report.path
        recipe_for(report, frozenset(path.name for path in application.iterdir()))
        return report.model_dump(mode="json")


def _refuse_open_questions(request: DeployRequest, report: RepositoryReport) -> None:
    """Ask what has no answer in the files and without which nothing can run."""
    for question in report.questions:
        if question.about in _NEEDED:
            raise RepositoryError(
                f"{request.repository}: {question.why}",
                mend="hivemind deploy … --start 'COMMAND', or write hivemind.yml",
            )
