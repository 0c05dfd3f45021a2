"""Play."""

from hivemind_agents.repository.facts import CERTAIN, SURE, Match
from hivemind_agents.repository.languages.jvm.project import JvmProject
from hivemind_agents.repository.languages.jvm.running import package

_PLUGINS = ("PlayScala", "PlayJava", "PlayService", "PlayMinimalJava", "org.playframework.play")


def detect(project: JvmProject) -> Match | None:
    """A project that Play's plugin builds, with routes."""
    module = next((item for item in project.build.modules if item.has_plugin(*_PLUGINS)), None)
    routes = project.tree.has("conf/routes") or next(iter(project.tree.named("routes")), None)
    if module is None and not (routes and "com.typesafe.play:sbt-plugin" in project.module.plugins):
        return None
    packed = package(project)
    evidence = (
        project.tree.where((module or project.module).manifest, "Play"),
        *((routes,) if routes else ()),
    )
    return Match(
        framework="play",
        kind="web",
        rank=85,
        confidence=CERTAIN,
        kind_confidence=CERTAIN,
        evidence=evidence,
        start=packed.start(options="-Dhttp.port=$PORT"),
        start_confidence=SURE,
        build=packed.build,
        port=9000,
    )
