"""Web archives: servlets and pages that a container has to serve."""

from hivemind_agents.repository.facts import LIKELY, SURE, Match
from hivemind_agents.repository.languages.jvm.project import JvmProject
from hivemind_agents.repository.languages.jvm.running import gradle_build, maven_build

_FRAMEWORKS = (
    ("grails", ("org.grails:grails-core", "org.grails:grails-web-boot")),
    ("struts", ("org.apache.struts:",)),
    ("spring-mvc", ("org.springframework:spring-webmvc", "org.springframework:spring-web")),
    ("vaadin", ("com.vaadin:",)),
    ("wicket", ("org.apache.wicket:",)),
    ("jersey", ("org.glassfish.jersey", "com.sun.jersey:")),
)


def detect(project: JvmProject) -> Match | None:
    """A module packaged as WAR, or with a `web.xml`."""
    module = next((item for item in project.build.modules if item.packaging == "war"), None)
    descriptor = next((path for path in project.tree.named("web.xml") if "WEB-INF" in path), None)
    if module is None:
        return None
    framework = next((name for name, packages in _FRAMEWORKS if project.listed(*packages)), None)
    folder = f"{module.folder}/" if module.folder else ""
    if project.build.tool == "gradle":
        build, war = gradle_build(project, "war"), f"{folder}build/libs/*.war"
    else:
        build, war = maven_build(project), f"{folder}target/*.war"
    copied = "webapp-runner" in module.text
    runner = f"{folder}target/dependency/webapp-runner.jar" if copied else "webapp-runner.jar"
    return Match(
        framework=framework,
        kind="web",
        rank=40,
        confidence=LIKELY,
        kind_confidence=SURE,
        evidence=(
            project.tree.where(module.manifest, "war"),
            *((descriptor,) if descriptor else ()),
        ),
        start=f"java -jar {runner} --port $PORT {war}",
        start_confidence=SURE if copied else 0.7,
        build=(build,),
        port=8080,
        adds=() if copied else ("webapp-runner",),
    )
