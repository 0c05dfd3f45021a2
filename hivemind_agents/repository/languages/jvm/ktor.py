"""Ktor."""

from hivemind_agents.repository.facts import CERTAIN, LIKELY, SURE, Match
from hivemind_agents.repository.languages.jvm.project import JvmProject
from hivemind_agents.repository.languages.jvm.running import package

_SERVES = r"embeddedServer\s*\(|EngineMain"


def detect(project: JvmProject) -> Match | None:
    """A server of Ktor's; its client alone is none."""
    listed = project.listed("io.ktor:ktor-server", "io.ktor:ktor-bom")
    plugin = project.module.has_plugin("io.ktor.plugin", "ktor")
    if listed is None and not plugin:
        return None
    where = project.code.where(_SERVES)
    declared = project.main_class_declared or ""
    if where is None and "EngineMain" not in declared and "EngineMain" not in project.module.text:
        return None
    packed = package(project)
    arguments = "" if project.reads_port() else "-port=$PORT" if _configured(project) else ""
    return Match(
        framework="ktor",
        kind="web",
        rank=80,
        confidence=CERTAIN if listed else SURE,
        kind_confidence=0.96,
        evidence=(
            (listed.where if listed else project.module.manifest),
            *((where,) if where else ()),
        ),
        start=packed.start(arguments=arguments),
        start_confidence=min(packed.confidence, LIKELY),
        build=packed.build,
        port=project.literal_port() or 8080,
    )


def _configured(project: JvmProject) -> bool:
    """Whether Ktor itself reads its port (EngineMain), and takes it as an argument."""
    return "EngineMain" in (project.main_class_declared or "") or bool(
        project.code.first("EngineMain")
    )
