"""Symfony."""

import re
from collections.abc import Iterator

from hivemind_agents.repository.facts import CERTAIN, LIKELY, Match
from hivemind_agents.repository.languages.php.project import PhpProject
from hivemind_agents.repository.readers.environment import Use


def detect(project: PhpProject) -> Match | None:
    """An application of Symfony's framework; its components alone make none."""
    packages, tree = project.packages, project.tree
    listed = packages.runtime("symfony/framework-bundle", "symfony/symfony")
    if listed is None or not (tree.has("bin/console", "public/index.php", "src/Kernel.php",
                                       "web/app.php", "symfony.lock") or project.page):  # fmt: skip
        return None
    root = "web" if "web/app.php" in tree else project.root if project.page else "public"
    processes: dict[str, str] = {}
    if packages.runtime("doctrine/doctrine-migrations-bundle", "doctrine/migrations") and (
        tree.has_folder("migrations") or tree.has_folder("src/Migrations")
    ):
        processes["release"] = "php bin/console doctrine:migrations:migrate --no-interaction"
    transport = project.example("MESSENGER_TRANSPORT_DSN")
    handles = tree.has_folder("src/MessageHandler") or tree.has_folder("src/Message")
    if (
        handles
        and packages.runtime("symfony/messenger")
        and not (transport or "sync").startswith("sync")
    ):
        processes["worker"] = "php bin/console messenger:consume async"
    mapped = packages.runtime("symfony/asset-mapper")
    compiled = (
        "APP_ENV=prod php bin/console importmap:install",
        "APP_ENV=prod php bin/console asset-map:compile",
    )
    has_front = bool(project.page or "public/index.php" in tree or "web/app.php" in tree)
    return Match(
        framework="symfony",
        kind="web",
        rank=90,
        confidence=CERTAIN,
        kind_confidence=CERTAIN if has_front else LIKELY,
        evidence=(listed.where,),
        start=project.serve(root),
        start_confidence=0.85,
        build=(*project.assets(), *(compiled if mapped else ())),
        processes=processes,
        document_root=root,
        port=8000,
        env=tuple(_env(project)),
    )


_ENV = re.compile(r"%env\((?:\w+:)*([A-Z][A-Z0-9_]+)\)%")


def _env(project: PhpProject) -> Iterator[Use]:
    """The variables of the configuration; `.env` holds what stands in for those that are unset."""
    tree = project.tree
    yield Use("APP_ENV", ".env", "prod", optional=True)
    paths = [path for path in tree.suffixed(".yaml", ".yml") if path.startswith("config/")]
    for path in paths[:60]:
        for found in _ENV.finditer(tree.text(path, limit=100_000) or ""):
            name = found.group(1)
            given = tree.search(".env", rf"(?m)^{name}=[\"']?([^\n\"']*)")
            needed = name == "DATABASE_URL" or (given is not None and not given.group(1).strip())
            default = given.group(1).strip() if given and not needed else None
            where = tree.where(path, found.group(0))
            yield Use(name, where, default or None, demanded=needed, optional=bool(default))
