"""JVM code that serves nothing: a worker, a program of the shell, a library."""

from hivemind_agents.repository.facts import GUESS, LIKELY, SURE, Match
from hivemind_agents.repository.languages.jvm.project import JvmProject
from hivemind_agents.repository.languages.jvm.running import package

_WORKS = (
    r"KafkaConsumer|basicConsume|DiscordClient|JDABuilder|TelegramBotsApi|TelegramLongPolling|"
    r"scheduleAtFixedRate|StdSchedulerFactory|while\s*\(true\)[^}]{0,400}(?:sleep|poll|take)\("
)


def plain_match(project: JvmProject) -> Match:
    """What the entry does decides; without one it is a library."""
    if project.main is None and project.main_class_declared is None:
        manifest = project.build.manifest
        android = any(
            module.has_plugin("com.android.application", "com.android.library")
            for module in project.build.modules
        )
        return Match(
            framework="android" if android else None, kind="library", rank=1, evidence=(manifest,),
            kind_confidence=LIKELY if project.code.files else GUESS,
        )  # fmt: skip
    packed = package(project)
    start = packed.start()
    where = project.main.where if project.main else project.module.manifest
    works = project.code.where(_WORKS)
    if works:
        return Match(
            framework=None, kind="worker", rank=15, evidence=(works,), kind_confidence=LIKELY,
            start=start, start_confidence=LIKELY, build=packed.build, processes={"worker": start},
        )  # fmt: skip
    return Match(
        framework=None, kind="cli", rank=10, evidence=(where,),
        kind_confidence=SURE if len(project.code.files) < 6 else LIKELY, start=start,
        start_confidence=packed.confidence, build=packed.build,
    )  # fmt: skip
