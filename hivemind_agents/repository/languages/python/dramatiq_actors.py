"""Dramatiq: actors that a worker of its own runs."""

from hivemind_agents.repository.facts import SURE, Match
from hivemind_agents.repository.languages.python.project import PythonProject, target


def detect(project: PythonProject) -> Match | None:
    """A repository whose actors are all that it has."""
    for module in project.modules:
        if "dramatiq" in module.imports and "dramatiq.actor" in module.text:
            folder, name = target(project, module.path, "x")
            enter = f"cd {folder} && " if folder else ""
            start = f"{enter}dramatiq {name.split(':', maxsplit=1)[0]}"
            return Match(
                framework="dramatiq", kind="worker", rank=30, confidence=SURE, kind_confidence=0.85,
                evidence=(*project.where("dramatiq"), module.path), start=start,
                processes={"worker": start},
            )  # fmt: skip
    return None
