"""Laravel and Lumen."""

from hivemind_agents.repository.facts import CERTAIN, Match
from hivemind_agents.repository.languages.php.project import PhpProject
from hivemind_agents.repository.readers.environment import Use


def detect(project: PhpProject) -> Match | None:
    """An application of Laravel: its framework is "
    "listed, and its front page or console is there.
    """
    tree, packages = project.tree, project.packages
    lumen = packages.runtime("laravel/lumen-framework")
    listed = lumen or packages.runtime("laravel/framework", "statamic/cms", "october/rain")
    if listed is None and "artisan" not in tree:
        return None
    if "artisan" not in tree and "public/index.php" not in tree:
        return None
    processes: dict[str, str] = {}
    if tree.has_folder("database/migrations"):
        processes["release"] = "php artisan migrate --force"
    if packages.runtime("laravel/horizon"):
        processes["worker"] = "php artisan horizon"
    elif tree.has_folder("app/Jobs") and project.example("QUEUE_CONNECTION") not in {None, "sync"}:
        processes["worker"] = "php artisan queue:work"
    start = project.serve("public") if lumen else "php artisan serve --host=0.0.0.0 --port=$PORT"
    if packages.runtime("laravel/octane"):
        start = "php artisan octane:start --host=0.0.0.0 --port=$PORT"
    return Match(
        framework="lumen" if lumen else "laravel",
        kind="web",
        rank=90,
        confidence=CERTAIN,
        kind_confidence=CERTAIN,
        evidence=(listed.where if listed else "artisan",),
        start=start,
        start_confidence=0.85,
        build=project.assets(),
        processes=processes,
        document_root="public",
        port=8000,
        env=(Use("APP_KEY", "artisan", demanded=True),),
    )
