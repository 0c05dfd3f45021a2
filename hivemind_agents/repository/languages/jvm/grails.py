"""Grails."""

from hivemind_agents.repository.facts import SURE, Match
from hivemind_agents.repository.languages.jvm.project import JvmProject
from hivemind_agents.repository.languages.jvm.running import Package, gradle_build


def detect(project: JvmProject) -> Match | None:
    """A folder `grails-app`, built by Gradle."""
    tree = project.tree
    config = tree.has("grails-app/conf/application.yml", "grails-app/conf/application.groovy")
    if config is None or project.build.tool != "gradle":
        return None
    packed = Package((gradle_build(project, "assemble"),), "build/libs/*.war", jar=True)
    if project.listed("org.springframework.boot:spring-boot-starter-tomcat") is None:
        packed = Package(
            packed.build, "$(ls build/libs/*.[jw]ar | grep -v plain | head -n 1)", jar=True
        )
    return Match(
        framework="grails",
        kind="web",
        rank=88,
        confidence=SURE,
        kind_confidence=0.95,
        evidence=(config,),
        start=packed.start(options="-Dserver.port=$PORT"),
        build=packed.build,
        port=8080,
    )
