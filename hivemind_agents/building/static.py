"""Static sites: files as they are, handed out by a web server on the hosts."""

from hivemind_agents.building.model import Recipe
from hivemind_agents.domain.deployment import StaticSite
from hivemind_agents.errors import RepositoryError
from hivemind_agents.repository.report import RepositoryReport


def files(report: RepositoryReport, files: frozenset[str]) -> Recipe:
    """Nothing is built; the document root has to have a front page."""
    if report.build:
        raise RepositoryError(
            f"this site is built by {report.build[0]!r}, and there is no recipe for that yet",
            mend="build it, commit the result, and give its folder (--path)",
        )
    root = (report.document_root or ".").strip("/") or "."
    front = "index.html" if root == "." else f"{root}/index.html"
    if front not in files:
        raise RepositoryError(
            f"there is no {front}: a static site needs a front page",
            mend="give the folder that has the index.html (--path)",
        )
    return Recipe(
        name="static-files",
        processes={"web": "nginx"},
        packages=("nginx-light",),
        static=StaticSite(document_root=root, single_page=report.single_page),
    )
