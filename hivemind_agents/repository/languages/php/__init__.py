"""PHP: from composer.json and the pages to one finding."""

from dataclasses import replace

from hivemind_agents.repository.facts import Finding, Match
from hivemind_agents.repository.languages import detectors
from hivemind_agents.repository.languages.assemble import assemble, best
from hivemind_agents.repository.languages.php import composer, health
from hivemind_agents.repository.languages.php.migrations import migration
from hivemind_agents.repository.languages.php.plain import plain_match
from hivemind_agents.repository.languages.php.project import PhpProject, read_project
from hivemind_agents.repository.languages.php.samples import constants, samples
from hivemind_agents.repository.tree import FileTree

INSTALL = "composer install --no-dev --optimize-autoloader --no-interaction"


def detect(tree: FileTree) -> Finding | None:
    """Read the folder as PHP: composer.json, a front page, or files at the root."""
    project = read_project(tree)
    if project is None:
        return None
    match = best(look(project) for look in detectors(__name__)) or plain_match(project)
    command = migration(project) if match.kind == "web" else None
    if command and "release" not in match.processes:
        match = replace(match, processes={**match.processes, "release": command})
    told = [
        use
        for name in samples(tree.paths, tree.text)
        for use in constants(name, tree.text(name) or "")
    ]
    match = replace(match, env=(*match.env, *told)) if told else match
    return assemble(
        match,
        language="php",
        manifest=project.manifest,
        dependencies=project.packages,
        version=composer.php_version(tree),
        manager=composer.package_manager(tree),
        install=_install(project, match),
        health=health.health_path(project, match) if match.kind == "web" else None,
        language_confidence=0.97 if project.page or project.composed else 0.9,
        listed=project.composed or project.page is not None,
    )


def _install(project: PhpProject, match: Match) -> tuple[str, ...]:
    """Composer; Symfony's own scripts would look for packages of development otherwise."""
    if not project.composed:
        return ()
    return (f"APP_ENV=prod {INSTALL}" if match.framework == "symfony" else INSTALL,)
