"""Reads a repository for the plan, as the verb `recon` will: nothing of it is executed."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from hivemind_agents.building.files import Files
from hivemind_agents.building.recipe import recipe_for
from hivemind_agents.domain.request import DeployRequest
from hivemind_agents.errors import RepositoryError
from hivemind_agents.repository import RepositoryReport, inspect
from hivemind_agents.repository_source import fetch

# Without an answer to these nothing can run: each with the option that gives it.
_OPTION = {
    "language": "--override language=NAME --start 'COMMAND'",
    "start": "--start 'COMMAND'",
    "component": "--path FOLDER",
}


class FetchedRepository:
    """The files that a request asks to deploy, fetched once; read as often as answers come.

    Raises RepositoryError when nothing is there.
    """

    def __init__(self, request: DeployRequest) -> None:
        self._repository = request.repository
        self._folder = tempfile.TemporaryDirectory(prefix="hivemind-recon-")
        try:
            fetch(request.repository, request.ref, request.path, Path(self._folder.name))
        except BaseException:
            self._folder.cleanup()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._folder.cleanup()

    @property
    def folder(self) -> Path:
        """Where the files are, until the end of the context."""
        return Path(self._folder.name)

    def report(self, word: Mapping[str, Any]) -> RepositoryReport:
        """Recon's report, under what the user says of it."""
        return inspect(self._folder.name, overrides=dict(word))

    def check(self, report: RepositoryReport) -> tuple[str, ...]:
        """Refuse what cannot be deployed, before anything is made; return the recipe's warnings.

        Raises RepositoryError: a question without which nothing can run is open, or there is no
        recipe to build it by; it says what was looked for.
        """
        for question in report.questions:
            if question.about in _OPTION:
                raise RepositoryError(
                    f"{self._repository}: {question.why}",
                    mend=f"hivemind deploy … {_OPTION[question.about]}, or: hivemind init, which "
                    "writes hivemind.yml",
                )
        application = Path(self._folder.name) / report.path
        return recipe_for(report, Files.below(application)).warnings
