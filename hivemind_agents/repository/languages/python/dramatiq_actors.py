"""Dramatiq: actors that a worker of its own runs."""

from hivemind_agents.repository.facts import SURE, Match
from hivemind_agents.repository.languages.python.project import PythonProject, target


def dramatiq_processes(project: PythonProject) -> dict[str, str]:
    """The worker's command, by the first module that has actors."""
    for module in project.modules:
        if "dramatiq" in module.imports and "dramatiq.actor" in module.text:
            folder, name = target(project, module.path, "x")
            enter = f"cd {folder} && " if folder else ""
            return {"worker": f"{enter}dramatiq {name.split(':', maxsplit=1)[0]}"}
    return {}


def detect(project: PythonProject) -> Match | None:
    """A repository whose actors are all that it has."""
    processes = dramatiq_processes(project)
    if not processes:
        return None
    return Match(
        framework="dramatiq", kind="worker", rank=30, confidence=SURE, kind_confidence=0.85,
        evidence=project.where("dramatiq"), start=processes["worker"], processes=processes,
    )  # fmt: skip
