"""Which recipe builds a repository: one table, by language and package manager."""

from collections.abc import Callable

from hivemind_agents.building import go, node, php, python, static
from hivemind_agents.building.model import Recipe
from hivemind_agents.building.persistence import (
    carried_files,
    persistent_files,
    persistent_folders,
    volumes,
)
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
    ("node", "npm"): node.application,
    ("node", "yarn"): node.application,
    ("node", "yarn-berry"): node.application,
    ("node", "pnpm"): node.application,
    ("node", "bun"): node.application,
    ("node", None): node.application,
    ("go", "gomod"): go.application,
    ("go", None): go.application,
    ("php", "composer"): php.application,
    ("php", None): php.application,
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
    return hosted(author(report, files), report, files)


def hosted(recipe: Recipe, report: RepositoryReport, files: Names) -> Recipe:
    """The recipe with what its hosts have to do besides: the clock's jobs, folders that stay."""
    return recipe.model_copy(
        update={
            # The user's own values win over these, on the hosts and in the build.
            "runtime_env": {**report.sets, **recipe.runtime_env},
            "defaults": {**recipe.defaults, **report.sets} if recipe.reads_env else {},
            "schedules": (*recipe.schedules, *report.schedules),
            "persistent": persistent_folders(report, files),
            "persistent_files": persistent_files(report, files),
            "carried_files": carried_files(report, files),
            "volumes": volumes(report, files),
            "own_port": _own_port(report),
        }
    )


def _own_port(report: RepositoryReport) -> int | None:
    """The port that is fixed in the code, so that `$PORT` changes nothing."""
    fixed = any(behaviour.about == "port" for behaviour in report.behaviours)
    return report.port if fixed and report.kind == "web" else None
