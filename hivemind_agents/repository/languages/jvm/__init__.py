"""Java, Kotlin and Scala: from the build files and the sources to one finding."""

from hivemind_agents.repository.facts import Finding
from hivemind_agents.repository.languages import detectors
from hivemind_agents.repository.languages.assemble import assemble, best
from hivemind_agents.repository.languages.jvm import health, versions
from hivemind_agents.repository.languages.jvm.plain import plain_match
from hivemind_agents.repository.languages.jvm.project import JvmProject, read_build
from hivemind_agents.repository.tree import FileTree


def detect(tree: FileTree) -> Finding | None:
    """Read the folder as a build of Maven, Gradle, sbt or Mill, or as plain Java files."""
    build = read_build(tree)
    if build is None:
        return None
    project = JvmProject(tree, build)
    if not project.code.files and build.tool is None:
        return None
    match = best(look(project) for look in detectors(__name__)) or plain_match(project)
    return assemble(
        match,
        language=project.language,
        manifest=build.manifest,
        dependencies=project.dependencies,
        runtime="jvm",
        version=versions.java_version(tree, build),
        manager=versions.package_manager(build),
        health=health.health_path(project, match) if match.kind == "web" else None,
        language_confidence=project.language_confidence,
        choices=project.choices,
        listed=build.tool is not None,
    )
