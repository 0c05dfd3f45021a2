"""Micronaut."""

from hivemind_agents.repository.facts import CERTAIN, LIKELY, SURE, Fact, Match
from hivemind_agents.repository.languages.jvm.project import JvmProject
from hivemind_agents.repository.languages.jvm.running import Package, maven_build, package
from hivemind_agents.repository.languages.jvm.sources import micronaut_variables

WEB = ("io.micronaut:micronaut-http-server", "io.micronaut.servlet:", "io.micronaut.views:",
       "io.micronaut.graphql:", "io.micronaut.starter:", "io.micronaut.grpc:")  # fmt: skip


def detect(project: JvmProject) -> Match | None:
    """An application with Micronaut's packages or plugin."""
    module = project.module
    listed = project.listed("io.micronaut")
    plugin = any(item.has_plugin("io.micronaut.application", "io.micronaut.minimal.application",
                                 "micronaut-maven-plugin", "micronaut-parent")
                 for item in project.build.modules)  # fmt: skip
    if not plugin and not project.listed(
        "io.micronaut:micronaut-inject", "io.micronaut:micronaut-runtime", *WEB
    ):
        return None
    where = (listed.where if listed else module.manifest,)
    started = project.code.where(r"\bMicronaut\b|io\.micronaut\.runtime")
    controllers = project.code.where(r"@Controller\b")
    web = project.listed(*WEB)
    packed = package(project)
    if project.build.tool == "maven" and not module.has_plugin("maven-shade-plugin"):
        packed = Package(
            (maven_build(project),),
            module.path(f"target/{module.name}-{module.version or '*'}.jar"),
            jar=True,
        )
    elif project.build.tool == "maven":
        packed = Package(
            packed.build, module.path(f"target/{module.name}-{module.version or '*'}.jar"), jar=True
        )
    serves = started and (web or controllers or "runtime(" in module.text)
    if not serves:
        return Match(
            framework="micronaut",
            kind="cli" if project.main else "library",
            rank=55,
            evidence=where,
            kind_confidence=LIKELY,
            start=packed.start() if project.main else None,
            build=packed.build,
        )
    health = project.listed("io.micronaut:micronaut-management")
    return Match(
        framework="micronaut",
        kind="web",
        rank=82,
        confidence=CERTAIN,
        kind_confidence=SURE,
        evidence=(*where, started or ""),
        start=packed.start(options="-Dmicronaut.server.port=$PORT"),
        start_confidence=LIKELY + 0.05,
        build=packed.build,
        port=8080,
        env=tuple(micronaut_variables(project)),
        health_path=Fact("/health", SURE, (health.where,)) if health else None,
    )
