"""Which recipe builds a repository: one table, by language and package manager."""

from collections.abc import Callable

from hivemind_agents.building import python, static
from hivemind_agents.building.model import Recipe
from hivemind_agents.errors import RepositoryError
from hivemind_agents.repository.report import RepositoryReport

# The builder's path of the application; hosts mount the release at the same place.
APP = "/app"
# Names; `Files` knows their texts as well.
Names = frozenset[str]
Author = Callable[[RepositoryReport, Names], Recipe]

RECIPES: dict[tuple[str, str | None], Author] = {
    ("python", "uv"): python.uv,
    ("python", "pip"): python.pip,
    ("python", "poetry"): python.poetry,
    ("python", "pipenv"): python.pipenv,
    ("python", "pdm"): python.pdm,
    ("python", "conda"): python.conda,
    ("python", None): python.pip,
    ("static", None): static.files,
}


def recipe_for(report: RepositoryReport, files: Names) -> Recipe:
    """The recipe for what Recon found. `files`: the names in the application's folder.

    Raises RepositoryError when there is none, or when it cannot serve.
    """
    if report.kind in {"cli", "library"}:
        raise RepositoryError(
            f"this is a {report.kind}: there is nothing that could keep running on a host",
            mend="give a start command (--start) if it does serve",
        )
    language = "static" if report.kind == "static" and not report.build else report.language
    author = RECIPES.get((language or "", report.package_manager))
    if author is None and language == "static":
        author = static.files
    if author is None:
        known = ", ".join(sorted({f"{name} ({tool})" if tool else name for name, tool in RECIPES}))
        tool = f" with {report.package_manager}" if report.package_manager else ""
        raise RepositoryError(
            f"no build recipe for {report.language or 'this repository'}{tool}; there are: {known}",
            mend="hivemind recon PATH shows what was found, and why",
        )
    return author(report, files)
