"""Faust: agents on streams, run by its own worker."""

from hivemind_agents.repository.facts import SURE, Match
from hivemind_agents.repository.languages.python.project import PythonProject, target


def detect(project: PythonProject) -> Match | None:
    """An application of Faust, which waits for events."""
    found = next(iter(project.objects("faust.App")), None)
    if found is None:
        return None
    module, name, line = found
    folder, path = target(project, module.path, name)
    enter = f"cd {folder} && " if folder else ""
    start = f"{enter}faust -A {path} worker -l info"
    return Match(
        framework="faust", kind="worker", rank=30, confidence=SURE, kind_confidence=0.88,
        evidence=(*project.where("faust"), f"{module.path}:{line}"), start=start,
        processes={"worker": start},
    )  # fmt: skip
