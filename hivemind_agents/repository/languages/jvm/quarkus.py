"""Quarkus."""

from hivemind_agents.repository.facts import CERTAIN, LIKELY, SURE, Fact, Match
from hivemind_agents.repository.languages.jvm.project import JvmProject
from hivemind_agents.repository.languages.jvm.running import gradle_build, maven_build
from hivemind_agents.repository.languages.jvm.sources import quarkus_variables

WEB = (
    *tuple(
        f"io.quarkus:quarkus-{name}"
        for name in (
            "rest",
            "resteasy",
            "vertx-http",
            "reactive-routes",
            "undertow",
            "qute-web",
            "smallrye-graphql",
            "smallrye-health",
            "spring-web",
            "grpc",
            "websockets",
            "vertx-web",
            "funqy-http",
            "web",
        )
    ),
    "io.quarkiverse.qute.web",
    "io.quarkiverse.renarde",
    "io.quarkiverse.web-bundler",
)


def detect(project: JvmProject) -> Match | None:
    """By its packages: Quarkus brings the program itself."""
    listed = project.listed("io.quarkus:quarkus-", "io.quarkus:")
    plugin = any(
        module.has_plugin("quarkus-maven-plugin", "io.quarkus") for module in project.build.modules
    )
    if listed is None or not (plugin or project.listed("io.quarkus:quarkus-arc")):
        return None
    folder = project.module.folder
    prefix = f"{folder}/" if folder else ""
    if project.build.tool == "gradle":
        build, jar = (
            gradle_build(project, "quarkusBuild"),
            f"{prefix}build/quarkus-app/quarkus-run.jar",
        )
    else:
        build, jar = maven_build(project), f"{prefix}target/quarkus-app/quarkus-run.jar"
    web = project.listed(*WEB)
    if web is None:
        works = project.code.where(r"@Incoming|@Scheduled|Quarkus\.waitForExit")
        return Match(
            framework="quarkus",
            kind="worker" if works else "cli",
            rank=60,
            evidence=(listed.where,),
            kind_confidence=LIKELY,
            start=f"java -jar {jar}",
            build=(build,),
        )
    health = project.listed("io.quarkus:quarkus-smallrye-health")
    return Match(
        framework="quarkus",
        kind="web",
        rank=82,
        confidence=CERTAIN,
        kind_confidence=SURE,
        evidence=(listed.where, web.where),
        start=f"java -Dquarkus.http.host=0.0.0.0 -Dquarkus.http.port=$PORT -jar {jar}",
        start_confidence=SURE,
        build=(build,),
        port=8080,
        env=tuple(quarkus_variables(project)),
        health_path=Fact("/q/health", SURE, (health.where,)) if health else None,
    )
